from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from mandataires.models import Mandataire, membre_de
from mandataires.permissions import magistrat_agissant
from tribunaux.db_functions import TexteRecherche
from tribunaux.models import magistrat_de

PAR_PAGE = 50


@require_safe
def mandataires(request: HttpRequest) -> HttpResponse:
    """The MJPM on the list of the judge's court."""
    tribunal = magistrat_agissant(request.user).tribunal_actuel
    liste = (
        Mandataire.objects.visible_to(request.user)
        .de_la_liste(tribunal)
        .select_related("charge", "commune")
        .order_by(TexteRecherche("nom"), TexteRecherche("prenom"), "pk")
    )
    page = Paginator(liste, PAR_PAGE).get_page(request.GET.get("page"))
    return render(request, "mandataires/mandataires.html", {"page": page, "tribunal": tribunal})


@require_safe
def mandataire_fiche(request: HttpRequest, pk: int) -> HttpResponse:
    """The record of one MJPM, as judges read it; a MJPM may read its own."""
    mandataire = get_object_or_404(
        Mandataire.objects.visible_to(request.user).select_related("charge", "commune__departement"), pk=pk
    )
    magistrat = magistrat_de(request.user)
    sur_ma_liste = (
        magistrat is None or Mandataire.objects.filter(pk=pk).de_la_liste(magistrat.tribunal_actuel).exists()
    )
    return render(
        request,
        "mandataires/mandataire_fiche.html",
        {
            "mandataire": mandataire,
            "disponibilite": mandataire.disponibilite,
            "tribunaux": mandataire.tribunaux_actuels(),
            "exercices": mandataire.exercices.en_cours(),
            "est_magistrat": magistrat is not None,
            "est_la_sienne": membre_de(request.user) is not None,
            "sur_ma_liste": sur_ma_liste,
        },
    )
