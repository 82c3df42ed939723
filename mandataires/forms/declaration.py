"""The total that a service declares: its field, wherever it stands, and the choice of where it comes from."""

from __future__ import annotations

from typing import Any

from django import forms

from mandataires.declarations import ChangementAConfirmer, TotalSaisi, en_chiffres
from mandataires.forms.champs import NombreField
from mandataires.models import Mandataire

CONFIRMATION = "confirmation"


class CaseDeConfirmation(forms.CheckboxInput):
    """A box ticked by the very change that it confirms: another one asks again."""

    def __init__(self, cle: str) -> None:
        super().__init__(attrs={"value": cle}, check_test=lambda valeur: valeur == cle)

    def value_from_datadict(self, data: Any, files: Any, name: str) -> str:
        return str(data.get(name, ""))

    def format_value(self, value: Any) -> None:
        """The value is the one of `attrs`, whatever was sent."""


def champs_du_total(mandataire: Mandataire) -> dict[str, forms.Field]:
    """The fields of a form of the profile that lets a service declare its total, or says why it does not."""
    if not mandataire.declare_son_total:
        return {
            "total": NombreField(
                label="Nombre de mesures en cours",
                required=False,
                disabled=True,
                initial=mandataire.charge.en_cours,
                help_text="Compté d'après les mesures enregistrées ici : rien à déclarer. La source de ce nombre "
                "se choisit dans « Vos informations ».",
            )
        }
    declare = mandataire.charge.declare
    return {
        "total": NombreField(
            label="Nombre de mesures en cours",
            required=False,
            initial=declare,
            help_text="Tous tribunaux confondus. Mettez-le à jour 1 à 2 fois par mois : les juges le voient "
            "aussitôt.",
        ),
        "total_vu": forms.IntegerField(required=False, min_value=0, initial=declare, widget=forms.HiddenInput),
        CONFIRMATION: champ_de_confirmation(),
    }


def champ_de_confirmation() -> forms.CharField:
    return forms.CharField(label="Oui, ce nombre est exact", required=False, widget=forms.HiddenInput)


def demander_confirmation(form: forms.BaseForm, changement: ChangementAConfirmer) -> None:
    """Bring the form back with the change beside its field, and the box that confirms it."""
    form.fields[CONFIRMATION].widget = CaseDeConfirmation(changement.cle)
    form.add_error("total", str(changement))


def total_saisi(form: forms.BaseForm) -> TotalSaisi | None:
    """None where the form has no total to declare."""
    if CONFIRMATION not in form.fields:
        return None
    valeurs = form.cleaned_data
    return TotalSaisi(
        nombre=valeurs.get("total"), vu=valeurs.get("total_vu"), confirmation=valeurs.get(CONFIRMATION, "")
    )


class TotalForm(forms.Form):
    """The total alone: on top of « Mesures en cours », and on its own page."""

    total = NombreField(label="Nombre de mesures en cours", required=False)  # said below, as for a court
    confirmation = champ_de_confirmation()

    def __init__(self, *args: Any, mandataire: Mandataire, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["total"].initial = mandataire.charge.declare

    def clean_total(self) -> int:
        total: int | None = self.cleaned_data["total"]
        if total is None:
            raise forms.ValidationError("Indiquez le nombre de mesures en cours, ou 0.")
        return total


class SourceForm(forms.Form):
    """Which of two figures is the service's total; each choice shows its own."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    source = forms.ChoiceField(
        label="D'où vient le nombre de mesures en cours de votre service ?",
        widget=forms.RadioSelect,
        required=False,  # said below: a lone field needs no asterisk
        error_messages={"invalid_choice": "Choisissez la source de ce nombre."},
    )

    def __init__(self, *args: Any, mandataire: Mandataire, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        charge = mandataire.charge
        declare = "aucun pour l'instant" if charge.declare is None else en_chiffres(charge.declare)
        self.fields["version"].initial = mandataire.version
        self.fields["source"].initial = mandataire.source_total
        self.fields["source"].choices = [  # type: ignore[attr-defined]
            (Mandataire.SourceTotal.DECLARATION, f"Le nombre que vous déclarez : {declare}"),
            (
                Mandataire.SourceTotal.MESURES,
                f"Le compte des mesures enregistrées ici : {en_chiffres(charge.en_cours)}",
            ),
        ]

    def clean_source(self) -> str:
        source: str = self.cleaned_data["source"]
        if not source:
            raise forms.ValidationError("Choisissez la source de ce nombre.")
        return source
