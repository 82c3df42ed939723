"""Why a reservation is refused, or cancelled: one side writes it, the other reads it."""

from __future__ import annotations

from typing import Any

from django import forms

from mesures.forms.mesure import VersionForm

MOTIF_AU_PLUS = 500


class MotifForm(VersionForm):
    """`de_quoi` is « du refus » or « de l'annulation »; `lecteur`, who reads it."""

    motif = forms.CharField(
        max_length=MOTIF_AU_PLUS,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"max_length": "Écrivez au plus %(limit_value)d caractères."},
    )

    def __init__(self, *args: Any, de_quoi: str, lecteur: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        motif = self.fields["motif"]
        motif.label = f"Motif {de_quoi}"
        motif.help_text = (
            f"{MOTIF_AU_PLUS} caractères au plus. {lecteur} le lira : n'y écrivez ni le nom de la personne, ni "
            "rien sur sa santé."
        )
        motif.error_messages["required"] = f"Indiquez pourquoi : {lecteur[0].lower()}{lecteur[1:]} le lira."
        # A browser would cut a long text that is pasted without a word; the server says that it is too long.
        motif.widget.attrs.pop("maxlength", None)
