"""Forgotten, chosen and changed passwords (R7, R18, S1, S6, S8, S10)."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core import mail
from django.utils import timezone

from accounts.models import Courriel, User
from accounts.services import inviter
from tests.accounts.conftest import Visiteur, lien_de
from tests.accounts.taches import courriels_envoyes
from tests.factories import MOT_DE_PASSE, UserFactory
from tests.strict import ClientStrict

pytestmark = pytest.mark.django_db

NOUVEAU = "  une Autre phrase  "


def demander(client: ClientStrict, email: str) -> None:
    response = client.post("/mot-de-passe/oublie/", {"email": email})
    assert (response.status_code, response["Location"]) == (302, "/mot-de-passe/oublie/envoye/")


def demander_lien(client: ClientStrict, email: str) -> str:
    demander(client, email)
    return lien_de(courriels_envoyes()[-1])


def choisir(client: ClientStrict, lien: str, password1: str = NOUVEAU, password2: str | None = None):
    """Open the link as a browser does, then send the form of the page where it leads."""
    page = client.get(lien, follow=True)
    adresse = page.redirect_chain[-1][0] if page.redirect_chain else lien
    return client.post(adresse, {"password1": password1, "password2": password2 or password1})


def test_forgotten_password_from_request_to_login(client: ClientStrict, visiteur: Visiteur, dupont: User) -> None:
    lien = demander_lien(client, "J.DUPONT@example.org")
    courriel = mail.outbox[-1]
    assert courriel.to == ["j.dupont@example.org"]
    assert "Votre identifiant : Dupont" in courriel.body
    assert f"{settings.PASSWORD_RESET_TIMEOUT // 3600} heures" in courriel.body
    assert choisir(client, lien)["Location"] == "/mot-de-passe/nouveau/fait/"
    assert client.get("/mot-de-passe/nouveau/fait/").status_code == 200
    assert not visiteur.connecter("dupont", MOT_DE_PASSE)
    assert not visiteur.connecter("dupont", NOUVEAU.strip())
    assert visiteur.connecter("dupont", NOUVEAU)
    avis = courriels_envoyes()[-1]
    assert (avis.to, avis.subject) == (["j.dupont@example.org"], "Votre mot de passe e-MJPM a changé")


def test_link_opened_by_get_is_not_consumed(client: ClientStrict, dupont: User) -> None:
    lien = demander_lien(client, dupont.email)
    avant = User.objects.get(pk=dupont.pk).password
    for _ in range(3):
        page = ClientStrict().get(lien, follow=True)  # a mail gateway, without our cookies
        assert "Choisir un mot de passe" in page.content.decode()
    assert User.objects.get(pk=dupont.pk).password == avant
    assert choisir(client, lien).status_code == 302


def test_link_works_once(client: ClientStrict, dupont: User) -> None:
    lien = demander_lien(client, dupont.email)
    choisir(client, lien)
    apres = User.objects.get(pk=dupont.pk).password
    response = choisir(ClientStrict(), lien, "encore une autre phrase")
    assert "Ce lien n'est plus valable" in response.content.decode()
    assert User.objects.get(pk=dupont.pk).password == apres


def test_link_expires(client: ClientStrict, dupont: User, monkeypatch: pytest.MonkeyPatch) -> None:
    lien = demander_lien(client, dupont.email)
    plus_tard = timezone.now().replace(tzinfo=None) + timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT + 3600 * 3)
    monkeypatch.setattr(PasswordResetTokenGenerator, "_now", lambda self: plus_tard)
    assert "Ce lien n'est plus valable" in client.get(lien, follow=True).content.decode()


def test_link_of_another_account_is_refused(client: ClientStrict, dupont: User, martin: User) -> None:
    from allauth.account.utils import user_pk_to_url_str

    lien = demander_lien(client, dupont.email)
    detourne = lien.replace(f"/{user_pk_to_url_str(dupont)}-", f"/{user_pk_to_url_str(martin)}-")
    assert detourne != lien
    assert "Ce lien n'est plus valable" in client.get(detourne, follow=True).content.decode()


def test_link_dies_when_the_account_is_deactivated(client: ClientStrict, dupont: User) -> None:
    lien = demander_lien(client, dupont.email)
    User.objects.filter(pk=dupont.pk).update(is_active=False)
    assert "Ce lien n'est plus valable" in client.get(lien, follow=True).content.decode()


def test_link_dies_when_the_email_changes(client: ClientStrict, dupont: User) -> None:
    lien = demander_lien(client, dupont.email)
    User.objects.filter(pk=dupont.pk).update(email="nouvelle@example.org")
    assert "Ce lien n'est plus valable" in client.get(lien, follow=True).content.decode()


def test_link_opened_under_another_account(
    visiteur: Visiteur, client: ClientStrict, dupont: User, martin: User
) -> None:
    """Opening it changes nothing; sending the form acts on the link's account, and leaves the other one."""
    lien = demander_lien(client, dupont.email)
    visiteur.connecter("martin")
    visiteur.client.get(lien, follow=True)
    assert visiteur.est_connecte()
    avant = User.objects.get(pk=martin.pk).password
    assert choisir(visiteur.client, lien).status_code == 302
    assert not visiteur.est_connecte()
    assert User.objects.get(pk=martin.pk).password == avant
    assert visiteur.connecter("dupont", NOUVEAU)


def test_known_and_unknown_email_get_the_same_page(client: ClientStrict, dupont: User) -> None:
    UserFactory(username="inactif", email="inactif@example.org", is_active=False)
    UserFactory(username="sans", email="sans@example.org")
    User.objects.filter(username="sans").update(password="!")
    pages = set()
    for email in ("j.dupont@example.org", "inconnu@example.org", "inactif@example.org", "sans@example.org"):
        avant = Courriel.objects.count()
        demander(client, email)
        pages.add(client.get("/mot-de-passe/oublie/envoye/").content.decode().split("<main")[1])
        assert Courriel.objects.count() == avant + 1, "one mail for each, left to the worker"
    assert len(pages) == 1
    assert mail.outbox == [], "no mail leaves while the visitor waits"


def test_known_and_unknown_email_take_close_times(client: ClientStrict, dupont: User) -> None:
    def duree(email: str) -> float:
        debut = time.perf_counter()
        demander(client, email)
        return time.perf_counter() - debut

    duree(dupont.email)  # templates are compiled once
    duree("inconnu0@example.org")
    connu = min(duree(dupont.email) for _ in range(3))
    inconnu = min(duree(f"inconnu{n}@example.org") for n in range(1, 4))
    assert abs(connu - inconnu) < 0.1, "seconds: less than what the network hides"


def test_unknown_email_gets_a_mail_without_link(client: ClientStrict, db: None) -> None:
    demander(client, "inconnu@example.org")
    (courriel,) = courriels_envoyes()
    assert courriel.to == ["inconnu@example.org"]
    assert "Aucun compte ouvert" in courriel.body
    assert "http" not in courriel.body


def test_inactive_account_gets_no_link(client: ClientStrict) -> None:
    UserFactory(username="inactif", email="inactif@example.org", is_active=False)
    demander(client, "inactif@example.org")
    (courriel,) = courriels_envoyes()
    assert "http" not in courriel.body


def test_link_goes_to_the_login_email_only(client: ClientStrict, dupont: User, martin: User) -> None:
    """Neither to an address that an account wants to change to, nor to somebody else's."""
    dupont.emailaddress_set.create(email="voulue@example.org")
    dupont.emailaddress_set.create(email="martin@example.org")
    demander(client, "voulue@example.org")
    assert "http" not in courriels_envoyes()[-1].body
    demander(client, "martin@example.org")
    assert "Votre identifiant : martin" in courriels_envoyes()[-1].body
    assert len(mail.outbox) == 2


def test_account_without_password_gets_one_by_the_link(client: ClientStrict, visiteur: Visiteur) -> None:
    user = UserFactory(username="invite", email="invite@example.org")
    user.set_unusable_password()
    user.save()
    choisir(client, demander_lien(client, "invite@example.org"))
    assert visiteur.connecter("invite", NOUVEAU)


def test_requests_are_throttled_by_email_known_or_not(client: ClientStrict, dupont: User) -> None:
    for email in (dupont.email, "inconnu@example.org"):
        for _ in range(5):
            demander(client, email)
        assert client.post("/mot-de-passe/oublie/", {"email": email.upper()}).status_code == 429


def test_new_password_clears_the_lock(client: ClientStrict, visiteur: Visiteur, dupont: User) -> None:
    for _ in range(5):
        visiteur.connecter("dupont", "faux")
    assert not visiteur.connecter("dupont"), "locked"
    choisir(client, demander_lien(client, dupont.email))
    assert visiteur.connecter("dupont", NOUVEAU)


@pytest.mark.parametrize(
    ("mot_de_passe", "erreur"),
    [
        ("neuf cars", "au minimum 10 caractères"),
        ("motdepasse", "trop courant"),
        ("1234567890", "trop courant"),
        ("JeanneDupont", "trop semblable"),
    ],
)
def test_weak_password_is_refused_beside_its_field(client: ClientStrict, mot_de_passe: str, erreur: str) -> None:
    user = UserFactory(username="jeannedupont", email="jd@example.org")
    response = choisir(client, demander_lien(client, user.email), mot_de_passe)
    assert response.status_code == 200
    assert erreur in " ".join(response.context["form"].errors["password1"])
    assert erreur in response.content.decode()
    assert mot_de_passe not in response.content.decode().replace("jeannedupont", "")


@pytest.mark.parametrize("mot_de_passe", ["dix carac.", " " * 10, "é" * 10, "x7" * 100])
def test_ten_characters_are_enough(
    client: ClientStrict, visiteur: Visiteur, dupont: User, mot_de_passe: str
) -> None:
    assert choisir(client, demander_lien(client, dupont.email), mot_de_passe).status_code == 302
    assert visiteur.connecter("dupont", mot_de_passe)


def test_two_entries_must_agree(client: ClientStrict, dupont: User) -> None:
    response = choisir(client, demander_lien(client, dupont.email), NOUVEAU, NOUVEAU.strip())
    assert "password2" in response.context["form"].errors


# --- Changed by its owner ----------------------------------------------------------------------------


def changer(client: ClientStrict, ancien: str = MOT_DE_PASSE, nouveau: str = NOUVEAU):
    champs = {"oldpassword": ancien, "password1": nouveau, "password2": nouveau}
    return client.post("/compte/mot-de-passe/", champs)


def test_change_ends_the_other_sessions_and_tells_the_owner(
    visiteur: Visiteur, autre_visiteur: Visiteur, dupont: User
) -> None:
    assert visiteur.connecter("dupont")
    assert autre_visiteur.connecter("dupont")
    assert changer(visiteur.client).status_code == 302
    assert visiteur.est_connecte()
    assert not autre_visiteur.est_connecte()
    assert not autre_visiteur.connecter("dupont", NOUVEAU.strip())
    assert autre_visiteur.connecter("dupont", NOUVEAU)
    (avis,) = courriels_envoyes()
    assert avis.to == ["j.dupont@example.org"]


def test_change_needs_the_present_password(client: ClientStrict, dupont: User) -> None:
    client.force_login(dupont)
    response = changer(client, ancien=MOT_DE_PASSE.upper())
    assert response.context["form"].errors == {"oldpassword": ["Ce n'est pas votre mot de passe actuel."]}
    dupont.refresh_from_db()
    assert dupont.check_password(MOT_DE_PASSE)


def test_change_is_throttled(client: ClientStrict, dupont: User) -> None:
    client.force_login(dupont)
    assert [changer(client, ancien="faux").status_code for _ in range(6)] == [200] * 5 + [429]


def test_change_refuses_a_short_password(client: ClientStrict, dupont: User) -> None:
    client.force_login(dupont)
    assert "password1" in changer(client, nouveau="neuf cars").context["form"].errors


def test_account_without_password_sets_one(client: ClientStrict) -> None:
    user = UserFactory(username="invite")
    user.set_unusable_password()
    user.save()
    client.force_login(user)
    assert client.get("/compte/mot-de-passe/")["Location"] == "/compte/mot-de-passe/choisir/"
    assert client.get("/compte/mot-de-passe/choisir/").status_code == 200
    client.post("/compte/mot-de-passe/choisir/", {"password1": NOUVEAU, "password2": NOUVEAU})
    user.refresh_from_db()
    assert user.check_password(NOUVEAU)


# --- Invitation --------------------------------------------------------------------------------------


def test_invitation_holds_the_identifiant_and_a_link(
    client: ClientStrict, visiteur: Visiteur, dupont: User
) -> None:
    dupont.set_unusable_password()
    dupont.save()
    inviter(user=dupont)
    (courriel,) = courriels_envoyes()
    assert courriel.to == ["j.dupont@example.org"]
    assert "Votre identifiant : Dupont" in courriel.body
    assert choisir(client, lien_de(courriel)).status_code == 302
    assert visiteur.connecter("dupont", NOUVEAU)


def test_no_password_nor_token_in_logs_and_jobs(
    client: ClientStrict, dupont: User, caplog: pytest.LogCaptureFixture
) -> None:
    from procrastinate.contrib.django.models import ProcrastinateJob

    with caplog.at_level("DEBUG"):
        demander(client, dupont.email)
        (courriel,) = Courriel.objects.all()
        (tache,) = ProcrastinateJob.objects.all()
        assert tache.args == {"courriel_pk": courriel.pk}
        lien = lien_de(courriels_envoyes()[-1])
        choisir(client, lien)
    # Django's own "django.db.backends" logs SQL at DEBUG, which no setting of ours turns on.
    lignes = [r.getMessage() for r in caplog.records if r.name != "django.db.backends"]
    texte = "\n".join(lignes)
    jeton = lien.rstrip("/").split("/")[-1].split("-", 1)[1]
    assert jeton not in texte
    assert NOUVEAU not in texte
    assert "j.dupont@example.org" not in texte
