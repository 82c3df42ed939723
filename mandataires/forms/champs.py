"""Fields that the forms of a MJPM share, and the rule that ties a postal code to a commune."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, RegexValidator

from tribunaux.models import Commune, validate_siret

validate_telephone = RegexValidator(
    r"^\+?(?:[ .()/-]*[0-9]){8,15}[ .]*$",
    message="Écrivez un numéro de téléphone, par exemple 03 21 00 00 00.",
)


class TelephoneField(forms.CharField):
    def __init__(self, **kwargs: Any) -> None:
        attrs = {"type": "tel", "autocomplete": kwargs.pop("autocomplete", "tel")}
        super().__init__(
            max_length=20, validators=[validate_telephone], widget=forms.TextInput(attrs=attrs), **kwargs
        )


class SiretField(forms.CharField):
    """Fourteen digits, often typed in groups."""

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"inputmode": "numeric", "autocomplete": "off", "maxlength": 20}
        super().__init__(validators=[validate_siret], widget=forms.TextInput(attrs=attrs), **kwargs)

    def to_python(self, value: Any) -> str:
        return re.sub(r"\s", "", super().to_python(value) or "")


class NombreField(forms.IntegerField):
    """A number of mesures: « 1 600 » is read, a negative or half one is not; empty is not 0."""

    # Django reads « 1.000 » as 1, where some mean a thousand: better refused.
    re_decimal = re.compile(r"(?!)")

    def __init__(self, *, maximum: int = 100_000, **kwargs: Any) -> None:
        entier = "Écrivez un nombre entier, par exemple 60."
        super().__init__(
            validators=[MaxValueValidator(maximum, f"Écrivez un nombre d'au plus {maximum:_}.".replace("_", " "))],
            widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "maxlength": 10}),
            error_messages={"invalid": entier},
            **kwargs,
        )

    def to_python(self, value: Any) -> int | None:
        nombre = super().to_python(re.sub(r"\s", "", value) if isinstance(value, str) else value)
        if nombre is not None and nombre < 0:
            raise forms.ValidationError("Écrivez un nombre positif, ou 0.", code="min_value")
        return nombre


def probleme_de_code_postal(code: str, commune: Commune) -> str | None:
    """Why `code` can't be that of an address in `commune`; None when it can.

    A code that no commune has (CEDEX) is kept as typed, as for a mesure.
    """
    if code in commune.codes_postaux or not Commune.objects.filter(codes_postaux__contains=[code]).exists():
        return None
    return "Ce code postal n'est pas celui de cette commune."
