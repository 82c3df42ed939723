"""Invented lines of the FINESS register; beside, two small files: one of today, one of some years ago."""

from __future__ import annotations

from pathlib import Path

from etablissements.finess import COLONNES

DOSSIER = Path(__file__).parent
REGISTRE = DOSSIER / "registre.csv"  # UTF-8, quoted, every system of coordinates by its EPSG code
REGISTRE_ANCIEN = DOSSIER / "registre_ancien.csv"  # Windows-1252, fields more or fewer, systems by name

ENTETE = "finess;etalab;111;2026-05-12"
LAMBERT_93 = "1,ATLASANTE,100,IGN,BD_ADRESSE,V2.2,LAMBERT_93"

VALEURS = {
    "structureet": "structureet",
    "nofinesset": "629900101",
    "nofinessej": "629900000",
    "rs": "EHPAD LES DUNES",
    "commune": "193",
    "departement": "62",
    "libdepartement": "PAS DE CALAIS",
    "ligneacheminement": "62100 CALAIS",
    "categetab": "500",
    "libcategetab": "EHPAD",
    "dateouv": "2001-05-14",
    "datemaj": "2026-01-05",
}


def structure(**valeurs: str) -> str:
    """A line `structureet`, whose fields are those of VALEURS but for those given."""
    toutes = VALEURS | valeurs
    assert set(toutes) <= set(COLONNES)
    return ";".join(toutes.get(colonne, "") for colonne in COLONNES)


def point(finess: str = "629900101", x: str = "619132.4", y: str = "7095656.6", source: str = LAMBERT_93) -> str:
    """A line `geolocalisation`; by default, a point of Calais."""
    return f"geolocalisation;{finess};{x};{y};{source};2026-05-04"


def fichier(*lignes: str, entete: str = ENTETE) -> list[bytes]:
    return [f"{ligne}\n".encode() for ligne in (entete, *lignes)]
