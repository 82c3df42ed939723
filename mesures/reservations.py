"""What a court does with a reservation: make it, correct it, prolong it, cancel it.

A reservation has no legal force: the judgment comes by post, up to two months later. It warns and never locks:
what deserves a second thought raises `AConfirmer`, whose warnings the author ticks one by one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import pghistory
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from mandataires.disponibilite import Niveau
from mandataires.models import Mandataire
from mandataires.permissions import magistrat_agissant
from mandataires.services import verrouiller_charges
from mesures.annonces import ECHEANCE, prevenir_mandataire
from mesures.enums import Statut
from mesures.models import Mesure, MesureQuerySet
from mesures.permissions import check_can_reserver
from mesures.regles import normaliser_rg
from mesures.services import VersionPerimee, reprendre
from mesures.transitions import ANNULER, TransitionInterdite, exiger_en_attente, passer

# domain rule: a reservation expires 60 days after the judgment that is expected, else after it was made
DUREE = timedelta(days=60)
JUGEMENT_AU_PLUS = timedelta(days=366)

PLEINS = (Niveau.COMPLET, Niveau.DEPASSEMENT, Niveau.AUCUNE_SOUHAITEE)


@dataclass(frozen=True)
class Avertissement:
    """Something to tick before it is done: a code for the form, and the sentence to agree to."""

    code: str
    phrase: str


class AConfirmer(Exception):
    """Nothing was done: these warnings are still to be ticked."""

    def __init__(self, avertissements: list[Avertissement]) -> None:
        super().__init__(" ".join(avertissement.phrase for avertissement in avertissements))
        self.avertissements = avertissements


@transaction.atomic
def reserver(*, reservation: Mesure, author: User, accepte: Collection[str] = ()) -> Mesure:
    """Write a reservation for the author's court, and tell the MJPM. `accepte`: codes of the warnings ticked.

    Sent twice with the same `jeton`, it is written once: the first one is returned again.
    Raises Refus (not of a court, a MJPM that its list lacks), AConfirmer, ValidationError.
    """
    magistrat = magistrat_agissant(author)
    verrouiller_charges(reservation.mandataire_id)
    if reservation.jeton is not None:
        deja = Mesure.objects.visible_to(author).filter(jeton=reservation.jeton).first()
        if deja is not None:
            return deja
    # Read again under the lock: another judge may have taken the last place, the MJPM may have left the list.
    reservation.mandataire = Mandataire.objects.select_related("charge").get(pk=reservation.mandataire_id)
    check_can_reserver(author, reservation.mandataire)
    reservation.statut = Statut.EN_ATTENTE
    reservation.tribunal = magistrat.tribunal_actuel
    reservation.reserve_at, reservation.reserve_by = timezone.now(), author
    reservation.expire_le = _expiration(reservation)
    _verifier(reservation)
    demander_confirmation(avertissements(reservation), accepte)
    reservation.save()
    prevenir_mandataire(reservation, "nouvelle")
    return reservation


@transaction.atomic
def modifier_reservation(
    *, reservation: Mesure, version: int, author: User, accepte: Collection[str] = ()
) -> Mesure:
    """Write the values that `reservation` holds in memory. The MJPM, who has then not seen it, is told.

    Raises VersionPerimee, TransitionInterdite once it is answered, AConfirmer, ValidationError.
    """
    actuelle = _verrouiller(reservation.pk, version, author)
    exiger_en_attente(actuelle)
    reservation.mandataire = actuelle.mandataire
    reprendre(reservation, actuelle)
    if reservation.jugement_attendu_le != actuelle.jugement_attendu_le:
        reservation.expire_le = _expiration(reservation)
        reservation.expiration_annoncee_at = None
    reservation.version = version + 1
    reservation.vue_at = None
    _verifier(reservation)
    demander_confirmation(avertissements(reservation, actuelle), accepte)
    reservation.save()
    prevenir_mandataire(reservation, "modifiee")
    return reservation


@transaction.atomic
def prolonger(*, pk: int, version: int, author: User) -> Mesure:
    """Let a reservation wait 60 days more. The MJPM is told when its end had been announced.

    Raises VersionPerimee, TransitionInterdite once it is answered or expired.
    """
    reservation = _verrouiller(pk, version, author)
    exiger_en_attente(reservation)
    assert reservation.expire_le is not None
    reservation.expire_le = max(reservation.expire_le, timezone.localdate()) + DUREE
    annoncee, reservation.expiration_annoncee_at = reservation.expiration_annoncee_at, None
    reservation.version += 1
    reservation.save()
    if annoncee is not None:
        prevenir_mandataire(reservation, "prolongee", ECHEANCE)
    return reservation


@transaction.atomic
def annuler_reservation(*, pk: int, motif: str, version: int, author: User) -> Mesure:
    """Take a reservation back, with a reason that the MJPM reads.

    Raises VersionPerimee, TransitionInterdite once it is answered or expired, ValidationError without a reason.
    """
    reservation = _verrouiller(pk, version, author)
    passer(reservation, ANNULER)
    reservation.motif_reponse = motif.strip()
    if not reservation.motif_reponse:
        raise ValidationError({"motif": "Indiquez pourquoi : le mandataire le lira."})
    reservation.annule_at, reservation.annule_by = timezone.now(), author
    reservation.version += 1
    reservation.save()
    prevenir_mandataire(reservation, "annulee")
    return reservation


@transaction.atomic
def marquer_reponses_vues(*, versions: Mapping[int, int], author: User) -> int:
    """Say that the court has read these answers; how many were new. A reading, not an act: no version moves.

    `versions`: what the page showed of each. An answer that came since stays new.
    """
    magistrat_agissant(author)
    nouvelles = Mesure.objects.visible_to(author).reponses_nouvelles().filter(pk__in=list(versions)).order_by("pk")
    verrouiller_charges(*nouvelles.values_list("mandataire", flat=True))
    lues = [pk for pk, version in nouvelles.values_list("pk", "version") if version == versions[pk]]
    # A page that is read opens no context of its own.
    with pghistory.context(user=author.pk):
        return Mesure.objects.filter(pk__in=lues).update(reponse_vue_at=timezone.now())


def renouvelables(mandataire_id: int, author: User) -> MesureQuerySet:
    """The ongoing mesures of this MJPM and of the author's court that no reservation renews yet."""
    return (
        Mesure.objects.visible_to(author)
        .en_cours()
        .filter(mandataire=mandataire_id)
        .exclude(pk__in=Mesure.objects.en_attente().exclude(renouvelle=None).values("renouvelle"))
    )


def demander_confirmation(avertissements: Iterable[Avertissement], accepte: Collection[str]) -> None:
    """Raise AConfirmer with those that are not ticked yet."""
    manquants = [avertissement for avertissement in avertissements if avertissement.code not in accepte]
    if manquants:
        raise AConfirmer(manquants)


def avertissements(reservation: Mesure, avant: Mesure | None = None) -> list[Avertissement]:
    """All that is to be ticked before `reservation` is written, over `avant` if it was there before.

    Only what takes a place more is held against the load: a new one, or one that is no longer a renewal. A RG is
    asked about once.
    """
    prend_une_place = avant is None or (avant.renouvelle_id is not None and reservation.renouvelle_id is None)
    change_de_rg = avant is None or normaliser_rg(avant.numero_rg) != normaliser_rg(reservation.numero_rg)
    return [
        *(avertissements_de_charge(reservation) if prend_une_place else []),
        *(_rg_ailleurs(reservation) if change_de_rg else []),
    ]


def avertissements_de_charge(reservation: Mesure) -> list[Avertissement]:
    """What to know of the MJPM's load before it takes one more. A renewal takes no place."""
    disponibilite = reservation.mandataire.disponibilite
    if disponibilite.niveau == Niveau.INDISPONIBLE:
        return [
            Avertissement(
                "indisponible", f"{disponibilite.mot} : je réserve tout de même une mesure à ce mandataire."
            )
        ]
    if reservation.renouvelle_id is None and disponibilite.niveau in PLEINS:
        return [
            Avertissement(
                "complet",
                f"{disponibilite.rapport} mesures, {disponibilite.en_attente} en attente "
                f"({disponibilite.mot}) : je réserve tout de même une mesure à ce mandataire.",
            )
        ]
    return []


def _rg_ailleurs(reservation: Mesure) -> list[Avertissement]:
    """The same RG of the same court with another MJPM: two carriers may be meant, or a mistake."""
    rg = normaliser_rg(reservation.numero_rg)
    if rg is None or reservation.tribunal is None:
        return []
    ailleurs = (
        Mesure.objects.ouvertes()
        .filter(rg_normalise=rg, tribunal__actuel=reservation.tribunal.actuel_id)
        .exclude(mandataire=reservation.mandataire_id)
        .select_related("mandataire")
        .order_by("pk")
        .first()
    )
    if ailleurs is None:
        return []
    return [
        Avertissement(
            "rg_ailleurs",
            f"{ailleurs.mandataire} a déjà une mesure {ailleurs.get_statut_display()} de votre tribunal sous ce "
            "numéro RG : je réserve tout de même.",
        )
    ]


def _verifier(reservation: Mesure) -> None:
    if reservation.renouvelle_id is not None:
        possibles = Mesure.objects.en_cours().filter(
            pk=reservation.renouvelle_id,
            mandataire=reservation.mandataire_id,
            tribunal__actuel=reservation.tribunal and reservation.tribunal.actuel_id,
        )
        if not possibles.exists():
            raise ValidationError(
                {"renouvelle": "Cette mesure n'est plus en cours chez ce mandataire : choisissez-en une autre."}
            )
    reservation.full_clean()


def _expiration(reservation: Mesure) -> date:
    """When a reservation expires, today at the soonest. Raises ValidationError for a judgment past, or too far."""
    aujourd_hui = timezone.localdate()
    jugement = reservation.jugement_attendu_le
    if jugement is None:
        assert reservation.reserve_at is not None
        return max(timezone.localdate(reservation.reserve_at) + DUREE, aujourd_hui)
    if jugement < aujourd_hui:
        raise ValidationError({"jugement_attendu_le": "Le jugement attendu ne peut pas être passé."})
    if jugement > aujourd_hui + JUGEMENT_AU_PLUS:
        raise ValidationError({"jugement_attendu_le": "Le jugement attendu est dans plus d'un an : vérifiez-le."})
    return jugement + DUREE


def _verrouiller(pk: int, version: int, author: User) -> Mesure:
    """Lock the counters of its MJPM, then the reservation of the author's court, held against what they saw."""
    magistrat_agissant(author)
    de_la_cour = Mesure.objects.visible_to(author).reservees()
    mandataire_id = de_la_cour.filter(pk=pk).values_list("mandataire_id", flat=True).first()
    if mandataire_id is not None:
        verrouiller_charges(mandataire_id)
    reservation = (
        de_la_cour.select_for_update(of=("self",)).select_related("mandataire", "tribunal").filter(pk=pk).first()
    )
    if reservation is None:
        raise TransitionInterdite("Cette réservation n'est plus dans la liste de votre tribunal.")
    if reservation.version != version:
        raise VersionPerimee(reservation)
    return reservation
