"""How long the files of a large service take to write, and how much memory.

    python -m emjpm.postgres --ephemere -- python -m bench.export [NUMBER OF MESURES]

Asks the views for their files as a browser would, in this process, for a service that has a tenth of the mesures
and for one that has them all: the memory is the peak of what Python allocates meanwhile, which must not follow
their number.
"""

from __future__ import annotations

import os
import sys
import time
import tracemalloc

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "emjpm.settings.test")
django.setup()

from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from accounts.models import User  # noqa: E402
from bench.mesures import creer  # noqa: E402
from tribunaux.models import Magistrat, Tribunal  # noqa: E402
from tribunaux.referentiels import charger  # noqa: E402

DU_SERVICE = (
    "/mesures/exporter/",
    "/mesures/exporter/?format=csv",
    "/mesures/exporter/?liste=eteintes",
    "/compte/mes-donnees/",
)
DU_TRIBUNAL = ("/tribunal/mesures/exporter/", "/tribunal/mesures/exporter/?format=csv")


def telecharger(client: Client, url: str) -> int:
    response = client.get(url)
    assert response.status_code == 200, url
    return sum(len(morceau) for morceau in response)


def mesurer(user: User, urls: tuple[str, ...]) -> None:
    client = Client()
    client.force_login(user)
    for url in urls:
        telecharger(client, url)  # what is loaded only once
        debut = time.perf_counter()
        with CaptureQueriesContext(connection) as requetes:
            taille = telecharger(client, url)
        duree, nombre = time.perf_counter() - debut, len(requetes)  # the next request empties their list
        tracemalloc.start()
        telecharger(client, url)
        pic = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        sys.stdout.write(
            f"  {url:38} {duree:5.1f} s  {nombre:2} requêtes  {taille / 1000:5.0f} ko  "
            f"{pic / 1_000_000:5.1f} Mo au plus\n"
        )


def main(nombre: int) -> None:
    base = connection.creation.create_test_db(verbosity=0)
    try:
        charger()
        for un_nombre in (nombre // 10, nombre):
            sys.stdout.write(f"{un_nombre} mesures en cours, autant d'éteintes\n")
            tribunal = Tribunal.objects.ouverts().filter(magistrats=None).order_by("pk")[0]
            mesurer(creer(f"service{un_nombre}", un_nombre, tribunal), DU_SERVICE)
            juge = User.objects.create(username=f"juge{un_nombre}", email=f"juge{un_nombre}@example.org")
            Magistrat.objects.create(user=juge, tribunal=tribunal)
            mesurer(juge, DU_TRIBUNAL)
    finally:
        connection.creation.destroy_test_db(base, verbosity=0)


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 7_000)
