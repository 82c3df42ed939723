"""One cell to one typed value: each reader gives it, or raises ValeurRefusee with its sentence.

A cell is what a spreadsheet or a text file holds: text, number, truth, date or nothing. The readers see
to the shape only; what a mesure may be is said by `mesures.regles`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from math import isfinite
from typing import Final
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH, from_excel

from etablissements.models import validate_finess
from mesures.bouche_trous import est_nombre_arrondi
from mesures.comparaison import cle
from tribunaux.models import validate_siret
from tribunaux.tableurs import deproteger

Cellule = str | int | float | bool | date | datetime | None

EPOQUE_1900: Final[datetime] = WINDOWS_EPOCH
EPOQUE_1904: Final[datetime] = MAC_EPOCH

PARIS = ZoneInfo("Europe/Paris")

# Excel keeps fifteen digits of a number: those that follow are lost.
NOMBRE_MAX = 10**15
IDENTIFIANT_MAX = 2**63 - 1
# A year alone, « 2021 », is a serial too: that of a day of 1905. No decision of before 1927 is still alive.
SERIE_MIN, SERIE_MAX = 10_000, 100_000

DATE_FR = re.compile(r"([0-9]{1,2})([/.\- ])([0-9]{1,2})\2([0-9]{4})(?:[ T][0-9:.]{4,15})?")
DATE_COLLEE = re.compile(r"([0-9]{2})([0-9]{2})([0-9]{4})")
DATE_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[ T][0-9:.]{4,15}(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?")
ANNEE_COURTE = re.compile(r"[0-9]{1,2}[/.\- ][0-9]{1,2}[/.\- ][0-9]{2}")
SERIE = re.compile(r"[0-9]{5}(?:[.,]0+)?")
EN_CHIFFRES = re.compile(r"[0-9][0-9 .,E+]*", re.IGNORECASE)
CODE_CEDEX = re.compile(r"([0-9]{2} ?[0-9]{3})[ ,-]*cedex\b.*", re.IGNORECASE)
ENTIER = re.compile(r"([0-9]+)(?:[.,]0+)?")
INVISIBLES = str.maketrans("", "", "\ufeff\u200b\u2060")


class ValeurRefusee(Exception):
    """A cell that cannot be read: `code` is for tests, `message` is shown beside the cell."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, kw_only=True, slots=True)
class Valeurs:
    """What the columns say of one mesure. Names are those of `Mesure` where it has them.

    `ville`, `tribunal_siret`, `tribunal_nom`, `finess` and `antenne` are texts: what they stand for is looked up
    by others.
    `etablissement_nom` is the name in the file, whether or not `finess` says the same.
    """

    identifiant: int | None = None
    date_decision: date | None = None
    nature: str = ""
    champ: str = ""
    code_postal: str = ""
    ville: str = ""
    genre: str = ""
    annee_naissance: int | None = None
    numero_rg: str | None = None
    numero_dossier: str = ""
    lieu_vie: str = ""
    tribunal_siret: str = ""
    tribunal_nom: str = ""
    cabinet: str = ""
    antenne: str = ""
    finess: str = ""
    etablissement_nom: str = ""
    date_extinction: date | None = None
    motif_extinction: str = ""
    statut: str = ""


def est_vide(cellule: Cellule) -> bool:
    return cellule is None or (isinstance(cellule, str) and not cellule.translate(INVISIBLES).strip())


def date_en_texte(jour: date) -> str:
    """As people type it, without the hour that a spreadsheet may give it."""
    return f"{jour:%d/%m/%Y}"


def abreger(cellule: Cellule) -> str:
    """The cell as a sentence names it: short, on one line."""
    texte = date_en_texte(cellule) if isinstance(cellule, date) else " ".join(str(cellule).split())
    return f"{texte[:39]}…" if len(texte) > 40 else texte


def citer(cellule: Cellule) -> str:
    return f"« {abreger(cellule)} »"


def lire_texte(cellule: Cellule, longueur: int) -> str:
    """The text of a cell, its spaces tidied. A number is written as it was typed: 12345.0 is « 12345 »."""
    if isinstance(cellule, str):
        # Protected before it was tidied: « '⇥5 » is « 5 ».
        nu = deproteger(cellule)
        texte = deproteger(_tidier(cellule)) if nu == cellule else _tidier(nu)
    elif isinstance(cellule, bool):
        raise ValeurRefusee("forme", "La cellule contient VRAI ou FAUX au lieu d'un texte.")
    elif isinstance(cellule, date):
        raise ValeurRefusee(
            "date",
            f"La cellule contient une date ({citer(cellule)}) : le tableur a peut-être transformé ce qui était "
            "écrit. Mettez la colonne au format Texte, puis écrivez la valeur à nouveau.",
        )
    elif isinstance(cellule, int | float):
        texte = _nombre(cellule)
    else:
        texte = ""
    if est_nombre_arrondi(texte):
        raise _chiffres_perdus(cellule)
    if len(texte) > longueur:
        raise ValeurRefusee("longueur", f"{citer(texte)} compte {len(texte)} caractères, {longueur} au plus.")
    return texte


def lire_date(cellule: Cellule, epoque: datetime = EPOQUE_1900) -> date:
    """jj/mm/aaaa, ISO, a date cell, or the serial number that a spreadsheet counts from `epoque`."""
    if isinstance(cellule, datetime):
        return cellule.date()
    if isinstance(cellule, date):
        return cellule
    texte = lire_texte(cellule, 1000)
    try:
        if isinstance(cellule, float) and SERIE_MIN <= cellule < SERIE_MAX:
            return _date_de_serie(cellule, epoque)
        if trouve := DATE_FR.fullmatch(texte):
            return date(int(trouve[4]), int(trouve[3]), int(trouve[1]))
        if trouve := DATE_COLLEE.fullmatch(texte):
            return date(int(trouve[3]), int(trouve[2]), int(trouve[1]))
        if DATE_ISO.fullmatch(texte):
            moment = datetime.fromisoformat(texte)
            # A program that writes moments in universal time puts a French midnight on the day before.
            return (moment.astimezone(PARIS) if moment.tzinfo else moment).date()
        if SERIE.fullmatch(texte):
            return _date_de_serie(float(texte.replace(",", ".")), epoque)
    except (ValueError, OverflowError):
        raise ValeurRefusee(
            "date", f"{citer(cellule)} n'est pas une date qui existe : écrivez-la sous la forme jj/mm/aaaa."
        ) from None
    if ANNEE_COURTE.fullmatch(texte):
        raise ValeurRefusee("date", f"{citer(cellule)} : écrivez l'année en quatre chiffres (jj/mm/aaaa).")
    raise ValeurRefusee(
        "date", f"{citer(cellule)} n'est pas une date complète : écrivez-la sous la forme jj/mm/aaaa."
    )


def lire_annee(cellule: Cellule) -> int:
    """A year of birth, « 1962 » or 1962.0: never a full date, which is not to be kept."""
    if isinstance(cellule, date) or (
        isinstance(cellule, str) and (DATE_FR.fullmatch(_tidier(cellule)) or DATE_ISO.fullmatch(_tidier(cellule)))
    ):
        raise ValeurRefusee(
            "date", "La cellule contient une date : écrivez seulement l'année de naissance, en quatre chiffres."
        )
    annee = _entier(cellule)
    if annee is None or not 1000 <= annee <= 9999:
        raise ValeurRefusee(
            "annee", f"{citer(cellule)} n'est pas une année : écrivez-la en quatre chiffres, comme 1962."
        )
    return annee


def lire_identifiant(cellule: Cellule) -> int:
    identifiant = _entier(cellule)
    if identifiant is None or not 1 <= identifiant <= IDENTIFIANT_MAX:
        raise ValeurRefusee(
            "identifiant",
            f"{citer(cellule)} n'est pas un identifiant de mesure : laissez celui de l'export, ou rien.",
        )
    return identifiant


def lire_code_postal(cellule: Cellule) -> str:
    """The postal code, with the zero that spreadsheets take off. Its form is checked by `mesures.regles`."""
    texte = lire_texte(cellule, 100)
    if cedex := CODE_CEDEX.fullmatch(texte):
        texte = cedex[1]
    elif len(texte) > 20:
        return lire_texte(cellule, 20)
    if isinstance(cellule, int | float) or texte.replace(" ", "").isdecimal():
        texte = texte.replace(" ", "")
    entier = ENTIER.fullmatch(texte)
    return entier[1].zfill(5) if entier and len(entier[1]) == 4 else texte


def lire_rg(cellule: Cellule, longueur: int) -> str | None:
    return lire_texte(cellule, longueur) or None


def lire_siret(cellule: Cellule) -> str:
    """The SIRET of a court, spaces and dots taken off."""
    texte = lire_texte(cellule, 40).replace(" ", "").replace(".", "")
    try:
        validate_siret(texte)
        texte.encode("ascii")
    except (ValidationError, UnicodeEncodeError):
        raise ValeurRefusee(
            "siret", f"{citer(cellule)} n'est pas un numéro SIRET : celui d'un tribunal compte quatorze chiffres."
        ) from None
    # The last five digits number the establishments, from 00001: 2,62E+13 was read as 26200000000000.
    if texte.endswith("00000"):
        raise _chiffres_perdus(cellule)
    return texte


def lire_tribunal(cellule: Cellule) -> tuple[str, str]:
    """The name of a court, or its SIRET where the column holds that: one of the two is empty."""
    if isinstance(cellule, int | float) or EN_CHIFFRES.fullmatch(lire_texte(cellule, 200)):
        return "", lire_siret(cellule)
    return lire_texte(cellule, 200), ""


def lire_finess(cellule: Cellule) -> str:
    """A FINESS number, with the zero that spreadsheets take off."""
    texte = lire_texte(cellule, 40).replace(" ", "").upper()
    if re.fullmatch(r"[0-9]{8}", texte):
        texte = texte.zfill(9)
    try:
        validate_finess(texte)
    except ValidationError:
        raise ValeurRefusee(
            "finess", f"{citer(cellule)} n'est pas un numéro FINESS : il compte neuf caractères, comme 620100057."
        ) from None
    return texte


def lire_choix(cellule: Cellule, lexique: Mapping[str, str], acceptees: tuple[str, ...]) -> str:
    """The value of a closed list whose label is in the cell."""
    valeur = lexique.get(cle(lire_texte(cellule, 1000)))
    if valeur is None:
        raise hors_liste(cellule, acceptees)
    return valeur


def hors_liste(cellule: Cellule, acceptees: tuple[str, ...]) -> ValeurRefusee:
    permises = " ; ".join(acceptees)
    return ValeurRefusee(
        "liste", f"{citer(cellule)} n'est pas une valeur acceptée. Valeurs possibles : {permises}."
    )


def ranger(texte: str) -> str:
    """A text as the reading of a cell tidies it."""
    return " ".join(unicodedata.normalize("NFC", texte).translate(INVISIBLES).split())


def _tidier(texte: str) -> str:
    texte = ranger(texte)
    # PostgreSQL has no NUL, and U+FFFD stands for what was lost already.
    if "\ufffd" in texte or (
        not texte.isprintable() and any(unicodedata.category(c) in ("Cc", "Cs") for c in texte)
    ):
        raise ValeurRefusee("illisible", "La cellule contient des caractères illisibles.")
    return texte


def _nombre(nombre: float) -> str:
    if not isfinite(nombre) or abs(nombre) >= NOMBRE_MAX:
        raise _chiffres_perdus(nombre)
    return str(int(nombre)) if nombre == int(nombre) else str(nombre)


def _chiffres_perdus(cellule: Cellule) -> ValeurRefusee:
    return ValeurRefusee(
        "chiffres_perdus",
        f"{citer(cellule)} : le tableur a remplacé le numéro par un nombre arrondi, et des chiffres sont perdus. "
        "Mettez la colonne au format Texte, puis écrivez le numéro à nouveau.",
    )


def _entier(cellule: Cellule) -> int | None:
    entier = ENTIER.fullmatch(lire_texte(cellule, 1000))
    return int(entier[1]) if entier and len(entier[1]) < 20 else None


def _date_de_serie(serie: float, epoque: datetime) -> date:
    moment = from_excel(serie, epoque)
    if not isinstance(moment, datetime):
        raise ValueError(serie)
    return moment.date()
