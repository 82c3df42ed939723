"""Mesures in the Django admin: transfers of portfolios, in counts. No mesure is shown there."""

from mesures.admin.transfert import TransfertAdmin

__all__ = ["TransfertAdmin"]
