"""Recording and editing a mesure."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from mandataires.permissions import membre_agissant
from mesures.cles import lire_cle
from mesures.forms.mesure import MesureForm
from mesures.models import Mesure
from mesures.services import VersionPerimee, enregistrer, modifier
from mesures.transitions import TransitionInterdite, refus_de_supprimer, verifier_modifiable
from mesures.views.conflits import dire_version_perimee, refuser, version_vue
from tribunaux.retour import adresse_de_retour

PRECEDENTE = "apres"
SUITE = {"nom": "suite", "valeur": "autre", "texte": "Valider et saisir une autre", "raccourci": True}


@require_http_methods(["GET", "POST"])
def mesure_nouvelle(request: HttpRequest) -> HttpResponse:
    membre = membre_agissant(request.user)
    form = MesureForm(
        request.POST if request.method == "POST" else None,
        initial=_de_la_precedente(request),
        mandataire=membre.mandataire,
    )
    if form.is_valid():
        try:
            mesure = enregistrer(mesure=form.instance, author=membre.user)
        except ValidationError as erreur:
            form.add_error(None, erreur.messages)
        else:
            messages.success(request, f"Mesure enregistrée : {_resume(mesure)}.")
            if SUITE["nom"] in request.POST:
                return redirect(reverse("mesure_nouvelle", query={PRECEDENTE: mesure.pk}))
            return redirect("mesures_en_cours")
    return render(request, "mesures/mesure_nouvelle.html", {"form": form, "suite": SUITE})


@require_http_methods(["GET", "POST"])
def mesure_modifier(request: HttpRequest, pk: int) -> HttpResponse:
    membre = membre_agissant(request.user)
    mesure = get_object_or_404(Mesure.objects.visible_to(request.user).with_lieux(), pk=pk)
    designation = mesure.designation
    retour = adresse_de_retour(request, reverse("mesures_en_cours"))
    form = MesureForm(
        request.POST if request.method == "POST" else None, instance=mesure, mandataire=membre.mandataire
    )
    try:
        version = version_vue(form, mesure) if form.is_bound else mesure.version
        if form.is_valid():
            modifier(mesure=form.instance, version=version, author=membre.user)
            messages.success(request, f"Mesure modifiée : {_resume(mesure)}.")
            return redirect(retour)
        verifier_modifiable(mesure)
    except VersionPerimee as perimee:
        dire_version_perimee(form, perimee.actuelle)
    except TransitionInterdite as refus:
        return refuser(request, mesure, refus, retour)
    except ValidationError as erreur:
        form.add_error(None, erreur.messages)
    return render(
        request,
        "mesures/mesure_modifier.html",
        {
            "form": form,
            "mesure": mesure,
            "designation": designation,
            "est_supprimable": not refus_de_supprimer(mesure),
            "retour": retour,
        },
    )


def _de_la_precedente(request: HttpRequest) -> dict[str, object]:
    """What a mesure keeps of the one recorded just before it, in a series; nothing of somebody else's."""
    cle = lire_cle(request.GET.get(PRECEDENTE, ""))
    if cle is None:
        return {}
    precedente = Mesure.objects.visible_to(request.user).with_lieux().filter(pk=cle).first()
    if precedente is None:
        return {}
    gardes = {
        "tribunal": precedente.tribunal and precedente.tribunal.actuel,
        "nature": precedente.nature,
        "code_postal": precedente.code_postal,
        "commune": precedente.commune,
    }
    return {champ: valeur for champ, valeur in gardes.items() if valeur}


def _resume(mesure: Mesure) -> str:
    """One line that tells this mesure from the others, without the person's name, which nobody has."""
    parties = [mesure.get_nature_display(), mesure.get_genre_display().lower(), str(mesure.annee_naissance)]
    if mesure.commune is not None:
        parties.append(mesure.commune.nom)
    return ", ".join(parties)
