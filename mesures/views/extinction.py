"""Ending a mesure, and putting an ended one back."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.formats import number_format
from django.views.decorators.http import require_http_methods, require_POST

from mandataires.models import Declaration
from mandataires.permissions import membre_agissant
from mesures.forms import ExtinctionForm, VersionForm
from mesures.models import Mesure
from mesures.services import VersionPerimee, eteindre, reactiver
from mesures.transitions import ETEINDRE, TransitionInterdite, verifier
from mesures.views.conflits import dire_version_perimee


@require_http_methods(["GET", "POST"])
def mesure_eteindre(request: HttpRequest, pk: int) -> HttpResponse:
    membre = membre_agissant(request.user)
    mesure = get_object_or_404(Mesure.objects.visible_to(request.user).with_lieux(), pk=pk)
    form = ExtinctionForm(request.POST if request.method == "POST" else None, initial={"version": mesure.version})
    try:
        verifier(mesure, ETEINDRE)
        if form.is_valid():
            acte = eteindre(
                pk=mesure.pk,
                date_extinction=form.cleaned_data["date_extinction"],
                motif=form.cleaned_data["motif_extinction"],
                version=form.cleaned_data["version"],
                author=membre.user,
            )
            messages.success(request, f"Mesure {mesure.designation} éteinte." + _total_porte(acte.declaration))
            return redirect("mesures_eteintes")
    except VersionPerimee as perimee:
        dire_version_perimee(form, perimee.actuelle, form.cleaned_data["version"])
    except TransitionInterdite as refus:
        messages.error(request, str(refus))
        return redirect("mesures_en_cours")
    except ValidationError as erreur:
        form.add_error(
            None,
            {
                champ if champ in form.fields else NON_FIELD_ERRORS: textes
                for champ, textes in erreur.message_dict.items()
            },
        )
    return render(request, "mesures/mesure_eteindre.html", {"form": form, "mesure": mesure})


@require_POST
def mesure_reactiver(request: HttpRequest, pk: int) -> HttpResponse:
    membre = membre_agissant(request.user)
    mesure = get_object_or_404(Mesure.objects.visible_to(request.user), pk=pk)
    form = VersionForm(request.POST)
    try:
        if not form.is_valid():
            raise VersionPerimee(mesure)
        acte = reactiver(pk=mesure.pk, version=form.cleaned_data["version"], author=membre.user)
    except (VersionPerimee, TransitionInterdite) as refus:
        messages.error(request, str(refus))
    except ValidationError as erreur:
        messages.error(request, "La mesure n'a pas été réactivée. " + " ".join(erreur.messages))
    else:
        messages.success(request, f"Mesure {mesure.designation} réactivée." + _total_porte(acte.declaration))
        return redirect("mesures_en_cours")
    return redirect("mesures_eteintes")


def _total_porte(declaration: Declaration | None) -> str:
    if declaration is None:
        return ""
    return f" Total porté à {number_format(declaration.nombre, force_grouping=True)}."
