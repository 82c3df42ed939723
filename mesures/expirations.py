"""Once a day, reservations that no paper followed: their end is announced, then comes; nothing is deleted (D4).

MJPM by MJPM, each in its transaction with the mails: a worker that dies leaves the rest to the next run, and one
that runs twice finds nothing more to do.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from procrastinate.contrib.django import app

from mandataires.services import verrouiller_charges
from mesures.annonces import ECHEANCE, prevenir_mandataire, prevenir_tribunal
from mesures.models import Mesure, MesureQuerySet
from mesures.transitions import EXPIRER, passer

logger = logging.getLogger(__name__)

PREAVIS = timedelta(days=7)


@app.periodic(cron="20 5 * * *")
@app.task
def suivre_expirations(timestamp: int) -> None:
    """Both sides are told seven days before the last day, and on the day after it.

    Raises at the end when it failed for some MJPM, so that the job shows it.
    """
    aujourd_hui = timezone.localdate()
    expirees, echecs = _pour_chaque(Q(expire_le__lt=aujourd_hui), _expirer)
    annoncees, autres = _pour_chaque(
        Q(expire_le__range=(aujourd_hui, aujourd_hui + PREAVIS), expiration_annoncee_at=None), _annoncer
    )
    logger.info("Réservations : %s expirée(s), %s expiration(s) annoncée(s).", expirees, annoncees)
    if echecs or autres:
        raise RuntimeError(f"Réservations : {len({*echecs, *autres})} mandataire(s) sans suite, voir le journal.")


def _pour_chaque(concernees: Q, agir: Callable[[Mesure], None]) -> tuple[int, list[int]]:
    """How many were done, and the MJPM for whom it failed: their mesures are left to the next run."""
    reservations = Mesure.objects.en_attente().filter(concernees)
    mandataires = reservations.order_by("mandataire").values_list("mandataire", flat=True).distinct()
    total, echecs = 0, []
    for mandataire_id in list(mandataires):
        try:
            total += _pour_un(reservations.filter(mandataire=mandataire_id), mandataire_id, agir)
        except Exception:
            logger.exception("Réservations du mandataire %s : échec.", mandataire_id)
            echecs.append(mandataire_id)
    return total, echecs


@transaction.atomic
def _pour_un(reservations: MesureQuerySet, mandataire_id: int, agir: Callable[[Mesure], None]) -> int:
    # As the acts do: whoever answers, prolongs or cancels now is waited for, and the rows are read after.
    verrouiller_charges(mandataire_id)
    lot = list(
        reservations.select_related("mandataire", "tribunal__actuel")
        .order_by("pk")
        .select_for_update(of=("self",))
    )
    for reservation in lot:
        agir(reservation)
    return len(lot)


def _expirer(reservation: Mesure) -> None:
    passer(reservation, EXPIRER)
    reservation.version += 1
    reservation.save()
    prevenir_mandataire(reservation, "expiree_mandataire", ECHEANCE)
    prevenir_tribunal(reservation, "expiree_tribunal", ECHEANCE)


def _annoncer(reservation: Mesure) -> None:
    reservation.expiration_annoncee_at = timezone.now()
    reservation.save(update_fields=["expiration_annoncee_at"])
    prevenir_mandataire(reservation, "va_expirer_mandataire", ECHEANCE)
    prevenir_tribunal(reservation, "va_expirer_tribunal", ECHEANCE)
