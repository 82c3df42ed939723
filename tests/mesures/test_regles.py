"""The pure function of rules, without a database."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesures.enums import LieuVie, Nature, Statut
from mesures.models import Mesure
from mesures.regles import Contexte, normaliser_rg, problemes

AUJOURD_HUI = date(2026, 11, 3)


def contexte(**valeurs: Any) -> Contexte:
    communes = {"62100": {"62193"}, "62000": {"62041"}}
    return Contexte(**{"aujourd_hui": AUJOURD_HUI, "communes_par_code": communes, **valeurs})


def saisie(**valeurs: Any) -> Mesure:
    """An ordinary ongoing mesure, in memory, less or more `valeurs`."""
    ordinaire = {
        "statut": Statut.EN_COURS,
        "date_decision": date(2021, 3, 15),
        "nature": Nature.TUTELLE,
        "genre": "F",
        "annee_naissance": 1962,
        "lieu_vie": LieuVie.DOMICILE,
        "commune_id": "62193",
        "code_postal": "62100",
        "tribunal_id": 1,
    }
    return Mesure(**{**ordinaire, **valeurs})


def codes(mesure: Mesure, ctx: Contexte | None = None) -> list[tuple[str, str]]:
    return [(p.champ, p.code) for p in problemes(mesure, ctx or contexte())]


def test_une_mesure_ordinaire_n_a_pas_de_probleme() -> None:
    assert codes(saisie()) == []


@pytest.mark.parametrize(
    ("valeurs", "attendu"),
    [
        ({"date_decision": None}, ("date_decision", "manque")),
        ({"date_decision": date(1899, 12, 31), "annee_naissance": 1900}, ("date_decision", "ancienne")),
        ({"date_decision": date(2026, 11, 4)}, ("date_decision", "future")),
        ({"date_decision": date(1961, 1, 1)}, ("date_decision", "avant_naissance")),
        ({"nature": ""}, ("nature", "manque")),
        ({"nature": "habilitation_familiale"}, ("nature", "manque")),
        ({"genre": ""}, ("genre", "manque")),
        ({"numero_dossier": "Inconnu"}, ("numero_dossier", "bouche_trou")),
        ({"numero_rg": "N/A"}, ("numero_rg", "bouche_trou")),
        ({"numero_rg": "NC"}, ("numero_rg", "bouche_trou")),
        ({"numero_rg": "00000000"}, ("numero_rg", "bouche_trou")),
        ({"cabinet": "#N/A"}, ("cabinet", "bouche_trou")),
        ({"numero_dossier": "2,62E+13"}, ("numero_dossier", "nombre_arrondi")),
        ({"lieu_vie": "etablissement", "etablissement_nom": "à compléter"}, ("etablissement", "bouche_trou")),
        ({"annee_naissance": None}, ("annee_naissance", "manque")),
        ({"annee_naissance": 1899}, ("annee_naissance", "bornes")),
        (
            {"annee_naissance": 2027, "date_decision": None, "statut": "en_attente"},
            ("annee_naissance", "bornes"),
        ),
        ({"lieu_vie": ""}, ("lieu_vie", "manque")),
        ({"commune_id": None}, ("commune", "manque")),
        ({"code_postal": ""}, ("code_postal", "manque")),
        ({"code_postal": "6210"}, ("code_postal", "forme")),
        ({"code_postal": "٦٢١٠٠"}, ("code_postal", "forme")),
        ({"code_postal": "62000"}, ("code_postal", "autre_commune")),
        ({"etablissement_nom": "EHPAD"}, ("etablissement", "hors_etablissement")),
        (
            {"lieu_vie": "etablissement", "etablissement_id": 1, "etablissement_nom": "EHPAD"},
            ("etablissement", "double"),
        ),
        ({"numero_rg": "1", "tribunal_id": None}, ("tribunal", "rg_sans_tribunal")),
        ({"statut": "en_attente", "tribunal_id": None}, ("tribunal", "manque")),
        ({"statut": "eteinte"}, ("date_extinction", "manque")),
        ({"statut": "eteinte", "date_extinction": date(2021, 3, 14)}, ("date_extinction", "avant_decision")),
        ({"statut": "eteinte", "date_extinction": date(2026, 11, 4)}, ("date_extinction", "future")),
    ],
)
def test_chaque_probleme_est_dit_une_fois_a_son_champ(valeurs: dict[str, Any], attendu: tuple[str, str]) -> None:
    assert codes(saisie(**valeurs)) == [attendu]


@pytest.mark.parametrize(
    "valeurs",
    [
        {"date_decision": AUJOURD_HUI},
        {"date_decision": date(1900, 1, 1), "annee_naissance": 1900},
        {"date_decision": date(1962, 1, 1)},
        {"lieu_vie": "sdf", "commune_id": None, "code_postal": ""},
        {"code_postal": "62968"},  # a CEDEX, which no commune has: kept as typed
        {"lieu_vie": "etablissement", "etablissement_nom": "EHPAD"},
        {"tribunal_id": None},
        {"numero_rg": "  "},
        {"statut": "eteinte", "date_extinction": date(2021, 3, 15)},
        {"statut": "eteinte", "date_extinction": AUJOURD_HUI},
        {
            "statut": "en_attente",
            "date_decision": None,
            "lieu_vie": "",
            "commune_id": None,
            "code_postal": "",
        },
    ],
)
def test_ce_qui_est_permis(valeurs: dict[str, Any]) -> None:
    assert codes(saisie(**valeurs)) == []


def test_le_tribunal_est_exige_de_qui_en_a_un() -> None:
    assert codes(saisie(tribunal_id=None), contexte(tribunal_exige=True)) == [("tribunal", "manque")]
    assert codes(saisie(tribunal_id=None, numero_rg="1"), contexte(tribunal_exige=True)) == [
        ("tribunal", "manque")
    ]


def test_l_etablissement_est_exige_du_formulaire_seulement() -> None:
    en_etablissement = saisie(lieu_vie="etablissement_conservation")
    assert codes(en_etablissement) == []
    assert codes(en_etablissement, contexte(etablissement_exige=True)) == [("etablissement", "manque")]


@pytest.mark.parametrize("rg", ["12345", "00012345", " 12345 "])
def test_un_rg_est_pris_quelle_que_soit_sa_forme(rg: str) -> None:
    ctx = contexte(rg_pris={(1, "00012345")})
    assert codes(saisie(numero_rg=rg), ctx) == [("numero_rg", "rg_pris")]
    assert codes(saisie(numero_rg=rg, tribunal_id=2), ctx) == []
    assert codes(saisie(numero_rg=rg, statut="eteinte", date_extinction=AUJOURD_HUI), ctx) == []


@pytest.mark.parametrize(
    ("numero", "normalise"),
    [
        (None, None),
        ("", None),
        (" \t", None),
        ("1", "00000001"),
        (" 22/a/0123 ", "22/A/0123"),
        ("12345-1", "00012345-1"),
        ("00012345-1", "00012345-1"),
        ("-1", "00000000-1"),
        ("123456789", "123456789"),
    ],
)
def test_normaliser_rg(numero: str | None, normalise: str | None) -> None:
    assert normaliser_rg(numero) == normalise


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\x00", exclude_categories=["Cs"])))
def test_normaliser_rg_est_stable(numero: str) -> None:
    une_fois = normaliser_rg(numero)
    assert normaliser_rg(une_fois) == une_fois
