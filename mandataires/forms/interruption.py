"""The days on which a MJPM takes no mesure."""

from __future__ import annotations

from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout, Row
from django import forms
from django.utils import timezone

from mandataires.models import Mandataire
from tribunaux.champs import DateFrField


class RepriseForm(forms.Form):
    """The version of the profile that the page showed: what an act is held against."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)


class InterruptionForm(RepriseForm):
    """Its rules on dates are those of `mandataires.interruption`, called by the service."""

    indisponible_du = DateFrField(
        label="Premier jour", help_text="jj/mm/aaaa.", error_messages={"required": "Indiquez le premier jour."}
    )
    indisponible_au = DateFrField(
        label="Dernier jour",
        required=False,
        help_text="jj/mm/aaaa. Laissez vide si vous ne savez pas encore.",
    )
    indisponible_motif = forms.ChoiceField(
        label="Raison",
        choices=[("", "Choisir"), *Mandataire.MotifIndisponibilite.choices],
        help_text="Les magistrats la lisent sur votre fiche.",
        error_messages={
            "required": "Choisissez la raison.",
            "invalid_choice": "Choisissez une raison de la liste.",
        },
    )

    def __init__(self, *args: Any, mandataire: Mandataire, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].initial = mandataire.version
        if mandataire.interruption:
            for nom in ("indisponible_du", "indisponible_au", "indisponible_motif"):
                self.fields[nom].initial = getattr(mandataire, nom)
        else:
            self.fields["indisponible_du"].initial = timezone.localdate()
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.layout = Layout("version", Row("indisponible_du", "indisponible_au"), "indisponible_motif")

    @property
    def valeurs(self) -> dict[str, Any]:
        """What is to be written of the profile."""
        return {nom: valeur for nom, valeur in self.cleaned_data.items() if nom != "version"}
