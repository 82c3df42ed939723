"""What the page of a MJPM holds beside its profile: people, invitations, courts, establishments."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from mandataires.admin.forms import (
    AgrementForm,
    AgrementFormSet,
    ExerciceForm,
    ExerciceFormSet,
    MembreForm,
    MembreFormSet,
)
from mandataires.models import Agrement, Exercice, Invitation, Mandataire, Membre


class MembreInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Membre
    form = MembreForm
    formset = MembreFormSet
    autocomplete_fields = ["user"]
    extra = 0
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membre]:
        return super().get_queryset(request).select_related("user", "mandataire")

    def has_add_permission(self, request: HttpRequest, obj: Mandataire | None = None) -> bool:
        """An active account added to a request would be let in before the request is."""
        est_valide = obj is not None and obj.valide_at is not None
        return est_valide and super().has_add_permission(request, obj)


class InvitationInline(admin.TabularInline):  # type: ignore[type-arg]
    """To be read: a service's administrator invites, and cancels."""

    model = Invitation
    fields = readonly_fields = ("email", "at", "by", "expire_at", "acceptee_at", "acceptee_by", "annulee_at")
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Invitation]:
        return super().get_queryset(request).select_related("by", "acceptee_by")

    def has_add_permission(self, request: HttpRequest, obj: Mandataire | None = None) -> bool:
        return False


class RattachementInline(admin.TabularInline):  # type: ignore[type-arg]
    """Closed by a date, never deleted: what was in force remains known."""

    extra = 0
    can_delete = False

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "du":
            kwargs["initial"] = timezone.localdate
        return super().formfield_for_dbfield(db_field, request, **kwargs)


class AgrementInline(RattachementInline):
    model = Agrement
    form = AgrementForm
    formset = AgrementFormSet
    autocomplete_fields = ["tribunal"]
    fields = ["tribunal", "du", "au", "est_verifie", "verifie_at", "verifie_by"]
    readonly_fields = ["verifie_at", "verifie_by"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Agrement]:
        return super().get_queryset(request).select_related("tribunal", "verifie_by")


class ExerciceInline(RattachementInline):
    """Choosing an establishment of the register takes the place of the free name."""

    model = Exercice
    form = ExerciceForm
    formset = ExerciceFormSet
    autocomplete_fields = ["etablissement"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Exercice]:
        return super().get_queryset(request).select_related("etablissement")
