"""What the readers of each kind of file have in common: a sheet of cells, bounds, and the refusal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from mesures.echanges.valeurs import EPOQUE_1900, Cellule

EXTENSIONS = (".xlsx", ".xls", ".csv", ".txt")
TAILLE_EN_MO = 10
TAILLE_MAX = TAILLE_EN_MO * 1024 * 1024  # bytes
LIGNES_MAX = 20_000
COLONNES_MAX = 200
RANGS_MAX = 200_000  # rows, empty ones included
CELLULES_MAX = 1_000_000  # of a workbook, empty ones included: 20,000 mesures of 40 columns are 800,000
CELLULE_MAX = 32_767  # characters: what a cell of Excel can hold

# Of our own template: no other sheet of mesures, that somebody would miss.
FEUILLE_DU_MODE_D_EMPLOI = "Mode d'emploi"
FEUILLE_DES_LISTES = "Listes"
FEUILLE_DES_TRIBUNAUX = "Tribunaux"
FEUILLES_DU_MODELE = (FEUILLE_DU_MODE_D_EMPLOI, FEUILLE_DES_LISTES, FEUILLE_DES_TRIBUNAUX)

TROP_LOURD = (
    f"Ce fichier dépasse {TAILLE_EN_MO} Mo : partagez-le en plusieurs fichiers, ou enregistrez-le sans ses images."
)
PAS_UN_TABLEUR = (
    "Ce fichier n'est pas un tableau que nous savons lire. Envoyez un fichier "
    f"{', '.join(EXTENSIONS[:-1])} ou {EXTENSIONS[-1]}."
)
OPENDOCUMENT = "Le format .ods n'est pas lu. Enregistrez-le au format .xlsx (Fichier, Enregistrer sous)."
ABIME = (
    "Ce fichier est abîmé ou incomplet : ouvrez-le dans votre tableur, enregistrez-le à nouveau, puis renvoyez-le."
)
PROTEGE = "Ce fichier est protégé par un mot de passe : enregistrez-le sans mot de passe, puis renvoyez-le."
TROP_GROS = (
    "Ce fichier contient beaucoup plus de données qu'une liste de mesures : copiez votre tableau dans un nouveau "
    "classeur, puis envoyez celui-ci."
)
TROP_DE_LIGNES = f"Ce fichier compte plus de {LIGNES_MAX:,} lignes : partagez-le en plusieurs fichiers.".replace(
    ",", "\N{NARROW NO-BREAK SPACE}"
)
TROP_DE_COLONNES = f"Ce fichier compte plus de {COLONNES_MAX} colonnes : gardez seulement celles des mesures."
CELLULE_TROP_LONGUE = f"Ce fichier contient une cellule de plus de {CELLULE_MAX} caractères."


class FichierIllisible(Exception):
    """The file cannot be read as a list of mesures; its text is shown."""


@dataclass(frozen=True)
class Fusion:
    """A merged area; rows and columns count from 1, both ends included."""

    nom: str
    premiere_colonne: int
    premiere_ligne: int
    derniere_colonne: int
    derniere_ligne: int


@dataclass(frozen=True, kw_only=True)
class Feuille:
    """A sheet. `lignes()` starts again from the first row each time, and gives each row that has
    something with the number that the user sees."""

    nom: str
    lignes: Callable[[], Iterator[tuple[int, Sequence[Cellule]]]]
    epoque: datetime = EPOQUE_1900
    fusions: Sequence[Fusion] = ()
    # (row, column) of the formulas whose result the file does not hold.
    formules_vides: Sequence[tuple[int, int]] = ()
    est_texte: bool = False
