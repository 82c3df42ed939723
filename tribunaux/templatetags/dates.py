from __future__ import annotations

from datetime import date, datetime

from django import template

from tribunaux import dates

register = template.Library()


@register.filter
def en_lettres(jour: date | datetime) -> str:
    """See `tribunaux.dates.en_lettres`."""
    return dates.en_lettres(jour)


@register.filter
def duree_jusqu_au(debut: date, fin: date) -> str:
    """See `tribunaux.dates.duree`."""
    return dates.duree(debut, fin)
