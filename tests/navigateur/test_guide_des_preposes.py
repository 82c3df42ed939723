"""The préposés' guide, word by word, from its first line to its last: one person, one browser."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from mesures.models import Mesure
from tests.factories import MagistratFactory
from tests.navigateur.conftest import (
    se_connecter,
    se_connecter_en_admin,
    se_connecter_par_la_page,
    verifier_accessibilite,
)
from tribunaux.models import Tribunal

IDENTIFIANT, MOT_DE_PASSE = "m.dubois", "Coquelicot"  # ten characters


pytestmark = pytest.mark.usefixtures("vrais_tribunaux")


def onglet(page: Page, nom: str | re.Pattern[str]) -> None:
    page.get_by_role("navigation", name="Menu principal").get_by_role("link", name=nom).click()


def test_le_guide_entier(
    page: Page, browser: Browser, live_server: LiveServer, admin: User, browser_context_args: dict[str, Any]
) -> None:
    s_inscrire(page, live_server)
    valider_la_demande(browser.new_context(**browser_context_args).new_page(), live_server, admin)
    se_connecter_et_se_deconnecter(page, live_server)
    completer_ses_informations(page)
    enregistrer_ses_mesures(page)
    modifier_une_mesure(page)
    mettre_fin_a_une_mesure(page)
    voir_la_carte(page)
    lire_en_magistrat(browser.new_context(**browser_context_args).new_page(), live_server)
    nous_contacter(page)


def s_inscrire(page: Page, live_server: LiveServer) -> None:
    page.goto(live_server.url + "/inscription/")
    page.get_by_text("Hauts-de-France").click()
    page.get_by_label("Tribunal de proximité de Calais (ancien TI)").check(force=True)
    page.get_by_role("group", name="Vous êtes un mandataire :").get_by_label("Préposé").check(force=True)
    for libelle, valeur in {
        "Identifiant désiré": IDENTIFIANT,
        "Mot de passe désiré": "Coquelico",  # one too few
        "Nom": "Dubois",
        "Prénom": "Maxime",
        "Adresse": "3 rue de l'Exemple",
        "Code postal": "62100",
        "Numéro de téléphone": "03 21 00 00 01",
        "Adresse e-mail": "m.dubois@example.org",
    }.items():
        page.get_by_role("textbox", name=re.compile(rf"^{libelle}( \*)?$")).fill(valeur)
    page.get_by_role("group", name="Noms d'établissements").get_by_role("combobox").first.fill("EHPAD Les Oyats")
    page.get_by_role("button", name="Créer mon compte").click()
    expect(page.get_by_role("alert").first).to_contain_text("10 caractères")
    page.get_by_role("textbox", name="Mot de passe désiré").fill(MOT_DE_PASSE)
    page.get_by_role("button", name="Créer mon compte").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Votre demande est reçue")


def valider_la_demande(page: Page, live_server: LiveServer, admin: User) -> None:
    se_connecter_en_admin(page, live_server, admin)
    page.goto(live_server.url + "/admin/mandataires/mandataire/")
    page.get_by_role("link", name=re.compile("Dubois")).first.click()
    page.get_by_role("link", name="Valider").click()
    page.get_by_role("button", name="Valider").click()
    expect(page.get_by_text("Maxime Dubois peut se connecter")).to_be_visible()


def se_connecter_et_se_deconnecter(page: Page, live_server: LiveServer) -> None:
    se_connecter_par_la_page(page, live_server, IDENTIFIANT, MOT_DE_PASSE)
    page.get_by_role("button", name="Se déconnecter").click()
    expect(page.get_by_role("banner").get_by_role("link", name="Se connecter")).to_be_visible()
    page.get_by_role("banner").get_by_role("link", name="Se connecter").click()
    page.get_by_label("Identifiant").fill(IDENTIFIANT)
    page.get_by_label(re.compile("^Mot de passe")).fill(MOT_DE_PASSE.lower())  # the case counts
    page.get_by_role("button", name="Me connecter").click()
    expect(page.get_by_role("alert").first).to_be_visible()
    se_connecter_par_la_page(page, live_server, IDENTIFIANT, MOT_DE_PASSE)


def completer_ses_informations(page: Page) -> None:
    onglet(page, "Mes informations")
    page.get_by_role("link", name="Modifier mon profil").click()
    fenetre = page.get_by_role("dialog")
    fenetre.get_by_label("Homme").check(force=True)
    fenetre.get_by_label("Nombre de mesures souhaitées").fill("60")
    fenetre.get_by_label("Oui").check(force=True)  # a secretariat
    fenetre.get_by_label(re.compile("ETP")).fill("0.8")
    fenetre.get_by_role("button", name="Valider").click()
    expect(page.get_by_role("region", name="Mon profil")).to_contain_text("0,8")
    tribunaux = page.get_by_role("combobox", name="Tribunaux d'Instance où je suis agréé")
    tribunaux.press_sequentially("bou")
    page.get_by_role("option", name=re.compile("Boulogne-sur-Mer")).click()
    page.get_by_role("button", name=re.compile("Retirer le tribunal.*Boulogne-sur-Mer")).click()
    expect(page.get_by_text(re.compile("Boulogne-sur-Mer retiré"))).to_be_visible()
    page.get_by_role("link", name="Ajouter un établissement").click()
    fenetre.get_by_role("combobox", name="Établissement").press_sequentially("beff")
    page.get_by_role("option", name=re.compile("Foyer du Beffroi")).click()
    fenetre.get_by_role("button", name="Valider").click()
    expect(page.get_by_role("region", name="Mes établissements").get_by_role("listitem")).to_have_count(2)


def enregistrer_ses_mesures(page: Page) -> None:
    onglet(page, "Mesures en cours (0)")
    page.get_by_role("link", name="Enregistrer une nouvelle mesure").first.click()
    page.get_by_label("Date de décision").fill("15/03/2021")
    page.get_by_label("Type de mesure").select_option("Curatelle renforcée")
    page.get_by_label("Code postal").fill("62100")
    page.get_by_label("Code postal").press("Tab")
    expect(page.get_by_role("combobox", name="Commune")).to_have_value(re.compile("Calais"))
    page.get_by_label("Femme").check(force=True)
    page.get_by_label("Année de naissance").fill("1962")
    page.get_by_label("En établissement", exact=True).check(force=True)
    page.get_by_role("combobox", name="Établissement").press_sequentially("oya")
    page.get_by_role("option", name=re.compile("Les Oyats")).click()
    page.get_by_role("button", name="Valider et saisir une autre").click()
    expect(page.get_by_text(re.compile("^Mesure enregistrée"))).to_be_visible()
    expect(page.get_by_role("link", name="Mesures en cours (1)")).to_be_visible()
    expect(page.get_by_label("Date de décision")).to_be_focused()
    page.get_by_label("Date de décision").fill("16032021")
    page.get_by_label("Homme").check(force=True)
    page.get_by_label("Année de naissance").fill("1950")
    page.get_by_label("À domicile").check(force=True)
    page.get_by_role("button", name="Valider", exact=True).click()
    expect(page.get_by_role("link", name="Mesures en cours (2)")).to_have_attribute("aria-current", "page")
    for texte in ("EHPAD Les Oyats", "F, 1962", "H, 1950"):
        expect(page.get_by_role("row").filter(has_text=texte)).to_have_count(1)


def modifier_une_mesure(page: Page) -> None:
    onglet(page, re.compile("^Mesures en cours"))
    page.get_by_role("row").filter(has_text="H, 1950").get_by_role("link", name=re.compile("^Modifier")).click()
    page.get_by_label("Type de mesure").select_option("Tutelle")
    page.get_by_label("Code postal").fill("62200")
    page.keyboard.press("Tab")
    expect(page.get_by_role("combobox", name="Commune")).to_have_value(re.compile("Boulogne-sur-Mer"))
    page.get_by_role("button", name="Valider", exact=True).click()
    ligne = page.get_by_role("row").filter(has_text="H, 1950")
    expect(ligne).to_contain_text("Tutelle")
    expect(ligne).to_contain_text("Boulogne-sur-Mer")


def mettre_fin_a_une_mesure(page: Page) -> None:
    onglet(page, re.compile("^Mesures en cours"))
    ligne = page.get_by_role("row").filter(has_text="F, 1962")
    ligne.get_by_role("link", name=re.compile("^Mettre fin au mandat")).click()
    fenetre = page.get_by_role("dialog")
    verifier_accessibilite(page)
    fenetre.get_by_label("Date de fin de mandat").fill("30/06/2026")
    fenetre.get_by_role("button", name="Eteindre la mesure").click()
    expect(page.get_by_role("link", name="Mesures en cours (1)")).to_be_visible()
    onglet(page, "Mesures éteintes")
    expect(page.get_by_role("row").filter(has_text="F, 1962")).to_contain_text("30/06/2026")
    page.get_by_role("button", name=re.compile("^Réactiver la mesure")).click()
    expect(page.get_by_role("link", name="Mesures en cours (2)")).to_be_visible()
    mesure = Mesure.objects.get(annee_naissance=1962)
    assert (mesure.date_extinction, mesure.motif_extinction) == (None, "")


def voir_la_carte(page: Page) -> None:
    onglet(page, "Vue carte")
    principal = page.get_by_role("main")
    expect(principal).to_contain_text("Calais")
    expect(principal).to_contain_text("Boulogne-sur-Mer")
    page.get_by_role("button", name=re.compile("^Calais")).click()
    expect(page.locator(".leaflet-popup")).to_contain_text("Curatelle renforcée")
    expect(page.locator(".leaflet-popup")).to_contain_text("1962")
    verifier_accessibilite(page)


def lire_en_magistrat(page: Page, live_server: LiveServer) -> None:
    """What was recorded is read by the court at once, and on the map a number below three is masked."""
    juge = MagistratFactory(user__username="juge", tribunal=Tribunal.objects.get(commune__nom="Calais")).user
    se_connecter(page, live_server, juge)
    page.get_by_role("link", name="Maxime Dubois", exact=True).click()
    principal = page.get_by_role("main")
    for texte in ("2 / 60", "03 21 00 00 01", "EHPAD Les Oyats", "Foyer du Beffroi", "0,8", "Ailleurs : 1 à 2"):
        expect(principal).to_contain_text(texte)
    expect(principal).not_to_contain_text("1962")


def nous_contacter(page: Page) -> None:
    page.get_by_role("link", name="Assistance").click()
    page.get_by_role("main").get_by_role("link", name=re.compile("préposé")).first.click()
    page.get_by_role("navigation", name="Sommaire").get_by_role("link", name="Nous contacter").click()
    expect(page.get_by_role("main").get_by_role("link", name="contact@emjpm.example.org").last).to_have_attribute(
        "href", "mailto:contact@emjpm.example.org"
    )
    page.get_by_role("button", name="Se déconnecter").click()
    expect(page.get_by_role("banner").get_by_role("link", name="Se connecter")).to_be_visible()
