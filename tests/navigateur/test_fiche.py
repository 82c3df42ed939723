"""The record of a MJPM, as a court reads it and writes on it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from mandataires.models import Mandataire, Note
from tests.factories import AgrementFactory, MandataireFactory, MembreFactory, NoteFactory
from tests.navigateur.conftest import se_connecter, verifier_accessibilite, verifier_largeur
from tribunaux.models import Tribunal


def test_la_fiche_s_ouvre_de_la_liste_et_y_ramene(
    page: Page, live_server: LiveServer, juge: User, prepose: User
) -> None:
    mandataire = prepose.membre.mandataire
    se_connecter(page, live_server, juge)
    page.goto(live_server.url + "/mandataires/?type=prepose")
    page.get_by_role("link", name=str(mandataire), exact=True).click()
    expect(page.get_by_role("link", name="contact@example.org")).to_have_attribute(
        "href", "mailto:contact@example.org"
    )
    expect(page.get_by_role("link", name="03 21 00 00 00")).to_have_attribute("href", "tel:0321000000")
    page.get_by_text("Les mêmes nombres en tableau").click()
    expect(page.get_by_role("row")).to_have_count(14)
    verifier_accessibilite(page)
    verifier_largeur(page)
    page.get_by_label("Votre note").fill("Répond vite.")
    page.get_by_role("button", name="Ajouter la note").click()
    expect(page.get_by_text("Note enregistrée : seul votre tribunal la lit.")).to_be_visible()
    expect(page.get_by_text("Répond vite.")).to_be_visible()
    page.get_by_role("link", name="Revenir aux mandataires").click()
    expect(page).to_have_url(f"{live_server.url}/mandataires/?type=prepose")


def test_la_vie_d_une_note(page: Page, live_server: LiveServer, juge: User, greffier: User, prepose: User) -> None:
    mandataire = prepose.membre.mandataire
    NoteFactory(mandataire=mandataire, tribunal=juge.magistrat.tribunal, auteur=greffier, texte="Celle du greffe.")
    se_connecter(page, live_server, juge)
    page.goto(live_server.url + mandataire.get_absolute_url())
    notes = page.get_by_role("region", name="Notes de votre tribunal")
    expect(notes).to_contain_text("N'y écrivez rien sur la santé de quiconque")
    expect(notes.get_by_role("link")).to_have_count(0)  # none of the colleague's
    notes.get_by_role("button", name="Ajouter la note").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Écrire une note sur {mandataire}")
    expect(page.get_by_role("link", name="Écrivez la note.")).to_be_visible()
    verifier_accessibilite(page)
    page.get_by_label("Votre note").fill("La mienne.")
    page.get_by_role("button", name="Valider").click()
    notes.get_by_role("link", name="Modifier votre note").click()
    page.get_by_label("Votre note").fill("La mienne, reprise.")
    page.get_by_role("button", name="Valider").click()
    expect(notes).to_contain_text("La mienne, reprise.")
    expect(notes).to_contain_text("modifiée le")
    notes.get_by_role("link", name="Supprimer votre note").click()
    expect(page.get_by_role("button", name="Supprimer la note")).to_be_visible()
    verifier_accessibilite(page)
    page.get_by_role("button", name="Supprimer la note").click()
    expect(notes).not_to_contain_text("La mienne")
    assert Note.objects.get().texte == "Celle du greffe."


@pytest.mark.parametrize("type_", Mandataire.Type.values)
def test_une_fiche_presque_vide(
    page: Page, live_server: LiveServer, juge: User, tribunal: Tribunal, type_: str
) -> None:
    mandataire = MandataireFactory(
        type=type_,
        prenom="" if type_ == "service" else "Camille",
        commune=None,
        capacite=None,
        telephone="",
        email="",
    )
    MembreFactory(mandataire=mandataire)
    AgrementFactory(mandataire=mandataire, tribunal=tribunal)
    se_connecter(page, live_server, juge)
    page.goto(live_server.url + mandataire.get_absolute_url())
    expect(page.get_by_text("Aucune mesure en cours n'est enregistrée ici.")).to_be_visible()
    verifier_accessibilite(page)
    verifier_largeur(page)
