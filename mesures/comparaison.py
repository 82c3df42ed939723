"""How a label that people write is compared with those that we know."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

SEPARATEURS = re.compile(r"[\W_]+")


@lru_cache(maxsize=4096)
def cle(texte: str) -> str:
    """A label without accents, case, hyphens, underscores or repeated spaces."""
    nu = "".join(c for c in unicodedata.normalize("NFKD", texte) if not unicodedata.combining(c))
    return SEPARATEURS.sub(" ", nu.casefold()).strip()
