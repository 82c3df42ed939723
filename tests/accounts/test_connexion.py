"""Login and logout (R15 to R22, S3, S6, S8, D16)."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

import pytest
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.hashers import MD5PasswordHasher
from django.test import override_settings
from django.urls import reverse

from accounts.adapter import ECHEC_DE_CONNEXION
from accounts.models import User
from tests.accounts.conftest import Visiteur
from tests.factories import MOT_DE_PASSE, UserFactory
from tests.strict import ClientStrict

pytestmark = pytest.mark.django_db


def connexion(client: ClientStrict, login: str, password: str, **extra: str):
    return client.post("/connexion/", {"login": login, "password": password, **extra})


def test_page_shows_the_words_of_the_guides(client: ClientStrict) -> None:
    page = client.get("/connexion/").content.decode()
    for texte in (
        "Identifiant ou adresse e-mail",
        "Mot de passe",
        "Me connecter",
        "Mot de passe oublié ?",
        "Vous n'avez pas reçu vos identifiants ?",
        '<a href="mailto:contact@emjpm.example.org">Contactez-nous</a>',
        "Les majuscules et les espaces comptent.",
        'autocomplete="username"',
        'autocomplete="current-password"',
    ):
        assert texte in page, texte
    assert "remember" not in page
    assert "placeholder" not in page


@pytest.mark.parametrize(
    "saisie",
    [
        "Dupont",
        "dupont",
        "DUPONT",
        "  Dupont ",
        "j.dupont@example.org",
        "J.Dupont@EXAMPLE.org",
        " j.dupont@example.org ",
    ],
)
def test_login_takes_identifiant_or_email_whatever_the_case(
    client: ClientStrict, dupont: User, saisie: str
) -> None:
    response = connexion(client, saisie, MOT_DE_PASSE)
    assert (response.status_code, response["Location"]) == (302, "/")
    assert client.session[SESSION_KEY] == str(dupont.pk)


def test_login_email_given_with_capitals(client: ClientStrict) -> None:
    user = User.objects.create_user("lebrun", "A.Lebrun@Example.org", MOT_DE_PASSE)
    connexion(client, "a.lebrun@example.org", MOT_DE_PASSE)
    assert client.session[SESSION_KEY] == str(user.pk)


def test_login_dots_of_an_email_count(client: ClientStrict, dupont: User) -> None:
    autre = UserFactory(username="autre", email="jdupont@example.org")
    connexion(client, "jdupont@example.org", MOT_DE_PASSE)
    assert client.session[SESSION_KEY] == str(autre.pk)


def test_login_by_an_email_that_is_not_confirmed_is_refused(client: ClientStrict, dupont: User) -> None:
    dupont.emailaddress_set.create(email="nouvelle@example.org")
    assert connexion(client, "nouvelle@example.org", MOT_DE_PASSE).status_code == 200


@pytest.mark.parametrize(
    "essai", [" pass phrase", "pass phrase ", "pass phrase", " Pass phrase ", "  pass phrase "]
)
def test_password_is_never_trimmed_nor_folded(client: ClientStrict, essai: str) -> None:
    UserFactory(username="espaces", password=" pass phrase ")
    assert connexion(client, "espaces", essai).status_code == 200
    assert connexion(client, "espaces", " pass phrase ").status_code == 302


@pytest.fixture
def refus() -> dict[str, tuple[str, str]]:
    """Every way to be refused, with the right password wherever it says nothing of the account."""
    UserFactory(username="actif")
    UserFactory(username="inactif", is_active=False)
    UserFactory(username="sans_mot_de_passe").set_unusable_password()
    User.objects.filter(username="sans_mot_de_passe").update(password="!")
    return {
        "mauvais mot de passe": ("actif", "faux"),
        "mauvais mot de passe, e-mail": ("actif@example.org", "faux"),
        "identifiant inconnu": ("inconnu", MOT_DE_PASSE),
        "e-mail inconnu": ("inconnu@example.org", MOT_DE_PASSE),
        "ni l'un ni l'autre": ("inconnu@", MOT_DE_PASSE),
        "compte inactif, mauvais mot de passe": ("inactif", "faux"),
        "compte sans mot de passe": ("sans_mot_de_passe", MOT_DE_PASSE),
        "compte sans mot de passe, son marqueur": ("sans_mot_de_passe", "!"),
    }


def test_every_refusal_reads_the_same(client: ClientStrict, refus: dict[str, tuple[str, str]]) -> None:
    for cas, (login, password) in refus.items():
        response = connexion(client, login, password)
        assert response.status_code == 200, cas
        assert response.context["form"].errors == {"__all__": [ECHEC_DE_CONNEXION]}, cas
        page = response.content.decode()
        assert ECHEC_DE_CONNEXION in page
        assert f'value="{login}"' in page, "the identifiant stays"
        assert password == "!" or password not in page
        assert SESSION_KEY not in client.session


def test_every_refusal_hashes_once(
    client: ClientStrict, refus: dict[str, tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hash is what takes time: one for each, or the time of the answer tells who has an account."""
    hachages: list[str] = []
    encode: Callable[..., str] = MD5PasswordHasher.encode
    monkeypatch.setattr(
        MD5PasswordHasher, "encode", lambda self, *args: (hachages.append(""), encode(self, *args))[1]
    )
    for cas, (login, password) in refus.items():
        hachages.clear()
        connexion(client, login, password)
        assert len(hachages) == 1, cas


def test_inactive_account_with_its_password_is_told_to_wait(client: ClientStrict) -> None:
    UserFactory(username="en_attente", is_active=False)
    response = client.post("/connexion/", {"login": "en_attente", "password": MOT_DE_PASSE}, follow=True)
    assert response.redirect_chain == [("/compte/inactif/", 302)]
    page = response.content.decode()
    assert "Votre compte attend la validation d'un administrateur, ou a été désactivé" in page
    assert SESSION_KEY not in client.session


def test_extra_fields_are_ignored(client: ClientStrict, dupont: User) -> None:
    connexion(client, "dupont", MOT_DE_PASSE, is_staff="1", is_superuser="1", is_active="0", role="admin")
    dupont.refresh_from_db()
    assert (dupont.is_active, dupont.is_staff, dupont.is_superuser) == (True, False, False)


def test_missing_fields_are_said(client: ClientStrict) -> None:
    assert set(connexion(client, "", "").context["form"].errors) == {"login", "password"}


@pytest.mark.parametrize("next_url", ["/compte/sessions/", "/compte/email/?x=1"])
def test_next_leads_back(client: ClientStrict, dupont: User, next_url: str) -> None:
    response = client.post(
        "/connexion/", {"login": "dupont", "password": MOT_DE_PASSE}, QUERY_STRING=f"next={next_url}"
    )
    assert response["Location"] == next_url


@pytest.mark.parametrize(
    "next_url",
    [
        "https://ailleurs.example.org/",
        "//ailleurs.example.org",
        "javascript:alert(1)",
        "/\\ailleurs.example.org",
    ],
)
def test_next_elsewhere_is_ignored(client: ClientStrict, dupont: User, next_url: str) -> None:
    assert connexion(client, "dupont", MOT_DE_PASSE, next=next_url)["Location"] == "/"


def test_logged_in_visitor_leaves_the_login_page(client: ClientStrict, dupont: User) -> None:
    client.force_login(dupont)
    assert client.get("/connexion/")["Location"] == "/"


def test_logout_ends_the_session(visiteur: Visiteur, dupont: User) -> None:
    assert visiteur.connecter("dupont")
    cle = visiteur.client.session.session_key
    assert visiteur.client.get("/deconnexion/").status_code == 200
    assert visiteur.est_connecte(), "a GET changes nothing"
    response = visiteur.client.post("/deconnexion/", follow=True)
    assert "Vous êtes déconnecté." in response.content.decode()
    visiteur.client.cookies["sessionid"] = cle
    assert not visiteur.est_connecte(), "the cookie alone opens nothing any more"


def test_signup_of_allauth_is_closed(client: ClientStrict) -> None:
    champs = {
        "username": "intrus",
        "email": "intrus@example.org",
        "password1": MOT_DE_PASSE,
        "is_active": "1",
    }
    for response in (client.get("/inscription/"), client.post("/inscription/", champs)):
        assert response.status_code == 200
        assert "mailto:contact@emjpm.example.org" in response.content.decode()
    assert not User.objects.exists()


# --- Throttling --------------------------------------------------------------------------------------


def test_five_failures_lock_the_account_for_a_while(
    client: ClientStrict,
    dupont: User,
    martin: User,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for login in ("dupont", "DUPONT", "j.dupont@example.org", " dupont", "J.DUPONT@example.org"):
        assert connexion(client, login, "faux").status_code == 200
    with caplog.at_level(logging.WARNING, logger="accounts"):
        response = connexion(client, "dupont", MOT_DE_PASSE)
    assert response.status_code == 429
    assert "429.html" in [template.name for template in response.templates]
    assert SESSION_KEY not in client.session
    messages = [record.getMessage() for record in caplog.records if record.name.startswith("accounts")]
    assert messages == [f"Connexion bloquée pour un moment, compte {dupont.pk}."]
    assert connexion(client, "martin", MOT_DE_PASSE).status_code == 302, "others are not concerned"
    client.post("/deconnexion/")

    dans_cinq_minutes = time.time() + 5 * 60 + 1
    monkeypatch.setattr("allauth.core.internal.ratelimit.time.time", lambda: dans_cinq_minutes)
    assert connexion(client, "dupont", MOT_DE_PASSE).status_code == 302


def test_lock_out_of_an_unknown_account_logs_nothing_typed(
    client: ClientStrict, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(6):
        response = connexion(client, "Camille.Secret", "faux")
    assert response.status_code == 429
    assert "Secret".lower() not in caplog.text.lower()
    assert "compte inconnu" in caplog.text


def test_success_does_not_count_as_a_failure(client: ClientStrict, dupont: User) -> None:
    for _ in range(7):
        assert connexion(client, "dupont", MOT_DE_PASSE).status_code == 302
        client.post("/deconnexion/")


def test_many_accounts_from_one_address_are_locked(client: ClientStrict, dupont: User) -> None:
    codes = [connexion(client, f"inconnu{n}", "faux").status_code for n in range(21)]
    assert codes == [200] * 20 + [429]
    ailleurs = client.post("/connexion/", {"login": "dupont", "password": MOT_DE_PASSE}, REMOTE_ADDR="192.0.2.7")
    assert ailleurs.status_code == 302


def test_address_is_what_our_proxy_says_not_the_visitor(client: ClientStrict) -> None:
    """With one proxy of ours, only the last address of X-Forwarded-For is its word."""
    with override_settings(ALLAUTH_TRUSTED_PROXY_COUNT=1):
        codes = [
            client.post(
                "/connexion/",
                {"login": f"inconnu{n}", "password": "faux"},
                HTTP_X_FORWARDED_FOR=f"203.0.113.{n}, 192.0.2.7",
            ).status_code
            for n in range(21)
        ]
    assert codes[-1] == 429


def test_address_without_proxy_ignores_the_header(client: ClientStrict) -> None:
    codes = [
        client.post(
            "/connexion/", {"login": f"inconnu{n}", "password": "faux"}, HTTP_X_FORWARDED_FOR=f"203.0.113.{n}"
        ).status_code
        for n in range(21)
    ]
    assert codes[-1] == 429


# --- Names and access --------------------------------------------------------------------------------

PUBLIQUES: dict[str, dict[str, str]] = {
    "account_login": {},
    "account_signup": {},
    "account_reset_password": {},
    "account_reset_password_done": {},
    "account_reset_password_from_key": {"uidb36": "1", "key": "cle"},
    "account_reset_password_from_key_done": {},
    "account_email_verification_sent": {},
    "account_confirm_email": {"key": "cle"},
    "account_inactive": {},
}
PRIVEES = [
    "compte",
    "account_email",
    "account_change_password",
    "account_set_password",
    "account_reauthenticate",
    "usersessions_list",
    "deconnexion_partout",
]


@pytest.mark.parametrize("nom", PUBLIQUES)
def test_public_page_answers_anonymously(client: ClientStrict, nom: str) -> None:
    adresse = (
        reverse(nom, args=PUBLIQUES[nom])
        if nom != "account_reset_password_from_key"
        else (reverse(nom, kwargs={"uidb36": "1", "key": "cle"}))
    )
    assert client.get(adresse).status_code == 200


@pytest.mark.parametrize("nom", PRIVEES)
def test_private_page_leads_to_login(client: ClientStrict, nom: str) -> None:
    adresse = reverse(nom)
    response = client.get(adresse)
    assert (response.status_code, response["Location"]) == (302, f"/connexion/?next={adresse}")
    # What is sent without a session does nothing, and is not asked for again by a GET.
    assert client.post(adresse)["Location"] == "/connexion/?next=/"


def test_account_page_shows_the_account(client: ClientStrict, dupont: User) -> None:
    client.force_login(dupont)
    page = client.get("/compte/").content.decode()
    for texte in (
        "Dupont",
        "Jeanne Dupont",
        "j.dupont@example.org",
        "/compte/email/",
        "/compte/mot-de-passe/",
        "/compte/sessions/",
    ):
        assert texte in page, texte
    assert dupont.password not in page


def test_account_page_says_when_it_opens_nothing(
    client: ClientStrict, sans_rattachement: User, juge: User
) -> None:
    client.force_login(sans_rattachement)
    assert "rattaché à aucun mandataire" in client.get("/compte/").content.decode()
    client.force_login(juge)
    assert "rattaché à aucun mandataire" not in client.get("/compte/").content.decode()


def test_account_page_with_nothing_filled_in(client: ClientStrict) -> None:
    client.force_login(UserFactory(first_name="", last_name="", email=""))
    assert client.get("/compte/").status_code == 200


def test_account_page_reads_only(client: ClientStrict, dupont: User) -> None:
    client.force_login(dupont)
    assert client.post("/compte/").status_code == 405
