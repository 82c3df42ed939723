"""What the address of a record keeps of the search: the list to go back to, and where the person lives."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpRequest

from tribunaux.models import Commune
from tribunaux.retour import PARAMETRE, adresse_de_retour

COMMUNE = "commune"


def commune_de_la_recherche(request: HttpRequest) -> Commune | None:
    """Where the search said that the person lives; None when the address names no commune that exists."""
    cle = request.GET.get(COMMUNE, "")
    return Commune.objects.filter(pk=cle).first() if cle.isalnum() else None


def suite_de_la_fiche(request: HttpRequest, commune: Commune | None) -> str:
    """The query string of a record, and of what is done from it, with both; or nothing."""
    retour = adresse_de_retour(request, "")
    gardes = {PARAMETRE: retour, COMMUNE: commune.pk if commune else ""}
    parametres = urlencode({nom: valeur for nom, valeur in gardes.items() if valeur})
    return f"?{parametres}" if parametres else ""
