"""How long `importer_finess` takes for a register of national size.

    python -m emjpm.postgres --ephemere -- python -m bench.finess [NUMBER OF ESTABLISHMENTS]

Writes an invented file, loads it into a test database of its own, four times: all new, the same file again,
nothing new but its date, one establishment in ten changed and one in a hundred gone. Prints seconds and
queries.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "emjpm.settings.test")
django.setup()

from django.db import connection  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from etablissements.importation import importer  # noqa: E402
from tribunaux.models import Commune  # noqa: E402
from tribunaux.referentiels import charger  # noqa: E402

NOMS = ("EHPAD LES OYATS", "FOYER DE VIE DU BEFFROI", "MAS DU MARAIS", "CENTRE HOSPITALIER DE LA DUNE")
LAMBERT_93 = "1,ATLASANTE,100,IGN,BD_ADRESSE,V2.2,LAMBERT_93"


def ecrire(chemin: Path, lignes: Iterator[str], du: str) -> None:
    with chemin.open("w", encoding="cp1252", newline="\n") as fichier:
        fichier.write(f"finess;etalab;111;{du}\n")
        fichier.writelines(f"{ligne}\n" for ligne in lignes)


def registre(nombre: int, communes: list[str], annee: int) -> Iterator[str]:
    """The lines of the file; those of another year differ."""
    gardes = [n for n in range(nombre) if annee == 0 or n % 100]
    for n in gardes:
        commune = communes[n * 7919 % len(communes)]
        nom = f"{NOMS[n % len(NOMS)]} {n}{' BIS' if annee and n % 10 == 1 else ''}"
        yield (
            f"structureet;{n:09d};{n // 3:09d};{nom};{nom} DÉMONSTRATION;;;{n % 90 + 1};R;"
            f"DES TILLEULS;;BP {n % 99};"
            f"{commune[2:]};{commune[:2]};DÉPARTEMENT;62100 CALAIS CEDEX;0300000000;0300000000;500;"
            "Etablissement d'hébergement pour personnes âgées dépendantes;4401;"
            "Etablissements d'Hébergement pour Personnes Âgées;00000000000000;8710A;45;ARS/PCD;;;"
            "2001-05-14;2001-05-14;2026-01-01;"
        )
    for n in gardes:
        yield f"geolocalisation;{n:09d};{400000 + n % 500000}.4;{6300000 + n % 600000}.9;{LAMBERT_93};2026-05-04"


def main(nombre: int) -> None:
    base = connection.creation.create_test_db(verbosity=0)
    try:
        charger()
        communes = list(
            Commune.objects.exclude(pk__startswith="97").exclude(pk__startswith="98").values_list("pk", flat=True)
        )
        with tempfile.TemporaryDirectory() as dossier:
            for titre, annee, du in (
                ("tout est nouveau", 0, "2026-05-12"),
                ("le même fichier", 0, "2026-05-12"),
                ("seule la date est nouvelle", 0, "2026-07-08"),
                ("un an plus tard", 1, "2027-05-12"),
            ):
                chemin = Path(dossier) / "finess.csv"
                ecrire(chemin, registre(nombre, communes, annee), du)
                debut = time.perf_counter()
                with CaptureQueriesContext(connection) as requetes:
                    bilan = importer(chemin)
                duree = time.perf_counter() - debut
                sys.stdout.write(
                    f"{titre} : {duree:.1f} s, {len(requetes)} requêtes, {chemin.stat().st_size / 1e6:.0f} Mo ; "
                    f"{bilan.lus} lus, {bilan.ajoutes} ajoutés, {bilan.modifies} modifiés, "
                    f"{bilan.inchanges} inchangés, {bilan.fermes} fermés, {bilan.rejetes} rejetés, "
                    f"{bilan.points_retenus} points, {len(bilan.remarques)} remarques\n"
                )
    finally:
        connection.creation.destroy_test_db(base, verbosity=0)


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 100_000)
