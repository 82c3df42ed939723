"""What a user may do with a mesure, and why not: apart from the rule of its state (`mesures.transitions`)."""

from __future__ import annotations

from accounts.models import User
from accounts.refus import Refus
from mandataires.permissions import membre_agissant


def check_can_agir_pour(user: User, mandataire_id: int) -> None:
    """Raise Refus unless `user` is a member of this MJPM."""
    if membre_agissant(user).mandataire_id != mandataire_id:
        raise Refus("Seul le mandataire de cette mesure peut la modifier.")


def check_can_transferer(user: User) -> None:
    """Raise Refus unless `user` is of the site's team and may transfer mesures."""
    if not (user.is_staff and user.has_perm("mesures.add_transfert")):
        raise Refus("Seul un administrateur peut transférer des mesures.")
