"""What every answer carries, and what none may."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse

from accounts.models import User
from accounts.refus import Refus
from emjpm import views
from tests.factories import MesureFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("url", ["/mesures/", "/compte/", "/mesures/nouvelle/"])
def test_ce_qu_une_personne_connectee_a_lu_n_est_pas_garde(client: Client, prepose: User, url: str) -> None:
    client.force_login(prepose)
    assert client.get(url)["Cache-Control"] == "private, no-store"


def test_une_page_publique_se_garde(client: Client) -> None:
    assert "no-store" not in client.get("/mot-de-passe/oublie/envoye/").get("Cache-Control", "")


def test_un_message_ne_voyage_pas_dans_un_cookie(client: Client, prepose: User) -> None:
    mesure = MesureFactory(mandataire=prepose.membre.mandataire)
    client.force_login(prepose)
    client.post(reverse("mesure_eteindre", args=[mesure.pk]), {"version": 0, "date_extinction": "31/01/2024"})
    assert set(client.cookies) <= {"sessionid", "csrftoken"}


def test_le_mot_de_passe_d_un_admin_change_par_la_page_du_site(client: Client, admin: User) -> None:
    client.force_login(admin)
    for methode in (client.get, client.post):
        assert methode("/admin/password_change/")["Location"] == reverse("account_change_password")


@pytest.mark.parametrize("url", ["/", "/absente/", "/mesures/", "/admin/login/"])
def test_chaque_reponse_porte_la_politique(client: Client, url: str) -> None:
    politique = client.get(url)["Content-Security-Policy"]
    assert "default-src 'none'" in politique
    assert "unsafe" not in politique


def test_la_redirection_vers_https_et_l_hote_inconnu_aussi(client: Client, settings: object) -> None:
    settings.SECURE_SSL_REDIRECT = True  # type: ignore[attr-defined]
    client = Client()
    assert "default-src 'none'" in client.get("/")["Content-Security-Policy"]
    response = client.get("/", headers={"host": "ailleurs.example.org"})
    assert response.status_code == 400
    assert "default-src 'none'" in response["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("refus", "dite"), [(Refus("Réservée aux mandataires."), True), (PermissionDenied("internal detail"), False)]
)
def test_seul_un_refus_de_la_maison_dit_pourquoi(rf: RequestFactory, refus: PermissionDenied, dite: bool) -> None:
    request: HttpRequest = rf.get("/")
    request.user = User()
    response: HttpResponse = views.erreur_403(request, refus)
    assert (str(refus) in response.content.decode()) is dite
