"""What a court does with a reservation: it warns and never locks."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import F
from django.utils import timezone

from accounts.models import User
from mandataires.models import Agrement, Charge, Mandataire
from mandataires.profil import retirer_tribunal
from mesures.compteurs import derives
from mesures.historique import evenements
from mesures.models import Mesure
from mesures.reponses import confirmer, marquer_vue, refuser_reservation
from mesures.reservations import (
    AConfirmer,
    annuler_reservation,
    marquer_reponses_vues,
    modifier_reservation,
    prolonger,
    renouvelables,
    reserver,
)
from mesures.services import VersionPerimee, eteindre, modifier, reactiver, retablir
from mesures.transitions import TransitionInterdite
from tests.factories import AgrementFactory, MandataireFactory, MesureFactory, TribunalFactory
from tests.mesures.reservations import AUJOURD_HUI, RG, a_qui, a_reserver, nous_sommes_le, prononcer
from tribunaux.models import Tribunal

pytestmark = pytest.mark.django_db

JOUR = timedelta(days=1)


@pytest.fixture(autouse=True)
def _aujourd_hui(monkeypatch: pytest.MonkeyPatch) -> None:
    nous_sommes_le(AUJOURD_HUI, monkeypatch)


@pytest.fixture
def reservation(juge: User, mandataire: Mandataire) -> Mesure:
    return reserver(reservation=a_reserver(mandataire), author=juge)


def remplir(mandataire: Mandataire, capacite: int | None = 1) -> None:
    """A préposé of the fixtures has one mesure: a capacity of 1 is full."""
    Mandataire.objects.filter(pk=mandataire.pk).update(capacite=capacite)


def codes(refus: pytest.ExceptionInfo[AConfirmer]) -> list[str]:
    return [avertissement.code for avertissement in refus.value.avertissements]


class TestReserver:
    def test_en_trois_champs(self, juge: User, mandataire: Mandataire, tribunal: Tribunal) -> None:
        reservation = reserver(reservation=a_reserver(mandataire), author=juge)
        reservation.refresh_from_db()
        assert (reservation.statut, reservation.tribunal, reservation.mandataire) == (
            "en_attente",
            tribunal,
            mandataire,
        )
        assert (reservation.reserve_at, reservation.reserve_by) == (timezone.now(), juge)
        assert (reservation.date_decision, reservation.lieu_vie, reservation.vue_at) == (None, "", None)
        charge = Charge.objects.get(pk=mandataire.pk)
        assert (charge.en_cours, charge.en_attente, charge.renouvellements) == (1, 1, 0)
        assert charge.mise_a_jour_at is None, "a judge's act is not the MJPM's"

    def test_avec_tout_le_reste(self, juge: User, mandataire: Mandataire, tribunal: Tribunal) -> None:
        reste: dict[str, Any] = {
            "numero_rg": f" {RG} ",
            "cabinet": "2",
            "est_urgente": True,
            "jugement_attendu_le": AUJOURD_HUI + 10 * JOUR,
            "commune": tribunal.commune,
            "code_postal": "62100",
            "lieu_vie": "etablissement",
            "etablissement_nom": "EHPAD Les Oyats",
            "champ": "biens",
        }
        pk = reserver(reservation=a_reserver(mandataire, **reste), author=juge).pk
        reservation = Mesure.objects.get(pk=pk)
        assert {champ: getattr(reservation, champ) for champ in reste} == {**reste, "numero_rg": RG}

    @pytest.mark.parametrize(
        ("jugement", "expire_le"),
        [
            (None, date(2027, 1, 21)),
            (date(2026, 11, 22), date(2027, 1, 21)),
            (date(2026, 12, 31), date(2027, 3, 1)),
            (date(2027, 11, 23), date(2028, 1, 22)),
        ],
    )
    def test_expire_soixante_jours_apres(
        self, juge: User, mandataire: Mandataire, jugement: date | None, expire_le: date
    ) -> None:
        reservation = reserver(reservation=a_reserver(mandataire, jugement_attendu_le=jugement), author=juge)
        assert reservation.expire_le == expire_le

    @pytest.mark.parametrize(
        ("valeurs", "champ", "phrase"),
        [
            ({"nature": ""}, "nature", "Choisissez le type"),
            ({"genre": ""}, "genre", "femme ou un homme"),
            ({"annee_naissance": None}, "annee_naissance", "Indiquez l'année"),
            ({"annee_naissance": 2027}, "annee_naissance", "entre 1900 et 2026"),
            ({"jugement_attendu_le": date(2026, 11, 21)}, "jugement_attendu_le", "ne peut pas être passé"),
            ({"jugement_attendu_le": date(2027, 11, 24)}, "jugement_attendu_le", "plus d'un an"),
            ({"code_postal": "6210"}, "code_postal", "cinq chiffres"),
            ({"etablissement_nom": "EHPAD"}, "lieu_vie", "à domicile ou en établissement"),
        ],
    )
    def test_refuse_ce_que_les_regles_refusent(
        self, juge: User, mandataire: Mandataire, valeurs: dict[str, Any], champ: str, phrase: str
    ) -> None:
        with pytest.raises(ValidationError) as erreur:
            reserver(reservation=a_reserver(mandataire, **valeurs), author=juge)
        assert any(phrase in message for message in erreur.value.message_dict[champ])
        assert not Mesure.objects.en_attente().exists()
        assert a_qui() == []

    def test_un_double_envoi_n_ecrit_qu_une_fois(self, juge: User, mandataire: Mandataire) -> None:
        jeton = uuid4()
        une, deux = (reserver(reservation=a_reserver(mandataire, jeton=jeton), author=juge) for _ in range(2))
        assert une.pk == deux.pk
        assert Mesure.objects.en_attente().count() == len(a_qui()) == 1

    def test_le_second_envoi_aboutit_meme_si_la_premiere_a_pris_la_derniere_place(
        self, juge: User, mandataire: Mandataire
    ) -> None:
        remplir(mandataire, 2)
        jeton = uuid4()
        pk = reserver(reservation=a_reserver(mandataire, jeton=jeton), author=juge).pk
        assert reserver(reservation=a_reserver(mandataire, jeton=jeton), author=juge).pk == pk

    def test_le_jeton_d_un_autre_tribunal_ne_rend_pas_sa_reservation(
        self, juge: User, juge_voisin: User, mandataire: Mandataire, autre_tribunal: Tribunal
    ) -> None:
        jeton = uuid4()
        reserver(reservation=a_reserver(mandataire, jeton=jeton), author=juge)
        AgrementFactory(mandataire=mandataire, tribunal=autre_tribunal)
        with pytest.raises(ValidationError, match="déjà faite"):
            reserver(reservation=a_reserver(mandataire, jeton=jeton), author=juge_voisin)

    def test_personne_d_autre_ne_reserve(
        self, prepose: User, admin: User, sans_rattachement: User, mandataire: Mandataire
    ) -> None:
        for author in (prepose, admin, sans_rattachement):
            with pytest.raises(PermissionDenied, match="magistrats"):
                reserver(reservation=a_reserver(mandataire), author=author)

    def test_hors_de_la_liste(self, juge_voisin: User, mandataire: Mandataire) -> None:
        with pytest.raises(PermissionDenied, match="n'est pas sur la liste de votre tribunal"):
            reserver(reservation=a_reserver(mandataire), author=juge_voisin)

    def test_un_agrement_ferme_depuis(
        self, juge: User, prepose: User, mandataire: Mandataire, tribunal: Tribunal
    ) -> None:
        retirer_tribunal(mandataire=mandataire, tribunal=tribunal, author=prepose)
        with pytest.raises(PermissionDenied, match="n'est pas sur la liste"):
            reserver(reservation=a_reserver(mandataire), author=juge)

    def test_sans_personne_pour_repondre(self, juge: User, prepose: User, mandataire: Mandataire) -> None:
        User.objects.filter(pk=prepose.pk).update(is_active=False)
        with pytest.raises(PermissionDenied):
            reserver(reservation=a_reserver(mandataire), author=juge)

    def test_pour_le_successeur_d_un_tribunal_ferme(
        self, juge: User, mandataire: Mandataire, tribunal: Tribunal, autre_tribunal: Tribunal
    ) -> None:
        """The list follows, and so does the judge: the reservation is of the court that sits."""
        Tribunal.objects.filter(pk=tribunal.pk).update(ferme_le=date(2026, 1, 1), successeur=autre_tribunal)
        juge = User.objects.get(pk=juge.pk)
        assert reserver(reservation=a_reserver(mandataire), author=juge).tribunal == autre_tribunal


class TestCharge:
    def test_la_derniere_place_ne_demande_rien(self, juge: User, mandataire: Mandataire) -> None:
        remplir(mandataire, 2)
        assert reserver(reservation=a_reserver(mandataire), author=juge).pk

    @pytest.mark.parametrize(
        ("capacite", "phrase"),
        [
            (1, "1 / 1 mesures, 0 en attente (Complet)"),
            (0, "1 / 0 mesures, 0 en attente (Dépassement de 1)"),
        ],
    )
    def test_complet_se_confirme(self, juge: User, mandataire: Mandataire, capacite: int, phrase: str) -> None:
        remplir(mandataire, capacite)
        with pytest.raises(AConfirmer) as refus:
            reserver(reservation=a_reserver(mandataire), author=juge)
        assert codes(refus) == ["complet"]
        assert refus.value.avertissements[0].phrase.startswith(phrase)
        assert not Mesure.objects.en_attente().exists()
        assert a_qui() == []
        reserver(reservation=a_reserver(mandataire), author=juge, accepte=["complet"])
        assert Charge.objects.get(pk=mandataire.pk).en_attente == 1

    def test_aucune_mesure_souhaitee(self, juge: User, mandataire: Mandataire) -> None:
        remplir(mandataire, 0)
        Mesure.objects.filter(mandataire=mandataire).update(statut="eteinte", date_extinction=date(2024, 1, 1))
        with pytest.raises(AConfirmer, match="Aucune mesure souhaitée"):
            reserver(reservation=a_reserver(mandataire), author=juge)

    def test_une_capacite_inconnue_ne_demande_rien(self, juge: User, mandataire: Mandataire) -> None:
        remplir(mandataire, None)
        assert reserver(reservation=a_reserver(mandataire), author=juge).pk

    def test_un_service_qui_n_a_rien_declare(self, juge: User, service: User) -> None:
        mandataire = service.membre.mandataire
        Charge.objects.filter(pk=mandataire.pk).update(declare=None)
        assert reserver(reservation=a_reserver(mandataire), author=juge).pk

    def test_une_interruption_se_confirme(self, juge: User, mandataire: Mandataire) -> None:
        remplir(mandataire)
        Mandataire.objects.filter(pk=mandataire.pk).update(
            indisponible_du=AUJOURD_HUI, indisponible_au=date(2026, 12, 31), indisponible_motif="conges"
        )
        with pytest.raises(AConfirmer) as refus:
            reserver(reservation=a_reserver(mandataire), author=juge, accepte=["complet"])
        assert codes(refus) == ["indisponible"]
        assert "Indisponible jusqu'au 31 décembre 2026" in str(refus.value)
        assert reserver(reservation=a_reserver(mandataire), author=juge, accepte=["indisponible"]).pk

    def test_une_interruption_finie_la_veille(self, juge: User, mandataire: Mandataire) -> None:
        Mandataire.objects.filter(pk=mandataire.pk).update(
            indisponible_du=date(2026, 1, 1), indisponible_au=AUJOURD_HUI - JOUR, indisponible_motif="conges"
        )
        assert reserver(reservation=a_reserver(mandataire), author=juge).pk


class TestRG:
    """One RG, one court, one MJPM. `prepose` has 22/00001 in the court of `juge`, `individuel` 22/00003."""

    @pytest.mark.parametrize("rg", ["22/00001", " 22/00001 "])
    def test_chez_le_meme_mandataire_en_cours(self, juge: User, mandataire: Mandataire, rg: str) -> None:
        with pytest.raises(ValidationError) as erreur:
            reserver(reservation=a_reserver(mandataire, numero_rg=rg), author=juge)
        assert erreur.value.message_dict["numero_rg"] == [
            "Ce mandataire a déjà une mesure avec ce numéro RG dans ce tribunal."
        ]

    def test_chez_le_meme_mandataire_en_attente(self, juge: User, greffier: User, mandataire: Mandataire) -> None:
        reserver(reservation=a_reserver(mandataire, numero_rg="42"), author=juge)
        with pytest.raises(ValidationError, match="déjà une mesure"):
            reserver(reservation=a_reserver(mandataire, numero_rg="00000042"), author=greffier)

    def test_d_un_tribunal_ferme_depuis(
        self, juge: User, mandataire: Mandataire, tribunal: Tribunal, autre_tribunal: Tribunal
    ) -> None:
        """The court that sits reads the numbers of the one that it succeeded as its own."""
        Tribunal.objects.filter(pk=tribunal.pk).update(ferme_le=date(2026, 1, 1), successeur=autre_tribunal)
        with pytest.raises(ValidationError, match="déjà une mesure"):
            reserver(reservation=a_reserver(mandataire, numero_rg="22/00001"), author=User.objects.get(pk=juge.pk))

    def test_d_un_autre_tribunal(self, juge: User, mandataire: Mandataire) -> None:
        MesureFactory(mandataire=mandataire, tribunal=TribunalFactory(), numero_rg=RG)
        assert reserver(reservation=a_reserver(mandataire, numero_rg=RG), author=juge).pk

    def test_d_une_mesure_eteinte(self, juge: User, mandataire: Mandataire, tribunal: Tribunal) -> None:
        MesureFactory(mandataire=mandataire, tribunal=tribunal, numero_rg=RG, eteinte=True)
        assert reserver(reservation=a_reserver(mandataire, numero_rg=RG), author=juge).pk

    def test_chez_un_autre_mandataire_se_confirme(
        self, juge: User, mandataire: Mandataire, individuel: User
    ) -> None:
        with pytest.raises(AConfirmer) as refus:
            reserver(reservation=a_reserver(mandataire, numero_rg=" 22/00003"), author=juge)
        assert codes(refus) == ["rg_ailleurs"]

    def test_les_avertissements_viennent_ensemble(
        self, juge: User, mandataire: Mandataire, individuel: User
    ) -> None:
        remplir(mandataire)
        with pytest.raises(AConfirmer) as refus:
            reserver(reservation=a_reserver(mandataire, numero_rg="22/00003"), author=juge)
        assert codes(refus) == ["complet", "rg_ailleurs"]
        assert str(individuel.membre.mandataire) in str(refus.value)
        with pytest.raises(AConfirmer) as refus:
            reserver(
                reservation=a_reserver(mandataire, numero_rg="22/00003"), author=juge, accepte=["rg_ailleurs"]
            )
        assert codes(refus) == ["complet"]

    def test_chez_un_autre_mais_d_un_autre_tribunal(
        self, juge: User, mandataire: Mandataire, juge_voisin: User
    ) -> None:
        Mesure.objects.filter(tribunal=juge_voisin.magistrat.tribunal).update(numero_rg=RG)
        assert reserver(reservation=a_reserver(mandataire, numero_rg=RG), author=juge).pk


class TestRenouvellement:
    @pytest.fixture
    def ancienne(self, mandataire: Mandataire) -> Mesure:
        return Mesure.objects.get(mandataire=mandataire)  # 22/00001

    def renouveler(self, ancienne: Mesure, author: User, **valeurs: Any) -> Mesure:
        return reserver(reservation=a_reserver(ancienne.mandataire, renouvelle=ancienne, **valeurs), author=author)

    def test_ne_prend_ni_place_ni_second_rg(self, juge: User, ancienne: Mesure) -> None:
        remplir(ancienne.mandataire)
        self.renouveler(ancienne, juge, numero_rg="22/00001")
        mandataire = Mandataire.objects.select_related("charge").get(pk=ancienne.mandataire_id)
        assert (mandataire.charge.en_attente, mandataire.charge.renouvellements) == (1, 1)
        disponibilite = mandataire.disponibilite
        assert (disponibilite.charge, disponibilite.mot) == (1, "Complet")
        assert Mandataire.objects.with_places().get(pk=mandataire.pk).places == 0
        assert derives() == []

    def test_pendant_une_interruption_se_confirme(self, juge: User, ancienne: Mesure) -> None:
        Mandataire.objects.filter(pk=ancienne.mandataire_id).update(
            indisponible_du=AUJOURD_HUI, indisponible_motif="cessation"
        )
        with pytest.raises(AConfirmer, match="Indisponible"):
            self.renouveler(ancienne, juge)

    def test_un_autre_rg_est_pris_par_ce_qui_attend(
        self, juge: User, prepose: User, ancienne: Mesure, tribunal: Tribunal
    ) -> None:
        """A renewal may bear a suffix, or another number: it is no longer free for a third one."""
        self.renouveler(ancienne, juge, numero_rg=RG)
        with pytest.raises(ValidationError, match="déjà une mesure"):
            reserver(reservation=a_reserver(ancienne.mandataire, numero_rg=RG), author=juge)
        autre = MesureFactory(mandataire=ancienne.mandataire, tribunal=tribunal, numero_rg="9")
        autre.numero_rg = RG
        with pytest.raises(ValidationError, match="déjà une mesure"):
            modifier(mesure=autre, version=0, author=prepose)

    def test_la_mesure_renouvelee_se_modifie_encore(self, juge: User, prepose: User, ancienne: Mesure) -> None:
        self.renouveler(ancienne, juge, numero_rg="22/00001")
        ancienne.cabinet = "7"
        assert modifier(mesure=ancienne, version=0, author=prepose).version == 1

    def test_le_rg_d_une_autre_mesure_du_mandataire_est_refuse(
        self, juge: User, ancienne: Mesure, tribunal: Tribunal
    ) -> None:
        MesureFactory(mandataire=ancienne.mandataire, tribunal=tribunal, numero_rg=RG)
        with pytest.raises(ValidationError, match="déjà une mesure"):
            self.renouveler(ancienne, juge, numero_rg=RG)

    def test_deux_renouvellements_d_une_mesure(self, juge: User, greffier: User, ancienne: Mesure) -> None:
        self.renouveler(ancienne, juge)
        assert not renouvelables(ancienne.mandataire_id, juge).exists()
        with pytest.raises(ValidationError, match="Un renouvellement de cette mesure est déjà en attente"):
            self.renouveler(ancienne, greffier)

    def test_apres_l_echec_du_premier(self, juge: User, prepose: User, ancienne: Mesure) -> None:
        premier = self.renouveler(ancienne, juge, numero_rg="22/00001")
        refuser_reservation(pk=premier.pk, motif="Trop loin", version=0, author=prepose)
        assert list(renouvelables(ancienne.mandataire_id, juge)) == [ancienne]
        assert self.renouveler(ancienne, juge, numero_rg="22/00001").pk

    def test_d_une_mesure_qui_n_est_pas_a_renouveler(
        self, juge: User, mandataire: Mandataire, individuel: User, tribunal: Tribunal
    ) -> None:
        """Another MJPM's, another court's, one that ended, one that waits."""
        autres = [
            Mesure.objects.get(mandataire=individuel.membre.mandataire),
            MesureFactory(mandataire=mandataire, tribunal=TribunalFactory()),
            MesureFactory(mandataire=mandataire, tribunal=tribunal, eteinte=True),
            MesureFactory(mandataire=mandataire, tribunal=tribunal, en_attente=True),
        ]
        assert list(renouvelables(mandataire.pk, juge)) == [Mesure.objects.get(numero_rg="22/00001")]
        for autre in autres:
            with pytest.raises(ValidationError) as erreur:
                reserver(reservation=a_reserver(mandataire, renouvelle=autre), author=juge)
            assert list(erreur.value.message_dict) == ["renouvelle"]

    def test_celle_du_successeur(
        self, juge: User, ancienne: Mesure, tribunal: Tribunal, autre_tribunal: Tribunal
    ) -> None:
        Tribunal.objects.filter(pk=tribunal.pk).update(ferme_le=date(2026, 1, 1), successeur=autre_tribunal)
        renouvellement = self.renouveler(ancienne, User.objects.get(pk=juge.pk), numero_rg="22/00001")
        assert (renouvellement.tribunal, renouvellement.renouvelle) == (autre_tribunal, ancienne)

    @pytest.mark.parametrize("rg", ["22/00001", "22/00001-1", None])
    def test_la_mesure_renouvelee_finit_sans_attendre(
        self, juge: User, prepose: User, ancienne: Mesure, rg: str | None
    ) -> None:
        """Its MJPM ends it: what waits takes a place of its own, with its RG."""
        renouvellement = self.renouveler(ancienne, juge, numero_rg=rg)
        eteindre(pk=ancienne.pk, date_extinction=date(2026, 11, 1), motif="", version=0, author=prepose)
        renouvellement.refresh_from_db()
        assert (renouvellement.renouvelle, renouvellement.version) == (None, 1)
        charge = Charge.objects.get(pk=ancienne.mandataire_id)
        assert (charge.en_cours, charge.en_attente, charge.renouvellements) == (0, 1, 0)
        assert derives() == []
        reactiver(pk=ancienne.pk, version=1, author=prepose)
        renouvellement.refresh_from_db()
        assert (renouvellement.renouvelle, renouvellement.version) == (ancienne, 2)
        assert derives() == []

    def test_retablir_rend_son_renouvellement_a_la_mesure(
        self, juge: User, prepose: User, ancienne: Mesure
    ) -> None:
        """Ended, put back, ended again, and that undone: what waits follows, but for what is answered."""
        renouvellement = self.renouveler(ancienne, juge, numero_rg="22/00001")
        eteindre(pk=ancienne.pk, date_extinction=date(2026, 11, 1), motif="", version=0, author=prepose)
        retablir(pk=ancienne.pk, version=1, author=prepose)
        assert Mesure.objects.get(pk=renouvellement.pk).renouvelle == ancienne
        eteindre(pk=ancienne.pk, date_extinction=date(2026, 11, 1), motif="", version=2, author=prepose)
        refuser_reservation(pk=renouvellement.pk, motif="Trop loin", version=3, author=prepose)
        retablir(pk=ancienne.pk, version=3, author=prepose)
        assert Mesure.objects.get(pk=renouvellement.pk).renouvelle is None
        assert derives() == []

    def test_la_mesure_renouvelee_change_de_tribunal(
        self, juge: User, prepose: User, ancienne: Mesure, autre_tribunal: Tribunal
    ) -> None:
        renouvellement = self.renouveler(ancienne, juge, numero_rg="22/00001")
        ancienne.tribunal = autre_tribunal
        modifier(mesure=ancienne, version=0, author=prepose)
        renouvellement.refresh_from_db()
        assert (renouvellement.renouvelle, renouvellement.version) == (None, 1)
        assert derives() == []

    def test_la_mesure_renouvelee_passe_au_successeur(
        self, juge: User, prepose: User, ancienne: Mesure, tribunal: Tribunal, autre_tribunal: Tribunal
    ) -> None:
        renouvellement = self.renouveler(ancienne, juge, numero_rg="22/00001")
        Tribunal.objects.filter(pk=tribunal.pk).update(ferme_le=date(2026, 1, 1), successeur=autre_tribunal)
        ancienne = Mesure.objects.get(pk=ancienne.pk)
        ancienne.tribunal = autre_tribunal
        modifier(mesure=ancienne, version=0, author=prepose)
        assert Mesure.objects.get(pk=renouvellement.pk).renouvelle == ancienne


class TestModifier:
    def test_le_mandataire_ne_l_a_plus_vue(self, juge: User, prepose: User, reservation: Mesure) -> None:
        marquer_vue(reservation=reservation, author=prepose)
        reservation.refresh_from_db()
        assert reservation.vue_at is not None
        reservation.genre, reservation.cabinet = "H", "3"
        modifier_reservation(reservation=reservation, version=0, author=juge)
        reservation.refresh_from_db()
        assert (reservation.genre, reservation.vue_at, reservation.version) == ("H", None, 1)
        assert [acte.acte for acte in evenements(reservation)] == [
            "Réservation modifiée",
            "Réservation vue",
            "Réservée",
        ]
        assert a_qui()[-1] == ("prepose", "le tribunal de proximité de Calais a modifié une réservation")

    def test_par_un_autre_du_tribunal(self, greffier: User, reservation: Mesure) -> None:
        reservation.genre = "H"
        modifier_reservation(reservation=reservation, version=0, author=greffier)
        reservation.refresh_from_db()
        assert reservation.reserve_by.username == "juge", "who reserved is still who is told"

    @pytest.mark.parametrize(
        ("avant", "apres", "expire_le"),
        [
            (None, date(2026, 12, 31), date(2027, 3, 1)),
            (date(2027, 10, 1), date(2026, 12, 31), date(2027, 3, 1)),
            (date(2027, 10, 1), None, date(2027, 1, 21)),
        ],
    )
    def test_l_expiration_suit_le_jugement_attendu(
        self, juge: User, mandataire: Mandataire, avant: date | None, apres: date | None, expire_le: date
    ) -> None:
        reservation = reserver(reservation=a_reserver(mandataire, jugement_attendu_le=avant), author=juge)
        Mesure.objects.filter(pk=reservation.pk).update(expiration_annoncee_at=timezone.now())
        reservation.jugement_attendu_le = apres
        modifier_reservation(reservation=reservation, version=0, author=juge)
        reservation.refresh_from_db()
        assert (reservation.expire_le, reservation.expiration_annoncee_at) == (expire_le, None)

    @pytest.mark.parametrize(("jours", "expire_le"), [(20, date(2027, 1, 21)), (100, date(2027, 3, 2))])
    def test_sans_jugement_attendu_les_jours_comptent_de_la_reservation(
        self,
        juge: User,
        mandataire: Mandataire,
        monkeypatch: pytest.MonkeyPatch,
        jours: int,
        expire_le: date,
    ) -> None:
        reservation = reserver(
            reservation=a_reserver(mandataire, jugement_attendu_le=date(2027, 10, 1)), author=juge
        )
        nous_sommes_le(AUJOURD_HUI + jours * JOUR, monkeypatch)
        reservation.jugement_attendu_le = None
        modifier_reservation(reservation=reservation, version=0, author=juge)
        assert reservation.expire_le == expire_le

    def test_un_jugement_passe_depuis_ne_gene_pas_le_reste(
        self, juge: User, mandataire: Mandataire, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        reservation = reserver(
            reservation=a_reserver(mandataire, jugement_attendu_le=AUJOURD_HUI + JOUR), author=juge
        )
        nous_sommes_le(AUJOURD_HUI + 30 * JOUR, monkeypatch)
        reservation.genre = "H"
        modifier_reservation(reservation=reservation, version=0, author=juge)
        assert reservation.expire_le == AUJOURD_HUI + 61 * JOUR

    def test_l_annonce_faite_entre_temps_n_est_pas_oubliee(self, juge: User, reservation: Mesure) -> None:
        """The daily task moves no version: the form that was opened before it still may be sent."""
        Mesure.objects.filter(pk=reservation.pk).update(expiration_annoncee_at=timezone.now())
        reservation.genre = "H"
        modifier_reservation(reservation=reservation, version=0, author=juge)
        reservation.refresh_from_db()
        assert reservation.expiration_annoncee_at == timezone.now()

    def test_ne_plus_renouveler_prend_une_place(self, juge: User, mandataire: Mandataire) -> None:
        remplir(mandataire)
        ancienne = Mesure.objects.get(mandataire=mandataire)
        reservation = reserver(reservation=a_reserver(mandataire, renouvelle=ancienne), author=juge)
        reservation.renouvelle = None
        with pytest.raises(AConfirmer) as refus:
            modifier_reservation(reservation=reservation, version=0, author=juge)
        assert codes(refus) == ["complet"]
        reservation = Mesure.objects.get(pk=reservation.pk)
        reservation.renouvelle = None
        modifier_reservation(reservation=reservation, version=0, author=juge, accepte=["complet"])
        assert derives() == []

    def test_un_rg_d_ailleurs_se_confirme(self, juge: User, reservation: Mesure, individuel: User) -> None:
        reservation.numero_rg = "22/00003"
        with pytest.raises(AConfirmer):
            modifier_reservation(reservation=reservation, version=0, author=juge)
        assert Mesure.objects.get(pk=reservation.pk).numero_rg is None

    def test_hors_de_la_liste_depuis(
        self, juge: User, prepose: User, reservation: Mesure, tribunal: Tribunal
    ) -> None:
        """The court keeps what it has reserved."""
        retirer_tribunal(mandataire=prepose.membre.mandataire, tribunal=tribunal, author=prepose)
        assert not Agrement.objects.en_vigueur().filter(mandataire=prepose.membre.mandataire).exists()
        reservation.genre = "H"
        modifier_reservation(reservation=reservation, version=0, author=juge)
        annuler_reservation(pk=reservation.pk, motif="Erreur", version=1, author=juge)


class TestProlonger:
    def test_de_soixante_jours(self, greffier: User, reservation: Mesure) -> None:
        assert reservation.expire_le == date(2027, 1, 21)
        prolonger(pk=reservation.pk, version=0, author=greffier)
        prolonger(pk=reservation.pk, version=1, author=greffier)
        reservation.refresh_from_db()
        assert (reservation.expire_le, reservation.version) == (date(2027, 5, 21), 2)
        assert [acte.acte for acte in evenements(reservation)] == [
            "Réservation prolongée",
            "Réservation prolongée",
            "Réservée",
        ]
        assert len(a_qui()) == 1, "nobody had been told that it would end"

    def test_qui_avait_lu_l_annonce_est_prevenu(self, juge: User, prepose: User, reservation: Mesure) -> None:
        Mesure.objects.filter(pk=reservation.pk).update(expiration_annoncee_at=timezone.now())
        # It undoes what a mail of terms has said, so it goes where that one went.
        User.objects.filter(pk=prepose.pk).update(courriel_reservations=False)
        prolonger(pk=reservation.pk, version=0, author=juge)
        reservation.refresh_from_db()
        assert reservation.expiration_annoncee_at is None
        assert a_qui()[-1] == ("prepose", "une réservation est prolongée")
        assert "22 mars 2027" in mail.outbox[-1].body

    def test_le_jour_d_apres_tant_que_la_tache_n_est_pas_passee(
        self, juge: User, reservation: Mesure, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        nous_sommes_le(date(2027, 1, 25), monkeypatch)
        assert prolonger(pk=reservation.pk, version=0, author=juge).expire_le == date(2027, 3, 26)


class TestAnnuler:
    def test_avec_un_motif_que_le_mandataire_lira(self, juge: User, reservation: Mesure) -> None:
        annuler_reservation(pk=reservation.pk, motif="  Saisie par erreur ", version=0, author=juge)
        reservation.refresh_from_db()
        assert (reservation.statut, reservation.motif_reponse) == ("annulee", "Saisie par erreur")
        assert (reservation.annule_at, reservation.annule_by, reservation.version) == (timezone.now(), juge, 1)
        assert Charge.objects.get(pk=reservation.mandataire_id).en_attente == 0
        assert a_qui()[-1] == ("prepose", "le tribunal de proximité de Calais a annulé une réservation")
        assert "erreur" not in mail.outbox[-1].body

    @pytest.mark.parametrize("motif", ["", " \n"])
    def test_pas_sans_motif(self, juge: User, reservation: Mesure, motif: str) -> None:
        with pytest.raises(ValidationError) as erreur:
            annuler_reservation(pk=reservation.pk, motif=motif, version=0, author=juge)
        assert list(erreur.value.message_dict) == ["motif"]
        assert Mesure.objects.get(pk=reservation.pk).statut == "en_attente"

    def test_libere_son_rg(self, juge: User, mandataire: Mandataire) -> None:
        reservation = reserver(reservation=a_reserver(mandataire, numero_rg=RG), author=juge)
        annuler_reservation(pk=reservation.pk, motif="Erreur", version=0, author=juge)
        assert reserver(reservation=a_reserver(mandataire, numero_rg=RG), author=juge).pk


def actes_du_tribunal(reservation: Mesure, version: int, author: User) -> list[Any]:
    en_memoire = prononcer(reservation, date_decision=None)
    return [
        lambda: modifier_reservation(reservation=en_memoire, version=version, author=author),
        lambda: prolonger(pk=reservation.pk, version=version, author=author),
        lambda: annuler_reservation(pk=reservation.pk, motif="Erreur", version=version, author=author),
    ]


def test_un_autre_tribunal_ne_peut_rien(juge_voisin: User, reservation: Mesure) -> None:
    for acte in actes_du_tribunal(reservation, 0, juge_voisin):
        with pytest.raises(TransitionInterdite, match="n'est plus dans la liste de votre tribunal"):
            acte()


def test_le_mandataire_ne_peut_pas_agir_pour_le_tribunal(prepose: User, reservation: Mesure) -> None:
    actes = actes_du_tribunal(reservation, 0, prepose)
    for acte in [*actes, lambda: marquer_reponses_vues(versions={}, author=prepose)]:
        with pytest.raises(PermissionDenied, match="magistrats"):
            acte()


def test_une_page_ouverte_avant_l_acte_d_un_autre(juge: User, reservation: Mesure) -> None:
    Mesure.objects.filter(pk=reservation.pk).update(version=F("version") + 1, cabinet="9")
    for acte in actes_du_tribunal(reservation, 0, juge):
        with pytest.raises(VersionPerimee) as refus:
            acte()
        assert refus.value.actuelle.cabinet == "9"


@pytest.mark.parametrize(
    ("statut", "mot"),
    [("refusee", "refusée"), ("annulee", "annulée"), ("expiree", "expirée"), ("en_cours", "confirmée|en cours")],
)
def test_ce_qui_a_sa_reponse_n_attend_plus(
    juge: User, mandataire: Mandataire, tribunal: Tribunal, statut: str, mot: str
) -> None:
    etat = {"reserve_at": timezone.now(), "repondu_at": timezone.now()} if statut == "en_cours" else {statut: True}
    reservation = MesureFactory(mandataire=mandataire, tribunal=tribunal, **etat)
    for acte in actes_du_tribunal(reservation, 0, juge):
        with pytest.raises(TransitionInterdite, match=mot):
            acte()


def test_une_mesure_saisie_par_le_mandataire_n_est_pas_une_reservation(juge: User, mandataire: Mandataire) -> None:
    for acte in actes_du_tribunal(Mesure.objects.get(mandataire=mandataire), 0, juge):
        with pytest.raises(TransitionInterdite, match="n'est plus dans la liste"):
            acte()


class TestReponsesVues:
    def test_celles_que_le_tribunal_a_sous_les_yeux(
        self, juge: User, juge_voisin: User, mandataire: Mandataire, tribunal: Tribunal
    ) -> None:
        def reponse(**valeurs: Any) -> Mesure:
            mesure: Mesure = MesureFactory(mandataire=mandataire, **{"tribunal": tribunal, **valeurs})
            return mesure

        maintenant = timezone.now()
        nouvelles = [
            reponse(refusee=True),
            reponse(expiree=True),
            reponse(reserve_at=maintenant, repondu_at=maintenant),
        ]
        deja_lue = reponse(refusee=True, reponse_vue_at=maintenant)
        autres = [
            reponse(annulee=True),
            reponse(en_attente=True),
            reponse(refusee=True, tribunal=TribunalFactory()),
            reponse(),
        ]
        siennes = Mesure.objects.visible_to(juge).reponses_nouvelles()
        assert set(siennes) == set(nouvelles)
        versions = {mesure.pk: 0 for mesure in [*nouvelles[:2], deja_lue, *autres]}
        assert marquer_reponses_vues(versions=versions, author=juge_voisin) == 0
        assert marquer_reponses_vues(versions=versions, author=juge) == 2
        assert marquer_reponses_vues(versions=versions, author=juge) == 0
        assert list(siennes.all()) == nouvelles[2:]
        assert marquer_reponses_vues(versions={nouvelles[2].pk: 1}, author=juge) == 0, "another was shown"
        nouvelles[0].refresh_from_db()
        assert nouvelles[0].historique.latest("pgh_id").pgh_context.metadata == {"user": juge.pk}
        assert nouvelles[0].version == 0

    def test_une_expiration_lue_puis_confirmee_est_une_reponse_nouvelle(
        self, juge: User, prepose: User, mandataire: Mandataire, tribunal: Tribunal
    ) -> None:
        reservation = MesureFactory(
            mandataire=mandataire, tribunal=tribunal, expiree=True, reponse_vue_at=timezone.now()
        )
        confirmer(reservation=prononcer(reservation), version=0, author=prepose)
        assert list(Mesure.objects.visible_to(juge).reponses_nouvelles()) == [reservation]


def test_un_mandataire_non_valide_n_est_pas_a_reserver(juge: User, tribunal: Tribunal) -> None:
    mandataire = MandataireFactory(valide_at=None)
    AgrementFactory(mandataire=mandataire, tribunal=tribunal)
    with pytest.raises(PermissionDenied):
        reserver(reservation=a_reserver(mandataire), author=juge)
