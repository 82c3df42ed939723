from __future__ import annotations

import time

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User
from tests.factories import CommuneFactory, EtablissementFactory, TribunalFactory
from tribunaux.models import Commune, Tribunal
from tribunaux.views import RECHERCHES_PAR_MINUTE

VUES = ["recherche_communes", "recherche_tribunaux", "recherche_etablissements"]
NAVIGATEUR = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
HOSTILE = """L'Haÿ-les-Roses & <b>"x"</b>"""


@pytest.fixture(autouse=True)
def _base(db: None) -> None:
    pass


class TestJson:
    def test_communes(self, client: Client, calais: Commune) -> None:
        response = client.get(reverse("recherche_communes"), {"q": "CALAIS"})
        assert response.status_code == 200
        assert response["Content-Type"] == "application/json"
        assert response.json() == {
            "resultats": [
                {
                    "valeur": "62193",
                    "libelle": "Calais (62)",
                    "detail": "62100",
                    "codes_postaux": ["62100"],
                    "exact": True,
                }
            ]
        }

    def test_tribunaux(self, client: Client, tribunal: Tribunal, autre_tribunal: Tribunal) -> None:
        response = client.get(reverse("recherche_tribunaux"), {"q": "TI calais"})
        assert response.json()["resultats"] == [
            {
                "valeur": str(tribunal.pk),
                "libelle": "Tribunal de proximité de Calais (ancien TI)",
                "detail": "Calais (62)",
                "exact": True,
            }
        ]

    def test_etablissements(self, client: Client, calais: Commune) -> None:
        etablissement = EtablissementFactory(nom="EHPAD Les Oyats", finess="620100057", commune=calais)
        response = client.get(reverse("recherche_etablissements"), {"q": "oyat"})
        assert response.json()["resultats"] == [
            {
                "valeur": str(etablissement.pk),
                "libelle": "EHPAD Les Oyats",
                "detail": "Calais (62), FINESS 620100057",
                "exact": False,
            }
        ]

    def test_etablissements_preferes(self, client: Client) -> None:
        un, deux = EtablissementFactory(nom="Oyats 1"), EtablissementFactory(nom="Oyats 2")
        url = reverse("recherche_etablissements")
        noms = [r["libelle"] for r in client.get(url, {"q": "oyats", "prefere": deux.pk}).json()["resultats"]]
        assert noms == ["Oyats 2", "Oyats 1"]
        response = client.get(url, {"prefere": [deux.pk, un.pk, "x", "9" * 40, "-1", "²"]})
        assert [r["libelle"] for r in response.json()["resultats"]] == ["Oyats 1", "Oyats 2"]

    def test_dix_reponses(self, client: Client) -> None:
        for numero in range(12):
            CommuneFactory(code_insee=f"990{numero:02}", nom=f"Montreuil-{numero}")
        assert len(client.get(reverse("recherche_communes"), {"q": "montreuil"}).json()["resultats"]) == 10

    @pytest.mark.parametrize("vue", VUES)
    @pytest.mark.parametrize("q", ["", " ", "%", "\x00", "zzz", "x" * 5000, HOSTILE])
    def test_rien(self, client: Client, vue: str, q: str) -> None:
        response = client.get(reverse(vue), {"q": q})
        assert (response.status_code, response.json()) == (200, {"resultats": []})

    @pytest.mark.parametrize("vue", VUES)
    def test_se_garde_un_moment_chez_qui_demande(self, client: Client, vue: str) -> None:
        response = client.get(reverse(vue), {"q": "a"})
        assert "private" in response["Cache-Control"]
        assert "max-age=60" in response["Cache-Control"]
        assert "Accept" in response["Vary"]

    def test_requetes_en_nombre_fixe(
        self, client: Client, tribunal: Tribunal, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        """One search, and the count of the throttle."""
        url = reverse("recherche_tribunaux")
        client.get(url, {"q": "calais"})
        with CaptureQueriesContext(connection) as une:
            client.get(url, {"q": "tribunal"})
        for _ in range(5):
            TribunalFactory()
        with django_assert_num_queries(len(une)):
            assert len(client.get(url, {"q": "tribunal"}).json()["resultats"]) == 6


class TestPage:
    @pytest.mark.parametrize("vue", VUES)
    def test_sans_question(self, client: Client, vue: str) -> None:
        page = client.get(reverse(vue), headers={"accept": NAVIGATEUR}).content.decode()
        assert '<label class="fr-label" for="q">' in page
        assert "Aucune réponse" not in page

    def test_reponses(self, client: Client, tribunal: Tribunal) -> None:
        response = client.get(reverse("recherche_tribunaux"), {"q": "calais"}, headers={"accept": NAVIGATEUR})
        page = response.content.decode()
        assert "Tribunal de proximité de Calais (ancien TI)" in page
        assert 'value="calais"' in page
        assert "max-age" not in response.get("Cache-Control", "")

    def test_aucune_reponse(self, client: Client) -> None:
        page = client.get(
            reverse("recherche_communes"), {"q": HOSTILE}, headers={"accept": NAVIGATEUR}
        ).content.decode()
        assert "Aucune réponse" in page
        assert "<b>" not in page

    def test_connecte(self, client: Client, prepose: User) -> None:
        client.force_login(prepose)
        response = client.get(reverse("recherche_communes"), {"q": "calais"}, headers={"accept": NAVIGATEUR})
        assert "Calais (62)" in response.content.decode()


@pytest.mark.parametrize("vue", VUES)
@pytest.mark.parametrize("methode", ["post", "put", "delete"])
def test_autre_methode(client: Client, vue: str, methode: str) -> None:
    assert getattr(client, methode)(reverse(vue)).status_code == 405


class TestLimite:
    URL = "/recherche/communes/?q=calais"

    def epuiser(self, client: Client, **extra: str) -> None:
        for _ in range(RECHERCHES_PAR_MINUTE):
            assert client.get(self.URL, **extra).status_code == 200

    def test_json(self, client: Client, calais: Commune) -> None:
        self.epuiser(client)
        response = client.get(self.URL)
        assert response.status_code == 429
        assert response.json() == {"erreur": "Trop de recherches en peu de temps : patientez une minute."}
        assert "max-age" not in response.get("Cache-Control", "")

    def test_page(self, client: Client, calais: Commune) -> None:
        self.epuiser(client)
        response = client.get(self.URL, headers={"accept": NAVIGATEUR})
        assert response.status_code == 429
        assert "patientez une minute" in response.content.decode()
        assert "Calais (62)" not in response.content.decode()

    def test_une_seule_limite_pour_les_trois_recherches(self, client: Client) -> None:
        self.epuiser(client)
        assert client.get(reverse("recherche_etablissements")).status_code == 429

    def test_par_adresse(self, client: Client) -> None:
        self.epuiser(client, REMOTE_ADDR="192.0.2.1")
        assert client.get(self.URL, REMOTE_ADDR="192.0.2.1").status_code == 429
        assert client.get(self.URL, REMOTE_ADDR="192.0.2.2").status_code == 200

    def test_par_reseau_en_ipv6(self, client: Client) -> None:
        self.epuiser(client, REMOTE_ADDR="2001:db8::1")
        assert client.get(self.URL, REMOTE_ADDR="2001:db8::2").status_code == 429
        assert client.get(self.URL, REMOTE_ADDR="2001:db8:0:1::1").status_code == 200

    def test_l_adresse_que_le_client_pretend_avoir_ne_compte_pas(self, client: Client) -> None:
        self.epuiser(client, HTTP_X_FORWARDED_FOR="192.0.2.1")
        assert client.get(self.URL, HTTP_X_FORWARDED_FOR="192.0.2.2").status_code == 429

    def test_derriere_notre_serveur_mandataire(self, client: Client, settings: Settings) -> None:
        settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
        self.epuiser(client, HTTP_X_FORWARDED_FOR="192.0.2.1")
        assert client.get(self.URL, HTTP_X_FORWARDED_FOR="192.0.2.2").status_code == 200

    def test_chacun_pour_soi_une_fois_connecte(self, client: Client, prepose: User, juge: User) -> None:
        self.epuiser(client)
        client.force_login(prepose)
        self.epuiser(client)
        assert client.get(self.URL).status_code == 429
        client.force_login(juge)
        assert client.get(self.URL).status_code == 200

    def test_passe_avec_le_temps(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        self.epuiser(client)
        maintenant = time.time()
        monkeypatch.setattr("tribunaux.limite.time.time", lambda: maintenant + 61)
        assert client.get(self.URL).status_code == 200

    def test_une_ligne_de_cache_par_client(self, client: Client) -> None:
        """What fills the cache would push out the counts of failed logins."""
        client.get(self.URL)
        assert cache.get("limite:recherche:127.0.0.1")[1] == 1
        client.get(self.URL)
        assert cache.get("limite:recherche:127.0.0.1")[1] == 2
