"""The columns of the public format, defined once.

The parser, the empty template, the page that documents them and the export are generated from COLONNES.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime

from mesures.comparaison import cle
from mesures.echanges import libelles
from mesures.echanges.definition import Colonne, Forme
from mesures.echanges.valeurs import (
    Cellule,
    Valeurs,
    hors_liste,
    lire_annee,
    lire_choix,
    lire_code_postal,
    lire_date,
    lire_finess,
    lire_identifiant,
    lire_rg,
    lire_siret,
    lire_texte,
    lire_tribunal,
)

# What a template offers, and what the sentence of a value that is not in the list proposes.
GENRES = tuple(libelles.GENRES.values())
LIEUX_VIE = tuple(libelles.LIEUX_VIE.values())
CHAMPS = tuple(libelles.CHAMPS.values())
MOTIFS = tuple(libelles.MOTIFS.values())
SAUF_SANS_DOMICILE = "oui, sauf sans domicile fixe"
STATUTS_D_UN_FICHIER = (libelles.STATUTS["en_cours"], libelles.STATUTS["eteinte"])


def _texte(longueur: int) -> Callable[[Cellule, datetime], tuple[str]]:
    return lambda cellule, _: (lire_texte(cellule, longueur),)


def _choix(lexique: Mapping[str, str], acceptees: tuple[str, ...]) -> Callable[[Cellule, datetime], tuple[str]]:
    return lambda cellule, _: (lire_choix(cellule, lexique, acceptees),)


def _lieu_vie(cellule: Cellule, _: datetime) -> tuple[str]:
    lu = libelles.lire_lieu_vie(lire_texte(cellule, 1000))
    if lu is None:
        raise hors_liste(cellule, LIEUX_VIE)
    return (lu,)


def _date(cellule: Cellule, epoque: datetime) -> tuple[date]:
    return (lire_date(cellule, epoque),)


def _type(cellule: Cellule, _: datetime) -> tuple[str, ...]:
    """The champ only where the label says one: else the column `champ` alone speaks of it."""
    lu = libelles.lire_type(lire_texte(cellule, 1000))
    if lu is None:
        raise hors_liste(cellule, tuple(libelles.NATURES.values()))
    return lu


COLONNES: tuple[Colonne, ...] = (
    Colonne(
        nom="date_nomination",
        libelle="Date de nomination",
        description="La date de la décision qui vous confie la mesure, sous la forme jj/mm/aaaa.",
        exemples=("15/03/2021",),
        champs=("date_decision",),
        lecteur=_date,
        ecrire=lambda v: v.date_decision,
        forme=Forme.DATE,
        obligatoire=True,
        aliases=(
            "date_ouverture",
            "date_decision",
            "date de décision",
            "date de la décision",
            "date du jugement",
            "date de jugement",
            "date d'ouverture",
            "date du mandat",
        ),
    ),
    Colonne(
        nom="type",
        libelle="Type de mesure",
        description="La nature de la mesure, avec son champ pour une tutelle ou une curatelle : « aux biens », "
        "« à la personne », « aux biens et à la personne ». « Curatelle » seule est une curatelle simple.",
        exemples=("tutelle", "curatelle renforcée aux biens et à la personne"),
        champs=("nature", "champ"),
        lecteur=_type,
        ecrire=lambda v: libelles.ecrire_type(v.nature, v.champ) if v.nature else None,
        forme=Forme.LISTE,
        obligatoire=True,
        aliases=("nature", "type_mesure", "nature_mesure", "nature de la mesure", "nature de mesure"),
        valeurs=libelles.TYPES,
    ),
    Colonne(
        nom="civilite",
        libelle="Civilité",
        description="F pour une femme, H pour un homme.",
        exemples=("F", "H"),
        champs=("genre",),
        lecteur=_choix(libelles.LIRE_GENRE, GENRES),
        ecrire=lambda v: v.genre or None,
        forme=Forme.LISTE,
        obligatoire=True,
        aliases=("genre", "sexe"),
        valeurs=GENRES,
    ),
    Colonne(
        nom="annee",
        libelle="Année de naissance",
        description="L'année de naissance de la personne, en quatre chiffres. N'écrivez jamais la date complète.",
        exemples=("1962",),
        champs=("annee_naissance",),
        lecteur=lambda cellule, _: (lire_annee(cellule),),
        ecrire=lambda v: v.annee_naissance,
        forme=Forme.NOMBRE,
        obligatoire=True,
    ),
    Colonne(
        nom="residence",
        libelle="Résidence",
        description="Le lieu de vie de la personne. Sont lus aussi les mots courants : EHPAD, foyer, maison de "
        "retraite, MAS, FAM, résidence autonomie et hôpital pour « en établissement » ; « domicile personnel », "
        "« chez sa fille » pour « domicile ».",
        exemples=("domicile", "en établissement"),
        champs=("lieu_vie",),
        lecteur=_lieu_vie,
        ecrire=lambda v: libelles.LIEUX_VIE[v.lieu_vie] if v.lieu_vie else None,
        forme=Forme.LISTE,
        obligatoire=True,
        aliases=("lieu_vie", "lieu de vie", "hébergement"),
        valeurs=LIEUX_VIE,
    ),
    Colonne(
        nom="ville",
        libelle="Ville",
        description="La commune où vit la personne.",
        exemples=("Calais",),
        champs=("ville",),
        lecteur=_texte(100),
        ecrire=lambda v: v.ville or None,
        obligatoire=True,
        condition=SAUF_SANS_DOMICILE,
        aliases=("commune", "commune de résidence", "ville de résidence"),
    ),
    Colonne(
        nom="code_postal",
        libelle="Code postal",
        description="Le code postal du lieu de vie, en cinq chiffres. Un zéro perdu au début est rétabli.",
        exemples=("62100", "01000"),
        champs=("code_postal",),
        lecteur=lambda cellule, _: (lire_code_postal(cellule),),
        ecrire=lambda v: v.code_postal or None,
        condition=SAUF_SANS_DOMICILE,
        aliases=("cp",),
    ),
    Colonne(
        nom="numero_rg",
        libelle="Numéro RG",
        description="Le numéro de l'affaire au répertoire général (RG) du tribunal. Il permet de reconnaître "
        "la mesure d'un fichier à l'autre.",
        exemples=("21A00123",),
        champs=("numero_rg",),
        lecteur=lambda cellule, _: (lire_rg(cellule, 30),),
        ecrire=lambda v: v.numero_rg or None,
        obligatoire=True,
        condition="oui, s'il est connu",
        aliases=("rg", "n° RG", "no RG", "numéro de RG", "n° de RG"),
    ),
    Colonne(
        nom="tribunal",
        libelle="Tribunal",
        description="Le nom du tribunal qui a prononcé la mesure, en entier ou en abrégé. Il n'est pas lu sur une "
        "ligne qui porte le SIRET.",
        exemples=("Tribunal judiciaire d'Arras", "TJ Arras", "TPROX Calais"),
        champs=("tribunal_nom", "tribunal_siret"),
        lecteur=lambda cellule, _: lire_tribunal(cellule),
        ecrire=lambda v: v.tribunal_nom or None,
        condition="oui, ou son SIRET",
        aliases=("nom du tribunal", "juridiction"),
    ),
    Colonne(
        nom="tribunal_siret",
        libelle="SIRET du tribunal",
        description="Le numéro SIRET du tribunal, en quatorze chiffres, pour un logiciel qui le connaît.",
        exemples=("17590111500535",),
        champs=("tribunal_siret",),
        lecteur=lambda cellule, _: (lire_siret(cellule),),
        ecrire=lambda v: v.tribunal_siret or None,
        condition="non, si le tribunal est nommé",
        aliases=("siret_tribunal",),
    ),
    Colonne(
        nom="tribunal_cabinet",
        libelle="Cabinet",
        description="Le cabinet du juge dans ce tribunal.",
        exemples=("2",),
        champs=("cabinet",),
        lecteur=_texte(50),
        ecrire=lambda v: v.cabinet or None,
    ),
    Colonne(
        nom="numero_dossier",
        libelle="Numéro de dossier",
        description="Votre propre référence. N'y écrivez pas le nom de la personne.",
        exemples=("D-2021-045",),
        champs=("numero_dossier",),
        lecteur=_texte(50),
        ecrire=lambda v: v.numero_dossier or None,
        aliases=("dossier", "n° dossier", "n° de dossier", "no dossier", "référence du dossier"),
    ),
    Colonne(
        nom="champ",
        libelle="Champ",
        description="Le champ de la mesure, s'il n'est pas écrit dans la colonne « type ».",
        exemples=("aux biens et à la personne",),
        champs=("champ",),
        lecteur=_choix(libelles.LIRE_CHAMP, CHAMPS),
        ecrire=lambda v: libelles.CHAMPS[v.champ] if v.champ else None,
        forme=Forme.LISTE,
        aliases=("champ_mesure",),
        valeurs=CHAMPS,
    ),
    Colonne(
        nom="etablissement",
        libelle="Établissement",
        description="Le nom de l'établissement où vit la personne.",
        exemples=("EHPAD Les Dunes de l'Exemple",),
        champs=("etablissement_nom",),
        lecteur=_texte(200),
        ecrire=lambda v: v.etablissement_nom or None,
        aliases=("nom_etablissement", "nom de l'établissement"),
    ),
    Colonne(
        nom="finess",
        libelle="Numéro FINESS",
        description="Le numéro, en neuf caractères, de l'établissement où vit la personne au répertoire national "
        "des établissements (FINESS).",
        exemples=("620100057",),
        champs=("finess",),
        lecteur=lambda cellule, _: (lire_finess(cellule),),
        ecrire=lambda v: v.finess or None,
        aliases=("n° FINESS",),
    ),
    Colonne(
        nom="date_fin",
        libelle="Date de fin",
        description="La date de fin de votre mandat, sous la forme jj/mm/aaaa, si la mesure est éteinte.",
        exemples=("30/06/2024",),
        champs=("date_extinction",),
        lecteur=_date,
        ecrire=lambda v: v.date_extinction,
        forme=Forme.DATE,
        aliases=("date_fin_mesure", "date de fin de mesure", "date de fin de mandat", "date d'extinction"),
    ),
    Colonne(
        nom="motif_fin",
        libelle="Motif de fin",
        description="La raison de la fin de votre mandat, si la mesure est éteinte.",
        exemples=("mainlevée",),
        champs=("motif_extinction",),
        lecteur=_choix(libelles.LIRE_MOTIF, MOTIFS),
        ecrire=lambda v: libelles.MOTIFS[v.motif_extinction] if v.motif_extinction else None,
        forme=Forme.LISTE,
        aliases=("cause_sortie", "motif_extinction", "motif d'extinction"),
        valeurs=MOTIFS,
    ),
    Colonne(
        nom="statut",
        libelle="Statut",
        description="« En cours » ou « éteinte ». Une mesure en attente se confirme sur le site, "
        "jamais par un fichier.",
        exemples=("en cours", "éteinte"),
        champs=("statut",),
        lecteur=_choix(libelles.LIRE_STATUT, STATUTS_D_UN_FICHIER),
        ecrire=lambda v: libelles.STATUTS[v.statut] if v.statut else None,
        forme=Forme.LISTE,
        aliases=("status",),
        valeurs=STATUTS_D_UN_FICHIER,
    ),
    Colonne(
        nom="antenne",
        libelle="Antenne",
        description="L'antenne du service. Cette colonne est acceptée ; elle n'est pas conservée.",
        exemples=("Arras",),
        champs=("antenne",),
        lecteur=_texte(200),
        ecrire=lambda v: v.antenne or None,
        est_conservee=False,
    ),
    Colonne(
        nom="identifiant",
        libelle="Identifiant",
        description="Le numéro de la mesure sur ce site, tel que l'export l'écrit. Laissez-le vide pour une "
        "nouvelle mesure.",
        exemples=("1045",),
        champs=("identifiant",),
        lecteur=lambda cellule, _: (lire_identifiant(cellule),),
        ecrire=lambda v: v.identifiant,
        forme=Forme.NOMBRE,
    ),
)

PAR_NOM: Mapping[str, Colonne] = {colonne.nom: colonne for colonne in COLONNES}
OBLIGATOIRES = tuple(colonne.nom for colonne in COLONNES if colonne.obligatoire)

# Where to show what `mesures.regles` finds: the column of each field of a mesure.
COLONNE_DU_CHAMP: Mapping[str, str] = {
    **{champ: colonne.nom for colonne in reversed(COLONNES) for champ in colonne.champs},
    "champ": "champ",
    "commune": "ville",
    "tribunal": "tribunal",
    "tribunal_siret": "tribunal_siret",
    "etablissement": "etablissement",
}


def cle_entete(texte: str) -> str:
    """A header as it is compared: « Date de nomination (jj/mm/aaaa) * » is « datedenomination »."""
    return cle(re.sub(r"\(.*?\)", " ", texte)).replace(" ", "")


_ENTETES = {
    cle_entete(nom): colonne.nom
    for colonne in COLONNES
    for nom in (colonne.nom, colonne.libelle, *colonne.aliases, colonne.champs[0])
}


def colonne_de(entete: Cellule) -> Colonne | None:
    """The column whose name, label or old name is in this cell of the header."""
    nom = _ENTETES.get(cle_entete(entete[:200])) if isinstance(entete, str) else None
    return PAR_NOM[nom] if nom else None


def ecrire(valeurs: Valeurs) -> list[Cellule]:
    """The cells of an exported line, in the order of COLONNES: texts as they are, dates as dates."""
    return [colonne.ecrire(valeurs) for colonne in COLONNES]
