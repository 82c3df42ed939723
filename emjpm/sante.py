"""What the health page looks at: the database, its migrations, the worker."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.core.exceptions import ImproperlyConfigured
from django.db import DEFAULT_DB_ALIAS, Error, connections
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateWorker

# The worker signs every 10 seconds; three missed signs and it is held to be stopped.
SILENCE_DU_TRAVAILLEUR = timedelta(seconds=30)


@dataclass(frozen=True)
class Examen:
    nom: str
    en_ordre: bool
    constat: str


def examiner() -> list[Examen]:
    """Each examination, in order. When the database does not answer, the others cannot be made."""
    try:
        return [Examen("Base de données", True, "répond"), _migrations(), _travailleur()]
    except Error:
        return [Examen("Base de données", False, "ne répond pas")]


def migrations_restantes(alias: str = DEFAULT_DB_ALIAS) -> int:
    """How many migrations the code has that the database has not."""
    executor = MigrationExecutor(connections[alias])
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def exiger_les_migrations() -> None:
    """Raise ImproperlyConfigured when one is missing. A database that is down is not judged: 503 will say it."""
    try:
        restantes = migrations_restantes()
    except Error:
        return
    if restantes:
        raise ImproperlyConfigured(f"{restantes} migration(s) à appliquer : manage.py preparer.")


def _migrations() -> Examen:
    restantes = migrations_restantes()
    constat = f"{restantes} à appliquer" if restantes else "toutes appliquées"
    return Examen("Migrations", not restantes, constat)


def _travailleur() -> Examen:
    vivants = ProcrastinateWorker.objects.filter(
        last_heartbeat__gte=timezone.now() - SILENCE_DU_TRAVAILLEUR
    ).count()
    return Examen("Tâches de fond", bool(vivants), "en marche" if vivants else "aucun travailleur en marche")
