"""PostgreSQL killed while the worker writes an import: a real one, with its own data, that starts again."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import environ
import psycopg
import pytest
from django.apps import apps
from django.db import connection, connections
from django.urls import reverse

from emjpm.postgres import PostgresEmbarque, trouver_binaires
from mandataires.models import Charge, Presence
from mesures.compteurs import derives
from mesures.echanges import ecriture, imports
from mesures.models import Import, ImportLigne, Mesure
from tests.factories import AgrementFactory, CommuneFactory, MembreFactory, MesureFactory, TribunalFactory
from tests.mesures.echanges.aides import apercu, ligne_type
from tests.mesures.echanges.travailleur import (
    adresse_de_la_base,
    attendre,
    lancer_travailleur,
    quelqu_un_attend,
)
from tests.strict import ClientStrict, texte_lu


@pytest.fixture
def postgres(db: None, tmp_path: Path) -> Iterator[PostgresEmbarque]:
    """A PostgreSQL that a test may kill; Django is connected to it meanwhile, out of any transaction."""
    with PostgresEmbarque(tmp_path / "pg") as postgres:
        _copier_la_base(postgres, tmp_path / "base.dump")
        habituelle = connections["default"]
        acces = environ.Env.db_url_config(postgres.url)
        connections["default"] = type(habituelle)({**habituelle.settings_dict, **acces}, "default")
        try:
            yield postgres
        finally:
            connection.close()
            connections["default"] = habituelle


def _copier_la_base(postgres: PostgresEmbarque, fichier: Path) -> None:
    """What the tests' own database holds before a test: a second, where the migrations take eight."""
    binaires = trouver_binaires()
    subprocess.run([binaires / "pg_dump", "-Fc", "-f", fichier, adresse_de_la_base()], check=True)
    subprocess.run([binaires / "pg_restore", "--no-owner", "-d", postgres.url, fichier], check=True)


def test_postgres_tue_au_milieu(
    postgres: PostgresEmbarque, client: ClientStrict, monkeypatch: pytest.MonkeyPatch
) -> None:
    calais = CommuneFactory(calais=True)
    tribunal = TribunalFactory(commune=calais)
    membre = MembreFactory()
    AgrementFactory(mandataire=membre.mandataire, tribunal=tribunal)
    connue = MesureFactory(mandataire=membre.mandataire, tribunal=tribunal, numero_rg="22/00001")
    client.force_login(membre.user)
    client.raise_request_exception = False
    import_ = apercu(membre.user, *(ligne_type(tribunal, numero_rg=n) for n in ("6", "7", "22/00001")))
    imports.demander_ecriture(import_=import_, author=membre.user)
    avant = _photographier()

    # The row that the import changes is held: the worker has inserted its lines, and waits there.
    autre = psycopg.connect(postgres.url)
    autre.execute("SELECT FROM mesures_mesure WHERE id = %s FOR UPDATE", [connue.pk])
    with lancer_travailleur(postgres.url) as travailleur:
        try:
            attendre(quelqu_un_attend)
            _tuer(postgres)
            assert client.get(reverse("mesures_en_cours")).status_code == 503
            postgres.start()
        finally:
            travailleur.kill()  # it would take seconds to end by itself
            autre.close()
            connection.close()

    assert _photographier() == avant
    monkeypatch.setattr(imports, "SILENCE", timedelta(0))  # that worker will not sign again
    page = texte_lu(client.get(reverse("import_detail", args=[import_.pk])))
    assert "Import interrompu" in page
    assert ecriture.RIEN_ENREGISTRE in page
    client.post(reverse("import_relancer", args=[import_.pk]))
    with lancer_travailleur(postgres.url) as second:
        assert second.wait(timeout=60) == 0
    import_.refresh_from_db()
    assert (import_.etat, import_.nouvelles, import_.modifiees) == (Import.Etat.FAIT, 2, 1)
    ecriture.ecrire(import_.pk)  # once more, by a worker that had not heard
    assert sorted(Mesure.objects.values_list("numero_rg", "version")) == [("22/00001", 1), ("6", 0), ("7", 0)]
    assert derives() == []


def _photographier() -> list[list[dict[str, object]]]:
    """All that the writing of an import touches, but for its state."""
    tables = (Mesure, apps.get_model("mesures", "MesureHistorique"), ImportLigne, Charge, Presence)
    return [list(table.objects.order_by("pk").values()) for table in tables]


def _tuer(postgres: PostgresEmbarque) -> None:
    """By kill -9, as when the machine lacks memory; `stop` then only puts the folder down."""
    assert postgres.processus is not None
    postgres.processus.kill()
    postgres.processus.wait(timeout=10)
    postgres.stop()
