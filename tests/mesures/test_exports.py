"""The files that the lists of mesures give: what the page shows, and what the import reads back as it was."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date, timedelta
from io import BytesIO, StringIO
from itertools import product
from typing import Any
from urllib.parse import urlencode

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook
from pytest_django.asserts import assertRedirects

from accounts.models import User
from etablissements.models import Etablissement
from mandataires.models import Mandataire
from mesures.echanges.colonnes import COLONNES
from mesures.echanges.lecture import lire_fichier
from mesures.echanges.lignes import lire_ligne
from mesures.echanges.rapprochement import Rapprochement, rapprocher
from mesures.enums import Champ, LieuVie, MotifExtinction, Nature
from mesures.models import Mesure
from tests.factories import CommuneFactory, EtablissementFactory, MesureFactory, TribunalFactory
from tests.strict import nombre_de_requetes, texte_lu
from tribunaux.models import Commune, Tribunal
from tribunaux.tableurs import deproteger

pytestmark = pytest.mark.django_db

EXPORT, DU_TRIBUNAL = "/mesures/exporter/", "/tribunal/mesures/exporter/"
LISTES = ("en_cours", "eteintes")
HOSTILES = (
    'L\'Haÿ-les-Roses & <b>"x"', "=1+1", "+33 6", "-5 bis", "@x", "'=x", "''+y", "'ici", "007", "a;b",
    "a\u0301 deux  fois",
)  # fmt: skip


@pytest.fixture
def connecte(client: Client, prepose: User) -> Client:
    client.force_login(prepose)
    return client


@pytest.fixture
def en_juge(client: Client, juge: User) -> Client:
    client.force_login(juge)
    return client


@pytest.fixture
def lecteur(client: Client, url: str, prepose: User, juge: User) -> Client:
    """Whom the test's `url` is for."""
    client.force_login(prepose if url == EXPORT else juge)
    return client


def contenu(response: HttpResponse) -> bytes:
    assert response.status_code == 200
    return b"".join(response)


def en_csv(client: Client, url: str = EXPORT, **parametres: str) -> list[dict[str, str]]:
    texte = contenu(client.get(url, {**parametres, "format": "csv"})).decode("utf-8-sig")
    return list(csv.DictReader(StringIO(texte, newline=""), delimiter=";"))


def en_xlsx(client: Client, url: str = EXPORT, **parametres: str) -> list[dict[str, Any]]:
    [titres, *lignes] = load_workbook(BytesIO(contenu(client.get(url, parametres)))).active.values
    return [dict(zip(titres, ligne, strict=True)) for ligne in lignes]


def relire(client: Client, mandataire: Mandataire, format_: str, liste: str) -> Rapprochement:
    """What the import would make of the export."""
    response = client.get(EXPORT, {"format": format_, "liste": liste})
    fichier = lire_fichier(contenu(response), f"export.{format_}")
    assert not fichier.ignorees
    assert not fichier.manquantes
    lues = [lire_ligne(rangee, fichier.epoque) for rangee in fichier.rangees]
    return rapprocher(lues, mandataire_id=mandataire.pk)


# --- What goes out comes back in as it was -----------------------------------------------------------


def mesures_hostiles(mandataire: Mandataire, tribunal: Tribunal, calais: Commune) -> Iterator[Mesure]:
    """Of each kind that a list may hold, ongoing; every text of them is one that a file could spoil."""
    ferme = TribunalFactory(ferme_le=timezone.localdate(), successeur=tribunal)
    sans_siret = TribunalFactory(siret=None)
    ferme_sans_siret = TribunalFactory(ferme_le=timezone.localdate(), successeur=sans_siret)
    # Two that their names alone do not tell apart.
    homonymes = [TribunalFactory(siret=None, commune=CommuneFactory(nom="Saint-Pierre")) for _ in range(2)]
    ain = CommuneFactory(nom="L'Abergement-Clémenciat", codes_postaux=["01400", "01000"])
    homonyme = CommuneFactory(nom="Calais", codes_postaux=["72120"])
    fixe: dict[str, Any] = {"mandataire": mandataire, "commune": calais}
    for rang, texte in enumerate(HOSTILES):
        yield MesureFactory(
            **fixe,
            tribunal=tribunal,
            numero_rg=texte,
            numero_dossier=texte,
            cabinet=texte,
            lieu_vie=LieuVie.ETABLISSEMENT,
            etablissement_nom=texte,
            date_decision=date(2021, 1, 1) + timedelta(days=rang),
        )
    etablissement = EtablissementFactory(finess="010000024", nom="=Les Oyats", ferme_le=date(2024, 1, 1))
    for court in (ferme, sans_siret, ferme_sans_siret, *homonymes):
        yield MesureFactory(**fixe, tribunal=court, numero_rg="00012345")
    yield MesureFactory(**fixe, tribunal=None)
    yield MesureFactory(**{**fixe, "commune": ain}, code_postal="01000")
    yield MesureFactory(**{**fixe, "commune": homonyme}, code_postal="72999")  # a CEDEX
    yield MesureFactory(**fixe, code_postal="", lieu_vie=LieuVie.ETABLISSEMENT)
    yield MesureFactory(**fixe, lieu_vie=LieuVie.ETABLISSEMENT_CONSERVATION, etablissement=etablissement)
    yield MesureFactory(**{**fixe, "commune": None}, lieu_vie=LieuVie.SDF)
    yield MesureFactory(**{**fixe, "commune": None}, lieu_vie=LieuVie.SDF, code_postal="62100")
    yield MesureFactory(**fixe, empreinte_import="0" * 32)
    yield MesureFactory(**fixe, date_terme=date(2030, 1, 1))
    for nature in Nature.values:
        for champ in ("", *Champ.values):
            yield MesureFactory(**fixe, nature=nature, champ=champ, genre="H")


@pytest.fixture
def hostiles(mandataire: Mandataire, tribunal: Tribunal, calais: Commune) -> list[int]:
    """Every one both ongoing and ended."""
    Mesure.objects.filter(mandataire=mandataire).delete()
    list(mesures_hostiles(mandataire, tribunal, calais))
    motifs = ["", *MotifExtinction.values]
    for rang, mesure in enumerate(Mesure.objects.filter(mandataire=mandataire).order_by("pk")):
        mesure.pk, mesure.statut = None, "eteinte"
        mesure.date_extinction = date(2024, 6, 30) + timedelta(days=rang)
        mesure.motif_extinction = motifs[rang % len(motifs)]
        mesure.save(force_insert=True)
    return list(Mesure.objects.filter(mandataire=mandataire).values_list("pk", flat=True))


def test_l_export_rentre_sans_rien_changer(connecte: Client, mandataire: Mandataire, hostiles: list[int]) -> None:
    for format_, liste in product(("xlsx", "csv"), LISTES):
        resultat = relire(connecte, mandataire, format_, liste)
        ecarts = [
            (format_, liste, une.ligne.numero_rg, une.verdict, une.problemes, une.changements)
            for une in resultat.lignes
            if une.verdict != "inchangee"
        ]
        assert ecarts == []
        assert len(resultat.lignes) == resultat.chiffres()["inchangees"] == len(hostiles) // 2


def test_chaque_champ_sort_dans_sa_colonne(connecte: Client, mandataire: Mandataire, tribunal: Tribunal) -> None:
    """Every column of the format with a value of its own (D14), but the one that is not kept."""
    commune = CommuneFactory(nom="Audinghen", codes_postaux=["62179"])
    mesure = MesureFactory(
        mandataire=mandataire,
        tribunal=tribunal,
        eteinte=True,
        nature=Nature.MANDAT_PROTECTION_FUTURE,
        champ=Champ.PERSONNE,
        code_postal="62179",
        commune=commune,
        genre="H",
        annee_naissance=1948,
        numero_rg="00042/21",
        numero_dossier="D-17",
        lieu_vie=LieuVie.ETABLISSEMENT,
        cabinet="Cabinet B",
        etablissement=EtablissementFactory(finess="620000071", nom="EHPAD Les Oyats"),
        date_decision=date(2020, 5, 4),
        date_extinction=date(2023, 2, 1),
        motif_extinction=MotifExtinction.CADUCITE,
    )
    attendues = {
        "date_nomination": "04/05/2020",
        "type": "mandat de protection future",
        "code_postal": "62179",
        "ville": "Audinghen",
        "civilite": "H",
        "annee": "1948",
        "numero_rg": "00042/21",
        "numero_dossier": "D-17",
        "residence": "en établissement",
        "tribunal_siret": tribunal.siret,
        "tribunal": "Tribunal de proximité de Calais",
        "tribunal_cabinet": "Cabinet B",
        "antenne": "",
        "identifiant": str(mesure.pk),
        "finess": "620000071",
        "etablissement": "EHPAD Les Oyats",
        "champ": "à la personne",
        "date_fin": "01/02/2023",
        "motif_fin": "Caducité",
        "statut": "éteinte",
    }
    [ligne] = en_csv(connecte, liste="eteintes")
    assert ligne == attendues
    assert list(ligne) == [colonne.nom for colonne in COLONNES]
    assert len(set(attendues.values())) == len(attendues)
    [cellules] = en_xlsx(connecte, liste="eteintes")
    assert cellules["date_nomination"].date() == date(2020, 5, 4)
    assert (cellules["annee"], cellules["identifiant"], cellules["antenne"]) == (1948, mesure.pk, None)
    types = {"annee", "identifiant", "date_nomination", "date_fin", "antenne"}
    assert {nom: v for nom, v in cellules.items() if nom not in types} == {
        nom: v for nom, v in attendues.items() if nom not in types
    }


def test_un_tribunal_ferme_sort_sous_celui_qui_siege(
    connecte: Client, mandataire: Mandataire, tribunal: Tribunal
) -> None:
    Mesure.objects.filter(mandataire=mandataire).delete()
    MesureFactory(mandataire=mandataire, tribunal=TribunalFactory(ferme_le=date(2024, 1, 1), successeur=tribunal))
    [ligne] = en_csv(connecte)
    assert (ligne["tribunal_siret"], ligne["tribunal"]) == (tribunal.siret, tribunal.nom)


# --- What the page shows -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("liste", "chemin", "parametres"),
    [
        ("en_cours", "/mesures/", {}),
        ("en_cours", "/mesures/", {"q": "calais", "tri": "naissance"}),
        ("en_cours", "/mesures/", {"nature": "tutelle", "tri": "-reference", "page": "7"}),
        ("en_cours", "/mesures/", {"nature": "maj", "a_completer": "on"}),
        ("eteintes", "/mesures/eteintes/", {}),
        ("eteintes", "/mesures/eteintes/", {"annee": "2023"}),
    ],
)
def test_les_lignes_de_la_page_dans_son_ordre(
    connecte: Client,
    mandataire: Mandataire,
    tribunal: Tribunal,
    liste: str,
    chemin: str,
    parametres: dict[str, str],
) -> None:
    for rang in range(12):
        MesureFactory(
            mandataire=mandataire,
            tribunal=tribunal if rang % 3 else None,
            numero_dossier=f"calais {rang}" if rang % 2 else "",
            nature="tutelle" if rang % 4 else "maj",
            annee_naissance=1940 + rang * 7 % 12,
            eteinte=rang > 8,
            **({"date_extinction": date(2022 + rang % 2, 5, rang)} if rang > 8 else {}),
        )
    montrees = [mesure.pk for mesure in connecte.get(chemin, parametres).context["page"].object_list]
    assert montrees
    assert [ligne["identifiant"] for ligne in en_xlsx(connecte, liste=liste, **parametres)] == montrees


def test_toutes_les_pages_et_un_lien_qui_dit_combien(connecte: Client, mandataire: Mandataire) -> None:
    MesureFactory.create_batch(51, mandataire=mandataire, commune=CommuneFactory())
    response = connecte.get("/mesures/", {"tri": "naissance", "page": "2"})
    assert "Exporter les 52 : Excel , 52 mesures à exporter CSV , 52 mesures à exporter" in texte_lu(response)
    for format_ in ("xlsx", "csv"):
        lien = f'href="{EXPORT}?tri=naissance&amp;liste=en_cours&amp;format={format_}"'
        assert lien in response.content.decode()
    assert len(en_csv(connecte)) == 52


def test_sans_mesure_pas_de_lien_mais_un_fichier_avec_ses_titres(connecte: Client, mandataire: Mandataire) -> None:
    Mesure.objects.filter(mandataire=mandataire).delete()
    assert "exporter" not in connecte.get("/mesures/").content.decode()
    titres = ";".join(colonne.nom for colonne in COLONNES)
    for liste in LISTES:
        response = connecte.get(EXPORT, {"format": "csv", "liste": liste})
        assert contenu(response).decode("utf-8-sig") == f"{titres}\r\n"
        classeur = load_workbook(BytesIO(contenu(connecte.get(EXPORT, {"liste": liste}))))
        assert [cellule.value for cellule in classeur.active[1]] == titres.split(";")
        assert classeur.active.max_row == 1


def test_rien_d_un_autre_ne_sort(connecte: Client, personnes: Any, mandataire: Mandataire) -> None:
    """Neither a neighbour's of the same court, nor what waits."""
    for autre in (personnes.prepose_voisin, personnes.individuel, personnes.service):
        MesureFactory(mandataire=autre.membre.mandataire, eteinte=True)
    MesureFactory(mandataire=mandataire, en_attente=True)
    assert [ligne["numero_rg"] for ligne in en_csv(connecte)] == ["22/00001"]
    assert en_csv(connecte, liste="eteintes") == []
    assert en_csv(connecte, q="22/00002") == []


@pytest.mark.parametrize(
    ("url", "chemin", "parametres", "erreur"),
    [
        (EXPORT, "/mesures/", {"nature": "zzz"}, "Ce type de mesure n'existe pas"),
        (EXPORT, "/mesures/eteintes/", {"annee": "1999"}, "Aucune mesure n'a pris fin cette année-là"),
        (DU_TRIBUNAL, "/tribunal/mesures/", {"nature": "zzz"}, "Ce type de mesure n'existe pas"),
        (DU_TRIBUNAL, "/tribunal/mesures/", {"mandataire": "9999"}, "Rien ici n'est de ce mandataire"),
        (
            DU_TRIBUNAL,
            "/tribunal/mesures/eteintes/",
            {"annee": "1999"},
            "Aucune mesure n'a pris fin cette année-là",
        ),
    ],
)
def test_un_filtre_impossible_renvoie_a_la_page(
    lecteur: Client, url: str, chemin: str, parametres: dict[str, str], erreur: str
) -> None:
    """Never the whole list under the name of a part of it."""
    liste = "eteintes" if "eteintes" in chemin else "en_cours"
    response = lecteur.get(url, {"q": "22/00001", **parametres, "liste": liste, "format": "csv"})
    adresse = f"{chemin}?{urlencode({'q': '22/00001', **parametres})}"
    assertRedirects(response, adresse, fetch_redirect_response=False)
    texte = texte_lu(lecteur.get(adresse))
    assert erreur in texte
    assert "Le fichier n'a pas été préparé : un filtre est à corriger." in texte


def test_une_seule_mesure_est_au_singulier(connecte: Client) -> None:
    assert "Exporter : Excel , 1 mesure à exporter CSV , 1 mesure à exporter" in texte_lu(
        connecte.get("/mesures/")
    )


@pytest.mark.parametrize("parametres", [{"format": "pdf"}, {"liste": "toutes"}])
@pytest.mark.parametrize("url", [EXPORT, DU_TRIBUNAL])
def test_un_format_ou_une_liste_qui_n_existe_pas(lecteur: Client, url: str, parametres: dict[str, str]) -> None:
    assert lecteur.get(url, parametres).status_code == 404
    assert lecteur.head(url).status_code == 200


def test_le_fichier_n_est_pas_garde(connecte: Client) -> None:
    response = connecte.get(EXPORT)
    assert response["Cache-Control"] == "private, no-store"
    assert response["X-Content-Type-Options"] == "nosniff"
    nom = f"mesures-en-cours-{timezone.localdate().isoformat()}.xlsx"
    assert response["Content-Disposition"] == f'attachment; filename="{nom}"'


@pytest.mark.parametrize("liste", LISTES)
@pytest.mark.parametrize("url", [EXPORT, DU_TRIBUNAL])
def test_autant_de_requetes_quel_que_soit_le_nombre(
    lecteur: Client, mandataire: Mandataire, tribunal: Tribunal, url: str, liste: str
) -> None:
    # Those of a court are of as many MJPM.
    commun = {"tribunal": tribunal, **({"mandataire": mandataire} if url == EXPORT else {})}

    def ajouter(nombre: int) -> None:
        for _ in range(nombre):
            MesureFactory(
                **commun,
                lieu_vie=LieuVie.ETABLISSEMENT,
                etablissement=EtablissementFactory(),
                eteinte=liste == "eteintes",
            )

    ajouter(1)
    avant = nombre_de_requetes(lecteur, f"{url}?liste={liste}")
    ajouter(9)
    assert nombre_de_requetes(lecteur, f"{url}?liste={liste}") == avant


# --- For a court -------------------------------------------------------------------------------------


def test_les_mesures_du_tribunal_en_cours(en_juge: Client, mandataire: Mandataire, tribunal: Tribunal) -> None:
    commune = CommuneFactory(nom="Audinghen", codes_postaux=["62179"])
    MesureFactory(
        mandataire=mandataire,
        tribunal=tribunal,
        numero_rg="=24/00042",
        numero_dossier="D-SECRET",
        cabinet="2",
        champ=Champ.BIENS,
        commune=commune,
        lieu_vie=LieuVie.ETABLISSEMENT,
        etablissement_nom="Foyer des Bruyères",
        date_decision=date(2022, 5, 4),
        date_terme=date(2030, 5, 4),
    )
    [ligne] = en_csv(en_juge, DU_TRIBUNAL, q="24/00042")
    assert ligne == {
        "Numéro RG": "'=24/00042",
        "Cabinet": "2",
        "Décision": "04/05/2022",
        "Type de mesure": "Curatelle renforcée",
        "Champ": "aux biens",
        "Genre": "F",
        "Année de naissance": "1962",
        "Lieu de vie": "En établissement",
        "Code postal": "62179",
        "Commune": "Audinghen",
        "Établissement": "Foyer des Bruyères",
        "Mandataire": "Camille Prepose",
        "Échéance": "04/05/2030",
    }
    assert en_xlsx(en_juge, DU_TRIBUNAL, q="24/00042")[0]["Numéro RG"] == "=24/00042"


def test_les_mesures_eteintes_du_tribunal(en_juge: Client, mandataire: Mandataire, tribunal: Tribunal) -> None:
    MesureFactory(
        mandataire=mandataire,
        tribunal=tribunal,
        eteinte=True,
        commune=None,
        lieu_vie="sdf",
        motif_extinction="deces",
    )
    [ligne] = en_csv(en_juge, DU_TRIBUNAL, liste="eteintes")
    assert (ligne["Fin de mandat"], ligne["Durée"], ligne["Motif de fin"]) == (
        "30/06/2024",
        "3 ans et 3 mois",
        "Décès",
    )
    assert "Échéance" not in ligne


def test_le_tribunal_ne_recoit_que_les_siennes(
    en_juge: Client, personnes: Any, mandataire: Mandataire, tribunal: Tribunal, autre_tribunal: Tribunal
) -> None:
    """Of every MJPM, and none of another court, even of the same MJPM; nothing of what waits."""
    MesureFactory(mandataire=mandataire, tribunal=autre_tribunal, numero_rg="23/00009")
    MesureFactory(mandataire=mandataire, tribunal=None)
    MesureFactory(mandataire=mandataire, tribunal=tribunal, en_attente=True)
    ferme = TribunalFactory(ferme_le=date(2024, 1, 1), successeur=tribunal)
    MesureFactory(mandataire=mandataire, tribunal=ferme, numero_rg="20/00008")
    sorties = {ligne["Numéro RG"] for ligne in en_csv(en_juge, DU_TRIBUNAL)}
    assert sorties == {"22/00001", "22/00002", "22/00003", "20/00008"}
    assert en_csv(en_juge, DU_TRIBUNAL, liste="eteintes") == []


def test_la_liste_du_tribunal_dans_son_ordre(en_juge: Client, personnes: Any) -> None:
    response = en_juge.get("/tribunal/mesures/", {"tri": "-reference", "lieu_vie": "domicile"})
    montrees = [mesure.numero_rg for mesure in response.context["page"].object_list]
    assert montrees == ["22/00003", "22/00002", "22/00001"]
    sorties = en_csv(en_juge, DU_TRIBUNAL, tri="-reference", lieu_vie="domicile")
    assert [deproteger(ligne["Numéro RG"]) for ligne in sorties] == montrees
    assert "Exporter les 3" in texte_lu(response)


def test_un_etablissement_a_un_nom() -> None:
    """The file writes `nom`, and `str()` of an establishment is that name: both columns say the same."""
    assert str(Etablissement(nom="EHPAD Les Oyats")) == "EHPAD Les Oyats"
