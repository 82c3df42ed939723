from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from mesures.expirations import PREAVIS
from mesures.models import Mesure, ReservationAExpirer
from tribunaux.models import Tribunal

VUE = "vue_at__isempty"


@admin.register(ReservationAExpirer)
class ReservationAExpirerAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """What expires within a week, for the team to call whom it concerns.

    A list of who, for whom and when: nothing of the protected person, and no page of a reservation.
    """

    list_display = ["mandataire", "cour", "reservee_le", "expire_le", "est_vue"]
    list_display_links = None
    list_filter = [("vue_at", admin.EmptyFieldListFilter)]
    list_select_related = ["mandataire", "tribunal__actuel"]
    list_per_page = 50
    search_fields = ["mandataire__nom", "mandataire__prenom", "tribunal__actuel__nom"]
    search_help_text = "Nom du mandataire ou du tribunal."
    ordering = ["expire_le", "pk"]
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return ReservationAExpirer.objects.en_attente().filter(expire_le__lte=timezone.localdate() + PREAVIS)

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:  # type: ignore[override]
        """Django would filter by any field of the row that the address names, the RG too."""
        return lookup == VUE

    def has_view_permission(self, request: HttpRequest, obj: Mesure | None = None) -> bool:
        return obj is None and super().has_view_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Mesure | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Mesure | None = None) -> bool:
        return False

    @admin.display(description="tribunal", ordering="tribunal__actuel__nom")
    def cour(self, reservation: ReservationAExpirer) -> Tribunal | None:
        return reservation.tribunal and reservation.tribunal.actuel

    @admin.display(description="réservée le", ordering="reserve_at")
    def reservee_le(self, reservation: ReservationAExpirer) -> Any:
        return reservation.reserve_at and timezone.localdate(reservation.reserve_at)

    @admin.display(description="vue", boolean=True, ordering="vue_at")
    def est_vue(self, reservation: ReservationAExpirer) -> bool:
        return reservation.vue_at is not None
