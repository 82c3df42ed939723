"""What the law wants destroyed, history included: the page on personal data says when.

A term is counted by calendar: what ended on 22 November 2021 is kept until the end of 22 November 2026.
"""

from __future__ import annotations

import logging
from datetime import date, datetime, time

import pgtrigger
from django.apps import apps
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from procrastinate.contrib.django import app

from mandataires.models import Mandataire
from mandataires.purge import effacer_historique
from mandataires.services import verrouiller_charges
from mesures.enums import Statut
from mesures.models import Mesure

logger = logging.getLogger(__name__)

# In years. CNIL, AU-050: a mesure at most five after its end; the others are domain rules.
GARDE_DES_MESURES = 5
GARDE_DES_RESERVATIONS = 1
GARDE_DES_SUPPRIMEES = 1
LOT = 500


@app.periodic(cron="40 4 * * *")
@app.task
def purger_mesures(timestamp: int) -> None:
    """Once a day. Each lot is a transaction: a run that dies leaves the rest to the next."""
    aujourd_hui = timezone.localdate()
    logger.info("Purge : %s mesure(s) ou réservation(s) détruite(s).", _purger_perimees(aujourd_hui))
    logger.info("Purge : historique de %s mesure(s) supprimée(s) détruit.", _purger_supprimees(aujourd_hui))


def fin_la_plus_ancienne(aujourd_hui: date) -> date:
    """The earliest end of a mesure that is kept."""
    return _il_y_a(GARDE_DES_MESURES, aujourd_hui)


def _perimees(aujourd_hui: date) -> Q:
    """Mesures that ended too long ago, and reservations that never became a mesure."""
    depuis = _il_y_a(GARDE_DES_RESERVATIONS, aujourd_hui)
    return (
        Q(statut=Statut.ETEINTE, date_extinction__lt=fin_la_plus_ancienne(aujourd_hui))
        | Q(statut=Statut.REFUSEE, repondu_at__lt=_minuit(depuis))
        | Q(statut=Statut.ANNULEE, annule_at__lt=_minuit(depuis))
        | Q(statut=Statut.EXPIREE, expire_le__lt=depuis)
    )


def _purger_perimees(aujourd_hui: date) -> int:
    """MJPM by MJPM: the list of each is an index away, and only one waits at a time."""
    perimees = _perimees(aujourd_hui)
    concernes = Mandataire.objects.filter(Exists(Mesure.objects.filter(perimees, mandataire=OuterRef("pk"))))
    total = 0
    for mandataire_id in concernes.order_by("pk").values_list("pk", flat=True):
        while nombre := _detruire_un_lot(mandataire_id, perimees):
            total += nombre
    return total


@transaction.atomic
def _detruire_un_lot(mandataire_id: int, perimees: Q) -> int:
    """Destroy some of a MJPM's mesures with their history; how many, 0 when none is left."""
    # As the acts do: whoever reactivates one now is waited for, and the row is read after.
    verrouiller_charges(mandataire_id)
    lot = Mesure.objects.filter(perimees, mandataire=mandataire_id).order_by("pk").select_for_update()
    pks = list(lot.values_list("pk", flat=True)[:LOT])
    if not pks:
        return 0
    # Nobody acts on the mesure that renews one: no line in its history, no version, no counter of its
    # MJPM to lock. What its history keeps is a key that leads nowhere.
    with pgtrigger.ignore("mesures.Mesure:update_update", "mesures.Mesure:mesure_compter_update"):
        Mesure.objects.filter(renouvelle__in=pks).update(renouvelle=None)
    with pgtrigger.ignore("mesures.Mesure:mesure_reservee_jamais_supprimee", "mesures.Mesure:delete_delete"):
        Mesure.objects.filter(pk__in=pks).delete()
    effacer_historique([(Mesure, pks)])
    return len(pks)


def _purger_supprimees(aujourd_hui: date) -> int:
    """The history of mesures that somebody deleted, which ends with that act; of how many mesures."""
    suppressions = apps.get_model("mesures", "MesureHistorique")._default_manager.filter(
        ~Exists(Mesure.objects.filter(pk=OuterRef("pgh_obj"))),
        pgh_label="delete",
        pgh_created_at__lt=_minuit(_il_y_a(GARDE_DES_SUPPRIMEES, aujourd_hui)),
    )
    pks = list(suppressions.order_by("pgh_obj").values_list("pgh_obj", flat=True))
    for debut in range(0, len(pks), LOT):
        with transaction.atomic():
            effacer_historique([(Mesure, pks[debut : debut + LOT])])
    return len(pks)


def _il_y_a(annees: int, aujourd_hui: date) -> date:
    """The same day so many years ago; before it, the term is over."""
    try:
        return aujourd_hui.replace(year=aujourd_hui.year - annees)
    except ValueError:  # 29 February: by then, the term of 28 February is over
        return date(aujourd_hui.year - annees, 3, 1)


def _minuit(jour: date) -> datetime:
    """When that day begins in the time zone of the site."""
    return timezone.make_aware(datetime.combine(jour, time.min))
