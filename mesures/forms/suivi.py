"""What a court fills in to follow what it reserved."""

from __future__ import annotations

from django import forms

from mesures.forms.mesure import VersionForm

MOTIF_MAX = 500


class AnnulationForm(VersionForm):
    motif = forms.CharField(
        label="Motif de l'annulation",
        max_length=MOTIF_MAX,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Le mandataire le lira. N'y écrivez ni le nom de la personne protégée, ni rien sur sa santé.",
        error_messages={
            "required": "Indiquez pourquoi : le mandataire le lira.",
            "max_length": "Écrivez au plus %(limit_value)d caractères.",
        },
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        # A browser would cut a long text that is pasted without a word; the server says that it is too long.
        self.fields["motif"].widget.attrs.pop("maxlength", None)
