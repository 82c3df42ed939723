from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from emjpm import saisies


def site(request: HttpRequest) -> dict[str, Any]:
    """What the frame of every page says of the product, from the settings; no query."""
    return {
        "site": {
            "nom": settings.PRODUCT_NAME,
            "accroche": settings.PRODUCT_TAGLINE,
            "marque_etat": settings.STATE_BRAND,
            "operateur": settings.OPERATOR_NAME,
            "contact": settings.CONTACT_EMAIL,
            "est_demonstration": settings.DEMONSTRATION_BANNER,
            "fond_de_carte": settings.CARTE_FOND.nom,
            "courrier_visible": settings.COURRIER_VISIBLE,
        },
        "champ_auteur": {
            "nom": saisies.CHAMP_AUTEUR,
            "valeur": lambda: saisies.signer(request.user.pk) if request.user.is_authenticated else "",
        },
    }
