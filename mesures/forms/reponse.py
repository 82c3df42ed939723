"""What a MJPM answers to a reservation: the mesure as it was decided, or why not."""

from __future__ import annotations

from typing import Any

from crispy_forms.helper import FormHelper
from django import forms

from mesures.enums import Statut
from mesures.forms.mesure import MesureForm, VersionForm
from tribunaux.crispy import Repliable

MOTIF_AU_PLUS = 500


class ConfirmationForm(MesureForm):
    """A reservation as the judgment completes it: what the court has said is there, and can be corrected.

    All but the court itself: a mesure stays on the one that reserved it.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["tribunal"]
        assert self.helper.layout is not None
        complements = self.helper.layout.fields[-1]
        assert isinstance(complements, Repliable)
        complements.fields.remove("tribunal")
        complements.resume = ""
        commune = self.instance.commune
        if commune is not None and not self.instance.code_postal and len(commune.codes_postaux) == 1:
            self.initial["code_postal"] = commune.codes_postaux[0]

    def _post_clean(self) -> None:
        """Its rules are those of the ongoing mesure that it becomes; becoming it is the service's act."""
        attendue = self.instance.statut
        self.instance.statut = Statut.EN_COURS
        try:
            super()._post_clean()  # type: ignore[misc]
        finally:
            self.instance.statut = attendue


class RefusForm(VersionForm):
    motif = forms.CharField(
        label="Motif du refus",
        max_length=MOTIF_AU_PLUS,
        help_text=f"{MOTIF_AU_PLUS} caractères au plus. Le tribunal le lira : n'y écrivez ni le nom de la "
        "personne, ni rien sur sa santé.",
        error_messages={"required": "Indiquez pourquoi : le tribunal le lira."},
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # A browser would cut a long text that is pasted without a word; the server says that it is too long.
        self.fields["motif"].widget.attrs.pop("maxlength", None)
        self.helper = FormHelper()
        self.helper.form_tag = False
