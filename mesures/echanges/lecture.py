"""Reading of a file of mesures: bytes to a header and rows, whatever program wrote it.

Whatever is wrong with the file as a whole raises FichierIllisible, whose text is shown. What is wrong
with one line is said by `lignes.lire_ligne`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import PurePath

from openpyxl.utils import get_column_letter

from mesures.echanges.classeurs import lire_xls, lire_xlsx
from mesures.echanges.colonnes import OBLIGATOIRES, PAR_NOM, cle_entete, colonne_de
from mesures.echanges.feuilles import (
    CELLULE_MAX,
    CELLULE_TROP_LONGUE,
    COLONNES_MAX,
    FEUILLES_DU_MODELE,
    LIGNES_MAX,
    OPENDOCUMENT,
    PAS_UN_TABLEUR,
    PROTEGE,
    TAILLE_MAX,
    TROP_DE_COLONNES,
    TROP_DE_LIGNES,
    TROP_LOURD,
    Feuille,
    FichierIllisible,
)
from mesures.echanges.textes import lire_texte_separe
from mesures.echanges.valeurs import EPOQUE_1900, Cellule, abreger, est_vide

__all__ = ["Fichier", "FichierIllisible", "Rangee", "lire_fichier"]

ZIP = b"PK\x03\x04"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# A row that names this many columns is a header: an identifiant and what changes, at least.
ENTETE_MIN = 2
# In a file to correct, the columns of what went beyond the header: still beyond it when the file comes back.
AU_DELA = "au-delà de l'en-tête"
DATE_DE_NAISSANCE = cle_entete("date de naissance")
SANS_DATE_DE_NAISSANCE = "La date de naissance n'est pas lue : écrivez seulement l'année, dans une autre colonne."
LIGNES_AVANT_ENTETE = 15
# How files begin that are sent by mistake: PDF, RTF, JSON, then pictures.
AUTRES_DEBUTS = (b"%pdf", b"{", b"[")
IMAGES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\x00", b"MM\x00*", b"RIFF", b"\x00\x00\x00")
AUTRES_EXTENSIONS = {
    ".pdf",
    ".doc",
    ".docx",
    ".odt",
    ".png",
    ".jpg",
    ".jpeg",
    ".gif",
    ".webp",
    ".heic",
    ".tif",
    ".tiff",
}
PAGE_WEB = (
    "Ce fichier porte le nom d'un tableur, mais c'est une page web ou un document XML : "
    "ouvrez-le dans votre tableur, enregistrez-le au format .xlsx, puis renvoyez-le."
)


@dataclass(frozen=True, slots=True)
class Rangee:
    """A row that has something: `numero` is the one that the user's spreadsheet shows.

    `decalee`: it goes beyond the header, in a text file, so that nothing says where its cells belong. `au_dela`:
    those cells, for the file to correct.
    """

    numero: int
    cellules: Mapping[str, Cellule]  # by name of column, in the order of the file
    decalee: bool = False
    au_dela: tuple[Cellule, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Fichier:
    """A file, as read. `ignorees`: headers that name no column of ours, as they are written."""

    nom: str
    colonnes: tuple[str, ...]
    rangees: list[Rangee]
    ignorees: tuple[str, ...] = ()
    # Of the columns that vendors must write: only a file that bears our identifiants may lack some.
    manquantes: tuple[str, ...] = ()
    epoque: datetime = EPOQUE_1900
    feuille: str = ""
    au_dela: int = 0  # how many columns beyond the header its rows go
    autres_feuilles: tuple[str, ...] = ()  # not read, not empty, and not those of our template


@dataclass(frozen=True)
class Entete:
    ligne: int
    positions: Mapping[str, int]  # by name of column, from 0
    largeur: int
    ignorees: tuple[str, ...] = field(default=())
    a_au_dela: bool = False


def lire_fichier(contenu: bytes, nom: str, avancer: Callable[[int], None] = lambda nombre: None) -> Fichier:
    """Read the file; `nom` is the one that the user gave it. Raises FichierIllisible.

    `avancer` is told how many lines are read, so that a page may show it: how many there are is not known yet.
    """
    if not contenu:
        raise FichierIllisible("Ce fichier est vide.")
    if len(contenu) > TAILLE_MAX:
        raise FichierIllisible(TROP_LOURD)
    feuilles = _feuilles(contenu, nom)
    pleines = [
        (feuille, debut) for feuille in feuilles if (debut := list(islice(feuille.lignes(), LIGNES_AVANT_ENTETE)))
    ]
    if not pleines:
        raise FichierIllisible("Ce fichier est vide : il ne contient aucune ligne.")
    feuille, debut = max(pleines, key=lambda pleine: max(_reconnues(cellules) for _, cellules in pleine[1]))
    entete = lire_entete(debut)
    rangees = _lire_rangees(feuille, entete, avancer)
    if not rangees:
        raise FichierIllisible(
            "Ce fichier ne contient que les noms des colonnes : écrivez une mesure par ligne, au-dessous."
        )
    _verifier_zone(feuille, entete, rangees[-1].numero)
    return Fichier(
        nom=nom,
        colonnes=tuple(entete.positions),
        rangees=rangees,
        ignorees=entete.ignorees,
        au_dela=max(len(rangee.au_dela) for rangee in rangees),
        manquantes=tuple(nom for nom in OBLIGATOIRES if nom not in entete.positions),
        epoque=feuille.epoque,
        feuille=feuille.nom,
        autres_feuilles=tuple(
            autre.nom for autre, _ in pleines if autre is not feuille and autre.nom not in FEUILLES_DU_MODELE
        ),
    )


def _feuilles(contenu: bytes, nom: str) -> Sequence[Feuille]:
    """The sheets, by what the file is: a name may say anything."""
    if contenu.startswith(ZIP):
        return lire_xlsx(contenu)
    if contenu.startswith(OLE):
        # A protected .xlsx is hidden in a container of the same kind as an .xls.
        if "EncryptedPackage".encode("utf-16-le") in contenu:
            raise FichierIllisible(PROTEGE)
        return lire_xls(contenu)
    debut = contenu[:1000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if debut.startswith((b"<html", b"<!doctype", b"<table", b"<?xml", b"<meta")):
        raise FichierIllisible(PAGE_WEB)
    extension = PurePath(nom).suffix.lower()
    if extension == ".ods":
        raise FichierIllisible(OPENDOCUMENT)
    if (
        debut.startswith(AUTRES_DEBUTS)
        or (contenu.startswith(IMAGES) and b"\x00" in contenu)
        or extension in AUTRES_EXTENSIONS
    ):
        raise FichierIllisible(PAS_UN_TABLEUR)
    return lire_texte_separe(contenu)


def lire_entete(debut: Sequence[tuple[int, Sequence[Cellule]]]) -> Entete:
    """The header, from the first rows that have something."""
    ligne, cellules = debut[0]
    if _reconnues(cellules) < ENTETE_MIN:
        plus_bas = next((n for n, suivantes in debut[1:] if _reconnues(suivantes) >= ENTETE_MIN), None)
        if plus_bas is not None:
            raise FichierIllisible(
                f"Les noms des colonnes sont à la ligne {plus_bas} : supprimez ce qui est au-dessus, "
                "ils doivent être sur la première ligne."
            )
        raise FichierIllisible(
            "La première ligne doit porter les noms des colonnes, comme "
            f"{_designer(['date_nomination', 'type', 'ville'])} : nous ne les avons pas reconnus."
        )
    if len(debut) > 1 and _reconnues(debut[1][1]) >= ENTETE_MIN:
        raise FichierIllisible(
            f"Les lignes {ligne} et {debut[1][0]} portent toutes deux des noms de colonnes : gardez-en une seule."
        )
    positions: dict[str, int] = {}
    ignorees = []
    largeur = 0
    a_au_dela = False
    for position, cellule in enumerate(cellules):
        if est_vide(cellule):
            continue
        if str(cellule).startswith(AU_DELA):
            a_au_dela = True
            continue
        largeur = position + 1
        colonne = colonne_de(cellule)
        if colonne is None:
            ignorees.append(abreger(cellule))
        elif colonne.nom in positions:
            ou = " et ".join(get_column_letter(p + 1) for p in (positions[colonne.nom], position))
            raise FichierIllisible(
                f"La colonne {_designer([colonne.nom])} est présente deux fois ({ou}) : gardez-en une seule."
            )
        else:
            positions[colonne.nom] = position
    manquantes = [nom for nom in OBLIGATOIRES if nom not in positions]
    # A line that bears our identifiant is known by it: it needs nothing else but what changes.
    if manquantes and "identifiant" not in positions:
        phrases = [f"Il manque {'les colonnes' if len(manquantes) > 1 else 'la colonne'} {_designer(manquantes)}."]
        if "annee" in manquantes and any(cle_entete(entete) == DATE_DE_NAISSANCE for entete in ignorees):
            phrases.append(SANS_DATE_DE_NAISSANCE)
        if ignorees:
            phrases.append(f"Colonnes que nous ne connaissons pas : {', '.join(ignorees[:20])}.")
        raise FichierIllisible(" ".join(phrases))
    return Entete(ligne, positions, largeur, tuple(ignorees), a_au_dela)


def _designer(noms: Sequence[str]) -> str:
    """« Date de nomination (date_nomination) », « Ville (ville) »: as people say them, then as vendors do."""
    return ", ".join(f"« {PAR_NOM[nom].designation} »" for nom in noms)


def _reconnues(cellules: Sequence[Cellule]) -> int:
    return len({colonne.nom for cellule in cellules if (colonne := colonne_de(cellule))})


def _lire_rangees(feuille: Feuille, entete: Entete, avancer: Callable[[int], None]) -> list[Rangee]:
    rangees: list[Rangee] = []
    for numero, cellules in feuille.lignes():
        if len(cellules) > COLONNES_MAX and any(not est_vide(cellule) for cellule in cellules[COLONNES_MAX:]):
            raise FichierIllisible(TROP_DE_COLONNES)
        if numero <= entete.ligne:
            continue
        if any(isinstance(cellule, str) and len(cellule) > CELLULE_MAX for cellule in cellules):
            raise FichierIllisible(f"{CELLULE_TROP_LONGUE[:-1]}, ligne {numero}.")
        lues = {nom: cellules[p] for nom, p in entete.positions.items() if p < len(cellules)}
        au_dela = _au_dela(cellules[entete.largeur :]) if feuille.est_texte or entete.a_au_dela else ()
        # A row that has something only in columns that are ignored is no mesure.
        if not au_dela and all(est_vide(cellule) for cellule in lues.values()):
            continue
        if len(rangees) == LIGNES_MAX:
            raise FichierIllisible(TROP_DE_LIGNES)
        rangees.append(Rangee(numero, lues, bool(au_dela), au_dela))
        avancer(len(rangees))
    return rangees


def _au_dela(cellules: Sequence[Cellule]) -> tuple[Cellule, ...]:
    """Up to the last one that has something."""
    pleines = [position for position, cellule in enumerate(cellules) if not est_vide(cellule)]
    return tuple(cellules[: pleines[-1] + 1]) if pleines else ()


def _verifier_zone(feuille: Feuille, entete: Entete, derniere: int) -> None:
    """Refuse what would leave cells empty without a word: merged cells, formulas never calculated."""
    colonnes = {position + 1 for position in entete.positions.values()}
    for fusion in feuille.fusions:
        etendue = range(fusion.premiere_colonne, fusion.derniere_colonne + 1)
        if (
            fusion.premiere_ligne <= derniere
            and fusion.derniere_ligne >= entete.ligne
            and not colonnes.isdisjoint(etendue)
        ):
            raise FichierIllisible(
                f"Les cellules {fusion.nom} sont fusionnées : "
                "annulez la fusion, et écrivez la valeur dans chacune."
            )
    vides = [(ligne, colonne) for ligne, colonne in feuille.formules_vides if colonne in colonnes]
    if vides and (premiere := min(vides))[0] <= derniere:
        ligne, colonne = premiere
        raise FichierIllisible(
            f"La cellule {get_column_letter(colonne)}{ligne} contient une formule dont le résultat n'est pas "
            "dans le fichier : ouvrez-le dans votre tableur, enregistrez-le, puis renvoyez-le."
        )
