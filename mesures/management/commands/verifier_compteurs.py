from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from mesures.compteurs import derives


class Command(BaseCommand):
    help = "Compare les compteurs (charge, présence, total déclaré) à ce qu'ils comptent ; échoue s'ils diffèrent."

    def handle(self, *args: Any, **options: Any) -> None:
        trouvees = derives()
        for derive in trouvees:
            lieu = f" commune {derive.commune}" if derive.compteur == "presence" else ""
            self.stdout.write(
                f"mandataire {derive.mandataire} {derive.compteur}{lieu} : "
                f"affiché {derive.affiche}, compté {derive.compte}"
            )
        if trouvees:
            raise CommandError(f"{len(trouvees)} compteur(s) faux.")
        self.stdout.write("Tous les compteurs sont justes.")
