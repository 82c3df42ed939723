"""« Première connexion », as the guide tells it: informations, courts, establishments; then without its helps."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from mandataires.models import Mandataire
from tests.factories import (
    CommuneFactory,
    EtablissementFactory,
    MandataireFactory,
    MembreFactory,
    MesureFactory,
)
from tests.navigateur.conftest import se_connecter, verifier_accessibilite, verifier_largeur
from tribunaux.models import Commune, Tribunal

PHRASE_D_ALERTE = "aucun magistrat ne vous trouve dans sa liste"


def debutant(identifiant: str, **valeurs: Any) -> User:
    """Somebody just validated: a name, and nothing else."""
    vide = {"telephone": "", "email": "", "adresse": "", "commune": None, "capacite": None}
    return MembreFactory(user__username=identifiant, mandataire=MandataireFactory(**vide, **valeurs)).user


@pytest.fixture
def lieux(transactional_db: None, tribunal: Tribunal, autre_tribunal: Tribunal, calais: Commune) -> None:
    """Two courts, two establishments, and homonyms that must be told apart."""
    EtablissementFactory(nom="EHPAD Les Oyats", commune=calais)
    EtablissementFactory(nom="Centre hospitalier de la Dune", commune=calais)
    CommuneFactory(nom="Wissant", codes_postaux=["62179"])
    CommuneFactory(nom="Tardinghen", codes_postaux=["62179"])


def remplir_le_profil(page: Page) -> None:
    """The guide's fields, by their labels; the commune is left to who calls."""
    page.get_by_label("Femme").check(force=True)
    page.get_by_label("Adresse *", exact=True).fill("1 rue de l'Exemple")
    page.get_by_label(re.compile("^Téléphone \\*")).fill("03 21 00 00 00")
    page.get_by_label("Adresse e-mail de contact").fill("camille@example.org")
    page.get_by_label("Nombre de mesures souhaitées").fill("60")
    page.get_by_label("Oui").check(force=True)
    page.get_by_label(re.compile("équivalent temps plein")).fill("0,8")


def test_premiere_connexion_d_un_prepose(page: Page, live_server: LiveServer, lieux: None) -> None:
    se_connecter(page, live_server, debutant("nouveau", prepose=True))
    expect(page.get_by_role("link", name="Mesures en cours (0)")).to_have_attribute("aria-current", "page")
    etapes = page.get_by_role("region", name="Pour bien démarrer").get_by_role("listitem")
    expect(etapes).to_have_count(4)
    expect(etapes.get_by_role("link", name="Comment faire ?")).to_have_attribute(
        "href", "/assistance/preposes/#enregistrer-vos-mesures"
    )

    # 1ere étape
    page.get_by_role("link", name="Mes informations").click()
    expect(page.get_by_role("main")).to_contain_text(PHRASE_D_ALERTE)
    verifier_accessibilite(page)
    page.get_by_role("link", name="Modifier mon profil").click()
    fenetre = page.get_by_role("dialog", name="Modifier mon profil")
    expect(fenetre.get_by_role("heading", name="Modifier mon profil")).to_be_focused()
    expect(page).to_have_url(re.compile("/informations/$"))
    expect(fenetre).to_contain_text("Les champs marqués d'un astérisque (*) sont obligatoires.")
    remplir_le_profil(page)
    fenetre.get_by_label("Code postal").fill("62100")
    fenetre.get_by_label("Code postal").press("Tab")
    expect(fenetre.get_by_role("combobox", name="Commune")).to_have_value(re.compile("Calais"))
    fenetre.get_by_label(re.compile("équivalent temps plein")).fill("-1")
    fenetre.get_by_role("button", name="Valider").click()
    expect(fenetre.get_by_role("alert").filter(has_text="Écrivez un nombre positif")).to_be_focused()
    expect(fenetre.get_by_label(re.compile("^Téléphone \\*"))).to_have_value("03 21 00 00 00")
    verifier_accessibilite(page)
    fenetre.get_by_label(re.compile("équivalent temps plein")).fill("0,8")
    fenetre.get_by_role("button", name="Valider").click()
    expect(page.get_by_role("status").filter(has_text="Informations enregistrées")).to_be_focused()
    expect(page.get_by_role("dialog")).to_have_count(0)
    for valeur in ("1 rue de l'Exemple", "62100 Calais", "0,8 ETP", "camille@example.org"):
        expect(page.get_by_role("region", name="Mon profil")).to_contain_text(valeur)
    expect(page.get_by_role("banner")).to_contain_text("0 / 60")

    # 2eme étape
    champ = page.get_by_role("combobox", name="Tribunaux d'Instance où je suis agréé")
    champ.fill("cal")
    page.get_by_role("option", name=re.compile("Tribunal de proximité de Calais")).click()
    tribunaux = page.get_by_role("region", name="Mes tribunaux").get_by_role("listitem")
    expect(tribunaux).to_have_text([re.compile(r"Tribunal de proximité de Calais \(ancien TI\)")])
    expect(page.get_by_role("main")).not_to_contain_text(PHRASE_D_ALERTE)
    champ.fill("arr")
    champ.press("ArrowDown")
    champ.press("Enter")
    expect(tribunaux).to_have_count(2)
    page.get_by_role("button", name="Retirer le tribunal judiciaire d'Arras").click()
    expect(tribunaux).to_have_count(1)
    page.get_by_role("button", name="Rétablir").click()
    expect(tribunaux).to_have_count(2)
    champ.fill("calais")
    page.get_by_role("option", name=re.compile("Calais")).click()
    expect(page.get_by_role("alert")).to_contain_text("Tribunal de proximité de Calais : déjà dans votre liste.")
    verifier_accessibilite(page)
    page.get_by_role("link", name="Annuler").click()

    # 3eme étape
    page.get_by_role("link", name="Ajouter un établissement").click()
    fenetre = page.get_by_role("dialog", name="Ajouter un établissement")
    fenetre.get_by_role("combobox", name="Établissement").fill("oya")
    page.get_by_role("option", name=re.compile("Les Oyats")).click()
    fenetre.get_by_role("button", name="Ajouter une ligne").click()
    expect(fenetre.get_by_role("combobox", name="Établissement 1")).to_have_value("EHPAD Les Oyats")
    fenetre.get_by_role("combobox", name="Établissement 2").fill("dune")
    page.get_by_role("option", name=re.compile("de la Dune")).click()
    fenetre.get_by_label("Mon établissement n'est pas dans la liste").fill("Foyer des Bruyères, Guînes")
    verifier_accessibilite(page)
    fenetre.get_by_role("button", name="Valider").click()
    etablissements = page.get_by_role("region", name="Mes établissements").get_by_role("listitem")
    expect(etablissements).to_have_count(3)
    page.get_by_role("button", name="Retirer l'établissement Centre hospitalier de la Dune").click()
    expect(etablissements).to_have_count(2)
    page.get_by_role("button", name="Rétablir").click()
    expect(etablissements).to_have_count(3)

    expect(etapes.filter(has=page.get_by_text(": fait"))).to_have_count(3)
    MesureFactory(mandataire=Mandataire.objects.get())
    page.reload()
    expect(page.get_by_role("region", name="Pour bien démarrer")).to_have_count(0)
    page.get_by_role("link", name="Ce que voient les magistrats").click()
    expect(page.get_by_role("main")).to_contain_text("exactement comme ils la lisent")
    expect(page.get_by_role("main")).to_contain_text("Foyer des Bruyères, Guînes")


def test_un_individuel_sur_un_telephone(page: Page, live_server: LiveServer, lieux: None) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    se_connecter(page, live_server, debutant("individuel2"))
    expect(page.get_by_role("region", name="Pour bien démarrer").get_by_role("listitem")).to_have_count(3)
    page.get_by_role("link", name="Mes informations").click()
    expect(page.get_by_role("link", name="Ajouter un établissement")).to_have_count(0)
    expect(page.get_by_role("main")).not_to_contain_text("tablissement")
    page.get_by_role("link", name="Modifier mon profil").click()
    remplir_le_profil(page)
    page.get_by_label("Code postal").fill("62179")
    fenetre = page.get_by_role("dialog")
    page.get_by_label("Code postal").press("Tab")
    page.get_by_role("option", name=re.compile("Wissant")).click()
    verifier_accessibilite(page)
    depassement = page.evaluate(
        "document.querySelector('dialog').scrollWidth > document.querySelector('dialog').clientWidth"
    )
    assert not depassement
    fenetre.get_by_role("button", name="Valider").click()
    expect(page.get_by_role("region", name="Mon profil")).to_contain_text("62179 Wissant")
    page.get_by_role("combobox", name="Tribunaux d'Instance où je suis agréé").fill("TJ Arr")
    page.get_by_role("option", name=re.compile("Arras")).click()
    expect(page.get_by_role("button", name="Retirer le tribunal judiciaire d'Arras")).to_be_visible()
    page.get_by_role("link", name="Signaler une interruption").click()
    fenetre = page.get_by_role("dialog", name="Signaler une interruption")
    fenetre.get_by_role("button", name="Valider").click()
    expect(fenetre.get_by_role("alert").filter(has_text="Choisissez la raison.")).to_be_focused()
    verifier_accessibilite(page)
    fenetre.get_by_label("Raison").select_option(label="congés")
    fenetre.get_by_role("button", name="Valider").click()
    expect(page.get_by_role("status").filter(has_text="est indisponible depuis le")).to_be_focused()
    expect(page.get_by_role("banner")).to_contain_text("Indisponible")
    verifier_accessibilite(page)
    verifier_largeur(page, 320)
    page.get_by_role("button", name="Reprendre dès aujourd'hui").click()
    expect(page.get_by_role("banner")).to_contain_text("60 disponibles")


def test_la_fenetre_au_clavier(page: Page, live_server: LiveServer, prepose: User) -> None:
    """Escape keeps what was typed, « Annuler » drops it, and both give the focus back."""
    se_connecter(page, live_server, prepose)
    page.get_by_role("link", name="Mes informations").click()
    lien = page.get_by_role("link", name="Modifier mon profil")
    expect(lien).to_be_visible()  # a key is struck at once, whatever the page is doing
    lien.focus()
    page.keyboard.press("Enter")
    fenetre = page.get_by_role("dialog")
    fenetre.get_by_label("Adresse *", exact=True).fill("2 rue du Brouillon")
    page.keyboard.press("Escape")
    expect(lien).to_be_focused()
    page.keyboard.press("Enter")
    expect(fenetre.get_by_label("Adresse *", exact=True)).to_have_value("2 rue du Brouillon")
    fenetre.get_by_role("link", name="Annuler").click()
    expect(lien).to_be_focused()
    page.keyboard.press("Enter")
    expect(fenetre.get_by_label("Adresse *", exact=True)).to_have_value("")


def test_la_fenetre_rouverte_d_un_geste(page: Page, live_server: LiveServer, prepose: User) -> None:
    """Before the browser has told of its end: by Escape, then by « Annuler », which drops what was typed."""
    se_connecter(page, live_server, prepose)
    page.get_by_role("link", name="Mes informations").click()
    lien = page.get_by_role("link", name="Modifier mon profil")
    lien.click()
    adresse = page.get_by_role("dialog").get_by_label("Adresse *", exact=True)
    adresse.fill("2 rue du Brouillon")
    lien.evaluate("(lien) => { document.querySelector('dialog').close(); lien.click(); }")
    page.wait_for_timeout(100)
    expect(adresse).to_have_value("2 rue du Brouillon")
    lien.evaluate("(lien) => { document.querySelector('dialog a.fr-btn--tertiary').click(); lien.click(); }")
    expect(adresse).to_have_value("")


def test_une_session_finie_ne_perd_pas_la_saisie(page: Page, live_server: LiveServer, prepose: User) -> None:
    Mandataire.objects.update(adresse="1 rue de l'Exemple", code_postal="62100", commune=prepose_commune())
    se_connecter(page, live_server, prepose)
    page.get_by_role("link", name="Mes informations").click()
    page.get_by_role("link", name="Modifier mon profil").click()
    fenetre = page.get_by_role("dialog")
    fenetre.get_by_label("Nombre de mesures souhaitées").fill("77")
    page.context.clear_cookies()
    fenetre.get_by_role("button", name="Valider").click()
    expect(fenetre.get_by_role("alert").filter(has_text="Votre session a pris fin")).to_be_visible()
    autre_onglet = page.context.new_page()
    se_connecter(autre_onglet, live_server, prepose)
    fenetre.get_by_role("button", name="Valider").click()
    expect(page.get_by_role("region", name="Mon profil")).to_contain_text("77")


def prepose_commune() -> Commune:
    return Commune.objects.get(nom="Calais")


def test_un_service(page: Page, live_server: LiveServer, lieux: None, service: User) -> None:
    se_connecter(page, live_server, service)
    page.get_by_role("link", name="Vos informations").click()
    page.get_by_role("link", name="Ajouter un nouveau TI").click()
    fenetre = page.get_by_role("dialog", name="Ajouter un nouveau TI")
    fenetre.get_by_role("combobox", name="Nouveau TI").fill("arr")
    page.get_by_role("option", name=re.compile("Arras")).click()
    fenetre.get_by_role("button", name="Valider").click()
    expect(page.get_by_role("region", name="Vos tribunaux").get_by_role("listitem")).to_have_count(2)
    page.get_by_role("link", name="Modifier vos informations").click()
    fenetre = page.get_by_role("dialog", name="Modifier vos informations")
    expect(fenetre.get_by_label("Nombre de mesures souhaité ou autorisé")).to_have_value("1600")
    expect(fenetre.get_by_label("Prénom")).to_have_count(0)
    verifier_accessibilite(page)


def test_sans_javascript(
    browser: Browser, live_server: LiveServer, lieux: None, browser_context_args: dict[str, Any]
) -> None:
    """The three steps, as plain pages."""
    page = browser.new_context(**browser_context_args, java_script_enabled=False).new_page()
    se_connecter(page, live_server, debutant("nouveau", prepose=True))
    page.get_by_role("link", name="Mes informations").click()
    page.get_by_role("link", name="Modifier mon profil").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Modifier mon profil")
    remplir_le_profil(page)
    page.get_by_label("Code postal").fill("62179")
    page.get_by_role("button", name="Valider").click()
    page.get_by_label(re.compile("Wissant")).check(force=True)
    expect(page.get_by_label("Nombre de mesures souhaitées")).to_have_value("60")
    page.get_by_role("button", name="Valider").click()
    expect(page.get_by_role("region", name="Mon profil")).to_contain_text("62179 Wissant")

    page.get_by_role("textbox", name="Tribunaux d'Instance où je suis agréé").fill("TI Calais")
    page.get_by_role("button", name="Ajouter", exact=True).click()
    page.get_by_role("button", name="Retirer le tribunal de proximité de Calais").click()
    page.get_by_role("button", name="Rétablir").click()
    expect(page.get_by_role("button", name="Retirer le tribunal de proximité de Calais")).to_be_visible()

    page.get_by_role("link", name="Ajouter un établissement").click()
    page.get_by_role("textbox", name="Établissement", exact=True).fill("oyats")
    page.get_by_role("button", name="Ajouter une ligne").click()
    page.get_by_role("textbox", name="Établissement 2").fill("dune")
    page.get_by_role("button", name="Valider").click()
    expect(page.get_by_role("region", name="Mes établissements").get_by_role("listitem")).to_have_count(2)
