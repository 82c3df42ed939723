"""Every pair of states, in Python and in the database."""

from __future__ import annotations

import itertools
from datetime import date
from typing import Any

import pytest
from django.db import Error, transaction
from django.utils import timezone

from mesures.enums import LieuVie, Statut
from mesures.models import Mesure
from mesures.transitions import TRANSITIONS, TransitionInterdite, entre, paires, passer
from tests.factories import MesureFactory, TribunalFactory

# Written by hand from the domain, not from the table: it is what the table is held to.
PERMISES = {
    ("en_attente", "en_cours"),
    ("en_attente", "refusee"),
    ("en_attente", "annulee"),
    ("en_attente", "expiree"),
    ("expiree", "en_cours"),
    ("en_cours", "eteinte"),
    ("eteinte", "en_cours"),
}
TOUTES = list(itertools.permutations(Statut.values, 2))


def valeurs(statut: str, mesure: Mesure) -> dict[str, Any]:
    """What a row must hold to be in `statut`, so that only the change of state can be refused."""
    maintenant = timezone.now()
    prononcee = {
        "date_decision": date(2021, 3, 15),
        "lieu_vie": LieuVie.SDF,
        "annule_at": None,
        "repondu_at": maintenant if mesure.reserve_at else None,
    }
    reservee = {
        "reserve_at": maintenant,
        "expire_le": maintenant.date(),
        "tribunal": mesure.tribunal or TribunalFactory(),
        "date_decision": None,
        "date_extinction": None,
        "motif_extinction": "",
        "repondu_at": None,
        "annule_at": None,
    }
    return {
        "en_attente": reservee,
        "expiree": reservee,
        "refusee": {**reservee, "repondu_at": maintenant, "motif_reponse": "Non"},
        "annulee": {**reservee, "annule_at": maintenant, "motif_reponse": "Erreur"},
        "en_cours": {**prononcee, "date_extinction": None, "motif_extinction": ""},
        "eteinte": {**prononcee, "date_extinction": date(2024, 1, 1)},
    }[statut]


def test_la_table_est_celle_du_domaine() -> None:
    assert set(paires()) == PERMISES


@pytest.mark.parametrize(("depuis", "vers"), TOUTES)
def test_passer(depuis: str, vers: str) -> None:
    reussies = []
    for transition in (t for t in TRANSITIONS if t.vers == vers):
        mesure = Mesure(statut=depuis)
        try:
            passer(mesure, transition)
        except TransitionInterdite:
            assert mesure.statut == depuis
        else:
            assert mesure.statut == vers
            reussies.append(transition)
    assert bool(reussies) == ((depuis, vers) in PERMISES)


@pytest.mark.django_db
@pytest.mark.parametrize(("depuis", "vers"), TOUTES)
def test_la_base_refuse_ce_que_la_table_ne_permet_pas(depuis: str, vers: str) -> None:
    mesure = MesureFactory() if depuis == "en_cours" else MesureFactory(**{depuis: True})
    changement = {"statut": vers, **valeurs(vers, mesure)}
    if (depuis, vers) in PERMISES:
        assert Mesure.objects.filter(pk=mesure.pk).update(**changement) == 1
    else:
        with pytest.raises(Error, match="Invalid transition"), transaction.atomic():
            Mesure.objects.filter(pk=mesure.pk).update(**changement)


def test_entre_nomme_l_acte() -> None:
    acte = entre(Statut.EXPIREE, Statut.EN_COURS)
    assert acte is not None
    assert acte.nom == "confirmer"
    assert entre(Statut.REFUSEE, Statut.EN_COURS) is None
