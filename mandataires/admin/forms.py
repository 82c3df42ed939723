from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BaseInlineFormSet
from django.utils import timezone

from accounts.champs import NouveauCompteForm
from accounts.models import User
from etablissements.models import Etablissement
from mandataires.forms.champs import SiretField
from mandataires.membres import DERNIER_ADMINISTRATEUR
from mandataires.models import Agrement, Exercice, Mandataire, Membre
from mandataires.services import verrouiller_charges


class MandataireForm(forms.ModelForm):  # type: ignore[type-arg]
    siret = SiretField(label="SIRET", required=False)
    # What the page showed: see `clean`.
    version_vue = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    class Meta:
        localized_fields = ["secretariat_etp"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is None:
            del self.fields["version_vue"]
        else:
            self.initial["version_vue"] = self.instance.version

    def clean(self) -> dict[str, Any]:
        """Lock what the MJPM's own acts lock, until all of the page is written: neither writes over the other."""
        data = super().clean() or self.cleaned_data
        if self.instance.pk is not None and "version_vue" in data:
            verrouiller_charges(self.instance.pk)
            actuelle = Mandataire.objects.values_list("version", flat=True).get(pk=self.instance.pk)
            if data["version_vue"] != actuelle:
                raise ValidationError(
                    "Ce mandataire a été modifié depuis que cette page est affichée : ouvrez-la de nouveau, "
                    "puis refaites vos changements. Rien n'a été enregistré."
                )
        return data

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


class MembreFormSet(BaseInlineFormSet):  # type: ignore[type-arg]
    def clean(self) -> None:
        """The rule of `mandataires.membres` on the last administrator, for several members changed at once.

        Closing everybody is another act: it leaves nobody without an administrator.
        """
        super().clean()
        if any(self.errors) or not self.instance.est_service:
            return
        presents = [form.cleaned_data for form in self.forms if form.cleaned_data.get("user")]
        actifs = [membre for membre in presents if membre["actif"]]
        a_change = any(form.has_changed() for form in self.forms)
        if a_change and actifs and not any(membre["est_admin"] for membre in actifs):
            raise forms.ValidationError(DERNIER_ADMINISTRATEUR)


class RattachementForm(forms.ModelForm):  # type: ignore[type-arg]
    def clean_du(self) -> date:
        du: date = self.cleaned_data["du"]
        return _passee(du)

    def clean_au(self) -> date | None:
        au: date | None = self.cleaned_data["au"]
        return au and _passee(au)


def _passee(jour: date) -> date:
    if jour > timezone.localdate():
        raise forms.ValidationError("Cette date est dans le futur : choisissez au plus tard aujourd'hui.")
    return jour


class AgrementForm(RattachementForm):
    est_verifie = forms.BooleanField(
        label="vérifié", required=False, help_text="La fiche dit « vérifié » de ce tribunal."
    )

    class Meta:
        model = Agrement
        fields = ["tribunal", "du", "au"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["est_verifie"] = self.instance.verifie_at is not None

    def noter_verification(self, author: User) -> None:
        """Say on the instance, to be saved, who verified it, or that nobody did."""
        if "est_verifie" in self.changed_data:
            est_verifie = self.cleaned_data["est_verifie"]
            self.instance.verifie_at = timezone.now() if est_verifie else None
            self.instance.verifie_by = author if est_verifie else None


class ExerciceForm(RattachementForm):
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
