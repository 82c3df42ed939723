from __future__ import annotations

from functools import partial
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Layout, Row
from django import forms
from django.db.models import Q
from django.forms.widgets import Script
from django.utils import timezone

from etablissements.models import Etablissement
from etablissements.recherche import chercher_etablissements
from mandataires.models import Agrement, Mandataire
from mesures.enums import Champ, LieuVie, MotifExtinction, Nature
from mesures.models import Mesure
from tribunaux.champs import DateFrField
from tribunaux.combobox import ComboboxField
from tribunaux.crispy import Repliable
from tribunaux.models import Commune, Tribunal
from tribunaux.recherche import NOMBRE_DE_REPONSES, chercher_communes, chercher_tribunaux

TEXTES_LIBRES = ("numero_rg", "cabinet", "numero_dossier", "etablissement_nom")


class VersionForm(forms.Form):
    """The version of the mesure that the page showed: what an act is held against."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)


class FaitsForm(forms.ModelForm):  # type: ignore[type-arg]  # Django takes no argument at run time
    """What every page asks of a mesure: its nature, the protected person, and where they live.

    The rules are those of `mesures.regles`, called by `Mesure.clean()`; a page says which facts it demands.
    """

    nature = forms.ChoiceField(
        label="Type de mesure",
        choices=[("", "Choisir"), *Nature.choices],
        error_messages={"required": "Choisissez le type de mesure."},
    )
    genre = forms.ChoiceField(
        label="Genre du majeur",
        choices=[("F", "Femme"), ("H", "Homme")],
        widget=forms.RadioSelect,
        error_messages={"required": "Indiquez si la personne est une femme ou un homme."},
    )
    annee_naissance = forms.IntegerField(
        label="Année de naissance",
        help_text="Quatre chiffres, par exemple 1962.",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "maxlength": 4}),
        error_messages={
            "required": "Indiquez l'année de naissance.",
            "invalid": "Écrivez l'année en quatre chiffres, par exemple 1962.",
        },
    )
    code_postal = forms.CharField(
        label="Code postal du lieu de vie",
        required=False,
        help_text="Sauf pour une personne sans domicile fixe.",
        error_messages={"required": "Indiquez le code postal."},
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    commune = ComboboxField(
        label="Commune du lieu de vie",
        queryset=Commune.objects.all(),
        chercher=chercher_communes,
        url="recherche_communes",
        depend_de="code_postal",
        required=False,
        help_text="Sauf pour une personne sans domicile fixe.",
        error_messages={
            "required": "Choisissez la commune où vit la personne.",
            "plusieurs": "Plusieurs communes correspondent : choisissez la bonne.",
            "aucune": "Aucune commune ne correspond à « %(texte)s » : cherchez-la par son nom.",
        },
    )
    lieu_vie = forms.ChoiceField(
        label="Lieu de vie",
        choices=LieuVie.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Indiquez si la personne vit à domicile ou en établissement."},
    )
    etablissement = ComboboxField(
        label="Établissement",
        queryset=Etablissement.objects.all(),
        chercher=chercher_etablissements,
        url="recherche_etablissements",
        required=False,
        help_text="Si la personne vit en établissement : premières lettres du nom, ville ou numéro FINESS "
        "(le répertoire national des établissements).",
        error_messages={
            "plusieurs": "Plusieurs établissements correspondent : choisissez le bon.",
            "aucune": "Aucun établissement ne correspond à « %(texte)s » : s'il n'est pas dans la liste, écrivez "
            "son nom dans le champ suivant.",
        },
    )
    etablissement_nom = forms.CharField(
        label="Mon établissement n'est pas dans la liste",
        required=False,
        max_length=200,
        help_text="Écrivez alors son nom.",
    )

    class Media:
        js = [Script("js/condition.js", type="module")]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # A browser would cut a long text that is pasted without a word; the server says that it is too long.
        for nom in set(TEXTES_LIBRES) & set(self.fields):
            self.fields[nom].widget.attrs.pop("maxlength", None)
        self.helper = FormHelper()
        self.helper.form_tag = False

    def clean_code_postal(self) -> str:
        return "".join(self.cleaned_data["code_postal"].split())

    def _get_validation_exclusions(self) -> set[str]:
        """Left to the rules: the model's own validators would say the same twice."""
        exclusions: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]
        return exclusions | {"code_postal", "annee_naissance"}

    def _combobox(self, nom: str) -> ComboboxField:
        field = self.fields[nom]
        assert isinstance(field, ComboboxField)
        return field

    def _update_errors(self, errors: Any) -> None:
        """A field that already has its error does not get the rules' one on top of it."""
        for champ in set(getattr(errors, "error_dict", {})) & set(self.errors):
            del errors.error_dict[champ]
        # A name that is refused was given: it is not missing in the list as well.
        if self.has_error("etablissement_nom"):
            getattr(errors, "error_dict", {}).pop("etablissement", None)
        super()._update_errors(errors)  # type: ignore[misc]
        # No establishment at all: the préposé's own are offered, as JavaScript does on arrival in the field.
        if self.has_error("etablissement", "manque"):
            etablissement = self._combobox("etablissement")
            etablissement.proposer(etablissement.chercher("")[:NOMBRE_DE_REPONSES])


def nom_de_l_etablissement() -> Div:
    """The part of a layout that is shown for a person who lives in an establishment."""
    return Div(
        "etablissement",
        "etablissement_nom",
        css_class="rang",
        data_visible_si="lieu_vie",
        data_visible_valeurs="etablissement etablissement_conservation",
    )


class MesureForm(FaitsForm):
    """A mesure as its MJPM records or edits it: the guide's six facts, then the rest, folded.

    One that a court reserved stays on that court. Its rules are those of `mesures.regles`, called by
    `Mesure.clean()`.
    """

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    date_decision = DateFrField(
        label="Date de décision",
        help_text="jj/mm/aaaa, avec ou sans les barres.",
        error_messages={"required": "Indiquez la date de décision."},
    )
    tribunal = ComboboxField(
        label="Tribunal",
        queryset=Tribunal.objects.ouverts(),
        chercher=chercher_tribunaux,
        url="recherche_tribunaux",
        required=False,
        help_text="Celui qui a prononcé la mesure : premières lettres de la ville.",
        error_messages={"required": "Choisissez le tribunal qui a prononcé la mesure."},
    )
    champ = forms.ChoiceField(
        label="Champ de la mesure", choices=[("", "Non précisé"), *Champ.choices], required=False
    )
    date_terme = DateFrField(
        label="Échéance",
        required=False,
        help_text="jj/mm/aaaa : le dernier jour de la mesure, que le jugement fixe souvent à cinq ans au plus.",
    )

    class Meta:
        model = Mesure
        fields = [
            "date_decision",
            "nature",
            "code_postal",
            "commune",
            "genre",
            "annee_naissance",
            "lieu_vie",
            "etablissement",
            "etablissement_nom",
            "tribunal",
            "numero_rg",
            "cabinet",
            "numero_dossier",
            "champ",
            "date_terme",
        ]
        labels = {"numero_rg": "Numéro RG", "numero_dossier": "Numéro de dossier", "cabinet": "Cabinet"}
        help_texts = {
            "numero_rg": "Le numéro de l'affaire au répertoire général du tribunal.",
            "numero_dossier": "Votre propre référence. N'y écrivez pas le nom de la personne.",
            "cabinet": "Le cabinet du juge, par exemple « 2 ».",
        }

    def __init__(self, *args: Any, mandataire: Mandataire, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.mandataire = mandataire
        self.instance.exige_complete = True
        self.fields["version"].initial = self.instance.version
        self.fields["version"].required = self.instance.pk is not None  # a new one has no past to be held against
        agrements = list(mandataire.agrements.en_vigueur().select_related("tribunal__actuel").order_by("pk")[:2])
        if self.instance.pk is None:
            if "tribunal" not in self.initial:
                self.initial["tribunal"] = _tribunal_habituel(mandataire, agrements)
            # On an error, the focus goes to the summary of errors.
            if not self.is_bound:
                self.fields["date_decision"].widget.attrs["autofocus"] = True
        # What the rules will ask has its asterisk.
        sans_domicile = self.is_bound and self.data.get(self.add_prefix("lieu_vie")) == LieuVie.SDF
        self.fields["code_postal"].required = self.fields["commune"].required = not sans_domicile
        est_reservee = self.instance.reserve_at is not None
        if est_reservee:
            del self.fields["tribunal"]
        else:
            self.fields["tribunal"].required = bool(agrements)
            # A mesure stays on the court that it was recorded for, even closed.
            self._combobox("tribunal").queryset = Tribunal.objects.filter(
                Q(ferme_le=None) | Q(pk=self.instance.tribunal_id)
            )
        siens = list(
            mandataire.exercices.filter(au=None, etablissement__isnull=False)
            .order_by("pk")
            .values_list("etablissement_id", flat=True)
        )
        etablissement = self._combobox("etablissement")
        etablissement.chercher = partial(chercher_etablissements, preferes=siens)
        etablissement.widget.parametres = {"prefere": siens}
        self.helper.layout = Layout(
            "version",
            Row("date_decision", "nature"),
            Row("code_postal", "commune"),
            Row("genre", "annee_naissance"),
            "lieu_vie",
            nom_de_l_etablissement(),
            Repliable(
                "Informations complémentaires",
                *([] if est_reservee else ["tribunal"]),
                Row("numero_rg", "cabinet"),
                Row("numero_dossier", "champ"),
                Div("date_terme", css_class="champ--court"),
                resume="" if est_reservee else "tribunal",
            ),
        )


def _tribunal_habituel(mandataire: Mandataire, agrements: list[Agrement]) -> Tribunal | None:
    """The only court of the MJPM, else the one of its last recorded mesure."""
    if len(agrements) == 1:
        return agrements[0].tribunal.actuel
    derniere = mandataire.mesures.exclude(tribunal=None).select_related("tribunal__actuel").order_by("-pk").first()
    return derniere.tribunal.actuel if derniere and derniere.tribunal else None


class ExtinctionForm(VersionForm):
    """The end of a mesure. Its rules are those of `mesures.regles`, called by the service."""

    date_extinction = DateFrField(
        label="Date de fin de mandat",
        initial=timezone.localdate,
        error_messages={"required": "Indiquez la date de fin du mandat."},
    )
    motif_extinction = forms.ChoiceField(
        label="Motif de fin",
        required=False,
        choices=[("", "Non précisé"), *MotifExtinction.choices],
    )
