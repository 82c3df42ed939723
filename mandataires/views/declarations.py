"""The total of a service: declaring it, confirming it, its past, and where it comes from."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from mandataires.courbe import courbe_de
from mandataires.declarations import (
    ChangementAConfirmer,
    TotalPerime,
    choisir_source,
    declarer_total,
    en_chiffres,
    redeclarer_total,
)
from mandataires.forms.declaration import SourceForm, TotalForm, demander_confirmation
from mandataires.models import Mandataire
from mandataires.permissions import service_agissant
from mandataires.profil import ProfilPerime

PAR_PAGE = 50


@require_http_methods(["GET", "POST"])
def total_declarer(request: HttpRequest) -> HttpResponse:
    """The field of the card on top of « Mesures en cours », on a page of its own."""
    membre = service_agissant(request.user)
    mandataire = membre.mandataire
    form = TotalForm(request.POST if request.method == "POST" else None, mandataire=mandataire)
    try:
        if not mandataire.declare_son_total:
            messages.info(request, "Votre total est compté d'après les mesures enregistrées ici.")
            return redirect("source_total")
        if form.is_valid():
            declaration = declarer_total(
                mandataire=mandataire,
                nombre=form.cleaned_data["total"],
                confirmation=form.cleaned_data["confirmation"],
                author=membre.user,
            )
            messages.success(request, _annonce(declaration.nombre))
            return redirect("mesures_en_cours")
    except ChangementAConfirmer as changement:
        demander_confirmation(form, changement)
    except ValidationError as erreur:
        form.add_error(None, erreur.messages)
    return render(request, "mandataires/total_declarer.html", {"form": form, "mandataire": mandataire})


@require_POST
def total_redeclarer(request: HttpRequest) -> HttpResponse:
    """« Toujours exact »: the number that the card showed is declared again, if it still is the total."""
    membre = service_agissant(request.user)
    form = TotalForm(request.POST, mandataire=membre.mandataire)
    try:
        if form.is_valid():
            declaration = redeclarer_total(
                mandataire=membre.mandataire, vu=form.cleaned_data["total"], author=membre.user
            )
            messages.success(request, _annonce(declaration.nombre))
        else:
            messages.error(request, "Rien n'a été déclaré : indiquez le nombre de mesures en cours.")
    except TotalPerime as perime:
        messages.error(request, str(perime))
    except ValidationError as erreur:
        messages.error(request, " ".join(erreur.messages))
    return redirect("mesures_en_cours")


@require_safe
def declarations(request: HttpRequest) -> HttpResponse:
    """Each declaration kept, and the curve of the last twelve months."""
    mandataire = service_agissant(request.user).mandataire
    page = Paginator(mandataire.declarations.select_related("by"), PAR_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "mandataires/declarations.html",
        {"mandataire": mandataire, "page": page, "courbe": courbe_de(mandataire)},
    )


@require_http_methods(["GET", "POST"])
def source_total(request: HttpRequest) -> HttpResponse:
    """Where the total comes from, both figures before the eyes."""
    membre = service_agissant(request.user)
    mandataire = membre.mandataire
    form = SourceForm(request.POST if request.method == "POST" else None, mandataire=mandataire)
    try:
        if form.is_valid():
            nouveau = choisir_source(
                mandataire=mandataire,
                source=form.cleaned_data["source"],
                version=form.cleaned_data["version"],
                author=membre.user,
            )
            messages.success(request, _annonce_de_source(nouveau))
            return redirect("mesures_en_cours")
    except ProfilPerime as perime:
        form.add_error(
            None,
            "Les informations du service ont changé pendant que cette page était affichée : vérifiez les deux "
            "nombres, puis validez de nouveau.",
        )
        form.data = form.data.copy()  # type: ignore[attr-defined]
        form.data["version"] = str(perime.actuel.version)  # type: ignore[index]
    except ValidationError as erreur:
        form.add_error(None, erreur.messages)
    return render(request, "mandataires/source_total.html", {"form": form, "mandataire": mandataire})


def _annonce(nombre: int) -> str:
    s = "s" if nombre > 1 else ""
    return f"{en_chiffres(nombre)} mesure{s} en cours déclarée{s} : les juges voient ce nombre dès maintenant."


def _annonce_de_source(mandataire: Mandataire) -> str:
    en_cours = mandataire.disponibilite.en_cours
    if en_cours is None:
        return "Votre total est désormais celui que vous déclarez : indiquez-le."
    origine = "que vous déclarez" if mandataire.declare_son_total else "des mesures enregistrées ici"
    return (
        f"Votre total est désormais celui {origine} : {en_chiffres(en_cours)}. Les juges le voient dès maintenant."
    )
