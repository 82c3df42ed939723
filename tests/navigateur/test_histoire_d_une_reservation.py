"""One reservation, three people, three browsers: from the judge's list to a paper that comes late."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from django.db.models import F
from django.utils import timezone
from playwright.sync_api import Browser, Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from mesures.expirations import suivre_expirations
from mesures.models import Mesure
from tests.mesures.reservations import a_qui
from tests.navigateur.conftest import se_connecter
from tribunaux.dates import en_lettres


def onglet(page: Page, nom: str) -> Locator:
    return page.get_by_role("navigation", name="Menu principal").get_by_role("link", name=nom, exact=True)


def les_jours_passent(jours: int) -> None:
    """The clock cannot move under three sessions: what has been written goes back instead, then the task runs."""
    recul = timedelta(days=jours)
    Mesure.objects.reservees().update(
        reserve_at=F("reserve_at") - recul, vue_at=F("vue_at") - recul, expire_le=F("expire_le") - recul
    )
    suivre_expirations(0)


def test_de_la_reservation_au_papier_qui_arrive_tard(
    browser: Browser,
    live_server: LiveServer,
    juge: User,
    greffier: User,
    individuel: User,
    browser_context_args: dict[str, Any],
) -> None:
    mandataire = individuel.membre.mandataire
    du_juge, du_greffier, du_mandataire = (
        browser.new_context(**browser_context_args).new_page() for _ in range(3)
    )

    # The judge reserves, in three fields and a number.
    se_connecter(du_juge, live_server, juge)
    onglet(du_juge, "Mandataires").click()
    du_juge.get_by_role("link", name=f"Réserver une mesure auprès de {mandataire}").click()
    du_juge.get_by_label("Type de mesure").select_option("Tutelle")
    du_juge.get_by_label("Femme").check(force=True)
    du_juge.get_by_label("Année de naissance").fill("1941")
    du_juge.get_by_text("Numéro RG, cabinet, jugement attendu, urgence, lieu de vie").click()
    du_juge.get_by_label("Numéro RG").fill("26/00777")
    du_juge.get_by_role("button", name="Valider").click()
    expect(du_juge.get_by_text(f"Mesure réservée auprès de {mandataire}")).to_be_visible()
    expect(onglet(du_juge, "Réservations")).to_be_visible()

    # The MJPM's tab counts it; opening it is what the court reads.
    se_connecter(du_mandataire, live_server, individuel)
    onglet(du_mandataire, "Mesures en attente (1)").click()
    du_mandataire.get_by_role("row").filter(has_text="À lire").get_by_role("link", name="Demande du").click()
    expect(du_mandataire.get_by_role("main")).to_contain_text("26/00777")

    # The greffier, of the same court, reads so, and lets it wait.
    se_connecter(du_greffier, live_server, greffier)
    onglet(du_greffier, "Réservations").click()
    ligne = du_greffier.get_by_role("row").filter(has_text="26/00777")
    expect(ligne).to_contain_text(f"Vue le {en_lettres(timezone.localdate())}")
    ligne.get_by_role("link").click()
    du_greffier.get_by_role("button", name="Prolonger de 60 jours").click()
    expect(du_greffier.get_by_role("status")).to_contain_text("Réservation prolongée jusqu'au")
    expect(du_greffier.get_by_role("main")).to_contain_text(
        f"après le {en_lettres(timezone.localdate() + timedelta(days=120))}"
    )

    # No paper comes: both sides are told seven days before, and on the day after the last.
    les_jours_passent(113)
    du_greffier.reload()
    expect(du_greffier.get_by_role("main")).to_contain_text("bientôt")
    les_jours_passent(8)
    onglet(du_juge, "Réservations").click()
    onglet(du_juge, "Réservations (1 réponse nouvelle)").click()
    ligne = du_juge.get_by_role("row").filter(has_text="26/00777")
    expect(ligne).to_contain_text("Nouvelle")
    expect(ligne).to_contain_text("Expirée")
    ligne.get_by_role("link").click()
    expect(du_juge.get_by_role("main")).to_contain_text("il peut encore la confirmer")
    expect(onglet(du_juge, "Réservations")).to_be_visible()

    # It comes at last.
    onglet(du_mandataire, "Mesures en attente (1)").click()
    expect(onglet(du_mandataire, "Mesures en attente (0)")).to_be_visible()
    du_mandataire.get_by_text("Sans suite depuis un an (1)").click()
    du_mandataire.get_by_role("row").filter(has_text="Expirée").get_by_role("link", name="Valider").click()
    expect(du_mandataire.get_by_role("main")).to_contain_text("elle a expiré. Elle peut encore être validée")
    decision = timezone.localdate() - timedelta(days=30)
    du_mandataire.get_by_label("Date de décision").fill(f"{decision:%d/%m/%Y}")
    du_mandataire.get_by_label("Code postal").fill("62100")
    du_mandataire.get_by_label("Code postal").press("Tab")
    expect(du_mandataire.get_by_role("combobox", name="Commune")).to_have_value(re.compile("Calais"))
    du_mandataire.get_by_label("À domicile", exact=True).check(force=True)
    du_mandataire.get_by_role("button", name="Valider", exact=True).click()
    expect(du_mandataire.get_by_role("status")).to_contain_text("Mesure validée")
    expect(onglet(du_mandataire, "Mesures en cours (2)")).to_be_visible()

    # The court reads it, and it is of its mesures.
    du_greffier.reload()
    expect(du_greffier.get_by_role("main")).to_contain_text("Confirmée le")
    expect(du_greffier.get_by_role("main")).to_contain_text("après son expiration")
    onglet(du_juge, "Mesures du tribunal").click()
    expect(du_juge.get_by_role("row").filter(has_text="26/00777")).to_contain_text(str(mandataire))

    va_expirer, a_expire = "une réservation expire après le", "une réservation a expiré"
    attendus = [
        ("individuel", "le tribunal de proximité de Calais vous a réservé une mesure"),
        ("individuel", va_expirer),
        ("juge", va_expirer),
        ("individuel", a_expire),
        ("juge", a_expire),
        ("juge", f"{mandataire} a validé votre réservation"),
    ]
    partis = a_qui()
    assert [qui for qui, _ in partis] == [qui for qui, _ in attendus]
    for (_, sujet), (_, attendu) in zip(partis, attendus, strict=True):
        assert sujet.startswith(attendu)
