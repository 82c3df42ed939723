"""« Mesures en cours » and « Mesures éteintes », through the client: search, filters, order, pages."""

from __future__ import annotations

import re
from datetime import date, timedelta
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from accounts.models import User
from mandataires.models import Mandataire
from mesures.models import Mesure
from tests.factories import EtablissementFactory, MesureFactory, TribunalFactory
from tests.strict import nombre_de_requetes, texte_lu
from tribunaux.models import Commune, Tribunal

pytestmark = pytest.mark.django_db

EN_COURS, ETEINTES = "/mesures/", "/mesures/eteintes/"


@pytest.fixture
def connecte(client: Client, prepose: User) -> Client:
    client.force_login(prepose)
    return client


def references(response: HttpResponse) -> list[str]:
    return [mesure.numero_rg for mesure in response.context["page"].object_list]


def liens(response: HttpResponse, motif: str) -> list[str]:
    """The addresses, as a browser reads them, of the links that hold `motif`."""
    return [unescape(href) for href in re.findall(r'href="([^"]*)"', response.content.decode()) if motif in href]


# --- What a row says ---------------------------------------------------------------------------------


def test_une_ligne_dit_tout(
    connecte: Client, mandataire: Mandataire, autre_tribunal: Tribunal, calais: Commune
) -> None:
    MesureFactory(
        mandataire=mandataire,
        tribunal=autre_tribunal,
        numero_rg="24/00042",
        champ="biens_et_personne",
        commune=calais,
        lieu_vie="etablissement_conservation",
        etablissement_nom="Foyer des Bruyères",
    )
    page = texte_lu(connecte.get(EN_COURS, {"q": "24/00042"}))
    age = date.today().year - 1962  # noqa: DTZ011
    for attendu in (
        "24/00042 15/03/2021 Curatelle renforcée biens et personne",
        f"F, 1962, {age} ans",
        "62100 Calais Foyer des Bruyères (domicile conservé)",
        "TJ Arras",
        "TJ : tribunal judiciaire.",
        "Modifier la mesure 24/00042",
        "Mettre fin au mandat de la mesure 24/00042",
    ):
        assert attendu in page


def test_ce_qui_manque_est_dit_a_sa_place(connecte: Client, mandataire: Mandataire, calais: Commune) -> None:
    MesureFactory(mandataire=mandataire, commune=calais, code_postal="", lieu_vie="etablissement")
    MesureFactory(mandataire=mandataire, commune=None, lieu_vie="sdf")
    response = connecte.get(EN_COURS)
    page = texte_lu(response)
    assert "code postal à compléter Calais En établissement établissement à compléter tribunal à compléter" in page
    assert "Sans domicile fixe tribunal à compléter" in page
    assert "sans référence : mesure du 15/03/2021" in page
    assert "À compléter (2)" in page
    assert "À compléter (2)" in texte_lu(connecte.get(EN_COURS, {"a_completer": "on"}))
    assert len(references(connecte.get(EN_COURS, {"a_completer": "on"}))) == 2


def test_rien_a_completer_n_offre_pas_la_case(connecte: Client) -> None:
    assert "À compléter" not in texte_lu(connecte.get(EN_COURS))


def test_l_echeance_qui_vient_est_dite_dans_la_ligne(connecte: Client, mandataire: Mandataire) -> None:
    aujourd_hui = timezone.localdate()
    for nom, jours in (("passée", -1), ("proche", 30), ("lointaine", 400)):
        MesureFactory(mandataire=mandataire, numero_dossier=nom, date_terme=aujourd_hui + timedelta(days=jours))
    page = texte_lu(connecte.get(EN_COURS))
    assert f"passée 15/03/2021 Curatelle renforcée échue le {aujourd_hui - timedelta(days=1):%d/%m/%Y} F," in page
    assert (
        f"proche 15/03/2021 Curatelle renforcée échéance le {aujourd_hui + timedelta(days=30):%d/%m/%Y} F," in page
    )
    assert "lointaine 15/03/2021 Curatelle renforcée F," in page
    assert "À réviser (2)" in page
    response = connecte.get(EN_COURS, {"a_reviser": "on"})
    assert {mesure.numero_dossier for mesure in response.context["page"].object_list} == {"passée", "proche"}
    assert "2 mesures sur 4" in texte_lu(response)
    response = connecte.get(EN_COURS, {"a_reviser": "on", "q": "lointaine"})
    assert "Retirer le filtre « À réviser »" in texte_lu(response)
    assert "a_reviser" not in liens(response, "/mesures/eteintes/?")[0]


def test_rien_a_reviser_n_offre_pas_la_case(connecte: Client) -> None:
    assert "À réviser" not in texte_lu(connecte.get(EN_COURS))


def test_les_liens_ramenent_a_la_meme_liste(connecte: Client, mandataire: Mandataire, tribunal: Tribunal) -> None:
    MesureFactory.create_batch(
        50, mandataire=mandataire, tribunal=tribunal, nature="tutelle", numero_dossier="é&b"
    )
    adresse = "/mesures/?q=%C3%A9%26b&nature=tutelle&tri=lieu&page=2"
    MesureFactory(mandataire=mandataire, nature="tutelle", numero_dossier="é&b")
    response = connecte.get(adresse)
    assert len(references(response)) == 1
    for motif in ("/modifier/?retour", "/eteindre/?retour", "/historique/?retour"):
        (lien,) = liens(response, motif)
        assert parse_qs(urlsplit(lien).query) == {"retour": [adresse]}


def test_mettre_fin_s_ouvre_dans_une_fenetre(connecte: Client) -> None:
    page = connecte.get(EN_COURS).content.decode()
    (lien,) = re.findall(r"<a [^>]*data-fenetre[^>]*>", page)
    assert "/eteindre/" in lien
    assert "js/fenetre.js" in page


def test_le_total_declare_d_un_service_est_dit(client: Client, service: User) -> None:
    MesureFactory(mandataire=service.membre.mandataire)
    client.force_login(service)
    page = texte_lu(client.get(EN_COURS))
    assert "La liste ci-dessous montre les mesures enregistrées ici." in page
    assert "1450" in page.replace("\u202f", "").replace("\xa0", "").replace(" ", "")


# --- Search and filters ------------------------------------------------------------------------------


@pytest.mark.parametrize("q", ["00077", "77", "dossier-é", "DOSSIER E", "calais", "62100", "bruyeres"])
def test_la_recherche(
    connecte: Client, mandataire: Mandataire, autre_tribunal: Tribunal, calais: Commune, q: str
) -> None:
    Mesure.objects.update(code_postal="59000")  # the factory's own may hold a 77
    MesureFactory(
        mandataire=mandataire,
        tribunal=autre_tribunal,
        numero_rg="77",
        numero_dossier="Dossier É",
        commune=calais,
        lieu_vie="etablissement",
        etablissement=EtablissementFactory(nom="Foyer des Bruyères"),
    )
    response = connecte.get(EN_COURS, {"q": q})
    assert references(response) == ["77"]
    assert "1 mesure sur 2" in texte_lu(response)
    assert "Mesures en cours : 1 sur 2" in texte_lu(response)


def test_une_recherche_hostile_est_rendue_telle_quelle(connecte: Client, mandataire: Mandataire) -> None:
    hostile = 'L\'Haÿ-les-Roses & <b>"x"</b><script>alert(1)</script>'
    MesureFactory(mandataire=mandataire, numero_dossier=hostile[:50])
    for adresse in (EN_COURS, ETEINTES):
        for q in (hostile, hostile[:50], '"><img src=x>'):
            page = connecte.get(adresse, {"q": q}).content.decode()
            assert "<b>" not in page
            assert "<img" not in page
            assert "<script>alert" not in page
    response = connecte.get(EN_COURS, {"q": hostile[:50]})
    assert response.context["page"].paginator.count == 1
    assert hostile[:50] in texte_lu(connecte.get(EN_COURS, {"q": hostile[:50], "nature": "maj"}))


@pytest.mark.parametrize("q", ["\x00", "x" * 101, "😀" * 100, "%", "_", "' OR 1=1 --"])
@pytest.mark.parametrize("adresse", [EN_COURS, ETEINTES])
def test_une_recherche_absurde_n_est_jamais_une_erreur(connecte: Client, adresse: str, q: str) -> None:
    assert connecte.get(adresse, {"q": q}).status_code == 200


def test_une_recherche_trop_longue_est_dite_et_gardee(connecte: Client) -> None:
    response = connecte.get(EN_COURS, {"q": "x" * 101})
    assert "Cherchez au plus 100 caractères : rien n'est cherché." in texte_lu(response)
    assert f'value="{"x" * 101}"' in response.content.decode()
    assert len(references(response)) == 1


@pytest.mark.parametrize(
    ("champ", "valeur", "phrase"),
    [
        ("nature", "habilitation", "Ce type de mesure n'existe pas"),
        ("lieu_vie", "zzz", "Ce lieu de vie n'existe pas"),
        ("tribunal", "0", "Aucune de vos mesures n'est de ce tribunal"),
        ("tribunal", "x", "Aucune de vos mesures n'est de ce tribunal"),
        ("commune", "00000", "Cette commune n'existe pas"),
    ],
)
def test_un_filtre_inconnu_est_dit_et_les_autres_valent(
    connecte: Client, mandataire: Mandataire, calais: Commune, champ: str, valeur: str, phrase: str
) -> None:
    MesureFactory(mandataire=mandataire, commune=calais)
    response = connecte.get(EN_COURS, {champ: valeur, "q": "calais"})
    assert phrase in texte_lu(response)
    assert "n'est pas appliqué" in texte_lu(response)
    assert "1 mesure sur 2" in texte_lu(response)


def test_une_annee_de_fin_inconnue_est_dite(connecte: Client, mandataire: Mandataire) -> None:
    MesureFactory(mandataire=mandataire, eteinte=True)
    response = connecte.get(ETEINTES, {"annee": "1999"})
    assert "Aucune mesure n'a pris fin cette année-là : ce filtre n'est pas appliqué." in texte_lu(response)
    assert len(references(response)) == 1


def test_le_tribunal_d_un_autre_n_est_pas_un_choix(
    connecte: Client, autre_tribunal: Tribunal, prepose_voisin: User
) -> None:
    MesureFactory(mandataire=prepose_voisin.membre.mandataire, tribunal=autre_tribunal)
    assert "Tous les tribunaux" not in texte_lu(connecte.get(EN_COURS))
    response = connecte.get(EN_COURS, {"tribunal": autre_tribunal.pk})
    assert "Aucune de vos mesures n'est de ce tribunal" in texte_lu(response)
    assert "Arras" not in texte_lu(response)


def test_les_tribunaux_se_choisissent_quand_il_y_en_a_plusieurs(
    connecte: Client, mandataire: Mandataire, autre_tribunal: Tribunal
) -> None:
    MesureFactory(mandataire=mandataire, tribunal=autre_tribunal, numero_rg="9")
    assert "Tous les tribunaux" in texte_lu(connecte.get(EN_COURS))
    assert references(connecte.get(EN_COURS, {"tribunal": autre_tribunal.pk})) == ["9"]


def test_une_commune_se_retire(connecte: Client, mandataire: Mandataire, calais: Commune) -> None:
    MesureFactory(mandataire=mandataire, commune=calais, nature="tutelle")
    response = connecte.get(EN_COURS, {"commune": calais.pk, "nature": "tutelle", "tri": "lieu", "page": "1"})
    assert "À Calais seulement" in texte_lu(response)
    (retirer,) = {lien for lien in liens(response, "nature=tutelle") if "commune" not in lien} - set(
        liens(response, "retour=")
    )
    assert parse_qs(urlsplit(retirer).query) == {"nature": ["tutelle"], "tri": ["lieu"]}
    # Sent again with the form.
    assert f'name="commune" value="{calais.pk}"' in response.content.decode()
    assert "À Calais" not in texte_lu(connecte.get(retirer))


@pytest.mark.parametrize(("nom", "dit"), [("Le Portel", "Au Portel"), ("Les Attaques", "Aux Attaques")])
def test_l_article_d_une_commune_se_contracte(connecte: Client, calais: Commune, nom: str, dit: str) -> None:
    Commune.objects.filter(pk=calais.pk).update(nom=nom)
    assert f"{dit} seulement" in texte_lu(connecte.get(EN_COURS, {"commune": calais.pk}))


def test_les_non_localisees(connecte: Client, mandataire: Mandataire) -> None:
    MesureFactory(mandataire=mandataire, commune=None, lieu_vie="sdf")
    page = texte_lu(connecte.get(EN_COURS, {"commune": "aucune"}))
    assert "Non localisées seulement" in page
    assert "1 mesure sur 2" in page


def test_sans_resultat_on_sait_quoi_elargir(connecte: Client, mandataire: Mandataire) -> None:
    response = connecte.get(EN_COURS, {"q": "introuvable", "nature": "tutelle", "tri": "-lieu"})
    page = texte_lu(response)
    assert "Aucune de vos mesures en cours (1) ne répond à ces filtres : « introuvable », Tutelle." in page
    assert "/mesures/?nature=tutelle&tri=-lieu" in [trier(lien) for lien in liens(response, "/mesures/?")]
    assert "/mesures/?q=introuvable&tri=-lieu" in [trier(lien) for lien in liens(response, "/mesures/?")]
    assert "/mesures/?tri=-lieu" in liens(response, "/mesures/?")
    assert "/mesures/eteintes/?q=introuvable" in liens(response, "eteintes")


def trier(adresse: str) -> str:
    chemin, _, requete = adresse.partition("?")
    return f"{chemin}?{'&'.join(sorted(requete.split('&')))}"


def test_vide_on_sait_quoi_faire(connecte: Client, mandataire: Mandataire) -> None:
    Mesure.objects.filter(mandataire=mandataire).delete()
    response = connecte.get(EN_COURS)
    assert "Enregistrer une première mesure" in texte_lu(response)
    assert "Filtrer" not in texte_lu(response)
    assert "Voir les mesures en cours" in texte_lu(connecte.get(ETEINTES))
    # An old address with filters: there is nothing to widen.
    response = connecte.get(EN_COURS, {"nature": "tutelle"})
    assert "Enregistrer une première mesure" in texte_lu(response)
    assert "Effacer les filtres" in texte_lu(response)


def test_effacer_les_filtres_garde_l_ordre(connecte: Client) -> None:
    response = connecte.get(EN_COURS, {"q": "22/00001", "tri": "-lieu"})
    assert "/mesures/?tri=-lieu" in liens(response, "tri=-lieu")
    assert "Effacer les filtres" not in texte_lu(connecte.get(EN_COURS, {"tri": "-lieu"}))


@pytest.mark.parametrize("adresse", [EN_COURS, ETEINTES])
@pytest.mark.parametrize(
    "filtres", ["", "q=Commune", "nature=curatelle_renforcee&lieu_vie=domicile", "commune=aucune"]
)
def test_les_mesures_des_autres_n_y_sont_jamais(
    connecte: Client, mandataire: Mandataire, prepose_voisin: User, individuel: User, adresse: str, filtres: str
) -> None:
    for autre in (prepose_voisin, individuel):
        MesureFactory(mandataire=autre.membre.mandataire, eteinte=True)
        MesureFactory(mandataire=autre.membre.mandataire, commune=None, lieu_vie="sdf")
    MesureFactory(mandataire=mandataire, eteinte=True)
    response = connecte.get(f"{adresse}?{filtres}")
    assert {mesure.mandataire_id for mesure in response.context["page"].object_list} <= {mandataire.pk}
    assert response.context["total"] == 1


def test_chacune_dans_sa_liste(connecte: Client, mandataire: Mandataire) -> None:
    for etat in ({"en_attente": True}, {"expiree": True}, {"refusee": True}, {"annulee": True}, {"eteinte": True}):
        MesureFactory(mandataire=mandataire, **etat)
    assert {m.statut for m in connecte.get(EN_COURS).context["page"].object_list} == {"en_cours"}
    assert {m.statut for m in connecte.get(ETEINTES).context["page"].object_list} == {"eteinte"}


# --- Order -------------------------------------------------------------------------------------------


@pytest.fixture
def trois(
    mandataire: Mandataire, tribunal: Tribunal, autre_tribunal: Tribunal, calais: Commune, arras: Commune
) -> None:
    """Three mesures that no two columns sort alike."""
    Mesure.objects.filter(mandataire=mandataire).delete()
    communes = {"a": calais, "b": arras, "c": None}
    valeurs = {
        "a": {
            "date_decision": "2020-01-01",
            "nature": "tutelle",
            "annee_naissance": 1950,
            "tribunal": autre_tribunal,
        },
        "b": {"date_decision": "2022-01-01", "nature": "maj", "annee_naissance": 1940, "tribunal": tribunal},
        "c": {"date_decision": "2021-01-01", "nature": "curatelle_simple", "annee_naissance": 1960},
    }
    for nom, champs in valeurs.items():
        commune = communes[nom]
        MesureFactory(
            mandataire=mandataire,
            cabinet=nom,
            numero_rg={"a": "20", "b": "3"}.get(nom),
            commune=commune,
            lieu_vie="domicile" if commune else "sdf",
            **champs,
        )


@pytest.mark.parametrize(
    ("tri", "attendu", "colonne", "sens"),
    [
        ("", "bca", "Décision", "descending"),
        ("decision", "acb", "Décision", "ascending"),
        ("-decision", "bca", "Décision", "descending"),
        ("reference", "bac", "Référence", "ascending"),
        ("-reference", "abc", "Référence", "descending"),
        ("nature", "cba", "Type", "ascending"),
        ("-nature", "abc", "Type", "descending"),
        ("naissance", "bac", "Majeur", "ascending"),
        ("-naissance", "cab", "Majeur", "descending"),
        ("lieu", "bac", "Lieu de vie", "ascending"),
        ("-lieu", "abc", "Lieu de vie", "descending"),
        ("tribunal", "bac", "Tribunal", "ascending"),
        ("-tribunal", "abc", "Tribunal", "descending"),
        ("zzz", "bca", "Décision", "descending"),
        ("-", "bca", "Décision", "descending"),
        ("--lieu", "bca", "Décision", "descending"),
        ("\x00", "bca", "Décision", "descending"),
    ],
)
@pytest.mark.usefixtures("trois")
def test_chaque_colonne_trie(connecte: Client, tri: str, attendu: str, colonne: str, sens: str) -> None:
    """What a mesure lacks is at the end both ways."""
    response = connecte.get(EN_COURS, {"tri": tri} if tri else {})
    page = response.content.decode()
    assert "".join(mesure.cabinet for mesure in response.context["page"].object_list) == attendu
    entetes = re.findall(r'<th scope="col"[^>]*aria-sort="(\w+)"[^>]*>\s*<a[^>]*>([^<]*)<', page)
    assert entetes == [(sens, colonne)]


@pytest.mark.usefixtures("trois")
def test_un_second_clic_retourne_l_ordre(connecte: Client) -> None:
    response = connecte.get(EN_COURS, {"tri": "lieu", "page": "1", "lieu_vie": "domicile"})
    entetes = [colonne.valeur for colonne in response.context["filtres"].colonnes]
    assert entetes == ["reference", "", "nature", "naissance", "-lieu", "tribunal"]
    assert "/mesures/?tri=-lieu&lieu_vie=domicile" in liens(response, "tri=-lieu")
    assert [c.valeur for c in connecte.get(EN_COURS).context["filtres"].colonnes][1] == "decision"


def test_le_numero_exact_vient_avant_l_ordre_choisi(
    connecte: Client, mandataire: Mandataire, autre_tribunal: Tribunal
) -> None:
    MesureFactory(mandataire=mandataire, tribunal=autre_tribunal, numero_rg="7", date_decision="2010-01-01")
    MesureFactory(mandataire=mandataire, numero_dossier="7 bis", date_decision="2020-01-01")
    for tri in ("", "-decision", "decision", "-reference"):
        assert references(connecte.get(EN_COURS, {"q": "7", "tri": tri})) == ["7", None]


# --- Pages -------------------------------------------------------------------------------------------


def test_totaux_filtres_et_ordre_survivent_aux_pages(connecte: Client, mandataire: Mandataire) -> None:
    MesureFactory.create_batch(51, mandataire=mandataire, nature="tutelle")
    adresse = "/mesures/?q=Commune&nature=tutelle&tri=lieu"
    premiere = connecte.get(adresse)
    assert "51 mesures sur 52" in texte_lu(premiere)
    assert len(references(premiere)) == 50
    suivante = next(lien for lien in liens(premiere, "page=2") if "retour" not in lien)
    assert trier(suivante) == "?nature=tutelle&page=2&q=Commune&tri=lieu"
    seconde = connecte.get("/mesures/" + suivante)
    assert "51 mesures sur 52" in texte_lu(seconde)
    vues = [mesure.pk for page in (premiere, seconde) for mesure in page.context["page"].object_list]
    assert len(vues) == len(set(vues)) == 51
    assert seconde.context["filtres"].ordre.valeur == "lieu"
    # Other filters start from the first page.
    assert 'name="page"' not in seconde.content.decode()


@pytest.mark.parametrize("page", ["0", "99", "-1"])
@pytest.mark.parametrize(("adresse", "etat"), [(EN_COURS, {}), (ETEINTES, {"eteinte": True})])
def test_une_page_qui_n_existe_pas_donne_la_derniere(
    connecte: Client, mandataire: Mandataire, adresse: str, etat: dict[str, bool], page: str
) -> None:
    MesureFactory.create_batch(51, mandataire=mandataire, **etat)
    assert connecte.get(adresse, {"page": page}).context["page"].number == 2


@pytest.mark.parametrize("page", ["abc", "", "1.5", "\x00", "9" * 30])
def test_un_numero_de_page_absurde_n_est_pas_une_erreur(connecte: Client, page: str) -> None:
    for adresse in (EN_COURS, ETEINTES):
        assert connecte.get(adresse, {"page": page}).status_code == 200


FILTRES = "?q=Commune&nature=curatelle_renforcee&lieu_vie=etablissement&page=1"


@pytest.mark.parametrize("filtres", ["", FILTRES, FILTRES + "&tri=tribunal&a_completer="])
@pytest.mark.parametrize(("adresse", "etat"), [(EN_COURS, {}), (ETEINTES, {"eteinte": True})])
def test_autant_de_requetes_pour_une_mesure_que_pour_cinquante(
    connecte: Client, mandataire: Mandataire, adresse: str, etat: dict[str, bool], filtres: str
) -> None:
    Mesure.objects.filter(mandataire=mandataire).delete()

    def ajouter(rang: int) -> None:
        MesureFactory(
            mandataire=mandataire,
            tribunal=TribunalFactory(),
            lieu_vie="etablissement",
            etablissement=EtablissementFactory(),
            date_extinction=date(2024, 1, 1) + timedelta(days=30 * rang) if etat else None,
            **etat,
        )

    ajouter(0)
    pour_une = nombre_de_requetes(connecte, adresse + filtres)
    for rang in range(1, 51):
        ajouter(rang)
    assert nombre_de_requetes(connecte, adresse + filtres) == pour_une < 17


@pytest.mark.parametrize("adresse", [EN_COURS, ETEINTES])
def test_une_liste_ne_s_envoie_pas(connecte: Client, adresse: str) -> None:
    assert connecte.post(adresse).status_code == 405


# --- « Mesures éteintes » ----------------------------------------------------------------------------


@pytest.fixture
def eteintes(mandataire: Mandataire, tribunal: Tribunal) -> None:
    for rg, decision, fin, motif in (
        ("1", "2021-03-15", "2024-05-20", "deces"),
        ("2", "2023-01-31", "2023-02-28", ""),
        ("3", "2020-02-29", "2024-12-31", "mainlevee"),
    ):
        MesureFactory(
            mandataire=mandataire,
            tribunal=tribunal,
            numero_rg=rg,
            date_decision=decision,
            eteinte=True,
            date_extinction=fin,
            motif_extinction=motif,
        )


@pytest.mark.usefixtures("eteintes")
def test_par_annee_de_fin_la_derniere_d_abord(connecte: Client) -> None:
    response = connecte.get(ETEINTES)
    assert references(response) == ["3", "1", "2"]
    groupes = [(g.annee, g.nombre, len(g.mesures)) for g in response.context["groupes"]]
    assert groupes == [(2024, 2, 2), (2023, 1, 1)]
    page = texte_lu(response)
    assert "2024 2 fins de mandat dans l'année" in page
    assert "2023 1 fin de mandat dans l'année" in page
    assert "20/05/2024 3 ans et 2 mois Décès Réactiver la mesure 1" in page
    assert "28/02/2023 1 mois Réactiver la mesure 2" in page
    # The age of today is not that of the end, which may be a death.
    assert "F, 1962 " in page
    assert " ans TPROX" not in page


@pytest.mark.usefixtures("eteintes")
def test_une_annee_annonce_toutes_ses_mesures_meme_filtree(connecte: Client) -> None:
    response = connecte.get(ETEINTES, {"q": "deces", "annee": "2024"})
    assert "mesures éteintes (3) ne répond à ces filtres : « deces », fin en 2024." in texte_lu(response)
    response = connecte.get(ETEINTES, {"q": "1", "annee": "2024"})
    assert "sur 3" in texte_lu(response)
    response = connecte.get(ETEINTES, {"annee": "2024", "tribunal": Mesure.objects.get(numero_rg="3").tribunal_id})
    assert [(g.annee, g.nombre) for g in response.context["groupes"]] == [(2024, 2)]


@pytest.mark.usefixtures("eteintes")
def test_le_numero_exact_a_son_groupe(connecte: Client, mandataire: Mandataire) -> None:
    MesureFactory(mandataire=mandataire, eteinte=True, numero_dossier="2 bis", date_extinction="2025-01-01")
    response = connecte.get(ETEINTES, {"q": "2"})
    groupes = [(g.annee, [m.reference for m in g.mesures]) for g in response.context["groupes"]]
    assert groupes[0] == (None, ["2"])
    assert groupes[1] == (2025, ["2 bis"])
    assert "Numéro recherché" in texte_lu(response)


def test_une_annee_se_poursuit_a_la_page_suivante(connecte: Client, mandataire: Mandataire) -> None:
    MesureFactory.create_batch(51, mandataire=mandataire, eteinte=True)
    response = connecte.get(ETEINTES, {"page": "2"})
    assert [(g.annee, g.nombre, len(g.mesures)) for g in response.context["groupes"]] == [(2024, 51, 1)]
    assert "51 mesures" in texte_lu(response)


@pytest.mark.usefixtures("eteintes")
def test_reactiver_depuis_la_liste(connecte: Client) -> None:
    page = connecte.get(ETEINTES).content.decode()
    mesure = Mesure.objects.get(numero_rg="1")
    (formulaire,) = re.findall(
        rf'<form method="post" action="(/mesures/{mesure.pk}/reactiver/[^"]*)">(.*?)</form>', page, re.DOTALL
    )
    version = re.search(r'name="version" value="(\d+)"', formulaire[1])
    assert version is not None
    connecte.post(unescape(formulaire[0]), {"version": version.group(1)})
    mesure.refresh_from_db()
    assert (mesure.statut, mesure.date_extinction) == ("en_cours", None)
