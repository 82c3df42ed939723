"""What the templates of forms and lists cannot say by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import template
from django.core.paginator import Page
from django.forms import BaseForm, BoundField

register = template.Library()


@register.simple_tag
def champ(field: BoundField, classe: str = "") -> str:
    """The widget of a field, with a CSS class and the ids of its hint and errors, added to its own.

    Django leaves `aria-describedby` out for some widgets (files) and where the widget has one already.
    """
    attrs = field.field.widget.attrs
    decrit_par = [attrs.get("aria-describedby")]
    if field.help_text:
        decrit_par.append(f"{field.auto_id}_helptext")
    if field.errors:
        decrit_par.append(f"{field.auto_id}_error")
    ajouts = {"class": [attrs.get("class"), classe], "aria-describedby": decrit_par}
    return field.as_widget(
        attrs={nom: " ".join(filter(None, valeurs)) for nom, valeurs in ajouts.items() if any(valeurs)}
    )


@register.filter
def exige_des_champs(form: BaseForm) -> bool:
    return any(field.field.required for field in form.visible_fields())


@register.filter
def numeros_de_page(page: Page[Any]) -> Iterator[int | str]:
    """First, last, and those around the present page, with « … » between: 1 … 4 5 6 … 30."""
    return page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
