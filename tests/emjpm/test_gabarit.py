"""The frame of every page and the shared components."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages import constants
from django.contrib.messages.storage.base import Message
from django.core.paginator import Paginator
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils.safestring import SafeString
from pytest_django import Settings

from accounts.models import User
from mandataires.disponibilite import Disponibilite
from tests.strict import ClientStrict, examiner_html


def rendre(gabarit: str, adresse: str = "/", **contexte: Any) -> SafeString:
    request = RequestFactory().get(adresse)
    request.user = AnonymousUser()
    return render_to_string(gabarit, contexte, request=request)


# --- Frame -------------------------------------------------------------------------------------------


def test_accueil_public(client: ClientStrict) -> None:
    contenu = client.get("/").content.decode()

    assert 'href="/connexion/">Se connecter</a>' in contenu
    assert 'href="/inscription/">S\'inscrire</a>' in contenu
    assert 'href="mailto:contact@emjpm.example.org">Nous contacter</a>' in contenu
    assert "Se déconnecter" not in contenu


def test_banniere_de_demonstration(client: ClientStrict, settings: Settings) -> None:
    assert "Démonstration, site non officiel" in client.get("/").content.decode()

    settings.DEMONSTRATION_BANNER = False

    assert "Démonstration" not in client.get("/").content.decode()


def test_marque_de_l_etat_seulement_si_le_reglage_la_donne(client: ClientStrict, settings: Settings) -> None:
    sans = client.get("/").content.decode()
    settings.STATE_BRAND = "République Française"
    settings.OPERATOR_NAME = "Ministère"

    avec = client.get("/").content.decode()

    assert "fr-logo" not in sans
    assert "dsfr/dist/favicon" not in sans
    assert '<p class="fr-logo">République Française</p>' in avec
    assert "Ministère" in avec


@pytest.mark.django_db
def test_personne_connectee_voit_son_nom_et_se_deconnecte_par_post(
    client: ClientStrict, sans_rattachement: User
) -> None:
    sans_rattachement.first_name, sans_rattachement.last_name = "Dominique", "O'Neil <b>"
    sans_rattachement.save()
    client.force_login(sans_rattachement)

    contenu = client.get("/nulle-part/").content.decode()

    assert "Dominique O&#x27;Neil &lt;b&gt;</a>" in contenu
    assert '<form method="post" action="/deconnexion/">' in contenu
    assert "Se connecter" not in contenu


def espace(**valeurs: Any) -> SimpleNamespace:
    onglets = [
        SimpleNamespace(url="/mesures/", libelle="Mesures en cours (52)", actif=True),
        SimpleNamespace(url="/mesures/carte/", libelle="Vue carte", actif=False),
    ]
    return SimpleNamespace(**{"nom": "Service A & B", "mise_a_jour": None, "onglets": onglets, **valeurs})


def test_onglets_de_l_espace() -> None:
    contenu = rendre("404.html", espace=espace(mise_a_jour=datetime(2026, 11, 2, 23, 30, tzinfo=UTC)))

    assert examiner_html(contenu) == []
    assert 'href="/mesures/" aria-current="page">Mesures en cours (52)</a>' in contenu
    assert 'href="/mesures/carte/">Vue carte</a>' in contenu
    assert "Service A &amp; B" in contenu
    assert ">3 novembre 2026</time>" in contenu  # the day in Paris
    assert '<a class="fr-link" href="#navigation">' in contenu


def test_espace_dit_la_charge_et_des_donnees_anciennes() -> None:
    le_3 = datetime(2026, 11, 3, tzinfo=UTC)
    disponibilite = Disponibilite(en_cours=50, en_attente=2, capacite=60)

    contenu = rendre("404.html", espace=espace(mise_a_jour=le_3, est_a_jour=False, disponibilite=disponibilite))

    assert "Proche du seuil · 8 disponibles" in contenu
    assert "à actualiser" in contenu
    assert "à actualiser" not in rendre("404.html", espace=espace(mise_a_jour=le_3, est_a_jour=True))


def test_espace_sans_mise_a_jour_et_page_sans_espace() -> None:
    assert "Dernière mise à jour" not in rendre("404.html", espace=espace())
    assert 'id="navigation"' not in rendre("404.html")


def test_titre_annonce_une_erreur_de_saisie() -> None:
    assert "<title>Erreur – Page introuvable" in rendre("404.html", form={"errors": {"x": ["y"]}})
    assert "<title>Page introuvable" in rendre("404.html", form={"errors": {}})


# --- Components --------------------------------------------------------------------------------------


def test_message_avec_retablir() -> None:
    message = Message(constants.SUCCESS, "Mesure éteinte <b>", "retablir:/mesures/7/reactiver/")

    contenu = rendre("components/message.html", message=message)

    assert 'class="fr-alert fr-alert--success' in contenu
    assert 'role="status"' in contenu
    assert "Mesure éteinte &lt;b&gt;" in contenu
    assert '<form method="post" action="/mesures/7/reactiver/">' in contenu
    assert "csrfmiddlewaretoken" in contenu


@pytest.mark.parametrize(
    ("niveau", "classe", "role"),
    [
        (constants.INFO, "info", "status"),
        (constants.SUCCESS, "success", "status"),
        (constants.WARNING, "warning", "alert"),
        (constants.ERROR, "error", "alert"),
    ],
)
@pytest.mark.parametrize("tags", [None, "", "important"])
def test_message_simple(niveau: int, classe: str, role: str, tags: str | None) -> None:
    contenu = rendre("components/message.html", message=Message(niveau, "Fait.", tags))

    assert f"fr-alert--{classe}" in contenu
    assert f'role="{role}"' in contenu
    assert "<form" not in contenu


@pytest.mark.parametrize("compacte", [True, False])
def test_charge_dit_le_nombre_le_mot_et_la_couleur(compacte: bool) -> None:
    disponibilite = Disponibilite(en_cours=50, en_attente=2, capacite=60)

    contenu = rendre("components/charge.html", disponibilite=disponibilite, compacte=compacte)

    assert "50 / 60" in contenu
    assert "Proche du seuil · 8 disponibles" in contenu
    assert "charge--orange" in contenu
    assert 'class="charge__part" width="86"' in contenu
    assert ("charge--compacte" in contenu) is compacte


def test_vide() -> None:
    contenu = rendre("components/vide.html", titre="Rien", action_url="/mesures/nouvelle/", action_texte="Saisir")

    assert '<a class="fr-btn" href="/mesures/nouvelle/">Saisir</a>' in contenu
    assert "vide__texte" not in contenu


def test_pagination_garde_les_filtres() -> None:
    page = Paginator(range(500), 50).page(5)

    contenu = rendre("components/pagination.html", "/mesures/?q=calais&type=a&type=b&page=5", page=page)

    assert 'rel="next" href="?q=calais&amp;type=a&amp;type=b&amp;page=6"' in contenu
    assert 'rel="prev" href="?q=calais&amp;type=a&amp;type=b&amp;page=4"' in contenu
    assert 'href="?q=calais&amp;type=a&amp;type=b&amp;page=10"' in contenu
    assert contenu.count('aria-current="page"') == 1
    assert "…" in contenu


def test_pagination_d_une_seule_page() -> None:
    page = Paginator(range(10), 50).page(1)

    assert rendre("components/pagination.html", page=page).strip() == ""


@pytest.mark.parametrize(("numero", "absent"), [(1, "prev"), (2, "next")])
def test_pagination_aux_bouts(numero: int, absent: str) -> None:
    page = Paginator(range(100), 50).page(numero)

    assert f'rel="{absent}"' not in rendre("components/pagination.html", page=page)
