"""Once a month, MJPM whose data are old are asked to look at them: judges count on what they say."""

from __future__ import annotations

import logging
from datetime import date

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone
from procrastinate.contrib.django import app

from accounts.courriels import envoyer_courriel, lien
from mandataires.models import Membre
from mandataires.models.charge import FRAICHEUR

logger = logging.getLogger(__name__)


# On the first of the month, three times: whoever got theirs in the morning gets no other.
@app.periodic(cron="0 6,11,16 1 * *")
@app.task
def rappeler(timestamp: int) -> None:
    """Write to each active member, who wants it, of a validated MJPM without an act for more than 30 days."""
    premier_du_mois = timezone.localdate().replace(day=1)
    pks = _a_rappeler(premier_du_mois).order_by("pk").values_list("pk", flat=True)
    logger.info("Rappels : %s écrit(s).", sum(_rappeler(pk, premier_du_mois) for pk in list(pks)))


def _a_rappeler(premier_du_mois: date) -> QuerySet[Membre]:
    """Those who had none this month. A MJPM that never acted has had its 30 days since it was validated."""
    return Membre.objects.alias(
        agi_at=Coalesce("mandataire__charge__mise_a_jour_at", "mandataire__valide_at")
    ).filter(
        Q(rappele_le=None) | Q(rappele_le__lt=premier_du_mois),
        user__is_active=True,
        user__courriel_rappels=True,
        mandataire__valide_at__isnull=False,
        agi_at__lt=timezone.now() - FRAICHEUR,
    )


@transaction.atomic
def _rappeler(pk: int, premier_du_mois: date) -> bool:
    """Write to one, unless they have acted, or were written to, meanwhile."""
    membre = (
        _a_rappeler(premier_du_mois)
        .select_related("user", "mandataire__charge")
        .select_for_update(of=("self",), no_key=True)
        .filter(pk=pk)
        .first()
    )
    if membre is None:
        return False
    membre.rappele_le = timezone.localdate()
    membre.save(update_fields=["rappele_le"])
    envoyer_courriel(
        destinataire=membre.user.email,
        gabarit="mandataires/courriels/rappel",
        contexte={
            "mise_a_jour_at": membre.mandataire.charge.mise_a_jour_at,
            "lien": lien("informations"),
            "lien_choix": lien("compte", ancre="#courriels"),
        },
    )
    return True
