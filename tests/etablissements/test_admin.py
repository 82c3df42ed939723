from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from etablissements.models import Etablissement
from tests.factories import EtablissementFactory

URL = "admin:etablissements_etablissement_"


@pytest.fixture
def connecte(client: Client, admin: User) -> Client:
    client.force_login(admin)
    return client


def test_liste_en_nombre_fixe_de_requetes(
    connecte: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    EtablissementFactory()
    with CaptureQueriesContext(connection) as une:
        connecte.get(reverse(f"{URL}changelist"))
    EtablissementFactory.create_batch(20)
    with django_assert_num_queries(len(une)):
        connecte.get(reverse(f"{URL}changelist"))


def test_recherche_parmi_tous_les_fermes_aussi(connecte: Client) -> None:
    EtablissementFactory(nom="EHPAD Les Oyats", ferme_le="2026-01-01")
    EtablissementFactory(nom="Autre")
    for q in ("oyats", "OYATS"):
        assert connecte.get(reverse(f"{URL}changelist"), {"q": q}).context["cl"].result_count == 1


def test_creer(connecte: Client) -> None:
    data = {"finess": "620100057", "nom": "EHPAD Les Oyats", "categorie": "", "adresse": "", "code_postal": ""}
    assert connecte.post(reverse(f"{URL}add"), data).status_code == 302
    assert Etablissement.objects.get().commune is None
    reponse = connecte.post(reverse(f"{URL}add"), {**data, "finess": "123"})
    assert "Un numéro FINESS compte neuf caractères" in reponse.content.decode()


def test_vu_au_repertoire_se_lit_et_ne_se_change_pas(connecte: Client) -> None:
    du_repertoire = EtablissementFactory(vu_le="2026-05-12", commune=None)
    a_la_main = EtablissementFactory(commune=None)
    url = reverse(f"{URL}change", args=[du_repertoire.pk])
    assert "12 mai 2026" in connecte.get(url).content.decode()
    donnees = {"finess": du_repertoire.finess, "nom": "Autre", "vu_le": "01/01/2020"}
    assert connecte.post(url, donnees).status_code == 302
    du_repertoire.refresh_from_db()
    assert (du_repertoire.nom, du_repertoire.vu_le) == ("Autre", date(2026, 5, 12))
    liste = connecte.get(reverse(f"{URL}changelist"), {"vu_le__isempty": "1"}).context["cl"]
    assert list(liste.queryset) == [a_la_main]


def test_une_autre_personne_n_y_entre_pas(client: Client, prepose: User) -> None:
    client.force_login(prepose)
    assert client.get(reverse(f"{URL}changelist")).status_code in (302, 403)
