from __future__ import annotations

from datetime import date, timedelta

import pghistory
import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from accounts.models import User
from mandataires.models import Declaration, Mandataire
from mesures.compteurs import derives
from mesures.historique import evenements
from mesures.models import Mesure
from mesures.services import VersionPerimee, enregistrer, eteindre, modifier, reactiver, retablir, supprimer
from mesures.transitions import TransitionInterdite
from tests.factories import DeclarationFactory, EtablissementFactory, MesureFactory, UserFactory
from tribunaux.models import Tribunal

pytestmark = pytest.mark.django_db

PLUS_DANS_LA_LISTE = "n'est plus dans votre liste : elle a été supprimée ou transférée"


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

    def test_dit_qu_elle_est_partie(self, prepose: User, prepose_voisin: User) -> None:
        """Transferred while its form was open, which holds its new version by chance or not."""
        mesure = Mesure.objects.get(mandataire__membres__user=prepose)
        Mesure.objects.filter(pk=mesure.pk).update(mandataire=prepose_voisin.membre.mandataire, version=1)
        for version in (0, 1):
            with pytest.raises(TransitionInterdite, match=PLUS_DANS_LA_LISTE):
                modifier(mesure=mesure, version=version, author=prepose)

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
        assert erreur.value.messages == [
            (
                "La mesure en cours 22/00001 (curatelle renforcée, décidée le 15 mars 2021) a déjà ce numéro RG : "
                "si c'est une erreur, corrigez d'abord le sien."
            )
        ]

    def test_reactiver_un_rg_reserve_depuis(self, prepose: User, tribunal: Tribunal) -> None:
        mandataire = prepose.membre.mandataire
        ancienne = MesureFactory(mandataire=mandataire, tribunal=tribunal, numero_rg="24/7", eteinte=True)
        MesureFactory(mandataire=mandataire, tribunal=tribunal, numero_rg="00024/7", nature="maj", en_attente=True)
        with pytest.raises(ValidationError) as erreur:
            reactiver(pk=ancienne.pk, version=0, author=prepose)
        assert (
            "La mesure en attente 00024/7 (mesure d'accompagnement judiciaire (MAJ), réservée par le tribunal)"
            in erreur.value.messages[0]
        )

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

    def test_un_autre_ne_peut_pas(self, prepose: User, prepose_voisin: User, juge: User) -> None:
        mesure = Mesure.objects.get(mandataire__membres__user=prepose)
        with pytest.raises(PermissionDenied):
            eteindre(pk=mesure.pk, date_extinction=date(2024, 1, 31), motif="", version=0, author=juge)
        with pytest.raises(TransitionInterdite, match=PLUS_DANS_LA_LISTE):
            eteindre(pk=mesure.pk, date_extinction=date(2024, 1, 31), motif="", version=0, author=prepose_voisin)


FIN = {"date_extinction": date(2024, 1, 31), "motif": "deces"}


class TestRetablir:
    @pytest.fixture
    def mesure(self, prepose: User) -> Mesure:
        return Mesure.objects.get(mandataire__membres__user=prepose)

    def test_apres_une_fin(self, prepose: User, mesure: Mesure) -> None:
        eteindre(pk=mesure.pk, **FIN, version=0, author=prepose)
        acte = retablir(pk=mesure.pk, version=1, author=prepose)
        mesure.refresh_from_db()
        assert (mesure.statut, mesure.date_extinction, mesure.motif_extinction) == ("en_cours", None, "")
        assert mesure.version == acte.mesure.version == 2
        assert en_cours(mesure.mandataire) == 1

    def test_apres_une_reactivation_la_fin_revient_de_l_historique(self, prepose: User, mesure: Mesure) -> None:
        eteindre(pk=mesure.pk, **FIN, version=0, author=prepose)
        reactiver(pk=mesure.pk, version=1, author=prepose)
        retablir(pk=mesure.pk, version=2, author=prepose)
        mesure.refresh_from_db()
        assert (mesure.statut, mesure.date_extinction) == ("eteinte", date(2024, 1, 31))
        assert mesure.motif_extinction == "deces"
        assert en_cours(mesure.mandataire) == 0

    def test_deux_fois_de_suite(self, prepose: User, mesure: Mesure) -> None:
        eteindre(pk=mesure.pk, **FIN, version=0, author=prepose)
        retablir(pk=mesure.pk, version=1, author=prepose)
        with pytest.raises(VersionPerimee):
            retablir(pk=mesure.pk, version=1, author=prepose)
        # A « Rétablir » is itself a reactivation, and may be undone.
        retablir(pk=mesure.pk, version=2, author=prepose)
        mesure.refresh_from_db()
        assert (mesure.statut, mesure.date_extinction) == ("eteinte", date(2024, 1, 31))

    def test_pas_si_elle_a_change_depuis(self, prepose: User, mesure: Mesure) -> None:
        eteindre(pk=mesure.pk, **FIN, version=0, author=prepose)
        reactiver(pk=mesure.pk, version=1, author=prepose)
        mesure.refresh_from_db()
        mesure.annee_naissance = 1970
        modifier(mesure=mesure, version=2, author=prepose)
        with pytest.raises(VersionPerimee):
            retablir(pk=mesure.pk, version=2, author=prepose)

    def test_ni_un_enregistrement_ni_une_modification(self, prepose: User, mesure: Mesure) -> None:
        with pytest.raises(TransitionInterdite, match="rien à rétablir"):
            retablir(pk=mesure.pk, version=0, author=prepose)
        mesure.annee_naissance = 1970
        modifier(mesure=mesure, version=0, author=prepose)
        with pytest.raises(TransitionInterdite, match="rien à rétablir"):
            retablir(pk=mesure.pk, version=1, author=prepose)
        mesure.refresh_from_db()
        assert mesure.statut == "en_cours"

    def test_une_mesure_enregistree_eteinte_n_a_pas_d_acte_avant(self, prepose: User) -> None:
        mesure = MesureFactory(mandataire=prepose.membre.mandataire, eteinte=True)
        with pytest.raises(TransitionInterdite, match="rien à rétablir"):
            retablir(pk=mesure.pk, version=0, author=prepose)

    def test_un_rg_repris_depuis_la_fin(self, prepose: User, mesure: Mesure, tribunal: Tribunal) -> None:
        eteindre(pk=mesure.pk, **FIN, version=0, author=prepose)
        MesureFactory(mandataire=mesure.mandataire, tribunal=tribunal, numero_rg=mesure.numero_rg)
        with pytest.raises(ValidationError, match="a déjà ce numéro RG"):
            retablir(pk=mesure.pk, version=1, author=prepose)

    def test_le_total_declare_d_un_service_suit(self, service: User) -> None:
        mesure = MesureFactory(mandataire=service.membre.mandataire)
        eteindre(pk=mesure.pk, **FIN, version=0, author=service)
        acte = retablir(pk=mesure.pk, version=1, author=service)
        assert acte.declaration is not None
        assert acte.declaration.nombre == 1450
        acte = retablir(pk=mesure.pk, version=2, author=service)
        assert acte.declaration is not None
        assert acte.declaration.nombre == 1449

    def test_un_total_arrete_a_zero_y_reste(self, service: User) -> None:
        mesure = MesureFactory(mandataire=service.membre.mandataire)
        DeclarationFactory(mandataire=mesure.mandataire, nombre=0, by=service)
        eteindre(pk=mesure.pk, **FIN, version=0, author=service)
        totaux = [retablir(pk=mesure.pk, version=version, author=service).declaration for version in (1, 2, 3)]
        assert [declaration and declaration.nombre for declaration in totaux] == [0, 0, 0]

    def test_chaque_acte_rend_ce_qu_il_a_pris(self, service: User) -> None:
        """The first end took the total from 1 to 0, the second nothing; whatever is undone first."""
        premiere, seconde = MesureFactory.create_batch(2, mandataire=service.membre.mandataire)
        DeclarationFactory(mandataire=premiere.mandataire, nombre=1, by=service)
        for mesure in (premiere, seconde):
            eteindre(pk=mesure.pk, **FIN, version=0, author=service)
        totaux = [retablir(pk=m.pk, version=1, author=service).declaration for m in (seconde, premiere)]
        assert [declaration and declaration.nombre for declaration in totaux] == [0, 1]

    def test_reactiver_n_est_pas_retablir(self, service: User) -> None:
        """A mesure put back later is one more, wherever the total had stopped."""
        mesure = MesureFactory(mandataire=service.membre.mandataire)
        DeclarationFactory(mandataire=mesure.mandataire, nombre=0, by=service)
        eteindre(pk=mesure.pk, **FIN, version=0, author=service)
        acte = reactiver(pk=mesure.pk, version=1, author=service)
        assert acte.declaration is not None
        assert acte.declaration.nombre == 1

    def test_le_depart_d_un_utilisateur_n_est_pas_un_acte(self, prepose: User) -> None:
        parti = UserFactory()
        mesure = MesureFactory(
            mandataire=prepose.membre.mandataire,
            reserve_at=timezone.now(),
            repondu_at=timezone.now(),
            repondu_by=parti,
        )
        eteindre(pk=mesure.pk, **FIN, version=0, author=prepose)
        parti.delete()
        assert mesure.historique.count() == 3
        assert [evenement.acte for evenement in evenements(mesure)] == ["Mesure éteinte", "Mesure enregistrée"]
        acte = retablir(pk=mesure.pk, version=1, author=prepose)
        assert acte.mesure.statut == "en_cours"

    def test_un_autre_ne_peut_pas(self, prepose: User, prepose_voisin: User, mesure: Mesure) -> None:
        eteindre(pk=mesure.pk, **FIN, version=0, author=prepose)
        with pytest.raises(TransitionInterdite, match=PLUS_DANS_LA_LISTE):
            retablir(pk=mesure.pk, version=1, author=prepose_voisin)


class TestSupprimer:
    @pytest.mark.parametrize("eteinte", [False, True])
    def test_elle_ne_compte_plus_et_son_histoire_reste(self, prepose: User, eteinte: bool) -> None:
        mandataire = prepose.membre.mandataire
        mesure = MesureFactory(mandataire=mandataire, eteinte=eteinte)
        avant = en_cours(mandataire)
        with pghistory.context(user=prepose.pk):
            supprimer(pk=mesure.pk, version=0, author=prepose)
        assert not Mesure.objects.filter(pk=mesure.pk).exists()
        assert en_cours(mandataire) == avant - (not eteinte)
        assert derives() == []
        assert timezone.now() - mandataire.charge.mise_a_jour_at < timedelta(seconds=10)
        trace = Mesure.historique.rel.related_model.objects.filter(pgh_obj_id=mesure.pk).order_by("pgh_id")
        assert [etat.pgh_label for etat in trace] == ["insert", "delete"]
        assert trace[1].pgh_context.metadata == {"user": prepose.pk}
        assert trace[1].annee_naissance == mesure.annee_naissance

    def test_le_total_declare_d_un_service_ne_bouge_pas(self, service: User) -> None:
        mesure = MesureFactory(mandataire=service.membre.mandataire)
        supprimer(pk=mesure.pk, version=0, author=service)
        service.membre.mandataire.charge.refresh_from_db()
        assert service.membre.mandataire.charge.declare == 1450

    def test_pas_si_elle_a_change_depuis(self, prepose: User) -> None:
        mesure = Mesure.objects.get(mandataire__membres__user=prepose)
        modifier(mesure=mesure, version=0, author=prepose)
        with pytest.raises(VersionPerimee):
            supprimer(pk=mesure.pk, version=0, author=prepose)

    @pytest.mark.parametrize(
        ("valeurs", "phrase"),
        [
            ({"en_attente": True}, "est en attente"),
            ({"refusee": True}, "est refusée"),
            ({"reserve_at": timezone.now(), "repondu_at": timezone.now()}, "réservation d'un tribunal"),
        ],
    )
    def test_ce_qui_vient_d_une_reservation_reste(
        self, prepose: User, tribunal: Tribunal, valeurs: dict[str, object], phrase: str
    ) -> None:
        mesure = MesureFactory(mandataire=prepose.membre.mandataire, **valeurs)
        with pytest.raises(TransitionInterdite, match=phrase):
            supprimer(pk=mesure.pk, version=0, author=prepose)

    def test_ce_qu_une_autre_renouvelle_reste(self, prepose: User) -> None:
        mesure = MesureFactory(mandataire=prepose.membre.mandataire, eteinte=True)
        MesureFactory(mandataire=prepose.membre.mandataire, renouvelle=mesure)
        with pytest.raises(TransitionInterdite, match="renouvelle"):
            supprimer(pk=mesure.pk, version=0, author=prepose)

    @pytest.mark.parametrize("statut", ["refusee", "annulee", "expiree"])
    def test_un_renouvellement_sans_suite_ne_la_retient_pas(self, prepose: User, statut: str) -> None:
        mesure = Mesure.objects.get(mandataire__membres__user=prepose)
        reservation = MesureFactory(mandataire=mesure.mandataire, renouvelle=mesure, **{statut: True})
        supprimer(pk=mesure.pk, version=0, author=prepose)
        reservation.refresh_from_db()
        assert (reservation.renouvelle, reservation.version) == (None, 0)
        assert [acte.acte for acte in evenements(reservation)] == ["Mesure enregistrée"], "nobody acted on it"

    def test_un_autre_ne_peut_pas(self, prepose: User, prepose_voisin: User, juge: User) -> None:
        mesure = Mesure.objects.get(mandataire__membres__user=prepose)
        with pytest.raises(PermissionDenied):
            supprimer(pk=mesure.pk, version=0, author=juge)
        with pytest.raises(TransitionInterdite, match=PLUS_DANS_LA_LISTE):
            supprimer(pk=mesure.pk, version=0, author=prepose_voisin)
        assert Mesure.objects.filter(pk=mesure.pk).exists()

    def test_agir_sur_ce_qui_n_est_plus(self, prepose: User) -> None:
        mesure = Mesure.objects.get(mandataire__membres__user=prepose)
        supprimer(pk=mesure.pk, version=0, author=prepose)
        with pytest.raises(TransitionInterdite, match="supprimée ou transférée"):
            eteindre(pk=mesure.pk, **FIN, version=0, author=prepose)


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


def test_chaque_champ_se_lit_en_francais(prepose: User, tribunal: Tribunal, autre_tribunal: Tribunal) -> None:
    mandataire = prepose.membre.mandataire
    mesure = MesureFactory(
        mandataire=mandataire, tribunal=tribunal, commune=tribunal.commune, code_postal="62100", nature="tutelle"
    )
    etablissement = EtablissementFactory(nom="EHPAD Les Oyats")
    apres = {
        "date_decision": date(2022, 2, 1),
        "nature": "maj",
        "champ": "biens",
        "code_postal": "62000",
        "commune": autre_tribunal.commune,
        "genre": "H",
        "annee_naissance": 1970,
        "lieu_vie": "etablissement",
        "etablissement": etablissement,
        "tribunal": autre_tribunal,
        "cabinet": "2",
        "numero_rg": "24/00042",
        "numero_dossier": "D-7",
    }
    for champ, valeur in apres.items():
        setattr(mesure, champ, valeur)
    modifier(mesure=mesure, version=0, author=prepose)
    assert [str(changement) for changement in evenements(mesure)[0].changements] == [
        "date de décision : « 15/03/2021 » devient « 01/02/2022 »",
        "type de mesure : « Tutelle » devient « Mesure d'accompagnement judiciaire (MAJ) »",
        "champ : « aux biens » ajouté",
        "code postal : « 62100 » devient « 62000 »",
        "commune : « Calais (62) » devient « Arras (62) »",
        "genre : « Femme » devient « Homme »",
        "année de naissance : « 1962 » devient « 1970 »",
        "lieu de vie : « À domicile » devient « En établissement »",
        "établissement : « EHPAD Les Oyats » ajouté",
        "tribunal : « Tribunal de proximité de Calais (ancien TI) » devient « Tribunal judiciaire d'Arras »",
        "cabinet : « 2 » ajouté",
        "numéro RG : « 24/00042 » ajouté",
        "numéro de dossier : « D-7 » ajouté",
    ]


def test_une_validation_qui_ne_change_rien_le_dit(prepose: User) -> None:
    mesure = Mesure.objects.get(mandataire__membres__user=prepose)
    modifier(mesure=mesure, version=0, author=prepose)
    assert evenements(mesure)[0].acte == "Mesure validée sans changement"


def test_ce_qui_change_sans_acte_se_lit(prepose: User) -> None:
    """A correction of the site's team in the database bears no version."""
    mesure = Mesure.objects.get(mandataire__membres__user=prepose)
    Mesure.objects.filter(pk=mesure.pk).update(cabinet="7")
    dernier = evenements(mesure)[0]
    assert (dernier.acte, dernier.auteur) == ("Mesure modifiée", "e-MJPM (automatique)")
    assert list(map(str, dernier.changements)) == ["cabinet : « 7 » ajouté"]


def test_une_mesure_transferee(prepose: User, prepose_voisin: User, admin: User) -> None:
    """Written at once for many mesures, by an admin: see the transfer of a portfolio."""
    mesure = Mesure.objects.get(mandataire__membres__user=prepose)
    with pghistory.context(user=admin.pk):
        Mesure.objects.filter(pk=mesure.pk).update(mandataire=prepose_voisin.membre.mandataire, version=1)
    dernier = evenements(mesure)[0]
    assert (dernier.acte, dernier.auteur) == ("Mesure transférée", str(admin))
    assert [str(changement) for changement in dernier.changements] == [
        f"mandataire : « {prepose.membre.mandataire} » devient « {prepose_voisin.membre.mandataire} »"
    ]
