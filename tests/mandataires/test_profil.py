"""The acts of a MJPM on its own profile: right, version, duplicates, undo, date."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pghistory
import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from accounts.models import User
from mandataires.completude import completude
from mandataires.models import Agrement, Exercice, Mandataire
from mandataires.profil import (
    ProfilPerime,
    ajouter_etablissements,
    ajouter_tribunal,
    confirmer_donnees,
    modifier_profil,
    retablir_etablissement,
    retablir_tribunal,
    retirer_etablissement,
    retirer_tribunal,
)
from tests.factories import (
    AgrementFactory,
    EtablissementFactory,
    MandataireFactory,
    MesureFactory,
    TribunalFactory,
)
from tribunaux.models import Commune, Tribunal

pytestmark = pytest.mark.django_db


@pytest.fixture
def sien(prepose: User) -> Mandataire:
    return prepose.membre.mandataire


def fermer(ancien: Tribunal, successeur: Tribunal) -> None:
    Tribunal.objects.filter(pk=ancien.pk).update(ferme_le=date(2024, 1, 1), successeur=successeur)
    ancien.refresh_from_db()


Acte = Callable[[Mandataire, User], object]
ACTES: dict[str, Acte] = {
    "modifier_profil": lambda m, author: modifier_profil(
        mandataire=m, valeurs={"capacite": 1}, version=0, author=author
    ),
    "confirmer_donnees": lambda m, author: confirmer_donnees(mandataire=m, author=author),
    "ajouter_tribunal": lambda m, author: ajouter_tribunal(
        mandataire=m, tribunal=TribunalFactory(), author=author
    ),
    "retirer_tribunal": lambda m, author: retirer_tribunal(
        mandataire=m, tribunal=m.agrements.get().tribunal, author=author
    ),
    "retablir_tribunal": lambda m, author: retablir_tribunal(
        pk=AgrementFactory(mandataire=m, au=timezone.localdate()).pk, author=author
    ),
    "ajouter_etablissements": lambda m, author: ajouter_etablissements(
        mandataire=m, etablissements=[EtablissementFactory()], author=author
    ),
    "retirer_etablissement": lambda m, author: retirer_etablissement(pk=m.exercices.get().pk, author=author),
    "retablir_etablissement": lambda m, author: retablir_etablissement(
        pk=m.exercices.create(nom_libre="Autre", du=date(2020, 1, 1), au=timezone.localdate()).pk, author=author
    ),
}


@pytest.mark.parametrize("acte", ACTES.values(), ids=ACTES)
class TestChaqueActe:
    def test_deplace_la_derniere_mise_a_jour(self, sien: Mandataire, prepose: User, acte: Acte) -> None:
        assert sien.charge.mise_a_jour_at is None
        acte(sien, prepose)
        sien.charge.refresh_from_db()
        assert timezone.now() - sien.charge.mise_a_jour_at < timedelta(seconds=10)

    def test_n_est_permis_qu_a_un_membre(
        self, sien: Mandataire, prepose_voisin: User, juge: User, admin: User, acte: Acte
    ) -> None:
        for author in (prepose_voisin, juge, admin):
            with pytest.raises(PermissionDenied):
                acte(sien, author)
        sien.charge.refresh_from_db()
        assert sien.charge.mise_a_jour_at is None


class TestModifierProfil:
    def test_n_ecrit_que_ces_champs(self, sien: Mandataire, prepose: User) -> None:
        """What an admin changed meanwhile stays, and the version tells that the profile was saved."""
        Mandataire.objects.filter(pk=sien.pk).update(siret="", indisponible_du=date(2026, 1, 1))
        modifier_profil(mandataire=sien, valeurs={"capacite": 12}, version=0, author=prepose)
        sien.refresh_from_db()
        assert (sien.capacite, sien.version, sien.indisponible_du) == (12, 1, date(2026, 1, 1))

    def test_dit_qu_un_autre_a_agi(self, sien: Mandataire, prepose: User) -> None:
        modifier_profil(mandataire=sien, valeurs={"capacite": 12}, version=0, author=prepose)
        with pytest.raises(ProfilPerime) as perime:
            modifier_profil(mandataire=sien, valeurs={"capacite": 13}, version=0, author=prepose)
        assert perime.value.actuel.capacite == 12

    def test_valide(self, sien: Mandataire, prepose: User) -> None:
        with pytest.raises(ValidationError, match="suppose un secrétariat"):
            modifier_profil(
                mandataire=sien,
                valeurs={"a_un_secretariat": False, "secretariat_etp": 1},
                version=0,
                author=prepose,
            )

    def test_une_nouvelle_adresse_a_le_point_de_sa_commune(
        self, sien: Mandataire, prepose: User, arras: Commune
    ) -> None:
        valeurs = {"adresse": "1 rue de l'Exemple", "code_postal": "62000", "commune": arras}
        modifier_profil(mandataire=sien, valeurs=valeurs, version=0, author=prepose)
        sien.refresh_from_db()
        assert (sien.latitude, sien.longitude) == (arras.latitude, arras.longitude)


class TestTribunaux:
    def test_aller_et_retour(self, sien: Mandataire, prepose: User, tribunal: Tribunal) -> None:
        agrement = retirer_tribunal(mandataire=sien, tribunal=tribunal, author=prepose)
        assert agrement.au == timezone.localdate()
        assert not Mandataire.objects.de_la_liste(tribunal).filter(pk=sien.pk).exists()
        retablir_tribunal(pk=agrement.pk, author=prepose)
        assert Mandataire.objects.de_la_liste(tribunal).filter(pk=sien.pk).exists()

    def test_un_tribunal_deja_la(self, sien: Mandataire, prepose: User, tribunal: Tribunal) -> None:
        with pytest.raises(ValidationError, match="déjà dans votre liste"):
            ajouter_tribunal(mandataire=sien, tribunal=tribunal, author=prepose)

    def test_le_successeur_d_un_tribunal_ferme_est_deja_la(
        self, sien: Mandataire, prepose: User, tribunal: Tribunal, autre_tribunal: Tribunal
    ) -> None:
        fermer(tribunal, autre_tribunal)
        with pytest.raises(ValidationError, match="déjà dans votre liste"):
            ajouter_tribunal(mandataire=sien, tribunal=autre_tribunal, author=prepose)

    def test_retirer_un_tribunal_retire_ceux_auxquels_il_succede(
        self, sien: Mandataire, prepose: User, tribunal: Tribunal, autre_tribunal: Tribunal
    ) -> None:
        AgrementFactory(mandataire=sien, tribunal=autre_tribunal)
        fermer(tribunal, autre_tribunal)
        retirer_tribunal(mandataire=sien, tribunal=autre_tribunal, author=prepose)
        assert not sien.agrements.en_vigueur().exists()

    def test_retablir_rend_tout_ce_que_ce_retrait_a_ferme(
        self, sien: Mandataire, prepose: User, tribunal: Tribunal, autre_tribunal: Tribunal
    ) -> None:
        AgrementFactory(mandataire=sien, tribunal=autre_tribunal)
        fermer(tribunal, autre_tribunal)
        with pghistory.context(acte="retrait"):
            ferme = retirer_tribunal(mandataire=sien, tribunal=autre_tribunal, author=prepose)
        retablir_tribunal(pk=ferme.pk, author=prepose)
        assert set(sien.agrements.en_vigueur().values_list("tribunal", flat=True)) == {
            tribunal.pk,
            autre_tribunal.pk,
        }

    def test_retablir_ne_rend_pas_un_retrait_anterieur_du_meme_jour(
        self, sien: Mandataire, prepose: User, tribunal: Tribunal, autre_tribunal: Tribunal
    ) -> None:
        fermer(tribunal, autre_tribunal)
        with pghistory.context(acte="premier"):
            retirer_tribunal(mandataire=sien, tribunal=autre_tribunal, author=prepose)
        with pghistory.context(acte="second"):
            nouveau = ajouter_tribunal(mandataire=sien, tribunal=autre_tribunal, author=prepose)
            retirer_tribunal(mandataire=sien, tribunal=autre_tribunal, author=prepose)
        retablir_tribunal(pk=nouveau.pk, author=prepose)
        assert list(sien.agrements.en_vigueur()) == [nouveau]

    def test_retirer_deux_fois(self, sien: Mandataire, prepose: User, tribunal: Tribunal) -> None:
        retirer_tribunal(mandataire=sien, tribunal=tribunal, author=prepose)
        with pytest.raises(ValidationError, match="n'est plus"):
            retirer_tribunal(mandataire=sien, tribunal=tribunal, author=prepose)

    def test_un_retrait_ancien_ne_se_retablit_pas(self, sien: Mandataire, prepose: User) -> None:
        """Or an agrément verified years ago would come back as verified."""
        ancien = AgrementFactory(mandataire=sien, au=timezone.localdate() - timedelta(days=1))
        with pytest.raises(ValidationError, match="ne peut plus être annulé"):
            retablir_tribunal(pk=ancien.pk, author=prepose)

    def test_retablir_apres_un_nouvel_ajout(self, sien: Mandataire, prepose: User, tribunal: Tribunal) -> None:
        agrement = retirer_tribunal(mandataire=sien, tribunal=tribunal, author=prepose)
        ajouter_tribunal(mandataire=sien, tribunal=tribunal, author=prepose)
        with pytest.raises(ValidationError, match="déjà dans votre liste"):
            retablir_tribunal(pk=agrement.pk, author=prepose)
        assert Agrement.objects.en_vigueur().filter(mandataire=sien).count() == 1


class TestEtablissements:
    def test_plusieurs_a_la_fois(self, sien: Mandataire, prepose: User) -> None:
        choisis = [EtablissementFactory(), EtablissementFactory()]
        ajouter_etablissements(
            mandataire=sien, etablissements=choisis, nom_libre="Foyer des Bruyères", author=prepose
        )
        assert sien.exercices.en_cours().count() == 4

    def test_tout_ou_rien(self, sien: Mandataire, prepose: User) -> None:
        deja = sien.exercices.get().etablissement
        with pytest.raises(ValidationError, match="EHPAD Les Oyats : déjà dans votre liste"):
            ajouter_etablissements(mandataire=sien, etablissements=[EtablissementFactory(), deja], author=prepose)
        assert sien.exercices.count() == 1

    def test_un_nom_libre_deja_la(self, sien: Mandataire, prepose: User) -> None:
        ajouter_etablissements(mandataire=sien, etablissements=[], nom_libre="Foyer du Bois", author=prepose)
        with pytest.raises(ValidationError, match="déjà dans votre liste"):
            ajouter_etablissements(mandataire=sien, etablissements=[], nom_libre="FOYER du bois", author=prepose)

    def test_pas_pour_un_individuel(self, individuel: User) -> None:
        with pytest.raises(ValueError, match="préposé"):
            ajouter_etablissements(
                mandataire=individuel.membre.mandataire, etablissements=[EtablissementFactory()], author=individuel
            )
        assert not Exercice.objects.filter(mandataire=individuel.membre.mandataire).exists()

    def test_aller_et_retour(self, sien: Mandataire, prepose: User) -> None:
        exercice = retirer_etablissement(pk=sien.exercices.get().pk, author=prepose)
        assert not sien.exercices.en_cours().exists()
        with pytest.raises(ValidationError, match="déjà fait"):
            retirer_etablissement(pk=exercice.pk, author=prepose)
        retablir_etablissement(pk=exercice.pk, author=prepose)
        assert sien.exercices.en_cours().exists()


class TestCompletude:
    @pytest.mark.parametrize(
        ("valeurs", "etapes", "manques"),
        [({"prepose": True}, 4, 3), ({}, 3, 2), ({"service": True}, 3, 3)],
        ids=["prepose", "individuel", "service"],
    )
    def test_un_profil_vide(self, valeurs: dict[str, Any], etapes: int, manques: int) -> None:
        mandataire = MandataireFactory(**{**valeurs, "capacite": None, "email": "", "commune": None})
        etat = completude(mandataire)
        assert [etape.est_faite for etape in etat.etapes] == [False] * etapes
        assert len(etat.manques) == manques

    def test_capacite_0_est_renseignee(self) -> None:
        mandataire = MandataireFactory(capacite=0, adresse="1 rue de l'Exemple")
        assert completude(mandataire).a_ses_informations
        assert "renseigné" not in str([manque.phrase for manque in completude(mandataire).manques])

    def test_rien_ne_reste_quand_tout_est_fait(self, sien: Mandataire) -> None:
        Mandataire.objects.filter(pk=sien.pk).update(adresse="1 rue de l'Exemple")
        sien.refresh_from_db()
        etat = completude(sien)
        assert (etat.etapes, etat.manques) == ([], [])

    def test_un_tribunal_retire_ne_compte_pas(self, sien: Mandataire, prepose: User, tribunal: Tribunal) -> None:
        retirer_tribunal(mandataire=sien, tribunal=tribunal, author=prepose)
        assert [manque.action for manque in completude(sien).manques] == ["Ajouter un tribunal"]

    def test_une_premiere_mesure_est_une_etape(self) -> None:
        mandataire = MandataireFactory()
        assert not completude(mandataire).a_ses_mesures
        MesureFactory(mandataire=mandataire)
        mandataire.charge.refresh_from_db()
        assert completude(mandataire).a_ses_mesures

    def test_une_mesure_eteinte_a_ete_enregistree_une_reservation_pas_encore(self) -> None:
        mandataire = MandataireFactory()
        MesureFactory(mandataire=mandataire, en_attente=True)
        assert not completude(mandataire).a_ses_mesures
        MesureFactory(mandataire=mandataire, eteinte=True)
        mandataire.charge.refresh_from_db()
        assert (mandataire.charge.en_cours, completude(mandataire).a_ses_mesures) == (0, True)
