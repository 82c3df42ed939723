"""Change of the login e-mail: confirmed by the link sent to the new address (S6, S10, D16)."""

from __future__ import annotations

import re
import time
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.services import accorder_adresse
from tests.accounts.conftest import Visiteur, lien_de
from tests.accounts.taches import courriels_envoyes
from tests.factories import MOT_DE_PASSE, UserFactory
from tests.strict import ClientStrict

pytestmark = pytest.mark.django_db


@pytest.fixture
def connecte(visiteur: Visiteur, dupont: User) -> ClientStrict:
    """dupont, who has just given their password again."""
    assert visiteur.connecter("dupont")
    visiteur.client.post("/compte/verification/", {"password": MOT_DE_PASSE})
    return visiteur.client


def demander(client: ClientStrict, email: str):
    return client.post("/compte/email/", {"email": email, "action_add": "1"}, follow=True)


def adresses(user: User) -> set[tuple[str, bool, bool]]:
    return set(EmailAddress.objects.filter(user=user).values_list("email", "verified", "primary"))


def test_page_sends_the_field_that_allauth_waits_for(connecte: ClientStrict) -> None:
    page = connecte.get("/compte/email/").content.decode()
    assert 'name="action_add"' in page
    assert "j.dupont@example.org" in page


def test_change_from_request_to_confirmation(connecte: ClientStrict, visiteur: Visiteur, dupont: User) -> None:
    page = demander(connecte, "Jeanne@Example.org").content.decode()
    assert "Un lien de confirmation est parti à jeanne@example.org." in page
    (demande,) = courriels_envoyes()
    assert demande.to == ["jeanne@example.org"]
    assert "24 heures" in demande.body
    lien = lien_de(demande)

    passerelle = ClientStrict()
    assert "jeanne@example.org" in passerelle.get(lien).content.decode()
    dupont.refresh_from_db()
    assert dupont.email == "j.dupont@example.org", "a GET changes nothing"

    connecte.post(lien)
    dupont.refresh_from_db()
    assert dupont.email == "jeanne@example.org"
    assert adresses(dupont) == {("jeanne@example.org", True, True)}
    avis = courriels_envoyes()[-1]
    assert avis.to == ["j.dupont@example.org"], "the old address is told"
    assert "jeanne@example.org" in avis.body

    autre = Visiteur()
    assert autre.connecter("jeanne@example.org")
    assert not Visiteur().connecter("j.dupont@example.org")


def test_link_works_once_and_without_a_session(connecte: ClientStrict, dupont: User) -> None:
    demander(connecte, "jeanne@example.org")
    lien = lien_de(courriels_envoyes()[-1])
    anonyme = ClientStrict()
    assert anonyme.post(lien)["Location"] == "/connexion/"
    for response in (anonyme.get(lien), anonyme.post(lien)):
        assert response.status_code == 200
        assert "Ce lien n'est plus valable" in response.content.decode()


def test_link_expires(connecte: ClientStrict, dupont: User, monkeypatch: pytest.MonkeyPatch) -> None:
    demander(connecte, "jeanne@example.org")
    lien = lien_de(courriels_envoyes()[-1])
    demain = time.time() + timedelta(days=1, minutes=1).total_seconds()
    monkeypatch.setattr("django.core.signing.time.time", lambda: demain)
    assert "Ce lien n'est plus valable" in ClientStrict().post(lien).content.decode()
    dupont.refresh_from_db()
    assert dupont.email == "j.dupont@example.org"


def test_link_opened_under_another_account(connecte: ClientStrict, dupont: User, martin: User) -> None:
    demander(connecte, "jeanne@example.org")
    lien = lien_de(courriels_envoyes()[-1])
    autre = Visiteur()
    autre.connecter("martin")
    autre.client.get(lien)
    assert autre.est_connecte(), "a GET changes nothing"
    autre.client.post(lien)
    martin.refresh_from_db()
    assert martin.email == "martin@example.org"
    dupont.refresh_from_db()
    assert dupont.email == "jeanne@example.org"


def test_password_is_asked_again_first(visiteur: Visiteur, dupont: User) -> None:
    """A session left open is not enough; once given, the request that was under way goes on."""
    visiteur.connecter("dupont")
    client = visiteur.client
    response = client.post("/compte/email/", {"email": "jeanne@example.org", "action_add": "1"})
    assert response["Location"].startswith("/compte/verification/?next=")
    assert not EmailAddress.objects.filter(email="jeanne@example.org").exists()
    page = client.get(response["Location"])
    assert page.status_code == 200
    refus = client.post(response["Location"], {"password": "faux"})
    assert refus.context["form"].errors == {"password": ["Ce n'est pas votre mot de passe."]}
    client.post(response["Location"], {"password": MOT_DE_PASSE})
    assert lien_de(courriels_envoyes()[-1]).startswith("/compte/email/confirmer/")


def test_taken_email_reads_the_same_and_its_holder_is_told(
    connecte: ClientStrict, dupont: User, martin: User
) -> None:
    def page(email: str) -> str:
        page = demander(connecte, email).content.decode().split("<main")[1].replace(email, "ADRESSE")
        return re.sub(r'name="(csrfmiddlewaretoken|auteur_de_la_saisie)" value="[^"]+"', "", page)

    assert page("libre@example.org") == page("martin@example.org")
    vers_libre, vers_martin = courriels_envoyes()
    assert lien_de(vers_libre).startswith("/compte/email/confirmer/")
    assert vers_martin.to == ["martin@example.org"]
    assert "rien n'a changé" in vers_martin.body
    assert lien_de(vers_martin) == "/mot-de-passe/oublie/"


def test_email_taken_before_the_confirmation_is_refused(connecte: ClientStrict, dupont: User) -> None:
    demander(connecte, "jeanne@example.org")
    lien = lien_de(courriels_envoyes()[-1])
    UserFactory(username="entretemps", email="jeanne@example.org", adresse=None)
    EmailAddress.objects.filter(user__username="entretemps").delete()
    page = connecte.post(lien, follow=True).content.decode()
    assert "Cette adresse ne peut plus être confirmée" in page
    dupont.refresh_from_db()
    assert dupont.email == "j.dupont@example.org"


def test_deactivated_account_confirms_nothing(connecte: ClientStrict, dupont: User) -> None:
    demander(connecte, "jeanne@example.org")
    lien = lien_de(courriels_envoyes()[-1])
    User.objects.filter(pk=dupont.pk).update(is_active=False)
    ClientStrict().post(lien)
    dupont.refresh_from_db()
    assert dupont.email == "j.dupont@example.org"


@pytest.mark.parametrize("email", ["j.dupont@example.org", "J.Dupont@Example.ORG", "pas une adresse", ""])
def test_own_or_impossible_email_is_refused_beside_its_field(connecte: ClientStrict, email: str) -> None:
    response = demander(connecte, email)
    assert response.status_code == 200
    assert "email" in response.context["form"].errors
    assert courriels_envoyes() == []


def test_email_that_differs_by_a_dot_is_another(connecte: ClientStrict, dupont: User) -> None:
    demander(connecte, "jdupont@example.org")
    connecte.post(lien_de(courriels_envoyes()[-1]))
    dupont.refresh_from_db()
    assert dupont.email == "jdupont@example.org"


def test_request_can_be_sent_again_and_cancelled(connecte: ClientStrict, dupont: User) -> None:
    demander(connecte, "jeanne@example.org")
    connecte.post("/compte/email/", {"email": "jeanne@example.org", "action_send": ""})
    premier, second = courriels_envoyes()
    assert second.to == ["jeanne@example.org"]
    connecte.post("/compte/email/", {"email": "jeanne@example.org", "action_remove": ""})
    assert adresses(dupont) == {("j.dupont@example.org", True, True)}
    assert courriels_envoyes()[-1].to == ["j.dupont@example.org"]
    for courriel in (premier, second):
        assert "Ce lien n'est plus valable" in connecte.get(lien_de(courriel)).content.decode()


def test_sending_again_too_often_is_said(connecte: ClientStrict, dupont: User) -> None:
    demander(connecte, "jeanne@example.org")
    pages = [
        connecte.post("/compte/email/", {"email": "jeanne@example.org", "action_send": ""}, follow=True)
        for _ in range(5)
    ]
    assert "patientez" in pages[-1].content.decode()
    assert len(courriels_envoyes()) == 5


def test_another_request_replaces_the_first(connecte: ClientStrict, dupont: User) -> None:
    demander(connecte, "premiere@example.org")
    demander(connecte, "seconde@example.org")
    premier, second = courriels_envoyes()
    connecte.post(lien_de(premier))
    dupont.refresh_from_db()
    assert dupont.email == "j.dupont@example.org"
    connecte.post(lien_de(second))
    dupont.refresh_from_db()
    assert dupont.email == "seconde@example.org"


def test_login_email_is_never_removed_by_a_forged_request(connecte: ClientStrict, dupont: User) -> None:
    connecte.post("/compte/email/", {"email": "j.dupont@example.org", "action_remove": ""})
    dupont.refresh_from_db()
    assert dupont.email == "j.dupont@example.org"
    assert adresses(dupont) == {("j.dupont@example.org", True, True)}


def test_unconfirmed_email_is_never_taken_by_a_forged_request(visiteur: Visiteur) -> None:
    user = UserFactory(username="sans_adresse", email="")
    visiteur.connecter("sans_adresse")
    visiteur.client.post("/compte/verification/", {"password": MOT_DE_PASSE})
    demander(visiteur.client, "victime@example.org")
    visiteur.client.post("/compte/email/", {"email": "victime@example.org", "action_primary": ""})
    user.refresh_from_db()
    assert user.email == ""
    visiteur.client.post(lien_de(courriels_envoyes()[-1]))
    user.refresh_from_db()
    assert user.email == "victime@example.org", "confirmed by its link, it is"


def test_account_that_allauth_does_not_know_keeps_its_email(visiteur: Visiteur, dupont: User) -> None:
    """Made by an admin or a command, without a row of allauth's: nothing is lost on the way."""
    EmailAddress.objects.all().delete()
    visiteur.connecter("dupont")
    visiteur.client.post("/compte/verification/", {"password": MOT_DE_PASSE})
    for email in ("premiere@example.org", "seconde@example.org"):
        demander(visiteur.client, email)
        dupont.refresh_from_db()
        assert dupont.email == "j.dupont@example.org"
    visiteur.client.post(lien_de(courriels_envoyes()[-1]))
    assert courriels_envoyes()[-1].to == ["j.dupont@example.org"]


def test_requests_are_throttled(connecte: ClientStrict, dupont: User) -> None:
    codes = [demander(connecte, f"adresse{n}@example.org").status_code for n in range(11)]
    assert codes[-1] == 429


# --- accorder_adresse --------------------------------------------------------------------------------


def test_accorder_adresse_takes_the_place_of_what_is_stale(dupont: User, martin: User) -> None:
    martin.emailaddress_set.update(email="j.dupont+ancien@example.org")
    User.objects.filter(pk=dupont.pk).update(email="j.dupont+ancien@example.org")
    dupont.refresh_from_db()
    accorder_adresse(user=dupont)
    assert adresses(dupont) == {("j.dupont+ancien@example.org", True, True)}
    assert adresses(martin) == set()
    accorder_adresse(user=martin)
    assert adresses(martin) == {("martin@example.org", True, True)}


def test_accorder_adresse_keeps_a_change_under_way(dupont: User) -> None:
    dupont.emailaddress_set.create(email="voulue@example.org")
    accorder_adresse(user=dupont)
    assert ("voulue@example.org", False, False) in adresses(dupont)


def test_accorder_adresse_asks_once_when_all_is_well(dupont: User) -> None:
    with CaptureQueriesContext(connection) as requetes:
        accorder_adresse(user=dupont)
    assert len([r for r in requetes if "account_emailaddress" in r["sql"]]) == 1


def test_no_mail_is_sent_by_the_request_itself(connecte: ClientStrict) -> None:
    demander(connecte, "jeanne@example.org")
    assert mail.outbox == []
