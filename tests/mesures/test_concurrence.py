"""Two people at the same moment, on real connections: the locks of the services."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from accounts.models import User
from mandataires.models import Charge, Declaration
from mesures.models import Mesure
from mesures.services import VersionPerimee, enregistrer, eteindre
from tests.factories import CommuneFactory, MesureFactory
from tribunaux.models import Tribunal

pytestmark = pytest.mark.django_db(transaction=True)


def ensemble(*actes: Callable[[], object]) -> list[object]:
    """What each act returns, or the exception that it raises, all begun at once on their own connections."""
    depart = Barrier(len(actes))

    def jouer(acte: Callable[[], object]) -> object:
        try:
            with connection.cursor():  # connected before the start
                depart.wait(timeout=10)
            return acte()
        except Exception as refus:
            return refus
        finally:
            connection.close()

    with ThreadPoolExecutor(len(actes)) as pool:
        return list(pool.map(jouer, actes))


def fin(mesure: Mesure, author: User) -> Callable[[], object]:
    return lambda: eteindre(
        pk=mesure.pk, date_extinction=date(2024, 1, 31), motif="", version=0, author=User.objects.get(pk=author.pk)
    )


@pytest.mark.parametrize("essai", range(3))
def test_une_mesure_ne_finit_qu_une_fois(service: User, essai: int) -> None:
    mesure = MesureFactory(mandataire=service.membre.mandataire)
    issues = ensemble(*[fin(mesure, service)] * 4)
    assert sum(isinstance(issue, VersionPerimee) for issue in issues) == 3
    assert Charge.objects.get(pk=mesure.mandataire_id).declare == 1449


@pytest.mark.parametrize("essai", range(3))
def test_le_total_declare_suit_chaque_fin(service: User, essai: int) -> None:
    mesures = MesureFactory.create_batch(4, mandataire=service.membre.mandataire)
    issues = ensemble(*[fin(mesure, service) for mesure in mesures])
    assert not [issue for issue in issues if isinstance(issue, Exception)]
    assert Charge.objects.get(pk=service.membre.mandataire_id).declare == 1446
    assert Declaration.objects.filter(origine=Declaration.Origine.EXTINCTION).count() == 4


@pytest.mark.parametrize("essai", range(3))
def test_un_rg_n_est_pris_qu_une_fois_et_l_autre_le_lit(prepose: User, tribunal: Tribunal, essai: int) -> None:
    commune = CommuneFactory()

    def saisir() -> object:
        mesure = MesureFactory.build(
            mandataire=prepose.membre.mandataire,
            tribunal=tribunal,
            commune=commune,
            code_postal=commune.codes_postaux[0],
            numero_rg="99/00001",
        )
        return enregistrer(mesure=mesure, author=User.objects.get(pk=prepose.pk))

    issues = ensemble(saisir, saisir, saisir)
    refus = [issue for issue in issues if isinstance(issue, ValidationError)]
    assert len(refus) == 2, issues
    assert all("numero_rg" in issue.message_dict for issue in refus)


@pytest.mark.parametrize("essai", range(3))
def test_deux_fermetures_de_tribunaux_ne_s_ignorent_pas(
    tribunal: Tribunal, autre_tribunal: Tribunal, essai: int
) -> None:
    def fermer(ferme: Tribunal, successeur: Tribunal) -> Callable[[], object]:
        return lambda: Tribunal.objects.filter(pk=ferme.pk).update(
            ferme_le=date(2024, 1, 1), successeur=successeur
        )

    issues = ensemble(fermer(tribunal, autre_tribunal), fermer(autre_tribunal, tribunal))
    assert sum(isinstance(issue, Exception) for issue in issues) == 1, issues
    ouvert = Tribunal.objects.ouverts().get(pk__in=[tribunal.pk, autre_tribunal.pk])
    actuels = Tribunal.objects.filter(pk__in=[tribunal.pk, autre_tribunal.pk]).values_list("actuel", flat=True)
    assert set(actuels) == {ouvert.pk}
