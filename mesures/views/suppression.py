"""Deleting what was recorded by mistake."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from mandataires.permissions import membre_agissant
from mesures.enums import Statut
from mesures.forms.mesure import VersionForm
from mesures.models import Mesure
from mesures.services import VersionPerimee, supprimer
from mesures.transitions import TransitionInterdite, refus_de_supprimer
from mesures.views.conflits import pages_de, redemander, refuser, version_vue
from tribunaux.retour import adresse_de_retour


@require_http_methods(["GET", "POST"])
def mesure_supprimer(request: HttpRequest, pk: int) -> HttpResponse:
    membre = membre_agissant(request.user)
    mesure = get_object_or_404(Mesure.objects.visible_to(request.user).with_lieux(), pk=pk)
    form = VersionForm(request.POST if request.method == "POST" else None, initial={"version": mesure.version})
    try:
        if refus := refus_de_supprimer(mesure):
            raise TransitionInterdite(refus)
        if form.is_bound:
            supprimer(pk=mesure.pk, version=version_vue(form, mesure), author=membre.user)
            messages.success(request, f"Mesure {mesure.designation} supprimée.")
            liste = reverse("mesures_en_cours" if mesure.statut == Statut.EN_COURS else "mesures_eteintes")
            return redirect(adresse_de_retour(request, liste, hors_de=pages_de(mesure)))
    except VersionPerimee as perimee:
        redemander(form, perimee.actuelle, "Rien n'a été supprimé : vérifiez, puis recommencez.")
    except TransitionInterdite as interdite:
        return refuser(request, mesure, interdite, mesure.get_absolute_url())
    return render(
        request,
        "mesures/mesure_supprimer.html",
        {
            "form": form,
            "mesure": mesure,
            "retour": adresse_de_retour(request, mesure.get_absolute_url()),
            "suit_un_total": mesure.statut == Statut.EN_COURS and membre.mandataire.declare_son_total,
        },
    )
