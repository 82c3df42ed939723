"""Where an address is, asked of the Base Adresse Nationale by geopy. Nothing here reads the database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from geopy.exc import GeocoderParseError, GeocoderQueryError, GeopyError
from geopy.geocoders import BANFrance

if TYPE_CHECKING:
    from mandataires.models import Mandataire
    from tribunaux.models import Commune

# The score says how alike the question and the address found are. On a sample given to the BAN's own engine,
# a street that the commune does not have is taken for its most alike one at up to 0.69, and those that it has
# get 0.76 to 0.95, typing errors included. An abbreviation or the name of a building may bring these below:
# a town hall misleads less than a wrong street.
SCORE_MINIMAL = 0.7
# Of a whole commune, the BAN gives a centre: we have our own.
TYPES_PRECIS = frozenset({"housenumber", "street", "locality"})
LONGUEUR_QUESTION = 200  # characters: the service refuses a longer one

# Paris, Lyon and Marseille are one commune each here, and one an arrondissement in the BAN.
ARRONDISSEMENTS = {
    **{str(code): "75056" for code in range(75101, 75121)},
    **{str(code): "69123" for code in range(69381, 69390)},
    **{str(code): "13055" for code in range(13201, 13217)},
}


class ServiceInjoignable(Exception):
    """The service is down, slow, overworked or answers nonsense: ask again later."""


class Adresse(NamedTuple):
    """What a point depends on."""

    adresse: str
    code_postal: str
    commune_id: str | None


def adresse_de(mandataire: Mandataire) -> Adresse:
    return Adresse(mandataire.adresse, mandataire.code_postal, mandataire.commune_id)


@dataclass(frozen=True)
class Lieu:
    """An answer of the BAN; latitude and longitude in degrees (WGS 84), score from 0 to 1."""

    latitude: float
    longitude: float
    score: float
    type: str
    code_insee: str
    code_postal: str


class Ban(BANFrance):
    """geopy's client of the BAN, at the address of the settings, which can also filter by postal code."""

    def __init__(self) -> None:
        url = urlsplit(settings.GEOCODAGE_URL)
        super().__init__(  # type: ignore[no-untyped-call]
            scheme=url.scheme,
            domain=url.netloc + url.path,
            timeout=settings.GEOCODAGE_TIMEOUT,
            user_agent="emjpm",
        )

    def localiser(self, question: str, *, code_postal: str = "") -> Lieu | None:
        """The best answer, or None when there is none. Raises GeopyError."""
        # The address is whole: no completion of its last word.
        params: dict[str, str | int] = {"q": question, "limit": 1, "autocomplete": 0}
        if code_postal:
            params["postcode"] = code_postal
        url = f"{self.geocode_api}?{urlencode(params)}"
        lieu: Lieu | None = self._call_geocoder(url, lire)  # type: ignore[no-untyped-call]
        return lieu


def lire(reponse: Any) -> Lieu | None:
    """The first place of a GeoJSON answer. Raises GeocoderParseError for anything else than such an answer."""
    try:
        if not reponse["features"]:
            return None
        feature = reponse["features"][0]
        longitude, latitude = (float(degres) for degres in feature["geometry"]["coordinates"][:2])
        properties = feature["properties"]
        if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
            raise ValueError("outside the Earth")
        return Lieu(
            latitude=latitude,
            longitude=longitude,
            score=float(properties["score"]),
            type=str(properties["type"]),
            code_insee=str(properties["citycode"]),
            code_postal=str(properties.get("postcode", "")),
        )
    except (IndexError, KeyError, TypeError, ValueError) as error:
        raise GeocoderParseError("Not the GeoJSON of the BAN") from error


def chercher(*, adresse: str, code_postal: str, commune: Commune) -> Lieu | None:
    """The place of this address of `commune`, or None when the BAN does not know it or is not sure.

    Raises ServiceInjoignable when it cannot be asked.
    """
    # A CEDEX code is unknown to the BAN: the commune alone says where.
    code = code_postal if code_postal in commune.codes_postaux else ""
    suite = f" {code} {commune.nom}" if code else f" {commune.nom}"
    question = adresse[: LONGUEUR_QUESTION - len(suite)] + suite
    ban = Ban()
    try:
        lieu = ban.localiser(question, code_postal=code)
    except GeocoderQueryError:
        return None  # it refuses this address, and always will
    except GeopyError as error:
        raise ServiceInjoignable from error
    return lieu if lieu is not None and est_sur(lieu, code_insee=commune.pk, code_postal=code) else None


def est_sur(lieu: Lieu, *, code_insee: str, code_postal: str) -> bool:
    """Whether an answer may be believed: a street or better, alike enough, where the MJPM says to be."""
    return (
        lieu.score >= SCORE_MINIMAL
        and lieu.type in TYPES_PRECIS
        and ARRONDISSEMENTS.get(lieu.code_insee, lieu.code_insee) == code_insee
        and (not code_postal or lieu.code_postal == code_postal)
    )
