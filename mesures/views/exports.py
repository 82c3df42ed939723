"""What the lists of mesures show, as a file: the same filters, the same order, every page."""

from __future__ import annotations

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_safe

from mandataires.permissions import magistrat_agissant, membre_agissant
from mesures.echanges.exportation import tableau_du_mandataire, tableau_du_tribunal
from mesures.filtres.base import Filtres
from mesures.filtres.mandataire import FiltresEnCoursForm, FiltresEteintesForm
from mesures.filtres.tribunal import FiltresDuTribunalEnCoursForm, FiltresDuTribunalEteintesForm
from mesures.models import Mesure
from tribunaux.tableurs import Format, repondre, revenir_a_la_page

EN_COURS, ETEINTES = "en_cours", "eteintes"


@require_safe
def mesures_exporter(request: HttpRequest) -> HttpResponseBase:
    """« Mesures en cours », or « Mesures éteintes » with `liste=eteintes`; .xlsx, or .csv with `format=csv`."""
    membre_agissant(request.user)
    format_, eteintes = Format.demande(request), _demande_les_eteintes(request)
    filtres = _filtrer(request, FiltresEteintesForm if eteintes else FiltresEnCoursForm, eteintes)
    if filtres.errors:
        return revenir_a_la_page(request, "mesures_eteintes" if eteintes else "mesures_en_cours")
    return repondre(_nom("mesures", eteintes), format_, tableau_du_mandataire(filtres.lister()))


@require_safe
def mesures_du_tribunal_exporter(request: HttpRequest) -> HttpResponseBase:
    """« Mesures du tribunal », by the same parameters."""
    magistrat_agissant(request.user)
    format_, eteintes = Format.demande(request), _demande_les_eteintes(request)
    formulaire = FiltresDuTribunalEteintesForm if eteintes else FiltresDuTribunalEnCoursForm
    filtres = _filtrer(request, formulaire, eteintes)
    if filtres.errors:
        return revenir_a_la_page(request, "mesures_du_tribunal_eteintes" if eteintes else "mesures_du_tribunal")
    return repondre(
        _nom("mesures-du-tribunal", eteintes), format_, tableau_du_tribunal(filtres.lister(), eteintes=eteintes)
    )


def _demande_les_eteintes(request: HttpRequest) -> bool:
    liste = request.GET.get("liste") or EN_COURS
    if liste not in (EN_COURS, ETEINTES):
        raise Http404("Cette liste n'existe pas : en_cours ou eteintes.")
    return liste == ETEINTES


def _filtrer(request: HttpRequest, formulaire: type[Filtres], eteintes: bool) -> Filtres:
    mesures = Mesure.objects.visible_to(request.user)
    return formulaire(request.GET, mesures=mesures.eteintes() if eteintes else mesures.en_cours())


def _nom(liste: str, eteintes: bool) -> str:
    """« mesures-en-cours-2026-11-22 »."""
    return f"{liste}-{'eteintes' if eteintes else 'en-cours'}-{timezone.localdate().isoformat()}"
