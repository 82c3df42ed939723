// The map of a page (templates/components/carte.html): places from our own server over the départements.
//
// Leaflet and leaflet.markercluster are loaded before, as the global `L`; django-leaflet makes the map once the page
// has loaded, and says so by « map:init ». A place has a name and either a `nombre` of mesures, which a cluster adds
// up, or a masked `texte`, which nothing adds up: its clusters count communes.

const FRANCE = [
  [41.3, -5.3],
  [51.2, 9.7],
];
const SOURCE = "Départements : IGN, Licence Ouverte";
const EN_PANNE = "La carte ne s'est pas chargée. Rechargez la page, ou servez-vous de la liste.";
const SANS_MOUVEMENT = matchMedia("(prefers-reduced-motion: reduce)").matches;

const format = new Intl.NumberFormat("fr-FR");

function compter(nombre, mot) {
  return `${format.format(nombre)} ${mot}${nombre > 1 ? "s" : ""}`;
}

function element(nom, texte, attributs = {}) {
  const cree = document.createElement(nom);
  cree.textContent = texte;
  for (const [attribut, valeur] of Object.entries(attributs)) {
    cree.setAttribute(attribut, valeur);
  }
  return cree;
}

async function lire(url) {
  const reponse = await fetch(url, { headers: { Accept: "application/geo+json, application/json" } });
  if (!reponse.ok) {
    throw new Error(`${reponse.status}`);
  }
  return reponse.json();
}

// Thousands of mesures travel as [primary key, rank in `natures`, genre, year]; their addresses, once.
function deplier(points) {
  const { natures, adresse_mesure: adresseMesure, adresse_liste: adresseListe } = points;
  for (const { properties: lieu } of points.features) {
    if (lieu.mesures) {
      lieu.url = adresseListe + lieu.commune;
      lieu.mesures = lieu.mesures.map(([pk, nature, genre, annee]) => ({
        nature: natures[nature],
        genre,
        annee,
        url: adresseMesure.replace("/0/", `/${pk}/`),
      }));
    }
  }
  return points;
}

// --- Places and clusters -------------------------------------------------------------------------

// A disc that grows with what it counts, or as wide as its text.
function pastille(texte, nom, classe, nombre) {
  const cote = nombre ? 28 + 9 * Math.log10(nombre) : 28;
  const icone = L.divIcon({
    className: classe,
    html: element("span", texte),
    iconSize: [Math.max(cote, 12 + 8 * texte.length), cote],
    popupAnchor: [0, 4 - cote / 2],
  });
  const creer = icone.createIcon;
  icone.createIcon = function (ancienne) {
    const cree = creer.call(this, ancienne);
    cree.setAttribute("aria-label", nom);
    cree.title = nom;
    return cree;
  };
  return icone;
}

function nomDuLieu({ nom, nombre, texte }) {
  return `${nom} : ${nombre ? compter(nombre, "mesure") : `${texte} mesures`}`;
}

function iconeDuGroupe(groupe) {
  const lieux = groupe.getAllChildMarkers().map((marqueur) => marqueur.lieu);
  const communes = compter(lieux.length, "commune");
  if (lieux.some(({ nombre }) => nombre === undefined)) {
    return pastille(communes, communes, "carte__groupe");
  }
  const total = lieux.reduce((somme, { nombre }) => somme + nombre, 0);
  return pastille(format.format(total), `${communes}, ${compter(total, "mesure")}`, "carte__groupe", total);
}

function marqueur({ geometry, properties: lieu }, largeur) {
  const [longitude, latitude] = geometry.coordinates;
  const texte = lieu.texte ?? format.format(lieu.nombre);
  const cree = L.marker([latitude, longitude], {
    icon: pastille(texte, nomDuLieu(lieu), "carte__lieu", lieu.nombre),
  });
  cree.lieu = lieu;
  return cree.bindPopup(() => bulle(lieu), {
    autoPanPaddingBottomRight: [8, 8],
    autoPanPaddingTopLeft: [56, 8], // beside the zoom buttons
    maxWidth: Math.min(280, largeur - 120),
    minWidth: 160,
  });
}

// --- What a place says once opened ---------------------------------------------------------------

function bulle(lieu) {
  const contenu = document.createElement("div");
  const { nom, codes_postaux: codes = [], mesures = [] } = lieu;
  contenu.append(element("p", [codes.join(", "), nom].filter(Boolean).join(" "), { class: "carte__titre", tabindex: -1 }));
  if (!lieu.nombre) {
    contenu.append(element("p", `${lieu.texte} mesures en cours`));
    return contenu;
  }
  const liste = element("ul", "", { class: "carte__mesures" });
  const retour = encodeURIComponent(location.pathname + location.search);
  for (const { nature, genre, annee, url } of mesures) {
    const ligne = document.createElement("li");
    ligne.append(element("a", `${nature}, ${genre}, ${annee}`, { href: `${url}?retour=${retour}` }));
    liste.append(ligne);
  }
  contenu.append(liste);
  const autres = lieu.nombre - mesures.length;
  if (autres > 0) {
    contenu.append(element("p", `et ${compter(autres, "autre")}`));
  }
  const suite = document.createElement("p");
  const voir = lieu.nombre > 1 ? `Voir les ${compter(lieu.nombre, "mesure")}` : "Voir la mesure dans la liste";
  suite.append(element("a", voir, { href: lieu.url }));
  contenu.append(suite);
  return contenu;
}

// The focus goes to what was opened, and back to its place once closed.
function suivreLesBulles(map) {
  map.on("popupopen", ({ popup }) => {
    const boite = popup.getElement();
    const titre = boite.querySelector(".carte__titre");
    boite.setAttribute("role", "dialog");
    boite.setAttribute("aria-label", titre.textContent);
    const fermer = boite.querySelector(".leaflet-popup-close-button");
    fermer.setAttribute("aria-label", "Fermer");
    fermer.title = "Fermer";
    titre.focus({ preventScroll: true });
  });
  map.on("popupclose", ({ popup }) => {
    if (popup.getElement().contains(document.activeElement)) {
      (popup._source?.getElement() ?? map.getContainer()).focus({ preventScroll: true });
    }
  });
}

// --- The map -------------------------------------------------------------------------------------

function suivreLeClavier(map) {
  const boite = map.getContainer();
  boite.addEventListener("keydown", (event) => {
    const lieu = event.target.closest(".leaflet-marker-icon");
    if (event.key === "Escape") {
      map.closePopup();
    } else if (event.key === " " && lieu) {
      event.preventDefault();
      // A cluster that opens is no longer there: as Enter does, the focus goes to the map.
      if (lieu.classList.contains("carte__groupe")) {
        boite.focus({ preventScroll: true });
      }
      lieu.click();
    }
  });
  // The wheel scrolls the page until somebody is at work in the map.
  map.on("focus", () => map.scrollWheelZoom.enable());
  map.on("blur", () => map.scrollWheelZoom.disable());
}

async function dessiner(map, cadre, aDesTuiles) {
  const boite = map.getContainer();
  boite.setAttribute("role", "region");
  boite.setAttribute("aria-labelledby", "carte-titre");
  boite.classList.toggle("carte--tuiles", aDesTuiles);
  map.fitBounds(FRANCE, { animate: false });
  L.control.zoom({ zoomInTitle: "Zoomer", zoomOutTitle: "Dézoomer" }).addTo(map);
  suivreLesBulles(map);
  suivreLeClavier(map);
  const { departements, lieux } = cadre.dataset;
  const [contours, points] = await Promise.allSettled([lire(departements), lire(lieux)]);
  if (contours.status === "fulfilled") {
    L.geoJSON(contours.value, {
      attribution: SOURCE,
      interactive: false,
      style: { className: "carte__departement" },
    }).addTo(map);
  }
  if (points.status === "rejected") {
    cadre.querySelector("[data-carte-etat]").textContent = EN_PANNE;
    return;
  }
  // A page may draw its places in its own way (carte_mandataires.js).
  const detail = { map, cadre, places: points.value, element, compter, lire };
  if (!cadre.dispatchEvent(new CustomEvent("carte:lieux", { bubbles: true, cancelable: true, detail }))) {
    cadre.dataset.carte = "prete";
    return;
  }
  const marqueurs = deplier(points.value).features.map((point) => marqueur(point, boite.clientWidth));
  if (marqueurs.length) {
    const etendue = L.latLngBounds(marqueurs.map((place) => place.getLatLng()));
    map.fitBounds(etendue, { animate: false, maxZoom: 10, padding: [40, 40] });
  }
  L.markerClusterGroup({
    animate: !SANS_MOUVEMENT,
    iconCreateFunction: iconeDuGroupe,
    maxClusterRadius: 50,
    showCoverageOnHover: false,
  })
    .addLayers(marqueurs)
    .addTo(map);
  cadre.dataset.carte = "prete";
}

if ("L" in globalThis) {
  L.Map.mergeOptions({ scrollWheelZoom: false, zoomControl: false });
  if (SANS_MOUVEMENT) {
    L.Map.mergeOptions({ fadeAnimation: false, inertia: false, markerZoomAnimation: false, zoomAnimation: false });
    const { panBy } = L.Map.prototype;
    L.Map.include({
      panBy(decalage, options) {
        return panBy.call(this, decalage, { ...options, animate: false });
      },
    });
  }
  const cadre = document.querySelector("[data-carte]");
  if (cadre) {
    cadre.hidden = false;
    document.querySelector("[data-carte-lien]")?.removeAttribute("hidden");
    addEventListener("map:init", ({ detail: { map, options } }) =>
      dessiner(map, cadre, options.djoptions.layers.length > 0),
    );
  }
}
