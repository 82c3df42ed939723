from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from mandataires.permissions import membre_agissant
from mesures.historique import evenements
from mesures.models import Mesure


@require_safe
def mesure_historique(request: HttpRequest, pk: int) -> HttpResponse:
    membre_agissant(request.user)
    mesure = get_object_or_404(Mesure.objects.visible_to(request.user).with_lieux(), pk=pk)
    return render(request, "mesures/mesure_historique.html", {"mesure": mesure, "evenements": evenements(mesure)})
