"""What a court reserved: read, prolonged, cancelled; and its mesures. Each state of each page is looked at."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from mesures.models import Mesure
from tests.factories import MesureFactory
from tests.navigateur.conftest import se_connecter, verifier_accessibilite, verifier_largeur
from tribunaux.models import Commune, Tribunal


def verifier(page: Page) -> None:
    verifier_accessibilite(page)
    verifier_largeur(page)


@pytest.fixture
def suivies(
    prepose: User, prepose_voisin: User, juge: User, greffier: User, tribunal: Tribunal, calais: Commune
) -> Mesure:
    """Two that wait, one answer of each kind, an ended mesure; the one to act upon."""
    hier = timezone.now() - timedelta(days=1)
    sienne = {"mandataire": prepose.membre.mandataire, "tribunal": tribunal, "reserve_by": juge}
    voisine = {"mandataire": prepose_voisin.membre.mandataire, "tribunal": tribunal, "reserve_by": greffier}
    MesureFactory(**voisine, en_attente=True, numero_rg="26/00011", cabinet="B2", vue_at=hier, commune=calais)
    MesureFactory(**sienne, refusee=True, motif_reponse="Je ne me déplace pas au-delà de Boulogne.")
    MesureFactory(**voisine, expiree=True, numero_rg="26/00013", expire_le=hier.date())
    MesureFactory(**voisine, annulee=True, numero_rg="26/00014", cabinet="A1")
    MesureFactory(**sienne, numero_rg="26/00015", reserve_at=hier, repondu_at=hier, expire_le=hier.date())
    MesureFactory(mandataire=prepose.membre.mandataire, tribunal=tribunal, eteinte=True, numero_rg="24/00001")
    renouvelee = Mesure.objects.get(numero_rg="22/00001")
    return MesureFactory(
        **sienne,
        en_attente=True,
        est_urgente=True,
        numero_rg="22/00001",
        cabinet="A1",
        renouvelle=renouvelee,
        expire_le=timezone.localdate() + timedelta(days=3),
        expiration_annoncee_at=hier,
    )


def test_suivre_une_reservation_jusqu_au_bout(
    page: Page, live_server: LiveServer, juge: User, suivies: Mesure
) -> None:
    se_connecter(page, live_server, juge)
    principal = page.get_by_role("main")
    page.get_by_role("link", name="Réservations (3 réponses nouvelles)").click()
    verifier(page)
    etats = page.get_by_role("navigation", name="Réservations par état")
    etats.get_by_role("link", name="Réponses nouvelles (3)").click()
    expect(principal).to_contain_text("3 réservations sur 6")
    page.get_by_role("button", name="Marquer comme lues").click()
    expect(principal).to_contain_text("Aucune réponse nouvelle")
    expect(page.get_by_role("link", name="Réservations", exact=True)).to_be_visible()
    verifier(page)

    etats.get_by_role("link", name="En attente (2)").click()
    page.get_by_role("search").get_by_label("Cabinet").select_option("A1")
    page.get_by_role("button", name="Filtrer").click()
    expect(principal).to_contain_text("1 réservation sur 6")
    expect(etats.get_by_role("link", name="Annulées (1)")).to_be_visible()
    etats.get_by_role("link", name="Refusées (0)").click()
    expect(principal).to_contain_text("ne répond à ces filtres : cabinet A1, Refusées.")
    verifier(page)
    etats.get_by_role("link", name="En attente (1)").click()
    page.get_by_role("link", name="22/00001").click()
    expect(principal).to_contain_text("Réservation en attente Urgente")
    verifier(page)

    page.get_by_role("button", name="Prolonger de 60 jours").click()
    expect(principal).to_contain_text("Réservation prolongée jusqu'au")
    page.get_by_role("link", name="Annuler la réservation").click()
    page.get_by_role("button", name="Annuler la réservation").click()
    expect(page.get_by_role("alert")).to_contain_text("Indiquez pourquoi")
    verifier(page)
    page.get_by_label("Motif de l'annulation").fill("Le juge a nommé un proche.")
    page.get_by_role("button", name="Annuler la réservation").click()
    expect(principal).to_contain_text("Réservation annulée")
    expect(principal).to_contain_text("Le juge a nommé un proche.")
    expect(page.get_by_role("button", name="Prolonger de 60 jours")).to_have_count(0)
    page.get_by_role("link", name="mesure 22/00001").click()
    expect(principal).to_contain_text("Mesure en cours")
    expect(principal).to_contain_text("Renouvellement réservé")
    expect(page.get_by_role("link", name="Réserver son renouvellement")).to_be_visible()


def test_les_mesures_du_tribunal(page: Page, live_server: LiveServer, juge: User, suivies: Mesure) -> None:
    se_connecter(page, live_server, juge)
    principal = page.get_by_role("main")
    page.get_by_role("link", name="Mesures du tribunal").click()
    expect(principal).to_contain_text("3 mesures")
    verifier(page)
    page.get_by_role("link", name="Mandataire", exact=True).click()
    expect(page.get_by_role("columnheader", name="Mandataire")).to_have_attribute("aria-sort", "ascending")
    page.get_by_role("search").get_by_label("Rechercher").fill("22/00002")
    page.get_by_role("search").get_by_label("Rechercher").press("Enter")
    expect(principal).to_contain_text("1 mesure sur 3")
    page.get_by_role("link", name="22/00002").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Mesure 22/00002")
    page.get_by_role("link", name="Revenir à la liste").click()
    expect(page).to_have_url(re.compile("q=22%2F00002"))
    page.get_by_role("link", name="Éteintes", exact=True).click()
    expect(page.get_by_role("rowheader", name=re.compile("^2024 1 fin de mandat"))).to_be_visible()
    verifier(page)


def test_un_tribunal_qui_n_a_rien_reserve(page: Page, live_server: LiveServer, juge_voisin: User) -> None:
    se_connecter(page, live_server, juge_voisin)
    page.get_by_role("link", name="Réservations").click()
    expect(page.get_by_role("main")).to_contain_text("Aucune réservation")
    verifier(page)
