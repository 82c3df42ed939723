"""« Vue carte » and the map of a record, in Chromium: by mouse, by keyboard, without JavaScript."""

from __future__ import annotations

import base64
import copy

import leaflet
import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from emjpm.fonds_de_carte import fond_de_carte
from mesures.models import Mesure
from tests.factories import CommuneFactory, MesureFactory
from tests.navigateur.conftest import ouvrir_bulle, se_connecter, verifier_accessibilite, verifier_largeur
from tribunaux.models import Commune


@pytest.fixture
def reparties(prepose: User, calais: Commune, arras: Commune) -> User:
    """25 mesures in three communes, two of which are near each other, and one mesure nowhere."""
    mandataire = prepose.membre.mandataire
    Mesure.objects.filter(mandataire=mandataire).delete()
    coquelles = CommuneFactory(
        code_insee="62239", nom="Coquelles", codes_postaux=["62231"], latitude=50.935, longitude=1.801
    )
    MesureFactory.create_batch(22, mandataire=mandataire, commune=calais, nature="tutelle")
    MesureFactory.create_batch(2, mandataire=mandataire, commune=coquelles)
    MesureFactory(mandataire=mandataire, commune=arras, genre="H", annee_naissance=1950)
    MesureFactory(mandataire=mandataire, commune=None, lieu_vie="sdf")
    return prepose


def ouvrir(page: Page, live_server: LiveServer, chemin: str = "/mesures/carte/") -> Locator:
    """The map, once its places are drawn."""
    page.goto(live_server.url + chemin)
    page.locator("[data-carte=prete]").wait_for()
    return page.locator(".leaflet-container")


def test_lieux_groupes_et_bulles(page: Page, live_server: LiveServer, reparties: User) -> None:
    se_connecter(page, live_server, reparties)
    page.get_by_role("link", name="Vue carte").click()
    page.locator("[data-carte=prete]").wait_for()
    carte = page.locator(".leaflet-container")
    expect(carte.get_by_role("button", name="Arras : 1 mesure", exact=True)).to_be_visible()
    groupe = carte.get_by_role("button", name="2 communes, 24 mesures", exact=True)
    expect(groupe).to_have_text("24")
    verifier_accessibilite(page)
    verifier_largeur(page)

    groupe.click()
    bulle = ouvrir_bulle(carte, "Calais : 22 mesures", "62100 Calais")
    expect(bulle.get_by_role("listitem")).to_have_count(20)
    expect(bulle.get_by_role("listitem").first).to_have_text("Tutelle, F, 1962")
    expect(bulle).to_contain_text("et 2 autres")
    verifier_accessibilite(page)
    bulle.get_by_role("button", name="Fermer").click()
    expect(bulle).to_have_count(0)

    ouvrir_bulle(carte, "Calais : 22 mesures", "62100 Calais").get_by_role(
        "link", name="Voir les 22 mesures"
    ).click()
    expect(page).to_have_url(f"{live_server.url}/mesures/?commune=62193")


def test_le_lien_d_une_mesure_ramene_a_la_carte(page: Page, live_server: LiveServer, reparties: User) -> None:
    se_connecter(page, live_server, reparties)
    carte = ouvrir(page, live_server, "/mesures/carte/?q=arras")
    expect(carte.get_by_role("button", name="mesure")).to_have_count(1)
    carte.get_by_role("button", name="Arras : 1 mesure").click()
    carte.get_by_role("link", name="Curatelle renforcée, H, 1950").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Modifier la mesure")
    assert page.url.endswith("/modifier/?retour=%2Fmesures%2Fcarte%2F%3Fq%3Darras")


def test_tout_se_fait_au_clavier(page: Page, live_server: LiveServer, reparties: User) -> None:
    se_connecter(page, live_server, reparties)
    carte = ouvrir(page, live_server)
    carte.focus()
    zoom = carte.locator(".leaflet-control-scale-line")
    echelle = zoom.text_content()
    page.keyboard.press("+")
    expect(zoom).not_to_have_text(str(echelle))
    page.keyboard.press("-")
    expect(zoom).to_have_text(str(echelle))
    arras = carte.get_by_role("button", name="Arras : 1 mesure")
    avant = arras.bounding_box()
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(500)
    assert arras.bounding_box() != avant

    for touche in ("Enter", " "):
        arras.focus()
        page.keyboard.press(touche)
        bulle = carte.get_by_role("dialog", name="62000 Arras")
        expect(bulle.get_by_text("62000 Arras")).to_be_focused()
        page.keyboard.press("Tab")
        expect(bulle.get_by_role("link", name="Curatelle renforcée, H, 1950")).to_be_focused()
        page.keyboard.press("Escape")
        expect(bulle).to_have_count(0)
        expect(arras).to_be_focused()

    groupe = carte.get_by_role("button", name="2 communes, 24 mesures")
    groupe.focus()
    page.keyboard.press(" ")
    expect(carte.get_by_role("button", name="Coquelles : 2 mesures")).to_be_visible()
    expect(carte).to_be_focused()


def test_la_carte_se_passe_et_ne_retient_personne(page: Page, live_server: LiveServer, reparties: User) -> None:
    se_connecter(page, live_server, reparties)
    carte = ouvrir(page, live_server)
    page.get_by_role("link", name="Passer la carte").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("contentinfo").get_by_role("link").first).to_be_focused()
    carte.focus()
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.closest('footer') !== null"):
            break
    expect(page.get_by_role("contentinfo").get_by_role("link").first).to_be_focused()


def test_les_boutons_sont_en_francais(page: Page, live_server: LiveServer, reparties: User) -> None:
    se_connecter(page, live_server, reparties)
    carte = ouvrir(page, live_server)
    echelle = carte.locator(".leaflet-control-scale-line")
    avant = str(echelle.text_content())
    carte.get_by_role("button", name="Dézoomer").click()
    expect(echelle).not_to_have_text(avant)
    carte.get_by_role("button", name="Zoomer", exact=True).click()
    expect(echelle).to_have_text(avant)
    expect(carte.get_by_text("Départements : IGN, Licence Ouverte")).to_be_visible()
    assert not carte.get_by_text("Leaflet").count()


def test_sans_javascript_la_liste_dit_tout(
    browser: Browser, browser_context_args: dict[str, object], live_server: LiveServer, reparties: User
) -> None:
    contexte = browser.new_context(**browser_context_args, java_script_enabled=False)
    page = contexte.new_page()
    se_connecter(page, live_server, reparties)
    page.goto(f"{live_server.url}/mesures/carte/")
    expect(page.get_by_role("link", name="62100 Calais : 22 mesures")).to_be_visible()
    expect(page.get_by_role("link", name="Sans commune : 1 mesure")).to_be_visible()
    expect(page.locator("[data-carte]")).to_be_hidden()
    expect(page.get_by_role("link", name="Voir la carte")).to_have_count(0)
    contexte.close()


def test_une_panne_se_dit(page: Page, live_server: LiveServer, reparties: User) -> None:
    se_connecter(page, live_server, reparties)
    page.route("**/lieux.json*", lambda route: route.fulfill(status=503, body=""))
    page.goto(f"{live_server.url}/mesures/carte/")
    expect(page.get_by_text("La carte ne s'est pas chargée.")).to_be_visible()


def test_rien_ne_bouge_pour_qui_l_a_demande(page: Page, live_server: LiveServer, reparties: User) -> None:
    page.emulate_media(reduced_motion="reduce")
    se_connecter(page, live_server, reparties)
    carte = ouvrir(page, live_server)
    carte.focus()
    arras = carte.get_by_role("button", name="Arras : 1 mesure")
    avant = arras.bounding_box()
    page.keyboard.press("ArrowRight")
    assert arras.bounding_box() != avant
    expect(page.locator(".leaflet-zoom-anim, .leaflet-pan-anim, .leaflet-fade-anim")).to_have_count(0)


def test_la_carte_de_la_fiche_est_masquee(
    page: Page, live_server: LiveServer, juge: User, reparties: User
) -> None:
    se_connecter(page, live_server, juge)
    carte = ouvrir(page, live_server, reparties.membre.mandataire.get_absolute_url())
    expect(carte.get_by_role("button", name="Arras (62) : 1 à 2 mesures", exact=True)).to_have_text("1 à 2")
    page.emulate_media(reduced_motion="reduce")  # a map that moves under the pointer is not clicked where one aims
    page.reload()
    # Nothing adds masked counts up.
    groupe = carte.get_by_role("button", name="2 communes", exact=True)
    expect(groupe).to_have_text("2 communes")
    groupe.click()
    bulle = ouvrir_bulle(carte, "Calais (62) : 22 mesures", "Calais (62)")
    expect(bulle).to_contain_text("22 mesures en cours")
    expect(bulle.get_by_role("link")).to_have_count(0)
    verifier_accessibilite(page)
    verifier_largeur(page)


def test_des_communes_au_meme_point_s_ouvrent_toutes(page: Page, live_server: LiveServer, prepose: User) -> None:
    Mesure.objects.all().delete()
    for nom in ("Est", "Ouest"):
        MesureFactory(
            mandataire=prepose.membre.mandataire, commune=CommuneFactory(nom=nom, latitude=49.0, longitude=3.0)
        )
    se_connecter(page, live_server, prepose)
    carte = ouvrir(page, live_server)
    groupe = carte.get_by_role("button", name="2 communes, 2 mesures")
    ouest = carte.get_by_role("button", name="Ouest : 1 mesure")
    groupe.click()  # as close as the map goes
    page.wait_for_timeout(500)
    groupe.click()  # spread around their point
    ouest.click()
    expect(carte.get_by_role("dialog", name="Ouest")).to_be_visible()


PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)


@pytest.mark.parametrize(("nom", "provenance"), [("ign", None), ("openstreetmap", "/")])
def test_un_fond_s_affiche_sous_notre_politique(
    browser: Browser,
    browser_context_args: dict[str, object],
    live_server: LiveServer,
    reparties: User,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    nom: str,
    provenance: str | None,
) -> None:
    """The host of the tiles is played here; the CSP and the Referrer-Policy are ours."""
    fond = fond_de_carte(nom)
    monkeypatch.setitem(leaflet.app_settings, "TILES", fond.tuiles)
    politique = copy.deepcopy(settings.CONTENT_SECURITY_POLICY)
    politique["DIRECTIVES"]["img-src"] += fond.hotes
    settings.CONTENT_SECURITY_POLICY = politique
    contexte = browser.new_context(**browser_context_args)
    page = contexte.new_page()
    provenances: set[str | None] = set()

    def servir(route: Route) -> None:
        provenances.add(route.request.all_headers().get("referer"))
        route.fulfill(body=PIXEL, content_type="image/png")

    page.route(f"{fond.hotes[0]}/**", servir)
    plaintes: list[str] = []
    page.on("console", lambda message: plaintes.append(message.text))
    se_connecter(page, live_server, reparties)
    carte = ouvrir(page, live_server)
    expect(carte.locator(".leaflet-tile-loaded").first).to_be_visible()
    assert carte.locator(".leaflet-tile-loaded").first.evaluate("(tuile) => tuile.naturalWidth") == 1
    assert provenances == {provenance and live_server.url + provenance}
    expect(carte.locator(".carte__departement").first).to_have_css("fill", "none")
    assert not plaintes
    contexte.close()
