"""Axe on every page of every role outside /admin/, in its states; nothing wider than the screen."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from mandataires.models import Mandataire
from mesures.models import Mesure
from tests.conftest import Personnes
from tests.factories import MesureFactory
from tests.navigateur.conftest import se_connecter, verifier_accessibilite, verifier_largeur
from tests.test_access import TABLE, Cas

PERSONNES = ("anonyme", "prepose", "service", "juge", "sans_rattachement")
# Both say that a link is dead.
PAGES_DE_MEME_TITRE = {"account_confirm_email", "account_reset_password_from_key"}
RECHERCHES = {"recherche_communes", "recherche_tribunaux", "recherche_etablissements"}  # looked at below
SANS_PAGE = RECHERCHES | {  # the others are JSON, or a file
    "majeurs_proteges_lieux",
    "mandataires_exporter",
    "mandataire_lieux",
    "mandataires_charges",
    "mandataires_communes",
    "mandataires_lieux",
    "mes_donnees",
    "mesures_carte_lieux",
    "mesures_du_tribunal_exporter",
    "mesures_exporter",
    "mesures_import_modele",
}


def est_publique(cas: Cas) -> bool:
    return all(cas.statut(personne) in (200, 503) for personne in PERSONNES)


def pages(personne: str) -> list[tuple[str, Cas]]:
    """The views of the access table that show a page to `personne`, and two that refuse theirs.

    Public pages are the same for all but for the head of the site, which is on the others too.
    """
    ouvertes, refusees = [], []
    for nom, cas in TABLE.items():
        if est_publique(cas) and personne != "anonyme":
            continue
        if cas.methode == "get" and nom not in SANS_PAGE:
            if cas.statut(personne) in (200, 503):
                ouvertes.append((nom, cas))
            elif cas.statut(personne) in (403, 404):
                refusees.append((nom, cas))
    return ouvertes + refusees[:2]  # one page says all refusals


@pytest.mark.parametrize("personne", PERSONNES)
def test_toutes_les_pages(page: Page, live_server: LiveServer, personnes: Personnes, personne: str) -> None:
    MesureFactory(mandataire=personnes.prepose.membre.mandataire, eteinte=True)
    # What its MJPM and its court see of a term that comes, and of an interruption.
    Mesure.objects.en_cours().update(date_terme=timezone.localdate())
    Mandataire.objects.filter(membres__user=personnes.prepose).update(indisponible_du=timezone.localdate())
    if personne != "anonyme":
        se_connecter(page, live_server, getattr(personnes, personne))
    titres = {}
    for nom, cas in pages(personne):
        if nom == "account_logout":
            continue  # the button of the page does it; looked at last, by hand
        kwargs: dict[str, object] = dict(cas.kwargs)
        if cas.pk is not None:
            kwargs["pk"] = cas.pk(personnes)
        response = page.goto(live_server.url + reverse(nom, kwargs=kwargs))
        assert response is not None
        assert response.status == cas.statut(personne), nom
        verifier_accessibilite(page)
        verifier_largeur(page)
        if cas.statut(personne) == 200:
            titres[nom] = page.title()
    doubles = {titre for titre in titres.values() if list(titres.values()).count(titre) > 1}
    assert not {nom for nom in titres if titres[nom] in doubles} - PAGES_DE_MEME_TITRE, titres


@pytest.mark.parametrize("etat", ["vide", "erreurs", "depliee"])
def test_les_etats_du_formulaire(page: Page, live_server: LiveServer, personnes: Personnes, etat: str) -> None:
    se_connecter(page, live_server, personnes.prepose)
    if etat == "vide":
        Mesure.objects.all().delete()
        page.goto(live_server.url + "/mesures/")
    else:
        page.goto(live_server.url + "/mesures/nouvelle/")
        if etat == "erreurs":
            page.get_by_label("Numéro RG").evaluate("(champ) => (champ.closest('details').open = true)")
            page.get_by_role("button", name="Valider", exact=True).click()
            page.get_by_role("alert").wait_for()
        else:
            page.locator("details").evaluate("(pli) => (pli.open = true)")
    verifier_accessibilite(page)
    verifier_largeur(page)


def test_les_pages_de_recherche(page: Page, live_server: LiveServer, personnes: Personnes) -> None:
    for nom in sorted(RECHERCHES):
        for q in ("", "calais", "zzz"):
            page.goto(f"{live_server.url}{reverse(nom)}?q={q}")
            verifier_accessibilite(page)
            verifier_largeur(page)
