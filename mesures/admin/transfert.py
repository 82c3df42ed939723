from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import AdminForm
from django.core.exceptions import PermissionDenied
from django.db.models import Count, F, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.formats import date_format
from django.views.decorators.http import require_http_methods

from accounts.models import User
from mandataires.models import Mandataire
from mesures.admin.forms import AnnulationForm, SourceForm, TransfertForm
from mesures.enums import Statut
from mesures.historique import AUTEUR_NEUTRE
from mesures.models import Transfert
from mesures.transferts import (
    Apercu,
    TransfertRefuse,
    annuler_transfert,
    apercevoir,
    intactes,
    phrase_doublons,
    transferer,
)

ETATS = {
    "faits": ("faits", Q(annule_at=None)),
    "annules": ("annulés", Q(annule_at__isnull=False)),
}


class EtatFilter(admin.SimpleListFilter):
    title = "état"
    parameter_name = "etat"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(cle, libelle) for cle, (libelle, _) in ETATS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Transfert]) -> QuerySet[Transfert]:
        etat = ETATS.get(self.value() or "")
        return queryset.filter(etat[1]) if etat else queryset


@admin.register(Transfert)
class TransfertAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Mesures that changed hands. « Ajouter » chooses, shows what would move, then moves it.

    What was done is not corrected: it is undone, on a page of its own.
    """

    list_display = ["le", "de", "vers", "mesures", "auteur", "etat"]
    list_display_links = ["le"]
    list_filter = [EtatFilter, "at"]
    list_select_related = ["de", "vers", "by", "annule_by"]
    list_per_page = 50
    search_fields = ["de__nom", "de__prenom", "vers__nom", "vers__prenom"]
    search_help_text = "Nom de l'un des deux mandataires."
    fields = ["etat_detaille", "de", "vers", "nombre", "aujourd_hui", "motif", "at", "auteur"]

    def has_change_permission(self, request: HttpRequest, obj: Transfert | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Transfert | None = None) -> bool:
        """The trace of an act; the mesures that it lists leave it when they are destroyed."""
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Transfert | None = None) -> list[str]:
        return self.fields  # type: ignore[return-value]

    @admin.display(description="état")
    def etat(self, transfert: Transfert) -> str:
        if transfert.annule_at is None:
            return "fait"
        revenues = transfert.annule_nombre or 0
        partie = "" if revenues == transfert.nombre else f" ({revenues} sur {transfert.nombre})"
        return f"annulé le {_date(transfert.annule_at)}{partie}"

    @admin.display(description="état")
    def etat_detaille(self, transfert: Transfert) -> str:
        par = f" par {transfert.annule_by or AUTEUR_NEUTRE}" if transfert.annule_at else ""
        return f"{self.etat(transfert)}{par}"

    @admin.display(description="le", ordering="at")
    def le(self, transfert: Transfert) -> str:
        return _date(transfert.at)

    @admin.display(description="mesures", ordering="nombre")
    def mesures(self, transfert: Transfert) -> int:
        return transfert.nombre

    @admin.display(description="par")
    def auteur(self, transfert: Transfert) -> str:
        return str(transfert.by or AUTEUR_NEUTRE)

    @admin.display(description="ces mesures aujourd'hui")
    def aujourd_hui(self, transfert: Transfert) -> str:
        comptes = transfert.lignes.aggregate(
            en_cours=Count("pk", filter=Q(mesure__statut=Statut.EN_COURS)),
            total=Count("pk"),
            intactes=Count("pk", filter=Q(version=F("mesure__version"), mesure__mandataire=transfert.vers_id)),
        )
        total, en_cours = comptes["total"], comptes["en_cours"]
        morceaux = [f"{en_cours} en cours", _accorder(total - en_cours, "éteinte")]
        if disparues := transfert.nombre - total:
            morceaux.append(_accorder(disparues, "supprimée"))
        if transfert.annule_at is None:
            morceaux.append(f"{_accorder(comptes['intactes'], 'inchangée')} depuis le transfert")
        return " ; ".join(morceaux)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        contexte = {"peut_transferer": self.has_add_permission(request), **(extra_context or {})}
        return super().change_view(request, object_id, form_url, contexte)

    # --- The two steps of a transfer ---------------------------------------------------------------

    @method_decorator(require_http_methods(["GET", "POST"]))
    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        source = SourceForm(request.GET if "de" in request.GET else None)
        if not source.is_valid():
            return self._page(request, "source", form=source, fieldsets=[(None, {"fields": ["de"]})])
        de: Mandataire = Mandataire.objects.select_related("charge", "commune").get(
            pk=source.cleaned_data["de"].pk
        )
        form = TransfertForm(request.POST if request.method == "POST" else None, de=de)
        if "modifier" in request.POST or not form.is_valid():
            return self._page(request, "choisir", form=form, fieldsets=form.FIELDSETS, de=de)
        vers = Mandataire.objects.select_related("charge", "commune").get(pk=form.cleaned_data["vers"].pk)
        erreur = ""
        if "transferer" in request.POST:
            try:
                transfert = transferer(
                    selection=form.selection,
                    vers=vers,
                    empreinte=request.POST.get("empreinte", ""),
                    motif=form.cleaned_data["motif"],
                    author=_auteur(request),
                )
            except TransfertRefuse as refus:
                erreur = str(refus)
            else:
                self.log_addition(request, transfert, "Mesures transférées.")
                messages.success(request, f"{_fait(transfert.nombre, 'transférée')} de {de} vers {vers}.")
                return redirect(_page_de(transfert))
        apercu = apercevoir(form.selection.mesures(), de=de, vers=vers)
        return self._page(
            request,
            "apercu",
            form=form,
            de=de,
            vers=vers,
            apercu=apercu,
            erreurs=_erreurs(erreur, apercu, vers),
            motif=form.cleaned_data["motif"],
        )

    # --- Its undoing ---------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        annuler = self.admin_site.admin_view(require_http_methods(["GET", "POST"])(self.annuler))
        return [path("<int:pk>/annuler/", annuler, name="mesures_transfert_annuler"), *super().get_urls()]

    def annuler(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        lies = ("de__charge", "vers__charge", "declaration_de", "declaration_vers")
        transfert = Transfert.objects.select_related(*lies).filter(pk=pk).first()
        if transfert is None:
            raise Http404
        if transfert.annule_at is not None:
            messages.info(request, "Ce transfert a déjà été annulé.")
            return redirect(_page_de(transfert))
        de, vers = transfert.vers, transfert.de  # the way back
        mesures = intactes(transfert)
        restantes = transfert.nombre - mesures.count()
        form = AnnulationForm(request.POST if request.method == "POST" else None, restantes=restantes)
        erreur = ""
        if form.is_valid():
            try:
                transfert = annuler_transfert(
                    transfert=transfert,
                    empreinte=request.POST.get("empreinte", ""),
                    laisse_les_autres=form.cleaned_data.get("laisse_les_autres", False),
                    author=_auteur(request),
                )
            except TransfertRefuse as refus:
                erreur = str(refus)
                mesures = intactes(transfert)
            else:
                self.log_change(request, transfert, "Transfert annulé.")
                messages.success(request, f"{_fait(transfert.annule_nombre or 0, 'revenue')} à {vers}.")
                return redirect(_page_de(transfert))
        apercu = apercevoir(mesures, de=de, vers=vers, annule=transfert)
        return self._page(
            request,
            "annuler",
            form=form,
            original=transfert,
            de=de,
            vers=vers,
            apercu=apercu,
            restantes=transfert.nombre - apercu.nombre,
            erreurs=_erreurs(erreur, apercu, vers),
        )

    def _page(
        self, request: HttpRequest, etape: str, *, form: Any, fieldsets: Any = (), **contexte: Any
    ) -> HttpResponse:
        titre = "Annuler le transfert" if etape == "annuler" else "Transférer des mesures"
        return render(
            request,
            f"admin/mesures/transfert/{etape}.html",
            {
                **self.admin_site.each_context(request),
                "title": titre,
                "opts": self.opts,
                "form": form,
                "adminform": AdminForm(form, fieldsets, {}, model_admin=self),
                "media": self.media + form.media,
                **contexte,
            },
        )


def _erreurs(refus: str, apercu: Apercu, vers: Mandataire) -> list[str]:
    """Why nothing moved, and why nothing could; each once."""
    doublons = phrase_doublons(apercu.nombre_doublons, vers) if apercu.doublons else ""
    return [phrase for phrase in dict.fromkeys([refus, doublons]) if phrase]


def _auteur(request: HttpRequest) -> User:
    assert request.user.is_authenticated  # the admin's pages are behind its login
    return request.user


def _page_de(transfert: Transfert) -> str:
    return reverse("admin:mesures_transfert_change", args=[transfert.pk])


def _accorder(nombre: int, mot: str) -> str:
    return f"{nombre} {mot}{'s' if nombre > 1 else ''}"


def _fait(nombre: int, participe: str) -> str:
    return f"{_accorder(nombre, 'mesure')} {participe}{'s' if nombre > 1 else ''}"


def _date(moment: Any) -> str:
    return date_format(timezone.localtime(moment), "d/m/Y")
