"""Recording and editing a mesure."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from mandataires.permissions import membre_agissant
from mesures.forms import MesureForm
from mesures.models import Mesure
from mesures.services import VersionPerimee, enregistrer, modifier
from mesures.transitions import TransitionInterdite, verifier_modifiable
from mesures.views.conflits import dire_version_perimee


@require_http_methods(["GET", "POST"])
def mesure_nouvelle(request: HttpRequest) -> HttpResponse:
    membre = membre_agissant(request.user)
    form = MesureForm(request.POST if request.method == "POST" else None, mandataire=membre.mandataire)
    if form.is_valid():
        try:
            mesure = enregistrer(mesure=form.instance, author=membre.user)
        except ValidationError as erreur:
            form.add_error(None, erreur.messages)
        else:
            messages.success(request, f"Mesure enregistrée : {_resume(mesure)}.")
            return redirect("mesures_en_cours")
    return render(request, "mesures/mesure_nouvelle.html", {"form": form})


@require_http_methods(["GET", "POST"])
def mesure_modifier(request: HttpRequest, pk: int) -> HttpResponse:
    membre = membre_agissant(request.user)
    mesure = get_object_or_404(Mesure.objects.visible_to(request.user).with_lieux(), pk=pk)
    designation = mesure.designation
    form = MesureForm(
        request.POST if request.method == "POST" else None, instance=mesure, mandataire=membre.mandataire
    )
    try:
        if request.method == "GET":
            verifier_modifiable(mesure)
        elif form.is_valid():
            modifier(mesure=form.instance, version=form.cleaned_data["version"], author=membre.user)
            messages.success(request, f"Mesure modifiée : {_resume(mesure)}.")
            return redirect("mesures_en_cours")
    except VersionPerimee as perimee:
        dire_version_perimee(form, perimee.actuelle, form.cleaned_data["version"])
    except TransitionInterdite as refus:
        messages.error(request, str(refus))
        return redirect("mesures_en_cours")
    except ValidationError as erreur:
        form.add_error(None, erreur.messages)
    return render(request, "mesures/mesure_modifier.html", {"form": form, "designation": designation})


def _resume(mesure: Mesure) -> str:
    """One line that tells this mesure from the others, without the person's name, which nobody has."""
    parties = [mesure.get_nature_display(), mesure.get_genre_display().lower(), str(mesure.annee_naissance)]
    if mesure.commune is not None:
        parties.append(mesure.commune.nom)
    return ", ".join(parties)
