"""Mails: written with the change they speak of, sent by the worker, once (S1, S12, T6)."""

from __future__ import annotations

import logging
import re
import smtplib
import threading
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection, transaction
from django.template import Engine, TemplateDoesNotExist
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.courriels import envoyer_courriel
from accounts.models import Courriel, User
from accounts.tasks import GARDE_DES_COURRIELS, envoyer, purger
from mesures.models import Import
from tests.accounts.taches import courriels_envoyes, executer_taches, oublier_taches
from tests.factories import MandataireFactory, TribunalFactory, UserFactory

pytestmark = pytest.mark.django_db

DANGEREUX = 'L\'Haÿ-les-Roses & <b>"x"'
INVITATION = {
    "user": User(username=DANGEREUX),
    "lien": "https://emjpm.example.org/a/?b=1&c=2",
    "lien_oubli": "https://emjpm.example.org/d/",
    "heures": 24,
}


def ecrire(destinataire: str = "dupont@example.org") -> None:
    envoyer_courriel(destinataire=destinataire, gabarit="accounts/courriels/invitation", contexte=INVITATION)


class Panne(EmailBackend):
    """A mail server that refuses, and quotes the address in its answer as they do."""

    def send_messages(self, messages: Any) -> int:
        raise smtplib.SMTPRecipientsRefused({messages[0].to[0]: (450, b"greylisted")})


@pytest.fixture
def panne(settings: Any) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.Panne"


def test_mail_waits_for_the_worker() -> None:
    ecrire()
    assert mail.outbox == []
    (courriel,) = Courriel.objects.all()
    (tache,) = ProcrastinateJob.objects.all()
    assert (tache.task_name, tache.args) == ("accounts.tasks.envoyer", {"courriel_pk": courriel.pk})
    assert executer_taches() == 1
    (parti,) = mail.outbox
    assert (parti.to, parti.from_email) == (["dupont@example.org"], settings.DEFAULT_FROM_EMAIL)
    assert parti.extra_headers == {"Auto-Submitted": "auto-generated"}
    assert not Courriel.objects.exists()


def test_mail_is_plain_text_as_it_was_written() -> None:
    ecrire()
    (parti,) = courriels_envoyes()
    assert (parti.content_subtype, parti.attachments) == ("plain", [])
    assert not parti.message().is_multipart()
    assert f"Votre identifiant : {DANGEREUX}\n" in parti.body
    assert "https://emjpm.example.org/a/?b=1&c=2\n" in parti.body
    assert "\n\n\n" not in parti.body
    assert parti.body.startswith("Bonjour,\n")
    assert parti.body.endswith(f"L'équipe {settings.PRODUCT_NAME}\n")


def test_subject_is_one_line_of_bounded_length(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "essai_objet.txt").write_text("Un objet\nsur {{ nom }}\r\n")
    (tmp_path / "essai_corps.txt").write_text("Corps")
    moteur = Engine(dirs=[str(tmp_path)])
    monkeypatch.setattr(Engine, "get_default", staticmethod(lambda: moteur))
    envoyer_courriel(
        destinataire="a@example.org", gabarit="essai", contexte={"nom": "deux\nBcc: tous@example.org " + "x" * 300}
    )
    (parti,) = courriels_envoyes()
    assert parti.subject.startswith("Un objet sur deux Bcc: tous@example.org xxx")
    assert len(parti.subject) == Courriel._meta.get_field("objet").max_length
    parti.message()  # raises on a line break


def test_missing_template_writes_nothing() -> None:
    with pytest.raises(TemplateDoesNotExist):
        envoyer_courriel(destinataire="a@example.org", gabarit="accounts/courriels/inconnu", contexte={})
    assert not Courriel.objects.exists()


def test_account_without_email_gets_no_mail() -> None:
    ecrire("")
    assert not Courriel.objects.exists()
    assert not ProcrastinateJob.objects.exists()


def test_mail_and_job_roll_back_together() -> None:
    class Annule(Exception):
        pass

    def changer_puis_echouer() -> None:
        with transaction.atomic():
            ecrire()
            assert Courriel.objects.count() == ProcrastinateJob.objects.count() == 1
            raise Annule

    with pytest.raises(Annule):
        changer_puis_echouer()
    assert not Courriel.objects.exists()
    assert not ProcrastinateJob.objects.exists()
    assert courriels_envoyes() == []


def test_mail_does_not_outlive_a_job_that_cannot_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    def defer(**kwargs: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(envoyer, "defer", defer)
    with pytest.raises(RuntimeError):
        ecrire()
    assert not Courriel.objects.exists()


def test_task_run_twice_sends_once() -> None:
    ecrire()
    (courriel,) = Courriel.objects.all()
    envoyer(courriel.pk)
    envoyer(courriel.pk)
    assert len(mail.outbox) == 1


def test_refused_mail_stays_for_another_try(panne: None, caplog: pytest.LogCaptureFixture) -> None:
    ecrire()
    (courriel,) = Courriel.objects.all()
    with pytest.raises(smtplib.SMTPRecipientsRefused), caplog.at_level(logging.WARNING):
        envoyer(courriel.pk)
    assert Courriel.objects.filter(pk=courriel.pk).exists()
    assert caplog.messages == [f"Le courriel {courriel.pk} n'est pas parti."]


def test_refused_mail_leaves_later(panne: None, settings: Any) -> None:
    ecrire()
    (courriel,) = Courriel.objects.all()
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        envoyer(courriel.pk)
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    envoyer(courriel.pk)
    assert [parti.to for parti in mail.outbox] == [["dupont@example.org"]]


def test_pauses_grow_over_some_six_hours() -> None:
    assert envoyer.retry_strategy is not None
    pauses = []
    for essais in range(20):
        job = ProcrastinateJob(
            id=1, queue_name="", task_name="", args={}, status="doing", attempts=essais, priority=0
        )
        decision = envoyer.retry_strategy.get_retry_decision(exception=OSError(), job=job.procrastinate_job)
        if decision is None:
            break
        pauses.append(decision.retry_at - timezone.now())
    assert len(pauses) == 7
    assert pauses == sorted(pauses)
    assert timedelta(hours=6) < sum(pauses, timedelta()) < timedelta(hours=7)


def test_mails_that_never_left_are_purged() -> None:
    for age in (GARDE_DES_COURRIELS - timedelta(hours=1), GARDE_DES_COURRIELS + timedelta(hours=1)):
        courriel = Courriel.objects.create(destinataire="a@example.org", objet=str(age), corps="")
        Courriel.objects.filter(pk=courriel.pk).update(created_at=timezone.now() - age)
    purger(0)
    assert Courriel.objects.count() == 1


def test_nightly_tasks_are_planned() -> None:
    planifiees = {tache.task.name for tache in app.periodic_registry.periodic_tasks.values()}
    assert {"accounts.tasks.purger", "accounts.tasks.purger_taches"} <= planifiees


# --- The real worker, on the real database -----------------------------------------------------------


@pytest.fixture
def file_reelle(transactional_db: None) -> Iterator[None]:
    yield
    oublier_taches()


def travailler() -> None:
    """`manage.py procrastinate worker --one-shot`: its own connections and threads."""
    with app.replace_connector(app.connector.get_worker_connector()) as avec_pool:

        async def tourner() -> None:
            async with avec_pool.open_async():
                await avec_pool.run_worker_async(wait=False, install_signal_handlers=False, listen_notify=False)

        async_to_sync(tourner)()


def test_worker_sends_and_logs_primary_keys_only(file_reelle: None, caplog: pytest.LogCaptureFixture) -> None:
    ecrire("secret@example.org")
    (courriel,) = Courriel.objects.all()
    with caplog.at_level(logging.DEBUG, logger="procrastinate"):
        travailler()
    assert [parti.to for parti in mail.outbox] == [["secret@example.org"]]
    assert not Courriel.objects.exists()
    assert ProcrastinateJob.objects.get(task_name="accounts.tasks.envoyer").status == "succeeded"
    assert f"courriel_pk={courriel.pk}" in caplog.text
    for record in caplog.records:
        assert "secret@" not in f"{record.getMessage()} {record.__dict__}"


def test_worker_tries_again_later(file_reelle: None, panne: None) -> None:
    ecrire()
    travailler()
    tache = ProcrastinateJob.objects.get(task_name="accounts.tasks.envoyer")
    assert (tache.status, tache.attempts) == ("todo", 1)
    assert tache.scheduled_at is not None
    assert tache.scheduled_at > timezone.now()
    assert Courriel.objects.count() == 1


def test_mail_that_another_worker_is_sending_is_left_alone(file_reelle: None) -> None:
    ecrire()
    (courriel,) = Courriel.objects.all()

    def autre_travailleur() -> None:
        try:
            envoyer(courriel.pk)
        finally:
            connection.close()

    with transaction.atomic():
        Courriel.objects.select_for_update().get(pk=courriel.pk)
        fil = threading.Thread(target=autre_travailleur)
        fil.start()
        fil.join(timeout=10)
        assert not fil.is_alive(), "it does not wait either"
    assert mail.outbox == []
    envoyer(courriel.pk)
    assert len(mail.outbox) == 1


# --- What mails say ----------------------------------------------------------------------------------

GABARITS = sorted(
    str(chemin.relative_to(settings.BASE_DIR / "templates")).removesuffix("_objet.txt")
    for chemin in (settings.BASE_DIR / "templates").glob("*/*/*_objet.txt")
)
LIEN = "https://emjpm.example.org/lien/"
SANS_LIEN = {
    "account/email/email_changed",
    "account/email/email_deleted",
    "account/email/password_changed",
    "account/email/password_reset",
    "account/email/password_set",
    "account/email/unknown_account",
    "mandataires/courriels/demande_recue",
    "mandataires/courriels/demande_refusee",
    "mandataires/courriels/invitation_deja_inscrit",
    "mandataires/courriels/membre_retire",
}
JOUR = date(2027, 1, 1)


def contexte(*, plein: bool) -> dict[str, Any]:
    """What all mails together ask for: everything that may be empty is, or nothing is."""
    liens = ("lien", "lien_oubli", "lien_choix", "activate_url", "password_reset_url")
    personne = UserFactory.build(username="dupont", **({} if plein else {"first_name": "", "last_name": ""}))
    mandataire = MandataireFactory.build(
        prenom="Camille" if plein else "", nom="Dupont", commune=None, indisponible_du=JOUR
    )
    mandataire.indisponible_au = JOUR if plein else None
    nombres = {"mesures": "2 mesures", "plusieurs": True} if plein else {"mesures": "1 mesure", "plusieurs": False}
    return {
        **dict.fromkeys(liens, LIEN),
        "username": "dupont",
        "identifiant": "dupont",
        "user": personne,
        "personne": personne,
        "auteur": personne,
        "heures": 24,
        "jours": 90,
        "to_email": "nouvelle@example.org",
        "deleted_email": "retiree@example.org",
        "motif": "Pièce manquante",
        "est_actif": plein,
        "mandataire": mandataire,
        "service": mandataire,
        "de": mandataire,
        "vers": mandataire,
        **nombres,
        "reservations": 3 if plein else 0,
        "est_annulation": plein,
        "tribunal": TribunalFactory.build(nom="Tribunal judiciaire d'Arras", commune=None),
        "expire_le": JOUR,
        "est_tardive": plein,
        "interruption": mandataire.interruption,
        "mise_a_jour_at": timezone.now() if plein else None,
        "importation": Import(lues=7000, nouvelles=6996, rejetees=4, absentes=2) if plein else Import(lues=0),
    }


@pytest.mark.parametrize("plein", [False, True], ids=["vide", "plein"])
@pytest.mark.parametrize("gabarit", GABARITS)
def test_each_mail_with_every_optional_field_empty_and_full(gabarit: str, plein: bool) -> None:
    envoyer_courriel(destinataire="a@example.org", gabarit=gabarit, contexte=contexte(plein=plein))
    (parti,) = courriels_envoyes()
    texte = f"{parti.subject}\n{parti.body}"
    for artefact in ("None", "null", "undefined", "localhost", "127.0.0.1", "1970", "{{", "{%", "&#", "&amp;"):
        assert artefact not in texte, artefact
    assert not re.search(r"  | [.,]|\(\)|\b1 janvier", texte), "a hole, or a day badly written"
    assert parti.subject
    assert len(parti.subject) < 100
    assert settings.PRODUCT_NAME in parti.subject
    assert settings.CONTACT_EMAIL in parti.body
    # To the holder of an account that is closed, there is nothing to open.
    sans_lien = gabarit in SANS_LIEN or (gabarit == "mandataires/courriels/deja_inscrit" and not plein)
    assert (LIEN in parti.body) != sans_lien
    if LIEN in parti.body:
        assert f"\n{LIEN}\n" in parti.body, "alone on its line, so that mail programs keep it whole"


def test_every_mail_that_allauth_may_send_is_ours() -> None:
    """Those of the flows that this site opens; what is closed (sign-up, codes, phone) has none."""
    attendus = {
        "account_already_exists",
        "email_changed",
        "email_confirmation",
        "email_deleted",
        "password_changed",
        "password_reset",
        "password_reset_key",
        "password_set",
        "unknown_account",
    }
    assert {Path(g).name for g in GABARITS if g.startswith("account/")} == attendus
