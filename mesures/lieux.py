"""Where the mesures of a list are: by commune, for « Vue carte » and the list before it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, F, Q, Window
from django.db.models.functions import Coalesce, RowNumber
from django.urls import reverse

from mesures.enums import Nature
from mesures.filtres.mandataire import SANS_COMMUNE, FiltresEnCoursForm
from mesures.models import MesureQuerySet

PAR_LIEU = 20  # mesures that one popup lists; the filtered list has them all


@dataclass(frozen=True)
class Lieu:
    """Some mesures in one commune, or without one in one département: that of their court, if they have one.

    `codes_postaux` are those of the mesures, as a commune may have many.
    """

    commune: str | None  # INSEE code
    nom: str
    departement: str | None
    nom_departement: str
    codes_postaux: list[str]
    latitude: float | None
    longitude: float | None
    nombre: int
    adresse: str  # the list of these mesures, under the filters of the page

    @property
    def est_place(self) -> bool:
        return self.latitude is not None

    @property
    def libelle(self) -> str:
        """« 62100 Calais »."""
        return " ".join(filter(None, [", ".join(self.codes_postaux), self.nom]))


@dataclass(frozen=True)
class Groupe:
    """The places of one département."""

    nom: str
    lieux: list[Lieu]

    @property
    def nombre(self) -> int:
        return sum(lieu.nombre for lieu in self.lieux)


@dataclass(frozen=True)
class Lieux:
    """All places of a selection: each mesure is in one of `places`, `sans_point` or `sans_commune`."""

    places: list[Groupe]
    sans_point: list[Lieu]
    sans_commune: list[Lieu]

    @property
    def nombre_places(self) -> int:
        return sum(groupe.nombre for groupe in self.places)

    @property
    def nombre_sans_commune(self) -> int:
        return sum(lieu.nombre for lieu in self.sans_commune)

    @property
    def non_localisees(self) -> int:
        return sum(lieu.nombre for lieu in self.sans_point) + self.nombre_sans_commune

    @property
    def nombre(self) -> int:
        return self.nombre_places + self.non_localisees

    @property
    def adresse_sans_commune(self) -> str:
        return self.sans_commune[0].adresse


def lieux_de(form: FiltresEnCoursForm) -> Lieux:
    """The places of the mesures that the filters leave, by département then by name. One query for them."""
    tous = list(_compter(form))
    places = [
        Groupe(departement, list(lieux))
        for departement, lieux in groupby(
            (lieu for lieu in tous if lieu.est_place), key=lambda lieu: lieu.nom_departement
        )
    ]
    return Lieux(
        places=places,
        sans_point=[lieu for lieu in tous if lieu.commune is not None and not lieu.est_place],
        sans_commune=[lieu for lieu in tous if lieu.commune is None],
    )


def _compter(form: FiltresEnCoursForm) -> Iterator[Lieu]:
    du_tribunal = "tribunal__actuel__commune__departement"
    lignes = (
        form.appliquer()
        .order_by()
        .annotate(
            departement=Coalesce("commune__departement", du_tribunal),
            nom_departement=Coalesce("commune__departement__nom", f"{du_tribunal}__nom"),
        )
        .values_list(
            "commune",
            "commune__nom",
            "departement",
            "nom_departement",
            "commune__latitude",
            "commune__longitude",
        )
        .annotate(
            nombre=Count("pk"),
            codes=ArrayAgg("code_postal", distinct=True, filter=~Q(code_postal=""), default=[]),
        )
        .order_by(F("departement").asc(nulls_last=True), "commune__nom_recherche", "commune")
    )
    for commune, nom, departement, nom_departement, latitude, longitude, nombre, codes in lignes:
        yield Lieu(
            commune=commune,
            nom=nom or "",
            departement=departement,
            nom_departement=f"{nom_departement} ({departement})" if departement else "Département inconnu",
            codes_postaux=codes,
            latitude=latitude,
            longitude=longitude,
            nombre=nombre,
            adresse=adresse_de_la_liste(form, commune or SANS_COMMUNE),
        )


def adresse_de_la_liste(form: FiltresEnCoursForm, commune: str) -> str:
    """« Mesures en cours » in this commune, or SANS_COMMUNE, under the other filters of `form`."""
    filtres = {nom: valeur for nom in form.fields if nom != "commune" and (valeur := form.data.get(nom))}
    return f"{reverse('mesures_en_cours')}?{urlencode({**filtres, 'commune': commune})}"


def geojson(form: FiltresEnCoursForm) -> dict[str, Any]:
    """What static/js/carte.js draws: a point a commune, with its first mesures. Two queries.

    A mesure is [primary key, rank in `natures`, genre, year of birth]; `adresse_mesure` has 0 for the key.
    """
    detail = _premieres_mesures(form.appliquer())
    return {
        "type": "FeatureCollection",
        "natures": Nature.labels,
        "adresse_mesure": reverse("mesure_modifier", args=[0]),
        "adresse_liste": adresse_de_la_liste(form, ""),
        "features": [
            {
                "type": "Feature",
                "geometry": {"type": "Point", "coordinates": [lieu.longitude, lieu.latitude]},
                "properties": {
                    "commune": lieu.commune,
                    "nom": lieu.nom,
                    "codes_postaux": lieu.codes_postaux,
                    "nombre": lieu.nombre,
                    "mesures": detail.get(lieu.commune, []),
                },
            }
            for groupe in lieux_de(form).places
            for lieu in groupe.lieux
        ],
    }


def _premieres_mesures(mesures: MesureQuerySet) -> dict[str | None, list[tuple[int, int, str, int | None]]]:
    """The latest of each commune, PAR_LIEU at most."""
    lignes = (
        mesures.filter(commune__latitude__isnull=False)
        .order_by()
        .annotate(
            numero=Window(
                RowNumber(), partition_by=[F("commune")], order_by=[F("date_decision").desc(), F("pk").desc()]
            )
        )
        .filter(numero__lte=PAR_LIEU)
        .order_by("commune", "numero")
        .values_list("commune", "pk", "nature", "genre", "annee_naissance")
    )
    rangs = {nature: rang for rang, nature in enumerate(Nature.values)}
    detail: dict[str | None, list[tuple[int, int, str, int | None]]] = {}
    for commune, pk, nature, genre, annee in lignes:
        detail.setdefault(commune, []).append((pk, rangs[nature], genre, annee))
    return detail
