"""Closed lists of values of a mesure: the words of the Code civil."""

from django.db import models


class Nature(models.TextChoices):
    TUTELLE = "tutelle", "Tutelle"
    CURATELLE_SIMPLE = "curatelle_simple", "Curatelle simple"
    CURATELLE_RENFORCEE = "curatelle_renforcee", "Curatelle renforcée"
    CURATELLE_AMENAGEE = "curatelle_amenagee", "Curatelle aménagée"
    SAUVEGARDE = "sauvegarde", "Sauvegarde de justice"
    SAUVEGARDE_MANDAT_SPECIAL = "sauvegarde_mandat_special", "Sauvegarde de justice avec mandat spécial"
    MAJ = "maj", "Mesure d'accompagnement judiciaire (MAJ)"
    SUBROGE_TUTEUR = "subroge_tuteur", "Subrogé tuteur"
    SUBROGE_CURATEUR = "subroge_curateur", "Subrogé curateur"
    AD_HOC = "ad_hoc", "Mesure ad hoc"
    MANDAT_PROTECTION_FUTURE = "mandat_protection_future", "Mandat de protection future"


class Champ(models.TextChoices):
    BIENS = "biens", "aux biens"
    PERSONNE = "personne", "à la personne"
    BIENS_ET_PERSONNE = "biens_et_personne", "aux biens et à la personne"


class LieuVie(models.TextChoices):
    DOMICILE = "domicile", "À domicile"
    ETABLISSEMENT = "etablissement", "En établissement"
    ETABLISSEMENT_CONSERVATION = (
        "etablissement_conservation",
        "En établissement avec conservation du domicile",
    )
    SDF = "sdf", "Sans domicile fixe"


EN_ETABLISSEMENT = (LieuVie.ETABLISSEMENT, LieuVie.ETABLISSEMENT_CONSERVATION)


class Statut(models.TextChoices):
    EN_ATTENTE = "en_attente", "en attente"
    EN_COURS = "en_cours", "en cours"
    ETEINTE = "eteinte", "éteinte"
    REFUSEE = "refusee", "refusée"
    ANNULEE = "annulee", "annulée"
    EXPIREE = "expiree", "expirée"


# A court has decided: the mesure has a decision date and a place of life.
PRONONCEES = (Statut.EN_COURS, Statut.ETEINTE)


class MotifExtinction(models.TextChoices):
    MAINLEVEE = "mainlevee", "Mainlevée"
    DECES = "deces", "Décès"
    CADUCITE = "caducite", "Caducité"
    DESSAISISSEMENT_FAMILLE = "dessaisissement_famille", "Dessaisissement en faveur de la famille"
    DESSAISISSEMENT_MJPM = "dessaisissement_mjpm", "Dessaisissement en faveur d'un autre mandataire"
    RENOUVELLEMENT = "renouvellement", "Renouvellement"
