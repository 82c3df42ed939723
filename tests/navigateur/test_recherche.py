"""A court looks for a MJPM: by keyboard, without JavaScript, on a page that renews its figures by itself."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from mandataires.models import Charge, Mandataire
from tests.factories import AgrementFactory, CommuneFactory, EtablissementFactory, ExerciceFactory, MembreFactory
from tests.navigateur.conftest import se_connecter, verifier_accessibilite, verifier_largeur
from tribunaux.models import Commune, Tribunal


@pytest.fixture
def liste(transactional_db: None, tribunal: Tribunal, calais: Commune, arras: Commune) -> Mandataire:
    """Two MJPM of the court's list and one that is off it; returns the first."""
    mandataires = []
    for nom, commune in (("Calaisien", calais), ("Arrageois", arras), ("Dehors", arras)):
        membre = MembreFactory(mandataire__nom=nom, mandataire__commune=commune, mandataire__prepose=True)
        mandataires.append(membre.mandataire)
        if nom != "Dehors":
            AgrementFactory(mandataire=membre.mandataire, tribunal=tribunal)
    ExerciceFactory(
        mandataire=mandataires[1], etablissement=EtablissementFactory(nom="EHPAD Les Oyats", commune=arras)
    )
    CommuneFactory(nom="Wissant", codes_postaux=["62179"])
    CommuneFactory(nom="Audinghen", codes_postaux=["62179"])
    return mandataires[0]


def noms(page: Page) -> list[str]:
    return page.locator("[data-nom]").all_inner_texts()


def remplir(mandataire: Mandataire, en_cours: int) -> None:
    Charge.objects.filter(pk=mandataire.pk).update(en_cours=en_cours)


# --- Searching ---------------------------------------------------------------------------------------


def test_au_clavier(page: Page, live_server: LiveServer, juge: User, liste: Mandataire) -> None:
    se_connecter(page, live_server, juge)
    expect(page.get_by_role("link", name="Majeurs protégés")).to_have_attribute("aria-current", "page")
    assert noms(page) == ["Camille Calaisien", "Camille Arrageois"]
    lieu = page.get_by_role("combobox", name=re.compile("Où vit la personne à protéger"))
    lieu.focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("arr")
    page.get_by_role("option", name=re.compile("Arras")).wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(lieu).to_have_value("Arras (62)")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("lieu=62041"))
    assert noms(page) == ["Camille Arrageois", "Camille Calaisien"]
    page.get_by_role("combobox", name=re.compile("Établissement")).fill("oyats")
    page.get_by_role("option", name=re.compile("Les Oyats")).click()
    page.get_by_label("Au-delà de la liste de mon tribunal").check(force=True)
    page.get_by_role("button", name="Rechercher").click()
    page.wait_for_url(re.compile("hors_liste=on"))
    ligne = page.get_by_role("row").nth(1)
    expect(ligne).to_contain_text("exerce dans cet établissement")
    expect(page.get_by_role("row").filter(has_text="Dehors")).to_contain_text("ne peut pas être réservé")
    page.get_by_role("link", name="Disponibilité").click()
    expect(page.get_by_role("columnheader", name="Disponibilité")).to_have_attribute("aria-sort", "descending")
    page.get_by_role("link", name="Camille Dehors").click()
    page.get_by_role("link", name="Revenir aux mandataires").click()
    expect(page.get_by_label("Au-delà de la liste de mon tribunal")).to_be_checked()
    expect(page.get_by_role("columnheader", name="Disponibilité")).to_have_attribute("aria-sort", "descending")


def test_sans_javascript(
    browser: Browser, live_server: LiveServer, juge: User, liste: Mandataire, browser_context_args: dict
) -> None:
    """A place that is nobody's name, then a code of several communes: nothing else that was asked is lost."""
    page = browser.new_context(**browser_context_args, java_script_enabled=False).new_page()
    se_connecter(page, live_server, juge)
    lieu = page.get_by_role("textbox", name=re.compile("Où vit la personne"))
    lieu.fill("Calaix")
    page.get_by_label("Distance maximale").select_option("50 km")
    page.get_by_label("Disponibles seulement").check(force=True)
    page.get_by_role("button", name="Rechercher").click()
    expect(page.get_by_text("Aucune commune ne correspond à « Calaix »")).to_be_visible()
    expect(lieu).to_have_value("Calaix")
    expect(page.get_by_label("Disponibles seulement")).to_be_checked()
    page.get_by_label(re.compile("Calais")).check(force=True)
    page.get_by_role("button", name="Rechercher").click()
    expect(lieu).to_have_value("Calais (62)")
    expect(page.get_by_label("Distance maximale")).to_have_value("50")
    assert noms(page) == ["Camille Calaisien"]
    expect(page.get_by_role("button", name="Mettre en pause")).to_have_count(0)
    lieu.fill("62179")
    page.get_by_role("button", name="Rechercher").click()
    page.get_by_label(re.compile("Wissant")).check(force=True)
    page.get_by_role("button", name="Rechercher").click()
    expect(lieu).to_have_value("Wissant (62)")


ADRESSES = (
    "/majeurs-proteges/",
    "/majeurs-proteges/?lieu_texte=Calaix&rayon=-1&type=abc&etablissement_texte=zzz",
    "/majeurs-proteges/?rayon=10&type=service&disponibles=on",
    "/majeurs-proteges/?lieu=62041&hors_liste=on&tri=-nom",
    "/mandataires/",
    "/mandataires/?lieu=62041",
)


def test_accessibilite(page: Page, live_server: LiveServer, juge: User, liste: Mandataire) -> None:
    se_connecter(page, live_server, juge)
    for adresse in ADRESSES:
        page.goto(live_server.url + adresse)
        verifier_accessibilite(page)
        verifier_largeur(page)
        page.set_viewport_size({"width": 360, "height": 740})
        page.locator("details.filtres__pli").evaluate("(pli) => (pli.open = true)")
        verifier_accessibilite(page)
        page.set_viewport_size({"width": 1366, "height": 900})


# --- Figures that renew themselves -------------------------------------------------------------------


@pytest.fixture
def page_du_juge(page: Page, live_server: LiveServer, juge: User, liste: Mandataire) -> Page:
    se_connecter(page, live_server, juge)
    page.clock.install()
    page.goto(live_server.url + "/majeurs-proteges/")
    expect(page.get_by_role("button", name="Mettre en pause l'actualisation")).to_be_visible()
    return page


def test_la_charge_se_renouvelle_sans_rien_deranger(page_du_juge: Page, liste: Mandataire) -> None:
    page = page_du_juge
    ligne = page.get_by_role("row").filter(has_text="Calaisien")
    expect(ligne).to_contain_text("0 / 60")
    lieu = page.get_by_role("combobox", name=re.compile("Où vit la personne"))
    lieu.fill("Saint-Om")
    page.get_by_label("Disponibles seulement").check(force=True)
    lieu.focus()
    remplir(liste, 52)
    page.clock.fast_forward(21_000)
    expect(ligne).to_contain_text("52 / 60")
    expect(ligne).to_contain_text("Proche du seuil · 8 disponibles")
    expect(ligne.locator(".charge--orange rect.charge__part")).to_have_attribute("width", "86")
    expect(page.get_by_role("status").filter(has_text="Actualisé : Camille Calaisien.")).to_have_count(1)
    expect(lieu).to_be_focused()
    expect(lieu).to_have_value("Saint-Om")
    expect(page.get_by_label("Disponibles seulement")).to_be_checked()
    assert noms(page) == ["Camille Calaisien", "Camille Arrageois"]


def test_la_pause(page_du_juge: Page, liste: Mandataire) -> None:
    page = page_du_juge
    demandes = _compter(page)
    page.get_by_role("button", name="Mettre en pause l'actualisation").click()
    expect(page.get_by_role("status").filter(has_text="en pause")).to_have_count(1)
    remplir(liste, 7)
    page.clock.fast_forward(120_000)
    assert demandes == []
    page.get_by_role("button", name="Reprendre l'actualisation").click()
    expect(page.get_by_role("row").filter(has_text="Calaisien")).to_contain_text("7 / 60")


def test_une_page_qui_n_est_pas_devant_attend(page_du_juge: Page, liste: Mandataire) -> None:
    page = page_du_juge
    demandes = _compter(page)
    _montrer(page, "hidden")
    remplir(liste, 8)
    page.clock.fast_forward(120_000)
    assert demandes == []
    _montrer(page, "visible")  # overdue: at once
    expect(page.get_by_role("row").filter(has_text="Calaisien")).to_contain_text("8 / 60")
    assert len(demandes) == 1


def test_une_session_finie_le_dit_et_s_arrete(page_du_juge: Page) -> None:
    page = page_du_juge
    demandes = _compter(page)
    page.context.clear_cookies()
    page.clock.fast_forward(21_000)
    expect(page.get_by_text("Votre session a pris fin : rechargez la page")).to_be_visible()
    page.clock.fast_forward(60_000)
    assert len(demandes) == 1


def test_des_pannes_de_suite_le_disent_et_arretent(page_du_juge: Page, liste: Mandataire) -> None:
    page = page_du_juge
    en_panne = True

    def repondre(route: Route) -> None:
        route.fulfill(status=503) if en_panne else route.continue_()

    page.route("**/mandataires/charges/**", repondre)
    arret = page.get_by_text("L'actualisation s'est arrêtée")
    for _ in range(2):
        with page.expect_response("**/mandataires/charges/**"):
            page.clock.fast_forward(21_000)
    expect(arret).to_have_count(0)
    en_panne = False  # one good answer, and the count begins again
    remplir(liste, 9)
    page.clock.fast_forward(21_000)
    expect(page.get_by_role("row").filter(has_text="Calaisien")).to_contain_text("9 / 60")
    en_panne = True
    for _ in range(3):
        expect(arret).to_have_count(0)
        with page.expect_response("**/mandataires/charges/**"):
            page.clock.fast_forward(21_000)
    expect(arret).to_be_visible()
    verifier_accessibilite(page)


def _compter(page: Page) -> list[str]:
    """What the page asks of the server from now on."""
    demandes: list[str] = []
    page.on("request", lambda requete: demandes.append(requete.url) if "/charges/?pk" in requete.url else None)
    return demandes


def _montrer(page: Page, etat: str) -> None:
    page.evaluate(
        """(etat) => {
          Object.defineProperty(document, "visibilityState", { value: etat, configurable: true });
          document.dispatchEvent(new Event("visibilitychange"));
        }""",
        etat,
    )
