"""The acts: mesures that go to another MJPM, and those that come back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pghistory
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.courriels import envoyer_courriel, lien
from accounts.models import User
from mandataires.models import Declaration, Mandataire, Membre
from mandataires.services import decaler_total_declare, verrouiller_charges
from mesures.enums import Statut
from mesures.models import Mesure, MesureQuerySet, Transfert, TransfertLigne
from mesures.permissions import check_can_transferer
from mesures.renouvellements import Renouvellements, contexte_de, delier, en_attente_de, relier
from mesures.transferts.apercu import compter_doublons, est_empreinte_de, nombre_de_mesures
from mesures.transferts.selection import Selection, intactes, renouvellements_a_rendre


class TransfertRefuse(Exception):
    """Nothing has moved; the sentence says why."""


class SelectionChangee(TransfertRefuse):
    """The mesures are no longer those that were previewed."""

    def __init__(self) -> None:
        super().__init__(
            "Ces mesures ont changé depuis l'aperçu : rien n'a été fait. "
            "Vérifiez les nouveaux nombres, puis confirmez de nouveau."
        )


@transaction.atomic
def transferer(*, selection: Selection, vers: Mandataire, empreinte: str, motif: str, author: User) -> Transfert:
    """Give the selected mesures to `vers`, and tell both sides. A service's declared total follows.

    `empreinte` is that of the preview. Raises SelectionChangee, TransfertRefuse (nothing to move, a target
    that is not validated, a RG that it has already), Refus.
    """
    check_can_transferer(author)
    de, vers = _verrouiller(selection.de, vers.pk)
    if de == vers:
        raise TransfertRefuse("Un transfert va d'un mandataire à un autre.")
    if vers.valide_at is None:
        raise TransfertRefuse(f"{vers} n'est pas validé : aucune mesure ne peut lui être transférée.")
    deplacees = _deplacer(selection.mesures(), vers, empreinte)
    if not deplacees:
        raise TransfertRefuse("Aucune mesure n'est à transférer.")
    declaration_de, declaration_vers = _decaler_les_totaux(deplacees, de=de, vers=vers, author=author)
    transfert = Transfert.objects.create(
        de=de,
        vers=vers,
        nombre=len(deplacees),
        motif=motif,
        by=author,
        declaration_de=declaration_de,
        declaration_vers=declaration_vers,
    )
    TransfertLigne.objects.bulk_create(
        TransfertLigne(transfert=transfert, mesure_id=deplacee.pk, version=deplacee.version)
        for deplacee in deplacees
    )
    _prevenir(deplacees, de=de, vers=vers, est_annulation=False)
    return transfert


@transaction.atomic
def annuler_transfert(*, transfert: Transfert, empreinte: str, laisse_les_autres: bool, author: User) -> Transfert:
    """Give back the mesures that nobody has touched since, once, and tell both sides.

    Those that were touched stay where they are, if `laisse_les_autres` says so. Raises SelectionChangee,
    TransfertRefuse (undone already, nothing left to give back, some stay and nobody said so, a RG that has
    been taken since), Refus.
    """
    check_can_transferer(author)
    de, vers = _verrouiller(transfert.vers_id, transfert.de_id)
    transfert = Transfert.objects.select_for_update().get(pk=transfert.pk)
    if transfert.annule_at is not None:
        raise TransfertRefuse("Ce transfert a déjà été annulé.")
    deplacees = _deplacer(intactes(transfert), vers, empreinte, renouvellements_a_rendre(transfert))
    if not deplacees:
        raise TransfertRefuse("Toutes les mesures de ce transfert ont changé depuis : aucune ne peut revenir.")
    if len(deplacees) < transfert.nombre and not laisse_les_autres:
        raise TransfertRefuse("Des mesures ont changé depuis le transfert : confirmez qu'elles ne reviennent pas.")
    transfert.annule_at, transfert.annule_by = timezone.now(), author
    transfert.annule_nombre = len(deplacees)
    transfert.save(update_fields=["annule_at", "annule_by", "annule_nombre"])
    _decaler_les_totaux(deplacees, de=de, vers=vers, author=author, annule=transfert)
    _prevenir(deplacees, de=de, vers=vers, est_annulation=True)
    return transfert


def _verrouiller(de: int, vers: int) -> tuple[Mandataire, Mandataire]:
    verrouiller_charges(de, vers)
    mandataires = Mandataire.objects.in_bulk([de, vers])
    return mandataires[de], mandataires[vers]


@dataclass(frozen=True)
class _Deplacee:
    pk: int
    statut: str
    version: int


def _deplacer(
    mesures: MesureQuerySet, vers: Mandataire, empreinte: str, a_rendre: Renouvellements | None = None
) -> Sequence[_Deplacee]:
    """Move the rows of `mesures` in one UPDATE, and return them with the version that they have by then.

    `a_rendre`: the reservations of `vers` that renew them again.
    The triggers keep counters and history. The charges are locked: no act comes between a query and the next.
    """
    lues = list(mesures.order_by("pk").select_for_update().values_list("pk", "statut", "version"))
    if not est_empreinte_de(empreinte, [(pk, statut) for pk, statut, _ in lues], vers):
        raise SelectionChangee
    a_deplacer = Mesure.objects.filter(pk__in=[pk for pk, _, _ in lues])
    a_rendre = a_rendre or {}
    if doublons := sum(compter_doublons(a_deplacer, vers, sauf=a_rendre).values()):
        raise TransfertRefuse(phrase_doublons(doublons, vers))
    coupes = en_attente_de([pk for pk, _, _ in lues])
    relier(a_rendre)
    with pghistory.context(**contexte_de(coupes)):
        a_deplacer.update(mandataire=vers, version=F("version") + 1)
    delier(coupes)
    return [_Deplacee(pk, statut, version + 1) for pk, statut, version in lues]


def phrase_doublons(nombre: int, vers: Mandataire) -> str:
    ont = "mesure en cours a" if nombre == 1 else "mesures en cours ont"
    return (
        f"{nombre} {ont} un numéro RG que {vers} a déjà dans le même tribunal : rien ne peut être transféré. "
        "Demandez aux deux mandataires laquelle est à garder."
    )


def _en_cours(deplacees: Sequence[_Deplacee]) -> int:
    return sum(deplacee.statut == Statut.EN_COURS for deplacee in deplacees)


def _decaler_les_totaux(
    deplacees: Sequence[_Deplacee],
    *,
    de: Mandataire,
    vers: Mandataire,
    author: User,
    annule: Transfert | None = None,
) -> tuple[Declaration | None, Declaration | None]:
    """Let the declared totals of services follow: that of `de`, then that of `vers`.

    `annule` is the transfer that is undone: `de` is who had received.
    """
    en_cours = _en_cours(deplacees)
    if not en_cours:
        return None, None

    def decaler(mandataire: Mandataire, ecart: int, a_defaire: Declaration | None) -> Declaration | None:
        return decaler_total_declare(
            mandataire=mandataire,
            ecart=ecart,
            author=author,
            origine=Declaration.Origine.TRANSFERT,
            annule=a_defaire,
        )

    return (
        decaler(de, -en_cours, annule.declaration_vers if annule else None),
        decaler(vers, en_cours, annule.declaration_de if annule else None),
    )


def _prevenir(deplacees: Sequence[_Deplacee], *, de: Mandataire, vers: Mandataire, est_annulation: bool) -> None:
    """Write to the members of both sides."""
    reservations = 0 if est_annulation else Mesure.objects.filter(mandataire=de, statut=Statut.EN_ATTENTE).count()
    contexte = {
        "mesures": nombre_de_mesures(len(deplacees)),
        "plusieurs": len(deplacees) > 1,
        "de": de,
        "vers": vers,
        "est_annulation": est_annulation,
        "reservations": reservations,
        "lien": lien("mesures_en_cours" if _en_cours(deplacees) else "mesures_eteintes"),
    }
    for mandataire, gabarit in ((de, "transfert_parti"), (vers, "transfert_recu")):
        membres = Membre.objects.filter(mandataire=mandataire, user__is_active=True).order_by("pk")
        for adresse in membres.values_list("user__email", flat=True):
            envoyer_courriel(destinataire=adresse, gabarit=f"mesures/courriels/{gabarit}", contexte=contexte)
