from django.core.exceptions import PermissionDenied


class Refus(PermissionDenied):
    """An act or a page that this user may not have. Its text is the French sentence that the 403 page shows."""
