"""What a user may do with a mesure, and why not: apart from the rule of its state (`mesures.transitions`)."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.contrib.auth.models import AnonymousUser

from accounts.models import User
from mandataires.models import Mandataire, membre_de


def mandataire_agissant(user: User | AnonymousUser) -> Mandataire:
    """The MJPM for which `user` acts. Raises PermissionDenied, with its sentence, for anybody else."""
    membre = membre_de(user)
    if membre is None:
        raise PermissionDenied("Cette page est réservée aux mandataires.")
    return membre.mandataire


def check_can_agir_pour(user: User, mandataire_id: int) -> None:
    """Raise PermissionDenied unless `user` is a member of this MJPM."""
    if mandataire_agissant(user).pk != mandataire_id:
        raise PermissionDenied("Seul le mandataire de cette mesure peut la modifier.")
