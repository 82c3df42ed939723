from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesures.echanges.colonnes import PAR_NOM
from mesures.echanges.lecture import Rangee
from mesures.echanges.lignes import LigneLue, empreinte, lire_ligne
from mesures.echanges.valeurs import EPOQUE_1900, EPOQUE_1904, est_vide

NBSP = "\u00a0"
moment = datetime.fromisoformat  # a date cell has no time zone


def ligne(epoque: datetime = EPOQUE_1900, **cellules: Any) -> LigneLue:
    return lire_ligne(Rangee(2, cellules), epoque)


def lu(colonne: str, cellule: Any, epoque: datetime = EPOQUE_1900) -> object:
    lue = ligne(epoque, **{colonne: cellule})
    assert lue.problemes == ()
    return getattr(lue, PAR_NOM[colonne].champs[0])


def refuse(colonne: str, cellule: Any) -> tuple[str, str]:
    """The code and the sentence; nothing is stored in place of what is refused."""
    lue = ligne(**{colonne: cellule})
    [probleme] = lue.problemes
    assert probleme.colonne == colonne
    assert not getattr(lue, PAR_NOM[colonne].champs[0])
    assert probleme.message.endswith(".")
    return probleme.code, probleme.message


@pytest.mark.parametrize(
    "cellule",
    [
        "15/03/2021", " 15/3/2021 ", "15-03-2021", "15.03.2021", "15 03 2021", "15032021", "2021-03-15",
        "2021-03-15T00:00:00", "2021-03-15 10:30", "2021-03-14T23:00:00.000Z", "15/03/2021 00:00:00",
        moment("2021-03-15"), moment("2021-03-15T23:59"), date(2021, 3, 15), 44270, 44270.0, 44270.5, "44270",
    ],
)  # fmt: skip
def test_dates(cellule: Any) -> None:
    assert lu("date_nomination", cellule) == date(2021, 3, 15)


def test_date_d_un_classeur_qui_compte_depuis_1904() -> None:
    assert lu("date_nomination", 44270 - 1462, EPOQUE_1904) == date(2021, 3, 15)


@pytest.mark.parametrize(
    "cellule",
    [
        "31/02/2021", "00/00/0000", "0000-00-00", "2021-13-01", "15/03/21", "03/2021", "2021", 2021, 2021.0, 0, -1,
        1e300, float("nan"), "mars 2021", "12/31/2021", True, "29/02/2023", "31/12/9999x",
        "0001-01-01T00:00:00+23:59",
    ],
)  # fmt: skip
def test_dates_refusees(cellule: Any) -> None:
    refuse("date_nomination", cellule)


def test_1899_est_laisse_aux_regles() -> None:
    assert lu("date_nomination", "31/12/1899") == date(1899, 12, 31)


@pytest.mark.parametrize(
    ("colonne", "cellule", "attendu"),
    [
        ("code_postal", 1000, "01000"),
        ("code_postal", 1000.0, "01000"),
        ("code_postal", "1000", "01000"),
        ("code_postal", "62 100", "62100"),
        ("code_postal", "2A004", "2A004"),  # refused by the rules, with their own sentence
        ("numero_rg", 12345.0, "12345"),
        ("numero_rg", " 00012345 ", "00012345"),
        ("numero_rg", "12E45", "12E45"),
        ("numero_dossier", "'=1+1", "=1+1"),
        ("numero_dossier", "''=1+1", "'=1+1"),
        ("numero_dossier", "'ici", "'ici"),
        ("numero_dossier", 7, "7"),
        ("ville", f"L'Haÿ{NBSP}les \n Roses", "L'Haÿ les Roses"),
        ("ville", "Se\u0301lestat", "Sélestat"),
        ("annee", "1962", 1962),
        ("annee", 1962.0, 1962),
        ("annee", "1962,0", 1962),
        ("civilite", "f", "F"),
        ("civilite", "Mme", "F"),
        ("civilite", "M.", "H"),
        ("civilite", "Monsieur", "H"),
        ("residence", "A DOMICILE", "domicile"),
        ("residence", "En établissement", "etablissement"),
        ("residence", "établissement avec conservation du domicile", "etablissement_conservation"),
        ("residence", "Sans domicile fixe", "sdf"),
        ("residence", "EHPAD", "etablissement"),
        ("residence", "EHPAD Les Dunes", "etablissement"),
        ("residence", "Foyer de vie", "etablissement"),
        ("residence", "maison de retraite", "etablissement"),
        ("residence", "MAS", "etablissement"),
        ("residence", "FAM", "etablissement"),
        ("residence", "Résidence autonomie", "etablissement"),
        ("residence", "À l'hôpital", "etablissement"),
        ("residence", "en institution", "etablissement"),
        ("residence", "Domicile personnel", "domicile"),
        ("residence", "à son domicile", "domicile"),
        ("residence", "chez elle", "domicile"),
        ("residence", "Chez sa fille", "domicile"),
        ("residence", "chez ses parents", "domicile"),
        ("residence", "chez sa sœur", "domicile"),
        ("code_postal", "62008 CEDEX", "62008"),
        ("code_postal", "62 008 cedex 9", "62008"),
        ("tribunal", " TJ  Arras", "TJ Arras"),
        ("tribunal_siret", "175 901 115 00121", "17590111500121"),
        ("tribunal_siret", 17590111500121.0, "17590111500121"),
        ("finess", 10000024, "010000024"),
        ("finess", "2a0000014", "2A0000014"),
        ("identifiant", "1045.0", 1045),
        ("statut", "Éteinte", "eteinte"),
        ("statut", "en_cours", "en_cours"),
        ("motif_fin", "DECES", "deces"),
        ("motif_fin", "dessaisissement en faveur d'un autre MJPM", "dessaisissement_mjpm"),
    ],
)
def test_valeurs(colonne: str, cellule: Any, attendu: object) -> None:
    assert lu(colonne, cellule) == attendu


@pytest.mark.parametrize(
    ("colonne", "cellule", "code"),
    [
        ("tribunal_siret", "2,62E+13", "chiffres_perdus"),
        ("tribunal_siret", 2.62e13, "chiffres_perdus"),
        ("tribunal_siret", "1759011150012", "siret"),
        ("tribunal_siret", "١٧٥٩٠١١١٥٠٠١٢١", "siret"),
        ("numero_rg", 1e16, "chiffres_perdus"),
        ("numero_rg", "2.1E+07", "chiffres_perdus"),
        ("numero_rg", moment("2021-03-01"), "date"),
        ("numero_rg", "x" * 31, "longueur"),
        ("numero_rg", True, "forme"),
        ("ville", "non renseigné", "bouche_trou"),
        ("numero_dossier", "Non  Renseignée", "bouche_trou"),
        ("numero_dossier", "null", "bouche_trou"),
        ("ville", "B\x00thune", "illisible"),
        ("ville", "B\ufffdthune", "illisible"),
        ("ville", "#N/A", "formule"),
        ("annee", "62", "annee"),
        ("annee", "15/03/1962", "date"),
        ("annee", moment("1905-05-15"), "date"),
        ("annee", "١٩٦٢", "annee"),
        ("civilite", "X", "liste"),
        ("type", "habilitation familiale", "liste"),
        ("residence", "au travail", "liste"),
        ("residence", "domicile conservé, en établissement", "liste"),
        ("tribunal", "2,62E+13", "chiffres_perdus"),
        ("tribunal", 17, "siret"),
        ("tribunal", "à compléter", "bouche_trou"),
        ("annee", "1962-03-15", "date"),
        ("finess", "12", "finess"),
        ("identifiant", "abc", "identifiant"),
        ("identifiant", 0, "identifiant"),
        ("identifiant", "9" * 19, "identifiant"),
    ],
)
def test_valeurs_refusees(colonne: str, cellule: Any, code: str) -> None:
    assert refuse(colonne, cellule)[0] == code


def test_la_phrase_cite_la_cellule_et_les_valeurs_possibles() -> None:
    assert refuse("civilite", "X")[1] == "« X » n'est pas une valeur acceptée. Valeurs possibles : F ; H."
    assert "de quatorze chiffres" not in refuse("tribunal_siret", "2,62E+13")[1]
    assert "« 31/02/2021 » n'est pas une date qui existe" in refuse("date_nomination", "31/02/2021")[1]


def test_vides_et_absentes_ne_disent_rien() -> None:
    lue = ligne(ville=" ", numero_rg=None, cabinet="\ufeff", annee=1962)
    assert lue == LigneLue(numero=2, annee_naissance=1962)


@pytest.mark.parametrize("cellule", ["175 901 115 00121", 17590111500121.0])
def test_un_siret_dans_la_colonne_du_tribunal(cellule: Any) -> None:
    """The old name of its column: the cell says which of the two it is."""
    lue = ligne(tribunal=cellule)
    assert (lue.tribunal_siret, lue.tribunal_nom, lue.problemes) == ("17590111500121", "", ())
    assert ligne(tribunal=cellule, tribunal_siret="17590111500121").problemes == ()
    [probleme] = ligne(tribunal=cellule, tribunal_siret="17590111500122").problemes
    assert probleme.code == "contradiction"


def test_type_et_champ() -> None:
    assert ligne(type="mesure ad hoc", champ="aux biens").champ == "biens"
    assert ligne(type="tutelle aux biens", champ="aux biens").problemes == ()
    [probleme] = ligne(type="tutelle aux biens", champ="à la personne").problemes
    assert (probleme.colonne, probleme.code) == ("champ", "contradiction")


def test_une_colonne_qui_n_est_pas_conservee_ne_rejette_rien() -> None:
    lue = ligne(antenne="non renseigné")
    assert (lue.antenne, lue.problemes) == ("", ())


def test_ligne_decalee() -> None:
    [probleme] = lire_ligne(Rangee(5, {"ville": "Calais"}, decalee=True)).problemes
    assert probleme.code == "decalee"


cellules = (
    st.none()
    | st.text()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.dates()
    | st.datetimes()
    | st.from_regex(
        r"[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{5}Z|'?[=+-]?[0-9.,E+]{1,20}"
    )
)


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(PAR_NOM, cellules)))
def test_tout_donne_une_valeur_ou_un_probleme(rangee: dict[str, Any]) -> None:
    lue = lire_ligne(Rangee(2, rangee))
    en_defaut = {probleme.colonne for probleme in lue.problemes}
    presentes = {nom for nom, cellule in rangee.items() if not est_vide(cellule)}
    for nom in presentes - en_defaut - {"antenne"}:
        valeurs = [getattr(lue, champ) for champ in PAR_NOM[nom].champs]
        assert any(valeur not in (None, "") for valeur in valeurs), nom
    for texte in (lue.ville, lue.numero_dossier, lue.cabinet, lue.etablissement_nom, lue.numero_rg or ""):
        assert texte == texte.strip()
        assert "\x00" not in texte
    assert empreinte(lue)


def test_empreinte() -> None:
    base = ligne(
        date_nomination="15/03/2021",
        type="tutelle",
        ville="Béthune",
        civilite="F",
        annee=1962,
        residence="domicile",
    )
    assert empreinte(base) == empreinte(replace(base, numero=9, ville="BETHUNE", statut="en_cours"))
    assert empreinte(base) == "8c13e20a3411faac01b10009db9c1f82"  # kept between versions
    for autre in ({"ville": "Arras"}, {"annee_naissance": 1963}, {"champ": "biens"}, {"numero_dossier": "D-1"}):
        assert empreinte(base) != empreinte(replace(base, **autre))


def test_empreinte_d_un_dossier() -> None:
    """The owner's own number is enough to follow the mesure where its nature or town change."""
    base = ligne(date_nomination="15/03/2021", civilite="F", annee=1962, numero_dossier="D-045", ville="Calais")
    assert empreinte(base) == empreinte(replace(base, ville="Arras", nature="tutelle"))
    assert empreinte(base) != empreinte(replace(base, date_decision=date(2022, 3, 15)))
