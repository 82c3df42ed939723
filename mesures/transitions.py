"""The life of a mesure: the one table of its changes of state, in Python, in the database and drawn.

`docs/cycle_de_vie.md` is drawn from it (`manage.py dessiner_cycle_de_vie`), the trigger
`mesure_transitions` is made from it, and `passer` is the only function that changes a `statut`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mesures.enums import PRONONCEES, Statut

if TYPE_CHECKING:
    from mesures.models import Mesure


@dataclass(frozen=True)
class Transition:
    """An act that takes a mesure from one of `depuis` to `vers`. `fait` is the act, once done."""

    nom: str
    depuis: tuple[Statut, ...]
    vers: Statut
    fait: str


CONFIRMER = Transition("confirmer", (Statut.EN_ATTENTE, Statut.EXPIREE), Statut.EN_COURS, "Réservation confirmée")
REFUSER = Transition("refuser", (Statut.EN_ATTENTE,), Statut.REFUSEE, "Réservation refusée")
ANNULER = Transition("annuler", (Statut.EN_ATTENTE,), Statut.ANNULEE, "Réservation annulée")
EXPIRER = Transition("expirer", (Statut.EN_ATTENTE,), Statut.EXPIREE, "Réservation expirée")
ETEINDRE = Transition("eteindre", (Statut.EN_COURS,), Statut.ETEINTE, "Mesure éteinte")
REACTIVER = Transition("reactiver", (Statut.ETEINTE,), Statut.EN_COURS, "Mesure réactivée")

TRANSITIONS = (CONFIRMER, REFUSER, ANNULER, EXPIRER, ETEINDRE, REACTIVER)


class TransitionInterdite(Exception):
    """The state of the mesure does not allow the act. Its text is a sentence for the user."""


def paires() -> Iterator[tuple[Statut, Statut]]:
    """Each allowed (from, to)."""
    return ((depuis, transition.vers) for transition in TRANSITIONS for depuis in transition.depuis)


def entre(depuis: str, vers: str) -> Transition | None:
    """The act that takes a mesure from one state to the other, None if there is none."""
    return next((t for t in TRANSITIONS if depuis in t.depuis and vers == t.vers), None)


def verifier(mesure: Mesure, transition: Transition) -> None:
    """Raise TransitionInterdite where the table has no such change for the state of `mesure`."""
    if mesure.statut not in transition.depuis:
        raise TransitionInterdite(
            f"Cette mesure est {Statut(mesure.statut).label} : cette action n'est plus possible."
        )


def verifier_modifiable(mesure: Mesure) -> None:
    """Raise TransitionInterdite unless `mesure` is ongoing: an ended one is put back first."""
    if mesure.statut != Statut.EN_COURS:
        raise TransitionInterdite(
            f"Cette mesure est {Statut(mesure.statut).label} : elle ne peut plus être modifiée."
        )


def exiger_en_attente(reservation: Mesure) -> None:
    """Raise TransitionInterdite once it is answered, cancelled or expired."""
    if reservation.statut != Statut.EN_ATTENTE:
        etat = "confirmée" if reservation.statut in PRONONCEES else Statut(reservation.statut).label
        raise TransitionInterdite(f"Cette réservation est {etat} : elle ne peut plus être modifiée.")


def refus_de_supprimer(mesure: Mesure) -> str:
    """Why `mesure` may not be deleted, in a sentence; empty when it may. One query at most."""
    if mesure.statut not in PRONONCEES:
        return f"Cette mesure est {Statut(mesure.statut).label} : elle ne peut pas être supprimée."
    if mesure.reserve_at is not None:
        return "Cette mesure vient de la réservation d'un tribunal : elle ne se supprime pas, on y met fin."
    if mesure.renouvellements.filter(statut__in=(Statut.EN_ATTENTE, *PRONONCEES)).exists():
        return "Une autre mesure renouvelle celle-ci : elle ne se supprime pas."
    return ""


def passer(mesure: Mesure, transition: Transition) -> None:
    """Change the `statut` of `mesure` in memory. Raises TransitionInterdite where the table has no such change."""
    verifier(mesure, transition)
    mesure.statut = transition.vers


def diagramme() -> str:
    """The table as a Mermaid state diagram."""
    lignes = [
        "stateDiagram-v2",
        f"    [*] --> {Statut.EN_ATTENTE}: reserver",
        f"    [*] --> {Statut.EN_COURS}: enregistrer",
        *(f"    {depuis} --> {t.vers}: {t.nom}" for t in TRANSITIONS for depuis in t.depuis),
    ]
    return "\n".join(lignes)
