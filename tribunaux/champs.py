"""Form fields that every app shares."""

from __future__ import annotations

from typing import Any

from django import forms


class DateFrField(forms.DateField):
    """A date typed on the keyboard as dd/mm/yyyy; separators may be - or . and dates pasted as ISO are read."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("help_text", "jj/mm/aaaa, par exemple 15/03/2021.")
        kwargs["error_messages"] = {
            "invalid": "Écrivez une date qui existe, sous la forme jj/mm/aaaa.",
            **kwargs.get("error_messages", {}),
        }
        super().__init__(
            input_formats=["%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%d %m %Y", "%d%m%Y", "%Y-%m-%d"],
            widget=forms.DateInput(
                format="%d/%m/%Y", attrs={"inputmode": "numeric", "autocomplete": "off", "maxlength": 10}
            ),
            **kwargs,
        )
