"""What JavaScript adds to the form of a mesure, and what it must never cost."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from mesures.models import Mesure
from tests.factories import MOT_DE_PASSE, CommuneFactory
from tests.navigateur.conftest import se_connecter, verifier_accessibilite
from tests.test_access import Personnes


@pytest.fixture
def formulaire(page: Page, live_server: LiveServer, personnes: Personnes) -> Page:
    se_connecter(page, live_server, personnes.prepose)
    page.goto(live_server.url + "/mesures/nouvelle/")
    return page


def test_un_code_postal_d_une_commune_la_choisit(formulaire: Page) -> None:
    formulaire.get_by_label("Code postal").press_sequentially("62100")
    expect(formulaire.get_by_role("combobox", name="Commune")).to_have_value("Calais (62)")
    expect(formulaire.locator("input[name=commune]")).to_have_value("62193")


def test_un_code_postal_de_plusieurs_communes_les_propose(formulaire: Page) -> None:
    for nom in ("Wissant", "Tardinghen"):
        CommuneFactory(nom=nom, codes_postaux=["62179"])
    formulaire.get_by_label("Code postal").press_sequentially("62179")
    formulaire.keyboard.press("Tab")
    expect(formulaire.locator("#id_commune__listbox").get_by_role("option")).to_have_count(2)
    formulaire.keyboard.press("ArrowDown")
    formulaire.keyboard.press("Enter")
    expect(formulaire.get_by_role("combobox", name="Commune")).to_have_value(re.compile("Tardinghen|Wissant"))


def test_un_texte_change_apres_le_choix_ne_garde_pas_l_ancien(formulaire: Page) -> None:
    formulaire.get_by_label("Code postal").press_sequentially("62100")
    commune = formulaire.get_by_role("combobox", name="Commune")
    expect(commune).to_have_value("Calais (62)")
    commune.fill("Calai")
    expect(formulaire.locator("input[name=commune]")).to_have_value("")


def test_l_etablissement_ne_se_montre_que_s_il_faut(formulaire: Page) -> None:
    etablissement = formulaire.get_by_role("combobox", name="Établissement")
    expect(etablissement).to_be_hidden()
    formulaire.get_by_label("En établissement", exact=True).check(force=True)
    expect(etablissement).to_be_visible()
    formulaire.get_by_label("À domicile").check(force=True)
    expect(etablissement).to_be_hidden()


def test_un_double_clic_n_enregistre_qu_une_mesure(formulaire: Page, personnes: Personnes) -> None:
    formulaire.get_by_label("Date de décision").fill("15/03/2021")
    formulaire.get_by_label("Type de mesure").select_option("Tutelle")
    formulaire.get_by_label("Code postal").press_sequentially("62100")
    expect(formulaire.locator("input[name=commune]")).to_have_value("62193")
    formulaire.get_by_label("Homme").check(force=True)
    formulaire.get_by_label("Année de naissance").fill("1950")
    formulaire.get_by_label("À domicile").check(force=True)

    def lentement(route: Route) -> None:
        formulaire.wait_for_timeout(300)
        route.continue_()

    formulaire.route("**/mesures/nouvelle/", lentement)
    formulaire.get_by_role("button", name="Valider", exact=True).dblclick()
    expect(formulaire.get_by_role("link", name="Mesures en cours (2)")).to_be_visible()
    assert _mesures_de(personnes.prepose) == 2


def _mesures_de(user: User) -> int:
    return Mesure.objects.visible_to(user).count()


def test_echap_ne_choisit_rien_et_garde_le_focus(formulaire: Page) -> None:
    commune = formulaire.get_by_role("combobox", name="Commune")
    commune.press_sequentially("cal")
    formulaire.locator("#id_commune__listbox").get_by_role("option").first.wait_for()
    formulaire.keyboard.press("ArrowDown")
    formulaire.keyboard.press("Escape")
    expect(commune).to_be_focused()
    expect(commune).to_have_value("cal")
    expect(formulaire.locator("input[name=commune]")).to_have_value("")
    expect(formulaire.get_by_label("Code postal")).to_have_value("")


def test_tab_prend_la_proposition(formulaire: Page) -> None:
    commune = formulaire.get_by_role("combobox", name="Commune")
    commune.press_sequentially("cal")
    formulaire.locator("#id_commune__listbox").get_by_role("option").first.wait_for()
    formulaire.keyboard.press("ArrowDown")
    formulaire.keyboard.press("Tab")
    expect(commune).to_have_value("Calais (62)")
    expect(formulaire.get_by_label("Code postal")).to_have_value("62100")


def test_le_code_postal_restreint_les_communes(formulaire: Page) -> None:
    CommuneFactory(nom="Escalles", codes_postaux=["62179"])
    CommuneFactory(nom="Wissant", codes_postaux=["62179"])
    CommuneFactory(nom="Escaudain", population=9000)
    formulaire.get_by_label("Code postal").press_sequentially("62179")
    commune = formulaire.get_by_role("combobox", name="Commune")
    commune.press_sequentially("esc")
    expect(formulaire.locator("#id_commune__listbox").get_by_role("option")).to_have_count(1)
    expect(formulaire.locator("#id_commune__listbox")).to_contain_text("Escalles")


def test_une_session_finie_le_dit_et_ramene_au_formulaire(formulaire: Page) -> None:
    """And what was typed is there once its author is back."""
    formulaire.get_by_label("Date de décision").fill("15/03/2021")
    formulaire.get_by_label("Année de naissance").fill("1950")
    formulaire.context.clear_cookies(name="sessionid")
    formulaire.get_by_role("button", name="Valider", exact=True).click()
    expect(formulaire.get_by_role("alert")).to_contain_text("Votre session a pris fin")
    formulaire.get_by_label("Identifiant").fill("prepose")
    formulaire.get_by_label(re.compile("^Mot de passe")).fill(MOT_DE_PASSE)
    formulaire.get_by_role("button", name="Me connecter").click()
    expect(formulaire.get_by_role("button", name="Valider ma saisie")).to_be_visible()
    verifier_accessibilite(formulaire)
    formulaire.get_by_role("button", name="Valider ma saisie").click()
    expect(formulaire.get_by_label("Date de décision")).to_have_value("15/03/2021")
    expect(formulaire.get_by_label("Année de naissance")).to_have_value("1950")
