"""The page of one mesure: what is known of it, what can be done, what was done."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from mandataires.permissions import membre_agissant
from mesures.enums import Statut
from mesures.historique import evenements
from mesures.models import Mesure
from mesures.transitions import refus_de_supprimer
from tribunaux.retour import adresse_de_retour


@require_safe
def mesure_historique(request: HttpRequest, pk: int) -> HttpResponse:
    membre_agissant(request.user)
    mesure = get_object_or_404(Mesure.objects.visible_to(request.user).with_lieux(), pk=pk)
    est_eteinte = mesure.statut == Statut.ETEINTE
    return render(
        request,
        "mesures/mesure_historique.html",
        {
            "mesure": mesure,
            "est_en_cours": mesure.statut == Statut.EN_COURS,
            "est_eteinte": est_eteinte,
            "est_supprimable": not refus_de_supprimer(mesure),
            "evenements": evenements(mesure),
            "retour": adresse_de_retour(
                request, reverse("mesures_eteintes" if est_eteinte else "mesures_en_cours")
            ),
        },
    )
