"""The home page, the landing by role, the health page and the error pages."""

from __future__ import annotations

import sys

from django.contrib.auth.decorators import login_not_required
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.refus import Refus
from emjpm.sante import examiner
from mandataires.models import membre_de
from tribunaux.models import magistrat_de


@login_not_required
@require_safe
def accueil(request: HttpRequest) -> HttpResponse:
    """The public home; somebody who is logged in lands in the space of their role."""
    user = request.user
    if not user.is_authenticated:
        return render(request, "emjpm/accueil.html")
    if membre_de(user) is not None:
        return redirect("mesures_en_cours")
    if magistrat_de(user) is not None:
        return redirect("majeurs_proteges")
    if user.is_staff:
        return redirect("admin:index")
    return redirect("compte")


@login_not_required
@never_cache
@require_safe
def sante(request: HttpRequest) -> HttpResponse:
    """Whether the site can serve: 200, or 503 and what is wrong. Reads no session: answers without a database."""
    examens = examiner()
    en_ordre = all(examen.en_ordre for examen in examens)
    return render(
        request,
        "emjpm/sante.html",
        {"examens": examens, "en_ordre": en_ordre},
        status=200 if en_ordre else 503,
    )


def erreur_400(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "400.html", status=400)


def erreur_403(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A `Refus` of ours bears the sentence that says why; what a package says is not for the page."""
    raison = str(exception) if isinstance(exception, Refus) else ""
    return render(request, "403.html", {"raison": raison}, status=403)


def erreur_csrf(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(request, "403_csrf.html", status=403)


def erreur_404(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "404.html", status=404)


def erreur_500(request: HttpRequest) -> HttpResponse:
    """A database that does not answer is a passing trouble, said as such: 503."""
    if isinstance(sys.exception(), OperationalError | InterfaceError):
        response = render(request, "503.html", status=503)
        response["Retry-After"] = "30"
        return response
    return render(request, "500.html", status=500)
