"""A file of mesures: sent, followed while the worker reads it, verified, and what became of it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import HttpResponseClientRefresh

from mandataires.permissions import membre_agissant
from mesures.echanges.annulation import restees
from mesures.echanges.apercu import Volet, bilan, lignes_du_volet, lire_volet, montrer, remarques, volets
from mesures.echanges.choix import sirets_qui_se_suivent, utiles
from mesures.echanges.effets import Comptes, compter_les_lignes, effet, fait_l_inventaire
from mesures.echanges.feuilles import FichierIllisible
from mesures.echanges.imports import ImportRefuse, absentes, constater_interruption, recevoir
from mesures.echanges.rejets import tableau_des_rejets
from mesures.filtres.base import ordonner
from mesures.forms.importation import EnregistrementForm, FichierForm
from mesures.models import Import, ImportFichier, ImportLigne, MesureQuerySet
from mesures.models.importation import ANNULABLE, ImportQuerySet
from tribunaux.pages import page_de
from tribunaux.retour import vers_ici
from tribunaux.tableurs import Format, repondre

Etat = Import.Etat

IMPORTS_PAR_PAGE = 20
RESTEES_MONTREES = 20
LIGNES_PAR_PAGE = 50
TITRES = {
    Etat.RECU: "Lecture du fichier",
    Etat.LU: "Vérifier avant d'importer",
    Etat.EN_ECRITURE: "Enregistrement en cours",
    Etat.FAIT: "Import enregistré",
    Etat.ILLISIBLE: "Fichier illisible",
    Etat.INTERROMPU: "Import interrompu",
    Etat.ANNULE: "Import défait",
}


@require_http_methods(["GET", "POST"])
def mesures_importer(request: HttpRequest) -> HttpResponse:
    """The form, and the files that were sent before."""
    membre = membre_agissant(request.user)
    form = FichierForm(*(request.POST, request.FILES) if request.method == "POST" else ())
    if form.is_valid():
        fichier = form.cleaned_data["fichier"]
        try:
            import_ = recevoir(contenu=fichier.read(), nom=fichier.name or "", author=membre.user)
            return redirect("import_detail", import_.pk)
        except (FichierIllisible, ImportRefuse) as refus:
            form.add_error("fichier", str(refus))
    page = page_de(
        Import.objects.visible_to(request.user).order_by("-pk"),
        request.GET.get("page"),
        par_page=IMPORTS_PAR_PAGE,
        completer=lambda imports: imports.select_related("by", "fait_by"),
    )
    if (en_travail := next((import_ for import_ in page.object_list if import_.est_en_travail), None)) is not None:
        constater_interruption(en_travail)  # the last one: others are rare, and say so once opened
    return render(request, "mesures/import_nouveau.html", {"form": form, "page": page})


@require_safe
def import_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One address from the sending to the undoing: what it shows is the state of the import."""
    return page_de_l_import(request, constater_interruption(importation_de(request, pk)))


def page_de_l_import(
    request: HttpRequest, import_: Import, enregistrement: EnregistrementForm | None = None
) -> HttpResponse:
    """`enregistrement`: what was sent to have the lines written, and lacks something."""
    etat = Etat(import_.etat)
    contexte: dict[str, Any] = {"importation": import_, "titre": TITRES[etat]}
    if import_.lu_at is not None and etat != Etat.EN_ECRITURE:
        comptes = compter_les_lignes(import_)
        contexte |= _lignes(request, import_, comptes)
        contexte["signaler_absentes"] = fait_l_inventaire(import_, comptes)
        if etat == Etat.LU:
            contexte |= _a_verifier(import_, comptes)
            contexte["enregistrement"] = enregistrement or enregistrement_de(import_, comptes)
    if etat == Etat.FAIT and import_.fait_at is not None:
        contexte["annulable_jusqu_au"] = import_.fait_at + ANNULABLE if import_.est_annulable else None
    if etat == Etat.ANNULE:
        contexte |= {"bilan": bilan(import_), **celles_qui_restent(import_)}
    return render(request, "mesures/import_detail.html", contexte)


def celles_qui_restent(import_: Import) -> dict[str, Any]:
    """The first mesures that the undoing leaves, or left, as they are."""
    mesures = restees(import_)
    montrees = list(mesures[: RESTEES_MONTREES + 1])
    autres = mesures.count() - RESTEES_MONTREES if len(montrees) > RESTEES_MONTREES else 0
    return {"restees": montrees[:RESTEES_MONTREES], "autres_restees": autres}


def enregistrement_de(import_: Import, comptes: Comptes, *donnees: Any) -> EnregistrementForm:
    return EnregistrementForm(*donnees, effet=effet(import_, comptes), personnes=comptes.personnes)


@require_safe
def import_avancement(request: HttpRequest, pk: int) -> HttpResponse:
    """What the page of a working import renews; once the work is done, or the import gone, the whole page."""
    if not request.htmx:  # type: ignore[attr-defined]  # of its middleware
        return redirect("import_detail", importation_de(request, pk).pk)
    membre_agissant(request.user)
    import_ = _visibles(request).filter(pk=pk).first()
    if import_ is None:
        return HttpResponse(status=404, headers={"HX-Refresh": "true"})
    if not constater_interruption(import_).est_en_travail:
        return HttpResponseClientRefresh()
    return render(request, "mesures/_import_avancement.html", {"importation": import_})


@require_safe
def import_rejets(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The rejected lines as a file to correct, `?format=` xlsx or csv."""
    import_ = importation_de(request, pk)
    format_ = Format.demande(request)
    if import_.est_en_travail or not ImportLigne.objects.filter(importation=import_).exists():
        messages.error(request, "Les lignes de cet import ne sont pas, ou ne sont plus, conservées.")
        return redirect("import_detail", import_.pk)
    return repondre(f"lignes-rejetees-{import_.pk}", format_, tableau_des_rejets(import_))


def importation_de(request: HttpRequest, pk: int) -> Import:
    """The import of this address, if it is of the user's own MJPM. Raises Refus, Http404."""
    membre_agissant(request.user)
    return get_object_or_404(_visibles(request), pk=pk)


def _visibles(request: HttpRequest) -> ImportQuerySet:
    visibles = Import.objects.visible_to(request.user)
    return visibles.select_related("mandataire__charge", "by", "fait_by", "annule_by")


def _lignes(request: HttpRequest, import_: Import, comptes: Comptes) -> dict[str, Any]:
    """The lines that the address asks for, a page of them; or the mesures of which the file says nothing."""
    gardees = ImportLigne.objects.filter(importation=import_).exists()
    avec_absentes = gardees and import_.etat in (Etat.LU, Etat.FAIT)
    # What is to be mended comes first, as long as nothing is written.
    defaut = Volet.REJETEES if import_.etat == Etat.LU and import_.rejetees else Volet.TOUTES
    volet = lire_volet(request.GET.get("lignes", ""), defaut=defaut, avec_absentes=avec_absentes)
    nombre = absentes(import_).count() if avec_absentes else 0
    numero = request.GET.get("page")
    contexte: dict[str, Any] = {
        "volet": volet,
        "volets": volets(import_, volet, alertes=comptes.alertes, absentes=nombre),
        "absentes": nombre,
        "comptes": comptes,
        "retour": vers_ici(request),
        "lignes": [],
        "lignes_gardees": gardees,
    }
    if volet == Volet.ABSENTES:
        mesures = ordonner(absentes(import_), "date_decision")
        return contexte | {
            "page": page_de(mesures, numero, par_page=LIGNES_PAR_PAGE, completer=MesureQuerySet.with_lieux)
        }
    lignes = lignes_du_volet(import_, volet)
    page = page_de(lignes, numero, par_page=LIGNES_PAR_PAGE, completer=lambda lues: lues.defer("cellules"))
    return contexte | {"page": page, "lignes": montrer(page.object_list)}


def _a_verifier(import_: Import, comptes: Comptes) -> dict[str, Any]:
    tribunaux = import_.inconnus.get("tribunaux", [])
    etablissements = import_.inconnus.get("etablissements", [])
    return {
        "remarques": remarques(import_),
        "valides": import_.valides,
        "effet": effet(import_, comptes),
        "tribunaux_inconnus": [tribunal for tribunal in tribunaux if tribunal["siret"]],
        "lignes_muettes": sum(tribunal["lignes"] for tribunal in tribunaux if not tribunal["siret"]),
        "lignes_sans_tribunal": sum(tribunal["lignes"] for tribunal in tribunaux),
        "suite_de_sirets": sirets_qui_se_suivent(tribunal["siret"] for tribunal in tribunaux),
        "etablissements_inconnus": etablissements,
        "choix": utiles(import_),
        "fichier_garde": ImportFichier.objects.filter(pk=import_.pk).exists(),
    }
