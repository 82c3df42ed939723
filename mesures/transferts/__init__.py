"""Transfers of mesures from one MJPM to another, and their undoing: what an admin sees before, and the acts.

The site's team sees counts, never a mesure: what moves is chosen by criteria, or by the numbers that the
MJPM who leaves gives. What was previewed is what moves: the preview bears an `empreinte` of the mesures
that it counted, and an act that would move others is refused (`SelectionChangee`).

Only mesures that a court has decided move. A reservation was made to one person: it stays, whatever its
state.
"""

from mesures.transferts.actes import (
    SelectionChangee,
    TransfertRefuse,
    annuler_transfert,
    phrase_doublons,
    transferer,
)
from mesures.transferts.apercu import Apercu, Effet, ParTribunal, apercevoir
from mesures.transferts.selection import Reperage, Selection, intactes, reperer, transferables

__all__ = [
    "Apercu",
    "Effet",
    "ParTribunal",
    "Reperage",
    "Selection",
    "SelectionChangee",
    "TransfertRefuse",
    "annuler_transfert",
    "apercevoir",
    "intactes",
    "phrase_doublons",
    "reperer",
    "transferables",
    "transferer",
]
