"""What a user may do with a mesure, and why not: apart from the rule of its state (`mesures.transitions`)."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied

from accounts.models import User
from mandataires.models import Membre, membre_de


def membre_agissant(user: User | AnonymousUser) -> Membre:
    """The binding to a MJPM by which `user` acts. Raises PermissionDenied for anybody else."""
    membre = membre_de(user)
    if membre is None:
        raise PermissionDenied("Cette page est réservée aux mandataires.")
    return membre


def check_can_agir_pour(user: User, mandataire_id: int) -> None:
    """Raise PermissionDenied unless `user` is a member of this MJPM."""
    if membre_agissant(user).mandataire_id != mandataire_id:
        raise PermissionDenied("Seul le mandataire de cette mesure peut la modifier.")
