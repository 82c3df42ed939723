"""One mesure, from a préposé's form to a judge's page, on the real courts and communes."""

from __future__ import annotations

import re

import pytest
from django.core.management import call_command
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from emjpm.demonstration import comptes
from emjpm.demonstration.donnees import creer
from tests.navigateur.conftest import se_connecter_par_la_page, verifier_accessibilite


@pytest.fixture
def demonstration(transactional_db: None) -> None:
    """The site as `make run` shows it."""
    call_command("charger_referentiels", verbosity=0)
    assert creer()


def saisir_une_mesure(page: Page) -> None:
    """Fill the form by its labels, picking the commune that the postal code proposes."""
    page.get_by_label("Date de décision").fill("15/03/2021")
    page.get_by_label("Type de mesure").select_option("Curatelle renforcée")
    page.get_by_label("Code postal").fill("62100")
    page.get_by_label("Code postal").press("Tab")
    expect(page.get_by_role("combobox", name="Commune")).to_have_value(re.compile("Calais"))
    page.get_by_label("Femme").check(force=True)
    page.get_by_label("Année de naissance").fill("1962")
    page.get_by_label("En établissement", exact=True).check(force=True)
    etablissement = page.get_by_role("combobox", name="Établissement")
    etablissement.fill("oyats")
    page.get_by_role("option", name=re.compile("Les Oyats")).click()
    page.get_by_text("Informations complémentaires").click()
    tribunal = page.get_by_role("combobox", name="Tribunal")
    tribunal.fill("TI Calais")
    page.get_by_role("option", name=re.compile("Tribunal de proximité de Calais")).click()
    page.get_by_label("Numéro RG").fill("24/00042")


def test_une_mesure_du_formulaire_a_la_page_du_juge(
    page: Page, browser: Browser, live_server: LiveServer, demonstration: None, browser_context_args: dict
) -> None:
    fiche = f"{comptes.PREPOSE.prenom} {comptes.PREPOSE.nom}"
    chez_le_juge = browser.new_context(**browser_context_args).new_page()
    se_connecter_par_la_page(chez_le_juge, live_server, comptes.JUGE.identifiant, comptes.MOT_DE_PASSE)
    chez_le_juge.get_by_role("link", name=fiche, exact=True).click()
    expect(chez_le_juge.get_by_role("main")).to_contain_text("52 / 60")

    se_connecter_par_la_page(page, live_server, comptes.PREPOSE.identifiant, comptes.MOT_DE_PASSE)
    expect(page.get_by_role("link", name="Mesures en cours (52)")).to_have_attribute("aria-current", "page")
    page.get_by_role("link", name="Enregistrer une nouvelle mesure").click()
    saisir_une_mesure(page)
    verifier_accessibilite(page)
    page.get_by_role("button", name="Valider", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("Mesure enregistrée")
    expect(page.get_by_role("link", name="Mesures en cours (53)")).to_be_visible()
    # Newest decision first: the new one may be on another page, its page is reached by its reference.
    while not page.get_by_role("link", name="24/00042", exact=True).count():
        page.get_by_role("link", name=re.compile("suivante", re.IGNORECASE)).click()
    ligne = page.get_by_role("row").filter(has_text="24/00042")
    expect(ligne).to_contain_text("15/03/2021")
    expect(ligne).to_contain_text("F, 1962")
    expect(ligne).to_contain_text("EHPAD Les Oyats")
    page.get_by_role("link", name="24/00042", exact=True).click()
    expect(page.get_by_role("main")).to_contain_text(f"Mesure enregistrée par {fiche}")

    chez_le_juge.reload()
    expect(chez_le_juge.get_by_role("main")).to_contain_text("53 / 60")

    ailleurs = browser.new_context(**browser_context_args).new_page()
    se_connecter_par_la_page(ailleurs, live_server, comptes.JUGE_AILLEURS.identifiant, comptes.MOT_DE_PASSE)
    expect(ailleurs.get_by_role("link", name="Swann Croquis", exact=True)).to_be_visible()
    expect(ailleurs.get_by_role("link", name=fiche)).to_have_count(0)

    page.get_by_role("button", name="Se déconnecter").click()
    expect(page.get_by_role("banner").get_by_role("link", name="Se connecter")).to_be_visible()
    page.goto(live_server.url + "/mesures/")
    expect(page.get_by_role("button", name="Me connecter")).to_be_visible()


def test_fin_de_mandat_et_reactivation(page: Page, live_server: LiveServer, demonstration: None) -> None:
    se_connecter_par_la_page(page, live_server, comptes.PREPOSE.identifiant, comptes.MOT_DE_PASSE)
    page.get_by_role("link", name=re.compile("Mettre fin au mandat")).first.click()
    page.get_by_label("Date de fin de mandat").fill("31/02/2026")
    page.get_by_role("button", name="Eteindre la mesure").click()
    expect(page.get_by_role("alert")).to_contain_text("Écrivez une date qui existe")
    page.get_by_label("Date de fin de mandat").fill("")
    page.get_by_label("Date de fin de mandat").press_sequentially("21/11/2026")
    page.get_by_role("button", name="Eteindre la mesure").click()
    expect(page.get_by_role("link", name="Mesures en cours (51)")).to_be_visible()
    page.get_by_role("link", name="Mesures éteintes", exact=True).click()
    page.get_by_role("button", name=re.compile("Réactiver la mesure")).first.click()
    expect(page.get_by_role("link", name="Mesures en cours (52)")).to_be_visible()


def test_sans_javascript(
    browser: Browser, live_server: LiveServer, demonstration: None, browser_context_args: dict
) -> None:
    """The commune, the establishment and the court are found from their texts alone."""
    page = browser.new_context(**browser_context_args, java_script_enabled=False).new_page()
    se_connecter_par_la_page(page, live_server, comptes.PREPOSE.identifiant, comptes.MOT_DE_PASSE)
    page.get_by_role("link", name="Enregistrer une nouvelle mesure").click()
    page.get_by_label("Date de décision").fill("15/03/2021")
    page.get_by_label("Type de mesure").select_option("Tutelle")
    page.get_by_label("Code postal").fill("62179")  # several communes
    page.get_by_label("Homme").check(force=True)
    page.get_by_label("Année de naissance").fill("1940")
    page.get_by_label("En établissement", exact=True).check(force=True)
    page.get_by_role("textbox", name="Établissement", exact=True).fill("les oyats")
    page.get_by_role("button", name="Valider", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Plusieurs communes correspondent")
    expect(page.get_by_label("Année de naissance")).to_have_value("1940")
    page.get_by_label(re.compile("Wissant")).check(force=True)
    page.get_by_role("button", name="Valider", exact=True).click()
    expect(page.get_by_role("link", name="Mesures en cours (53)")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("Wissant")


def test_au_clavier_seul(page: Page, live_server: LiveServer, demonstration: None) -> None:
    """A mesure is entered with Tab, the arrows and Enter, without the mouse."""
    se_connecter_par_la_page(page, live_server, comptes.PREPOSE.identifiant, comptes.MOT_DE_PASSE)
    page.get_by_role("link", name="Enregistrer une nouvelle mesure").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Date de décision").focus()
    clavier = page.keyboard
    clavier.type("15/03/2021")
    clavier.press("Tab")
    clavier.type("Tut")  # the native list picks by its first letters
    clavier.press("Tab")
    clavier.type("62100")
    clavier.press("Tab")
    expect(page.get_by_role("combobox", name="Commune")).to_have_value(re.compile("Calais"))
    page.get_by_label("Femme").focus()
    clavier.press("Space")
    clavier.press("Tab")
    clavier.type("1962")
    clavier.press("Tab")
    clavier.press("Space")  # « À domicile »
    expect(page.get_by_label("À domicile")).to_be_checked()
    page.get_by_label("Année de naissance").press("Enter")
    expect(page.get_by_role("link", name="Mesures en cours (53)")).to_be_visible()
