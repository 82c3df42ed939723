"""How far two places are from each other."""

from __future__ import annotations

import math
from typing import Any, TypeVar

from django.db.models import F, FloatField, QuerySet, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Abs, ATan2, Cos, Power, Radians, Sin, Sqrt
from geopy.distance import geodesic

# Latitude then longitude, in degrees (WGS 84), as communes, establishments and MJPM have them.
Point = tuple[float | None, float | None]
PointConnu = tuple[float, float]

RAYON_TERRE = 6371.0088  # kilometres: the mean radius, with which a sphere is within 0.6 % of the ellipsoid
KM_PAR_DEGRE = 110.0  # of latitude, a little less than anywhere

Lignes = TypeVar("Lignes", bound=QuerySet[Any])


def distance_km(depart: Point, arrivee: Point) -> float | None:
    """Kilometres as the crow flies, on the ellipsoid; None when a point is missing."""
    if None in depart or None in arrivee:
        return None
    return float(geodesic(depart, arrivee).km)  # type: ignore[no-untyped-call]


def distance_sql(depart: PointConnu, latitude: Combinable, longitude: Combinable) -> Combinable:
    """The same in SQL, within 1 %, to filter and sort many rows; NULL for a row without a point.

    The haversine formula, by the arc tangent: an arc sine fails on a rounding above 1, for two antipodes.
    """
    ici_latitude, ici_longitude = depart
    demi_corde = Power(Sin(Radians(latitude - Value(ici_latitude)) / Value(2.0)), Value(2.0)) + Value(
        math.cos(math.radians(ici_latitude))
    ) * Cos(Radians(latitude)) * Power(Sin(Radians(longitude - Value(ici_longitude)) / Value(2.0)), Value(2.0))
    return Value(2 * RAYON_TERRE, output_field=FloatField()) * ATan2(
        Sqrt(demi_corde), Sqrt(Abs(Value(1.0) - demi_corde))
    )


def a_moins_de(lignes: Lignes, depart: PointConnu, km: float) -> Lignes:
    """Those of `lignes`, which have a `latitude` and a `longitude`, within `km` kilometres of `depart`.

    A box of degrees first, which costs nothing; where it would cross a pole or the 180th meridian, a band.
    """
    latitude, longitude = depart
    marge = km / KM_PAR_DEGRE
    lignes = lignes.filter(latitude__range=(latitude - marge, latitude + marge))
    if abs(latitude) + marge < 89:
        ouverture = marge / math.cos(math.radians(abs(latitude) + marge))
        if abs(longitude) + ouverture < 180:
            lignes = lignes.filter(longitude__range=(longitude - ouverture, longitude + ouverture))
    distance = distance_sql(depart, F("latitude"), F("longitude"))
    return lignes.alias(eloignement=distance).filter(eloignement__lte=km)
