"""What waits to renew a mesure: cut from it when it ends or leaves, tied again when that is undone.

Those who call hold the lock of the charges; the context of the act that cuts keeps what is to be tied again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.db.models import F

from mesures.historique import RENOUVELLEMENTS
from mesures.models import Mesure

# Each reservation, and the mesure that it renews.
Renouvellements = dict[int, int]


def en_attente_de(pks: Collection[int]) -> Renouvellements:
    """What waits to renew these mesures."""
    attendus = Mesure.objects.en_attente().filter(renouvelle__in=pks).order_by("pk")
    return {pk: mesure for pk, mesure in attendus.values_list("pk", "renouvelle") if mesure is not None}


def contexte_de(renouvellements: Renouvellements) -> dict[str, Any]:
    """What the history of the act that cuts them keeps."""
    return {RENOUVELLEMENTS: renouvellements} if renouvellements else {}


def delier(reservations: Iterable[int]) -> None:
    """These take a place of their own. Once the RG of the mesure, which they may bear, is free."""
    Mesure.objects.filter(pk__in=list(reservations)).update(renouvelle=None, version=F("version") + 1)


def a_relier(coupes: Mapping[int, int], mandataire_id: int) -> Renouvellements:
    """Those of `coupes` that may renew their mesure again: they wait still, for this MJPM, not replaced."""
    reprises = set(en_attente_de(list(coupes.values())).values())
    libres = Mesure.objects.en_attente().filter(pk__in=list(coupes), renouvelle=None, mandataire=mandataire_id)
    pks = libres.order_by("pk").values_list("pk", flat=True)
    return {pk: coupes[pk] for pk in pks if coupes[pk] not in reprises}


def relier(renouvellements: Mapping[int, int]) -> None:
    """Before the mesure takes back its RG, which they may bear."""
    for pk, mesure in renouvellements.items():
        Mesure.objects.filter(pk=pk).update(renouvelle=mesure, version=F("version") + 1)
