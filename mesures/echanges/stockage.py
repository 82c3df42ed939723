"""Lines between Python and the table `ImportLigne`: by COPY, since a file has thousands."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, fields
from datetime import date
from typing import Any

from django.db.backends.utils import CursorWrapper

from mesures.echanges.colonnes import COLONNES as DEFINITIONS
from mesures.echanges.colonnes import ecrire
from mesures.echanges.lecture import AU_DELA, Rangee
from mesures.echanges.lignes import LigneLue, ProblemeLu
from mesures.echanges.rapprochement import LigneRapprochee
from mesures.echanges.valeurs import Cellule, Valeurs, date_en_texte
from mesures.models import ImportLigne
from mesures.models.importation import REJETS

VALEURS = tuple(champ.name for champ in fields(Valeurs))
DATES = ("date_decision", "date_extinction")
LU = "lu_"  # before what a text was taken for, beside the text
COLONNES = (
    "importation_id",
    "numero",
    "valeurs",
    "cellules",
    "verdict",
    "problemes",
    "avertissements",
    "alertes",
    "changements",
    "mesure_id",
    "version_vue",
)


def deposer_lignes(
    cursor: CursorWrapper, import_pk: int, rangees: Iterable[Rangee], lignes: Iterable[LigneRapprochee]
) -> None:
    """Write the lines of an import. The table has neither history nor counters: COPY leaves nothing aside."""
    table = ImportLigne._meta.db_table
    with cursor.copy(f"COPY {table} ({', '.join(COLONNES)}) FROM STDIN") as copie:
        for rangee, rapprochee in zip(rangees, lignes, strict=True):
            copie.write_row(_colonnes(import_pk, rangee, rapprochee))


def _colonnes(import_pk: int, rangee: Rangee, rapprochee: LigneRapprochee) -> tuple[object, ...]:
    connue = rapprochee.connue
    rejetee = rapprochee.verdict in REJETS
    return (
        import_pk,
        rapprochee.ligne.numero,
        _json({**valeurs_en_json(rapprochee.ligne), **{LU + nom: lu for nom, lu in rapprochee.lus.items()}}),
        _json(_cellules(rangee)) if rejetee else None,
        str(rapprochee.verdict),
        _json(problemes_en_json(rapprochee.problemes)),
        _json(rapprochee.avertissements),
        [str(alerte) for alerte in rapprochee.alertes],
        _json([[c.libelle, c.avant, c.apres] for c in rapprochee.changements]),
        connue and connue.pk,
        connue and connue.version,
    )


def _cellules(rangee: Rangee) -> dict[str, str | int | float | bool | None]:
    au_dela = {f"{AU_DELA} {n}": cellule for n, cellule in enumerate(rangee.au_dela, start=1)}
    return {nom: _cellule(cellule) for nom, cellule in {**rangee.cellules, **au_dela}.items()}


def _json(valeur: object) -> str:
    return json.dumps(_stockable(valeur), ensure_ascii=False)


def _stockable(valeur: Any) -> Any:
    """Without what is no text for PostgreSQL, which the reading of a cell has refused: NUL, half a character."""
    match valeur:
        case str():
            return valeur.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
        case dict():
            return {cle: _stockable(contenu) for cle, contenu in valeur.items()}
        case list() | tuple():
            return [_stockable(contenu) for contenu in valeur]
    return valeur


def _cellule(cellule: Cellule) -> str | int | float | bool | None:
    if isinstance(cellule, date):
        return date_en_texte(cellule)
    if isinstance(cellule, float) and not abs(cellule) < float("inf"):  # NaN included: JSON has none
        return str(cellule)
    return cellule


def problemes_en_json(problemes: Iterable[ProblemeLu]) -> list[dict[str, str]]:
    return [asdict(probleme) for probleme in problemes]


def valeurs_en_json(valeurs: Valeurs) -> dict[str, Any]:
    """What was understood; what the line does not say is left out."""
    lues = ((nom, getattr(valeurs, nom)) for nom in VALEURS)
    return {
        nom: valeur.isoformat() if isinstance(valeur, date) else valeur
        for nom, valeur in lues
        if valeur not in (None, "")
    }


def valeurs_de_json(contenu: Mapping[str, Any]) -> dict[str, Any]:
    return {
        nom: date.fromisoformat(valeur) if nom in DATES else valeur
        for nom, valeur in contenu.items()
        if not nom.startswith(LU)
    }


def lu(ligne: ImportLigne, nom: str) -> str:
    """What a text of the line was taken for: « commune », « etablissement », « tribunal »; "" for nothing."""
    return str(ligne.valeurs.get(LU + nom, ""))


def cellules_de(ligne: ImportLigne) -> Mapping[str, Cellule]:
    """The cells of a line, by name of column, for a file to correct: as they were, else as understood."""
    if ligne.cellules is not None:
        cellules: Mapping[str, Cellule] = ligne.cellules
        return cellules
    ecrites = ecrire(Valeurs(**valeurs_de_json(ligne.valeurs)))
    return {
        colonne.nom: cellule for colonne, cellule in zip(DEFINITIONS, ecrites, strict=True) if cellule is not None
    }


def lignes_de(import_pk: int) -> Iterator[tuple[ImportLigne, LigneLue]]:
    """The stored lines, each with what was read in it; a rejected one keeps its problems. One query."""
    lignes = ImportLigne.objects.filter(importation=import_pk).order_by("numero")
    for ligne in lignes.defer("cellules", "changements", "avertissements"):
        problemes = tuple(ProblemeLu(**probleme) for probleme in ligne.problemes)
        yield ligne, LigneLue(numero=ligne.numero, problemes=problemes, **valeurs_de_json(ligne.valeurs))
