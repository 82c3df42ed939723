"""Which mesure of the owner each line of a file is about, if it is about one that is there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from mesures.echanges.doublons import Visee, doublons
from mesures.echanges.etats import RG, Connue, Etat, Portefeuille
from mesures.echanges.lignes import LigneLue, empreinte
from mesures.echanges.references import Constat, References, est_dit_par
from mesures.enums import Statut
from mesures.regles import normaliser_rg


@dataclass
class EnCours:
    """A line on its way to its verdict."""

    ligne: LigneLue
    constat: Constat = field(default_factory=Constat)
    tribunal: int | None = None
    connue: Connue | None = None
    empreinte: str = ""
    est_double: bool = False
    suit: int | None = None  # the line that ends the mesure after which this one comes, under the same RG

    def refuser(self, colonne: str, code: str, message: str) -> None:
        self.constat.refuser(colonne, code, message)


class Reconnaissance:
    """`prises`: the mesures of which a line speaks."""

    def __init__(self, portefeuille: Portefeuille, references: References) -> None:
        self.portefeuille = portefeuille
        self.references = references
        self.prises: set[int] = set()

    def de(self, lignes: Sequence[LigneLue]) -> list[EnCours]:
        en_cours = [self._commencer(ligne) for ligne in lignes]
        for une in en_cours:
            self._reconnaitre_par_numero(une)
        self._separer_les_suivantes(en_cours)
        self._refuser_les_doublons(en_cours)
        # By fingerprint last: what a number names is not taken by a line that only looks alike.
        for une in en_cours:
            self._reconnaitre_par_empreinte(une)
        return en_cours

    def _commencer(self, ligne: LigneLue) -> EnCours:
        une = EnCours(ligne)
        une.tribunal = self.references.tribunal(ligne, une.constat)
        une.empreinte = empreinte(self.references.avec_siret(ligne, une.tribunal))
        return une

    def _reconnaitre_par_numero(self, une: EnCours) -> None:
        ligne = une.ligne
        if ligne.identifiant is not None:
            connue = self.portefeuille.par_pk.get(ligne.identifiant)
            if connue is None:
                # Another's mesure is answered as one that does not exist.
                une.refuser(
                    "identifiant",
                    "identifiant_inconnu",
                    f"Aucune de vos mesures n'a l'identifiant {ligne.identifiant} : laissez la cellule vide pour "
                    "une nouvelle mesure.",
                )
            une.connue = connue
        else:
            une.connue = next(self._du_rg(une), None)

    def _du_rg(self, une: EnCours) -> Iterator[Connue]:
        """The mesures that the RG of a line may name, best first: a renewal may bear that of the ended one."""
        ligne = une.ligne
        connues = self.portefeuille.par_rg.get(self._rg(ligne.numero_rg, une.tribunal), [])
        if est_finie(ligne):
            connues = sorted(connues, key=lambda connue: connue.etat.date_decision != ligne.date_decision)
        for connue in connues:
            decision, fin = connue.etat.date_decision, connue.etat.date_extinction
            if fin is not None:
                lue = ligne.date_decision
                est_autre = lue is not None and lue != decision and lue >= fin
            else:
                est_autre = bool(decision and ligne.date_extinction and decision > ligne.date_extinction)
            if not est_autre:
                yield connue

    def _separer_les_suivantes(self, en_cours: Sequence[EnCours]) -> None:
        """Of two lines under one RG, of which one ends: that which has the date of the mesure is about it, and the
        other is about the one that comes before or after it."""
        par_connue: defaultdict[int, list[EnCours]] = defaultdict(list)
        for une in en_cours:
            if une.connue is not None:
                par_connue[une.connue.pk].append(une)
        for memes in par_connue.values():
            assert memes[0].connue is not None
            decision = memes[0].connue.decision
            if decision is None:
                continue
            # By whether it ends, a line that has the date.
            exactes = {est_finie(une.ligne): une for une in memes if une.ligne.date_decision == decision}
            for une in memes:
                finie = est_finie(une.ligne)
                exacte = exactes.get(not finie)
                if (
                    exacte is not None
                    and une.ligne.identifiant is None
                    and une.ligne.date_decision not in (None, decision)
                ):
                    une.connue = None
                    une.suit = None if finie else exacte.ligne.numero

    def _refuser_les_doublons(self, en_cours: Sequence[EnCours]) -> None:
        trouves = doublons([self._visee(une) for une in en_cours])
        for une in en_cours:
            if (probleme := trouves.get(une.ligne.numero)) is not None:
                une.est_double = True
                une.constat.problemes.append(probleme)
            if une.connue is not None:
                self.prises.add(une.connue.pk)

    def _visee(self, une: EnCours) -> Visee:
        connue = une.connue
        tribunal = une.tribunal if connue is None or une.tribunal is not None else connue.tribunal
        rg = self._rg(numero_rg(une.ligne, connue.etat if connue else Etat()), tribunal)
        # What the line names and leaves as it is takes nothing from another: under a court that closed and the one
        # that came after it, two mesures may bear one number.
        if connue is not None and une.ligne.identifiant is not None and rg == (connue.tribunal, connue.rg):
            rg = None, ""
        return Visee(
            ligne=une.ligne,
            connue=None if connue is None else connue.pk,
            rg=rg if rg[1] else None,
            est_finie=est_finie(une.ligne),
            empreinte=une.empreinte,
        )

    def _reconnaitre_par_empreinte(self, une: EnCours) -> None:
        if une.connue is not None or une.ligne.identifiant is not None:
            return
        sans_rg = une.ligne.numero_rg is None
        for connue in self.portefeuille.par_empreinte.get(une.empreinte, ()):
            if connue.pk not in self.prises and (sans_rg or connue.rg is None):
                une.connue = connue
                self.prises.add(connue.pk)
                return

    @staticmethod
    def _rg(numero: str | None, tribunal: int | None) -> RG:
        # No mesure has the RG "": what has none matches nothing.
        return (tribunal, normaliser_rg(numero) or "") if tribunal is not None else (None, "")


def est_finie(ligne: LigneLue) -> bool:
    if ligne.statut:
        return ligne.statut == Statut.ETEINTE
    return bool(ligne.date_extinction or ligne.motif_extinction)


def numero_rg(ligne: LigneLue, avant: Etat) -> str | None:
    """The RG that the mesure would bear: another writing of its own changes nothing."""
    lu, stocke = ligne.numero_rg, avant.numero_rg
    if normaliser_rg(lu) == normaliser_rg(stocke) or est_dit_par(lu or "", stocke or ""):
        return stocke
    return lu or stocke
