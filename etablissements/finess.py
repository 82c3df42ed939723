"""Reading of the FINESS register: what each line of the official file says, without the database.

The file is the geolocated extraction of the establishments published on data.gouv.fr (« FINESS Extraction
du Fichier des établissements », etalab_cs1100507, Licence Ouverte; its columns are described in the
document that comes with it). Fields are separated by `;`, without a line of headers:

    finess;etalab;111;2026-05-12
    structureet;(the fields named in COLONNES)
    geolocalisation;nofinesset;coordxet;coordyet;sourcecoordet;datemaj

Lines of all years are read: in UTF-8 or Windows-1252, with or without quotes, with or without the last
field. `sourcecoordet` names the system of the coordinates, as « …,LAMBERT_93 » or « …,EPSG:2154 … ».
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from math import isfinite, nan

from django.core.exceptions import ValidationError
from pyproj import CRS, Transformer

from etablissements.models import validate_finess

COLONNES = (
    "structureet",
    "nofinesset",
    "nofinessej",
    "rs",
    "rslongue",
    "complrs",
    "compldistrib",
    "numvoie",
    "typvoie",
    "voie",
    "compvoie",
    "lieuditbp",
    "commune",
    "departement",
    "libdepartement",
    "ligneacheminement",
    "telephone",
    "telecopie",
    "categetab",
    "libcategetab",
    "categagretab",
    "libcategagretab",
    "siret",
    "codeape",
    "codemft",
    "libmft",
    "codesph",
    "libsph",
    "dateouv",
    "dateautor",
    "datemaj",
    "numuai",  # added to the file later than the others
)

LONGUEUR_LIGNE = 4000  # bytes; the longest line that the description of the file allows is some 800
LONGUEUR_TEXTE = 200  # characters: the columns of the model

DEPARTEMENT = re.compile(r"[0-9]{2}|2[AB]|9[A-Z]")
# The first two characters of the INSEE codes of an overseas département; the next one is in the commune's.
OUTRE_MER = {"9A": "97", "9B": "97", "9C": "97", "9D": "97", "9E": "97", "9F": "97", "9J": "98"}
# The register still has both islands in Guadeloupe.
COMMUNES_CHANGEES = {"97123": "97701", "97127": "97801"}
# The cities that the register gives by arrondissement: first, last, and the commune itself.
ARRONDISSEMENTS = (("75101", "75120", "75056"), ("69381", "69389", "69123"), ("13201", "13216", "13055"))

CODE_POSTAL = re.compile(r"[0-9]{5}\b")

VOIES = {
    "ALL": "ALLEE",
    "AV": "AVENUE",
    "BD": "BOULEVARD",
    "CHE": "CHEMIN",
    "CRS": "COURS",
    "FG": "FAUBOURG",
    "IMP": "IMPASSE",
    "PL": "PLACE",
    "R": "RUE",
    "RTE": "ROUTE",
    "SQ": "SQUARE",
}

# The EPSG code of each legal system, by the name that older files give it.
SYSTEMES = {
    "LAMBERT_93": 2154,
    "UTM_N20": 5490,  # Antilles
    "UTM_N21": 4467,  # Saint-Pierre-et-Miquelon
    "UTM_N22": 2972,  # Guyane
    "UTM_S38": 4471,  # Mayotte
    "UTM_S40": 2975,  # La Réunion
}
SYSTEME = re.compile(rf"\bEPSG:(?P<code>[0-9]+)|\b(?P<nom>{'|'.join(SYSTEMES)})\b")
MARGE = 1.0  # degrees: the west of Guyane is out of the zone that EPSG says


class FichierRefuse(Exception):
    """The file is not the register, or must not be loaded; its text is shown."""


class LigneRejetee(Exception):
    """A line that cannot be read; its text is the reason, shown beside the line's number."""


@dataclass(frozen=True, slots=True, order=True)
class Constat:
    """What is said of a line, by its number in the file."""

    ligne: int
    motif: str


@dataclass(frozen=True, slots=True)
class Fiche:
    """An establishment, as the file has it; `commune` is an INSEE code of today, or None."""

    ligne: int
    finess: str
    nom: str
    categorie: str
    adresse: str
    code_postal: str
    commune: str | None
    ouvert_le: date | None


@dataclass(frozen=True, slots=True)
class Position:
    ligne: int
    epsg: int
    x: float
    y: float


@dataclass
class Registre:
    """The whole file. Each of its lines is an establishment kept, a point kept, or rejected."""

    date: date
    fiches: dict[str, Fiche] = field(default_factory=dict)
    points: dict[str, tuple[float, float]] = field(default_factory=dict)  # latitude, longitude
    rejets: list[Constat] = field(default_factory=list)
    rejets_points: list[Constat] = field(default_factory=list)
    remarques: list[Constat] = field(default_factory=list)  # on lines that are kept
    # Those of rejected lines: such an establishment is in the register all the same.
    numeros_rejetes: set[str] = field(default_factory=set)

    @property
    def lus(self) -> int:
        return len(self.fiches) + len(self.rejets)

    @property
    def points_lus(self) -> int:
        return len(self.points) + len(self.rejets_points)


def lire(lignes: Iterable[bytes]) -> Registre:
    """Read the lines of the file, first one included. Raises FichierRefuse when it is not the register."""
    suite = iter(lignes)
    registre = Registre(date=lire_entete(next(suite, b"")))
    positions: dict[str, Position] = {}
    for ligne, octets in enumerate(suite, start=2):
        if not octets.strip():
            continue
        est_point = octets.startswith(b"geolocalisation;")
        try:
            champs = decouper(octets)
            if est_point:
                finess, position = lire_position(ligne, champs)
                if finess in positions:
                    raise LigneRejetee(f"{finess} a déjà un point, ligne {positions[finess].ligne}")
                positions[finess] = position
            else:
                fiche, remarques = lire_fiche(ligne, champs)
                if fiche.finess in registre.fiches:
                    deja = registre.fiches[fiche.finess].ligne
                    raise LigneRejetee(f"le numéro {fiche.finess} est déjà celui de la ligne {deja}")
                registre.fiches[fiche.finess] = fiche
                registre.remarques += [Constat(ligne, remarque) for remarque in remarques]
        except LigneRejetee as erreur:
            (registre.rejets_points if est_point else registre.rejets).append(Constat(ligne, str(erreur)))
            if not est_point:
                registre.numeros_rejetes |= _numeros(octets)
    if not registre.fiches:
        raise FichierRefuse(
            "Ce fichier n'est pas celui des établissements FINESS : "
            "aucune ligne « structureet » ne peut y être lue."
        )
    _placer(registre, positions)
    return registre


def lire_entete(octets: bytes) -> date:
    """The date of the file, from its first line."""
    champs = octets.decode("utf-8-sig", "replace").strip().rstrip(";").split(";")
    if champs[:2] != ["finess", "etalab"]:
        raise FichierRefuse(
            "Ce fichier n'est pas celui des établissements FINESS : "
            "sa première ligne devrait commencer par « finess;etalab; »."
        )
    if (du := _date(champs[-1])) is None:
        raise FichierRefuse("La première ligne du fichier devrait finir par sa date, comme 2026-05-12.")
    return du


def decouper(octets: bytes) -> list[str]:
    """The fields of a line, their spaces tidied."""
    if len(octets) > LONGUEUR_LIGNE:
        raise LigneRejetee(f"la ligne dépasse {LONGUEUR_LIGNE} octets")
    # Line by line: one line saved in another encoding does not spoil the accents of all the others.
    try:
        texte = octets.decode("utf-8")
    except UnicodeDecodeError:
        try:
            texte = octets.decode("cp1252")
        except UnicodeDecodeError:
            raise LigneRejetee("des caractères sont illisibles") from None
    if "\x00" in texte:  # PostgreSQL has no such character
        raise LigneRejetee("des caractères sont illisibles")
    champs = texte.split(";")
    if '"' in texte:
        # Some years the file is quoted as CSV is, others a quote is a character like any other.
        with suppress(csv.Error):
            champs = next(csv.reader([texte.strip()], delimiter=";", strict=True))
    return [" ".join(champ.split()) for champ in champs]


def lire_fiche(ligne: int, champs: list[str]) -> tuple[Fiche, list[str]]:
    """An establishment, and what there is to say of it."""
    if champs[0] != "structureet":
        raise LigneRejetee("la ligne ne commence ni par « structureet » ni par « geolocalisation »")
    if len(champs) < len(COLONNES) - 1 or any(champs[len(COLONNES) :]):
        raise LigneRejetee(f"{len(champs)} champs lus, {len(COLONNES)} attendus")
    valeurs = dict(zip(COLONNES, champs, strict=False))  # without the last field, or with an empty one more
    finess = _verifier_finess(valeurs["nofinesset"])
    # A `;` in a name shifts the fields: what stands here tells.
    if not DEPARTEMENT.fullmatch(valeurs["departement"]):
        raise LigneRejetee(f"le département « {valeurs['departement']} » n'en est pas un")
    if not (nom := valeurs["rslongue"] or valeurs["rs"]):
        raise LigneRejetee("l'établissement n'a pas de nom")
    adresse = adresse_de(valeurs)
    for titre, texte in (("le nom", nom), ("la catégorie", valeurs["libcategetab"]), ("l'adresse", adresse)):
        if len(texte) > LONGUEUR_TEXTE:
            raise LigneRejetee(f"{titre} dépasse {LONGUEUR_TEXTE} caractères")

    remarques = []
    commune = commune_de(valeurs["departement"], valeurs["commune"])
    if commune is None:
        remarques.append(
            f"{finess} : sans commune (« {valeurs['commune']} », département « {valeurs['departement']} »)"
        )
    ouvert_le = _date(valeurs["dateouv"])
    if valeurs["dateouv"] and ouvert_le is None:
        remarques.append(f"{finess} : sans date d'ouverture (« {valeurs['dateouv']} » n'en est pas une)")
    code_postal = CODE_POSTAL.match(valeurs["ligneacheminement"])
    if code_postal is None:
        remarques.append(f"{finess} : sans code postal (« {valeurs['ligneacheminement']} »)")
    fiche = Fiche(
        ligne=ligne,
        finess=finess,
        nom=nom,
        categorie=valeurs["libcategetab"],
        adresse=adresse,
        code_postal=code_postal.group() if code_postal else "",
        commune=commune,
        ouvert_le=ouvert_le,
    )
    return fiche, remarques


def adresse_de(valeurs: Mapping[str, str]) -> str:
    """« 12B RUE DES LILAS, BP 381 »: without the town, which is the commune's."""
    type_voie = VOIES.get(valeurs["typvoie"], valeurs["typvoie"])
    if valeurs["voie"].startswith(f"{type_voie} "):
        type_voie = ""  # said twice by the register: CHE, CHEMIN DES DUNES
    voie = (valeurs["numvoie"] + valeurs["compvoie"], type_voie, valeurs["voie"])
    parties = (valeurs["compldistrib"], " ".join(filter(None, voie)), valeurs["lieuditbp"])
    return ", ".join(filter(None, parties))


def commune_de(departement: str, commune: str) -> str | None:
    """The INSEE code of the commune, the whole city for an arrondissement; None where there is none."""
    if not re.fullmatch(r"[0-9]{3}", commune):
        return None
    if departement[0] == "9" and departement[1].isalpha():
        if departement not in OUTRE_MER:
            return None
        departement = OUTRE_MER[departement]
    insee = departement + commune
    for premier, dernier, ville in ARRONDISSEMENTS:
        if premier <= insee <= dernier:
            return ville
    return COMMUNES_CHANGEES.get(insee, insee)


def lire_position(ligne: int, champs: list[str]) -> tuple[str, Position]:
    """A point and the number of its establishment."""
    if len(champs) < 5:
        raise LigneRejetee(f"{len(champs)} champs lus, 6 attendus")
    finess = _verifier_finess(champs[1])
    try:
        x, y = (float(texte.replace(",", ".")) for texte in champs[2:4])
    except ValueError:
        x = y = nan
    if not (isfinite(x) and isfinite(y)):
        raise LigneRejetee(f"les coordonnées « {champs[2]} » et « {champs[3]} » ne sont pas des nombres")
    # Some years its parts are fields of their own.
    source = ";".join(champs[4:])
    trouve = SYSTEME.search(source)
    epsg = 0 if trouve is None else SYSTEMES.get(trouve["nom"]) or int(trouve["code"])
    if epsg not in SYSTEMES.values():
        raise LigneRejetee(f"le système de coordonnées n'est pas connu (« {source.rstrip(';')} »)")
    return finess, Position(ligne=ligne, epsg=epsg, x=x, y=y)


def en_degres(epsg: int, x: Sequence[float], y: Sequence[float]) -> list[tuple[float, float] | None]:
    """Latitudes and longitudes (WGS 84) of projected points; None for those out of the system's own area.

    Six decimals are some ten centimetres, and do not change with the version of PROJ.
    """
    zone = CRS.from_epsg(epsg).area_of_use
    assert zone is not None
    longitudes, latitudes = Transformer.from_crs(epsg, 4326, always_xy=True).transform(x, y)
    return [
        (round(latitude, 6), round(longitude, 6))
        if zone.south - MARGE <= latitude <= zone.north + MARGE
        and zone.west - MARGE <= longitude <= zone.east + MARGE
        else None
        for latitude, longitude in zip(latitudes, longitudes, strict=True)
    ]


def _placer(registre: Registre, positions: Mapping[str, Position]) -> None:
    """Give its point to each establishment, all those of a system at once."""
    par_systeme: defaultdict[int, list[tuple[str, Position]]] = defaultdict(list)
    for finess, position in positions.items():
        if finess in registre.fiches:
            par_systeme[position.epsg].append((finess, position))
        else:
            motif = f"aucun établissement {finess} n'est retenu du fichier"
            registre.rejets_points.append(Constat(position.ligne, motif))
    for epsg, groupe in par_systeme.items():
        points = en_degres(epsg, [p.x for _, p in groupe], [p.y for _, p in groupe])
        for (finess, position), point in zip(groupe, points, strict=True):
            if point is None:
                xy = f"{position.x:.10g}, {position.y:.10g}"
                motif = f"le point {xy} est hors de la zone de son système (EPSG:{epsg})"
                registre.rejets_points.append(Constat(position.ligne, motif))
            else:
                registre.points[finess] = point
    registre.rejets_points.sort()


def _verifier_finess(texte: str) -> str:
    try:
        validate_finess(texte)
    except ValidationError:
        raise LigneRejetee(f"le numéro FINESS « {texte} » n'a pas la forme de 620100057") from None
    return texte


def _numeros(octets: bytes) -> set[str]:
    """The number that a rejected line bears, if it can be read."""
    with suppress(IndexError, LigneRejetee):
        return {_verifier_finess(octets.split(b";", 2)[1].decode("ascii", "replace").strip())}
    return set()


def _date(texte: str) -> date | None:
    try:
        return date.fromisoformat(texte)
    except ValueError:
        return None
