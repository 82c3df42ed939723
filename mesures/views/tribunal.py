"""« Mesures du tribunal »: what a court reads of its own mesures, and the page of each, reservations included."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Page
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.refus import Refus
from mandataires.models import Mandataire
from mandataires.permissions import magistrat_agissant
from mesures.enums import PRONONCEES, Statut
from mesures.filtres.tribunal import FiltresDuTribunalEnCoursForm, FiltresDuTribunalEteintesForm
from mesures.historique import PROPRES_AU_MANDATAIRE, evenements
from mesures.models import Mesure, MesureQuerySet
from mesures.permissions import check_can_reserver
from mesures.reservations import marquer_reponses_vues, renouvelables
from mesures.views.listes import PAR_PAGE, par_annee
from tribunaux.pages import page_de
from tribunaux.retour import adresse_de_retour, vers_ici


@require_safe
def mesures_du_tribunal(request: HttpRequest) -> HttpResponse:
    magistrat_agissant(request.user)
    mesures = Mesure.objects.visible_to(request.user).en_cours()
    filtres = FiltresDuTribunalEnCoursForm(request.GET, mesures=mesures)
    page = _page(request, filtres.lister())
    return render(
        request,
        "mesures/mesures_du_tribunal.html",
        {
            "filtres": filtres,
            "page": page,
            "total": mesures.count() if filtres.filtre else page.paginator.count,
            "retour": vers_ici(request),
        },
    )


@require_safe
def mesures_du_tribunal_eteintes(request: HttpRequest) -> HttpResponse:
    magistrat_agissant(request.user)
    mesures = Mesure.objects.visible_to(request.user).eteintes()
    filtres = FiltresDuTribunalEteintesForm(request.GET, mesures=mesures)
    page = _page(request, filtres.lister())
    return render(
        request,
        "mesures/mesures_du_tribunal_eteintes.html",
        {
            "filtres": filtres,
            "groupes": list(par_annee(page, filtres.annees)),
            "page": page,
            "total": sum(filtres.annees.values()),
            "retour": vers_ici(request),
        },
    )


@require_safe
def mesure_du_tribunal(request: HttpRequest, pk: int) -> HttpResponse:
    """Facts, history, and what the court may do while it waits. A new answer is read by opening it."""
    magistrat = magistrat_agissant(request.user)
    siennes = Mesure.objects.visible_to(magistrat.user)
    mesure = get_object_or_404(siennes.with_lieux().select_related("mandataire", "reserve_by", "annule_by"), pk=pk)
    if request.method == "GET" and mesure.a_une_reponse_nouvelle:
        marquer_reponses_vues(versions={mesure.pk: mesure.version}, author=magistrat.user)
    return render(
        request,
        "mesures/mesure_du_tribunal.html",
        {
            "mesure": mesure,
            "a_une_fiche": Mandataire.objects.visible_to(magistrat.user).filter(pk=mesure.mandataire_id).exists(),
            "renouvelee": siennes.filter(pk=mesure.renouvelle_id).first() if mesure.renouvelle_id else None,
            "renouvellements": siennes.filter(renouvelle=mesure).order_by("-reserve_at", "-pk"),
            "peut_etre_renouvelee": _peut_etre_renouvelee(mesure, magistrat.user),
            "evenements": evenements(mesure, sans=PROPRES_AU_MANDATAIRE),
            "retour": adresse_de_retour(request, reverse(_liste(mesure))),
        },
    )


def _peut_etre_renouvelee(mesure: Mesure, user: User) -> bool:
    if not renouvelables(mesure.mandataire_id, user).filter(pk=mesure.pk).exists():
        return False
    try:
        check_can_reserver(user, mesure.mandataire)
    except Refus:
        return False
    return True


def _liste(mesure: Mesure) -> str:
    if mesure.statut not in PRONONCEES:
        return "reservations"
    return "mesures_du_tribunal_eteintes" if mesure.statut == Statut.ETEINTE else "mesures_du_tribunal"


def _page(request: HttpRequest, mesures: MesureQuerySet) -> Page[Any]:
    return page_de(
        mesures,
        request.GET.get("page"),
        par_page=PAR_PAGE,
        completer=lambda lignes: lignes.with_lieux().select_related("mandataire"),
    )
