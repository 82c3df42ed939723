"""A file from a person's spreadsheet: sent, verified, imported, undone."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from mesures.models import Mesure
from tests.accounts.taches import executer_taches
from tests.navigateur.conftest import se_connecter, verifier_accessibilite, verifier_largeur
from tests.test_access import Personnes

FICHIER = Path(__file__).parents[1] / "mesures/echanges/fichiers/portefeuille.xlsx"


@pytest.fixture
def importer(page: Page, live_server: LiveServer, personnes: Personnes) -> Page:
    se_connecter(page, live_server, personnes.prepose)
    page.get_by_role("link", name="Importer un fichier").click()
    return page


def verifier(page: Page) -> None:
    verifier_accessibilite(page)
    verifier_largeur(page)


def test_du_fichier_aux_mesures_et_retour(importer: Page) -> None:
    page = importer
    page.get_by_label("Fichier de mesures").set_input_files(FICHIER)
    page.get_by_role("button", name="Envoyer le fichier").click()
    titre = page.get_by_role("heading", level=1)
    expect(titre).to_have_text("Lecture du fichier")
    expect(page.get_by_role("progressbar", name="La lecture commence")).to_be_visible()
    verifier(page)

    # The page finds by itself that the worker is done.
    executer_taches()
    expect(titre).to_have_text("Vérifier avant d'importer")
    expect(
        page.get_by_text("6 lignes lues = 0 nouvelles + 0 modifiées + 0 inchangées + 6 rejetées")
    ).to_be_visible()
    expect(page.get_by_text("Colonne que nous ne connaissons pas, ignorée : Nom du logiciel.")).to_be_visible()
    expect(page.get_by_role("button", name="Importer les")).to_have_count(0)
    verifier(page)

    page.get_by_role("link", name="Choisir les tribunaux").click()
    tribunal = page.get_by_role("combobox", name="SIRET 17590111500121")
    tribunal.press_sequentially("calais")
    page.get_by_role("option").first.click()
    expect(tribunal).to_have_value("Tribunal de proximité de Calais (ancien TI)")
    verifier(page)
    page.get_by_role("button", name="Valider et relire le fichier").click()
    expect(titre).to_have_text("Lecture du fichier")
    executer_taches()
    page.get_by_role("link", name="Actualiser").click()
    expect(
        page.get_by_text("6 lignes lues = 3 nouvelles + 0 modifiées + 0 inchangées + 3 rejetées")
    ).to_be_visible()
    page.get_by_role("link", name="Rejetées (3)").click()
    rejetee = page.get_by_role("table", name="Lignes du fichier").locator("tbody").first
    expect(rejetee).to_contain_text("Nous ne connaissons pas de commune « Bourg-en-Bresse ».")
    verifier(page)
    with page.expect_download() as telechargement:
        page.get_by_role("link", name="Télécharger les 3 lignes rejetées").click()
    assert telechargement.value.suggested_filename.endswith(".xlsx")

    page.get_by_role("button", name="Importer les 3 lignes valides").click()
    expect(titre).to_have_text("Enregistrement en cours")
    verifier(page)
    executer_taches()
    page.get_by_role("link", name="Actualiser").click()
    expect(titre).to_have_text("Import enregistré")
    expect(page.get_by_role("link", name="Mesures en cours (4)")).to_be_visible()
    verifier(page)
    page.get_by_role("link", name="Voir les mesures en cours").click()
    expect(page.get_by_role("link", name="21A00123", exact=True)).to_be_visible()

    # Somebody has looked after one of them since: it stays.
    Mesure.objects.filter(numero_rg="24A00002").update(version=5, cabinet="9")
    page.get_by_role("link", name="Importer un fichier").click()
    page.get_by_role("link", name="portefeuille.xlsx").click()
    page.get_by_role("link", name="Défaire cet import").click()
    page.get_by_text("Laisser telle quelle la mesure qui a changé depuis").click()
    verifier(page)
    page.get_by_role("button", name="Défaire l'import").click()
    expect(titre).to_have_text("Import défait")
    expect(page.get_by_text("2 supprimées, 1 laissée telle quelle")).to_be_visible()
    expect(page.get_by_role("link", name="Mesures en cours (2)")).to_be_visible()
    verifier(page)
