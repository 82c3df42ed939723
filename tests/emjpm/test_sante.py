from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateWorker

from accounts.models import User
from emjpm import sante

pytestmark = pytest.mark.django_db


def battre(depuis: timedelta) -> None:
    """A worker that last signed `depuis` ago. Procrastinate forbids writing by its models."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (%s)", [timezone.now() - depuis])


def test_tout_va_bien(client: Client) -> None:
    battre(timedelta(seconds=5))
    response = client.get("/sante/")
    assert response.status_code == 200
    assert "en marche" in response.content.decode()


@pytest.mark.parametrize("silence", [None, timedelta(minutes=2)])
def test_sans_travailleur(client: Client, silence: timedelta | None) -> None:
    if silence:
        battre(silence)
    response = client.get("/sante/")
    assert response.status_code == 503
    assert "aucun travailleur" in response.content.decode()
    assert ProcrastinateWorker.objects.count() == (1 if silence else 0)


def test_une_migration_manque(client: Client) -> None:
    battre(timedelta(seconds=5))
    MigrationRecorder(connection).migration_qs.filter(app="usersessions").delete()
    response = client.get("/sante/")
    assert response.status_code == 503
    assert "1 à appliquer" in response.content.decode()
    with pytest.raises(ImproperlyConfigured, match="1 migration"):
        sante.exiger_les_migrations()
    erreurs = run_checks(tags=["database"], include_deployment_checks=True, databases=["default"])
    assert "emjpm.E001" in {erreur.id for erreur in erreurs}


def test_base_muette(client: Client, prepose: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """The session of whoever looks cannot be read either: the page does without."""
    client.force_login(prepose)

    def muette(*args: object, **kwargs: object) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(connection, "cursor", muette)
    response = client.get("/sante/")
    monkeypatch.undo()
    assert response.status_code == 503
    assert "ne répond pas" in response.content.decode()
