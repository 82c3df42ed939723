"""What a person reads when somebody else has changed the mesure under their page."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urljoin

from django import forms
from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import formats, timezone

from mesures.enums import Statut
from mesures.historique import Evenement, evenements
from mesures.models import Mesure
from mesures.services import VersionPerimee
from mesures.transitions import TransitionInterdite
from tribunaux.models import magistrat_de
from tribunaux.retour import adresse_de_retour


def version_vue(form: forms.BaseForm, mesure: Mesure) -> int:
    """The version of `mesure` that the page of a bound `form` showed. Raises VersionPerimee for none."""
    if "version" in form.errors:
        raise VersionPerimee(mesure)
    version: int = form.cleaned_data["version"]
    return version


def phrase_de_conflit(actuelle: Mesure, version: int | None, *, sans: Collection[str] = ()) -> str:
    """Who did what since `version`, but for the fields `sans`; None is a page that did not say what it showed."""
    depuis = [e for e in reversed(evenements(actuelle, sans)) if version is not None and e.version > version]
    return " ".join(["Cette mesure a changé depuis que la page est affichée.", *map(_phrase, depuis)])


def dire_version_perimee(
    form: forms.BaseForm, actuelle: Mesure, *, tant_que: Statut = Statut.EN_COURS, sans: Collection[str] = ()
) -> None:
    """Say on `form` who changed what since its version; keep what was typed.

    A second « Valider » is then an informed one, unless the mesure has left the state `tant_que`.
    """
    if actuelle.statut == tant_que:
        redemander(form, actuelle, "Votre saisie est gardée : vérifiez-la, puis validez de nouveau.", sans=sans)
    else:
        _dire(
            form,
            actuelle,
            f"Elle est maintenant {actuelle.get_statut_display()} : elle ne peut plus être modifiée.",
            sans,
        )


def redemander(form: forms.BaseForm, actuelle: Mesure, suite: str, *, sans: Collection[str] = ()) -> None:
    """Say on `form` who changed what, then `suite`; it is sent again with the present version, as typed."""
    _dire(form, actuelle, suite, sans)
    form.data = form.data.copy()  # type: ignore[attr-defined]
    form.data["version"] = str(actuelle.version)  # type: ignore[index]


def dire_erreurs(form: forms.BaseForm, erreur: ValidationError) -> None:
    """Put what a service found at its fields; on top of the form, what concerns none of those."""
    textes = erreur.message_dict if hasattr(erreur, "error_dict") else {NON_FIELD_ERRORS: erreur.messages}
    for champ, phrases in textes.items():
        form.add_error(champ if champ in form.fields else None, phrases)


def refuser(request: HttpRequest, mesure: Mesure, refus: TransitionInterdite, defaut: str) -> HttpResponse:
    """Say why the act cannot be, where its author comes from; a mesure that is gone has no page to go back to."""
    messages.error(request, str(refus))
    if Mesure.objects.visible_to(request.user).filter(pk=mesure.pk).exists():
        return redirect(adresse_de_retour(request, defaut))
    liste = "mesures_en_cours" if magistrat_de(request.user) is None else "reservations"
    return redirect(adresse_de_retour(request, reverse(liste), hors_de=pages_de(mesure)))


def pages_de(mesure: Mesure) -> str:
    """What the addresses of all the pages of `mesure` begin with."""
    return urljoin(mesure.get_absolute_url(), "..")


def _dire(form: forms.BaseForm, actuelle: Mesure, suite: str, sans: Collection[str]) -> None:
    phrase = phrase_de_conflit(actuelle, form.cleaned_data.get("version"), sans=sans)
    form.errors.pop("version", None)  # said by the sentence: nobody sees the field
    form.add_error(None, f"{phrase} {suite}")


def _phrase(evenement: Evenement) -> str:
    quand = formats.date_format(timezone.localtime(evenement.at), "d/m/Y à H:i")
    details = f" ({' ; '.join(map(str, evenement.changements))})" if evenement.changements else ""
    moyen = f", {evenement.moyen}" if evenement.moyen else ""
    return f"{evenement.acte} par {evenement.auteur}{moyen}, le {quand}{details}."
