"""The empty file that people fill in, with lists in its cells: drawn from COLONNES, as the reading is."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from io import BytesIO
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.worksheet.datavalidation import DataValidation

from mesures.echanges.colonnes import COLONNES
from mesures.echanges.definition import Colonne, Forme
from mesures.echanges.feuilles import (
    FEUILLE_DES_LISTES,
    FEUILLE_DES_TRIBUNAUX,
    FEUILLE_DU_MODE_D_EMPLOI,
    LIGNES_MAX,
)
from mesures.regles import ANNEE_MIN, DATE_MIN
from tribunaux import tableurs

FEUILLE = "Mesures"
FORMULE_MAX = 255  # characters: Excel refuses a longer list in a cell
TITRE_MAX, AIDE_MAX = 32, 255  # of what Excel shows beside a cell
LARGEUR_MIN, LARGEUR_MAX = 12, 34

FORMATS = {
    Forme.DATE: tableurs.Forme.DATE,
    Forme.TEXTE: tableurs.Forme.TEXTE,  # the zeros at the beginning of a number stay
    Forme.LISTE: tableurs.Forme.TEXTE,
    Forme.NOMBRE: "0",
}
BORNES = {"annee": (str(ANNEE_MIN), "YEAR(TODAY())")}

CONSIGNES = (
    f"Écrivez une mesure par ligne dans la feuille « {FEUILLE} », sous les noms des colonnes, que vous gardez.",
    "Les colonnes marquées d'un astérisque (*) sont attendues. Les autres peuvent rester vides.",
    f"La feuille « {FEUILLE_DES_TRIBUNAUX} » donne le nom et le SIRET de chaque tribunal : l'un des deux suffit.",
    "N'écrivez nulle part le nom de la personne protégée, ni sa date de naissance complète.",
)
EN_TETES = ("Colonne", "Pour un logiciel", "Obligatoire", "Ce qu'on y écrit", "Valeurs de la liste", "Exemples")
LARGEURS = (20, 22, 28, 60, 48, 44)
TRIBUNAUX = ("Nom du tribunal", "SIRET")

GRAS = Font(bold=True)
EN_HAUT = Alignment(vertical="top", wrap_text=True)
FOND = PatternFill("solid", fgColor="E8EDFF")


@lru_cache(maxsize=2)
def modele(tribunaux: tuple[tuple[str, str | None], ...] = ()) -> bytes:
    """The .xlsx, the same for everybody. `tribunaux`: name and SIRET of those that can be chosen."""
    classeur = Workbook()
    saisie, emploi, liste_des_tribunaux, listes = (
        classeur.active,
        *map(classeur.create_sheet, (FEUILLE_DU_MODE_D_EMPLOI, FEUILLE_DES_TRIBUNAUX, FEUILLE_DES_LISTES)),
    )
    saisie.title = FEUILLE
    saisie.freeze_panes = "A2"
    for position, colonne in enumerate(COLONNES, start=1):
        _dresser(saisie, position, colonne, _validation(colonne, listes, len(tribunaux)))
    _expliquer(emploi)
    _nommer_les_tribunaux(liste_des_tribunaux, tribunaux)
    listes.sheet_state = "hidden"
    sortie = BytesIO()
    classeur.save(sortie)
    return sortie.getvalue()


def entete(colonne: Colonne) -> str:
    """What is written above a column; its reading drops the mark."""
    return f"{colonne.libelle} *" if colonne.est_attendue else colonne.libelle


def _dresser(saisie: Any, position: int, colonne: Colonne, regle: DataValidation) -> None:
    lettre = get_column_letter(position)
    titre = saisie.cell(1, position, entete(colonne))
    titre.font, titre.fill = GRAS, FOND
    longueurs = map(len, (titre.value, *colonne.exemples))
    saisie.column_dimensions[lettre].width = min(max(*longueurs, LARGEUR_MIN) + 2, LARGEUR_MAX)
    # Of the whole column: a cell that somebody fills takes it.
    saisie.column_dimensions[lettre].number_format = FORMATS[colonne.forme]
    titre.number_format = "General"
    regle.errorTitle = regle.promptTitle = colonne.libelle[:TITRE_MAX]
    regle.prompt = _aide(colonne)
    regle.allow_blank = regle.showInputMessage = True
    regle.add(f"{lettre}2:{lettre}{LIGNES_MAX + 1}")
    saisie.add_data_validation(regle)


def _aide(colonne: Colonne) -> str:
    """The description, cut where a sentence ends if it is too long to be shown."""
    aide = colonne.description
    while len(aide) > AIDE_MAX:
        aide = f"{aide[:-1].rpartition('. ')[0]}."
    return aide


def _validation(colonne: Colonne, listes: Any, tribunaux: int) -> DataValidation:
    """What the spreadsheet says and refuses while it is typed; what is pasted is judged by the import alone."""
    match colonne.forme:
        case Forme.LISTE:
            regle = DataValidation(type="list", formula1=_liste(colonne, listes))
            regle.error = (
                "Choisissez une valeur avec la flèche, à droite de la cellule, ou laissez la cellule vide."
            )
        case Forme.DATE:
            regle = DataValidation(
                type="date",
                operator="between",
                formula1=f"DATE({DATE_MIN.year},{DATE_MIN.month},{DATE_MIN.day})",
                formula2="TODAY()",
            )
            regle.error = (
                f"Écrivez une date sous la forme jj/mm/aaaa, entre le {DATE_MIN:%d/%m/%Y} et aujourd'hui."
            )
        case Forme.NOMBRE:
            premier, dernier = BORNES.get(colonne.nom, ("1", None))
            regle = DataValidation(type="whole", operator="between" if dernier else "greaterThanOrEqual")
            regle.formula1, regle.formula2 = premier, dernier
            regle.error = (
                f"Écrivez une année en quatre chiffres, à partir de {premier}."
                if dernier
                else "Écrivez un nombre entier, ou laissez la cellule vide."
            )
        case _ if colonne.nom == "tribunal" and tribunaux:
            # Offered, not imposed: « TJ Arras » is read as well.
            feuille = quote_sheetname(FEUILLE_DES_TRIBUNAUX)
            return DataValidation(
                type="list", formula1=f"{feuille}!$A$2:$A${tribunaux + 1}", showErrorMessage=False
            )
        case _:
            return DataValidation(showErrorMessage=False)
    regle.showErrorMessage = True
    return regle


def _liste(colonne: Colonne, listes: Any) -> str:
    """The formula of a closed list: its values, or where they stand when they are too long."""
    formule = '"{}"'.format(",".join(colonne.valeurs))
    if len(formule) <= FORMULE_MAX:
        return formule
    position = 1 if listes.max_row == 1 and listes["A1"].value is None else listes.max_column + 1
    for ligne, valeur in enumerate((colonne.libelle, *colonne.valeurs), start=1):
        listes.cell(ligne, position, valeur)
    lettre = get_column_letter(position)
    return f"{quote_sheetname(listes.title)}!${lettre}$2:${lettre}${len(colonne.valeurs) + 1}"


def _expliquer(emploi: Any) -> None:
    for consigne in CONSIGNES:
        emploi.append([consigne])
    emploi.append([])
    emploi.append(EN_TETES)
    for cellule in emploi[emploi.max_row]:
        cellule.font, cellule.fill = GRAS, FOND
    for colonne in COLONNES:
        emploi.append(
            [
                colonne.libelle,
                colonne.nom,
                colonne.exigence,
                colonne.description,
                " ; ".join(colonne.valeurs) or None,
                " ; ".join(colonne.exemples),
            ]
        )
        for cellule in emploi[emploi.max_row]:
            cellule.alignment, cellule.number_format = EN_HAUT, tableurs.Forme.TEXTE
    for position, largeur in enumerate(LARGEURS, start=1):
        emploi.column_dimensions[get_column_letter(position)].width = largeur


def _nommer_les_tribunaux(feuille: Any, tribunaux: Sequence[tuple[str, str | None]]) -> None:
    feuille.append(TRIBUNAUX)
    for titre in feuille[1]:
        titre.font, titre.fill = GRAS, FOND
    for nom, siret in tribunaux:
        feuille.append([nom, siret])
    for (cellule,) in feuille.iter_rows(min_row=2, min_col=2, max_col=2):
        cellule.number_format = tableurs.Forme.TEXTE
    feuille.freeze_panes = "A2"
    for lettre, largeur in zip("AB", (60, 18), strict=True):
        feuille.column_dimensions[lettre].width = largeur
