from __future__ import annotations

from mesures.models.mesure import Mesure


class ReservationAExpirer(Mesure):
    """A reservation as the site's team lists it: that it may be looked at, no more."""

    class Meta:
        proxy = True
        verbose_name = "réservation près d'expirer"
        verbose_name_plural = "réservations près d'expirer"
        default_permissions = ("view",)
