"""The daily task, clock moved: what no paper followed is announced, expires, and is never deleted (D4)."""

from __future__ import annotations

import logging
from datetime import date, time, timedelta
from typing import Any

import pytest
from procrastinate.contrib.django import app

from accounts.models import Courriel, User
from mandataires.models import Charge
from mesures import expirations
from mesures.compteurs import derives
from mesures.expirations import suivre_expirations
from mesures.historique import evenements
from mesures.models import Mesure
from mesures.reservations import prolonger, reserver
from tests.factories import MembreFactory, MesureFactory
from tests.mesures.reservations import RG, a_qui, a_reserver, nous_sommes_le
from tribunaux.models import Tribunal

pytestmark = pytest.mark.django_db

JOUR = timedelta(days=1)
TERME = date(2026, 11, 22)  # the last day of `qui_finit()`


def qui_finit(mandataire: Any, tribunal: Tribunal, jour: date = TERME, **valeurs: Any) -> Mesure:
    mesure: Mesure = MesureFactory(
        en_attente=True, mandataire=mandataire, tribunal=tribunal, expire_le=jour, **valeurs
    )
    return mesure


def etat(reservation: Mesure) -> tuple[str, bool]:
    """(state, whether its end was announced)."""
    reservation.refresh_from_db()
    return reservation.statut, reservation.expiration_annoncee_at is not None


def test_le_travailleur_la_connait() -> None:
    assert "mesures.expirations" in app.import_paths
    planifiees = {tache.task.name: tache.cron for tache in app.periodic_registry.periodic_tasks.values()}
    minute, heure, *jours = planifiees["mesures.expirations.suivre_expirations"].split()
    assert minute.isdigit()
    assert heure.isdigit()
    assert jours == ["*", "*", "*"]


def test_soixante_jours_d_une_reservation(juge: User, prepose: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """The task runs each morning: one announcement, one end, and nothing else for two months."""
    debut = date(2026, 11, 22)
    nous_sommes_le(debut, monkeypatch)
    reservation = reserver(reservation=a_reserver(prepose.membre.mandataire, numero_rg=RG), author=juge)
    assert [qui for qui, _ in a_qui()] == ["prepose"]
    journal: dict[int, list[tuple[str, str]]] = {}
    for jour in range(1, 75):
        nous_sommes_le(debut + jour * JOUR, monkeypatch, time(5, 20))
        deja = len(a_qui())
        suivre_expirations(0)
        if partis := a_qui()[deja:]:
            journal[jour] = partis
    va_expirer, a_expire = "une réservation expire après le 21 janvier 2027", "une réservation a expiré"
    assert journal == {
        53: [("prepose", va_expirer), ("juge", va_expirer)],
        61: [("prepose", a_expire), ("juge", a_expire)],
    }
    assert etat(reservation) == ("expiree", True)
    assert (reservation.numero_rg, reservation.reponse_vue_at, reservation.version) == (RG, None, 1)
    assert Mesure.objects.visible_to(juge).reponses_nouvelles().get() == reservation
    assert Charge.objects.get(pk=reservation.mandataire_id).en_attente == 0
    assert derives() == []
    assert [(acte.acte, acte.auteur) for acte in evenements(reservation)][:1] == [
        ("Réservation expirée", "e-MJPM (automatique)")
    ]
    assert len(evenements(reservation)) == 2, "an announcement is not an act"
    assert Charge.objects.get(pk=reservation.mandataire_id).mise_a_jour_at is None


@pytest.mark.parametrize(
    ("ecart", "attendu"),
    [
        (-8, ("en_attente", False)),
        (-7, ("en_attente", True)),
        (0, ("en_attente", True)),
        (1, ("expiree", False)),
        (30, ("expiree", False)),
    ],
)
def test_au_jour_pres(
    prepose: User, tribunal: Tribunal, monkeypatch: pytest.MonkeyPatch, ecart: int, attendu: tuple[str, bool]
) -> None:
    """A worker that was down for a month announces nothing of what has ended already."""
    reservation = qui_finit(prepose.membre.mandataire, tribunal)
    nous_sommes_le(TERME + ecart * JOUR, monkeypatch)
    suivre_expirations(0)
    assert etat(reservation) == attendu


@pytest.mark.parametrize(
    ("terme", "heure", "attendu"),
    [
        # Midnight in Paris, not that of UTC: in winter an hour before it, in summer two.
        (date(2026, 11, 22), time(23, 59, 59), "en_attente"),
        (date(2026, 7, 14), time(23, 59, 59), "en_attente"),
    ],
)
def test_minuit_a_paris(
    prepose: User,
    tribunal: Tribunal,
    monkeypatch: pytest.MonkeyPatch,
    terme: date,
    heure: time,
    attendu: str,
) -> None:
    reservation = qui_finit(prepose.membre.mandataire, tribunal, terme)
    nous_sommes_le(terme, monkeypatch, heure)
    suivre_expirations(0)
    assert etat(reservation)[0] == attendu
    nous_sommes_le(terme + JOUR, monkeypatch, time(0, 0, 1))
    suivre_expirations(0)
    assert etat(reservation)[0] == "expiree"


@pytest.mark.parametrize(
    ("reservee", "terme"),
    [
        (date(2027, 2, 20), date(2027, 4, 21)),  # over 28 March 2027, a day of 23 hours
        (date(2027, 9, 10), date(2027, 11, 9)),  # over 31 October 2027, a day of 25 hours
        (date(2028, 1, 1), date(2028, 3, 1)),  # over 29 February
    ],
)
def test_le_changement_d_heure_ne_prend_ni_ne_rend_de_jour(
    juge: User, prepose: User, monkeypatch: pytest.MonkeyPatch, reservee: date, terme: date
) -> None:
    nous_sommes_le(reservee, monkeypatch, time(23, 30))
    reservation = reserver(reservation=a_reserver(prepose.membre.mandataire), author=juge)
    assert reservation.expire_le == terme
    nous_sommes_le(terme, monkeypatch, time(23, 59))
    suivre_expirations(0)
    assert etat(reservation)[0] == "en_attente"
    nous_sommes_le(terme + JOUR, monkeypatch, time(0, 1))
    suivre_expirations(0)
    assert etat(reservation)[0] == "expiree"


@pytest.mark.parametrize("jour", [date(2027, 3, 28), date(2027, 10, 31)])
def test_le_jour_du_changement_d_heure(
    prepose: User, tribunal: Tribunal, monkeypatch: pytest.MonkeyPatch, jour: date
) -> None:
    finie, derniere, prochaine = (
        qui_finit(prepose.membre.mandataire, tribunal, jour + ecart * JOUR) for ecart in (-1, 0, 8)
    )
    nous_sommes_le(jour, monkeypatch, time(5, 20))
    suivre_expirations(0)
    assert [etat(finie), etat(derniere), etat(prochaine)] == [
        ("expiree", False),
        ("en_attente", True),
        ("en_attente", False),
    ]


def test_passer_deux_fois_ne_fait_rien_de_plus(
    juge: User, prepose: User, tribunal: Tribunal, monkeypatch: pytest.MonkeyPatch
) -> None:
    for ecart in (-1, 0, 5):
        qui_finit(prepose.membre.mandataire, tribunal, TERME + ecart * JOUR, reserve_by=juge)
    nous_sommes_le(TERME, monkeypatch)
    suivre_expirations(0)
    avant = list(Mesure.objects.order_by("pk").values())
    assert len(a_qui()) == 6, "three reservations, two sides"
    suivre_expirations(0)
    assert list(Mesure.objects.order_by("pk").values()) == avant
    assert len(a_qui()) == 6


def test_prolonger_apres_l_annonce_la_fera_annoncer_encore(
    juge: User, prepose: User, tribunal: Tribunal, monkeypatch: pytest.MonkeyPatch
) -> None:
    reservation = qui_finit(prepose.membre.mandataire, tribunal, reserve_by=juge)
    nous_sommes_le(TERME, monkeypatch)
    suivre_expirations(0)
    prolonger(pk=reservation.pk, version=0, author=juge)
    suivre_expirations(0)
    assert etat(reservation) == ("en_attente", False)
    nous_sommes_le(TERME + 53 * JOUR, monkeypatch)
    suivre_expirations(0)
    assert etat(reservation) == ("en_attente", True)
    assert [sujet.split(" après")[0] for qui, sujet in a_qui() if qui == "juge"] == [
        "une réservation expire",
        "une réservation expire",
    ]


@pytest.mark.parametrize("panne_a", [1, 2, 3, 4])
def test_une_tache_qui_meurt_laisse_des_lignes_entieres(
    juge: User,
    prepose: User,
    individuel: User,
    tribunal: Tribunal,
    monkeypatch: pytest.MonkeyPatch,
    panne_a: int,
) -> None:
    """At whichever mail: each MJPM is done with its mails, or untouched; the next run ends the work."""
    mandataires = [user.membre.mandataire for user in (prepose, individuel)]
    reservations = [qui_finit(mandataire, tribunal, reserve_by=juge) for mandataire in mandataires]
    nous_sommes_le(TERME + JOUR, monkeypatch)
    vrai, envois = expirations.prevenir_tribunal, 0

    class Panne(Exception):
        pass

    def prevenir(*args: Any) -> None:
        nonlocal envois
        envois += 1
        vrai(*args)
        if envois >= panne_a:
            raise Panne

    monkeypatch.setattr(expirations, "prevenir_tribunal", prevenir)
    if panne_a <= len(reservations):
        with pytest.raises(RuntimeError, match="sans suite"):
            suivre_expirations(0)
    else:
        suivre_expirations(0)
    finies = [etat(reservation)[0] == "expiree" for reservation in reservations]
    assert finies == [numero + 1 < panne_a for numero in range(len(reservations))]
    assert Courriel.objects.count() == 2 * sum(finies)
    monkeypatch.setattr(expirations, "prevenir_tribunal", vrai)
    suivre_expirations(0)
    assert [etat(reservation)[0] for reservation in reservations] == ["expiree", "expiree"]
    assert sorted(qui for qui, _ in a_qui()) == ["individuel", "juge", "juge", "prepose"]
    assert derives() == []


def test_un_mandataire_qui_echoue_n_arrete_pas_les_autres(
    prepose: User,
    individuel: User,
    tribunal: Tribunal,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    premier, second = sorted((user.membre.mandataire for user in (prepose, individuel)), key=lambda m: m.pk)
    perdue, suivie = qui_finit(premier, tribunal), qui_finit(second, tribunal)
    nous_sommes_le(TERME + JOUR, monkeypatch)
    vrai = expirations.prevenir_tribunal

    def prevenir(reservation: Mesure, *args: Any) -> None:
        if reservation == perdue:
            raise ValueError("22/00001")
        vrai(reservation, *args)

    monkeypatch.setattr(expirations, "prevenir_tribunal", prevenir)
    with pytest.raises(RuntimeError, match=r"1 mandataire"):
        suivre_expirations(0)
    assert (etat(perdue), etat(suivie)) == (("en_attente", False), ("expiree", False))
    assert f"Réservations du mandataire {premier.pk} : échec." in caplog.messages


def test_ce_qui_n_attend_pas_n_est_pas_touche(
    prepose: User, tribunal: Tribunal, monkeypatch: pytest.MonkeyPatch
) -> None:
    mandataire = prepose.membre.mandataire
    for statut in ("refusee", "annulee", "expiree"):
        MesureFactory(**{statut: True}, mandataire=mandataire, tribunal=tribunal, expire_le=TERME)
    nous_sommes_le(TERME + 100 * JOUR, monkeypatch)
    avant = list(Mesure.objects.order_by("pk").values())
    suivre_expirations(0)
    assert list(Mesure.objects.order_by("pk").values()) == avant
    assert a_qui() == []


def test_un_renouvellement_expire_sans_finir_l_ancienne(
    juge: User, prepose: User, tribunal: Tribunal, monkeypatch: pytest.MonkeyPatch
) -> None:
    ancienne = Mesure.objects.get(mandataire__membres__user=prepose)
    reservation = qui_finit(prepose.membre.mandataire, tribunal, renouvelle=ancienne)
    nous_sommes_le(TERME + JOUR, monkeypatch)
    suivre_expirations(0)
    ancienne.refresh_from_db()
    assert (etat(reservation)[0], ancienne.statut) == ("expiree", "en_cours")
    assert derives() == []


def test_chacun_a_ses_choix(
    juge: User, prepose: User, tribunal: Tribunal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Terms are a choice of their own."""
    collegue = MembreFactory(user__username="collegue", mandataire=prepose.membre.mandataire).user
    User.objects.filter(pk=collegue.pk).update(courriel_reservations=False)
    User.objects.filter(pk=prepose.pk).update(courriel_echeances=False)
    User.objects.filter(pk=juge.pk).update(courriel_echeances=False)
    qui_finit(prepose.membre.mandataire, tribunal, reserve_by=juge)
    for jour in (TERME, TERME + JOUR):
        nous_sommes_le(jour, monkeypatch)
        suivre_expirations(0)
    assert [qui for qui, _ in a_qui()] == ["collegue", "collegue"]


def test_seuls_des_nombres_vont_au_journal(
    prepose: User, tribunal: Tribunal, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    qui_finit(prepose.membre.mandataire, tribunal, numero_rg=RG)
    qui_finit(prepose.membre.mandataire, tribunal, TERME + 7 * JOUR)
    nous_sommes_le(TERME + JOUR, monkeypatch)
    with caplog.at_level(logging.INFO, logger="mesures"):
        suivre_expirations(0)
    assert caplog.messages == ["Réservations : 1 expirée(s), 1 expiration(s) annoncée(s)."]
