"""The users of a service: who they are, how they leave, who administers. How they come is in `invitations`."""

from __future__ import annotations

import pghistory
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone

from accounts.courriels import envoyer_courriel, lien
from accounts.models import User
from accounts.services import deconnecter_partout
from mandataires.models import Invitation, Mandataire, Membre
from mandataires.permissions import check_can_gerer_les_membres, service_agissant
from mandataires.services import verrouiller_charges

DERNIER_ADMINISTRATEUR = (
    "Le service n'a pas d'autre administrateur : confiez d'abord l'administration à un autre utilisateur."
)


def membres_de(mandataire: Mandataire) -> QuerySet[Membre]:
    """The members by name, with `depuis`, the moment they came, which their history holds."""
    arrivees = (
        apps.get_model("mandataires", "MembreHistorique")
        ._default_manager.filter(pgh_obj=OuterRef("pk"), pgh_label="insert")
        .order_by("pgh_id")
    )
    return (
        mandataire.membres.select_related("user")
        .annotate(depuis=Subquery(arrivees.values("pgh_created_at")[:1]))
        .order_by("user__last_name", "user__first_name", "pk")
    )


def administrateurs_de(mandataire_id: int) -> QuerySet[Membre]:
    """The members who may manage the others, now: an account that is closed administers nothing."""
    admins = Membre.objects.filter(mandataire=mandataire_id, est_admin=True, user__is_active=True)
    return admins.select_related("user").order_by("pk")


@transaction.atomic
def retirer_membre(*, membre: Membre, author: User) -> None:
    """Take a user away from the service: their account closes, and they are told.

    What they recorded keeps their name. Raises Refus, ValidationError. An administrator is left: the author.
    """
    membre = _reprendre(membre, author)
    if membre.user_id == author.pk:
        raise ValidationError("Pour partir, choisissez « Quitter le service ».")
    _faire_partir(membre)
    envoyer_courriel(
        destinataire=membre.user.email,
        gabarit="mandataires/courriels/membre_retire",
        contexte={"service": membre.mandataire, "auteur": author},
    )


@transaction.atomic
def quitter_service(*, author: User) -> None:
    """Leave one's service: one's account closes, and the administrators are told.

    Raises Refus, and ValidationError for the last administrator.
    """
    mandataire_id = service_agissant(author).mandataire_id
    verrouiller_charges(mandataire_id)
    membre = Membre.objects.select_related("user", "mandataire").filter(user=author.pk).first()
    if membre is None:
        raise ValidationError("Vous n'êtes plus utilisateur de ce service.")
    _check_reste_un_administrateur(membre)
    _faire_partir(membre)
    prevenir_administrateurs(membre=membre, gabarit="mandataires/courriels/membre_parti")


@transaction.atomic
def confier_administration(*, membre: Membre, author: User) -> None:
    """Let a member manage the others. Raises Refus, and ValidationError for an account that is closed."""
    membre = _reprendre(membre, author)
    if not membre.user.is_active:
        raise ValidationError(f"{membre} ne peut pas se connecter : son compte est fermé.")
    _changer_role(membre, est_admin=True)


@transaction.atomic
def retirer_administration(*, membre: Membre, author: User) -> None:
    """Let a member manage the others no longer. Raises Refus, and ValidationError for the last administrator."""
    membre = _reprendre(membre, author)
    _check_reste_un_administrateur(membre)
    _changer_role(membre, est_admin=False)
    annuler_invitations_de(membre)


def annuler_invitations_de(membre: Membre) -> None:
    """Whoever no longer administers the service answers for nobody: what they sent opens no account any more."""
    envoyees = Invitation.objects.en_attente().filter(mandataire=membre.mandataire_id, by=membre.user_id)
    envoyees.update(annulee_at=timezone.now())


def prevenir_administrateurs(*, membre: Membre, gabarit: str) -> None:
    """Tell the administrators of the service what this member did, but for themselves."""
    for admin in administrateurs_de(membre.mandataire_id).exclude(user=membre.user_id):
        envoyer_courriel(
            destinataire=admin.user.email,
            gabarit=gabarit,
            contexte={"service": membre.mandataire, "personne": membre.user, "lien": lien("membres")},
        )


def _reprendre(membre: Membre, author: User) -> Membre:
    """Lock the service's acts, check the right, and read the member again: two acts never cross."""
    verrouiller_charges(membre.mandataire_id)
    check_can_gerer_les_membres(author, membre.mandataire_id)
    actuel = Membre.objects.select_related("user", "mandataire").filter(pk=membre.pk).first()
    if actuel is None:
        raise ValidationError("Cette personne n'est plus utilisateur du service.")
    return actuel


def _check_reste_un_administrateur(membre: Membre) -> None:
    if membre.est_admin and not administrateurs_de(membre.mandataire_id).exclude(pk=membre.pk).exists():
        raise ValidationError(DERNIER_ADMINISTRATEUR)


def _changer_role(membre: Membre, *, est_admin: bool) -> None:
    if membre.est_admin != est_admin:
        membre.est_admin = est_admin
        membre.save(update_fields=["est_admin"])


def _faire_partir(membre: Membre) -> None:
    """The binding goes, the account stays, closed: it is the author of what was done.

    Its history keeps whether the account was open by then: see `invitations.compte_a_rouvrir`.
    """
    annuler_invitations_de(membre)
    with pghistory.context(compte_ouvert=membre.user.is_active):
        membre.delete()
    membre.user.is_active = False
    membre.user.save(update_fields=["is_active"])
    deconnecter_partout(user=membre.user)
