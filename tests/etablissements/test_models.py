from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from etablissements.models import Etablissement
from tests.factories import EtablissementFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("finess", ["620100057", "2A0100011", "9B0000001"])
def test_numeros_finess(finess: str) -> None:
    EtablissementFactory.build(finess=finess, commune=None).full_clean()


@pytest.mark.parametrize("finess", ["62010005", "6201000577", "2C0100011", "620A00057", ""])
def test_numeros_finess_refuses(finess: str) -> None:
    with pytest.raises(ValidationError):
        EtablissementFactory.build(finess=finess, commune=None).full_clean()


def test_un_numero_ne_sert_qu_une_fois() -> None:
    with pytest.raises(IntegrityError, match="finess"):
        EtablissementFactory.create_batch(2, finess="620100057")


@pytest.mark.parametrize(("latitude", "longitude"), [(50.5, None), (None, 2.5), (91, 2.5), (50.5, 181)])
def test_un_point_est_entier_et_sur_la_terre(latitude: float | None, longitude: float | None) -> None:
    with pytest.raises(IntegrityError, match="etablissement_point_entier"):
        EtablissementFactory(latitude=latitude, longitude=longitude)


def test_ouverts() -> None:
    ouvert, ferme = EtablissementFactory.create_batch(2)
    Etablissement.objects.filter(pk=ferme.pk).update(ferme_le="2026-01-01")
    assert list(Etablissement.objects.ouverts()) == [ouvert]
