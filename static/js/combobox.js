// Proposals under each [data-combobox] (templates/components/combobox.html) while its text is typed.
//
// accessible-autocomplete writes the input again, under the same id and name, with its list. What is picked
// goes to the hidden input, which is emptied as soon as the text says something else. A text that is left
// without a pick is looked up once more: the only answer, or the exact one, is taken, as the server would.

const ATTENTE = 200; // milliseconds after the last key before asking
const HORS_SERVICE = "La recherche ne répond pas : écrivez le nom en entier.";
// Given to the component as options, or its own.
const ATTRIBUTS_DU_COMPOSANT = [
  "id",
  "name",
  "value",
  "type",
  "class",
  "autocomplete",
  "required",
  "autofocus",
  "aria-describedby",
];

class Combobox {
  constructor(boite) {
    const origine = boite.querySelector("input[type=text]");
    this.boite = boite;
    this.cle = boite.querySelector("[data-combobox-cle]");
    this.autre = document.getElementById(boite.dataset.dependDe ?? "");
    this.proposeAVide = "proposeAVide" in boite.dataset;
    this.texteLibre = "texteLibre" in boite.dataset;
    this.choisie = this.cle.value ? { valeur: this.cle.value, libelle: origine.value } : null;
    this.question = ""; // what `reponses` answer
    this.reponses = [];
    this.message = "";
    this.monter(origine);

    this.conteneur.addEventListener("input", () => this.corriger());
    this.conteneur.addEventListener("keydown", (event) => this.valider(event));
    this.conteneur.addEventListener("focusin", (event) => this.entrer(event));
    this.conteneur.addEventListener("focusout", (event) => this.quitter(event));
    this.autre?.addEventListener("input", () => {
      this.suite = this.suivre();
    });
  }

  // The component's input takes the place of the page's, with all that it had.
  monter(origine) {
    const avaitLeFocus = document.activeElement === origine;
    this.conteneur = document.createElement("div");
    this.annonce = document.createElement("div");
    this.annonce.className = "fr-sr-only";
    this.annonce.setAttribute("role", "status");
    origine.replaceWith(this.conteneur, this.annonce);
    accessibleAutocomplete({
      element: this.conteneur,
      id: origine.id,
      name: origine.name,
      defaultValue: origine.value,
      required: origine.required,
      inputClasses: origine.className,
      cssNamespace: "combobox",
      displayMenu: "overlay",
      minLength: this.proposeAVide ? 0 : 1,
      confirmOnBlur: false, // Escape would choose what is highlighted
      showAllValues: this.proposeAVide,
      dropdownArrow: () => "",
      source: (demande, rendre) => this.chercher(demande, rendre),
      onConfirm: (reponse) => this.confirmer(reponse),
      templates: { inputValue: libelle, suggestion: proposition },
      tNoResults: () => this.message,
      tStatusNoResults: () => this.message,
      tStatusQueryTooShort: () => "Écrivez les premières lettres pour voir des propositions.",
      tStatusSelectedOption: (texte, nombre, rang) => `${texte}, ${rang + 1} sur ${nombre}.`,
      tStatusResults: (nombre, selection) =>
        `${nombre === 1 ? "1 proposition" : `${nombre} propositions`}. ${selection}`,
      tAssistiveHint: () =>
        "Des propositions apparaissent pendant la saisie : parcourez-les avec les flèches haut et bas, " +
        "choisissez avec Entrée. Sur un écran tactile, touchez-en une.",
    });
    this.champ = this.conteneur.querySelector("input");
    for (const { name, value } of origine.attributes) {
      if (!ATTRIBUTS_DU_COMPOSANT.includes(name)) {
        this.champ.setAttribute(name, value);
      }
    }
    this.decrire(origine.getAttribute("aria-describedby") ?? "");
    this.fermer();
    if (avaitLeFocus) {
      this.champ.focus();
    }
  }

  // The component takes its own description away while there is a text: ours and the errors must stay.
  decrire(notre) {
    const completer = () => {
      const present = this.champ.getAttribute("aria-describedby") ?? "";
      const voulu = [...new Set(`${notre} ${present}`.split(" "))].filter(Boolean).join(" ");
      if (voulu !== present) {
        this.champ.setAttribute("aria-describedby", voulu);
      }
    };
    completer();
    new MutationObserver(completer).observe(this.champ, { attributeFilter: ["aria-describedby"] });
  }

  // Escape is also how the component learns that its text is one of its options: nothing to propose on
  // the next arrival.
  fermer() {
    this.champ.dispatchEvent(new KeyboardEvent("keydown", { keyCode: 27, bubbles: true }));
  }

  // Write a text as somebody would; `chercher` gives the component the only option that goes with it.
  ecrire(texte) {
    this.ecrit = true;
    this.champ.value = texte;
    this.champ.dispatchEvent(new Event("input", { bubbles: true }));
    this.ecrit = false;
    this.fermer();
  }

  // --- Asking ------------------------------------------------------------------------------------

  // `demande` is empty too when the arrows open the list: what counts is what the input holds.
  chercher(demande, rendre) {
    this.abandonner();
    this.verifier();
    if (this.ecrit) {
      rendre(this.choisie ? [this.choisie] : []);
      return;
    }
    // Nothing to propose, or to nobody: a browser writes again what was typed when one comes back to a page.
    if (this.choisie || !this.conteneur.contains(document.activeElement)) {
      return;
    }
    const texte = this.champ.value.trim();
    this.message = texte ? "Recherche…" : "";
    this.minuterie = setTimeout(
      async () => {
        const reponses = await this.proposer(texte);
        // An empty list opened by the arrows has no first option to give the focus to.
        if (reponses?.length || (reponses && (demande || this.estOuverte))) {
          this.question = texte;
          this.reponses = reponses;
          rendre(reponses);
        }
      },
      texte ? ATTENTE : 0,
    );
  }

  get estOuverte() {
    return this.champ.getAttribute("aria-expanded") === "true";
  }

  abandonner() {
    clearTimeout(this.minuterie);
    this.requete?.abort();
  }

  // The proposals for `texte`, among those of the other field's value if there are any.
  async proposer(texte) {
    const autre = this.autre?.value.trim() ?? "";
    if (!texte || !/^\d{5}$/.test(autre)) {
      return this.demander(texte || autre);
    }
    const reponses = await this.demander(`${texte} ${autre}`);
    return reponses?.length === 0 ? this.demander(texte) : reponses;
  }

  // The proposals for `texte`; null when another question was asked meanwhile.
  async demander(texte) {
    this.requete?.abort();
    const requete = new AbortController();
    this.requete = requete;
    const url = new URL(this.boite.dataset.url, document.baseURI);
    url.searchParams.set("q", texte);
    try {
      const reponse = await fetch(url, {
        headers: { Accept: "application/json" },
        signal: requete.signal,
      });
      const { resultats = [], erreur = "Aucune réponse ne correspond." } = await reponse.json();
      this.message = erreur;
      return resultats;
    } catch {
      this.message = HORS_SERVICE;
      return requete.signal.aborted ? null : [];
    }
  }

  // --- Choosing ----------------------------------------------------------------------------------

  // The component also confirms « nothing » when it is left, and the text that it was given at first.
  confirmer(reponse) {
    if (reponse?.valeur) {
      this.choisir(reponse);
      this.boite.dispatchEvent(new CustomEvent("combobox:choix", { bubbles: true }));
    }
  }

  choisir(reponse) {
    this.abandonner();
    this.choisie = reponse;
    this.cle.value = reponse.valeur;
    this.boite.querySelector("[data-combobox-choix]")?.remove();
    // The other way round: a commune chosen by its name says its postal code, when it has but one.
    if (this.autre?.value === "" && reponse.codes_postaux?.length === 1) {
      this.autre.value = reponse.codes_postaux[0];
    }
  }

  // Choose for somebody whose focus is elsewhere.
  poser(reponse) {
    this.choisir(reponse);
    this.ecrire(reponse.libelle);
    this.annonce.textContent = `${reponse.libelle} : choix rempli.`;
  }

  // What is typed now counts, not a radio button that was picked for what was typed before.
  corriger() {
    this.verifier();
    for (const bouton of this.boite.querySelectorAll("[data-combobox-choix] input")) {
      bouton.checked = false;
    }
  }

  // A text that was changed after the choice says something else.
  verifier() {
    if (this.choisie && this.champ.value !== this.choisie.libelle) {
      this.choisie = null;
      this.cle.value = "";
    }
  }

  // Enter without an arrow before it: the component does nothing then. Tab on a proposal takes it; Escape
  // takes none, and gives the focus back to the text.
  valider(event) {
    const surProposition = event.target !== this.champ && event.target.getAttribute("role") === "option";
    if (surProposition && event.key === "Tab") {
      event.target.click();
    } else if (surProposition && event.key === "Escape") {
      this.champ.focus();
    }
    const comprise = this.question === this.champ.value.trim() ? this.comprendre(this.reponses) : undefined;
    if (event.key === "Enter" && event.target === this.champ && this.estOuverte && comprise) {
      const rang = this.reponses.indexOf(comprise);
      document.getElementById(`${this.champ.id}__option--${rang}`).click();
    }
  }

  // What a text means without a pick: the only exact answer, or the only one where a text that is nobody's
  // name may not stay; as the field of the form does on the server.
  comprendre(reponses) {
    const exactes = reponses.filter(({ exact }) => exact);
    if (exactes.length === 1) {
      return exactes[0];
    }
    return reponses.length === 1 && !this.texteLibre ? reponses[0] : undefined;
  }

  // --- Coming and going --------------------------------------------------------------------------

  async entrer(event) {
    if (!this.proposeAVide || event.target !== this.champ) {
      return;
    }
    await this.suite;
    if (!this.champ.value && document.activeElement === this.champ) {
      this.champ.click(); // for the component, a click opens the list
    }
  }

  async quitter(event) {
    if (this.conteneur.contains(event.relatedTarget)) {
      return;
    }
    this.abandonner();
    const texte = this.champ.value.trim();
    if (!texte || this.choisie) {
      return;
    }
    const reponses = await this.proposer(texte);
    if (!reponses || this.choisie || this.champ.value.trim() !== texte || document.activeElement === this.champ) {
      return;
    }
    const comprise = this.comprendre(reponses);
    if (comprise) {
      this.poser(comprise);
    }
  }

  // The other field has a complete value: its only answer is taken, several are offered on arrival here.
  async suivre() {
    const valeur = this.autre.value.trim();
    const estLibre = this.choisie || !this.champ.value.trim();
    if (!/^\d{5}$/.test(valeur) || !estLibre) {
      return;
    }
    const reponses = await this.demander(valeur);
    const aTape = !this.choisie && this.champ.value.trim();
    if (!reponses?.length || aTape || reponses.some(({ valeur: cle }) => cle === this.choisie?.valeur)) {
      return;
    }
    if (reponses.length === 1) {
      this.poser(reponses[0]);
      return;
    }
    this.choisie = null;
    this.cle.value = "";
    this.ecrire("");
    this.annonce.textContent = `${reponses.length} réponses pour ${valeur} : choisissez dans le champ suivant.`;
  }
}

function libelle(reponse) {
  return reponse?.libelle ?? reponse ?? "";
}

// The component takes HTML: texts go through textContent, so that they stay texts.
function proposition(reponse) {
  const element = document.createElement("span");
  element.textContent = libelle(reponse);
  if (reponse?.detail) {
    const detail = document.createElement("span");
    detail.className = "combobox__detail";
    detail.textContent = reponse.detail;
    element.append(" ", detail);
  }
  return element.outerHTML;
}

export function ameliorer(racine) {
  for (const boite of racine.querySelectorAll("[data-combobox]:not([data-combobox-pret])")) {
    boite.dataset.comboboxPret = "";
    new Combobox(boite);
  }
}

// Without the component the field is complete as the page has it.
if ("accessibleAutocomplete" in globalThis) {
  ameliorer(document);
  document.addEventListener("contenu:nouveau", (event) => ameliorer(event.target));
}
