"""« Réservations »: what a court follows of those that it made, prolongs, and takes back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.defaultfilters import pluralize
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from mandataires.permissions import magistrat_agissant
from mesures.cles import lire_cle
from mesures.enums import Statut
from mesures.filtres.base import ordonner
from mesures.filtres.tribunal import ORDRE_DES_RESERVATIONS, Etat, FiltresReservationsForm
from mesures.forms.mesure import VersionForm
from mesures.forms.motif import MotifForm
from mesures.historique import PROPRES_AU_MANDATAIRE
from mesures.models import Mesure, MesureQuerySet
from mesures.reservations import annuler_reservation, marquer_reponses_vues, prolonger
from mesures.services import VersionPerimee
from mesures.transitions import ANNULER, TransitionInterdite, verifier
from mesures.views.conflits import phrase_de_conflit, redemander, version_vue
from mesures.views.listes import PAR_PAGE
from tribunaux.pages import page_de
from tribunaux.retour import adresse_de_retour, vers_ici


@require_safe
def reservations(request: HttpRequest) -> HttpResponse:
    magistrat_agissant(request.user)
    reservees = Mesure.objects.visible_to(request.user).reservees()
    filtres = FiltresReservationsForm(request.GET, mesures=reservees)
    trouvees = ordonner(filtres.appliquer(), *ORDRE_DES_RESERVATIONS)
    page = page_de(trouvees, request.GET.get("page"), par_page=PAR_PAGE, completer=_completer)
    return render(
        request,
        "mesures/reservations.html",
        {
            "filtres": filtres,
            "groupes": list(_par_attente(page, filtres)),
            "nouvelles": [mesure for mesure in page if mesure.a_une_reponse_nouvelle],
            "tout_est_lu": filtres.criteres.keys() == {"etat"} and filtres.cleaned_data["etat"] == Etat.NOUVELLE,
            "page": page,
            "total": reservees.count() if filtres.filtre else page.paginator.count,
            "retour": vers_ici(request),
        },
    )


@require_POST
def reservations_vues(request: HttpRequest) -> HttpResponse:
    """The answers that the page showed, and no other: one that came meanwhile stays new."""
    magistrat = magistrat_agissant(request.user)
    versions = {}
    for montree in request.POST.getlist("montree")[:PAR_PAGE]:
        pk, version = map(lire_cle, montree.partition(":")[::2])
        if pk is not None and version is not None:
            versions[pk] = version
    nombre = marquer_reponses_vues(versions=versions, author=magistrat.user)
    if nombre:
        messages.success(
            request,
            f"{nombre} réponse{pluralize(nombre)} marquée{pluralize(nombre)} comme lue{pluralize(nombre)}.",
        )
    else:
        messages.info(request, "Ces réponses étaient déjà lues.")
    return redirect(adresse_de_retour(request, reverse("reservations")))


@require_POST
def reservation_prolonger(request: HttpRequest, pk: int) -> HttpResponse:
    magistrat = magistrat_agissant(request.user)
    mesure = _reservation(request, pk)
    form = VersionForm(request.POST)
    try:
        prolongee = prolonger(pk=mesure.pk, version=version_vue(form, mesure), author=magistrat.user)
    except VersionPerimee as perimee:
        phrase = _conflit(form, perimee)
        messages.error(request, f"{phrase} Rien n'a été fait.")
    except TransitionInterdite as refus:
        return _refuser(request, mesure, refus)
    else:
        messages.success(request, f"Réservation prolongée jusqu'au {prolongee.expire_le:%d/%m/%Y}.")
    return redirect(adresse_de_retour(request, _page(mesure)))


@require_http_methods(["GET", "POST"])
def reservation_annuler(request: HttpRequest, pk: int) -> HttpResponse:
    magistrat = magistrat_agissant(request.user)
    mesure = _reservation(request, pk)
    retour = adresse_de_retour(request, _page(mesure))
    form = MotifForm(
        request.POST if request.method == "POST" else None,
        initial={"version": mesure.version},
        de_quoi="de l'annulation",
        lecteur="Le mandataire",
    )
    try:
        if _annuler(form, mesure, magistrat.user):
            messages.success(request, f"Réservation annulée. Information transmise à {mesure.mandataire}.")
            return redirect(retour)
    except VersionPerimee as perimee:
        if perimee.actuelle.statut != Statut.EN_ATTENTE:
            phrase = _conflit(form, perimee)
            return _refuser(request, mesure, f"{phrase} Elle n'est plus en attente : rien n'a été annulé.")
        suite = "Votre motif est gardé : vérifiez, puis annulez de nouveau."
        redemander(form, perimee.actuelle, suite, sans=PROPRES_AU_MANDATAIRE)
    except TransitionInterdite as refus:
        return _refuser(request, mesure, refus)
    return render(request, "mesures/reservation_annuler.html", {"form": form, "mesure": mesure, "retour": retour})


def _annuler(form: MotifForm, mesure: Mesure, author: User) -> bool:
    """Cancel `mesure` as `form` says; False when it is still to be filled in, with its errors.

    Raises VersionPerimee, TransitionInterdite.
    """
    version = version_vue(form, mesure) if form.is_bound else mesure.version
    if not form.is_valid():
        verifier(mesure, ANNULER)
        return False
    try:
        annuler_reservation(pk=mesure.pk, motif=form.cleaned_data["motif"], version=version, author=author)
    except ValidationError as erreur:
        form.add_error("motif", erreur.messages)
        return False
    return True


def _conflit(form: VersionForm, perimee: VersionPerimee) -> str:
    return phrase_de_conflit(perimee.actuelle, form.cleaned_data.get("version"), sans=PROPRES_AU_MANDATAIRE)


def _reservation(request: HttpRequest, pk: int) -> Mesure:
    reservees = Mesure.objects.visible_to(request.user).reservees()
    return get_object_or_404(reservees.with_lieux().select_related("mandataire"), pk=pk)


def _page(mesure: Mesure) -> str:
    return reverse("mesure_du_tribunal", args=[mesure.pk])


def _refuser(request: HttpRequest, mesure: Mesure, refus: TransitionInterdite | str) -> HttpResponse:
    """Say why the act cannot be, on the page that shows what became of it; on the list, when that is gone too."""
    messages.error(request, str(refus))
    if Mesure.objects.visible_to(request.user).filter(pk=mesure.pk).exists():
        return redirect(_page(mesure))
    return redirect("reservations")


def _completer(mesures: MesureQuerySet) -> MesureQuerySet:
    return mesures.select_related("mandataire", "commune", "reserve_by")


@dataclass(frozen=True)
class _Groupe:
    """The reservations of a page that wait, or that do not any more; no title when the list is only of some."""

    titre: str
    nombre: int
    mesures: list[Mesure]


def _par_attente(mesures: Iterable[Mesure], filtres: FiltresReservationsForm) -> Iterator[_Groupe]:
    if filtres.criteres.keys() & {"etat", "q"}:
        yield _Groupe("", 0, list(mesures))
        return
    for attend, groupe in groupby(mesures, key=lambda mesure: mesure.statut == Statut.EN_ATTENTE):
        titre, nombre = (
            ("En attente", filtres.nombres[Etat.EN_ATTENTE]) if attend else ("Réponses", filtres.reponses)
        )
        yield _Groupe(titre, nombre, list(groupe))
