"""The forms of « Mes informations »."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Layout, Row
from django import forms
from django.core.validators import MinValueValidator
from django.forms.widgets import Script

from etablissements.models import Etablissement
from etablissements.recherche import chercher_etablissements
from mandataires.declarations import TotalSaisi
from mandataires.forms.champs import NombreField, TelephoneField, probleme_de_code_postal
from mandataires.forms.declaration import CONFIRMATION, champs_du_total, total_saisi
from mandataires.models import Genre, Mandataire
from tribunaux.combobox import ComboboxField
from tribunaux.models import Commune, Tribunal
from tribunaux.recherche import chercher_communes, chercher_tribunaux

LIGNES_MAX = 10  # establishments added at once


class ProfilForm(forms.ModelForm):  # type: ignore[type-arg]  # Django takes no argument at run time
    """What a MJPM says of itself, less its courts and establishments. Judges see all of it."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    genre = forms.ChoiceField(
        label="Genre", choices=[*Genre.choices, ("", "Non précisé")], required=False, widget=forms.RadioSelect
    )
    code_postal = forms.RegexField(
        r"^[0-9]{5}$",
        label="Code postal",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "postal-code", "maxlength": 5}),
        error_messages={
            "required": "Indiquez le code postal.",
            "invalid": "Un code postal compte cinq chiffres.",
        },
    )
    commune = ComboboxField(
        label="Commune",
        queryset=Commune.objects.all(),
        chercher=chercher_communes,
        url="recherche_communes",
        depend_de="code_postal",
        error_messages={
            "required": "Choisissez la commune.",
            "plusieurs": "Plusieurs communes correspondent : choisissez la vôtre.",
            "aucune": "Aucune commune ne correspond à « %(texte)s » : cherchez-la par son nom.",
        },
    )
    telephone = TelephoneField(label="Téléphone", error_messages={"required": "Indiquez un téléphone."})
    telephone_portable = TelephoneField(label="Téléphone portable", required=False)
    capacite = NombreField(
        label="Nombre de mesures souhaitées",
        required=False,
        help_text="En tout, mesures en cours comprises. 0 veut dire que vous n'en souhaitez aucune ; laissez "
        "vide tant que vous ne savez pas.",
    )
    a_un_secretariat = forms.TypedChoiceField(
        label="Disposez-vous d'un secrétariat ?",
        choices=[("oui", "Oui"), ("non", "Non")],
        coerce=lambda valeur: valeur == "oui",
        widget=forms.RadioSelect,
        error_messages={"required": "Dites si vous disposez d'un secrétariat."},
    )
    secretariat_etp = forms.DecimalField(
        label="Secrétariat, en équivalent temps plein (ETP)",
        required=False,
        localize=True,
        max_digits=4,
        decimal_places=2,
        validators=[MinValueValidator(0, "Écrivez un nombre positif, par exemple 0,8.")],
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "maxlength": 6}),
        help_text="1 pour une personne à temps plein, 0,8 pour quatre jours sur cinq.",
        error_messages={
            "invalid": "Écrivez un nombre, par exemple 0,8.",
            "max_digits": "Écrivez un nombre inférieur à 100.",
            "max_whole_digits": "Écrivez un nombre inférieur à 100.",
            "max_decimal_places": "Écrivez deux chiffres au plus après la virgule.",
        },
    )

    class Media:
        js = [Script("js/condition.js", type="module")]

    class Meta:
        model = Mandataire
        fields = [
            "prenom",
            "nom",
            "genre",
            "adresse",
            "code_postal",
            "commune",
            "telephone",
            "telephone_portable",
            "email",
            "capacite",
            "a_un_secretariat",
            "secretariat_etp",
            "message_magistrats",
        ]
        labels = {"email": "Adresse e-mail de contact", "adresse": "Adresse"}
        help_texts = {
            "nom": "",
            "email": "Celle que voient les magistrats. L'adresse de connexion se change dans « Mon compte ».",
            "adresse": "Numéro et voie.",
            "message_magistrats": "Facultatif : 1 000 caractères au plus. N'y nommez aucune personne protégée.",
        }
        error_messages = {
            "prenom": {"required": "Indiquez votre prénom."},
            "nom": {"required": "Indiquez le nom."},
            "adresse": {"required": "Indiquez l'adresse."},
            "email": {
                "required": "Indiquez une adresse e-mail.",
                "invalid": "Écrivez une adresse e-mail complète, comme contact@example.org.",
            },
        }
        widgets = {
            "prenom": forms.TextInput(attrs={"autocomplete": "given-name"}),
            "nom": forms.TextInput(attrs={"autocomplete": "family-name"}),
            "adresse": forms.TextInput(attrs={"autocomplete": "street-address"}),
            "email": forms.EmailInput(attrs={"autocomplete": "email"}),
            "message_magistrats": forms.Textarea(attrs={"rows": 4}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].initial = self.instance.version
        for nom in ("prenom", "nom", "adresse", "email"):
            self.fields[nom].required = True
        self.initial["a_un_secretariat"] = "oui" if self.instance.a_un_secretariat else "non"
        if self.instance.secretariat_etp is not None:
            self.initial["secretariat_etp"] = _sans_zeros(self.instance.secretariat_etp)
        if self.instance.est_service:
            self._adapter_au_service()
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.layout = self._disposition()

    def _adapter_au_service(self) -> None:
        """A service has a name, a capacity wanted or authorised, and nothing of a person's."""
        for nom in ("prenom", "genre", "telephone_portable", "a_un_secretariat", "secretariat_etp"):
            del self.fields[nom]
        self.fields["nom"].label = "Nom du service"
        self.fields["nom"].widget.attrs["autocomplete"] = "organization"
        self.fields["capacite"].label = "Nombre de mesures souhaité ou autorisé"
        self.fields["capacite"].help_text = "Tous tribunaux confondus, mesures en cours comprises."
        self.fields |= champs_du_total(self.instance)

    def _disposition(self) -> Layout:
        adresse = ("adresse", Row("code_postal", "commune"))
        fin = (Div("capacite", css_class="champ--court"), "message_magistrats")
        if self.instance.est_service:
            total: list[str | Div] = [Div("total", css_class="champ--court")]
            if CONFIRMATION in self.fields:
                total.append(CONFIRMATION)
            return Layout("version", "nom", *adresse, Row("telephone", "email"), fin[0], *total, fin[1])
        secretariat = Div(
            "secretariat_etp",
            css_class="champ--court",
            data_visible_si="a_un_secretariat",
            data_visible_valeurs="oui",
        )
        return Layout(
            "version",
            Row("prenom", "nom"),
            "genre",
            *adresse,
            Row("telephone", "telephone_portable"),
            "email",
            fin[0],
            "a_un_secretariat",
            secretariat,
            fin[1],
        )

    def clean(self) -> dict[str, Any]:
        cleaned_data = super().clean() or self.cleaned_data
        code, commune = cleaned_data.get("code_postal"), cleaned_data.get("commune")
        if code and commune and (probleme := probleme_de_code_postal(code, commune)):
            self.add_error("code_postal", probleme)
        if cleaned_data.get("secretariat_etp") is not None and cleaned_data.get("a_un_secretariat") is False:
            self.add_error(
                "secretariat_etp", "Ce nombre suppose un secrétariat : répondez « Oui », ou laissez-le vide."
            )
        return cleaned_data

    @property
    def valeurs(self) -> dict[str, Any]:
        """What `modifier_profil` is to write."""
        return {nom: valeur for nom, valeur in self.cleaned_data.items() if nom in self.Meta.fields}

    @property
    def total(self) -> TotalSaisi | None:
        """What a service says of its total, None where there is nothing to say."""
        return total_saisi(self)


class TribunalForm(forms.Form):
    """A court, from the first letters of its town."""

    tribunal = ComboboxField(
        label="Tribunaux d'Instance où je suis agréé",
        queryset=Tribunal.objects.ouverts(),
        chercher=chercher_tribunaux,
        url="recherche_tribunaux",
        error_messages={
            "plusieurs": "Plusieurs tribunaux correspondent : choisissez le vôtre.",
            "aucune": "Aucun tribunal ne correspond à « %(texte)s » : écrivez le nom de sa ville.",
        },
        required=False,  # said below: a lone field needs no asterisk
    )

    def __init__(self, *args: Any, mandataire: Mandataire, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        aide = (
            "TI : tribunal d'instance, aujourd'hui tribunal judiciaire ou de proximité. Écrivez les premières "
            "lettres de la ville"
        )
        if mandataire.est_service:
            self.fields["tribunal"].label = "Nouveau TI"
            self.fields["tribunal"].help_text = f"{aide}, choisissez, puis validez."
        else:
            self.fields["tribunal"].help_text = f"{aide} et choisissez : le tribunal est ajouté aussitôt."

    def clean_tribunal(self) -> Tribunal:
        tribunal: Tribunal | None = self.cleaned_data["tribunal"]
        if tribunal is None:
            raise forms.ValidationError("Choisissez un tribunal.")
        return tribunal


class EtablissementsForm(forms.Form):
    """One or several establishments, one a line, and one that the list lacks.

    The button « Ajouter une ligne » sends the form, which comes back with what was typed and a line more:
    it works without JavaScript.
    """

    lignes = forms.CharField(widget=forms.HiddenInput, required=False)
    nom_libre = forms.CharField(
        label="Mon établissement n'est pas dans la liste",
        required=False,
        max_length=200,
        help_text="Écrivez son nom et sa ville. Nous le rattacherons à la liste.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        demandees = str(self.data.get("lignes") or "")
        lignes = int(demandees) if demandees.isdecimal() and len(demandees) < 3 else 1
        self.une_ligne_de_plus = "ligne" in self.data
        self.nombre_de_lignes = max(1, min(lignes + self.une_ligne_de_plus, LIGNES_MAX))
        self.noms = [f"etablissement_{numero}" for numero in range(1, self.nombre_de_lignes + 1)]
        for numero, nom in enumerate(self.noms, start=1):
            self.fields[nom] = ComboboxField(
                label="Établissement" if self.nombre_de_lignes == 1 else f"Établissement {numero}",
                queryset=Etablissement.objects.ouverts(),
                chercher=chercher_etablissements,
                url="recherche_etablissements",
                required=False,
                error_messages={
                    "plusieurs": "Plusieurs établissements correspondent : choisissez le vôtre.",
                    "aucune": "Aucun établissement ne correspond à « %(texte)s » : écrivez-le plus bas.",
                },
                help_text="Premières lettres du nom, ville, ou numéro FINESS (le répertoire national des "
                "établissements)."
                if numero == 1
                else "",
            )
        self.fields["lignes"].initial = self.nombre_de_lignes
        if self.is_bound:
            self.data = self.data.copy()  # type: ignore[attr-defined]
            self.data["lignes"] = str(self.nombre_de_lignes)  # type: ignore[index]
        self.order_fields(["lignes", *self.noms, "nom_libre"])

    @property
    def bouton_de_plus(self) -> dict[str, str] | None:
        """The second button of the form, while it may grow."""
        if self.nombre_de_lignes == LIGNES_MAX:
            return None
        return {"nom": "ligne", "valeur": "1", "texte": "Ajouter une ligne"}

    def clean(self) -> dict[str, Any]:
        cleaned_data = super().clean() or self.cleaned_data
        cleaned_data["etablissements"] = [cleaned_data[nom] for nom in self.noms if cleaned_data.get(nom)]
        vide = not cleaned_data["etablissements"] and not cleaned_data.get("nom_libre")
        if vide and not self.errors and not self.une_ligne_de_plus:
            self.add_error(self.noms[0], "Choisissez un établissement, ou écrivez son nom.")
        return cleaned_data


def _sans_zeros(nombre: Decimal) -> Decimal:
    """0.80 is shown as people write it: 0,8."""
    return nombre.normalize()
