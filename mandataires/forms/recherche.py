"""What a court asks of « Majeurs protégés » and « Mandataires »: a GET form, so that the address says it all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.functional import cached_property

from etablissements.models import Etablissement
from etablissements.recherche import chercher_etablissements
from mandataires.models import Mandataire
from mandataires.recherche import TRI_DISTANCE, TRIS, Comptes, Criteres
from tribunaux.combobox import ComboboxField
from tribunaux.models import Commune, Tribunal
from tribunaux.ordre import Colonne, Ordre, Tri, choix, colonnes
from tribunaux.recherche import chercher_communes, communes_ressemblantes

RAYONS = (10, 20, 50, 100)  # kilometres
TYPES = {
    Mandataire.Type.INDIVIDUEL: "Individuels",
    Mandataire.Type.PREPOSE: "Préposés",
    Mandataire.Type.SERVICE: "Services",
}


@dataclass(frozen=True, kw_only=True)
class Usage:
    """What tells the two pages apart. `autour_du_tribunal`: the court's own commune is the place, unless said.

    `repere` is what the place is called on the map.
    """

    question: str
    repere: str
    aide: str
    tri: Tri
    autour_du_tribunal: bool


@dataclass(frozen=True)
class Elargissement:
    """A way to find more, and the query string that asks for it."""

    libelle: str
    adresse: str


class RechercheForm(forms.Form):
    """A value that cannot be is said beside its field; the other filters apply."""

    lieu = ComboboxField(
        label="",
        required=False,
        queryset=Commune.objects.all(),
        chercher=chercher_communes,
        url="recherche_communes",
        error_messages={
            "plusieurs": "Plusieurs communes correspondent : choisissez dans la liste.",
            "aucune": "Aucune commune ne correspond à « %(texte)s » : cherchez-la par son nom ou son code postal.",
            "invalid_choice": "Cette commune n'existe pas : cherchez-la par son nom ou son code postal.",
        },
    )
    rayon = forms.TypedChoiceField(
        label="Distance maximale",
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", "Sans limite"), *((km, f"{km} km") for km in RAYONS)],
        error_messages={"invalid_choice": "Choisissez une distance de la liste : ce filtre n'est pas appliqué."},
    )
    etablissement = ComboboxField(
        label="Établissement",
        help_text="Nom, ville ou FINESS (répertoire national)",
        required=False,
        queryset=Etablissement.objects.ouverts().select_related("commune"),
        chercher=chercher_etablissements,
        url="recherche_etablissements",
        error_messages={
            "plusieurs": "Plusieurs établissements correspondent : choisissez dans la liste.",
            "aucune": "Aucun établissement ne correspond à « %(texte)s » : cherchez-le par sa ville.",
            "invalid_choice": "Cet établissement n'existe pas : cherchez-le par son nom ou sa ville.",
        },
    )
    type = forms.MultipleChoiceField(
        label="Type de mandataire",
        required=False,
        choices=list(TYPES.items()),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "Ce type de mandataire n'existe pas : ce filtre n'est pas appliqué."},
    )
    disponibles = forms.BooleanField(label="Disponibles seulement", required=False)
    recentes = forms.BooleanField(label="Données de moins de 30 jours", required=False)
    hors_liste = forms.BooleanField(label="Au-delà de la liste de mon tribunal", required=False)
    tri = forms.CharField(label="Trier par", required=False, widget=forms.Select)

    def __init__(self, data: QueryDict, *, tribunal: Tribunal, usage: Usage) -> None:
        data = data.copy()
        self.dit_un_lieu = _dit_un_lieu(data)
        if usage.autour_du_tribunal and not self.dit_un_lieu:
            data.pop("lieu_texte", None)
            data["lieu"] = tribunal.commune_id
        super().__init__(data, auto_id="recherche_%s")
        self.tribunal = tribunal
        self.usage = usage
        lieu = self.fields["lieu"]
        lieu.label, lieu.help_text = usage.question, usage.aide

    def clean(self) -> dict[str, Any]:
        """A place that is nobody's name: those that it resembles are offered, none is taken for it."""
        if self.has_error("lieu", "aucune"):
            lieu = self.fields["lieu"]
            assert isinstance(lieu, ComboboxField)
            lieu.proposer(communes_ressemblantes(self.data["lieu_texte"]))
        return self.cleaned_data

    @cached_property
    def criteres(self) -> Criteres:
        """The filters that apply, once those in error are left out."""
        self.is_valid()
        valeurs = self.cleaned_data
        criteres = Criteres(
            tribunal=self.tribunal,
            ordre=Ordre.lire(valeurs.get("tri", ""), TRIS) or Ordre.premier(self.usage.tri),
            lieu=valeurs.get("lieu"),
            est_son_domicile=self.usage.autour_du_tribunal and self.dit_un_lieu,
            adresse_au_lieu=not self.usage.autour_du_tribunal,
            rayon=valeurs.get("rayon"),
            types=tuple(valeurs.get("type") or ()),
            disponibles=valeurs.get("disponibles", False),
            recentes=valeurs.get("recentes", False),
            etablissement=valeurs.get("etablissement"),
            hors_liste=valeurs.get("hors_liste", False),
        )
        champ = self.fields["tri"].widget
        assert isinstance(champ, forms.Select)
        tris = [tri for tri in TRIS if criteres.point or tri != TRI_DISTANCE]
        champ.choices = choix(tris, Ordre.premier(self.usage.tri), criteres.ordre_applique)
        return criteres

    def compter(self, comptes: Comptes) -> None:
        """Write beside each type how many the other filters leave."""
        champ = self.fields["type"]
        assert isinstance(champ, forms.MultipleChoiceField)
        champ.choices = [(type_, f"{nom} ({comptes.par_type[type_]})") for type_, nom in TYPES.items()]

    # --- What the page says of it ---

    @property
    def repliables(self) -> int:
        """How many filters apply that a phone folds away."""
        criteres = self.criteres
        return sum(
            map(
                bool,
                (
                    criteres.rayon,
                    criteres.etablissement,
                    criteres.types,
                    criteres.disponibles,
                    criteres.recentes,
                    criteres.hors_liste,
                ),
            )
        )

    @property
    def a_une_erreur_repliee(self) -> bool:
        return bool(self.errors.keys() - {"lieu"})

    @property
    def colonnes(self) -> dict[str, Colonne]:
        """By key of the order."""
        actuel, usuel = self.criteres.ordre_applique, Ordre.premier(self.usage.tri)
        return {colonne.cle: colonne for colonne in colonnes(TRIS, actuel, usuel)}

    @property
    def restrictions(self) -> dict[str, str]:
        """What narrows the list, in words, by field."""
        criteres = self.criteres
        libelles = {}
        if criteres.rayon_applique:
            libelles["rayon"] = f"à moins de {criteres.rayon_applique} km"
        elif criteres.lieu and criteres.adresse_au_lieu:
            libelles["lieu"] = f"adresse à {criteres.lieu}"
        if criteres.types:
            libelles["type"] = ", ".join(TYPES[Mandataire.Type(type_)].lower() for type_ in criteres.types)
        if criteres.disponibles:
            libelles["disponibles"] = "disponibles"
        if criteres.recentes:
            libelles["recentes"] = "données de moins de 30 jours"
        return libelles

    @property
    def sans_reponse(self) -> str:
        """Why nobody is found, in a sentence that names the place."""
        criteres, lieu = self.criteres, self.criteres.lieu
        sujet = "Aucun mandataire" if criteres.hors_liste else "Aucun mandataire de la liste de votre tribunal"
        autres = ", ".join(mots for nom, mots in self.restrictions.items() if nom not in ("rayon", "lieu"))
        if lieu and criteres.rayon_applique:
            distance = f"à moins de {criteres.rayon_applique} km {lieu.avec_de}"
            return f"{sujet} {distance} ne répond à : {autres}." if autres else f"{sujet} n'est {distance}."
        if lieu and "lieu" in self.restrictions:
            if not autres:
                return f"{sujet} n'a son adresse dans la commune {lieu.avec_de}."
            sujet = f"{sujet} ayant son adresse dans la commune {lieu.avec_de}"
        return f"{sujet} ne répond à : {autres}."

    @property
    def elargissements(self) -> list[Elargissement]:
        """What to widen when nobody is found, the most likely first."""
        criteres = self.criteres
        plus = []
        if criteres.point:
            actuel = criteres.rayon_applique or (0 if criteres.adresse_au_lieu else None)
            if actuel is not None and (suivants := [km for km in RAYONS if km > actuel]):
                plus.append((f"Chercher à moins de {suivants[0]} km", self.adresse(rayon=str(suivants[0]))))
        retirer = {
            "rayon": "Chercher sans limite de distance",
            "lieu": "Chercher sans lieu",
            "type": "Tous les types",
            "disponibles": "Disponibles ou non",
            "recentes": "Quelle que soit la date des données",
        }
        plus += [(retirer[nom], self.adresse(**{nom: ""})) for nom in self.restrictions]
        if not criteres.hors_liste:
            plus.append(("Chercher au-delà de la liste de mon tribunal", self.adresse(hors_liste="on")))
        return [Elargissement(libelle, adresse) for libelle, adresse in plus]

    @property
    def sans_rayon(self) -> str:
        return self.adresse(rayon="")

    @property
    def depuis_l_etablissement(self) -> str:
        """The same search around the establishment that was named; nothing when it is there, or nowhere known."""
        criteres = self.criteres
        commune = criteres.etablissement.commune if criteres.etablissement else None
        if commune is None or commune == criteres.lieu:
            return ""
        return self.adresse(lieu=commune.pk)

    def adresse(self, **valeurs: str) -> str:
        """The query string of the same search with these values; an empty one takes the filter away."""
        gardes = QueryDict(mutable=True)
        for nom, donnees in self.data.lists():  # type: ignore[attr-defined]
            champ = nom.removesuffix("_texte").removesuffix("_choix")
            if champ in self.fields and champ not in valeurs and any(donnees):
                gardes.setlist(nom, donnees)
        gardes.update({nom: valeur for nom, valeur in valeurs.items() if valeur})
        return f"?{gardes.urlencode()}"


def _dit_un_lieu(data: QueryDict) -> bool:
    """Whether the address names a place: a text that was emptied wins over the key that went with it."""
    return bool(data.get("lieu_choix") or data.get("lieu_texte", data.get("lieu", "")).strip())
