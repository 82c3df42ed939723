"""A court, a MJPM and the daily task at the same moment, on real connections."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import Courriel, User
from mandataires.models import Agrement, Charge, Mandataire
from mandataires.profil import retirer_tribunal
from mandataires.services import verrouiller_charges
from mesures.compteurs import derives
from mesures.expirations import suivre_expirations
from mesures.models import Mesure
from mesures.reponses import confirmer, marquer_vue
from mesures.reservations import (
    AConfirmer,
    annuler_reservation,
    marquer_reponses_vues,
    modifier_reservation,
    reserver,
)
from mesures.services import VersionPerimee, eteindre
from tests.factories import MesureFactory
from tests.mesures.reservations import a_reserver, prononcer
from tests.mesures.test_concurrence import ensemble
from tests.mesures.test_purge import attendre_un_verrou
from tribunaux.models import Tribunal

pytestmark = pytest.mark.django_db(transaction=True)

DEUX_FOIS = pytest.mark.parametrize("essai", range(2))
HIER = timezone.localdate() - timedelta(days=1)


@pytest.fixture
def reservation(juge: User, mandataire: Mandataire, tribunal: Tribunal) -> Mesure:
    return MesureFactory(en_attente=True, mandataire=mandataire, tribunal=tribunal, reserve_by=juge)


def frais(user: User) -> User:
    """As another request reads them: nothing that Django kept on the object is shared."""
    return User.objects.get(pk=user.pk)


def reserve(mandataire: Mandataire, author: User, **valeurs: Any) -> Callable[[], Mesure]:
    return lambda: reserver(reservation=a_reserver(mandataire, **valeurs), author=frais(author))


def confirme(reservation: Mesure, author: User) -> Callable[[], object]:
    return lambda: confirmer(reservation=prononcer(reservation), version=0, author=frais(author))


def annule(reservation: Mesure, author: User) -> Callable[[], object]:
    return lambda: annuler_reservation(pk=reservation.pk, motif="Erreur", version=0, author=frais(author))


def refus(issues: list[object]) -> list[Exception]:
    return [issue for issue in issues if isinstance(issue, Exception)]


def etat(reservation: Mesure) -> str:
    reservation.refresh_from_db()
    assert derives() == []
    return reservation.statut


@DEUX_FOIS
def test_deux_juges_sur_la_derniere_place(juge: User, greffier: User, mandataire: Mandataire, essai: int) -> None:
    Mandataire.objects.filter(pk=mandataire.pk).update(capacite=2)  # one mesure is there already
    issues = ensemble(reserve(mandataire, juge), reserve(mandataire, greffier))
    (second,) = refus(issues)
    assert isinstance(second, AConfirmer), issues
    assert [avertissement.code for avertissement in second.avertissements] == ["complet"]
    assert second.avertissements[0].phrase.startswith("1 / 2 mesures, 1 en attente (Complet)")
    assert Charge.objects.get(pk=mandataire.pk).en_attente == 1
    assert derives() == []


@DEUX_FOIS
def test_un_double_clic(juge: User, mandataire: Mandataire, essai: int) -> None:
    double_clic = reserve(mandataire, juge, jeton=uuid4(), numero_rg="24/00042")
    issues = ensemble(double_clic, double_clic, double_clic)
    assert refus(issues) == []
    assert len({mesure.pk for mesure in issues if isinstance(mesure, Mesure)}) == 1
    assert Mesure.objects.en_attente().count() == Courriel.objects.count() == 1


@DEUX_FOIS
def test_un_rg_ne_se_reserve_qu_une_fois(juge: User, greffier: User, mandataire: Mandataire, essai: int) -> None:
    issues = ensemble(*(reserve(mandataire, user, numero_rg="24/00042") for user in (juge, greffier)))
    (second,) = refus(issues)
    assert isinstance(second, ValidationError)
    assert "numero_rg" in second.message_dict


def test_une_mesure_ne_se_renouvelle_qu_une_fois(juge: User, greffier: User, mandataire: Mandataire) -> None:
    ancienne = Mesure.objects.get(mandataire=mandataire)
    issues = ensemble(*(reserve(mandataire, user, renouvelle=ancienne) for user in (juge, greffier)))
    (second,) = refus(issues)
    assert isinstance(second, ValidationError), issues
    charge = Charge.objects.get(pk=mandataire.pk)
    assert (charge.en_attente, charge.renouvellements) == (1, 1)


@DEUX_FOIS
def test_confirmer_contre_annuler(juge: User, prepose: User, reservation: Mesure, essai: int) -> None:
    issues = ensemble(confirme(reservation, prepose), annule(reservation, juge))
    assert [type(issue) for issue in refus(issues)] == [VersionPerimee]
    confirmee = not isinstance(issues[0], Exception)
    assert etat(reservation) == ("en_cours" if confirmee else "annulee")
    assert Courriel.objects.count() == 1


@DEUX_FOIS
def test_confirmer_contre_expirer(prepose: User, reservation: Mesure, essai: int) -> None:
    """The paper wins, at once or at the second « Valider »."""
    Mesure.objects.filter(pk=reservation.pk).update(expire_le=HIER)
    issues = ensemble(confirme(reservation, prepose), lambda: suivre_expirations(0))
    if isinstance(issues[0], Exception):
        assert isinstance(issues[0], VersionPerimee), issues
        assert etat(reservation) == "expiree"
        confirmer(reservation=prononcer(reservation), version=1, author=prepose)
    assert refus(issues[1:]) == []
    assert etat(reservation) == "en_cours"
    assert reservation.est_tardive


@DEUX_FOIS
def test_annuler_contre_expirer(juge: User, reservation: Mesure, essai: int) -> None:
    Mesure.objects.filter(pk=reservation.pk).update(expire_le=HIER)
    issues = ensemble(annule(reservation, juge), lambda: suivre_expirations(0))
    perimees = refus(issues)
    assert all(isinstance(issue, VersionPerimee) for issue in perimees), issues
    assert etat(reservation) == ("expiree" if perimees else "annulee")
    assert Courriel.objects.count() == (2 if perimees else 1)


@DEUX_FOIS
def test_modifier_contre_voir(juge: User, prepose: User, reservation: Mesure, essai: int) -> None:
    """Whichever comes first, nobody has seen what the court has just written."""
    lue, ecrite = (Mesure.objects.get(pk=reservation.pk) for _ in range(2))
    ecrite.genre = "H"
    issues = ensemble(
        lambda: marquer_vue(reservation=lue, author=frais(prepose)),
        lambda: modifier_reservation(reservation=ecrite, version=0, author=frais(juge)),
    )
    assert refus(issues) == []
    assert etat(reservation) == "en_attente"
    assert (reservation.vue_at, reservation.genre, reservation.version) == (None, "H", 1)


@pytest.mark.parametrize("lecture", ["vue", "reponse_vue"])
def test_lire_attend_l_acte_en_cours(juge: User, prepose: User, reservation: Mesure, lecture: str) -> None:
    """An act has the counters, then the row: who reads takes them in the same order, or one of the two dies."""
    if lecture == "reponse_vue":
        Mesure.objects.filter(pk=reservation.pk).update(statut="expiree")
    lectures: dict[str, Callable[[], object]] = {
        "vue": lambda: marquer_vue(reservation=reservation, author=frais(prepose)),
        "reponse_vue": lambda: marquer_reponses_vues(versions={reservation.pk: 0}, author=frais(juge)),
    }

    def lire() -> None:
        try:
            lectures[lecture]()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            verrouiller_charges(reservation.mandataire_id)
            tache = pool.submit(lire)
            attendre_un_verrou()
            Mesure.objects.filter(pk=reservation.pk).update(cabinet="2")
        tache.result(timeout=10)
    reservation.refresh_from_db()
    assert (reservation.vue_at or reservation.reponse_vue_at) is not None


@DEUX_FOIS
def test_reserver_contre_fermer_l_agrement(
    juge: User, prepose: User, mandataire: Mandataire, tribunal: Tribunal, essai: int
) -> None:
    issues = ensemble(
        reserve(mandataire, juge),
        lambda: retirer_tribunal(
            mandataire=Mandataire.objects.get(pk=mandataire.pk), tribunal=tribunal, author=frais(prepose)
        ),
    )
    assert refus(issues[1:]) == []
    assert not Agrement.objects.en_vigueur().filter(mandataire=mandataire).exists()
    if isinstance(issues[0], Exception):
        assert isinstance(issues[0], PermissionDenied), issues
    assert Mesure.objects.en_attente().count() == 1 - len(refus(issues))
    with pytest.raises(PermissionDenied):
        reserve(mandataire, juge)()


@DEUX_FOIS
def test_renouveler_contre_mettre_fin(
    juge: User, prepose: User, mandataire: Mandataire, tribunal: Tribunal, essai: int
) -> None:
    """The old mesure ends once, by its renewal or by itself; one load is right in both cases."""
    ancienne = Mesure.objects.get(mandataire=mandataire)
    renouvellement = reserver(
        reservation=a_reserver(mandataire, renouvelle=ancienne, numero_rg=ancienne.numero_rg), author=juge
    )
    issues = ensemble(
        confirme(renouvellement, prepose),
        lambda: eteindre(
            pk=ancienne.pk, date_extinction=date(2026, 11, 1), motif="deces", version=0, author=frais(prepose)
        ),
    )
    assert [type(issue) for issue in refus(issues)] == [VersionPerimee], issues
    confirmee = not isinstance(issues[0], Exception)
    ancienne.refresh_from_db()
    assert ancienne.motif_extinction == ("renouvellement" if confirmee else "deces")
    assert etat(renouvellement) == ("en_cours" if confirmee else "en_attente")
    assert renouvellement.renouvelle == (ancienne if confirmee else None)


@DEUX_FOIS
def test_la_tache_des_expirations_deux_fois_a_la_fois(
    juge: User, prepose: User, individuel: User, tribunal: Tribunal, essai: int
) -> None:
    for user in (prepose, individuel):
        for jour in (HIER, timezone.localdate()):
            MesureFactory(
                en_attente=True,
                mandataire=user.membre.mandataire,
                tribunal=tribunal,
                reserve_by=juge,
                expire_le=jour,
            )
    issues = ensemble(lambda: suivre_expirations(0), lambda: suivre_expirations(0))
    assert refus(issues) == []
    assert sorted(Mesure.objects.reservees().values_list("statut", flat=True)) == [
        "en_attente",
        "en_attente",
        "expiree",
        "expiree",
    ]
    assert set(Mesure.objects.filter(statut="expiree").values_list("version", flat=True)) == {1}
    assert Courriel.objects.count() == 8, "four reservations, two sides, once"
    assert derives() == []
