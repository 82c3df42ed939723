"""What is destroyed in time: ended mesures, reservations without a mesure, the history of deleted ones."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from itertools import count
from time import monotonic, sleep
from typing import Any
from zoneinfo import ZoneInfo

import pgtrigger
import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from accounts.models import User
from mandataires.models import Charge, Declaration, Presence
from mandataires.services import verrouiller_charges
from mesures import purge
from mesures.historique import evenements
from mesures.models import Mesure, Transfert, TransfertLigne
from mesures.purge import purger_mesures
from mesures.services import reactiver
from tests.factories import MandataireFactory, MesureFactory, TribunalFactory

pytestmark = pytest.mark.django_db

AUJOURD_HUI = date(2026, 11, 22)
PARIS = ZoneInfo("Europe/Paris")
MINUIT = datetime(2025, 11, 22, tzinfo=PARIS)  # when the day begins that is a year before AUJOURD_HUI
SECONDE = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def _aujourd_hui(monkeypatch: pytest.MonkeyPatch) -> None:
    nous_sommes_le(AUJOURD_HUI, monkeypatch)


def nous_sommes_le(jour: date, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the purge only: each other « today » stays what it is."""
    monkeypatch.setattr(purge.timezone, "localdate", lambda *args: jour)


def historique() -> Any:
    return apps.get_model("mesures", "MesureHistorique").objects


def finie(jour: date = date(2020, 1, 1), **valeurs: Any) -> Mesure:
    mesure: Mesure = MesureFactory(eteinte=True, date_decision=date(2015, 1, 1), date_extinction=jour, **valeurs)
    return mesure


def supprimee(at: datetime) -> int:
    """The key of a mesure that somebody recorded, changed, and deleted at that moment."""
    mesure = MesureFactory()
    pk: int = mesure.pk
    Mesure.objects.filter(pk=pk).update(cabinet="2", version=1)
    mesure.delete()
    with pgtrigger.ignore("mesures.MesureHistorique:append_only"):
        historique().filter(pgh_obj=pk, pgh_label="delete").update(pgh_created_at=at)
        historique().filter(pgh_obj=pk).exclude(pgh_label="delete").update(pgh_created_at=at - timedelta(days=900))
    return pk


def reste(*mesures: Mesure) -> list[bool]:
    """Whether each is there; its history must say the same."""
    presentes = [Mesure.objects.filter(pk=mesure.pk).exists() for mesure in mesures]
    assert [historique().filter(pgh_obj=mesure.pk).exists() for mesure in mesures] == presentes
    return presentes


def test_le_travailleur_la_connait() -> None:
    assert "mesures.purge" in app.import_paths
    planifiees = {tache.task.name: tache.cron for tache in app.periodic_registry.periodic_tasks.values()}
    minute, heure, *jours = planifiees["mesures.purge.purger_mesures"].split()
    assert minute.isdigit()
    assert heure.isdigit()
    assert jours == ["*", "*", "*"]


class TestTermes:
    """The last day of a term, what it concerns is still there; the next day it is not."""

    def test_une_mesure_cinq_ans_apres_sa_fin(self) -> None:
        gardees = [finie(date(2021, 11, 23)), finie(date(2021, 11, 22))]
        detruites = [finie(date(2021, 11, 21)), finie(date(2016, 2, 29))]
        purger_mesures(0)
        assert reste(*gardees, *detruites) == [True, True, False, False]

    @pytest.mark.parametrize(
        ("aujourd_hui", "fin", "est_gardee"),
        [
            (date(2029, 2, 28), date(2024, 2, 29), True),
            (date(2029, 3, 1), date(2024, 2, 29), False),
            (date(2028, 2, 28), date(2023, 2, 28), True),
            (date(2028, 2, 29), date(2023, 2, 28), False),
            (date(2028, 2, 29), date(2023, 3, 1), True),
        ],
    )
    def test_les_annees_bissextiles(
        self, aujourd_hui: date, fin: date, est_gardee: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        nous_sommes_le(aujourd_hui, monkeypatch)
        mesure = finie(fin)
        purger_mesures(0)
        assert reste(mesure) == [est_gardee]

    @pytest.mark.parametrize(("statut", "champ"), [("refusee", "repondu_at"), ("annulee", "annule_at")])
    def test_une_reservation_un_an_apres_la_reponse(self, statut: str, champ: str) -> None:
        """To the second, at midnight in Paris: an hour before that of UTC."""
        gardees = [MesureFactory(**{statut: True, champ: at}) for at in (timezone.now(), MINUIT)]
        detruites = [
            MesureFactory(**{statut: True, champ: at}) for at in (MINUIT - SECONDE, MINUIT.replace(year=2020))
        ]
        purger_mesures(0)
        assert reste(*gardees, *detruites) == [True, True, False, False]

    def test_une_reservation_un_an_apres_son_expiration(self) -> None:
        gardees = [MesureFactory(expiree=True, expire_le=date(2025, 11, jour)) for jour in (23, 22)]
        detruites = [MesureFactory(expiree=True, expire_le=date(2025, 11, 21))]
        purger_mesures(0)
        assert reste(*gardees, *detruites) == [True, True, False]

    def test_l_historique_d_une_mesure_un_an_apres_sa_suppression(self) -> None:
        gardees = [supprimee(timezone.now()), supprimee(MINUIT)]
        detruites = [supprimee(MINUIT - SECONDE), supprimee(MINUIT.replace(year=2019))]
        assert historique().filter(pgh_obj__in=detruites).count() == 6
        purger_mesures(0)
        assert set(historique().values_list("pgh_obj", flat=True)) == set(gardees)
        assert historique().filter(pgh_obj__in=gardees).count() == 6, "whole, however old its first rows"


class TestCeQuiReste:
    """Old in every way, and not of those that go."""

    def test_ce_qui_n_est_ni_fini_ni_sans_suite(self) -> None:
        vieux = datetime(2018, 1, 1, tzinfo=PARIS)
        mesures = [
            MesureFactory(date_decision=date(1990, 1, 1)),
            MesureFactory(en_attente=True, reserve_at=vieux, expire_le=date(2018, 3, 1)),
            # Confirmed, one of them long after it expired.
            MesureFactory(
                tribunal=TribunalFactory(), reserve_at=vieux, repondu_at=vieux, expire_le=date(2018, 3, 1)
            ),
            finie(date(2024, 1, 1), tribunal=TribunalFactory(), reserve_at=vieux, repondu_at=vieux),
            # Refused, cancelled, expired of late, and reserved long before.
            *(MesureFactory(**{statut: True}, reserve_at=vieux) for statut in ("refusee", "annulee", "expiree")),
            MesureFactory(refusee=True, reserve_at=vieux, expire_le=date(2018, 3, 1)),
        ]
        avant = historique().count()
        purger_mesures(0)
        assert all(reste(*mesures))
        assert historique().count() == avant

    def test_une_mesure_reactivee(self, prepose: User) -> None:
        mesure = finie(mandataire=prepose.membre.mandataire)
        reactiver(pk=mesure.pk, version=0, author=prepose)
        purger_mesures(0)
        assert reste(mesure) == [True]

    def test_une_suppression_dont_la_mesure_est_la(self) -> None:
        """It cannot be; were it so, the history of a living mesure is not the purge's."""
        mesure = MesureFactory()
        pk = supprimee(MINUIT - SECONDE)
        with pgtrigger.ignore("mesures.MesureHistorique:append_only"):
            historique().filter(pgh_obj=pk).update(pgh_obj=mesure.pk, id=mesure.pk)
        purger_mesures(0)
        assert historique().filter(pgh_obj=mesure.pk).count() == 4


class TestDestruction:
    def test_une_mesure_venue_d_une_reservation(self) -> None:
        at = datetime(2018, 1, 1, tzinfo=PARIS)
        mesure = finie(tribunal=TribunalFactory(), reserve_at=at, repondu_at=at)
        purger_mesures(0)
        assert reste(mesure) == [False]

    def test_tout_l_historique_part_et_rien_ne_s_y_ajoute(self) -> None:
        mesure, voisine = finie(), MesureFactory()
        Mesure.objects.filter(pk=mesure.pk).update(cabinet="2", version=1)
        avant = list(historique().filter(pgh_obj=voisine.pk).values())
        assert historique().filter(pgh_obj=mesure.pk).count() == 2
        purger_mesures(0)
        assert list(historique().values()) == avant

    def test_les_protections_valent_apres_comme_avant(self) -> None:
        """In the same transaction: nothing that was set aside stays so."""
        finie()
        reservee, autre = MesureFactory(refusee=True), MesureFactory()
        purger_mesures(0)
        for interdit in (reservee.delete, historique().filter(pgh_obj=autre.pk).delete):
            with pytest.raises(DatabaseError, match="pgtrigger: Cannot"), transaction.atomic():
                interdit()
        Mesure.objects.filter(pk=autre.pk).update(cabinet="2")
        Mesure.objects.filter(pk=autre.pk).delete()
        suite = historique().filter(pgh_obj=autre.pk).order_by("pgh_id")
        assert list(suite.values_list("pgh_label", flat=True)) == ["insert", "update", "delete"]
        assert not Presence.objects.exists()

    def test_celle_qui_la_renouvelle_n_en_sait_rien(self) -> None:
        grand_mere = finie()
        mere = finie(renouvelle=grand_mere)
        fille = finie(date(2024, 1, 1), renouvelle=mere)
        petite_fille = MesureFactory(renouvelle=fille)
        suite = historique().filter(pgh_obj=fille.pk)
        avant = list(suite.values())
        purger_mesures(0)
        assert reste(grand_mere, mere, fille, petite_fille) == [False, False, True, True]
        version = fille.version
        fille.refresh_from_db()
        petite_fille.refresh_from_db()
        assert (fille.renouvelle, fille.version, petite_fille.renouvelle) == (None, version, fille)
        assert list(suite.values()) == avant
        # Nor does its next act say that its author has cut the two.
        Mesure.objects.filter(pk=fille.pk).update(cabinet="7", version=1)
        assert [str(changement) for changement in evenements(fille)[0].changements] == ["cabinet : « 7 » ajouté"]

    def test_sa_ligne_de_transfert_part_et_le_transfert_reste(self) -> None:
        partie, restee = finie(), finie(date(2024, 1, 1))
        transfert = Transfert.objects.create(de=MandataireFactory(), vers=partie.mandataire, nombre=2)
        for mesure in (partie, restee):
            TransfertLigne.objects.create(transfert=transfert, mesure=mesure, version=1)
        purger_mesures(0)
        assert list(TransfertLigne.objects.values_list("mesure", flat=True)) == [restee.pk]
        assert Transfert.objects.get().nombre == 2

    def test_les_compteurs_ne_bougent_pas(self, service: User) -> None:
        mandataire = service.membre.mandataire
        MesureFactory.create_batch(2, mandataire=mandataire)
        MesureFactory(en_attente=True, mandataire=mandataire)
        vieilles = [finie(mandataire=mandataire) for _ in range(3)]
        MesureFactory(renouvelle=vieilles[0])
        avant = [list(modele.objects.order_by("pk").values()) for modele in (Charge, Presence, Declaration)]
        purger_mesures(0)
        assert reste(*vieilles) == [False] * 3
        assert [list(m.objects.order_by("pk").values()) for m in (Charge, Presence, Declaration)] == avant
        call_command("verifier_compteurs")

    def test_seuls_des_nombres_vont_au_journal(self, caplog: pytest.LogCaptureFixture) -> None:
        finie(numero_rg="19/04242", tribunal=TribunalFactory(), numero_dossier="D-4242")
        MesureFactory(refusee=True, repondu_at=MINUIT - SECONDE, motif_reponse="Secret")
        supprimee(MINUIT - SECONDE)
        with caplog.at_level("INFO", logger="mesures.purge"):
            purger_mesures(0)
        assert caplog.messages == [
            "Purge : 2 mesure(s) ou réservation(s) détruite(s).",
            "Purge : historique de 1 mesure(s) supprimée(s) détruit.",
        ]


class TestLots:
    def test_deux_fois_de_suite(self) -> None:
        finie()
        gardees = [finie(date(2024, 1, 1)), MesureFactory()]
        purger_mesures(0)
        avant = list(historique().order_by("pgh_id").values())
        purger_mesures(0)
        assert all(reste(*gardees))
        assert list(historique().order_by("pgh_id").values()) == avant

    def test_autant_de_lots_qu_il_faut(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(purge, "LOT", 2)
        mandataire = MandataireFactory()
        chaine = [finie(mandataire=mandataire)]
        for _ in range(4):  # each lot but the last is renewed by the next
            chaine.append(finie(mandataire=mandataire, renouvelle=chaine[-1]))
        supprimees = [supprimee(MINUIT - SECONDE) for _ in range(5)]
        purger_mesures(0)
        assert reste(*chaine) == [False] * 5
        assert not historique().filter(pgh_obj__in=supprimees).exists()

    def test_une_purge_interrompue_est_reprise(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A lot goes whole, with its history, or not at all."""
        monkeypatch.setattr(purge, "LOT", 2)
        mandataire = MandataireFactory()
        mesures = [finie(mandataire=mandataire) for _ in range(5)]
        effacer, appels = purge.effacer_historique, count(1)

        def tomber_au_deuxieme(lignes: Any) -> None:
            if next(appels) == 2:
                raise RuntimeError
            effacer(lignes)

        monkeypatch.setattr(purge, "effacer_historique", tomber_au_deuxieme)
        with pytest.raises(RuntimeError):
            purger_mesures(0)
        assert reste(*mesures) == [False, False, True, True, True]
        purger_mesures(0)
        assert reste(*mesures) == [False] * 5

    def test_peu_de_requetes_par_lot(self, django_assert_max_num_queries: Callable[[int], Any]) -> None:
        mandataire = MandataireFactory()
        for _ in range(60):
            finie(mandataire=mandataire)
        with django_assert_max_num_queries(35):
            purger_mesures(0)
        assert not Mesure.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_une_mesure_reactivee_pendant_la_purge(prepose: User) -> None:
    """On real connections: the purge has found it, waits for the act to end, and leaves it alone."""
    reactivee, oubliee = (finie(mandataire=prepose.membre.mandataire) for _ in range(2))

    def purger() -> None:
        try:
            purger_mesures(0)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            verrouiller_charges(reactivee.mandataire_id)
            tache = pool.submit(purger)
            attendre_un_verrou()
            reactiver(pk=reactivee.pk, version=0, author=prepose)
        tache.result(timeout=10)
    assert reste(reactivee, oubliee) == [True, False]
    call_command("verifier_compteurs")


def attendre_un_verrou() -> None:
    """Until another connection waits for a row that this one holds."""
    fin = monotonic() + 10
    while monotonic() < fin:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
            )
            if cursor.fetchone() != (0,):
                return
        sleep(0.02)
    raise AssertionError("nobody waits")
