"""A portfolio that changes hands, and comes back: the services."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pghistory
import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from mandataires.models import Charge, Declaration, Mandataire, Presence
from mandataires.services import decaler_total_declare
from mesures.compteurs import derives
from mesures.enums import Statut
from mesures.models import Mesure, Transfert, TransfertLigne
from mesures.services import VersionPerimee, eteindre, modifier
from mesures.transferts import (
    Selection,
    SelectionChangee,
    TransfertRefuse,
    annuler_transfert,
    apercevoir,
    intactes,
    reperer,
    transferer,
)
from mesures.transitions import TransitionInterdite
from tests.accounts.taches import courriels_envoyes
from tests.conftest import mandataire_de
from tests.factories import (
    CommuneFactory,
    DeclarationFactory,
    MandataireFactory,
    MembreFactory,
    MesureFactory,
    UserFactory,
)
from tests.mesures.test_concurrence import ensemble
from tribunaux.models import Tribunal

pytestmark = pytest.mark.django_db


@pytest.fixture
def de(prepose: User, tribunal: Tribunal, autre_tribunal: Tribunal) -> Mandataire:
    """A préposé with three ongoing mesures, an ended one, and reservations in every state."""
    mandataire = mandataire_de(prepose)
    MesureFactory(mandataire=mandataire, tribunal=autre_tribunal, numero_rg="22/00004", numero_dossier="Dos-4")
    MesureFactory(mandataire=mandataire, numero_dossier="Dos-5")
    MesureFactory(mandataire=mandataire, tribunal=tribunal, numero_rg="21/00001", eteinte=True)
    for etat in ("en_attente", "expiree", "refusee", "annulee"):
        MesureFactory(mandataire=mandataire, tribunal=tribunal, **{etat: True})
    return mandataire


@pytest.fixture
def vers(prepose_voisin: User) -> Mandataire:
    return mandataire_de(prepose_voisin)


@pytest.fixture
def donner(admin: User) -> Callable[..., Transfert]:
    """Transfer as somebody who has just read the preview."""

    def donner(de: Mandataire, vers: Mandataire, motif: str = "", **criteres: Any) -> Transfert:
        selection = Selection(de=de.pk, **criteres)
        apercu = apercevoir(selection.mesures(), de=de, vers=vers)
        return transferer(
            selection=selection,
            vers=vers,
            empreinte=apercu.empreinte,
            motif=motif,
            author=admin,
        )

    return donner


@pytest.fixture
def rendre(admin: User) -> Callable[..., Transfert]:
    def rendre(transfert: Transfert, laisse_les_autres: bool = False) -> Transfert:
        apercu = apercevoir(intactes(transfert), de=transfert.vers, vers=transfert.de)
        return annuler_transfert(
            transfert=transfert,
            empreinte=apercu.empreinte,
            laisse_les_autres=laisse_les_autres,
            author=admin,
        )

    return rendre


Donner = Callable[..., Transfert]


def etats(mandataire: Mandataire) -> list[str]:
    return sorted(Mesure.objects.filter(mandataire=mandataire).values_list("statut", flat=True))


def charge(mandataire: Mandataire) -> tuple[int, int, int | None]:
    ligne = Charge.objects.get(pk=mandataire.pk)
    return ligne.en_cours, ligne.en_attente, ligne.declare


# --- A transfer ----------------------------------------------------------------------------------------


def test_les_mesures_en_cours_changent_de_mains(
    de: Mandataire, vers: Mandataire, admin: User, donner: Donner
) -> None:
    moments = set(Charge.objects.order_by("pk").values_list("pk", "mise_a_jour_at"))
    transfert = donner(de, vers, motif="Départ en retraite")
    assert (transfert.de, transfert.vers, transfert.nombre) == (de, vers, 3)
    assert (transfert.motif, transfert.by, transfert.annule_at) == ("Départ en retraite", admin, None)
    assert etats(de) == ["annulee", "en_attente", "eteinte", "expiree", "refusee"]
    assert etats(vers) == ["en_cours"] * 4
    assert (charge(de), charge(vers)) == ((0, 1, None), (4, 0, None))
    assert not Presence.objects.filter(mandataire=de).exists()
    assert derives() == []
    deplacees = Mesure.objects.filter(transferts__transfert=transfert)
    assert set(deplacees.values_list("version", "transferts__version")) == {(1, 1)}
    assert set(Charge.objects.order_by("pk").values_list("pk", "mise_a_jour_at")) == moments


def test_les_eteintes_suivent_si_on_le_dit(de: Mandataire, vers: Mandataire, donner: Donner) -> None:
    assert donner(de, vers, avec_eteintes=True).nombre == 4
    assert etats(de) == ["annulee", "en_attente", "expiree", "refusee"]
    assert etats(vers) == ["en_cours"] * 4 + ["eteinte"]
    assert derives() == []


def test_ce_qui_attend_de_renouveler_une_mesure_partie_reste_et_prend_une_place(
    de: Mandataire, vers: Mandataire, autre_tribunal: Tribunal, donner: Donner
) -> None:
    """It was reserved with one person; under the number of the other mesure, which is no longer theirs."""
    ancienne = Mesure.objects.get(numero_rg="22/00004")
    renouvellement = MesureFactory(
        en_attente=True, mandataire=de, tribunal=autre_tribunal, numero_rg="22/00004", renouvelle=ancienne
    )
    assert Charge.objects.get(pk=de.pk).renouvellements == 1
    donner(de, vers, tribunal=autre_tribunal.pk)
    renouvellement.refresh_from_db()
    ancienne.refresh_from_db()
    assert (ancienne.mandataire, renouvellement.mandataire) == (vers, de)
    assert (renouvellement.renouvelle, renouvellement.version) == (None, 1)
    charge = Charge.objects.get(pk=de.pk)
    assert (charge.en_attente, charge.renouvellements) == (2, 0)
    assert derives() == []


def test_l_annulation_rend_son_renouvellement_a_la_mesure(
    de: Mandataire, vers: Mandataire, autre_tribunal: Tribunal, donner: Donner, admin: User
) -> None:
    """Under the same RG, which would hold the mesure back."""
    ancienne = Mesure.objects.get(numero_rg="22/00004")
    renouvellement = MesureFactory(
        en_attente=True, mandataire=de, tribunal=autre_tribunal, numero_rg="22/00004", renouvelle=ancienne
    )
    transfert = donner(de, vers)
    apercu = apercevoir(intactes(transfert), de=vers, vers=de, annule=transfert)
    assert apercu.nombre_doublons == 0
    annuler_transfert(transfert=transfert, empreinte=apercu.empreinte, laisse_les_autres=False, author=admin)
    renouvellement.refresh_from_db()
    ancienne.refresh_from_db()
    assert (ancienne.mandataire, renouvellement.renouvelle, renouvellement.version) == (de, ancienne, 2)
    assert Charge.objects.get(pk=de.pk).renouvellements == 1
    assert derives() == []


def test_l_historique_de_chaque_mesure_dit_qui(
    de: Mandataire, vers: Mandataire, admin: User, donner: Donner
) -> None:
    with pghistory.context(user=admin.pk):
        transfert = donner(de, vers)
    for ligne in transfert.lignes.order_by("pk"):
        dernier = ligne.mesure.historique.order_by("-pgh_id").select_related("pgh_context")[0]
        assert (dernier.mandataire_id, dernier.version) == (vers.pk, 1)
        assert dernier.pgh_context.metadata == {"user": admin.pk}


@pytest.mark.parametrize("critere", ["tribunal", "etablissement", "commune"])
def test_une_partie_par_critere(
    de: Mandataire, vers: Mandataire, autre_tribunal: Tribunal, donner: Donner, critere: str
) -> None:
    choisie = Mesure.objects.get(mandataire=de, numero_dossier="Dos-4")
    autre = MesureFactory(
        mandataire=de, lieu_vie="etablissement", etablissement_nom="", etablissement=None, commune=CommuneFactory()
    )
    if critere == "etablissement":
        choisie = MesureFactory(
            mandataire=de,
            lieu_vie="etablissement",
            etablissement=mandataire_de_etablissement(de),
        )
    valeurs = {
        "tribunal": autre_tribunal.pk,
        "etablissement": choisie.etablissement_id,
        "commune": choisie.commune_id,
    }
    transfert = donner(de, vers, **{critere: valeurs[critere]})
    assert list(transfert.lignes.values_list("mesure", flat=True)) == [choisie.pk]
    autre.refresh_from_db()
    assert autre.mandataire == de


def mandataire_de_etablissement(mandataire: Mandataire) -> Any:
    return mandataire.exercices.get().etablissement


def test_un_tribunal_ferme_est_lu_sous_celui_qui_lui_succede(
    de: Mandataire, vers: Mandataire, tribunal: Tribunal, autre_tribunal: Tribunal, donner: Donner
) -> None:
    Tribunal.objects.filter(pk=autre_tribunal.pk).update(ferme_le=date(2024, 1, 1), successeur=tribunal)
    apercu = apercevoir(Selection(de=de.pk).mesures(), de=de, vers=vers)
    assert [(ligne.tribunal, ligne.en_cours) for ligne in apercu.lignes] == [
        (tribunal.libelle, 2),
        ("Sans tribunal", 1),
    ]
    assert donner(de, vers, tribunal=tribunal.pk).nombre == 2


def test_les_totaux_declares_suivent(
    de: Mandataire, service: User, admin: User, donner: Donner, rendre: Donner
) -> None:
    association, autre = mandataire_de(service), MandataireFactory(service=True)
    transfert = donner(de, association, avec_eteintes=True)
    assert charge(association) == (3, 0, 1453)  # the ended one counts in no load
    declaration = Declaration.objects.get(mandataire=association, nombre=1453)
    assert (declaration.origine, declaration.by) == (Declaration.Origine.TRANSFERT, admin)
    donner(association, autre)
    assert charge(association) == (0, 0, 1450)
    assert charge(autre) == (3, 0, None), "a total that was never declared stays unknown"
    rendre(Transfert.objects.get(de=association))
    assert charge(association) == (3, 0, 1453)
    assert derives() == []
    assert transfert.nombre == 4


@pytest.fixture
def petit(autre_tribunal: Tribunal) -> Mandataire:
    """A service that has declared 2 and carries 5: its total stops at 0 when they leave."""
    mandataire = MandataireFactory(service=True)
    DeclarationFactory(mandataire=mandataire, nombre=30)
    DeclarationFactory(mandataire=mandataire, nombre=2)
    MesureFactory.create_batch(5, mandataire=mandataire, tribunal=autre_tribunal)
    return mandataire


def test_un_total_arrete_a_zero_revient_a_ce_qu_il_etait(
    petit: Mandataire, service: User, donner: Donner, rendre: Donner
) -> None:
    association = mandataire_de(service)
    transfert = donner(petit, association)
    assert (charge(petit), charge(association)) == ((0, 0, 0), (5, 0, 1455))
    transfert = Transfert.objects.select_related("de__charge", "vers__charge").get(pk=transfert.pk)
    apercu = apercevoir(intactes(transfert), de=transfert.vers, vers=transfert.de, annule=transfert)
    assert [(e.avant.en_cours, e.apres.en_cours) for e in apercu.effets] == [(1455, 1450), (0, 2)]
    rendre(transfert)
    assert (charge(petit), charge(association)) == ((5, 0, 2), (0, 0, 1450))


@pytest.mark.parametrize(("restent", "total"), [(1, 2), (3, 2), (4, 1)])
def test_un_total_ne_reprend_que_ce_qui_revient(
    petit: Mandataire, vers: Mandataire, donner: Donner, rendre: Donner, restent: int, total: int
) -> None:
    transfert = donner(petit, vers)
    touchees = transfert.lignes.values_list("mesure", flat=True)[:restent]
    Mesure.objects.filter(pk__in=list(touchees)).update(version=2)
    rendre(transfert, laisse_les_autres=True)
    assert charge(petit) == (5 - restent, 0, total)


def test_un_total_declare_depuis_le_transfert_suit_tout_ce_qui_revient(
    petit: Mandataire, vers: Mandataire, donner: Donner, rendre: Donner
) -> None:
    transfert = donner(petit, vers)
    DeclarationFactory(mandataire=petit, nombre=40)
    rendre(transfert)
    assert charge(petit) == (5, 0, 45)


def test_un_total_inconnu_lors_du_transfert_puis_declare(
    petit: Mandataire, vers: Mandataire, donner: Donner, rendre: Donner
) -> None:
    Declaration.objects.filter(mandataire=petit).delete()
    transfert = donner(petit, vers)
    assert (transfert.declaration_de, charge(petit)) == (None, (0, 0, None))
    DeclarationFactory(mandataire=petit, nombre=1)
    rendre(transfert)
    assert charge(petit) == (5, 0, 6)


def test_defaire_puis_refaire_laisse_un_total_arrete_a_zero(service: User) -> None:
    """What an ended mesure, put back, then ended again does to a declared total of 0."""
    association = mandataire_de(service)
    DeclarationFactory(mandataire=association, nombre=0)
    fait: Declaration | None = None
    for ecart, origine in ((-1, "extinction"), (+1, "reactivation"), (-1, "extinction"), (+1, "reactivation")):
        fait = decaler_total_declare(
            mandataire=association,
            ecart=ecart,
            author=service,
            origine=Declaration.Origine(origine),
            annule=fait,
        )
        assert fait is not None
        assert charge(association)[2] == 0
    decaler_total_declare(
        mandataire=association, ecart=+1, author=service, origine=Declaration.Origine.REACTIVATION
    )
    assert charge(association)[2] == 1, "what undoes nothing moves the total"


def test_un_service_qui_compte_ses_mesures_ne_declare_rien(de: Mandataire, donner: Donner) -> None:
    service = MandataireFactory(service=True, source_total="mesures")
    DeclarationFactory(mandataire=service, nombre=10)
    donner(de, service)
    assert charge(service) == (3, 0, 10)


def test_un_transfert_de_mesures_eteintes_ne_declare_rien(service: User, vers: Mandataire, donner: Donner) -> None:
    association = mandataire_de(service)
    MesureFactory(mandataire=association, eteinte=True)
    donner(association, vers, avec_eteintes=True)
    assert charge(association) == (0, 0, 1450)
    assert all(courriel.body.count("/mesures/eteintes/") == 1 for courriel in courriels_envoyes())


# --- Mails -----------------------------------------------------------------------------------------------


def test_les_deux_cotes_sont_prevenus(de: Mandataire, vers: Mandataire, donner: Donner, rendre: Donner) -> None:
    inactif = MembreFactory(mandataire=vers, user__is_active=False)
    second = MembreFactory(mandataire=vers)
    transfert = donner(de, vers)
    parti, *recus = courriels_envoyes()
    assert parti.to == ["prepose@example.org"]
    assert [courriel.to for courriel in recus] == [["prepose_voisin@example.org"], [second.user.email]]
    assert inactif.user.email not in str([courriel.to for courriel in recus])
    assert parti.subject == f"e-MJPM : 3 mesures ont été transférées à {vers}"
    assert "de votre compte à celui de Camille Prepose_Voisin. Elles ne figurent plus" in parti.body
    assert "Vos réservations en attente (1) ne sont pas transférées" in parti.body
    assert recus[0].subject == "e-MJPM : 3 mesures vous ont été transférées"
    assert "du compte de Camille Prepose au vôtre" in recus[0].body
    for courriel in (parti, *recus):
        assert f"\n{settings.BASE_URL}/mesures/\n" in courriel.body
        for personnel in ("22/0000", "1962", "Dos-", "Calais", "None", "{{", "&#"):
            assert personnel not in courriel.subject + courriel.body
    rendre(transfert)
    part, _, revient = courriels_envoyes()[3:]
    assert part.subject == f"e-MJPM : 3 mesures reviennent à {de}"
    assert "reviennent à Camille Prepose et ne figurent plus dans vos listes" in part.body
    assert "réservations" not in part.body
    assert revient.subject == "e-MJPM : 3 mesures vous reviennent"
    assert "à celui de Camille Prepose_Voisin a été annulé" in revient.body


def test_une_seule_mesure_se_dit_au_singulier(
    vers: Mandataire, individuel: User, donner: Donner, rendre: Donner
) -> None:
    rendre(donner(mandataire_de(individuel), vers))
    sujets = [courriel.subject.removeprefix("e-MJPM : ") for courriel in courriels_envoyes()]
    assert sujets == [
        f"1 mesure a été transférée à {vers}",
        "1 mesure vous a été transférée",
        "1 mesure revient à Camille Individuel",
        "1 mesure vous revient",
    ]
    corps = [courriel.body for courriel in courriels_envoyes()]
    assert "Elle ne figure plus dans vos listes" in corps[0]
    assert "Elle est dès maintenant dans vos listes, avec son historique" in corps[1]
    assert "réservations" not in corps[0]


# --- Refusals: nothing moves --------------------------------------------------------------------------------


@pytest.fixture
def rien_ne_bouge(de: Mandataire, vers: Mandataire) -> Any:
    """Around a test: what was before is after, and nobody is written to."""
    avant = (etats(de), etats(vers), charge(de), charge(vers))
    yield
    assert (etats(de), etats(vers), charge(de), charge(vers)) == avant
    assert not TransfertLigne.objects.exists()
    assert courriels_envoyes() == []


@pytest.mark.usefixtures("rien_ne_bouge")
def test_un_rg_que_l_autre_a_deja(
    de: Mandataire, vers: Mandataire, tribunal: Tribunal, autre_tribunal: Tribunal, donner: Donner
) -> None:
    Mesure.objects.filter(mandataire=vers).update(numero_rg=" 22/00001 ")
    apercu = apercevoir(Selection(de=de.pk).mesures(), de=de, vers=vers)
    assert [(ligne.tribunal, ligne.en_cours) for ligne in apercu.doublons] == [(tribunal.libelle, 1)]
    with pytest.raises(TransfertRefuse, match=r"1 mesure en cours a un numéro RG que .* a déjà"):
        donner(de, vers)
    # The court of the other one is merged into this one.
    Mesure.objects.filter(mandataire=vers).update(tribunal=autre_tribunal)
    assert apercevoir(Selection(de=de.pk).mesures(), de=de, vers=vers).doublons == []
    Tribunal.objects.filter(pk=autre_tribunal.pk).update(ferme_le=date(2024, 1, 1), successeur=tribunal)
    with pytest.raises(TransfertRefuse, match="numéro RG"):
        donner(de, vers)


def test_un_rg_pris_par_une_mesure_eteinte_ne_gene_pas(de: Mandataire, vers: Mandataire, donner: Donner) -> None:
    Mesure.objects.filter(mandataire=vers).update(
        numero_rg="22/00001", statut=Statut.ETEINTE, date_extinction=date(2024, 1, 1)
    )
    assert donner(de, vers).nombre == 3


@pytest.mark.usefixtures("rien_ne_bouge")
def test_une_cible_qui_n_est_pas_validee(de: Mandataire, donner: Donner) -> None:
    with pytest.raises(TransfertRefuse, match="n'est pas validé"):
        donner(de, MandataireFactory(valide_at=None))


@pytest.mark.usefixtures("rien_ne_bouge")
def test_vers_soi_meme_ou_rien(de: Mandataire, vers: Mandataire, donner: Donner) -> None:
    with pytest.raises(TransfertRefuse, match="d'un mandataire à un autre"):
        donner(de, de)
    with pytest.raises(TransfertRefuse, match="Aucune mesure"):
        donner(de, vers, pks=())


@pytest.mark.usefixtures("rien_ne_bouge")
@pytest.mark.parametrize("persona", ["prepose", "juge", "equipe_sans_droit"])
def test_seul_un_administrateur_transfere(
    de: Mandataire,
    vers: Mandataire,
    request: pytest.FixtureRequest,
    persona: str,
) -> None:
    author = UserFactory(is_staff=True) if persona == "equipe_sans_droit" else request.getfixturevalue(persona)
    selection = Selection(de=de.pk)
    empreinte = apercevoir(selection.mesures(), de=de, vers=vers).empreinte
    with pytest.raises(PermissionDenied, match="Seul un administrateur"):
        transferer(selection=selection, vers=vers, empreinte=empreinte, motif="", author=author)


@pytest.mark.parametrize("changement", ["de_plus", "une_autre", "eteinte", "une_autre_cible"])
def test_ce_qui_a_ete_montre_est_ce_qui_bouge(
    de: Mandataire, vers: Mandataire, admin: User, changement: str
) -> None:
    selection = Selection(de=de.pk, avec_eteintes=True)
    cible = MandataireFactory() if changement == "une_autre_cible" else vers
    empreinte = apercevoir(selection.mesures(), de=de, vers=vers).empreinte
    if changement in ("de_plus", "une_autre"):
        MesureFactory(mandataire=de)
    if changement == "une_autre":  # the same number, but not the same mesures
        Mesure.objects.get(mandataire=de, numero_dossier="Dos-5").delete()
    if changement == "eteinte":
        Mesure.objects.filter(mandataire=de, numero_dossier="Dos-5").update(
            statut=Statut.ETEINTE, date_extinction=date(2024, 1, 1)
        )
    with pytest.raises(SelectionChangee, match="rien n'a été fait"):
        transferer(selection=selection, vers=cible, empreinte=empreinte, motif="", author=admin)
    assert not Transfert.objects.exists()
    assert etats(vers) == ["en_cours"]


def test_deux_apercus_d_une_mesure_ne_se_reconnaissent_pas(de: Mandataire, vers: Mandataire) -> None:
    mesure = Mesure.objects.get(mandataire=de, numero_dossier="Dos-4")
    par_lieu = Selection(de=de.pk, commune=mesure.commune_id, tribunal=mesure.tribunal_id)
    assert list(par_lieu.mesures()) == [mesure]
    empreintes = {
        apercevoir(selection.mesures(), de=de, vers=vers).empreinte
        for selection in (par_lieu, Selection(de=de.pk, pks=(mesure.pk,)), par_lieu)
    }
    assert len(empreintes) == 3


@pytest.mark.usefixtures("rien_ne_bouge")
@pytest.mark.parametrize("empreinte", ["", "-", "abc", "sel-abc", "é-é"])
def test_une_empreinte_inventee_est_refusee(de: Mandataire, vers: Mandataire, admin: User, empreinte: str) -> None:
    with pytest.raises(SelectionChangee):
        transferer(selection=Selection(de=de.pk), vers=vers, empreinte=empreinte, motif="", author=admin)


def test_la_base_refuse_un_transfert_qui_n_en_est_pas_un(de: Mandataire, vers: Mandataire, donner: Donner) -> None:
    with pytest.raises(IntegrityError, match="transfert_de_l_un_a_l_autre"), transaction.atomic():
        Transfert.objects.create(de=de, vers=de, nombre=1)
    with pytest.raises(IntegrityError, match="transfert_non_vide"), transaction.atomic():
        Transfert.objects.create(de=de, vers=vers, nombre=0)
    transfert = donner(de, vers)
    with pytest.raises(IntegrityError, match="transfert_annulation"), transaction.atomic():
        Transfert.objects.filter(pk=transfert.pk).update(annule_by=transfert.by)
    with pytest.raises(Exception, match="Cannot update"), transaction.atomic():
        Transfert.objects.filter(pk=transfert.pk).update(nombre=2)


# --- Numbers that a MJPM gives ----------------------------------------------------------------------------


def test_reperer(de: Mandataire, tribunal: Tribunal, autre_tribunal: Tribunal) -> None:
    MesureFactory(mandataire=de, tribunal=tribunal, numero_rg="77/00001")
    MesureFactory(mandataire=de, tribunal=autre_tribunal, numero_rg="77/00001")
    court = MesureFactory(mandataire=de, tribunal=tribunal, numero_rg="12345", numero_dossier="")
    par_rg = Mesure.objects.get(mandataire=de, numero_rg="22/00004").pk
    sans_rg = Mesure.objects.get(mandataire=de, numero_dossier="Dos-5").pk
    reperage = reperer(
        [" 22/00004", "dos-4", "DOS-5", "00012345", "22/00002", "77/00001", "0"],
        parmi=Selection(de=de.pk).mesures(),
    )
    assert set(reperage.pks) == {par_rg, sans_rg, court.pk}
    assert reperage.inconnus == ["22/00002", "0"]
    assert reperage.ambigus == ["77/00001"]
    toutes = Selection(de=de.pk).mesures()
    tranche = reperer(["77/00001", "22/00004"], parmi=toutes, tribunal=tribunal.pk)
    assert set(tranche.pks) == {Mesure.objects.get(numero_rg="77/00001", tribunal=tribunal).pk, par_rg}
    ailleurs = reperer(["77/00001"], parmi=toutes, tribunal=tribunal.pk + autre_tribunal.pk)
    assert (ailleurs.pks, ailleurs.ambigus) == ((), ["77/00001"])


# --- What an admin is told ----------------------------------------------------------------------------------


def test_l_apercu_dit_ce_qui_changerait(
    de: Mandataire, tribunal: Tribunal, autre_tribunal: Tribunal, service: User
) -> None:
    vers = MandataireFactory(nom="Cible", capacite=2, indisponible_du=date(2020, 1, 1))
    apercu = apercevoir(Selection(de=de.pk, avec_eteintes=True).mesures(), de=de, vers=vers)
    assert [(ligne.tribunal, ligne.en_cours, ligne.eteintes) for ligne in apercu.lignes] == [
        (tribunal.libelle, 1, 1),
        (autre_tribunal.libelle, 1, 0),
        ("Sans tribunal", 1, 0),
    ]
    assert (apercu.nombre, apercu.en_cours, apercu.eteintes) == (4, 3, 1)
    assert [(ligne.tribunal, ligne.en_cours) for ligne in apercu.reservations] == [(tribunal.libelle, 1)]
    assert [(e.avant.rapport, e.apres.rapport) for e in apercu.effets] == [
        ("3 / 60", "0 / 60"),
        ("0 / 2", "3 / 2"),
    ]
    assert apercu.avertissements == [
        "Personne ne peut se connecter pour Camille Cible : ses mesures ne seraient vues de personne.",
        f"Camille Cible n'a pas d'agrément pour « {tribunal.libelle} » (1 mesure en cours).",
        f"Camille Cible n'a pas d'agrément pour « {autre_tribunal.libelle} » (1 mesure en cours).",
        "Camille Cible : indisponible.",
        "Camille Cible serait au-delà de sa capacité : dépassement de 1.",
    ]
    tranquille = apercevoir(Selection(de=de.pk, pks=()).mesures(), de=de, vers=mandataire_de(service))
    assert tranquille.avertissements == []


# --- Undone ---------------------------------------------------------------------------------------------------


def test_annuler_rend_tout(de: Mandataire, vers: Mandataire, admin: User, donner: Donner, rendre: Donner) -> None:
    avant = (etats(de), etats(vers), charge(de), charge(vers))
    transfert = rendre(donner(de, vers, avec_eteintes=True))
    assert (etats(de), etats(vers), charge(de), charge(vers)) == avant
    assert (transfert.annule_by, transfert.annule_nombre) == (admin, 4)
    assert transfert.annule_at is not None
    assert set(Mesure.objects.filter(transferts__transfert=transfert).values_list("version", flat=True)) == {2}
    assert derives() == []
    with pytest.raises(TransfertRefuse, match="déjà été annulé"):
        rendre(transfert)


def test_ce_qui_a_change_depuis_ne_revient_pas_en_silence(
    de: Mandataire, vers: Mandataire, prepose_voisin: User, donner: Donner, rendre: Donner
) -> None:
    transfert = donner(de, vers)
    finie, supprimee, intacte = Mesure.objects.filter(transferts__transfert=transfert).order_by("pk")
    eteindre(pk=finie.pk, date_extinction=date(2024, 1, 1), motif="", version=1, author=prepose_voisin)
    supprimee.delete()
    with pytest.raises(TransfertRefuse, match="confirmez qu'elles ne reviennent pas"):
        rendre(transfert)
    assert not Mesure.objects.en_cours().filter(mandataire=de).exists()
    assert rendre(transfert, laisse_les_autres=True).annule_nombre == 1
    assert list(Mesure.objects.en_cours().filter(mandataire=de)) == [intacte]
    finie.refresh_from_db()
    assert (finie.mandataire, finie.statut) == (vers, Statut.ETEINTE)
    assert derives() == []


def test_ce_qui_est_reparti_ailleurs_ne_revient_pas(
    de: Mandataire, vers: Mandataire, individuel: User, donner: Donner, rendre: Donner
) -> None:
    transfert = donner(de, vers)
    suivant = donner(vers, mandataire_de(individuel))
    with pytest.raises(TransfertRefuse, match="aucune ne peut revenir"):
        rendre(transfert, laisse_les_autres=True)
    rendre(suivant)
    with pytest.raises(TransfertRefuse, match="aucune ne peut revenir"):
        rendre(transfert, laisse_les_autres=True)
    assert donner(vers, de).nombre == 4, "a new transfer is the way back"


def test_un_rg_repris_entre_temps_empeche_le_retour(
    de: Mandataire, vers: Mandataire, tribunal: Tribunal, donner: Donner, rendre: Donner
) -> None:
    transfert = donner(de, vers)
    MesureFactory(mandataire=de, tribunal=tribunal, numero_rg="22/00001")
    with pytest.raises(TransfertRefuse, match=f"que {de} a déjà"):
        rendre(transfert)
    transfert.refresh_from_db()
    assert transfert.annule_at is None


def test_l_annulation_ne_rend_que_ce_qui_a_ete_montre(
    de: Mandataire, vers: Mandataire, admin: User, donner: Donner
) -> None:
    transfert = donner(de, vers)
    empreinte = apercevoir(intactes(transfert), de=vers, vers=de).empreinte
    Mesure.objects.filter(mandataire=vers, numero_dossier="Dos-5").update(version=2)
    with pytest.raises(SelectionChangee):
        annuler_transfert(transfert=transfert, empreinte=empreinte, laisse_les_autres=True, author=admin)
    assert etats(vers) == ["en_cours"] * 4


def test_seul_un_administrateur_annule(de: Mandataire, vers: Mandataire, prepose: User, donner: Donner) -> None:
    transfert = donner(de, vers)
    with pytest.raises(PermissionDenied):
        annuler_transfert(transfert=transfert, empreinte="", laisse_les_autres=True, author=prepose)


def test_une_mesure_supprimee_quitte_le_transfert(de: Mandataire, vers: Mandataire, donner: Donner) -> None:
    transfert = donner(de, vers)
    Mesure.objects.filter(transferts__transfert=transfert).first().delete()  # type: ignore[union-attr]
    assert (transfert.lignes.count(), Transfert.objects.get().nombre) == (2, 3)


def test_un_administrateur_qui_part_laisse_son_acte(
    de: Mandataire, vers: Mandataire, admin: User, donner: Donner, rendre: Donner
) -> None:
    rendre(donner(de, vers))
    admin.delete()
    transfert = Transfert.objects.get()
    assert (transfert.by, transfert.annule_by, transfert.annule_nombre) == (None, None, 3)


# --- Sizes and races ---------------------------------------------------------------------------------------


def test_le_nombre_de_requetes_ne_depend_pas_du_nombre_de_mesures(
    de: Mandataire, vers: Mandataire, service: User, donner: Donner, rendre: Donner
) -> None:
    def cout() -> tuple[int, int]:
        with CaptureQueriesContext(connection) as aller:
            transfert = donner(de, mandataire_de(service), avec_eteintes=True)
        with CaptureQueriesContext(connection) as retour:
            rendre(transfert)
        return len(aller), len(retour)

    cout()
    peu = cout()
    commune = CommuneFactory()
    MesureFactory.create_batch(40, mandataire=de, commune=commune)
    MesureFactory.create_batch(20, mandataire=de, commune=commune, eteinte=True)
    assert cout() == peu


def test_rien_n_est_joint_que_le_planificateur_croirait_petit(
    de: Mandataire, vers: Mandataire, donner: Donner, rendre: Donner
) -> None:
    """Thousands of rows that have just moved have no statistics: a join of them compares each with each."""
    with CaptureQueriesContext(connection) as requetes:
        rendre(donner(de, vers))
    sql = [requete["sql"].replace('"', "") for requete in requetes.captured_queries]
    assert [texte for texte in sql if "mesures_transfertligne" in texte]
    jointes = [texte for texte in sql if "mesures_transfertligne" in texte and "mesures_mesure" in texte]
    assert jointes == []
    assert [
        texte for texte in sql if texte.count("mesures_mesure ") > 1 or "EXISTS(" in texte.replace(" ", "")
    ] == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("essai", range(3))
def test_deux_transferts_du_meme_portefeuille(
    de: Mandataire, vers: Mandataire, individuel: User, donner: Donner, essai: int
) -> None:
    cibles = [vers, mandataire_de(individuel)]
    avant = [charge(cible)[0] for cible in cibles]
    selection = Selection(de=de.pk)

    def acte(cible: Mandataire, empreinte: str) -> Callable[[], object]:
        author = User.objects.get(username="admin")
        return lambda: transferer(selection=selection, vers=cible, empreinte=empreinte, motif="", author=author)

    issues = ensemble(
        *[acte(cible, apercevoir(selection.mesures(), de=de, vers=cible).empreinte) for cible in (*cibles, vers)]
    )
    faits = [issue for issue in issues if isinstance(issue, Transfert)]
    refus = [issue for issue in issues if isinstance(issue, SelectionChangee)]
    assert (len(faits), len(refus)) == (1, 2), issues
    apres = [charge(cible)[0] for cible in cibles]
    assert sorted(a - b for a, b in zip(apres, avant, strict=True)) == [0, 3]
    assert derives() == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("essai", range(3))
def test_deux_transferts_croises_ne_s_attendent_pas_l_un_l_autre(
    de: Mandataire, vers: Mandataire, admin: User, essai: int
) -> None:
    def acte(source: Mandataire, cible: Mandataire) -> Callable[[], object]:
        selection = Selection(
            de=source.pk, pks=tuple(Mesure.objects.filter(mandataire=source).values_list("pk", flat=True))
        )
        empreinte = apercevoir(selection.mesures(), de=source, vers=cible).empreinte
        return lambda: transferer(selection=selection, vers=cible, empreinte=empreinte, motif="", author=admin)

    issues = ensemble(acte(de, vers), acte(vers, de))
    assert all(isinstance(issue, Transfert) for issue in issues), issues
    assert (charge(de)[0], charge(vers)[0]) == (1, 3)
    assert derives() == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("essai", range(3))
def test_un_transfert_contre_une_fin(
    de: Mandataire, vers: Mandataire, prepose: User, admin: User, donner: Donner, essai: int
) -> None:
    mesure = Mesure.objects.get(mandataire=de, numero_dossier="Dos-5")
    selection = Selection(de=de.pk)
    empreinte = apercevoir(selection.mesures(), de=de, vers=vers).empreinte
    author = User.objects.get(pk=prepose.pk)
    transfert, fin = ensemble(
        lambda: transferer(selection=selection, vers=vers, empreinte=empreinte, motif="", author=admin),
        lambda: eteindre(pk=mesure.pk, date_extinction=date(2024, 1, 31), motif="", version=0, author=author),
    )
    mesure.refresh_from_db()
    if isinstance(transfert, Transfert):
        assert isinstance(fin, (VersionPerimee, TransitionInterdite, PermissionDenied)), fin
        assert (mesure.mandataire, mesure.statut) == (vers, Statut.EN_COURS)
    else:
        assert isinstance(transfert, SelectionChangee), transfert
        assert (mesure.mandataire, mesure.statut) == (de, Statut.ETEINTE)
    assert derives() == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("essai", range(3))
def test_un_transfert_ne_s_annule_qu_une_fois(
    de: Mandataire, vers: Mandataire, admin: User, donner: Donner, essai: int
) -> None:
    transfert = donner(de, vers)
    empreinte = apercevoir(intactes(transfert), de=vers, vers=de).empreinte

    def annuler() -> object:
        return annuler_transfert(transfert=transfert, empreinte=empreinte, laisse_les_autres=True, author=admin)

    issues = ensemble(annuler, annuler)
    refus = [issue for issue in issues if isinstance(issue, TransfertRefuse)]
    assert len(refus) == 1, issues
    assert "déjà été annulé" in str(refus[0])
    assert (charge(de)[0], charge(vers)[0]) == (3, 1)


def test_un_formulaire_ouvert_avant_le_transfert_est_perime(
    de: Mandataire, vers: Mandataire, prepose_voisin: User, donner: Donner
) -> None:
    mesure = Mesure.objects.get(mandataire=de, numero_dossier="Dos-5")
    donner(de, vers)
    mesure.cabinet = "2"
    mesure.mandataire = vers
    with pytest.raises(VersionPerimee):
        modifier(mesure=mesure, version=0, author=prepose_voisin)
