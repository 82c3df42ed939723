"""The acts of a mesure's life: lock, check, change, validate, save, and say who did it.

Each takes the version of the mesure that its author had before their eyes, and refuses
(`VersionPerimee`) when somebody has acted since.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import transaction

from accounts.models import User
from mandataires.models import Declaration
from mandataires.services import decaler_total_declare, noter_mise_a_jour, verrouiller_charges
from mesures.enums import Statut
from mesures.models import Mesure
from mesures.permissions import check_can_agir_pour
from mesures.transitions import ETEINDRE, REACTIVER, passer, verifier_modifiable

CHAMPS_DE_LA_FIN = ("date_extinction", "motif_extinction")


class VersionPerimee(Exception):
    """Somebody has changed the mesure since the page was shown; `actuelle` is what it is now."""

    def __init__(self, actuelle: Mesure) -> None:
        super().__init__("Cette mesure a changé depuis que la page est affichée : vérifiez-la, puis recommencez.")
        self.actuelle = actuelle


@dataclass(frozen=True)
class Acte:
    """What an act has done: the mesure, and the declaration by which a service's total followed."""

    mesure: Mesure
    declaration: Declaration | None = None


@transaction.atomic
def enregistrer(*, mesure: Mesure, author: User) -> Mesure:
    """Write a new ongoing mesure. Raises ValidationError with the sentences of `mesures.regles`."""
    check_can_agir_pour(author, mesure.mandataire_id)
    verrouiller_charges(mesure.mandataire_id)
    mesure.statut = Statut.EN_COURS
    _ecrire(mesure, author)
    return mesure


@transaction.atomic
def modifier(*, mesure: Mesure, version: int, author: User) -> Mesure:
    """Write the new values that `mesure` holds in memory over an ongoing mesure.

    Raises VersionPerimee, TransitionInterdite when it is no longer ongoing, ValidationError.
    """
    verifier_modifiable(_verrouiller(mesure.pk, version, author))
    mesure.version = version + 1
    _ecrire(mesure, author)
    return mesure


@transaction.atomic
def eteindre(*, pk: int, date_extinction: date | None, motif: str, version: int, author: User) -> Acte:
    """End an ongoing mesure. A service's declared total follows.

    Raises VersionPerimee, TransitionInterdite, ValidationError (no date, before the decision, in the future).
    """
    mesure = _verrouiller(pk, version, author)
    passer(mesure, ETEINDRE)
    mesure.date_extinction = date_extinction
    mesure.motif_extinction = motif
    return _conclure(mesure, author, -1, Declaration.Origine.EXTINCTION)


@transaction.atomic
def reactiver(*, pk: int, version: int, author: User) -> Acte:
    """Put an ended mesure back among the ongoing ones; its end date and reason remain in its history only.

    Raises VersionPerimee, TransitionInterdite, and ValidationError when its RG has been taken since.
    """
    mesure = _verrouiller(pk, version, author)
    passer(mesure, REACTIVER)
    mesure.date_extinction = None
    mesure.motif_extinction = ""
    return _conclure(mesure, author, +1, Declaration.Origine.REACTIVATION)


def _verrouiller(pk: int, version: int, author: User) -> Mesure:
    """Lock the MJPM's counters, then the mesure, and hold it against what its author saw."""
    mandataire_id = Mesure.objects.values_list("mandataire_id", flat=True).get(pk=pk)
    check_can_agir_pour(author, mandataire_id)
    verrouiller_charges(mandataire_id)
    mesure = Mesure.objects.select_for_update(of=("self",)).select_related("mandataire").get(pk=pk)
    if mesure.version != version:
        raise VersionPerimee(mesure)
    return mesure


def _conclure(mesure: Mesure, author: User, ecart: int, origine: Declaration.Origine) -> Acte:
    mesure.version += 1
    # What was recorded under yesterday's rules, or imported incomplete, must still come to its end.
    mesure.clean_fields(exclude=[f.name for f in Mesure._meta.fields if f.name not in CHAMPS_DE_LA_FIN])
    mesure.verifier_regles(*CHAMPS_DE_LA_FIN, "numero_rg")
    mesure.save()
    noter_mise_a_jour(mandataire_id=mesure.mandataire_id, author=author)
    declaration = decaler_total_declare(mandataire=mesure.mandataire, ecart=ecart, author=author, origine=origine)
    return Acte(mesure, declaration)


def _ecrire(mesure: Mesure, author: User) -> None:
    mesure.full_clean()
    mesure.save()
    noter_mise_a_jour(mandataire_id=mesure.mandataire_id, author=author)
