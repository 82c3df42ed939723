from __future__ import annotations

from functools import partial

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from etablissements.recherche import chercher_etablissements
from tribunaux.views import repondre


@login_not_required
@require_safe
def recherche_etablissements(request: HttpRequest) -> HttpResponse:
    """`prefere`, a primary key, may be repeated: those come first (a préposé's own)."""
    preferes = [int(cle) for cle in request.GET.getlist("prefere")[:50] if cle.isdecimal() and len(cle) < 19]
    return repondre(
        request,
        chercher=partial(chercher_etablissements, preferes=preferes),
        titre="Rechercher un établissement",
        aide="Nom, ville ou numéro FINESS (le répertoire national des établissements), par exemple « Tilleuls », "
        "« Calais » ou « 620100057 ».",
    )
