"""The rejected lines of an import as a file to correct and to send again, the reason beside each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from mesures.echanges.colonnes import COLONNES, PAR_NOM
from mesures.echanges.definition import Forme
from mesures.echanges.lecture import AU_DELA
from mesures.echanges.stockage import cellules_de
from mesures.echanges.valeurs import Cellule, date_en_texte
from mesures.models import Import, ImportLigne
from mesures.models.importation import REJETS
from tribunaux import tableurs

# No column of the format: the corrected file comes back with it, and it is ignored. First, since the reason is
# what is read before anything else.
MOTIF = "motif du rejet"
LARGEUR_DU_MOTIF = 80
DU_TRIBUNAL = ("tribunal", "tribunal_siret")


def tableau_des_rejets(import_: Import) -> tableurs.Tableau:
    """One query, read as the file is written."""
    noms = _noms(import_)
    colonnes = [tableurs.Colonne(nom, _forme(nom), _largeur(nom)) for nom in noms]
    au_dela = [f"{AU_DELA} {n}" for n in range(1, import_.remarques.get("au_dela", 0) + 1)]
    return tableurs.Tableau(
        "Lignes rejetées",
        [tableurs.Colonne(MOTIF, largeur=LARGEUR_DU_MOTIF), *colonnes, *map(tableurs.Colonne, au_dela)],
        _lignes(import_, [*noms, *au_dela]),
    )


def _noms(import_: Import) -> list[str]:
    """Those of the file, and where to write the court if it has none."""
    noms: list[str] = import_.remarques.get("colonnes") or [colonne.nom for colonne in COLONNES]
    return noms if set(noms) & set(DU_TRIBUNAL) else [*noms, "tribunal"]


def _lignes(import_: Import, noms: list[str]) -> Iterator[list[tableurs.Valeur | tableurs.Signalee]]:
    rejetees = ImportLigne.objects.filter(importation=import_, verdict__in=REJETS).order_by("numero")
    for ligne in rejetees.iterator():
        cellules = cellules_de(ligne)
        fautives = _fautives(ligne, noms)
        valeurs = ((nom, _cellule(cellules, nom)) for nom in noms)
        yield [_motif(ligne), *(tableurs.Signalee(v) if nom in fautives else v for nom, v in valeurs)]


def _fautives(ligne: ImportLigne, noms: list[str]) -> set[str]:
    """The columns of the cells to correct; a court may be said in either of two."""
    fautives = {probleme["colonne"] for probleme in ligne.problemes}
    if fautives & set(DU_TRIBUNAL) and not fautives & set(DU_TRIBUNAL) & set(noms):
        fautives |= set(DU_TRIBUNAL)
    return fautives


def _cellule(cellules: Mapping[str, Cellule], nom: str) -> tableurs.Valeur:
    """As it was read: `tableurs` protects again what the file had protected."""
    cellule = cellules.get(nom)
    if isinstance(cellule, date):
        return date_en_texte(cellule)
    return tableurs.deproteger(cellule) if isinstance(cellule, str) else cellule


def _motif(ligne: ImportLigne) -> str:
    """« Ligne 12. Code postal : … ; Ville : … »: the number is that of the file that was sent."""
    raisons = [
        f"{PAR_NOM[probleme['colonne']].libelle} : {probleme['message']}"
        if probleme["colonne"]
        else probleme["message"]
        for probleme in ligne.problemes
    ]
    return " ".join([f"Ligne {ligne.numero}.", *raisons])


def _forme(nom: str) -> tableurs.Forme:
    """Dates as texts, since what is to correct is often one that is none."""
    return tableurs.Forme.NOMBRE if PAR_NOM[nom].forme == Forme.NOMBRE else tableurs.Forme.TEXTE


def _largeur(nom: str) -> int:
    return max(tableurs.LARGEUR, *(len(exemple) for exemple in PAR_NOM[nom].exemples))
