"""The base map of an installation: one setting, off by default."""

from __future__ import annotations

import os
import subprocess
import sys
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from emjpm.fonds_de_carte import FONDS, fond_de_carte


def test_aucun_fond_sans_reglage() -> None:
    assert fond_de_carte("").tuiles == ()
    assert settings.LEAFLET_CONFIG["TILES"] == ()
    assert settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]["img-src"] == ["'self'", "data:"]


@pytest.mark.parametrize("nom", [nom for nom in FONDS if nom])
def test_un_fond_n_autorise_que_l_hote_de_ses_tuiles(nom: str) -> None:
    fond = fond_de_carte(nom)
    ((_, url, options),) = fond.tuiles
    adresse = urlsplit(url)
    assert fond.hotes == (f"https://{adresse.hostname}",)
    assert adresse.scheme == "https"
    assert all(url.count(variable) == 1 for variable in ("{x}", "{y}", "{z}"))
    assert options["attribution"]


def test_openstreetmap_apprend_d_ou_vient_la_demande() -> None:
    assert fond_de_carte("openstreetmap").tuiles[0][2]["referrerPolicy"] == "strict-origin"


def test_un_fond_inconnu_est_dit() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"CARTE_FOND vaut « google » .* « ign », « openstreetmap »"):
        fond_de_carte("google")


LIRE = """
from django.conf import settings
print(settings.LEAFLET_CONFIG["TILES"][0][0], *settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]["img-src"])
"""


def lire_les_reglages(fond: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", LIRE],
        env={**os.environ, "CARTE_FOND": fond},
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
    )


def test_le_reglage_vient_de_l_environnement() -> None:
    assert lire_les_reglages("ign").stdout == "Plan IGN 'self' data: https://data.geopf.fr\n"
    refus = lire_les_reglages("IGN")
    assert refus.returncode != 0
    assert "CARTE_FOND vaut « IGN »" in refus.stderr
