"""The courts of a file: by SIRET, by name as people write it, or by what the user chose."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from mesures.comparaison import cle
from mesures.echanges.etats import Portefeuille
from mesures.echanges.lignes import LigneLue
from tribunaux.models import Tribunal
from tribunaux.recherche import ARTICLES, lire_genre

ANCIEN = re.compile(r"\(?\b(?:ancien ti|ferme)\b\)?\s*$")  # what `Tribunal.libelle` adds, folded
# Kinds of before 2020: what they were is now a court of another kind, in the same town.
AVANT_2020 = re.compile(r"(?:ti|tgi|tribunal d instance|tribunal de grande instance)\b")
CITES = 3


class TribunalInconnu(Exception):
    """The line names no court that we know; its text says why."""

    def __init__(self, colonne: str, message: str) -> None:
        super().__init__(message)
        self.colonne = colonne


class Juridictions:
    """One query, whatever the number of lines."""

    def __init__(
        self,
        lignes: Iterable[LigneLue],
        portefeuille: Portefeuille,
        choisis: Mapping[str, int],
        plis: Mapping[str, str],
    ) -> None:
        self.par_pk: dict[int, Tribunal] = Tribunal.objects.select_related("commune").in_bulk()
        self._par_siret = {t.siret: t for t in self.par_pk.values() if t.siret}
        self.siens = {pk for pk in portefeuille.tribunaux if pk is not None}
        self._portefeuille = portefeuille
        self._plis = plis
        # By the first spelling of the file: « TJ ARRAS » and « tj arras » are one choice.
        self._ecritures: dict[str, str] = {}
        for ligne in lignes:
            if ligne.tribunal_nom:
                self._ecritures.setdefault(_cle(ligne.tribunal_nom), ligne.tribunal_nom)
        self._choisis = {_cle(texte): pk for texte, pk in choisis.items()}
        self._par_lieu: defaultdict[str, list[Tribunal]] = defaultdict(list)
        for tribunal in self.par_pk.values():
            for lieu in self._lieux(tribunal):
                self._par_lieu[lieu].append(tribunal)
        self._candidats: dict[str, list[Tribunal]] = {}
        self.inconnus: Counter[str] = Counter()

    def _lieux(self, tribunal: Tribunal) -> set[str]:
        """The places under which it is known: two towns of one name are told apart by their département."""
        commune = tribunal.commune
        lieux = {_lieu(lire_genre(tribunal.nom_recherche.split())[1]), _lieu(commune.nom_recherche.split())}
        return lieux | {f"{lieu} {commune.departement_id.lower()}" for lieu in lieux}

    def cle_de(self, ligne: LigneLue) -> str | None:
        """Under what the court of a line is to be chosen, or was; None for one that needs no choice."""
        if ligne.tribunal_siret:
            return None if ligne.tribunal_siret in self._par_siret else ligne.tribunal_siret
        if ligne.tribunal_nom:
            return self._ecritures[_cle(ligne.tribunal_nom)]
        return "" if self._manque(ligne) else None

    def _manque(self, ligne: LigneLue) -> bool:
        """Whether the line has a number that only its court tells apart, and says no court."""
        if ligne.tribunal_siret or ligne.tribunal_nom or ligne.numero_rg is None or ligne.identifiant is not None:
            return False
        return all(probleme.colonne not in ("tribunal", "tribunal_siret") for probleme in ligne.problemes)

    def trouver(self, ligne: LigneLue) -> tuple[Tribunal | None, str]:
        """The court of a line, and what is to be said of it. Raises TribunalInconnu."""
        if ligne.tribunal_siret:
            tribunal = self._par_siret.get(ligne.tribunal_siret) or self._choisi(ligne, "tribunal_siret")
            return tribunal, self._contradiction(ligne, tribunal)
        if ligne.tribunal_nom:
            return self._nomme(ligne), ""
        if not self._manque(ligne):
            return None, ""
        if len(self.siens) == 1 and _cle("") not in self._choisis:
            [pk] = self.siens
            tribunal = self.par_pk[pk]
            return tribunal, f"Le tribunal n'est pas écrit : nous avons pris le vôtre, « {tribunal.libelle} »."
        return self._choisi(ligne, "tribunal"), ""

    def _contradiction(self, ligne: LigneLue, tribunal: Tribunal) -> str:
        """Of a name that was corrected beside a SIRET that was not: it would be lost without a word."""
        autres = self._candidats_de(ligne.tribunal_nom) if ligne.tribunal_nom else []
        if not autres or tribunal.actuel_id in {autre.actuel_id for autre in autres}:
            return ""
        return (
            f"« {ligne.tribunal_nom} » n'est pas le tribunal du SIRET, qui est pris : pour changer de tribunal, "
            "videz la cellule du SIRET."
        )

    def _nomme(self, ligne: LigneLue) -> Tribunal:
        candidats = self._candidats_de(ligne.tribunal_nom)
        if _cle(ligne.tribunal_nom) not in self._choisis:
            connue = self._portefeuille.par_pk.get(ligne.identifiant or 0)
            avant = connue.tribunal if connue else None
            actuels = {tribunal.actuel_id for tribunal in candidats}
            # What the export wrote is what the mesure has; else the only one of the owner's; else the only one.
            for retenus in (actuels & {avant}, actuels & self.siens, actuels):
                if len(retenus) == 1:
                    return next(tribunal for tribunal in candidats if tribunal.actuel_id in retenus)
        return self._choisi(ligne, "tribunal", candidats)

    def _candidats_de(self, nom: str) -> list[Tribunal]:
        """The courts that a name may be: those that sit rather than closed ones."""
        pli = ANCIEN.sub("", self._plis[nom]).strip()
        if pli in self._candidats:
            return self._candidats[pli]
        genre, mots = lire_genre(pli.split())
        du_lieu = self._par_lieu.get(_lieu(mots), []) if mots else []
        trouves = [tribunal for tribunal in du_lieu if genre is None or tribunal.type == genre]
        if not trouves and AVANT_2020.match(pli):
            trouves = du_lieu
        trouves = [tribunal for tribunal in trouves if tribunal.est_ouvert] or trouves
        self._candidats[pli] = trouves
        return trouves

    def _choisi(self, ligne: LigneLue, colonne: str, candidats: Iterable[Tribunal] = ()) -> Tribunal:
        cle_du_choix = self.cle_de(ligne) or ""
        tribunal = self.par_pk.get(self._choisis.get(_cle(cle_du_choix), 0))
        if tribunal is None:
            self.inconnus[cle_du_choix] += 1
            raise TribunalInconnu(colonne, _phrase(ligne, [t.nom for t in candidats]))
        return tribunal


def _cle(texte: str) -> str:
    return cle(texte) or texte


def _lieu(mots: Iterable[str]) -> str:
    """The name of a place, without its articles: « Le Mans » and « du Mans » are one."""
    return " ".join(mot for mot in mots if mot not in ARTICLES)


def _phrase(ligne: LigneLue, candidats: list[str]) -> str:
    if ligne.tribunal_siret:
        siret = ligne.tribunal_siret
        return f"Aucun tribunal n'a le SIRET {siret} : corrigez-le, ou choisissez-en un avant d'importer."
    if candidats:
        noms = ", ".join(sorted(candidats)[:CITES])
        suite = "…" if len(candidats) > CITES else ""
        return (
            f"« {ligne.tribunal_nom} » peut être : {noms}{suite}. Choisissez le tribunal avant d'importer, ou "
            "corrigez son nom."
        )
    if ligne.tribunal_nom:
        return (
            f"Nous ne reconnaissons pas le tribunal « {ligne.tribunal_nom} » : choisissez-le avant d'importer, ou "
            "corrigez son nom."
        )
    return "Cette ligne a un numéro RG, mais pas de tribunal : choisissez-le avant d'importer, ou écrivez-le."
