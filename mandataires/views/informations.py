"""« Mes informations » (« Vos informations » for a service): profile, courts, establishments."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import formats, timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.refus import refus_annonces
from mandataires.completude import completude
from mandataires.declarations import ChangementAConfirmer, modifier_profil_et_total
from mandataires.forms.declaration import demander_confirmation
from mandataires.forms.informations import EtablissementsForm, ProfilForm, TribunalForm
from mandataires.forms.interruption import InterruptionForm
from mandataires.models import Mandataire
from mandataires.permissions import membre_agissant, prepose_agissant
from mandataires.profil import (
    ProfilPerime,
    ajouter_etablissements,
    ajouter_tribunal,
    confirmer_donnees,
    retablir_etablissement,
    retablir_tribunal,
    retirer_etablissement,
    retirer_tribunal,
)
from tribunaux.dates import en_lettres
from tribunaux.models import Tribunal


@require_safe
def informations(request: HttpRequest) -> HttpResponse:
    mandataire = membre_agissant(request.user).mandataire
    return render(
        request,
        "mandataires/informations.html",
        {
            "mandataire": mandataire,
            "interruption": mandataire.interruption,
            "completude": completude(mandataire),
            "tribunaux": mandataire.tribunaux_actuels(),
            "exercices": mandataire.exercices.en_cours(),
            "tribunal_form": None if mandataire.est_service else TribunalForm(mandataire=mandataire),
        },
    )


@require_http_methods(["GET", "POST"])
def informations_modifier(request: HttpRequest) -> HttpResponse:
    membre = membre_agissant(request.user)
    # Its own copy: what is typed must not show in the frame of the page before it is saved.
    mandataire = Mandataire.objects.select_related("commune").get(pk=membre.mandataire_id)
    form = ProfilForm(request.POST if request.method == "POST" else None, instance=mandataire)
    try:
        if form.is_valid():
            modifier_profil_et_total(
                mandataire=mandataire,
                valeurs=form.valeurs,
                version=form.cleaned_data["version"],
                total=form.total,
                author=membre.user,
            )
            messages.success(request, "Informations enregistrées : les magistrats les voient dès maintenant.")
            return redirect("informations")
    except ProfilPerime as perime:
        dire_profil_perime(form, perime.actuel)
    except ChangementAConfirmer as changement:
        demander_confirmation(form, changement)
    except ValidationError as erreur:
        form.add_error(None, erreur.messages)
    return render(request, "mandataires/informations_modifier.html", {"form": form, "mandataire": mandataire})


@require_POST
def donnees_confirmer(request: HttpRequest) -> HttpResponse:
    membre = membre_agissant(request.user)
    confirmer_donnees(mandataire=membre.mandataire, author=membre.user)
    messages.success(request, "C'est noté : vos données sont à jour.")
    return redirect("informations")


# --- Courts ------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def tribunal_ajouter(request: HttpRequest) -> HttpResponse:
    membre = membre_agissant(request.user)
    mandataire = membre.mandataire
    form = TribunalForm(request.POST if request.method == "POST" else None, mandataire=mandataire)
    if form.is_valid():
        tribunal = form.cleaned_data["tribunal"]
        try:
            ajouter_tribunal(mandataire=mandataire, tribunal=tribunal, author=membre.user)
        except ValidationError as erreur:
            form.add_error("tribunal", erreur.messages)
        else:
            messages.success(request, f"{tribunal} ajouté : ses magistrats vous trouvent dans leur liste.")
            return redirect(reverse("informations") + "#tribunaux")
    return render(request, "mandataires/tribunal_ajouter.html", {"form": form, "mandataire": mandataire})


@require_POST
def tribunal_retirer(request: HttpRequest, pk: int) -> HttpResponse:
    membre = membre_agissant(request.user)
    tribunal = get_object_or_404(Tribunal, pk=pk)
    with refus_annonces(request):
        agrement = retirer_tribunal(mandataire=membre.mandataire, tribunal=tribunal, author=membre.user)
        messages.success(
            request,
            f"{tribunal} retiré : ses magistrats ne vous trouvent plus dans leur liste.",
            extra_tags=f"retablir:{reverse('tribunal_retablir', args=[agrement.pk])}",
        )
    return redirect("informations")


@require_POST
def tribunal_retablir(request: HttpRequest, pk: int) -> HttpResponse:
    membre = membre_agissant(request.user)
    agrement = get_object_or_404(membre.mandataire.agrements.select_related("tribunal__actuel"), pk=pk)
    with refus_annonces(request):
        retablir_tribunal(pk=agrement.pk, author=membre.user)
        messages.success(request, f"{agrement.tribunal.actuel} rétabli.")
    return redirect("informations")


# --- Establishments ----------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def etablissements_ajouter(request: HttpRequest) -> HttpResponse:
    membre = prepose_agissant(request.user)
    form = EtablissementsForm(request.POST if request.method == "POST" else None)
    if form.is_valid() and not form.une_ligne_de_plus:
        try:
            nouveaux = ajouter_etablissements(
                mandataire=membre.mandataire,
                etablissements=form.cleaned_data["etablissements"],
                nom_libre=form.cleaned_data["nom_libre"],
                author=membre.user,
            )
        except ValidationError as erreur:
            form.add_error(None, erreur.messages)
        else:
            accord = "Établissement ajouté" if len(nouveaux) == 1 else "Établissements ajoutés"
            messages.success(request, f"{accord} : {', '.join(map(str, nouveaux))}.")
            return redirect(reverse("informations") + "#etablissements")
    return render(request, "mandataires/etablissements_ajouter.html", {"form": form})


@require_POST
def etablissement_retirer(request: HttpRequest, pk: int) -> HttpResponse:
    membre = prepose_agissant(request.user)
    exercice = get_object_or_404(membre.mandataire.exercices.select_related("etablissement"), pk=pk)
    with refus_annonces(request):
        retirer_etablissement(pk=exercice.pk, author=membre.user)
        messages.success(
            request,
            f"Établissement retiré : {exercice}.",
            extra_tags=f"retablir:{reverse('etablissement_retablir', args=[exercice.pk])}",
        )
    return redirect("informations")


@require_POST
def etablissement_retablir(request: HttpRequest, pk: int) -> HttpResponse:
    membre = prepose_agissant(request.user)
    exercice = get_object_or_404(membre.mandataire.exercices.select_related("etablissement"), pk=pk)
    with refus_annonces(request):
        retablir_etablissement(pk=exercice.pk, author=membre.user)
        messages.success(request, f"Établissement rétabli : {exercice}.")
    return redirect("informations")


def dire_profil_perime(form: ProfilForm | InterruptionForm, actuel: Mandataire) -> None:
    """Say on `form` when it was saved meanwhile, and what; what was typed is kept, a second « Valider » writes."""
    par = _derniere_modification(actuel)
    ecarts = "".join(
        f" ; {form.fields[nom].label} : {_en_texte(form.fields[nom], getattr(actuel, nom))}"
        for nom, valeur in form.valeurs.items()
        if getattr(actuel, nom) != valeur
    )
    form.add_error(
        None,
        f"Ces informations ont changé pendant que vous les remplissiez{par}. Votre saisie est gardée : "
        "vérifiez-la, puis validez de nouveau."
        + (f" Elle remplacera ce qui est enregistré{ecarts}." if ecarts else ""),
    )
    form.data = form.data.copy()  # type: ignore[attr-defined]
    form.data["version"] = str(actuel.version)  # type: ignore[index]


def _derniere_modification(mandataire: Mandataire) -> str:
    evenement: Any = (
        mandataire.events.filter(pgh_context__metadata__user__isnull=False)  # type: ignore[attr-defined]
        .order_by("-pgh_id")
        .first()
    )
    if evenement is None:
        return ""
    quand = timezone.localtime(evenement.pgh_created_at)
    return f" (le {en_lettres(quand)} à {quand:%H:%M})"


def _en_texte(field: forms.Field, valeur: Any) -> str:
    if valeur in (None, ""):
        return "vide"
    if isinstance(valeur, bool):
        return "oui" if valeur else "non"
    if isinstance(field, forms.ChoiceField):
        return str(dict(field.choices).get(valeur, valeur))  # type: ignore[arg-type]
    return formats.localize(valeur) if not isinstance(valeur, str) else valeur
