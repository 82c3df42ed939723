"""What is refused, and how a person reads it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest


class Refus(PermissionDenied):
    """An act or a page that this user may not have. Its text is the French sentence that the 403 page shows."""


@contextmanager
def refus_annonces(request: HttpRequest) -> Iterator[None]:
    """For a button, which has no form to come back to: a ValidationError is said on the next page."""
    try:
        yield
    except ValidationError as erreur:
        messages.error(request, " ".join(erreur.messages))
