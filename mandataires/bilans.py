"""How a MJPM has answered a court: counts, never a rank."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, kw_only=True)
class Bilan:
    """The reservations of one court with one MJPM, by what became of them, less those that the court cancelled.

    `delai` is the median time from a reservation to its answer, None while there is no answer.
    """

    confirmees: int
    refusees: int
    sans_reponse: int
    en_attente: int
    delai: timedelta | None

    @property
    def nombre(self) -> int:
        return self.confirmees + self.refusees + self.sans_reponse + self.en_attente

    def __str__(self) -> str:
        """« 12 réservations : 9 confirmées, 1 refusée, 2 sans réponse ; délai habituel : 6 jours »."""
        if not self.nombre:
            return "aucune réservation"
        parties = [
            _accorder(self.confirmees, "confirmée"),
            _accorder(self.refusees, "refusée"),
            f"{self.sans_reponse} sans réponse" if self.sans_reponse else "",
            f"{self.en_attente} en attente" if self.en_attente else "",
        ]
        delai = f" ; délai habituel : {_en_jours(self.delai)}" if self.delai is not None else ""
        return f"{_accorder(self.nombre, 'réservation')} : {', '.join(filter(None, parties))}{delai}"


def _accorder(nombre: int, mot: str) -> str:
    return f"{nombre} {mot}{'s' if nombre > 1 else ''}" if nombre else ""


def _en_jours(delai: timedelta) -> str:
    return _accorder(round(delai.total_seconds() / 86_400), "jour") or "moins d'un jour"
