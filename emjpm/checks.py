"""What production refuses to start with, besides what the settings refuse to read (S9)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections
from django.db.migrations.executor import MigrationExecutor


@register(Tags.database, deploy=True)
def migrations_appliquees(databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """An unapplied migration is an error of deployment: `check --deploy --database default`."""
    erreurs: list[CheckMessage] = []
    for alias in databases or ():
        executor = MigrationExecutor(connections[alias])
        restantes = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if restantes:
            erreurs.append(
                Error(f"{len(restantes)} migration(s) à appliquer : manage.py preparer.", id="emjpm.E001")
            )
    return erreurs
