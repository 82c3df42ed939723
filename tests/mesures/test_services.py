from __future__ import annotations

from datetime import date, timedelta

import pghistory
import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from accounts.models import User
from mandataires.models import Declaration, Mandataire
from mesures.historique import evenements
from mesures.models import Mesure
from mesures.services import VersionPerimee, enregistrer, eteindre, modifier, reactiver
from mesures.transitions import TransitionInterdite
from tests.factories import MesureFactory
from tribunaux.models import Tribunal

pytestmark = pytest.mark.django_db


def nouvelle(mandataire: Mandataire, tribunal: Tribunal, **valeurs: object) -> Mesure:
    return MesureFactory.build(
        mandataire=mandataire, tribunal=tribunal, commune=tribunal.commune, code_postal="62100", **valeurs
    )


def en_cours(mandataire: Mandataire) -> int:
    mandataire.charge.refresh_from_db()
    return mandataire.charge.en_cours


class TestEnregistrer:
    def test_compte_et_date_la_mise_a_jour(self, prepose: User, tribunal: Tribunal) -> None:
        mandataire = prepose.membre.mandataire
        avant = en_cours(mandataire)
        enregistrer(mesure=nouvelle(mandataire, tribunal), author=prepose)
        assert en_cours(mandataire) == avant + 1
        assert timezone.now() - mandataire.charge.mise_a_jour_at < timedelta(seconds=10)

    def test_refuse_ce_que_les_regles_refusent(self, prepose: User, tribunal: Tribunal) -> None:
        demain = timezone.localdate() + timedelta(days=1)
        with pytest.raises(ValidationError, match="dans le futur"):
            enregistrer(mesure=nouvelle(prepose.membre.mandataire, tribunal, date_decision=demain), author=prepose)

    def test_refuse_pour_un_autre_mandataire(
        self, prepose: User, prepose_voisin: User, tribunal: Tribunal, juge: User
    ) -> None:
        for author in (prepose_voisin, juge):
            with pytest.raises(PermissionDenied):
                enregistrer(mesure=nouvelle(prepose.membre.mandataire, tribunal), author=author)


class TestModifier:
    def test_eleve_la_version(self, prepose: User) -> None:
        mesure = Mesure.objects.get(mandataire__membres__user=prepose)
        mesure.annee_naissance = 1970
        modifier(mesure=mesure, version=0, author=prepose)
        mesure.refresh_from_db()
        assert (mesure.annee_naissance, mesure.version) == (1970, 1)

    def test_dit_qu_un_autre_a_agi(self, prepose: User) -> None:
        mesure, autre_onglet = (Mesure.objects.get(mandataire__membres__user=prepose) for _ in range(2))
        mesure.annee_naissance = 1970
        modifier(mesure=mesure, version=0, author=prepose)
        autre_onglet.annee_naissance = 1980
        with pytest.raises(VersionPerimee) as perimee:
            modifier(mesure=autre_onglet, version=0, author=prepose)
        assert perimee.value.actuelle.annee_naissance == 1970

    def test_refuse_une_mesure_eteinte(self, prepose: User) -> None:
        mesure = MesureFactory(mandataire=prepose.membre.mandataire, eteinte=True)
        with pytest.raises(TransitionInterdite, match="éteinte"):
            modifier(mesure=mesure, version=0, author=prepose)


class TestEteindreEtReactiver:
    def test_aller_et_retour(self, prepose: User) -> None:
        mandataire = prepose.membre.mandataire
        mesure = Mesure.objects.get(mandataire=mandataire)
        eteindre(pk=mesure.pk, date_extinction=date(2024, 1, 31), motif="mainlevee", version=0, author=prepose)
        mesure.refresh_from_db()
        assert (mesure.statut, mesure.date_extinction) == ("eteinte", date(2024, 1, 31))
        assert en_cours(mandataire) == 0
        reactiver(pk=mesure.pk, version=1, author=prepose)
        mesure.refresh_from_db()
        assert (mesure.statut, mesure.date_extinction, mesure.motif_extinction) == ("en_cours", None, "")
        assert en_cours(mandataire) == 1

    @pytest.mark.parametrize(
        ("fin", "phrase"),
        [
            (None, "Indiquez la date de fin"),
            (date(2021, 3, 14), "ne peut pas précéder la décision"),
            (timezone.localdate() + timedelta(days=2), "dans le futur"),
        ],
    )
    def test_date_impossible(self, prepose: User, fin: date | None, phrase: str) -> None:
        mesure = Mesure.objects.get(mandataire__membres__user=prepose)
        with pytest.raises(ValidationError) as erreur:
            eteindre(pk=mesure.pk, date_extinction=fin, motif="", version=0, author=prepose)
        assert phrase in erreur.value.message_dict["date_extinction"][0]

    def test_deux_fois(self, prepose: User) -> None:
        mesure = Mesure.objects.get(mandataire__membres__user=prepose)
        eteindre(pk=mesure.pk, date_extinction=date(2024, 1, 31), motif="", version=0, author=prepose)
        with pytest.raises(VersionPerimee):
            eteindre(pk=mesure.pk, date_extinction=date(2024, 1, 31), motif="", version=0, author=prepose)
        with pytest.raises(TransitionInterdite):
            eteindre(pk=mesure.pk, date_extinction=date(2024, 1, 31), motif="", version=1, author=prepose)

    def test_reactiver_un_rg_repris_depuis(self, prepose: User, tribunal: Tribunal) -> None:
        mandataire = prepose.membre.mandataire
        ancienne = MesureFactory(mandataire=mandataire, tribunal=tribunal, numero_rg="22/00001", eteinte=True)
        with pytest.raises(ValidationError) as erreur:
            reactiver(pk=ancienne.pk, version=0, author=prepose)
        assert "numero_rg" in erreur.value.message_dict

    def test_le_total_declare_d_un_service_suit(self, service: User) -> None:
        mandataire = service.membre.mandataire
        mesure = MesureFactory(mandataire=mandataire)
        acte = eteindre(pk=mesure.pk, date_extinction=date(2024, 1, 31), motif="", version=0, author=service)
        assert acte.declaration is not None
        assert acte.declaration.nombre == 1449
        assert mandataire.disponibilite.en_cours == 1449
        acte = reactiver(pk=mesure.pk, version=1, author=service)
        assert acte.declaration is not None
        assert acte.declaration.origine == Declaration.Origine.REACTIVATION
        mandataire.charge.refresh_from_db()
        assert mandataire.disponibilite.en_cours == 1450

    def test_un_autre_ne_peut_pas(self, prepose: User, prepose_voisin: User) -> None:
        mesure = Mesure.objects.get(mandataire__membres__user=prepose)
        with pytest.raises(PermissionDenied):
            eteindre(pk=mesure.pk, date_extinction=date(2024, 1, 31), motif="", version=0, author=prepose_voisin)


def test_l_historique_dit_qui_quoi_quand(prepose: User, tribunal: Tribunal) -> None:
    with pghistory.context(user=prepose.pk):
        mesure = enregistrer(mesure=nouvelle(prepose.membre.mandataire, tribunal), author=prepose)
        mesure.lieu_vie = "etablissement"
        mesure.etablissement_nom = "EHPAD d'ailleurs"
        modifier(mesure=mesure, version=0, author=prepose)
        eteindre(pk=mesure.pk, date_extinction=date(2024, 1, 31), motif="deces", version=1, author=prepose)
        reactiver(pk=mesure.pk, version=2, author=prepose)
    actes = evenements(mesure)
    assert [acte.acte for acte in actes] == [
        "Mesure réactivée",
        "Mesure éteinte",
        "Mesure modifiée",
        "Mesure enregistrée",
    ]
    assert {acte.auteur for acte in actes} == {str(prepose)}
    assert [(c.libelle, c.avant, c.apres) for c in actes[2].changements] == [
        ("lieu de vie", "À domicile", "En établissement"),
        ("nom de l'établissement, hors liste", "", "EHPAD d'ailleurs"),
    ]
    assert [(c.libelle, c.avant, c.apres) for c in actes[0].changements] == [
        ("date de fin de mandat", "31/01/2024", ""),
        ("motif de fin", "Décès", ""),
    ]


def test_l_historique_ne_perd_pas_un_auteur_parti(prepose: User, tribunal: Tribunal) -> None:
    with pghistory.context(user=10**9):
        mesure = MesureFactory(mandataire=prepose.membre.mandataire)
    assert [acte.auteur for acte in evenements(mesure)] == ["Ancien utilisateur"]


def test_personne_ne_recrit_l_historique(prepose: User) -> None:
    mesure = Mesure.objects.get(mandataire__membres__user=prepose)
    with pytest.raises(Exception, match="Cannot update"):
        mesure.historique.update(numero_rg="faux")
