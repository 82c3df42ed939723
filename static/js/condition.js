// Shows a part of a form only when it concerns the answer given above it.
//
// <div data-visible-si="lieu_vie" data-visible-valeurs="etablissement sdf"> is shown while the field
// of that name holds one of these values. Hidden fields are disabled, so they are not sent. Without
// JavaScript every part is shown, and the server says what does not go together.

function suivre(partie) {
  const formulaire = partie.closest("form");
  const valeurs = partie.dataset.visibleValeurs.split(" ");
  const accorder = () => {
    const valeur = new FormData(formulaire).get(partie.dataset.visibleSi);
    partie.hidden = !valeurs.includes(valeur);
    for (const champ of partie.querySelectorAll("input, select, textarea")) champ.disabled = partie.hidden;
  };
  formulaire.addEventListener("change", (event) => {
    if (event.target.name === partie.dataset.visibleSi) accorder();
  });
  accorder();
}

const suivreTout = (racine) => racine.querySelectorAll("[data-visible-si]").forEach(suivre);

suivreTout(document);
document.addEventListener("contenu:nouveau", (event) => suivreTout(event.target));
