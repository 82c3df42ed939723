"""How long the import of a large file of mesures takes, and how much memory.

    python -m emjpm.postgres --ephemere -- python -m bench.import [NUMBER OF LINES]

Writes an invented .xlsx file, imports it for a service in a test database of its own: all new, the same again,
one line in two changed, then undone. Seconds and queries are of this process, as the worker's; the memory is the
peak of `manage.py importer_mesures`, in a process of its own. Beside them, what COPY takes to put the same rows
into the same table, with its triggers, and without any check.
"""

from __future__ import annotations

import os
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "emjpm.settings.test")
django.setup()

from django.db import connection, transaction  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from openpyxl import Workbook  # noqa: E402

from accounts.models import User  # noqa: E402
from mandataires.models import Agrement, Declaration, Mandataire, Membre  # noqa: E402
from mandataires.services import verrouiller_charges  # noqa: E402
from mesures.compteurs import derives  # noqa: E402
from mesures.echanges.annulation import annuler_import  # noqa: E402
from mesures.echanges.ecriture import ecrire  # noqa: E402
from mesures.echanges.imports import demander_ecriture, lire, recevoir  # noqa: E402
from mesures.echanges.libelles import LIEUX_VIE, TYPES  # noqa: E402
from mesures.models import Import, Mesure  # noqa: E402
from tribunaux.models import Commune, Tribunal  # noqa: E402
from tribunaux.referentiels import charger  # noqa: E402

COMMUNES = 700  # where the mesures of a large service live
AUJOURD_HUI = date.today()  # noqa: DTZ011
ENTETE = (
    "date_nomination", "type", "code_postal", "ville", "civilite", "annee", "numero_rg", "numero_dossier",
    "residence", "tribunal_siret", "tribunal_cabinet", "antenne", "etablissement",
)  # fmt: skip


def creer(nom: str, tribunaux: list[Tribunal]) -> User:
    """A service without mesures."""
    user = User.objects.create(username=nom, email=f"{nom}@example.org", password="!")  # noqa: S106
    mandataire = Mandataire.objects.create(
        type=Mandataire.Type.SERVICE, nom=nom, source_total=Mandataire.SourceTotal.DECLARATION
    )
    Membre.objects.create(user=user, mandataire=mandataire, est_admin=True)
    for tribunal in tribunaux:
        Agrement.objects.create(mandataire=mandataire, tribunal=tribunal, du=date(2020, 1, 1))
    Declaration.objects.create(mandataire=mandataire, nombre=7000, by=user)
    return user


def classeur(nombre: int, tribunaux: list[Tribunal], *, change: bool = False) -> bytes:
    """One line in ten has no RG; `change` gives one line in two another chamber."""
    alea = random.Random(nombre)  # noqa: S311
    communes = alea.sample(list(Commune.objects.filter(codes_postaux__len__gt=0).order_by("pk")), COMMUNES)
    livre = Workbook(write_only=True)
    feuille = livre.create_sheet("mesures")
    feuille.append(ENTETE)
    residences = list(LIEUX_VIE.values())
    for numero in range(nombre):
        commune = alea.choice(communes)
        residence = alea.choice(residences)
        feuille.append(
            [
                AUJOURD_HUI - timedelta(days=alea.randint(400, 4000)),
                alea.choice(TYPES),
                commune.codes_postaux[0],
                commune.nom.upper(),
                alea.choice("FH"),
                alea.randint(1930, 2000),
                f"21/{numero:06d}" if numero % 10 else None,
                f"D-{numero}",
                residence,
                alea.choice(tribunaux).siret,
                str(numero % 5) if not (change and numero % 2) else "changé",
                "Antenne",
                f"Résidence {numero % 50}" if "établissement" in residence else None,
            ]
        )
    contenu = BytesIO()
    livre.save(contenu)
    return contenu.getvalue()


def chronometrer(titre: str, acte: Callable[[], object]) -> None:
    debut = time.perf_counter()
    with CaptureQueriesContext(connection) as requetes:
        acte()
    duree = time.perf_counter() - debut
    sys.stdout.write(f"{titre:44} {duree:5.1f} s  {len(requetes):3} requêtes\n")


def importer(user: User, contenu: bytes, titre: str) -> Import:
    import_ = recevoir(contenu=contenu, nom="mesures.xlsx", author=user, differer=False)
    chronometrer(f"{titre} : aperçu", lambda: lire(import_.pk))
    import_.refresh_from_db()
    if import_.nouvelles + import_.modifiees:
        demander_ecriture(import_=import_, author=user, differer=False)
        chronometrer(f"{titre} : enregistrement", lambda: ecrire(import_.pk))
        import_.refresh_from_db()
    figures = ("lues", "nouvelles", "modifiees", "inchangees", "rejetees", "absentes")
    sys.stdout.write(f"    {', '.join(f'{nom} {getattr(import_, nom)}' for nom in figures)}\n")
    return import_


def copier(de: User, vers: User) -> None:
    """The same rows by COPY alone."""
    colonnes = [champ.column for champ in Mesure._meta.local_concrete_fields if not champ.generated]
    colonnes.remove("id")
    lignes = list(Mesure.objects.filter(mandataire=de.membre.mandataire_id).values_list(*colonnes))
    rang = colonnes.index("mandataire_id")

    def copie() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            verrouiller_charges(vers.membre.mandataire_id)
            with cursor.copy(f"COPY mesures_mesure ({', '.join(colonnes)}) FROM STDIN") as copie:
                for ligne in lignes:
                    copie.write_row([*ligne[:rang], vers.membre.mandataire_id, *ligne[rang + 1 :]])

    chronometrer("COPY des mêmes lignes, déclencheurs compris", copie)


def memoire(user: User, contenu: bytes) -> None:
    adresse = re.sub(
        r"/[^/?@]+(?=\?|$)", f"/{connection.settings_dict['NAME']}", os.environ["DATABASE_URL"], count=1
    )
    with tempfile.TemporaryDirectory() as dossier:
        chemin = Path(dossier) / "mesures.xlsx"
        chemin.write_bytes(contenu)
        commande = [sys.executable, "manage.py", "importer_mesures", str(chemin), "--compte", user.username]
        debut = time.perf_counter()
        subprocess.run(  # noqa: S603
            [*commande, "--appliquer"],
            env={**os.environ, "DATABASE_URL": adresse},
            check=True,
            stdout=subprocess.DEVNULL,
        )
        duree = time.perf_counter() - debut
    pic = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    sys.stdout.write(f"{'manage.py importer_mesures --appliquer':44} {duree:5.1f} s  {pic:3} Mo au plus\n")


def main(nombre: int) -> None:
    base = connection.creation.create_test_db(verbosity=0)
    try:
        charger()
        tribunaux = list(Tribunal.objects.ouverts().exclude(siret=None).order_by("pk")[:5])
        grand, temoin, commande = (creer(nom, tribunaux) for nom in ("grand", "temoin", "commande"))
        contenu = classeur(nombre, tribunaux)
        sys.stdout.write(f"{nombre} lignes, {len(contenu) // 1000} ko\n")
        memoire(commande, contenu)
        importer(grand, contenu, "tout est nouveau")
        importer(grand, contenu, "le même fichier")
        change = importer(grand, classeur(nombre, tribunaux, change=True), "une ligne sur deux a changé")
        chronometrer("son annulation", lambda: annuler_import(import_=change, author=grand))
        copier(grand, temoin)
        assert derives() == []
    finally:
        connection.creation.destroy_test_db(base, verbosity=0)


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 7_000)
