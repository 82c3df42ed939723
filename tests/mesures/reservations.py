"""What the tests of reservations share: reservations to make, answers to give, and a clock."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

import pytest
from django.utils import timezone

from mandataires.models import Mandataire
from mesures.models import Mesure
from tests.accounts.taches import courriels_envoyes

AUJOURD_HUI = date(2026, 11, 22)
RG = "24/00042"


def nous_sommes_le(jour: date, monkeypatch: pytest.MonkeyPatch, heure: time = time(12)) -> None:
    """That day, at that time in Paris, for whatever asks Django."""
    moment = timezone.make_aware(datetime.combine(jour, heure))
    monkeypatch.setattr(timezone, "now", lambda: moment)


def a_reserver(mandataire: Mandataire, **valeurs: Any) -> Mesure:
    """The three fields that a court must fill in, less or more `valeurs`; not saved."""
    champs = {"nature": "tutelle", "genre": "F", "annee_naissance": 1941, "mandataire": mandataire}
    return Mesure(**{**champs, **valeurs})


def prononcer(reservation: Mesure, **valeurs: Any) -> Mesure:
    """The reservation as the database has it, completed from a judgment, in memory."""
    mesure = Mesure.objects.select_related("tribunal__commune").get(pk=reservation.pk)
    assert mesure.tribunal is not None
    commune = mesure.tribunal.commune
    jugement = {
        "date_decision": date(2026, 11, 10),
        "lieu_vie": "domicile",
        "commune": commune,
        "code_postal": commune.codes_postaux[0],
    }
    for champ, valeur in {**jugement, **valeurs}.items():
        setattr(mesure, champ, valeur)
    return mesure


def a_qui() -> list[tuple[str, str]]:
    """(address, subject without the name of the site) of each mail that has left, the oldest first."""
    return [(mail.to[0].partition("@")[0], mail.subject.partition(" : ")[2]) for mail in courriels_envoyes()]
