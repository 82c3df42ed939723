from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from mandataires.adresses import commune_de_la_recherche, suite_de_la_fiche
from mandataires.courbe import courbe_de
from mandataires.forms.notes import NoteForm
from mandataires.models import Mandataire, Note, membre_de
from mandataires.presences import geojson, lieux_masques
from tribunaux.models import magistrat_de
from tribunaux.retour import adresse_de_retour, vers_ici

LIEUX_DEPLIES = 20  # communes of a record that are shown at once


@require_safe
def mandataire_fiche(request: HttpRequest, pk: int) -> HttpResponse:
    """The record of one MJPM, as judges read it; a MJPM may read its own."""
    mandataire = get_object_or_404(
        Mandataire.objects.visible_to(request.user).select_related("charge", "commune__departement"), pk=pk
    )
    lieux = lieux_masques(mandataire)
    magistrat = magistrat_de(request.user)
    sur_ma_liste = (
        magistrat is None or Mandataire.objects.filter(pk=pk).de_la_liste(magistrat.tribunal_actuel).exists()
    )
    retour, commune = adresse_de_retour(request, ""), commune_de_la_recherche(request)
    du_tribunal: dict[str, Any] = {}
    if magistrat is not None:
        notes = Note.objects.visible_to(request.user).filter(mandataire=mandataire).select_related("auteur")
        du_tribunal = {
            "mesures_du_tribunal": mandataire.mesures_du_tribunal(magistrat.tribunal_actuel),
            "reponses": mandataire.reponses_au_tribunal(magistrat.tribunal_actuel),
            "vers_ici": vers_ici(request),
            "notes": notes,
            "note_form": NoteForm(),
        }
    return render(
        request,
        "mandataires/mandataire_fiche.html",
        {
            **du_tribunal,
            "mandataire": mandataire,
            "disponibilite": mandataire.disponibilite,
            "courbe": courbe_de(mandataire),
            "tribunaux": mandataire.tribunaux_actuels(),
            "exercices": mandataire.exercices.en_cours(),
            "est_magistrat": magistrat is not None,
            "est_la_sienne": membre_de(request.user) is not None,
            "sur_ma_liste": sur_ma_liste,
            "retour": retour or reverse("mandataires"),
            "suite": suite_de_la_fiche(request, commune),
            "commune": commune,
            "lieux": lieux[:LIEUX_DEPLIES],
            "autres_lieux": lieux[LIEUX_DEPLIES:],
            "a_une_carte": any(lieu.est_place for lieu in lieux),
        },
    )


@require_safe
def mandataire_lieux(request: HttpRequest, pk: int) -> HttpResponse:
    """The masked places of a record as GeoJSON, for who may read the record."""
    mandataire = get_object_or_404(Mandataire.objects.visible_to(request.user), pk=pk)
    return JsonResponse(geojson(lieux_masques(mandataire)), content_type="application/geo+json")
