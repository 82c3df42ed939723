"""What a user may do with a mesure, and why not: apart from the rule of its state (`mesures.transitions`)."""

from __future__ import annotations

from accounts.models import User
from accounts.refus import Refus
from mandataires.models import Mandataire
from mandataires.permissions import magistrat_agissant, membre_agissant


def check_can_agir_pour(user: User, mandataire_id: int) -> None:
    """Raise Refus unless `user` is a member of this MJPM."""
    if membre_agissant(user).mandataire_id != mandataire_id:
        raise Refus("Seul le mandataire de cette mesure peut la modifier.")


def check_can_reserver(user: User, mandataire: Mandataire) -> None:
    """Raise Refus unless `user` is of a court on whose list this MJPM stands, with somebody to answer."""
    tribunal = magistrat_agissant(user).tribunal_actuel
    if not Mandataire.objects.visible_to(user).de_la_liste(tribunal).filter(pk=mandataire.pk).exists():
        raise Refus(
            f"{mandataire} n'est pas sur la liste de votre tribunal : aucune mesure ne peut lui être réservée. "
            "Choisissez un mandataire de cette liste, ou demandez à celui-ci d'ajouter votre tribunal à ses "
            "informations."
        )


def check_can_transferer(user: User) -> None:
    """Raise Refus unless `user` is of the site's team and may transfer mesures."""
    if not (user.is_staff and user.has_perm("mesures.add_transfert")):
        raise Refus("Seul un administrateur peut transférer des mesures.")
