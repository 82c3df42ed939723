"""Reading of .csv and .txt files."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from functools import partial
from io import StringIO

from mesures.echanges.colonnes import colonne_de
from mesures.echanges.feuilles import (
    CELLULE_TROP_LONGUE,
    COLONNES_MAX,
    PAS_UN_TABLEUR,
    RANGS_MAX,
    TROP_DE_COLONNES,
    TROP_DE_LIGNES,
    Feuille,
    FichierIllisible,
)
from mesures.echanges.valeurs import Cellule, est_vide

SEPARATEURS = (";", "\t", ",")
ENCODAGES = ("UTF-8", "UTF-16", "Windows-1252")  # see `decoder`
CONSIGNE = re.compile(r'\s*"?sep=(.)"?\r?\n?', re.IGNORECASE)


def lire_texte_separe(contenu: bytes) -> list[Feuille]:
    """The only sheet of a text file; its encoding and its separator are recognised."""
    texte = decoder(contenu)
    # Excel's own way to name the separator; it does not show that line.
    if consigne := CONSIGNE.match(texte):
        texte = texte[consigne.end() :]
    separateur = consigne[1] if consigne else reconnaitre_separateur(texte)
    lire = partial(_lignes, texte, separateur, _guillemets_apparies(texte, separateur))
    return [Feuille(nom="", lignes=lire, est_texte=True)]


def decoder(contenu: bytes) -> str:
    """UTF-8 with or without its mark, UTF-16 with its mark (Excel's « Texte Unicode »), else Windows-1252."""
    if contenu.startswith((b"\xff\xfe", b"\xfe\xff")):
        texte = contenu.decode("utf-16", "replace")
    else:
        contenu = contenu.removeprefix(b"\xef\xbb\xbf")
        try:
            texte = contenu.decode("utf-8")
        except UnicodeDecodeError:
            if contenu.count(b"\n") + contenu.count(b"\r") > 2 * RANGS_MAX:
                raise FichierIllisible(TROP_DE_LIGNES) from None
            # Line by line: one that comes from elsewhere does not spoil the accents of all the others.
            texte = "".join(map(_decoder_ligne, contenu.splitlines(keepends=True)))
    if "\x00" in texte:
        raise FichierIllisible(PAS_UN_TABLEUR)
    return texte


def _decoder_ligne(octets: bytes) -> str:
    """What no encoding knows stays as U+FFFD, which the reading of a cell refuses."""
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        return octets.decode("cp1252", "replace")


def reconnaitre_separateur(texte: str) -> str:
    """The separator under which the first line names the most columns, else that gives the most cells."""
    premiere = next((ligne for ligne in _lignes_de(texte) if ligne.strip()), "")

    def merite(separateur: str) -> tuple[int, int]:
        cellules = _ligne_seule(premiere, separateur)
        return sum(colonne_de(cellule) is not None for cellule in cellules[:COLONNES_MAX]), len(cellules)

    return max(SEPARATEURS, key=merite)


def _lignes(texte: str, separateur: str, apparies: bool) -> Iterator[tuple[int, Sequence[Cellule]]]:
    """The rows. A cell in quotes may hold line breaks; where quotes are not paired, they are not trusted
    beyond one line, or one forgotten quote would swallow the lines that follow."""
    rangees: Iterator[list[str]] = (
        csv.reader(_lignes_de(texte), delimiter=separateur)
        if apparies
        else (_ligne_seule(ligne, separateur) for ligne in _lignes_de(texte))
    )
    for numero, cellules in enumerate(rangees, start=1):
        if not all(map(est_vide, cellules)):
            yield numero, cellules


def _guillemets_apparies(texte: str, separateur: str) -> bool:
    """Whether the quotes of the whole file are well paired. Refuses what is far beyond a list of mesures."""
    try:
        for numero, cellules in enumerate(csv.reader(_lignes_de(texte), delimiter=separateur, strict=True)):
            if numero > RANGS_MAX:
                raise FichierIllisible(TROP_DE_LIGNES)
            if len(cellules) > COLONNES_MAX and any(cellules[COLONNES_MAX:]):
                raise FichierIllisible(TROP_DE_COLONNES)
    except csv.Error:
        return False
    return True


def _lignes_de(texte: str) -> Iterator[str]:
    # Not splitlines(), which also cuts at characters that a cell may hold.
    return iter(StringIO(texte, newline=""))


def _ligne_seule(ligne: str, separateur: str) -> list[str]:
    try:
        return next(csv.reader([ligne], delimiter=separateur), [])
    except csv.Error as erreur:
        raise FichierIllisible(CELLULE_TROP_LONGUE) from erreur
