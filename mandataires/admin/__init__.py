"""MJPM in the Django admin: requests to answer, services to open, establishments to match."""

from mandataires.admin.mandataire import MandataireAdmin

__all__ = ["MandataireAdmin"]
