"""Files of mesures for tests, written as a person's spreadsheet would."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from io import StringIO
from typing import Any

from django.utils import timezone

from accounts.models import User
from mesures.echanges import ecriture, imports
from mesures.echanges.colonnes import COLONNES
from mesures.echanges.lecture import Rangee
from mesures.echanges.lignes import LigneLue, lire_ligne
from mesures.models import Import
from tribunaux.models import Tribunal

PUBLIQUES = [colonne.nom for colonne in COLONNES[:12]]
SIRET_INCONNU = "17620019800052"
# The end of a mandate that began before: recent enough, whenever it is read, for the site to keep it.
FIN = timezone.localdate() - timedelta(days=700)


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


def jour(quand: date) -> str:
    """As a French cell says it."""
    return f"{quand:%d/%m/%Y}"


def apercu(user: User, *lignes: dict[str, Any]) -> Import:
    """A file of these lines, sent and read at once."""
    return apercu_du_contenu(user, fichier_csv(*lignes))


def apercu_du_contenu(user: User, contenu: bytes) -> Import:
    import_ = imports.recevoir(contenu=contenu, nom="mesures.csv", author=user, differer=False)
    imports.lire(import_.pk)
    import_.refresh_from_db()
    assert import_.etat == Import.Etat.LU, import_.erreur
    return import_


def appliquer(import_: Import, author: User) -> Import:
    imports.demander_ecriture(import_=import_, author=author, differer=False)
    ecriture.ecrire(import_.pk)
    import_.refresh_from_db()
    return import_


def etat(import_: Import) -> str:
    """Once read again: what it is in memory is so too."""
    import_.refresh_from_db()
    return import_.etat
