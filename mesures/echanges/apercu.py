"""The lines of an import as a page shows them: what was understood of each, and what becomes of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from mesures.echanges.colonnes import PAR_NOM
from mesures.echanges.references import Correspondances
from mesures.echanges.rejets import MOTIF
from mesures.echanges.stockage import valeurs_de_json
from mesures.echanges.valeurs import Valeurs
from mesures.enums import Champ, LieuVie, MotifExtinction, Nature, Statut
from mesures.models import Import, ImportLigne
from mesures.models.importation import REJETS
from tribunaux.models import Tribunal

Verdict = ImportLigne.Verdict


class Volet(StrEnum):
    """Which lines a page lists."""

    TOUTES = ""
    NOUVELLES = "nouvelles"
    MODIFIEES = "modifiees"
    INCHANGEES = "inchangees"
    REJETEES = "rejetees"
    ABSENTES = "absentes"  # no lines: the mesures of which the file says nothing


VERDICTS: Mapping[Volet, tuple[ImportLigne.Verdict, ...]] = {
    Volet.TOUTES: tuple(Verdict),
    Volet.NOUVELLES: (Verdict.NOUVELLE,),
    Volet.MODIFIEES: (Verdict.MODIFIEE,),
    Volet.INCHANGEES: (Verdict.INCHANGEE,),
    Volet.REJETEES: REJETS,
}
LIBELLES = {
    Volet.TOUTES: "Toutes les lignes",
    Volet.NOUVELLES: "Nouvelles",
    Volet.MODIFIEES: "Modifiées",
    Volet.INCHANGEES: "Inchangées",
    Volet.REJETEES: "Rejetées",
    Volet.ABSENTES: "Absentes du fichier",
}


@dataclass(frozen=True)
class LienDeVolet:
    libelle: str
    valeur: str
    nombre: int
    est_ouvert: bool


def volets(import_: Import, ouvert: Volet, *, avec_absentes: bool) -> list[LienDeVolet]:
    """Those that hold something, the open one and « toutes » always; no query."""
    nombres = {
        Volet.TOUTES: import_.lues or 0,
        Volet.ABSENTES: import_.absentes if avec_absentes else 0,
        **{volet: getattr(import_, volet) for volet in VERDICTS if volet},
    }
    return [
        LienDeVolet(libelle, volet, nombres[volet], est_ouvert=volet == ouvert)
        for volet, libelle in LIBELLES.items()
        if nombres[volet] or volet in (Volet.TOUTES, ouvert)
    ]


def lire_volet(texte: str, *, avec_absentes: bool) -> Volet:
    """The one that an address names, else all the lines."""
    try:
        volet = Volet(texte)
    except ValueError:
        return Volet.TOUTES
    return Volet.TOUTES if volet == Volet.ABSENTES and not avec_absentes else volet


@dataclass(frozen=True)
class Correction:
    """What is to be corrected in a line, and in which column of it if it is in one."""

    colonne: str
    message: str


@dataclass(frozen=True)
class LigneMontree:
    """A line of the file. What it does not say is an empty text."""

    ligne: ImportLigne
    valeurs: Valeurs
    tribunal: str

    @property
    def numero(self) -> int:
        return self.ligne.numero

    @property
    def a_dire(self) -> bool:
        """Whether there is more to read of it than its values."""
        return bool(self.ligne.problemes or self.ligne.changements or self.ligne.avertissements)

    @property
    def reference(self) -> str:
        valeurs = self.valeurs
        identifiant = f"identifiant {valeurs.identifiant}" if valeurs.identifiant else ""
        return valeurs.numero_rg or valeurs.numero_dossier or identifiant

    @property
    def date_decision(self) -> date | None:
        return self.valeurs.date_decision

    @property
    def nature(self) -> str:
        return str(Nature(self.valeurs.nature).label) if self.valeurs.nature else ""

    @property
    def champ(self) -> str:
        return str(Champ(self.valeurs.champ).label) if self.valeurs.champ else ""

    @property
    def majeur(self) -> str:
        annee = self.valeurs.annee_naissance
        return ", ".join(filter(None, (self.valeurs.genre, str(annee) if annee else "")))

    @property
    def lieu(self) -> str:
        return f"{self.valeurs.code_postal} {self.valeurs.ville}".strip()

    @property
    def residence(self) -> str:
        valeurs = self.valeurs
        if valeurs.etablissement_nom or valeurs.finess:
            return valeurs.etablissement_nom or f"FINESS {valeurs.finess}"
        return LieuVie(valeurs.lieu_vie).label if valeurs.lieu_vie else ""

    @property
    def fin(self) -> str:
        """« éteinte le 30/06/2024, Mainlevée »: what the line says of an end."""
        valeurs = self.valeurs
        morceaux = []
        if valeurs.date_extinction:
            morceaux.append(f"éteinte le {valeurs.date_extinction:%d/%m/%Y}")
        elif valeurs.statut == Statut.ETEINTE:
            morceaux.append("éteinte")
        if valeurs.motif_extinction:
            morceaux.append(MotifExtinction(valeurs.motif_extinction).label)
        return ", ".join(morceaux)

    @property
    def corrections(self) -> list[Correction]:
        return [
            Correction(PAR_NOM[probleme["colonne"]].libelle if probleme["colonne"] else "", probleme["message"])
            for probleme in self.ligne.problemes
        ]


def montrer(import_: Import, lignes: Iterable[ImportLigne]) -> list[LigneMontree]:
    """The lines of a page, each with the name of its court. One query."""
    lues = [(ligne, Valeurs(**valeurs_de_json(ligne.valeurs))) for ligne in lignes]
    choisis = Correspondances.de_json(import_.correspondances).tribunaux
    sirets = {valeurs.tribunal_siret for _, valeurs in lues} - {""}
    tribunaux = Tribunal.objects.filter(siret__in=sirets) | Tribunal.objects.filter(
        pk__in=[choisis[siret] for siret in sirets if siret in choisis]
    )
    connus = list(tribunaux.select_related("actuel__commune"))
    par_siret = {t.siret: t for t in connus}
    par_pk = {t.pk: t for t in connus}
    return [
        LigneMontree(ligne, valeurs, _nom_du_tribunal(valeurs.tribunal_siret, par_siret, par_pk, choisis))
        for ligne, valeurs in lues
    ]


def _nom_du_tribunal(
    siret: str,
    par_siret: Mapping[str | None, Tribunal],
    par_pk: Mapping[int, Tribunal],
    choisis: Mapping[str, int],
) -> str:
    """The present court, short; a number that nobody knows, as it is."""
    tribunal = par_siret.get(siret) or par_pk.get(choisis.get(siret, 0))
    if tribunal is None:
        return siret
    return (tribunal.actuel or tribunal).libelle_court


@dataclass(frozen=True)
class Remarques:
    """What is to know of the file besides its lines; headers as its author wrote them, columns by their labels."""

    feuille: str
    autres_feuilles: list[str]
    ignorees: list[str]
    manquantes: list[str]

    def __bool__(self) -> bool:
        return bool(self.autres_feuilles or self.ignorees or self.manquantes)


def remarques(import_: Import) -> Remarques:
    lues = import_.remarques
    return Remarques(
        feuille=lues.get("feuille", ""),
        autres_feuilles=lues.get("autres_feuilles", []),
        # Ours: it comes back in a file of rejected lines, once they are corrected.
        ignorees=[entete for entete in lues.get("ignorees", []) if entete != MOTIF],
        manquantes=[PAR_NOM[nom].libelle for nom in lues.get("manquantes", [])],
    )
