"""A real worker, in a process of its own, for the tests that kill something under it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from time import monotonic, sleep

from django.conf import settings
from django.db import connection


def adresse_de_la_base() -> str:
    """DATABASE_URL of the test's own database."""
    return re.sub(r"/[^/?@]+(?=\?|$)", f"/{connection.settings_dict['NAME']}", os.environ["DATABASE_URL"], count=1)


def lancer_travailleur(adresse: str | None = None) -> subprocess.Popen[bytes]:
    """One that does what waits, then ends."""
    return subprocess.Popen(
        [sys.executable, "manage.py", "procrastinate", "worker", "--one-shot"],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DATABASE_URL": adresse or adresse_de_la_base()},
    )


def quelqu_un_attend() -> bool:
    with connection.cursor() as cursor:
        # Not pg_stat_activity, of which a transaction sees the same picture to its end.
        cursor.execute("SELECT FROM pg_locks WHERE NOT granted")
        return cursor.fetchone() is not None


def attendre(condition: Callable[[], bool], secondes: float = 30) -> None:
    limite = monotonic() + secondes
    while not condition():
        assert monotonic() < limite
        sleep(0.05)
