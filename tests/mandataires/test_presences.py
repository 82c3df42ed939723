"""Where a MJPM has mesures, as judges read it."""

from __future__ import annotations

import json

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from mandataires.masquage import a_reunir, nombre_masque
from mandataires.models import Mandataire
from mesures.models import Mesure
from tests.factories import CommuneFactory, MesureFactory
from tests.strict import nombre_de_requetes, sans_numeros
from tribunaux.models import Commune


@pytest.mark.parametrize(
    ("nombre", "lu"),
    [(0, "0"), (1, "1 à 2"), (2, "1 à 2"), (3, "3"), (60, "60"), (1450, "1\xa0450")],
)
def test_un_petit_nombre_est_masque(nombre: int, lu: str) -> None:
    assert nombre_masque(nombre) == lu


@pytest.mark.parametrize(
    ("nombres", "reunis"),
    [
        ([], set()),
        ([1], set()),  # its count is the total
        ([5, 3], set()),
        ([5, 1, 4], {1, 2}),  # the total less 9
        ([5, 2, 4], {1, 2}),
        ([1, 9, 1], {0, 1, 2}),
        ([2, 9, 8, 2], {0, 2, 3}),
        ([1, 1], {0, 1}),
        ([5, 1, 2], set()),  # which is 1, which is 2?
        ([1, 1, 2, 7], set()),
    ],
)
def test_les_lieux_que_le_total_trahirait_sont_reunis(nombres: list[int], reunis: set[int]) -> None:
    assert a_reunir(nombres) == reunis


def fiche(client: Client, user: User) -> str:
    return " ".join(client.get(user.membre.mandataire.get_absolute_url()).content.decode().split())


def lieux(client: Client, user: User) -> dict[str, str]:
    donnees = client.get(reverse("mandataire_lieux", args=[user.membre.mandataire_id])).json()
    return {f["properties"]["nom"]: f["properties"]["texte"] for f in donnees["features"]}


@pytest.fixture
def reparti(prepose: User, prepose_voisin: User, calais: Commune, arras: Commune) -> User:
    """The préposé has 4 mesures in Calais, 2 in Arras, 1 nowhere; the neighbour 5 in Arras."""
    mandataire = prepose.membre.mandataire
    Mesure.objects.filter(mandataire=mandataire).delete()
    MesureFactory.create_batch(4, mandataire=mandataire, commune=calais, annee_naissance=1931)
    MesureFactory.create_batch(2, mandataire=mandataire, commune=arras)
    MesureFactory(mandataire=mandataire, commune=None, lieu_vie="sdf")
    MesureFactory.create_batch(5, mandataire=prepose_voisin.membre.mandataire, commune=arras)
    return prepose


@pytest.mark.django_db
@pytest.mark.parametrize("lecteur", ["juge", "prepose"])
def test_la_fiche_masque_les_petits_nombres(
    client: Client, request: pytest.FixtureRequest, reparti: User, lecteur: str
) -> None:
    client.force_login(request.getfixturevalue(lecteur))
    texte = fiche(client, reparti)
    for ligne in ("Arras (62) : 1 à 2", "Calais (62) : 4", "Non localisées : 1 à 2"):
        assert ligne in texte
    assert texte.index("Arras (62)") < texte.index("Calais (62)") < texte.index("Non localisées")
    assert lieux(client, reparti) == {"Arras (62)": "1 à 2", "Calais (62)": "4"}


@pytest.mark.django_db
def test_la_fiche_reunit_ce_que_le_total_trahirait(
    client: Client, juge: User, reparti: User, arras: Commune
) -> None:
    Mesure.objects.filter(mandataire=reparti.membre.mandataire, commune=None).delete()
    lille = CommuneFactory(nom="Lille")
    MesureFactory.create_batch(7, mandataire=reparti.membre.mandataire, commune=lille)
    client.force_login(juge)
    texte = fiche(client, reparti)
    assert "Ailleurs : 6" in texte
    assert "Arras (62) :" not in texte
    assert "Calais (62) :" not in texte
    assert lieux(client, reparti) == {"Lille (62)": "7"}


@pytest.mark.django_db
def test_un_total_declare_ne_trahit_rien(client: Client, juge: User, service: User, calais: Commune) -> None:
    mandataire = service.membre.mandataire
    MesureFactory(mandataire=mandataire, commune=calais)
    MesureFactory.create_batch(4, mandataire=mandataire, commune=CommuneFactory(nom="Lille"))
    client.force_login(juge)
    assert lieux(client, service) == {"Calais (62)": "1 à 2", "Lille (62)": "4"}
    Mandataire.objects.filter(pk=mandataire.pk).update(source_total="mesures")
    assert lieux(client, service) == {}
    assert "Ailleurs : 5" in fiche(client, service)


@pytest.mark.django_db
def test_rien_d_une_mesure_n_est_dit_au_juge(client: Client, juge: User, reparti: User) -> None:
    client.force_login(juge)
    adresse = reverse("mandataire_lieux", args=[reparti.membre.mandataire_id])
    response = client.get(adresse)
    assert response["Cache-Control"] == "private, no-store"
    for feature in response.json()["features"]:
        assert set(feature["properties"]) == {"nom", "texte"}
    for contenu in (json.dumps(response.json()), fiche(client, reparti)):
        assert "1931" not in sans_numeros(contenu)
        assert "Curatelle" not in contenu
        assert '"/mesures/' not in contenu


@pytest.mark.django_db
@pytest.mark.parametrize("adresse", ["/mesures/carte/", "/mesures/carte/lieux.json"])
def test_la_carte_du_mandataire_est_refusee_au_juge(
    client: Client, juge: User, reparti: User, adresse: str
) -> None:
    client.force_login(juge)
    response = client.get(adresse)
    assert response.status_code == 403
    assert "réservée aux mandataires" in response.content.decode()


@pytest.mark.django_db
def test_une_mesure_eteinte_n_y_est_plus_et_revient_reactivee(
    client: Client, juge: User, prepose: User, arras: Commune
) -> None:
    mandataire = prepose.membre.mandataire
    Mesure.objects.filter(mandataire=mandataire).delete()
    mesure = MesureFactory(mandataire=mandataire, commune=arras)
    client.force_login(juge)
    assert "Arras (62)" in lieux(client, prepose)
    client.force_login(prepose)
    client.post(reverse("mesure_eteindre", args=[mesure.pk]), {"version": 0, "date_extinction": "31/01/2024"})
    client.force_login(juge)
    assert "Arras (62)" not in lieux(client, prepose)
    assert "Arras (62)" not in fiche(client, prepose)
    client.force_login(prepose)
    client.post(reverse("mesure_reactiver", args=[mesure.pk]), {"version": 1})
    client.force_login(juge)
    assert lieux(client, prepose)["Arras (62)"] == "1 à 2"


@pytest.mark.django_db
def test_une_commune_sans_point_est_dans_la_liste_et_pas_sur_la_carte(
    client: Client, juge: User, prepose: User
) -> None:
    Mesure.objects.all().delete()
    commune = CommuneFactory(nom="Papeete", latitude=None, longitude=None)
    MesureFactory.create_batch(3, mandataire=prepose.membre.mandataire, commune=commune)
    client.force_login(juge)
    texte = fiche(client, prepose)
    assert "Papeete (62) : 3" in texte
    assert "sans position sur la carte" in texte
    assert "data-carte" not in texte
    assert lieux(client, prepose) == {}


@pytest.mark.django_db
def test_une_fiche_sans_mesure(client: Client, juge: User, prepose: User) -> None:
    Mesure.objects.all().delete()
    client.force_login(juge)
    assert "Aucune mesure en cours n'est enregistrée ici." in fiche(client, prepose)


@pytest.mark.django_db
def test_beaucoup_de_communes_se_replient_sans_requete_de_plus(client: Client, juge: User, prepose: User) -> None:
    mandataire = prepose.membre.mandataire
    client.force_login(juge)
    adresses = [mandataire.get_absolute_url(), reverse("mandataire_lieux", args=[mandataire.pk])]
    avec_une = [nombre_de_requetes(client, adresse) for adresse in adresses]
    assert "lieux__suite" not in fiche(client, prepose)
    premiere = MesureFactory.create_batch(50, mandataire=mandataire)[0]
    MesureFactory(mandataire=mandataire, commune=premiere.commune)  # not all 1, which the total would tell
    texte = fiche(client, prepose)
    assert "31 autres lieux" in texte
    assert len(lieux(client, prepose)) == 51
    assert [nombre_de_requetes(client, adresse) for adresse in adresses] == avec_une
