"""The note of a court on a MJPM."""

from __future__ import annotations

from django import forms

from mandataires.models import Note


class NoteForm(forms.ModelForm):  # type: ignore[type-arg]  # Django takes no argument at run time
    class Meta:
        model = Note
        fields = ["texte"]
        labels = {"texte": "Votre note"}
        help_texts = {
            "texte": "2 000 caractères au plus, gardés 2 ans après avoir été écrits ou modifiés. "
            "N'y écrivez rien sur la santé de quiconque, "
            "ni le nom d'une personne protégée. Le mandataire a le droit de demander à lire ce qu'on écrit de lui."
        }
        error_messages = {"texte": {"required": "Écrivez la note."}}
        widgets = {"texte": forms.Textarea(attrs={"rows": 4})}
