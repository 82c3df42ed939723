"""The tables of `mesures`."""

from mesures.models.a_expirer import ReservationAExpirer
from mesures.models.importation import Import, ImportFichier, ImportLigne
from mesures.models.mesure import Mesure
from mesures.models.requetes import MesureQuerySet
from mesures.models.transfert import Transfert, TransfertLigne

__all__ = [
    "Import",
    "ImportFichier",
    "ImportLigne",
    "Mesure",
    "MesureQuerySet",
    "ReservationAExpirer",
    "Transfert",
    "TransfertLigne",
]
