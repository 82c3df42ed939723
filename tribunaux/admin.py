"""The reference lists and the users of courts in the Django admin."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest

from accounts.models import User
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


class MagistratForm(forms.ModelForm):  # type: ignore[type-arg]
    def clean_user(self) -> User:
        """The database refuses it too, without a sentence (see `mandataires.models.rattachements`)."""
        user: User = self.cleaned_data["user"]
        if user.is_staff or hasattr(user, "membre"):
            raise forms.ValidationError(
                "Ce compte est celui d'un mandataire ou d'un administrateur : créez-en un autre pour ce tribunal."
            )
        return user


@admin.register(Magistrat)
class MagistratAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Creating a judge or a clerk: choose the account, or create it with « + », which sends its invitation."""

    form = MagistratForm
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

    def get_readonly_fields(self, request: HttpRequest, obj: Magistrat | None = None) -> list[str]:
        """Another person is another binding: this one keeps its own history."""
        return [] if obj is None else ["user"]

    @admin.display(description="actif", boolean=True, ordering="user__is_active")
    def est_actif(self, magistrat: Magistrat) -> bool:
        return magistrat.user.is_active
