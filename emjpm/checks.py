"""What production refuses to start with, besides what the settings refuse to read (S9)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register

from emjpm.sante import migrations_restantes


@register(Tags.database, deploy=True)
def migrations_appliquees(databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """An unapplied migration is an error of deployment: `check --deploy --database default`."""
    erreurs: list[CheckMessage] = []
    for alias in databases or ():
        if restantes := migrations_restantes(alias):
            erreurs.append(Error(f"{restantes} migration(s) à appliquer : manage.py preparer.", id="emjpm.E001"))
    return erreurs
