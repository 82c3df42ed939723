from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Case, F, OrderBy, Q, QuerySet, When
from django.forms import BaseModelFormSet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods

from accounts.champs import NouveauCompteForm
from accounts.models import User
from mandataires.admin.examen import A_UN_NOM_LIBRE, chercher_ressemblances, manques, with_examen
from mandataires.admin.forms import MandataireForm, RefusForm, ServiceForm, ValidationForm
from mandataires.admin.inlines import AgrementInline, ExerciceInline, InvitationInline, MembreInline
from mandataires.geocodage import adresse_de
from mandataires.inscriptions import (
    EN_ATTENTE,
    DemandeDejaTranchee,
    changer_acces,
    creer_service,
    refuser,
    valider,
)
from mandataires.membres import annuler_invitations_de
from mandataires.models import Agrement, Mandataire, Membre
from mandataires.services import geocoder_plus_tard

ETATS = {
    "en_attente": ("demandes en attente", EN_ATTENTE),
    "valides": ("validés", Q(valide_at__isnull=False)),
    "refuses": ("refusés", Q(refuse_at__isnull=False)),
}
# Requests first, the oldest on top; then the others by name.
ORDRE = [
    OrderBy(Case(When(EN_ATTENTE, then=F("created_at"))), nulls_last=True),
    "nom",
    "prenom",
    "pk",
]


class EtatFilter(admin.SimpleListFilter):
    title = "état"
    parameter_name = "etat"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(cle, libelle) for cle, (libelle, _) in ETATS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Mandataire]) -> QuerySet[Mandataire]:
        etat = ETATS.get(self.value() or "")
        return queryset.filter(etat[1]) if etat else queryset


class HorsListeFilter(admin.SimpleListFilter):
    title = "établissement hors liste"
    parameter_name = "hors_liste"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("oui", "à rattacher")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Mandataire]) -> QuerySet[Mandataire]:
        return queryset.filter(A_UN_NOM_LIBRE) if self.value() == "oui" else queryset


class MandataireChangeList(ChangeList):
    def get_results(self, request: HttpRequest) -> None:
        """Look for what resembles the rows of the page, in one query for all."""
        super().get_results(request)
        page = list(self.result_list)
        ressemblances = chercher_ressemblances(page)
        for mandataire in page:
            mandataire.ressemblances_trouvees = ressemblances[mandataire.pk]
        self.result_list = page


@admin.register(Mandataire)
class MandataireAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Requests are answered on pages of their own; « Ajouter » opens a service with its first user."""

    form = MandataireForm
    list_display = ["__str__", "type", "etat", "manque", "hors_liste", "ressemble", "commune"]
    list_filter = [EtatFilter, "type", HorsListeFilter, "commune__departement__region"]
    list_select_related = ["commune"]
    list_per_page = 50
    search_fields = [
        "nom",
        "prenom",
        "email",
        "siret",
        "membres__user__username",
        "membres__user__email",
        "commune__nom",
    ]
    search_help_text = "Nom, e-mail, SIRET, identifiant d'un membre ou commune."
    autocomplete_fields = ["commune"]
    readonly_fields = [
        "type",
        "etat",
        "created_at",
        "manque",
        "ressemble",
        "en_cours",
        "en_attente",
        "declare",
        "mise_a_jour",
        # Said by the MJPM alone, whose courts are told then: see `mandataires.interruption`.
        "indisponible_du",
        "indisponible_au",
        "indisponible_motif",
    ]
    fieldsets = [
        ("Demande", {"fields": ["etat", "created_at", "manque", "ressemble", "version_vue"]}),
        ("Identité", {"fields": ["type", "nom", "prenom", "genre", "siret"]}),
        (
            "Coordonnées",
            {
                "fields": [
                    "adresse",
                    "code_postal",
                    "commune",
                    "telephone",
                    "telephone_portable",
                    "email",
                ]
            },
        ),
        (
            "Activité",
            {
                "fields": [
                    "capacite",
                    "a_un_secretariat",
                    "secretariat_etp",
                    "indisponible_du",
                    "indisponible_au",
                    "indisponible_motif",
                    "message_magistrats",
                ]
            },
        ),
        ("Charge", {"fields": ["en_cours", "en_attente", "declare", "mise_a_jour"]}),
    ]

    # --- The list --------------------------------------------------------------------------------

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return MandataireChangeList

    def get_queryset(self, request: HttpRequest) -> QuerySet[Mandataire]:
        return with_examen(super().get_queryset(request))

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        return ORDRE

    @admin.display(description="état")
    def etat(self, mandataire: Mandataire) -> str:
        if mandataire.valide_at is not None:
            return f"validé le {_date(mandataire.valide_at)}"
        if mandataire.refuse_at is not None:
            return f"refusé le {_date(mandataire.refuse_at)} : {mandataire.refus_motif}"
        jours = (timezone.now() - mandataire.created_at).days
        depuis = {0: "aujourd'hui", 1: "un jour"}.get(jours, f"{jours} jours")
        return f"en attente depuis {depuis}"

    @admin.display(description="il manque")
    def manque(self, mandataire: Mandataire) -> str:
        return ", ".join(manques(mandataire)) or "rien"

    @admin.display(description="hors liste")
    def hors_liste(self, mandataire: Mandataire) -> str:
        return "à rattacher" if mandataire.a_un_nom_libre else ""  # type: ignore[attr-defined]  # annotated

    @admin.display(description="ressemble à")
    def ressemble(self, mandataire: Mandataire) -> SafeString | str:
        trouvees = getattr(mandataire, "ressemblances_trouvees", None)
        if trouvees is None:
            trouvees = chercher_ressemblances([mandataire])[mandataire.pk]
        liens = format_html_join(
            ", ", '<a href="{}">{}</a>', ((_page(ressemblance.autre), ressemblance) for ressemblance in trouvees)
        )
        return liens or "aucun autre"

    # --- The page of one -------------------------------------------------------------------------

    @admin.display(description="mesures en cours")
    def en_cours(self, mandataire: Mandataire) -> int:
        return mandataire.charge.en_cours

    @admin.display(description="mesures en attente")
    def en_attente(self, mandataire: Mandataire) -> int:
        return mandataire.charge.en_attente

    @admin.display(description="dernier total déclaré")
    def declare(self, mandataire: Mandataire) -> int | str:
        total = mandataire.charge.declare
        return "aucun" if total is None else total

    @admin.display(description="dernière mise à jour")
    def mise_a_jour(self, mandataire: Mandataire) -> str:
        moment = mandataire.charge.mise_a_jour_at
        return _date(moment) if moment else "aucune"

    def get_form(
        self, request: HttpRequest, obj: Mandataire | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        if obj is None:
            kwargs["form"] = ServiceForm
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Mandataire | None = None) -> Any:
        if obj is not None:
            return super().get_fieldsets(request, obj)
        return [
            ("Service", {"fields": ServiceForm.Meta.fields}),
            ("Compte du premier utilisateur", {"fields": NouveauCompteForm.CHAMPS_DU_COMPTE}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Mandataire | None = None) -> Any:
        return [] if obj is None else super().get_readonly_fields(request, obj)

    def get_inlines(self, request: HttpRequest, obj: Mandataire | None) -> Any:
        if obj is None:
            return [AgrementInline]
        return [
            MembreInline,
            *([InvitationInline] if obj.est_service else []),
            AgrementInline,
            *([ExerciceInline] if obj.est_prepose else []),
        ]

    def save_model(self, request: HttpRequest, obj: Mandataire, form: Any, change: bool) -> None:
        if not change:
            creer_service(mandataire=obj, user=form.compte, author=_auteur(request))
            messages.info(request, "Un lien pour choisir un mot de passe part par courriel.")
        elif form.changed_data:
            avant = adresse_de(Mandataire.objects.get(pk=obj.pk))
            obj.version = form.cleaned_data["version_vue"] + 1  # its members' open forms are out of date
            obj.save(update_fields=[*form.changed_data, "version"])
            geocoder_plus_tard(mandataire=obj, avant=avant)

    def save_formset(
        self, request: HttpRequest, form: Any, formset: BaseModelFormSet[Any, Any], change: bool
    ) -> None:
        if formset.model is Agrement:
            for ligne in formset.forms:
                ligne.noter_verification(_auteur(request))
        super().save_formset(request, form, formset, change)
        if formset.model is Membre:
            for ligne in formset.forms:
                self._appliquer_au_membre(ligne, author=_auteur(request))

    def _appliquer_au_membre(self, ligne: Any, *, author: User) -> None:
        membre: Membre = ligne.instance
        if membre.pk is None:
            return
        # A new member may come with an account that was closed: what the box says is compared with it.
        actif = ligne.cleaned_data["actif"]
        if actif != membre.user.is_active:
            changer_acces(membre=membre, actif=actif, author=author)
        if ligne.has_changed() and not (actif and membre.est_admin):
            annuler_invitations_de(membre)

    def has_delete_permission(self, request: HttpRequest, obj: Mandataire | None = None) -> bool:
        """A MJPM is refused, or its members are deactivated: what it did stays."""
        return False

    # --- The answer to a request -----------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        return [self._url("valider", self.valider), self._url("refuser", self.refuser), *super().get_urls()]

    def _url(self, action: str, view: Callable[..., HttpResponse]) -> URLPattern:
        view = self.admin_site.admin_view(require_http_methods(["GET", "POST"])(view))
        return path(f"<int:pk>/{action}/", view, name=f"mandataires_mandataire_{action}")

    def valider(self, request: HttpRequest, pk: int) -> HttpResponse:
        mandataire = self._demande(request, pk)
        form = ValidationForm(request.POST if request.method == "POST" else None, mandataire=mandataire)
        if form.is_valid():
            leve_refus = form.cleaned_data.get("leve_refus", False)
            try:
                fait = valider(mandataire=mandataire, author=_auteur(request), leve_refus=leve_refus)
            except DemandeDejaTranchee as refus:
                messages.error(request, str(refus))
            else:
                if fait:
                    self.log_change(request, mandataire, "Demande validée.")
                    messages.success(request, f"{mandataire} peut se connecter ; un courriel le lui dit.")
            return redirect(_page(mandataire))
        return self._confirmer(request, mandataire, form, titre="Valider la demande", bouton="Valider")

    def refuser(self, request: HttpRequest, pk: int) -> HttpResponse:
        mandataire = self._demande(request, pk)
        form = RefusForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            try:
                fait = refuser(mandataire=mandataire, motif=form.cleaned_data["motif"], author=_auteur(request))
            except (DemandeDejaTranchee, ValidationError) as erreur:
                messages.error(request, " ".join(getattr(erreur, "messages", [str(erreur)])))
            else:
                if fait:
                    self.log_change(request, mandataire, "Demande refusée.")
                    messages.success(request, f"Demande refusée ; un courriel dit pourquoi à {mandataire}.")
            return redirect(_page(mandataire))
        return self._confirmer(request, mandataire, form, titre="Refuser la demande", bouton="Refuser")

    def _demande(self, request: HttpRequest, pk: int) -> Mandataire:
        mandataire = self.get_queryset(request).filter(pk=pk).first()
        if mandataire is None:
            raise Http404
        if not self.has_change_permission(request, mandataire):
            raise PermissionDenied
        return mandataire

    def _confirmer(
        self, request: HttpRequest, mandataire: Mandataire, form: forms.Form, *, titre: str, bouton: str
    ) -> HttpResponse:
        contexte = {
            **self.admin_site.each_context(request),
            "title": titre,
            "opts": self.opts,
            "original": mandataire,
            "form": form,
            "bouton": bouton,
            "manque": self.manque(mandataire),
            "ressemble": self.ressemble(mandataire),
        }
        return render(request, "admin/mandataires/mandataire/repondre.html", contexte)


def _auteur(request: HttpRequest) -> User:
    assert request.user.is_authenticated  # the admin's pages are behind its login
    return request.user


def _page(mandataire: Mandataire) -> str:
    return reverse("admin:mandataires_mandataire_change", args=[mandataire.pk])


def _date(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "d/m/Y")
