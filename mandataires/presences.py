"""Where a MJPM has ongoing mesures, as judges read it: masked counts by commune, never a mesure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mandataires.masquage import a_reunir, nombre_masque
from mandataires.models import Mandataire
from tribunaux.db_functions import TexteRecherche
from tribunaux.models import Commune


@dataclass(frozen=True)
class LieuMasque:
    """`commune` None is « non localisées », or « ailleurs » for several places that are not told apart.

    `nombre` is a word already masked.
    """

    commune: Commune | None
    nombre: str
    est_ailleurs: bool = False

    @property
    def est_place(self) -> bool:
        """Whether the map shows it."""
        return self.commune is not None and self.commune.latitude is not None


def lieux_masques(mandataire: Mandataire) -> list[LieuMasque]:
    """By name of the commune, what has none last. One query.

    Beside a total that counts these very mesures, those that it would tell are « ailleurs »; a declared one,
    of which not all mesures are kept here, tells none.
    """
    presences = list(
        mandataire.presences.select_related("commune").order_by(
            TexteRecherche("commune__nom").asc(nulls_last=True), "commune"
        )
    )
    nombres = [presence.en_cours for presence in presences]
    reunis: set[int] = set() if mandataire.declare_son_total else a_reunir(nombres)
    lieux = [
        LieuMasque(presence.commune, nombre_masque(presence.en_cours))
        for indice, presence in enumerate(presences)
        if indice not in reunis
    ]
    if reunis:
        lieux.append(LieuMasque(None, nombre_masque(sum(nombres[indice] for indice in reunis)), est_ailleurs=True))
    return lieux


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
