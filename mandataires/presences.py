"""Where a MJPM has ongoing mesures, as judges read it: masked counts by commune, never a mesure."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.db.models import Q, QuerySet

from mandataires.masquage import a_reunir, nombre_masque, somme_autour
from mandataires.models import Mandataire, Presence
from tribunaux.db_functions import TexteRecherche
from tribunaux.distances import PointConnu, a_moins_de
from tribunaux.models import Commune

# Of two places that have as many mesures, the first may be joined to the masked ones: everywhere the same.
_ORDRE = (TexteRecherche("commune__nom").asc(nulls_last=True), "commune")


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
    presences = list(mandataire.presences.select_related("commune").order_by(*_ORDRE))
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


def autour_de(
    mandataires: list[Mandataire] | QuerySet[Mandataire, Any], point: PointConnu, km: float
) -> dict[int, str]:
    """The mesures of each within `km` kilometres of `point`, masked; nothing for those who have none there.

    Two queries. Beside a total that counts these very mesures all its places are read: those that its record
    joins are joined here.
    """
    communes = set(a_moins_de(Commune.objects.order_by(), point, km).values_list("pk", flat=True))
    presents = Presence.objects.filter(mandataire__in=mandataires, commune__in=communes).order_by()
    lignes = (
        Presence.objects.filter(
            Q(mandataire__source_total=Mandataire.SourceTotal.MESURES) | Q(commune__in=communes),
            mandataire__in=presents.values("mandataire"),
        )
        .order_by("mandataire", *_ORDRE)
        .values_list("mandataire", "mandataire__source_total", "commune", "en_cours")
    )
    autour = {}
    for (mandataire, source), groupe in groupby(lignes, key=lambda ligne: ligne[:2]):
        lieux = list(groupe)
        autour[mandataire] = somme_autour(
            [en_cours for *_, en_cours in lieux],
            {indice for indice, (_, _, commune, _) in enumerate(lieux) if commune in communes},
            total_est_declare=source == Mandataire.SourceTotal.DECLARATION,
        )
    return autour


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
