from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mandataires.disponibilite import Disponibilite, Niveau


def disponibilite(
    en_cours: int | None, capacite: int | None, en_attente: int = 0, **valeurs: object
) -> Disponibilite:
    return Disponibilite(en_cours=en_cours, en_attente=en_attente, capacite=capacite, **valeurs)


@pytest.mark.parametrize(
    ("en_cours", "en_attente", "capacite", "mot", "couleur"),
    [
        (52, 0, 60, "Proche du seuil · 8 disponibles", "orange"),
        (50, 0, 60, "10 disponibles", "vert"),
        (51, 0, 60, "Proche du seuil · 9 disponibles", "orange"),
        (84, 0, 100, "16 disponibles", "vert"),
        (85, 0, 100, "Proche du seuil · 15 disponibles", "orange"),
        (80, 5, 100, "Proche du seuil · 15 disponibles", "orange"),
        (99, 0, 100, "Proche du seuil · 1 disponible", "orange"),
        (99, 1, 100, "Complet", "rouge"),
        (42, 0, 41, "Dépassement de 1", "rouge"),
        (41, 7, 41, "Dépassement de 7", "rouge"),
        (0, 0, 0, "Aucune mesure souhaitée", "rouge"),
        (3, 0, 0, "Dépassement de 3", "rouge"),
        (12, 0, None, "Capacité non renseignée", "gris"),
        (None, 0, 1600, "Mesures en cours non déclarées", "gris"),
        (0, 0, 1, "1 disponible", "vert"),
    ],
)
def test_une_couleur_et_un_mot(
    en_cours: int | None, en_attente: int, capacite: int | None, mot: str, couleur: str
) -> None:
    etat = disponibilite(en_cours, capacite, en_attente)
    assert (etat.mot, etat.niveau.couleur) == (mot, couleur)


def test_une_interruption_est_un_etat_a_part() -> None:
    etat = disponibilite(10, 60, interrompu=True, interrompu_jusqu_au=date(2026, 12, 31))
    assert (etat.mot, etat.niveau) == ("Indisponible jusqu'au 31 décembre 2026", Niveau.INDISPONIBLE)
    assert disponibilite(10, 60, interrompu=True).mot == "Indisponible"
    premier = disponibilite(10, 60, interrompu=True, interrompu_jusqu_au=date(2026, 12, 1))
    assert premier.mot == "Indisponible jusqu'au 1er décembre 2026"


def test_rapport() -> None:
    assert disponibilite(52, 60).rapport == "52 / 60"
    assert disponibilite(None, None).rapport == "? / ?"


@given(st.integers(0, 10_000), st.integers(0, 100), st.integers(0, 10_000))
def test_la_barre_reste_entre_0_et_100_et_ne_ment_pas(en_cours: int, en_attente: int, capacite: int) -> None:
    etat = disponibilite(en_cours, capacite, en_attente)
    assert 0 <= etat.pourcentage <= 100
    if etat.niveau in (Niveau.COMPLET, Niveau.DEPASSEMENT):
        assert etat.pourcentage == 100
    if etat.niveau in (Niveau.DISPONIBLE, Niveau.PROCHE):
        assert etat.pourcentage < 100
        assert etat.disponibles is not None
        assert etat.disponibles > 0
