"""Reserving a mesure, through the client: from the list to what the MJPM and the court then read."""

from __future__ import annotations

import html
import re
from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Courriel, User
from mandataires.models import Agrement, Charge, Mandataire
from mesures import reservations
from mesures.enums import Statut
from mesures.models import Mesure
from tests.factories import AgrementFactory, EtablissementFactory, MesureFactory
from tests.strict import nombre_de_requetes, sans_numeros
from tribunaux.dates import en_lettres
from tribunaux.models import Commune, Tribunal

pytestmark = pytest.mark.django_db

# Beside the year of birth and the RG, neither of which may be in a mail or a message.
FAITS = {"nature": "tutelle", "genre": "F", "annee_naissance": "1962"}


@pytest.fixture
def url(mandataire: Mandataire) -> str:
    return reverse("reserver", args=[mandataire.pk])


@pytest.fixture
def connecte(client: Client, juge: User) -> Client:
    client.force_login(juge)
    return client


def saisie(**valeurs: object) -> dict[str, object]:
    return {**FAITS, "jeton": str(uuid4()), **valeurs}


def texte(response: HttpResponse) -> str:
    return html.unescape(re.sub(r"\s+", " ", response.content.decode())).replace("\xa0", " ")


def posees() -> list[Mesure]:
    return list(Mesure.objects.reservees().order_by("pk"))


def remplir(mandataire: Mandataire, en_cours: int) -> None:
    Charge.objects.filter(pk=mandataire.pk).update(en_cours=en_cours)


class TestReserver:
    def test_trois_champs_suffisent(
        self, connecte: Client, juge: User, mandataire: Mandataire, url: str, tribunal: Tribunal
    ) -> None:
        response = connecte.post(url + "?retour=/mandataires/%3Ftype%3Dprepose", saisie())
        assert response["Location"] == "/mandataires/?type=prepose"
        (reservation,) = posees()
        assert (reservation.statut, reservation.mandataire, reservation.tribunal, reservation.reserve_by) == (
            Statut.EN_ATTENTE,
            mandataire,
            tribunal,
            juge,
        )
        dans_60_jours = timezone.localdate() + timedelta(days=60)
        assert reservation.expire_le == dans_60_jours
        page = texte(connecte.get("/mandataires/"))
        assert (
            f"Mesure réservée auprès de {mandataire}. "
            f"Elle attend sa réponse, et expire après le {en_lettres(dans_60_jours)}." in page
        )
        assert "1962" not in sans_numeros(page)
        courriel = Courriel.objects.get()
        assert courriel.destinataire == "prepose@example.org"
        assert "1962" not in sans_numeros(courriel.corps)

    def test_sans_retour_on_va_a_la_reservation(self, connecte: Client, url: str) -> None:
        response = connecte.post(url, saisie())
        assert response["Location"] == reverse("mesure_du_tribunal", args=[posees()[0].pk])

    def test_un_retour_ailleurs_n_est_pas_suivi(self, connecte: Client, url: str) -> None:
        response = connecte.post(url + "?retour=https://ailleurs.example.org/", saisie())
        assert response["Location"] == reverse("mesure_du_tribunal", args=[posees()[0].pk])

    def test_tout_ce_qui_est_replie(self, connecte: Client, url: str, calais: Commune) -> None:
        etablissement = EtablissementFactory(commune=calais)
        jugement = timezone.localdate() + timedelta(days=20)
        connecte.post(
            url,
            saisie(
                numero_rg=" 26/00042 ",
                cabinet="2 bis",
                est_urgente="on",
                jugement_attendu_le=f"{jugement:%d/%m/%Y}",
                code_postal="62 100",
                lieu_vie="etablissement",
                etablissement=etablissement.pk,
                etablissement_texte=str(etablissement),
            ),
        )
        (reservation,) = posees()
        assert reservation.numero_rg == "26/00042"
        assert reservation.cabinet == "2 bis"
        assert reservation.est_urgente
        assert reservation.jugement_attendu_le == jugement
        assert reservation.expire_le == jugement + timedelta(days=60)
        assert (reservation.code_postal, reservation.commune) == ("62100", calais)
        assert (reservation.lieu_vie, reservation.etablissement) == ("etablissement", etablissement)

    @pytest.mark.parametrize(
        ("valeurs", "phrase"),
        [
            ({"nature": ""}, "Choisissez le type de mesure."),
            ({"nature": "habilitation"}, "Sélectionnez un choix valide"),
            ({"genre": ""}, "Indiquez si la personne est une femme ou un homme."),
            ({"annee_naissance": ""}, "Indiquez l'année de naissance."),
            ({"annee_naissance": "1899"}, "L'année de naissance doit être comprise entre 1900"),
            ({"jugement_attendu_le": "31/02/2027"}, "Écrivez une date qui existe"),
            ({"jugement_attendu_le": "01/01/2020"}, "Le jugement attendu ne peut pas être passé."),
            ({"jugement_attendu_le": "01/01/2090"}, "Le jugement attendu est dans plus d'un an : vérifiez-le."),
            ({"numero_rg": "22/00001"}, "Ce mandataire a déjà une mesure avec ce numéro RG dans ce tribunal."),
            ({"numero_rg": "9" * 31}, "au plus 30 caractères"),
            ({"code_postal": "abc"}, "Un code postal compte cinq chiffres."),
            ({"commune_texte": "Calaix"}, "Aucune commune ne correspond à « Calaix »"),
            ({"etablissement_nom": "EHPAD"}, "Indiquez si la personne vit à domicile ou en établissement."),
            ({"lieu_vie": "sdf", "etablissement_nom": "EHPAD"}, "La personne ne vit pas en établissement"),
            ({"renouvelle": "123"}, "Cette mesure n'est plus en cours"),
            ({"renouvelle": "abc"}, "Cette mesure n'est plus en cours"),
            ({"jeton": ""}, "Ce champ est obligatoire"),
        ],
    )
    def test_chaque_erreur_est_dite_et_la_saisie_gardee(
        self, connecte: Client, url: str, valeurs: dict[str, str], phrase: str
    ) -> None:
        response = connecte.post(url, saisie(cabinet="Cabinet gardé", **valeurs))
        assert response.status_code == 200
        page = texte(response)
        assert phrase in page
        assert 'value="Cabinet gardé"' in page
        assert posees() == []

    def test_les_champs_en_trop_ne_font_rien(
        self, connecte: Client, url: str, autre_tribunal: Tribunal, mandataire: Mandataire, individuel: User
    ) -> None:
        connecte.post(
            url,
            saisie(
                tribunal=autre_tribunal.pk,
                mandataire=individuel.membre.mandataire_id,
                statut="en_cours",
                date_decision="01/01/2026",
                expire_le="01/01/2090",
                motif_reponse="non",
            ),
        )
        (reservation,) = posees()
        assert (reservation.statut, reservation.mandataire) == (Statut.EN_ATTENTE, mandataire)
        assert reservation.tribunal != autre_tribunal
        assert (reservation.date_decision, reservation.motif_reponse) == (None, "")

    def test_le_double_clic_ne_reserve_qu_une_fois(
        self, connecte: Client, mandataire: Mandataire, url: str
    ) -> None:
        """Even with a RG, which the first sending has taken, and for the last place."""
        remplir(mandataire, 59)
        envoi = saisie(numero_rg="26/00042")
        premier = connecte.post(url, envoi)
        second = connecte.post(url, envoi)
        assert premier["Location"] == second["Location"]
        assert len(posees()) == 1
        assert Courriel.objects.count() == 1
        page = texte(connecte.get(url))
        assert f"Cette mesure est déjà réservée auprès de {mandataire} : rien n'a été réservé de plus." in page

    def test_deux_pages_reservent_deux_fois(self, connecte: Client, url: str) -> None:
        jetons = [connecte.get(url).context["form"]["jeton"].value() for _ in range(2)]
        for jeton in jetons:
            connecte.post(url, saisie(jeton=jeton))
        assert len(posees()) == 2

    def test_le_nombre_de_requetes_ne_suit_pas_les_mesures(
        self, connecte: Client, mandataire: Mandataire, url: str, tribunal: Tribunal
    ) -> None:
        avec_une = nombre_de_requetes(connecte, url)
        MesureFactory.create_batch(19, mandataire=mandataire, tribunal=tribunal)
        assert nombre_de_requetes(connecte, url) == avec_une
        MesureFactory.create_batch(31, mandataire=mandataire, tribunal=tribunal)
        assert nombre_de_requetes(connecte, url) <= avec_une  # the choice is not proposed any more


class TestCharge:
    @pytest.mark.parametrize(
        ("en_cours", "phrase"),
        [
            (49, "10 disponibles"),
            (52, "Proche du seuil · 7 disponibles"),
            (59, "Complet"),
            (60, "Dépassement de 1"),
        ],
    )
    def test_la_charge_d_apres(
        self, connecte: Client, mandataire: Mandataire, url: str, en_cours: int, phrase: str
    ) -> None:
        remplir(mandataire, en_cours)
        page = texte(connecte.get(url))
        assert f"<dt>Après cette réservation</dt> <dd>{en_cours + 1} / 60 avec celle-ci · {phrase} <span" in page
        assert f"{en_cours} / 60" in page

    @pytest.mark.parametrize(
        ("valeurs", "phrase"),
        [
            ({"capacite": None}, "3 / ? avec celle-ci et 1 déjà en attente <span"),
            ({"indisponible_du": date(2020, 1, 1)}, "3 / 60 avec celle-ci et 1 déjà en attente <span"),
        ],
    )
    def test_les_chiffres_sont_dits_quand_le_mot_ne_change_pas(
        self,
        connecte: Client,
        mandataire: Mandataire,
        tribunal: Tribunal,
        url: str,
        valeurs: dict[str, object],
        phrase: str,
    ) -> None:
        MesureFactory(mandataire=mandataire, tribunal=tribunal, en_attente=True)
        Mandataire.objects.filter(pk=mandataire.pk).update(**{"capacite": 60, **valeurs})
        page = texte(connecte.get(url))
        assert f"<dt>Après cette réservation</dt> <dd>{phrase}" in page
        assert "À savoir" not in page  # the word of the load says already that it takes no mesure

    def test_une_interruption_a_venir_est_dite(self, connecte: Client, mandataire: Mandataire, url: str) -> None:
        assert "À savoir" not in texte(connecte.get(url))
        Mandataire.objects.filter(pk=mandataire.pk).update(
            indisponible_du=timezone.localdate() + timedelta(days=3), indisponible_motif="conges"
        )
        assert "<dt>À savoir</dt> <dd>Ce mandataire sera indisponible à partir du " in texte(connecte.get(url))

    def test_un_renouvellement_ne_la_change_pas(self, connecte: Client, mandataire: Mandataire, url: str) -> None:
        mesure = mandataire.mesures.get()
        response = connecte.post(url, saisie(renouvelle=mesure.pk, annee_naissance=""))
        assert "<dd>inchangée par un renouvellement</dd>" in texte(response)


class TestAvertissements:
    def test_complet_se_confirme(self, connecte: Client, mandataire: Mandataire, url: str) -> None:
        remplir(mandataire, 60)
        page = texte(connecte.get(url))
        assert "60 / 60 mesures, 0 en attente (Complet) : je réserve tout de même" in page
        assert "chercher un mandataire disponible" in page
        response = connecte.post(url, saisie(cabinet="Gardé"))
        assert "Rien n'est encore enregistré : cochez ce que vous confirmez" in texte(response)
        assert 'value="Gardé"' in texte(response)
        assert posees() == []
        assert connecte.post(url, saisie(accepte="complet")).status_code == 302
        assert len(posees()) == 1

    def test_devenu_complet_depuis_que_la_page_est_affichee(
        self, connecte: Client, mandataire: Mandataire, url: str
    ) -> None:
        remplir(mandataire, 59)
        assert "je réserve tout de même" not in texte(connecte.get(url))
        remplir(mandataire, 61)
        page = texte(connecte.post(url, saisie(cabinet="Gardé")))
        assert "61 / 60 mesures, 0 en attente (Dépassement de 1) : je réserve tout de même" in page
        assert 'value="Gardé"' in page
        assert posees() == []

    def test_interrompu_se_confirme_aussi(self, connecte: Client, mandataire: Mandataire, url: str) -> None:
        """The box that was ticked for another reason does not count."""
        Mandataire.objects.filter(pk=mandataire.pk).update(indisponible_du=date(2020, 1, 1))
        page = texte(connecte.post(url, saisie(accepte="complet")))
        assert "Indisponible : je réserve tout de même" in page
        assert posees() == []
        connecte.post(url, saisie(accepte="indisponible"))
        assert len(posees()) == 1

    def test_le_meme_rg_chez_un_autre_s_ajoute_a_ce_qui_est_coche(
        self, connecte: Client, mandataire: Mandataire, url: str, individuel: User
    ) -> None:
        remplir(mandataire, 60)
        envoi = saisie(numero_rg="22/00003", accepte="complet")
        page = texte(connecte.post(url, envoi))
        assert f"{individuel.membre.mandataire} a déjà une mesure en cours de votre tribunal sous ce" in page
        assert re.search(r'value="complet"[^>]* checked', page)
        assert not re.search(r'value="rg_ailleurs"[^>]* checked', page)
        assert posees() == []
        connecte.post(url, {**envoi, "accepte": ["complet", "rg_ailleurs"]})
        assert len(posees()) == 1

    def test_la_case_reste_avec_une_autre_erreur(self, connecte: Client, mandataire: Mandataire, url: str) -> None:
        remplir(mandataire, 60)
        page = texte(connecte.post(url, saisie(accepte="complet", annee_naissance="")))
        assert re.search(r'value="complet"[^>]* checked', page)

    def test_un_renouvellement_ne_demande_rien(self, connecte: Client, mandataire: Mandataire, url: str) -> None:
        mesure = mandataire.mesures.get()
        remplir(mandataire, 60)
        connecte.post(url, saisie(renouvelle=mesure.pk, numero_rg="22/00001"))
        (reservation,) = posees()
        assert (reservation.renouvelle, reservation.numero_rg) == (mesure, "22/00001")


class TestCabinet:
    def test_celui_du_magistrat(self, connecte: Client, juge: User, url: str) -> None:
        juge.magistrat.cabinet = "7"
        juge.magistrat.save()
        assert connecte.get(url).context["form"]["cabinet"].value() == "7"

    def test_le_dernier_de_cet_auteur(
        self, connecte: Client, juge: User, greffier: User, url: str, tribunal: Tribunal, mandataire: Mandataire
    ) -> None:
        hier = timezone.now() - timedelta(days=1)
        siennes = {"en_attente": True, "tribunal": tribunal, "mandataire": mandataire}
        MesureFactory(**siennes, reserve_by=juge, cabinet="1", reserve_at=hier)
        MesureFactory(**siennes, reserve_by=juge, cabinet="2")
        MesureFactory(**siennes, reserve_by=juge, cabinet="")
        MesureFactory(**siennes, reserve_by=greffier, cabinet="3")
        assert connecte.get(url).context["form"]["cabinet"].value() == "2"


class TestRenouvellement:
    def test_sans_mesure_a_renouveler(self, connecte: Client, individuel: User) -> None:
        individuel.membre.mandataire.mesures.all().delete()
        url = reverse("reserver", args=[individuel.membre.mandataire_id])
        assert "renouvelle" not in connecte.get(url).context["form"].fields

    def test_celles_de_ce_mandataire_et_de_ce_tribunal(
        self, connecte: Client, mandataire: Mandataire, url: str, tribunal: Tribunal, autre_tribunal: Tribunal
    ) -> None:
        sienne = mandataire.mesures.get()
        MesureFactory(mandataire=mandataire, tribunal=autre_tribunal, numero_rg="99/00001")
        MesureFactory(mandataire=mandataire, tribunal=tribunal, numero_rg="99/00002", eteinte=True)
        deja = MesureFactory(mandataire=mandataire, tribunal=tribunal, numero_rg="99/00003")
        MesureFactory(mandataire=mandataire, tribunal=tribunal, en_attente=True, renouvelle=deja)
        choix = connecte.get(url).context["form"].fields["renouvelle"].choices
        assert [str(libelle) for _, libelle in choix] == [
            "Non : nouvelle mesure",
            "22/00001, Curatelle renforcée, décision du 15/03/2021, femme, 1962",
        ]
        assert [int(str(cle)) for cle, _ in list(choix)[1:]] == [sienne.pk]

    def test_au_dela_de_vingt_seule_celle_que_l_adresse_nomme(
        self, connecte: Client, mandataire: Mandataire, url: str, tribunal: Tribunal
    ) -> None:
        indice = "Pour réserver le renouvellement d'une mesure, ouvrez-la dans"
        sienne = mandataire.mesures.get()
        MesureFactory.create_batch(19, mandataire=mandataire, tribunal=tribunal)
        page = connecte.get(url)
        assert len(page.context["form"].fields["renouvelle"].choices) == 21
        assert indice not in texte(page)
        autre = MesureFactory(mandataire=mandataire, tribunal=tribunal)
        page = connecte.get(url)
        assert "renouvelle" not in page.context["form"].fields
        assert indice in texte(page)
        page = connecte.get(f"{url}?renouvelle={sienne.pk}")
        assert [str(cle) for cle, _ in page.context["form"].fields["renouvelle"].choices] == ["", str(sienne.pk)]
        assert indice not in texte(page)
        connecte.post(url, saisie(renouvelle=autre.pk))
        assert [pose.renouvelle for pose in posees()] == [autre]

    def test_l_adresse_la_nomme(
        self, connecte: Client, mandataire: Mandataire, url: str, autre_tribunal: Tribunal
    ) -> None:
        sienne = mandataire.mesures.get()
        form = connecte.get(f"{url}?renouvelle={sienne.pk}").context["form"]
        assert (form["renouvelle"].value(), form["numero_rg"].value()) == (sienne.pk, "22/00001")
        assert form["annee_naissance"].value() == 1962
        page = texte(connecte.get(f"{url}?renouvelle={sienne.pk}"))
        assert "Réserver un renouvellement" in page
        assert "Mesure renouvelée : RG 22/00001, " in page
        autre = MesureFactory(mandataire=mandataire, tribunal=autre_tribunal, numero_rg="99/00001")
        for cle in (autre.pk, "abc", "9" * 30):
            form = connecte.get(f"{url}?renouvelle={cle}").context["form"]
            assert not form["renouvelle"].value()
            assert not form["numero_rg"].value()

    def test_il_ne_demande_rien_de_la_charge(self, connecte: Client, mandataire: Mandataire, url: str) -> None:
        """A full MJPM: a renewal takes no place, and there is nothing to tick."""
        Mandataire.objects.filter(pk=mandataire.pk).update(capacite=0)
        assert "accepte" in connecte.get(url).context["form"].layout.fields
        page = connecte.get(f"{url}?renouvelle={mandataire.mesures.get().pk}")
        assert "accepte" not in page.context["form"].layout.fields
        assert "chercher un mandataire disponible" not in texte(page)

    def test_le_lieu_cherche_est_repris_s_il_existe(
        self, connecte: Client, mandataire: Mandataire, url: str, arras: Commune
    ) -> None:
        page = connecte.get(f"{url}?commune={arras.pk}")
        assert (str(page.context["form"]["commune"].value()), page.context["form"]["code_postal"].value()) == (
            "Arras (62)",
            "62000",
        )
        assert ">· Arras (62)</span>" in texte(page)  # said although it is folded
        for cle in ("99999", "", "62041%00", "9" * 30):
            assert not str(connecte.get(f"{url}?commune={cle}").context["form"]["commune"].value())
        Commune.objects.filter(pk=arras.pk).update(codes_postaux=["62000", "62001"])
        assert not connecte.get(f"{url}?commune={arras.pk}").context["form"]["code_postal"].value()
        sienne = mandataire.mesures.get()
        form = connecte.get(f"{url}?renouvelle={sienne.pk}&commune={arras.pk}").context["form"]
        assert str(form["commune"].value()) == str(sienne.commune) != "Arras (62)"

    def test_eteinte_entre_temps_ne_devient_pas_une_place_de_plus(
        self, connecte: Client, mandataire: Mandataire, url: str
    ) -> None:
        mesure = mandataire.mesures.get()
        Mesure.objects.filter(pk=mesure.pk).update(statut="eteinte", date_extinction=date(2024, 1, 31))
        page = texte(connecte.post(url, saisie(renouvelle=mesure.pk)))
        assert "Cette mesure n'est plus en cours, ou son renouvellement est déjà réservé" in page
        assert posees() == []


class TestAcces:
    def test_hors_liste(self, client: Client, juge_voisin: User, mandataire: Mandataire, url: str) -> None:
        client.force_login(juge_voisin)
        for response in (client.get(url), client.post(url, saisie())):
            assert response.status_code == 403
            assert f"{mandataire} n'est pas sur la liste de votre tribunal" in texte(response)
            assert "Choisissez un mandataire de cette liste" in texte(response)
        assert posees() == []

    def test_sorti_de_la_liste_pendant_la_saisie(self, connecte: Client, mandataire: Mandataire, url: str) -> None:
        Agrement.objects.filter(mandataire=mandataire).update(au=timezone.localdate())
        assert connecte.post(url, saisie()).status_code == 403
        assert posees() == []

    def test_non_valide(self, connecte: Client, mandataire: Mandataire, url: str) -> None:
        Mandataire.objects.filter(pk=mandataire.pk).update(valide_at=None)
        assert connecte.get(url).status_code == 404

    def test_un_mandataire_ne_reserve_pas(self, client: Client, prepose: User, url: str) -> None:
        client.force_login(prepose)
        assert client.post(url, saisie()).status_code == 403
        assert posees() == []

    @pytest.mark.parametrize("nom", ["reserver", "reservation_modifier"])
    def test_une_autre_methode(self, connecte: Client, mandataire: Mandataire, nom: str) -> None:
        assert connecte.put(reverse(nom, args=[mandataire.pk])).status_code == 405


class TestModifier:
    @pytest.fixture
    def reservation(self, juge: User, mandataire: Mandataire, tribunal: Tribunal) -> Mesure:
        return MesureFactory(
            en_attente=True,
            mandataire=mandataire,
            tribunal=tribunal,
            reserve_by=juge,
            numero_rg="26/00001",
            cabinet="2",
            vue_at=timezone.now(),
        )

    @pytest.fixture
    def url(self, reservation: Mesure) -> str:
        return reverse("reservation_modifier", args=[reservation.pk])

    def test_tout_est_la_et_ce_qui_change_se_redit(self, connecte: Client, reservation: Mesure, url: str) -> None:
        form = connecte.get(url).context["form"]
        envoi = {nom: form[nom].value() for nom in ("nature", "genre", "annee_naissance", "numero_rg", "cabinet")}
        assert envoi == {
            "nature": "curatelle_renforcee",
            "genre": "F",
            "annee_naissance": 1962,
            "numero_rg": "26/00001",
            "cabinet": "2",
        }
        response = connecte.post(url, {**envoi, "version": 0, "annee_naissance": "1963"}, follow=True)
        assert response.redirect_chain[0][0] == reverse("mesure_du_tribunal", args=[reservation.pk])
        assert f"Réservation modifiée. Information transmise à {reservation.mandataire}." in texte(response)
        reservation.refresh_from_db()
        assert (reservation.annee_naissance, reservation.vue_at, reservation.version) == (1963, None, 1)
        assert "1963" not in sans_numeros(Courriel.objects.get().corps)

    def test_rien_de_change_ne_previent_personne(self, connecte: Client, reservation: Mesure, url: str) -> None:
        connecte.post(
            url,
            {
                "version": 0,
                "nature": "curatelle_renforcee",
                "genre": "F",
                "annee_naissance": "1962",
                "numero_rg": "26/00001",
                "cabinet": "2",
            },
        )
        reservation.refresh_from_db()
        assert reservation.vue_at is not None
        assert not Courriel.objects.exists()

    def test_le_rg_d_un_autre_ne_se_redemande_pas(
        self, connecte: Client, reservation: Mesure, url: str, individuel: User
    ) -> None:
        """It was confirmed once; and to tick a box changes nothing of the reservation."""
        MesureFactory(
            mandataire=individuel.membre.mandataire, tribunal=reservation.tribunal, numero_rg=reservation.numero_rg
        )
        assert "À confirmer" not in texte(connecte.get(url))
        envoi = {**FAITS, "version": 0, "numero_rg": "26/00001", "cabinet": "2"}
        reponse = connecte.post(url, {**envoi, "cabinet": "7"}, follow=True)
        assert "Réservation modifiée" in texte(reponse)
        envoi |= {"version": 1, "cabinet": "7", "accepte": "rg_ailleurs"}
        reservation.refresh_from_db()
        inchangee = {nom: getattr(reservation, nom) for nom in ("nature", "genre", "annee_naissance")}
        assert "Réservation inchangée." in texte(connecte.post(url, {**envoi, **inchangee}, follow=True))

    def test_une_erreur_garde_la_saisie(self, connecte: Client, reservation: Mesure, url: str) -> None:
        page = texte(connecte.post(url, {**FAITS, "version": 0, "annee_naissance": "", "cabinet": "Gardé"}))
        assert "Indiquez l'année de naissance." in page
        assert 'value="Gardé"' in page

    def test_changee_par_une_collegue(
        self, connecte: Client, greffier: User, reservation: Mesure, url: str
    ) -> None:
        sienne = Mesure.objects.get(pk=reservation.pk)
        sienne.cabinet = "3"
        reservations.modifier_reservation(reservation=sienne, version=0, author=greffier)
        page = texte(connecte.post(url, {**FAITS, "version": 0, "cabinet": "4"}))
        assert "Cette mesure a changé depuis que la page est affichée." in page
        assert "« 2 » devient « 3 »" in page
        assert 'value="4"' in page
        connecte.post(url, {**FAITS, "version": 1, "cabinet": "4"})
        reservation.refresh_from_db()
        assert reservation.cabinet == "4"

    def test_sans_version_rien_ne_s_ecrit(self, connecte: Client, reservation: Mesure, url: str) -> None:
        page = texte(connecte.post(url, {**FAITS, "cabinet": "4"}))
        assert "Cette mesure a changé depuis que la page est affichée." in page
        reservation.refresh_from_db()
        assert reservation.cabinet == "2"

    @pytest.mark.parametrize("methode", ["get", "post"])
    def test_repondue_elle_ne_change_plus(
        self, connecte: Client, reservation: Mesure, url: str, methode: str
    ) -> None:
        Mesure.objects.filter(pk=reservation.pk).update(
            statut="refusee", repondu_at=timezone.now(), motif_reponse="Trop loin", version=1
        )
        response = getattr(connecte, methode)(url, {**FAITS, "version": 1, "annee_naissance": "1970"}, follow=True)
        assert "Cette réservation est refusée : elle ne peut plus être modifiée." in texte(response)
        reservation.refresh_from_db()
        assert reservation.annee_naissance == 1962

    def test_elle_garde_la_mesure_qu_elle_renouvelle(
        self, connecte: Client, mandataire: Mandataire, reservation: Mesure, url: str
    ) -> None:
        ancienne = mandataire.mesures.en_cours().get()
        Mesure.objects.filter(pk=reservation.pk).update(renouvelle=ancienne)
        assert connecte.get(url).context["form"]["renouvelle"].value() == ancienne.pk
        connecte.post(url, {**FAITS, "version": 0, "renouvelle": ancienne.pk})
        reservation.refresh_from_db()
        assert (reservation.version, reservation.renouvelle) == (1, ancienne)

    def test_ne_plus_renouveler_prend_une_place(
        self, connecte: Client, mandataire: Mandataire, reservation: Mesure, url: str
    ) -> None:
        Mesure.objects.filter(pk=reservation.pk).update(renouvelle=mandataire.mesures.en_cours().get())
        remplir(mandataire, 60)
        page = texte(connecte.post(url, {**FAITS, "version": 0, "renouvelle": ""}))
        assert "60 / 60 mesures, 0 en attente (Complet)" in page
        connecte.post(url, {**FAITS, "version": 0, "renouvelle": "", "accepte": "complet"})
        reservation.refresh_from_db()
        assert reservation.renouvelle is None

    def test_celle_d_un_autre_tribunal(self, client: Client, juge_voisin: User, url: str) -> None:
        client.force_login(juge_voisin)
        assert client.get(url).status_code == 404
        assert client.post(url, {**FAITS, "version": 0}).status_code == 404

    def test_ce_qu_aucun_tribunal_n_a_reserve(
        self, connecte: Client, mandataire: Mandataire, reservation: Mesure
    ) -> None:
        mesure = mandataire.mesures.en_cours().get()
        assert connecte.get(reverse("reservation_modifier", args=[mesure.pk])).status_code == 404


class TestLiens:
    def test_de_la_liste_pour_ceux_de_la_liste(
        self, connecte: Client, mandataire: Mandataire, juge_voisin: User
    ) -> None:
        adresse = "/mandataires/?hors_liste=on"
        page = connecte.get(adresse).content.decode()
        hors_liste = Mandataire.objects.get(nom="Mandataire_D_Arras")
        retour = "?retour=%2Fmandataires%2F%3Fhors_liste%3Don"
        assert f"/mandataires/{mandataire.pk}/reserver/{retour}" in page
        assert f"/mandataires/{hors_liste.pk}/reserver/" not in page
        points = connecte.get("/mandataires/lieux.json?hors_liste=on").json()["features"]
        reserver = {point["properties"]["pk"]: point["properties"]["reserver"] for point in points}
        assert reserver[mandataire.pk] == f"/mandataires/{mandataire.pk}/reserver/"
        assert reserver[hors_liste.pk] == ""

    def test_de_la_fiche(
        self, client: Client, juge: User, juge_voisin: User, prepose: User, mandataire: Mandataire
    ) -> None:
        lien = f"/mandataires/{mandataire.pk}/reserver/?retour=%2Fmandataires%2F{mandataire.pk}%2F"
        for user, y_est in ((juge, True), (juge_voisin, False), (prepose, False)):
            client.force_login(user)
            assert (lien in client.get(mandataire.get_absolute_url()).content.decode()) is y_est


class TestReponsesPassees:
    def reserver(self, mandataire: Mandataire, tribunal: Tribunal, trait: str, jours: float, il_y_a: int) -> None:
        reserve_at = timezone.now() - timedelta(days=il_y_a)
        repondu_at = reserve_at + timedelta(days=jours)
        dates: dict[str, object] = {"reserve_at": reserve_at}
        if trait == "confirmee":
            dates |= {"repondu_at": repondu_at, "date_decision": date(2026, 1, 5)}
        else:
            dates |= {trait: True} | ({"repondu_at": repondu_at} if trait == "refusee" else {})
        MesureFactory(mandataire=mandataire, tribunal=tribunal, **dates)

    def test_les_reponses_au_tribunal_qui_lit(
        self,
        client: Client,
        juge: User,
        juge_voisin: User,
        prepose: User,
        mandataire: Mandataire,
        tribunal: Tribunal,
        autre_tribunal: Tribunal,
    ) -> None:
        for trait, jours, il_y_a in (
            ("confirmee", 2, 100),
            ("confirmee", 6, 100),
            ("refusee", 20, 100),
            ("expiree", 0, 200),
            ("expiree", 0, 200),
            ("en_attente", 0, 1),
            ("annulee", 0, 1),
            ("confirmee", 300, 400),  # too long ago
        ):
            self.reserver(mandataire, tribunal, trait, jours, il_y_a)
        AgrementFactory(mandataire=mandataire, tribunal=autre_tribunal)
        self.reserver(mandataire, autre_tribunal, "refusee", 0.1, 10)
        adresse = mandataire.get_absolute_url()
        client.force_login(juge)
        assert (
            "6 réservations : 2 confirmées, 1 refusée, 2 sans réponse, 1 en attente ; délai habituel : 6 jours"
        ) in texte(client.get(adresse))
        client.force_login(juge_voisin)
        assert "1 réservation : 1 refusée ; délai habituel : moins d'un jour" in texte(client.get(adresse))
        client.force_login(prepose)
        assert "délai habituel" not in texte(client.get(adresse))

    def test_sans_reservation(self, connecte: Client, mandataire: Mandataire) -> None:
        assert "aucune réservation" in texte(connecte.get(mandataire.get_absolute_url()))
