"""What the lists and the map of mesures show of them: the search, the filters and the order, all in the URL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.db.models import Count, F
from django.db.models.functions import ExtractYear
from django.http import QueryDict

from mesures.enums import LieuVie, Nature
from mesures.models import MesureQuerySet
from mesures.recherche import chercher_mesures
from tribunaux.models import Commune, Tribunal

SANS_COMMUNE = "aucune"


class _TribunalField(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, tribunal: Tribunal) -> str:
        return tribunal.libelle


class FiltresForm(forms.Form):
    """Sent by GET. A value that no choice has is said beside its field, and the other filters apply.

    `mesures` are all those that the page may show: the choices that depend on data are drawn from them.
    """

    q = forms.CharField(label="Rechercher", required=False, max_length=100)
    nature = forms.ChoiceField(
        label="Type de mesure", required=False, choices=[("", "Tous les types"), *Nature.choices]
    )
    lieu_vie = forms.ChoiceField(
        label="Lieu de vie", required=False, choices=[("", "Tous les lieux"), *LieuVie.choices]
    )
    tribunal = _TribunalField(
        label="Tribunal",
        required=False,
        queryset=Tribunal.objects.none(),
        empty_label="Tous les tribunaux",
    )
    # The INSEE code of a place of the map, or SANS_COMMUNE.
    commune = forms.CharField(required=False, widget=forms.HiddenInput)

    default_errors: ClassVar = {
        "nature": "Ce type de mesure n'existe pas : ce filtre n'est pas appliqué.",
        "lieu_vie": "Ce lieu de vie n'existe pas : ce filtre n'est pas appliqué.",
        "tribunal": "Aucune de vos mesures n'est de ce tribunal : ce filtre n'est pas appliqué.",
    }

    def __init__(self, data: QueryDict, *, mesures: MesureQuerySet) -> None:
        super().__init__(data)
        self.mesures = mesures
        tribunal = self.fields["tribunal"]
        assert isinstance(tribunal, forms.ModelChoiceField)
        tribunal.queryset = Tribunal.objects.filter(pk__in=mesures.order_by().values("tribunal__actuel")).order_by(
            "nom", "pk"
        )
        for nom, message in self.default_errors.items():
            self.fields[nom].error_messages["invalid_choice"] = message

    def clean_commune(self) -> Commune | str | None:
        code = self.cleaned_data["commune"]
        if code in ("", SANS_COMMUNE):
            return code or None
        commune = Commune.objects.filter(pk=code).first()
        if commune is None:
            raise forms.ValidationError("Cette commune n'existe pas : ce filtre n'est pas appliqué.")
        return commune

    def appliquer(self) -> MesureQuerySet:
        """The mesures that the filters leave, in no order; each with `rang` (0: the very number) once searched."""
        self.is_valid()
        return self._filtrer(self.mesures, self.cleaned_data)

    def _filtrer(self, mesures: MesureQuerySet, valeurs: dict[str, Any]) -> MesureQuerySet:
        if valeurs.get("nature"):
            mesures = mesures.filter(nature=valeurs["nature"])
        if valeurs.get("lieu_vie"):
            mesures = mesures.filter(lieu_vie=valeurs["lieu_vie"])
        if tribunal := valeurs.get("tribunal"):
            mesures = mesures.filter(tribunal__actuel=tribunal)
        if commune := valeurs.get("commune"):
            mesures = mesures.filter(commune=None if commune == SANS_COMMUNE else commune)
        if q := valeurs.get("q"):
            mesures = chercher_mesures(q, mesures)
        return mesures

    @property
    def filtre(self) -> bool:
        """Whether anything at all narrows the list."""
        return any(self.cleaned_data.values())


class FiltresEnCoursForm(FiltresForm):
    """« Mesures en cours » and « Vue carte »."""

    a_completer = forms.BooleanField(label="À compléter", required=False)

    def _filtrer(self, mesures: MesureQuerySet, valeurs: dict[str, Any]) -> MesureQuerySet:
        mesures = super()._filtrer(mesures, valeurs)
        return mesures.a_completer() if valeurs.get("a_completer") else mesures


class FiltresEteintesForm(FiltresForm):
    """« Mesures éteintes », with the year of their end."""

    annee = forms.TypedChoiceField(
        label="Année de fin",
        required=False,
        coerce=int,
        empty_value=None,
        error_messages={
            "invalid_choice": "Aucune mesure n'a pris fin cette année-là : ce filtre n'est pas appliqué."
        },
    )

    def __init__(self, data: QueryDict, *, mesures: MesureQuerySet) -> None:
        super().__init__(data, mesures=mesures)
        annees = (
            mesures.order_by()
            .annotate(annee=ExtractYear("date_extinction"))
            .values_list("annee")
            .annotate(n=Count("pk"))
            .order_by("-annee")
        )
        champ = self.fields["annee"]
        assert isinstance(champ, forms.ChoiceField)
        champ.choices = [("", "Toutes les années"), *((annee, f"{annee} ({n})") for annee, n in annees)]

    def _filtrer(self, mesures: MesureQuerySet, valeurs: dict[str, Any]) -> MesureQuerySet:
        mesures = super()._filtrer(mesures, valeurs)
        return mesures.filter(date_extinction__year=valeurs["annee"]) if valeurs.get("annee") else mesures


# --- Order -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tri:
    """A column by which a list may be sorted; `champs` are its columns of the database, the first one first."""

    cle: str
    libelle: str
    champs: tuple[str, ...]


TRI_DECISION = Tri("decision", "Décision", ("date_decision",))
TRIS = (
    Tri("reference", "Référence", ("texte_recherche",)),
    TRI_DECISION,
    Tri("nature", "Type", ("nature", "champ")),
    Tri("naissance", "Majeur", ("annee_naissance",)),
    Tri("lieu", "Lieu de vie", ("commune__nom_recherche",)),
    Tri("tribunal", "Tribunal", ("tribunal__actuel__nom_recherche",)),
)


def ordonner(mesures: MesureQuerySet, tri: Tri, *, croissant: bool) -> MesureQuerySet:
    """Exact references first, then by `tri`, then by a unique key."""
    sens = [F(champ).asc(nulls_last=True) if croissant else F(champ).desc(nulls_last=True) for champ in tri.champs]
    rang = ["rang"] if "rang" in mesures.query.annotations else []
    return mesures.order_by(*rang, *sens, "-pk")
