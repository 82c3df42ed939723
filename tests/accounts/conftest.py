from __future__ import annotations

import re

import pytest
from django.conf import settings
from django.core.mail import EmailMessage

from accounts.models import User
from tests.factories import MOT_DE_PASSE, UserFactory
from tests.strict import ClientStrict


@pytest.fixture
def dupont(db: None) -> User:
    return UserFactory(username="Dupont", email="j.dupont@example.org", first_name="Jeanne", last_name="Dupont")


@pytest.fixture
def martin(db: None) -> User:
    """Somebody else, whom nothing of dupont's may touch."""
    return UserFactory(username="martin", email="martin@example.org")


class Visiteur:
    """A browser with cookies of its own, and what is done most in it."""

    def __init__(self) -> None:
        self.client = ClientStrict()

    def connecter(self, identifiant: str, mot_de_passe: str = MOT_DE_PASSE) -> bool:
        """Log in by the page itself, as it keeps the list of sessions; whether it worked."""
        self.client.post("/connexion/", {"login": identifiant, "password": mot_de_passe})
        return self.est_connecte()

    def est_connecte(self) -> bool:
        return self.client.get("/compte/").status_code == 200


@pytest.fixture
def visiteur() -> Visiteur:
    return Visiteur()


@pytest.fixture
def autre_visiteur() -> Visiteur:
    return Visiteur()


def lien_de(courriel: EmailMessage) -> str:
    """The path of the link that a mail holds."""
    liens = re.findall(rf"{settings.BASE_URL}(/\S*)", courriel.body)
    assert liens, courriel.body
    return liens[0]
