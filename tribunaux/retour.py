"""Where a page leads back to, once its act is done or given up."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest, QueryDict
from django.utils.http import url_has_allowed_host_and_scheme

PARAMETRE = "retour"


def adresse_de_retour(request: HttpRequest, defaut: str, *, hors_de: str = "") -> str:
    """The address in `?retour=`, such as a list with its filters and page; `defaut` unless it is one of ours.

    Under the path `hors_de` no page is left: one of those gives way to the address that it leads back to itself.
    """
    adresse = request.GET.get(PARAMETRE, "")
    while _est_du_site(request, adresse):
        morceaux = urlsplit(adresse)
        if not (hors_de and morceaux.path.startswith(hors_de)):
            return adresse
        adresse = QueryDict(morceaux.query).get(PARAMETRE, "")
    return defaut


def vers_ici(request: HttpRequest) -> str:
    """What the links of a list say, for their pages to lead back to it as it stands."""
    return urlencode({PARAMETRE: request.get_full_path()})


def _est_du_site(request: HttpRequest, adresse: str) -> bool:
    sure = url_has_allowed_host_and_scheme(adresse, {request.get_host()}, require_https=request.is_secure())
    return sure and adresse.startswith("/")
