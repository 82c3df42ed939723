"""The base maps that an installation may choose, one setting: nothing else of theirs is asked of another host."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ImproperlyConfigured


@dataclass(frozen=True)
class FondDeCarte:
    """`tuiles`, as LEAFLET_CONFIG has them; `hotes`, from which pages may then show images."""

    tuiles: tuple[tuple[str, str, dict[str, Any]], ...] = ()
    hotes: tuple[str, ...] = ()

    @property
    def nom(self) -> str:
        return self.tuiles[0][0] if self.tuiles else ""


FONDS = {
    "": FondDeCarte(),
    "ign": FondDeCarte(
        tuiles=(
            (
                "Plan IGN",
                (
                    "https://data.geopf.fr/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0"
                    "&LAYER=GEOGRAPHICALGRIDSYSTEMS.PLANIGNV2&STYLE=normal&FORMAT=image/png"
                    "&TILEMATRIXSET=PM&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}"
                ),
                {"attribution": "Plan IGN © IGN"},
            ),
        ),
        hotes=("https://data.geopf.fr",),
    ),
    "openstreetmap": FondDeCarte(
        tuiles=(
            (
                "OpenStreetMap",
                "https://tile.openstreetmap.org/{z}/{x}/{y}.png",
                {
                    "attribution": 'Plan © <a href="https://www.openstreetmap.org/copyright">'
                    "les contributeurs d'OpenStreetMap</a>",
                    # Its servers refuse who does not say where from; our own policy says it to nobody else.
                    "referrerPolicy": "strict-origin",
                },
            ),
        ),
        hotes=("https://tile.openstreetmap.org",),
    ),
}


def fond_de_carte(nom: str) -> FondDeCarte:
    """The base map called `nom`, none for "". Raises ImproperlyConfigured for a name that is none of ours."""
    if nom not in FONDS:
        connus = ", ".join(f"« {fond} »" for fond in FONDS if fond)
        raise ImproperlyConfigured(f"CARTE_FOND vaut « {nom} » : laissez-le vide, ou choisissez parmi {connus}.")
    return FONDS[nom]
