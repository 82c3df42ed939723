"""« Mesures en attente »: what courts have reserved, and the MJPM's answer."""

from __future__ import annotations

from copy import copy
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from mandataires.permissions import membre_agissant
from mesures.enums import PRONONCEES, Statut
from mesures.forms.motif import MotifForm
from mesures.forms.reponse import ConfirmationForm
from mesures.models import Mesure, MesureQuerySet
from mesures.reponses import confirmer, marquer_vue, refuser_reservation
from mesures.services import Acte, VersionPerimee
from mesures.transitions import CONFIRMER, REFUSER, TransitionInterdite, verifier
from mesures.views.conflits import (
    dire_erreurs,
    pages_de,
    phrase_de_conflit,
    redemander,
    refuser,
    version_vue,
)
from mesures.views.extinction import total_porte
from tribunaux.pages import page_de
from tribunaux.retour import PARAMETRE, adresse_de_retour

PAR_PAGE = 50
SANS_SUITE = (Statut.REFUSEE, Statut.ANNULEE, Statut.EXPIREE)


@require_safe
def mesures_en_attente(request: HttpRequest) -> HttpResponse:
    """Those that wait, oldest first; below, those that came to nothing, kept a year (`mesures.purge`)."""
    membre_agissant(request.user)
    siennes = Mesure.objects.visible_to(request.user)
    return render(
        request,
        "mesures/mesures_en_attente.html",
        {
            "page": page_de(
                siennes.en_attente().order_by("reserve_at", "pk"),
                request.GET.get("page"),
                par_page=PAR_PAGE,
                completer=_completer,
            ),
            "sans_suite": page_de(
                siennes.filter(statut__in=SANS_SUITE).order_by("-reserve_at", "-pk"),
                request.GET.get("sans_suite"),
                par_page=PAR_PAGE,
                completer=_completer,
            ),
            "sans_suite_ouverte": "sans_suite" in request.GET,
            "retour": urlencode({PARAMETRE: request.get_full_path()}),
        },
    )


@require_safe
def reservation_repondre(request: HttpRequest, pk: int) -> HttpResponse:
    """One reservation, with the form that confirms it. Opening it is what the court reads as « vue »."""
    membre = membre_agissant(request.user)
    reservation = _reservation(request, pk)
    if reservation.statut in PRONONCEES:
        return redirect(reservation)
    marquer_vue(reservation=reservation, author=membre.user)
    return _page(request, reservation, ConfirmationForm(instance=copy(reservation), mandataire=membre.mandataire))


@require_http_methods(["GET", "POST"])
def reservation_confirmer(request: HttpRequest, pk: int) -> HttpResponse:
    membre = membre_agissant(request.user)
    reservation = _reservation(request, pk)
    sa_page = _adresse(request, "reservation_repondre", reservation)
    if request.method != "POST":
        return redirect(sa_page)  # the address that the page with its errors has left in the bar
    form = ConfirmationForm(request.POST, instance=copy(reservation), mandataire=membre.mandataire)
    try:
        if (acte := _confirmer(form, reservation, membre.user)) is not None:
            validee = "Mesure validée : elle est dans « Mesures en cours »."
            messages.success(request, validee + total_porte(acte))
            return redirect("mesures_en_cours")
    except VersionPerimee as perimee:
        if not perimee.actuelle.est_attendue:
            messages.error(request, phrase_de_conflit(perimee.actuelle, form.cleaned_data.get("version")))
            return redirect(sa_page)
        redemander(form, perimee.actuelle, "Votre saisie est gardée : vérifiez-la, puis validez de nouveau.")
        reservation = _reservation(request, pk)
    except TransitionInterdite as refus:
        return refuser(request, reservation, refus, sa_page)
    return _page(request, reservation, form)


@require_http_methods(["GET", "POST"])
def reservation_refuser(request: HttpRequest, pk: int) -> HttpResponse:
    membre = membre_agissant(request.user)
    reservation = _reservation(request, pk)
    sa_page = _adresse(request, "reservation_repondre", reservation)
    form = MotifForm(
        request.POST if request.method == "POST" else None,
        initial={"version": reservation.version},
        de_quoi="du refus",
        lecteur="Le tribunal",
    )
    try:
        if not form.is_bound:
            verifier(reservation, REFUSER)
            marquer_vue(reservation=reservation, author=membre.user)
        elif _refuser(form, reservation, membre.user):
            messages.success(request, "Réservation refusée : le tribunal en est prévenu.")
            liste = reverse("mesures_en_attente")
            return redirect(adresse_de_retour(request, liste, hors_de=pages_de(reservation)))
    except VersionPerimee as perimee:
        if perimee.actuelle.statut != Statut.EN_ATTENTE:
            messages.error(request, phrase_de_conflit(perimee.actuelle, form.cleaned_data.get("version")))
            return redirect(sa_page)
        redemander(form, perimee.actuelle, "Votre motif est gardé : vérifiez, puis refusez de nouveau.")
        reservation = _reservation(request, pk)
    except TransitionInterdite as refus:
        return refuser(request, reservation, refus, sa_page)
    return render(
        request,
        "mesures/reservation_refuser.html",
        {"form": form, "mesure": reservation, "annuler_url": adresse_de_retour(request, sa_page)},
    )


def _page(request: HttpRequest, reservation: Mesure, form: ConfirmationForm) -> HttpResponse:
    """`reservation` as it is, `form` as it was filled in."""
    return render(
        request,
        "mesures/reservation_repondre.html",
        {
            "form": form if reservation.est_attendue else None,
            "mesure": reservation,
            "renouvelee": _renouvelee(reservation),
            "est_en_attente": reservation.statut == Statut.EN_ATTENTE,
            "est_expiree": reservation.statut == Statut.EXPIREE,
            "retour": adresse_de_retour(request, reverse("mesures_en_attente")),
            "ici": _adresse(request, "reservation_repondre", reservation),
            "confirmer_url": _adresse(request, "reservation_confirmer", reservation),
        },
    )


def _adresse(request: HttpRequest, nom: str, reservation: Mesure) -> str:
    """A page of the reservation, which leads back to the list that one came from."""
    retour = adresse_de_retour(request, "", hors_de=pages_de(reservation))
    return reverse(nom, args=[reservation.pk], query={PARAMETRE: retour} if retour else None)


def _reservation(request: HttpRequest, pk: int) -> Mesure:
    """The reservation of the user's own MJPM, whatever became of it. Raises Http404."""
    return get_object_or_404(_completer(Mesure.objects.visible_to(request.user).reservees()), pk=pk)


def _completer(mesures: MesureQuerySet) -> MesureQuerySet:
    return mesures.with_lieux().select_related("renouvelle__tribunal")


def _renouvelee(reservation: Mesure) -> Mesure | None:
    """The mesure that its confirmation ends: what expired may name one that has ended or changed since."""
    ancienne = reservation.renouvelle
    if ancienne is None or ancienne.statut != Statut.EN_COURS:
        return None
    tribunaux = [mesure.tribunal and mesure.tribunal.actuel_id for mesure in (ancienne, reservation)]
    return ancienne if ancienne.mandataire_id == reservation.mandataire_id and len({*tribunaux}) == 1 else None


def _confirmer(form: ConfirmationForm, reservation: Mesure, author: User) -> Acte | None:
    """The mesure as `form` completes it; None when it is still to be filled in, with its errors.

    Raises VersionPerimee, TransitionInterdite.
    """
    version = _version(form, reservation)
    if not form.is_valid():
        verifier(reservation, CONFIRMER)
        return None
    try:
        return confirmer(reservation=form.instance, version=version, author=author)
    except ValidationError as erreur:
        dire_erreurs(form, erreur)
        return None


def _refuser(form: MotifForm, reservation: Mesure, author: User) -> bool:
    """Whether the refusal that `form` explains is written; if not, it has its errors. Raises as `_confirmer`."""
    version = _version(form, reservation)
    if not form.is_valid():
        verifier(reservation, REFUSER)
        return False
    refuser_reservation(pk=reservation.pk, motif=form.cleaned_data["motif"], version=version, author=author)
    return True


def _version(form: ConfirmationForm | MotifForm, reservation: Mesure) -> int:
    """What the page showed. Raises VersionPerimee: whoever corrects errors learns at once of what has changed."""
    version = version_vue(form, reservation)
    if version != reservation.version:
        raise VersionPerimee(reservation)
    return version
