"""What a MJPM does with a reservation: open it, confirm it once the judgment has come, or refuse it."""

from __future__ import annotations

import pghistory
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.models import User
from mandataires.models import Declaration
from mandataires.services import decaler_total_declare, noter_mise_a_jour, verrouiller_charges
from mesures.annonces import prevenir_tribunal
from mesures.enums import MotifExtinction
from mesures.models import Mesure
from mesures.permissions import check_can_agir_pour
from mesures.services import Acte, reprendre, verrouiller
from mesures.transitions import CONFIRMER, ETEINDRE, REFUSER, passer, verifier


@transaction.atomic
def marquer_vue(*, reservation: Mesure, author: User) -> None:
    """Say that the MJPM has opened the reservation as it stands: what the court changes meanwhile is not seen.

    A reading, not an act: no version moves, nor « Dernière mise à jour ».
    """
    check_can_agir_pour(author, reservation.mandataire_id)
    if reservation.vue_at is None:
        verrouiller_charges(reservation.mandataire_id)
        # A page that is read opens no context of its own.
        with pghistory.context(user=author.pk):
            Mesure.objects.en_attente().filter(pk=reservation.pk, version=reservation.version, vue_at=None).update(
                vue_at=timezone.now()
            )


@transaction.atomic
def confirmer(*, reservation: Mesure, version: int, author: User) -> Acte:
    """Open the mesure that `reservation` holds in memory, completed from the judgment; the court is told.

    One that expired is confirmed too. A renewal ends the mesure that it renews, on the day of its own decision,
    and leaves a service's declared total as it is.
    Raises VersionPerimee, TransitionInterdite, ValidationError.
    """
    actuelle = verrouiller(reservation.pk, version, author)
    verifier(actuelle, CONFIRMER)
    passer(reservation, CONFIRMER)
    reprendre(reservation, actuelle, "renouvelle_id")
    reservation.repondu_at, reservation.repondu_by = timezone.now(), author
    reservation.reponse_vue_at = None
    reservation.version = version + 1
    a_pris_la_suite = _prendre_la_suite(reservation)
    reservation.full_clean()
    reservation.save()
    declaration = None
    if not a_pris_la_suite:
        declaration = decaler_total_declare(
            mandataire=actuelle.mandataire, ecart=+1, author=author, origine=Declaration.Origine.CONFIRMATION
        )
    noter_mise_a_jour(mandataire_id=reservation.mandataire_id, author=author)
    prevenir_tribunal(reservation, "confirmee")
    return Acte(reservation, declaration)


@transaction.atomic
def refuser_reservation(*, pk: int, motif: str, version: int, author: User) -> Mesure:
    """Say no, with a reason that the court reads.

    Raises VersionPerimee, TransitionInterdite, ValidationError without a reason.
    """
    reservation = verrouiller(pk, version, author)
    passer(reservation, REFUSER)
    reservation.motif_reponse = motif.strip()
    if not reservation.motif_reponse:
        raise ValidationError({"motif": "Indiquez pourquoi : le tribunal le lira."})
    reservation.repondu_at, reservation.repondu_by = timezone.now(), author
    reservation.version += 1
    reservation.save()
    noter_mise_a_jour(mandataire_id=reservation.mandataire_id, author=author)
    prevenir_tribunal(reservation, "refusee")
    return reservation


def _prendre_la_suite(reservation: Mesure) -> bool:
    """End the mesure that this one renews, first: the two may have one RG. False when it renews none.

    What expired kept its link: the other may have ended, changed hands or court since, or be renewed again.
    """
    if reservation.renouvelle_id is None or reservation.tribunal is None:
        return False
    ancienne = (
        Mesure.objects.en_cours()
        .filter(
            pk=reservation.renouvelle_id,
            mandataire=reservation.mandataire_id,
            tribunal__actuel=reservation.tribunal.actuel_id,
        )
        .select_for_update(of=("self",))
        .first()
    )
    if ancienne is None:
        reservation.renouvelle = None
        return False
    reservation.verifier_regles("date_decision")
    decision = reservation.date_decision
    if decision is None or (ancienne.date_decision is not None and decision < ancienne.date_decision):
        avant = f" ({ancienne.date_decision:%d/%m/%Y})" if ancienne.date_decision else ""
        raise ValidationError(
            {"date_decision": f"La décision ne peut pas précéder celle de la mesure qu'elle renouvelle{avant}."}
        )
    passer(ancienne, ETEINDRE)
    ancienne.date_extinction = decision
    ancienne.motif_extinction = MotifExtinction.RENOUVELLEMENT
    ancienne.version += 1
    ancienne.verifier_regles("date_extinction")
    ancienne.save()
    autres = Mesure.objects.en_attente().filter(renouvelle=ancienne).exclude(pk=reservation.pk)
    autres.update(renouvelle=reservation, version=F("version") + 1)
    return True
