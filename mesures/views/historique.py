"""The page of one mesure: what is known of it, what can be done, what was done."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from mandataires.permissions import membre_agissant
from mesures.enums import PRONONCEES, Statut
from mesures.historique import evenements
from mesures.models import Mesure
from mesures.transitions import refus_de_supprimer
from tribunaux.retour import adresse_de_retour

LISTES = {Statut.EN_COURS: "mesures_en_cours", Statut.ETEINTE: "mesures_eteintes"}


@require_safe
def mesure_historique(request: HttpRequest, pk: int) -> HttpResponse:
    user = membre_agissant(request.user).user
    siennes = Mesure.objects.visible_to(request.user)
    mesure = get_object_or_404(siennes.with_lieux(), pk=pk)
    est_eteinte = mesure.statut == Statut.ETEINTE
    return render(
        request,
        "mesures/mesure_historique.html",
        {
            "mesure": mesure,
            "est_en_cours": mesure.statut == Statut.EN_COURS,
            "est_eteinte": est_eteinte,
            "renouvelee": siennes.filter(pk=mesure.renouvelle_id).first() if mesure.renouvelle_id else None,
            "renouvellement": siennes.filter(renouvelle=mesure, statut__in=(Statut.EN_ATTENTE, *PRONONCEES))
            .order_by("-pk")
            .first(),
            "est_supprimable": not refus_de_supprimer(mesure),
            "evenements": evenements(mesure, lecteur=user),
            "retour": adresse_de_retour(request, reverse(LISTES.get(Statut(mesure.statut), "mesures_en_attente"))),
        },
    )
