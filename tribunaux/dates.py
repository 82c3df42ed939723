from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime

from django.utils import formats, timezone


def en_lettres(jour: date | datetime) -> str:
    """« 1er février 2026 », « 2 février 2026 »: a day as it is written in French, in the time zone of the site."""
    if isinstance(jour, datetime):
        jour = timezone.localdate(jour)
    return formats.date_format(jour, r"j\e\r F Y" if jour.day == 1 else "j F Y")


def duree(debut: date, fin: date) -> str:
    """« 3 ans et 2 mois », in whole months; « moins d'un mois » below one.

    A month that has no such day ends on its last one, as in procedure: from 31 January to 28 February is a month.
    """
    mois = (fin.year - debut.year) * 12 + fin.month - debut.month
    dernier = monthrange(fin.year, fin.month)[1]
    if fin.day < min(debut.day, dernier):
        mois -= 1
    if mois < 1:
        return "moins d'un mois"
    ans, mois = divmod(mois, 12)
    parties = [f"{ans} an{'s' if ans > 1 else ''}"] if ans else []
    return " et ".join([*parties, f"{mois} mois"] if mois else parties)
