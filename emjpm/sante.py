"""What the health page looks at: the database, its migrations, the worker."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db import Error, connection
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


def _migrations() -> Examen:
    executor = MigrationExecutor(connection)
    restantes = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    constat = f"{restantes} à appliquer" if restantes else "toutes appliquées"
    return Examen("Migrations", not restantes, constat)


def _travailleur() -> Examen:
    vivants = ProcrastinateWorker.objects.filter(
        last_heartbeat__gte=timezone.now() - SILENCE_DU_TRAVAILLEUR
    ).count()
    return Examen("Tâches de fond", bool(vivants), "en marche" if vivants else "aucun travailleur en marche")
