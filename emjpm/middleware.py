"""What every request goes through, besides Django's own middleware."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

import pghistory.middleware
from django.contrib.auth.middleware import LoginRequiredMiddleware as BaseLoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

logger = logging.getLogger("emjpm.requetes")

GetResponse = Callable[[HttpRequest], HttpResponse]


class RequestLogMiddleware:
    """One log line a request: the name of the view and primary keys, never what was typed."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        debut = time.monotonic()
        response = self.get_response(request)
        match = request.resolver_match
        user = getattr(request, "user", None)
        # `request.user` is lazy: reading it here must not be the first to ask the database.
        user_pk = user.pk if getattr(request, "_cached_user", None) is not None and user else None
        logger.info(
            "requete",
            extra={
                "methode": request.method,
                "vue": match.view_name if match else None,
                "pk": match.kwargs.get("pk") if match else None,
                "statut": response.status_code,
                "duree_ms": round((time.monotonic() - debut) * 1000),
                "utilisateur": user_pk,
            },
        )
        return response


class LoginRequiredMiddleware(BaseLoginRequiredMiddleware):
    """Django's, which asks who is logged in before it looks whether the view minds.

    A public page then costs no query, and the health page answers without a database.
    """

    def process_view(
        self,
        request: HttpRequest,
        view_func: Callable[..., HttpResponseBase],
        view_args: tuple[Any, ...],
        view_kwargs: dict[str, Any],
    ) -> HttpResponseBase | None:
        if not getattr(view_func, "login_required", True):
            return None
        return super().process_view(request, view_func, view_args, view_kwargs)


class CspNonceMiddleware:
    """Read the nonce once: django-csp makes it on first use, and it is false until then."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        str(request.csp_nonce)  # type: ignore[attr-defined]
        return self.get_response(request)


class HistoryMiddleware(pghistory.middleware.HistoryMiddleware):
    """Every change of a request bears its author's primary key, and nothing else."""

    def get_context(self, request: HttpRequest) -> dict[str, Any]:
        return {"user": request.user.pk}
