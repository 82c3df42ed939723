"""The curve of a number over the last twelve months: its points, its axes, its table. Drawn by the server."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.utils import formats, timezone

from mandataires.models import Mandataire, Releve
from tribunaux.dates import en_lettres

MOIS = 12
# The drawing, in units of its own: it is as wide as its page lets it be.
LARGEUR, HAUTEUR = 480, 210
GAUCHE, DROITE, HAUT, BAS = 52, 444, 14, 176
INTERVALLES = 4  # aimed at, between the lines of the vertical axis
AMPLITUDE_MIN = 10  # percent of the greatest number: a change of 1 % must not look like a cliff


@dataclass(frozen=True)
class Point:
    """A number on a day, None when it was not known; `x` and `y` are its place in the drawing."""

    jour: date
    valeur: int | None
    x: int
    y: int
    libelle: str = ""
    est_secondaire: bool = False

    @property
    def jour_en_lettres(self) -> str:
        return en_lettres(self.jour)


@dataclass(frozen=True)
class Graduation:
    valeur: int
    y: int


@dataclass(frozen=True)
class Courbe:
    """What components/courbe.html draws and writes."""

    points: list[Point]
    graduations: list[Graduation] = field(default_factory=list)

    @property
    def connus(self) -> list[Point]:
        return [point for point in self.points if point.valeur is not None]

    @property
    def est_tracable(self) -> bool:
        """One point makes no curve."""
        return len(self.connus) > 1

    @property
    def traces(self) -> list[str]:
        """The lines, as the `points` of SVG; what is not known is a gap between two."""
        traces: list[list[Point]] = [[]]
        for point in self.points:
            if point.valeur is not None:
                traces[-1].append(point)
            elif traces[-1]:
                traces.append([])
        return [" ".join(f"{point.x},{point.y}" for point in trace) for trace in traces if len(trace) > 1]

    @property
    def resume(self) -> str:
        """The curve in a sentence, for who does not see it."""
        if not self.connus:
            return ""
        premier, dernier = self.connus[0], self.connus[-1]
        valeurs = [point.valeur for point in self.connus if point.valeur is not None]
        return (
            f"{_nombre(valeurs[0])} le {premier.jour_en_lettres}, {_nombre(valeurs[-1])} le "
            f"{dernier.jour_en_lettres}. Au plus bas {_nombre(min(valeurs))}, "
            f"au plus haut {_nombre(max(valeurs))}."
        )

    largeur = LARGEUR
    hauteur = HAUTEUR
    gauche = GAUCHE
    droite = DROITE
    bas = BAS


def jours_de_la_courbe(aujourd_hui: date) -> list[date]:
    """The ends of the last twelve months, then today."""
    jours = [aujourd_hui]
    for _ in range(MOIS):
        jours.append(jours[-1].replace(day=1) - timedelta(days=1))
    return jours[::-1]


def valeurs_aux(
    jours: Iterable[date], releves: Sequence[tuple[date, int | None]]
) -> list[tuple[date, int | None]]:
    """For each day, the last of `releves`, in order, on or before it; None before the first."""
    return [
        (jour, next((valeur for releve, valeur in reversed(releves) if releve <= jour), None)) for jour in jours
    ]


def tracer(valeurs: Sequence[tuple[date, int | None]]) -> Courbe:
    """Place numbers in the drawing: days evenly apart, numbers between two round ones."""
    graduations = _graduations([valeur for _, valeur in valeurs if valeur is not None])
    bas, haut = (graduations[0], graduations[-1]) if graduations else (0, 1)

    def y(valeur: int) -> int:
        return BAS - round((BAS - HAUT) * (valeur - bas) / (haut - bas))

    dernier = len(valeurs) - 1
    points = [
        Point(
            jour=jour,
            valeur=valeur,
            x=GAUCHE + round((DROITE - GAUCHE) * rang / max(dernier, 1)),
            y=BAS if valeur is None else y(valeur),
            libelle=_libelle(jour, est_dernier=rang == dernier) if (dernier - rang) % 2 == 0 else "",
            est_secondaire=(dernier - rang) % 4 == 2,
        )
        for rang, (jour, valeur) in enumerate(valeurs)
    ]
    return Courbe(points, [Graduation(valeur, y(valeur)) for valeur in graduations])


def courbe_de(mandataire: Mandataire) -> Courbe:
    """The ongoing mesures of one MJPM, as its pages count them. Two queries, and its charge."""
    champ = "declare" if mandataire.declare_son_total else "en_cours"
    aujourd_hui = timezone.localdate()
    jours = jours_de_la_courbe(aujourd_hui)
    releves = Releve.objects.filter(mandataire=mandataire)
    avant = releves.filter(jour__lte=jours[0]).order_by("-jour").values_list("jour", champ)[:1]
    depuis = releves.filter(jour__gt=jours[0]).order_by("jour").values_list("jour", champ)
    # Today's is the very figure that the page shows beside the curve.
    actuel = (aujourd_hui, mandataire.disponibilite.en_cours)
    return tracer(valeurs_aux(jours, [*avant, *depuis, actuel]))


def _graduations(valeurs: Sequence[int]) -> list[int]:
    """Round numbers, evenly apart, from below the least of `valeurs` to above the greatest; none without any."""
    if not valeurs:
        return []
    bas, haut = min(valeurs), max(valeurs)
    amplitude = max(haut - bas, haut * AMPLITUDE_MIN // 100, INTERVALLES)
    pas = _pas_rond(amplitude / INTERVALLES)
    # A flat line runs in the middle.
    jeu = (amplitude - (haut - bas)) // 2
    premier = max(0, bas - jeu) // pas * pas
    dernier = -(-(haut + jeu) // pas) * pas
    return list(range(premier, max(dernier, premier + pas) + 1, pas))


def _pas_rond(pas: float) -> int:
    """The least of 1, 2, 5, 10, 20, 50… that is not below `pas`."""
    puissance = 1
    while True:
        for unite in (1, 2, 5):
            if unite * puissance >= pas:
                return unite * puissance
        puissance *= 10


def _libelle(jour: date, *, est_dernier: bool) -> str:
    return formats.date_format(jour, "j N" if est_dernier else "N Y")


def _nombre(valeur: int) -> str:
    return formats.number_format(valeur, force_grouping=True)
