"""« Mettre fin au mandat » in its window over the list, « Rétablir », « Supprimer », the page of one mesure."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from mesures.models import Mesure
from mesures.services import eteindre, modifier
from tests.factories import MOT_DE_PASSE, MembreFactory, MesureFactory, UserFactory
from tests.navigateur.conftest import (
    se_connecter,
    se_connecter_par_la_page,
    verifier_accessibilite,
    verifier_largeur,
)

FIN = "Mettre fin au mandat de la mesure "


@pytest.fixture
def mesure(prepose: User) -> Mesure:
    MesureFactory(mandataire=prepose.membre.mandataire, numero_dossier="D-2")
    return Mesure.objects.get(numero_rg="22/00001")


@pytest.fixture
def liste(page: Page, live_server: LiveServer, prepose: User, mesure: Mesure) -> Page:
    se_connecter(page, live_server, prepose)
    page.goto(live_server.url + "/mesures/?lieu_vie=domicile")
    return page


def ouvrir(page: Page, designation: str = "22/00001") -> Any:
    page.get_by_role("link", name=FIN + designation).click()
    fenetre = page.get_by_role("dialog", name="Mettre fin au mandat")
    expect(fenetre).to_be_visible()
    return fenetre


def un_collegue(mesure: Mesure) -> User:
    user = UserFactory(first_name="Dominique", last_name="Collègue")
    return MembreFactory(user=user, mandataire=mesure.mandataire).user


def test_la_fin_puis_retablir_sans_quitter_la_liste(liste: Page) -> None:
    adresse = liste.url
    fenetre = ouvrir(liste)
    expect(liste.locator("#fenetre-titre")).to_be_focused()
    verifier_accessibilite(liste)
    fenetre.get_by_label("Date de fin de mandat").fill("31/02/2024")
    fenetre.get_by_label("Motif de fin").select_option("Décès")
    fenetre.get_by_role("button", name="Eteindre la mesure").click()
    expect(fenetre.get_by_role("alert").filter(has_text="Écrivez une date qui existe")).to_be_focused()
    expect(fenetre.get_by_label("Date de fin de mandat")).to_have_value("31/02/2024")
    expect(fenetre.get_by_label("Motif de fin")).to_have_value("deces")
    verifier_accessibilite(liste)
    fenetre.get_by_label("Date de fin de mandat").fill("31/01/2024")
    liste.keyboard.press("Enter")
    message = liste.get_by_role("status").filter(has_text="Mesure 22/00001 éteinte")
    expect(message).to_be_focused()
    expect(message).to_contain_text("elle est dans « Mesures éteintes »")
    expect(fenetre).to_have_count(0)
    assert liste.url == adresse
    expect(liste.get_by_role("link", name="Mesures en cours (1)")).to_be_visible()
    verifier_accessibilite(liste)
    liste.keyboard.press("Tab")
    expect(liste.get_by_role("button", name="Rétablir")).to_be_focused()
    liste.keyboard.press("Enter")
    expect(liste.get_by_role("status")).to_contain_text("Mesure 22/00001 rétablie : elle est de nouveau en cours.")
    expect(liste.get_by_role("link", name="Mesures en cours (2)")).to_be_visible()
    assert liste.url == adresse


def test_echap_garde_la_saisie_et_chaque_mesure_a_la_sienne(liste: Page) -> None:
    fenetre = ouvrir(liste)
    fenetre.get_by_label("Date de fin de mandat").fill("31/01/2024")
    liste.keyboard.press("Escape")
    expect(liste.get_by_role("link", name=FIN + "22/00001")).to_be_focused()
    fenetre = ouvrir(liste, "D-2")
    expect(fenetre).to_contain_text("référence D-2")
    expect(fenetre.get_by_label("Date de fin de mandat")).not_to_have_value("31/01/2024")
    fenetre.get_by_text("Date de fin de mandat").click()  # its label is its own, not the first window's
    expect(fenetre.get_by_label("Date de fin de mandat")).to_be_focused()
    fenetre.get_by_role("link", name="Annuler").click()
    expect(liste.get_by_role("link", name=FIN + "D-2")).to_be_focused()
    fenetre = ouvrir(liste)
    expect(fenetre.get_by_label("Date de fin de mandat")).to_have_value("31/01/2024")


def test_un_double_clic_n_ouvre_qu_une_fenetre_et_n_eteint_qu_une_fois(liste: Page, mesure: Mesure) -> None:
    def lentement(route: Route) -> None:
        liste.wait_for_timeout(300)
        route.continue_()

    liste.route("**/eteindre/**", lentement)
    liste.get_by_role("link", name=FIN + "22/00001").dblclick()
    expect(liste.get_by_role("dialog")).to_have_count(1)
    liste.get_by_role("dialog").get_by_role("button", name="Eteindre la mesure").dblclick()
    expect(liste.get_by_role("status")).to_contain_text("Mesure 22/00001 éteinte")
    mesure.refresh_from_db()
    assert (mesure.statut, mesure.version) == ("eteinte", 1)


def test_une_version_perimee_se_dit_dans_la_fenetre(liste: Page, mesure: Mesure) -> None:
    fenetre = ouvrir(liste)
    fenetre.get_by_label("Date de fin de mandat").fill("31/01/2024")
    mesure.cabinet = "7"
    modifier(mesure=mesure, version=0, author=un_collegue(mesure))
    fenetre.get_by_role("button", name="Eteindre la mesure").click()
    expect(fenetre.get_by_role("alert").filter(has_text="Cette mesure a changé")).to_contain_text(
        "cabinet : « 7 » ajouté"
    )
    expect(fenetre.get_by_label("Date de fin de mandat")).to_have_value("31/01/2024")
    fenetre.get_by_role("button", name="Eteindre la mesure").click()
    expect(liste.get_by_role("status")).to_contain_text("Mesure 22/00001 éteinte")


def test_ce_qu_un_collegue_a_deja_fait(liste: Page, mesure: Mesure) -> None:
    fenetre = ouvrir(liste)
    eteindre(pk=mesure.pk, date_extinction=mesure.date_decision, motif="", version=0, author=un_collegue(mesure))
    fenetre.get_by_role("button", name="Eteindre la mesure").click()
    expect(liste.get_by_role("alert")).to_contain_text("Mesure éteinte par")
    expect(fenetre).to_have_count(0)


def test_trop_de_demandes_puis_ce_qui_n_est_plus_la(liste: Page, mesure: Mesure) -> None:
    fenetre = ouvrir(liste)
    liste.route(
        "**/eteindre/*",
        lambda route: route.fulfill(status=429) if route.request.method == "POST" else route.continue_(),
    )
    fenetre.get_by_role("button", name="Eteindre la mesure").click()
    expect(fenetre.get_by_role("alert")).to_contain_text("attendez une minute, puis recommencez")
    liste.unroute_all()
    mesure.delete()
    fenetre.get_by_role("button", name="Eteindre la mesure").click()
    expect(fenetre.get_by_role("alert")).to_contain_text("n'est plus là")


def test_une_session_finie_ne_perd_pas_la_saisie(
    liste: Page, live_server: LiveServer, prepose: User, mesure: Mesure
) -> None:
    fenetre = ouvrir(liste)
    fenetre.get_by_label("Date de fin de mandat").fill("31/01/2024")
    liste.context.clear_cookies()
    fenetre.get_by_role("button", name="Eteindre la mesure").click()
    expect(fenetre.get_by_role("alert").filter(has_text="Votre session a pris fin")).to_be_visible()
    expect(fenetre.get_by_label("Date de fin de mandat")).to_have_value("31/01/2024")
    autre_onglet = liste.context.new_page()
    se_connecter(autre_onglet, live_server, prepose)
    fenetre.get_by_role("button", name="Eteindre la mesure").click()
    expect(liste.get_by_role("status")).to_contain_text("Mesure 22/00001 éteinte")
    mesure.refresh_from_db()
    assert f"{mesure.date_extinction:%d/%m/%Y}" == "31/01/2024"


def test_un_refus_se_dit_avec_sa_raison(liste: Page, prepose: User, mesure: Mesure) -> None:
    fenetre = ouvrir(liste)
    fenetre.get_by_label("Date de fin de mandat").fill("31/01/2024")
    prepose.membre.delete()
    fenetre.get_by_role("button", name="Eteindre la mesure").click()
    alerte = fenetre.get_by_role("alert").filter(has_text="Cette page est réservée aux mandataires.")
    expect(alerte).to_be_visible()
    expect(fenetre.get_by_label("Date de fin de mandat")).to_have_value("31/01/2024")


def test_un_jeton_d_une_autre_session_n_est_pas_un_refus(
    liste: Page, live_server: LiveServer, prepose: User, mesure: Mesure
) -> None:
    fenetre = ouvrir(liste)
    autre_onglet = liste.context.new_page()
    autre_onglet.goto(live_server.url)
    autre_onglet.get_by_role("button", name="Se déconnecter").click()
    se_connecter_par_la_page(autre_onglet, live_server, prepose.username, MOT_DE_PASSE)
    with liste.expect_response("**/eteindre/**") as reponse:
        fenetre.get_by_role("button", name="Eteindre la mesure").click()
    assert reponse.value.status == 403
    expect(fenetre.get_by_role("alert").filter(has_text="Votre session a pris fin")).to_be_visible()
    fenetre.get_by_role("button", name="Eteindre la mesure").click()
    expect(liste.get_by_role("status")).to_contain_text("Mesure 22/00001 éteinte")


def test_sans_retour_la_page_et_son_adresse_sont_les_memes(
    page: Page, live_server: LiveServer, prepose: User, mesure: Mesure
) -> None:
    """A window opened from a link without `retour` leads to another page, which has its own address."""
    se_connecter(page, live_server, prepose)
    page.goto(live_server.url + mesure.get_absolute_url())
    lien = page.get_by_role("link", name="Mettre fin au mandat")
    lien.evaluate("(lien) => (lien.search = '')")
    lien.click()
    page.get_by_role("dialog").get_by_role("button", name="Eteindre la mesure").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Mesures éteintes")
    assert page.url == live_server.url + "/mesures/eteintes/"
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Mesures éteintes")
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Mesures en cours")


def test_la_page_de_la_mesure(page: Page, live_server: LiveServer, prepose: User, mesure: Mesure) -> None:
    se_connecter(page, live_server, prepose)
    page.goto(live_server.url + mesure.get_absolute_url())
    page.get_by_role("link", name="Mettre fin au mandat").click()
    fenetre = page.get_by_role("dialog")
    fenetre.get_by_role("link", name="Annuler").click()
    expect(fenetre).to_have_count(0)
    page.get_by_role("link", name="Mettre fin au mandat").click()
    fenetre.get_by_role("button", name="Eteindre la mesure").click()
    expect(page.get_by_role("main")).to_contain_text("Mesure éteinte")
    page.get_by_role("button", name="Réactiver la mesure").click()
    expect(page.get_by_role("status")).to_contain_text("Mesure 22/00001 réactivée")
    page.get_by_role("button", name="Rétablir").click()
    expect(page.get_by_role("status")).to_contain_text("elle est de nouveau éteinte")
    expect(page.locator(".historique > li")).to_have_count(4)
    verifier_accessibilite(page)
    verifier_largeur(page)


def test_supprimer_demande_confirmation(
    page: Page, live_server: LiveServer, prepose: User, mesure: Mesure
) -> None:
    se_connecter(page, live_server, prepose)
    page.goto(live_server.url + reverse("mesure_modifier", args=[mesure.pk]))
    page.get_by_role("link", name="Supprimer cette mesure, saisie par erreur").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Supprimer la mesure 22/00001")
    verifier_accessibilite(page)
    verifier_largeur(page)
    page.get_by_role("link", name="Annuler").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Mesures en cours")
    page.goto(live_server.url + mesure.get_absolute_url())
    page.get_by_role("link", name="Supprimer cette mesure, saisie par erreur").click()
    page.get_by_role("button", name="Supprimer la mesure").dblclick()
    expect(page.get_by_role("status")).to_contain_text("Mesure 22/00001 supprimée.")
    expect(page.get_by_role("link", name="Mesures en cours (1)")).to_be_visible()
    expect(page.get_by_role("button", name="Rétablir")).to_have_count(0)


def test_sans_javascript(
    browser: Browser,
    live_server: LiveServer,
    prepose: User,
    mesure: Mesure,
    browser_context_args: dict[str, Any],
) -> None:
    page = browser.new_context(**browser_context_args, java_script_enabled=False).new_page()
    se_connecter(page, live_server, prepose)
    page.goto(live_server.url + "/mesures/?lieu_vie=domicile")
    adresse = page.url
    page.get_by_role("link", name=FIN + "22/00001").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Mettre fin au mandat")
    page.get_by_label("Date de fin de mandat").fill("01/01/2020")
    page.get_by_role("button", name="Eteindre la mesure").click()
    expect(page.get_by_role("alert")).to_contain_text("La date de fin ne peut pas précéder la décision")
    page.get_by_label("Date de fin de mandat").fill("31/01/2024")
    page.get_by_role("button", name="Eteindre la mesure").click()
    assert page.url == adresse
    page.get_by_role("button", name="Rétablir").click()
    expect(page.get_by_role("status")).to_contain_text(re.compile("de nouveau en cours"))
    assert page.url == adresse
