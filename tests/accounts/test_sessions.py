"""Sessions: their list, and the three ways to end them (S8)."""

from __future__ import annotations

import pytest
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session

from accounts.models import User
from accounts.services import deconnecter_partout
from accounts.tasks import purger
from accounts.templatetags.accounts import appareil
from tests.accounts.conftest import Visiteur
from tests.strict import ClientStrict

pytestmark = pytest.mark.django_db

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def trois(
    visiteur: Visiteur, autre_visiteur: Visiteur, dupont: User, martin: User
) -> tuple[Visiteur, Visiteur, Visiteur]:
    """dupont on two devices, and martin."""
    autre_visiteur.client.defaults["HTTP_USER_AGENT"] = FIREFOX
    tiers = Visiteur()
    assert visiteur.connecter("dupont")
    assert autre_visiteur.connecter("dupont")
    assert tiers.connecter("martin")
    return visiteur, autre_visiteur, tiers


def test_list_shows_own_sessions_only(trois: tuple[Visiteur, Visiteur, Visiteur]) -> None:
    page = trois[0].client.get("/compte/sessions/").content.decode()
    assert page.count("Ouverte le") == 2
    assert page.count("cette session") == 1
    assert "Firefox, Windows" in page
    assert "Se déconnecter partout" in page
    for session in Session.objects.all():
        assert session.session_key not in page


def test_other_sessions_can_be_closed(trois: tuple[Visiteur, Visiteur, Visiteur]) -> None:
    ici, ailleurs, tiers = trois
    page = ici.client.post("/compte/sessions/", follow=True).content.decode()
    assert "Vos autres sessions sont fermées." in page
    assert "Fermer les autres sessions" not in page
    assert (ici.est_connecte(), ailleurs.est_connecte(), tiers.est_connecte()) == (True, False, True)


def test_all_sessions_can_be_closed(trois: tuple[Visiteur, Visiteur, Visiteur]) -> None:
    ici, ailleurs, tiers = trois
    cle = ici.client.session.session_key
    assert "Toutes vos sessions seront fermées" in ici.client.get("/compte/sessions/fermer/").content.decode()
    assert (ici.est_connecte(), ailleurs.est_connecte()) == (True, True), "a GET changes nothing"
    page = ici.client.post("/compte/sessions/fermer/", follow=True)
    assert page.redirect_chain[-1][0] == "/connexion/"
    assert "Toutes vos sessions sont fermées." in page.content.decode()
    assert (ici.est_connecte(), ailleurs.est_connecte(), tiers.est_connecte()) == (False, False, True)
    assert not Session.objects.filter(session_key=cle).exists()


def test_all_sessions_close_even_when_this_one_is_not_listed(client: ClientStrict, dupont: User) -> None:
    client.force_login(dupont)
    assert not UserSession.objects.exists()
    client.post("/compte/sessions/fermer/")
    assert client.get("/compte/").status_code == 302


def test_deactivated_account_is_out_at_once(trois: tuple[Visiteur, Visiteur, Visiteur], dupont: User) -> None:
    User.objects.filter(pk=dupont.pk).update(is_active=False)
    assert [visiteur.est_connecte() for visiteur in trois] == [False, False, True]


def test_sessions_do_not_come_back_with_the_account(
    trois: tuple[Visiteur, Visiteur, Visiteur], dupont: User
) -> None:
    deconnecter_partout(user=dupont)
    assert [visiteur.est_connecte() for visiteur in trois] == [False, False, True]


def test_session_lasts_a_working_day(visiteur: Visiteur, dupont: User) -> None:
    visiteur.connecter("dupont")
    cookie = visiteur.client.cookies[settings.SESSION_COOKIE_NAME]
    assert cookie["max-age"] == 8 * 3600
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


def test_session_changes_its_key_at_login(client: ClientStrict, dupont: User) -> None:
    client.get("/connexion/")
    session = client.session
    session["avant"] = "1"
    session.save()
    avant = session.session_key
    client.post("/connexion/", {"login": "dupont", "password": "un mot de passe solide"})
    assert client.session.session_key != avant


def test_purge_forgets_what_is_over(trois: tuple[Visiteur, Visiteur, Visiteur], martin: User) -> None:
    from datetime import timedelta

    from django.core.cache import cache
    from django.db import connection
    from django.utils import timezone

    Session.objects.filter(session_key=trois[2].client.session.session_key).update(
        expire_date=timezone.now() - timedelta(minutes=1)
    )
    cache.set("perime", 1, timeout=-1)
    cache.set("garde", 1, timeout=60)
    purger(0)
    assert not UserSession.objects.filter(user=martin).exists()
    assert UserSession.objects.count() == 2
    assert trois[0].est_connecte()
    with connection.cursor() as cursor:
        cursor.execute("SELECT cache_key FROM cache WHERE cache_key ~ 'perime|garde'")
        assert cursor.fetchall() == [(":1:garde",)]


@pytest.mark.parametrize(
    ("user_agent", "nom"),
    [
        (FIREFOX, "Firefox, Windows"),
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0",
            "Edge, Linux",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1 Version/18.0 Safari/604.1",
            "Safari, iPhone",
        ),
        ("curl/8.0", "Appareil inconnu"),
        ("", "Appareil inconnu"),
    ],
)
def test_appareil(user_agent: str, nom: str) -> None:
    assert appareil(user_agent) == nom
