"""« Signaler une interruption », and its end."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from mandataires.forms.interruption import InterruptionForm, RepriseForm
from mandataires.interruption import interrompre, reprendre
from mandataires.models import Mandataire
from mandataires.permissions import membre_agissant
from mandataires.profil import ProfilPerime
from mandataires.views.informations import dire_profil_perime


@require_http_methods(["GET", "POST"])
def interruption_signaler(request: HttpRequest) -> HttpResponse:
    """Say on which days no mesure can be taken, or change what is said of it."""
    membre = membre_agissant(request.user)
    mandataire = membre.mandataire
    form = InterruptionForm(request.POST if request.method == "POST" else None, mandataire=mandataire)
    try:
        if form.is_valid():
            actuel = interrompre(
                mandataire=mandataire,
                du=form.cleaned_data["indisponible_du"],
                au=form.cleaned_data["indisponible_au"],
                motif=form.cleaned_data["indisponible_motif"],
                version=form.cleaned_data["version"],
                author=membre.user,
            )
            messages.success(request, _annonce(actuel))
            return redirect("informations")
    except ProfilPerime as perime:
        dire_profil_perime(form, perime.actuel)
    except ValidationError as erreur:
        form.add_error(None, erreur)
    return render(
        request,
        "mandataires/interruption_signaler.html",
        {
            "form": form,
            "interruption": mandataire.interruption,
            "en_attente": mandataire.charge.en_attente,
        },
    )


@require_POST
def interruption_finir(request: HttpRequest) -> HttpResponse:
    """« Reprendre dès aujourd'hui »: the interruption that goes on, or is to come, is no more."""
    membre = membre_agissant(request.user)
    form = RepriseForm(request.POST)
    try:
        if not form.is_valid():
            raise ProfilPerime(membre.mandataire)
        reprendre(mandataire=membre.mandataire, version=form.cleaned_data["version"], author=membre.user)
        messages.success(
            request, "C'est noté : vous n'avez plus d'interruption. Les magistrats le voient dès maintenant."
        )
    except ProfilPerime:
        messages.error(
            request,
            "Rien n'a été changé : ces informations ont été modifiées depuis que la page est affichée. "
            "Vérifiez-les, puis recommencez.",
        )
    return redirect("informations")


def _annonce(mandataire: Mandataire) -> str:
    interruption = mandataire.interruption
    assert interruption is not None  # just said
    return f"C'est noté : {mandataire} {interruption.phrase}. Les magistrats le voient dès maintenant."
