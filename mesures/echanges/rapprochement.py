"""The lines of a file held against the mesures of its owner: a verdict for each, before anything is written.

The same function serves the preview, and the writing, which calls it again under the lock of the charge. Nothing
here writes; the queries are those of `Portefeuille` and `References`, whatever the number of lines.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from django.utils import timezone

from mesures.echanges.alertes import Alertes
from mesures.echanges.colonnes import COLONNE_DU_CHAMP
from mesures.echanges.etats import COLONNES, Connue, Etat, Portefeuille
from mesures.echanges.lignes import LigneLue, ProblemeLu
from mesures.echanges.reconnaissance import EnCours, Reconnaissance, est_finie, numero_rg
from mesures.echanges.references import Correspondances, Inconnus, References, est_dit_par
from mesures.enums import EN_ETABLISSEMENT, Statut
from mesures.historique import Changement, changements_entre
from mesures.models import ImportLigne
from mesures.models.importation import REJETS
from mesures.purge import GARDE_DES_MESURES, fin_la_plus_ancienne
from mesures.regles import TRIBUNAL_RESERVE, Contexte, normaliser_rg, problemes

Verdict = ImportLigne.Verdict

SANS_RG = (
    "Sans numéro RG ni identifiant, cette mesure sera reconnue dans un autre fichier tant que sa ligne "
    "reste la même."
)
STATUT_REFUSE = "Ce statut n'est pas accepté : une mesure en attente est réservée par un tribunal."
DU_TRIBUNAL = {"tribunal", "tribunal_siret"}  # two ways to say the same
CHAMPS_COMPARES = tuple(nom.removesuffix("_id") for nom in COLONNES if nom not in ("statut", "date_terme"))


@dataclass(frozen=True, kw_only=True, slots=True)
class LigneRapprochee:
    """A line and what is to become of it. `etat` is the whole mesure as it would be, unless it cannot be."""

    ligne: LigneLue
    verdict: ImportLigne.Verdict
    problemes: tuple[ProblemeLu, ...] = ()
    avertissements: tuple[str, ...] = ()
    alertes: tuple[ImportLigne.Alerte, ...] = ()
    lus: Mapping[str, str] = field(default_factory=dict)  # of `Constat`
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


class _Jugement:
    def __init__(self, portefeuille: Portefeuille, references: References) -> None:
        self.portefeuille = portefeuille
        self.references = references
        self.contexte = Contexte(aujourd_hui=timezone.localdate(), communes_par_code=references.communes_par_code)

    def de(self, lignes: Sequence[LigneLue], avancer: Callable[[int], None]) -> Rapprochement:
        reconnaissance = Reconnaissance(self.portefeuille, self.references)
        en_cours = reconnaissance.de(lignes)
        self.alertes = Alertes(self.portefeuille, self.references, reconnaissance.prises)
        jugees = []
        for nombre, une in enumerate(en_cours, start=1):
            jugees.append(self._juger(une))
            avancer(nombre)
        return Rapprochement(
            lignes=jugees,
            inconnus=self.references.inconnus,
            absentes=self.portefeuille.absentes(reconnaissance.prises),
        )

    def _juger(self, une: EnCours) -> LigneRapprochee:
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
        if une.est_double:
            return self._rendre(une, Verdict.REJETEE, a_corriger)
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
        if not deja.isdisjoint(DU_TRIBUNAL):
            deja |= DU_TRIBUNAL
        if any(probleme.code == "plusieurs" for probleme in une.constat.problemes):
            deja.add("ville")  # written, though of several communes
        # A cell that is refused already is not missing as well.
        a_corriger += [p for p in self._problemes_des_regles(une, etat) if p.colonne not in deja]
        if a_corriger:
            return self._rendre(une, Verdict.REJETEE, a_corriger)
        if connue is None:
            if ligne.numero_rg is None:
                une.constat.avertissements.append(SANS_RG)
            return self._rendre(une, Verdict.NOUVELLE, etat=etat)
        return self._rendre(une, Verdict.MODIFIEE, etat=etat, changements=self._changements(avant, etat))

    def _reservee(self, une: EnCours) -> LigneRapprochee:
        connue = une.connue
        verdict = Verdict.REJETEE
        if connue is None:
            code, phrase = "statut", STATUT_REFUSE
        elif connue.statut == Statut.EN_ATTENTE:
            verdict, code = Verdict.RESERVEE, "reservee"
            phrase = "Un tribunal vous a réservé cette mesure : répondez-lui d'abord, dans « Mesures en attente »."
        elif connue.est_prononcee:
            code = "statut"
            phrase = (
                f"Cette mesure est {Statut(connue.statut).label} : un fichier ne change pas ce statut "
                f"en « {Statut(une.ligne.statut).label} »."
            )
        else:
            code = "reservee"
            phrase = f"Cette réservation est {Statut(connue.statut).label} : un fichier ne la change pas."
        return self._rendre(une, verdict, [*une.ligne.problemes, ProblemeLu("statut", code, phrase)])

    def _rendre(
        self,
        une: EnCours,
        verdict: ImportLigne.Verdict,
        a_corriger: Sequence[ProblemeLu] = (),
        etat: Etat | None = None,
        changements: Sequence[Changement] = (),
    ) -> LigneRapprochee:
        alertes = list(self.alertes.de(une.connue, etat)) if etat is not None else []
        return LigneRapprochee(
            ligne=une.ligne,
            verdict=verdict,
            problemes=tuple(a_corriger),
            avertissements=(*(phrase for _, phrase in alertes), *une.constat.avertissements),
            alertes=tuple(alerte for alerte, _ in alertes),
            lus=une.constat.lus,
            changements=tuple(changements),
            connue=une.connue,
            etat=etat,
            empreinte=une.empreinte,
        )

    def _etat(self, une: EnCours, avant: Etat, commune: str | None, etablissement: tuple[int | None, str]) -> Etat:
        """The mesure as the line would leave it: an empty cell, or a column that is absent, erases nothing."""
        ligne = une.ligne
        lieu_vie = ligne.lieu_vie or avant.lieu_vie
        # Who has left an establishment has none: only a line that names one may say both.
        if lieu_vie not in EN_ETABLISSEMENT and not (ligne.finess or ligne.etablissement_nom):
            etablissement = (None, "")
        finie = est_finie(ligne)
        meme_tribunal = une.tribunal is None or une.tribunal == self.references.actuel(avant.tribunal_id)
        return replace(
            avant,
            statut=str(Statut.ETEINTE if finie else Statut.EN_COURS),
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
            numero_rg=numero_rg(ligne, avant),
            cabinet=_texte(ligne.cabinet, avant.cabinet),
            numero_dossier=_texte(ligne.numero_dossier, avant.numero_dossier),
            date_extinction=(ligne.date_extinction or avant.date_extinction) if finie else None,
            motif_extinction=(ligne.motif_extinction or avant.motif_extinction) if finie else "",
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

    def _problemes_de_la_fin(self, une: EnCours, etat: Etat) -> Iterator[ProblemeLu]:
        ligne, connue = une.ligne, une.connue
        if ligne.statut == Statut.EN_COURS:
            for colonne, valeur in (("date_fin", ligne.date_extinction), ("motif_fin", ligne.motif_extinction)):
                if valeur:
                    yield ProblemeLu(
                        colonne,
                        "contradiction",
                        "Une mesure en cours n'a ni date ni motif de fin : videz la cellule.",
                    )
        plus_ancienne = fin_la_plus_ancienne(self.contexte.aujourd_hui)
        if connue is None and etat.date_extinction is not None and etat.date_extinction < plus_ancienne:
            yield ProblemeLu(
                "date_fin",
                "perimee",
                f"Ce mandat a fini il y a plus de {GARDE_DES_MESURES} ans : le site ne garde plus ces mesures.",
            )
        if etat.statut == Statut.ETEINTE and connue is not None and connue.pk in self.portefeuille.renouvelees:
            # To end it would change the reservation, which a file never does.
            yield ProblemeLu(
                "statut",
                "renouvellement",
                "Un tribunal a demandé le renouvellement de cette mesure : répondez-lui avant d'y mettre fin.",
            )

    def _problemes_des_regles(self, une: EnCours, etat: Etat) -> Iterator[ProblemeLu]:
        contexte = self.contexte
        rg = normaliser_rg(etat.numero_rg)
        tribunal = etat.tribunal_id
        # A closed court is read under its successor: its numbers are taken there too.
        if (
            rg is not None
            and tribunal is not None
            and self.portefeuille.autres_du_rg((self.references.actuel(tribunal), rg), une.connue)
        ):
            contexte = replace(contexte, rg_pris=[(tribunal, rg)])
        for probleme in problemes(etat, contexte):
            message = self.references.phrase(probleme, etat)
            if probleme.code == "rg_pris" and une.suit is not None:
                message = (
                    f"La ligne {une.suit} met fin à la mesure qui a ce numéro RG : envoyez celle-ci à nouveau "
                    "une fois ce fichier enregistré."
                )
            yield ProblemeLu(COLONNE_DU_CHAMP.get(probleme.champ, ""), probleme.code, message)

    def _changements(self, avant: Etat, apres: Etat) -> list[Changement]:
        changements = changements_entre(avant, apres, self.references.noms, CHAMPS_COMPARES)
        if avant.statut != apres.statut:
            libelles = Statut(avant.statut).label, Statut(apres.statut).label
            changements.insert(0, Changement("statut", "statut", *libelles))
        return changements


def _texte(lu: str, stocke: str) -> str:
    return stocke if not lu or est_dit_par(lu, stocke) else lu
