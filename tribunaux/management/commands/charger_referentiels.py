from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from tribunaux.referentiels import charger


class Command(BaseCommand):
    help = (
        "Charge les régions, les départements, les communes et les tribunaux fournis avec le produit. "
        "Peut être relancée : ce qui a été modifié sur place est conservé, rien n'est supprimé."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        for bilan in charger():
            self.stdout.write(
                f"{bilan.titre} – ajoutés : {bilan.ajoutes}, mis à jour : {bilan.mis_a_jour}, "
                f"inchangés : {bilan.inchanges}, modifiés localement et laissés : {bilan.laisses}"
            )
