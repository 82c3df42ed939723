"""Editing, ending, putting back, undoing, deleting, and the page of one mesure."""

from __future__ import annotations

import sys
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib.messages import get_messages
from django.http import HttpResponse
from django.test import Client
from django.urls import resolve, reverse
from django.utils import timezone

from accounts.models import User
from mandataires.models import Mandataire
from mesures.models import Mesure
from mesures.services import modifier, reactiver
from tests.factories import DeclarationFactory, EtablissementFactory, MembreFactory, MesureFactory, UserFactory
from tests.strict import nombre_de_requetes
from tribunaux.models import Commune, Tribunal

pytestmark = pytest.mark.django_db

LISTE = "/mesures/?q=calais&page=2"
AILLEURS = ["https://ailleurs.example.org/", "//ailleurs.example.org", "javascript:alert(1)", "mesures"]
CHANGE = "Cette mesure a changé depuis que la page est affichée."
GARDEE = "Votre saisie est gardée : vérifiez-la, puis validez de nouveau."


@pytest.fixture
def connecte(client: Client, prepose: User) -> Client:
    client.force_login(prepose)
    return client


@pytest.fixture
def mesure(prepose: User) -> Mesure:
    return Mesure.objects.get(mandataire__membres__user=prepose)


@pytest.fixture
def collegue(prepose: User) -> User:
    """Somebody else who acts for the same MJPM."""
    user = UserFactory(first_name="Dominique", last_name="Collègue")
    return MembreFactory(user=user, mandataire=prepose.membre.mandataire).user


def adresse(nom: str, mesure: Mesure, *args: int, retour: str = "") -> str:
    return reverse(nom, args=[mesure.pk, *args]) + (f"?retour={quote(retour)}" if retour else "")


def eteindre(client: Client, mesure: Mesure, *, retour: str = "", **valeurs: Any) -> HttpResponse:
    return client.post(
        adresse("mesure_eteindre", mesure, retour=retour),
        {"version": mesure.version, "date_extinction": "31/01/2024", "motif_extinction": "deces", **valeurs},
    )


def message(response: HttpResponse) -> Any:
    """The last message that the answer leaves for the next page."""
    *_, dernier = get_messages(response.wsgi_request)
    return dernier


def sans_marges(page: str) -> str:
    return "\n".join(ligne.strip() for ligne in page.splitlines())


def etat(mesure: Mesure) -> tuple[str, int]:
    mesure.refresh_from_db()
    return mesure.statut, mesure.version


def change_entre_temps(mesure: Mesure, author: User) -> None:
    """What a colleague does while the page is open; seen only by who reads the row again."""
    actuelle = Mesure.objects.get(pk=mesure.pk)
    actuelle.cabinet = "7"
    modifier(mesure=actuelle, version=actuelle.version, author=author)


def saisie(mesure: Mesure, **valeurs: Any) -> dict[str, Any]:
    """What the edit page of `mesure` sends when nothing is touched, less or more `valeurs`."""
    return {
        "version": mesure.version,
        "date_decision": "15/03/2021",
        "nature": mesure.nature,
        "code_postal": mesure.code_postal,
        "commune": mesure.commune_id,
        "commune_texte": str(mesure.commune),
        "genre": mesure.genre,
        "annee_naissance": mesure.annee_naissance,
        "lieu_vie": mesure.lieu_vie,
        "tribunal": mesure.tribunal_id,
        "tribunal_texte": str(mesure.tribunal),
        "numero_rg": mesure.numero_rg,
        **valeurs,
    }


class TestModifier:
    def test_ramene_a_la_liste_dont_on_vient(self, connecte: Client, mesure: Mesure) -> None:
        url = adresse("mesure_modifier", mesure, retour=LISTE)
        assert 'href="/mesures/?q=calais&amp;page=2">Annuler' in connecte.get(url).content.decode()
        response = connecte.post(url, saisie(mesure, annee_naissance="1970"))
        assert response["Location"] == LISTE
        assert "Mesure modifiée" in str(message(response))

    def test_le_tribunal_qui_a_reserve_ne_se_change_pas(
        self, connecte: Client, mesure: Mesure, autre_tribunal: Tribunal
    ) -> None:
        url = adresse("mesure_modifier", mesure)
        assert "tribunal" in connecte.get(url).context["form"].fields
        moment = timezone.now()
        Mesure.objects.filter(pk=mesure.pk).update(reserve_at=moment, repondu_at=moment)
        assert "tribunal" not in connecte.get(url).context["form"].fields
        connecte.post(url, saisie(mesure, tribunal=autre_tribunal.pk, annee_naissance="1970"))
        avant = mesure.tribunal
        mesure.refresh_from_db()
        assert (mesure.tribunal, mesure.annee_naissance) == (avant, 1970)

    @pytest.mark.parametrize("retour", ["", *AILLEURS])
    def test_sinon_aux_mesures_en_cours(self, connecte: Client, mesure: Mesure, retour: str) -> None:
        response = connecte.post(adresse("mesure_modifier", mesure, retour=retour), saisie(mesure))
        assert response["Location"] == "/mesures/"

    def test_un_rg_pris_garde_tout_ce_qui_est_saisi(
        self, connecte: Client, mesure: Mesure, tribunal: Tribunal
    ) -> None:
        MesureFactory(mandataire=mesure.mandataire, tribunal=tribunal, numero_rg="24/00042")
        response = connecte.post(
            adresse("mesure_modifier", mesure),
            saisie(mesure, numero_rg="  24/00042", cabinet="Cabinet gardé", annee_naissance="1970"),
        )
        page = response.content.decode()
        assert "Vous avez déjà une mesure avec ce numéro RG dans ce tribunal." in page
        assert "Cabinet gardé" in page
        assert 'value="1970"' in page
        assert response.context["form"]["commune"].value().cle == mesure.commune_id
        assert etat(mesure) == ("en_cours", 0)

    def test_une_version_perimee_dit_qui_a_change_quoi(
        self, connecte: Client, mesure: Mesure, collegue: User
    ) -> None:
        url = adresse("mesure_modifier", mesure, retour=LISTE)
        client_du_collegue = Client()
        client_du_collegue.force_login(collegue)
        client_du_collegue.post(url, saisie(mesure, cabinet="7"))
        page = connecte.post(url, saisie(mesure, annee_naissance="1980")).content.decode()
        assert f"{CHANGE} Mesure modifiée par Dominique Collègue, le" in page
        assert "cabinet : « 7 » ajouté" in page
        assert 'value="1980"' in page
        assert etat(mesure) == ("en_cours", 1)
        assert connecte.post(url, saisie(mesure, annee_naissance="1980", version=1))["Location"] == LISTE

    @pytest.mark.parametrize("valeurs", [{}, {"annee_naissance": "19"}])
    def test_une_mesure_eteinte_le_dit_avant_toute_erreur(
        self, connecte: Client, prepose: User, tribunal: Tribunal, calais: Commune, valeurs: dict[str, str]
    ) -> None:
        mesure = MesureFactory(
            mandataire=prepose.membre.mandataire,
            tribunal=tribunal,
            commune=calais,
            code_postal="62100",
            numero_rg="24/7",
            eteinte=True,
        )
        response = connecte.post(adresse("mesure_modifier", mesure, retour=LISTE), saisie(mesure, **valeurs))
        assert response["Location"] == LISTE
        assert str(message(response)) == "Cette mesure est éteinte : elle ne peut plus être modifiée."


@pytest.mark.parametrize("version", [None, "", "abc", "-1"])
class TestPageQuiNeDitPasSaVersion:
    def test_une_saisie_est_gardee_et_peut_etre_renvoyee(
        self, connecte: Client, mesure: Mesure, version: str | None
    ) -> None:
        for nom, donnees, garde in (
            ("mesure_modifier", saisie(mesure, annee_naissance="1970"), "1970"),
            ("mesure_eteindre", {"date_extinction": "31/01/2024"}, "31/01/2024"),
        ):
            sans_version = {champ: valeur for champ, valeur in donnees.items() if champ != "version"}
            envoi = sans_version | ({} if version is None else {"version": version})
            response = connecte.post(adresse(nom, mesure), envoi)
            form = response.context["form"]
            assert form.errors == {"__all__": [f"{CHANGE} {GARDEE}"]}
            assert f'value="{garde}"' in response.content.decode()
            response = connecte.post(adresse(nom, mesure), {**donnees, "version": form["version"].value()})
            assert response.status_code == 302
        assert etat(mesure) == ("eteinte", 2)

    def test_les_autres_erreurs_sont_dites_aussi(
        self, connecte: Client, mesure: Mesure, version: str | None
    ) -> None:
        donnees = {"date_extinction": "31/02/2024"} | ({} if version is None else {"version": version})
        form = connecte.post(adresse("mesure_eteindre", mesure), donnees).context["form"]
        assert set(form.errors) == {"__all__", "date_extinction"}

    def test_un_bouton_ne_fait_rien(self, connecte: Client, prepose: User, version: str | None) -> None:
        mesure = MesureFactory(mandataire=prepose.membre.mandataire, eteinte=True)
        donnees = {} if version is None else {"version": version}
        response = connecte.post(adresse("mesure_reactiver", mesure), donnees)
        assert str(message(response)) == f"{CHANGE} Rien n'a été fait."
        assert etat(mesure) == ("eteinte", 0)


@pytest.mark.parametrize("nom", ["modifier", "eteindre", "reactiver", "retablir", "supprimer"])
def test_transferee_pendant_que_sa_page_est_ouverte(
    connecte: Client, mesure: Mesure, prepose_voisin: User, monkeypatch: pytest.MonkeyPatch, nom: str
) -> None:
    """The transfer commits between the reading of the view and the lock of the service."""
    vue = resolve(adresse(f"mesure_{nom}", mesure, *([0] if nom == "retablir" else []))).func
    module = sys.modules[vue.__module__]
    service = getattr(module, nom)

    def apres_le_transfert(**kwargs: Any) -> Any:
        Mesure.objects.filter(pk=mesure.pk).update(mandataire=prepose_voisin.membre.mandataire, version=1)
        return service(**kwargs)

    monkeypatch.setattr(module, nom, apres_le_transfert)
    page = adresse("mesure_historique", mesure, retour=LISTE)
    url = adresse(f"mesure_{nom}", mesure, *([0] if nom == "retablir" else []), retour=page)
    response = connecte.post(url, saisie(mesure, date_extinction="31/01/2024"))
    assert response["Location"] == LISTE
    assert str(message(response)).startswith("Cette mesure n'est plus dans votre liste")


class TestEteindre:
    def test_sans_adresse_de_retour_on_voit_les_eteintes(self, connecte: Client, mesure: Mesure) -> None:
        assert 'href="/mesures/">Annuler' in connecte.get(adresse("mesure_eteindre", mesure)).content.decode()
        response = eteindre(connecte, mesure)
        assert response["Location"] == "/mesures/eteintes/"
        assert str(message(response)) == "Mesure 22/00001 éteinte."
        assert message(response).extra_tags == f"retablir:/mesures/{mesure.pk}/retablir/1/"

    def test_d_une_liste_filtree_on_y_reste(self, connecte: Client, mesure: Mesure) -> None:
        page = connecte.get(adresse("mesure_eteindre", mesure, retour=LISTE)).content.decode()
        assert 'href="/mesures/?q=calais&amp;page=2">Annuler' in page
        assert "action=" not in page.split('class="formulaire"')[1].split(">")[0]
        response = eteindre(connecte, mesure, retour=LISTE)
        assert response["Location"] == LISTE
        assert str(message(response)) == "Mesure 22/00001 éteinte : elle est dans « Mesures éteintes »."
        retablir = message(response).extra_tags.removeprefix("retablir:")
        assert connecte.post(retablir)["Location"] == LISTE

    @pytest.mark.parametrize("retour", AILLEURS)
    def test_jamais_vers_un_autre_site(self, connecte: Client, mesure: Mesure, retour: str) -> None:
        assert eteindre(connecte, mesure, retour=retour)["Location"] == "/mesures/eteintes/"

    @pytest.mark.parametrize(
        ("valeurs", "phrase"),
        [
            ({"date_extinction": "14/03/2021"}, "La date de fin ne peut pas précéder la décision (15/03/2021)."),
            ({"date_extinction": "31/02/2024"}, "Écrivez une date qui existe"),
            ({"date_extinction": "31/12/1899"}, "La date de fin ne peut pas précéder la décision (15/03/2021)."),
            ({"date_extinction": "0000-00-00"}, "Écrivez une date qui existe"),
            ({"date_extinction": ""}, "Indiquez la date de fin du mandat."),
            ({"motif_extinction": "habilitation"}, "Sélectionnez un choix valide"),
        ],
    )
    def test_chaque_erreur_est_dite_et_la_saisie_gardee(
        self, connecte: Client, mesure: Mesure, valeurs: dict[str, str], phrase: str
    ) -> None:
        response = eteindre(connecte, mesure, **{"motif_extinction": "mainlevee", **valeurs})
        assert response.status_code == 200
        form = response.context["form"]
        assert phrase in response.content.decode()
        assert {champ: form[champ].value() for champ in valeurs} == valeurs
        assert set(form.errors) == set(valeurs)
        assert etat(mesure) == ("en_cours", 0)

    def test_une_date_future(self, connecte: Client, mesure: Mesure) -> None:
        demain = timezone.localdate() + timedelta(days=1)
        response = eteindre(connecte, mesure, date_extinction=f"{demain:%d/%m/%Y}")
        assert response.context["form"].errors == {
            "date_extinction": ["La date de fin ne peut pas être dans le futur."]
        }

    def test_une_version_perimee_garde_la_saisie(self, connecte: Client, mesure: Mesure, collegue: User) -> None:
        change_entre_temps(mesure, collegue)
        response = eteindre(connecte, mesure)
        page = response.content.decode()
        assert f"{CHANGE} Mesure modifiée par" in page
        assert "cabinet : « 7 » ajouté" in page
        assert 'value="31/01/2024"' in page
        assert etat(mesure) == ("en_cours", 1)
        assert eteindre(connecte, mesure, version=response.context["form"]["version"].value()).status_code == 302

    def test_un_collegue_l_a_deja_eteinte(self, connecte: Client, mesure: Mesure, collegue: User) -> None:
        client_du_collegue = Client()
        client_du_collegue.force_login(collegue)
        eteindre(client_du_collegue, mesure, date_extinction="30/06/2023")
        mesure.version = 0
        response = eteindre(connecte, mesure, retour=LISTE)
        assert response["Location"] == LISTE
        phrase = str(message(response))
        assert phrase.startswith(f"{CHANGE} Mesure éteinte par Dominique Collègue, le")
        assert "date de fin de mandat : « 30/06/2023 » ajouté" in phrase
        mesure.refresh_from_db()
        assert (f"{mesure.date_extinction:%d/%m/%Y}", mesure.version) == ("30/06/2023", 1)

    def test_la_page_d_une_mesure_eteinte_ramene_d_ou_l_on_vient(self, connecte: Client, prepose: User) -> None:
        mesure = MesureFactory(mandataire=prepose.membre.mandataire, eteinte=True)
        response = connecte.get(adresse("mesure_eteindre", mesure, retour=LISTE))
        assert response["Location"] == LISTE
        assert "Cette mesure est éteinte" in str(message(response))

    def test_le_total_d_un_service_se_lit(self, client: Client, service: User) -> None:
        mesure = MesureFactory(mandataire=service.membre.mandataire, numero_dossier="D-7")
        client.force_login(service)
        response = eteindre(client, mesure)
        assert str(message(response)) == "Mesure D-7 éteinte. Total porté à 1\xa0449."
        response = client.post(message(response).extra_tags.removeprefix("retablir:"))
        assert (
            str(message(response)) == "Mesure D-7 rétablie : elle est de nouveau en cours. Total porté à 1\xa0450."
        )


class TestReactiver:
    @pytest.fixture
    def eteinte(self, connecte: Client, mesure: Mesure) -> Mesure:
        eteindre(connecte, mesure)
        mesure.refresh_from_db()
        return mesure

    @pytest.mark.parametrize(
        ("retour", "destination", "phrase"),
        [
            ("", "/mesures/", "Mesure 22/00001 réactivée."),
            (
                "/mesures/eteintes/?annee=2024",
                "/mesures/eteintes/?annee=2024",
                "Mesure 22/00001 réactivée : elle est dans « Mesures en cours ».",
            ),
        ],
    )
    def test_puis_retablir_remet_la_fin(
        self, connecte: Client, eteinte: Mesure, retour: str, destination: str, phrase: str
    ) -> None:
        response = connecte.post(adresse("mesure_reactiver", eteinte, retour=retour), {"version": 1})
        assert response["Location"] == destination
        assert str(message(response)) == phrase
        response = connecte.post(message(response).extra_tags.removeprefix("retablir:"))
        assert response["Location"] == (retour or "/mesures/eteintes/")
        assert str(message(response)) == "Mesure 22/00001 rétablie : elle est de nouveau éteinte."
        assert etat(eteinte) == ("eteinte", 3)
        assert (f"{eteinte.date_extinction:%d/%m/%Y}", eteinte.motif_extinction) == ("31/01/2024", "deces")

    def test_une_version_perimee_dit_qui_a_change_quoi(
        self, connecte: Client, eteinte: Mesure, collegue: User
    ) -> None:
        reactiver(pk=eteinte.pk, version=1, author=collegue)
        response = connecte.post(adresse("mesure_reactiver", eteinte), {"version": 1})
        assert response["Location"] == "/mesures/eteintes/"
        phrase = str(message(response))
        assert phrase.startswith(f"{CHANGE} Mesure réactivée par")
        assert phrase.endswith("Rien n'a été fait.")
        assert etat(eteinte) == ("en_cours", 2)

    def test_un_rg_repris_dit_par_quelle_mesure(
        self, connecte: Client, eteinte: Mesure, tribunal: Tribunal
    ) -> None:
        MesureFactory(mandataire=eteinte.mandataire, tribunal=tribunal, numero_rg="22/00001", nature="tutelle")
        response = connecte.post(adresse("mesure_reactiver", eteinte), {"version": 1})
        assert "La mesure en cours 22/00001 (tutelle, décidée le 15 mars 2021) a déjà ce numéro RG" in str(
            message(response)
        )
        assert etat(eteinte) == ("eteinte", 1)


class TestRetablir:
    def test_pas_si_elle_a_change_depuis(self, connecte: Client, mesure: Mesure, collegue: User) -> None:
        retablir = message(eteindre(connecte, mesure)).extra_tags.removeprefix("retablir:")
        reactiver(pk=mesure.pk, version=1, author=collegue)
        change_entre_temps(mesure, collegue)
        response = connecte.post(retablir)
        phrase = str(message(response))
        assert phrase.startswith(f"{CHANGE} Mesure réactivée par")
        assert "cabinet : « 7 » ajouté" in phrase
        assert phrase.endswith("Rien n'a été rétabli.")
        assert etat(mesure) == ("en_cours", 3)

    def test_deux_fois_n_en_fait_qu_une(self, connecte: Client, mesure: Mesure) -> None:
        retablir = message(eteindre(connecte, mesure)).extra_tags.removeprefix("retablir:")
        connecte.post(retablir)
        assert str(message(connecte.post(retablir))).startswith(CHANGE)
        assert etat(mesure) == ("en_cours", 2)

    def test_un_rg_repris_depuis(self, connecte: Client, mesure: Mesure, tribunal: Tribunal) -> None:
        retablir = message(eteindre(connecte, mesure)).extra_tags.removeprefix("retablir:")
        MesureFactory(mandataire=mesure.mandataire, tribunal=tribunal, numero_rg="22/00001")
        response = connecte.post(retablir)
        assert str(message(response)).startswith("La mesure n'a pas été rétablie. La mesure en cours 22/00001")
        assert etat(mesure) == ("eteinte", 1)

    def test_un_total_arrete_a_zero_y_reste(self, client: Client, service: User) -> None:
        mesure = MesureFactory(mandataire=service.membre.mandataire)
        DeclarationFactory(mandataire=mesure.mandataire, nombre=0, by=service)
        client.force_login(service)
        retablir = message(eteindre(client, mesure)).extra_tags.removeprefix("retablir:")
        assert str(message(client.post(retablir))).endswith("de nouveau en cours. Total porté à 0.")
        evenement = mesure.historique.order_by("-pgh_id").first()
        assert evenement.pgh_context.metadata["user"] == service.pk

    def test_ce_qui_ne_s_annule_pas(self, connecte: Client, mesure: Mesure) -> None:
        response = connecte.post(adresse("mesure_retablir", mesure, 0))
        assert "Il n'y a rien à rétablir" in str(message(response))
        assert etat(mesure) == ("en_cours", 0)

    def test_une_version_sans_fin(self, connecte: Client, mesure: Mesure) -> None:
        response = connecte.post(f"/mesures/{mesure.pk}/retablir/{10**30}/")
        assert str(message(response)).startswith(CHANGE)
        assert connecte.post(f"/mesures/{10**30}/retablir/1/").status_code == 404


class TestSupprimer:
    def test_la_page_dit_ce_qui_se_passera(self, connecte: Client, mesure: Mesure) -> None:
        page = connecte.get(adresse("mesure_supprimer", mesure, retour=LISTE)).content.decode()
        assert "22/00001" in page
        assert "de ce que voient les magistrats" in page
        assert "Son historique est détruit un an plus tard." in page
        assert f'href="/mesures/{mesure.pk}/eteindre/?retour=/mesures/%3Fq%3Dcalais%26page%3D2"' in page
        assert "déclare" not in page
        assert etat(mesure) == ("en_cours", 0)

    def test_un_service_lit_que_son_total_ne_change_pas(self, client: Client, service: User) -> None:
        mesure = MesureFactory(mandataire=service.membre.mandataire)
        client.force_login(service)
        page = client.get(adresse("mesure_supprimer", mesure)).content.decode()
        assert "Le total que votre service déclare ne change pas." in page

    @pytest.mark.parametrize(
        ("eteinte", "retour", "destination"),
        [
            (False, LISTE, LISTE),
            (False, "", "/mesures/"),
            (True, "", "/mesures/eteintes/"),
            (False, AILLEURS[0], "/mesures/"),
        ],
    )
    def test_elle_quitte_les_listes(
        self, connecte: Client, prepose: User, eteinte: bool, retour: str, destination: str
    ) -> None:
        mesure = MesureFactory(mandataire=prepose.membre.mandataire, numero_rg=None, eteinte=eteinte)
        response = connecte.post(adresse("mesure_supprimer", mesure, retour=retour), {"version": 0})
        assert response["Location"] == destination
        assert str(message(response)) == "Mesure du 15/03/2021 supprimée."
        assert message(response).extra_tags == ""
        assert not Mesure.objects.filter(pk=mesure.pk).exists()
        assert connecte.get(adresse("mesure_historique", mesure)).status_code == 404

    @pytest.mark.parametrize("nom", ["mesure_historique", "mesure_modifier", "mesure_eteindre"])
    @pytest.mark.parametrize(
        ("retour", "destination"), [("", "/mesures/"), (LISTE, LISTE), *((url, "/mesures/") for url in AILLEURS)]
    )
    def test_jamais_vers_une_page_de_ce_qui_n_est_plus(
        self, connecte: Client, mesure: Mesure, nom: str, retour: str, destination: str
    ) -> None:
        """But to the list from which that page was opened."""
        page = adresse(nom, mesure, retour=retour)
        response = connecte.post(adresse("mesure_supprimer", mesure, retour=page), {"version": 0})
        assert response["Location"] == destination

    def test_d_une_page_ouverte_d_une_autre(self, connecte: Client, mesure: Mesure) -> None:
        page = adresse("mesure_modifier", mesure, retour=adresse("mesure_historique", mesure, retour=LISTE))
        response = connecte.post(adresse("mesure_supprimer", mesure, retour=page), {"version": 0})
        assert response["Location"] == LISTE

    def test_la_page_d_une_autre_mesure_reste(self, connecte: Client, mesure: Mesure) -> None:
        autre = f"/mesures/{mesure.pk}0/historique/"
        response = connecte.post(adresse("mesure_supprimer", mesure, retour=autre), {"version": 0})
        assert response["Location"] == autre

    @pytest.mark.parametrize("version", [None, "", "abc", "-1", "7", "0"])
    def test_une_version_perimee_ne_supprime_rien(
        self, connecte: Client, mesure: Mesure, collegue: User, version: str | None
    ) -> None:
        change_entre_temps(mesure, collegue)
        donnees = {} if version is None else {"version": version}
        response = connecte.post(adresse("mesure_supprimer", mesure), donnees)
        page = response.content.decode()
        assert CHANGE in page
        assert "Rien n&#x27;a été supprimé" in page
        assert ("cabinet : « 7 » ajouté" in page) == (version == "0")
        assert etat(mesure) == ("en_cours", 1)
        connecte.post(
            adresse("mesure_supprimer", mesure), {"version": response.context["form"]["version"].value()}
        )
        assert not Mesure.objects.filter(pk=mesure.pk).exists()

    @pytest.mark.parametrize("methode", ["get", "post"])
    @pytest.mark.parametrize("raison", ["reservee", "renouvelee"])
    def test_ce_qui_ne_se_supprime_pas(self, connecte: Client, mesure: Mesure, methode: str, raison: str) -> None:
        if raison == "reservee":
            Mesure.objects.filter(pk=mesure.pk).update(reserve_at=timezone.now(), repondu_at=timezone.now())
        else:
            MesureFactory(mandataire=mesure.mandataire, renouvelle=mesure)
        response = getattr(connecte, methode)(adresse("mesure_supprimer", mesure), {"version": 0})
        assert response["Location"] == mesure.get_absolute_url()
        assert "ne se supprime pas" in str(message(response))
        assert Mesure.objects.filter(pk=mesure.pk).exists()
        for nom in ("mesure_historique", "mesure_modifier"):
            assert "saisie par erreur" not in connecte.get(adresse(nom, mesure)).content.decode()


class TestPageDeLaMesure:
    @pytest.fixture
    def complete(self, prepose: User, tribunal: Tribunal, calais: Commune) -> Mesure:
        return MesureFactory(
            mandataire=prepose.membre.mandataire,
            tribunal=tribunal,
            commune=calais,
            numero_rg="24/00042",
            numero_dossier="D-7",
            cabinet="Cabinet 3",
            champ="biens",
            lieu_vie="etablissement",
            etablissement=EtablissementFactory(nom="EHPAD Les Oyats"),
            eteinte=True,
            motif_extinction="mainlevee",
        )

    def test_tout_ce_qu_on_sait_d_elle(self, connecte: Client, complete: Mesure) -> None:
        page = connecte.get(complete.get_absolute_url()).content.decode()
        assert "<h1>Mesure 24/00042</h1>" in page
        for fait in (
            "D-7",
            "Cabinet 3",
            "15/03/2021",
            "Curatelle renforcée, aux biens",
            "Femme, 1962",
            "En établissement, 62100 Calais",
            "EHPAD Les Oyats",
            "Tribunal de proximité de Calais",
            "30/06/2024, mainlevée",
            "<dd>3 ans et 3 mois</dd>",
        ):
            assert fait in page

    def test_ce_qui_manque_est_dit(self, connecte: Client, prepose: User) -> None:
        mesure = MesureFactory(
            mandataire=prepose.membre.mandataire, lieu_vie="sdf", commune=None, code_postal="", tribunal=None
        )
        page = connecte.get(mesure.get_absolute_url()).content.decode()
        assert "<h1>Mesure du 15/03/2021</h1>" in page
        assert "non précisé" in page
        assert "<dt>Tribunal</dt>\n<dd>à compléter</dd>" in sans_marges(page)
        assert "code postal à compléter" not in page
        assert "None" not in page

    @pytest.mark.parametrize(
        ("valeurs", "lieu"),
        [
            ({"code_postal": ""}, "À domicile, Calais (code postal à compléter)"),
            ({"code_postal": "", "eteinte": True}, "À domicile, Calais"),
            ({"lieu_vie": "sdf", "commune": None}, "Sans domicile fixe, 62100"),
            ({"lieu_vie": "sdf", "commune": None, "code_postal": ""}, "Sans domicile fixe"),
            ({"lieu_vie": "sdf", "code_postal": ""}, "Sans domicile fixe, Calais"),
        ],
    )
    def test_le_lieu_de_vie_tel_qu_il_est_connu(
        self, connecte: Client, prepose: User, calais: Commune, valeurs: dict[str, Any], lieu: str
    ) -> None:
        mesure = MesureFactory(
            mandataire=prepose.membre.mandataire, **{"commune": calais, "code_postal": "62100", **valeurs}
        )
        page = connecte.get(mesure.get_absolute_url()).content.decode()
        dd = page.split("<dt>Lieu de vie</dt>")[1].split("<dd>")[1].split("</dd>")[0]
        assert " ".join(dd.split()) == lieu

    def test_une_mesure_eteinte_n_a_ni_age_ni_rien_a_completer(self, connecte: Client, prepose: User) -> None:
        valeurs = {
            "mandataire": prepose.membre.mandataire,
            "lieu_vie": "etablissement",
            "tribunal": None,
            "annee_naissance": timezone.localdate().year - 96,
            "date_decision": timezone.localdate() - timedelta(days=900),
        }
        fin = {"eteinte": True, "date_extinction": timezone.localdate(), "motif_extinction": "deces"}
        en_cours, eteinte = MesureFactory(**valeurs), MesureFactory(**valeurs, **fin)
        page = connecte.get(en_cours.get_absolute_url()).content.decode()
        assert "96 ans" in page
        assert page.count("<dd>à compléter</dd>") == 2
        page = connecte.get(eteinte.get_absolute_url()).content.decode()
        assert "96 ans" not in page
        assert "à compléter" not in page
        assert page.count("<dd>non renseigné</dd>") == 2

    def test_ses_actions_suivent_son_etat(self, connecte: Client, mesure: Mesure, complete: Mesure) -> None:
        en_cours = connecte.get(mesure.get_absolute_url()).content.decode()
        eteinte = connecte.get(complete.get_absolute_url()).content.decode()
        assert "Mettre fin au mandat" in en_cours
        assert "Réactiver la mesure" not in en_cours
        assert "Réactiver la mesure" in eteinte
        assert "Mettre fin au mandat" not in eteinte
        assert "/modifier/" not in eteinte
        for page in (en_cours, eteinte):
            assert "Supprimer cette mesure, saisie par erreur" in page

    @pytest.mark.parametrize(("jours", "dit"), [(-1, " (dépassée)"), (1, " (à réviser)"), (400, "")])
    def test_son_echeance(self, connecte: Client, prepose: User, jours: int, dit: str) -> None:
        terme = timezone.localdate() + timedelta(days=jours)
        mesure = MesureFactory(mandataire=prepose.membre.mandataire, date_terme=terme)
        page = sans_marges(connecte.get(mesure.get_absolute_url()).content.decode())
        assert f"<dt>Échéance</dt>\n<dd>{terme:%d/%m/%Y}{dit}</dd>" in page

    def test_ce_qu_elle_renouvelle_et_ce_qui_la_renouvelle(
        self, connecte: Client, prepose: User, tribunal: Tribunal
    ) -> None:
        sien = {"mandataire": prepose.membre.mandataire, "tribunal": tribunal}
        ancienne = MesureFactory(**sien, numero_rg="21/1")
        refusee = MesureFactory(**sien, refusee=True, renouvelle=ancienne)
        attendue = MesureFactory(**sien, en_attente=True, renouvelle=ancienne)

        def page(mesure: Mesure) -> str:
            return connecte.get(mesure.get_absolute_url()).content.decode()

        assert adresse("reservation_repondre", attendue) in page(ancienne)
        assert ">la mesure 21/1</a>" in page(refusee)
        Mesure.objects.filter(pk=ancienne.pk).update(statut="eteinte", date_extinction=date(2026, 3, 15))
        nouvelle = MesureFactory(**sien, numero_rg="26/2", renouvelle=ancienne)
        assert f'href="{adresse("mesure_historique", nouvelle)}?retour=' in page(ancienne)
        assert "Renouvelée par" in page(ancienne)
        assert ">la mesure 26/2</a>" in page(ancienne)
        assert "Renouvelle <a" in page(nouvelle)
        assert f'href="{adresse("mesure_historique", ancienne)}?retour=' in page(nouvelle)

    def test_le_renouvellement_parti_chez_un_autre_ne_se_voit_pas(
        self, connecte: Client, prepose: User, prepose_voisin: User
    ) -> None:
        ancienne = MesureFactory(mandataire=prepose.membre.mandataire, eteinte=True)
        partie = MesureFactory(mandataire=prepose_voisin.membre.mandataire, renouvelle=ancienne)
        assert "Renouvelée" not in connecte.get(ancienne.get_absolute_url()).content.decode()
        connecte.force_login(prepose_voisin)
        assert "Renouvelle" not in connecte.get(partie.get_absolute_url()).content.decode()

    def test_une_reservation_n_a_pas_d_action(self, connecte: Client, prepose: User) -> None:
        mesure = MesureFactory(mandataire=prepose.membre.mandataire, en_attente=True)
        page = connecte.get(mesure.get_absolute_url()).content.decode()
        assert "<h1>Mesure réservée</h1>" in page
        for action in ("Modifier", "Mettre fin", "Réactiver", "Supprimer"):
            assert action not in page

    def test_ses_actions_y_ramenent(self, connecte: Client, mesure: Mesure) -> None:
        page = adresse("mesure_historique", mesure, retour=LISTE)
        contenu = connecte.get(page).content.decode()
        assert 'href="/mesures/?q=calais&amp;page=2">Revenir à la liste' in contenu
        fin = adresse("mesure_eteindre", mesure) + f"?retour={quote(page)}"
        assert f'href="{fin}" data-fenetre' in contenu
        response = connecte.post(fin, {"version": 0, "date_extinction": "31/01/2024"}, follow=True)
        assert response.redirect_chain == [(page, 302)]
        assert "Réactiver la mesure" in response.content.decode()

    def test_toujours_autant_de_requetes(
        self, connecte: Client, mesure: Mesure, prepose: User, calais: Commune, arras: Commune
    ) -> None:
        url = mesure.get_absolute_url()
        for tour in range(2):
            _vivre(mesure, prepose, tour, calais, arras)
        pour_peu = nombre_de_requetes(connecte, url)
        for tour in range(2, 50):
            _vivre(mesure, prepose, tour, calais, arras)
        assert nombre_de_requetes(connecte, url) == pour_peu < 20
        assert connecte.get(url).content.decode().count("Mesure modifiée") == 50


def _vivre(mesure: Mesure, author: User, tour: int, *communes: Commune) -> None:
    commune = communes[tour % 2]
    actuelle = Mesure.objects.get(pk=mesure.pk)
    actuelle.commune, actuelle.code_postal = commune, commune.codes_postaux[0]
    actuelle.lieu_vie = "etablissement"
    actuelle.etablissement = EtablissementFactory()
    modifier(mesure=actuelle, version=actuelle.version, author=author)


def test_une_mesure_transferee_se_lit(
    connecte: Client, prepose: User, prepose_voisin: User, mesure: Mesure
) -> None:
    ancien: Mandataire = prepose_voisin.membre.mandataire
    recue = Mesure.objects.get(mandataire=ancien)
    Mesure.objects.filter(pk=recue.pk).update(mandataire=mesure.mandataire, version=1)
    page = connecte.get(recue.get_absolute_url()).content.decode()
    assert "Mesure transférée" in page
    assert f"Mandataire : « {ancien} » devient « {mesure.mandataire} »" in page
