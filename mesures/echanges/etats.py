"""The mesures of the owner of a file, as the lines are held against them. Two queries for all of them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Self

from mandataires.models import Agrement
from mesures.enums import PRONONCEES, Statut
from mesures.models import Mesure

RG = tuple[int | None, str]  # of a present court

# Of those that one RG finds, the one that is meant. An answered reservation without a mesure is none.
PRIORITE = {Statut.EN_COURS: 0, Statut.EN_ATTENTE: 1, Statut.ETEINTE: 2}


@dataclass(frozen=True, kw_only=True, slots=True)
class Etat:
    """What a file may write of a mesure, under the names of its columns; `mesures.regles` reads it."""

    statut: str = Statut.EN_COURS
    date_decision: date | None = None
    nature: str = ""
    champ: str = ""
    code_postal: str = ""
    commune_id: str | None = None
    genre: str = ""
    annee_naissance: int | None = None
    lieu_vie: str = ""
    etablissement_id: int | None = None
    etablissement_nom: str = ""
    tribunal_id: int | None = None
    numero_rg: str | None = None
    cabinet: str = ""
    numero_dossier: str = ""
    date_terme: date | None = None  # no file says it: the rules compare it to the decision
    date_extinction: date | None = None
    motif_extinction: str = ""


COLONNES = tuple(champ.name for champ in fields(Etat))


@dataclass(frozen=True, kw_only=True, slots=True)
class Connue:
    """A mesure that is there; `tribunal` is its present court."""

    pk: int
    version: int
    rg: str | None
    tribunal: int | None
    empreinte: str | None
    renouvelle: int | None
    est_reservee: bool
    etat: Etat

    @property
    def statut(self) -> str:
        return self.etat.statut

    @property
    def decision(self) -> date | None:
        return self.etat.date_decision

    @property
    def est_prononcee(self) -> bool:
        return self.statut in PRONONCEES


@dataclass(frozen=True)
class Portefeuille:
    """All the mesures of one MJPM, in every state, and the courts where it is registered."""

    par_pk: dict[int, Connue]
    par_rg: dict[RG, list[Connue]] = field(default_factory=lambda: defaultdict(list))
    par_empreinte: dict[str, list[Connue]] = field(default_factory=lambda: defaultdict(list))
    renouvelees: set[int] = field(default_factory=set)  # that a reservation is to renew
    tribunaux: set[int | None] = field(default_factory=set)  # the present ones

    @classmethod
    def charger(cls, mandataire_id: int) -> Self:
        autres = (
            "pk",
            "version",
            "rg_normalise",
            "tribunal__actuel",
            "empreinte_import",
            "renouvelle",
            "reserve_at",
        )
        lignes = Mesure.objects.filter(mandataire=mandataire_id).order_by("pk").values_list(*autres, *COLONNES)
        portefeuille = cls({})
        for pk, version, rg, tribunal, empreinte, renouvelle, reserve_at, *valeurs in lignes.iterator():
            portefeuille._ajouter(
                Connue(
                    pk=pk,
                    version=version,
                    rg=rg,
                    tribunal=tribunal,
                    empreinte=empreinte,
                    renouvelle=renouvelle,
                    est_reservee=reserve_at is not None,
                    etat=Etat(**dict(zip(COLONNES, valeurs, strict=True))),
                )
            )
        agrements = Agrement.objects.en_vigueur().filter(mandataire=mandataire_id).order_by()
        portefeuille.tribunaux.update(agrements.values_list("tribunal__actuel", flat=True))
        for connues in portefeuille.par_rg.values():
            connues.sort(key=lambda connue: PRIORITE[Statut(connue.statut)])
        return portefeuille

    def _ajouter(self, connue: Connue) -> None:
        self.par_pk[connue.pk] = connue
        if connue.rg is not None and connue.statut in PRIORITE:
            self.par_rg[connue.tribunal, connue.rg].append(connue)
        if connue.empreinte is not None and connue.est_prononcee:
            self.par_empreinte[connue.empreinte].append(connue)
        if connue.statut == Statut.EN_ATTENTE and connue.renouvelle is not None:
            self.renouvelees.add(connue.renouvelle)

    def autres_du_rg(self, rg: RG, connue: Connue | None) -> bool:
        """Whether another mesure than `connue` has this RG: the rule of `Mesure.du_meme_rg`."""
        return any(
            autre.statut in (Statut.EN_COURS, Statut.EN_ATTENTE)
            and (
                connue is None
                or (
                    autre.pk not in (connue.pk, connue.renouvelle)
                    and not (autre.statut == Statut.EN_ATTENTE and autre.renouvelle == connue.pk)
                )
            )
            for autre in self.par_rg.get(rg, ())
        )

    def absentes(self, presentes: set[int]) -> int:
        """How many ongoing mesures are not among `presentes`."""
        return sum(
            connue.statut == Statut.EN_COURS and connue.pk not in presentes for connue in self.par_pk.values()
        )
