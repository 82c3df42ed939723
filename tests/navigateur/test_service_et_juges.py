"""A service declares; a judge who is typing reads it within 20 seconds; another court reads it, and no note."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from tests.factories import AgrementFactory, NoteFactory
from tests.navigateur.conftest import se_connecter
from tribunaux.models import Tribunal


def test_du_service_a_la_page_ouverte_du_juge(
    browser: Browser,
    live_server: LiveServer,
    service: User,
    juge: User,
    juge_voisin: User,
    autre_tribunal: Tribunal,
    browser_context_args: dict[str, Any],
) -> None:
    mandataire = service.membre.mandataire
    AgrementFactory(mandataire=mandataire, tribunal=autre_tribunal)
    NoteFactory(mandataire=mandataire, tribunal=juge.magistrat.tribunal, auteur=juge, texte="Répond le jour même.")

    chez_le_juge = browser.new_context(**browser_context_args).new_page()
    chez_le_juge.clock.install()
    se_connecter(chez_le_juge, live_server, juge)
    ligne = chez_le_juge.get_by_role("row").filter(has_text=str(mandataire))
    expect(ligne).to_contain_text(re.compile(r"1\s450 / 1\s600"))
    lieu = chez_le_juge.get_by_role("combobox", name=re.compile("Où vit la personne à protéger"))
    lieu.fill("Ar")

    chez_le_service = browser.new_context(**browser_context_args).new_page()
    se_connecter(chez_le_service, live_server, service)
    chez_le_service.get_by_role("textbox", name=re.compile("nombre", re.IGNORECASE)).fill("1 512")
    chez_le_service.get_by_role("button", name="Valider").click()
    expect(chez_le_service.get_by_role("link", name=re.compile(r"Mesures en cours \(1\s512\)"))).to_be_visible()

    chez_le_juge.clock.fast_forward(20_000)
    expect(ligne).to_contain_text(re.compile(r"1\s512 / 1\s600"))
    expect(lieu).to_be_focused()
    expect(lieu).to_have_value("Ar")
    ligne.get_by_role("link", name=str(mandataire), exact=True).click()
    expect(chez_le_juge.get_by_role("main")).to_contain_text("Répond le jour même.")

    ailleurs = browser.new_context(**browser_context_args).new_page()
    se_connecter(ailleurs, live_server, juge_voisin)
    ailleurs.get_by_role("link", name=str(mandataire), exact=True).click()
    expect(ailleurs.get_by_role("main")).to_contain_text(re.compile(r"1\s512 / 1\s600"))
    expect(ailleurs.get_by_role("main")).not_to_contain_text("Répond le jour même.")
