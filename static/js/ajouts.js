// Optional lines of a form, one at a time: [data-ajouts] holds [data-ajout] parts, of which only those that
// are filled, and the first, are shown; a button, whose text is the attribute's, shows the next one.
// Without JavaScript they are all on the page.

function estRemplie(partie) {
  return [...partie.querySelectorAll("input")].some((champ) => champ.value);
}

for (const groupe of document.querySelectorAll("[data-ajouts]")) {
  const parties = [...groupe.querySelectorAll("[data-ajout]")];
  const bouton = document.createElement("button");
  bouton.type = "button";
  bouton.className = "fr-btn fr-btn--sm fr-btn--secondary";
  bouton.textContent = groupe.dataset.ajouts;
  parties.forEach((partie, rang) => {
    partie.hidden = rang > 0 && !estRemplie(partie);
  });
  const accorder = () => {
    bouton.hidden = parties.every((partie) => !partie.hidden);
  };
  bouton.addEventListener("click", () => {
    const suivante = parties.find((partie) => partie.hidden);
    suivante.hidden = false;
    accorder();
    suivante.querySelector("input:not([type=hidden])").focus();
  });
  accorder();
  groupe.append(bouton);
}
