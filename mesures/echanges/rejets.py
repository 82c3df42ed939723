"""The rejected lines of an import as a file to correct and to send again, the reason beside each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from mesures.echanges.colonnes import COLONNES, PAR_NOM, Forme, en_texte
from mesures.echanges.stockage import cellules_de
from mesures.echanges.valeurs import Cellule
from mesures.models import Import, ImportLigne
from mesures.models.importation import REJETS
from tribunaux import tableurs

# No column of the format: the corrected file comes back with it, and it is ignored.
MOTIF = "motif du rejet"
LARGEUR_DU_MOTIF = 80


def tableau_des_rejets(import_: Import) -> tableurs.Tableau:
    """One query, read as the file is written."""
    noms = import_.remarques.get("colonnes") or [colonne.nom for colonne in COLONNES]
    colonnes = [tableurs.Colonne(nom, _forme(nom), _largeur(nom)) for nom in noms]
    return tableurs.Tableau(
        "Lignes rejetées",
        [*colonnes, tableurs.Colonne(MOTIF, largeur=LARGEUR_DU_MOTIF)],
        _lignes(import_, noms),
    )


def _lignes(import_: Import, noms: list[str]) -> Iterator[list[tableurs.Valeur]]:
    rejetees = ImportLigne.objects.filter(importation=import_, verdict__in=REJETS).order_by("numero")
    for ligne in rejetees.iterator():
        cellules = cellules_de(ligne)
        yield [*(_cellule(cellules, nom) for nom in noms), _motif(ligne)]


def _cellule(cellules: Mapping[str, Cellule], nom: str) -> tableurs.Valeur:
    """As it was read: `tableurs` protects again what the file had protected."""
    cellule = cellules.get(nom)
    if isinstance(cellule, date):
        return en_texte(cellule)
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
