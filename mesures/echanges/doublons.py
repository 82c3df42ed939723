"""Lines of one file that speak of one mesure: no line is taken rather than another.

Whichever was kept, the other would come back alone, in the file of rejected lines, and be taken for a change of
the first: the mesure of somebody else. Lines that say exactly the same thing are one line, written twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

from mesures.echanges.etats import RG
from mesures.echanges.lignes import LigneLue, ProblemeLu
from mesures.echanges.valeurs import Valeurs

VALEURS = tuple(champ.name for champ in fields(Valeurs))
NOMMEES = 5  # lines that a sentence names

Cle = tuple[object, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Visee:
    """The mesure that a line is about: one that is there, the RG that it is to bear, else a fingerprint."""

    ligne: LigneLue
    connue: int | None
    rg: RG | None
    est_finie: bool
    empreinte: str

    def cles(self) -> Iterator[Cle]:
        """Two lines that share one are about the same mesure."""
        ligne = self.ligne
        if ligne.identifiant is not None:
            yield "identifiant", ligne.identifiant
        if self.connue is not None:
            yield "mesure", self.connue
        if self.rg is not None:
            # Successive mesures may bear one RG, of which one at most goes on.
            if not self.est_finie or ligne.date_decision is None:
                yield "rg", *self.rg
            if ligne.identifiant is None:
                yield "rg", *self.rg, ligne.date_decision
        elif ligne.identifiant is None and ligne.numero_rg is None:
            yield "empreinte", self.empreinte


def doublons(visees: Sequence[Visee]) -> dict[int, ProblemeLu]:
    """What is to correct in the lines that are not alone, by the number of the line."""
    trouves: dict[int, ProblemeLu] = {}
    for groupe in _groupes(visees):
        premiere, *autres = groupe
        if all(_dit_la_meme_chose(premiere.ligne, autre.ligne) for autre in autres):
            phrase = f"Cette ligne dit la même chose que la ligne {premiere.ligne.numero}, qui suffit."
            trouves |= {autre.ligne.numero: ProblemeLu("", "meme_ligne", phrase) for autre in autres}
        else:
            probleme = _probleme(groupe)
            trouves |= {visee.ligne.numero: probleme for visee in groupe}
    return trouves


def _groupes(visees: Sequence[Visee]) -> list[list[Visee]]:
    parents = list(range(len(visees)))

    def racine(rang: int) -> int:
        while parents[rang] != rang:
            parents[rang] = rang = parents[parents[rang]]
        return rang

    premiers: dict[Cle, int] = {}
    for rang, visee in enumerate(visees):
        for cle in visee.cles():
            parents[racine(rang)] = racine(premiers.setdefault(cle, rang))
    groupes: defaultdict[int, list[Visee]] = defaultdict(list)
    for rang, visee in enumerate(visees):
        groupes[racine(rang)].append(visee)
    return [groupe for groupe in groupes.values() if len(groupe) > 1]


def _dit_la_meme_chose(une: LigneLue, autre: LigneLue) -> bool:
    return all(getattr(une, nom) == getattr(autre, nom) for nom in VALEURS)


def _probleme(groupe: Sequence[Visee]) -> ProblemeLu:
    lignes = f"Les lignes {_enumerer([visee.ligne.numero for visee in groupe])}"
    if len({visee.ligne.identifiant for visee in groupe} - {None}) == 1:
        return ProblemeLu("identifiant", "doublon", f"{lignes} parlent de la même mesure : gardez-en une.")
    if groupe[0].rg is not None and len({visee.rg for visee in groupe}) == 1:
        phrase = f"{lignes} ont le même numéro RG dans ce tribunal : gardez-en une."
        return ProblemeLu("numero_rg", "rg_pris", phrase)
    if all(visee.rg is None for visee in groupe):
        phrase = f"{lignes} se confondent : donnez-leur un numéro RG, ou des numéros de dossier différents."
        return ProblemeLu("", "doublon", phrase)
    return ProblemeLu("numero_rg", "doublon", f"{lignes} parlent de la même mesure : gardez-en une.")


def _enumerer(numeros: Sequence[int]) -> str:
    *debut, fin = map(str, numeros)
    if len(numeros) > NOMMEES:
        debut, fin = debut[: NOMMEES - 1], f"{len(numeros) - NOMMEES + 1} autres"
    return f"{', '.join(debut)} et {fin}"
