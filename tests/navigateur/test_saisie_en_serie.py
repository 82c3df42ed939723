"""Sixty mesures in a row, by keyboard alone: what each costs in keys pressed."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from etablissements.models import Etablissement
from mesures.models import Mesure
from tests.factories import AgrementFactory, CommuneFactory, EtablissementFactory
from tests.navigateur.conftest import se_connecter, verifier_accessibilite, verifier_largeur
from tests.test_access import Personnes
from tribunaux.models import Tribunal

# A date without its separators, what is kept passed over, a year, two radio buttons, Ctrl and Entrée.
PRESSIONS_PAR_MESURE = 22
PRESSIONS_DE_LA_PREMIERE = 28


class Clavier:
    """A keyboard that counts the keys that a person presses; Ctrl and another key are two."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.pressions = 0

    def presser(self, *touches: str) -> None:
        for touche in touches:
            self.pressions += len(touche.split("+"))
            self.page.keyboard.press(touche)

    def taper(self, texte: str) -> None:
        self.pressions += len(texte)
        self.page.keyboard.type(texte)


@pytest.fixture
def formulaire(page: Page, live_server: LiveServer, personnes: Personnes) -> Page:
    se_connecter(page, live_server, personnes.prepose)
    page.get_by_role("link", name="Enregistrer une nouvelle mesure").click()
    expect(page.get_by_label("Date de décision")).to_be_focused()
    return page


def enregistree(page: Page) -> Locator:
    return page.get_by_role("status").filter(has_text="Mesure enregistrée")


def test_une_serie_au_clavier_seul(formulaire: Page, personnes: Personnes) -> None:
    clavier = Clavier(formulaire)
    clavier.taper("15032021")
    clavier.presser("Tab")
    clavier.taper("t")  # the native list picks by its first letters
    clavier.presser("Tab")
    clavier.taper("62100")
    clavier.presser("Tab")
    expect(formulaire.get_by_role("combobox", name="Commune")).to_have_value("Calais (62)")
    clavier.presser("Tab", "Space", "Tab")  # « Femme »
    clavier.taper("1962")
    clavier.presser("Tab", "Space", "Control+Enter")  # « À domicile »
    expect(enregistree(formulaire)).to_contain_text("Mesure enregistrée : Tutelle, femme, 1962, Calais.")
    assert clavier.pressions <= PRESSIONS_DE_LA_PREMIERE

    for rang, annee in enumerate(("1931", "1948", "1955", "1970"), start=2):
        expect(formulaire.get_by_role("link", name=f"Mesures en cours ({rang})")).to_be_visible()
        expect(formulaire.get_by_label("Date de décision")).to_be_focused()
        clavier = Clavier(formulaire)
        clavier.taper("16032021")
        clavier.presser("Tab", "Tab", "Tab", "Tab", "ArrowDown", "Tab")  # « Homme »
        clavier.taper(annee)
        clavier.presser("Tab", "Space", "Control+Enter")
        expect(enregistree(formulaire)).to_contain_text(f"Tutelle, homme, {annee}, Calais.")
        assert clavier.pressions <= PRESSIONS_PAR_MESURE

    serie = Mesure.objects.visible_to(personnes.prepose).filter(nature="tutelle")
    assert serie.count() == 5
    assert set(serie.values_list("commune", "code_postal", "tribunal__nom", "lieu_vie")) == {
        ("62193", "62100", "Tribunal de proximité de Calais", "domicile")
    }


def test_entree_dans_un_champ_valide_et_ramene_a_la_liste(formulaire: Page) -> None:
    """The first button of the form, not the second."""
    formulaire.keyboard.type("15032021")
    formulaire.keyboard.press("Tab")
    formulaire.keyboard.type("t")
    formulaire.get_by_label("Code postal").press_sequentially("62100")
    expect(formulaire.locator("input[name=commune]")).to_have_value("62193")
    formulaire.get_by_label("Homme").press("Space")
    formulaire.get_by_label("À domicile").press("Space")
    formulaire.get_by_label("Année de naissance").fill("1950")
    formulaire.keyboard.press("Enter")
    expect(formulaire.get_by_role("heading", level=1)).to_have_text("Mesures en cours")
    expect(enregistree(formulaire)).to_be_visible()


def test_tab_ne_s_arrete_que_la_ou_l_on_saisit(formulaire: Page) -> None:
    arrets = []
    while formulaire.locator(":focus").inner_text() != "Annuler":
        arrets.append(
            formulaire.evaluate("document.activeElement.id || document.activeElement.textContent.trim()")
        )
        formulaire.keyboard.press("Tab")
    assert arrets == [
        "id_date_decision",
        "id_nature",
        "id_code_postal",
        "id_commune",
        "id_genre_0",
        "id_annee_naissance",
        "id_lieu_vie_0",
        "Informations complémentaires ·\u00a0Tribunal de proximité de Calais (ancien TI)",
        "Valider",
        "Valider et saisir une autreCtrl + Entrée",
    ]


def test_ctrl_entree_dans_une_liste_ouverte_enregistre_aussi(formulaire: Page) -> None:
    """The server understands what was typed, without waiting for a pick."""
    remplir(formulaire)
    commune = formulaire.get_by_role("combobox", name="Commune")
    commune.fill("cala")
    formulaire.locator("#id_commune__listbox").get_by_role("option").first.wait_for()
    commune.press("Control+Enter")
    expect(enregistree(formulaire)).to_contain_text("Tutelle, homme, 1950, Calais.")
    expect(formulaire.get_by_label("Date de décision")).to_be_focused()


def test_le_raccourci_est_dit_et_n_ouvre_pas_un_lien(formulaire: Page) -> None:
    bouton = formulaire.get_by_role("button", name="Valider et saisir une autre", exact=True)
    expect(bouton).to_have_attribute("aria-keyshortcuts", "Control+Enter Meta+Enter")
    expect(bouton).to_contain_text("Ctrl + Entrée")
    with formulaire.context.expect_page() as autre_onglet:
        formulaire.get_by_role("link", name="Annuler").press("Control+Enter")
    autre_onglet.value.close()
    expect(formulaire.get_by_role("alert")).to_have_count(0)


def test_son_etablissement_d_abord_puis_la_liste(formulaire: Page, personnes: Personnes) -> None:
    calais = CommuneFactory(calais=True)
    EtablissementFactory(nom="Foyer du Beffroi", commune=calais, finess="620999999")
    remplir(formulaire)
    formulaire.get_by_label("À domicile").press("ArrowDown")
    formulaire.keyboard.press("Tab")
    etablissement = formulaire.get_by_role("combobox", name="Établissement")
    expect(etablissement).to_be_focused()
    options = formulaire.locator("#id_etablissement__listbox").get_by_role("option")
    expect(options).to_have_count(1)
    expect(options).to_contain_text("EHPAD Les Oyats")
    for texte in ("beff", "calais", "6209"):
        etablissement.fill(texte)
        expect(options).to_have_count(1)
        expect(options).to_contain_text("Foyer du Beffroi")
    etablissement.fill("")
    expect(options).to_contain_text("EHPAD Les Oyats")
    formulaire.keyboard.press("ArrowDown")
    formulaire.keyboard.press("Enter")
    expect(etablissement).to_have_value("EHPAD Les Oyats")
    verifier_accessibilite(formulaire)
    formulaire.keyboard.press("Control+Enter")
    expect(enregistree(formulaire)).to_be_visible()
    assert Mesure.objects.latest("pk").etablissement == Etablissement.objects.get(nom="EHPAD Les Oyats")


def test_un_etablissement_hors_de_la_liste(formulaire: Page) -> None:
    remplir(formulaire)
    formulaire.get_by_label("À domicile").press("ArrowDown")
    formulaire.keyboard.press("Tab")
    formulaire.keyboard.press("Tab")
    formulaire.keyboard.type("Maison des Flots")
    formulaire.keyboard.press("Enter")
    expect(enregistree(formulaire)).to_be_visible()
    assert Mesure.objects.latest("pk").etablissement_nom == "Maison des Flots"


def test_un_long_texte_colle_n_est_pas_coupe_en_silence(formulaire: Page) -> None:
    remplir(formulaire)
    formulaire.get_by_text("Informations complémentaires").click()
    formulaire.get_by_label("Numéro de dossier").fill("😀" * 200)
    formulaire.keyboard.press("Enter")
    expect(formulaire.get_by_role("alert")).to_contain_text("50 caractères")
    expect(formulaire.get_by_label("Numéro de dossier")).to_have_value("😀" * 200)
    verifier_accessibilite(formulaire)


def test_le_pli_dit_le_tribunal_qu_on_vient_de_choisir(
    formulaire: Page, personnes: Personnes, autre_tribunal: Tribunal
) -> None:
    pli = formulaire.get_by_text("Informations complémentaires")
    expect(pli).to_contain_text("· Tribunal de proximité de Calais (ancien TI)")
    pli.click()
    formulaire.get_by_role("combobox", name="Tribunal").fill("arras")
    formulaire.get_by_role("option", name=re.compile("Arras")).click()
    pli.click()
    expect(pli).to_contain_text("· Tribunal judiciaire d'Arras")


@pytest.mark.parametrize("etat", ["nouvelle", "apres", "tribunal a choisir", "erreurs"])
def test_chaque_etat_est_accessible(
    formulaire: Page, live_server: LiveServer, personnes: Personnes, autre_tribunal: Tribunal, etat: str
) -> None:
    mandataire = personnes.prepose.membre.mandataire
    if etat == "apres":
        remplir(formulaire)
        formulaire.keyboard.press("Control+Enter")
        expect(enregistree(formulaire)).to_be_visible()
    elif etat == "tribunal a choisir":
        AgrementFactory(mandataire=mandataire, tribunal=autre_tribunal)
        mandataire.mesures.all().delete()
        formulaire.reload()
        expect(formulaire.get_by_role("combobox", name="Tribunal")).to_be_visible()
    elif etat == "erreurs":
        formulaire.keyboard.press("Control+Enter")
        expect(formulaire.get_by_role("alert")).to_be_focused()
    verifier_accessibilite(formulaire)
    verifier_largeur(formulaire)


def test_sans_javascript(
    browser: Browser, live_server: LiveServer, personnes: Personnes, browser_context_args: dict
) -> None:
    """A series too, and one's own establishment among radio buttons."""
    page = browser.new_context(**browser_context_args, java_script_enabled=False).new_page()
    se_connecter(page, live_server, personnes.prepose)
    page.goto(live_server.url + "/mesures/nouvelle/")
    expect(page.get_by_text("Ctrl + Entrée")).to_be_hidden()
    page.get_by_label("Date de décision").fill("15032021")
    page.get_by_label("Type de mesure").select_option("Tutelle")
    page.get_by_label("Code postal").fill("62100")
    page.get_by_label("Homme").check(force=True)
    page.get_by_label("Année de naissance").fill("1950")
    page.get_by_label("En établissement", exact=True).check(force=True)
    page.get_by_role("button", name="Valider et saisir une autre").click()
    expect(page.get_by_role("alert")).to_contain_text("Indiquez l'établissement")
    page.get_by_label(re.compile("EHPAD Les Oyats")).check(force=True)
    page.get_by_role("button", name="Valider et saisir une autre").click()
    expect(enregistree(page)).to_be_visible()
    expect(page.get_by_label("Date de décision")).to_be_focused()
    expect(page.get_by_label("Code postal")).to_have_value("62100")


def remplir(page: Page) -> None:
    """An ordinary mesure, with the focus on its last answer."""
    page.get_by_label("Date de décision").fill("15032021")
    page.get_by_label("Type de mesure").select_option("Tutelle")
    page.get_by_label("Code postal").press_sequentially("62100")
    expect(page.locator("input[name=commune]")).to_have_value("62193")
    page.get_by_label("Homme").press("Space")
    page.get_by_label("Année de naissance").fill("1950")
    page.get_by_label("À domicile").press("Space")
