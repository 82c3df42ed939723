"""The mails of the demonstration, open to all: routed only when `COURRIER_VISIBLE` is on."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from emjpm.courrier.fichiers import lire_courriels


@login_not_required
@never_cache
@require_safe
def courrier(request: HttpRequest) -> HttpResponse:
    courriels = lire_courriels(Path(settings.EMAIL_FILE_PATH))
    return render(request, "emjpm/courrier.html", {"courriels": courriels})


@login_not_required
@never_cache
@require_safe
def courriel(request: HttpRequest, nom: str) -> HttpResponse:
    """`nom` is only compared with those of the list: it never becomes a path."""
    for lu in lire_courriels(Path(settings.EMAIL_FILE_PATH)):
        if lu.nom == nom:
            return render(request, "emjpm/courriel.html", {"courriel": lu})
    raise Http404
