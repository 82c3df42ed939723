from __future__ import annotations

from collections import Counter
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BaseInlineFormSet

from accounts.champs import NouveauCompteForm
from accounts.models import User
from etablissements.models import Etablissement
from mandataires.forms.champs import SiretField
from mandataires.models import Exercice, Mandataire, Membre


class MandataireForm(forms.ModelForm):  # type: ignore[type-arg]
    siret = SiretField(label="SIRET", required=False)

    class Meta:
        localized_fields = ["secretariat_etp"]

    def _post_clean(self) -> None:
        """Constraints that name a field which is not on the page are held as well, and say why."""
        super()._post_clean()  # type: ignore[misc]
        if not self.errors:
            try:
                self.instance.validate_constraints()
            except ValidationError as error:
                self.add_error(None, error.messages)


class ServiceForm(NouveauCompteForm, MandataireForm):
    """A service and the account of its first user."""

    class Meta:
        model = Mandataire
        fields = ["nom", "siret", "adresse", "code_postal", "commune", "telephone", "email", "capacite"]
        labels = {"nom": "Nom du service (raison sociale)"}
        help_texts = {
            "nom": "",
            "capacite": "Nombre autorisé, toutes juridictions confondues. Vide : pas encore dit.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.type = Mandataire.Type.SERVICE


class MembreForm(forms.ModelForm):  # type: ignore[type-arg]
    """A member's binding, and whether they may log in, which is their account's."""

    actif = forms.BooleanField(
        label="peut se connecter", required=False, initial=True, help_text="Décocher ferme aussi ses sessions."
    )

    class Meta:
        model = Membre
        fields = ["user", "est_admin"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is not None:
            self.fields["user"].disabled = True  # another person is another binding
            self.initial["actif"] = self.instance.user.is_active
            # Before it is validated, its validation is the only way in.
            self.fields["actif"].disabled = self.instance.mandataire.valide_at is None

    def clean_user(self) -> User:
        """The database refuses it too, without a sentence (see `mandataires.models.rattachements`)."""
        user: User = self.cleaned_data["user"]
        if self.instance.pk is None and (user.is_staff or hasattr(user, "magistrat")):
            raise forms.ValidationError(
                "Ce compte est celui d'un tribunal ou d'un administrateur : créez-en un autre pour ce mandataire."
            )
        return user


class ExerciceForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Exercice
        fields = ["etablissement", "nom_libre", "du", "au"]

    def clean(self) -> dict[str, Any]:
        """A free name that was matched to the register gives way to it."""
        data = super().clean() or self.cleaned_data
        etablissement: Etablissement | None = data.get("etablissement")
        if etablissement is not None:
            data["nom_libre"] = ""
        return data


class SansDoubleFormSet(BaseInlineFormSet):  # type: ignore[type-arg]
    """Rows in force name a court, or an establishment, once: Django does not compare two rows typed at once."""

    champ = ""

    def clean(self) -> None:
        super().clean()
        choisis = Counter(
            form.cleaned_data[self.champ]
            for form in self.forms
            if getattr(form, "cleaned_data", None)
            and form.cleaned_data.get(self.champ)
            and form.cleaned_data.get("au") is None
        )
        doubles = [str(choix) for choix, nombre in choisis.items() if nombre > 1]
        if doubles:
            raise forms.ValidationError(f"Deux lignes en vigueur disent la même chose : {', '.join(doubles)}.")


class AgrementFormSet(SansDoubleFormSet):
    champ = "tribunal"


class ExerciceFormSet(SansDoubleFormSet):
    champ = "etablissement"


class ValidationForm(forms.Form):
    leve_refus = forms.BooleanField(
        label="Lever le refus et valider cette demande",
        error_messages={"required": "Cochez la case pour lever le refus."},
    )

    def __init__(self, *args: Any, mandataire: Mandataire, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if mandataire.refuse_at is None:
            del self.fields["leve_refus"]


class RefusForm(forms.Form):
    motif = forms.CharField(
        label="Motif du refus",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4, "cols": 60}),
        help_text="Envoyé tel quel à la personne.",
        error_messages={"required": "Indiquez le motif du refus."},
    )
