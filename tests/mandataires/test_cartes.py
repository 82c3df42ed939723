"""The map of a court: the MJPM of its search, and the mesures of its list by commune."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from mandataires.models import Charge, Presence
from tests.factories import (
    CommuneFactory,
    MesureFactory,
    inscrire,
)
from tests.strict import nombre_de_requetes, sans_numeros
from tribunaux.models import Commune, Tribunal

pytestmark = pytest.mark.django_db
LIEUX = ("/majeurs-proteges/lieux.json", "/mandataires/lieux.json")
COMMUNES = "/mandataires/communes.json"


def lire(client: Client, url: str, parametres: str = "") -> dict[str, Any]:
    response = client.get(url + parametres)
    assert response.status_code == 200
    assert response["Content-Type"] == "application/geo+json"
    assert response["Cache-Control"] == "private, no-store"
    donnees: dict[str, Any] = response.json()
    assert donnees["type"] == "FeatureCollection"
    return donnees


def proprietes(donnees: dict[str, Any]) -> list[dict[str, Any]]:
    return [point["properties"] for point in donnees["features"]]


def noms(donnees: dict[str, Any]) -> list[str]:
    return [mandataire["nom"] for mandataire in proprietes(donnees)]


@pytest.fixture
def connecte(client: Client, juge: User) -> Client:
    client.force_login(juge)
    return client


# --- The MJPM of the search --------------------------------------------------------------------------


def test_un_point_par_mandataire(connecte: Client, tribunal: Tribunal, calais: Commune, arras: Commune) -> None:
    prepose = inscrire(tribunal, nom="Arrageois", commune=arras, prepose=True, latitude=50.3, longitude=2.8)
    inscrire(tribunal, nom="Calaisien", commune=calais, capacite=0)
    Charge.objects.filter(pk=prepose.pk).update(en_cours=52)
    donnees = lire(connecte, LIEUX[0])
    assert noms(donnees) == ["Camille Calaisien", "Camille Arrageois"]
    assert donnees["features"][1] == {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [2.8, 50.3]},
        "properties": {
            "pk": prepose.pk,
            "nom": "Camille Arrageois",
            "type": "préposé",
            "lettre": "P",
            "couleur": "orange",
            "rapport": "52 / 60",
            "mot": "Proche du seuil · 8 disponibles",
            "distance": "99 km",
            "url": prepose.get_absolute_url(),
            "reserver": f"/mandataires/{prepose.pk}/reserver/",
        },
    }
    calaisien = donnees["features"][0]
    assert calaisien["geometry"]["coordinates"] == [1.8516, 50.9516]  # of its commune
    assert (calaisien["properties"]["couleur"], calaisien["properties"]["mot"]) == (
        "rouge",
        "Aucune mesure souhaitée",
    )


def test_le_lieu_cherche_est_a_part(connecte: Client, tribunal: Tribunal, arras: Commune) -> None:
    assert lire(connecte, LIEUX[0])["lieu"]["properties"] == {"nom": "Calais (62)"}
    assert "lieu" not in lire(connecte, LIEUX[1])
    assert lire(connecte, LIEUX[1], "?lieu=62041")["lieu"]["geometry"]["coordinates"] == [2.7663, 50.2898]
    CommuneFactory(code_insee="98735", nom="Papeete", latitude=None, longitude=None)
    assert "lieu" not in lire(connecte, LIEUX[0], "?lieu=98735")


@pytest.mark.parametrize("page", ["majeurs-proteges", "mandataires"])
@pytest.mark.parametrize(
    "parametres",
    [
        "",
        "?lieu=62041",
        "?type=prepose&disponibles=on&tri=-nom",
        "?hors_liste=on&lieu=62041&rayon=20",
        "?rayon=-1&type=abc&lieu_texte=zzz&page=999",
        "?hors_liste=on&page=2&tri=-nom",
    ],
)
def test_la_carte_est_celle_de_la_page(
    connecte: Client, tribunal: Tribunal, calais: Commune, arras: Commune, page: str, parametres: str
) -> None:
    for rang in range(56):
        inscrire(
            tribunal if rang % 2 else None,
            nom=f"N{rang:02}",
            commune=(calais, arras)[rang % 3 == 0],
            prepose=bool(rang % 5),
            capacite=rang % 7,
        )
    adresse = f"/{page}/{parametres}"
    contenu = connecte.get(adresse).content.decode()
    lignes = re.findall(r'data-mandataire="(\d+)"', contenu)
    points = [
        str(mandataire["pk"]) for mandataire in proprietes(lire(connecte, f"/{page}/lieux.json", parametres))
    ]
    assert points == lignes
    assert len(points) <= 50
    assert f'data-lieux="/{page}/lieux.json?{parametres[1:].replace("&", "&amp;")}"' in contenu or not lignes


def test_qui_n_a_pas_de_position_n_y_est_pas_et_cela_se_dit(
    connecte: Client, tribunal: Tribunal, calais: Commune
) -> None:
    inscrire(tribunal, nom="Calaisien", commune=calais)
    for rang in range(2):
        inscrire(tribunal, nom=f"Perdu{rang}", commune=None)
    inscrire(tribunal, nom="Situé", commune=None, latitude=50.9, longitude=1.9)
    assert noms(lire(connecte, LIEUX[0])) == ["Camille Calaisien", "Camille Situé"]
    page = " ".join(connecte.get("/mandataires/").content.decode().split())
    assert "2 mandataires sans position connue n'y figurent pas." in page


def test_chacun_n_a_que_sa_recherche(
    client: Client, juge: User, juge_voisin: User, prepose: User, tribunal: Tribunal
) -> None:
    """S2: another court has its own list; beyond it, the published ones only."""
    inscrire(tribunal, nom="Invalide", valide_at=None)
    for url in LIEUX:
        client.force_login(juge)
        assert noms(lire(client, url)) == [str(prepose.membre.mandataire)]
        client.force_login(juge_voisin)
        assert noms(lire(client, url)) == ["Camille Mandataire_D_Arras"]
        assert len(noms(lire(client, url, "?hors_liste=on"))) == 2


def test_sans_resultat_il_n_y_a_pas_de_carte(connecte: Client) -> None:
    assert lire(connecte, LIEUX[1])["features"] == []
    assert "data-carte" not in connecte.get("/mandataires/").content.decode()


# --- The mesures of the list -------------------------------------------------------------------------


def test_les_communes_de_la_liste_sont_masquees(
    connecte: Client, tribunal: Tribunal, calais: Commune, arras: Commune
) -> None:
    """S5: beside the records, no sum says what one of them masks."""
    lens, lille = CommuneFactory(nom="Lens"), CommuneFactory(nom="Lille")
    papeete = CommuneFactory(nom="Papeete", latitude=None, longitude=None)
    un, autre = inscrire(tribunal), inscrire(tribunal)
    dehors, invalide = inscrire(None), inscrire(tribunal, valide_at=None)
    for mandataire, commune, nombre in (
        (un, calais, 2),
        (un, arras, 5),
        (autre, arras, 1),
        (un, lens, 9),
        (autre, lens, 21),
        (un, lille, 9),
        (autre, lille, 1),
        (un, papeete, 4),
        (autre, None, 2),
        (dehors, calais, 100),
        (invalide, calais, 100),
    ):
        Presence.objects.create(mandataire=mandataire, commune=commune, en_cours=nombre)
    donnees = lire(connecte, COMMUNES)
    assert proprietes(donnees) == [
        {"nom": "Arras (62)", "texte": "6 à 7", "taille": 2},
        {"nom": "Calais (62)", "texte": "1 à 2", "taille": 1},
        {"nom": "Lens (62)", "texte": "30", "taille": 4},
        {"nom": "Lille (62)", "texte": "10 à 11", "taille": 3},
    ]
    assert donnees["non_localisees"] == "5 à 6"


@pytest.mark.parametrize(
    ("nombres", "taille"), [([1], 1), ([2], 1), ([1, 1], 1), ([2, 2], 1), ([2, 2, 2], 2), ([3], 2), ([9], 2)]
)
def test_la_taille_d_un_cercle_ne_dit_rien_de_plus(
    connecte: Client, tribunal: Tribunal, calais: Commune, nombres: list[int], taille: int
) -> None:
    for nombre in nombres:
        Presence.objects.create(mandataire=inscrire(tribunal), commune=calais, en_cours=nombre)
    assert [commune["taille"] for commune in proprietes(lire(connecte, COMMUNES))] == [taille]


def test_les_communes_suivent_les_mesures_et_n_en_disent_rien(
    client: Client, juge: User, juge_voisin: User, prepose: User, calais: Commune
) -> None:
    MesureFactory.create_batch(4, mandataire=prepose.membre.mandataire, commune=calais, annee_naissance=1931)
    client.force_login(juge)
    donnees = lire(client, COMMUNES)
    assert {"nom": "Calais (62)", "texte": "4", "taille": 2} in proprietes(donnees)
    assert "1931" not in sans_numeros(json.dumps(donnees))
    client.force_login(juge_voisin)
    assert "Calais (62)" not in json.dumps(lire(client, COMMUNES))


@pytest.mark.parametrize("url", [*LIEUX, COMMUNES])
def test_la_carte_est_refusee_au_mandataire(client: Client, prepose: User, url: str) -> None:
    client.force_login(prepose)
    response = client.get(url)
    assert response.status_code == 403
    assert "réservée aux magistrats" in response.content.decode()


@pytest.mark.parametrize("url", [*LIEUX, f"{LIEUX[1]}?lieu=62193&rayon=100&hors_liste=on", COMMUNES])
def test_autant_de_requetes_pour_un_que_pour_cinquante(
    connecte: Client, tribunal: Tribunal, calais: Commune, url: str
) -> None:
    def ajouter(nombre: int) -> None:
        for _ in range(nombre):
            mandataire = inscrire(tribunal, commune=calais)
            Presence.objects.create(mandataire=mandataire, commune=CommuneFactory(), en_cours=5)

    ajouter(1)
    pour_un = nombre_de_requetes(connecte, url)
    ajouter(49)
    assert nombre_de_requetes(connecte, url) == pour_un <= 9
