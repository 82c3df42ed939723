"""What the database holds true of accounts (R18, D16)."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts.models import Courriel, User
from accounts.services import trouver_compte
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("champs", "contrainte"),
    [
        ({"username": "DUPONT"}, "user_identifiant_unique"),
        ({"email": "j.dupont@example.org"}, "user_email_unique"),
        ({"email": "J.Nouveau@example.org"}, "user_email_en_minuscules"),
        ({"username": "a@b"}, "user_identifiant_sans_arobase"),
    ],
)
def test_database_refuses(dupont: User, champs: dict[str, str], contrainte: str) -> None:
    with pytest.raises(IntegrityError, match=contrainte), transaction.atomic():
        UserFactory(**champs)


@pytest.mark.parametrize(
    ("champs", "message"),
    [
        ({"username": "DUPONT"}, "Cet identifiant est déjà pris : choisissez-en un autre."),
        ({"email": "J.DUPONT@example.org"}, "Cette adresse e-mail est déjà celle d'un compte."),
        ({"username": "a@b"}, "L'identifiant ne peut pas contenir le signe « @ »."),
    ],
)
def test_validation_says_it_in_french(dupont: User, champs: dict[str, str], message: str) -> None:
    with pytest.raises(ValidationError) as erreur:
        User(**{"username": "nouveau", "password": "!", **champs}).full_clean()
    assert message in erreur.value.messages


def test_emails_that_differ_by_a_dot_are_two(dupont: User) -> None:
    UserFactory(username="autre", email="jdupont@example.org")


def test_several_accounts_may_have_no_email(db: None) -> None:
    UserFactory.create_batch(2, email="")


def test_name_is_the_person_s_else_the_identifiant() -> None:
    assert str(User(username="x", first_name="Jeanne", last_name="Dupont")) == "Jeanne Dupont"
    assert str(User(username="x")) == "x"


def test_courriel_does_not_tell_what_it_holds() -> None:
    courriel = Courriel(pk=7, destinataire="a@example.org", objet="secret", corps="secret")
    assert str(courriel) == "Courriel 7"


@pytest.mark.parametrize("saisie", ["dupont", " DUPONT ", "J.Dupont@example.ORG"])
def test_trouver_compte(dupont: User, martin: User, saisie: str) -> None:
    assert trouver_compte(saisie) == dupont


@pytest.mark.parametrize("saisie", ["", "  ", "dup", "dupont@", "jdupont@example.org", "%", "_upont"])
def test_trouver_compte_finds_nobody(dupont: User, saisie: str) -> None:
    UserFactory(username="sans_adresse", email="")
    assert trouver_compte(saisie) is None
