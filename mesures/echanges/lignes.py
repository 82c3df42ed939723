"""One line of a file as it is understood: typed values, and what could not be read.

Only the shape is judged here. What a mesure may be is said by `mesures.regles`, called with what the
line's texts (court, commune, establishment) turned out to be.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from hashlib import blake2b
from typing import Any

from mesures.comparaison import cle
from mesures.echanges.colonnes import PAR_NOM
from mesures.echanges.lecture import Rangee
from mesures.echanges.valeurs import EPOQUE_1900, ValeurRefusee, Valeurs, est_vide


@dataclass(frozen=True, slots=True)
class ProblemeLu:
    """One cell to correct: the column it stands in, a code for tests, and a sentence in French."""

    colonne: str
    code: str
    message: str


@dataclass(frozen=True, kw_only=True, slots=True)
class LigneLue(Valeurs):
    """A line; `numero` is the one that the user's spreadsheet shows.

    A value that could not be read is left out, and has its sentence in `problemes`. An empty cell, or a column
    that the file lacks, says nothing of the mesure.
    """

    numero: int
    problemes: tuple[ProblemeLu, ...] = ()


def lire_ligne(rangee: Rangee, epoque: datetime = EPOQUE_1900) -> LigneLue:
    """Read a line. Never raises: a cell gives its value or a problem. `epoque` is that of the file."""
    lues: dict[str, Any] = {}
    problemes: list[ProblemeLu] = []
    if rangee.decalee:
        problemes.append(
            ProblemeLu(
                "",
                "decalee",
                "La ligne a plus de cellules que l'en-tête : un séparateur est peut-être écrit dans un texte.",
            )
        )
    for nom, cellule in rangee.cellules.items():
        if est_vide(cellule):
            continue
        colonne = PAR_NOM[nom]
        try:
            valeurs = colonne.lire(cellule, epoque)
        except ValeurRefusee as refus:
            if colonne.est_conservee:
                problemes.append(ProblemeLu(nom, refus.code, refus.message))
            continue
        for champ, valeur in valeurs.items():
            if lues.get(champ) and valeur and lues[champ] != valeur:
                problemes.append(
                    ProblemeLu(nom, "contradiction", "Cette valeur contredit une autre colonne de la même ligne.")
                )
            elif valeur:
                lues[champ] = valeur
    return LigneLue(numero=rangee.numero, problemes=tuple(problemes), **lues)


# What tells the mesure of a line from the others, but not what happens to it later; a court counts by its SIRET.
AILLEURS = (
    "identifiant",
    "numero_rg",
    "tribunal_nom",
    "antenne",
    "statut",
    "date_extinction",
    "motif_extinction",
)
_IDENTITE = [champ.name for champ in fields(Valeurs) if champ.name not in AILLEURS]
_IDENTITE_DU_DOSSIER = ["numero_dossier", "date_decision", "genre", "annee_naissance"]


def empreinte(ligne: Valeurs) -> str:
    """The fingerprint by which a line without RG is recognised among those of the same owner.

    A line that bears the owner's own number is known by it, with the date, genre and year that tell the
    successive mesures of one file apart: nature or town may change. Without it, every fact counts: two
    persons must not become one. Case, accents and the spelling of closed lists do not count.
    """
    champs = _IDENTITE_DU_DOSSIER if ligne.numero_dossier else _IDENTITE
    parties = [cle(str(getattr(ligne, champ) or "")) for champ in champs]
    return blake2b("\x1f".join(parties).encode(), digest_size=16).hexdigest()
