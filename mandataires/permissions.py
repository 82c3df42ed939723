from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied

from accounts.models import User
from tribunaux.models import Magistrat, magistrat_de


def magistrat_agissant(user: User | AnonymousUser) -> Magistrat:
    """The binding to a court by which `user` acts. Raises PermissionDenied for anybody else."""
    magistrat = magistrat_de(user)
    if magistrat is None:
        raise PermissionDenied("Cette page est réservée aux magistrats et aux greffiers.")
    return magistrat
