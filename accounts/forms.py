"""allauth's forms in this site's words, without placeholders: labels and hints say what is expected."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as allauth_forms
from allauth.account.adapter import get_adapter
from django import forms

from accounts.models import User
from accounts.services import trouver_compte

REGLE_DU_MOT_DE_PASSE = (
    "10 caractères au moins ; les majuscules et les espaces comptent. "
    "Évitez votre nom et les mots de passe courants."
)


def _presenter(field: forms.Field, label: str, *, aide: str = "", **attrs: str) -> None:
    field.label = label
    field.help_text = aide
    field.widget.attrs = attrs


def _presenter_nouveau_mot_de_passe(form: forms.Form) -> None:
    _presenter(
        form.fields["password1"],
        "Nouveau mot de passe",
        aide=REGLE_DU_MOT_DE_PASSE,
        autocomplete="new-password",
    )
    _presenter(form.fields["password2"], "Confirmez le nouveau mot de passe", autocomplete="new-password")


class ConnexionForm(allauth_forms.LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _presenter(
            self.fields["login"],
            "Identifiant ou adresse e-mail",
            autocomplete="username",
            autocapitalize="none",
            spellcheck="false",
        )
        _presenter(
            self.fields["password"],
            "Mot de passe",
            aide="Les majuscules et les espaces comptent.",
            autocomplete="current-password",
        )


class MotDePasseOublieForm(allauth_forms.ResetPasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _presenter(
            self.fields["email"],
            "Adresse e-mail de connexion",
            aide="Celle de votre compte. Format attendu : nom@domaine.fr",
            type="email",
            autocomplete="email",
        )

    def clean_email(self) -> str:
        """allauth would also write to an address that an account asks to change to, not confirmed yet."""
        email: str = self.cleaned_data["email"]
        compte = trouver_compte(email)
        self.users = [compte] if compte and compte.is_active else []
        return email


class LienForm(allauth_forms.UserTokenForm):
    """What the link of a forgotten password says: account and token."""

    reset_user: User | None  # type: ignore[assignment]

    def clean(self) -> dict[str, Any]:
        cleaned_data: dict[str, Any] = super().clean()  # type: ignore[no-untyped-call]
        if self.reset_user is None or not self.reset_user.is_active:
            raise get_adapter().validation_error("invalid_password_reset")
        return cleaned_data


class NouveauMotDePasseForm(allauth_forms.ResetPasswordKeyForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _presenter_nouveau_mot_de_passe(self)


class PremierMotDePasseForm(allauth_forms.SetPasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _presenter_nouveau_mot_de_passe(self)


class ChangementMotDePasseForm(allauth_forms.ChangePasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _presenter(self.fields["oldpassword"], "Mot de passe actuel", autocomplete="current-password")
        _presenter_nouveau_mot_de_passe(self)


class ChangementEmailForm(allauth_forms.AddEmailForm):
    # allauth's view tells its buttons apart by their names; ours has none.
    action_add = forms.CharField(widget=forms.HiddenInput, initial="1", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _presenter(
            self.fields["email"],
            "Nouvelle adresse e-mail",
            aide="Format attendu : nom@domaine.fr",
            type="email",
            autocomplete="email",
        )


AIDES_DU_MANDATAIRE = {
    "courriel_reservations": "Un tribunal vous réserve une mesure, modifie sa réservation ou l'annule.",
    "courriel_echeances": "Une réservation expire dans une semaine, a expiré, ou est prolongée.",
    "courriel_rappels": "Vos données n'ont pas été mises à jour depuis un mois.",
}
AIDES_DU_MAGISTRAT = {
    "courriel_reservations": "Un mandataire a validé ou refusé une mesure réservée, ou signale une interruption.",
    "courriel_echeances": "Une réservation expire dans une semaine, ou a expiré.",
}


class CourrielsForm(forms.ModelForm):  # type: ignore[type-arg]  # Django takes no argument at run time
    """Which mails the site may write of its own accord, among those that concern the user's role."""

    class Meta:
        model = User
        fields = ["courriel_reservations", "courriel_echeances", "courriel_rappels"]
        labels = {
            "courriel_reservations": "Les réservations",
            "courriel_echeances": "Leurs échéances",
            "courriel_rappels": "Le rappel mensuel",
        }

    def __init__(self, *args: Any, est_magistrat: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if est_magistrat:
            del self.fields["courriel_rappels"]
        for nom, aide in (AIDES_DU_MAGISTRAT if est_magistrat else AIDES_DU_MANDATAIRE).items():
            self.fields[nom].help_text = aide


class VerificationForm(allauth_forms.ReauthenticateForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _presenter(self.fields["password"], "Mot de passe", autocomplete="current-password")
