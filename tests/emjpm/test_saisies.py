"""A form sent after the session's end, and who is offered it afterwards."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import User
from emjpm.saisies import CHAMP_AUTEUR, CLE_DE_SESSION, signer

pytestmark = pytest.mark.django_db

NOUVELLE = "/mesures/nouvelle/"


def envoyer_apres_la_fin(client: Client, author: User, **donnees: str) -> None:
    response = client.post(NOUVELLE, {CHAMP_AUTEUR: signer(author.pk), "numero_dossier": "D-1", **donnees})
    assert response["Location"] == f"/connexion/?next={NOUVELLE}"


def test_son_auteur_la_retrouve_une_fois(client: Client, prepose: User) -> None:
    envoyer_apres_la_fin(client, prepose, numero_rg="<b>'\"", password="secret")
    client.force_login(prepose)
    page = client.get(NOUVELLE).content.decode()
    assert "Votre saisie a été gardée" in page
    assert 'name="numero_dossier" value="D-1"' in page
    assert "&lt;b&gt;&#x27;&quot;" in page
    assert "secret" not in page
    assert "Votre saisie a été gardée" not in client.get(NOUVELLE).content.decode()


def test_un_autre_au_meme_ordinateur_ne_la_voit_pas(client: Client, prepose: User, prepose_voisin: User) -> None:
    envoyer_apres_la_fin(client, prepose)
    client.force_login(prepose_voisin)
    assert "D-1" not in client.get(NOUVELLE).content.decode()
    assert CLE_DE_SESSION not in client.session


@pytest.mark.parametrize("auteur", ["", "1", "1:faux:signature"])
def test_ce_qui_ne_vient_pas_d_un_de_nos_formulaires_n_est_pas_garde(client: Client, auteur: str) -> None:
    client.post(NOUVELLE, {CHAMP_AUTEUR: auteur, "numero_dossier": "D-1"})
    assert CLE_DE_SESSION not in client.session


def test_ce_qui_est_trop_long_n_est_pas_garde(client: Client, prepose: User) -> None:
    client.post(NOUVELLE, {CHAMP_AUTEUR: signer(prepose.pk), "numero_dossier": "x" * 200_000})
    assert CLE_DE_SESSION not in client.session


def test_un_bouton_ramene_a_sa_page(client: Client, prepose: User) -> None:
    response = client.post(
        "/mesures/1/reactiver/", headers={"referer": "http://testserver/mesures/eteintes/?page=2"}
    )
    assert response["Location"] == "/connexion/?next=/mesures/eteintes/%3Fpage%3D2"


@pytest.mark.parametrize("referer", ["", "https://ailleurs.example.org/mesures/", "javascript:alert(1)"])
def test_une_page_d_ailleurs_ramene_a_l_accueil(client: Client, referer: str) -> None:
    response = client.post("/mesures/1/reactiver/", headers={"referer": referer})
    assert response["Location"] == "/connexion/?next=/"


def test_une_adresse_qui_ne_s_ouvre_pas_a_sa_page(client: Client, prepose: User) -> None:
    client.force_login(prepose)
    response = client.get("/mesures/1/reactiver/")
    assert response.status_code == 405
    assert "Action impossible à cette adresse" in response.content.decode()
