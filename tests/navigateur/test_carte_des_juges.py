"""The map beside a court's search: its symbols and its rows, by mouse, by keyboard, without JavaScript."""

from __future__ import annotations

import math
import re

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from mandataires.models import Charge, Mandataire
from tests.factories import AgrementFactory, DeclarationFactory, MembreFactory, MesureFactory
from tests.navigateur.conftest import ouvrir_bulle, se_connecter, verifier_accessibilite, verifier_largeur
from tribunaux.models import Commune, Tribunal

SYMBOLES = [
    "Association, service, Complet",
    "Camille Calaisien, individuel, 57 disponibles",
    "Camille Arrageois, préposé, 58 disponibles",
]


@pytest.fixture
def liste(transactional_db: None, tribunal: Tribunal, calais: Commune, arras: Commune) -> Mandataire:
    """Three MJPM on the map of Calais's court, two of them in one town, and one that is nowhere; the second."""
    mandataires = []
    for nom, commune, valeurs in (
        ("Association", calais, {"mandataire__service": True}),
        ("Calaisien", calais, {}),
        ("Arrageois", arras, {"mandataire__prepose": True}),
        ("Perdu", None, {}),
    ):
        membre = MembreFactory(mandataire__nom=nom, mandataire__commune=commune, **valeurs)
        mandataires.append(membre.mandataire)
        AgrementFactory(mandataire=membre.mandataire, tribunal=tribunal)
    DeclarationFactory(mandataire=mandataires[0], nombre=1600)
    MesureFactory.create_batch(3, mandataire=mandataires[1], commune=calais)
    MesureFactory.create_batch(2, mandataire=mandataires[2], commune=arras)
    return mandataires[1]


def ouvrir(page: Page, live_server: LiveServer, juge: User, chemin: str = "/majeurs-proteges/") -> Locator:
    """The map, once its symbols are drawn."""
    se_connecter(page, live_server, juge)
    page.goto(live_server.url + chemin)
    page.locator("[data-carte=prete]").wait_for()
    return page.locator(".leaflet-container")


def symboles(carte: Locator) -> list[str]:
    return [str(icone.get_attribute("aria-label")) for icone in carte.locator("[role=button].symbole").all()]


def ligne(page: Page, nom: str) -> Locator:
    return page.locator("tr[data-mandataire]").filter(has_text=nom)


def test_un_symbole_dit_qui_et_s_il_est_disponible(
    page: Page, live_server: LiveServer, juge: User, liste: Mandataire
) -> None:
    carte = ouvrir(page, live_server, juge, "/majeurs-proteges/?tri=distance&disponibles=on")
    assert symboles(carte) == SYMBOLES[1:]
    page.goto(live_server.url + "/majeurs-proteges/")
    page.locator("[data-carte=prete]").wait_for()
    assert symboles(carte) == SYMBOLES
    assert [carte.get_by_role("button", name=nom).inner_text() for nom in SYMBOLES] == ["S", "I", "P"]
    for nom, classe in zip(SYMBOLES, ("rouge", "vert", "vert"), strict=True):
        expect(carte.get_by_role("button", name=nom)).to_have_class(re.compile(f"symbole--{classe}"))
    legende = page.locator("[data-carte-mandataires]")
    expect(legende).to_contain_text("Lieu de vie : Calais (62)")
    expect(legende).to_contain_text("1 mandataire sans position connue n'y figure pas.")

    # Two of one town, and the place searched: none hides another.
    for nom in SYMBOLES[:2]:
        carte.get_by_role("button", name=nom).click()
        expect(carte.get_by_role("dialog")).to_have_count(1)
        page.keyboard.press("Escape")
        expect(carte.get_by_role("dialog")).to_have_count(0)

    bulle = ouvrir_bulle(carte, SYMBOLES[2], "Camille Arrageois")
    expect(bulle).to_contain_text("préposé, 98 km")
    expect(bulle).to_contain_text("2 / 60 · 58 disponibles")
    expect(bulle.get_by_role("link", name="Réserver une mesure auprès de Camille Arrageois")).to_have_attribute(
        "href", re.compile(r"/reserver/\?retour=%2Fmajeurs-proteges%2F")
    )
    verifier_accessibilite(page)
    verifier_largeur(page)
    bulle.get_by_role("link", name="Ouvrir la fiche de Camille Arrageois").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Camille Arrageois")
    page.get_by_role("link", name="Revenir aux mandataires").click()
    expect(page).to_have_url(live_server.url + "/majeurs-proteges/")


def test_une_ville_entiere_se_lit(
    page: Page, live_server: LiveServer, juge: User, liste: Mandataire, tribunal: Tribunal, arras: Commune
) -> None:
    """No symbol hides another, and all are in sight, though they have one point."""
    for _ in range(40):
        AgrementFactory(mandataire=MembreFactory(mandataire__commune=arras).mandataire, tribunal=tribunal)
    carte = ouvrir(page, live_server, juge)
    boite = carte.bounding_box()
    boites = [icone.bounding_box() for icone in carte.locator(".symbole").all()]
    centres = [(b["x"] + b["width"] / 2, b["y"] + b["height"] / 2) for b in boites if b]
    assert boite
    assert len(centres) == 44  # and the place searched
    for rang, (x, y) in enumerate(centres):
        assert boite["x"] < x < boite["x"] + boite["width"]
        assert boite["y"] < y < boite["y"] + boite["height"]
        assert all(math.dist((x, y), autre) > 24 for autre in centres[rang + 1 :])
    expect(carte.locator(".carte__fil")).to_have_count(42)  # the symbols that are not at their point


def test_tout_se_fait_au_clavier(page: Page, live_server: LiveServer, juge: User, liste: Mandataire) -> None:
    carte = ouvrir(page, live_server, juge)
    carte.focus()
    for nom in SYMBOLES:
        page.keyboard.press("Tab")
        expect(carte.get_by_role("button", name=nom)).to_be_focused()
    page.keyboard.press("Enter")
    bulle = carte.get_by_role("dialog", name="Camille Arrageois")
    expect(bulle.get_by_text("Camille Arrageois", exact=True)).to_be_focused()
    page.keyboard.press("Tab")
    expect(bulle.get_by_role("link").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(bulle).to_have_count(0)
    expect(carte.get_by_role("button", name=SYMBOLES[2])).to_be_focused()


def test_la_liste_et_la_carte_s_eclairent(
    page: Page, live_server: LiveServer, juge: User, liste: Mandataire
) -> None:
    carte = ouvrir(page, live_server, juge)
    page.set_viewport_size({"width": 1366, "height": 1600})  # both in sight: nothing scrolls to be pointed at
    symbole, rangee = carte.get_by_role("button", name=SYMBOLES[2]), ligne(page, "Arrageois")
    allume, eteint = re.compile("symbole--allume"), re.compile(r"^(?!.*symbole--allume)")
    rangee.hover()
    expect(symbole).to_have_class(allume)
    expect(symbole).to_have_css("outline-style", "solid")
    ligne(page, "Calaisien").hover()
    expect(symbole).to_have_class(eteint)
    expect(carte.get_by_role("button", name=SYMBOLES[1])).to_have_class(allume)
    page.get_by_role("heading", level=1).hover()
    rangee.get_by_role("link").first.focus()
    expect(symbole).to_have_class(allume)

    page.get_by_role("button", name="Rechercher").focus()
    expect(symbole).to_have_class(eteint)
    avant = page.evaluate("scrollY")
    symbole.hover()
    expect(rangee).to_have_class(re.compile("recherche__ligne--allumee"))
    expect(rangee).to_have_css("outline-style", "solid")
    carte.get_by_role("button", name=SYMBOLES[0]).focus()
    expect(ligne(page, "Association")).to_have_class(re.compile("recherche__ligne--allumee"))
    assert page.evaluate("scrollY") == avant
    assert symboles(carte) == SYMBOLES


def test_la_liste_ne_suit_la_carte_que_sur_demande(
    page: Page, live_server: LiveServer, juge: User, liste: Mandataire
) -> None:
    carte = ouvrir(page, live_server, juge)
    lignes = page.locator("tr[data-mandataire]:visible")
    dit = page.locator("[data-carte-hors-vue]")
    carte.focus()
    for _ in range(6):  # southwards, until Calais is out of sight
        page.keyboard.press("ArrowDown")
        page.wait_for_timeout(300)
    expect(lignes).to_have_count(4)
    expect(dit).to_be_empty()
    suivre = page.get_by_label("Limiter la liste à la carte")
    expect(suivre).not_to_be_checked()
    suivre.check(force=True)
    expect(dit).to_have_text(re.compile(r"^[34] mandataires hors de la carte : la liste ne les montre pas\.$"))
    assert lignes.count() + int(str(dit.text_content())[0]) == 4
    expect(ligne(page, "Calaisien")).to_be_hidden()
    expect(page.locator(".exporter")).to_contain_text("Exporter les 4 (sans la limite de la carte)")
    verifier_accessibilite(page)
    carte.focus()
    for _ in range(6):
        page.keyboard.press("ArrowUp")
        page.wait_for_timeout(300)
    expect(dit).to_have_text("1 mandataire hors de la carte : la liste ne les montre pas.")
    expect(ligne(page, "Perdu")).to_be_hidden()
    suivre.uncheck(force=True)
    expect(lignes).to_have_count(4)
    expect(dit).to_be_empty()
    expect(page.locator(".exporter")).not_to_contain_text("limite")

    suivre.check(force=True)
    carte.focus()
    for _ in range(12):
        page.keyboard.press("ArrowDown")
        page.wait_for_timeout(300)
    expect(page.locator("table")).to_be_hidden()
    expect(page.get_by_text("Aucun mandataire de cette liste n'est dans la partie de la carte")).to_be_visible()
    verifier_accessibilite(page)
    page.get_by_role("button", name="Montrer toute la liste").click()
    expect(lignes).to_have_count(4)
    expect(suivre).not_to_be_checked()
    expect(ligne(page, "Calaisien").get_by_role("link").first).to_be_visible()


def test_les_mesures_par_commune_sur_demande(
    page: Page, live_server: LiveServer, juge: User, liste: Mandataire
) -> None:
    en_panne = True

    def repondre(route: Route) -> None:
        route.fulfill(status=503) if en_panne else route.continue_()

    page.route("**/communes.json", repondre)
    carte = ouvrir(page, live_server, juge, "/mandataires/")
    cercles = carte.locator(".carte__cercle")
    communes = page.get_by_label("Mesures en cours par commune")
    expect(communes).not_to_be_checked()
    communes.check(force=True)
    expect(page.get_by_text("Les mesures par commune ne se sont pas chargées.")).to_be_visible()
    communes.uncheck(force=True)
    en_panne = False
    communes.check(force=True)
    expect(cercles).to_have_count(2)
    expect(page.get_by_text("ne se sont pas chargées")).to_have_count(0)
    page.get_by_text("Les mêmes nombres en liste").click()
    expect(page.locator("[data-carte-detail-liste] li")).to_have_text(["Arras (62) : 1 à 2", "Calais (62) : 3"])
    verifier_accessibilite(page)
    verifier_largeur(page)
    communes.uncheck(force=True)
    expect(cercles).to_have_count(0)
    expect(page.get_by_text("Les mêmes nombres en liste")).to_be_hidden()


def test_le_symbole_suit_la_ligne_renouvelee(
    page: Page, live_server: LiveServer, juge: User, liste: Mandataire
) -> None:
    page.clock.install()
    carte = ouvrir(page, live_server, juge)
    symbole = carte.get_by_role("button", name=re.compile("Calaisien"))
    Charge.objects.filter(pk=liste.pk).update(en_cours=60)
    page.clock.fast_forward(21_000)
    expect(symbole).to_have_attribute("aria-label", "Camille Calaisien, individuel, Complet")
    expect(symbole).to_have_class(re.compile("symbole--rouge"))
    ligne(page, "Calaisien").hover()
    expect(symbole).to_have_class(re.compile("symbole--allume"))
    symbole.click()
    expect(carte.get_by_role("dialog")).to_contain_text("60 / 60 · Complet")


def test_sur_un_telephone_la_carte_vient_apres_la_liste(
    page: Page, live_server: LiveServer, juge: User, liste: Mandataire
) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    carte = ouvrir(page, live_server, juge)
    derniere, boite = ligne(page, "Perdu").bounding_box(), carte.bounding_box()
    assert derniere
    assert boite
    assert derniere["y"] + derniere["height"] < boite["y"]
    page.get_by_role("link", name="Voir la carte").click()
    expect(page.get_by_role("heading", name="Carte de ces mandataires")).to_be_focused()
    verifier_accessibilite(page)


def test_rien_ne_bouge_pour_qui_l_a_demande(
    page: Page, live_server: LiveServer, juge: User, liste: Mandataire
) -> None:
    page.emulate_media(reduced_motion="reduce")
    carte = ouvrir(page, live_server, juge)
    symbole = carte.get_by_role("button", name=SYMBOLES[2])
    avant = symbole.bounding_box()
    carte.get_by_role("button", name="Zoomer", exact=True).click()
    assert symbole.bounding_box() != avant
    expect(page.locator(".leaflet-zoom-anim, .leaflet-pan-anim, .leaflet-fade-anim")).to_have_count(0)


def test_une_panne_se_dit(page: Page, live_server: LiveServer, juge: User, liste: Mandataire) -> None:
    page.route("**/lieux.json*", lambda route: route.fulfill(status=503, body=""))
    se_connecter(page, live_server, juge)
    expect(page.get_by_text("La carte ne s'est pas chargée.")).to_be_visible()


@pytest.mark.parametrize("chemin", ["/majeurs-proteges/", "/mandataires/"])
def test_sans_javascript_pas_de_boite_vide(
    browser: Browser,
    browser_context_args: dict[str, object],
    live_server: LiveServer,
    juge: User,
    liste: Mandataire,
    chemin: str,
) -> None:
    contexte = browser.new_context(**browser_context_args, java_script_enabled=False)
    page = contexte.new_page()
    se_connecter(page, live_server, juge)
    page.goto(live_server.url + chemin)
    expect(page.get_by_text("préposé, Arras")).to_be_visible()
    for cache in ("[data-carte]", "[data-carte-mandataires]", "[data-carte-lien]"):
        expect(page.locator(cache)).to_be_hidden()
    tableau, bas = page.locator("table").bounding_box(), page.locator("main").bounding_box()
    assert tableau
    assert bas
    assert tableau["width"] > bas["width"] - 100  # the list has the whole width
    contexte.close()
