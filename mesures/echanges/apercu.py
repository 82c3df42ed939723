"""The lines of an import as a page shows them: what was understood of each, and what becomes of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from django.db.models import QuerySet
from django.utils.formats import number_format

from mesures.comparaison import cle
from mesures.echanges.colonnes import PAR_NOM
from mesures.echanges.rejets import MOTIF
from mesures.echanges.stockage import lu, valeurs_de_json
from mesures.echanges.valeurs import Valeurs
from mesures.enums import Champ, LieuVie, MotifExtinction, Nature, Statut
from mesures.models import Import, ImportLigne
from mesures.models.importation import A_ECRIRE, REJETS

Alerte = ImportLigne.Alerte
Verdict = ImportLigne.Verdict


class Volet(StrEnum):
    """Which lines a page lists."""

    TOUTES = "toutes"
    NOUVELLES = "nouvelles"
    MODIFIEES = "modifiees"
    INCHANGEES = "inchangees"
    REJETEES = "rejetees"
    PERSONNES = "personnes"
    FINS = "fins"
    DOUBLES = "doubles"
    TRIBUNAUX = "tribunaux"
    ABSENTES = "absentes"  # no lines: the mesures of which the file says nothing


VERDICTS: Mapping[Volet, tuple[ImportLigne.Verdict, ...]] = {
    Volet.TOUTES: tuple(Verdict),
    Volet.NOUVELLES: (Verdict.NOUVELLE,),
    Volet.MODIFIEES: (Verdict.MODIFIEE,),
    Volet.INCHANGEES: (Verdict.INCHANGEE,),
    Volet.REJETEES: REJETS,
}
# Lines to write that are worth a look, whatever their verdict.
ALERTES: Mapping[Volet, ImportLigne.Alerte] = {
    Volet.PERSONNES: Alerte.PERSONNE,
    Volet.FINS: Alerte.FIN,
    Volet.DOUBLES: Alerte.RESSEMBLE,
    Volet.TRIBUNAUX: Alerte.TRIBUNAL,
}
LIBELLES = {
    Volet.TOUTES: "Toutes les lignes",
    Volet.NOUVELLES: "Nouvelles",
    Volet.MODIFIEES: "Modifiées",
    Volet.INCHANGEES: "Inchangées",
    Volet.REJETEES: "Rejetées",
    Volet.PERSONNES: "Changent de personne",
    Volet.FINS: "Fins de mandat",
    Volet.DOUBLES: "Ressemblent à une autre",
    Volet.TRIBUNAUX: "Autre tribunal",
    Volet.ABSENTES: "Absentes du fichier",
}


@dataclass(frozen=True)
class LienDeVolet:
    libelle: str
    valeur: str
    nombre: int
    est_ouvert: bool


def volets(
    import_: Import, ouvert: Volet, *, alertes: Mapping[ImportLigne.Alerte, int], absentes: int
) -> list[LienDeVolet]:
    """Those that hold something, the open one and « toutes » always; no query."""
    nombres = {
        **{volet: getattr(import_, volet) for volet in VERDICTS if volet != Volet.TOUTES},
        **{volet: alertes.get(alerte, 0) for volet, alerte in ALERTES.items()},
        Volet.TOUTES: import_.lues or 0,
        Volet.ABSENTES: absentes,
    }
    return [
        LienDeVolet(libelle, volet, nombres[volet], est_ouvert=volet == ouvert)
        for volet, libelle in LIBELLES.items()
        if nombres[volet] or volet in (Volet.TOUTES, ouvert)
    ]


def lire_volet(texte: str, *, defaut: Volet, avec_absentes: bool) -> Volet:
    """The one that an address names, else `defaut`."""
    try:
        volet = Volet(texte)
    except ValueError:
        return defaut
    return defaut if volet == Volet.ABSENTES and not avec_absentes else volet


def lignes_du_volet(import_: Import, volet: Volet) -> QuerySet[ImportLigne]:
    lignes = ImportLigne.objects.filter(importation=import_).order_by("numero")
    if volet in ALERTES:
        return lignes.filter(verdict__in=A_ECRIRE, alertes__contains=[ALERTES[volet]])
    return lignes.filter(verdict__in=VERDICTS[volet])


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

    @property
    def numero(self) -> int:
        return self.ligne.numero

    @property
    def a_dire(self) -> bool:
        """Whether there is more to read of it than its values."""
        return bool(self.ligne.problemes or self.ligne.changements or self.alertes or self.avertissements)

    @property
    def alertes(self) -> list[str]:
        """What to look at before the line is written: their sentences come first."""
        return list(self.ligne.avertissements[: len(self.ligne.alertes)])

    @property
    def avertissements(self) -> list[str]:
        """The other sentences of the reading, and what an eye would see."""
        dossier = self.valeurs.numero_dossier
        autres: list[str] = self.ligne.avertissements[len(self.ligne.alertes) :]
        if not _semble_un_nom(dossier):
            return autres
        phrase = f"« {dossier} » a l'air d'un nom : n'écrivez pas celui de la personne dans le numéro de dossier."
        return [*autres, phrase]

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
    def tribunal(self) -> str:
        """The present court, short; what is not known, as it is written."""
        return lu(self.ligne, "tribunal") or self.valeurs.tribunal_nom or self.valeurs.tribunal_siret

    @property
    def lieu(self) -> str:
        """« 62000 Arras », whatever its spelling in the file."""
        return f"{self.valeurs.code_postal} {lu(self.ligne, 'commune') or self.valeurs.ville}".strip()

    @property
    def residence(self) -> str:
        valeurs = self.valeurs
        if valeurs.etablissement_nom or valeurs.finess:
            return lu(self.ligne, "etablissement") or valeurs.etablissement_nom or f"FINESS {valeurs.finess}"
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


def montrer(lignes: Iterable[ImportLigne]) -> list[LigneMontree]:
    return [LigneMontree(ligne, Valeurs(**valeurs_de_json(ligne.valeurs))) for ligne in lignes]


# The words of the headers under which people keep who the person is; « Nom du logiciel » has others.
QUI = {
    "nom",
    "noms",
    "prenom",
    "prenoms",
    "patronyme",
    "identite",
    "majeur",
    "personne",
    "protege",
    "ne",
    "nee",
    "naissance",
}
AUTOUR = {"d", "de", "des", "du", "et", "l", "la", "le", "date", "usage", "famille", "jeune", "fille", "complet"}


def _est_nominative(entete: str) -> bool:
    mots = set(cle(entete).split())
    return bool(mots & QUI) and mots <= QUI | AUTOUR


def _semble_un_nom(dossier: str) -> bool:
    """Two words or more, and no figure."""
    mots = [mot for mot in dossier.replace(",", " ").split() if len(mot) > 1]
    return len(mots) > 1 and not any(c.isdigit() for c in dossier)


def bilan(import_: Import) -> str:
    """« 279 supprimées, 1 rétablie, 2 laissées telles quelles »: what the undoing of an import did."""
    annulation = import_.annulation
    if annulation is None:
        return ""
    morceaux = (
        (annulation.supprimees, "supprimée", "supprimées"),
        (annulation.retablies, "rétablie", "rétablies"),
        (annulation.laissees, "laissée telle quelle", "laissées telles quelles"),
    )
    return ", ".join(
        f"{number_format(nombre, force_grouping=True)} {un if nombre == 1 else plusieurs}"
        for nombre, un, plusieurs in morceaux
        if nombre
    )


@dataclass(frozen=True)
class Remarques:
    """What is to know of the file besides its lines; headers as its author wrote them, columns by their labels."""

    feuille: str
    autres_feuilles: list[str]
    ignorees: list[str]
    manquantes: list[str]
    nominatives: list[str]  # ignored too: what the person is called

    def __bool__(self) -> bool:
        return bool(self.autres_feuilles or self.ignorees or self.nominatives or self.manquantes)


def remarques(import_: Import) -> Remarques:
    lues = import_.remarques
    # Ours: it comes back in a file of rejected lines, once they are corrected.
    ignorees = [entete for entete in lues.get("ignorees", []) if entete != MOTIF]
    return Remarques(
        feuille=lues.get("feuille", ""),
        autres_feuilles=lues.get("autres_feuilles", []),
        ignorees=[entete for entete in ignorees if not _est_nominative(entete)],
        manquantes=[PAR_NOM[nom].libelle for nom in lues.get("manquantes", [])],
        nominatives=[entete for entete in ignorees if _est_nominative(entete)],
    )
