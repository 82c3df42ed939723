"""The answers to requests, their mails with every optional field empty (T6), and requests nobody answered."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.apps import apps
from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone
from procrastinate.contrib.django import app

from accounts.courriels import envoyer_courriel
from accounts.models import User
from mandataires.inscriptions import (
    JOURS_SANS_REPONSE,
    DemandeDejaTranchee,
    changer_acces,
    creer_service,
    refuser,
    valider,
)
from mandataires.models import Agrement, Charge, Exercice, Mandataire, Membre
from mandataires.purge import purger_demandes
from tests.accounts.taches import courriels_envoyes
from tests.factories import (
    AgrementFactory,
    ExerciceFactory,
    MandataireFactory,
    MembreFactory,
    MesureFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


def demande(jours: int = 0, **valeurs: object) -> Mandataire:
    """A request that has waited so many days, with all that sign-up writes."""
    mandataire = MandataireFactory(prepose=True, **{"valide_at": None, **valeurs})
    MembreFactory(user__is_active=False, mandataire=mandataire)
    AgrementFactory(mandataire=mandataire)
    ExerciceFactory(mandataire=mandataire)
    Mandataire.objects.filter(pk=mandataire.pk).update(created_at=timezone.now() - timedelta(days=jours))
    return mandataire


class TestReponses:
    def test_un_autre_qu_un_admin_ne_repond_pas(self, prepose: User, juge: User) -> None:
        mandataire = demande()
        for author in (prepose, juge, UserFactory(is_staff=True)):
            with pytest.raises(PermissionDenied):
                valider(mandataire=mandataire, author=author)
            with pytest.raises(PermissionDenied):
                refuser(mandataire=mandataire, motif="non", author=author)
            with pytest.raises(PermissionDenied):
                changer_acces(membre=mandataire.membres.get(), actif=True, author=author)
            with pytest.raises(PermissionDenied):
                creer_service(mandataire=Mandataire(nom="Service"), user=User(username="s"), author=author)
        mandataire.refresh_from_db()
        assert (mandataire.valide_at, mandataire.refuse_at) == (None, None)

    def test_valider_tous_ses_membres(self, admin: User) -> None:
        mandataire = demande()
        MembreFactory(mandataire=mandataire, user__is_active=False, user__email="")
        assert valider(mandataire=mandataire, author=admin)
        assert [membre.user.is_active for membre in mandataire.membres.all()] == [True, True]
        assert len(courriels_envoyes()) == 1, "no address, no mail"
        assert not valider(mandataire=mandataire, author=admin)
        assert len(courriels_envoyes()) == 1

    def test_un_refus_se_leve_expressement(self, admin: User) -> None:
        mandataire = demande()
        assert refuser(mandataire=mandataire, motif=" Hors du département ", author=admin)
        assert not refuser(mandataire=mandataire, motif="autre", author=admin)
        with pytest.raises(DemandeDejaTranchee):
            valider(mandataire=mandataire, author=admin)
        mandataire.refresh_from_db()
        assert (mandataire.refus_motif, mandataire.valide_at) == ("Hors du département", None)
        assert valider(mandataire=mandataire, author=admin, leve_refus=True)

    def test_un_valide_ne_se_refuse_pas(self, admin: User, prepose: User) -> None:
        with pytest.raises(DemandeDejaTranchee):
            refuser(mandataire=prepose.membre.mandataire, motif="non", author=admin)
        with pytest.raises(ValidationError):
            refuser(mandataire=demande(), motif=" \n", author=admin)

    def test_l_acces_attend_la_validation(self, admin: User) -> None:
        membre = demande().membres.get()
        with pytest.raises(DemandeDejaTranchee):
            changer_acces(membre=membre, actif=True, author=admin)
        assert not User.objects.get(pk=membre.user_id).is_active


class TestPurge:
    def test_ce_qui_attend_depuis_90_jours_est_oublie(self) -> None:
        vieille, recente = demande(JOURS_SANS_REPONSE + 1), demande(JOURS_SANS_REPONSE - 1)
        user_pk = vieille.membres.get().user_id
        purger_demandes(0)
        purger_demandes(0)
        assert list(Mandataire.objects.all()) == [recente]
        assert not User.objects.filter(pk=user_pk).exists()
        for modele in (Membre, Agrement, Exercice, Charge):
            assert modele.objects.count() == 1, modele
        assert User.objects.filter(membre__mandataire=recente).exists()

    def test_son_historique_aussi(self) -> None:
        vieille, recente = demande(JOURS_SANS_REPONSE + 1), demande()
        purger_demandes(0)
        historique = apps.get_model("mandataires", "MandataireHistorique")
        assert not historique.objects.filter(pgh_obj_id=vieille.pk).exists()
        assert historique.objects.filter(pgh_obj_id=recente.pk).exists()
        for nom in ("MembreHistorique", "AgrementHistorique", "ExerciceHistorique"):
            restants = apps.get_model("mandataires", nom).objects.values_list("mandataire_id", flat=True)
            assert set(restants) == {recente.pk}, nom

    def test_jamais_ce_qui_a_une_reponse(self, admin: User) -> None:
        gardees = [
            demande(200, valide_at=timezone.now()),
            demande(200, refuse_at=timezone.now(), refus_motif="non"),
        ]
        admise = demande(200)
        User.objects.filter(membre__mandataire=admise).update(is_active=True)
        purger_demandes(0)
        assert set(Mandataire.objects.all()) == {*gardees, admise}
        assert Membre.objects.count() == 3

    def test_jamais_ce_qui_a_des_mesures(self, caplog: pytest.LogCaptureFixture) -> None:
        avec_mesure, sans = demande(200, nom="Secret"), demande(201)
        MesureFactory(mandataire=avec_mesure, eteinte=True)
        purger_demandes(0)
        assert list(Mandataire.objects.all()) == [avec_mesure]
        assert not Mandataire.objects.filter(pk=sans.pk).exists()
        assert (avec_mesure.membres.count(), avec_mesure.agrements.count(), avec_mesure.exercices.count()) == (
            1,
            1,
            1,
        )
        assert str(avec_mesure.pk) in caplog.text
        assert "Secret" not in caplog.text

    def test_le_travailleur_la_connait(self) -> None:
        assert "mandataires.purge" in app.import_paths
        planifiees = {tache.task.name for tache in app.periodic_registry.periodic_tasks.values()}
        assert "mandataires.purge.purger_demandes" in planifiees


# --- Mails --------------------------------------------------------------------------------------------

DOSSIER = settings.BASE_DIR / "templates/mandataires/courriels"
LIEN = "https://emjpm.example.org/lien/"
CONTEXTES = {
    "demande_recue": {"jours": 90},
    "demande_a_examiner": {"jours": 90, "lien": LIEN, "mandataire": None},
    "demande_validee": {"identifiant": "dupont", "lien": LIEN},
    "demande_refusee": {"motif": "Hors du département"},
    "deja_inscrit": {"est_actif": True, "lien_oubli": LIEN},
}


@pytest.mark.parametrize("nom", CONTEXTES)
def test_courriel_avec_tout_ce_qui_est_facultatif_vide(nom: str) -> None:
    contexte = dict(CONTEXTES[nom])
    if "mandataire" in contexte:
        contexte["mandataire"] = Mandataire.objects.create(type="service", nom="Service")
    envoyer_courriel(destinataire="a@example.org", gabarit=f"mandataires/courriels/{nom}", contexte=contexte)
    (parti,) = courriels_envoyes()
    texte = f"{parti.subject}\n{parti.body}"
    for artefact in ("None", "null", "undefined", "localhost", "127.0.0.1", "1970", "{{", "{%", "&#", "&amp;"):
        assert artefact not in texte, artefact
    assert settings.PRODUCT_NAME in parti.subject
    assert settings.CONTACT_EMAIL in parti.body
    assert (f"\n{LIEN}\n" in parti.body) == (LIEN in contexte.values())


def test_chaque_gabarit_est_essaye() -> None:
    fichiers = {chemin.name.removesuffix("_objet.txt") for chemin in DOSSIER.glob("de*_objet.txt")}
    assert fichiers == set(CONTEXTES)
