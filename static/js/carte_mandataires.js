// The map beside the search of a court: a symbol a MJPM of the list, in its order, each tied to its row
// (data-mandataire). static/js/carte.js makes the map, its keyboard and its popups, and gives it with its places.

const COTE = 26; // of a symbol, in pixels
const COULEURS = ["vert", "orange", "rouge", "gris"];
const RAYONS = [6, 11, 17, 25]; // of the circles, by `taille`, as the legend draws them
const EN_PANNE = "Les mesures par commune ne se sont pas chargées. Décochez la case, puis cochez-la de nouveau.";

// Where a symbol stands without hiding one of `pris`: at its point, else in the nearest ring around it.
function placeLibre(point, pris) {
  for (let anneau = 0; anneau < 10; anneau += 1) {
    const places = Math.max(1, 6 * anneau);
    const rayon = anneau * (COTE + 2); // a rounding must not make two neighbours touch
    for (let rang = 0; rang < places; rang += 1) {
      const angle = (2 * Math.PI * rang) / places;
      const place = point.add([Math.round(rayon * Math.cos(angle)), Math.round(rayon * Math.sin(angle))]);
      if (pris.every((autre) => place.distanceTo(autre) >= COTE)) {
        return place;
      }
    }
  }
  return point;
}

function survole(element) {
  return element.matches(":hover, :focus-within");
}

class CarteDesMandataires {
  constructor({ map, cadre, places, element, compter, lire }, legende) {
    Object.assign(this, { map, element, compter, lire });
    this.tableau = document.querySelector("[data-renouveler]");
    this.lignes = [...this.tableau.querySelectorAll("[data-mandataire]")];
    this.annonce = document.querySelector("[data-carte-hors-vue]");
    this.etat = cadre.querySelector("[data-carte-etat]");
    this.fils = L.layerGroup().addTo(map);
    this.lieu = places.lieu && this.marquerLeLieu(places.lieu);
    this.symboles = places.features.map((place) => this.symbole(place));
    this.cadrer((symbole) => symbole.point);
    this.ecarter();
    this.cadrer(({ marqueur }) => marqueur.getLatLng()); // those that were moved aside, too
    this.ecarter();
    map.on("zoomend", () => this.ecarter());
    new MutationObserver((changements) => this.actualiser(changements)).observe(this.tableau, {
      childList: true,
      subtree: true,
    });
    this.suivre = legende.querySelector("[data-carte-suivre]");
    this.suivre.addEventListener("change", () => this.filtrer());
    this.aucun = document.querySelector("[data-carte-aucun]");
    this.aucun.querySelector("[data-carte-tout]").addEventListener("click", () => {
      this.suivre.checked = false;
      this.filtrer();
      this.lignes[0].querySelector("[data-nom]").focus();
    });
    this.sansLimite = document.querySelector("[data-carte-sans-limite]");
    map.on("moveend", () => this.filtrer());
    this.suivreLesCommunes(legende);
  }

  // --- Symbols -----------------------------------------------------------------------------------

  marquerLeLieu({ geometry }) {
    const [longitude, latitude] = geometry.coordinates;
    const croix = L.marker([latitude, longitude], {
      icon: this.icone("symbole symbole--lieu", "×"),
      interactive: false,
      keyboard: false,
    }).addTo(this.map);
    croix.getElement().setAttribute("aria-hidden", "true"); // the legend names it
    return croix.getLatLng();
  }

  icone(className, texte) {
    return L.divIcon({ className, html: this.element("span", texte), iconSize: [COTE, COTE], popupAnchor: [0, -6] });
  }

  symbole({ geometry, properties: mandataire }) {
    const [longitude, latitude] = geometry.coordinates;
    const marqueur = L.marker([latitude, longitude], {
      icon: this.icone(`symbole symbole--${mandataire.lettre.toLowerCase()}`, mandataire.lettre),
      riseOnHover: true,
    });
    marqueur
      .bindPopup(() => this.bulle(mandataire), {
        autoPanPaddingBottomRight: [8, 8],
        autoPanPaddingTopLeft: [56, 8], // beside the zoom buttons
        maxWidth: Math.min(280, this.map.getContainer().clientWidth - 120),
        minWidth: 160,
      })
      .addTo(this.map);
    const ligne = this.lignes.find(({ dataset }) => dataset.mandataire === String(mandataire.pk));
    const symbole = { mandataire, marqueur, point: marqueur.getLatLng(), ligne };
    this.nommer(symbole);
    if (ligne) {
      this.lier(symbole);
    }
    return symbole;
  }

  nommer({ mandataire: { nom, type, mot, couleur }, marqueur }) {
    const icone = marqueur.getElement();
    const phrase = `${nom}, ${type}, ${mot}`;
    icone.setAttribute("aria-label", phrase);
    icone.title = phrase;
    for (const autre of COULEURS) {
      icone.classList.toggle(`symbole--${autre}`, autre === couleur);
    }
  }

  // What is pointed at or has the focus, in the list or on the map, lights what it is on the other side.
  lier({ marqueur, ligne }) {
    const icone = marqueur.getElement();
    const allumer = () => {
      const actif = survole(ligne);
      icone.classList.toggle("symbole--allume", actif);
      marqueur.setZIndexOffset(actif ? 1000 : 0);
      ligne.classList.toggle("recherche__ligne--allumee", survole(icone));
    };
    for (const element of [icone, ligne]) {
      for (const evenement of ["mouseenter", "mouseleave", "focusin", "focusout"]) {
        element.addEventListener(evenement, allumer);
      }
    }
  }

  cadrer(place) {
    const points = this.symboles.map(place);
    if (this.lieu) {
      points.push(this.lieu);
    }
    if (points.length) {
      this.map.fitBounds(L.latLngBounds(points), { animate: false, maxZoom: 10, padding: [40, 40] });
    }
  }

  // Several MJPM of one town have one point: each symbol keeps a place of its own, and a line leads to where it is.
  ecarter() {
    this.fils.clearLayers();
    const pris = this.lieu ? [this.map.latLngToLayerPoint(this.lieu)] : [];
    for (const { marqueur, point } of this.symboles) {
      const ici = this.map.latLngToLayerPoint(point);
      const place = placeLibre(ici, pris);
      pris.push(place);
      if (place.equals(ici)) {
        marqueur.setLatLng(point);
      } else {
        marqueur.setLatLng(this.map.layerPointToLatLng(place));
        L.polyline([point, marqueur.getLatLng()], { className: "carte__fil", interactive: false }).addTo(this.fils);
      }
    }
  }

  bulle({ nom, type, distance, rapport, mot, url, reserver }) {
    const { element } = this;
    const suite = document.createElement("p");
    suite.append(this.lien(url, "Ouvrir la fiche", ` de ${nom}`));
    if (reserver) {
      // Else it is off the court's list, as its row says.
      suite.append(document.createElement("br"), this.lien(reserver, "Réserver", ` une mesure auprès de ${nom}`));
    }
    const contenu = document.createElement("div");
    contenu.append(
      element("p", nom, { class: "carte__titre", tabindex: -1 }),
      element("p", [type, distance].filter(Boolean).join(", ")),
      element("p", `${rapport} · ${mot}`),
      suite,
    );
    return contenu;
  }

  lien(url, texte, precision) {
    const retour = encodeURIComponent(location.pathname + location.search);
    const lien = this.element("a", texte, { href: `${url}${url.includes("?") ? "&" : "?"}retour=${retour}` });
    lien.append(this.element("span", precision, { class: "fr-sr-only" }));
    return lien;
  }

  // --- The list ----------------------------------------------------------------------------------

  // The symbols say what the rows say, once static/js/renouveler.js has renewed these.
  actualiser(changements) {
    const lignes = new Set(changements.map(({ target }) => target.closest("[data-mandataire]")));
    for (const symbole of this.symboles.filter(({ ligne }) => lignes.has(ligne))) {
      const charge = symbole.ligne?.querySelector(".charge");
      if (charge) {
        Object.assign(symbole.mandataire, {
          couleur: COULEURS.find((couleur) => charge.classList.contains(`charge--${couleur}`)),
          rapport: charge.querySelector(".charge__rapport").lastChild.textContent.trim(),
          mot: charge.querySelector(".charge__mot").textContent,
        });
        this.nommer(symbole);
      }
    }
  }

  filtrer() {
    const vue = this.map.getBounds();
    const visibles = this.symboles.filter(({ marqueur }) => vue.contains(marqueur.getLatLng()));
    const gardees = new Set(visibles.map(({ ligne }) => ligne));
    let masquees = 0;
    for (const ligne of this.lignes) {
      ligne.hidden = this.suivre.checked && !gardees.has(ligne);
      masquees += ligne.hidden;
    }
    this.aucun.hidden = masquees < this.lignes.length;
    this.tableau.hidden = !this.aucun.hidden;
    this.sansLimite.textContent = this.suivre.checked ? " (sans la limite de la carte)" : ""; // of the files
    const dit = masquees ? `${this.compter(masquees, "mandataire")} hors de la carte : la liste ne les montre pas.` : "";
    if (this.annonce.textContent !== dit) {
      this.annonce.textContent = dit;
    }
  }

  // --- Mesures by commune ------------------------------------------------------------------------

  suivreLesCommunes(legende) {
    const choix = legende.querySelector("[data-carte-communes]");
    const detail = legende.querySelector("[data-carte-detail]");
    const liste = legende.querySelector("[data-carte-detail-liste]");
    let cercles;
    choix.addEventListener("change", async () => {
      this.etat.textContent = "";
      try {
        cercles ??= this.lire(legende.dataset.communes).then((places) => this.dessinerLesCommunes(places, liste));
        const couche = await cercles;
        detail.hidden = !choix.checked;
        if (choix.checked) {
          couche.addTo(this.map);
        } else {
          couche.remove();
        }
      } catch {
        cercles = undefined;
        this.etat.textContent = choix.checked ? EN_PANNE : "";
      }
    });
  }

  dessinerLesCommunes({ features, non_localisees: ailleurs }, liste) {
    const { element } = this;
    const cercles = features.map(({ geometry, properties: { nom, texte, taille } }) => {
      const [longitude, latitude] = geometry.coordinates;
      const phrase = `${nom} : ${texte}`;
      liste.append(element("li", phrase));
      return L.circleMarker([latitude, longitude], {
        className: "carte__cercle",
        radius: RAYONS[taille - 1],
      }).bindTooltip(element("span", `${phrase} mesures en cours`), { direction: "top" });
    });
    if (ailleurs) {
      liste.append(element("li", `Non localisées : ${ailleurs}`));
    }
    if (!liste.childElementCount) {
      liste.append(element("li", "Aucune mesure en cours n'est enregistrée."));
    }
    return L.layerGroup(cercles);
  }
}

document.addEventListener("carte:lieux", (event) => {
  const legende = event.detail.cadre.querySelector("[data-carte-mandataires]");
  if (legende) {
    event.preventDefault();
    new CarteDesMandataires(event.detail, legende);
  }
});
