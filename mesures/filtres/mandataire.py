"""What a MJPM's lists and map of mesures show of them: the search, the filters and the order, all in the URL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.db.models import Case, F, TextField, Value, When
from django.db.models.expressions import OrderBy
from django.db.models.functions import Coalesce, NullIf, Upper
from django.http import QueryDict
from django.utils.functional import cached_property

from mesures.enums import Nature
from mesures.filtres.base import AReviser, Filtres, ParAnneeDeFin, ParTypeEtLieuDeVie
from mesures.models import MesureQuerySet
from tribunaux.models import Commune, Tribunal
from tribunaux.ordre import Colonne, Ordre, Tri, choix, colonnes

SANS_COMMUNE = "aucune"


# --- Order -------------------------------------------------------------------------------------------

_REFERENCE = Coalesce(
    "rg_normalise", NullIf(Upper("numero_dossier"), Value("")), output_field=TextField(null=True)
)
_NATURE = Case(
    *(
        When(nature=nature, then=rang)
        for rang, nature in enumerate(sorted(Nature, key=lambda nature: str(nature.label)))
    )
)

TRI_DECISION = Tri(
    "decision",
    "Décision",
    (F("date_decision"),),
    croissant="plus anciennes d'abord",
    decroissant="plus récentes d'abord",
    commence_croissant=False,
)
TRIS = (
    Tri("reference", "Référence", (_REFERENCE,), peut_manquer=True),
    TRI_DECISION,
    Tri("nature", "Type", (_NATURE, F("champ"))),
    Tri(
        "naissance",
        "Majeur",
        (F("annee_naissance"),),
        croissant="plus âgés d'abord",
        decroissant="plus jeunes d'abord",
    ),
    Tri("lieu", "Lieu de vie", (F("commune__nom_recherche"),), peut_manquer=True),
    Tri("tribunal", "Tribunal", (F("tribunal__actuel__nom_recherche"),), peut_manquer=True),
)
ORDRE_USUEL = Ordre.premier(TRI_DECISION)


# --- Filters -----------------------------------------------------------------------------------------


class AvecOrdre(Filtres):
    """For a list that is sorted by its columns, `tris`."""

    tris: ClassVar[tuple[Tri, ...]] = TRIS

    tri = forms.CharField(label="Trier par", required=False, widget=forms.Select)

    def __init__(self, data: QueryDict, *, mesures: MesureQuerySet) -> None:
        super().__init__(data, mesures=mesures)
        widget = self.fields["tri"].widget
        assert isinstance(widget, forms.Select)
        widget.choices = choix(self.tris, ORDRE_USUEL, ORDRE_USUEL)

    def _ordre(self) -> Sequence[str | OrderBy]:
        return self.ordre.champs

    @property
    def ordre(self) -> Ordre:
        return Ordre.lire(self.cleaned_data.get("tri", ""), self.tris) or ORDRE_USUEL

    @property
    def colonnes(self) -> list[Colonne]:
        return colonnes(self.tris, self.ordre, ORDRE_USUEL)


class FiltresForm(ParTypeEtLieuDeVie):
    """Of a MJPM, who may work for several courts."""

    tribunal = forms.TypedChoiceField(
        label="Tribunal",
        required=False,
        coerce=int,
        empty_value=None,
        error_messages={
            "invalid_choice": "Aucune de vos mesures n'est de ce tribunal : ce filtre n'est pas appliqué."
        },
    )
    # The INSEE code of a place of the map, or SANS_COMMUNE.
    commune = forms.CharField(required=False, widget=forms.HiddenInput)

    hors_du_pli: ClassVar = frozenset({"q", "commune"})

    def __init__(self, data: QueryDict, *, mesures: MesureQuerySet) -> None:
        super().__init__(data, mesures=mesures)
        tribunaux = Tribunal.objects.filter(pk__in=mesures.order_by().values("tribunal__actuel")).order_by(
            "nom", "pk"
        )
        self.proposer(
            "tribunal", "Tous les tribunaux", ((tribunal.pk, tribunal.libelle) for tribunal in tribunaux)
        )

    def clean_commune(self) -> Commune | str | None:
        code = self.cleaned_data["commune"]
        if code in ("", SANS_COMMUNE):
            return code or None
        commune = Commune.objects.filter(pk=code).first()
        if commune is None:
            raise forms.ValidationError("Cette commune n'existe pas : ce filtre n'est pas appliqué.")
        return commune

    def _filtrer(self, mesures: MesureQuerySet, valeurs: dict[str, Any]) -> MesureQuerySet:
        mesures = super()._filtrer(mesures, valeurs)
        if tribunal := valeurs.get("tribunal"):
            mesures = mesures.filter(tribunal__actuel=tribunal)
        if commune := valeurs.get("commune"):
            mesures = mesures.filter(commune=None if commune == SANS_COMMUNE else commune)
        return mesures

    def _libelle(self, nom: str, valeur: Any) -> str:
        if nom == "commune":
            return "Non localisées" if valeur == SANS_COMMUNE else _a(valeur.nom)
        return super()._libelle(nom, valeur)


def _a(commune: str) -> str:
    """« À Calais », « Au Portel », « Aux Attaques »."""
    for article, contracte in (("Le ", "Au "), ("Les ", "Aux ")):
        if commune.startswith(article):
            return contracte + commune.removeprefix(article)
    return f"À {commune}"


class FiltresEnCoursForm(AvecOrdre, AReviser, FiltresForm):
    """« Mesures en cours » and « Vue carte »: the map keeps the order of the list, for who comes back to it."""

    a_completer = forms.BooleanField(label="À compléter", required=False)

    def _filtrer(self, mesures: MesureQuerySet, valeurs: dict[str, Any]) -> MesureQuerySet:
        mesures = super()._filtrer(mesures, valeurs)
        return mesures.a_completer() if valeurs.get("a_completer") else mesures

    @cached_property
    def nombre_a_completer(self) -> int:
        return self.mesures.a_completer().count()


class FiltresEteintesForm(ParAnneeDeFin, FiltresForm):
    """« Mesures éteintes »."""
