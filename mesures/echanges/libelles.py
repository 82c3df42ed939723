"""The words of the public format for closed lists, and how each is recognised whatever its spelling."""

from __future__ import annotations

import re
from collections.abc import Mapping

from django.db.models import TextChoices

from mesures.comparaison import cle
from mesures.enums import Champ, LieuVie, MotifExtinction, Nature, Statut

# Natures whose label carries the champ in the public format; the others leave it to the column `champ`.
NATURES_A_CHAMP = (
    Nature.TUTELLE,
    Nature.CURATELLE_SIMPLE,
    Nature.CURATELLE_RENFORCEE,
    Nature.CURATELLE_AMENAGEE,
)

# What an export writes.
NATURES = {str(nature): "maj" if nature == Nature.MAJ else nature.label.lower() for nature in Nature}
LIEUX_VIE = {
    str(LieuVie.DOMICILE): "domicile",
    str(LieuVie.ETABLISSEMENT): "en établissement",
    str(LieuVie.ETABLISSEMENT_CONSERVATION): "en établissement avec conservation du domicile",
    str(LieuVie.SDF): "sdf",
}
CHAMPS = {str(champ): champ.label for champ in Champ}
STATUTS = {str(statut): statut.label for statut in Statut}
MOTIFS = {str(motif): motif.label for motif in MotifExtinction}
GENRES = {"F": "F", "H": "H"}


def _lexique(
    publics: Mapping[str, str], choix: type[TextChoices] | None, autres: Mapping[str, str]
) -> dict[str, str]:
    """Every spelling that is read, as `cle` gives it: the public labels, our own, their codes, and others."""
    mots = {cle(libelle): valeur for valeur, libelle in publics.items()}
    for membre in choix or ():
        mots |= {cle(membre.label): str(membre), cle(str(membre)): str(membre)}
    return mots | {cle(mot): str(valeur) for mot, valeur in autres.items()}


LIRE_NATURE = _lexique(
    NATURES,
    Nature,
    {
        "curatelle": Nature.CURATELLE_SIMPLE,
        "sauvegarde justice": Nature.SAUVEGARDE,
        "sauvegarde avec mandat spécial": Nature.SAUVEGARDE_MANDAT_SPECIAL,
        "mesure d'accompagnement judiciaire": Nature.MAJ,
        "mesure accompagnement judiciaire": Nature.MAJ,
    },
)
LIRE_CHAMP = _lexique(
    CHAMPS,
    Champ,
    {
        "à la personne et aux biens": Champ.BIENS_ET_PERSONNE,
        "personne et biens": Champ.BIENS_ET_PERSONNE,
    },
)
LIRE_LIEU_VIE = _lexique(
    LIEUX_VIE,
    LieuVie,
    {
        "établissement": LieuVie.ETABLISSEMENT,
        "établissement avec conservation du domicile": LieuVie.ETABLISSEMENT_CONSERVATION,
        "établissement conservation domicile": LieuVie.ETABLISSEMENT_CONSERVATION,
        "sans domicile": LieuVie.SDF,
        "s.d.f.": LieuVie.SDF,
    },
)
# Ordinary words for a place, whatever follows them: « EHPAD Les Dunes », « chez sa fille ». MAS and FAM are whole
# cells only: they also begin the names of houses.
_EN_ETABLISSEMENT = re.compile(
    r"(?:(?:en|dans un|au|a l) )?(?:"
    r"(?:ehpad|ehpa|usld|foyer|maison de retraite|residence autonomie|hopital|hospitalisee?|centre hospitalier"
    r"|institution|maison d accueil specialisee|foyer d accueil medicalise)(?: .*)?"
    r"|mas|fam)"
)
_A_DOMICILE = re.compile(
    r"(?:a |au )?(?:son |leur |sa propre )?domicile(?: personnel| propre| familial| de .*| d .*| des .*)?"
    r"|chez (?:lui|elle|soi|sa|son|ses|un|une|des|le|la|les|l) ?.*"
)


def lire_lieu_vie(texte: str) -> str | None:
    """The lieu de vie that a cell says, in our words or in ordinary ones."""
    mot = cle(texte)
    if (lu := LIRE_LIEU_VIE.get(mot)) is not None:
        return lu
    if "conservation" in mot:
        return None
    if _EN_ETABLISSEMENT.fullmatch(mot):
        return str(LieuVie.ETABLISSEMENT)
    return str(LieuVie.DOMICILE) if _A_DOMICILE.fullmatch(mot) else None


LIRE_STATUT = _lexique(STATUTS, Statut, {"éteint": Statut.ETEINTE})
LIRE_MOTIF = _lexique(
    MOTIFS,
    MotifExtinction,
    {
        "dessaisissement en faveur d'un autre MJPM": MotifExtinction.DESSAISISSEMENT_MJPM,
        "dessaisissement autre MJPM": MotifExtinction.DESSAISISSEMENT_MJPM,
    },
)
LIRE_GENRE = _lexique(
    GENRES,
    None,
    {
        "femme": "F",
        "féminin": "F",
        "madame": "F",
        "Mme": "F",
        "Mlle": "F",
        "homme": "H",
        "masculin": "H",
        "monsieur": "H",
        "M.": "H",
        "Mr": "H",
    },
)

# Longest first: « aux biens et à la personne » also ends like « à la personne ».
_FINS = sorted(LIRE_CHAMP, key=len, reverse=True)


def lire_type(texte: str) -> tuple[str, str] | None:
    """(nature, champ) of « curatelle renforcée aux biens »; the champ is "" when it is not said."""
    mot = cle(texte)
    if mot in LIRE_NATURE:
        return LIRE_NATURE[mot], ""
    for fin in _FINS:
        nature = LIRE_NATURE.get(mot.removesuffix(f" {fin}"))
        if nature is not None:
            return nature, LIRE_CHAMP[fin]
    return None


def ecrire_type(nature: str, champ: str) -> str:
    """The public label: with the champ where the public format knows it, else without."""
    libelle = NATURES[nature]
    return f"{libelle} {CHAMPS[champ]}" if champ and nature in NATURES_A_CHAMP else libelle


TYPES = tuple(
    ecrire_type(nature, champ)
    for nature in NATURES
    for champ in (("", *CHAMPS) if nature in NATURES_A_CHAMP else ("",))
)
