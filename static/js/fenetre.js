// Opens the page of a link [data-fenetre] in a window over the present one; without JavaScript the link leads there.
//
// The form of the window is sent behind it: errors come back in the window, where nothing typed is lost, and once
// the server has accepted (it redirects) the page that it leads to takes the place of the present one.

const SANS_REPONSE = "Le site ne répond pas. Votre saisie est gardée : vérifiez votre connexion, puis recommencez.";
const SESSION_FINIE =
  "Votre session a pris fin. Votre saisie est gardée : reconnectez-vous dans un autre onglet, puis recommencez.";

const TROP = "Trop de demandes en peu de temps : attendez une minute, puis recommencez.";
const DISPARUE = "Ce que vous modifiez n'est plus là : rechargez la page pour voir ce qu'il en est.";

const fenetres = new Map(); // by link: one that Escape has closed opens again with what was typed

class Fenetre {
  constructor(url) {
    this.url = url;
    this.dialog = document.createElement("dialog");
    this.dialog.className = "fenetre";
    this.dialog.setAttribute("aria-labelledby", "fenetre-titre");
    this.dialog.addEventListener("submit", (event) => this.envoyer(event));
    this.dialog.addEventListener("click", (event) => this.annuler(event));
    // A closed window keeps what was typed, out of the page: two of them hold the same ids. This is told a moment
    // later: a quick Enter may be opening it again.
    this.dialog.addEventListener("close", () => this.ouverture || this.dialog.open || this.dialog.remove());
  }

  async ouvrir() {
    if (this.ouverture || this.dialog.open) {
      return; // a double click
    }
    this.ouverture = true;
    try {
      document.body.append(this.dialog);
      if (!this.dialog.hasChildNodes()) {
        const { page, reponse } = await demander(this.url);
        if (!page || !reponse.ok || reponse.redirected) {
          location.assign(this.url);
          return;
        }
        await this.remplir(page);
      }
      if (document.querySelector("dialog[open]")) {
        this.dialog.remove(); // another one came first
        return;
      }
      this.dialog.showModal();
      this.dialog.querySelector("#fenetre-titre").focus();
    } finally {
      this.ouverture = false;
    }
  }

  // The page's content, under a title of this page's second level.
  async remplir(page) {
    const contenu = page.querySelector("main");
    const titre = document.createElement("h2");
    titre.id = "fenetre-titre";
    titre.tabIndex = -1;
    titre.textContent = contenu.querySelector("h1").textContent;
    contenu.querySelector("h1").remove();
    const fermer = document.createElement("button");
    fermer.type = "button";
    fermer.className = "fr-btn--close fr-btn";
    fermer.textContent = "Fermer";
    fermer.addEventListener("click", () => this.dialog.close());
    this.message = document.createElement("p");
    this.message.className = "fr-error-text fenetre__message";
    this.message.setAttribute("role", "alert");
    await charger(page);
    this.dialog.replaceChildren(fermer, titre, this.message, ...contenu.childNodes);
    this.dialog.dispatchEvent(new Event("contenu:nouveau", { bubbles: true }));
  }

  // « Annuler » leads to the page that is under the window.
  annuler(event) {
    const lien = event.target.closest("a[href]");
    if (lien && !lien.getAttribute("href").startsWith("#") && lien.pathname === location.pathname) {
      event.preventDefault();
      this.dialog.close();
      this.dialog.replaceChildren();
    }
  }

  async envoyer(event) {
    event.preventDefault();
    const corps = new FormData(event.target, event.submitter);
    if (this.envoi) {
      return;
    }
    this.envoi = true;
    this.message.textContent = "";
    try {
      if (this.sessionFinie) {
        const { page } = await demander(this.url); // a new session has another token
        corps.set("csrfmiddlewaretoken", page?.querySelector("main [name=csrfmiddlewaretoken]")?.value ?? "");
      }
      await this.recevoir(await demander(this.url, { method: "POST", body: corps }));
    } finally {
      this.envoi = false;
    }
  }

  async recevoir({ page, reponse }) {
    const versLaConnexion = reponse?.redirected && new URL(reponse.url).searchParams.has("next");
    const refus = reponse?.status === 403 && page.querySelector("[data-refus]");
    // A page 403 without a reason is that of a form whose token is no longer the session's.
    this.sessionFinie = versLaConnexion || (reponse?.status === 403 && !refus);
    if (this.sessionFinie) {
      this.message.textContent = SESSION_FINIE;
    } else if (refus) {
      this.message.textContent = refus.textContent;
    } else if (!reponse?.ok) {
      this.message.textContent = { 404: DISPARUE, 429: TROP }[reponse?.status] ?? SANS_REPONSE;
    } else if (reponse.redirected) {
      await remplacer(page, reponse.url);
    } else {
      await this.remplir(page);
      (this.dialog.querySelector(".erreurs") ?? this.dialog.querySelector("#fenetre-titre")).focus();
    }
  }
}

// The answer and its page, or nothing when there is none.
async function demander(url, options) {
  try {
    const reponse = await fetch(url, options);
    return { reponse, page: new DOMParser().parseFromString(await reponse.text(), "text/html") };
  } catch {
    return {};
  }
}

// The scripts and styles that the page needs and that this one lacks, in their order.
async function charger(page) {
  const presents = new Set([...document.querySelectorAll("script[src], link[href]")].map(adresse));
  for (const element of page.querySelectorAll("script[src], link[rel=stylesheet]")) {
    const absent = !presents.has(adresse(element));
    element.remove();
    if (absent) {
      const copie = document.createElement(element.localName); // a parsed script never runs
      for (const { name, value } of element.attributes) {
        if (name !== "nonce") {
          copie.setAttribute(name, value);
        }
      }
      await new Promise((suite) => {
        copie.onload = copie.onerror = suite;
        document.head.append(copie);
      });
    }
  }
}

function adresse(element) {
  return new URL(element.getAttribute("src") ?? element.getAttribute("href"), document.baseURI).href;
}

async function remplacer(page, url) {
  fenetres.clear();
  await charger(page);
  history.replaceState(null, "", url); // reload, bookmark and the forms of the page mean the page that is shown
  document.title = page.title;
  document.body.replaceWith(page.body);
  document.body.dispatchEvent(new Event("contenu:nouveau", { bubbles: true }));
  scrollTo(0, 0);
  const message = document.querySelector(".message");
  message?.setAttribute("tabindex", "-1");
  message?.focus();
}

document.addEventListener("click", (event) => {
  const lien = event.target.closest("a[data-fenetre]");
  if (!lien || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) {
    return;
  }
  event.preventDefault();
  if (!fenetres.has(lien)) {
    fenetres.set(lien, new Fenetre(lien.href));
  }
  fenetres.get(lien).ouvrir();
});
