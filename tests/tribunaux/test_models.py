from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from accounts.models import User
from tests.factories import CommuneFactory, MagistratFactory, TribunalFactory, UserFactory
from tribunaux.models import Commune, Magistrat, Tribunal, magistrat_de

pytestmark = pytest.mark.django_db

FERMETURE = date(2026, 1, 1)


def fermer(tribunal: Tribunal, successeur: Tribunal) -> None:
    tribunal.ferme_le, tribunal.successeur = FERMETURE, successeur
    tribunal.full_clean()
    tribunal.save()


def rouvrir(tribunal: Tribunal) -> None:
    tribunal.ferme_le = tribunal.successeur = None
    tribunal.full_clean()
    tribunal.save()


def actuel(tribunal: Tribunal) -> Tribunal | None:
    tribunal.refresh_from_db()
    return tribunal.actuel


class TestFermeture:
    """D12: nothing is rewritten when a court closes; it is read under the one that follows it."""

    def test_un_tribunal_ouvert_est_lui_meme(self) -> None:
        tribunal = TribunalFactory()
        assert tribunal.est_ouvert
        assert actuel(tribunal) == tribunal

    def test_un_tribunal_ferme_est_lu_sous_son_successeur(self) -> None:
        ancien, nouveau = TribunalFactory(), TribunalFactory()
        fermer(ancien, nouveau)
        assert actuel(ancien) == nouveau
        assert not ancien.est_ouvert
        assert list(Tribunal.objects.ouverts()) == [nouveau]

    def test_de_proche_en_proche(self) -> None:
        premier, deuxieme, troisieme = TribunalFactory.create_batch(3)
        fermer(premier, deuxieme)
        fermer(deuxieme, troisieme)
        assert actuel(premier) == actuel(deuxieme) == troisieme

    def test_un_successeur_deja_ferme_mene_au_sien(self) -> None:
        premier, deuxieme, troisieme = TribunalFactory.create_batch(3)
        fermer(deuxieme, troisieme)
        fermer(premier, deuxieme)
        assert actuel(premier) == troisieme

    def test_la_reouverture_rend_tout(self) -> None:
        premier, deuxieme, troisieme = TribunalFactory.create_batch(3)
        fermer(premier, deuxieme)
        fermer(deuxieme, troisieme)
        rouvrir(deuxieme)
        assert actuel(premier) == actuel(deuxieme) == deuxieme
        rouvrir(premier)
        assert actuel(premier) == premier

    def test_en_masse(self) -> None:
        """The trigger sees what SQL writes, too."""
        anciens, nouveau = TribunalFactory.create_batch(3), TribunalFactory()
        Tribunal.objects.filter(pk__in=[t.pk for t in anciens]).update(ferme_le=FERMETURE, successeur=nouveau)
        assert {actuel(ancien) for ancien in anciens} == {nouveau}

    def test_les_personnes_restent_ou_elles_sont(self) -> None:
        magistrat = MagistratFactory()
        fermer(magistrat.tribunal, TribunalFactory())
        assert Magistrat.objects.get().tribunal == magistrat.tribunal

    @pytest.mark.parametrize("champ", ["ferme_le", "successeur"])
    def test_pas_de_date_sans_successeur_ni_l_inverse(self, champ: str) -> None:
        tribunal = TribunalFactory()
        setattr(tribunal, champ, FERMETURE if champ == "ferme_le" else TribunalFactory())
        with pytest.raises(ValidationError, match="une date de fermeture et un successeur"):
            tribunal.full_clean()
        with pytest.raises(IntegrityError, match="tribunal_ferme_a_un_successeur"):
            tribunal.save()

    def test_pas_avant_l_ouverture(self) -> None:
        tribunal = TribunalFactory(ouvert_le=date(2026, 6, 1))
        with pytest.raises(ValidationError, match="ne ferme pas avant d'avoir ouvert"):
            fermer(tribunal, TribunalFactory())

    def test_pas_soi_meme(self) -> None:
        tribunal = TribunalFactory()
        with pytest.raises(ValidationError, match="succède déjà, de proche en proche"):
            fermer(tribunal, tribunal)

    def test_pas_de_boucle(self) -> None:
        premier, deuxieme, troisieme = TribunalFactory.create_batch(3)
        fermer(premier, deuxieme)
        fermer(deuxieme, troisieme)
        with pytest.raises(ValidationError, match="succède déjà, de proche en proche") as erreur:
            fermer(troisieme, premier)
        assert list(erreur.value.error_dict) == ["successeur"]

    @pytest.mark.parametrize("longueur", [1, 2, 3])
    def test_la_base_refuse_aussi_une_boucle(self, longueur: int) -> None:
        suite = TribunalFactory.create_batch(longueur)
        for tribunal, suivant in pairwise(suite):
            fermer(tribunal, suivant)
        premier, dernier = suite[0], suite[-1]
        with pytest.raises(IntegrityError, match="ne peut pas se succéder à lui-même"), transaction.atomic():
            Tribunal.objects.filter(pk=dernier.pk).update(ferme_le=FERMETURE, successeur=premier)
        assert list(Tribunal.objects.ouverts()) == [dernier]

    def test_l_historique_garde_la_fermeture(self) -> None:
        tribunal = TribunalFactory()
        fermer(tribunal, TribunalFactory())
        rouvrir(tribunal)
        fermetures = tribunal.events.order_by("pgh_id").values_list("pgh_label", "ferme_le")
        assert list(fermetures) == [("insert", None), ("update", FERMETURE), ("update", None)]


class TestTribunal:
    def test_libelle(self) -> None:
        assert TribunalFactory.build(nom="Tribunal judiciaire d'Arras").libelle == "Tribunal judiciaire d'Arras"
        ancien_ti = TribunalFactory.build(nom="Tribunal de proximité de Calais", type=Tribunal.Type.PROXIMITE)
        assert ancien_ti.libelle == "Tribunal de proximité de Calais (ancien TI)"

    def test_sans_siret_un_seul_d_un_type_par_commune(self) -> None:
        tribunal = TribunalFactory(siret=None)
        TribunalFactory(siret=None, commune=tribunal.commune, type=Tribunal.Type.PROXIMITE)
        TribunalFactory(commune=tribunal.commune)
        double = TribunalFactory.build(siret=None, commune=tribunal.commune)
        with pytest.raises(ValidationError, match="existe déjà dans cette commune"):
            double.full_clean()
        with pytest.raises(IntegrityError, match="tribunal_sans_siret_unique"):
            double.save()

    def test_deux_fois_le_meme_siret(self) -> None:
        tribunal = TribunalFactory()
        with pytest.raises(IntegrityError, match="siret"):
            TribunalFactory(siret=tribunal.siret)

    @pytest.mark.parametrize("siret", ["1762011170013", "1762011170013A", "176201117001300"])
    def test_un_siret_a_quatorze_chiffres(self, siret: str) -> None:
        with pytest.raises(ValidationError):
            TribunalFactory.build(siret=siret, commune=CommuneFactory()).full_clean()


class TestCommune:
    @pytest.mark.parametrize(
        ("latitude", "longitude"), [(50.5, None), (None, 2.5), (91, 2.5), (50.5, 181), (-90.1, 0)]
    )
    def test_un_point_est_entier_et_sur_la_terre(self, latitude: float | None, longitude: float | None) -> None:
        with pytest.raises(IntegrityError, match="commune_point_entier"):
            CommuneFactory(latitude=latitude, longitude=longitude)

    def test_sans_point(self) -> None:
        assert CommuneFactory(latitude=None, longitude=None).pk

    @pytest.mark.parametrize(
        ("nom", "attendu"),
        [
            ("Calais", "de Calais (62)"),
            ("Arras", "d'Arras (62)"),
            ("Étaples", "d'Étaples (62)"),
            ("Le Portel", "du Portel (62)"),
            ("Les Attaques", "des Attaques (62)"),
            ("La Capelle", "de La Capelle (62)"),
            ("Lens", "de Lens (62)"),
        ],
    )
    def test_ce_qui_suit_de(self, nom: str, attendu: str) -> None:
        assert Commune(nom=nom, departement_id="62").avec_de == attendu

    @pytest.mark.parametrize("code", ["6210", "621000", "abcde", "2A000"])
    def test_un_code_postal_a_cinq_chiffres(self, code: str) -> None:
        with pytest.raises(ValidationError):
            CommuneFactory.build(code_insee="62999", codes_postaux=[code]).clean_fields()

    @pytest.mark.parametrize(
        ("nom", "recherche"),
        [
            ("L'Haÿ-les-Roses", "l hay les roses"),
            ("L’Haÿ-les-Roses", "l hay les roses"),
            ("St-Omer", "saint omer"),
            ("STE  MARIE", "sainte marie"),
            ("Œuilly", "oeuilly"),
            ("Ébréon", "ebreon"),
            ("100% d'un_mot", "100 d un mot"),
            ("Estaires", "estaires"),
            ("", ""),
        ],
    )
    def test_nom_recherche(self, nom: str, recherche: str) -> None:
        commune = CommuneFactory(nom=nom)
        assert Commune.objects.get(pk=commune.pk).nom_recherche == recherche

    def test_une_commune_qui_a_un_tribunal_ne_se_supprime_pas(self) -> None:
        tribunal = TribunalFactory()
        with pytest.raises(ProtectedError):
            tribunal.commune.delete()


class TestMagistrat:
    def test_magistrat_de(self, juge: User, prepose: User) -> None:
        assert magistrat_de(juge) == Magistrat.objects.get(user=juge)
        assert magistrat_de(prepose) is None

    def test_un_seul_tribunal_par_personne(self) -> None:
        magistrat = MagistratFactory()
        with pytest.raises(IntegrityError, match="user_id"):
            MagistratFactory(user=magistrat.user)

    def test_ni_mandataire_ni_administrateur(self, prepose: User, tribunal: Tribunal) -> None:
        for user in (prepose, UserFactory(admin=True)):
            with pytest.raises(IntegrityError, match="magistrat_seul_rattachement"), transaction.atomic():
                MagistratFactory(user=user, tribunal=tribunal)
