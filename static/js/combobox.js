// Proposals under each [data-combobox] (templates/components/combobox.html) while its text is typed.
//
// accessible-autocomplete writes the input again, under the same id and name, with its list. What is picked
// goes to the hidden input, which is emptied as soon as the text says something else. A text that is left
// without a pick is looked up once more: the only answer, or the exact one, is taken, as the server would.

const ATTENTE = 200; // milliseconds after the last key before asking
const HORS_SERVICE = "La recherche ne répond pas : écrivez le nom en entier.";
// Given to the component as options, or its own.
const ATTRIBUTS_DU_COMPOSANT = ["id", "name", "value", "type", "class", "autocomplete", "required", "autofocus"];

class Combobox {
  constructor(boite) {
    const origine = boite.querySelector("input[type=text]");
    this.boite = boite;
    this.cle = boite.querySelector("[data-combobox-cle]");
    this.autre = document.getElementById(boite.dataset.dependDe ?? "");
    this.proposeAVide = "proposeAVide" in boite.dataset;
    this.id = origine.id;
    this.nom = origine.name;
    this.classes = origine.className;
    this.obligatoire = origine.required;
    this.attributs = [...origine.attributes].filter(({ name }) => !ATTRIBUTS_DU_COMPOSANT.includes(name));
    this.decritPar = (origine.getAttribute("aria-describedby") ?? "").split(/\s+/).filter(Boolean);
    this.choisie = this.cle.value ? { valeur: this.cle.value, libelle: origine.value } : null;
    this.message = "";
    this.montages = 0;

    this.conteneur = document.createElement("div");
    this.annonce = document.createElement("div");
    this.annonce.className = "fr-sr-only";
    this.annonce.setAttribute("role", "status");
    const avaitLeFocus = document.activeElement === origine;
    origine.replaceWith(this.conteneur, this.annonce);
    this.monter(origine.value);
    if (avaitLeFocus) {
      this.champ.focus();
    }

    this.conteneur.addEventListener("input", () => this.verifier());
    this.conteneur.addEventListener("focusin", (event) => this.entrer(event));
    this.conteneur.addEventListener("focusout", (event) => this.quitter(event));
    this.autre?.addEventListener("input", () => this.suivre());
  }

  get champ() {
    return this.conteneur.querySelector("input");
  }

  // Write the input, again when its text comes from elsewhere: the component cannot be told a new text.
  monter(texte) {
    this.montages += 1;
    accessibleAutocomplete({
      key: this.montages,
      element: this.conteneur,
      id: this.id,
      name: this.nom,
      defaultValue: texte,
      required: this.obligatoire,
      inputClasses: this.classes,
      cssNamespace: "combobox",
      displayMenu: "overlay",
      minLength: this.proposeAVide ? 0 : 1,
      showAllValues: this.proposeAVide,
      dropdownArrow: () => "",
      source: (demande, rendre) => this.chercher(demande, rendre),
      onConfirm: (reponse) => this.confirmer(reponse),
      templates: { inputValue: libelle, suggestion: proposition },
      tNoResults: () => this.message,
      tStatusNoResults: () => this.message,
      tStatusQueryTooShort: () => "Écrivez les premières lettres pour voir des propositions.",
      tStatusSelectedOption: (texteChoisi, nombre, rang) => `${texteChoisi}, ${rang + 1} sur ${nombre}.`,
      tStatusResults: (nombre, selection) =>
        `${nombre === 1 ? "1 proposition" : `${nombre} propositions`}. ${selection}`,
      tAssistiveHint: () =>
        "Des propositions apparaissent pendant la saisie : parcourez-les avec les flèches haut et bas, " +
        "choisissez avec Entrée. Sur un écran tactile, touchez-en une.",
    });
    for (const { name, value } of this.attributs) {
      this.champ.setAttribute(name, value);
    }
    this.decrire();
    // The component takes its own hint away while there is a text: ours and the errors must stay.
    this.observateur?.disconnect();
    this.observateur = new MutationObserver(() => this.decrire());
    this.observateur.observe(this.champ, { attributeFilter: ["aria-describedby"] });
  }

  decrire() {
    const present = this.champ.getAttribute("aria-describedby") ?? "";
    const voulu = [...new Set([...this.decritPar, ...present.split(/\s+/)])].filter(Boolean).join(" ");
    if (voulu !== present) {
      this.champ.setAttribute("aria-describedby", voulu);
    }
  }

  // --- Asking ------------------------------------------------------------------------------------

  // `demande` is empty too when the arrows open the list: what counts is what the input holds.
  chercher(demande, rendre) {
    this.abandonner();
    this.verifier();
    const texte = this.champ.value.trim();
    if (this.choisie) {
      return;
    }
    const livrer = (reponses) => {
      // An empty list opened by the arrows has no first option to give the focus to.
      if (reponses.length || demande || this.champ.getAttribute("aria-expanded") === "true") {
        rendre(reponses);
      }
    };
    if (!texte && !this.proposeAVide) {
      livrer([]);
      return;
    }
    this.message = texte ? "Recherche…" : "";
    this.minuterie = setTimeout(
      async () => {
        const reponses = await this.demander(texte || (this.autre?.value.trim() ?? ""));
        if (reponses) {
          livrer(reponses);
        }
      },
      texte ? ATTENTE : 0,
    );
  }

  abandonner() {
    clearTimeout(this.minuterie);
    this.requete?.abort();
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
    }
  }

  choisir(reponse) {
    this.abandonner();
    this.choisie = reponse;
    this.cle.value = reponse.valeur;
    this.boite.querySelector("[data-combobox-choix]")?.remove();
    this.boite.dispatchEvent(new CustomEvent("combobox:choix", { bubbles: true, detail: reponse }));
  }

  // Choose for somebody whose focus is elsewhere.
  poser(reponse) {
    this.choisir(reponse);
    this.monter(reponse.libelle);
    this.annonce.textContent = `${reponse.libelle} : choix rempli.`;
  }

  // A text that was changed after the choice says something else.
  verifier() {
    if (this.choisie && this.champ.value !== this.choisie.libelle) {
      this.choisie = null;
      this.cle.value = "";
    }
  }

  // --- Coming and going --------------------------------------------------------------------------

  entrer(event) {
    if (this.proposeAVide && event.target === this.champ && !this.champ.value) {
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
    const reponses = await this.demander(texte);
    if (!reponses || this.choisie || this.champ.value.trim() !== texte || document.activeElement === this.champ) {
      return;
    }
    const exactes = reponses.filter(({ exact }) => exact);
    if (exactes.length === 1 || reponses.length === 1) {
      this.poser(exactes[0] ?? reponses[0]);
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
    if (!reponses?.length || reponses.some((reponse) => reponse.valeur === this.choisie?.valeur)) {
      return;
    }
    if (reponses.length === 1) {
      this.poser(reponses[0]);
      return;
    }
    this.choisie = null;
    this.cle.value = "";
    this.monter("");
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
    if (!boite.querySelector("input[type=text]").disabled) {
      boite.dataset.comboboxPret = "";
      new Combobox(boite);
    }
  }
}

ameliorer(document);
