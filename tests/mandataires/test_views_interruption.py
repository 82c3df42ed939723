"""« Signaler une interruption » through the client, and every place that shows it."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from mandataires.models import Mandataire
from tests.accounts.taches import courriels_envoyes
from tests.factories import MesureFactory
from tribunaux.dates import en_lettres
from tribunaux.models import Tribunal

pytestmark = pytest.mark.django_db

TAB = "/informations/"
SIGNALER = "/informations/interruption/"
FINIR = "/informations/interruption/fin/"
AUJOURD_HUI = timezone.localdate()
FIN = AUJOURD_HUI + timedelta(days=10)


@pytest.fixture
def sien(individuel: User) -> Mandataire:
    return individuel.membre.mandataire


@pytest.fixture
def connecte(client: Client, individuel: User) -> Client:
    client.force_login(individuel)
    return client


def saisie(**valeurs: str) -> dict[str, str]:
    return {
        "version": "0",
        "indisponible_du": f"{AUJOURD_HUI:%d/%m/%Y}",
        "indisponible_au": f"{FIN:%d/%m/%Y}",
        "indisponible_motif": "formation",
        **valeurs,
    }


def texte(page: bytes) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.decode())).split())


def interrompu(mandataire: Mandataire, *, dans: int = 0) -> None:
    Mandataire.objects.filter(pk=mandataire.pk).update(
        indisponible_du=AUJOURD_HUI + timedelta(days=dans), indisponible_au=FIN, indisponible_motif="conges"
    )


class TestSignaler:
    def test_s_ouvre_dans_une_fenetre_et_se_dit_aussitot(
        self, connecte: Client, tribunal: Tribunal, juge: User, sien: Mandataire
    ) -> None:
        MesureFactory(mandataire=sien, tribunal=tribunal, en_attente=True, reserve_by=juge)
        assert re.search(rf'href="{SIGNALER}" data-fenetre>Signaler', connecte.get(TAB).content.decode())
        assert "Vos mesures en attente (1) le restent." in texte(connecte.get(SIGNALER).content)
        response = connecte.post(SIGNALER, saisie(), follow=True)
        assert response.redirect_chain == [(TAB, 302)]
        page = texte(response.content)
        assert page.count(f"est indisponible jusqu'au {en_lettres(FIN)}") == 2  # the message, the section
        assert "(formation)" in page
        assert "Reprendre dès aujourd'hui" in page
        assert [courriel.to for courriel in courriels_envoyes()] == [[juge.email]]

    @pytest.mark.parametrize(
        ("valeurs", "phrase"),
        [
            ({"indisponible_du": ""}, "Indiquez le premier jour."),
            ({"indisponible_du": "31/02/2026"}, "Écrivez une date qui existe"),
            ({"indisponible_du": "01/01/1926"}, "Le début est à plus d'un an d'aujourd'hui"),
            ({"indisponible_au": "01/01/2020"}, "La fin ne peut pas précéder le début."),
            ({"indisponible_motif": ""}, "Choisissez la raison."),
            ({"indisponible_motif": "vacances"}, "Choisissez une raison de la liste."),
        ],
    )
    def test_chaque_erreur_est_dite_et_la_saisie_gardee(
        self, connecte: Client, sien: Mandataire, valeurs: dict[str, str], phrase: str
    ) -> None:
        envoi = saisie(**{"indisponible_au": f"{FIN:%d-%m-%Y}", **valeurs})
        response = connecte.post(SIGNALER, envoi)
        assert response.status_code == 200
        assert phrase in texte(response.content)
        page = response.content.decode()
        for nom in ("indisponible_du", "indisponible_au"):
            if envoi[nom]:
                assert f'value="{envoi[nom]}"' in page
        sien.refresh_from_db()
        assert sien.indisponible_du is None

    def test_une_page_perimee_le_dit_puis_se_valide(self, connecte: Client, sien: Mandataire) -> None:
        interrompu(sien)
        Mandataire.objects.filter(pk=sien.pk).update(version=3)
        response = connecte.post(SIGNALER, saisie())
        page = texte(response.content)
        assert "Ces informations ont changé pendant que vous les remplissiez" in page
        assert "Raison : congés" in page
        assert 'name="version" value="3"' in response.content.decode()
        assert connecte.post(SIGNALER, saisie(version="3")).status_code == 302
        sien.refresh_from_db()
        assert sien.indisponible_motif == "formation"

    def test_le_formulaire_montre_l_interruption_d_aujourd_hui(self, connecte: Client, sien: Mandataire) -> None:
        interrompu(sien)
        page = connecte.get(SIGNALER).content.decode()
        assert f'value="{FIN:%d/%m/%Y}"' in page
        assert '<option value="conges" selected>' in page
        # One that is over leaves nothing to correct.
        Mandataire.objects.filter(pk=sien.pk).update(
            indisponible_du=AUJOURD_HUI - timedelta(days=9), indisponible_au=AUJOURD_HUI - timedelta(days=1)
        )
        page = connecte.get(SIGNALER).content.decode()
        assert f'value="{AUJOURD_HUI:%d/%m/%Y}"' in page
        assert '<option value="conges" selected>' not in page

    def test_un_champ_de_trop_est_ignore(self, connecte: Client, sien: Mandataire, prepose: User) -> None:
        autre = prepose.membre.mandataire
        connecte.post(SIGNALER, saisie(mandataire=str(autre.pk), capacite="1", valide_at=""))
        sien.refresh_from_db()
        autre.refresh_from_db()
        assert (sien.capacite, autre.indisponible_du) == (60, None)
        assert sien.valide_at is not None


class TestFinir:
    def test_reprend_aussitot(self, connecte: Client, sien: Mandataire) -> None:
        interrompu(sien)
        response = connecte.post(FINIR, {"version": "0"}, follow=True)
        assert "vous n'avez plus d'interruption" in texte(response.content)
        assert "Signaler une interruption" in texte(response.content)
        sien.refresh_from_db()
        assert (sien.interruption, sien.version) == (None, 1)

    @pytest.mark.parametrize("version", ["", "1", "x"])
    def test_une_page_perimee_le_dit(self, connecte: Client, sien: Mandataire, version: str) -> None:
        interrompu(sien)
        response = connecte.post(FINIR, {"version": version}, follow=True)
        assert "Rien n'a été changé" in texte(response.content)
        sien.refresh_from_db()
        assert sien.interruption is not None


class TestPartout:
    """One state, the same words in each place."""

    def test_de_la_liste_a_la_fiche(self, client: Client, juge: User, sien: Mandataire) -> None:
        interrompu(sien)
        mot = f"Indisponible jusqu'au {en_lettres(FIN)}"
        client.force_login(juge)
        for adresse in ("/mandataires/", f"/mandataires/{sien.pk}/"):
            assert mot in texte(client.get(adresse).content)
        assert "(congés)" in texte(client.get(f"/mandataires/{sien.pk}/").content)
        (point,) = client.get("/mandataires/lieux.json").json()["features"]
        assert (point["properties"]["mot"], point["properties"]["couleur"]) == (mot, "gris")
        renouvelee = client.get("/mandataires/charges/", {"pk": sien.pk}).json()[str(sien.pk)]["charge"]
        assert mot in unescape(renouvelee)
        assert "Aucun mandataire" in texte(client.get("/mandataires/?disponibles=on").content)

    def test_dans_les_onglets_et_les_chiffres_du_mandataire(self, connecte: Client, sien: Mandataire) -> None:
        interrompu(sien)
        page = texte(connecte.get("/mesures/").content)
        assert f"Indisponible jusqu'au {en_lettres(FIN)}" in page
        assert "Disponibles aucune" in page

    def test_a_venir_sur_la_fiche_et_dans_mes_informations(
        self, client: Client, individuel: User, juge: User, sien: Mandataire
    ) -> None:
        interrompu(sien, dans=4)
        phrase = f"sera indisponible du {en_lettres(AUJOURD_HUI + timedelta(days=4))} au {en_lettres(FIN)}"
        for user, adresse in ((juge, f"/mandataires/{sien.pk}/"), (individuel, TAB)):
            client.force_login(user)
            page = texte(client.get(adresse).content)
            assert phrase in page
            assert "Indisponible jusqu'au" not in page
        assert "Retirer cette interruption" in texte(client.get(TAB).content)
