"""Several users of a service, through two browsers: invited, come, entrusted, gone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from tests.accounts.taches import courriels_envoyes
from tests.factories import MembreFactory
from tests.navigateur.conftest import (
    se_connecter,
    se_connecter_par_la_page,
    verifier_accessibilite,
    verifier_largeur,
)


def lien_du_courriel(adresse: str) -> str:
    courriel = courriels_envoyes()[-1]
    assert courriel.to == [adresse]
    trouve = re.search(r"\nhttp://[^/]+(/invitation/\S+)\n", courriel.body)
    assert trouve, courriel.body
    return trouve[1]


def aller_aux_utilisateurs(page: Page) -> None:
    page.get_by_role("link", name="Vos informations").first.click()
    page.get_by_role("link", name="Utilisateurs du service").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Utilisateurs du service")


def test_inviter_confier_partir(page: Page, browser: Browser, live_server: LiveServer, service: User) -> None:
    se_connecter(page, live_server, service)
    aller_aux_utilisateurs(page)
    utilisateurs = page.get_by_role("list", name="Utilisateurs").get_by_role("listitem")
    expect(utilisateurs).to_have_count(1)
    verifier_accessibilite(page)
    page.get_by_role("link", name="Quitter le service").click()
    expect(page.get_by_role("main")).to_contain_text("confiez d'abord l'administration à un autre utilisateur")
    expect(page.get_by_role("button", name="Quitter le service")).to_have_count(0)
    page.get_by_role("link", name="Voir les utilisateurs").click()

    page.get_by_role("link", name="Inviter un collègue").click()
    fenetre = page.get_by_role("dialog", name="Inviter un collègue")
    champ = fenetre.get_by_label("Adresse e-mail de votre collègue")
    champ.fill("sacha")
    fenetre.get_by_role("button", name="Envoyer l'invitation").click()
    expect(fenetre.get_by_role("alert").filter(has_text="adresse")).to_be_focused()
    expect(champ).to_have_value("sacha")
    verifier_accessibilite(page)
    champ.fill("sacha@example.org")
    champ.press("Enter")
    expect(page.get_by_role("status").filter(has_text="Invitation envoyée à sacha@example.org")).to_be_visible()
    en_attente = page.get_by_role("list", name="Invitations en attente").get_by_role("listitem")
    expect(en_attente).to_have_count(1)
    verifier_accessibilite(page)
    verifier_largeur(page)
    page.get_by_role("button", name="Renvoyer l'invitation de sacha@example.org").click()
    expect(page.get_by_role("status").filter(has_text="Invitation renvoyée")).to_be_visible()
    lien = lien_du_courriel("sacha@example.org")

    # The same computer, where the administrator is still logged in.
    page.goto(live_server.url + lien)
    expect(page.get_by_role("heading", level=1)).to_have_text("Déconnectez-vous d'abord")
    verifier_accessibilite(page)
    page.get_by_role("link", name="Rester connecté").click()

    # Sacha's own
    contexte = browser.new_context(locale="fr-FR", viewport={"width": 360, "height": 740})
    invite = contexte.new_page()
    invite.goto(live_server.url + lien)
    expect(invite.get_by_role("heading", level=1)).to_have_text("Rejoindre Service")
    expect(invite.get_by_role("main")).to_contain_text("sacha@example.org")
    invite.get_by_label("Identifiant").fill("service")
    invite.get_by_label("Prénom").fill("Sacha")
    invite.get_by_label(re.compile("^Nom")).fill("Fictif")
    invite.get_by_label("Mot de passe").fill("Coquelicot 7")
    invite.get_by_role("button", name="Créer mon compte").click()
    expect(invite.get_by_role("alert").filter(has_text="déjà pris")).to_be_visible()
    expect(invite.get_by_label("Prénom")).to_have_value("Sacha")
    verifier_accessibilite(invite)
    verifier_largeur(invite)
    invite.get_by_label("Identifiant").fill("sacha")
    invite.get_by_label("Mot de passe").fill("Coquelicot 7")
    invite.get_by_role("button", name="Créer mon compte").click()
    expect(invite.get_by_role("status")).to_contain_text("Votre compte est prêt : connectez-vous.")
    se_connecter_par_la_page(invite, live_server, "sacha", "Coquelicot 7")
    aller_aux_utilisateurs(invite)
    expect(invite.get_by_role("main").get_by_role("button")).to_have_count(0)
    verifier_accessibilite(invite)
    invite.goto(live_server.url + lien)
    expect(invite.get_by_role("heading", level=1)).to_have_text("Ce lien n'est plus valable")

    # The role passes on, and its former holder leaves.
    aller_aux_utilisateurs(page)
    expect(utilisateurs).to_have_count(2)
    expect(en_attente).to_have_count(0)
    page.get_by_role("button", name="Confier l'administration à Sacha Fictif").click()
    expect(page.get_by_role("status").filter(has_text="Sacha Fictif administre maintenant")).to_be_visible()
    page.get_by_role("button", name="Rétablir").click()
    expect(page.get_by_role("status").filter(has_text="n'administre plus")).to_be_visible()
    page.get_by_role("button", name="Rétablir").click()
    page.get_by_role("link", name="Quitter le service").click()
    expect(page.get_by_role("button", name="Quitter le service")).to_be_visible()
    verifier_accessibilite(page)
    page.get_by_role("button", name="Quitter le service").click()
    expect(page.get_by_role("status")).to_contain_text("Vous avez quitté Service : votre compte est fermé.")

    aller_aux_utilisateurs(invite)
    expect(invite.get_by_role("list", name="Utilisateurs").get_by_role("listitem")).to_have_count(1)
    expect(invite.get_by_role("link", name="Inviter un collègue")).to_be_visible()
    contexte.close()


@pytest.mark.parametrize("javascript", [True, False], ids=["avec", "sans"])
def test_retirer_au_clavier(browser: Browser, live_server: LiveServer, service: User, javascript: bool) -> None:
    membre = MembreFactory(mandataire=service.membre.mandataire, est_admin=False, user__username="parti")
    contexte = browser.new_context(locale="fr-FR", java_script_enabled=javascript)
    page = contexte.new_page()
    se_connecter(page, live_server, service)
    page.goto(live_server.url + "/informations/utilisateurs/")
    page.get_by_role("link", name=f"Retirer {membre} du service").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Retirer {membre} du service ?")
    page.get_by_role("link", name="Annuler").press("Enter")
    page.get_by_role("link", name=f"Retirer {membre} du service").press("Enter")
    page.get_by_role("button", name="Retirer cet utilisateur").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("n'est plus utilisateur du service")
    expect(page.get_by_role("list", name="Utilisateurs").get_by_role("listitem")).to_have_count(1)
    contexte.close()
