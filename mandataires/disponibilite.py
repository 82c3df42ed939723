"""The one rule that turns a load and a capacity into a figure, a colour and a word."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from django.utils import formats

from tribunaux.dates import en_lettres

SEUIL_PROCHE = 85  # percent of the capacity


class Niveau(StrEnum):
    """How free a MJPM is. The value is also the CSS modifier of the load indicator."""

    DISPONIBLE = "disponible"
    PROCHE = "proche"
    COMPLET = "complet"
    DEPASSEMENT = "depassement"
    AUCUNE_SOUHAITEE = "aucune"
    NON_RENSEIGNEE = "inconnue"
    INDISPONIBLE = "indisponible"

    @property
    def couleur(self) -> str:
        """One of « vert », « orange », « rouge », « gris »: never shown without the word."""
        return _COULEURS[self]


@dataclass(frozen=True, kw_only=True)
class Interruption:
    """Days on which a MJPM takes no mesure, the last one included; `au` None: nobody knows until when."""

    du: date
    au: date | None
    motif: str
    est_commencee: bool

    @property
    def phrase(self) -> str:
        """After the MJPM's name: « est indisponible jusqu'au 3 janvier 2027 », « sera indisponible du … au … »."""
        du, au = en_lettres(self.du), en_lettres(self.au) if self.au else None
        if self.est_commencee:
            return f"est indisponible depuis le {du}" if au is None else f"est indisponible jusqu'au {au}"
        return f"sera indisponible à partir du {du}" if au is None else f"sera indisponible du {du} au {au}"


_COULEURS = {
    Niveau.DISPONIBLE: "vert",
    Niveau.PROCHE: "orange",
    Niveau.COMPLET: "rouge",
    Niveau.DEPASSEMENT: "rouge",
    Niveau.AUCUNE_SOUHAITEE: "rouge",
    Niveau.NON_RENSEIGNEE: "gris",
    Niveau.INDISPONIBLE: "gris",
}


@dataclass(frozen=True, kw_only=True)
class Disponibilite:
    """The load of one MJPM against its capacity, all in numbers of mesures.

    `en_cours` is None for a service that has declared nothing yet, `capacite` None when not filled in.
    `en_attente` counts the reservations that would take a place: not those that renew an ongoing mesure.
    `interrompu` says that the MJPM takes no mesure today, until `interrompu_jusqu_au` if it is known.
    """

    en_cours: int | None
    en_attente: int
    capacite: int | None
    interrompu: bool = False
    interrompu_jusqu_au: date | None = None

    @property
    def charge(self) -> int:
        """Mesures en cours and en attente together."""
        return (self.en_cours or 0) + self.en_attente

    @property
    def disponibles(self) -> int | None:
        """Mesures that the MJPM can still take, negative when above its capacity; None when unknown."""
        if self.capacite is None or self.en_cours is None:
            return None
        return self.capacite - self.charge

    @property
    def depassement(self) -> int:
        """How many mesures above the capacity; 0 when there is none, or when nobody knows."""
        return max(0, -(self.disponibles or 0))

    @property
    def avec_une_de_plus(self) -> Disponibilite:
        """What it would be with one mesure more that waits and takes a place."""
        return replace(self, en_attente=self.en_attente + 1)

    @property
    def pourcentage(self) -> int:
        """The load in percent of the capacity, from 0 to 100, for the bar."""
        if not self.capacite:
            return 100 if self.charge and self.capacite == 0 else 0
        return min(100, self.charge * 100 // self.capacite)

    @property
    def niveau(self) -> Niveau:
        if self.interrompu:
            return Niveau.INDISPONIBLE
        if self.capacite is None or self.en_cours is None:
            return Niveau.NON_RENSEIGNEE
        if self.charge > self.capacite:
            return Niveau.DEPASSEMENT
        if self.capacite == 0:
            return Niveau.AUCUNE_SOUHAITEE
        if self.charge == self.capacite:
            return Niveau.COMPLET
        if self.charge * 100 >= SEUIL_PROCHE * self.capacite:
            return Niveau.PROCHE
        return Niveau.DISPONIBLE

    @property
    def mot(self) -> str:
        """The word that goes with the colour: « 8 disponibles », « Dépassement de 7 »…"""
        match self.niveau:
            case Niveau.INDISPONIBLE:
                if self.interrompu_jusqu_au is None:
                    return "Indisponible"
                return f"Indisponible jusqu'au {en_lettres(self.interrompu_jusqu_au)}"
            case Niveau.NON_RENSEIGNEE:
                return "Capacité non renseignée" if self.capacite is None else "Mesures en cours non déclarées"
            case Niveau.DEPASSEMENT:
                return f"Dépassement de {_ou_inconnu(self.depassement)}"
            case Niveau.AUCUNE_SOUHAITEE:
                return "Aucune mesure souhaitée"
            case Niveau.COMPLET:
                return "Complet"
            case Niveau.PROCHE:
                return f"Proche du seuil · {self._disponibles_en_lettres}"
            case Niveau.DISPONIBLE:
                return self._disponibles_en_lettres

    @property
    def _disponibles_en_lettres(self) -> str:
        nombre = self.disponibles or 0
        return f"{_ou_inconnu(nombre)} disponible" if nombre < 2 else f"{_ou_inconnu(nombre)} disponibles"

    @property
    def rapport(self) -> str:
        """« 52 / 60 »: mesures en cours over the capacity, « ? » for what is not filled in."""
        return f"{_ou_inconnu(self.en_cours)} / {_ou_inconnu(self.capacite)}"


def _ou_inconnu(nombre: int | None) -> str:
    return "?" if nombre is None else formats.number_format(nombre, force_grouping=True)
