from __future__ import annotations

from django.http import FileResponse, HttpRequest
from django.utils import timezone
from django.views.decorators.http import require_safe

from mesures.droit_d_acces import tableaux
from tribunaux.tableurs import Format, repondre


@require_safe
def mes_donnees(request: HttpRequest) -> FileResponse:
    """One's own data, whoever has an account."""
    assert request.user.is_authenticated  # LoginRequiredMiddleware
    nom = f"mes-donnees-{timezone.localdate().isoformat()}"
    return repondre(nom, Format.XLSX, *tableaux(request.user))
