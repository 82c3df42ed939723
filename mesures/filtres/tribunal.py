"""What a court's lists show: its reservations by state, its mesures. All in the URL, as for a MJPM."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.contrib.postgres.lookups import Unaccent
from django.db.models import Case, Count, DateTimeField, F, TextChoices, Value, When
from django.db.models.functions import Cast, Coalesce, Lower
from django.http import QueryDict
from django.utils.functional import cached_property

from accounts.models import User
from mandataires.models import Mandataire
from mesures.enums import PRONONCEES, Statut
from mesures.filtres.base import AReviser, Filtres, ParAnneeDeFin, ParTypeEtLieuDeVie
from mesures.filtres.mandataire import TRIS, AvecOrdre
from mesures.models import MesureQuerySet
from tribunaux.ordre import Tri


class ParCabinetEtMandataire(Filtres):
    """Of a court, which does not read the MJPM's own numbers."""

    lit_les_dossiers: ClassVar[bool] = False

    cabinet = forms.ChoiceField(
        label="Cabinet",
        required=False,
        error_messages={"invalid_choice": "Rien ici n'est de ce cabinet : ce filtre n'est pas appliqué."},
    )
    mandataire = forms.TypedChoiceField(
        label="Mandataire",
        required=False,
        coerce=int,
        empty_value=None,
        error_messages={"invalid_choice": "Rien ici n'est de ce mandataire : ce filtre n'est pas appliqué."},
    )

    def __init__(self, data: QueryDict, *, mesures: MesureQuerySet) -> None:
        super().__init__(data, mesures=mesures)
        self.fields["q"].help_text = "RG, ville, établissement"
        cabinets = mesures.exclude(cabinet="").order_by("cabinet").values_list("cabinet", flat=True).distinct()
        self.proposer("cabinet", "Tous les cabinets", ((cabinet, cabinet) for cabinet in cabinets))
        mandataires = Mandataire.objects.filter(pk__in=mesures.order_by().values("mandataire")).order_by(
            Unaccent(Lower("nom")), Unaccent(Lower("prenom")), "pk"
        )
        self.proposer(
            "mandataire", "Tous les mandataires", ((mandataire.pk, str(mandataire)) for mandataire in mandataires)
        )

    def _filtrer(self, mesures: MesureQuerySet, valeurs: dict[str, Any]) -> MesureQuerySet:
        mesures = super()._filtrer(mesures, valeurs)
        if cabinet := valeurs.get("cabinet"):
            mesures = mesures.filter(cabinet=cabinet)
        if mandataire := valeurs.get("mandataire"):
            mesures = mesures.filter(mandataire=mandataire)
        return mesures

    def _libelle(self, nom: str, valeur: Any) -> str:
        return f"cabinet {valeur}" if nom == "cabinet" else super()._libelle(nom, valeur)


# --- Reservations ------------------------------------------------------------------------------------


class Etat(TextChoices):
    """What became of a reservation, as its court sorts them; `NOUVELLE` cuts across the answers."""

    EN_ATTENTE = "en_attente", "En attente"
    NOUVELLE = "nouvelle", "Réponses nouvelles"
    CONFIRMEE = "confirmee", "Confirmées"
    REFUSEE = "refusee", "Refusées"
    EXPIREE = "expiree", "Expirées"
    ANNULEE = "annulee", "Annulées"


STATUTS: dict[Etat, tuple[Statut, ...]] = {
    Etat.EN_ATTENTE: (Statut.EN_ATTENTE,),
    Etat.CONFIRMEE: PRONONCEES,
    Etat.REFUSEE: (Statut.REFUSEE,),
    Etat.EXPIREE: (Statut.EXPIREE,),
    Etat.ANNULEE: (Statut.ANNULEE,),
}

_EN_ATTENTE = {"statut": Statut.EN_ATTENTE}
# Those that wait, the urgent ones then the first to expire; then the answers, the last one first.
ORDRE_DES_RESERVATIONS = (
    Case(When(**_EN_ATTENTE, then=Value(0)), default=Value(1)).asc(),
    Case(When(**_EN_ATTENTE, est_urgente=True, then=Value(0)), default=Value(1)).asc(),
    Case(When(**_EN_ATTENTE, then=F("expire_le"))).asc(),
    Coalesce("repondu_at", "annule_at", Cast("expire_le", DateTimeField())).desc(),
)


@dataclass(frozen=True)
class Volet:
    """One of the states above the list: the value that the URL gives it, how many are in it."""

    libelle: str
    valeur: str
    nombre: int
    est_ouvert: bool


class FiltresReservationsForm(ParCabinetEtMandataire):
    """« Réservations »."""

    auteur = forms.TypedChoiceField(
        label="Réservée par",
        required=False,
        coerce=int,
        empty_value=None,
        error_messages={
            "invalid_choice": "Aucune réservation n'est de cette personne : ce filtre n'est pas appliqué."
        },
    )
    # Chosen by the links above the list, and kept by the form.
    etat = forms.ChoiceField(
        required=False,
        widget=forms.HiddenInput,
        choices=[("", "Toutes"), *Etat.choices],
        error_messages={"invalid_choice": "Cet état n'existe pas : ce filtre n'est pas appliqué."},
    )

    hors_du_pli: ClassVar = frozenset({"q", "etat"})

    def __init__(self, data: QueryDict, *, mesures: MesureQuerySet) -> None:
        super().__init__(data, mesures=mesures)
        auteurs = User.objects.filter(pk__in=mesures.order_by().values("reserve_by")).order_by(
            "last_name", "first_name", "pk"
        )
        self.proposer("auteur", "Toute personne", ((auteur.pk, str(auteur)) for auteur in auteurs))

    def _filtrer(self, mesures: MesureQuerySet, valeurs: dict[str, Any]) -> MesureQuerySet:
        mesures = super()._filtrer(mesures, valeurs)
        if auteur := valeurs.get("auteur"):
            mesures = mesures.filter(reserve_by=auteur)
        self._tous_etats = mesures
        etat = valeurs.get("etat")
        if etat == Etat.NOUVELLE:
            return mesures.reponses_nouvelles()
        return mesures.filter(statut__in=STATUTS[Etat(etat)]) if etat else mesures

    def _libelle(self, nom: str, valeur: Any) -> str:
        libelle = super()._libelle(nom, valeur)
        return f"réservées par {libelle}" if nom == "auteur" else libelle

    @cached_property
    def nombres(self) -> dict[str, int]:
        """How many are in each state under the other filters; all of them under the empty state."""
        par_statut = dict(
            self._tous_etats.order_by()
            .values_list("statut")
            .annotate(nombre=Count("pk"))
            .values_list("statut", "nombre")
        )
        return {
            "": sum(par_statut.values()),
            Etat.NOUVELLE: self._tous_etats.reponses_nouvelles().count(),
            **{etat: sum(par_statut.get(statut, 0) for statut in statuts) for etat, statuts in STATUTS.items()},
        }

    @property
    def volets(self) -> list[Volet]:
        ouvert = self.cleaned_data.get("etat", "")
        return [
            Volet(libelle, valeur, self.nombres[valeur], est_ouvert=valeur == ouvert)
            for valeur, libelle in (("", "Toutes"), *Etat.choices)
        ]

    @property
    def reponses(self) -> int:
        """How many do not wait any more."""
        return self.nombres[""] - self.nombres[Etat.EN_ATTENTE]


# --- Mesures -----------------------------------------------------------------------------------------


class FiltresDuTribunalEnCoursForm(AvecOrdre, AReviser, ParCabinetEtMandataire, ParTypeEtLieuDeVie):
    """« Mesures du tribunal », en cours."""

    tris: ClassVar[tuple[Tri, ...]] = (
        Tri("reference", "Référence", (F("rg_normalise"),), peut_manquer=True),
        *(tri for tri in TRIS if tri.cle not in ("reference", "tribunal")),
        Tri(
            "mandataire",
            "Mandataire",
            (Unaccent(Lower("mandataire__nom")), Unaccent(Lower("mandataire__prenom"))),
        ),
    )


class FiltresDuTribunalEteintesForm(ParAnneeDeFin, ParCabinetEtMandataire, ParTypeEtLieuDeVie):
    """« Mesures du tribunal », éteintes."""
