// Renews the cells [data-cellule] of a table [data-renouveler], row by row (data-mandataire), while its page is in
// front. Only their content changes: no row moves, and what has the focus or is being typed stays as it is.

const ECHECS = 3; // in a row, before giving up
const EN_PANNE = "L'actualisation s'est arrêtée : rechargez la page pour voir les dernières données.";
const DECONNECTE = "Votre session a pris fin : rechargez la page pour vous reconnecter.";

function mots(element) {
  return element.textContent.replace(/\s+/g, " ").trim();
}

class Renouvellement {
  constructor(tableau) {
    this.commande = document.querySelector("[data-renouveler-commande]");
    this.bouton = this.commande.querySelector("[data-renouveler-pause]");
    this.annonce = document.querySelector("[data-renouveler-annonce]");
    this.attente = Number(tableau.dataset.intervalle) * 1000;
    this.lignes = new Map();
    this.url = new URL(tableau.dataset.renouveler, document.baseURI);
    for (const ligne of tableau.querySelectorAll("[data-mandataire]")) {
      this.lignes.set(ligne.dataset.mandataire, ligne);
      this.url.searchParams.append("pk", ligne.dataset.mandataire);
    }
    this.echecs = 0;
    this.derniere = Date.now();
    this.enPause = false;
    this.commande.hidden = false;
    this.bouton.addEventListener("click", () => this.basculer());
    document.addEventListener("visibilitychange", () => this.programmer());
    this.programmer();
  }

  // The next renewal, at once when it is overdue: somebody is back on the page.
  programmer() {
    clearTimeout(this.minuterie);
    if (this.enPause || this.arretee || document.visibilityState !== "visible") {
      return;
    }
    const reste = this.derniere + this.attente - Date.now();
    this.minuterie = setTimeout(() => this.renouveler(), Math.max(reste, 0));
  }

  basculer() {
    this.enPause = !this.enPause;
    this.bouton.textContent = this.enPause ? "Reprendre l'actualisation" : "Mettre en pause l'actualisation";
    this.annonce.textContent = this.enPause ? "Actualisation en pause." : "";
    this.programmer();
  }

  async renouveler() {
    this.derniere = Date.now();
    try {
      // A redirection leads to the login page: it is not followed.
      const reponse = await fetch(this.url, { headers: { Accept: "application/json" }, redirect: "manual" });
      if (reponse.type === "opaqueredirect") {
        this.arreter(DECONNECTE);
        return;
      }
      if (!reponse.ok) {
        throw new Error(`${reponse.status}`);
      }
      const lignes = await reponse.json();
      this.echecs = 0;
      if (!this.enPause) {
        this.ecrire(lignes);
      }
    } catch {
      this.echecs += 1;
      if (this.echecs >= ECHECS) {
        this.arreter(EN_PANNE);
        return;
      }
    }
    this.programmer();
  }

  ecrire(lignes) {
    const changes = [];
    for (const [cle, cellules] of Object.entries(lignes)) {
      const ligne = this.lignes.get(cle);
      const avant = mots(ligne);
      for (const [nom, html] of Object.entries(cellules)) {
        const cellule = ligne.querySelector(`[data-cellule="${nom}"]`);
        const nouvelle = document.createElement("template");
        nouvelle.innerHTML = html;
        if (mots(nouvelle.content) !== mots(cellule)) {
          cellule.replaceChildren(nouvelle.content);
        }
      }
      if (mots(ligne) !== avant) {
        changes.push(mots(ligne.querySelector("[data-nom]")));
      }
    }
    if (changes.length) {
      this.annonce.textContent =
        changes.length > 3
          ? `${changes.length} mandataires actualisés.`
          : `Actualisé : ${changes.join(", ")}.`;
    }
  }

  // Said where the button was, which has nothing left to do. The focus that it had goes to what is said.
  arreter(raison) {
    this.arretee = true;
    const avaitLeFocus = document.activeElement === this.bouton;
    this.commande.setAttribute("role", "status");
    this.commande.tabIndex = -1;
    this.commande.textContent = raison;
    if (avaitLeFocus) {
      this.commande.focus({ preventScroll: true });
    }
  }
}

const tableau = document.querySelector("[data-renouveler]");
if (tableau) {
  new Renouvellement(tableau);
}
