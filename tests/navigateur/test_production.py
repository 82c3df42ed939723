"""The site as production serves it: hashed files, their styles really applied, its headers on every answer."""

from __future__ import annotations

import os
import re
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django.fixtures import Settings

from tests.conftest import Personnes
from tests.navigateur.test_accessibilite import PERSONNES, pages
from tests.test_access import adresse, client_de

EN_ADMIN = ("accounts/user", "mandataires/mandataire", "tribunaux/tribunal", "tribunaux/magistrat")


@pytest.fixture
def production(transactional_db: None, tmp_path: Path, settings: Settings) -> Iterator[str]:
    """The address of gunicorn under the production settings, on the database of the tests and with their key."""
    settings.SECRET_KEY = secrets.token_urlsafe(50)
    with socket.socket() as libre:
        libre.bind(("127.0.0.1", 0))
        port = libre.getsockname()[1]
    environnement = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "emjpm.settings.production",
        "DATABASE_URL": re.sub(
            r"/[^/?@]+(?=\?|$)", f"/{connection.settings_dict['NAME']}", os.environ["DATABASE_URL"], count=1
        ),
        "SECRET_KEY": settings.SECRET_KEY,
        "ALLOWED_HOSTS": "127.0.0.1",
        "EMAIL_URL": "smtp+tls://emjpm:secret@smtp.example.org:587",
        "DEFAULT_FROM_EMAIL": "emjpm@example.org",
        "CONTACT_EMAIL": "contact@example.org",
        "BASE_URL": "https://emjpm.example.org",
        "TRUSTED_PROXY_COUNT": "0",
        "SECURE_SSL_REDIRECT": "off",
        "STATIC_ROOT": str(tmp_path / "static"),
    }
    manage = [sys.executable, str(settings.BASE_DIR / "manage.py")]
    subprocess.run([*manage, "collectstatic", "--noinput", "-v0"], env=environnement, check=True)
    serveur = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "gunicorn",
            "emjpm.wsgi:application",
            "--no-control-socket",
            f"--bind=127.0.0.1:{port}",
        ],
        env=environnement,
        cwd=settings.BASE_DIR,
        stdout=subprocess.DEVNULL,
    )
    try:
        _attendre(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        serveur.terminate()
        serveur.wait(timeout=20)


def _attendre(port: int) -> None:
    for _ in range(150):
        with closing(HTTPConnection("127.0.0.1", port, timeout=2)) as visite:
            try:
                visite.request("GET", "/connexion/")
                visite.getresponse()
                return
            except OSError:
                time.sleep(0.2)
    pytest.fail("gunicorn ne répond pas")


def test_chaque_page_a_ses_fichiers(production: str, personnes: Personnes) -> None:
    """A file that a page names and that `collectstatic` leaves out is an error 500 in production alone."""
    adresses = {personne: adresses_de(personne, personnes) for personne in PERSONNES}
    adresses["admin"] = [f"/admin/{modele}/{action}" for modele in EN_ADMIN for action in ("", "add/")]
    obtenus = {}
    for personne, chemins in adresses.items():
        client = client_de(personnes, personne)
        temoin = {"Cookie": f"__Host-session={client.session.session_key}"} if personne != "anonyme" else {}
        with closing(HTTPConnection(production.removeprefix("http://"), timeout=30)) as visite:
            for chemin in chemins:
                visite.request("GET", chemin, headers=temoin)
                response = visite.getresponse()
                response.read()
                obtenus[personne, chemin] = response.status
    assert len(obtenus) > 80
    assert obtenus.pop(("anonyme", reverse("sante"))) == 503  # no worker runs
    assert {quoi: statut for quoi, statut in obtenus.items() if statut not in (200, 403, 404)} == {}


def adresses_de(personne: str, personnes: Personnes) -> list[str]:
    return [adresse(nom, personnes) for nom, _ in pages(personne) if nom != "account_logout"]


def test_styles_et_en_tetes(page: Page, production: str) -> None:
    response = page.goto(f"{production}/connexion/")
    assert response is not None
    assert response.status == 200
    headers = response.headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"

    feuilles = page.locator("link[rel=stylesheet]").evaluate_all("(liens) => liens.map((lien) => lien.href)")
    assert feuilles
    assert all(re.search(r"\.[0-9a-f]{12}\.", feuille) for feuille in feuilles), feuilles
    # The DSFR's button is blue: its sheet was read, and accepted.
    expect(page.get_by_role("button", name="Me connecter")).to_have_css("background-color", "rgb(0, 0, 145)")

    absente = page.request.get(f"{production}/absente/")
    assert absente.status == 404
    assert "default-src 'none'" in absente.headers["content-security-policy"]
    assert "Page introuvable" in absente.text()


@pytest.mark.parametrize(
    ("change", "phrase"),
    [
        ({"SECRET_KEY": "court"}, "SECRET_KEY doit être longue"),
        ({"DEBUG": "1"}, "DEBUG ne peut pas être activé"),
        ({"EMAIL_URL": "smtp://smtp.example.org:25"}, "EMAIL_URL doit chiffrer"),
        ({"EMAIL_URL": "consolemail://"}, "EMAIL_URL doit chiffrer"),
        ({"EMAIL_URL": "filemail:///tmp/mails"}, "EMAIL_URL doit chiffrer"),
        ({"ALLOWED_HOSTS": None}, "ALLOWED_HOSTS"),
        ({"CONTACT_EMAIL": None}, "CONTACT_EMAIL"),
        ({"BASE_URL": None}, "BASE_URL"),
        ({"BASE_URL": "http://emjpm.example.org"}, "BASE_URL"),
        ({"TRUSTED_PROXY_COUNT": None}, "TRUSTED_PROXY_COUNT"),
    ],
)
def test_un_reglage_dangereux_empeche_le_depart(change: dict[str, str | None], phrase: str) -> None:
    environnement = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "emjpm.settings.production",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "ALLOWED_HOSTS": "emjpm.example.org",
        "EMAIL_URL": "smtp+tls://emjpm:secret@smtp.example.org:587",
        "DEFAULT_FROM_EMAIL": "emjpm@example.org",
        "CONTACT_EMAIL": "contact@example.org",
        "BASE_URL": "https://emjpm.example.org",
        "TRUSTED_PROXY_COUNT": "0",
    }
    for nom, valeur in change.items():
        if valeur is None:
            del environnement[nom]
        else:
            environnement[nom] = valeur
    essai = subprocess.run(
        [sys.executable, "-c", "from django.conf import settings; settings.DEBUG"],
        env=environnement,
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
    )
    assert essai.returncode != 0
    assert phrase in essai.stderr
