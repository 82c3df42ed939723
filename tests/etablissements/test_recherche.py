from __future__ import annotations

import pytest
from pytest_django import DjangoAssertNumQueries

from etablissements.models import Etablissement
from etablissements.recherche import chercher_etablissements
from tests.factories import CommuneFactory, EtablissementFactory
from tribunaux.models import Commune
from tribunaux.recherche import decrire

pytestmark = pytest.mark.django_db


def noms(q: str, **options: object) -> list[str]:
    return [etablissement.nom for etablissement in chercher_etablissements(q, **options)]


@pytest.fixture
def etablissements(calais: Commune, arras: Commune) -> dict[str, Etablissement]:
    lignes = [
        ("EHPAD Les Oyats", "620100057", calais),
        ("EHPAD Les Tilleuls", "620100065", arras),
        ("Résidence Saint-Joseph", "2A0100011", arras),
        ("Centre hospitalier de Calais", "590100010", calais),
        ("Les Oyats", "620100099", None),
    ]
    return {
        finess: EtablissementFactory(nom=nom, finess=finess, commune=commune) for nom, finess, commune in lignes
    }


@pytest.mark.parametrize(
    ("q", "attendus"),
    [
        ("oyats", ["EHPAD Les Oyats", "Les Oyats"]),
        ("OYATS", ["EHPAD Les Oyats", "Les Oyats"]),
        ("les oyats", ["Les Oyats", "EHPAD Les Oyats"]),
        ("illeul", ["EHPAD Les Tilleuls"]),
        ("residence st joseph", ["Résidence Saint-Joseph"]),
        ("calais", ["Centre hospitalier de Calais", "EHPAD Les Oyats"]),
        ("ehpad calais", ["EHPAD Les Oyats"]),
        ("arras tilleuls", ["EHPAD Les Tilleuls"]),
        ("620100057", ["EHPAD Les Oyats"]),
        ("62 010 00 57", ["EHPAD Les Oyats"]),
        ("6201", ["EHPAD Les Oyats", "EHPAD Les Tilleuls", "Les Oyats"]),
        ("2a01", ["Résidence Saint-Joseph"]),
        ("2A0100011", ["Résidence Saint-Joseph"]),
        ("", []),
        ("%", []),
        ("\x00", []),
        ("zzz", []),
        ("999", []),
        ("620100057000", []),
    ],
)
def test_chercher(etablissements: dict[str, Etablissement], q: str, attendus: list[str]) -> None:
    assert noms(q) == attendus


def test_la_ville_nommee_passe_devant_celles_qui_la_contiennent(calais: Commune) -> None:
    EtablissementFactory(nom="A", commune=CommuneFactory(nom="Saint-Calais", code_insee="72269"))
    EtablissementFactory(nom="B", commune=calais)
    assert noms("calais") == ["B", "A"]


def test_les_siens_d_abord(etablissements: dict[str, Etablissement]) -> None:
    sien = etablissements["620100065"]
    assert noms("ehpad", preferes=[sien.pk])[0] == "EHPAD Les Tilleuls"
    assert noms("", preferes=[sien.pk]) == ["EHPAD Les Tilleuls"]
    assert noms("", preferes=Etablissement.objects.filter(pk=sien.pk).values("pk")) == ["EHPAD Les Tilleuls"]
    assert noms("oyats", preferes=[sien.pk]) == ["EHPAD Les Oyats", "Les Oyats"]


def test_rang(etablissements: dict[str, Etablissement]) -> None:
    assert [e.rang for e in chercher_etablissements("les oyats")] == [0, 2]
    assert [e.rang for e in chercher_etablissements("620100057")] == [0]
    assert [e.rang for e in chercher_etablissements("62010005")] == [1]


def test_un_etablissement_ferme_n_est_pas_propose(etablissements: dict[str, Etablissement]) -> None:
    Etablissement.objects.filter(nom="Les Oyats").update(ferme_le="2026-01-01")
    assert noms("les oyats") == ["EHPAD Les Oyats"]
    assert noms("les oyats", preferes=Etablissement.objects.values("pk")) == ["EHPAD Les Oyats"]
    assert "Les Oyats" in noms("les oyats", parmi=Etablissement.objects.all())


@pytest.mark.parametrize("q", ["ehpad", "ehpad calais", "6201", ""])
def test_une_requete(
    etablissements: dict[str, Etablissement], q: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    preferes = Etablissement.objects.filter(finess="620100057").values("pk")
    with django_assert_num_queries(1):
        for etablissement in chercher_etablissements(q, preferes=preferes):
            decrire(etablissement)


def test_decrire(etablissements: dict[str, Etablissement]) -> None:
    assert decrire(etablissements["620100057"]) == {
        "valeur": str(etablissements["620100057"].pk),
        "libelle": "EHPAD Les Oyats",
        "detail": "Calais (62), FINESS 620100057",
    }
    assert decrire(etablissements["620100099"])["detail"] == "FINESS 620100099"
