"""« Vue carte »: the list of places and the GeoJSON that the map draws."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from mesures.lieux import PAR_LIEU
from mesures.models import Mesure
from tests.factories import CommuneFactory, DepartementFactory, MesureFactory, RegionFactory, TribunalFactory
from tests.strict import nombre_de_requetes
from tribunaux.models import Commune, Tribunal

pytestmark = pytest.mark.django_db

CARTE = "/mesures/carte/"


@pytest.fixture
def connecte(client: Client, prepose: User) -> Client:
    """The préposé without any mesure; the neighbour of the same court has one in Calais."""
    Mesure.objects.filter(mandataire__membres__user=prepose).delete()
    client.force_login(prepose)
    return client


def page(client: Client, parametres: str = "") -> str:
    """The text of the page, without its tags' layout."""
    return " ".join(client.get(f"{CARTE}{parametres}").content.decode().split())


def lieux(client: Client, parametres: str = "") -> dict[str, dict[str, Any]]:
    """The properties of each place of the GeoJSON, by name."""
    response = client.get(reverse("mesures_carte_lieux") + parametres)
    assert response.status_code == 200
    return {f["properties"]["nom"]: f["properties"] for f in response.json()["features"]}


def test_les_lieux_par_departement(
    connecte: Client, prepose: User, prepose_voisin: User, calais: Commune, arras: Commune
) -> None:
    mandataire = prepose.membre.mandataire
    MesureFactory.create_batch(2, mandataire=mandataire, commune=calais)
    MesureFactory(mandataire=mandataire, commune=arras)
    MesureFactory(mandataire=mandataire, commune=arras, eteinte=True)
    MesureFactory(mandataire=mandataire, en_attente=True)
    MesureFactory(mandataire=prepose_voisin.membre.mandataire, commune=calais)
    texte = page(connecte)
    assert "3 mesures en cours, par commune" in texte
    assert "Pas-de-Calais (62) : 3 mesures" in texte
    assert '<a href="/mesures/?commune=62193">62100 Calais : 2 mesures</a>' in texte
    assert '<a href="/mesures/?commune=62041">62000 Arras : 1 mesure</a>' in texte
    assert texte.index("Arras :") < texte.index("Calais :")
    assert "Mesures en cours (3)" in texte  # the tab


def test_ce_qui_ne_se_place_pas_est_compte(connecte: Client, prepose: User, tribunal: Tribunal) -> None:
    mandataire = prepose.membre.mandataire
    polynesie = DepartementFactory(code="987", nom="Polynésie française", region=RegionFactory(code="987"))
    papeete = CommuneFactory(
        code_insee="98735",
        nom="Papeete",
        departement=polynesie,
        codes_postaux=["98714"],
        latitude=None,
        longitude=None,
    )
    MesureFactory(mandataire=mandataire)
    MesureFactory(mandataire=mandataire, commune=papeete)
    sdf = {"mandataire": mandataire, "lieu_vie": "sdf", "commune": None}
    MesureFactory.create_batch(2, **sdf, tribunal=tribunal)
    MesureFactory(**sdf)
    texte = page(connecte)
    assert "5 mesures en cours, par commune" in texte
    assert "Pas-de-Calais (62) : 1 mesure <" in texte
    assert "Non localisées : 4 mesures" in texte
    assert '<a href="/mesures/?commune=98735">98714 Papeete : 1 mesure</a>' in texte
    assert '<a href="/mesures/?commune=aucune">Sans commune : 3 mesures</a>' in texte
    assert "Pas-de-Calais (62), 2 ; Département inconnu, 1" in texte
    places = connecte.get(reverse("mesures_carte_lieux")).json()["features"]
    assert [place["geometry"] for place in places] == [{"type": "Point", "coordinates": [2.5, 50.5]}]


def test_le_json_dit_ce_que_montre_une_bulle(connecte: Client, prepose: User, calais: Commune) -> None:
    mesure = MesureFactory(
        mandataire=prepose.membre.mandataire,
        commune=calais,
        genre="H",
        annee_naissance=1950,
        nature="tutelle",
        numero_rg=None,
        numero_dossier="SECRET",
    )
    response = connecte.get(reverse("mesures_carte_lieux"))
    assert response["Cache-Control"] == "private, no-store"
    assert b"SECRET" not in response.content
    assert lieux(connecte) == {
        "Calais": {
            "commune": "62193",
            "nom": "Calais",
            "codes_postaux": ["62100"],
            "nombre": 1,
            "mesures": [[mesure.pk, response.json()["natures"].index("Tutelle"), "H", 1950]],
        }
    }
    assert response.json()["adresse_mesure"] == "/mesures/0/modifier/"
    assert response.json()["adresse_liste"] == "/mesures/?commune="


def test_une_bulle_ne_liste_que_les_plus_recentes(connecte: Client, prepose: User, calais: Commune) -> None:
    mesures = MesureFactory.create_batch(PAR_LIEU + 3, mandataire=prepose.membre.mandataire, commune=calais)
    calais_ = lieux(connecte)["Calais"]
    assert calais_["nombre"] == PAR_LIEU + 3
    recentes = [mesure.pk for mesure in reversed(mesures)][:PAR_LIEU]
    assert [pk for pk, *_ in calais_["mesures"]] == recentes


def test_les_mesures_d_un_autre_n_y_sont_jamais(
    connecte: Client, prepose: User, prepose_voisin: User, calais: Commune
) -> None:
    MesureFactory(mandataire=prepose_voisin.membre.mandataire, commune=calais)
    assert lieux(connecte) == {}
    assert lieux(connecte, f"?commune={calais.pk}&mandataire={prepose_voisin.membre.mandataire_id}") == {}
    assert "Calais :" not in page(connecte)
    connecte.force_login(prepose_voisin)
    assert "Calais" in lieux(connecte)


def test_les_filtres_sont_ceux_de_la_liste(connecte: Client, prepose: User, calais: Commune) -> None:
    mandataire = prepose.membre.mandataire
    MesureFactory(mandataire=mandataire, commune=calais, nature="tutelle")
    MesureFactory(mandataire=mandataire, commune=calais, nature="maj")
    MesureFactory(mandataire=mandataire, nature="maj")
    texte = page(connecte, "?nature=tutelle&q=calais&page=3&inconnu=1")
    assert "1 mesure en cours sur 3, par commune" in texte
    assert 'href="/mesures/?q=calais&amp;nature=tutelle&amp;commune=62193"' in texte
    assert 'data-lieux="/mesures/carte/lieux.json?nature=tutelle&amp;q=calais' in texte
    json = connecte.get(f"{reverse('mesures_carte_lieux')}?commune=62193&nature=tutelle&q=calais").json()
    (calais_,) = json["features"]
    assert calais_["properties"]["nombre"] == 1
    assert json["adresse_liste"] == "/mesures/?q=calais&nature=tutelle&commune="
    assert [json["natures"][nature] for _, nature, *_ in calais_["properties"]["mesures"]] == ["Tutelle"]
    assert set(lieux(connecte, f"?commune={calais.pk}")) == {"Calais"}


def test_un_filtre_qui_n_existe_pas_n_est_pas_applique(connecte: Client, prepose: User) -> None:
    MesureFactory(mandataire=prepose.membre.mandataire)
    assert "1 mesure en cours, par commune" in page(connecte, "?nature=rien&commune=99999&tribunal=abc")
    assert len(lieux(connecte, "?nature=rien&commune=99999&tribunal=abc")) == 1


def test_aucune_mesure_et_aucun_resultat(connecte: Client, prepose: User) -> None:
    assert "Aucune mesure à placer" in page(connecte)
    MesureFactory(mandataire=prepose.membre.mandataire)
    vide = page(connecte, "?q=introuvable")
    assert "Aucune mesure ne correspond" in vide
    assert "data-carte" not in vide


def test_chaque_acte_se_voit_aussitot(connecte: Client, prepose: User, calais: Commune) -> None:
    mesure = MesureFactory(mandataire=prepose.membre.mandataire, commune=calais)
    MesureFactory(mandataire=prepose.membre.mandataire, commune=calais)
    assert lieux(connecte)["Calais"]["nombre"] == 2
    connecte.post(reverse("mesure_eteindre", args=[mesure.pk]), {"version": 0, "date_extinction": "31/01/2024"})
    assert lieux(connecte)["Calais"]["nombre"] == 1
    assert "62100 Calais : 1 mesure<" in page(connecte)
    connecte.post(reverse("mesure_reactiver", args=[mesure.pk]), {"version": 1})
    assert lieux(connecte)["Calais"]["nombre"] == 2
    assert "62100 Calais : 2 mesures<" in page(connecte)


def test_les_codes_postaux_sont_ceux_des_mesures(connecte: Client, prepose: User) -> None:
    lille = CommuneFactory(code_insee="59350", nom="Lille", codes_postaux=["59000", "59160", "59800"])
    MesureFactory(mandataire=prepose.membre.mandataire, commune=lille, code_postal="59800")
    MesureFactory(mandataire=prepose.membre.mandataire, commune=lille, code_postal="59000")
    MesureFactory(mandataire=prepose.membre.mandataire, commune=lille, code_postal="")
    assert "59000, 59800 Lille : 3 mesures" in page(connecte)


def test_un_nom_de_commune_reste_un_texte(connecte: Client, prepose: User) -> None:
    commune = CommuneFactory(nom='L\'Haÿ & <b>"x"')
    MesureFactory(mandataire=prepose.membre.mandataire, commune=commune)
    assert "<b>" not in page(connecte)
    assert 'L\'Haÿ & <b>"x"' in lieux(connecte)


def test_le_nombre_de_requetes_ne_depend_pas_des_mesures(connecte: Client, prepose: User) -> None:
    mandataire = prepose.membre.mandataire
    MesureFactory(mandataire=mandataire)
    adresses = (CARTE, reverse("mesures_carte_lieux"))
    avec_une = [nombre_de_requetes(connecte, url) for url in adresses]
    MesureFactory.create_batch(50, mandataire=mandataire)
    MesureFactory.create_batch(5, mandataire=mandataire, commune=None, lieu_vie="sdf", tribunal=TribunalFactory())
    assert [nombre_de_requetes(connecte, url) for url in adresses] == avec_une


def test_un_service_en_mode_declare_sait_ce_que_compte_la_carte(client: Client, service: User) -> None:
    MesureFactory(mandataire=service.membre.mandataire)
    client.force_login(service)
    texte = page(client)
    assert "1 mesure en cours, par commune" in texte
    assert "Celles-ci sont celles que vous enregistrez ici" in texte
