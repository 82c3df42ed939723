"""The total of ongoing mesures that a service says: declaring it, confirming it, choosing where it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import formats, timezone

from accounts.models import User
from mandataires.models import Charge, Declaration, Mandataire
from mandataires.permissions import check_can_modifier_profil
from mandataires.profil import modifier_profil
from mandataires.services import declarer, verrouiller_charges

DELAI_ATTENDU = timedelta(days=15)  # the guide: « mettre à jour 1 à 2 fois par mois »
ECART_EN_POURCENT = 20
ECART_EN_MESURES = 10
AUTEUR_NEUTRE = "un ancien utilisateur"


class ChangementAConfirmer(Exception):
    """A total so far from the last one that it may be a slip of the finger."""

    def __init__(self, ancien: int, nouveau: int) -> None:
        super().__init__(f"{en_chiffres(ancien)} → {en_chiffres(nouveau)} : confirmez, ou corrigez ce nombre.")
        self.cle = cle_de(ancien, nouveau)


class TotalPerime(Exception):
    """The total is no longer the one that was shown; the sentence says what it is now."""

    def __init__(self, actuel: int | None) -> None:
        maintenant = "" if actuel is None else f" : {en_chiffres(actuel)}"
        super().__init__(
            f"Le total a changé depuis que la page est affichée{maintenant}. Vérifiez-le, puis recommencez."
        )


@dataclass(frozen=True)
class TotalSaisi:
    """What a form of the profile says of the total.

    `nombre` None keeps what is declared, and so does the number that the form was shown with, `vu`: a
    colleague may have declared another one since. `confirmation` is the `cle` of a ChangementAConfirmer.
    """

    nombre: int | None
    vu: int | None
    confirmation: str = ""


def est_a_confirmer(*, ancien: int | None, nouveau: int) -> bool:
    """Whether a change exceeds both 20 % and 10 mesures; a first declaration never does."""
    if ancien is None:
        return False
    ecart = abs(nouveau - ancien)
    return ecart > ECART_EN_MESURES and ecart * 100 > ECART_EN_POURCENT * ancien


def cle_de(ancien: int, nouveau: int) -> str:
    """By this a form says which change its author has confirmed: that one, and no other."""
    return f"{ancien}-{nouveau}"


def mise_a_jour_attendue(derniere: Declaration | None) -> bool:
    """Whether the total was said too long ago, whatever else the service did since."""
    return derniere is None or timezone.now() - derniere.at > DELAI_ATTENDU


def derniere_declaration(mandataire: Mandataire) -> Declaration | None:
    return mandataire.declarations.select_related("by").first()


def auteur_de(declaration: Declaration) -> str:
    return AUTEUR_NEUTRE if declaration.by is None else str(declaration.by)


@transaction.atomic
def declarer_total(*, mandataire: Mandataire, nombre: int, confirmation: str = "", author: User) -> Declaration:
    """Write what a member of the service says its total is; judges see it at once.

    Raises ChangementAConfirmer for a change that `confirmation` does not name, ValidationError for a number
    that is not one, or when the total is counted from the mesures kept here.
    """
    ancien = _verrouiller(mandataire, author)
    if est_a_confirmer(ancien=ancien, nouveau=nombre) and ancien is not None:
        changement = ChangementAConfirmer(ancien, nombre)
        if confirmation != changement.cle:
            raise changement
    return declarer(mandataire=mandataire, nombre=nombre, author=author)


@transaction.atomic
def redeclarer_total(*, mandataire: Mandataire, vu: int, author: User) -> Declaration:
    """« Toujours exact »: declare again the number shown. Raises TotalPerime when it is another by now."""
    actuel = _verrouiller(mandataire, author)
    if actuel != vu:
        raise TotalPerime(actuel)
    return declarer(mandataire=mandataire, nombre=vu, author=author)


@transaction.atomic
def modifier_profil_et_total(
    *, mandataire: Mandataire, valeurs: Mapping[str, Any], version: int, total: TotalSaisi | None, author: User
) -> None:
    """Write a profile and, where its form gives a new one, the total: both or neither.

    Raises as `modifier_profil` and `declarer_total` do.
    """
    actuel = modifier_profil(mandataire=mandataire, valeurs=valeurs, version=version, author=author)
    if total is None or total.nombre is None:
        return
    dernier = Charge.objects.values_list("declare", flat=True).get(pk=mandataire.pk)
    if total.nombre != total.vu or dernier is None:
        declarer_total(mandataire=actuel, nombre=total.nombre, confirmation=total.confirmation, author=author)


def choisir_source(*, mandataire: Mandataire, source: str, version: int, author: User) -> Mandataire:
    """Say whether the total is declared or counted from the mesures kept here.

    Raises ProfilPerime as the profile's other acts, ValueError for a MJPM that is not a service.
    """
    if not mandataire.est_service:
        raise ValueError("Seul un service choisit la source de son total.")
    return modifier_profil(mandataire=mandataire, valeurs={"source_total": source}, version=version, author=author)


def en_chiffres(nombre: int) -> str:
    return formats.number_format(nombre, force_grouping=True)


def _verrouiller(mandataire: Mandataire, author: User) -> int | None:
    """Lock the charge, check that the total is declared, and return the last one."""
    check_can_modifier_profil(author, mandataire.pk)
    (charge,) = verrouiller_charges(mandataire.pk)
    source = Mandataire.objects.values_list("source_total", flat=True).get(pk=mandataire.pk)
    if source != Mandataire.SourceTotal.DECLARATION:
        raise ValidationError(
            "Votre total est le nombre de mesures enregistrées ici : pour le déclarer, changez d'abord sa source."
        )
    return charge.declare
