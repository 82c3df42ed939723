"""What is never stored for a value: words that stand for nothing (D11), and what a spreadsheet has spoilt."""

from __future__ import annotations

import re

from mesures.comparaison import cle

ERREURS_EXCEL = {
    "#N/A", "#REF!", "#VALUE!", "#VALEUR!", "#DIV/0!", "#NAME?", "#NOM?", "#NUM!", "#NOMBRE!", "#NULL!", "#NUL!",
}  # fmt: skip

BOUCHE_TROUS = {
    cle(mot)
    for mot in (
        "non renseigné", "non renseignée", "non renseignés", "non renseignées", "non précisé", "non précisée",
        "non communiqué", "non communiquée", "inconnu", "inconnue", "à compléter", "tribunal à compléter",
        "non connu", "non connue", "à renseigner", "aucun", "aucune", "néant", "vide", "xxx", "xxxx",
        "sans commune", "sans objet", "sans numéro", "null", "none", "undefined", "nan",
        "n/a", "n.a.", "n.c.", "n.r.",
    )
}  # fmt: skip


NOMBRE_ARRONDI = re.compile(r"[0-9]+[.,][0-9]+E[+-]?[0-9]+|[0-9]E\+[0-9]+", re.IGNORECASE)


def est_nombre_arrondi(texte: str) -> bool:
    """« 2,62E+13 », in place of a number of which digits are lost."""
    return NOMBRE_ARRONDI.fullmatch(texte) is not None


def est_erreur_excel(texte: str) -> bool:
    return texte.strip().upper() in ERREURS_EXCEL


def est_bouche_trou(texte: str) -> bool:
    return cle(texte.strip()[:100]) in BOUCHE_TROUS
