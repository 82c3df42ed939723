"""Mesures that go out: for their MJPM in the columns of the import, for their court in those that it reads.

One query, rows read from it a few at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from django.db.models import F
from django.db.models.functions import Coalesce

from mesures.echanges import colonnes, definition
from mesures.echanges.valeurs import Cellule, Valeurs
from mesures.models import Mesure, MesureQuerySet
from tribunaux.dates import duree
from tribunaux.tableurs import LARGEUR, Colonne, Forme, Tableau

MORCEAU = 1000  # rows in memory at once

# Where the mesure has what each column says. A court that has closed is written as the one that sits, which the
# import reads as the same, by its SIRET or, for those overseas that have none, by its name.
CHEMINS: Final[dict[str, Any]] = {
    "identifiant": F("pk"),
    "date_decision": F("date_decision"),
    "nature": F("nature"),
    "champ": F("champ"),
    "code_postal": F("code_postal"),
    "ville": F("commune__nom"),
    "genre": F("genre"),
    "annee_naissance": F("annee_naissance"),
    "numero_rg": F("numero_rg"),
    "numero_dossier": F("numero_dossier"),
    "lieu_vie": F("lieu_vie"),
    "tribunal_siret": Coalesce("tribunal__actuel__siret", "tribunal__siret"),
    "tribunal_nom": Coalesce("tribunal__actuel__nom", "tribunal__nom"),
    "cabinet": F("cabinet"),
    "finess": F("etablissement__finess"),
    "etablissement_nom": Coalesce("etablissement__nom", "etablissement_nom"),
    "date_extinction": F("date_extinction"),
    "motif_extinction": F("motif_extinction"),
    "statut": F("statut"),
}

FORMES = {
    definition.Forme.DATE: Forme.DATE,
    definition.Forme.NOMBRE: Forme.NOMBRE,
    definition.Forme.TEXTE: Forme.TEXTE,
    definition.Forme.LISTE: Forme.TEXTE,
}
LARGEURS = {
    "type": 44,
    "ville": 26,
    "residence": 22,
    "tribunal": 36,
    "etablissement": 36,
    "champ": 26,
    "motif_fin": 28,
}

COLONNES: Final = [
    Colonne(colonne.nom, FORMES[colonne.forme], LARGEURS.get(colonne.nom, LARGEUR))
    for colonne in colonnes.COLONNES
]


def tableau_du_mandataire(mesures: MesureQuerySet) -> Tableau:
    """What the import reads back as it was."""
    return Tableau("Mesures", COLONNES, lignes(mesures))


def lignes(mesures: MesureQuerySet, *autres: str) -> Iterator[list[Cellule]]:
    """The cells of COLONNES, then those of the paths `autres`, in the order of `mesures`."""
    trouvees = mesures.values_list(*CHEMINS.values(), *autres)
    for ligne in trouvees.iterator(chunk_size=MORCEAU):
        lues = {nom: valeur for nom, valeur in zip(CHEMINS, ligne, strict=False) if valeur is not None}
        yield [*colonnes.ecrire(Valeurs(**lues)), *ligne[len(CHEMINS) :]]


# --- For a court -------------------------------------------------------------------------------------

COMMUNES_AUX_DEUX = [
    Colonne("Numéro RG"),
    Colonne("Cabinet"),
    Colonne("Décision", Forme.DATE),
    Colonne("Type de mesure", largeur=36),
    Colonne("Champ", largeur=26),
    Colonne("Genre", largeur=8),
    Colonne("Année de naissance", Forme.NOMBRE),
    Colonne("Lieu de vie", largeur=40),
    Colonne("Code postal"),
    Colonne("Commune", largeur=26),
    Colonne("Établissement", largeur=36),
    Colonne("Mandataire", largeur=36),
]
DES_EN_COURS = [Colonne("Échéance", Forme.DATE)]
DES_ETEINTES = [
    Colonne("Fin de mandat", Forme.DATE),
    Colonne("Durée", largeur=20),
    Colonne("Motif de fin", largeur=36),
]


def tableau_du_tribunal(mesures: MesureQuerySet, *, eteintes: bool) -> Tableau:
    """What the pages of its mesures show to a court: never the MJPM's own number of the file."""
    completes = mesures.select_related("commune", "etablissement", "mandataire")
    return Tableau(
        "Mesures",
        COMMUNES_AUX_DEUX + (DES_ETEINTES if eteintes else DES_EN_COURS),
        (
            [*_pour_le_tribunal(mesure), *(_fin(mesure) if eteintes else [mesure.date_terme])]
            for mesure in completes.iterator(chunk_size=MORCEAU)
        ),
    )


def _pour_le_tribunal(mesure: Mesure) -> list[Cellule]:
    return [
        mesure.numero_rg,
        mesure.cabinet,
        mesure.date_decision,
        mesure.get_nature_display(),
        mesure.get_champ_display(),
        mesure.genre,
        mesure.annee_naissance,
        mesure.get_lieu_vie_display(),
        mesure.code_postal,
        mesure.commune.nom if mesure.commune else None,
        mesure.nom_etablissement,
        str(mesure.mandataire),
    ]


def _fin(mesure: Mesure) -> list[Cellule]:
    assert mesure.date_decision is not None
    assert mesure.date_extinction is not None
    return [
        mesure.date_extinction,
        duree(mesure.date_decision, mesure.date_extinction),
        mesure.get_motif_extinction_display(),
    ]
