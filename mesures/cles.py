"""Primary keys that an address or a hidden field gives: whatever is no key is nothing, and no error."""

from __future__ import annotations

LONGUEUR_DE_CLE = 18  # digits: PostgreSQL would refuse to compare more with a key


def lire_cle(texte: str) -> int | None:
    est_une_cle = texte.isascii() and texte.isdecimal() and len(texte) <= LONGUEUR_DE_CLE
    return int(texte) if est_une_cle else None
