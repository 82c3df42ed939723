"""« Mesures en cours » and « Mesures éteintes » as a préposé with sixty mesures meets them, all day."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from tests.factories import CommuneFactory, EtablissementFactory, MesureFactory
from tests.navigateur.conftest import se_connecter, verifier_accessibilite, verifier_largeur
from tribunaux.models import Commune, Tribunal

LONG = "Établissement d'hébergement pour personnes âgées dépendantes du Littoral"


@pytest.fixture
def soixante(
    transactional_db: None, prepose: User, calais: Commune, tribunal: Tribunal, autre_tribunal: Tribunal
) -> User:
    """A préposé with sixty mesures, some of them long to write, some incomplete, and three that ended."""
    mandataire = prepose.membre.mandataire
    wissant = CommuneFactory(nom="Wissant", codes_postaux=["62179"])
    etablissement = EtablissementFactory(nom=LONG)
    for rang in range(53):
        MesureFactory(
            mandataire=mandataire,
            tribunal=tribunal if rang % 2 else autre_tribunal,
            numero_rg=f"24/{rang:05d}",
            commune=calais if rang % 3 else wissant,
            lieu_vie="etablissement_conservation" if rang % 2 else "domicile",
            etablissement=etablissement if rang % 2 else None,
            nature="sauvegarde_mandat_special" if rang % 5 else "tutelle",
            champ="biens_et_personne",
        )
    MesureFactory.create_batch(3, mandataire=mandataire, tribunal=tribunal, commune=calais, nature="maj")
    for valeurs in ({"lieu_vie": "etablissement"}, {"code_postal": ""}, {"commune": None, "lieu_vie": "sdf"}):
        MesureFactory(mandataire=mandataire, **valeurs)
    for fin in ("2024-05-20", "2024-06-30", "2023-01-01"):
        MesureFactory(
            mandataire=mandataire, eteinte=True, date_extinction=fin, motif_extinction="dessaisissement_mjpm"
        )
    return prepose


def hauteurs(page: Page) -> list[float]:
    return page.locator(".mesures tbody tr").evaluate_all(
        "(lignes) => lignes.map((ligne) => ligne.getBoundingClientRect().height)"
    )


def test_soixante_mesures_tiennent_en_deux_ecrans(page: Page, live_server: LiveServer, soixante: User) -> None:
    se_connecter(page, live_server, soixante)
    lignes = hauteurs(page)
    assert len(lignes) == 50
    assert max(lignes) <= 27
    # Below the head of the site, some 200 px, and its « Pour bien démarrer », which goes once done.
    haut = page.locator(".tete").bounding_box()
    bas = page.locator(".mesures").bounding_box()
    assert haut is not None
    assert bas is not None
    assert bas["y"] + bas["height"] - haut["y"] <= 1600
    cibles = page.locator(".mesures a").evaluate_all("(l) => l.map((a) => a.getBoundingClientRect().height)")
    assert min(cibles) >= 24
    verifier_accessibilite(page)
    verifier_largeur(page)
    # What is cut on the screen is whole in the page, and under the pointer.
    cellule = page.get_by_role("cell", name=re.compile(LONG)).first
    expect(cellule).to_have_attribute("title", re.compile(LONG))


def test_chercher_filtrer_trier_et_tourner_la_page(page: Page, live_server: LiveServer, soixante: User) -> None:
    se_connecter(page, live_server, soixante)
    recherche = page.get_by_role("search")
    principal = page.get_by_role("main")
    recherche.get_by_label("Rechercher").fill("calais")
    recherche.get_by_label("Rechercher").press("Enter")
    expect(principal).to_contain_text("38 mesures sur 60")
    recherche.get_by_label("Type de mesure").select_option("Tutelle")
    recherche.get_by_role("button", name="Filtrer").click()
    expect(principal).to_contain_text("7 mesures sur 60")
    expect(recherche.get_by_label("Rechercher")).to_have_value("calais")
    expect(page).to_have_title(re.compile("7 sur 60"))
    recherche.get_by_role("link", name="Effacer les filtres").click()
    expect(principal).to_contain_text("60 mesures")

    page.get_by_role("link", name="Lieu de vie").click()
    entete = page.get_by_role("columnheader", name="Lieu de vie")
    expect(entete).to_have_attribute("aria-sort", "ascending")
    premiere = page.get_by_role("row").nth(1)
    expect(premiere).to_contain_text("Calais")
    page.get_by_role("link", name="Page suivante").click()
    expect(entete).to_have_attribute("aria-sort", "ascending")
    expect(page.get_by_role("row").last).to_contain_text("Sans domicile fixe")
    page.get_by_role("link", name="Lieu de vie").press("Enter")
    expect(entete).to_have_attribute("aria-sort", "descending")
    expect(premiere).to_contain_text("Wissant")

    recherche.get_by_label("À compléter (3)").check(force=True)
    recherche.get_by_label("Rechercher").press("Enter")
    expect(principal).to_contain_text("3 mesures sur 60")
    expect(entete).to_have_attribute("aria-sort", "descending")
    page.go_back()
    expect(principal).not_to_contain_text("sur 60")


ETATS = {
    "/mesures/?q=introuvable&nature=tutelle": "Aucune de vos mesures en cours (60) ne répond à",
    "/mesures/?nature=zzz&lieu_vie=zzz&tribunal=0&commune=zzz": "Ce type de mesure n'existe pas",
    "/mesures/?commune=62193&nature=maj": "À Calais seulement",
    "/mesures/eteintes/": "2 fins de mandat dans l'année",
    "/mesures/eteintes/?q=introuvable&annee=2024": "Chercher « introuvable » parmi les mesures en cours",
    "/mesures/eteintes/?annee=1999": "Aucune mesure n'a pris fin cette année-là",
}


@pytest.mark.parametrize("largeur", [1366, 900, 360])
def test_chaque_etat_se_lit(page: Page, live_server: LiveServer, soixante: User, largeur: int) -> None:
    se_connecter(page, live_server, soixante)
    for adresse, attendu in ETATS.items():
        page.set_viewport_size({"width": largeur, "height": 800})
        page.goto(live_server.url + adresse)
        expect(page.get_by_role("main")).to_contain_text(attendu)
        if largeur != 900:  # between two, it is the place of things that changes
            verifier_accessibilite(page)
        verifier_largeur(page, largeur)


def test_sur_un_telephone(page: Page, live_server: LiveServer, soixante: User) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    se_connecter(page, live_server, soixante)
    recherche = page.get_by_role("search")
    expect(recherche.get_by_label("Rechercher")).to_be_visible()
    expect(recherche.get_by_label("Type de mesure")).to_be_hidden()
    assert sorted(hauteurs(page))[25] <= 200
    verifier_accessibilite(page)
    verifier_largeur(page, 320)
    page.set_viewport_size({"width": 360, "height": 740})
    recherche.get_by_text("Filtres et ordre").click()
    recherche.get_by_label("Trier par").select_option("Lieu de vie, de Z à A")
    recherche.get_by_label("Type de mesure").select_option("Tutelle")
    verifier_accessibilite(page)
    recherche.get_by_role("button", name="Filtrer").click()
    expect(page.get_by_role("main")).to_contain_text("11 mesures sur 60")
    expect(page.locator(".mesures tbody tr").first).to_contain_text("Wissant")
    expect(recherche.get_by_text("Filtres (1) et ordre")).to_be_visible()


def test_sur_un_ecran_large_les_filtres_se_voient(page: Page, live_server: LiveServer, soixante: User) -> None:
    """On a wide screen they show whatever the state of their <details>."""
    se_connecter(page, live_server, soixante)
    recherche = page.get_by_role("search")
    expect(recherche.get_by_label("Type de mesure")).to_be_visible()
    expect(recherche.get_by_text("Filtres")).to_be_hidden()
    recherche.get_by_label("Rechercher").focus()
    page.keyboard.press("Tab")
    expect(recherche.get_by_label("Type de mesure")).to_be_focused()


def test_reactiver_depuis_les_mesures_eteintes(page: Page, live_server: LiveServer, soixante: User) -> None:
    se_connecter(page, live_server, soixante)
    page.get_by_role("link", name="Mesures éteintes", exact=True).click()
    ligne = page.get_by_role("row").filter(has_text="20/05/2024")
    expect(ligne).to_contain_text("3 ans et 2 mois")
    expect(page.get_by_role("rowheader", name=re.compile("^2023 1 fin de mandat"))).to_be_visible()
    ligne.get_by_role("button", name=re.compile("^Réactiver la mesure")).click()
    expect(page.get_by_role("link", name="Mesures en cours (61)")).to_be_visible()
