"""How somebody comes to a service that has an account already: its administrator invites, they accept.

The link is the only key: its secret is in the mail, its SHA-256 in the table.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

import pghistory
from allauth.account.models import EmailAddress
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.courriels import envoyer_courriel, lien
from accounts.models import User
from accounts.services import accorder_adresse, trouver_compte
from mandataires.membres import prevenir_administrateurs
from mandataires.models import Invitation, Mandataire, Membre
from mandataires.permissions import check_can_gerer_les_membres
from mandataires.services import verrouiller_charges

VALIDITE = timedelta(days=7)


class InvitationPerimee(Exception):
    """The link opens nothing, or no longer: unknown, used, cancelled, past its term, or its address taken."""


class AdressePrise(Exception):
    """The address is that of an account which no invitation may touch."""

    def __init__(self, titulaire: User) -> None:
        super().__init__("Cette adresse est celle d'un compte.")
        self.titulaire = titulaire


def compte_a_rouvrir(*, email: str) -> User | None:
    """The account of a former member with this address, closed when they left; None when nobody has it.

    Raises AdressePrise for any other account: in use, waiting for an admin, or closed by one, be it before its
    member left.
    """
    compte = trouver_compte(email)
    if compte is None:
        return None
    est_libre = not (
        compte.is_active or compte.is_staff or hasattr(compte, "membre") or hasattr(compte, "magistrat")
    )
    departs = apps.get_model("mandataires", "MembreHistorique")._default_manager.filter(
        user=compte.pk, pgh_label="delete"
    )
    dernier = departs.order_by("pgh_id").values_list("pgh_context__metadata__compte_ouvert", flat=True).last()
    if not (est_libre and dernier):
        raise AdressePrise(compte)
    return compte


# --- The service's side ------------------------------------------------------------------------------


@transaction.atomic
def inviter_membre(*, mandataire: Mandataire, email: str, author: User) -> Invitation:
    """Write to somebody that they may join the service.

    Nothing tells the author whether the address is known here (S6): the invitation of somebody who has an
    account elsewhere looks the same, and opens nothing. Raises Refus, ValidationError.
    """
    _commencer(mandataire.pk, author)
    if Membre.objects.filter(mandataire=mandataire, user__email=email.lower()).exists():
        raise ValidationError("Cette personne est déjà utilisateur de votre service.")
    precedente = Invitation.objects.en_attente().filter(mandataire=mandataire, email=email.lower()).first()
    if precedente is not None and not precedente.est_expiree:
        raise ValidationError(
            "Cette personne est déjà invitée. Si elle n'a rien reçu, renvoyez-lui son invitation depuis la liste."
        )
    if precedente is not None:
        _annuler(precedente)
    return _envoyer(mandataire, email, author)


@transaction.atomic
def renvoyer_invitation(*, invitation: Invitation, author: User) -> Invitation:
    """Send another link, for another seven days; the one sent before dies. Raises Refus, ValidationError."""
    actuelle = _reprendre(invitation, author)
    _annuler(actuelle)
    return _envoyer(actuelle.mandataire, actuelle.email, author)


@transaction.atomic
def annuler_invitation(*, invitation: Invitation, author: User) -> None:
    """Let the link open no longer. Raises Refus, ValidationError."""
    _annuler(_reprendre(invitation, author))


def _commencer(mandataire_id: int, author: User) -> None:
    verrouiller_charges(mandataire_id)
    check_can_gerer_les_membres(author, mandataire_id)


def _reprendre(invitation: Invitation, author: User) -> Invitation:
    _commencer(invitation.mandataire_id, author)
    actuelle = Invitation.objects.en_attente().select_related("mandataire").filter(pk=invitation.pk).first()
    if actuelle is None:
        raise ValidationError("Cette invitation a déjà été acceptée ou annulée.")
    return actuelle


def _annuler(invitation: Invitation) -> None:
    invitation.annulee_at = timezone.now()
    invitation.save(update_fields=["annulee_at"])


def _envoyer(mandataire: Mandataire, email: str, author: User) -> Invitation:
    secret = secrets.token_urlsafe(32)
    invitation = Invitation(
        mandataire=mandataire,
        email=email.lower(),
        empreinte=_empreinte(secret),
        expire_at=timezone.now() + VALIDITE,
        by=author,
    )
    invitation.full_clean()
    invitation.save()
    contexte = {"service": mandataire, "auteur": author, "jours": VALIDITE.days}
    try:
        compte_a_rouvrir(email=invitation.email)
    except AdressePrise as prise:
        # The secret is dropped: nobody ever holds this link.
        gabarit, destinataire = "invitation_deja_inscrit", prise.titulaire.email
    else:
        gabarit, destinataire = "invitation_service", invitation.email
        contexte["lien"] = lien("invitation", secret)
    envoyer_courriel(destinataire=destinataire, gabarit=f"mandataires/courriels/{gabarit}", contexte=contexte)
    return invitation


def _empreinte(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


# --- The guest's side --------------------------------------------------------------------------------


def lire_invitation(secret: str) -> tuple[Invitation, User | None]:
    """The invitation that this link opens, and the account that it opens again, if there is one.

    Raises InvitationPerimee.
    """
    ouvertes = Invitation.objects.ouvertes().filter(mandataire__valide_at__isnull=False)
    invitation = ouvertes.select_related("mandataire").filter(empreinte=_empreinte(secret)).first()
    if invitation is None:
        raise InvitationPerimee
    try:
        return invitation, compte_a_rouvrir(email=invitation.email)
    except AdressePrise as prise:
        raise InvitationPerimee from prise


@transaction.atomic
def accepter_invitation(*, secret: str, user: User, mot_de_passe: str) -> User:
    """Open the account of the guest, or again that of a former member, and bind it to the service.

    `user` is a new account, or the one of `lire_invitation`. They may log in at once: the service answers
    for them, and the mail proved the address. Raises InvitationPerimee; ValidationError when another took the
    identifiant at the same moment.
    """
    mandataire_id = lire_invitation(secret)[0].mandataire_id
    user.set_password(mot_de_passe)  # slow on purpose: before the lock
    verrouiller_charges(mandataire_id)
    invitation, compte = lire_invitation(secret)  # again: two guests may have come with the same link
    if user.pk != (compte.pk if compte else None):
        raise InvitationPerimee
    try:
        with transaction.atomic(), pghistory.context(acte="invitation"):
            membre = _ouvrir(user, invitation)
    except IntegrityError as error:
        raise ValidationError("Votre compte n'a pas pu être créé : recommencez.", code="croisee") from error
    prevenir_administrateurs(membre=membre, gabarit="mandataires/courriels/membre_arrive")
    return user


def _ouvrir(user: User, invitation: Invitation) -> Membre:
    user.email = invitation.email
    user.is_active = True
    user.full_clean()
    user.save()
    # Nobody is logged in: the guest is the author of what follows.
    pghistory.context(user=user.pk)
    # An address that a former member had asked to change to is forgotten.
    EmailAddress.objects.filter(user=user).delete()
    accorder_adresse(user=user)
    invitation.acceptee_at, invitation.acceptee_by = timezone.now(), user
    invitation.save(update_fields=["acceptee_at", "acceptee_by"])
    return Membre.objects.create(user=user, mandataire=invitation.mandataire)
