"""What this site changes of django-allauth's account flows."""

from __future__ import annotations

import logging
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.ratelimit import respond_429
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse

from accounts.courriels import envoyer_courriel, lien
from accounts.services import trouver_compte

logger = logging.getLogger(__name__)

# The same sentence whatever is wrong: nobody learns here which accounts exist.
ECHEC_DE_CONNEXION = (
    "Identifiant, adresse e-mail ou mot de passe incorrect. "
    "Vérifiez les majuscules et les espaces du mot de passe."
)


class AccountAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": ECHEC_DE_CONNEXION,
        "username_password_mismatch": ECHEC_DE_CONNEXION,
        "duplicate_email": "C'est déjà l'adresse de votre compte.",
        "enter_current_password": "Ce n'est pas votre mot de passe actuel.",
        "incorrect_password": "Ce n'est pas votre mot de passe.",
    }

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("compte")

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never: accounts are asked for at /inscription/ and validated by an admin."""
        return False

    # --- Attempts to log in ----------------------------------------------------------------------

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count this attempt; past the limit, answer 429 before looking at the password."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError as error:
            compte = trouver_compte(credentials.get("email") or credentials.get("username", ""))
            logger.warning("Connexion bloquée pour un moment, compte %s.", compte.pk if compte else "inconnu")
            raise ImmediateHttpResponse(respond_429(request)) from error

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """One count an account: by identifiant or by e-mail it is the same, and a new password clears it."""
        saisie = credentials.get("email") or credentials.get("username", "")
        compte = trouver_compte(saisie)
        return f"compte:{compte.pk}" if compte else f"inconnu:{saisie.lower()}"

    # --- Mails -----------------------------------------------------------------------------------

    def get_reset_password_from_key_url(self, key: str) -> str:
        uid, _, jeton = key.partition("-")
        return lien("account_reset_password_from_key", uid, jeton)

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:
        return lien("account_confirm_email", emailconfirmation.key)

    def send_account_already_exists_mail(self, email: str) -> None:
        self.send_mail(
            "account/email/account_already_exists", email, {"password_reset_url": lien("account_reset_password")}
        )

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        envoyer_courriel(destinataire=email, gabarit=template_prefix, contexte=context)

    def send_password_reset_mail(self, user: AbstractBaseUser, email: str, context: dict[str, Any]) -> None:
        heures = settings.PASSWORD_RESET_TIMEOUT // 3600
        super().send_password_reset_mail(user, email, {**context, "heures": heures})

    def send_confirmation_mail(
        self,
        request: HttpRequest,
        emailconfirmation: Any,
        signup: bool,
    ) -> None:
        """Send the link that confirms an address; its holder is told, when it is another account's."""
        address: EmailAddress = emailconfirmation.email_address
        if _est_prise(address):
            self.send_account_already_exists_mail(address.email)
            return
        context = {
            "activate_url": self.get_email_confirmation_url(request, emailconfirmation),
            "heures": settings.ACCOUNT_EMAIL_CONFIRMATION_EXPIRE_DAYS * 24,
        }
        self.send_mail("account/email/email_confirmation", address.email, context)

    # --- Login e-mail ----------------------------------------------------------------------------

    @transaction.atomic
    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """Make this address the login e-mail, unless another account took it since it was asked for."""
        if _est_prise(email_address) or not email_address.user.is_active:
            self.add_message(request, messages.ERROR, "account/messages/email_confirmation_failed.txt")
            return False
        confirme: bool = super().confirm_email(request, email_address)
        return confirme

    def can_delete_email(self, email_address: EmailAddress) -> bool:
        """The login e-mail is changed, never removed: it is the way back to a forgotten password."""
        return not email_address.primary


def _est_prise(address: EmailAddress) -> bool:
    """Whether the address is already the login e-mail of somebody else."""
    titulaire = trouver_compte(address.email)
    return titulaire is not None and titulaire.pk != address.user_id
