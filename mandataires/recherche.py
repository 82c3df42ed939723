"""The search of a court for a MJPM: who is found, in which order, and the figures that go with each.

Figures only: nobody is ranked by merit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.contrib.postgres.lookups import Unaccent
from django.db.models import Count, F, Q
from django.db.models.functions import Lower
from django.utils import formats, timezone

from accounts.models import User
from etablissements.models import Etablissement
from mandataires.masquage import nombre_masque
from mandataires.models import Mandataire, MandataireQuerySet
from mandataires.models.charge import FRAICHEUR
from mandataires.presences import autour_de
from tribunaux.distances import PointConnu, distance_km
from tribunaux.models import Commune, Tribunal
from tribunaux.ordre import Ordre, Tri

AUTOUR = 20  # kilometres: the mesures that a MJPM has there already are shown beside it
MORCEAU = 500  # rows of a file in memory at once


# --- Order -------------------------------------------------------------------------------------------


# Not `texte_recherche`: no index sorts these lists, and 3,600 names would take it 50 ms.
_NOM = (Unaccent(Lower("nom")), Unaccent(Lower("prenom")))

TRI_NOM = Tri("nom", "Nom", _NOM)
TRI_DISTANCE = Tri(
    "distance",
    "Distance",
    (F("eloignement"),),
    croissant="plus proches d'abord",
    decroissant="plus lointains d'abord",
    peut_manquer=True,
)
TRI_PLACES = Tri(
    "disponibles",
    "Disponibilité",
    (F("places"),),
    croissant="moins disponibles d'abord",
    decroissant="plus disponibles d'abord",
    commence_croissant=False,
    peut_manquer=True,
)
TRI_MISE_A_JOUR = Tri(
    "maj",
    "Mise à jour",
    (F("charge__mise_a_jour_at"),),
    croissant="plus anciennes d'abord",
    decroissant="plus récentes d'abord",
    commence_croissant=False,
    peut_manquer=True,
)
TRIS = (TRI_NOM, TRI_DISTANCE, TRI_PLACES, TRI_MISE_A_JOUR)


# --- What is searched --------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Criteres:
    """What a court asks for. `lieu` is where distances are measured from.

    `est_son_domicile`: the court has said that the person to protect lives there.
    `adresse_au_lieu`: without a radius, only the MJPM whose own address is in that commune.
    """

    tribunal: Tribunal
    ordre: Ordre
    lieu: Commune | None = None
    est_son_domicile: bool = False
    adresse_au_lieu: bool = False
    rayon: int | None = None  # kilometres
    types: tuple[str, ...] = ()
    disponibles: bool = False
    recentes: bool = False
    etablissement: Etablissement | None = None
    hors_liste: bool = False

    @property
    def point(self) -> PointConnu | None:
        """Where distances are measured from; None without a place, or when nobody knows where it is."""
        if self.lieu is None or self.lieu.latitude is None or self.lieu.longitude is None:
            return None
        return self.lieu.latitude, self.lieu.longitude

    @property
    def domicile(self) -> Commune | None:
        return self.lieu if self.est_son_domicile else None

    @property
    def rayon_applique(self) -> int | None:
        return self.rayon if self.point else None

    @property
    def ordre_applique(self) -> Ordre:
        """By name when the distance is asked for and cannot be said."""
        if self.ordre.tri == TRI_DISTANCE and self.point is None:
            return Ordre.premier(TRI_NOM)
        return self.ordre


@dataclass(frozen=True)
class Comptes:
    """How many MJPM of each type the other filters leave; `sans_point` more may be within the radius or not."""

    par_type: dict[str, int]
    sans_point: int


class Recherche:
    """What `user`'s court finds under `criteres`. Each MJPM is there once, whatever its courts (D18)."""

    def __init__(self, user: User, criteres: Criteres) -> None:
        self.criteres = criteres
        self.visibles = Mandataire.objects.visible_to(user)

    @cached_property
    def comptes(self) -> Comptes:
        """One query."""
        types = Q(type__in=self.criteres.types) if self.criteres.types else Q()
        comptes: dict[str, int] = self._autres_filtres.aggregate(
            **{
                type_.value: Count("pk", filter=self._dans_le_rayon & Q(type=type_.value))
                for type_ in Mandataire.Type
            },
            sans_point=Count("pk", filter=types & self._sans_point),
        )
        sans_point = comptes.pop("sans_point")
        return Comptes(comptes, sans_point)

    @cached_property
    def mandataires(self) -> MandataireQuerySet:
        """All that the filters leave, in order; `completer` adds what a row shows."""
        criteres = self.criteres
        trouves = self._autres_filtres.filter(self._dans_le_rayon)
        if criteres.types:
            trouves = trouves.filter(type__in=criteres.types)
        d_abord: list[str] = []
        if criteres.etablissement:
            trouves = trouves.with_exercice(criteres.etablissement)
            d_abord = ["-exerce_ici"]
        return trouves.order_by(*d_abord, *criteres.ordre_applique.champs, *_NOM, "pk")

    def completer(self, mandataires: MandataireQuerySet) -> MandataireQuerySet:
        return mandataires.with_liste(self.criteres.tribunal).select_related("charge", "commune")

    def resultats(self, mandataires: Iterable[Mandataire]) -> list[Resultat]:
        """The rows of one page. Two queries more, for the mesures that they have around the place."""
        lignes = list(mandataires)
        point = self.criteres.point
        autour = autour_de(lignes, point, AUTOUR) if point else {}
        return [Resultat(mandataire, point, autour.get(mandataire.pk)) for mandataire in lignes]

    def tous_les_resultats(self) -> Iterator[Resultat]:
        """The rows of every page, a few at a time. Three queries, whatever their number."""
        point = self.criteres.point
        autour = autour_de(self.mandataires.order_by().values("pk"), point, AUTOUR) if point else {}
        for mandataire in self.completer(self.mandataires).iterator(chunk_size=MORCEAU):
            yield Resultat(mandataire, point, autour.get(mandataire.pk))

    # --- Filters ---

    @cached_property
    def _autres_filtres(self) -> MandataireQuerySet:
        """Under all filters but the types and the radius."""
        criteres = self.criteres
        mandataires = self.visibles.with_places()
        if criteres.point:
            mandataires = mandataires.with_eloignement(criteres.point)
        if not criteres.hors_liste:
            mandataires = mandataires.de_la_liste(criteres.tribunal)
        if criteres.lieu and criteres.adresse_au_lieu and not criteres.rayon_applique:
            codes = criteres.lieu.codes_postaux
            mandataires = mandataires.filter(
                Q(commune=criteres.lieu) | Q(commune=None, code_postal__in=[code for code in codes if code])
            )
        if criteres.disponibles:
            mandataires = mandataires.filter(Q(places__gt=0))
        if criteres.recentes:
            mandataires = mandataires.filter(charge__mise_a_jour_at__gte=timezone.now() - FRAICHEUR)
        return mandataires

    @property
    def _dans_le_rayon(self) -> Q:
        rayon = self.criteres.rayon_applique
        return Q(eloignement__lte=rayon) if rayon else Q()

    @property
    def _sans_point(self) -> Q:
        return Q(eloignement=None) if self.criteres.point else Q(pk=None)


# --- What is shown of each ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Resultat:
    """A MJPM that was found. `autour` is what it has around the place, masked (S5); None: nothing there."""

    mandataire: Mandataire
    depart: PointConnu | None
    autour: str | None

    @property
    def km(self) -> float | None:
        """On the ellipsoid; None when a point is missing."""
        if self.depart is None:
            return None
        ligne: Any = self.mandataire
        return distance_km(self.depart, (ligne.point_latitude, ligne.point_longitude))

    @property
    def distance(self) -> str:
        """« 12 km »; nothing when a point is missing."""
        km = self.km
        if km is None:
            return ""
        return "moins d'un km" if km < 1 else f"{formats.number_format(round(km), force_grouping=True)} km"

    @property
    def deja_suivies(self) -> str:
        """Nothing when nobody knows: a service that declares its total need not say where its mesures are."""
        if self.autour is None:
            return "" if self.mandataire.declare_son_total else nombre_masque(0)
        return self.autour

    @property
    def exerce_ici(self) -> bool:
        """Whether it is a préposé of the establishment that was named."""
        return getattr(self.mandataire, "exerce_ici", False)

    @property
    def sur_la_liste(self) -> bool:
        return bool(getattr(self.mandataire, "sur_la_liste"))  # noqa: B009 (an annotation)
