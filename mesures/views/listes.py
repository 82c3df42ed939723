"""« Mesures en cours » and « Mesures éteintes »."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from django.core.paginator import Page
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from mandataires.completude import completude
from mandataires.permissions import membre_agissant
from mesures.filtres.mandataire import FiltresEnCoursForm, FiltresEteintesForm
from mesures.models import Import, Mesure, MesureQuerySet
from tribunaux.pages import page_de
from tribunaux.retour import vers_ici

PAR_PAGE = 50


@require_safe
def mesures_en_cours(request: HttpRequest) -> HttpResponse:
    membre = membre_agissant(request.user)
    mesures = Mesure.objects.visible_to(request.user).en_cours()
    filtres = FiltresEnCoursForm(request.GET, mesures=mesures)
    page = _page(request, filtres.lister())
    return render(
        request,
        "mesures/mesures_en_cours.html",
        {
            "mandataire": membre.mandataire,
            "disponibilite": membre.mandataire.disponibilite,
            "etapes": completude(membre.mandataire).etapes,
            "filtres": filtres,
            "page": page,
            "total": mesures.count() if filtres.filtre else page.paginator.count,
            "retour": vers_ici(request),
            "import_a_verifier": Import.objects.visible_to(request.user).filter(etat=Import.Etat.LU).first(),
        },
    )


@require_safe
def mesures_eteintes(request: HttpRequest) -> HttpResponse:
    membre_agissant(request.user)
    mesures = Mesure.objects.visible_to(request.user).eteintes()
    filtres = FiltresEteintesForm(request.GET, mesures=mesures)
    page = _page(request, filtres.lister())
    return render(
        request,
        "mesures/mesures_eteintes.html",
        {
            "filtres": filtres,
            "groupes": list(par_annee(page, filtres.annees)),
            "page": page,
            "total": sum(filtres.annees.values()),
            "retour": vers_ici(request),
        },
    )


@dataclass(frozen=True)
class Groupe:
    """The mesures of a page that ended in one year, of all those that did; no year: the very number searched."""

    annee: int | None
    nombre: int
    mesures: list[Mesure]


def par_annee(mesures: Iterable[Mesure], annees: dict[int, int]) -> Iterator[Groupe]:
    def annee_de(mesure: Mesure) -> int | None:
        exacte = getattr(mesure, "rang", None) == 0
        return None if exacte or mesure.date_extinction is None else mesure.date_extinction.year

    for annee, groupe in groupby(mesures, key=annee_de):
        yield Groupe(annee, annees.get(annee, 0) if annee else 0, list(groupe))


def _page(request: HttpRequest, mesures: MesureQuerySet) -> Page[Mesure]:
    return page_de(mesures, request.GET.get("page"), par_page=PAR_PAGE, completer=MesureQuerySet.with_lieux)
