"""Accounts in the Django admin (S1, S3, S8, S13)."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.usersessions.models import UserSession
from django.contrib import admin as django_admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from procrastinate.contrib.django.models import ProcrastinateEvent, ProcrastinateJob

from accounts.models import Courriel, User
from tests.accounts.conftest import Visiteur, lien_de
from tests.accounts.taches import courriels_envoyes
from tests.factories import MembreFactory, UserFactory
from tests.strict import ClientStrict

pytestmark = pytest.mark.django_db

AJOUT = "/admin/accounts/user/add/"
CHAMPS = {
    "username": "nouveau",
    "first_name": "Camille",
    "last_name": "Exemple",
    "email": "Nouveau@Example.org",
    "is_active": "on",
}


@pytest.fixture
def en_admin(client: ClientStrict, admin: User) -> ClientStrict:
    client.force_login(admin)
    return client


def fiche(user: User) -> str:
    return f"/admin/accounts/user/{user.pk}/change/"


def champs_de(user: User, **autres: str) -> dict[str, str]:
    champs = {nom: str(getattr(user, nom)) for nom in ("username", "first_name", "last_name", "email")}
    champs |= {nom: "on" for nom in ("is_active", "is_staff") if getattr(user, nom)}
    return {nom: valeur for nom, valeur in (champs | autres).items() if valeur is not None}


@pytest.mark.parametrize(
    "model",
    [EmailAddress, EmailConfirmation, UserSession, Session, Courriel, ProcrastinateJob, ProcrastinateEvent, Group],
)
def test_nothing_that_holds_a_secret_is_registered(model: type) -> None:
    assert not django_admin.site.is_registered(model)


def test_no_page_shows_a_password_hash(en_admin: ClientStrict, dupont: User) -> None:
    for adresse in ("/admin/accounts/user/", fiche(dupont), AJOUT, f"/admin/accounts/user/{dupont.pk}/history/"):
        response = en_admin.get(adresse)
        assert response.status_code == 200
        assert dupont.password not in response.content.decode()
        assert 'name="password' not in response.content.decode()
    assert en_admin.get(f"/admin/accounts/user/{dupont.pk}/password/").status_code in (302, 404)


@pytest.mark.parametrize("persona", ["prepose", "juge", "service", "sans_rattachement"])
def test_others_are_refused(
    client: ClientStrict, request: pytest.FixtureRequest, persona: str, dupont: User
) -> None:
    client.force_login(request.getfixturevalue(persona))
    for adresse in ("/admin/accounts/user/", fiche(dupont), AJOUT):
        assert client.get(adresse, follow=True).status_code == 403
        assert client.post(adresse, CHAMPS, follow=True).status_code == 403
    assert not User.objects.filter(username="nouveau").exists()


def test_search_and_filters(en_admin: ClientStrict, dupont: User, martin: User) -> None:
    UserFactory(username="parti", is_active=False)
    for question, trouves in {
        "q=jeanne": {"Dupont"},
        "q=MARTIN@example": {"martin"},
        "is_active__exact=0": {"parti"},
        "is_staff__exact=1": {"admin"},
    }.items():
        response = en_admin.get(f"/admin/accounts/user/?{question}")
        assert {user.username for user in response.context["cl"].result_list} == trouves, question


def test_list_asks_the_same_number_of_queries(
    en_admin: ClientStrict, dupont: User, django_assert_max_num_queries
) -> None:
    UserFactory.create_batch(30)
    with django_assert_max_num_queries(8):
        en_admin.get("/admin/accounts/user/")


def test_new_account_has_no_password_and_gets_a_link(en_admin: ClientStrict, visiteur: Visiteur) -> None:
    en_admin.post(AJOUT, CHAMPS)
    user = User.objects.get(username="nouveau")
    assert user.email == "nouveau@example.org"
    assert not user.has_usable_password()
    assert (user.is_staff, user.is_superuser) == (False, False)
    assert EmailAddress.objects.get(user=user).verified
    (courriel,) = courriels_envoyes()
    assert courriel.to == ["nouveau@example.org"]
    page = visiteur.client.get(lien_de(courriel), follow=True)
    phrase = "une phrase bien à moi"
    visiteur.client.post(page.redirect_chain[-1][0], {"password1": phrase, "password2": phrase})
    assert visiteur.connecter("nouveau", phrase)


@pytest.mark.parametrize("champ", ["email", "is_active"])
def test_new_account_that_cannot_be_reached_gets_no_link(en_admin: ClientStrict, champ: str) -> None:
    en_admin.post(AJOUT, {nom: valeur for nom, valeur in CHAMPS.items() if nom != champ})
    assert User.objects.filter(username="nouveau").exists()
    assert courriels_envoyes() == []


def test_password_in_the_request_is_ignored(en_admin: ClientStrict) -> None:
    en_admin.post(AJOUT, CHAMPS | {"password": "x", "is_superuser": "on"})
    user = User.objects.get(username="nouveau")
    assert not user.has_usable_password()
    assert not user.is_superuser


@pytest.mark.parametrize(
    ("champ", "valeur", "erreur"),
    [
        ("username", "a@b", "ne peut pas contenir"),
        ("username", "DUPONT", "déjà pris"),
        ("username", " dupont ", "déjà pris"),
        ("email", "J.DUPONT@example.org", "déjà celle d'un compte"),
    ],
)
def test_taken_or_impossible_values_are_refused(
    en_admin: ClientStrict, dupont: User, champ: str, valeur: str, erreur: str
) -> None:
    response = en_admin.post(AJOUT, CHAMPS | {champ: valeur})
    assert response.status_code == 200
    assert erreur in str(response.context["adminform"].form.errors).replace("&#x27;", "'")


def test_changed_email_is_the_one_allauth_knows(en_admin: ClientStrict, visiteur: Visiteur, dupont: User) -> None:
    dupont.emailaddress_set.create(email="voulue@example.org")
    en_admin.post(fiche(dupont), champs_de(dupont, email="Corrigee@example.org"))
    dupont.refresh_from_db()
    assert dupont.email == "corrigee@example.org"
    assert list(EmailAddress.objects.filter(user=dupont).values_list("email", "verified", "primary")) == [
        ("corrigee@example.org", True, True)
    ]
    assert visiteur.connecter("corrigee@example.org")


def test_removed_email_is_removed_from_allauth_too(en_admin: ClientStrict, dupont: User) -> None:
    en_admin.post(fiche(dupont), champs_de(dupont, email=""))
    assert not EmailAddress.objects.filter(user=dupont).exists()


def test_change_keeps_the_password(en_admin: ClientStrict, visiteur: Visiteur, dupont: User) -> None:
    en_admin.post(fiche(dupont), champs_de(dupont, last_name="Durand"))
    dupont.refresh_from_db()
    assert dupont.last_name == "Durand"
    assert visiteur.connecter("dupont")


def test_deactivation_ends_the_sessions_for_good(en_admin: ClientStrict, visiteur: Visiteur, dupont: User) -> None:
    visiteur.connecter("dupont")
    en_admin.post(fiche(dupont), champs_de(dupont, is_active=None))
    assert not visiteur.est_connecte()
    User.objects.filter(pk=dupont.pk).update(is_active=True)
    assert not visiteur.est_connecte(), "it does not come back with the account"


def test_staff_may_do_everything_here(en_admin: ClientStrict, dupont: User, client: ClientStrict) -> None:
    en_admin.post(fiche(dupont), champs_de(dupont, is_staff="on"))
    dupont.refresh_from_db()
    assert dupont.is_superuser
    en_admin.post(fiche(dupont), champs_de(dupont, is_staff=None))
    dupont.refresh_from_db()
    assert (dupont.is_staff, dupont.is_superuser) == (False, False)


@pytest.mark.parametrize("persona", ["prepose", "juge"])
def test_bound_account_cannot_be_staff(
    en_admin: ClientStrict, request: pytest.FixtureRequest, persona: str
) -> None:
    user = request.getfixturevalue(persona)
    response = en_admin.post(fiche(user), champs_de(user, is_staff="on"))
    assert "is_staff" in response.context["adminform"].form.errors
    user.refresh_from_db()
    assert not user.is_staff


def test_waiting_account_is_opened_by_its_request_only(en_admin: ClientStrict) -> None:
    user = MembreFactory(user__is_active=False, mandataire__valide_at=None).user
    response = en_admin.post(fiche(user), champs_de(user, is_active="on", last_name="Autre"))
    assert "validez d'abord sa demande" in str(response.context["adminform"].form.errors["is_active"].data)
    user.refresh_from_db()
    assert (user.is_active, user.last_name == "Autre") == (False, False)
    assert en_admin.post(fiche(user), champs_de(user, last_name="Autre")).status_code == 302

    ferme = MembreFactory(user__is_active=False).user
    assert en_admin.post(fiche(ferme), champs_de(ferme, is_active="on")).status_code == 302
    assert User.objects.get(pk=ferme.pk).is_active


def test_admin_does_not_lock_themselves_out(en_admin: ClientStrict, admin: User) -> None:
    en_admin.post(fiche(admin), champs_de(admin, is_active=None, is_staff=None, last_name="Autre"))
    admin.refresh_from_db()
    assert (admin.last_name, admin.is_active, admin.is_staff) == ("Autre", True, True)


def test_link_is_sent_again_on_demand(en_admin: ClientStrict, dupont: User, martin: User) -> None:
    inactif = UserFactory(username="inactif", is_active=False)
    choix = {"action": "envoyer_lien", "_selected_action": [dupont.pk, inactif.pk]}
    page = en_admin.post("/admin/accounts/user/", choix, follow=True).content.decode()
    assert "Liens envoyés : 1." in page
    assert "laissés : 1." in page
    assert [courriel.to for courriel in courriels_envoyes()] == [["j.dupont@example.org"]]


def test_accounts_are_never_deleted(en_admin: ClientStrict, dupont: User) -> None:
    assert en_admin.post(f"/admin/accounts/user/{dupont.pk}/delete/", {"post": "yes"}).status_code == 403
    assert User.objects.filter(pk=dupont.pk).exists()


def test_each_act_is_in_the_history(en_admin: ClientStrict, admin: User, dupont: User) -> None:
    en_admin.post(fiche(dupont), champs_de(dupont, last_name="Durand"))
    acte = LogEntry.objects.get()
    assert (acte.user, acte.object_id) == (admin, str(dupont.pk))


def test_anonymous_goes_to_the_site_s_own_login(client: ClientStrict) -> None:
    response = client.get("/admin/", follow=True)
    assert response.redirect_chain[-1][0].startswith("/connexion/?next=")
