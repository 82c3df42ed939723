"""What the worker does for MJPM. Arguments are primary keys: procrastinate writes them in its logs."""

from __future__ import annotations

import enum
import logging

from django.conf import settings
from django.db import transaction
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from mandataires.geocodage import Adresse, ServiceInjoignable, adresse_de, chercher
from mandataires.models import Mandataire
from tribunaux.distances import Point

logger = logging.getLogger(__name__)


class Resultat(enum.Enum):
    """What became of a MJPM whose point was asked for."""

    ADRESSE = enum.auto()
    COMMUNE = enum.auto()
    CHANGE = enum.auto()  # its address changed meanwhile: the answer was thrown away
    SANS_COMMUNE = enum.auto()


# Asked again after 5 s (the service shuts out for that long who asks too fast), 25 s, 2 min, 10 min, 52 min,
# 4 h 20 and 21 h 40: a day of a service that is down.
@app.task(retry=RetryStrategy(max_attempts=7, exponential_wait=5, retry_exceptions=[ServiceInjoignable]))
def geocoder(mandataire_pk: int) -> None:
    """Give a MJPM the point of its address, else of its commune. May run twice."""
    try:
        localiser(mandataire_pk)
    except ServiceInjoignable:
        logger.warning("Le service de géocodage n'a pas répondu pour le mandataire %s.", mandataire_pk)
        raise


def localiser(mandataire_pk: int) -> Resultat:
    """Ask where a MJPM is and write its point, or its commune's when the answer is not sure.

    When nobody can be asked, a point that is there stays: `geocoder_plus_tard` replaces it as soon as
    the address changes, so it is the present address's. Raises ServiceInjoignable after that.
    The MJPM does not act here: neither « Dernière mise à jour » nor its version moves.
    """
    mandataire = Mandataire.objects.select_related("commune").filter(pk=mandataire_pk).first()
    if mandataire is None or mandataire.commune is None:
        return Resultat.SANS_COMMUNE
    demande, commune = adresse_de(mandataire), mandataire.commune
    mairie: Point = (commune.latitude, commune.longitude)
    lieu = None
    if mandataire.adresse:
        if not settings.GEOCODAGE_URL:
            return placer(mandataire_pk, demande, mairie, Resultat.COMMUNE, remplacer=False)
        try:
            # Outside any transaction: nothing is locked while the service is waited for.
            lieu = chercher(adresse=mandataire.adresse, code_postal=mandataire.code_postal, commune=commune)
        except ServiceInjoignable:
            placer(mandataire_pk, demande, mairie, Resultat.COMMUNE, remplacer=False)
            raise
    if lieu is None:
        return placer(mandataire_pk, demande, mairie, Resultat.COMMUNE)
    return placer(mandataire_pk, demande, (lieu.latitude, lieu.longitude), Resultat.ADRESSE)


@transaction.atomic
def placer(
    mandataire_pk: int, demande: Adresse, point: Point, resultat: Resultat, *, remplacer: bool = True
) -> Resultat:
    """Write the point found for the address `demande`, unless the MJPM has another address by now."""
    mandataire = Mandataire.objects.select_for_update(no_key=True).filter(pk=mandataire_pk).first()
    if mandataire is None or adresse_de(mandataire) != demande:
        return Resultat.CHANGE
    if (remplacer or mandataire.latitude is None) and (mandataire.latitude, mandataire.longitude) != point:
        Mandataire.objects.filter(pk=mandataire_pk).update(latitude=point[0], longitude=point[1])
    return resultat
