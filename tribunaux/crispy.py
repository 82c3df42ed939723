"""Layout objects of ours for django-crispy-forms."""

from __future__ import annotations

from typing import Any

from crispy_forms.layout import LayoutObject
from crispy_forms.utils import TEMPLATE_PACK
from django.core.exceptions import NON_FIELD_ERRORS
from django.forms import BaseForm
from django.template import Context
from django.template.loader import render_to_string
from django.utils.safestring import SafeString


class Repliable(LayoutObject):
    """Fields under a title that opens on demand.

    Open from the start on an error, theirs or the form's own, and while one that is mandatory is empty.
    Closed, the title says what the field named by `resume` holds.
    """

    template = "components/repliable.html"

    def __init__(self, titre: str, *fields: str | LayoutObject, resume: str = "") -> None:
        self.titre = titre
        self.resume = resume
        self.fields = list(fields)

    def render(
        self, form: BaseForm, context: Context, template_pack: Any = TEMPLATE_PACK, **kwargs: Any
    ) -> SafeString:
        noms = [pointer.name for pointer in self.get_field_names()]  # type: ignore[no-untyped-call]
        ouvert = any(nom in form.errors for nom in [*noms, NON_FIELD_ERRORS]) or any(
            form.fields[nom].required and not _texte(form, nom) for nom in noms
        )
        champs = self.get_rendered_fields(form, context, template_pack, **kwargs)  # type: ignore[no-untyped-call]
        return render_to_string(
            self.template,
            {
                "titre": self.titre,
                "ouvert": ouvert,
                "resume": form[self.resume] if self.resume else None,
                "resume_texte": _texte(form, self.resume) if self.resume else "",
                "champs": champs,
            },
        )


def _texte(form: BaseForm, nom: str) -> str:
    """What a field shows: the value of a combobox is an object, even when it is empty."""
    return str(form[nom].value() or "")
