"""The reference lists and the users of courts in the Django admin."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Count, QuerySet
from django.http import HttpRequest

from accounts.champs import NouveauCompteForm
from accounts.models import User
from accounts.services import ouvrir_compte
from tribunaux.models import Commune, Departement, Magistrat, Reference, Region, Tribunal
from tribunaux.recherche import chercher_communes, chercher_tribunaux


class ReferenceAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """A row that came with the product would come back at the next loading: it is corrected, not deleted."""

    def has_delete_permission(self, request: HttpRequest, obj: Reference | None = None) -> bool:
        est_fournie = obj is not None and obj.empreinte != ""
        return super().has_delete_permission(request, obj) and not est_fournie

    def get_readonly_fields(self, request: HttpRequest, obj: Reference | None = None) -> list[str]:
        """Another primary key would be another row."""
        cle = self.opts.pk
        return [cle.name] if obj is not None and not cle.auto_created else []


@admin.register(Region)
class RegionAdmin(ReferenceAdmin):
    list_display = ["code", "nom"]
    search_fields = ["code", "nom"]


@admin.register(Departement)
class DepartementAdmin(ReferenceAdmin):
    list_display = ["code", "nom", "region"]
    list_filter = ["region"]
    list_select_related = ["region"]
    search_fields = ["code", "nom"]
    autocomplete_fields = ["region"]


@admin.register(Commune)
class CommuneAdmin(ReferenceAdmin):
    list_display = ["nom", "code_insee", "departement", "codes_postaux", "population", "est_localisee"]
    list_filter = ["departement__region", ("latitude", admin.EmptyFieldListFilter)]
    list_select_related = ["departement"]
    search_fields = ["nom"]  # what asks for the search box; the search itself is below
    search_help_text = "Nom ou code postal, sans accents ni majuscules si vous voulez."
    autocomplete_fields = ["departement"]
    show_full_result_count = False

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Commune], search_term: str
    ) -> tuple[QuerySet[Commune], bool]:
        return (chercher_communes(search_term, parmi=queryset) if search_term else queryset), False

    @admin.display(description="localisée", boolean=True)
    def est_localisee(self, commune: Commune) -> bool:
        return commune.latitude is not None


@admin.register(Tribunal)
class TribunalAdmin(ReferenceAdmin):
    """A court is closed by a date and a successor, and opened again by emptying both: nothing is rewritten."""

    list_display = ["nom", "type", "commune", "siret", "ferme_le", "successeur", "nombre_magistrats"]
    list_filter = ["type", ("ferme_le", admin.EmptyFieldListFilter), "commune__departement__region"]
    list_select_related = ["commune", "successeur"]
    search_fields = ["nom"]
    search_help_text = (
        "Ville ou nom, sous l'ancien comme sous le nouveau : « TI Calais », « TJ Arras » ; ou numéro SIRET."
    )
    autocomplete_fields = ["commune", "successeur"]
    fieldsets = [
        (None, {"fields": ["nom", "type", "siret", "rattachement"]}),
        ("Siège", {"fields": ["commune", "adresse", "complement_adresse"]}),
        (
            "Ouverture et fermeture",
            {
                "fields": ["ouvert_le", "ferme_le", "successeur"],
                "description": "Fermer un tribunal demande une date et le tribunal qui lui succède : ses "
                "utilisateurs, ses agréments et ses mesures y sont lus aussitôt. Vider les deux le rouvre.",
            },
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tribunal]:
        queryset: QuerySet[Tribunal] = super().get_queryset(request)
        return queryset.annotate(nombre_magistrats=Count("magistrats"))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Tribunal], search_term: str
    ) -> tuple[QuerySet[Tribunal], bool]:
        if search_term.isdecimal() and len(search_term) > 5:
            return queryset.filter(siret__startswith=search_term), False
        return (chercher_tribunaux(search_term, parmi=queryset) if search_term else queryset), False

    @admin.display(description="utilisateurs", ordering="nombre_magistrats")
    def nombre_magistrats(self, tribunal: Any) -> int:
        nombre: int = tribunal.nombre_magistrats
        return nombre


class NouveauMagistratForm(NouveauCompteForm, forms.ModelForm):  # type: ignore[type-arg]
    """A binding to a court, of an account that has none or of a new one."""

    class Meta:
        model = Magistrat
        fields = ["user", "tribunal", "fonction", "cabinet"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for nom in ("user", *self.CHAMPS_DU_COMPTE):
            self.fields[nom].required = False
        self.fields["user"].label = "Compte déjà ouvert"
        self.fields["user"].help_text = "S'il y en a un ; sinon, laissez vide et remplissez ce qui suit."

    def clean_user(self) -> User | None:
        """The database refuses it too, without a sentence (see `mandataires.models.rattachements`)."""
        user: User | None = self.cleaned_data["user"]
        if user and (user.is_staff or hasattr(user, "membre")):
            raise forms.ValidationError(
                "Ce compte est celui d'un mandataire ou d'un administrateur : créez-en un autre pour ce tribunal."
            )
        return user

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        remplis = [nom for nom in self.CHAMPS_DU_COMPTE if data.get(nom)]
        if data.get("user") and remplis:
            self.add_error("user", "Choisissez un compte déjà ouvert, ou créez-en un : pas les deux.")
        elif "user" in data and data["user"] is None:
            for nom in self.CHAMPS_DU_COMPTE:
                if nom in data and nom not in remplis:
                    self.add_error(nom, "Ce champ est obligatoire pour créer le compte.")
        return data


@admin.register(Magistrat)
class MagistratAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """A judge or a clerk, created with their account, which is sent its invitation."""

    list_display = ["user", "fonction", "tribunal", "cabinet", "est_actif"]
    list_filter = ["fonction", "user__is_active", "tribunal__commune__departement__region"]
    list_select_related = ["user", "tribunal"]
    search_fields = [
        "user__username",
        "user__first_name",
        "user__last_name",
        "user__email",
        "tribunal__nom",
        "tribunal__commune__nom",
    ]
    autocomplete_fields = ["user", "tribunal"]
    ordering = ["user__last_name", "user__first_name", "pk"]

    def get_form(
        self, request: HttpRequest, obj: Magistrat | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        if obj is None:
            kwargs["form"] = NouveauMagistratForm
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Magistrat | None = None) -> Any:
        fonction = (None, {"fields": ["fonction", "tribunal", "cabinet"]})
        if obj is None:
            return [fonction, ("Compte", {"fields": ["user", *NouveauCompteForm.CHAMPS_DU_COMPTE]})]
        return [(None, {"fields": ["user"]}), fonction]

    @transaction.atomic
    def save_model(self, request: HttpRequest, obj: Magistrat, form: Any, change: bool) -> None:
        if obj.user_id is None:
            user = form.compte
            ouvrir_compte(user=user)
            obj.user = user
            messages.info(request, "Un lien pour choisir un mot de passe part par courriel.")
        super().save_model(request, obj, form, change)

    def get_readonly_fields(self, request: HttpRequest, obj: Magistrat | None = None) -> list[str]:
        """Another person is another binding: this one keeps its own history."""
        return [] if obj is None else ["user"]

    @admin.display(description="actif", boolean=True, ordering="user__is_active")
    def est_actif(self, magistrat: Magistrat) -> bool:
        return magistrat.user.is_active
