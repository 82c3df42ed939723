"""Chromium for the tests that walk the site as people do: one browser a worker, one context a test."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from playwright.sync_api import BrowserContext, Locator, Page, expect
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from tests.factories import EtablissementFactory
from tribunaux.models import Commune

CHROMIUM = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

AXE = Axe()
LIGNES_EN_TROP = "tbody tr:nth-child(n+13)"  # what a dozen rows of a table do not show, fifty do not either

# Playwright runs an event loop in the thread of the test, which Django takes for asynchronous code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

expect.set_options(timeout=10_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/navigateur" in str(item.path):
            item.add_marker("navigateur")


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    chemin = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM)), None)
    assert chemin, "Chromium manque : installez-le (sur Debian, « apt install chromium »)."
    return {
        "executable_path": chemin,
        "args": [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ],
    }


@pytest.fixture(scope="session")
def browser_context_args() -> dict[str, Any]:
    return {"locale": "fr-FR", "timezone_id": "Europe/Paris", "viewport": {"width": 1366, "height": 900}}


@pytest.fixture
def plaintes(context: BrowserContext) -> list[str]:
    """What the console of any page of this test has complained of, and what was asked of another host."""
    trouvees: list[str] = []

    def suivre(page: Page) -> None:
        page.on(
            "console",
            lambda message: trouvees.append(message.text) if message.type in ("error", "warning") else None,
        )
        page.on("pageerror", lambda erreur: trouvees.append(str(erreur)))
        page.on(
            "request",
            lambda requete: (
                None
                if requete.url.startswith(("http://localhost", "http://127.0.0.1", "data:", "blob:"))
                else trouvees.append(f"vers un autre hôte : {requete.url}")
            ),
        )

    context.on("page", suivre)
    return trouvees


@pytest.fixture
def page(plaintes: list[str], context: BrowserContext) -> Iterator[Page]:
    """A page whose test fails on any complaint of its console, and that acts once its scripts have run.

    Playwright clicks as soon as a button is painted. On a busy machine that is before the modules have run, and
    the test would meet the page as it works without JavaScript.
    """
    page = context.new_page()
    page.set_default_timeout(10_000)
    page.add_init_script(
        "addEventListener('DOMContentLoaded', () => document.documentElement.toggleAttribute('data-pret', true))"
    )
    page.add_locator_handler(
        page.locator("html:not([data-pret])"), lambda: page.wait_for_load_state("domcontentloaded")
    )
    yield page
    attendues = [p for p in plaintes if "the server responded with a status of" not in p]
    assert not attendues, attendues


@pytest.fixture(autouse=True)
def _adresse_du_site(request: pytest.FixtureRequest, settings: Settings) -> None:
    """The links of mails lead to the site that the test walks."""
    if "live_server" in request.fixturenames:
        settings.BASE_URL = request.getfixturevalue("live_server").url


@pytest.fixture
def vrais_tribunaux(transactional_db: None) -> None:
    """The real courts and communes, and two establishments of Calais."""
    call_command("charger_referentiels", verbosity=0)
    calais = Commune.objects.get(pk="62193")
    EtablissementFactory(nom="EHPAD Les Oyats", commune=calais)
    EtablissementFactory(nom="Foyer du Beffroi", commune=calais)


def se_connecter_par_la_page(page: Page, live_server: LiveServer, identifiant: str, mot_de_passe: str) -> None:
    """Log in as a person does, from the home page."""
    page.goto(live_server.url)
    page.get_by_role("banner").get_by_role("link", name="Se connecter").click()
    page.get_by_label("Identifiant").fill(identifiant)
    page.get_by_label(re.compile("^Mot de passe")).fill(mot_de_passe)
    page.get_by_role("button", name="Me connecter").click()
    expect(page.get_by_role("button", name="Se déconnecter")).to_be_visible()


def se_connecter(page: Page, live_server: LiveServer, user: User) -> None:
    """Land where the login leads `user`, for a journey that begins there: the session is given, not asked for."""
    ouvrir_session(page, live_server, user)
    page.goto(live_server.url)
    expect(page.get_by_role("button", name="Se déconnecter")).to_be_visible()


def ouvrir_session(page: Page, live_server: LiveServer, user: User) -> None:
    client = Client()
    client.force_login(user)
    nom = settings.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": nom, "value": client.cookies[nom].value, "url": live_server.url}])


def se_connecter_en_admin(page: Page, live_server: LiveServer, admin: User) -> None:
    """The team's space is where the login leads them."""
    ouvrir_session(page, live_server, admin)
    page.goto(f"{live_server.url}/admin/")


def ouvrir_bulle(carte: Locator, lieu: str, titre: str) -> Locator:
    """Click on a place of a map until what it says is open: a map that still moves takes the click elsewhere."""
    bulle = carte.get_by_role("dialog", name=titre)
    for _ in range(5):
        carte.get_by_role("button", name=lieu).click()
        try:
            expect(bulle).to_be_visible(timeout=2_000)
        except AssertionError:
            continue
        return bulle
    raise AssertionError(f"« {titre} » ne s'ouvre pas")


def verifier_accessibilite(page: Page) -> None:
    """Axe has nothing to say of the page as it stands, once what fades in has its colours."""
    page.evaluate("Promise.allSettled(document.getAnimations().map((animation) => animation.finished))")
    contexte = {"exclude": [[LIGNES_EN_TROP]]} if page.locator(LIGNES_EN_TROP).count() else None
    options = {"resultTypes": ["violations"]}  # what passes is not described
    resultat = AXE.run(page, context=contexte, options=options)
    assert resultat.violations_count == 0, f"{page.url}\n{resultat.generate_report()}"


def verifier_largeur(page: Page, largeur: int = 320) -> None:
    """Nothing overflows sideways on a narrow screen."""
    page.set_viewport_size({"width": largeur, "height": 800})
    depassement = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert depassement <= 0, f"{page.url} dépasse de {depassement} px à {largeur} px"
    page.set_viewport_size({"width": 1366, "height": 900})
