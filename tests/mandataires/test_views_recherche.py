"""« Majeurs protégés » and « Mandataires », as a court reads them."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from mandataires.models import Charge, Mandataire, Presence
from tests.factories import (
    CommuneFactory,
    DepartementFactory,
    EtablissementFactory,
    ExerciceFactory,
    MagistratFactory,
    TribunalFactory,
    inscrire,
)
from tests.strict import nombre_de_requetes
from tribunaux.models import Commune, Tribunal

pytestmark = pytest.mark.django_db
PAGES = ("/majeurs-proteges/", "/mandataires/")


def lire(client: Client, url: str, **parametres: object) -> str:
    """The text of a page, its attributes included."""
    response = client.get(url, parametres)
    assert response.status_code == 200
    return html.unescape(re.sub(r"\s+", " ", response.content.decode()).replace("\xa0", " "))


def noms(page: str) -> list[str]:
    return re.findall(r"data-nom>Camille (.+?)</a>", page)


def champ(page: str, nom: str) -> str:
    """What an input of text holds."""
    trouve = re.search(rf'name="{nom}" value="(.*?)"', page)
    assert trouve
    return trouve[1]


@pytest.fixture
def connecte(client: Client, juge: User) -> Client:
    client.force_login(juge)
    return client


@pytest.fixture
def liste(tribunal: Tribunal, calais: Commune, arras: Commune) -> None:
    inscrire(tribunal, nom="Arrageois", commune=arras)
    inscrire(tribunal, nom="Calaisien", commune=calais)
    inscrire(tribunal, nom="Perdu", commune=None)


# --- Two questions to begin with ---------------------------------------------------------------------


def test_un_juge_arrive_sur_majeurs_proteges(connecte: Client, liste: None) -> None:
    response = connecte.get("/", follow=True)
    assert response.redirect_chain[-1] == ("/majeurs-proteges/", 302)
    page = html.unescape(response.content.decode())
    assert page.index(">Majeurs protégés</a>") < page.index(">Mandataires</a>")


def test_majeurs_proteges_part_du_tribunal_le_plus_proche_d_abord(connecte: Client, liste: None) -> None:
    page = lire(connecte, "/majeurs-proteges/")
    assert "Où vit la personne à protéger ?" in page
    assert champ(page, "lieu_texte") == "Calais (62)"
    assert noms(page) == ["Calaisien", "Arrageois", "Perdu"]
    assert "98 km" in page
    assert 'aria-sort="ascending"> <a class="tri" href="/majeurs-proteges/?tri=-distance">Distance' in page
    assert "1 mandataire sans position connue n'a pas de distance : il vient à la fin" in page


def test_mandataires_est_par_nom_sans_lieu(connecte: Client, liste: None, arras: Commune) -> None:
    page = lire(connecte, "/mandataires/")
    assert champ(page, "lieu_texte") == ""
    assert noms(page) == ["Arrageois", "Calaisien", "Perdu"]
    assert "Distance</a>" not in page
    assert noms(lire(connecte, "/mandataires/", lieu_texte="arras")) == ["Arrageois"]
    assert noms(lire(connecte, "/mandataires/", lieu_texte="62000", rayon="")) == ["Arrageois"]
    assert noms(lire(connecte, "/mandataires/", lieu=arras.pk, rayon=100)) == ["Arrageois", "Calaisien"]


@pytest.mark.parametrize("url", PAGES)
def test_tout_est_dans_l_adresse(connecte: Client, tribunal: Tribunal, arras: Commune, url: str) -> None:
    etablissement = EtablissementFactory(nom="EHPAD Les Oyats", commune=arras)
    ailleurs = inscrire(None, nom="Ailleurs", prepose=True, commune=arras)
    ExerciceFactory(mandataire=ailleurs, etablissement=etablissement)
    inscrire(None, nom="Service", prenom="", type="service", commune=arras, capacite=5)
    inscrire(tribunal, nom="Complet", capacite=0, commune=arras, prepose=True)
    inscrire(tribunal, nom="Proche", commune=arras)
    Charge.objects.update(mise_a_jour_at=timezone.now())
    page = lire(
        connecte,
        url,
        lieu=arras.pk,
        rayon="50",
        type=["prepose", "service"],
        disponibles="on",
        recentes="on",
        hors_liste="on",
        etablissement=etablissement.pk,
        tri="-nom",
    )
    assert noms(page) == ["Ailleurs"]  # and the service, which bears no first name
    assert "2 mandataires de tous les tribunaux : à moins de 50 km, préposés, services, disponibles" in page
    assert "exerce dans cet établissement" in page
    assert page.count("hors liste : ne peut pas être réservé") == 2
    assert page.index("Ailleurs") < page.index(">Service</a>")
    assert page.count(" checked") == 5
    assert champ(page, "etablissement_texte") == "EHPAD Les Oyats"
    assert champ(page, "lieu_texte") == "Arras (62)"
    assert '<option value="50" selected>' in page
    assert '<option value="-nom" selected>' in page
    assert re.findall(r"\w+ \(\d+\)(?=</label>)", page) == ["Individuels (1)", "Préposés (1)", "Services (1)"]


def test_hors_liste_seulement_quand_on_le_demande(connecte: Client, liste: None) -> None:
    inscrire(None, nom="Dehors")
    for url in PAGES:
        assert "Dehors" not in lire(connecte, url)
        assert "hors liste" not in lire(connecte, url)
        assert "Dehors" in lire(connecte, url, hors_liste="on")


def test_la_fiche_ramene_a_cette_liste(connecte: Client, liste: None) -> None:
    page = lire(connecte, "/majeurs-proteges/", type="individuel", tri="nom")
    fiche = re.search(r'href="(/mandataires/\d+/\?retour=.*?)"', page)
    assert fiche
    suite = lire(connecte, fiche[1])
    assert 'href="/majeurs-proteges/?type=individuel&tri=nom">Revenir aux mandataires' in suite
    ailleurs = lire(connecte, fiche[1].split("?")[0], retour="https://example.org/")
    assert 'href="/mandataires/">Revenir aux mandataires' in ailleurs


# --- Bad input ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("rayon", ["-1", "abc", "10.5", "15", "99999999999999999999"])
@pytest.mark.parametrize("url", PAGES)
def test_un_rayon_impossible_est_dit_et_ne_s_applique_pas(
    connecte: Client, liste: None, url: str, rayon: str
) -> None:
    page = lire(connecte, url, rayon=rayon, disponibles="on")
    assert "Choisissez une distance de la liste : ce filtre n'est pas appliqué." in page
    assert 'aria-invalid="true"' in page
    assert len(noms(page)) == 3
    assert "disponibles" in page.split("Trier par")[1]
    assert page.count(" checked") == 1


@pytest.mark.parametrize(
    "parametres",
    [
        {"type": "abc"},
        {"type": ["individuel", "juge"]},
        {"etablissement": "99999"},
        {"etablissement": "abc"},
        {"lieu": "00000"},
        {"lieu": "\0"},
        {"tri": "mérite"},
        {"tri": "-"},
        {"page": "abc"},
        {"page": "-3"},
    ],
)
@pytest.mark.parametrize("url", PAGES)
def test_rien_d_impossible_ne_casse_la_page(
    connecte: Client, liste: None, url: str, parametres: dict[str, object]
) -> None:
    assert len(noms(lire(connecte, url, **parametres))) == 3


def test_un_lieu_qui_n_existe_pas_a_des_propositions(connecte: Client, liste: None) -> None:
    CommuneFactory(nom="Marseille")
    page = lire(connecte, "/majeurs-proteges/", lieu_texte="Calaix", disponibles="on", type="individuel")
    assert "Aucune commune ne correspond à « Calaix »" in page
    assert champ(page, "lieu_texte") == "Calaix"
    assert re.findall(r'name="lieu_choix" id="lieu_choix_1" value="(\d+)"', page) == ["62193"]
    assert 'value="individuel"' in page
    assert page.count(" checked") == 2
    assert "la liste est sans distances. Ordre : Nom, de A à Z." in page
    assert noms(page) == ["Arrageois", "Calaisien", "Perdu"]
    choisie = lire(connecte, "/majeurs-proteges/", lieu_texte="Calaix", lieu_choix="62193")
    assert champ(choisie, "lieu_texte") == "Calais (62)"
    assert noms(choisie)[0] == "Calaisien"


@pytest.mark.parametrize(("texte", "propose"), [("62999", True), ("zzzzzz", False), ("!!!", False), ("6", False)])
def test_ce_qui_ressemble(connecte: Client, liste: None, texte: str, propose: bool) -> None:
    page = lire(connecte, "/mandataires/", lieu_texte=texte)
    assert "Aucune commune ne correspond" in page or "Plusieurs communes" in page or texte == "6"
    assert ("lieu_choix_1" in page) is (propose or texte == "6")


def test_un_lieu_de_plusieurs_communes_se_choisit(connecte: Client, liste: None) -> None:
    for nom in ("Wissant", "Audinghen"):
        CommuneFactory(nom=nom, codes_postaux=["62179"])
    page = lire(connecte, "/majeurs-proteges/", lieu_texte="62179")
    assert "Plusieurs communes correspondent : choisissez dans la liste." in page
    assert page.count('name="lieu_choix"') == 2
    assert champ(page, "lieu_texte") == "62179"


@pytest.mark.parametrize(
    ("url", "parametres", "commune"),
    [
        ("/majeurs-proteges/", {"lieu": "62041"}, "62041"),
        ("/majeurs-proteges/", {"lieu_texte": "Arras"}, "62041"),
        ("/majeurs-proteges/", {}, ""),  # the court's own commune is a proposal
        ("/majeurs-proteges/", {"lieu_texte": "zzzzzz"}, ""),
        ("/mandataires/", {"lieu": "62041"}, ""),  # where the MJPM is
    ],
)
def test_ou_vit_la_personne_suit_jusqu_a_la_reservation(
    connecte: Client, liste: None, url: str, parametres: dict[str, str], commune: str
) -> None:
    page = lire(connecte, url, **parametres)
    (lien, *_) = re.findall(r'href="(/mandataires/\d+/reserver/\?.*?)"', page)
    (point, *_) = connecte.get(f"{url}lieux.json", parametres).json()["features"]
    for adresse in (lien, point["properties"]["reserver"]):
        champs = connecte.get(adresse).context["form"]
        assert (str(champs["commune"].value() or ""), str(champs["code_postal"].value() or "")) == (
            ("Arras (62)", "62000") if commune else ("", "")
        )


def test_ou_vit_la_personne_suit_par_la_fiche(connecte: Client, liste: None) -> None:
    """From the list and from its map, through a note on the way; the court's own commune is a proposal."""
    page = lire(connecte, "/majeurs-proteges/", lieu="62041")
    (fiche, *_) = re.findall(r'href="(/mandataires/\d+/\?.*?)" data-nom', page)
    points = connecte.get("/majeurs-proteges/lieux.json", {"lieu": "62041"}).json()["features"]
    assert points[0]["properties"]["url"].endswith("/?commune=62041")
    for adresse in (fiche, points[0]["properties"]["url"]):
        lue = lire(connecte, adresse)
        (reserver,) = re.findall(r'href="(/mandataires/\d+/reserver/\?.*?)"', lue)
        assert str(connecte.get(reserver).context["form"]["commune"].value()) == "Arras (62)"
        (noter,) = re.findall(r'action="(/mandataires/\d+/notes/.*?)"', lue)
        assert "commune=62041" in connecte.post(noter, {"texte": "À rappeler"})["Location"]
    sans = lire(connecte, "/majeurs-proteges/")
    assert "commune=" not in sans.split("<table")[1]
    for cle in ("99999", "", "abc", "\0", "62 041"):
        lue = lire(connecte, fiche.split("?")[0], commune=cle)
        assert not re.search(r"/reserver/\?[^\"]*commune=", lue), cle


def test_un_lieu_efface_redevient_celui_du_tribunal(connecte: Client, liste: None) -> None:
    page = lire(connecte, "/majeurs-proteges/", lieu_texte="", lieu="62041")
    assert champ(page, "lieu_texte") == "Calais (62)"


# --- Nothing, or next to nothing ---------------------------------------------------------------------


def test_sans_resultat_la_page_dit_pourquoi_et_quoi_elargir(
    connecte: Client, tribunal: Tribunal, calais: Commune, arras: Commune
) -> None:
    inscrire(tribunal, nom="Loin", commune=arras)
    page = lire(connecte, "/majeurs-proteges/", rayon="20", type="prepose", disponibles="on")
    assert (
        "Aucun mandataire de la liste de votre tribunal à moins de 20 km de Calais (62) ne répond à : "
        "préposés, disponibles." in page
    )
    liens = dict(re.findall(r'<a class="fr-link" href="(/majeurs-proteges/\?[^"]*)">(.*?)</a>', page))
    assert list(liens.values()) == [
        "Chercher à moins de 50 km",
        "Chercher sans limite de distance",
        "Tous les types",
        "Disponibles ou non",
        "Chercher au-delà de la liste de mon tribunal",
    ]
    assert {"rayon=50" in lien for lien, nom in liens.items() if "50 km" in nom} == {True}
    assert not any("type=" in lien for lien, nom in liens.items() if nom == "Tous les types")
    elargie = lire(connecte, "/majeurs-proteges/", type="", disponibles="on")
    assert noms(elargie) == ["Loin"]


@pytest.mark.parametrize(
    ("url", "parametres", "phrase"),
    [
        (
            "/majeurs-proteges/",
            {"rayon": "10"},
            "de la liste de votre tribunal n'est à moins de 10 km de Calais (62).",
        ),
        (
            "/mandataires/",
            {"lieu": "62041", "rayon": "10", "hors_liste": "on"},
            " n'est à moins de 10 km d'Arras (62).",
        ),
        ("/mandataires/", {"lieu": "62041"}, " n'a son adresse dans la commune d'Arras (62)."),
        (
            "/mandataires/",
            {"lieu": "62041", "type": "prepose"},
            " ayant son adresse dans la commune d'Arras (62) ne répond à : préposés.",
        ),
        (
            "/mandataires/",
            {"type": "prepose", "recentes": "on"},
            " ne répond à : préposés, données de moins de 30 jours.",
        ),
    ],
)
def test_une_recherche_vide_nomme_le_lieu(
    connecte: Client, tribunal: Tribunal, arras: Commune, url: str, parametres: dict[str, str], phrase: str
) -> None:
    page = lire(connecte, url, **parametres)
    assert phrase in page
    assert re.search(r'fr-sr-only"> Aucun mandataire (sur|de)', page)  # 0 is singular


def test_la_note_dit_ce_que_disponible_veut_dire(connecte: Client, liste: None) -> None:
    assert "Disponibles\xa0: capacité moins les mesures en cours et en attente." in lire(connecte, "/mandataires/")


def test_une_liste_vide_le_dit(connecte: Client, tribunal: Tribunal) -> None:
    for url in PAGES:
        page = lire(connecte, url)
        assert "Aucun mandataire sur la liste de votre tribunal" in page
        assert "Chercher au-delà de la liste de mon tribunal" in page


@pytest.mark.parametrize("url", PAGES)
@pytest.mark.parametrize("tri", ["", "distance", "-disponibles", "-maj", "nom"])
def test_un_mandataire_dont_tout_manque(connecte: Client, tribunal: Tribunal, url: str, tri: str) -> None:
    """T4: no commune, no capacity, no date, nothing declared."""
    vide = {"commune": None, "telephone": "", "email": "", "capacite": None, "adresse": ""}
    inscrire(tribunal, **vide)
    inscrire(tribunal, prepose=True, **vide)
    inscrire(tribunal, service=True, **vide)
    page = lire(connecte, url, tri=tri, lieu_texte="Calais")
    assert "None" not in page
    if url == "/majeurs-proteges/":
        assert page.count("Capacité non renseignée") == 3
        assert page.count(">jamais<") == 3


def test_zero_et_inconnu_se_lisent_autrement(connecte: Client, tribunal: Tribunal) -> None:
    """T7."""
    for nom, capacite in (("Zéro", 0), ("Inconnu", None), ("Plein", 41)):
        mandataire = inscrire(tribunal, nom=nom, capacite=capacite)
        Charge.objects.filter(pk=mandataire.pk).update(en_cours=0 if capacite == 0 else 42)
    page = lire(connecte, "/mandataires/")
    for mot in ("Aucune mesure souhaitée", "Capacité non renseignée", "Dépassement de 1"):
        assert page.count(mot) == 1


def test_des_donnees_anciennes_le_disent(connecte: Client, tribunal: Tribunal) -> None:
    mandataire = inscrire(tribunal)
    Charge.objects.filter(pk=mandataire.pk).update(mise_a_jour_at=timezone.now() - timedelta(days=31))
    assert "il y a plus de 30 jours" in lire(connecte, "/majeurs-proteges/")


def test_un_tribunal_d_outre_mer_sans_position(client: Client) -> None:
    """D19: its seat has no point; the list is by name, and the page says why."""
    wallis = CommuneFactory(
        nom="Uvea",
        code_insee="98613",
        departement=DepartementFactory(code="986", nom="Wallis-et-Futuna"),
        latitude=None,
        longitude=None,
    )
    tribunal = TribunalFactory(commune=wallis, siret=None, type=Tribunal.Type.PREMIERE_INSTANCE)
    client.force_login(MagistratFactory(tribunal=tribunal).user)
    for nom in ("Zoé", "Abel"):
        inscrire(tribunal, nom=nom)
    page = lire(client, "/majeurs-proteges/", rayon="20")
    assert noms(page) == ["Abel", "Zoé"]
    assert "Uvea (986) n'a pas de position connue" in page
    assert "la distance maximale n'est pas appliquée. Ordre : Nom, de A à Z." in page
    triee = lire(client, "/majeurs-proteges/", rayon="20", tri="disponibles")
    assert "la distance maximale n'est pas appliquée. Ordre : Disponibilité, moins disponibles d'abord." in triee


def test_depuis_l_etablissement(connecte: Client, liste: None, arras: Commune, calais: Commune) -> None:
    la_bas = EtablissementFactory(commune=arras)
    page = lire(connecte, "/majeurs-proteges/", lieu=calais.pk, etablissement=la_bas.pk)
    assert f'href="/majeurs-proteges/?etablissement={la_bas.pk}&lieu={arras.pk}"' in page
    ici = EtablissementFactory(commune=calais)
    nulle_part = EtablissementFactory(commune=None)
    for etablissement in (ici, nulle_part):
        suite = lire(connecte, "/majeurs-proteges/", lieu=calais.pk, etablissement=etablissement.pk)
        assert "Mesurer les distances" not in suite


# --- Small numbers -----------------------------------------------------------------------------------


def test_une_ou_deux_mesures_se_lisent_pareil(connecte: Client, tribunal: Tribunal, calais: Commune) -> None:
    """S5: nothing in the whole page tells one from the other."""
    mandataire = inscrire(tribunal)
    presence = Presence.objects.create(mandataire=mandataire, commune=calais, en_cours=1)
    une = lire(connecte, "/majeurs-proteges/")
    Presence.objects.filter(pk=presence.pk).update(en_cours=2)
    deux = lire(connecte, "/majeurs-proteges/")
    assert _cellules(une) == ["1 à 2"]
    secrets = r'(nonce|value)="[^"]{16,}"'  # of the policy and of the CSRF token: others each time
    assert re.sub(secrets, "", une) == re.sub(secrets, "", deux)


def _cellules(page: str) -> list[str]:
    return re.findall(r'data-label="Déjà suivies \(20.km\)">(.*?)</td>', page)


# --- Pages -------------------------------------------------------------------------------------------


def test_la_page_suivante_garde_tout(connecte: Client, tribunal: Tribunal, calais: Commune) -> None:
    """T3: filters, order and total are those of the first page; nobody twice, nobody lost."""
    for rang in range(53):
        inscrire(tribunal, nom=f"N{rang:02}", commune=calais)
    filtres = {"lieu_texte": "calais", "rayon": "10", "type": ["individuel", "service"], "tri": "-nom"}
    premiere = lire(connecte, "/majeurs-proteges/", **filtres)
    assert "53 mandataires" in premiere
    suite = re.search(r'rel="next" href="(.*?)"', premiere)
    assert suite
    seconde = lire(connecte, f"/majeurs-proteges/{suite[1]}")
    assert "53 mandataires" in seconde
    assert noms(premiere) + noms(seconde) == [f"N{rang:02}" for rang in reversed(range(53))]
    assert "Individuels (53)" in seconde


@pytest.mark.parametrize(
    "adresse",
    [
        "/mandataires/",
        "/majeurs-proteges/",
        "/majeurs-proteges/?lieu=62193&rayon=100&type=individuel&disponibles=on&hors_liste=on&etablissement={pk}",
        "/mandataires/charges/?{pks}",
    ],
)
def test_autant_de_requetes_pour_un_mandataire_que_pour_cinquante(
    connecte: Client, tribunal: Tribunal, calais: Commune, adresse: str
) -> None:
    etablissement = EtablissementFactory(commune=calais)

    def ajouter(nombre: int) -> str:
        for _ in range(nombre):
            mandataire = inscrire(tribunal, commune=calais)
            Presence.objects.create(mandataire=mandataire, commune=calais, en_cours=5)
        pks = Mandataire.objects.order_by("pk").values_list("pk", flat=True)
        return adresse.format(pk=etablissement.pk, pks="&".join(f"pk={pk}" for pk in pks))

    pour_un = nombre_de_requetes(connecte, ajouter(1))
    assert nombre_de_requetes(connecte, ajouter(49)) == pour_un <= 15


# --- Cells that renew themselves ---------------------------------------------------------------------


def charges(client: Client, pks: Iterable[object]) -> dict[str, dict[str, str]]:
    response = client.get("/mandataires/charges/", {"pk": list(pks)})
    assert response.status_code == 200
    return response.json()


def test_les_cellules_disent_ce_qui_est(connecte: Client, tribunal: Tribunal) -> None:
    mandataire = inscrire(tribunal, capacite=60)
    Charge.objects.filter(pk=mandataire.pk).update(en_cours=52, en_attente=3)
    cellules = charges(connecte, [mandataire.pk])[str(mandataire.pk)]
    assert "52 / 60" in cellules["charge"]
    assert "5 disponibles" in cellules["charge"]
    assert cellules["attente"] == "3"
    assert "jamais" in cellules["maj"]


def test_les_cellules_sont_celles_de_ce_que_l_on_voit(connecte: Client, tribunal: Tribunal) -> None:
    """S2: the court sees every published MJPM, and no other; nonsense is nobody's."""
    visible = inscrire(None)
    non_valide = inscrire(tribunal, valide_at=None)
    demandes = [visible.pk, non_valide.pk, "abc", "-1", "٣", "9" * 40, ""]
    assert set(charges(connecte, demandes)) == {str(visible.pk)}
    assert charges(connecte, []) == {}


def test_pas_plus_de_cinquante_a_la_fois(connecte: Client, tribunal: Tribunal) -> None:
    pks = [inscrire(tribunal).pk for _ in range(51)]
    assert len(charges(connecte, pks)) == 50


def test_les_cellules_ne_prolongent_pas_la_session(connecte: Client, tribunal: Tribunal) -> None:
    mandataire = inscrire(tribunal)
    Session.objects.update(expire_date=timezone.now() + timedelta(minutes=7))
    avant = Session.objects.get()
    response = connecte.get("/mandataires/charges/", {"pk": mandataire.pk})
    assert response.status_code == 200
    assert not response.cookies
    apres = Session.objects.get()
    assert (apres.expire_date, apres.session_data) == (avant.expire_date, avant.session_data)


def test_les_cellules_sont_une_requete_legere(connecte: Client, tribunal: Tribunal) -> None:
    mandataire = inscrire(tribunal)
    with CaptureQueriesContext(connection) as contexte:
        charges(connecte, [mandataire.pk])
    tables = [requete["sql"] for requete in contexte if "mandataires_mandataire" in requete["sql"]]
    assert len(tables) == 1
    assert "mesures_mesure" not in str(tables)
    assert len(contexte) <= 4  # and who asks


def test_une_session_finie_renvoie_a_la_connexion(client: Client, tribunal: Tribunal) -> None:
    response = client.get("/mandataires/charges/", {"pk": inscrire(tribunal).pk})
    assert response.status_code == 302
