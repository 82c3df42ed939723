"""The forms by which a service gets its users: the invitation, and the account of who accepts it."""

from __future__ import annotations

from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout, Row
from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from accounts.champs import AdresseEmailField
from accounts.forms import REGLE_DU_MOT_DE_PASSE
from accounts.models import User
from mandataires.forms.inscription import InscriptionForm

DEMANDES = InscriptionForm.base_fields


class InvitationForm(forms.Form):
    email = AdresseEmailField(
        label="Adresse e-mail de votre collègue",
        help_text="Le lien n'est envoyé qu'à cette adresse. Format : nom@domaine.fr",
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Indiquez une adresse e-mail."},
    )


class AcceptationForm(forms.Form):
    """What sign-up asks for an account, less the address, which is the one that was written to.

    A former member, whose account is there already (`ancien`), only chooses a password.
    """

    identifiant = DEMANDES["identifiant"]
    prenom = DEMANDES["prenom"]
    nom = DEMANDES["nom"]
    mot_de_passe = DEMANDES["mot_de_passe"]

    def __init__(self, *args: Any, email: str, ancien: User | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._email, self._ancien = email, ancien
        champs: list[Any] = ["mot_de_passe"]
        if ancien is None:
            champs = ["identifiant", Row("prenom", "nom"), *champs]
        else:
            for nom in ("identifiant", "prenom", "nom"):
                del self.fields[nom]
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.layout = Layout(*champs)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if "mot_de_passe" in data:
            try:
                validate_password(data["mot_de_passe"], self.compte)
            except ValidationError as error:
                self.add_error("mot_de_passe", error)
        if self.errors and "mot_de_passe" not in self.errors:
            self[
                "mot_de_passe"
            ].help_text = f"Par sécurité, il n'est pas réaffiché : écrivez-le de nouveau. {REGLE_DU_MOT_DE_PASSE}"
        return data

    @property
    def compte(self) -> User:
        """The account of the former member, or a new one, not written yet."""
        if self._ancien is not None:
            return self._ancien
        data = self.cleaned_data
        return User(
            username=data.get("identifiant", ""),
            email=self._email,
            first_name=data.get("prenom", ""),
            last_name=data.get("nom", ""),
        )
