"""The checks of a row, asked together: the same answers as asked one by one, for one question."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import CheckConstraint, Model
from django.test.utils import CaptureQueriesContext

from mesures.models import Mesure
from tests.factories import MesureFactory, TribunalFactory

pytestmark = pytest.mark.django_db


def messages(verifier: Callable[[set[str]], None], exclus: tuple[str, ...]) -> set[str]:
    try:
        verifier(set(exclus))
    except ValidationError as erreur:
        return set(erreur.messages)
    return set()


def test_une_question_pour_tous_les_checks() -> None:
    mesure = MesureFactory()
    with CaptureQueriesContext(connection) as requetes:
        mesure.validate_constraints()
    assert len([q for q in requetes if '"_check"' in q["sql"]]) == 1


@pytest.mark.parametrize(
    "valeurs",
    [
        {},
        {"annee_naissance": 1800},
        {"code_postal": "abc"},
        {"statut": "eteinte"},
        {"statut": "en_attente"},
        {"genre": "X", "lieu_vie": "domicile", "etablissement_nom": "Ailleurs"},
        {"code_postal": "abc", "annee_naissance": 1800, "motif_extinction": "deces"},
        {"numero_rg": "24/1"},
    ],
)
@pytest.mark.parametrize("exclus", [(), ("annee_naissance",), ("code_postal", "commune"), ("statut", "tribunal")])
def test_les_memes_reponses(valeurs: dict[str, object], exclus: tuple[str, ...]) -> None:
    tribunal = TribunalFactory()
    autre = MesureFactory(tribunal=tribunal, numero_rg="24/1")
    mesure = MesureFactory(mandataire=autre.mandataire, tribunal=tribunal, numero_rg="24/2")
    for nom, valeur in valeurs.items():
        setattr(mesure, nom, valeur)
    une_par_une = messages(partial(Model.validate_constraints, mesure), exclus)
    assert messages(mesure.validate_constraints, exclus) == une_par_une


def test_il_y_a_bien_des_checks() -> None:
    assert len([c for c in Mesure._meta.constraints if isinstance(c, CheckConstraint)]) > 10
