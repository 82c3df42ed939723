"""Where a MJPM has ongoing mesures, as judges read it: masked counts by commune, never a mesure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mandataires.masquage import nombre_masque
from mandataires.models import Mandataire
from tribunaux.db_functions import TexteRecherche
from tribunaux.models import Commune


@dataclass(frozen=True)
class LieuMasque:
    """`commune` None is « non localisées »; `nombre` is a word already masked."""

    commune: Commune | None
    nombre: str

    @property
    def est_place(self) -> bool:
        """Whether the map shows it."""
        return self.commune is not None and self.commune.latitude is not None


def lieux_masques(mandataire: Mandataire) -> list[LieuMasque]:
    """By name of the commune, what has none last. One query."""
    presences = mandataire.presences.select_related("commune").order_by(
        TexteRecherche("commune__nom").asc(nulls_last=True), "commune"
    )
    return [LieuMasque(presence.commune, nombre_masque(presence.en_cours)) for presence in presences]


def geojson(lieux: list[LieuMasque]) -> dict[str, Any]:
    """What static/js/carte.js draws: no number, of which a sum would undo the mask, but the masked word."""
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "geometry": {"type": "Point", "coordinates": [lieu.commune.longitude, lieu.commune.latitude]},
                "properties": {"nom": str(lieu.commune), "texte": lieu.nombre},
            }
            for lieu in lieux
            if lieu.commune is not None and lieu.est_place
        ],
    }
