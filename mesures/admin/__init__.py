"""Mesures in the Django admin: transfers, in counts, and which reservations expire. No mesure is shown there."""

from mesures.admin.reservations import ReservationAExpirerAdmin
from mesures.admin.transfert import TransfertAdmin

__all__ = ["ReservationAExpirerAdmin", "TransfertAdmin"]
