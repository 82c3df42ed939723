from __future__ import annotations

from django.contrib.auth.models import AnonymousUser

from accounts.models import User
from accounts.refus import Refus
from mandataires.models import Mandataire, Membre, Note, membre_de
from tribunaux.models import Magistrat, magistrat_de


def membre_agissant(user: User | AnonymousUser) -> Membre:
    """The binding to a MJPM by which `user` acts. Raises Refus for anybody else."""
    membre = membre_de(user)
    if membre is None:
        raise Refus("Cette page est réservée aux mandataires.")
    return membre


def prepose_agissant(user: User | AnonymousUser) -> Membre:
    """The same, for what only a préposé has: establishments."""
    membre = membre_de(user)
    if membre is None or not membre.mandataire.est_prepose:
        raise Refus("Cette page est réservée aux mandataires préposés d'établissement.")
    return membre


def service_agissant(user: User | AnonymousUser) -> Membre:
    """The same, for what only a service has: a declared total, several users."""
    membre = membre_de(user)
    if membre is None or not membre.mandataire.est_service:
        raise Refus("Cette page est réservée aux services mandataires.")
    return membre


def check_can_gerer_les_membres(user: User, mandataire_id: int) -> None:
    """Raise Refus unless `user` administers this service.

    Asks the database, not the user in hand, whose role may have gone since it was read.
    """
    administre = Membre.objects.filter(
        user=user.pk,
        user__is_active=True,
        mandataire=mandataire_id,
        mandataire__type=Mandataire.Type.SERVICE,
        est_admin=True,
    )
    if not administre.exists():
        raise Refus("Seuls les administrateurs du service gèrent ses utilisateurs. Demandez-le à l'un d'eux.")


def check_can_modifier_profil(user: User, mandataire_id: int) -> None:
    """Raise Refus unless `user` is a member of this MJPM."""
    if membre_agissant(user).mandataire_id != mandataire_id:
        raise Refus("Seul le mandataire peut modifier ses informations.")


def magistrat_agissant(user: User | AnonymousUser) -> Magistrat:
    """The binding to a court by which `user` acts. Raises Refus for anybody else."""
    magistrat = magistrat_de(user)
    if magistrat is None:
        raise Refus("Cette page est réservée aux magistrats et aux greffiers.")
    return magistrat


def check_can_modifier_note(user: User, note: Note) -> None:
    """Raise Refus unless `user` wrote this note."""
    if note.auteur_id != magistrat_agissant(user).user_id:
        raise Refus("Seul l'auteur d'une note peut la modifier ou la supprimer.")


def check_can_repondre_aux_demandes(user: User) -> None:
    """Raise Refus unless `user` is of the site's team and may change MJPM."""
    if not (user.is_staff and user.has_perm("mandataires.change_mandataire")):
        raise Refus("Seul un administrateur peut répondre aux demandes et ouvrir des comptes.")
