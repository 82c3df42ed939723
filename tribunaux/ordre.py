"""The order of a list: columns by which it may be sorted, what the URL says of it, the heads that change it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from django.db.models import F
from django.db.models.expressions import Expression, OrderBy


@dataclass(frozen=True)
class Tri:
    """A column by which a list may be sorted; `champs` are its columns of the database, the first one first.

    `peut_manquer`: rows that have nothing there come last in both directions. Said only where it changes
    something: an index is not read in an order « nulls last ».
    """

    cle: str
    libelle: str
    champs: tuple[F | Expression, ...]
    croissant: str = "de A à Z"
    decroissant: str = "de Z à A"
    commence_croissant: bool = True
    peut_manquer: bool = False


@dataclass(frozen=True)
class Ordre:
    """A column and a direction, written « lieu » or « -lieu » in the URL."""

    tri: Tri
    croissant: bool

    @classmethod
    def premier(cls, tri: Tri) -> Self:
        """What a first click on a column asks for."""
        return cls(tri, tri.commence_croissant)

    @classmethod
    def lire(cls, valeur: str, tris: Iterable[Tri]) -> Self | None:
        """What the URL asks for; None when it names no column of `tris`."""
        tri = next((tri for tri in tris if tri.cle == valeur.removeprefix("-")), None)
        return None if tri is None else cls(tri, croissant=not valeur.startswith("-"))

    @property
    def inverse(self) -> Ordre:
        return Ordre(self.tri, croissant=not self.croissant)

    @property
    def valeur(self) -> str:
        return self.tri.cle if self.croissant else f"-{self.tri.cle}"

    @property
    def libelle(self) -> str:
        return f"{self.tri.libelle}, {self.tri.croissant if self.croissant else self.tri.decroissant}"

    @property
    def sens(self) -> str:
        """As `aria-sort` says it."""
        return "ascending" if self.croissant else "descending"

    @property
    def champs(self) -> list[OrderBy]:
        """For `order_by`, which a unique key must end."""
        vides_a_la_fin = True if self.tri.peut_manquer else None
        return [
            champ.asc(nulls_last=vides_a_la_fin) if self.croissant else champ.desc(nulls_last=vides_a_la_fin)
            for champ in self.tri.champs
        ]


@dataclass(frozen=True)
class Colonne:
    """The head of a column (components/entete_tri.html): the `tri` that a click asks for, how the list stands."""

    cle: str
    libelle: str
    valeur: str
    sens: str


def colonnes(tris: Iterable[Tri], actuel: Ordre, usuel: Ordre) -> list[Colonne]:
    """A first click sorts by the column, a second one turns the order round; the usual order needs no word."""
    tetes = []
    for tri in tris:
        suivant = actuel.inverse if tri == actuel.tri else Ordre.premier(tri)
        tetes.append(
            Colonne(
                tri.cle,
                tri.libelle,
                "" if suivant == usuel else suivant.valeur,
                actuel.sens if tri == actuel.tri else "",
            )
        )
    return tetes


def choix(tris: Iterable[Tri], usuel: Ordre, actuel: Ordre) -> list[tuple[str, str]]:
    """Every order, for the list of a phone: the present one first, since it shows for a value that it lacks."""
    ordres = [Ordre(tri, croissant) for tri in tris for croissant in (True, False)]
    return [
        ("" if ordre == usuel else ordre.valeur, ordre.libelle)
        for ordre in sorted(ordres, key=lambda ordre: ordre != actuel)
    ]
