"""Which mesures are to move: by criteria, or by the numbers that the MJPM who leaves gives."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from mesures.enums import PRONONCEES
from mesures.historique import dernier_acte
from mesures.models import Mesure, MesureQuerySet, Transfert, TransfertLigne
from mesures.regles import normaliser_rg
from mesures.renouvellements import Renouvellements, a_relier
from tribunaux.models import Tribunal


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Which mesures of a MJPM are to move; None narrows nothing. `tribunal` is a present court."""

    de: int
    avec_eteintes: bool = False
    tribunal: int | None = None
    etablissement: int | None = None
    commune: str | None = None
    pks: tuple[int, ...] | None = None

    def mesures(self) -> MesureQuerySet:
        mesures = transferables(self.de)
        if not self.avec_eteintes:
            mesures = mesures.en_cours()
        if self.tribunal is not None:
            mesures = mesures.filter(tribunal__in=Tribunal.objects.filter(actuel=self.tribunal))
        if self.etablissement is not None:
            mesures = mesures.filter(etablissement=self.etablissement)
        if self.commune is not None:
            mesures = mesures.filter(commune=self.commune)
        return mesures if self.pks is None else mesures.filter(pk__in=self.pks)


def transferables(mandataire_id: int) -> MesureQuerySet:
    return Mesure.objects.filter(mandataire=mandataire_id, statut__in=PRONONCEES)


def intactes(transfert: Transfert) -> MesureQuerySet:
    """The mesures of a transfer that nobody has touched since: those that its undoing puts back.

    Held against its lines here, not by a join: right after thousands have moved, the planner believes that
    both sides have one row, and compares each with each.
    """
    transferees = dict(TransfertLigne.objects.filter(transfert=transfert).values_list("mesure_id", "version"))
    actuelles = Mesure.objects.filter(pk__in=transferees).order_by().values_list("pk", "version")
    pks = [pk for pk, version in actuelles if version == transferees[pk]]
    return transferables(transfert.vers_id).filter(pk__in=pks)


def renouvellements_a_rendre(transfert: Transfert) -> Renouvellements:
    """The reservations that a transfer cut from what they renew, and that its undoing ties to it again."""
    rendues = intactes(transfert)
    premiere = rendues.order_by("pk").first()  # all of them moved in one act
    if premiere is None:
        return {}
    coupes = dernier_acte(premiere).renouvellements
    gardees = set(rendues.filter(pk__in=list(coupes.values())).values_list("pk", flat=True))
    return a_relier({pk: mesure for pk, mesure in coupes.items() if mesure in gardees}, transfert.de_id)


@dataclass(frozen=True)
class Reperage:
    """What became of numbers that somebody typed."""

    pks: tuple[int, ...]
    inconnus: list[str]
    ambigus: list[str]


def reperer(numeros: Iterable[str], parmi: MesureQuerySet, tribunal: int | None = None) -> Reperage:
    """Find each number among the RG and the dossiers of `parmi`, in one query.

    A RG is compared as `normaliser_rg` reads it, a dossier without case. The present court `tribunal`
    settles between mesures that share a number, and only that.
    """
    connus: defaultdict[str, set[int]] = defaultdict(set)
    du_tribunal: set[int] = set()
    lignes = parmi.order_by().values_list("pk", "rg_normalise", "numero_dossier", "tribunal__actuel")
    for pk, rg, dossier, actuel in lignes:
        for cle in filter(None, (rg, dossier.strip().casefold())):
            connus[cle].add(pk)
        if actuel is not None and actuel == tribunal:
            du_tribunal.add(pk)
    trouves: set[int] = set()
    inconnus: list[str] = []
    ambigus: list[str] = []
    for numero in numeros:
        pks = connus.get(normaliser_rg(numero) or "", set()) | connus.get(numero.strip().casefold(), set())
        if len(pks) > 1:
            pks = pks & du_tribunal or pks
        if len(pks) == 1:
            trouves |= pks
        else:
            (ambigus if pks else inconnus).append(numero)
    return Reperage(tuple(sorted(trouves)), inconnus, ambigus)
