"""A court reserves a mesure with a MJPM, and corrects what it reserved."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from mandataires.adresses import commune_de_la_recherche
from mandataires.models import Mandataire
from mandataires.permissions import magistrat_agissant
from mesures import reservations
from mesures.cles import lire_cle
from mesures.enums import Statut
from mesures.forms.reservation import A_COCHER, ReservationForm
from mesures.historique import PROPRES_AU_MANDATAIRE
from mesures.models import Mesure
from mesures.permissions import check_can_reserver
from mesures.reservations import (
    AConfirmer,
    avertissements,
    avertissements_de_charge,
    renouvelables,
)
from mesures.services import VersionPerimee
from mesures.transitions import TransitionInterdite, exiger_en_attente
from mesures.views.conflits import dire_erreurs, dire_version_perimee, refuser, version_vue
from tribunaux.dates import en_lettres
from tribunaux.models import Magistrat
from tribunaux.retour import adresse_de_retour

RENOUVELLE = "renouvelle"  # of the address: the mesure whose renewal is reserved
REPRIS = (
    "nature",
    "genre",
    "annee_naissance",
    "numero_rg",
    "cabinet",
    "code_postal",
    "commune",
    "lieu_vie",
    "etablissement",
    "etablissement_nom",
)


@require_http_methods(["GET", "POST"])
def reserver(request: HttpRequest, pk: int) -> HttpResponse:
    magistrat = magistrat_agissant(request.user)
    mandataire = get_object_or_404(
        Mandataire.objects.visible_to(request.user).select_related("charge", "commune"), pk=pk
    )
    check_can_reserver(magistrat.user, mandataire)
    renouvelee = _renouvelee(request, magistrat, mandataire)
    form = ReservationForm(
        request.POST if request.method == "POST" else None,
        instance=Mesure(statut=Statut.EN_ATTENTE, mandataire=mandataire, tribunal=magistrat.tribunal_actuel),
        initial={
            "cabinet": _cabinet_habituel(magistrat),
            **(_de_la_recherche(request) if renouvelee is None else _de_la_renouvelee(renouvelee)),
        },
        author=magistrat.user,
    )
    if not form.is_bound:
        form.instance.renouvelle = renouvelee  # which takes no place: nothing of the load is to be ticked
    faite = _ecrire(form, reservations.reserver, author=magistrat.user) or _deja_faite(request, form)
    if faite is not None:
        assert faite.expire_le is not None
        fait = (
            f"Mesure réservée auprès de {mandataire}."
            if faite is form.instance
            else f"Cette mesure est déjà réservée auprès de {mandataire} : rien n'a été réservé de plus."
        )
        messages.success(
            request, f"{fait} Elle attend sa réponse, et expire après le {en_lettres(faite.expire_le)}."
        )
        return redirect(adresse_de_retour(request, "") or reverse("mesure_du_tribunal", args=[faite.pk]))
    form.avertir(avertissements(form.instance))
    disponibilite = form.instance.mandataire.disponibilite
    return render(
        request,
        "mesures/reservation_nouvelle.html",
        {
            "form": form,
            "mandataire": mandataire,
            "renouvelee": renouvelee,
            "disponibilite": disponibilite,
            "apres": disponibilite if form.est_un_renouvellement else disponibilite.avec_une_de_plus,
            "est_sans_place": bool(avertissements_de_charge(form.instance)),
            "retour": adresse_de_retour(request, reverse("majeurs_proteges")),
        },
    )


@require_http_methods(["GET", "POST"])
def reservation_modifier(request: HttpRequest, pk: int) -> HttpResponse:
    magistrat = magistrat_agissant(request.user)
    reservation = get_object_or_404(
        Mesure.objects.visible_to(request.user)
        .reservees()
        .select_related("mandataire__charge", "mandataire__commune", "tribunal", "commune", "etablissement"),
        pk=pk,
    )
    retour = adresse_de_retour(request, reverse("mesure_du_tribunal", args=[pk]))
    avant = copy(reservation)
    try:
        exiger_en_attente(reservation)
        form = ReservationForm(
            request.POST if request.method == "POST" else None, instance=reservation, author=magistrat.user
        )
        version = version_vue(form, reservation) if form.is_bound else reservation.version
        if form.is_bound and not form.has_changed():
            messages.info(request, "Réservation inchangée.")
            return redirect(retour)
        if _ecrire(form, reservations.modifier_reservation, version=version, author=magistrat.user):
            messages.success(request, f"Réservation modifiée. Information transmise à {reservation.mandataire}.")
            return redirect(retour)
    except VersionPerimee as perimee:
        dire_version_perimee(form, perimee.actuelle, tant_que=Statut.EN_ATTENTE, sans=PROPRES_AU_MANDATAIRE)
    except TransitionInterdite as refus:
        return refuser(request, reservation, refus, retour)
    form.avertir(avertissements(form.instance, avant))
    return render(
        request,
        "mesures/reservation_modifier.html",
        {
            "form": form,
            "reservation": avant,
            "mandataire": avant.mandataire,
            "disponibilite": avant.mandataire.disponibilite,
            "apres": None,
            "retour": retour,
        },
    )


def _ecrire(form: ReservationForm, ecrire: Callable[..., Mesure], **valeurs: Any) -> Mesure | None:
    """What `ecrire` has written; None when `form` is still to be sent, corrected or confirmed, as it says."""
    if not form.is_valid():
        return None
    try:
        return ecrire(reservation=form.instance, accepte=form.cleaned_data["accepte"], **valeurs)
    except AConfirmer:
        form.add_error("accepte", A_COCHER)
    except ValidationError as erreur:
        dire_erreurs(form, erreur)
    return None


def _deja_faite(request: HttpRequest, form: ReservationForm) -> Mesure | None:
    """The reservation that the same page has made, when it is sent twice: its RG is then taken, by itself."""
    if not form.is_bound or not (jeton := form.cleaned_data.get("jeton")):
        return None
    return Mesure.objects.visible_to(request.user).filter(jeton=jeton).first()


def _cabinet_habituel(magistrat: Magistrat) -> str:
    """The one of their last reservation that had one, else their own."""
    siennes = Mesure.objects.visible_to(magistrat.user).reservees().filter(reserve_by=magistrat.user)
    cabinets = siennes.exclude(cabinet="").order_by("-reserve_at", "-pk").values_list("cabinet", flat=True)
    return cabinets.first() or magistrat.cabinet


def _renouvelee(request: HttpRequest, magistrat: Magistrat, mandataire: Mandataire) -> Mesure | None:
    """The mesure that the address names, if this court may renew it."""
    cle = lire_cle(request.GET.get(RENOUVELLE, ""))
    if cle is None:
        return None
    return renouvelables(mandataire.pk, magistrat.user).with_lieux().filter(pk=cle).first()


def _de_la_renouvelee(mesure: Mesure) -> dict[str, Any]:
    """What a renewal takes of the mesure that it renews."""
    return {RENOUVELLE: mesure.pk, **{champ: valeur for champ in REPRIS if (valeur := getattr(mesure, champ))}}


def _de_la_recherche(request: HttpRequest) -> dict[str, Any]:
    """The commune that the address names, if there is one, and its postal code, if it has no other."""
    commune = commune_de_la_recherche(request)
    if commune is None:
        return {}
    codes = commune.codes_postaux
    return {"commune": commune, "code_postal": codes[0] if len(codes) == 1 else ""}
