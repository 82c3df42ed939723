"""Files of mesures for tests, written as a person's spreadsheet would."""

from __future__ import annotations

import csv
from io import StringIO
from typing import Any

from mesures.echanges.colonnes import COLONNES
from mesures.echanges.lecture import Rangee
from mesures.echanges.lignes import LigneLue, lire_ligne
from tribunaux.models import Tribunal

PUBLIQUES = [colonne.nom for colonne in COLONNES[:12]]


def ligne_type(tribunal: Tribunal | None = None, /, **cellules: Any) -> dict[str, Any]:
    """A line that is right in every column that vendors must write; `cellules` has the last word."""
    return {
        "date_nomination": "15/03/2021",
        "type": "tutelle",
        "code_postal": "62100",
        "ville": "Calais",
        "civilite": "F",
        "annee": "1962",
        "numero_rg": "",
        "residence": "domicile",
        "tribunal_siret": tribunal.siret if tribunal else "",
        **cellules,
    }


def fichier_csv(*lignes: dict[str, Any]) -> bytes:
    colonnes = list(dict.fromkeys([*PUBLIQUES, *(nom for ligne in lignes for nom in ligne)]))
    texte = StringIO()
    ecrivain = csv.DictWriter(texte, colonnes, delimiter=";", restval="")
    ecrivain.writeheader()
    ecrivain.writerows(lignes)
    return texte.getvalue().encode()


def lues(*lignes: dict[str, Any]) -> list[LigneLue]:
    return [lire_ligne(Rangee(numero, cellules)) for numero, cellules in enumerate(lignes, start=2)]
