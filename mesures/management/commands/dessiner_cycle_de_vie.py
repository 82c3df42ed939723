"""Write `docs/cycle_de_vie.md` from the table of transitions; a test holds the two equal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from mesures.transitions import diagramme

TEXTE = """# La vie d'une mesure

Dessinée par `manage.py dessiner_cycle_de_vie` à partir de `mesures/transitions.py`, d'où viennent
aussi la fonction `passer` et le déclencheur `mesure_transitions` de la base.

```mermaid
{diagramme}
```
"""


def fichier() -> Path:
    return Path(settings.BASE_DIR) / "docs" / "cycle_de_vie.md"


def texte() -> str:
    return TEXTE.format(diagramme=diagramme())


class Command(BaseCommand):
    help = "Dessine la vie d'une mesure dans docs/cycle_de_vie.md."

    def handle(self, *args: Any, **options: Any) -> None:
        fichier().write_text(texte(), encoding="utf-8")
        self.stdout.write(f"{fichier()} écrit")
