"""Command line: see the package."""

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from emjpm.postgres import DOSSIER, DossierOccupe, ErreurPostgres, PostgresEmbarque
from emjpm.postgres.processus import Relais

MEMOIRE = Path("/dev/shm")  # noqa: S108 (folders of our own are made in it)
MEMOIRE_LIBRE = 4 * 1024**3  # bytes: three databases of tests, and what they wrote


def _ou_poser() -> str | None:
    """In memory where there is plenty, and where nobody says: what is thrown away has nothing to do on a disk."""
    if os.environ.get("TMPDIR") or not os.access(MEMOIRE, os.W_OK | os.X_OK):
        return None
    if shutil.disk_usage(MEMOIRE).free > MEMOIRE_LIBRE:
        return str(MEMOIRE)
    return None


@contextlib.contextmanager
def _base(ephemere: bool, abandonner: Callable[[], bool]) -> Iterator[PostgresEmbarque]:
    if ephemere:
        with (
            tempfile.TemporaryDirectory(prefix="emjpm-", dir=_ou_poser(), ignore_cleanup_errors=True) as dossier,
            PostgresEmbarque(Path(dossier), durable=False, abandonner=abandonner) as postgres,
        ):
            yield postgres
        return
    postgres = PostgresEmbarque(DOSSIER, abandonner=abandonner)
    try:
        try:
            postgres.start()
        except DossierOccupe:  # by `make run`, for instance: its server does for us too
            postgres.attendre()
        yield postgres
    finally:
        postgres.stop()


def main(arguments: Sequence[str]) -> int:
    position = list(arguments).index("--") if "--" in arguments else 0
    options, commande = arguments[:position], arguments[position + 1 :]
    if not commande or list(options) not in ([], ["--ephemere"]):
        sys.stderr.write("Usage : python -m emjpm.postgres [--ephemere] -- COMMANDE ARGUMENTS…\n")
        return 2
    if shutil.which(commande[0]) is None:
        sys.stderr.write(f"Commande introuvable : {commande[0]}\n")
        return 127
    if os.environ.get("DATABASE_URL"):
        os.execvp(commande[0], list(commande))  # noqa: S606 -- to run a command is what this is for
    relais = Relais()
    try:
        with _base(bool(options), lambda: bool(relais.recus)) as postgres:
            return relais.executer(commande, postgres.environnement())
    except ErreurPostgres as erreur:
        if relais.recus:
            return 128 + relais.recus[0]
        sys.stderr.write(f"{erreur}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
