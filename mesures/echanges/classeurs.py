"""Reading of .xlsx and .xls files, within bounds that are checked before any library loads them."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from functools import lru_cache, partial
from io import BytesIO
from itertools import islice
from typing import IO, Any
from xml.sax import SAXException
from xml.sax.handler import ContentHandler
from zipfile import BadZipFile, ZipFile

import defusedxml.sax
import xlrd
from defusedxml import DefusedXmlException
from openpyxl import DEFUSEDXML, load_workbook
from openpyxl.utils import column_index_from_string, get_column_letter
from openpyxl.utils.cell import range_boundaries

from mesures.echanges.feuilles import (
    ABIME,
    CELLULE_MAX,
    CELLULE_TROP_LONGUE,
    CELLULES_MAX,
    COLONNES_MAX,
    OPENDOCUMENT,
    PAS_UN_TABLEUR,
    PROTEGE,
    RANGS_MAX,
    TROP_DE_COLONNES,
    TROP_GROS,
    Feuille,
    FichierIllisible,
    Fusion,
)
from mesures.echanges.valeurs import EPOQUE_1900, EPOQUE_1904, Cellule, est_vide

# Uncompressed bytes. 20,000 mesures of 20 columns are some 20 MB of XML.
PARTIE_XML_MAX = 64 * 1024 * 1024
PARTIE_MAX = 4 * 1024 * 1024
TOTAL_MAX = 128 * 1024 * 1024
PARTIES_MAX = 2000
# Never opened here, nor by openpyxl in its reading mode.
SANS_LECTURE = re.compile(r"/(media|drawings|charts|pivotCache|pivotTables|embeddings|printerSettings)/")

# Elements within one row or one shared string, and in all that stands outside rows.
ELEMENTS_MAX = 100_000
# Elements and texts of all the parts: some 4 for a cell. Each takes its time, even where it holds nothing.
PAS_MAX = 6_000_000
FEUILLES_MAX = 64
COLONNES_EXCEL, LIGNES_EXCEL = 16_384, 1_048_576
MORCEAU = 64 * 1024
SANS_ELEMENT_MAX = 1024 * 1024


class _Examen(ContentHandler):
    """Reads a part of an .xlsx once, in constant memory, for what openpyxl cannot say in its reading mode.

    openpyxl builds a row in memory before it gives it, and knows neither merged cells nor formulas without
    a result there.
    """

    def __init__(self) -> None:
        super().__init__()
        self.fusions: list[str] = []
        self.formules_vides: list[tuple[int, int]] = []
        self.colonne_max = 1  # of the cells that have something
        self.avance = 0  # elements and texts met: a part that gives none is not fed for long
        self.cellules = self.rangs = 0
        self._elements = self._cellules = 0
        self._ligne = self._colonne = self._longueur = 0
        self._dans_cellule = self._dans_valeur = False
        self._formule = self._resultat = self._est_texte = False

    def startElement(self, name: str, attrs: Any) -> None:  # noqa: N802  # SAX's own name
        nom = name.rpartition(":")[2]
        self.avance += 1
        self._elements += 1
        if self._elements > ELEMENTS_MAX:
            raise FichierIllisible(TROP_GROS)
        if nom == "c":
            self.cellules += 1
            self._cellules += 1
            if self._cellules > COLONNES_EXCEL:
                raise FichierIllisible(TROP_DE_COLONNES)
            self._colonne = _colonne(attrs["r"]) if "r" in attrs else self._colonne + 1
            self._est_texte = attrs.get("t") == "str"
            self._formule = self._resultat = False
            self._dans_cellule = True
            self._longueur = 0
        elif nom in ("v", "is"):
            self._dans_valeur = True
            self.colonne_max = max(self.colonne_max, self._colonne)
            if self._colonne > COLONNES_MAX:
                raise FichierIllisible(TROP_DE_COLONNES)
        elif nom == "si":
            self._dans_cellule = True
            self._longueur = 0
        elif nom == "f":
            self._formule = True
        elif nom == "row":
            ligne = int(attrs["r"]) if "r" in attrs else self._ligne + 1
            # openpyxl makes the rows that are missing before this one, and leaves out one that comes back.
            if not self._ligne < ligne <= LIGNES_EXCEL:
                raise FichierIllisible(ABIME)
            self._ligne = ligne
            self._colonne = self._cellules = 0
        elif nom == "mergeCell":
            self.fusions.append(attrs["ref"])

    def characters(self, content: str) -> None:
        self.avance += 1
        self._longueur += len(content)
        if self._dans_valeur:
            self._resultat = True
        if self._longueur > CELLULE_MAX * 2:  # with the formula, or spaces between tags
            raise FichierIllisible(CELLULE_TROP_LONGUE)

    def endElement(self, name: str) -> None:  # noqa: N802  # SAX's own name
        nom = name.rpartition(":")[2]
        if nom in ("c", "si"):
            self._dans_cellule = False
        if not self._dans_cellule:
            self._longueur = 0
        if nom in ("v", "is"):
            self._dans_valeur = False
        elif nom == "c":
            if self._formule and not self._resultat and not self._est_texte:
                self.formules_vides.append((self._ligne, self._colonne))
        elif nom in ("row", "si"):
            self._elements = 0
            self.rangs += 1
            if self.rangs > RANGS_MAX:
                raise FichierIllisible(TROP_GROS)


@lru_cache(maxsize=1024)
def _colonne_de_lettres(lettres: str) -> int:
    return int(column_index_from_string(lettres))


def _colonne(reference: str) -> int:
    lettres = reference.rstrip("0123456789")
    if len(lettres) > 3:
        raise FichierIllisible(TROP_DE_COLONNES)
    return _colonne_de_lettres(lettres)


@contextmanager
def _en_clair() -> Iterator[None]:
    """Whatever the libraries raise on a file that is not what it says becomes one sentence."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what openpyxl leaves out: styles, extensions, odd dates
            yield
    except FichierIllisible:
        raise
    except Exception as erreur:
        raise FichierIllisible(ABIME) from erreur


def lire_xlsx(contenu: bytes) -> list[Feuille]:
    """The visible sheets of an .xlsx."""
    assert DEFUSEDXML, "openpyxl must read its XML by defusedxml"
    with _en_clair():
        archive = ZipFile(BytesIO(contenu))
        _verifier_archive(archive)
        examens: dict[str, _Examen] = {}
        pas = 0
        for partie in archive.infolist():
            if partie.filename.endswith(".xml") and not SANS_LECTURE.search(f"/{partie.filename}"):
                examens[partie.filename] = examen = _examiner(archive.open(partie), PAS_MAX - pas)
                pas += examen.avance
        classeur = load_workbook(BytesIO(contenu), read_only=True, data_only=True, keep_links=False)
        feuilles = []
        if len(classeur.worksheets) > FEUILLES_MAX:
            raise FichierIllisible(TROP_GROS)
        a_lire = 0
        for feuille in classeur.worksheets:
            lu = examens.get(feuille._worksheet_path)
            if lu is None:
                raise FichierIllisible(ABIME)
            # Two sheets may name the same part, which is then read for each.
            a_lire += lu.cellules + lu.rangs
            if a_lire > CELLULES_MAX:
                raise FichierIllisible(TROP_GROS)
            if feuille.sheet_state == "visible":
                feuilles.append(
                    Feuille(
                        nom=feuille.title,
                        lignes=partial(_lignes_xlsx, feuille, lu.colonne_max),
                        epoque=classeur.epoch,
                        fusions=[Fusion(nom, *range_boundaries(nom)) for nom in lu.fusions],
                        formules_vides=lu.formules_vides,
                    )
                )
        return feuilles


def _verifier_archive(archive: ZipFile) -> None:
    """Refuse what is not an .xlsx, is protected, or would unfold beyond bounds.

    zipfile never gives more bytes than a part declares, so declared sizes can be trusted as bounds.
    """
    parties = archive.infolist()
    noms = {partie.filename for partie in parties}
    if any(partie.flag_bits & 1 for partie in parties):
        raise FichierIllisible(PROTEGE)
    if "mimetype" in noms:
        with archive.open("mimetype") as genre:
            if genre.read(100).strip() == b"application/vnd.oasis.opendocument.spreadsheet":
                raise FichierIllisible(OPENDOCUMENT)
    if "[Content_Types].xml" not in noms or not any(nom.startswith("xl/") for nom in noms):
        raise FichierIllisible(PAS_UN_TABLEUR)
    if any(nom.endswith(".bin") and nom.startswith("xl/workbook") for nom in noms):
        raise FichierIllisible("Le format .xlsb n'est pas lu : enregistrez le fichier au format .xlsx.")
    lues = [partie for partie in parties if not SANS_LECTURE.search(f"/{partie.filename}")]
    if (
        len(parties) > PARTIES_MAX
        or sum(partie.file_size for partie in lues) > TOTAL_MAX
        or any(partie.file_size > _plafond(partie.filename) for partie in lues)
    ):
        raise FichierIllisible(TROP_GROS)


def _plafond(nom: str) -> int:
    """Sheets and shared strings are read as they come; the other parts are loaded whole."""
    return PARTIE_XML_MAX if re.search(r"/(worksheets/[^/]*|sharedStrings)\.xml$", nom) else PARTIE_MAX


def _examiner(source: IO[bytes], pas_max: int) -> _Examen:
    examen = _Examen()
    parser = defusedxml.sax.make_parser()
    parser.setContentHandler(examen)
    sans_element = 0
    try:
        with source:
            while morceau := source.read(MORCEAU):
                avant = examen.avance
                parser.feed(morceau)
                # A tag that never ends would be kept whole in memory.
                sans_element = 0 if examen.avance > avant else sans_element + len(morceau)
                if sans_element > SANS_ELEMENT_MAX or examen.avance > pas_max or examen.cellules > CELLULES_MAX:
                    raise FichierIllisible(TROP_GROS)
        parser.close()
    except DefusedXmlException as erreur:
        raise FichierIllisible(
            "Ce fichier contient des instructions que nous n'ouvrons pas : "
            "copiez votre tableau dans un nouveau classeur."
        ) from erreur
    except (SAXException, BadZipFile, ValueError, KeyError) as erreur:
        raise FichierIllisible(ABIME) from erreur
    return examen


def _lignes_xlsx(feuille: Any, colonne_max: int) -> Iterator[tuple[int, Sequence[Cellule]]]:
    feuille.reset_dimensions()  # those that a file declares may be false
    pleines = _lignes_pleines(enumerate(feuille.iter_rows(max_col=colonne_max, values_only=True), start=1))
    while True:
        # By lots: a generator must not keep the warnings of the whole program silent between two rows.
        with _en_clair():
            lot = list(islice(pleines, 100))
        if not lot:
            return
        yield from lot


def _lignes_pleines(rangees: Iterator[tuple[int, Any]]) -> Iterator[tuple[int, Sequence[Cellule]]]:
    precedente = None
    for numero, cellules in rangees:
        # The rows that the file skips are one and the same object: a million of them cost nothing.
        if cellules is not precedente:
            precedente = cellules
            # Most of a row may be what openpyxl adds up to the last column: that is not looked at cell by cell.
            if cellules.count(None) < len(cellules):
                lues = [_cellule(cellule) for cellule in cellules]
                if not all(est_vide(lue) for lue in lues if lue is not None):
                    yield numero, lues


def _cellule(valeur: object) -> Cellule:
    """The value as a cell of ours: a time or a duration is shown as the text that it is."""
    return valeur if valeur is None or isinstance(valeur, str | int | float | date) else str(valeur)


def lire_xls(contenu: bytes) -> list[Feuille]:
    """The visible sheets of an old .xls."""
    with _en_clair(), open(os.devnull, "w") as journal:
        classeur = _ouvrir_xls(contenu, journal)
        return [
            Feuille(
                nom=feuille.name,
                lignes=partial(_lignes_xls, feuille, classeur.datemode),
                epoque=EPOQUE_1904 if classeur.datemode else EPOQUE_1900,
                fusions=[
                    Fusion(
                        f"{get_column_letter(c1 + 1)}{l1 + 1}:{get_column_letter(c2)}{l2}", c1 + 1, l1 + 1, c2, l2
                    )
                    for l1, l2, c1, c2 in feuille.merged_cells
                ],
            )
            for feuille in _feuilles_xls(classeur)
            if feuille.visibility == 0
        ]


def _feuilles_xls(classeur: Any) -> Iterator[Any]:
    """Each is loaded as it is asked for: those of a file of 10 MB may hold much more than it."""
    cellules = 0
    if classeur.nsheets > FEUILLES_MAX:
        raise FichierIllisible(TROP_GROS)
    for index in range(classeur.nsheets):
        feuille = classeur.sheet_by_index(index)
        cellules += sum(feuille.row_len(ligne) for ligne in range(feuille.nrows))
        if cellules > CELLULES_MAX:
            raise FichierIllisible(TROP_GROS)
        yield feuille


def _ouvrir_xls(contenu: bytes, journal: IO[str]) -> Any:
    ouvrir = partial(xlrd.open_workbook, file_contents=contenu, ragged_rows=True, on_demand=True, logfile=journal)
    try:
        return ouvrir(formatting_info=True)  # without it, nothing says which cells are merged
    except Exception as erreur:
        if "encrypted" in str(erreur):
            raise FichierIllisible(PROTEGE) from erreur
        if "Can't find workbook" in str(erreur):
            raise FichierIllisible(PAS_UN_TABLEUR) from erreur
    # Some programs write formats that xlrd refuses.
    return ouvrir(formatting_info=False)


def _lignes_xls(feuille: Any, datemode: int) -> Iterator[tuple[int, Sequence[Cellule]]]:
    for index in range(feuille.nrows):
        cellules = [_cellule_xls(cellule, datemode) for cellule in feuille.row(index)]
        if any(not est_vide(cellule) for cellule in cellules):
            yield index + 1, cellules


def _cellule_xls(cellule: Any, datemode: int) -> Cellule:
    match cellule.ctype:
        case xlrd.XL_CELL_TEXT:
            return str(cellule.value)
        case xlrd.XL_CELL_NUMBER:
            return float(cellule.value)
        case xlrd.XL_CELL_BOOLEAN:
            return bool(cellule.value)
        case xlrd.XL_CELL_ERROR:
            return str(xlrd.error_text_from_code.get(cellule.value, "#VALUE!"))
        case xlrd.XL_CELL_DATE:
            try:
                moment: datetime = xlrd.xldate_as_datetime(cellule.value, datemode)
            except (OverflowError, ValueError, xlrd.xldate.XLDateError):
                return "#VALUE!"
            return moment
    return None
