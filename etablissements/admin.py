"""The establishments of the FINESS register in the Django admin."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from etablissements.models import Etablissement
from etablissements.recherche import chercher_etablissements


@admin.register(Etablissement)
class EtablissementAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["nom", "finess", "categorie", "commune", "vu_le", "ferme_le"]
    list_filter = [
        ("ferme_le", admin.EmptyFieldListFilter),
        ("vu_le", admin.EmptyFieldListFilter),
        "commune__departement__region",
    ]
    list_select_related = ["commune"]
    search_fields = ["nom"]  # what asks for the search box; the search itself is below
    search_help_text = "Nom, ville ou numéro FINESS."
    autocomplete_fields = ["commune"]
    readonly_fields = ["vu_le"]
    show_full_result_count = False

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Etablissement], search_term: str
    ) -> tuple[QuerySet[Etablissement], bool]:
        return (chercher_etablissements(search_term, parmi=queryset) if search_term else queryset), False
