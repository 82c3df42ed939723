"""What the database holds, even to whoever goes past the services."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.db import Error, IntegrityError, connection, transaction
from django.db.models import F
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from mesures.enums import LieuVie
from mesures.models import Mesure
from mesures.regles import normaliser_rg
from tests.factories import (
    CommuneFactory,
    EtablissementFactory,
    MandataireFactory,
    MesureFactory,
    TribunalFactory,
)
from tribunaux.models import Tribunal

pytestmark = pytest.mark.django_db

PRONONCEE = {"date_decision": date(2026, 1, 1), "lieu_vie": LieuVie.SDF}


@pytest.mark.parametrize(
    ("etat", "valeurs", "contrainte"),
    [
        ("en_cours", {"date_decision": None}, "mesure_en_cours"),
        ("en_cours", {"date_extinction": date(2024, 1, 1)}, "mesure_fin_si_eteinte"),
        ("en_cours", {"motif_extinction": "deces"}, "mesure_fin_si_eteinte"),
        ("refusee", {"date_extinction": date(2024, 1, 1)}, "mesure_fin_si_eteinte"),
        ("annulee", {"motif_extinction": "deces"}, "mesure_fin_si_eteinte"),
        ("expiree", {"date_extinction": date(2024, 1, 1)}, "mesure_fin_si_eteinte"),
        ("en_cours", {"annee_naissance": None}, "mesure_annee_naissance"),
        ("en_cours", {"reserve_at": timezone.now()}, "mesure_confirmee_si_reservee"),
        ("en_cours", {"lieu_vie": ""}, "mesure_lieu_de_vie"),
        ("en_cours", {"commune": None}, "mesure_lieu_de_vie"),
        ("en_cours", {"etablissement_nom": "EHPAD"}, "mesure_etablissement"),
        ("en_cours", {"annee_naissance": 1899}, "mesure_annee_naissance"),
        ("en_cours", {"annee_naissance": 2022}, "mesure_date_decision"),
        ("en_cours", {"date_decision": date(1899, 12, 31)}, "mesure_date_decision"),
        ("en_cours", {"code_postal": "1000"}, "mesure_code_postal"),
        ("en_cours", {"numero_rg": "1"}, "mesure_rg_d_un_tribunal"),
        ("en_cours", {"numero_rg": ""}, "mesure_rg_d_un_tribunal"),
        ("en_cours", {"nature": "habilitation"}, "mesure_listes_fermees"),
        ("en_cours", {"genre": ""}, "mesure_listes_fermees"),
        ("eteinte", {"date_extinction": None}, "mesure_eteinte"),
        ("eteinte", {"date_extinction": date(2021, 3, 14)}, "mesure_date_extinction"),
        ("en_attente", {"reserve_at": None}, "mesure_en_attente"),
        ("en_attente", {"expire_le": None}, "mesure_en_attente"),
        ("en_attente", {"tribunal": None}, "mesure_en_attente"),
        ("en_attente", {"date_decision": date(2021, 1, 1)}, "mesure_en_attente"),
        ("expiree", {"expire_le": None}, "mesure_expiree"),
        ("expiree", {"repondu_at": timezone.now()}, "mesure_expiree"),
        ("refusee", {"motif_reponse": ""}, "mesure_refusee"),
        ("refusee", {"repondu_at": None}, "mesure_refusee"),
        ("annulee", {"annule_at": None}, "mesure_annulee"),
        ("annulee", {"motif_reponse": ""}, "mesure_annulee"),
        ("en_cours", {"date_terme": date(2021, 3, 15)}, "mesure_date_terme"),
        ("eteinte", {"date_terme": date(2021, 3, 14)}, "mesure_date_terme"),
        ("en_cours", {"renouvelle": F("pk")}, "mesure_ne_se_renouvelle_pas"),
    ],
)
def test_la_base_refuse(etat: str, valeurs: dict[str, Any], contrainte: str) -> None:
    mesure = MesureFactory() if etat == "en_cours" else MesureFactory(**{etat: True})
    with pytest.raises(IntegrityError, match=f'"{contrainte}"'), transaction.atomic():
        Mesure.objects.filter(pk=mesure.pk).update(**valeurs)


def test_un_acte_qui_a_un_auteur_a_une_date(prepose: User) -> None:
    mesure = MesureFactory()
    with pytest.raises(IntegrityError, match="mesure_auteurs_dates"), transaction.atomic():
        Mesure.objects.filter(pk=mesure.pk).update(repondu_by=prepose)


def test_etablissement_de_la_liste_ou_en_toutes_lettres() -> None:
    etablissement = EtablissementFactory()
    mesure = MesureFactory(lieu_vie=LieuVie.ETABLISSEMENT, etablissement=etablissement)
    assert mesure.nom_etablissement == etablissement.nom
    with pytest.raises(IntegrityError, match="mesure_etablissement"), transaction.atomic():
        Mesure.objects.filter(pk=mesure.pk).update(etablissement_nom="Autre")


class TestRG:
    @pytest.mark.parametrize("rg", ["12345", "00012345", " 12345 "])
    def test_un_seul_par_mandataire_et_tribunal(self, tribunal: Tribunal, rg: str) -> None:
        mesure = MesureFactory(tribunal=tribunal, numero_rg="0012345")
        with pytest.raises(IntegrityError, match="mesure_rg_unique"), transaction.atomic():
            MesureFactory(mandataire=mesure.mandataire, tribunal=tribunal, numero_rg=rg)

    def test_deux_tribunaux_ou_deux_mandataires_peuvent_l_avoir(self, tribunal: Tribunal) -> None:
        mesure = MesureFactory(tribunal=tribunal, numero_rg="12345")
        MesureFactory(mandataire=mesure.mandataire, tribunal=TribunalFactory(), numero_rg="12345")
        MesureFactory(tribunal=tribunal, numero_rg="12345")
        assert Mesure.objects.filter(rg_normalise="00012345").count() == 3

    def test_une_mesure_eteinte_le_laisse(self, tribunal: Tribunal) -> None:
        mesure = MesureFactory(tribunal=tribunal, numero_rg="12345", eteinte=True)
        MesureFactory(mandataire=mesure.mandataire, tribunal=tribunal, numero_rg="12345")
        with pytest.raises(IntegrityError, match="mesure_rg_unique"), transaction.atomic():
            Mesure.objects.filter(pk=mesure.pk).update(statut="en_cours", date_extinction=None)

    def test_vide_ne_correspond_a_rien(self, tribunal: Tribunal) -> None:
        mesure = MesureFactory(tribunal=tribunal)
        MesureFactory(mandataire=mesure.mandataire, tribunal=tribunal)
        assert mesure.numero_rg is None

    @given(
        st.text(alphabet=st.characters(max_codepoint=0x2FF, exclude_characters="\x00", exclude_categories=["Cs"]))
    )
    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200)
    def test_la_fonction_de_la_base_est_celle_de_python(self, numero: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT normaliser_rg(%s)", [numero])
            (normalise,) = cursor.fetchone() or (None,)
        assert normalise == normaliser_rg(numero)


class TestRenouvellement:
    """A renewal that waits bears the RG of what it renews; once it waits no more, the number is taken by one."""

    @pytest.fixture
    def ancienne(self, tribunal: Tribunal) -> Mesure:
        return MesureFactory(tribunal=tribunal, numero_rg="12345")

    def reserver(self, ancienne: Mesure, **valeurs: Any) -> Mesure:
        return MesureFactory(
            en_attente=True,
            mandataire=ancienne.mandataire,
            tribunal=ancienne.tribunal,
            numero_rg="0012345",
            **valeurs,
        )

    def test_le_meme_rg_en_attendant(self, ancienne: Mesure) -> None:
        renouvellement = self.reserver(ancienne, renouvelle=ancienne)
        assert not ancienne.du_meme_rg().exists()
        assert not renouvellement.du_meme_rg().exists()
        tiers = MesureFactory.build(
            mandataire=ancienne.mandataire, tribunal=ancienne.tribunal, numero_rg="12345", commune=None
        )
        assert set(tiers.du_meme_rg()) == {ancienne, renouvellement}
        for changement in (
            {"renouvelle": None},
            {"statut": "en_cours", "repondu_at": timezone.now(), **PRONONCEE},
        ):
            with pytest.raises(IntegrityError, match="mesure_rg_unique"), transaction.atomic():
                Mesure.objects.filter(pk=renouvellement.pk).update(**changement)

    def test_pas_sans_renouveler(self, ancienne: Mesure) -> None:
        with pytest.raises(IntegrityError, match="mesure_rg_unique"), transaction.atomic():
            self.reserver(ancienne)

    def test_une_fois_confirme_il_le_garde(self, ancienne: Mesure) -> None:
        """The mesure that it renewed cannot come back beside it."""
        renouvellement = self.reserver(ancienne, renouvelle=ancienne)
        Mesure.objects.filter(pk=ancienne.pk).update(statut="eteinte", date_extinction=date(2026, 1, 1))
        Mesure.objects.filter(pk=renouvellement.pk).update(
            statut="en_cours", repondu_at=timezone.now(), **PRONONCEE
        )
        assert list(ancienne.du_meme_rg()) == [renouvellement]

    def test_un_seul_attend(self, ancienne: Mesure) -> None:
        premier = self.reserver(ancienne, renouvelle=ancienne)
        with pytest.raises(IntegrityError, match="mesure_renouvellement_unique"), transaction.atomic():
            self.reserver(ancienne, renouvelle=ancienne)
        Mesure.objects.filter(pk=premier.pk).update(statut="expiree")
        assert self.reserver(ancienne, renouvelle=ancienne).pk


def test_un_formulaire_ne_reserve_qu_une_fois() -> None:
    jeton = uuid4()
    MesureFactory(en_attente=True, jeton=jeton)
    with pytest.raises(IntegrityError, match="mesure_jeton_unique"), transaction.atomic():
        MesureFactory(en_attente=True, jeton=jeton)


def test_a_reviser_six_mois_avant_le_terme() -> None:
    aujourd_hui = timezone.localdate()
    termes = [None, *(aujourd_hui + timedelta(days=jours) for jours in (-1, 0, 183, 184))]
    mesures = [MesureFactory(date_terme=terme) for terme in termes]
    MesureFactory(eteinte=True, date_terme=aujourd_hui)
    assert set(Mesure.objects.a_reviser()) == set(mesures[1:4])


def test_une_mesure_reservee_n_est_jamais_supprimee() -> None:
    mesure = MesureFactory(en_attente=True)
    with pytest.raises(Error, match="Cannot delete"), transaction.atomic():
        mesure.delete()


def test_clean_rend_chaque_phrase_a_son_champ(tribunal: Tribunal) -> None:
    mesure = MesureFactory(tribunal=tribunal, numero_rg="12345")
    autre = MesureFactory.build(
        mandataire=mesure.mandataire,
        tribunal=tribunal,
        commune=CommuneFactory(),
        numero_rg=" 0012345",
        date_decision=timezone.localdate() + timedelta(days=1),
    )
    with pytest.raises(ValidationError) as erreur:
        autre.full_clean()
    assert erreur.value.message_dict == {
        "date_decision": ["La date de décision ne peut pas être dans le futur."],
        "numero_rg": ["Vous avez déjà une mesure avec ce numéro RG dans ce tribunal."],
    }


class TestVisibleTo:
    def test_un_membre_voit_celles_de_son_mandataire(self, prepose: User, prepose_voisin: User) -> None:
        visibles = Mesure.objects.visible_to(prepose)
        assert {m.mandataire_id for m in visibles} == {prepose.membre.mandataire_id}

    def test_un_magistrat_voit_celles_de_son_tribunal(
        self, juge: User, prepose: User, individuel: User, juge_voisin: User
    ) -> None:
        assert {m.numero_rg for m in Mesure.objects.visible_to(juge)} == {"22/00001", "22/00003"}
        assert not Mesure.objects.visible_to(juge_voisin).filter(tribunal=juge.magistrat.tribunal).exists()

    def test_le_successeur_d_un_tribunal_ferme_les_lit(
        self, juge: User, prepose: User, juge_voisin: User, autre_tribunal: Tribunal
    ) -> None:
        ferme = juge.magistrat.tribunal
        Tribunal.objects.filter(pk=ferme.pk).update(ferme_le=date(2026, 1, 1), successeur=autre_tribunal)
        juge = User.objects.get(pk=juge.pk)
        for magistrat in (juge, juge_voisin):
            assert Mesure.objects.visible_to(magistrat).filter(numero_rg="22/00001").exists()

    def test_les_autres_ne_voient_rien(self, prepose: User, admin: User, sans_rattachement: User) -> None:
        for user in (admin, sans_rattachement):
            assert not Mesure.objects.visible_to(user).exists()
        prepose.is_active = False
        assert not Mesure.objects.visible_to(prepose).exists()


def test_compter_reste_juste_apres_une_ecriture_en_masse() -> None:
    mandataire = MandataireFactory()
    commune = CommuneFactory()
    Mesure.objects.bulk_create(
        MesureFactory.build(mandataire=mandataire, commune=commune, code_postal=commune.codes_postaux[0])
        for _ in range(30)
    )
    mandataire.charge.refresh_from_db()
    assert mandataire.charge.en_cours == 30
    assert list(mandataire.presences.values_list("commune_id", "en_cours")) == [(commune.pk, 30)]
    Mesure.objects.filter(mandataire=mandataire).delete()
    mandataire.charge.refresh_from_db()
    assert mandataire.charge.en_cours == 0
    assert not mandataire.presences.exists()
