"""The lines of a file held against the mesures of its owner: a verdict for each, before anything is written.

The same function serves the preview, and the writing, which calls it again under the lock of the charge. Nothing
here writes; the queries are those of `Portefeuille` and `References`, whatever the number of lines.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from django.utils import timezone

from mesures.echanges.colonnes import COLONNE_DU_CHAMP
from mesures.echanges.etats import COLONNES, RG, Connue, Etat, Portefeuille
from mesures.echanges.lignes import LigneLue, ProblemeLu, empreinte
from mesures.echanges.references import Constat, Correspondances, Inconnus, References, est_dit_par
from mesures.enums import EN_ETABLISSEMENT, Statut
from mesures.historique import Changement, changements_entre
from mesures.models import ImportLigne
from mesures.models.importation import REJETS
from mesures.regles import TRIBUNAL_RESERVE, Contexte, normaliser_rg, problemes

Verdict = ImportLigne.Verdict

SANS_RG = (
    "Sans numéro RG ni identifiant, cette mesure sera reconnue dans un autre fichier tant que sa ligne "
    "reste la même."
)
CHAMPS_COMPARES = tuple(nom.removesuffix("_id") for nom in COLONNES if nom not in ("statut", "date_terme"))


@dataclass(frozen=True, kw_only=True, slots=True)
class LigneRapprochee:
    """A line and what is to become of it. `etat` is the whole mesure as it would be, unless it cannot be."""

    ligne: LigneLue
    verdict: ImportLigne.Verdict
    problemes: tuple[ProblemeLu, ...] = ()
    avertissements: tuple[str, ...] = ()
    changements: tuple[Changement, ...] = ()
    connue: Connue | None = None
    etat: Etat | None = None
    empreinte: str = ""


@dataclass(frozen=True, kw_only=True)
class Rapprochement:
    lignes: list[LigneRapprochee]
    inconnus: Inconnus
    absentes: int

    def chiffres(self) -> dict[str, int]:
        """The figures of an `Import`."""
        return {**compter(ligne.verdict for ligne in self.lignes), "absentes": self.absentes}


def compter(verdicts: Iterator[str]) -> dict[str, int]:
    """Lines read = new + changed + unchanged + rejected: each line is in one of the four."""
    comptes = Counter(verdicts)
    chiffres = {
        "lues": comptes.total(),
        "nouvelles": comptes[Verdict.NOUVELLE],
        "modifiees": comptes[Verdict.MODIFIEE],
        "inchangees": comptes[Verdict.INCHANGEE],
        "rejetees": sum(comptes[rejet] for rejet in REJETS),
    }
    assert chiffres["lues"] == sum(n for nom, n in chiffres.items() if nom != "lues"), comptes
    return chiffres


def rapprocher(
    lignes: Sequence[LigneLue],
    *,
    mandataire_id: int,
    correspondances: Correspondances | None = None,
    avancer: Callable[[int], None] = lambda nombre: None,
) -> Rapprochement:
    """Judge every line. `avancer` is told how many are, so that a page may show it."""
    portefeuille = Portefeuille.charger(mandataire_id)
    references = References(lignes, portefeuille, mandataire_id, correspondances or Correspondances())
    return _Jugement(portefeuille, references).de(lignes, avancer)


@dataclass
class _EnCours:
    """A line on its way to its verdict."""

    ligne: LigneLue
    constat: Constat = field(default_factory=Constat)
    tribunal: int | None = None
    connue: Connue | None = None
    empreinte: str = ""
    est_reconnue_ou_double: bool = False

    def refuser(self, colonne: str, code: str, message: str) -> None:
        self.constat.refuser(colonne, code, message)


class _Jugement:
    def __init__(self, portefeuille: Portefeuille, references: References) -> None:
        self.portefeuille = portefeuille
        self.references = references
        self.prises: dict[int, int] = {}  # by mesure, the line that speaks of it
        self.rg_du_fichier: dict[RG, int] = {}
        self.contexte = Contexte(aujourd_hui=timezone.localdate(), communes_par_code=references.communes_par_code)

    def de(self, lignes: Sequence[LigneLue], avancer: Callable[[int], None]) -> Rapprochement:
        en_cours = [self._commencer(ligne) for ligne in lignes]
        # By fingerprint last: what a number names is not taken by a line that only looks alike.
        for une in en_cours:
            self._reconnaitre_par_numero(une)
        vues: dict[str, int] = {}
        for une in en_cours:
            self._reconnaitre_par_empreinte(une, vues)
        jugees = []
        for nombre, une in enumerate(en_cours, start=1):
            jugees.append(self._juger(une))
            avancer(nombre)
        return Rapprochement(
            lignes=jugees,
            inconnus=self.references.inconnus,
            absentes=self.portefeuille.absentes(set(self.prises)),
        )

    # --- Which mesure a line is about -----------------------------------------------------------------

    def _commencer(self, ligne: LigneLue) -> _EnCours:
        une = _EnCours(ligne, empreinte=empreinte(ligne))
        une.tribunal = self.references.tribunal(ligne.tribunal_siret, une.constat)
        return une

    def _reconnaitre_par_numero(self, une: _EnCours) -> None:
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
                une.est_reconnue_ou_double = True
                return
        else:
            connue = next(self._du_rg(une), None)
        if connue is not None:
            self._prendre(une, connue)

    def _du_rg(self, une: _EnCours) -> Iterator[Connue]:
        """The mesures that the RG of a line may name, best first: a renewal may bear that of the ended one."""
        ligne = une.ligne
        connues = self.portefeuille.par_rg.get(self._rg(ligne.numero_rg, une.tribunal), [])
        if _est_finie(ligne):
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

    def _reconnaitre_par_empreinte(self, une: _EnCours, vues: dict[str, int]) -> None:
        if une.est_reconnue_ou_double:
            return
        sans_rg = une.ligne.numero_rg is None
        if sans_rg and (autre := vues.setdefault(une.empreinte, une.ligne.numero)) != une.ligne.numero:
            une.refuser(
                "",
                "doublon",
                f"Les lignes {autre} et {une.ligne.numero} se confondent : donnez-leur un numéro RG, "
                "ou des numéros de dossier différents.",
            )
            return
        for connue in self.portefeuille.par_empreinte.get(une.empreinte, ()):
            if connue.pk not in self.prises and (sans_rg or connue.rg is None):
                self._prendre(une, connue)
                return

    def _prendre(self, une: _EnCours, connue: Connue) -> None:
        une.est_reconnue_ou_double = True
        autre = self.prises.setdefault(connue.pk, une.ligne.numero)
        if autre == une.ligne.numero:
            une.connue = connue
            return
        colonne = "identifiant" if une.ligne.identifiant is not None else "numero_rg"
        une.refuser(colonne, "doublon", f"La ligne {autre} parle de la même mesure : gardez l'une des deux.")

    def _rg(self, numero: str | None, tribunal: int | None) -> RG:
        # No mesure has the RG "": what has none matches nothing.
        return (tribunal, normaliser_rg(numero) or "") if tribunal is not None else (None, "")

    # --- What is to become of it ----------------------------------------------------------------------

    def _juger(self, une: _EnCours) -> LigneRapprochee:
        ligne, connue = une.ligne, une.connue
        if (ligne.statut and ligne.statut not in (Statut.EN_COURS, Statut.ETEINTE)) or (
            connue is not None and not connue.est_prononcee
        ):
            return self._reservee(une)
        avant = connue.etat if connue else Etat()
        commune = self.references.commune(ligne, avant, une.constat)
        etablissement = self.references.etablissement(ligne, avant, commune, une.constat)
        etat = self._etat(une, avant, commune, etablissement)
        a_corriger = [*ligne.problemes, *une.constat.problemes]
        if connue is not None and etat == avant and not a_corriger:
            return self._rendre(une, Verdict.INCHANGEE)
        if connue is not None and connue.statut == Statut.ETEINTE:
            fin = connue.etat.date_extinction
            assert fin is not None
            phrase = f"Cette mesure est éteinte depuis le {fin:%d/%m/%Y} : réactivez-la avant de la modifier."
            return self._rendre(une, Verdict.DEJA_ETEINTE, [*a_corriger, ProblemeLu("", "deja_eteinte", phrase)])
        a_corriger += self._problemes_du_tribunal(connue, etat)
        a_corriger += self._problemes_de_la_fin(une, etat)
        deja = {probleme.colonne for probleme in a_corriger}
        # A cell that is refused already is not missing as well.
        a_corriger += [p for p in self._problemes_des_regles(connue, etat) if p.colonne not in deja]
        if a_corriger:
            return self._rendre(une, Verdict.REJETEE, a_corriger)
        if etat.statut == Statut.EN_COURS and etat.numero_rg:
            self.rg_du_fichier[self._rg(etat.numero_rg, self.references.actuel(etat.tribunal_id))] = ligne.numero
        if connue is None:
            if ligne.numero_rg is None:
                une.constat.avertissements.append(SANS_RG)
            return self._rendre(une, Verdict.NOUVELLE, etat=etat)
        return self._rendre(une, Verdict.MODIFIEE, etat=etat, changements=self._changements(avant, etat))

    def _reservee(self, une: _EnCours) -> LigneRapprochee:
        if une.connue is None:
            phrase = "Une mesure en attente se confirme sur le site, jamais par un fichier."
        elif une.connue.statut == Statut.EN_ATTENTE:
            phrase = "Un tribunal vous a réservé cette mesure : répondez-lui d'abord, dans « Mesures en attente »."
        elif une.connue.est_prononcee:
            phrase = (
                f"Cette mesure est {Statut(une.connue.statut).label} : un fichier ne change pas ce statut "
                f"en « {Statut(une.ligne.statut).label} »."
            )
        else:
            phrase = f"Cette réservation est {Statut(une.connue.statut).label} : un fichier ne la change pas."
        return self._rendre(
            une, Verdict.RESERVEE, [*une.ligne.problemes, ProblemeLu("statut", "reservee", phrase)]
        )

    def _rendre(
        self,
        une: _EnCours,
        verdict: ImportLigne.Verdict,
        a_corriger: Sequence[ProblemeLu] = (),
        etat: Etat | None = None,
        changements: Sequence[Changement] = (),
    ) -> LigneRapprochee:
        return LigneRapprochee(
            ligne=une.ligne,
            verdict=verdict,
            problemes=tuple(a_corriger),
            avertissements=tuple(une.constat.avertissements),
            changements=tuple(changements),
            connue=une.connue,
            etat=etat,
            empreinte=une.empreinte,
        )

    def _etat(
        self, une: _EnCours, avant: Etat, commune: str | None, etablissement: tuple[int | None, str]
    ) -> Etat:
        """The mesure as the line would leave it: an empty cell, or a column that is absent, erases nothing."""
        ligne = une.ligne
        lieu_vie = ligne.lieu_vie or avant.lieu_vie
        # Who has left an establishment has none: only a line that names one may say both.
        if lieu_vie not in EN_ETABLISSEMENT and not (ligne.finess or ligne.etablissement_nom):
            etablissement = (None, "")
        est_finie = _est_finie(ligne)
        meme_rg = normaliser_rg(ligne.numero_rg) == normaliser_rg(avant.numero_rg) or est_dit_par(
            ligne.numero_rg or "", avant.numero_rg or ""
        )
        meme_tribunal = une.tribunal is None or une.tribunal == self.references.actuel(avant.tribunal_id)
        return replace(
            avant,
            statut=str(Statut.ETEINTE if est_finie else Statut.EN_COURS),
            date_decision=ligne.date_decision or avant.date_decision,
            nature=ligne.nature or avant.nature,
            champ=ligne.champ or avant.champ,
            code_postal=ligne.code_postal or avant.code_postal,
            commune_id=commune,
            genre=ligne.genre or avant.genre,
            annee_naissance=ligne.annee_naissance or avant.annee_naissance,
            lieu_vie=lieu_vie,
            etablissement_id=etablissement[0],
            etablissement_nom=etablissement[1],
            tribunal_id=avant.tribunal_id if meme_tribunal else une.tribunal,
            numero_rg=avant.numero_rg if meme_rg else ligne.numero_rg or avant.numero_rg,
            cabinet=_texte(ligne.cabinet, avant.cabinet),
            numero_dossier=_texte(ligne.numero_dossier, avant.numero_dossier),
            date_extinction=(ligne.date_extinction or avant.date_extinction) if est_finie else None,
            motif_extinction=(ligne.motif_extinction or avant.motif_extinction) if est_finie else "",
        )

    def _problemes_du_tribunal(self, connue: Connue | None, etat: Etat) -> Iterator[ProblemeLu]:
        """What `services.modifier` refuses, and what would change a reservation, which a file never does."""
        if connue is None or self.references.actuel(etat.tribunal_id) == connue.tribunal:
            return
        if connue.est_reservee:
            yield ProblemeLu("tribunal_siret", "tribunal_reserve", TRIBUNAL_RESERVE)
        elif connue.pk in self.portefeuille.renouvelees:
            yield ProblemeLu(
                "tribunal_siret",
                "renouvellement",
                "Un tribunal a demandé le renouvellement de cette mesure : répondez-lui avant d'en changer.",
            )

    def _problemes_de_la_fin(self, une: _EnCours, etat: Etat) -> Iterator[ProblemeLu]:
        ligne, connue = une.ligne, une.connue
        if ligne.statut == Statut.EN_COURS:
            for colonne, valeur in (("date_fin", ligne.date_extinction), ("motif_fin", ligne.motif_extinction)):
                if valeur:
                    yield ProblemeLu(
                        colonne,
                        "contradiction",
                        "Une mesure en cours n'a ni date ni motif de fin : videz la cellule.",
                    )
        if etat.statut == Statut.ETEINTE and connue is not None and connue.pk in self.portefeuille.renouvelees:
            # To end it would change the reservation, which a file never does.
            yield ProblemeLu(
                "statut",
                "renouvellement",
                "Un tribunal a demandé le renouvellement de cette mesure : répondez-lui avant d'y mettre fin.",
            )

    def _problemes_des_regles(self, connue: Connue | None, etat: Etat) -> Iterator[ProblemeLu]:
        contexte, autre = self.contexte, None
        rg = normaliser_rg(etat.numero_rg)
        if rg is not None and etat.tribunal_id is not None:
            # A closed court is read under its successor: its numbers are taken there too.
            cle = (self.references.actuel(etat.tribunal_id), rg)
            autre = self.rg_du_fichier.get(cle)
            if autre is not None or self.portefeuille.autres_du_rg(cle, connue):
                contexte = replace(contexte, rg_pris=[(etat.tribunal_id, rg)])
        for probleme in problemes(etat, contexte):
            message = probleme.message
            if probleme.code == "rg_pris" and autre is not None:
                message = f"La ligne {autre} a déjà ce numéro RG dans ce tribunal."
            yield ProblemeLu(COLONNE_DU_CHAMP.get(probleme.champ, ""), probleme.code, message)

    def _changements(self, avant: Etat, apres: Etat) -> list[Changement]:
        changements = changements_entre(avant, apres, self.references.noms, CHAMPS_COMPARES)
        if avant.statut != apres.statut:
            libelles = Statut(avant.statut).label, Statut(apres.statut).label
            changements.insert(0, Changement("statut", "statut", *libelles))
        return changements


def _est_finie(ligne: LigneLue) -> bool:
    if ligne.statut:
        return ligne.statut == Statut.ETEINTE
    return bool(ligne.date_extinction or ligne.motif_extinction)


def _texte(lu: str, stocke: str) -> str:
    return stocke if not lu or est_dit_par(lu, stocke) else lu
