from __future__ import annotations

import random
from collections.abc import Iterable

import pytest
from django.db.models import F

from tests.factories import CommuneFactory, DepartementFactory
from tribunaux.distances import Point, a_moins_de, distance_km, distance_sql
from tribunaux.models import Commune

LILLE: Point = (50.63146, 3.04772)
PARIS: Point = (48.85659, 2.34292)


def test_lille_est_a_204_km_de_paris() -> None:
    assert distance_km(LILLE, PARIS) == pytest.approx(204, rel=0.01)
    assert distance_km(PARIS, LILLE) == distance_km(LILLE, PARIS)


def test_la_distance_suit_la_terre() -> None:
    """Across the 180th meridian, and as far as Réunion: not a difference of degrees."""
    assert distance_km((-16.5, 179.9), (-16.5, -179.9)) == pytest.approx(21.3, rel=0.01)
    assert distance_km(PARIS, (-20.8789, 55.4481)) == pytest.approx(9370, rel=0.01)


def test_un_point_est_a_zero_de_lui_meme() -> None:
    assert distance_km(LILLE, LILLE) == 0
    assert distance_km((0.0, 0.0), (0.0, 0.0)) == 0


@pytest.mark.parametrize("absent", [(None, None), (50.6, None), (None, 3.0)])
def test_sans_point_pas_de_distance(absent: Point) -> None:
    assert distance_km(absent, PARIS) is None
    assert distance_km(PARIS, absent) is None


# --- In SQL ------------------------------------------------------------------------------------------

LIEUX = {
    "Lille": LILLE,
    "Paris": PARIS,
    "Nouméa": (-22.2758, 166.4580),
    "Mata-Utu": (-13.2825, -176.1740),
    "Fidji, au-delà du 180e": (-16.5, 179.9),
    "Papeete": (-17.5350, -149.5695),
    "Saint-Denis de La Réunion": (-20.8789, 55.4481),
    "Saint-Pierre": (46.7811, -56.1764),
    "Cayenne": (4.9224, -52.3135),
    "Les antipodes de Lille": (-50.63146, -176.95228),
    "Le pôle": (90.0, 0.0),
}


def _communes(lieux: Iterable[tuple[float, float]]) -> None:
    departement = DepartementFactory()
    Commune.objects.bulk_create(
        Commune(
            code_insee=f"X{rang:04d}", nom="X", departement=departement, latitude=latitude, longitude=longitude
        )
        for rang, (latitude, longitude) in enumerate(lieux)
    )


@pytest.mark.django_db
@pytest.mark.parametrize("depart", LIEUX.values(), ids=LIEUX)
def test_en_sql_a_un_pour_cent_pres(depart: tuple[float, float]) -> None:
    hasard = random.Random(204)
    au_hasard = [(hasard.uniform(-90, 90), hasard.uniform(-180, 180)) for _ in range(200)]
    tout_pres = [(depart[0] * 0.999, depart[1] + hasard.uniform(-0.2, 0.2) % 1) for _ in range(20)]
    _communes([*LIEUX.values(), *au_hasard, *(p for p in tout_pres if abs(p[1]) <= 180)])
    distance = distance_sql(depart, F("latitude"), F("longitude"))
    for commune in Commune.objects.annotate(km=distance).order_by("pk"):
        exacte = distance_km(depart, (commune.latitude, commune.longitude))
        assert commune.km == pytest.approx(exacte, rel=0.01, abs=0.001), commune


@pytest.mark.django_db
def test_en_sql_sans_point_pas_de_distance() -> None:
    commune = CommuneFactory(latitude=None, longitude=None)
    distance = distance_sql((50.0, 3.0), F("latitude"), F("longitude"))
    assert Commune.objects.annotate(km=distance).get(pk=commune.pk).km is None
    assert not a_moins_de(Commune.objects.order_by("pk"), (50.0, 3.0), 30_000).exists()


@pytest.mark.django_db
@pytest.mark.parametrize("km", [5, 20, 3000])
@pytest.mark.parametrize("depart", LIEUX.values(), ids=LIEUX)
def test_le_cadre_ne_perd_personne(depart: tuple[float, float], km: int) -> None:
    """The box of degrees leaves out nobody that the circle holds, near a pole or the 180th meridian either."""
    hasard = random.Random(km)
    degres = km / 111
    autour = [
        (
            max(-90.0, min(90.0, depart[0] + hasard.uniform(-degres, degres))),
            (depart[1] + hasard.uniform(-4 * degres, 4 * degres) + 180) % 360 - 180,
        )
        for _ in range(150)
    ]
    _communes([*LIEUX.values(), *autour])
    distance = distance_sql(depart, F("latitude"), F("longitude"))
    sans_cadre = Commune.objects.alias(km=distance).filter(km__lte=km).order_by("pk")
    assert list(a_moins_de(Commune.objects.order_by("pk"), depart, km)) == list(sans_cadre) != []
