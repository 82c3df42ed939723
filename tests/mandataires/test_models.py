from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from mandataires.models import Agrement, Exercice, Mandataire, Membre, Note
from mandataires.services import declarer
from tests.factories import (
    AgrementFactory,
    DeclarationFactory,
    EtablissementFactory,
    ExerciceFactory,
    MagistratFactory,
    MandataireFactory,
    MembreFactory,
    NoteFactory,
    TribunalFactory,
    UserFactory,
)
from tribunaux.models import Magistrat, Tribunal

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("trait", "valeurs", "contrainte"),
    [
        ({}, {"prenom": ""}, "mandataire_personne_ou_service"),
        ({"service": True}, {"prenom": "Camille"}, "mandataire_personne_ou_service"),
        ({"service": True}, {"genre": "F"}, "mandataire_personne_ou_service"),
        ({"prepose": True}, {"siret": "17620000000000"}, "mandataire_prepose_sans_siret"),
        ({}, {"source_total": "declaration"}, "mandataire_declaration_de_service"),
        ({}, {"secretariat_etp": 1}, "mandataire_etp_de_secretariat"),
        ({"a_un_secretariat": True}, {"secretariat_etp": -1}, "mandataire_etp_de_secretariat"),
        ({}, {"indisponible_au": date(2026, 1, 1)}, "mandataire_indisponibilite"),
        (
            {},
            {"indisponible_du": date(2026, 1, 2), "indisponible_au": date(2026, 1, 1)},
            "mandataire_indisponibilite",
        ),
        ({}, {"latitude": 50.0}, "mandataire_point_entier"),
        ({}, {"latitude": 91.0, "longitude": 0.0}, "mandataire_point_entier"),
        ({}, {"refuse_at": timezone.now(), "refus_motif": "Non"}, "mandataire_valide_ou_refuse"),
        ({"valide_at": None}, {"refuse_at": timezone.now()}, "mandataire_refus_motive"),
    ],
)
def test_la_base_refuse(trait: dict[str, Any], valeurs: dict[str, Any], contrainte: str) -> None:
    mandataire = MandataireFactory(**trait)
    with pytest.raises(IntegrityError, match=contrainte), transaction.atomic():
        Mandataire.objects.filter(pk=mandataire.pk).update(**valeurs)


def test_un_siret_est_a_un_seul_sauf_demande_refusee() -> None:
    MandataireFactory(
        service=True, siret="12345678901234", valide_at=None, refuse_at=timezone.now(), refus_motif="Non"
    )
    MandataireFactory(service=True, siret="12345678901234")
    with pytest.raises(IntegrityError, match="mandataire_siret_unique"), transaction.atomic():
        MandataireFactory(service=True, siret="12345678901234")


class TestUnSeulRattachement:
    """One user is member of one MJPM, or at one court, or staff: whichever door comes second is refused."""

    def test_membre_puis_magistrat(self) -> None:
        user = MembreFactory().user
        with pytest.raises(IntegrityError, match="Un utilisateur"), transaction.atomic():
            Magistrat.objects.create(user=user, tribunal=TribunalFactory())

    def test_magistrat_puis_membre(self) -> None:
        user = MagistratFactory().user
        with pytest.raises(IntegrityError, match="Un utilisateur"), transaction.atomic():
            Membre.objects.create(user=user, mandataire=MandataireFactory())

    @pytest.mark.parametrize("fabrique", [MembreFactory, MagistratFactory])
    def test_rattache_puis_admin(self, fabrique: Any) -> None:
        user = fabrique().user
        with pytest.raises(IntegrityError, match="Un utilisateur"), transaction.atomic():
            User.objects.filter(pk=user.pk).update(is_staff=True)

    def test_admin_puis_rattache(self, admin: User) -> None:
        with pytest.raises(IntegrityError, match="Un utilisateur"), transaction.atomic():
            MembreFactory(user=admin)
        with pytest.raises(IntegrityError, match="Un utilisateur"), transaction.atomic():
            MagistratFactory(user=admin)

    def test_rattachement_change_de_main(self) -> None:
        magistrat, membre = MagistratFactory(), MembreFactory()
        with pytest.raises(IntegrityError, match="Un utilisateur"), transaction.atomic():
            Magistrat.objects.filter(pk=magistrat.pk).update(user=membre.user)

    def test_une_personne_libre_peut_devenir_l_un_ou_l_autre(self) -> None:
        MembreFactory(user=UserFactory())
        MagistratFactory(user=UserFactory())


class TestVisibleTo:
    def test_un_magistrat_voit_les_publies(
        self, juge: User, prepose: User, individuel: User, juge_voisin: User
    ) -> None:
        demande = MembreFactory(mandataire=MandataireFactory(valide_at=None)).mandataire
        inactif = MembreFactory(user=UserFactory(is_active=False)).mandataire
        sans_membre = MandataireFactory()
        visibles = set(Mandataire.objects.visible_to(juge))
        assert {prepose.membre.mandataire, individuel.membre.mandataire} <= visibles
        assert not {demande, inactif, sans_membre} & visibles

    def test_un_membre_ne_voit_que_le_sien(self, prepose: User, prepose_voisin: User) -> None:
        assert list(Mandataire.objects.visible_to(prepose)) == [prepose.membre.mandataire]

    def test_les_autres(self, prepose: User, sans_rattachement: User, admin: User) -> None:
        assert not Mandataire.objects.visible_to(sans_rattachement).exists()
        assert Mandataire.objects.visible_to(admin).count() == Mandataire.objects.count() > 0

    def test_les_notes_sont_a_leur_tribunal(
        self, juge: User, greffier: User, juge_voisin: User, prepose: User, admin: User
    ) -> None:
        note = NoteFactory(mandataire=prepose.membre.mandataire, tribunal=juge.magistrat.tribunal)
        for user in (juge, greffier):
            assert list(Note.objects.visible_to(user)) == [note]
        assert note not in Note.objects.visible_to(juge_voisin)
        for user in (prepose, admin):
            assert not Note.objects.visible_to(user).exists()


class TestListeDUnTribunal:
    def test_ceux_qui_y_ont_un_agrement_en_vigueur_une_fois_chacun(
        self, tribunal: Tribunal, autre_tribunal: Tribunal
    ) -> None:
        ici = AgrementFactory(tribunal=tribunal).mandataire
        AgrementFactory(mandataire=ici, tribunal=autre_tribunal)
        AgrementFactory(tribunal=tribunal, au=timezone.localdate())
        AgrementFactory(tribunal=autre_tribunal)
        assert list(Mandataire.objects.de_la_liste(tribunal)) == [ici]

    def test_le_successeur_la_reprend_et_chacun_n_y_est_qu_une_fois(
        self, tribunal: Tribunal, autre_tribunal: Tribunal
    ) -> None:
        des_deux = AgrementFactory(tribunal=tribunal).mandataire
        AgrementFactory(mandataire=des_deux, tribunal=autre_tribunal)
        du_ferme = AgrementFactory(tribunal=tribunal).mandataire
        Tribunal.objects.filter(pk=tribunal.pk).update(ferme_le=timezone.localdate(), successeur=autre_tribunal)
        liste = Mandataire.objects.de_la_liste(autre_tribunal).order_by("pk")
        assert list(liste) == [des_deux, du_ferme]


class TestDeclaration:
    def test_la_derniere_fait_le_total(self, service: User) -> None:
        mandataire = service.membre.mandataire
        declarer(mandataire=mandataire, nombre=1451, author=service)
        mandataire.charge.refresh_from_db()
        assert mandataire.disponibilite.en_cours == mandataire.charge.declare == 1451
        assert mandataire.charge.est_a_jour

    def test_effacer_la_derniere_rend_la_precedente(self, service: User) -> None:
        mandataire = service.membre.mandataire
        DeclarationFactory(mandataire=mandataire, nombre=9).delete()
        mandataire.charge.refresh_from_db()
        assert mandataire.charge.declare == 1450

    def test_un_service_qui_n_a_rien_declare(self) -> None:
        assert MandataireFactory(service=True).disponibilite.mot == "Mesures en cours non déclarées"

    def test_un_admin_ne_date_pas_la_mise_a_jour(self, service: User, admin: User) -> None:
        declarer(mandataire=service.membre.mandataire, nombre=10, author=admin)
        service.membre.mandataire.charge.refresh_from_db()
        assert service.membre.mandataire.charge.mise_a_jour_at is None

    def test_un_prepose_ne_declare_pas(self, prepose: User) -> None:
        with pytest.raises(ValueError, match="service"):
            declarer(mandataire=prepose.membre.mandataire, nombre=3, author=prepose)


def test_fraicheur(prepose: User) -> None:
    charge = prepose.membre.mandataire.charge
    charge.mise_a_jour_at = timezone.now() - timedelta(days=29)
    assert charge.est_a_jour
    charge.mise_a_jour_at = timezone.now() - timedelta(days=31)
    assert not charge.est_a_jour


def test_interruption(prepose: User) -> None:
    mandataire = prepose.membre.mandataire
    aujourd_hui = timezone.localdate()
    mandataire.indisponible_du, mandataire.indisponible_au = aujourd_hui, aujourd_hui
    assert mandataire.disponibilite.interrompu
    mandataire.indisponible_du = aujourd_hui + timedelta(days=1)
    mandataire.indisponible_au = None
    assert not mandataire.disponibilite.interrompu


def test_agrement_et_exercice_en_double_sont_refuses(prepose: User) -> None:
    mandataire = prepose.membre.mandataire
    agrement = mandataire.agrements.get()
    with pytest.raises(IntegrityError, match="agrement_en_vigueur_unique"), transaction.atomic():
        AgrementFactory(mandataire=mandataire, tribunal=agrement.tribunal)
    Agrement.objects.filter(pk=agrement.pk).update(au=timezone.localdate())
    AgrementFactory(mandataire=mandataire, tribunal=agrement.tribunal)
    exercice = mandataire.exercices.get()
    with pytest.raises(IntegrityError, match="exercice_en_cours_unique"), transaction.atomic():
        ExerciceFactory(mandataire=mandataire, etablissement=exercice.etablissement)
    for valeurs in (
        {"etablissement": None, "nom_libre": ""},
        {"etablissement": EtablissementFactory(), "nom_libre": "Autre"},
    ):
        with pytest.raises(IntegrityError, match="exercice_liste_ou_nom_libre"), transaction.atomic():
            Exercice.objects.filter(pk=exercice.pk).update(**valeurs)
