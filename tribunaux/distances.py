"""How far two places are from each other."""

from __future__ import annotations

from geopy.distance import geodesic

# Latitude then longitude, in degrees (WGS 84), as communes, establishments and MJPM have them.
Point = tuple[float | None, float | None]


def distance_km(depart: Point, arrivee: Point) -> float | None:
    """Kilometres as the crow flies, on the ellipsoid; None when a point is missing."""
    if None in depart or None in arrivee:
        return None
    return float(geodesic(depart, arrivee).km)  # type: ignore[no-untyped-call]
