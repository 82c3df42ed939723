"""« Mesures en attente », through the client: the list, a reservation that is opened, confirmed, refused."""

from __future__ import annotations

import re
from datetime import date, timedelta
from html import unescape
from typing import Any

import pghistory
import pytest
from django.contrib.messages import get_messages
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from mandataires.models import Charge
from mesures.historique import evenements
from mesures.models import Mesure
from mesures.reponses import confirmer
from mesures.reservations import annuler_reservation, modifier_reservation, prolonger
from tests.factories import MembreFactory, MesureFactory, TribunalFactory, UserFactory
from tests.strict import nombre_de_requetes, sans_numeros
from tribunaux.models import Commune, Tribunal

pytestmark = pytest.mark.django_db

LISTE = "/mesures/en-attente/"
CHANGE = "Cette mesure a changé depuis que la page est affichée."


@pytest.fixture
def connecte(client: Client, individuel: User) -> Client:
    client.force_login(individuel)
    return client


@pytest.fixture
def reservation(individuel: User, juge: User, tribunal: Tribunal) -> Mesure:
    return reservee(individuel, juge, tribunal)


@pytest.fixture
def collegue(individuel: User) -> User:
    user = UserFactory(first_name="Dominique", last_name="Collègue")
    return MembreFactory(user=user, mandataire=individuel.membre.mandataire).user


def reservee(mandataire: User, juge: User, tribunal: Tribunal, *, il_y_a: int = 0, **valeurs: Any) -> Mesure:
    return MesureFactory(
        mandataire=mandataire.membre.mandataire,
        tribunal=tribunal,
        reserve_by=juge,
        reserve_at=timezone.now() - timedelta(days=il_y_a),
        **({"en_attente": True} | valeurs),
    )


def adresse(nom: str, reservation: Mesure) -> str:
    return reverse(nom, args=[reservation.pk])


def saisie(reservation: Mesure, commune: Commune, /, **valeurs: object) -> dict[str, object]:
    """What a person sends once the judgment has arrived, less or more `valeurs`."""
    return {
        "version": reservation.version,
        "date_decision": "03/11/2026",
        "nature": "curatelle_renforcee",
        "code_postal": commune.codes_postaux[0],
        "commune": commune.pk,
        "commune_texte": str(commune),
        "genre": "F",
        "annee_naissance": "1962",
        "lieu_vie": "domicile",
        **valeurs,
    }


def contenu(response: HttpResponse) -> str:
    """The text of a page, its spaces made one."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).replace("\xa0", " ").split())


def message(response: HttpResponse) -> str:
    *_, dernier = get_messages(response.wsgi_request)
    return str(dernier)


def etat(reservation: Mesure) -> str:
    reservation.refresh_from_db()
    return reservation.statut


class TestListe:
    def test_dit_ce_que_le_tribunal_a_dit(
        self, connecte: Client, individuel: User, juge: User, tribunal: Tribunal
    ) -> None:
        reservee(
            individuel,
            juge,
            tribunal,
            il_y_a=2,
            genre="H",
            annee_naissance=1941,
            est_urgente=True,
            jugement_attendu_le=date(2026, 12, 12),
            expire_le=date(2027, 2, 10),
        )
        page = contenu(connecte.get(LISTE))
        assert "expire bientôt" not in page
        Mesure.objects.en_attente().update(expiration_annoncee_at=timezone.now())
        assert "10/02/2027 expire bientôt" in contenu(connecte.get(LISTE))
        jour = f"{timezone.localtime() - timedelta(days=2):%d/%m/%Y}"
        for mot in (
            f"Demande du {jour}",
            "À lire",
            "Urgente",
            "TPROX Calais",
            "Curatelle renforcée",
            "H, 1941, 85 ans",
            "12/12/2026",
            "10/02/2027",
            f"Valider la mesure demandée le {jour} : curatelle renforcée, H, 1941",
            f"Refuser la mesure demandée le {jour}",
            "Mesures en attente (1)",
        ):
            assert mot in page

    def test_de_la_plus_ancienne_demande_a_la_plus_recente(
        self, connecte: Client, individuel: User, juge: User, tribunal: Tribunal
    ) -> None:
        attendues = [reservee(individuel, juge, tribunal, il_y_a=jours) for jours in (1, 30, 7)]
        lignes = connecte.get(LISTE).context["page"].object_list
        assert list(lignes) == [attendues[1], attendues[2], attendues[0]]

    def test_rien_de_celles_d_un_autre(
        self, connecte: Client, prepose: User, juge: User, tribunal: Tribunal
    ) -> None:
        reservee(prepose, juge, tribunal, annee_naissance=1941)
        reservee(prepose, juge, tribunal, annee_naissance=1941, en_attente=False, refusee=True)
        page = contenu(connecte.get(LISTE))
        assert "Mesures en attente (0)" in page
        assert "Aucune mesure en attente" in page
        assert "1941" not in sans_numeros(page)
        assert "Sans suite" not in page

    def test_cinquante_par_page(self, connecte: Client, individuel: User, juge: User, tribunal: Tribunal) -> None:
        modele = reservee(individuel, juge, tribunal)
        valeurs = {c.attname: getattr(modele, c.attname) for c in Mesure._meta.concrete_fields if not c.generated}
        Mesure.objects.bulk_create(Mesure(**(valeurs | {"id": None})) for _ in range(50))
        assert len(connecte.get(LISTE).context["page"].object_list) == 50
        response = connecte.get(LISTE, {"page": 2})
        assert len(response.context["page"].object_list) == 1
        assert "Mesures en attente, page 2" in contenu(response)

    def test_celles_restees_sans_suite_disent_pourquoi(
        self, connecte: Client, individuel: User, juge: User, tribunal: Tribunal
    ) -> None:
        fins = {
            "expiree": {"expire_le": date(2026, 9, 1)},
            "refusee": {"motif_reponse": "Trop loin de Calais & <b>de tout"},
            "annulee": {"motif_reponse": "Confiée à la famille"},
        }
        for fin, valeurs in fins.items():
            reservee(individuel, juge, tribunal, en_attente=False, **{fin: True}, **valeurs)
        response = connecte.get(LISTE)
        sans_suite = contenu(response).partition("Sans suite depuis un an (3)")[2]
        assert "Expirée, sans réponse jusqu'au 1er septembre 2026" in sans_suite
        assert "Trop loin de Calais & <b>de tout" in sans_suite
        assert "Confiée à la famille" in sans_suite
        assert sans_suite.count("Valider la mesure") == 1  # the expired one
        assert "Refuser" not in sans_suite
        assert "Aucune mesure en attente" in contenu(response)
        assert "<details" in response.content.decode()
        assert "Mesures en attente (0)" in contenu(response)

    def test_les_plus_anciennes_sans_suite_sont_sur_une_autre_page(
        self, connecte: Client, individuel: User, juge: User, tribunal: Tribunal
    ) -> None:
        modele = reservee(individuel, juge, tribunal, il_y_a=90, en_attente=False, expiree=True)
        valeurs = {c.attname: getattr(modele, c.attname) for c in Mesure._meta.concrete_fields if not c.generated}
        Mesure.objects.bulk_create(Mesure(**(valeurs | {"id": None})) for _ in range(50))
        page = connecte.get(LISTE).content.decode()
        assert 'href="?sans_suite=2#sans-suite"' in page
        suite = connecte.get(LISTE, {"sans_suite": 2})
        assert list(suite.context["sans_suite"].object_list) == [modele]
        assert re.search(r'<details id="sans-suite"[^>]* open', suite.content.decode())

    def test_toujours_autant_de_requetes(self, connecte: Client, individuel: User, juge: User) -> None:
        def ajouter() -> None:
            tribunal = TribunalFactory()
            ancienne = MesureFactory(mandataire=individuel.membre.mandataire, tribunal=tribunal)
            reservee(individuel, juge, tribunal, renouvelle=ancienne)
            reservee(individuel, juge, tribunal, en_attente=False, annulee=True)

        ajouter()
        pour_une = nombre_de_requetes(connecte, LISTE)
        for _ in range(49):
            ajouter()
        assert nombre_de_requetes(connecte, LISTE) == pour_une < 17


class TestOuvrir:
    def test_le_tribunal_lit_qu_elle_est_vue(
        self, connecte: Client, individuel: User, reservation: Mesure
    ) -> None:
        avant = Charge.objects.get(pk=reservation.mandataire_id).mise_a_jour_at
        connecte.get(adresse("reservation_repondre", reservation))
        reservation.refresh_from_db()
        vue_at = reservation.vue_at
        assert vue_at is not None
        assert reservation.version == 0
        assert Charge.objects.get(pk=reservation.mandataire_id).mise_a_jour_at == avant
        dernier = evenements(reservation)[0]
        assert (dernier.acte, dernier.auteur) == ("Réservation vue", str(individuel))
        connecte.get(adresse("reservation_repondre", reservation))
        reservation.refresh_from_db()
        assert reservation.vue_at == vue_at
        assert "À lire" not in contenu(connecte.get(LISTE))

    def test_ce_que_le_tribunal_a_dit_est_dans_le_formulaire(
        self, connecte: Client, individuel: User, juge: User, tribunal: Tribunal, calais: Commune
    ) -> None:
        reservation = reservee(
            individuel,
            juge,
            tribunal,
            numero_rg="26/00777",
            cabinet="2",
            commune=calais,
            code_postal="",
            genre="H",
            annee_naissance=1941,
        )
        response = connecte.get(adresse("reservation_repondre", reservation))
        form = response.context["form"]
        assert "tribunal" not in form.fields
        assert "date_terme" in form.fields
        attendues = {"numero_rg": "26/00777", "genre": "H", "annee_naissance": 1941, "code_postal": "62100"}
        assert {champ: form[champ].value() for champ in attendues} == attendues
        assert form["commune"].value().cle == calais.pk
        page = contenu(response)
        assert "Tribunal de proximité de Calais (ancien TI), cabinet 2" in page
        assert "Homme, 1941, 85 ans" in page
        assert "Refuser cette réservation" in page

    def test_une_reservation_nue_se_lit_aussi(self, connecte: Client, reservation: Mesure) -> None:
        page = contenu(connecte.get(adresse("reservation_repondre", reservation)))
        assert "None" not in page
        assert "Lieu de vie à domicile" not in page

    @pytest.mark.parametrize(
        ("fin", "phrase"),
        [
            ("refusee", "Refusée le .* : Trop loin"),
            ("annulee", "Annulée par le tribunal le .* : Saisie par erreur"),
        ],
    )
    def test_celle_qui_est_finie_se_lit_seulement(
        self, connecte: Client, individuel: User, juge: User, tribunal: Tribunal, fin: str, phrase: str
    ) -> None:
        reservation = reservee(individuel, juge, tribunal, en_attente=False, **{fin: True})
        response = connecte.get(adresse("reservation_repondre", reservation))
        assert re.search(phrase, contenu(response))
        assert 'class="formulaire"' not in response.content.decode()
        assert "Refuser cette" not in contenu(response)

    def test_celle_qui_a_expire_peut_encore_etre_validee(
        self, connecte: Client, individuel: User, juge: User, tribunal: Tribunal
    ) -> None:
        reservation = reservee(
            individuel, juge, tribunal, en_attente=False, expiree=True, expire_le=date(2026, 9, 1)
        )
        page = contenu(connecte.get(adresse("reservation_repondre", reservation)))
        assert "jusqu'au 1er septembre 2026 : elle a expiré. Elle peut encore être validée" in page
        assert "le tribunal en sera prévenu" in page
        assert "Refuser cette" not in page

    def test_un_renouvellement_dit_quelle_mesure_prendra_fin(
        self, connecte: Client, individuel: User, juge: User, tribunal: Tribunal
    ) -> None:
        ancienne = Mesure.objects.get(numero_rg="22/00003")
        reservation = reservee(individuel, juge, tribunal, renouvelle=ancienne)
        page = contenu(connecte.get(adresse("reservation_repondre", reservation)))
        assert "la mesure 22/00003 prendra fin le jour de la nouvelle décision" in page
        assert "Mesures en attente (1)" in page
        assert "En attente 0 et 1 renouvellement" in contenu(connecte.get("/mesures/"))

    def test_ce_qui_n_est_plus_a_renouveler_ne_se_nomme_pas(
        self, connecte: Client, individuel: User, prepose: User, juge: User, tribunal: Tribunal
    ) -> None:
        """What expired kept its link to a mesure that another MJPM carries by now."""
        partie = Mesure.objects.get(numero_rg="22/00001")
        reservation = reservee(individuel, juge, tribunal, renouvelle=partie, en_attente=False, expiree=True)
        page = contenu(connecte.get(adresse("reservation_repondre", reservation)))
        assert "n'est plus en cours chez vous" in page
        assert "22/00001" not in page

    def test_celle_qui_est_validee_mene_a_sa_mesure(self, connecte: Client, individuel: User) -> None:
        mesure = MesureFactory(
            mandataire=individuel.membre.mandataire, reserve_at=timezone.now(), repondu_at=timezone.now()
        )
        assert connecte.get(adresse("reservation_repondre", mesure))["Location"] == mesure.get_absolute_url()

    def test_une_mesure_sans_reservation_n_en_a_pas_la_page(self, connecte: Client, individuel: User) -> None:
        mesure = Mesure.objects.get(mandataire__membres__user=individuel)
        for nom in ("reservation_repondre", "reservation_confirmer", "reservation_refuser"):
            assert connecte.get(adresse(nom, mesure)).status_code == 404
            assert connecte.post(adresse(nom, mesure), {"version": 0}).status_code in (404, 405)

    def test_son_historique_y_mene(self, connecte: Client, reservation: Mesure) -> None:
        page = connecte.get(reservation.get_absolute_url())
        assert f'href="{adresse("reservation_repondre", reservation)}"' in page.content.decode()
        assert "Répondre à la réservation" in contenu(page)
        assert f'href="{LISTE}">Revenir à la liste' in page.content.decode()


class TestValider:
    def test_la_mesure_est_en_cours_et_les_nombres_suivent(
        self, connecte: Client, individuel: User, reservation: Mesure, calais: Commune
    ) -> None:
        response = connecte.post(
            adresse("reservation_confirmer", reservation),
            saisie(reservation, calais, annee_naissance="1963", nature="tutelle", numero_rg="26/00777"),
            follow=True,
        )
        assert response.redirect_chain == [("/mesures/", 302)]
        page = contenu(response)
        assert "Mesure validée : elle est dans « Mesures en cours »." in page
        assert "Total porté" not in page
        assert "Mesures en cours (2)" in page
        assert "Mesures en attente (0)" in page
        assert "26/00777" in page
        reservation.refresh_from_db()
        assert (reservation.statut, reservation.version, reservation.repondu_by) == ("en_cours", 1, individuel)
        assert (reservation.nature, reservation.annee_naissance) == ("tutelle", 1963)
        assert (reservation.date_decision, reservation.commune) == (date(2026, 11, 3), calais)

    @pytest.mark.parametrize(
        ("valeurs", "phrase"),
        [
            ({"date_decision": ""}, "Indiquez la date de décision."),
            ({"date_decision": "31/02/2026"}, "Écrivez une date qui existe"),
            ({"date_decision": "01/01/2099"}, "La date de décision ne peut pas être dans le futur."),
            ({"lieu_vie": ""}, "Indiquez si la personne vit à domicile ou en établissement."),
            ({"lieu_vie": "etablissement"}, "Indiquez l'établissement où vit la personne."),
            ({"code_postal": ""}, "Indiquez le code postal."),
            ({"code_postal": "", "commune": "", "commune_texte": ""}, "Choisissez la commune où vit la personne."),
            ({"annee_naissance": "9999"}, "L'année de naissance doit être comprise entre 1900"),
            ({"nature": ""}, "Choisissez le type de mesure."),
            ({"numero_rg": "22/00003"}, "Vous avez déjà une mesure avec ce numéro RG dans ce tribunal."),
        ],
    )
    def test_chaque_erreur_est_dite_et_la_saisie_gardee(
        self, connecte: Client, reservation: Mesure, calais: Commune, valeurs: dict[str, str], phrase: str
    ) -> None:
        response = connecte.post(
            adresse("reservation_confirmer", reservation),
            saisie(reservation, calais, **({"numero_dossier": "gardé", "cabinet": "7"} | valeurs)),
        )
        assert response.status_code == 200
        assert phrase in contenu(response)
        assert 'value="gardé"' in response.content.decode()
        assert etat(reservation) == "en_attente"

    def test_l_adresse_de_la_page_a_corriger_ramene_a_la_reservation(
        self, connecte: Client, reservation: Mesure
    ) -> None:
        url = adresse("reservation_confirmer", reservation)
        assert connecte.get(url)["Location"] == adresse("reservation_repondre", reservation)

    def test_ni_le_tribunal_ni_le_mandataire_ne_changent(
        self, connecte: Client, reservation: Mesure, calais: Commune, autre_tribunal: Tribunal, prepose: User
    ) -> None:
        connecte.post(
            adresse("reservation_confirmer", reservation),
            saisie(
                reservation,
                calais,
                tribunal=autre_tribunal.pk,
                tribunal_texte=autre_tribunal.libelle,
                mandataire=prepose.membre.mandataire_id,
                statut="eteinte",
            ),
        )
        avant = (reservation.tribunal_id, reservation.mandataire_id)
        assert etat(reservation) == "en_cours"
        assert (reservation.tribunal_id, reservation.mandataire_id) == avant

    def test_le_total_d_un_service_suit(
        self, client: Client, service: User, juge: User, tribunal: Tribunal, calais: Commune
    ) -> None:
        reservation = reservee(service, juge, tribunal)
        client.force_login(service)
        response = client.post(
            adresse("reservation_confirmer", reservation), saisie(reservation, calais), follow=True
        )
        assert "elle est dans « Mesures en cours ». Total porté à 1 451." in contenu(response).replace(
            "\u202f", " "
        )

    def test_un_papier_en_retard_est_encore_valide(
        self, connecte: Client, individuel: User, juge: User, tribunal: Tribunal, calais: Commune
    ) -> None:
        reservation = reservee(
            individuel, juge, tribunal, en_attente=False, expiree=True, expire_le=date(2026, 9, 1)
        )
        response = connecte.post(adresse("reservation_confirmer", reservation), saisie(reservation, calais))
        assert response["Location"] == "/mesures/"
        assert etat(reservation) == "en_cours"

    def test_un_renouvellement_met_fin_a_l_ancienne(
        self, connecte: Client, individuel: User, juge: User, tribunal: Tribunal, calais: Commune
    ) -> None:
        ancienne = Mesure.objects.get(numero_rg="22/00003")
        reservation = reservee(individuel, juge, tribunal, renouvelle=ancienne, numero_rg="22/00003")
        url = adresse("reservation_confirmer", reservation)
        avant = saisie(reservation, calais, numero_rg="22/00003", date_decision="14/03/2021")
        response = connecte.post(url, avant)
        assert response.context["form"].errors == {
            "date_decision": [
                "La décision ne peut pas précéder celle de la mesure qu'elle renouvelle (15/03/2021)."
            ]
        }
        assert 'value="14/03/2021"' in response.content.decode()
        assert etat(ancienne) == "en_cours"
        connecte.post(url, {**avant, "date_decision": "03/11/2026"})
        assert etat(reservation) == "en_cours"
        assert etat(ancienne) == "eteinte"
        assert (ancienne.date_extinction, ancienne.motif_extinction) == (date(2026, 11, 3), "renouvellement")


class TestConflits:
    """What the court, the clock or a colleague does while the page is open."""

    def test_le_tribunal_l_a_modifiee(
        self, connecte: Client, reservation: Mesure, juge: User, calais: Commune
    ) -> None:
        actuelle = Mesure.objects.select_related("mandataire", "tribunal").get(pk=reservation.pk)
        actuelle.annee_naissance = 1970
        with pghistory.context(user=juge.pk):
            modifier_reservation(reservation=actuelle, version=0, author=juge)
        url = adresse("reservation_confirmer", reservation)
        envoi = saisie(reservation, calais, numero_dossier="gardé")
        response = connecte.post(url, {**envoi, "date_decision": ""})
        page = contenu(response)
        assert f"{CHANGE} Réservation modifiée par {juge}, le" in page
        assert "année de naissance : « 1962 » devient « 1970 »" in page
        assert "Femme, 1970, 56 ans" in page
        assert "Indiquez la date de décision." in page
        assert 'value="gardé"' in response.content.decode()
        assert etat(reservation) == "en_attente"
        version = response.context["form"]["version"].value()
        assert connecte.post(url, {**envoi, "version": version})["Location"] == "/mesures/"
        assert etat(reservation) == "en_cours"

    def test_une_page_qui_ne_dit_pas_sa_version(
        self, connecte: Client, reservation: Mesure, calais: Commune
    ) -> None:
        url = adresse("reservation_confirmer", reservation)
        response = connecte.post(url, saisie(reservation, calais, version=""))
        assert CHANGE in contenu(response)
        assert response.context["form"]["version"].value() == "0"
        assert etat(reservation) == "en_attente"

    @pytest.mark.parametrize("nom", ["reservation_confirmer", "reservation_refuser"])
    def test_le_tribunal_l_a_annulee(
        self, connecte: Client, reservation: Mesure, juge: User, calais: Commune, nom: str
    ) -> None:
        with pghistory.context(user=juge.pk):
            annuler_reservation(pk=reservation.pk, motif="Confiée à la famille", version=0, author=juge)
        envoi = saisie(reservation, calais, motif="Trop loin")
        response = connecte.post(adresse(nom, reservation), envoi)
        assert response["Location"] == adresse("reservation_repondre", reservation)
        assert f"Réservation annulée par {juge}, le" in message(response)
        assert "Confiée à la famille" in contenu(connecte.get(response["Location"]))
        assert etat(reservation) == "annulee"

    @pytest.mark.parametrize("nom", ["reservation_confirmer", "reservation_refuser"])
    def test_un_collegue_a_repondu(
        self, connecte: Client, reservation: Mesure, collegue: User, calais: Commune, nom: str
    ) -> None:
        sienne = Mesure.objects.select_related("mandataire", "tribunal").get(pk=reservation.pk)
        sienne.date_decision, sienne.lieu_vie = date(2026, 11, 2), "domicile"
        sienne.commune, sienne.code_postal = calais, "62100"
        with pghistory.context(user=collegue.pk):
            confirmer(reservation=sienne, version=0, author=collegue)
        response = connecte.post(adresse(nom, reservation), saisie(reservation, calais, motif="Trop loin"))
        assert "Réservation confirmée par Dominique Collègue, le" in message(response)
        suivante = connecte.get(response["Location"])
        assert suivante["Location"] == reservation.get_absolute_url()
        reservation.refresh_from_db()
        assert (reservation.date_decision, reservation.version) == (date(2026, 11, 2), 1)

    def test_elle_a_expire(self, connecte: Client, reservation: Mesure, calais: Commune) -> None:
        Mesure.objects.filter(pk=reservation.pk).update(
            statut="expiree", version=1, expire_le=timezone.localdate() - timedelta(days=1)
        )
        refus = connecte.post(adresse("reservation_refuser", reservation), {"version": 0, "motif": "Trop loin"})
        assert "Réservation expirée par e-MJPM (automatique)" in message(refus)
        assert refus["Location"] == adresse("reservation_repondre", reservation)
        response = connecte.post(adresse("reservation_confirmer", reservation), saisie(reservation, calais))
        page = contenu(response)
        assert "Réservation expirée par e-MJPM (automatique)" in page
        assert "Votre saisie est gardée : vérifiez-la, puis validez de nouveau." in page
        assert "Elle peut encore être validée" in page
        connecte.post(adresse("reservation_confirmer", reservation), saisie(reservation, calais, version=1))
        assert etat(reservation) == "en_cours"

    def test_le_tribunal_l_a_prolongee_pendant_le_refus(
        self, connecte: Client, reservation: Mesure, juge: User
    ) -> None:
        with pghistory.context(user=juge.pk):
            prolonger(pk=reservation.pk, version=0, author=juge)
        response = connecte.post(
            adresse("reservation_refuser", reservation), {"version": 0, "motif": "Trop loin de Calais"}
        )
        page = contenu(response)
        assert f"{CHANGE} Réservation prolongée par {juge}" in page
        assert "Votre motif est gardé" in page
        assert "Trop loin de Calais" in page
        assert etat(reservation) == "en_attente"

    @pytest.mark.parametrize("fin", ["refusee", "annulee"])
    def test_celle_qui_est_finie_ne_se_valide_ni_ne_se_refuse(
        self, connecte: Client, individuel: User, juge: User, tribunal: Tribunal, calais: Commune, fin: str
    ) -> None:
        reservation = reservee(individuel, juge, tribunal, en_attente=False, **{fin: True})
        envoi = saisie(reservation, calais, motif="Encore")
        for nom in ("reservation_confirmer", "reservation_refuser"):
            response = connecte.post(adresse(nom, reservation), envoi)
            assert response["Location"] == adresse("reservation_repondre", reservation)
            assert "cette action n'est plus possible" in message(response)
        assert connecte.get(adresse("reservation_refuser", reservation)).status_code == 302
        assert etat(reservation) == fin

    def test_transferee_entre_la_lecture_et_l_acte(
        self,
        connecte: Client,
        reservation: Mesure,
        prepose: User,
        calais: Commune,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        def apres_son_depart(**kwargs: Any) -> Any:
            Mesure.objects.filter(pk=reservation.pk).update(mandataire=prepose.membre.mandataire, version=1)
            return confirmer(**kwargs)

        monkeypatch.setattr("mesures.views.reponses.confirmer", apres_son_depart)
        response = connecte.post(adresse("reservation_confirmer", reservation), saisie(reservation, calais))
        assert message(response).startswith("Cette mesure n'est plus dans votre liste")
        assert response["Location"] == "/mesures/"


class TestRefuser:
    def test_le_motif_est_garde_et_les_nombres_suivent(
        self, connecte: Client, individuel: User, reservation: Mesure
    ) -> None:
        url = adresse("reservation_refuser", reservation) + "?retour=/mesures/en-attente/%3Fpage%3D2"
        page = connecte.get(url)
        assert 'href="/mesures/en-attente/?page=2">Annuler' in page.content.decode()
        response = connecte.post(url, {"version": 0, "motif": "  Trop loin\nde Calais "})
        assert response["Location"] == "/mesures/en-attente/?page=2"
        assert message(response) == "Réservation refusée : le tribunal en est prévenu."
        reservation.refresh_from_db()
        assert (reservation.statut, reservation.motif_reponse) == ("refusee", "Trop loin\nde Calais")
        assert reservation.repondu_by == individuel
        assert reservation.vue_at is not None
        assert "Mesures en attente (0)" in contenu(connecte.get(LISTE))

    def test_de_sa_page_on_revient_a_la_liste(self, connecte: Client, reservation: Mesure) -> None:
        page = adresse("reservation_repondre", reservation)
        url = adresse("reservation_refuser", reservation) + f"?retour={page}"
        assert f'href="{page}">Annuler' in connecte.get(url).content.decode()
        assert connecte.post(url, {"version": 0, "motif": "Trop loin"})["Location"] == LISTE

    @pytest.mark.parametrize(
        ("motif", "phrase"),
        [
            ("", "Indiquez pourquoi : le tribunal le lira."),
            ("   \n", "Indiquez pourquoi : le tribunal le lira."),
            ("x" * 501, "500 caractères"),
        ],
    )
    def test_sans_motif_ou_trop_long(self, connecte: Client, reservation: Mesure, motif: str, phrase: str) -> None:
        response = connecte.post(adresse("reservation_refuser", reservation), {"version": 0, "motif": motif})
        assert response.status_code == 200
        assert phrase in str(response.context["form"].errors["motif"]).replace("&#x27;", "'")
        assert motif.strip() in response.content.decode()
        assert etat(reservation) == "en_attente"

    def test_jamais_vers_un_autre_site(self, connecte: Client, reservation: Mesure) -> None:
        url = adresse("reservation_refuser", reservation) + "?retour=https://ailleurs.example.org/"
        assert connecte.post(url, {"version": 0, "motif": "Trop loin"})["Location"] == LISTE
