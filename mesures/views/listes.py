"""« Mesures en cours » and « Mesures éteintes »."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from mandataires.completude import completude
from mandataires.permissions import membre_agissant
from mesures.models import Mesure

PAR_PAGE = 50


@require_safe
def mesures_en_cours(request: HttpRequest) -> HttpResponse:
    membre = membre_agissant(request.user)
    mesures = Mesure.objects.visible_to(request.user).en_cours().with_lieux()
    page = Paginator(mesures.order_by("-date_decision", "-pk"), PAR_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "mesures/mesures_en_cours.html",
        {
            "mandataire": membre.mandataire,
            "disponibilite": membre.mandataire.disponibilite,
            "etapes": completude(membre.mandataire).etapes,
            "page": page,
        },
    )


@require_safe
def mesures_eteintes(request: HttpRequest) -> HttpResponse:
    membre_agissant(request.user)
    mesures = Mesure.objects.visible_to(request.user).eteintes().with_lieux()
    page = Paginator(mesures.order_by("-date_extinction", "-pk"), PAR_PAGE).get_page(request.GET.get("page"))
    return render(request, "mesures/mesures_eteintes.html", {"page": page})
