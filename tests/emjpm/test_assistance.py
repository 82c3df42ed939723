"""The guides of the Assistance and the legal pages."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings as settings_du_projet
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from emjpm.assistance import GUIDES, INDIVIDUELS, MAGISTRATS, PREPOSES, SERVICES, Guide
from emjpm.fonds_de_carte import fond_de_carte
from tests.strict import ClientStrict

DES_PERSONNES = (PREPOSES, INDIVIDUELS)
PAGES = (
    "assistance",
    "assistance_preposes",
    "assistance_individuels",
    "assistance_services",
    "assistance_magistrats",
    "mentions_legales",
    "donnees_personnelles",
    "accessibilite",
)

# The words that the requirements impose, as far as these guides go.
LIBELLES = {
    "Choisissez les tribunaux où vous êtes agréé",
    "Vous êtes un mandataire",
    "Identifiant désiré",
    "Mot de passe désiré",
    "Créer mon compte",
    "Se connecter",
    "Me connecter",
    "Se déconnecter",
    "Mes informations",
    "Modifier mon profil",
    "Valider",
    "Tribunaux d'Instance où je suis agréé",
    "-",
    "Mesures en cours",
    "Enregistrer une nouvelle mesure",
    "Modifier",
    "Mettre fin au mandat",
    "Eteindre la mesure",
    "Mesures éteintes",
    "Réactiver la mesure",
    "Vue carte",
    "Mesures en attente",
}
LIBELLES_DES_PREPOSES = {"Préposé", "Noms d'établissements", "Ajouter un établissement"}
# Not imposed: what else the site shows under these very words.
AUTRES_LIBELLES = {
    "en gras",
    "Pour bien démarrer",
    "Mes données sont à jour",
    "Ce que voient les magistrats",
    "Rétablir",
    "Informations complémentaires",
    "Mon établissement n'est pas dans la liste",
    "Valider et saisir une autre",
    "Supprimer cette mesure, saisie par erreur",
    "Importer un fichier",
    "Envoyer le fichier",
    "Choisir les tribunaux",
    "Défaire cet import",
    "Exporter",
    "Excel",
    "CSV",
    "Rechercher",
    "Filtrer",
    "À compléter",
    "Voir mes sessions, ou se déconnecter partout",
    "Se déconnecter partout",
    "Refuser",
    "Refuser la réservation",
    "Sans suite depuis un an",
}


class Page(HTMLParser):
    """What a test asks of a page: its ids, its links by their text, its headings, its words in bold."""

    def __init__(self, contenu: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.liens: list[tuple[str, str]] = []
        self.gras: set[str] = set()
        self.h2: list[str] = []
        self._ouverts: list[tuple[str, str, list[str]]] = []
        self.feed(contenu)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        valeurs = dict(attrs)
        if valeurs.get("id"):
            self.ids.add(str(valeurs["id"]))
        if tag in ("a", "strong", "h2"):
            self._ouverts.append((tag, valeurs.get("href") or "", []))

    def handle_data(self, data: str) -> None:
        for _, _, morceaux in self._ouverts:
            morceaux.append(data)

    def handle_endtag(self, tag: str) -> None:
        if not self._ouverts or self._ouverts[-1][0] != tag:
            return
        _, href, morceaux = self._ouverts.pop()
        texte = " ".join("".join(morceaux).split())
        if tag == "a":
            self.liens.append((texte, href))
        elif tag == "strong":
            self.gras.add(texte)
        else:
            self.h2.append(texte)


def lire(client: ClientStrict, nom: str) -> tuple[str, Page]:
    response = client.get(reverse(nom))
    assert response.status_code == 200
    contenu = response.content.decode()
    return contenu, Page(contenu)


# --- Every page --------------------------------------------------------------------------------------


@pytest.mark.parametrize("nom", PAGES)
def test_page_publique_sans_base_de_donnees(client: ClientStrict, nom: str) -> None:
    """No database is granted to this test: an anonymous visitor costs no query."""
    contenu, page = lire(client, nom)

    assert ("Assistance", "/assistance/") in page.liens
    assert "mailto:contact@emjpm.example.org" in contenu
    assert "beta.gouv.fr" not in contenu


@pytest.mark.django_db
@pytest.mark.parametrize("nom", PAGES)
def test_page_pour_qui_est_connecte(client: ClientStrict, prepose: User, nom: str) -> None:
    client.force_login(prepose)

    contenu, _ = lire(client, nom)

    assert "Se déconnecter</button>" in contenu
    assert "Mesures en cours (1)</a>" in contenu


@pytest.mark.parametrize("nom", PAGES)
def test_page_ne_s_ecrit_pas(client: ClientStrict, nom: str) -> None:
    assert client.post(reverse(nom)).status_code == 405


@pytest.mark.parametrize("nom", PAGES)
def test_le_contact_est_un_reglage(client: ClientStrict, settings: Settings, nom: str) -> None:
    settings.CONTACT_EMAIL = "aide@tribunaux.example.org"

    contenu, _ = lire(client, nom)

    assert 'href="mailto:aide@tribunaux.example.org">aide@tribunaux.example.org</a>' in contenu
    assert "contact@emjpm.example.org" not in contenu


@pytest.mark.parametrize("nom", ["accueil", *PAGES])
def test_le_pied_mene_aux_pages_legales(client: ClientStrict, nom: str) -> None:
    _, page = lire(client, nom)

    assert ("Mentions légales", "/mentions-legales/") in page.liens
    assert ("Données personnelles", "/donnees-personnelles/") in page.liens
    assert ("Accessibilité : non audité", "/accessibilite/") in page.liens


# --- Guides ------------------------------------------------------------------------------------------


def test_l_accueil_mene_a_chaque_partie_de_chaque_guide(client: ClientStrict) -> None:
    _, accueil = lire(client, "assistance")
    vers_les_guides = [href for _, href in accueil.liens if re.match("/assistance/.", href)]

    assert {href for href in vers_les_guides if "#" not in href} == {
        "/assistance/preposes/",
        "/assistance/individuels/",
        "/assistance/services/",
        "/assistance/magistrats/",
    }
    for href in vers_les_guides:
        adresse, _, ancre = href.partition("#")
        assert not ancre or ancre in Page(client.get(adresse).content.decode()).ids, href


@pytest.mark.parametrize("guide", DES_PERSONNES, ids=lambda guide: guide.vue)
def test_le_sommaire_mene_a_chaque_partie_dans_l_ordre(client: ClientStrict, guide: Guide) -> None:
    contenu, page = lire(client, guide.vue)
    sommaire = contenu[contenu.index('<nav class="sommaire"') :]
    liens = Page(sommaire[: sommaire.index("</nav>")]).liens

    assert [texte for texte, _ in liens] == [
        "S'inscrire",
        "Se connecter",
        "Se déconnecter",
        "Première connexion",
        "Enregistrer vos mesures",
        "Importer ou exporter un fichier",
        "Retrouver une mesure",
        "Modifier une mesure en cours",
        "Mettre fin à une mesure en cours",
        "Répondre aux mesures en attente",
        "Voir la géolocalisation de vos mesures",
        "Nous contacter",
    ]
    assert page.h2 == ["Sommaire", *[texte for texte, _ in liens]]
    assert {href.removeprefix("#") for _, href in liens} <= page.ids


@pytest.mark.parametrize("nom", PAGES)
def test_toute_ancre_d_une_page_y_mene(client: ClientStrict, nom: str) -> None:
    _, page = lire(client, nom)

    ancres = {href[1:] for _, href in page.liens if href.startswith("#")}

    assert ancres
    assert ancres <= page.ids


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.vue)
def test_un_guide_ramene_a_l_accueil(client: ClientStrict, guide: Guide) -> None:
    _, page = lire(client, guide.vue)

    assert ("Revenir à l'accueil de l'assistance", "/assistance/") in page.liens
    assert client.get("/assistance/").status_code == 200


@pytest.mark.parametrize(("guide", "nombre"), [(PREPOSES, 4), (INDIVIDUELS, 3)], ids=["preposes", "individuels"])
def test_les_etapes_de_la_premiere_connexion(client: ClientStrict, guide: Guide, nombre: int) -> None:
    contenu, page = lire(client, guide.vue)

    numeros = re.findall(r"Étape (\d)&nbsp;: ", contenu)

    assert numeros == [str(n) for n in range(1, nombre + 1)]
    assert {etape.ancre for etape in guide.etapes} <= page.ids


@pytest.mark.parametrize("guide", DES_PERSONNES, ids=lambda guide: guide.vue)
def test_la_derniere_etape_mene_a_enregistrer_vos_mesures(client: ClientStrict, guide: Guide) -> None:
    contenu, _ = lire(client, guide.vue)
    etape = contenu[contenu.index('id="etape-mesures"') : contenu.index('<section id="enregistrer-vos-mesures"')]

    assert ("Enregistrer vos mesures", "#enregistrer-vos-mesures") in Page(etape).liens


def test_le_guide_des_preposes_dit_les_mots_de_l_ecran(client: ClientStrict) -> None:
    """Each word in bold is one that the site shows: none is missing, none is made up."""
    _, page = lire(client, "assistance_preposes")

    assert page.gras == LIBELLES | LIBELLES_DES_PREPOSES | AUTRES_LIBELLES


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.vue)
def test_les_mots_de_l_ecran_sont_ecrits_dans_le_produit(client: ClientStrict, guide: Guide) -> None:
    """What a guide tells people to click is somewhere else than in the guides, letter for letter."""
    racine = Path(settings_du_projet.BASE_DIR)
    dossiers = ("accounts", "emjpm", "mandataires", "mesures", "templates", "tribunaux")
    fichiers = [f for nom in dossiers for f in (racine / nom).rglob("*") if f.suffix in (".py", ".html")]
    produit = "\n".join(f.read_text() for f in fichiers if "assistance" not in str(f.relative_to(racine)))
    _, page = lire(client, guide.vue)

    assert {mot for mot in page.gras - {"en gras"} if mot not in produit} == set()


def test_le_guide_des_individuels_ne_parle_pas_de_ses_etablissements(client: ClientStrict) -> None:
    _, page = lire(client, "assistance_individuels")

    assert page.gras == LIBELLES | {"Individuel"} | AUTRES_LIBELLES


@pytest.mark.parametrize("guide", DES_PERSONNES, ids=lambda guide: guide.vue)
@pytest.mark.parametrize(
    "explication",
    [
        "mandataire judiciaire à la protection des majeurs (MJPM)",
        "tribunaux d'instance (TI)",
        "TI veut dire tribunal d'instance",
        "équivalent temps plein (ETP)",
        "numéro RG (celui de l'affaire au répertoire général du tribunal)",
    ],
)
def test_les_abreviations_sont_expliquees(client: ClientStrict, guide: Guide, explication: str) -> None:
    assert explication in lire(client, guide.vue)[0]


def test_le_guide_des_services_dit_les_mots_de_sa_source(client: ClientStrict) -> None:
    contenu, page = lire(client, "assistance_services")

    assert {
        "Se connecter",
        "Vos informations",
        "Modifier vos informations",
        "Valider",
        "Ajouter un nouveau TI",
        "Toujours exact",
    } <= page.gras
    for promesse in ("souhaité ou autorisé", "tous TI confondus", "1 à 2 fois par mois", "instantanément"):
        assert promesse in contenu
    assert ("Contactez-nous", "mailto:contact@emjpm.example.org") in page.liens
    assert re.findall(r"Étape (\d)&nbsp;: ", contenu) == ["1", "2", "3"]
    assert not {"Mes informations", "Modifier mon profil", "Ajouter un établissement"} & page.gras


def test_le_guide_des_magistrats_dit_les_mots_de_l_ecran(client: ClientStrict) -> None:
    contenu, page = lire(client, "assistance_magistrats")

    assert {
        "Majeurs protégés",
        "Mandataires",
        "Notes de votre tribunal",
        "Réserver",
        "Réservations",
        "Réponses nouvelles",
        "Marquer comme lues",
        "Prolonger de 60 jours",
        "Annuler la réservation",
        "Mesures du tribunal",
        "À réviser",
    } <= page.gras
    assert "«&nbsp;1 à 2&nbsp;»" in contenu
    assert "équivalent temps plein (ETP)" in contenu
    assert "la capacité moins les mesures en cours et en attente" in contenu
    for mot in ("Aucune mesure souhaitée", "Indisponible jusqu'au 3&nbsp;janvier&nbsp;2027", "Indisponible"):
        assert f"«&nbsp;{mot}&nbsp;»" in contenu


@pytest.mark.parametrize("guide", [SERVICES, MAGISTRATS], ids=lambda guide: guide.vue)
def test_le_sommaire_des_autres_guides_mene_a_chaque_partie(client: ClientStrict, guide: Guide) -> None:
    _, page = lire(client, guide.vue)

    assert page.h2 == ["Sommaire", *[partie.titre for partie in guide.parties]]
    assert {partie.ancre for partie in (*guide.parties, *guide.etapes)} <= page.ids


def test_finess_est_explique_aux_preposes(client: ClientStrict) -> None:
    assert "numéro FINESS, celui du répertoire national des établissements" in lire(client, PREPOSES.vue)[0]


# --- Legal pages -------------------------------------------------------------------------------------


@pytest.mark.parametrize("nom", ["mentions_legales", "donnees_personnelles"])
def test_l_exploitant_est_un_reglage(client: ClientStrict, settings: Settings, nom: str) -> None:
    settings.OPERATOR_NAME = ""
    assert "Ce site est une démonstration" in lire(client, nom)[0]

    settings.OPERATOR_NAME = "Direction d'essai"
    contenu = lire(client, nom)[0]

    assert "Direction d&#x27;essai" in contenu.partition("<main")[2].partition("</main>")[0]
    assert "Ce site est une démonstration" not in contenu


def test_l_accessibilite_n_annonce_aucune_conformite(client: ClientStrict) -> None:
    contenu, _ = lire(client, "accessibilite")

    assert "Ce site n'a pas été audité" in contenu
    assert not re.search(r"(totalement|partiellement) conforme", contenu)


def test_les_durees_de_conservation(client: ClientStrict) -> None:
    contenu, _ = lire(client, "donnees_personnelles")

    assert "5 ans au plus après la fin de la mesure" in contenu
    assert "90 jours, si elle reste sans réponse&nbsp;; refusée, sans limite de durée" in contenu
    assert "fermé, sans limite de durée" in contenu


def test_un_fond_de_carte_d_un_autre_hote_est_dit(client: ClientStrict, settings: Settings) -> None:
    assert "Une exception" not in lire(client, "donnees_personnelles")[0]

    settings.CARTE_FOND = fond_de_carte("ign")

    assert "le fond des cartes vient de Plan IGN" in lire(client, "donnees_personnelles")[0]
