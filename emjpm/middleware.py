"""What every request goes through, besides Django's own middleware."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pghistory.middleware
from django.contrib import messages
from django.contrib.auth.middleware import LoginRequiredMiddleware as BaseLoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.utils.http import url_has_allowed_host_and_scheme

from emjpm import saisies

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
    """Django's, less a question and plus a courtesy.

    It asks who is logged in only where the view minds: the health page answers without a database. And
    what was sent after the session's end is not lost (`emjpm.saisies`).
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
        if request.user.is_authenticated:
            return saisies.proposer(request)
        if request.headers.get("HX-Request"):
            # A part of a page that renews itself: it is the page that goes to the login.
            return HttpResponse(status=401, headers={"HX-Refresh": "true"})
        if request.method not in ("GET", "HEAD"):
            if saisies.garder(request):
                messages.warning(request, "Votre session a pris fin. Reconnectez-vous : votre saisie est gardée.")
                return redirect_to_login(request.get_full_path())
            # A button, which cannot be pressed again after the login: back to the page that it is on.
            suite = ", puis choisissez le fichier de nouveau" if request.FILES else ""
            messages.warning(
                request, f"Votre session a pris fin : rien n'a été enregistré. Reconnectez-vous{suite}."
            )
            return redirect_to_login(_page_precedente(request))
        return super().process_view(request, view_func, view_args, view_kwargs)


def _page_precedente(request: HttpRequest) -> str:
    """The path of the page that sent `request`, if it is one of ours; else the home page."""
    precedente = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(precedente, {request.get_host()}, require_https=request.is_secure()):
        return "/"
    return urlsplit(precedente)._replace(scheme="", netloc="").geturl()


class MethodNotAllowedMiddleware:
    """A page for 405, of which Django sends only the number."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if isinstance(response, HttpResponseNotAllowed) and not response.content:
            response.content = render_to_string("405.html", request=request)
        return response


class NoStoreMiddleware:
    """Nothing of what somebody logged in has read is kept: the next person at the computer may go back."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        # `_cached_user`: a page that has not asked who reads it holds nothing about them.
        if getattr(request, "_cached_user", None) is not None and request.user.is_authenticated:
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response


class CspNonceMiddleware:
    """Read the nonce once: django-csp makes it on first use, and it is false until then."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        str(request.csp_nonce)  # type: ignore[attr-defined]
        return self.get_response(request)


class HistoryMiddleware(pghistory.middleware.HistoryMiddleware):
    """Every change of a request bears the primary key of its author; services may add other keys, never a name."""

    def get_context(self, request: HttpRequest) -> dict[str, Any]:
        return {"user": request.user.pk}
