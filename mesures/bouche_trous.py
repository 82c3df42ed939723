"""Words that a page or a program shows in place of nothing: they are never stored for a value (D11)."""

from __future__ import annotations

from mesures.echanges.libelles import cle

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


def est_erreur_excel(texte: str) -> bool:
    return texte.strip().upper() in ERREURS_EXCEL


def est_bouche_trou(texte: str) -> bool:
    return cle(texte.strip()[:100]) in BOUCHE_TROUS
