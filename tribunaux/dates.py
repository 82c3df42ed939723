from __future__ import annotations

from datetime import date, datetime

from django.utils import formats, timezone


def en_lettres(jour: date | datetime) -> str:
    """« 1er février 2026 », « 2 février 2026 »: a day as it is written in French, in the time zone of the site."""
    if isinstance(jour, datetime):
        jour = timezone.localdate(jour)
    return formats.date_format(jour, r"j\e\r F Y" if jour.day == 1 else "j F Y")
