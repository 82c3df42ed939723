from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from tests.factories import CommuneFactory, DepartementFactory, MagistratFactory, TribunalFactory, UserFactory
from tribunaux.models import Commune, Magistrat, Tribunal


@pytest.fixture
def connecte(client: Client, admin: User) -> Client:
    client.force_login(admin)
    return client


def saisie(tribunal: Tribunal, **valeurs: Any) -> dict[str, Any]:
    """What the form of a court sends."""
    return {
        "nom": tribunal.nom,
        "type": tribunal.type,
        "siret": tribunal.siret or "",
        "rattachement": "",
        "commune": tribunal.commune_id,
        "adresse": "",
        "complement_adresse": "",
        "ouvert_le": "",
        "ferme_le": "",
        "successeur": "",
        **valeurs,
    }


def page_de(tribunal: Tribunal) -> str:
    return reverse("admin:tribunaux_tribunal_change", args=[tribunal.pk])


class TestListes:
    @pytest.mark.parametrize("modele", ["region", "departement", "commune", "tribunal", "magistrat"])
    def test_requetes_en_nombre_fixe(
        self, connecte: Client, modele: str, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        url = reverse(f"admin:tribunaux_{modele}_changelist")
        MagistratFactory()
        with CaptureQueriesContext(connection) as une:
            assert connecte.get(url).status_code == 200
        for numero in range(20):
            departement = DepartementFactory(code=f"9{numero:02}", nom=f"Département {numero}")
            commune = CommuneFactory(code_insee=f"9{numero:02}99", departement=departement)
            MagistratFactory(tribunal__commune=commune)
        with django_assert_num_queries(len(une)):
            connecte.get(url)

    @pytest.mark.parametrize(
        ("modele", "q", "attendu"),
        [
            ("commune", "62100", "Calais"),
            ("commune", "CALAIS", "Calais"),
            ("tribunal", "TI calais", "Tribunal de proximité de Calais"),
            ("tribunal", "1762000", "Tribunal de proximité de Calais"),
            ("magistrat", "calais", "Camille"),
            ("departement", "62", "Pas-de-Calais"),
            ("region", "hauts", "Hauts-de-France"),
        ],
    )
    def test_recherche(self, connecte: Client, juge: User, modele: str, q: str, attendu: str) -> None:
        url = reverse(f"admin:tribunaux_{modele}_changelist")
        response = connecte.get(url, {"q": q})
        assert attendu in response.content.decode()
        assert response.context["cl"].result_count >= 1
        assert connecte.get(url, {"q": "zzz"}).context["cl"].result_count == 0

    def test_un_tribunal_ferme_se_retrouve(
        self, connecte: Client, tribunal: Tribunal, autre_tribunal: Tribunal
    ) -> None:
        Tribunal.objects.filter(pk=tribunal.pk).update(ferme_le="2026-01-01", successeur=autre_tribunal)
        url = reverse("admin:tribunaux_tribunal_changelist")
        assert connecte.get(url, {"q": "calais"}).context["cl"].result_count == 1

    def test_choix_d_une_commune(self, connecte: Client, calais: Commune) -> None:
        CommuneFactory(nom="Bonningues-lès-Calais", code_insee="62156")
        parametres = {
            "app_label": "tribunaux",
            "model_name": "tribunal",
            "field_name": "commune",
            "term": "calais",
        }
        resultats = connecte.get(reverse("admin:autocomplete"), parametres).json()["results"]
        assert [resultat["text"] for resultat in resultats] == ["Calais (62)", "Bonningues-lès-Calais (62)"]


class TestFermer:
    def test_fermer_puis_rouvrir(
        self, connecte: Client, admin: User, tribunal: Tribunal, autre_tribunal: Tribunal
    ) -> None:
        fermeture = saisie(tribunal, ferme_le="01/01/2026", successeur=autre_tribunal.pk)
        assert connecte.post(page_de(tribunal), fermeture).status_code == 302
        tribunal.refresh_from_db()
        assert tribunal.actuel == autre_tribunal
        assert connecte.post(page_de(tribunal), saisie(tribunal)).status_code == 302
        tribunal.refresh_from_db()
        assert tribunal.actuel == tribunal
        auteurs = [e.pgh_context.metadata for e in tribunal.events.filter(pgh_label="update")]
        assert [auteur["user"] for auteur in auteurs] == [admin.pk, admin.pk]

    @pytest.mark.parametrize(
        ("valeurs", "phrase"),
        [
            ({"ferme_le": "01/01/2026"}, "Un tribunal fermé a une date de fermeture et un successeur"),
            ({"successeur": "autre"}, "Un tribunal fermé a une date de fermeture et un successeur"),
            ({"ferme_le": "01/01/2026", "successeur": "soi"}, "Ce tribunal succède déjà"),
            (
                {"ferme_le": "01/01/2026", "successeur": "autre", "ouvert_le": "02/01/2026"},
                "Un tribunal ne ferme pas avant d&#x27;avoir ouvert.",
            ),
            ({"siret": "123"}, "Un numéro SIRET compte quatorze chiffres."),
        ],
    )
    def test_refus(
        self,
        connecte: Client,
        tribunal: Tribunal,
        autre_tribunal: Tribunal,
        valeurs: dict[str, str],
        phrase: str,
    ) -> None:
        pk = {"soi": tribunal.pk, "autre": autre_tribunal.pk}
        valeurs = {nom: str(pk.get(valeur, valeur)) for nom, valeur in valeurs.items()}
        response = connecte.post(page_de(tribunal), saisie(tribunal, **valeurs))
        assert phrase in response.content.decode()
        tribunal.refresh_from_db()
        assert tribunal.est_ouvert

    def test_un_siret_vide_est_nul(self, connecte: Client, tribunal: Tribunal, autre_tribunal: Tribunal) -> None:
        for un_tribunal in (tribunal, autre_tribunal):
            assert connecte.post(page_de(un_tribunal), saisie(un_tribunal, siret="")).status_code == 302
        assert Tribunal.objects.filter(siret=None).count() == 2


class TestSupprimer:
    def test_une_ligne_fournie_ne_se_supprime_pas(self, connecte: Client) -> None:
        fournie, ajoutee = CommuneFactory(empreinte="a" * 32), CommuneFactory()
        for commune, statut in ((fournie, 403), (ajoutee, 302)):
            url = reverse("admin:tribunaux_commune_delete", args=[commune.pk])
            assert connecte.post(url, {"post": "yes"}).status_code == statut

    def test_en_lot_non_plus(self, connecte: Client) -> None:
        fournie = CommuneFactory(empreinte="a" * 32)
        action = {"action": "delete_selected", "_selected_action": [fournie.pk], "post": "yes"}
        connecte.post(reverse("admin:tribunaux_commune_changelist"), action)
        assert Commune.objects.filter(pk=fournie.pk).exists()

    def test_un_code_insee_ne_se_change_pas(self, connecte: Client, calais: Commune) -> None:
        """Saved under another primary key, it would be a second commune."""
        page = connecte.get(reverse("admin:tribunaux_commune_change", args=[calais.pk])).content.decode()
        assert 'name="nom"' in page
        assert 'name="code_insee"' not in page
        assert 'name="code_insee"' in connecte.get(reverse("admin:tribunaux_commune_add")).content.decode()


class TestMagistrat:
    URL = "admin:tribunaux_magistrat_add"

    def test_creer(self, connecte: Client, admin: User, tribunal: Tribunal) -> None:
        user = UserFactory()
        data = {"user": user.pk, "tribunal": tribunal.pk, "fonction": "greffier", "cabinet": "2"}
        assert connecte.post(reverse(self.URL), data).status_code == 302
        magistrat = Magistrat.objects.get()
        assert (magistrat.user, magistrat.tribunal, magistrat.cabinet) == (user, tribunal, "2")
        assert magistrat.events.get().pgh_context.metadata["user"] == admin.pk

    def test_ni_mandataire_ni_administrateur(
        self, connecte: Client, admin: User, prepose: User, tribunal: Tribunal
    ) -> None:
        for user in (admin, prepose):
            data = {"user": user.pk, "tribunal": tribunal.pk, "fonction": "juge", "cabinet": ""}
            page = connecte.post(reverse(self.URL), data).content.decode()
            assert "créez-en un autre pour ce tribunal" in page
        assert not Magistrat.objects.exists()

    def test_changer_de_tribunal_pas_de_personne(
        self, connecte: Client, juge: User, autre_tribunal: Tribunal
    ) -> None:
        magistrat = Magistrat.objects.get()
        url = reverse("admin:tribunaux_magistrat_change", args=[magistrat.pk])
        data = {"user": UserFactory().pk, "tribunal": autre_tribunal.pk, "fonction": "juge", "cabinet": ""}
        assert connecte.post(url, data).status_code == 302
        magistrat.refresh_from_db()
        assert (magistrat.user, magistrat.tribunal) == (juge, autre_tribunal)


@pytest.mark.parametrize("modele", ["region", "departement", "commune", "tribunal", "magistrat"])
def test_une_autre_personne_n_y_entre_pas(client: Client, juge: User, modele: str) -> None:
    client.force_login(juge)
    for action in ("changelist", "add"):
        assert client.get(reverse(f"admin:tribunaux_{modele}_{action}")).status_code in (302, 403)


def test_le_nombre_d_utilisateurs_d_un_tribunal(connecte: Client, tribunal: Tribunal) -> None:
    MagistratFactory.create_batch(2, tribunal=tribunal)
    TribunalFactory()
    comptes = {
        t.pk: t.nombre_magistrats
        for t in connecte.get(reverse("admin:tribunaux_tribunal_changelist")).context["cl"].result_list
    }
    assert sorted(comptes.values()) == [0, 2]
