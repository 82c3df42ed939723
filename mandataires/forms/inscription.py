"""The form by which a MJPM asks for an account."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import HTML, Div, Field, Fieldset, Layout, Row
from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.forms.models import ModelChoiceIterator
from django.forms.widgets import Script

from accounts.champs import AdresseEmailField, IdentifiantField
from accounts.forms import REGLE_DU_MOT_DE_PASSE
from accounts.models import User
from etablissements.models import Etablissement
from etablissements.recherche import chercher_etablissements
from mandataires.forms.champs import SiretField, TelephoneField, probleme_de_code_postal
from mandataires.models import Mandataire
from tribunaux.combobox import ComboboxField, Saisie
from tribunaux.db_functions import TexteRecherche
from tribunaux.models import Commune, Tribunal
from tribunaux.recherche import chercher_communes

NOMBRE_D_ETABLISSEMENTS = 5  # more are added in the profile

SANS_JAVASCRIPT = (
    '<noscript><p class="formulaire__consigne">Plus bas, laissez vide ce qui n\'est pas pour vous : le nom du '
    "service est pour un service ; le nom et le prénom, pour un individuel ou un préposé ; le SIRET, pour un "
    "individuel ou un service ; les établissements, pour un préposé.</p></noscript>"
)

Type = Mandataire.Type
# What is asked of some types only; the rest is asked of all.
CHAMPS_PROPRES = {
    "nom": {Type.INDIVIDUEL, Type.PREPOSE},
    "prenom": {Type.INDIVIDUEL, Type.PREPOSE},
    "raison_sociale": {Type.SERVICE},
    "siret": {Type.INDIVIDUEL, Type.SERVICE},
    **{f"etablissement_{n}": {Type.PREPOSE} for n in range(1, NOMBRE_D_ETABLISSEMENTS + 1)},
}


class ParRegion(ModelChoiceIterator):
    """Courts in groups, one a region."""

    queryset: Any

    def __iter__(self) -> Iterator[Any]:
        for region, tribunaux in groupby(self.queryset.all(), lambda t: t.commune.departement.region.nom):
            yield region, [self.choice(tribunal) for tribunal in tribunaux]


class TribunauxWidget(forms.CheckboxSelectMultiple):
    template_name = "mandataires/inscription/_tribunaux.html"

    class Media:
        css = {"all": ["css/inscription.css"]}
        js = [Script("js/choix_tribunaux.js", type="module")]

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["regions"] = [
            {"nom": nom, "tribunaux": options, "est_ouverte": any(option["selected"] for option in options)}
            for nom, options, _ in context["widget"]["optgroups"]
        ]
        return context


class TribunauxField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    """Courts that sit, all of them on the page: one query to show them, one to know those that were chosen."""

    widget = TribunauxWidget
    iterator = ParRegion

    def __init__(self, **kwargs: Any) -> None:
        tribunaux = Tribunal.objects.ouverts().select_related("commune__departement__region")
        region = TexteRecherche("commune__departement__region__nom")  # Île-de-France before La Réunion
        super().__init__(tribunaux.order_by(region, "commune__nom_recherche", "nom_recherche", "pk"), **kwargs)

    def label_from_instance(self, obj: Any) -> str:
        tribunal: Tribunal = obj
        return tribunal.libelle


class EtablissementOuNomField(ComboboxField):
    """An establishment of the register, when one was picked or bears exactly this name; else the name, a text."""

    default_error_messages = {"long": "Écrivez un nom de 200 caractères au plus."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            queryset=Etablissement.objects.ouverts(),
            chercher=chercher_etablissements,
            url="recherche_etablissements",
            required=False,
            **kwargs,
        )
        self.widget.texte_libre = True

    def clean(self, value: Saisie) -> Etablissement | str | None:
        try:
            etablissement: Etablissement | None = super().clean(value)
        except ValidationError as error:
            if error.code != "nom_libre":
                raise
            return value.texte
        return etablissement

    def _par_texte(self, texte: str) -> Etablissement:
        if len(texte) > 200:
            raise self._erreur("long", texte)
        exacts = [reponse for reponse in self._chercher(texte) if getattr(reponse, "rang", None) == 0]
        if len(exacts) != 1 or not isinstance(exacts[0], Etablissement):
            raise ValidationError(texte, code="nom_libre")
        return exacts[0]


class InscriptionForm(forms.ModelForm):  # type: ignore[type-arg]
    """A MJPM, its courts and establishments, and the account of its first user. Writes nothing by itself.

    Without JavaScript the fields of all three types are on the page: those of the others are neither
    demanded nor kept.
    """

    tribunaux = TribunauxField(
        label="Choisissez les tribunaux où vous êtes agréé",
        help_text="Ouvrez votre région. Les anciens tribunaux d'instance (TI) y sont sous leur nom actuel : "
        "tribunal judiciaire ou tribunal de proximité.",
        error_messages={"required": "Choisissez au moins un tribunal."},
    )
    type = forms.ChoiceField(
        label="Vous êtes un mandataire",
        choices=[(Type.INDIVIDUEL, "Individuel"), (Type.PREPOSE, "Préposé"), (Type.SERVICE, "Service")],
        widget=forms.RadioSelect,
        error_messages={"required": "Dites si vous êtes individuel, préposé ou service."},
    )
    identifiant = IdentifiantField(
        label="Identifiant désiré",
        help_text="3 caractères au moins, sans « @ ». Il servira à vous connecter, avec le mot de passe.",
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
        ),
        error_messages={
            "required": "Choisissez un identifiant.",
            "min_length": "L'identifiant doit compter 3 caractères au moins.",
        },
    )
    mot_de_passe = forms.CharField(
        label="Mot de passe désiré",
        strip=False,
        help_text=REGLE_DU_MOT_DE_PASSE,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        error_messages={"required": "Choisissez un mot de passe."},
    )
    nom = forms.CharField(
        label="Nom",
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "family-name"}),
        error_messages={"required": "Indiquez votre nom."},
    )
    prenom = forms.CharField(
        label="Prénom",
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "given-name"}),
        error_messages={"required": "Indiquez votre prénom."},
    )
    raison_sociale = forms.CharField(
        label="Nom du service (raison sociale)",
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
        error_messages={"required": "Indiquez le nom du service."},
    )
    siret = SiretField(label="Numéro SIRET", required=False, help_text="Quatorze chiffres, si vous en avez un.")
    adresse = forms.CharField(
        label="Adresse",
        max_length=200,
        help_text="Numéro et voie.",
        widget=forms.TextInput(attrs={"autocomplete": "street-address"}),
        error_messages={"required": "Indiquez votre adresse."},
    )
    code_postal = forms.CharField(
        label="Code postal",
        max_length=5,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "postal-code"}),
        error_messages={"required": "Indiquez le code postal."},
    )
    commune = ComboboxField(
        label="Commune",
        queryset=Commune.objects.select_related("departement"),
        chercher=chercher_communes,
        url="recherche_communes",
        depend_de="code_postal",
        error_messages={
            "required": "Choisissez votre commune.",
            "plusieurs": "Plusieurs communes correspondent : choisissez la vôtre.",
        },
    )
    telephone = TelephoneField(
        label="Numéro de téléphone",
        help_text="Par exemple 03 21 00 00 00.",
        error_messages={"required": "Indiquez un numéro de téléphone."},
    )
    email = AdresseEmailField(
        label="Adresse e-mail",
        help_text="Les magistrats la verront. Format : nom@domaine.fr",
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"required": "Indiquez votre adresse e-mail."},
    )

    class Media:
        js = [Script("js/condition.js", type="module"), Script("js/ajouts.js", type="module")]

    class Meta:
        model = Mandataire
        # Neither name: which one is demanded depends on the type.
        fields = ["type", "siret", "adresse", "code_postal", "commune", "telephone", "email"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        noms = [f"etablissement_{n}" for n in range(1, NOMBRE_D_ETABLISSEMENTS + 1)]
        for rang, nom in enumerate(noms, start=1):
            self.fields[nom] = EtablissementOuNomField(
                label=f"Établissement {rang}",
                help_text=""
                if rang > 1
                else "Premières lettres du nom, ville ou numéro FINESS (le répertoire "
                "national). S'il n'est pas dans la liste, écrivez simplement son nom.",
            )
        # As on the page: the summary of errors follows it.
        self.order_fields(["tribunaux", "type", "identifiant", "mot_de_passe", "raison_sociale"])
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.layout = Layout(
            Field("tribunaux", template="mandataires/inscription/_section.html"),
            Field("type", template="mandataires/inscription/_section.html"),
            HTML(SANS_JAVASCRIPT),
            Fieldset("Votre compte", Row("identifiant", "mot_de_passe")),
            Fieldset(
                "Vos coordonnées",
                _pour({Type.SERVICE}, "raison_sociale"),
                _pour({Type.INDIVIDUEL, Type.PREPOSE}, "nom", "prenom"),
                _pour({Type.INDIVIDUEL, Type.SERVICE}, "siret"),
                "adresse",
                Row("code_postal", "commune"),
                Row("telephone", "email"),
            ),
            Fieldset(
                "Noms d'établissements",
                *(Div(nom, data_ajout=True) for nom in noms),
                css_id="etablissements",
                data_visible_si="type",
                data_visible_valeurs=Type.PREPOSE.value,
                data_ajouts="Ajouter un autre établissement",
            ),
        )

    # --- What was typed --------------------------------------------------------------------------

    def clean_siret(self) -> str:
        siret: str = self.cleaned_data["siret"]
        if siret and Mandataire.objects.filter(siret=siret, refuse_at=None).exists():
            raise ValidationError("Un mandataire a déjà ce SIRET : s'il est le vôtre, écrivez-nous.")
        return siret

    def clean(self) -> dict[str, Any]:
        super().clean()
        data = self.cleaned_data
        self._laisser_les_champs_des_autres_types(data)
        self.instance.nom = data.get("nom") or data.get("raison_sociale") or ""
        self.instance.prenom = data.get("prenom") or ""
        code, commune = data.get("code_postal"), data.get("commune")
        if code and commune and (probleme := probleme_de_code_postal(code, commune)):
            self.add_error("code_postal", probleme)
        self._verifier_mot_de_passe(data)
        return data

    def _laisser_les_champs_des_autres_types(self, data: dict[str, Any]) -> None:
        for nom, types in CHAMPS_PROPRES.items():
            if data.get("type") not in types:
                self.errors.pop(nom, None)
                data[nom] = None if nom.startswith("etablissement") else ""

    def _verifier_mot_de_passe(self, data: dict[str, Any]) -> None:
        if "mot_de_passe" in data:
            try:
                validate_password(data["mot_de_passe"], self.compte)
            except ValidationError as error:
                self.add_error("mot_de_passe", error)

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if self.errors and "mot_de_passe" not in self.errors:
            self[
                "mot_de_passe"
            ].help_text = f"Par sécurité, il n'est pas réaffiché : écrivez-le de nouveau. {REGLE_DU_MOT_DE_PASSE}"

    # --- What was understood ---------------------------------------------------------------------

    @property
    def compte(self) -> User:
        """The account that was asked for, not written yet."""
        data = self.cleaned_data
        return User(
            username=data.get("identifiant", ""),
            email=data.get("email", ""),
            first_name=data.get("prenom") or "",
            last_name=data.get("nom") or "",
        )

    @property
    def etablissements(self) -> list[Etablissement | str]:
        """Each establishment once, in the order in which they were given."""
        saisis = (self.cleaned_data[f"etablissement_{n}"] for n in range(1, NOMBRE_D_ETABLISSEMENTS + 1))
        uniques: dict[Any, Etablissement | str] = {}
        for saisi in saisis:
            if saisi:
                uniques.setdefault(saisi.casefold() if isinstance(saisi, str) else saisi, saisi)
        return list(uniques.values())


def _pour(types: set[Mandataire.Type], *champs: str) -> Row:
    """Fields that concern these types of MJPM only."""
    valeurs = " ".join(sorted(types))
    return Row(*champs, data_visible_si="type", data_visible_valeurs=valeurs)
