"""Ending a mesure, putting an ended one back, and undoing either."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.formats import number_format
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from mandataires.permissions import membre_agissant
from mesures.enums import Statut
from mesures.forms.mesure import ExtinctionForm, VersionForm
from mesures.models import Mesure
from mesures.services import Acte, VersionPerimee, eteindre, reactiver, retablir
from mesures.transitions import ETEINDRE, TransitionInterdite, verifier
from mesures.views.conflits import dire_erreurs, dire_version_perimee, phrase_de_conflit, refuser, version_vue
from tribunaux.retour import PARAMETRE, adresse_de_retour


@require_http_methods(["GET", "POST"])
def mesure_eteindre(request: HttpRequest, pk: int) -> HttpResponse:
    membre = membre_agissant(request.user)
    mesure = get_object_or_404(Mesure.objects.visible_to(request.user).with_lieux(), pk=pk)
    retour = adresse_de_retour(request, "")
    annuler_url = retour or reverse("mesures_en_cours")
    form = ExtinctionForm(request.POST if request.method == "POST" else None, initial={"version": mesure.version})
    try:
        if (acte := _mettre_fin(form, mesure, membre.user)) is not None:
            ou = " : elle est dans « Mesures éteintes »" if retour else ""
            _annoncer(request, acte, f"Mesure {mesure.designation} éteinte{ou}.", retour)
            return redirect(retour or "mesures_eteintes")
    except VersionPerimee as perimee:
        if perimee.actuelle.statut != Statut.EN_COURS:
            messages.error(request, phrase_de_conflit(perimee.actuelle, form.cleaned_data.get("version")))
            return redirect(annuler_url)
        dire_version_perimee(form, perimee.actuelle)
    except TransitionInterdite as refus:
        return refuser(request, mesure, refus, annuler_url)
    return render(
        request, "mesures/mesure_eteindre.html", {"form": form, "mesure": mesure, "annuler_url": annuler_url}
    )


@require_POST
def mesure_reactiver(request: HttpRequest, pk: int) -> HttpResponse:
    membre = membre_agissant(request.user)
    mesure = get_object_or_404(Mesure.objects.visible_to(request.user), pk=pk)
    retour = adresse_de_retour(request, "")
    form = VersionForm(request.POST)
    try:
        acte = reactiver(pk=mesure.pk, version=version_vue(form, mesure), author=membre.user)
    except VersionPerimee as perimee:
        phrase = phrase_de_conflit(perimee.actuelle, form.cleaned_data.get("version"))
        messages.error(request, f"{phrase} Rien n'a été fait.")
    except TransitionInterdite as refus:
        return refuser(request, mesure, refus, reverse("mesures_eteintes"))
    except ValidationError as erreur:
        messages.error(request, "La mesure n'a pas été réactivée. " + " ".join(erreur.messages))
    else:
        ou = " : elle est dans « Mesures en cours »" if retour else ""
        _annoncer(request, acte, f"Mesure {mesure.designation} réactivée{ou}.", retour)
        return redirect(retour or "mesures_en_cours")
    return redirect(retour or "mesures_eteintes")


@require_POST
def mesure_retablir(request: HttpRequest, pk: int, version: int) -> HttpResponse:
    """Undo the end or the reactivation that gave the mesure this version, unless it has changed since."""
    membre = membre_agissant(request.user)
    mesure = get_object_or_404(Mesure.objects.visible_to(request.user), pk=pk)
    liste = _liste(mesure)
    try:
        acte = retablir(pk=mesure.pk, version=version, author=membre.user)
    except VersionPerimee as perimee:
        messages.error(request, f"{phrase_de_conflit(perimee.actuelle, version)} Rien n'a été rétabli.")
    except TransitionInterdite as refus:
        return refuser(request, mesure, refus, liste)
    except ValidationError as erreur:
        messages.error(request, "La mesure n'a pas été rétablie. " + " ".join(erreur.messages))
    else:
        etat = acte.mesure.get_statut_display()
        phrase = f"Mesure {mesure.designation} rétablie : elle est de nouveau {etat}."
        messages.success(request, phrase + total_porte(acte))
        liste = _liste(acte.mesure)
    return redirect(adresse_de_retour(request, liste))


def _mettre_fin(form: ExtinctionForm, mesure: Mesure, author: User) -> Acte | None:
    """End `mesure` as `form` says; None when it is still to be filled in, with its errors.

    Raises VersionPerimee, TransitionInterdite.
    """
    version = version_vue(form, mesure) if form.is_bound else mesure.version
    if not form.is_valid():
        verifier(mesure, ETEINDRE)
        return None
    fin, motif = form.cleaned_data["date_extinction"], form.cleaned_data["motif_extinction"]
    try:
        return eteindre(pk=mesure.pk, date_extinction=fin, motif=motif, version=version, author=author)
    except ValidationError as erreur:
        dire_erreurs(form, erreur)
        return None


def _liste(mesure: Mesure) -> str:
    return reverse("mesures_eteintes" if mesure.statut == Statut.ETEINTE else "mesures_en_cours")


def _annoncer(request: HttpRequest, acte: Acte, phrase: str, retour: str) -> None:
    """Say what was done, with the button that undoes it and comes back to the same page."""
    retablir_url = reverse(
        "mesure_retablir",
        args=[acte.mesure.pk, acte.mesure.version],
        query={PARAMETRE: retour} if retour else None,
    )
    messages.success(request, phrase + total_porte(acte), extra_tags=f"retablir:{retablir_url}")


def total_porte(acte: Acte) -> str:
    """What to add to a message when a service's declared total has followed the act."""
    if acte.declaration is None:
        return ""
    return f" Total porté à {number_format(acte.declaration.nombre, force_grouping=True)}."
