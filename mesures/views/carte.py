"""« Vue carte »: the ongoing mesures by commune, as a list and as a map."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from mandataires.permissions import membre_agissant
from mesures.filtres.mandataire import FiltresEnCoursForm
from mesures.lieux import geojson, lieux_de
from mesures.models import Mesure

DEPLIES = 30  # places: more than that, each département opens on demand


@require_safe
def mesures_carte(request: HttpRequest) -> HttpResponse:
    membre = membre_agissant(request.user)
    filtres = _filtres(request)
    lieux = lieux_de(filtres)
    return render(
        request,
        "mesures/mesures_carte.html",
        {
            "mandataire": membre.mandataire,
            "total": membre.mandataire.charge.en_cours,
            "filtres": filtres,
            "lieux": lieux,
            "lieux_url": f"{reverse('mesures_carte_lieux')}?{request.GET.urlencode()}",
            "deplies": sum(len(groupe.lieux) for groupe in lieux.places) <= DEPLIES,
        },
    )


@require_safe
def mesures_carte_lieux(request: HttpRequest) -> HttpResponse:
    """The same places as GeoJSON, under the same filters."""
    membre_agissant(request.user)
    return JsonResponse(
        geojson(_filtres(request)),
        content_type="application/geo+json",
        json_dumps_params={"separators": (",", ":")},
    )


def _filtres(request: HttpRequest) -> FiltresEnCoursForm:
    return FiltresEnCoursForm(request.GET, mesures=Mesure.objects.visible_to(request.user).en_cours())
