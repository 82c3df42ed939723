// The choice of courts at sign-up (templates/mandataires/inscription/_tribunaux.html): a search by first
// letters that leaves only the boxes it finds, and a summary of those that are ticked.

// What people write before the town, under old names and new: it tells no court from another.
const MOTS_VIDES = new Set(
  "ti tj tgi tp tpi tprx tribunal tribunaux instance grande premiere judiciaire proximite a d de des du l la le les".split(
    " ",
  ),
);
const ABREGES = { st: "saint", ste: "sainte" };

// A text as searches compare it, in words: no case, no accent, no punctuation; as `texte_recherche` does.
function mots(texte) {
  const plie = texte.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  return (plie.match(/[\p{L}\p{N}]+/gu) ?? []).map((mot) => ABREGES[mot] ?? mot);
}

class ChoixDesTribunaux {
  constructor(boite) {
    this.resume = boite.querySelector("[data-resume]");
    this.champ = boite.querySelector("input[type=search]");
    this.etat = boite.querySelector("[role=status]");
    this.regions = [...boite.querySelectorAll("details")].map((details) => ({
      details,
      tribunaux: [...details.querySelectorAll("input[type=checkbox]")].map((case_) => ({
        case: case_,
        ligne: case_.parentElement,
        nom: case_.labels[0].textContent,
        mots: mots(case_.labels[0].textContent),
      })),
    }));
    boite.querySelector("[data-recherche]").hidden = false;
    this.champ.addEventListener("input", () => this.filtrer());
    this.champ.addEventListener("keydown", (event) => this.valider(event));
    boite.addEventListener("change", () => this.resumer());
    this.resumer(); // a browser ticks again what was ticked when one comes back to a page
    if (this.champ.value) {
      this.filtrer();
    }
  }

  get tous() {
    return this.regions.flatMap(({ tribunaux }) => tribunaux);
  }

  get trouves() {
    return this.tous.filter(({ ligne }) => !ligne.hidden);
  }

  resumer() {
    const choisis = this.tous.filter((tribunal) => tribunal.case.checked);
    this.resume.hidden = choisis.length === 0;
    this.resume.querySelector("ul").replaceChildren(
      ...choisis.map(({ nom }) => {
        const element = document.createElement("li");
        element.textContent = nom;
        return element;
      }),
    );
  }

  filtrer() {
    const cherches = mots(this.champ.value).filter((mot) => !MOTS_VIDES.has(mot));
    for (const { details, tribunaux } of this.regions) {
      for (const tribunal of tribunaux) {
        tribunal.ligne.hidden = !cherches.every((mot) => tribunal.mots.some((autre) => autre.startsWith(mot)));
      }
      const enReste = tribunaux.some(({ ligne }) => !ligne.hidden);
      details.hidden = !enReste;
      details.open = cherches.length ? enReste : tribunaux.some((tribunal) => tribunal.case.checked);
    }
    this.dire(cherches.length ? this.trouves.length : null);
  }

  dire(nombre) {
    const phrases = ["Aucun tribunal ne correspond.", "1 tribunal ; Entrée le choisit."];
    this.etat.textContent = nombre === null ? "" : (phrases[nombre] ?? `${nombre} tribunaux.`);
  }

  // Enter would send the form: it ticks the only court that is left, and makes room for another.
  valider(event) {
    if (event.key !== "Enter") {
      return;
    }
    event.preventDefault();
    const [tribunal, ...autres] = this.trouves;
    if (!this.champ.value.trim() || !tribunal || autres.length) {
      return;
    }
    tribunal.case.checked = true;
    this.champ.value = "";
    this.filtrer();
    this.resumer();
    this.etat.textContent = `${tribunal.nom} : choisi.`;
  }
}

for (const boite of document.querySelectorAll("[data-choix-tribunaux]")) {
  new ChoixDesTribunaux(boite);
}
