"""What each side of a reservation is told by mail: one mail an event, to whoever wants them.

A mail says which court or which MJPM, and where to read more: never a RG, a genre, a year nor a town where
somebody lives.
"""

from __future__ import annotations

from django.db.models import Q, QuerySet

from accounts.courriels import envoyer_courriel, lien
from accounts.models import User
from mesures.models import Mesure

# The field of `User` by which each kind of mail is wanted.
EVENEMENT = "courriel_reservations"
ECHEANCE = "courriel_echeances"


def prevenir_mandataire(reservation: Mesure, gabarit: str, choix: str = EVENEMENT) -> None:
    """Write to the members of its MJPM: `reservation_<gabarit>` of the templates."""
    membres = User.objects.filter(membre__mandataire=reservation.mandataire_id)
    _ecrire(membres, choix, gabarit, reservation, lien("reservation_repondre", reservation.pk))


def prevenir_tribunal(reservation: Mesure, gabarit: str, choix: str = EVENEMENT) -> None:
    """Write to who reserved; to the whole court when they are no longer there."""
    assert reservation.tribunal is not None
    du_tribunal = User.objects.filter(magistrat__tribunal__actuel=reservation.tribunal.actuel_id, is_active=True)
    auteur = du_tribunal.filter(Q(pk=reservation.reserve_by_id))
    destinataires = auteur if auteur.exists() else du_tribunal
    _ecrire(destinataires, choix, gabarit, reservation, lien("mesure_du_tribunal", reservation.pk))


def _ecrire(users: QuerySet[User], choix: str, gabarit: str, reservation: Mesure, adresse: str) -> None:
    voulus = users.filter(is_active=True, **{choix: True}).order_by("pk")
    tribunal = reservation.tribunal
    contexte = {
        "tribunal": tribunal and tribunal.actuel,
        "mandataire": reservation.mandataire,
        "expire_le": reservation.expire_le,
        "est_tardive": reservation.est_tardive,
        "lien": adresse,
    }
    for email in voulus.values_list("email", flat=True):
        envoyer_courriel(destinataire=email, gabarit=f"mesures/courriels/reservation_{gabarit}", contexte=contexte)
