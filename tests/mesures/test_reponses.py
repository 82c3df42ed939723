"""What a MJPM does with a reservation: opens it, confirms it once the judgment has come, or refuses it."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from accounts.models import User
from mandataires.models import Charge, Declaration, Mandataire
from mesures import reponses
from mesures.compteurs import derives
from mesures.historique import evenements
from mesures.models import Mesure
from mesures.reponses import confirmer, marquer_vue, refuser_reservation
from mesures.reservations import marquer_reponses_vues, modifier_reservation, reserver
from mesures.services import VersionPerimee, eteindre, modifier, supprimer
from mesures.transitions import TransitionInterdite
from tests.factories import MesureFactory, TribunalFactory, UserFactory
from tests.mesures.reservations import AUJOURD_HUI, RG, a_qui, a_reserver, nous_sommes_le, prononcer
from tribunaux.models import Tribunal

pytestmark = pytest.mark.django_db

DECISION = date(2026, 11, 10)  # what `prononcer` says
PLUS_DANS_LA_LISTE = "n'est plus dans votre liste"


@pytest.fixture(autouse=True)
def _aujourd_hui(monkeypatch: pytest.MonkeyPatch) -> None:
    nous_sommes_le(AUJOURD_HUI, monkeypatch)


@pytest.fixture
def reservation(juge: User, prepose: User) -> Mesure:
    return reserver(reservation=a_reserver(prepose.membre.mandataire, numero_rg=RG), author=juge)


def expirer(reservation: Mesure) -> Mesure:
    """As the daily task does, long after."""
    Mesure.objects.filter(pk=reservation.pk).update(statut="expiree", expire_le=date(2026, 11, 1), version=1)
    reservation.refresh_from_db()
    return reservation


def comptes(mandataire: Mandataire) -> tuple[int, int, int]:
    """(en cours, en attente, renouvellements) as judges read them; every counter of the site is right."""
    assert derives() == []
    charge = Charge.objects.get(pk=mandataire.pk)
    return charge.en_cours, charge.en_attente, charge.renouvellements


class TestVue:
    def test_le_tribunal_sait_quand_elle_a_ete_ouverte(self, prepose: User, reservation: Mesure) -> None:
        marquer_vue(reservation=reservation, author=prepose)
        reservation.refresh_from_db()
        assert (reservation.vue_at, reservation.version) == (timezone.now(), 0)
        assert Charge.objects.get(pk=reservation.mandataire_id).mise_a_jour_at is None, "reading is not an act"
        assert evenements(reservation)[0].acte == "Réservation vue"

    def test_la_premiere_fois_compte(
        self, prepose: User, reservation: Mesure, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        premiere = timezone.now()
        marquer_vue(reservation=reservation, author=prepose)
        nous_sommes_le(AUJOURD_HUI + timedelta(days=1), monkeypatch)
        for lue in (reservation, Mesure.objects.get(pk=reservation.pk)):  # from before, and from now
            marquer_vue(reservation=lue, author=prepose)
        reservation.refresh_from_db()
        assert reservation.vue_at == premiere
        assert len(evenements(reservation)) == 2

    def test_ce_que_le_tribunal_change_pendant_ce_temps_n_est_pas_vu(
        self, juge: User, prepose: User, reservation: Mesure
    ) -> None:
        lue = Mesure.objects.get(pk=reservation.pk)
        reservation.genre = "H"
        modifier_reservation(reservation=reservation, version=0, author=juge)
        marquer_vue(reservation=lue, author=prepose)
        reservation.refresh_from_db()
        assert reservation.vue_at is None

    def test_une_reponse_n_est_plus_a_voir(self, prepose: User, reservation: Mesure) -> None:
        marquer_vue(reservation=expirer(reservation), author=prepose)
        reservation.refresh_from_db()
        assert reservation.vue_at is None

    def test_par_personne_d_autre(self, juge: User, prepose_voisin: User, reservation: Mesure) -> None:
        for author in (juge, prepose_voisin):
            with pytest.raises(PermissionDenied):
                marquer_vue(reservation=reservation, author=author)


class TestConfirmer:
    def test_ouvre_la_mesure(self, prepose: User, reservation: Mesure) -> None:
        acte = confirmer(reservation=prononcer(reservation), version=0, author=prepose)
        reservation.refresh_from_db()
        assert (reservation.statut, reservation.date_decision, reservation.lieu_vie) == (
            "en_cours",
            DECISION,
            "domicile",
        )
        assert (reservation.repondu_at, reservation.repondu_by, reservation.version) == (
            timezone.now(),
            prepose,
            1,
        )
        assert (reservation.reponse_vue_at, reservation.est_tardive) == (None, False)
        assert acte.declaration is None
        assert comptes(reservation.mandataire) == (2, 0, 0)
        assert Charge.objects.get(pk=reservation.mandataire_id).mise_a_jour_at == timezone.now()
        assert a_qui()[-1] == ("juge", "Camille Prepose a validé votre réservation")
        assert "expiré" not in mail.outbox[-1].body

    def test_garde_ce_que_le_jugement_corrige(self, prepose: User, reservation: Mesure) -> None:
        corrections: dict[str, Any] = {"nature": "maj", "genre": "H", "annee_naissance": 1950, "numero_rg": "77"}
        confirmer(reservation=prononcer(reservation, **corrections), version=0, author=prepose)
        reservation.refresh_from_db()
        assert {champ: getattr(reservation, champ) for champ in corrections} == corrections
        (confirmation, *_) = evenements(reservation)
        assert confirmation.acte == "Réservation confirmée"
        assert {"genre : « Femme » devient « Homme »", "année de naissance : « 1941 » devient « 1950 »"} <= set(
            map(str, confirmation.changements)
        )

    @pytest.mark.parametrize(
        ("valeurs", "champ"),
        [
            ({"date_decision": None}, "date_decision"),
            ({"date_decision": date(2026, 11, 23)}, "date_decision"),
            ({"date_decision": date(1940, 1, 1)}, "date_decision"),
            ({"lieu_vie": ""}, "lieu_vie"),
            ({"commune": None}, "commune"),
            ({"code_postal": ""}, "code_postal"),
            ({"genre": ""}, "genre"),
            ({"date_terme": DECISION}, "date_terme"),
            ({"numero_rg": "22/00001"}, "numero_rg"),
        ],
    )
    def test_refuse_ce_que_les_regles_refusent(
        self, prepose: User, reservation: Mesure, valeurs: dict[str, Any], champ: str
    ) -> None:
        with pytest.raises(ValidationError) as erreur:
            confirmer(reservation=prononcer(reservation, **valeurs), version=0, author=prepose)
        assert champ in erreur.value.message_dict
        assert Mesure.objects.get(pk=reservation.pk).statut == "en_attente"

    def test_ce_qui_bouge_sans_version_n_est_pas_perdu(
        self, juge: User, prepose: User, reservation: Mesure
    ) -> None:
        """The form was loaded before: a reading on either side is no act, and stays."""
        prononcee = prononcer(reservation)
        marquer_vue(reservation=reservation, author=prepose)
        confirmer(reservation=prononcee, version=0, author=prepose)
        reservation.refresh_from_db()
        assert reservation.vue_at is not None
        en_memoire = Mesure.objects.get(pk=reservation.pk)
        marquer_reponses_vues(versions={reservation.pk: 1}, author=juge)
        en_memoire.cabinet = "7"
        modifier(mesure=en_memoire, version=1, author=prepose)
        reservation.refresh_from_db()
        assert (reservation.cabinet, reservation.reponse_vue_at) == ("7", timezone.now())

    def test_son_tribunal_ne_change_plus(
        self, prepose: User, reservation: Mesure, autre_tribunal: Tribunal
    ) -> None:
        confirmer(reservation=prononcer(reservation), version=0, author=prepose)
        mesure = Mesure.objects.get(pk=reservation.pk)
        mesure.tribunal = autre_tribunal
        with pytest.raises(ValidationError, match="ne se change pas"):
            modifier(mesure=mesure, version=1, author=prepose)

    def test_une_mesure_confirmee_finit_et_ne_se_supprime_pas(self, prepose: User, reservation: Mesure) -> None:
        confirmer(reservation=prononcer(reservation), version=0, author=prepose)
        with pytest.raises(TransitionInterdite, match="réservation d'un tribunal"):
            supprimer(pk=reservation.pk, version=1, author=prepose)
        eteindre(pk=reservation.pk, date_extinction=DECISION, motif="", version=1, author=prepose)
        assert comptes(reservation.mandataire) == (1, 0, 0)


class TestPapierTardif:
    def test_se_confirme_encore(self, prepose: User, reservation: Mesure) -> None:
        expirer(reservation)
        confirmer(reservation=prononcer(reservation), version=1, author=prepose)
        reservation.refresh_from_db()
        assert (reservation.statut, reservation.est_tardive) == ("en_cours", True)
        assert comptes(reservation.mandataire) == (2, 0, 0)
        assert a_qui()[-1][0] == "juge"
        assert "attendait une réponse jusqu'au 1er novembre 2026 : elle avait expiré" in mail.outbox[-1].body

    def test_le_dernier_jour_n_est_pas_tard(
        self, prepose: User, reservation: Mesure, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """23:30 in Paris of the last day: the server, in UTC, is not a day ahead nor behind."""
        assert reservation.expire_le is not None
        nous_sommes_le(reservation.expire_le, monkeypatch, time(23, 30))
        acte = confirmer(reservation=prononcer(reservation), version=0, author=prepose)
        assert not acte.mesure.est_tardive

    def test_une_page_ouverte_avant_l_expiration(self, prepose: User, reservation: Mesure) -> None:
        en_memoire = prononcer(reservation)
        expirer(reservation)
        with pytest.raises(VersionPerimee) as refus:
            confirmer(reservation=en_memoire, version=0, author=prepose)
        assert refus.value.actuelle.statut == "expiree"
        confirmer(reservation=prononcer(reservation), version=1, author=prepose)

    def test_une_expiree_ne_se_refuse_pas(self, prepose: User, reservation: Mesure) -> None:
        expirer(reservation)
        with pytest.raises(TransitionInterdite, match="expirée"):
            refuser_reservation(pk=reservation.pk, motif="Trop tard", version=1, author=prepose)

    def test_son_rg_repris_par_une_autre_reservation(self, juge: User, prepose: User, reservation: Mesure) -> None:
        expirer(reservation)
        reserver(reservation=a_reserver(reservation.mandataire, numero_rg=RG), author=juge)
        with pytest.raises(ValidationError, match="déjà une mesure avec ce numéro RG"):
            confirmer(reservation=prononcer(reservation), version=1, author=prepose)


class TestTotalDeclare:
    """A service of the fixtures has declared 1,450."""

    def test_une_mesure_de_plus(self, juge: User, service: User) -> None:
        reservation = reserver(reservation=a_reserver(service.membre.mandataire), author=juge)
        acte = confirmer(reservation=prononcer(reservation), version=0, author=service)
        assert acte.declaration is not None
        assert (acte.declaration.nombre, acte.declaration.origine) == (1451, Declaration.Origine.CONFIRMATION)
        assert (acte.declaration.by, Charge.objects.get(pk=reservation.mandataire_id).declare) == (service, 1451)

    def test_un_renouvellement_ne_le_change_pas(self, juge: User, service: User, tribunal: Tribunal) -> None:
        mandataire = service.membre.mandataire
        ancienne = MesureFactory(mandataire=mandataire, tribunal=tribunal)
        reservation = reserver(reservation=a_reserver(mandataire, renouvelle=ancienne), author=juge)
        acte = confirmer(reservation=prononcer(reservation), version=0, author=service)
        assert acte.declaration is None
        assert Charge.objects.get(pk=mandataire.pk).declare == 1450
        assert comptes(mandataire) == (1, 0, 0)

    @pytest.mark.parametrize("declare_son_total", [True, False])
    def test_sans_total_declare(self, juge: User, service: User, declare_son_total: bool) -> None:
        mandataire = service.membre.mandataire
        if declare_son_total:
            Charge.objects.filter(pk=mandataire.pk).update(declare=None)
        else:
            Mandataire.objects.filter(pk=mandataire.pk).update(source_total="mesures")
        avant = Declaration.objects.count()
        reservation = reserver(reservation=a_reserver(mandataire), author=juge)
        acte = confirmer(reservation=prononcer(reservation), version=0, author=service)
        assert acte.declaration is None
        assert Declaration.objects.count() == avant


class TestRenouvellement:
    @pytest.fixture
    def ancienne(self, prepose: User) -> Mesure:
        return Mesure.objects.get(mandataire=prepose.membre.mandataire)  # 22/00001, decided on 15 March 2021

    @pytest.fixture
    def renouvellement(self, juge: User, ancienne: Mesure) -> Mesure:
        return reserver(
            reservation=a_reserver(ancienne.mandataire, renouvelle=ancienne, numero_rg=ancienne.numero_rg),
            author=juge,
        )

    def test_finit_l_ancienne_et_ouvre_la_nouvelle(
        self, prepose: User, ancienne: Mesure, renouvellement: Mesure
    ) -> None:
        assert comptes(ancienne.mandataire) == (1, 1, 1)
        confirmer(reservation=prononcer(renouvellement), version=0, author=prepose)
        ancienne.refresh_from_db()
        assert (ancienne.statut, ancienne.date_extinction, ancienne.motif_extinction) == (
            "eteinte",
            DECISION,
            "renouvellement",
        )
        assert ancienne.version == 1
        assert list(ancienne.renouvellements.all()) == [renouvellement]
        renouvellement.refresh_from_db()
        assert (renouvellement.statut, renouvellement.renouvelle) == ("en_cours", ancienne)
        assert renouvellement.numero_rg == ancienne.numero_rg
        assert comptes(ancienne.mandataire) == (1, 0, 0)

    def test_le_meme_jour_que_l_ancienne(self, prepose: User, ancienne: Mesure, renouvellement: Mesure) -> None:
        confirmer(
            reservation=prononcer(renouvellement, date_decision=ancienne.date_decision), version=0, author=prepose
        )
        ancienne.refresh_from_db()
        assert ancienne.date_extinction == ancienne.date_decision

    def test_une_erreur_apres_la_fin_de_l_ancienne_defait_tout(
        self, prepose: User, ancienne: Mesure, renouvellement: Mesure, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def panne(*args: object) -> None:
            raise OSError

        courriels = len(a_qui())
        with pytest.raises(ValidationError, match="commune"):
            confirmer(reservation=prononcer(renouvellement, commune=None), version=0, author=prepose)
        monkeypatch.setattr(reponses, "prevenir_tribunal", panne)
        with pytest.raises(OSError):  # noqa: PT011 -- ours, just above
            confirmer(reservation=prononcer(renouvellement), version=0, author=prepose)
        ancienne.refresh_from_db()
        renouvellement.refresh_from_db()
        assert (ancienne.statut, ancienne.version, renouvellement.statut) == ("en_cours", 0, "en_attente")
        assert comptes(ancienne.mandataire) == (1, 1, 1)
        assert len(a_qui()) == courriels

    @pytest.mark.parametrize(
        ("decision", "phrase"),
        [
            (date(2021, 3, 14), r"celle de la mesure qu'elle renouvelle \(15/03/2021\)"),
            (date(2026, 11, 23), "dans le futur"),
            (None, "Indiquez la date de décision"),
        ],
    )
    def test_une_decision_impossible_se_dit_a_son_champ(
        self, prepose: User, ancienne: Mesure, renouvellement: Mesure, decision: date | None, phrase: str
    ) -> None:
        """Never at the end date of the other mesure, which no form of this page has."""
        with pytest.raises(ValidationError, match=phrase) as erreur:
            confirmer(reservation=prononcer(renouvellement, date_decision=decision), version=0, author=prepose)
        assert list(erreur.value.message_dict) == ["date_decision"]
        ancienne.refresh_from_db()
        assert ancienne.statut == "en_cours"

    def test_tardif(self, prepose: User, ancienne: Mesure, renouvellement: Mesure) -> None:
        expirer(renouvellement)
        assert comptes(ancienne.mandataire) == (1, 0, 0)
        confirmer(reservation=prononcer(renouvellement), version=1, author=prepose)
        ancienne.refresh_from_db()
        assert (ancienne.statut, ancienne.motif_extinction) == ("eteinte", "renouvellement")
        assert comptes(ancienne.mandataire) == (1, 0, 0)

    def test_tardif_quand_l_ancienne_a_fini(self, prepose: User, ancienne: Mesure, renouvellement: Mesure) -> None:
        expirer(renouvellement)
        fin = date(2026, 11, 5)
        eteindre(pk=ancienne.pk, date_extinction=fin, motif="caducite", version=0, author=prepose)
        confirmer(reservation=prononcer(renouvellement), version=1, author=prepose)
        ancienne.refresh_from_db()
        assert (ancienne.date_extinction, ancienne.motif_extinction) == (fin, "caducite")
        assert comptes(ancienne.mandataire) == (1, 0, 0)

    def test_tardif_quand_l_ancienne_est_chez_un_autre(
        self, prepose: User, prepose_voisin: User, ancienne: Mesure, renouvellement: Mesure
    ) -> None:
        """Transferred since: another MJPM's mesure is not ended by this one's answer."""
        expirer(renouvellement)
        autre = prepose_voisin.membre.mandataire
        Mesure.objects.filter(pk=ancienne.pk).update(mandataire=autre, version=1)
        confirmer(reservation=prononcer(renouvellement), version=1, author=prepose)
        ancienne.refresh_from_db()
        renouvellement.refresh_from_db()
        assert (ancienne.statut, renouvellement.renouvelle) == ("en_cours", None)
        assert (comptes(autre), comptes(renouvellement.mandataire)) == ((2, 0, 0), (1, 0, 0))

    def test_tardif_quand_l_ancienne_est_d_un_autre_tribunal(
        self, prepose: User, ancienne: Mesure, renouvellement: Mesure, autre_tribunal: Tribunal
    ) -> None:
        expirer(renouvellement)
        ancienne.tribunal = autre_tribunal
        modifier(mesure=ancienne, version=0, author=prepose)
        confirmer(reservation=prononcer(renouvellement), version=1, author=prepose)
        ancienne.refresh_from_db()
        assert ancienne.statut == "en_cours"
        assert comptes(ancienne.mandataire) == (2, 0, 0)

    def test_tardif_quand_un_autre_renouvellement_attend(
        self, juge: User, prepose: User, ancienne: Mesure, renouvellement: Mesure
    ) -> None:
        """The second one renews what is ongoing by then: the first."""
        expirer(renouvellement)
        second = reserver(
            reservation=a_reserver(ancienne.mandataire, renouvelle=ancienne, numero_rg=ancienne.numero_rg),
            author=juge,
        )
        confirmer(reservation=prononcer(renouvellement), version=1, author=prepose)
        second.refresh_from_db()
        assert (second.renouvelle, second.version) == (renouvellement, 1)
        assert comptes(ancienne.mandataire) == (1, 1, 1)
        confirmer(
            reservation=prononcer(second, date_decision=date(2026, 11, 20)),
            version=1,
            author=prepose,
        )
        renouvellement.refresh_from_db()
        assert (renouvellement.statut, renouvellement.date_extinction) == ("eteinte", date(2026, 11, 20))
        assert comptes(ancienne.mandataire) == (1, 0, 0)


class TestRefuser:
    def test_avec_un_motif_que_le_tribunal_lira(self, prepose: User, reservation: Mesure) -> None:
        refuser_reservation(pk=reservation.pk, motif=" Trop loin ", version=0, author=prepose)
        reservation.refresh_from_db()
        assert (reservation.statut, reservation.motif_reponse) == ("refusee", "Trop loin")
        assert (reservation.repondu_at, reservation.repondu_by, reservation.version) == (
            timezone.now(),
            prepose,
            1,
        )
        assert comptes(reservation.mandataire) == (1, 0, 0)
        assert Charge.objects.get(pk=reservation.mandataire_id).mise_a_jour_at == timezone.now()
        assert a_qui()[-1] == ("juge", "Camille Prepose a refusé votre réservation")
        assert "loin" not in mail.outbox[-1].body

    @pytest.mark.parametrize("motif", ["", "  "])
    def test_pas_sans_motif(self, prepose: User, reservation: Mesure, motif: str) -> None:
        with pytest.raises(ValidationError) as erreur:
            refuser_reservation(pk=reservation.pk, motif=motif, version=0, author=prepose)
        assert list(erreur.value.message_dict) == ["motif"]

    def test_ne_touche_pas_a_celle_qu_elle_renouvelait(self, juge: User, prepose: User) -> None:
        ancienne = Mesure.objects.get(mandataire__membres__user=prepose)
        reservation = reserver(reservation=a_reserver(ancienne.mandataire, renouvelle=ancienne), author=juge)
        refuser_reservation(pk=reservation.pk, motif="Trop loin", version=0, author=prepose)
        ancienne.refresh_from_db()
        assert ancienne.statut == "en_cours"
        assert comptes(ancienne.mandataire) == (1, 0, 0)


def reponses_a(reservation: Mesure, version: int, author: User) -> list[Any]:
    en_memoire = prononcer(reservation)
    return [
        lambda: confirmer(reservation=en_memoire, version=version, author=author),
        lambda: refuser_reservation(pk=reservation.pk, motif="Non", version=version, author=author),
    ]


@pytest.mark.parametrize("premiere", [0, 1])
def test_une_reponse_ne_se_donne_qu_une_fois(prepose: User, reservation: Mesure, premiere: int) -> None:
    reponses_a(reservation, 0, prepose)[premiere]()
    statut = Mesure.objects.get(pk=reservation.pk).statut
    for version, refus in ((0, VersionPerimee), (1, TransitionInterdite)):
        for seconde in reponses_a(reservation, version, prepose):
            with pytest.raises(refus):
                seconde()
    assert Mesure.objects.get(pk=reservation.pk).statut == statut


def test_une_reservation_annulee_n_a_plus_de_reponse(prepose: User, tribunal: Tribunal) -> None:
    reservation = MesureFactory(mandataire=prepose.membre.mandataire, tribunal=tribunal, annulee=True)
    for reponse in reponses_a(reservation, 0, prepose):
        with pytest.raises(TransitionInterdite, match="annulée"):
            reponse()


def test_personne_d_autre_ne_repond(juge: User, prepose_voisin: User, reservation: Mesure) -> None:
    for reponse in reponses_a(reservation, 0, prepose_voisin):
        with pytest.raises(TransitionInterdite, match=PLUS_DANS_LA_LISTE):
            reponse()
    for reponse in reponses_a(reservation, 0, juge):
        with pytest.raises(PermissionDenied, match="mandataires"):
            reponse()


def test_les_mesures_saisies_n_attendent_pas_de_reponse(prepose: User) -> None:
    mesure = Mesure.objects.get(mandataire__membres__user=prepose)
    mesure.tribunal = mesure.tribunal or TribunalFactory()
    for reponse in reponses_a(mesure, 0, prepose):
        with pytest.raises(TransitionInterdite, match="en cours"):
            reponse()


def test_le_depart_de_qui_a_repondu_laisse_la_reponse(prepose: User, reservation: Mesure) -> None:
    parti = UserFactory()
    Mesure.objects.filter(pk=reservation.pk).update(
        statut="refusee", repondu_at=timezone.now(), repondu_by=parti, motif_reponse="Non"
    )
    parti.delete()
    reservation.refresh_from_db()
    assert (reservation.statut, reservation.repondu_by, reservation.repondu_at) == (
        "refusee",
        None,
        timezone.now(),
    )
