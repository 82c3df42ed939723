"""From « S'inscrire » to the first login, word by word as the préposés' guide has it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core import mail
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from mandataires.models import Exercice, Mandataire
from tests.accounts.taches import courriels_envoyes
from tests.navigateur.conftest import se_connecter_en_admin, verifier_accessibilite, verifier_largeur

MOT_DE_PASSE = "Coquelicot 7 des dunes"


pytestmark = pytest.mark.usefixtures("vrais_tribunaux")


def ouvrir(page: Page, live_server: LiveServer) -> None:
    page.goto(live_server.url)
    page.get_by_role("link", name="S'inscrire").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("S'inscrire")


def remplir(page: Page, **autres: str) -> None:
    """Everything but courts, type, commune and establishments."""
    valeurs = {
        "Identifiant désiré": "m.dubois",
        "Mot de passe désiré": MOT_DE_PASSE,
        "Nom": "Dubois",
        "Prénom": "Maxime",
        "Adresse": "3 rue de l'Exemple",
        "Numéro de téléphone": "03 21 00 00 01",
        "Adresse e-mail": "m.dubois@example.org",
        **autres,
    }
    for libelle, valeur in valeurs.items():
        page.get_by_role("textbox", name=re.compile(rf"^{libelle}( \*)?$")).fill(valeur)


def creer(page: Page) -> None:
    page.get_by_role("button", name="Créer mon compte").click()


def test_le_guide_des_preposes_de_l_inscription_a_la_connexion(
    page: Page, browser: Browser, live_server: LiveServer, admin: User, browser_context_args: dict[str, Any]
) -> None:
    ouvrir(page, live_server)
    verifier_accessibilite(page)

    # Hauts-de-France, then a second court by its first letters, under its former name.
    page.get_by_text("Hauts-de-France").click()
    page.get_by_label("Tribunal de proximité de Calais (ancien TI)").check(force=True)
    recherche = page.get_by_label("Rechercher un tribunal")
    recherche.fill("tribunal d'instance de bou")
    expect(page.get_by_role("checkbox")).to_have_count(5)  # Boulogne, Bourges, Bourgoin…
    recherche.fill("TI boulogne-sur")
    expect(page.get_by_text("1 tribunal ; Entrée le choisit.")).to_be_visible()
    recherche.press("Enter")
    expect(page.locator("[data-resume] li")).to_have_text(
        [re.compile("Boulogne-sur-Mer"), "Tribunal de proximité de Calais (ancien TI)"]
    )

    groupe = page.get_by_role("group", name="Vous êtes un mandataire :")
    expect(page.get_by_label("Prénom")).to_be_hidden()
    groupe.get_by_label("Préposé").check(force=True)
    expect(page.get_by_role("group", name="Noms d'établissements")).to_be_visible()
    expect(page.get_by_label("Numéro SIRET")).to_be_hidden()
    expect(page.get_by_label("Nom du service")).to_be_hidden()
    remplir(page)
    page.get_by_label("Code postal").press_sequentially("62100")
    expect(page.get_by_role("combobox", name="Commune")).to_have_value("Calais (62)")
    page.get_by_role("combobox", name="Établissement 1").press_sequentially("oya")
    page.get_by_role("option", name=re.compile("Les Oyats")).click()
    page.get_by_role("button", name="Ajouter un autre établissement").click()
    libre = page.get_by_role("combobox", name="Établissement 2")
    expect(libre).to_be_focused()
    libre.press_sequentially("Beffroi")  # resembles one of the list, and is not its name
    libre.press("Tab")
    expect(page.get_by_role("combobox", name="Établissement 3")).to_be_hidden()
    verifier_accessibilite(page)
    creer(page)

    expect(page.get_by_role("heading", level=1)).to_have_text("Votre demande est reçue")
    verifier_accessibilite(page)
    mandataire = Mandataire.objects.get()
    assert {agrement.tribunal.commune.nom for agrement in mandataire.agrements.all()} == {
        "Calais",
        "Boulogne-sur-Mer",
    }
    assert [str(exercice) for exercice in Exercice.objects.order_by("pk")] == ["EHPAD Les Oyats", "Beffroi"]

    # Before the answer the right password says that it waits.
    page.get_by_role("banner").get_by_role("link", name="Se connecter").click()
    page.get_by_label("Identifiant").fill("m.dubois")
    page.get_by_label(re.compile("^Mot de passe")).fill(MOT_DE_PASSE)
    page.get_by_role("button", name="Me connecter").click()
    expect(page.get_by_role("main")).to_contain_text("attend la validation")

    # The admin opens the link of the mail, corrects the free name, validates.
    chez_l_admin = browser.new_context(**browser_context_args).new_page()
    se_connecter_en_admin(chez_l_admin, live_server, admin)
    chez_l_admin.goto(lien_du_courriel(admin.email))
    expect(chez_l_admin.get_by_role("main")).to_contain_text("en attente depuis aujourd'hui")
    chez_l_admin.get_by_role("link", name="Valider").click()
    chez_l_admin.get_by_role("button", name="Valider").click()
    expect(chez_l_admin.get_by_text("Maxime Dubois peut se connecter")).to_be_visible()

    page.goto(lien_du_courriel("m.dubois@example.org", "Votre compte e-MJPM est ouvert"))
    page.get_by_label("Identifiant").fill("m.dubois")
    page.get_by_label(re.compile("^Mot de passe")).fill(MOT_DE_PASSE)
    page.get_by_role("button", name="Me connecter").click()
    expect(page.get_by_role("button", name="Se déconnecter")).to_be_visible()
    expect(page.get_by_role("link", name="Mesures en cours (0)")).to_be_visible()


def lien_du_courriel(adresse: str, objet: str = "") -> str:
    courriels_envoyes()
    (courriel,) = [c for c in mail.outbox if c.to == [adresse] and objet in c.subject]
    (lien,) = re.findall(r"^http\S+$", courriel.body, re.MULTILINE)
    return str(lien)


def test_les_erreurs_gardent_tout(page: Page, live_server: LiveServer, admin: User) -> None:
    ouvrir(page, live_server)
    page.get_by_label("Rechercher un tribunal").fill("arras")
    page.get_by_label("Rechercher un tribunal").press("Enter")
    page.get_by_label("Service", exact=True).check(force=True)
    page.get_by_label("Nom du service").fill("Association des Oyats")
    page.get_by_label("Identifiant désiré").fill("admin")
    page.get_by_label("Mot de passe désiré").fill("neuf.cara")
    page.get_by_label("Code postal").fill("62100")
    creer(page)
    resume = page.get_by_role("alert")
    expect(resume).to_be_focused()
    expect(resume).to_contain_text("Cet identifiant est déjà pris")
    expect(resume).to_contain_text("au minimum 10")
    expect(page.get_by_label("Nom du service")).to_have_value("Association des Oyats")
    expect(page.locator("[data-resume] li")).to_have_text(["Tribunal judiciaire d'Arras"])
    expect(page.get_by_label("Tribunal judiciaire d'Arras")).to_be_checked()
    expect(page.get_by_role("combobox", name="Commune")).to_have_value("Calais (62)")
    expect(page.get_by_label("Prénom")).to_be_hidden()
    verifier_accessibilite(page)
    verifier_largeur(page)


@pytest.mark.parametrize("etat", ["vide", "prepose", "recherche sans reponse"])
def test_a_360_pixels(page: Page, live_server: LiveServer, admin: User, etat: str) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    ouvrir(page, live_server)
    if etat == "prepose":
        page.get_by_label("Préposé").check(force=True)
        page.get_by_text("Hauts-de-France").click()
    elif etat != "vide":
        page.get_by_label("Rechercher un tribunal").fill("zzz")
        expect(page.get_by_text("Aucun tribunal ne correspond.")).to_be_visible()
    verifier_accessibilite(page)
    verifier_largeur(page, 360)
    verifier_largeur(page, 320)


def test_un_individuel_a_360_pixels(page: Page, live_server: LiveServer, admin: User) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    ouvrir(page, live_server)
    page.get_by_text("Corse").click()
    page.get_by_label(re.compile("Bastia")).check(force=True)
    page.get_by_label("Individuel").check(force=True)
    remplir(page)
    page.get_by_label("Code postal").press_sequentially("20200")
    expect(page.get_by_role("combobox", name="Commune")).to_have_value(re.compile("Bastia|^$"))
    page.get_by_role("combobox", name="Commune").fill("Bastia")
    page.get_by_role("option", name=re.compile("^Bastia")).first.click()
    creer(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Votre demande est reçue")
    assert Mandataire.objects.get().commune.nom == "Bastia"


def test_sans_javascript(
    browser: Browser, live_server: LiveServer, admin: User, browser_context_args: dict[str, Any]
) -> None:
    page = browser.new_context(**browser_context_args, java_script_enabled=False).new_page()
    ouvrir(page, live_server)
    expect(page.get_by_label("Rechercher un tribunal")).to_be_hidden()
    page.get_by_text("Hauts-de-France").click()
    page.get_by_label("Tribunal judiciaire d'Arras").check(force=True)
    page.get_by_label("Préposé").check(force=True)
    remplir(page)
    page.get_by_label("Code postal").fill("62179")  # several communes
    page.get_by_label("Établissement 1").fill("ehpad les oyats")
    page.get_by_label("Établissement 4").fill("Résidence Inconnue")
    creer(page)
    expect(page.get_by_role("alert")).to_contain_text("Plusieurs communes correspondent")
    expect(page.get_by_label("Tribunal judiciaire d'Arras")).to_be_checked()
    page.get_by_label(re.compile("Wissant")).check(force=True)
    page.get_by_label("Mot de passe désiré").fill(MOT_DE_PASSE)
    creer(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Votre demande est reçue")
    mandataire = Mandataire.objects.get()
    assert (mandataire.commune.nom, mandataire.siret) == ("Wissant", "")
    exercices = [str(exercice) for exercice in Exercice.objects.order_by("pk")]
    assert exercices == ["EHPAD Les Oyats", "Résidence Inconnue"]
