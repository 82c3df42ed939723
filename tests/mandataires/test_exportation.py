"""The list of MJPM as a file: the rows of the page, its figures, its masks."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from io import BytesIO, StringIO
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook
from pytest_django.asserts import assertRedirects

from accounts.models import User
from mandataires.models import Charge, Mandataire, Presence
from tests.factories import CommuneFactory, ExerciceFactory, inscrire
from tests.strict import nombre_de_requetes, texte_lu
from tribunaux.models import Commune, Tribunal

pytestmark = pytest.mark.django_db

EXPORT = "/mandataires/exporter/"


@pytest.fixture
def connecte(client: Client, juge: User) -> Client:
    client.force_login(juge)
    return client


def lire(client: Client, **parametres: object) -> list[dict[str, str]]:
    response = client.get(EXPORT, {**parametres, "format": "csv"})
    assert response.status_code == 200
    texte = b"".join(response).decode("utf-8-sig")
    return list(csv.DictReader(StringIO(texte, newline=""), delimiter=";"))


def noms(lignes: list[dict[str, str]]) -> list[str]:
    return [f"{ligne['Prénom']} {ligne['Nom']}" for ligne in lignes]


def charger(mandataire: Mandataire, **valeurs: object) -> None:
    Charge.objects.filter(mandataire=mandataire).update(**valeurs)


def test_une_ligne_dit_ce_que_montre_la_page(connecte: Client, tribunal: Tribunal, calais: Commune) -> None:
    mandataire = inscrire(
        tribunal,
        nom="=Exemple",
        prepose=True,
        commune=calais,
        adresse="1 rue de l'Exemple",
        code_postal="62100",
        telephone="+33 3 21 00 00 01",
        telephone_portable="06 00 00 00 02",
        email="camille@example.org",
        capacite=60,
    )
    charger(mandataire, en_cours=52, en_attente=3, renouvellements=1, mise_a_jour_at=timezone.now())
    [ligne] = lire(connecte)
    assert ligne == {
        "Nom": "'=Exemple",
        "Prénom": "Camille",
        "Type": "préposé",
        "Téléphone": "'+33 3 21 00 00 01",
        "Téléphone portable": "06 00 00 00 02",
        "Adresse e-mail": "camille@example.org",
        "Adresse": "1 rue de l'Exemple",
        "Code postal": "62100",
        "Commune": "Calais",
        "Mesures en cours": "52",
        "Capacité": "60",
        "Disponibles": "6",
        "Disponibilité": "Proche du seuil · 6 disponibles",
        "En attente": "2",
        "Mise à jour": f"{timezone.localdate():%d/%m/%Y}",
    }


def test_ce_qui_n_est_pas_connu_reste_vide(connecte: Client, tribunal: Tribunal) -> None:
    aujourd_hui = timezone.localdate()
    inscrire(tribunal, nom="A", capacite=None, commune=None, telephone="", email="")
    inscrire(tribunal, nom="B", service=True)
    inscrire(tribunal, nom="C", indisponible_du=aujourd_hui, indisponible_au=date(2099, 1, 1))
    depasse = inscrire(tribunal, nom="D", capacite=1)
    charger(depasse, en_cours=8)
    figures = ("Mesures en cours", "Capacité", "Disponibles", "Disponibilité")
    assert [[ligne[figure] for figure in figures] for ligne in lire(connecte, tri="nom")] == [
        ["0", "", "", "Capacité non renseignée"],
        ["", "1600", "", "Mesures en cours non déclarées"],
        ["0", "60", "", "Indisponible jusqu'au 1er janvier 2099"],
        ["8", "1", "-7", "Dépassement de 7"],
    ]
    assert {ligne["Mise à jour"] for ligne in lire(connecte)} == {""}


def test_la_liste_de_sa_page_dans_son_ordre(
    connecte: Client, tribunal: Tribunal, autre_tribunal: Tribunal, calais: Commune, arras: Commune
) -> None:
    inscrire(tribunal, nom="Arrageois", commune=arras)
    inscrire(tribunal, nom="Calaisien", commune=calais)
    inscrire(tribunal, nom="Perdu", commune=None, prepose=True)
    inscrire(autre_tribunal, nom="Ailleurs", commune=calais)
    inscrire(tribunal, nom="Demande", commune=calais, valide_at=None)
    assert noms(lire(connecte)) == ["Camille Arrageois", "Camille Calaisien", "Camille Perdu"]
    assert noms(lire(connecte, type="prepose")) == ["Camille Perdu"]
    assert noms(lire(connecte, lieu="62041")) == ["Camille Arrageois"]
    proches = lire(connecte, liste="majeurs_proteges")
    assert noms(proches) == ["Camille Calaisien", "Camille Arrageois", "Camille Perdu"]
    assert [ligne["Distance de Calais (62), en km"] for ligne in proches] == ["0", "98", ""]
    assert "Sur la liste de votre tribunal" not in proches[0]
    larges = lire(connecte, hors_liste="on")
    assert [(ligne["Nom"], ligne["Sur la liste de votre tribunal"]) for ligne in larges] == [
        ("Ailleurs", "non"),
        ("Arrageois", "oui"),
        ("Calaisien", "oui"),
        ("Perdu", "oui"),
    ]


def test_l_etablissement_nomme(connecte: Client, tribunal: Tribunal) -> None:
    exercice = ExerciceFactory(mandataire=inscrire(tribunal, nom="Ici", prepose=True))
    inscrire(tribunal, nom="Autre")
    lignes = lire(connecte, etablissement=exercice.etablissement_id)
    assert [(ligne["Nom"], ligne["Exerce dans cet établissement"]) for ligne in lignes] == [
        ("Ici", "oui"),
        ("Autre", "non"),
    ]


def test_les_petits_nombres_par_lieu_sont_masques(connecte: Client, tribunal: Tribunal, calais: Commune) -> None:
    """As on screen (S5): 1 or 2 mesures around the place are never told apart."""
    voisine = CommuneFactory(nom="Coquelles", latitude=calais.latitude, longitude=calais.longitude)
    attendus = {"A": "0", "B": "1 à 2", "C": "5", "D": "1 à 7", "E": "au moins 6", "F": "non connues"}
    for nom, nombres in {"A": (), "B": (1,), "C": (5,), "D": (5, 2), "E": (5, 2), "F": ()}.items():
        mandataire = inscrire(tribunal, nom=nom, commune=calais, service=nom in "EF")
        for commune, nombre in zip((calais, voisine), nombres, strict=False):
            Presence.objects.create(mandataire=mandataire, commune=commune, en_cours=nombre)
    lignes = lire(connecte, liste="majeurs_proteges", tri="nom")
    assert {ligne["Nom"]: ligne["Déjà suivies à moins de 20 km de Calais (62)"] for ligne in lignes} == attendus


def test_zero_ligne_est_un_fichier_avec_ses_titres(connecte: Client) -> None:
    response = connecte.get(EXPORT)
    assert response["Cache-Control"] == "private, no-store"
    feuille = load_workbook(BytesIO(b"".join(response))).active
    assert [cellule.value for cellule in feuille[1]][:3] == ["Nom", "Prénom", "Type"]
    assert feuille.max_row == 1


@pytest.mark.parametrize("liste", ["mandataires", "majeurs_proteges"])
def test_la_page_offre_le_fichier(connecte: Client, tribunal: Tribunal, liste: str) -> None:
    inscrire(tribunal)
    inscrire(tribunal)
    response = connecte.get(f"/{liste.replace('_', '-')}/", {"tri": "nom"})
    assert "Exporter les 2 : Excel , 2 mandataires à exporter" in texte_lu(response)
    assert f'href="{EXPORT}?tri=nom&amp;liste={liste}&amp;format=csv"' in response.content.decode()


def test_un_seul_mandataire_est_au_singulier(connecte: Client, tribunal: Tribunal) -> None:
    inscrire(tribunal)
    assert "1 mandataire à exporter" in texte_lu(connecte.get("/mandataires/"))


def test_un_service_n_a_pas_de_prenom(connecte: Client, tribunal: Tribunal) -> None:
    inscrire(tribunal, nom="Zoé")
    inscrire(tribunal, nom="Association", service=True)
    assert [(ligne["Nom"], ligne["Prénom"]) for ligne in lire(connecte)] == [
        ("Association", ""),
        ("Zoé", "Camille"),
    ]


@pytest.mark.parametrize(
    ("parametres", "nom"),
    [
        ({}, "mandataires-"),
        ({"lieu": "62041"}, "mandataires-arras-62-"),
        ({"liste": "majeurs_proteges"}, "mandataires-calais-62-"),
        ({"liste": "majeurs_proteges", "lieu_texte": "Arras"}, "mandataires-arras-62-"),
    ],
)
def test_le_fichier_dit_d_ou_partent_les_distances(
    connecte: Client, arras: Commune, parametres: dict[str, str], nom: str
) -> None:
    response = connecte.get(EXPORT, parametres)
    fichier = f"{nom}{timezone.localdate().isoformat()}.xlsx"
    assert response["Content-Disposition"] == f'attachment; filename="{fichier}"'
    titres = [cellule.value for cellule in load_workbook(BytesIO(b"".join(response))).active[1]]
    distances = [titre for titre in titres if "km" in titre]
    if "arras" in nom:
        assert distances == ["Distance d'Arras (62), en km", "Déjà suivies à moins de 20 km d'Arras (62)"]
    assert len(distances) == (0 if not parametres else 2)


@pytest.mark.parametrize("liste", ["mandataires", "majeurs_proteges"])
@pytest.mark.parametrize(
    ("parametres", "erreur"),
    [
        ({"type": "zzz"}, "Ce type de mandataire n'existe pas"),
        ({"etablissement": "99999"}, "Cet établissement n'existe pas"),
        ({"rayon": "15"}, "Choisissez une distance de la liste"),
        ({"lieu_texte": "zzzzzz"}, "Aucune commune ne correspond"),
    ],
)
def test_un_filtre_impossible_renvoie_a_la_page(
    connecte: Client, tribunal: Tribunal, liste: str, parametres: dict[str, str], erreur: str
) -> None:
    """Never the whole list under the name of a part of it."""
    inscrire(tribunal)
    demande = {**parametres, "disponibles": "on"}
    response = connecte.get(EXPORT, {**demande, "liste": liste, "format": "csv"})
    adresse = f"/{liste.replace('_', '-')}/?{urlencode(demande)}"
    assertRedirects(response, adresse, fetch_redirect_response=False)
    texte = texte_lu(connecte.get(adresse))
    assert erreur in texte
    assert "Le fichier n'a pas été préparé : un filtre est à corriger." in texte


@pytest.mark.parametrize("parametres", [{"format": "pdf"}, {"liste": "toutes"}])
def test_ce_qui_n_existe_pas(connecte: Client, parametres: dict[str, str]) -> None:
    assert connecte.get(EXPORT, parametres).status_code == 404


def test_autant_de_requetes_quel_que_soit_le_nombre(connecte: Client, tribunal: Tribunal, calais: Commune) -> None:
    url = f"{EXPORT}?liste=majeurs_proteges&hors_liste=on"
    inscrire(tribunal, commune=calais)
    avant = nombre_de_requetes(connecte, url)
    for _ in range(20):
        mandataire = inscrire(tribunal)
        Presence.objects.create(mandataire=mandataire, commune=calais, en_cours=4)
        charger(mandataire, mise_a_jour_at=timezone.now() - timedelta(days=40))
    assert nombre_de_requetes(connecte, url) == avant
