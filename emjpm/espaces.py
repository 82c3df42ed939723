"""The space of each role: its name and its tabs, on every page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.template.defaultfilters import pluralize
from django.urls import reverse
from django.utils import formats
from django.utils.functional import SimpleLazyObject

from mandataires.disponibilite import Disponibilite
from mandataires.models import Mandataire, membre_de
from mesures.models import Mesure
from tribunaux.models import Magistrat, magistrat_de


@dataclass(frozen=True)
class Onglet:
    libelle: str
    url: str
    actif: bool


@dataclass(frozen=True)
class Espace:
    nom: str
    onglets: list[Onglet]
    disponibilite: Disponibilite | None = None
    mise_a_jour: datetime | None = None
    est_a_jour: bool = True


def espace(request: HttpRequest) -> dict[str, Any]:
    """Context of every page: `espace`, false for anonymous, staff and the unbound; four queries once read."""
    return {"espace": SimpleLazyObject(lambda: _espace(request))}


def _espace(request: HttpRequest) -> Espace | bool:
    user = request.user
    if (membre := membre_de(user)) is not None:
        return _de_mandataire(membre.mandataire, request)
    if (magistrat := magistrat_de(user)) is not None:
        return _de_magistrat(magistrat, request)
    return False


def _de_mandataire(mandataire: Mandataire, request: HttpRequest) -> Espace:
    disponibilite = mandataire.disponibilite
    en_cours = disponibilite.en_cours
    nombre = "?" if en_cours is None else formats.number_format(en_cours, force_grouping=True)
    en_attente = formats.number_format(mandataire.charge.en_attente, force_grouping=True)
    return Espace(
        nom=str(mandataire),
        onglets=[
            _onglet(f"Mesures en cours ({nombre})", "mesures_en_cours", request),
            _onglet("Vue carte", "mesures_carte", request),
            _onglet("Mesures éteintes", "mesures_eteintes", request),
            _onglet(f"Mesures en attente ({en_attente})", "mesures_en_attente", request),
            _onglet("Vos informations" if mandataire.est_service else "Mes informations", "informations", request),
        ],
        disponibilite=disponibilite,
        mise_a_jour=mandataire.charge.mise_a_jour_at,
        est_a_jour=mandataire.charge.est_a_jour,
    )


def _de_magistrat(magistrat: Magistrat, request: HttpRequest) -> Espace:
    nouvelles = Mesure.objects.visible_to(magistrat.user).reponses_nouvelles().count()
    pluriel = pluralize(nouvelles)
    a_lire = f" ({nouvelles} réponse{pluriel} nouvelle{pluriel})" if nouvelles else ""
    return Espace(
        nom=magistrat.tribunal_actuel.libelle,
        onglets=[
            _onglet("Majeurs protégés", "majeurs_proteges", request),
            _onglet("Mandataires", "mandataires", request),
            _onglet(f"Réservations{a_lire}", "reservations", request),
            _onglet("Mesures du tribunal", "mesures_du_tribunal", request, "mesures_du_tribunal_eteintes"),
        ],
    )


def _onglet(libelle: str, nom_url: str, request: HttpRequest, *suites: str) -> Onglet:
    """`suites`: the other pages of the tab."""
    url = reverse(nom_url)
    return Onglet(libelle, url, request.path in (url, *map(reverse, suites)))
