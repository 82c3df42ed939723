"""The tables of `mesures`."""

from mesures.models.mesure import Mesure, MesureQuerySet

__all__ = ["Mesure", "MesureQuerySet"]
