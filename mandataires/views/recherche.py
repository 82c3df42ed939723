"""« Majeurs protégés » and « Mandataires »: one search, two questions to begin with."""

from __future__ import annotations

import re

from django.core.paginator import Page
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.loader import get_template
from django.urls import reverse
from django.views.decorators.http import require_safe

from mandataires.cartes import communes_geojson, mandataires_geojson, position
from mandataires.exportation import nom_du_fichier, tableau
from mandataires.forms.recherche import RechercheForm, Usage
from mandataires.models import Mandataire
from mandataires.permissions import magistrat_agissant
from mandataires.recherche import AUTOUR, TRI_DISTANCE, TRI_NOM, Recherche
from tribunaux.pages import page_de
from tribunaux.retour import vers_ici
from tribunaux.tableurs import Format, repondre, revenir_a_la_page

PAR_PAGE = 50

AUTOUR_DE_LA_PERSONNE = Usage(
    question="Où vit la personne à protéger ?",
    repere="Lieu de vie",
    aide="Commune ou code postal",
    tri=TRI_DISTANCE,
    autour_du_tribunal=True,
)
LISTE_DU_TRIBUNAL = Usage(
    question="Où est le mandataire ?",
    repere="Lieu cherché",
    aide="Commune ou code postal de son adresse",
    tri=TRI_NOM,
    autour_du_tribunal=False,
)


@require_safe
def majeurs_proteges(request: HttpRequest) -> HttpResponse:
    """The MJPM of the court's list, the nearest to the person first."""
    return _rechercher(request, "Majeurs protégés", AUTOUR_DE_LA_PERSONNE, "majeurs_proteges")


@require_safe
def mandataires(request: HttpRequest) -> HttpResponse:
    """The MJPM of the court's list, by name."""
    return _rechercher(request, "Mandataires", LISTE_DU_TRIBUNAL, "mandataires")


def _rechercher(request: HttpRequest, titre: str, usage: Usage, vue: str) -> HttpResponse:
    magistrat = magistrat_agissant(request.user)
    filtres = RechercheForm(request.GET, tribunal=magistrat.tribunal_actuel, usage=usage)
    recherche = Recherche(magistrat.user, filtres.criteres)
    filtres.compter(recherche.comptes)
    page = _page(request, recherche)
    return render(
        request,
        "mandataires/mandataires.html",
        {
            "titre": titre,
            "filtres": filtres,
            "criteres": filtres.criteres,
            "comptes": recherche.comptes,
            "colonnes": filtres.colonnes,
            "page": page,
            "resultats": recherche.resultats(page.object_list),
            "autour": AUTOUR,
            "retour": vers_ici(request),
            "lieux_url": f"{reverse(f'{vue}_lieux')}?{request.GET.urlencode()}",
            "liste": vue,
            "sans_position": sum(position(mandataire) is None for mandataire in page.object_list),
        },
    )


@require_safe
def majeurs_proteges_lieux(request: HttpRequest) -> JsonResponse:
    """The page of « Majeurs protégés » that has the same query string, for its map."""
    return _lieux(request, AUTOUR_DE_LA_PERSONNE)


@require_safe
def mandataires_lieux(request: HttpRequest) -> JsonResponse:
    """That of « Mandataires »."""
    return _lieux(request, LISTE_DU_TRIBUNAL)


def _lieux(request: HttpRequest, usage: Usage) -> JsonResponse:
    magistrat = magistrat_agissant(request.user)
    criteres = RechercheForm(request.GET, tribunal=magistrat.tribunal_actuel, usage=usage).criteres
    recherche = Recherche(magistrat.user, criteres)
    page = _page(request, recherche)
    return JsonResponse(mandataires_geojson(criteres, page.object_list), content_type="application/geo+json")


USAGES = {"mandataires": LISTE_DU_TRIBUNAL, "majeurs_proteges": AUTOUR_DE_LA_PERSONNE}


@require_safe
def mandataires_exporter(request: HttpRequest) -> HttpResponseBase:
    """All pages of « Mandataires », or of « Majeurs protégés » with `liste=majeurs_proteges`, as a file."""
    magistrat = magistrat_agissant(request.user)
    format_, liste = Format.demande(request), request.GET.get("liste") or "mandataires"
    if liste not in USAGES:
        raise Http404("Cette liste n'existe pas : mandataires ou majeurs_proteges.")
    filtres = RechercheForm(request.GET, tribunal=magistrat.tribunal_actuel, usage=USAGES[liste])
    if filtres.errors:
        return revenir_a_la_page(request, liste)
    nom = nom_du_fichier(filtres.criteres)
    return repondre(nom, format_, tableau(Recherche(magistrat.user, filtres.criteres)))


@require_safe
def mandataires_communes(request: HttpRequest) -> JsonResponse:
    """The ongoing mesures of the court's list by commune, masked, for both maps."""
    magistrat = magistrat_agissant(request.user)
    return JsonResponse(
        communes_geojson(magistrat.user, magistrat.tribunal_actuel), content_type="application/geo+json"
    )


def _page(request: HttpRequest, recherche: Recherche) -> Page[Mandataire]:
    return page_de(
        recherche.mandataires, request.GET.get("page"), par_page=PAR_PAGE, completer=recherche.completer
    )


@require_safe
def mandataires_charges(request: HttpRequest) -> JsonResponse:
    """The cells of some rows as they are now, in HTML, for static/js/renouveler.js. Does not touch the session."""
    magistrat_agissant(request.user)
    demandes = [pk for pk in request.GET.getlist("pk")[:PAR_PAGE] if re.fullmatch(r"[0-9]{1,18}", pk)]
    charge, mise_a_jour = get_template("components/charge.html"), get_template("mandataires/_mise_a_jour.html")
    lignes = Mandataire.objects.visible_to(request.user).filter(pk__in=demandes).select_related("charge")
    return JsonResponse(
        {
            mandataire.pk: {
                "charge": charge.render({"disponibilite": mandataire.disponibilite, "compacte": True}),
                "attente": str(mandataire.disponibilite.en_attente),
                "maj": mise_a_jour.render({"mandataire": mandataire}),
            }
            for mandataire in lignes.order_by("pk")
        }
    )
