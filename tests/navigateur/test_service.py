"""The guide of services, word by word: informations, courts, number of mesures; then the total, later on."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from mandataires.models import Declaration, Mandataire
from tests.factories import MandataireFactory, MembreFactory
from tests.navigateur.conftest import se_connecter, verifier_accessibilite, verifier_largeur
from tribunaux.models import Tribunal

CONFIRMER = "1\xa0450 → 145 : confirmez, ou corrigez ce nombre."


def carte(page: Page) -> Locator:
    return page.get_by_role("region", name=re.compile("tous TI confondus"))


@pytest.fixture
def nouveau(transactional_db: None, tribunal: Tribunal, autre_tribunal: Tribunal) -> User:
    """A member of a service just opened: a name, and nothing else."""
    vide = {"telephone": "", "email": "", "adresse": "", "commune": None, "capacite": None}
    return MembreFactory(mandataire=MandataireFactory(service=True, nom="Service Témoin", **vide)).user


def test_premiere_connexion(page: Page, live_server: LiveServer, nouveau: User) -> None:
    se_connecter(page, live_server, nouveau)
    expect(page.get_by_role("link", name="Mesures en cours (?)")).to_have_attribute("aria-current", "page")
    etapes = page.get_by_role("region", name="Pour bien démarrer").get_by_role("listitem")
    expect(etapes).to_have_count(3)
    expect(carte(page)).to_contain_text("aucun nombre déclaré")

    # 1ère étape : complétez les informations du service
    page.get_by_role("link", name="Vos informations").click()
    for absent in ("tablissement", "Genre", "ecrétariat"):
        expect(page.get_by_role("main")).not_to_contain_text(absent)
    page.get_by_role("link", name="Modifier vos informations").click()
    fenetre = page.get_by_role("dialog", name="Modifier vos informations")
    fenetre.get_by_label("Nom du service").fill("Association Témoin")
    fenetre.get_by_label(re.compile("^Adresse \\*")).fill("1 rue de l'Exemple")
    fenetre.get_by_label("Code postal").fill("62100")
    fenetre.get_by_label("Code postal").press("Tab")
    expect(fenetre.get_by_role("combobox", name="Commune")).to_have_value(re.compile("Calais"))
    fenetre.get_by_label("Téléphone").fill("03 21 00 00 00")
    fenetre.get_by_label(re.compile("^Adresse e-mail")).fill("temoin@example.org")
    fenetre.get_by_label("Nombre de mesures souhaité ou autorisé").fill("1 600")
    verifier_accessibilite(page)
    fenetre.get_by_role("button", name="Valider").click()
    expect(page.get_by_role("status").filter(has_text="Informations enregistrées")).to_be_visible()
    expect(page.get_by_role("region", name="Le service")).to_contain_text("1 rue de l'Exemple")

    # 2eme étape : ajoutez le ou les TI dans lesquels vous êtes agréé
    tribunaux = page.get_by_role("region", name="Vos tribunaux").get_by_role("listitem")
    for rang, (lettres, nom) in enumerate({"cal": "Calais", "arr": "Arras"}.items(), start=1):
        page.get_by_role("link", name="Ajouter un nouveau TI").click()
        fenetre = page.get_by_role("dialog", name="Ajouter un nouveau TI")
        fenetre.get_by_role("combobox", name="Nouveau TI").fill(lettres)
        page.get_by_role("option", name=re.compile(nom)).click()
        fenetre.get_by_role("button", name="Valider").click()
        expect(tribunaux.filter(has_text=nom)).to_be_visible()
        expect(tribunaux).to_have_count(rang)

    # 3eme étape : indiquez le nombre de mesures en cours
    expect(etapes.get_by_role("link", name="Indiquer le nombre de mesures en cours", exact=True)).to_be_visible()
    page.get_by_role("link", name="Modifier vos informations").click()
    fenetre = page.get_by_role("dialog", name="Modifier vos informations")
    champ = fenetre.get_by_label("Nombre de mesures en cours")
    champ.fill("-1")
    fenetre.get_by_role("button", name="Valider").click()
    expect(fenetre.get_by_role("alert").filter(has_text="Écrivez un nombre positif, ou 0.")).to_be_focused()
    champ.fill("1 450")
    fenetre.get_by_role("button", name="Valider").click()
    expect(page.get_by_role("link", name="Mesures en cours (1\xa0450)")).to_be_visible()
    expect(page.get_by_role("region", name="Pour bien démarrer")).to_have_count(0)
    assert Declaration.objects.get().by == nouveau


def test_le_total_en_cinq_secondes(page: Page, live_server: LiveServer, service: User) -> None:
    se_connecter(page, live_server, service)
    verifier_accessibilite(page)
    champ = carte(page).get_by_label("Nombre total")
    expect(champ).to_have_value("1450")
    champ.fill("1 462")
    champ.press("Enter")
    expect(page.get_by_role("status").filter(has_text="1\xa0462 mesures en cours déclarées")).to_be_visible()
    expect(carte(page)).to_contain_text("1\xa0462 / 1\xa0600 autorisées")
    expect(page.get_by_role("link", name="Mesures en cours (1\xa0462)")).to_be_visible()
    expect(carte(page)).to_contain_text(f"par {service}, visible immédiatement par les juges.")

    carte(page).get_by_role("button", name="Toujours exact").click()
    expect(page.get_by_role("status")).to_contain_text("1\xa0462 mesures en cours déclarées")

    carte(page).get_by_role("link", name="Les déclarations et leur courbe").click()
    expect(page.locator(".declarations tbody tr")).to_have_count(3)
    page.get_by_text("Les mêmes nombres en tableau").click()
    expect(page.locator(".courbe__tableau tbody tr")).to_have_count(13)
    verifier_accessibilite(page)
    verifier_largeur(page)


def test_un_grand_ecart_se_confirme(page: Page, live_server: LiveServer, service: User) -> None:
    Mandataire.objects.update(adresse="1 rue de l'Exemple", code_postal="62100", commune="62193")
    se_connecter(page, live_server, service)
    carte(page).get_by_label("Nombre total").fill("145")
    carte(page).get_by_role("button", name="Valider").click()
    expect(page.get_by_role("alert")).to_contain_text(CONFIRMER)
    expect(page.get_by_label("Nombre de mesures en cours")).to_have_value("145")
    verifier_accessibilite(page)
    page.get_by_role("button", name="Valider").click()  # without the box, it asks again
    expect(page.get_by_role("alert")).to_contain_text(CONFIRMER)
    page.get_by_role("link", name="Annuler").click()
    expect(carte(page)).to_contain_text("1\xa0450 / 1\xa0600")

    page.get_by_role("link", name="Vos informations").click()
    page.get_by_role("link", name="Modifier vos informations").click()
    fenetre = page.get_by_role("dialog", name="Modifier vos informations")
    fenetre.get_by_label("Téléphone").fill("03 21 99 99 99")
    fenetre.get_by_label("Nombre de mesures en cours").fill("145")
    fenetre.get_by_role("button", name="Valider").click()
    expect(fenetre.get_by_role("alert").filter(has_text=CONFIRMER)).to_be_focused()
    expect(fenetre.get_by_label("Téléphone")).to_have_value("03 21 99 99 99")
    verifier_accessibilite(page)
    fenetre.get_by_label("Oui, ce nombre est exact").check(force=True)
    fenetre.get_by_role("button", name="Valider").click()
    expect(page.get_by_role("link", name="Mesures en cours (145)")).to_be_visible()


def test_la_source_du_total(page: Page, live_server: LiveServer, service: User) -> None:
    se_connecter(page, live_server, service)
    carte(page).get_by_role("link", name="Choisir la source du total").click()
    expect(page.get_by_label("Le nombre que vous déclarez : 1\xa0450")).to_be_checked()
    page.get_by_label("Le compte des mesures enregistrées ici : 0").check(force=True)
    verifier_accessibilite(page)
    page.get_by_role("button", name="Valider").click()
    expect(page.get_by_role("link", name="Mesures en cours (0)")).to_be_visible()
    expect(carte(page).get_by_role("button")).to_have_count(0)
    verifier_accessibilite(page)
    page.get_by_role("link", name="Vos informations").click()
    page.get_by_role("link", name="Modifier vos informations").click()
    expect(page.get_by_role("dialog").get_by_label("Nombre de mesures en cours")).to_be_disabled()


def test_sans_javascript_sur_un_telephone(
    browser: Browser, live_server: LiveServer, service: User, browser_context_args: dict[str, Any]
) -> None:
    telephone = {**browser_context_args, "viewport": {"width": 360, "height": 740}}
    page = browser.new_context(**telephone, java_script_enabled=False).new_page()
    se_connecter(page, live_server, service)
    carte(page).get_by_label("Nombre total").fill("145")
    carte(page).get_by_role("button", name="Valider").click()
    expect(page.get_by_role("main")).to_contain_text(CONFIRMER)
    page.get_by_label("Oui, ce nombre est exact").check(force=True)
    page.get_by_role("button", name="Valider").click()
    expect(page.get_by_role("link", name="Mesures en cours (145)")).to_be_visible()
    carte(page).get_by_role("button", name="Toujours exact").click()
    expect(page.get_by_role("main")).to_contain_text("145 mesures en cours déclarées")
