"""What is worth a look before a line is written, though nothing is wrong with it: each a code and a sentence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator

from mesures.echanges.etats import Connue, Etat, Portefeuille
from mesures.echanges.references import References
from mesures.enums import Statut
from mesures.models import ImportLigne

Alerte = ImportLigne.Alerte


class Alertes:
    """`presentes`: the mesures of which a line of the file speaks. A new line is not one of them."""

    def __init__(self, portefeuille: Portefeuille, references: References, presentes: Collection[int]) -> None:
        self.tribunaux = portefeuille.tribunaux
        self.references = references
        self.en_cours: defaultdict[object, list[Connue]] = defaultdict(list)
        self.reservees: defaultdict[object, list[Connue]] = defaultdict(list)
        for connue in portefeuille.par_pk.values():
            if connue.pk in presentes:
                continue
            if connue.statut == Statut.EN_COURS:
                self.en_cours[_de_la_personne(connue.etat)].append(connue)
            elif connue.statut == Statut.EN_ATTENTE:
                self.reservees[self._de_la_reservation(connue.etat)].append(connue)

    def de(self, connue: Connue | None, etat: Etat) -> Iterator[tuple[ImportLigne.Alerte, str]]:
        """Those of a line that makes `etat` of `connue`, or of nothing."""
        if connue is None:
            yield from self._ressemblance(etat)
            avant = None
        else:
            avant = self.references.actuel(connue.etat.tribunal_id)
            yield from _personne(connue.etat, etat)
            if etat.statut == Statut.ETEINTE:
                yield Alerte.FIN, f"Cette ligne met fin à la mesure, le {etat.date_extinction:%d/%m/%Y}."
        tribunal = self.references.actuel(etat.tribunal_id)
        if tribunal is not None and tribunal != avant and tribunal not in self.tribunaux:
            yield Alerte.TRIBUNAL, "Ce tribunal n'est pas parmi les vôtres."

    def _ressemblance(self, etat: Etat) -> Iterator[tuple[ImportLigne.Alerte, str]]:
        if autres := self.en_cours.get(_de_la_personne(etat)):
            phrase = (
                f"une mesure que vous avez déjà ({_nommer(autres[0])}) : vérifiez qu'elle n'est pas en double."
            )
        elif autres := self.reservees.get(self._de_la_reservation(etat)):
            phrase = (
                f"une mesure qu'un tribunal vous a réservée ({_nommer(autres[0])}) : si c'est elle, "
                "répondez-lui dans « Mesures en attente » plutôt que de l'importer."
            )
        else:
            return
        yield Alerte.RESSEMBLE, f"Ressemble à {phrase}"

    def _de_la_reservation(self, etat: Etat) -> object:
        return etat.nature, etat.genre, etat.annee_naissance, self.references.actuel(etat.tribunal_id)


def _de_la_personne(etat: Etat) -> object:
    return etat.date_decision, etat.genre, etat.annee_naissance, etat.commune_id


def _personne(avant: Etat, etat: Etat) -> Iterator[tuple[ImportLigne.Alerte, str]]:
    genre = bool(avant.genre) and avant.genre != etat.genre
    annee = avant.annee_naissance is not None and avant.annee_naissance != etat.annee_naissance
    if genre or annee:
        quoi = (
            "Le genre et l'année de naissance changent"
            if genre and annee
            else "Le genre change"
            if genre
            else "L'année de naissance change"
        )
        yield Alerte.PERSONNE, f"{quoi} : est-ce bien la même personne ?"


def _nommer(connue: Connue) -> str:
    etat = connue.etat
    if etat.numero_rg:
        return f"RG {etat.numero_rg}"
    if etat.numero_dossier:
        return f"dossier {etat.numero_dossier}"
    return f"décidée le {etat.date_decision:%d/%m/%Y}" if etat.date_decision else "sans numéro RG"
