"""Tables that go out of the site as .xlsx or .csv files: exports, lines to correct, one's own data.

The rows are read one by one and written to a file, never held in memory. What a spreadsheet would run stays text.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterable, Sequence
from contextlib import suppress
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from io import TextIOWrapper
from tempfile import SpooledTemporaryFile
from typing import IO, Any, Final, cast

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

Valeur = str | int | float | Decimal | bool | date | datetime | None

# Bytes: a larger file goes to the disk.
EN_MEMOIRE_MAX = 2 * 1024 * 1024
LARGEUR = 16
CELLULE_MAX = 32_767  # of Excel
A_CORRIGER: Final = PatternFill("solid", fgColor="FFE9B5")

# What stands before a sign and is not seen: spreadsheets take off spaces and the marks of a file's beginning.
_INVISIBLES = "".join(
    re.escape(chr(code))
    for code in range(0x10000)
    if unicodedata.category(chr(code)) in ("Cc", "Cf", "Zl", "Zp", "Zs")
)
# As keyboards type them, then full-width.
_SIGNES = r"=+\-@\uff1d\uff0b\uff0d\uff20"
_LANCE = rf"(?:['{_INVISIBLES}]*[{_SIGNES}]|'*[\t\r\n])"
DANGER = re.compile(_LANCE)
PROTEGE = re.compile(f"'{_LANCE}")


class Format(StrEnum):
    XLSX = "xlsx"
    CSV = "csv"

    @classmethod
    def demande(cls, request: HttpRequest) -> Format:
        """The one that `?format=` names, .xlsx when it names none. Raises Http404 for another."""
        try:
            return cls(request.GET.get("format") or cls.XLSX)
        except ValueError:
            raise Http404("Ce format de fichier n'existe pas : xlsx ou csv.") from None


TYPES_MIME: Final = {
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.CSV: "text/csv; charset=utf-8",
}


class Forme(StrEnum):
    """How a spreadsheet formats the cells of a column."""

    TEXTE = "@"
    NOMBRE = "General"
    DATE = "dd/mm/yyyy"
    MOMENT = "dd/mm/yyyy hh:mm"


@dataclass(frozen=True)
class Colonne:
    """`titre` stands in the first row; `largeur` is in characters."""

    titre: str
    forme: Forme = Forme.TEXTE
    largeur: int = LARGEUR


@dataclass(frozen=True)
class Signalee:
    """A value to look at: its cell is coloured, where the format has colours."""

    valeur: Valeur


@dataclass(frozen=True)
class Tableau:
    """One sheet. Each row has the values of `colonnes`, in order; `nom` has 31 characters at most."""

    nom: str
    colonnes: Sequence[Colonne]
    lignes: Iterable[Sequence[Valeur | Signalee]]


def repondre(nom: str, format_: Format, *tableaux: Tableau) -> FileResponse:
    """The download of « `nom`.xlsx », a sheet for each of `tableaux`, or of « `nom`.csv », which holds one."""
    return FileResponse(
        ecrire(format_, *tableaux),
        as_attachment=True,
        filename=f"{nom}.{format_}",
        content_type=TYPES_MIME[format_],
        headers={"Cache-Control": "private, no-store"},
    )


def revenir_a_la_page(request: HttpRequest, vue: str) -> HttpResponseRedirect:
    """In place of a file whose filters cannot all apply: the page of `vue`, which says so beside each."""
    messages.error(request, "Le fichier n'a pas été préparé : un filtre est à corriger.")
    parametres = request.GET.copy()
    for propre_au_fichier in ("liste", "format"):
        parametres.pop(propre_au_fichier, None)
    return redirect(f"{reverse(vue)}?{parametres.urlencode()}")


def ecrire(format_: Format, *tableaux: Tableau) -> IO[bytes]:
    """The file, at its beginning; to be closed by who asked for it."""
    fichier = cast(IO[bytes], SpooledTemporaryFile(EN_MEMOIRE_MAX))  # noqa: SIM115  # it outlives this function
    try:
        if format_ == Format.CSV:
            [tableau] = tableaux
            _ecrire_csv(tableau, fichier)
        else:
            _ecrire_xlsx(tableaux, fichier)
        fichier.seek(0)
    except BaseException:
        fichier.close()
        raise
    return fichier


# --- Texts that a spreadsheet would run --------------------------------------------------------------


def proteger(texte: str, *, csv: bool) -> str:
    """A text as it is written in a file, so that no spreadsheet runs it and `deproteger` gives it back.

    In a .csv a text that starts with = + - @, whatever stands unseen before it, or with a tab or a line break,
    bears an apostrophe. One that already has such an apostrophe gets another in both kinds of file, since reading
    takes one off.
    """
    return f"'{texte}" if (DANGER if csv else PROTEGE).match(texte) else texte


def deproteger(texte: str) -> str:
    return texte[1:] if PROTEGE.match(texte) else texte


# --- Writing -----------------------------------------------------------------------------------------


def _ecrire_csv(tableau: Tableau, fichier: IO[bytes]) -> None:
    texte = TextIOWrapper(fichier, encoding="utf-8-sig", newline="")
    ecrivain = csv.writer(texte, delimiter=";")
    ecrivain.writerow([proteger(colonne.titre, csv=True) for colonne in tableau.colonnes])
    for ligne in tableau.lignes:
        # Only texts are protected: a negative number is a number.
        ecrivain.writerow([proteger(v, csv=True) if isinstance(v, str) else en_texte(v) for v in map(_nue, ligne)])
    texte.detach()  # writes what it holds, and leaves the file open


def en_texte(valeur: Valeur) -> str:
    """As French people type it."""
    match valeur:
        case None:
            return ""
        case bool():
            return "oui" if valeur else "non"
        case datetime():
            return f"{_heure_locale(valeur):%d/%m/%Y %H:%M}"
        case date():
            return f"{valeur:%d/%m/%Y}"
        case float() | Decimal():
            return f"{valeur}".replace(".", ",")
    return str(valeur)


def _ecrire_xlsx(tableaux: Sequence[Tableau], fichier: IO[bytes]) -> None:
    classeur = Workbook(write_only=True)
    try:
        for tableau in tableaux:
            _ecrire_feuille(classeur, tableau)
        classeur.save(fichier)
    except BaseException:
        # openpyxl writes each sheet to a file of its own, which only saving removes.
        for feuille in classeur.worksheets:
            if not feuille.closed:
                feuille.close()
            with suppress(FileNotFoundError):
                feuille._writer.cleanup()
        raise


def _ecrire_feuille(classeur: Any, tableau: Tableau) -> None:
    feuille = classeur.create_sheet(tableau.nom)
    feuille.freeze_panes = "A2"
    cellules = []
    for position, colonne in enumerate(tableau.colonnes, start=1):
        feuille.column_dimensions[get_column_letter(position)].width = colonne.largeur
        # One cell for a whole column: it is written as soon as the row is given, and its style is found once.
        cellule = WriteOnlyCell(feuille)
        cellule.number_format = colonne.forme
        cellule.alignment = Alignment(vertical="top", wrap_text=colonne.largeur > 2 * LARGEUR)
        cellules.append(cellule)
    feuille.append([_titre(feuille, colonne.titre) for colonne in tableau.colonnes])
    for ligne in tableau.lignes:
        feuille.append(
            [
                _signalee(feuille, cellule, valeur.valeur)
                if isinstance(valeur, Signalee)
                else _cellule(cellule, valeur)
                for cellule, valeur in zip(cellules, ligne, strict=True)
            ]
        )


def _titre(feuille: Any, titre: str) -> Any:
    cellule = WriteOnlyCell(feuille, titre)
    cellule.font = Font(bold=True)
    return cellule


def _nue(valeur: Valeur | Signalee) -> Valeur:
    return valeur.valeur if isinstance(valeur, Signalee) else valeur


def _signalee(feuille: Any, modele: Any, valeur: Valeur) -> Any:
    """A cell of its own, coloured even where it is empty; the others of its column stay as they are."""
    cellule = WriteOnlyCell(feuille)
    cellule.number_format, cellule.alignment = modele.number_format, copy(modele.alignment)
    cellule.fill = A_CORRIGER
    return _cellule(cellule, valeur) or cellule


def _cellule(cellule: Any, valeur: Valeur) -> Any:
    """The cell once it holds `valeur`, or None for no cell."""
    if isinstance(valeur, bool):
        valeur = "oui" if valeur else "non"
    elif isinstance(valeur, datetime):
        valeur = _heure_locale(valeur)
    if not isinstance(valeur, str):
        if valeur is not None:
            cellule.value = valeur
        return None if valeur is None else cellule
    texte = proteger(ILLEGAL_CHARACTERS_RE.sub("", valeur), csv=False)[:CELLULE_MAX]
    if not texte:
        return None
    cellule.value = texte
    cellule.data_type = "s"  # openpyxl takes « =1+1 » for a formula, « #N/A » for an error
    return cellule


def _heure_locale(moment: datetime) -> datetime:
    """In the site's time zone, without its name, which spreadsheets do not know."""
    return timezone.make_naive(moment) if timezone.is_aware(moment) else moment
