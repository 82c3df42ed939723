from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.views.decorators.http import require_safe

from tribunaux.limite import demande_trop
from tribunaux.recherche import NOMBRE_DE_REPONSES, chercher_communes, chercher_tribunaux, decrire

RECHERCHES_PAR_MINUTE = 60


@login_not_required
@require_safe
def recherche_communes(request: HttpRequest) -> HttpResponse:
    return repondre(
        request,
        chercher=chercher_communes,
        titre="Rechercher une commune",
        aide="Nom ou code postal, par exemple « Calais » ou « 62100 ».",
    )


@login_not_required
@require_safe
def recherche_tribunaux(request: HttpRequest) -> HttpResponse:
    return repondre(
        request,
        chercher=chercher_tribunaux,
        titre="Rechercher un tribunal",
        aide="Ville ou nom, par exemple « Calais », « TI Calais » (tribunal d'instance) ou « TJ Arras » "
        "(tribunal judiciaire).",
    )


def repondre(
    request: HttpRequest, *, chercher: Callable[[str], QuerySet[Any]], titre: str, aide: str
) -> HttpResponse:
    """The first answers to `?q=`: JSON for the comboboxes, a plain page for who opens the address.

    Public data, asked for at each key that is struck: nobody has to log in, and nobody may ask too often.
    """
    q = request.GET.get("q", "").strip()
    en_json = request.get_preferred_type(["application/json", "text/html"]) != "text/html"
    trop = demande_trop(request, action="recherche", par_minute=RECHERCHES_PAR_MINUTE)
    reponses = [] if trop else [_decrire(objet) for objet in chercher(q)[:NOMBRE_DE_REPONSES]]
    statut = HTTPStatus.TOO_MANY_REQUESTS if trop else HTTPStatus.OK
    response: HttpResponse
    if en_json:
        corps: dict[str, Any] = (
            {"erreur": "Trop de recherches en peu de temps : patientez une minute."}
            if trop
            else {"resultats": reponses}
        )
        response = JsonResponse(corps, status=statut)
    else:
        contexte = {"titre": titre, "aide": aide, "q": q, "reponses": reponses, "trop": trop}
        response = render(request, "tribunaux/recherche.html", contexte, status=statut)
    if en_json and not trop:
        patch_cache_control(response, private=True, max_age=60)
    patch_vary_headers(response, ["Accept"])
    return response


def _decrire(objet: Model) -> dict[str, Any]:
    """`exact` tells the one that was named from those that only resemble it."""
    return {**decrire(objet), "exact": getattr(objet, "rang", None) == 0}
