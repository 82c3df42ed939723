from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest

from accounts.services import trouver_compte


class CompteBackend(AuthenticationBackend):
    """Log in by identifiant or login e-mail, with one look-up and one hash whatever is typed.

    allauth's own would take an address that nobody confirmed yet, and hash twice for a known e-mail,
    once for an unknown one: the time of the answer would tell which.
    """

    def _authenticate(self, request: HttpRequest | None, **credentials: Any) -> AbstractBaseUser | None:
        compte = trouver_compte(credentials.get("username") or credentials.get("email") or "")
        return self._check_password(compte, credentials["password"])
