"""Bring a database to the present state of the code. Each step is idempotent; `make run` runs it at each start."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand

from emjpm.demonstration.donnees import creer


class Command(BaseCommand):
    help = "Prépare la base : migrations, table de cache, référentiels, et données de démonstration si demandé."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--demonstration", action="store_true", help="ajoute des comptes et des mesures inventés"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write("Migrations…")
        call_command("migrate", verbosity=0, interactive=False)
        call_command("createcachetable", verbosity=0)
        self.stdout.write("Référentiels…")
        call_command("charger_referentiels", stdout=self.stdout)
        if options["demonstration"]:
            self.stdout.write("Données de démonstration…")
            self.stdout.write("  créées" if creer() else "  déjà présentes")
