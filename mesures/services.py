"""The acts of a mesure's life: lock, check, change, validate, save, and say who did it.

Each takes the version of the mesure that its author had before their eyes, and refuses
(`VersionPerimee`) when somebody has acted since.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pghistory
from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import User
from mandataires.models import Declaration
from mandataires.permissions import membre_agissant
from mandataires.services import decaler_total_declare, noter_mise_a_jour, verrouiller_charges
from mesures.enums import Statut
from mesures.historique import DECLARATION, dernier_acte
from mesures.models import Mesure
from mesures.permissions import check_can_agir_pour
from mesures.regles import TRIBUNAL_RESERVE
from mesures.renouvellements import a_relier, contexte_de, delier, en_attente_de, relier
from mesures.transitions import (
    ETEINDRE,
    REACTIVER,
    TransitionInterdite,
    passer,
    refus_de_supprimer,
    verifier_modifiable,
)
from tribunaux.dates import en_lettres

CHAMPS_DE_LA_FIN = ("date_extinction", "motif_extinction")

# What moves without a version: readings, notices, and the names of those who leave.
SANS_VERSION = (
    "vue_at",
    "reponse_vue_at",
    "expiration_annoncee_at",
    "reserve_by_id",
    "repondu_by_id",
    "annule_by_id",
)


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

    One that a court reserved stays on that court: it follows there what it reserved. On another court, a mesure is
    no longer the one that its reserved renewal names.
    Raises VersionPerimee, TransitionInterdite when it is no longer ongoing, ValidationError.
    """
    actuelle = verrouiller(mesure.pk, version, author)
    verifier_modifiable(actuelle)
    change_de_tribunal = mesure.tribunal_id != actuelle.tribunal_id
    if change_de_tribunal and actuelle.reserve_at is not None:
        raise ValidationError(TRIBUNAL_RESERVE)
    reprendre(mesure, actuelle, "renouvelle_id")
    mesure.version = version + 1
    _ecrire(mesure, author)
    if change_de_tribunal and _tribunal_actuel(mesure) != _tribunal_actuel(actuelle):
        delier(en_attente_de([mesure.pk]))
    return mesure


@transaction.atomic
def eteindre(*, pk: int, date_extinction: date | None, motif: str, version: int, author: User) -> Acte:
    """End an ongoing mesure. A service's declared total follows.

    Raises VersionPerimee, TransitionInterdite, ValidationError (no date, before the decision, in the future).
    """
    return _eteindre(verrouiller(pk, version, author), date_extinction, motif, author)


@transaction.atomic
def reactiver(*, pk: int, version: int, author: User) -> Acte:
    """Put an ended mesure back among the ongoing ones; its end date and reason remain in its history only.

    What waited to renew it when it ended, and still waits, renews it again.
    Raises VersionPerimee, TransitionInterdite, and ValidationError that names the mesure which has its RG.
    """
    mesure = verrouiller(pk, version, author)
    return _reactiver(mesure, author, dernier_acte(mesure).renouvellements)


@transaction.atomic
def retablir(*, pk: int, version: int, author: User) -> Acte:
    """Undo the end or the reactivation that gave the mesure this `version`.

    An undone reactivation puts back the end date and the reason, which only the history still holds. A service's
    declared total comes back to what it was: one that had stopped at 0 stays there.
    Raises VersionPerimee when somebody has acted since, TransitionInterdite when that act was another one,
    ValidationError as the inverse act does.
    """
    mesure = verrouiller(pk, version, author)
    acte = dernier_acte(mesure)
    if acte.transition == ETEINDRE:
        return _reactiver(mesure, author, acte.renouvellements, acte.declaration)
    if acte.transition == REACTIVER:
        avant = acte.avant
        return _eteindre(mesure, avant.date_extinction, avant.motif_extinction, author, acte.declaration)
    raise TransitionInterdite("Il n'y a rien à rétablir : le dernier acte n'est ni une fin, ni une réactivation.")


@transaction.atomic
def supprimer(*, pk: int, version: int, author: User) -> None:
    """Delete a mesure recorded by mistake, ongoing or ended; its history stays, with this last act.

    A service's declared total does not move, as it did not when the mesure was recorded.
    Raises VersionPerimee, and TransitionInterdite for what a court reserved or another mesure renews.
    """
    mesure = verrouiller(pk, version, author)
    if refus := refus_de_supprimer(mesure):
        raise TransitionInterdite(refus)
    # What was reserved to renew it, and came to nothing, would hold it back.
    mesure.renouvellements.update(renouvelle=None)
    mesure.delete()
    noter_mise_a_jour(mandataire_id=mesure.mandataire_id, author=author)


def verrouiller(pk: int, version: int, author: User) -> Mesure:
    """Lock the counters of the author's MJPM, then its mesure, and hold it against what the author saw."""
    mandataire_id = membre_agissant(author).mandataire_id
    verrouiller_charges(mandataire_id)
    mesure = (
        Mesure.objects.select_for_update(of=("self",))
        .select_related("mandataire")
        .filter(pk=pk, mandataire=mandataire_id)
        .first()
    )
    if mesure is None:
        raise TransitionInterdite("Cette mesure n'est plus dans votre liste : elle a été supprimée ou transférée.")
    if mesure.version != version:
        raise VersionPerimee(mesure)
    return mesure


def _tribunal_actuel(mesure: Mesure) -> int | None:
    return None if mesure.tribunal is None else mesure.tribunal.actuel_id


def reprendre(mesure: Mesure, actuelle: Mesure, *champs: str) -> None:
    """Take from the locked row `actuelle` what may have moved without a version since `mesure` was loaded."""
    for champ in (*SANS_VERSION, *champs):
        setattr(mesure, champ, getattr(actuelle, champ))


def _eteindre(
    mesure: Mesure, date_extinction: date | None, motif: str, author: User, annule: Declaration | None = None
) -> Acte:
    passer(mesure, ETEINDRE)
    mesure.date_extinction = date_extinction
    mesure.motif_extinction = motif
    coupes = en_attente_de([mesure.pk])
    with pghistory.context(**contexte_de(coupes)):
        acte = _conclure(mesure, author, -1, Declaration.Origine.EXTINCTION, annule)
    delier(coupes)
    return acte


def _reactiver(mesure: Mesure, author: User, coupes: Mapping[int, int], annule: Declaration | None = None) -> Acte:
    passer(mesure, REACTIVER)
    mesure.date_extinction = None
    mesure.motif_extinction = ""
    relier(a_relier(coupes, mesure.mandataire_id))
    if (autre := mesure.du_meme_rg().first()) is not None:
        raise ValidationError({"numero_rg": _a_ce_rg(autre)})
    return _conclure(mesure, author, +1, Declaration.Origine.REACTIVATION, annule)


def _a_ce_rg(autre: Mesure) -> str:
    nature = autre.get_nature_display()
    depuis = f"décidée le {en_lettres(autre.date_decision)}" if autre.date_decision else "réservée par le tribunal"
    return (
        f"La mesure {autre.get_statut_display()} {autre.designation} ({nature[0].lower()}{nature[1:]}, {depuis}) "
        "a déjà ce numéro RG : si c'est une erreur, corrigez d'abord le sien."
    )


def _conclure(
    mesure: Mesure, author: User, ecart: int, origine: Declaration.Origine, annule: Declaration | None
) -> Acte:
    mesure.version += 1
    # What was recorded under yesterday's rules, or imported incomplete, must still come to its end.
    mesure.clean_fields(exclude=[f.name for f in Mesure._meta.fields if f.name not in CHAMPS_DE_LA_FIN])
    mesure.verifier_regles(*CHAMPS_DE_LA_FIN, "numero_rg")
    declaration = decaler_total_declare(
        mandataire=mesure.mandataire, ecart=ecart, author=author, origine=origine, annule=annule
    )
    # The history of the act says by which declaration the total followed: its undoing asks for that one.
    with pghistory.context(**{DECLARATION: declaration and declaration.pk}):
        mesure.save()
    noter_mise_a_jour(mandataire_id=mesure.mandataire_id, author=author)
    return Acte(mesure, declaration)


def _ecrire(mesure: Mesure, author: User) -> None:
    mesure.full_clean()
    mesure.save()
    noter_mise_a_jour(mandataire_id=mesure.mandataire_id, author=author)
