from __future__ import annotations

import pytest

from tribunaux.distances import Point, distance_km

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
