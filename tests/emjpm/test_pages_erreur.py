"""Each error page: its status, the site's look, plain words, a way back; even when the database is down."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from allauth.core.ratelimit import respond_429
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import BadRequest
from django.db import OperationalError, connection
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.urls import path
from django.utils.functional import SimpleLazyObject

from accounts.models import User
from accounts.refus import Refus
from emjpm.urls import handler400, handler403, handler404, handler500  # noqa: F401  (read by Django)
from emjpm.urls import urlpatterns as urls_du_site
from tests.strict import ClientStrict

ERREURS: dict[str, Exception] = {
    "demande": BadRequest(),
    "refus": Refus("Seul un mandataire enregistre une mesure & la modifie."),
    "refus-muet": Refus(),
    "absent": Http404(),
    "panne": RuntimeError("secret"),
    "base": OperationalError("secret"),
}


@login_not_required
def echouer(request: HttpRequest, cas: str) -> HttpResponse:
    if cas == "trop":
        return respond_429(request)
    raise ERREURS[cas]


urlpatterns = [*urls_du_site, path("echouer/<slug:cas>/", echouer)]
pytestmark = [pytest.mark.urls(__name__), pytest.mark.django_db]


@pytest.fixture
def client() -> ClientStrict:
    return ClientStrict(raise_request_exception=False)


@contextmanager
def base_muette() -> Iterator[None]:
    def refuser(*args: Any) -> None:
        raise OperationalError("secret")

    with connection.execute_wrapper(refuser):
        yield


def verifier_page(response: HttpResponse, statut: int, titre: str) -> None:
    contenu = response.content.decode()
    assert response.status_code == statut
    assert f"<h1>{titre}</h1>" in contenu
    assert contenu.count("<h1") == 1
    assert f"<title>{titre} – e-MJPM</title>" in contenu
    assert '<a class="fr-btn" href="/">Revenir à l\'accueil</a>' in contenu
    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert "secret" not in contenu


@pytest.mark.parametrize(
    ("cas", "statut", "titre"),
    [
        ("demande", 400, "Demande incompréhensible"),
        ("refus", 403, "Accès refusé"),
        ("refus-muet", 403, "Accès refusé"),
        ("absent", 404, "Page introuvable"),
        ("trop", 429, "Trop de tentatives"),
        ("panne", 500, "Une erreur s'est produite"),
        ("base", 503, "Service momentanément indisponible"),
    ],
)
def test_page_d_erreur(client: ClientStrict, cas: str, statut: int, titre: str) -> None:
    verifier_page(client.get(f"/echouer/{cas}/"), statut, titre)


def test_adresse_inconnue(client: ClientStrict) -> None:
    verifier_page(client.get("/nulle-part/"), 404, "Page introuvable")


def test_page_d_erreur_pour_un_utilisateur_connecte(client: ClientStrict, sans_rattachement: User) -> None:
    client.force_login(sans_rattachement)

    response = client.get("/nulle-part/")

    verifier_page(response, 404, "Page introuvable")
    assert "Se déconnecter" in response.content.decode()


def test_jeton_csrf_absent() -> None:
    client = ClientStrict(enforce_csrf_checks=True)

    response = client.post("/connexion/", {"login": "x", "password": "y"})

    verifier_page(response, 403, "Le formulaire n'a pas pu être envoyé")


def test_refus_dit_sa_raison_sans_l_interpreter(client: ClientStrict) -> None:
    contenu = client.get("/echouer/refus/").content.decode()

    assert "Seul un mandataire enregistre une mesure &amp; la modifie." in contenu


def test_refus_muet_dit_quand_meme_quelque_chose(client: ClientStrict) -> None:
    assert "n'est pas ouvert à votre compte" in client.get("/echouer/refus-muet/").content.decode()


@pytest.mark.parametrize("adresse", ["/compte/", "/nulle-part/"])
def test_base_muette_donne_503_meme_a_qui_est_connecte(client: ClientStrict, prepose: User, adresse: str) -> None:
    """The page of the trouble reads neither session, nor user: it would fail in its turn."""
    client.force_login(prepose)

    with base_muette():
        response = client.get(adresse)

    verifier_page(response, 503, "Service momentanément indisponible")
    assert response["Retry-After"] == "30"


def _illisible() -> Any:
    raise AssertionError("Lu, alors que la base peut être muette.")


@pytest.mark.parametrize("gabarit", ["400.html", "429.html", "500.html", "503.html", "emjpm/sante.html"])
def test_page_sans_session_ne_lit_ni_utilisateur_ni_messages(rf: RequestFactory, gabarit: str) -> None:
    request = rf.get("/")
    request.user = SimpleLazyObject(_illisible)  # type: ignore[assignment]
    request.session = SimpleLazyObject(_illisible)  # type: ignore[assignment]
    request._messages = SimpleLazyObject(_illisible)  # type: ignore[attr-defined]

    contenu = render_to_string(gabarit, {"examens": [], "en_ordre": False}, request=request)

    assert "</html>" in contenu


def test_sante_repond_sans_base(client: ClientStrict) -> None:
    with base_muette():
        response = client.get("/sante/")

    contenu = response.content.decode()
    assert response.status_code == 503
    assert "<h1>État du service</h1>" in contenu
    assert "ne répond pas" in contenu
