"""What is done to an account, by its owner, an admin or another app."""

from __future__ import annotations

from collections.abc import Mapping

from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress
from allauth.account.utils import user_pk_to_url_str
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db import transaction
from django.db.models import Q, Value
from django.db.models.functions import Lower

from accounts.courriels import envoyer_courriel, lien
from accounts.models import User


def trouver_compte(saisie: str) -> User | None:
    """The account of this identifiant or login e-mail, whatever its case. One query for both, known or not.

    An identifiant has no "@": the two never name two accounts. The database compares, as its unique
    constraints do.
    """
    saisie = saisie.strip()
    if not saisie:
        return None
    cle = Lower(Value(saisie))
    comptes = User.objects.alias(identifiant=Lower("username"), adresse=Lower("email"))
    return comptes.filter(Q(identifiant=cle) | Q(adresse=cle)).first()


@transaction.atomic
def accorder_adresse(*, user: User) -> None:
    """Make allauth's table say what `User.email`, the only login e-mail, says.

    allauth takes an address of the account that is not verified for one that its owner wants to
    change to, and would drop it, with `User.email`, when they ask for another.
    """
    adresse = user.email.lower()
    if EmailAddress.objects.filter(user=user, email=adresse, verified=True, primary=True).exists():
        return
    EmailAddress.objects.filter(
        Q(user=user, verified=True) | Q(user=user, email=adresse) | Q(email=adresse, verified=True)
    ).delete()
    if adresse:
        EmailAddress.objects.create(user=user, email=adresse, verified=True, primary=True)


@transaction.atomic
def ouvrir_compte(*, user: User) -> None:
    """Write a new account without a password, and invite its holder to choose one."""
    user.set_unusable_password()
    user.full_clean(exclude=["password"])
    user.save()
    accorder_adresse(user=user)
    inviter(user=user)


def inviter(*, user: User) -> None:
    """Send the identifiant, and a link that lets its holder choose a password once."""
    cle = default_token_generator.make_token(user)
    envoyer_courriel(
        destinataire=user.email,
        gabarit="accounts/courriels/invitation",
        contexte={
            "user": user,
            "lien": lien("account_reset_password_from_key", user_pk_to_url_str(user), cle),
            "lien_oubli": lien("account_reset_password"),
            "heures": settings.PASSWORD_RESET_TIMEOUT // 3600,
        },
    )


def choisir_courriels(*, user: User, choix: Mapping[str, bool]) -> None:
    """Write which mails the user wants, by names of fields, and nothing else of the row."""
    User.objects.filter(pk=user.pk).update(**choix)


@transaction.atomic
def deconnecter_partout(*, user: User) -> None:
    """End every session of this account: its owner asks for it, or the account was deactivated."""
    for session in UserSession.objects.filter(user=user):
        session.end()
