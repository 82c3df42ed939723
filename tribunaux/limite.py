"""A limit on how often one client asks, for public pages that search."""

from __future__ import annotations

import ipaddress
import time

from allauth.account.adapter import get_adapter
from django.core.cache import cache
from django.http import HttpRequest

FENETRE = 60  # seconds


def demande_trop(request: HttpRequest, *, action: str, par_minute: int) -> bool:
    """Count this request, and say whether its client asked more than `par_minute` in the present minute.

    Somebody who is logged in counts for themselves: a court or a hospital has one address for all. The
    count is read then written, so two requests at once may count for one: enough to slow a machine down.
    """
    cle = f"limite:{action}:{_client(request)}"
    maintenant = time.time()
    debut, nombre = cache.get(cle, (maintenant, 0))
    if maintenant - debut >= FENETRE:
        debut, nombre = maintenant, 0
    if nombre >= par_minute:
        return True
    cache.set(cle, (debut, nombre + 1), FENETRE)
    return False


def _client(request: HttpRequest) -> str:
    if request.user.is_authenticated:
        return f"utilisateur:{request.user.pk}"
    adresse = ipaddress.ip_address(get_adapter(request).get_client_ip(request))
    if adresse.version == 6:  # a subscriber has a whole /64 at will
        return str(ipaddress.ip_network((adresse, 64), strict=False))
    return str(adresse)
