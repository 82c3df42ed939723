"""Accounts in the Django admin, without any secret; and what packages would show there of them."""

from __future__ import annotations

import allauth.account.admin
import allauth.usersessions.admin  # noqa: F401
import django.contrib.auth.admin  # noqa: F401
import dsfr.admin  # noqa: F401
import procrastinate.contrib.django.admin  # noqa: F401
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from dsfr.models import DsfrConfig
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.models import User
from accounts.services import accorder_adresse, deconnecter_partout, inviter

# Imported above, so that they are registered by now: addresses and sessions are shown on no page but
# their owner's, jobs are for the command line, groups grant nothing here, and the frame reads the settings,
# not django-dsfr's own table.
admin.site.unregister([EmailAddress, UserSession, ProcrastinateJob, Group, DsfrConfig])


class UserForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = ["username", "first_name", "last_name", "email", "is_active", "is_staff"]
        labels = {"is_staff": "Administrateur"}
        help_texts = {
            "is_active": "Peut se connecter. Décocher ferme aussi toutes ses sessions.",
            "is_staff": "Membre de l'équipe du site : tous les droits dans cette administration.",
        }

    def clean_username(self) -> str:
        username: str = self.cleaned_data["username"]
        return username.strip()

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        return email.lower()

    def clean_is_active(self) -> bool:
        is_active: bool = self.cleaned_data["is_active"]
        membre = getattr(self.instance, "membre", None)
        if is_active and "is_active" in self.changed_data and membre and membre.mandataire.valide_at is None:
            raise forms.ValidationError(
                "Ce compte est celui d'un mandataire qui n'est pas validé : validez d'abord sa demande."
            )
        return is_active

    def clean_is_staff(self) -> bool:
        is_staff: bool = self.cleaned_data["is_staff"]
        if is_staff and (hasattr(self.instance, "membre") or hasattr(self.instance, "magistrat")):
            raise forms.ValidationError(
                "Ce compte est celui d'un mandataire ou d'un tribunal : il ne peut pas administrer le site."
            )
        return is_staff


@admin.register(User)
class UserAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """No password here, not even its hash: people choose theirs by a link that is sent to them."""

    form = UserForm
    list_display = ["username", "last_name", "first_name", "email", "is_active", "is_staff", "last_login"]
    list_filter = ["is_active", "is_staff", "last_login", "date_joined"]
    search_fields = ["username", "first_name", "last_name", "email"]
    ordering = ["username"]
    actions = ["envoyer_lien"]

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        if obj is None:
            return []
        # One's own rights are taken away by another admin, so that one is left.
        return ["last_login", "date_joined"] + (["is_active", "is_staff"] if obj == request.user else [])

    @transaction.atomic
    def save_model(self, request: HttpRequest, obj: User, form: ModelForm[User], change: bool) -> None:
        if not change:
            obj.set_unusable_password()
        # The team has one level of rights: whoever may come here may do everything here.
        obj.is_superuser = obj.is_staff
        super().save_model(request, obj, form, change)
        if "email" in form.changed_data:
            EmailAddress.objects.filter(user=obj).delete()  # a change that its owner asked for, too
            accorder_adresse(user=obj)
        if "is_active" in form.changed_data and not obj.is_active:
            deconnecter_partout(user=obj)
        if not change and self._est_joignable(obj):
            inviter(user=obj)
            messages.info(request, "Un lien pour choisir un mot de passe part par courriel.")

    @admin.action(description="Envoyer un lien pour choisir un mot de passe", permissions=["change"])
    def envoyer_lien(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        joignables = [user for user in queryset if self._est_joignable(user)]
        for user in joignables:
            inviter(user=user)
        laisses = len(queryset) - len(joignables)
        messages.info(request, f"Liens envoyés : {len(joignables)}.")
        if laisses:
            messages.warning(request, f"Comptes inactifs ou sans adresse e-mail, laissés : {laisses}.")

    def _est_joignable(self, user: User) -> bool:
        return user.is_active and bool(user.email)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Accounts are deactivated: what they did keeps its author."""
        return False
