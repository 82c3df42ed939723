"""Where a page leads back to, once its act is done or given up."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

PARAMETRE = "retour"


def adresse_de_retour(request: HttpRequest, defaut: str) -> str:
    """The address in `?retour=`, such as a list with its filters and page; `defaut` unless it is one of ours."""
    adresse = request.GET.get(PARAMETRE, "")
    sure = url_has_allowed_host_and_scheme(adresse, {request.get_host()}, require_https=request.is_secure())
    return adresse if sure and adresse.startswith("/") else defaut
