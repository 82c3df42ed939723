"""A court reserves a mesure: by keyboard, from the list, in three fields."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from mandataires.models import Charge
from mesures.models import Mesure
from tests.navigateur.conftest import se_connecter, verifier_accessibilite, verifier_largeur


def test_au_clavier_de_la_liste_a_la_reservation(
    page: Page, live_server: LiveServer, juge: User, prepose: User
) -> None:
    mandataire = prepose.membre.mandataire
    Charge.objects.filter(pk=mandataire.pk).update(en_cours=59)
    se_connecter(page, live_server, juge)
    page.goto(live_server.url + "/mandataires/?type=prepose")
    page.get_by_role("link", name=f"Réserver une mesure auprès de {mandataire}").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/reserver/**")
    expect(page.get_by_role("main")).to_contain_text("59 / 60")
    expect(page.get_by_role("main")).to_contain_text(
        re.compile(r"Après cette réservation\s+60 / 60 avec celle-ci · Complet")
    )
    verifier_accessibilite(page)

    # The focus is on the first of the three fields; the last place goes to somebody else meanwhile.
    expect(page.get_by_label("Type de mesure")).to_be_focused()
    page.keyboard.type("Tut")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.type("abcd")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name=re.compile("Écrivez l'année en quatre chiffres"))).to_be_visible()
    verifier_accessibilite(page)
    Charge.objects.filter(pk=mandataire.pk).update(en_cours=60)
    annee = page.get_by_label("Année de naissance")
    annee.press("Control+A")
    page.keyboard.type("1962")
    repli = page.get_by_text("Numéro RG, cabinet, jugement attendu, urgence, lieu de vie")
    repli.focus()
    page.keyboard.press("Enter")
    page.get_by_label("Cabinet").press_sequentially("2 bis")
    page.keyboard.press("Enter")

    expect(page.get_by_role("link", name=re.compile("Rien n'est encore enregistré"))).to_be_visible()
    avertissement = page.get_by_label("60 / 60 mesures, 0 en attente (Complet) : je réserve tout de même")
    expect(avertissement).not_to_be_checked()
    expect(page.get_by_label("Année de naissance")).to_have_value("1962")
    repli.click()
    expect(page.get_by_label("Cabinet")).to_have_value("2 bis")
    page.get_by_label("En établissement", exact=True).check(force=True)
    verifier_accessibilite(page)
    verifier_largeur(page)
    page.get_by_label("Non connu").check(force=True)
    avertissement.focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Valider")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.get_by_text(f"Mesure réservée auprès de {mandataire}")).to_be_visible()
    expect(page).to_have_url(f"{live_server.url}/mandataires/?type=prepose")
    reservation = Mesure.objects.en_attente().get()
    assert (reservation.nature, reservation.genre, reservation.annee_naissance, reservation.cabinet) == (
        "tutelle",
        "F",
        1962,
        "2 bis",
    )
