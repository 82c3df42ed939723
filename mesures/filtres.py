"""What the lists and the map of mesures show of them: the search, the filters and the order, all in the URL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.db.models import Case, Count, F, TextField, Value, When
from django.db.models.expressions import OrderBy
from django.db.models.functions import Coalesce, ExtractYear, NullIf, Upper
from django.http import QueryDict
from django.utils.functional import cached_property

from mesures.enums import LieuVie, Nature
from mesures.models import MesureQuerySet
from mesures.recherche import chercher_mesures
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


def ordonner(mesures: MesureQuerySet, *champs: str | OrderBy) -> MesureQuerySet:
    """The very number that was searched first, then `champs`, then a unique key."""
    rang = ["rang"] if "rang" in mesures.query.annotations else []
    return mesures.order_by(*rang, *champs, "-pk")


# --- Filters -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Critere:
    """Something that narrows the list, and the query string (or nothing) of the list without it."""

    libelle: str
    sans: str

    @property
    def entre_guillemets(self) -> str:
        return self.libelle if self.libelle.startswith("«") else f"« {self.libelle} »"


class FiltresForm(forms.Form):
    """Sent by GET. A value that no choice has is said beside its field, and the other filters apply.

    `mesures` are all those that the page may show: the choices that depend on data are drawn from them.
    """

    q = forms.CharField(
        label="Rechercher",
        required=False,
        max_length=100,
        widget=forms.SearchInput(attrs={"autocomplete": "off"}),
        help_text="RG, dossier, ville, établissement",
        error_messages={"max_length": "Cherchez au plus %(limit_value)d caractères : rien n'est cherché."},
    )
    nature = forms.ChoiceField(
        label="Type de mesure", required=False, choices=[("", "Tous les types"), *Nature.choices]
    )
    lieu_vie = forms.ChoiceField(
        label="Lieu de vie", required=False, choices=[("", "Tous les lieux"), *LieuVie.choices]
    )
    tribunal = forms.TypedChoiceField(label="Tribunal", required=False, coerce=int, empty_value=None)
    # The INSEE code of a place of the map, or SANS_COMMUNE.
    commune = forms.CharField(required=False, widget=forms.HiddenInput)

    valeurs_inconnues: ClassVar = {
        "nature": "Ce type de mesure n'existe pas : ce filtre n'est pas appliqué.",
        "lieu_vie": "Ce lieu de vie n'existe pas : ce filtre n'est pas appliqué.",
        "tribunal": "Aucune de vos mesures n'est de ce tribunal : ce filtre n'est pas appliqué.",
    }

    def __init__(self, data: QueryDict, *, mesures: MesureQuerySet) -> None:
        # Ids of its own: the form of a mesure, in a window over the list, has fields of the same names.
        super().__init__(data, auto_id="filtre_%s")
        self.mesures = mesures
        tribunaux = Tribunal.objects.filter(pk__in=mesures.order_by().values("tribunal__actuel")).order_by(
            "nom", "pk"
        )
        choix = [(tribunal.pk, tribunal.libelle) for tribunal in tribunaux]
        self.choix("tribunal", [("", "Tous les tribunaux"), *choix])
        # Whether there is a choice to make, or one made by the address.
        self.propose_tribunal = len(choix) > 1 or bool(self.data.get("tribunal"))
        for nom, message in self.valeurs_inconnues.items():
            self.fields[nom].error_messages["invalid_choice"] = message

    def choix(self, nom: str, choix: list[tuple[Any, str]]) -> None:
        champ = self.fields[nom]
        assert isinstance(champ, forms.ChoiceField)
        champ.choices = choix

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

    # --- What the pages say of it ---

    def _libelles(self, valeurs: dict[str, Any]) -> dict[str, str]:
        """The filters that apply, in words, by their field."""
        libelles = {}
        if q := valeurs.get("q"):
            libelles["q"] = f"« {q} »"
        for nom in ("nature", "lieu_vie", "tribunal"):
            if valeur := valeurs.get(nom):
                champ = self.fields[nom]
                assert isinstance(champ, forms.ChoiceField)
                libelles[nom] = str(dict(champ.choices)[valeur])  # type: ignore[arg-type]
        if commune := valeurs.get("commune"):
            libelles["commune"] = "Non localisées" if commune == SANS_COMMUNE else _a(commune.nom)
        return libelles

    @cached_property
    def criteres(self) -> dict[str, Critere]:
        """All that narrows the list, by field."""
        return {
            nom: Critere(libelle, self._adresse_sans(nom))
            for nom, libelle in self._libelles(self.cleaned_data).items()
        }

    @property
    def filtre(self) -> bool:
        """Whether anything at all narrows the list."""
        return bool(self.criteres)

    @property
    def repliables(self) -> int:
        """How many filters apply that a phone folds away."""
        return len(self.criteres.keys() - {"q", "commune"})

    @property
    def a_une_erreur_repliee(self) -> bool:
        return bool(self.errors.keys() - {"q", "commune"})

    @property
    def effacer(self) -> str:
        """The query string of the whole list, in the same order."""
        return self._adresse_sans(*(nom for nom in self.fields if nom != "tri"))

    def _adresse_sans(self, *noms: str) -> str:
        gardes = QueryDict(mutable=True)
        for nom in self.fields:
            if nom not in noms and nom not in self.errors and (valeur := self.data.get(nom)):
                gardes[nom] = valeur
        return f"?{gardes.urlencode()}" if gardes else ""


def _a(commune: str) -> str:
    """« À Calais », « Au Portel », « Aux Attaques »."""
    for article, contracte in (("Le ", "Au "), ("Les ", "Aux ")):
        if commune.startswith(article):
            return contracte + commune.removeprefix(article)
    return f"À {commune}"


class FiltresEnCoursForm(FiltresForm):
    """« Mesures en cours » and « Vue carte »: the map keeps the order of the list, for who comes back to it."""

    a_completer = forms.BooleanField(label="À compléter", required=False)
    tri = forms.CharField(
        label="Trier par",
        required=False,
        widget=forms.Select(choices=choix(TRIS, ORDRE_USUEL, ORDRE_USUEL)),
    )

    def _filtrer(self, mesures: MesureQuerySet, valeurs: dict[str, Any]) -> MesureQuerySet:
        mesures = super()._filtrer(mesures, valeurs)
        return mesures.a_completer() if valeurs.get("a_completer") else mesures

    def _libelles(self, valeurs: dict[str, Any]) -> dict[str, str]:
        a_completer = {"a_completer": "À compléter"} if valeurs.get("a_completer") else {}
        return super()._libelles(valeurs) | a_completer

    @property
    def ordre(self) -> Ordre:
        return Ordre.lire(self.cleaned_data.get("tri", ""), TRIS) or ORDRE_USUEL

    @property
    def colonnes(self) -> list[Colonne]:
        return colonnes(TRIS, self.ordre, ORDRE_USUEL)

    @cached_property
    def nombre_a_completer(self) -> int:
        return self.mesures.a_completer().count()


class FiltresEteintesForm(FiltresForm):
    """« Mesures éteintes », with the year of their end; `annees` counts them all, whatever the filters."""

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
        self.annees: dict[int, int] = dict(
            mesures.order_by()
            .annotate(annee=ExtractYear("date_extinction"))
            .values_list("annee")
            .annotate(n=Count("pk"))
            .order_by("-annee")
        )
        self.choix(
            "annee", [("", "Toutes les années"), *((annee, f"{annee} ({n})") for annee, n in self.annees.items())]
        )

    def _filtrer(self, mesures: MesureQuerySet, valeurs: dict[str, Any]) -> MesureQuerySet:
        mesures = super()._filtrer(mesures, valeurs)
        return mesures.filter(date_extinction__year=valeurs["annee"]) if valeurs.get("annee") else mesures

    def _libelles(self, valeurs: dict[str, Any]) -> dict[str, str]:
        annee = {"annee": f"fin en {valeurs['annee']}"} if valeurs.get("annee") else {}
        return super()._libelles(valeurs) | annee
