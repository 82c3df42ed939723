"""The tables that come with the product, as they are loaded."""

from __future__ import annotations

import csv

import pytest
from django.db.models import F

from tribunaux.models import Commune, Departement, Region, Tribunal
from tribunaux.referentiels import DONNEES, charger

SIRET_CALAIS = "17590111500121"


def test_tout_se_charge_puis_plus_rien_ne_change(tables_reelles: None, db: None) -> None:
    assert (Region.objects.count(), Departement.objects.count()) == (26, 109)
    assert (Commune.objects.count(), Tribunal.objects.count()) == (34_969, 294)
    bilans = charger()
    assert [bilan.inchanges for bilan in bilans] == [26, 109, 34_969, 294]
    assert not any(bilan.ajoutes or bilan.mis_a_jour or bilan.laisses for bilan in bilans)


@pytest.mark.parametrize(
    "code", ["2A", "2B", "971", "972", "973", "974", "975", "976", "977", "978", "986", "987", "988"]
)
def test_corse_et_outre_mer(tables_reelles: None, db: None, code: str) -> None:
    departement = Departement.objects.get(code=code)
    assert departement.communes.exists()
    assert departement.region.nom


def test_points(tables_reelles: None, db: None) -> None:
    """None is at 0, 0, and only overseas collectivities and four communes lack one (D17)."""
    assert not Commune.objects.filter(latitude=0, longitude=0).exists()
    sans_point = Commune.objects.filter(latitude=None)
    assert sans_point.count() == 98
    metropole = sans_point.exclude(departement__code__startswith="9").values_list("departement", flat=True)
    assert list(metropole) == ["15"] * 4
    calais = Commune.objects.get(nom="Calais")
    assert (calais.latitude, calais.longitude) == pytest.approx((50.953, 1.854), abs=0.001)
    # Their longitude lost its sign in the source.
    for nom, departement, longitude in (("Carnac", "56", -3.07), ("Sainte-Anne", "971", -61.39)):
        commune = Commune.objects.get(nom=nom, departement=departement)
        assert commune.longitude == pytest.approx(longitude, abs=0.01)


def test_une_commune_garde_ses_codes_et_un_code_ses_communes(tables_reelles: None, db: None) -> None:
    assert Commune.objects.get(nom="Lille").codes_postaux == ["59000", "59160", "59260", "59777", "59800"]
    assert Commune.objects.filter(codes_postaux__contains=["62340"]).count() == 7


@pytest.mark.parametrize(("nom", "code"), [("Paris", "75011"), ("Lyon", "69003"), ("Marseille", "13008")])
def test_arrondissements(tables_reelles: None, db: None, nom: str, code: str) -> None:
    assert [commune.nom for commune in Commune.objects.filter(codes_postaux__contains=[code])] == [nom]


def test_tribunaux(tables_reelles: None, db: None) -> None:
    types = list(Tribunal.objects.order_by().values_list("type", flat=True))
    assert {type_: types.count(type_) for type_ in Tribunal.Type.values} == {
        "judiciaire": 164,
        "proximite": 126,
        "premiere_instance": 4,
    }
    assert Tribunal.objects.filter(siret=None).count() == 4
    assert Tribunal.objects.filter(commune__latitude=None).count() == 5
    assert not Tribunal.objects.exclude(actuel=F("pk")).exists()
    for tribunal in Tribunal.objects.select_related("commune"):
        tribunal.full_clean()


def test_un_tribunal_d_un_type_par_commune() -> None:
    """What courts without SIRET are known by."""
    with (DONNEES / "tribunaux.csv").open(encoding="utf-8", newline="") as fichier:
        cles = [(ligne["type"], ligne["commune"]) for ligne in csv.DictReader(fichier)]
    assert len(cles) == len(set(cles)) == 294


def test_l_historique_dit_d_ou_vient_un_tribunal(tables_reelles: None, db: None) -> None:
    evenements = Tribunal.objects.get(siret=SIRET_CALAIS).events.all()
    assert [(e.pgh_label, e.pgh_context.metadata) for e in evenements] == [
        ("insert", {"commande": "charger_referentiels"})
    ]
