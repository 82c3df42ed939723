"""What a court reads of the MJPM."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import User
from tests.factories import (
    AgrementFactory,
    ExerciceFactory,
    MandataireFactory,
    MembreFactory,
    MesureFactory,
)
from tests.strict import nombre_de_requetes
from tribunaux.models import Tribunal

pytestmark = pytest.mark.django_db


def test_la_liste_est_celle_du_tribunal(
    client: Client, juge: User, juge_voisin: User, prepose: User, individuel: User
) -> None:
    client.force_login(juge)
    page = client.get("/mandataires/").content.decode()
    assert str(prepose.membre.mandataire) in page
    assert str(individuel.membre.mandataire) in page
    client.force_login(juge_voisin)
    page = client.get("/mandataires/").content.decode()
    assert str(prepose.membre.mandataire) not in page
    assert "Mandataire_D_Arras" in page


def test_une_mesure_de_plus_se_voit_sur_la_fiche(client: Client, juge: User, prepose: User) -> None:
    mandataire = prepose.membre.mandataire
    client.force_login(juge)
    url = mandataire.get_absolute_url()
    assert "1 / 60" in client.get(url).content.decode()
    MesureFactory(mandataire=mandataire)
    assert "2 / 60" in client.get(url).content.decode()


def test_une_fiche_hors_liste_le_dit(client: Client, juge_voisin: User, juge: User, prepose: User) -> None:
    url = prepose.membre.mandataire.get_absolute_url()
    client.force_login(juge_voisin)
    assert "pas sur la liste de votre tribunal" in client.get(url).content.decode()
    client.force_login(juge)
    assert "pas sur la liste de votre tribunal" not in client.get(url).content.decode()


def test_une_fiche_ou_tout_manque(client: Client, juge: User, tribunal: Tribunal) -> None:
    mandataire = MandataireFactory(prepose=True, commune=None, telephone="", email="", capacite=None, adresse="")
    MembreFactory(mandataire=mandataire)
    ExerciceFactory(mandataire=mandataire, etablissement=None, nom_libre="EHPAD hors liste")
    client.force_login(juge)
    page = client.get(mandataire.get_absolute_url()).content.decode()
    assert "Capacité non renseignée" in page
    assert "Aucun tribunal" in page
    assert "EHPAD hors liste" in page
    assert "None" not in page


def test_autant_de_requetes_pour_un_mandataire_que_pour_cinquante(
    client: Client, juge: User, tribunal: Tribunal
) -> None:
    client.force_login(juge)
    AgrementFactory(mandataire=MembreFactory().mandataire, tribunal=tribunal)
    pour_peu = nombre_de_requetes(client, "/mandataires/")
    for _ in range(50):
        AgrementFactory(mandataire=MembreFactory().mandataire, tribunal=tribunal)
    assert nombre_de_requetes(client, "/mandataires/") == pour_peu < 15
