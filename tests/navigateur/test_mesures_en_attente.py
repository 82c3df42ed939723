"""« Mesures en attente »: one is confirmed once the paper has arrived, another refused."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from mesures.models import Mesure
from tests.factories import MesureFactory
from tests.navigateur.conftest import se_connecter, verifier_accessibilite, verifier_largeur
from tribunaux.models import Commune, Tribunal


@pytest.fixture
def reservations(individuel: User, juge: User, tribunal: Tribunal, calais: Commune) -> tuple[Mesure, Mesure]:
    commun = {"mandataire": individuel.membre.mandataire, "tribunal": tribunal, "reserve_by": juge}
    ancienne = MesureFactory(
        **commun,
        en_attente=True,
        annee_naissance=1941,
        commune=calais,
        numero_rg="26/00777",
        cabinet="2",
        jugement_attendu_le=date(2026, 12, 12),
        reserve_at=timezone.now() - timedelta(days=20),
    )
    recente = MesureFactory(
        **commun,
        en_attente=True,
        est_urgente=True,
        annee_naissance=1975,
        nature="tutelle",
        genre="H",
        renouvelle=Mesure.objects.get(numero_rg="22/00003"),
    )
    MesureFactory(**commun, expiree=True, expire_le=timezone.localdate() - timedelta(days=9))
    return ancienne, recente


def examiner(page: Page) -> None:
    verifier_accessibilite(page)
    verifier_largeur(page)


def onglet(page: Page, nom: str) -> None:
    page.get_by_role("navigation", name="Menu principal").get_by_role("link", name=nom, exact=True).click()


def test_valider_puis_refuser(
    page: Page, live_server: LiveServer, individuel: User, reservations: tuple[Mesure, Mesure]
) -> None:
    se_connecter(page, live_server, individuel)
    onglet(page, "Mesures en attente (2)")
    expect(page.get_by_role("heading", level=1)).to_have_text("Mesures en attente")
    page.get_by_text("Sans suite depuis un an (1)").click()
    expect(page.get_by_role("link", name=re.compile("^Valider"))).to_have_count(3)
    examiner(page)

    page.get_by_role("link", name=re.compile("^Valider.*1941$")).click()
    expect(page.get_by_role("main")).to_contain_text("Jugement attendu")
    expect(page.get_by_label("Année de naissance")).to_have_value("1941")
    expect(page.get_by_role("combobox", name="Commune")).to_have_value(re.compile("Calais"))
    examiner(page)
    page.get_by_label("Code postal").fill("62100")
    page.get_by_label("Année de naissance").fill("1942")
    page.get_by_role("button", name="Valider", exact=True).click()
    alerte = page.get_by_role("alert")
    expect(alerte).to_be_focused()
    expect(alerte).to_contain_text("Indiquez la date de décision.")
    expect(alerte).to_contain_text("Indiquez si la personne vit à domicile ou en établissement.")
    expect(page.get_by_label("Année de naissance")).to_have_value("1942")
    examiner(page)
    page.get_by_label("Date de décision").fill("03/11/2026")
    page.get_by_label("À domicile", exact=True).check(force=True)
    page.get_by_role("button", name="Valider", exact=True).click()
    expect(page.get_by_role("status")).to_have_text("Mesure validée : elle est dans « Mesures en cours ».")
    expect(page.get_by_role("link", name="Mesures en cours (2)")).to_have_attribute("aria-current", "page")
    expect(page.get_by_role("row").filter(has_text="26/00777")).to_contain_text("F, 1942")

    onglet(page, "Mesures en attente (1)")
    ligne = page.get_by_role("row").filter(has_text="1975")
    expect(ligne).to_contain_text("Urgente")
    expect(ligne).to_contain_text("renouvelle la mesure 22/00003")
    ligne.get_by_role("link", name=re.compile("^Demande du")).click()
    expect(page.get_by_role("main")).to_contain_text(
        "la mesure 22/00003 prendra fin le jour de la nouvelle décision"
    )
    page.get_by_role("link", name="Refuser cette réservation").click()
    page.get_by_role("button", name="Refuser la réservation").click()
    expect(page.get_by_role("alert")).to_contain_text("Indiquez pourquoi : le tribunal le lira.")
    examiner(page)
    page.get_by_label("Motif du refus").fill("Trop loin des autres personnes que je suis.")
    page.get_by_role("button", name="Refuser la réservation").click()
    expect(page.get_by_role("status")).to_have_text("Réservation refusée : le tribunal en est prévenu.")
    expect(page.get_by_role("link", name="Mesures en attente (0)")).to_have_attribute("aria-current", "page")
    expect(page.get_by_role("main")).to_contain_text("Aucune mesure en attente")
    page.get_by_text("Sans suite depuis un an (2)").click()
    expect(page.get_by_role("row").filter(has_text="1975")).to_contain_text("Trop loin des autres personnes")
    examiner(page)
    page.get_by_role("row").filter(has_text="1975").get_by_role("link").click()
    expect(page.get_by_role("main")).to_contain_text("Réservation refusée")
    examiner(page)
