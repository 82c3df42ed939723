"""What all the lists of mesures do with their filters: sent by GET, said in words, taken off one by one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.db.models import Count
from django.db.models.expressions import OrderBy
from django.db.models.functions import ExtractYear
from django.http import QueryDict
from django.utils.functional import cached_property

from mesures.enums import LieuVie, Nature
from mesures.models import MesureQuerySet
from mesures.recherche import chercher_mesures


def ordonner(mesures: MesureQuerySet, *champs: str | OrderBy) -> MesureQuerySet:
    """The very number that was searched first, then `champs`, then a unique key."""
    rang = ["rang"] if "rang" in mesures.query.annotations else []
    return mesures.order_by(*rang, *champs, "-pk")


@dataclass(frozen=True)
class Critere:
    """Something that narrows the list, and the query string (or nothing) of the list without it."""

    libelle: str
    sans: str

    @property
    def entre_guillemets(self) -> str:
        return self.libelle if self.libelle.startswith("«") else f"« {self.libelle} »"


class Filtres(forms.Form):
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

    # What orders the list and narrows nothing; what a phone does not fold away.
    sans_effet: ClassVar = frozenset({"tri"})
    hors_du_pli: ClassVar = frozenset({"q"})
    lit_les_dossiers: ClassVar[bool] = True

    def __init__(self, data: QueryDict, *, mesures: MesureQuerySet) -> None:
        # Ids of its own: the form of a mesure, in a window over the list, has fields of the same names.
        super().__init__(data, auto_id="filtre_%s")
        self.mesures = mesures
        # The fields drawn from the rows that have a choice to make, or one made by the address.
        self.proposes: set[str] = set()

    def choix(self, nom: str, choix: list[tuple[Any, str]]) -> None:
        champ = self.fields[nom]
        assert isinstance(champ, forms.ChoiceField)
        champ.choices = choix

    def proposer(self, nom: str, tous: str, choix: Iterable[tuple[Any, str]]) -> None:
        valeurs = list(choix)
        self.choix(nom, [("", tous), *valeurs])
        if len(valeurs) > 1 or self.data.get(nom):
            self.proposes.add(nom)

    def appliquer(self) -> MesureQuerySet:
        """The mesures that the filters leave, in no order; each with `rang` (0: the very number) once searched."""
        self.is_valid()
        return self._filtrer(self.mesures, self.cleaned_data)

    def lister(self) -> MesureQuerySet:
        """The same in the order of the page, for the page and for the file that it offers."""
        return ordonner(self.appliquer(), *self._ordre())

    def _ordre(self) -> Sequence[str | OrderBy]:
        return ()

    def _filtrer(self, mesures: MesureQuerySet, valeurs: dict[str, Any]) -> MesureQuerySet:
        q = valeurs.get("q")
        return chercher_mesures(q, mesures, avec_dossier=self.lit_les_dossiers) if q else mesures

    # --- What the pages say of it ---

    def _libelle(self, nom: str, valeur: Any) -> str:
        """One filter that applies, in words."""
        champ = self.fields[nom]
        if isinstance(champ, forms.ChoiceField):
            return str(dict(champ.choices)[valeur])  # type: ignore[arg-type]
        return str(champ.label) if isinstance(champ, forms.BooleanField) else f"« {valeur} »"

    @cached_property
    def criteres(self) -> dict[str, Critere]:
        """All that narrows the list, by field."""
        return {
            nom: Critere(self._libelle(nom, valeur), self._adresse_sans(nom))
            for nom in self.fields
            if nom not in self.sans_effet and (valeur := self.cleaned_data.get(nom))
        }

    @property
    def filtre(self) -> bool:
        """Whether anything at all narrows the list."""
        return bool(self.criteres)

    @property
    def repliables(self) -> int:
        """How many filters apply that a phone folds away."""
        return len(self.criteres.keys() - self.hors_du_pli)

    @property
    def a_une_erreur_repliee(self) -> bool:
        return bool(self.errors.keys() - self.hors_du_pli)

    @property
    def effacer(self) -> str:
        """The query string of the whole list, in the same order."""
        return self._adresse_sans(*(nom for nom in self.fields if nom not in self.sans_effet))

    def _adresse_sans(self, *noms: str) -> str:
        gardes = QueryDict(mutable=True)
        for nom in self.fields:
            if nom not in noms and nom not in self.errors and (valeur := self.data.get(nom)):
                gardes[nom] = valeur
        return f"?{gardes.urlencode()}" if gardes else ""


class ParTypeEtLieuDeVie(Filtres):
    nature = forms.ChoiceField(
        label="Type de mesure",
        required=False,
        choices=[("", "Tous les types"), *Nature.choices],
        error_messages={"invalid_choice": "Ce type de mesure n'existe pas : ce filtre n'est pas appliqué."},
    )
    lieu_vie = forms.ChoiceField(
        label="Lieu de vie",
        required=False,
        choices=[("", "Tous les lieux"), *LieuVie.choices],
        error_messages={"invalid_choice": "Ce lieu de vie n'existe pas : ce filtre n'est pas appliqué."},
    )

    def _filtrer(self, mesures: MesureQuerySet, valeurs: dict[str, Any]) -> MesureQuerySet:
        mesures = super()._filtrer(mesures, valeurs)
        if valeurs.get("nature"):
            mesures = mesures.filter(nature=valeurs["nature"])
        if valeurs.get("lieu_vie"):
            mesures = mesures.filter(lieu_vie=valeurs["lieu_vie"])
        return mesures


class AReviser(Filtres):
    """For ongoing mesures: those whose term comes."""

    a_reviser = forms.BooleanField(label="À réviser", required=False)

    def _filtrer(self, mesures: MesureQuerySet, valeurs: dict[str, Any]) -> MesureQuerySet:
        mesures = super()._filtrer(mesures, valeurs)
        return mesures.a_reviser() if valeurs.get("a_reviser") else mesures

    @cached_property
    def nombre_a_reviser(self) -> int:
        return self.mesures.a_reviser().count()


class ParAnneeDeFin(Filtres):
    """For ended mesures; `annees` counts them all by the year of their end, whatever the filters."""

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

    def _ordre(self) -> Sequence[str | OrderBy]:
        return ("-date_extinction",)

    def _libelle(self, nom: str, valeur: Any) -> str:
        return f"fin en {valeur}" if nom == "annee" else super()._libelle(nom, valeur)
