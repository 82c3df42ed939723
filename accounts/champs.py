"""Form fields of an account that does not exist yet, at sign-up and in the admin."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import UsernameField
from django.core.exceptions import ValidationError

from accounts.models import User, validate_identifiant
from accounts.services import trouver_compte

IDENTIFIANT_PRIS = "Cet identifiant est déjà pris : choisissez-en un autre."


class IdentifiantField(UsernameField):
    """A new identifiant: chosen by a person, so it is said when it is taken."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("validators", [validate_identifiant])
        super().__init__(min_length=3, max_length=150, **kwargs)

    def clean(self, value: Any) -> str:
        identifiant: str = super().clean(value)
        if trouver_compte(identifiant):
            raise ValidationError(IDENTIFIANT_PRIS, code="pris")
        return identifiant


class AdresseEmailField(forms.EmailField):
    """The address of an account, in the lower case under which it is kept and compared."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=254, **kwargs)

    def clean(self, value: Any) -> str:
        adresse: str = super().clean(value)
        return adresse.lower()


class NouveauCompteForm(forms.Form):
    """For the admin's forms that open an account together with what it is bound to."""

    compte_identifiant = IdentifiantField(label="Identifiant", help_text="3 caractères au moins, sans « @ ».")
    compte_prenom = forms.CharField(label="Prénom", max_length=150)
    compte_nom = forms.CharField(label="Nom", max_length=150)
    compte_email = AdresseEmailField(
        label="Adresse e-mail de connexion",
        help_text="Un lien pour choisir un mot de passe, une seule fois, y est envoyé avec l'identifiant.",
    )

    CHAMPS_DU_COMPTE = ["compte_identifiant", "compte_prenom", "compte_nom", "compte_email"]

    def clean_compte_email(self) -> str:
        adresse: str = self.cleaned_data["compte_email"]
        if adresse and trouver_compte(adresse):
            raise ValidationError("Cette adresse e-mail est déjà celle d'un compte.")
        return adresse

    @property
    def compte(self) -> User:
        """The account, not written yet."""
        data = self.cleaned_data
        return User(
            username=data["compte_identifiant"],
            first_name=data["compte_prenom"],
            last_name=data["compte_nom"],
            email=data["compte_email"],
        )
