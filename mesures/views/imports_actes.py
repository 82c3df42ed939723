"""What a person does with a file of mesures that was read: choose, write, start again, give up, undo."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from mandataires.permissions import membre_agissant
from mesures.echanges import imports
from mesures.echanges.annulation import annuler_import, intactes
from mesures.echanges.choix import a_des_choix, sirets_qui_se_suivent
from mesures.echanges.effets import compter_les_lignes
from mesures.echanges.imports import RELU, ImportRefuse
from mesures.forms.importation import AnnulationForm, CorrespondancesForm
from mesures.models import Import
from mesures.views.imports import celles_qui_restent, enregistrement_de, importation_de, page_de_l_import
from tribunaux.retour import vers_ici


@require_http_methods(["GET", "POST"])
def import_correspondances(request: HttpRequest, pk: int) -> HttpResponse:
    """The courts and the establishments that the file names and that we do not know, once for all its lines."""
    import_ = importation_de(request, pk)
    form = CorrespondancesForm(request.POST if request.method == "POST" else None, import_=import_)
    if import_.etat == Import.Etat.RECU and not form.is_valid():
        # It is being read again: a second click is no error.
        return redirect("import_detail", import_.pk)
    if import_.etat not in (Import.Etat.LU, Import.Etat.RECU):
        messages.error(request, "Ce fichier n'est pas à vérifier : rien n'a été changé.")
        return redirect("import_detail", import_.pk)
    if form.is_valid():
        choix = {"tribunaux": form.tribunaux, "etablissements": form.etablissements}
        return _agir(request, import_, imports.choisir_correspondances, **choix)
    suite = sirets_qui_se_suivent(tribunal["siret"] for tribunal in import_.inconnus.get("tribunaux", []))
    contexte = {"form": form, "importation": import_, "suite_de_sirets": suite}
    return render(request, "mesures/import_correspondances.html", contexte)


@require_http_methods(["GET", "POST"])
def import_enregistrer(request: HttpRequest, pk: int) -> HttpResponse:
    """A box that is not ticked shows the page again, under this address: what links from it comes back by GET."""
    import_ = importation_de(request, pk)
    if request.method == "GET":
        return redirect(reverse("import_detail", args=[import_.pk], query=request.GET or None))
    # What was verified is what is written: a colleague may have chosen a court since. Asked again under the lock.
    lu_at = request.POST.get("lu_at", "")
    if import_.etat == Import.Etat.LU:
        if not imports.est_de(import_, lu_at):
            messages.warning(request, RELU)
            return redirect("import_detail", import_.pk)
        form = enregistrement_de(import_, compter_les_lignes(import_), request.POST)
        if not form.is_valid():
            return page_de_l_import(request, import_, form)
    return _agir(request, import_, imports.demander_ecriture, lu_at=lu_at)


@require_POST
def import_relancer(request: HttpRequest, pk: int) -> HttpResponse:
    return _agir(request, importation_de(request, pk), imports.relancer)


@require_POST
def import_abandonner(request: HttpRequest, pk: int) -> HttpResponse:
    """Courts and establishments that somebody chose are not lost by a click beside."""
    import_ = importation_de(request, pk)
    if import_.etat == Import.Etat.LU and a_des_choix(import_) and "confirme" not in request.POST:
        return render(request, "mesures/import_abandonner.html", {"importation": import_})
    try:
        imports.abandonner(import_=import_, author=membre_agissant(request.user).user)
    except ImportRefuse as refus:
        messages.error(request, str(refus))
        return redirect("import_detail", import_.pk)
    messages.success(request, f"Import de « {import_.nom_fichier} » abandonné : rien n'a été enregistré.")
    return redirect("mesures_importer")


@require_http_methods(["GET", "POST"])
def import_annuler(request: HttpRequest, pk: int) -> HttpResponse:
    import_ = importation_de(request, pk)
    if not import_.est_annulable:
        messages.error(request, "Cet import ne peut pas, ou ne peut plus, être défait.")
        return redirect("import_detail", import_.pk)
    a_defaire = intactes(import_)
    form = AnnulationForm(request.POST if request.method == "POST" else None, touchees=a_defaire.touchees)
    if form.is_valid():
        laisse = form.cleaned_data.get("laisse_les_autres", False)
        return _agir(request, import_, annuler_import, laisse_les_autres=laisse)
    return render(
        request,
        "mesures/import_annuler.html",
        {
            "form": form,
            "importation": import_,
            "a_defaire": a_defaire,
            "retour": vers_ici(request),
            **celles_qui_restent(import_),
        },
    )


def _agir(request: HttpRequest, import_: Import, acte: Callable[..., Import], **choix: object) -> HttpResponse:
    """Do it, or say why not, on the page that shows what became of the import."""
    try:
        acte(import_=import_, author=membre_agissant(request.user).user, **choix)
    except ImportRefuse as refus:
        messages.error(request, str(refus))
        if not Import.objects.filter(pk=import_.pk).exists():
            return redirect("mesures_importer")
    return redirect("import_detail", import_.pk)
