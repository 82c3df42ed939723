"""What becomes of each line of a file, before anything is written."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from mesures.echanges.phrases import dans_un_fichier
from mesures.echanges.rapprochement import LigneRapprochee, Rapprochement, Verdict, rapprocher
from mesures.echanges.references import Correspondances
from mesures.echanges.valeurs import Valeurs
from mesures.enums import LieuVie, Nature
from mesures.models import ImportLigne, Mesure
from mesures.purge import fin_la_plus_ancienne
from mesures.regles import Probleme
from mesures.services import enregistrer
from tests.conftest import mandataire_de
from tests.factories import (
    AgrementFactory,
    CommuneFactory,
    DepartementFactory,
    EtablissementFactory,
    ExerciceFactory,
    MesureFactory,
    TribunalFactory,
)
from tests.mesures.echanges.aides import FIN, SIRET_INCONNU, jour, ligne_type, lues
from tribunaux.models import Commune, Tribunal

pytestmark = pytest.mark.django_db

Juger = Callable[..., LigneRapprochee]
Alerte = ImportLigne.Alerte


@pytest.fixture
def juger(prepose: User, tribunal: Tribunal) -> Juger:
    """The verdict on one line, right but for what the test says; `tribunal_siret` is the court of the préposé."""

    def juger(correspondances: Correspondances | None = None, **cellules: Any) -> LigneRapprochee:
        [ligne] = tout_juger(prepose, ligne_type(tribunal, **cellules), correspondances=correspondances).lignes
        return ligne

    return juger


def tout_juger(user: User, *lignes: dict[str, Any], **options: Any) -> Rapprochement:
    return rapprocher(lues(*lignes), mandataire_id=mandataire_de(user).pk, **options)


def codes(ligne: LigneRapprochee) -> list[tuple[str, str]]:
    return [(probleme.colonne, probleme.code) for probleme in ligne.problemes]


class TestVerdicts:
    def test_nouvelle(self, juger: Juger, tribunal: Tribunal, calais: Commune) -> None:
        ligne = juger(numero_rg="23/00007")
        assert ligne.verdict == Verdict.NOUVELLE
        assert ligne.avertissements == ()
        assert ligne.etat is not None
        assert (ligne.etat.tribunal_id, ligne.etat.commune_id, ligne.etat.code_postal) == (
            tribunal.pk,
            calais.pk,
            "62100",
        )

    def test_sans_rg_un_avertissement(self, juger: Juger) -> None:
        [phrase] = juger().avertissements
        assert "Sans numéro RG" in phrase

    @pytest.mark.parametrize("rg", ["22/12345", " 22/12345 "])
    def test_reconnue_par_son_rg(self, juger: Juger, prepose: User, tribunal: Tribunal, rg: str) -> None:
        mesure = MesureFactory(mandataire=mandataire_de(prepose), tribunal=tribunal, numero_rg="22/12345")
        ligne = juger(numero_rg=rg)
        assert ligne.verdict == Verdict.MODIFIEE
        assert ligne.connue is not None
        assert ligne.connue.pk == mesure.pk

    @pytest.mark.parametrize("rg", ["12345", "00012345", " 12345 ", 12345])
    def test_zeros_et_espaces_d_un_rg(self, juger: Juger, prepose: User, tribunal: Tribunal, rg: Any) -> None:
        """D7, D8: one number, and no change."""
        MesureFactory(mandataire=mandataire_de(prepose), tribunal=tribunal, numero_rg="00012345", nature="tutelle")
        ligne = juger(numero_rg=rg, ville="", code_postal="")
        assert (ligne.verdict, ligne.problemes) == (Verdict.INCHANGEE, ())

    def test_deux_tribunaux_ont_le_meme_rg(self, juger: Juger, prepose: User, autre_tribunal: Tribunal) -> None:
        MesureFactory(mandataire=mandataire_de(prepose), tribunal=autre_tribunal, numero_rg="12345")
        assert juger(numero_rg="12345").verdict == Verdict.NOUVELLE

    def test_la_mesure_d_un_autre_n_existe_pas(self, juger: Juger, prepose_voisin: User) -> None:
        autre = Mesure.objects.get(mandataire=mandataire_de(prepose_voisin))
        assert juger(numero_rg=autre.numero_rg).verdict == Verdict.NOUVELLE
        ligne, inconnue = juger(identifiant=autre.pk), juger(identifiant=10**9)
        assert codes(ligne) == codes(inconnue) == [("identifiant", "identifiant_inconnu")]
        assert ligne.problemes[0].message == inconnue.problemes[0].message.replace(str(10**9), str(autre.pk))

    def test_identifiant_avant_rg(self, juger: Juger, prepose: User) -> None:
        mesure = Mesure.objects.get(mandataire=mandataire_de(prepose))
        ligne = juger(identifiant=mesure.pk, numero_rg="99/1")
        assert ligne.verdict == Verdict.MODIFIEE
        assert "numéro RG : « 22/00001 » devient « 99/1 »" in map(str, ligne.changements)

    def test_changements_en_clair(self, juger: Juger, prepose: User, tribunal: Tribunal, calais: Commune) -> None:
        MesureFactory(
            mandataire=mandataire_de(prepose), tribunal=tribunal, numero_rg="1", commune=calais, nature="tutelle"
        )
        ligne = juger(numero_rg="1", type="curatelle simple aux biens", statut="éteinte", date_fin=jour(FIN))
        assert list(map(str, ligne.changements)) == [
            "statut : « en cours » devient « éteinte »",
            "type de mesure : « Tutelle » devient « Curatelle simple »",
            "champ : « aux biens » ajouté",
            f"date de fin de mandat : « {jour(FIN)} » ajouté",
        ]

    def test_une_cellule_vide_n_efface_rien(
        self, juger: Juger, prepose: User, tribunal: Tribunal, calais: Commune
    ) -> None:
        MesureFactory(
            mandataire=mandataire_de(prepose), tribunal=tribunal, numero_rg="1", commune=calais, nature="tutelle",
            champ="biens", cabinet="2", numero_dossier="A  B", date_terme=date(2027, 1, 1),
        )  # fmt: skip
        assert juger(numero_rg="1", tribunal_cabinet="").verdict == Verdict.INCHANGEE
        assert juger(numero_rg="1", numero_dossier="A B").verdict == Verdict.INCHANGEE
        assert juger(numero_rg="1", code_postal="", ville="").verdict == Verdict.INCHANGEE

    def test_deja_eteinte(self, juger: Juger, prepose: User, tribunal: Tribunal) -> None:
        MesureFactory(
            mandataire=mandataire_de(prepose), tribunal=tribunal, numero_rg="1", eteinte=True, nature="tutelle"
        )
        ligne = juger(numero_rg="1")
        assert ligne.verdict == Verdict.DEJA_ETEINTE
        assert ligne.problemes[0].message.startswith("Cette mesure est éteinte depuis le 30/06/2024")
        # Exported then imported, it says what it is.
        memes = {"ville": "", "code_postal": "", "statut": "éteinte", "date_fin": "30/06/2024"}
        assert juger(numero_rg="1", **memes).verdict == Verdict.INCHANGEE
        # Decided after the end: that is another mesure, as the form would take it.
        assert juger(numero_rg="1", date_nomination="01/07/2024").verdict == Verdict.NOUVELLE

    def test_un_renouvellement_et_celle_qui_a_fini(self, juger: Juger, prepose: User, tribunal: Tribunal) -> None:
        """Both bear one RG: the line of the ended one does not end the other."""
        moi = mandataire_de(prepose)
        suite = FIN + timedelta(days=1)
        nouvelle = MesureFactory(mandataire=moi, tribunal=tribunal, numero_rg="1", date_decision=suite)
        fin = {"statut": "éteinte", "date_fin": jour(FIN)}
        assert juger(numero_rg="1", **fin).verdict == Verdict.NOUVELLE
        ancienne = MesureFactory(
            mandataire=moi, tribunal=tribunal, numero_rg="1", eteinte=True, date_extinction=FIN
        )
        connues = [juger(numero_rg="1", **fin).connue, juger(numero_rg="1", date_nomination=jour(suite)).connue]
        assert [connue and connue.pk for connue in connues] == [ancienne.pk, nouvelle.pk]

    def test_reservee(self, juger: Juger, prepose: User, tribunal: Tribunal) -> None:
        reservation = MesureFactory(
            mandataire=mandataire_de(prepose), tribunal=tribunal, numero_rg="1", en_attente=True
        )
        for ligne in (juger(numero_rg="1"), juger(identifiant=reservation.pk)):
            assert (ligne.verdict, codes(ligne)) == (Verdict.RESERVEE, [("statut", "reservee")])

    def test_en_attente_sans_reservation(self, juger: Juger, prepose: User) -> None:
        """Nobody has reserved it: the page does not say that somebody did."""
        sienne = Mesure.objects.get(mandataire=mandataire_de(prepose))
        for ligne in (
            juger(numero_rg="9", statut="en attente"),
            juger(identifiant=sienne.pk, statut="en attente"),
        ):
            assert (ligne.verdict, codes(ligne)) == (Verdict.REJETEE, [("statut", "statut")])
        phrase = "Ce statut n'est pas accepté : une mesure en attente est réservée par un tribunal."
        assert juger(statut="en attente").problemes[0].message == phrase

    @pytest.mark.parametrize("etat", ["refusee", "annulee", "expiree"])
    def test_une_reservation_sans_suite_ne_prend_pas_le_rg(
        self, juger: Juger, prepose: User, tribunal: Tribunal, etat: str
    ) -> None:
        reservation = MesureFactory(
            mandataire=mandataire_de(prepose), tribunal=tribunal, numero_rg="1", **{etat: True}
        )
        assert juger(numero_rg="1").verdict == Verdict.NOUVELLE
        ligne = juger(identifiant=reservation.pk)
        assert (ligne.verdict, codes(ligne)) == (Verdict.REJETEE, [("statut", "reservee")])

    def test_un_renouvellement_attendu_empeche_la_fin(
        self, juger: Juger, prepose: User, tribunal: Tribunal
    ) -> None:
        """To end it would change the reservation."""
        mesure = MesureFactory(mandataire=mandataire_de(prepose), tribunal=tribunal, numero_rg="1")
        MesureFactory(
            mandataire=mesure.mandataire, tribunal=tribunal, numero_rg="1", en_attente=True, renouvelle=mesure
        )
        assert juger(numero_rg="1").verdict == Verdict.MODIFIEE
        fin = juger(numero_rg="1", statut="éteinte", date_fin=jour(FIN))
        assert codes(fin) == [("statut", "renouvellement")]

    def test_le_tribunal_qui_a_reserve_ne_se_change_pas(
        self, juger: Juger, prepose: User, tribunal: Tribunal, autre_tribunal: Tribunal
    ) -> None:
        mesure = MesureFactory(mandataire=mandataire_de(prepose), tribunal=tribunal, numero_rg="1")
        ailleurs = {"identifiant": mesure.pk, "numero_rg": "1", "tribunal_siret": autre_tribunal.siret}
        assert juger(**ailleurs).verdict == Verdict.MODIFIEE
        MesureFactory(mandataire=mesure.mandataire, tribunal=tribunal, en_attente=True, renouvelle=mesure)
        assert codes(juger(**ailleurs)) == [("tribunal_siret", "renouvellement")]
        Mesure.objects.filter(pk=mesure.pk).update(reserve_at=mesure.created_at, repondu_at=mesure.created_at)
        assert codes(juger(**ailleurs)) == [("tribunal_siret", "tribunal_reserve")]

    def test_une_fin_que_la_purge_detruirait_la_nuit_suivante(self, juger: Juger) -> None:
        limite = fin_la_plus_ancienne(timezone.localdate())
        assert juger(statut="éteinte", date_fin=jour(limite)).verdict == Verdict.NOUVELLE
        veille = limite - timedelta(days=1)
        assert codes(juger(statut="éteinte", date_fin=jour(veille))) == [("date_fin", "perimee")]

    def test_fin_et_en_cours_se_contredisent(self, juger: Juger) -> None:
        ligne = juger(statut="en cours", date_fin=jour(FIN), motif_fin="décès")
        assert codes(ligne) == [("date_fin", "contradiction"), ("motif_fin", "contradiction")]


class TestDoublesEtAbsentes:
    def test_le_meme_rg_deux_fois_dans_le_fichier(self, prepose: User, tribunal: Tribunal) -> None:
        """Neither is kept: the other, sent again alone, would change it into somebody else's."""
        lignes = tout_juger(
            prepose,
            ligne_type(tribunal, numero_rg="1"),
            ligne_type(tribunal, numero_rg="00000001", annee="1950"),
            ligne_type(tribunal, numero_rg="2"),
        ).lignes
        assert [ligne.verdict for ligne in lignes] == [Verdict.REJETEE, Verdict.REJETEE, Verdict.NOUVELLE]
        for ligne in lignes[:2]:
            assert codes(ligne) == [("numero_rg", "rg_pris")]
            phrase = "Les lignes 2 et 3 ont le même numéro RG dans ce tribunal : gardez-en une."
            assert ligne.problemes[0].message == phrase

    def test_une_ligne_a_corriger_ne_laisse_pas_sa_place(self, prepose: User, tribunal: Tribunal) -> None:
        """Corrected and sent alone, it would change the other."""
        bonne, fausse = tout_juger(
            prepose,
            ligne_type(tribunal, numero_rg="1"),
            ligne_type(tribunal, numero_rg="1", date_nomination="31/02/2021"),
        ).lignes
        assert (bonne.verdict, codes(bonne)) == (Verdict.REJETEE, [("numero_rg", "rg_pris")])
        assert set(codes(fausse)) == {("date_nomination", "date"), ("numero_rg", "rg_pris")}

    def test_deux_lignes_d_une_mesure_connue(self, prepose: User, tribunal: Tribunal) -> None:
        mesure = Mesure.objects.get(mandataire=mandataire_de(prepose))
        par_rg = ligne_type(tribunal, numero_rg=mesure.numero_rg)
        par_identifiant = ligne_type(tribunal, identifiant=mesure.pk)
        autre_rg = ligne_type(tribunal, identifiant=mesure.pk, numero_rg="8")
        for deux, code in (
            ((par_rg, {**par_rg, "annee": "1950"}), ("numero_rg", "rg_pris")),
            ((par_rg, par_identifiant), ("identifiant", "doublon")),
            ((par_rg, autre_rg), ("identifiant", "doublon")),
            ((par_identifiant, autre_rg), ("identifiant", "doublon")),
        ):
            rapprochement = tout_juger(prepose, *deux)
            assert [ligne.verdict for ligne in rapprochement.lignes] == [Verdict.REJETEE] * 2
            assert [codes(ligne) for ligne in rapprochement.lignes] == [[code]] * 2
            assert rapprochement.absentes == 0, "the file speaks of it"

    def test_la_meme_ligne_deux_fois(self, prepose: User, tribunal: Tribunal) -> None:
        """Exactly: the first is kept, whether or not a number names it."""
        for cellules in ({"numero_rg": "7"}, {"numero_rg": "22/00001"}, {}, {"numero_dossier": "D-1"}):
            premiere, seconde, troisieme = tout_juger(prepose, *[ligne_type(tribunal, **cellules)] * 3).lignes
            assert premiere.verdict in (Verdict.NOUVELLE, Verdict.MODIFIEE)
            for ligne in (seconde, troisieme):
                assert (ligne.verdict, codes(ligne)) == (Verdict.REJETEE, [("", "meme_ligne")])
                assert "ligne 2" in ligne.problemes[0].message
        trois = [ligne_type(tribunal, numero_rg="7")] * 2 + [ligne_type(tribunal, numero_rg="7", annee="1950")]
        lignes = tout_juger(prepose, *trois).lignes
        assert [codes(ligne) for ligne in lignes] == [[("numero_rg", "rg_pris")]] * 3
        assert "Les lignes 2, 3 et 4 ont" in lignes[0].problemes[0].message

    def test_un_groupe_de_lignes_se_dit_en_bref(self, prepose: User, tribunal: Tribunal) -> None:
        lignes = [ligne_type(tribunal, numero_rg="0", annee=1950 + n) for n in range(8)]
        message = tout_juger(prepose, *lignes).lignes[7].problemes[0].message
        assert message.startswith("Les lignes 2, 3, 4, 5 et 4 autres ont le même numéro RG")

    def test_deux_lignes_sans_rg_qui_se_confondent(self, prepose: User, tribunal: Tribunal) -> None:
        dossier = ligne_type(tribunal, numero_dossier="D-1")
        lignes = tout_juger(prepose, dossier, {**dossier, "type": "maj"}, ligne_type(tribunal)).lignes
        assert [codes(ligne) for ligne in lignes] == [[("", "doublon")], [("", "doublon")], []]
        assert "Les lignes 2 et 3 se confondent" in lignes[0].problemes[0].message

    def test_un_rg_et_ses_mesures_successives(self, prepose: User, tribunal: Tribunal) -> None:
        """One RG, three mandates of which two have ended: neither the first file nor the second mixes them up."""
        moi = mandataire_de(prepose)
        renouvelee, premiere_fin = FIN - timedelta(days=14), jour(FIN - timedelta(days=500))
        fichier = [
            ligne_type(tribunal, numero_rg="1", date_nomination=jour(renouvelee)),
            ligne_type(tribunal, numero_rg="1", statut="éteinte", date_fin=jour(FIN)),
            ligne_type(
                tribunal, numero_rg="1", date_nomination="01/01/2016", statut="éteinte", date_fin=premiere_fin
            ),
        ]
        premier = tout_juger(prepose, *fichier)
        assert [ligne.verdict for ligne in premier.lignes] == [Verdict.NOUVELLE] * 3
        nouvelle = MesureFactory(mandataire=moi, tribunal=tribunal, numero_rg="1", date_decision=renouvelee)
        lignes = tout_juger(prepose, *fichier).lignes
        assert [ligne.connue and ligne.connue.pk for ligne in lignes] == [nouvelle.pk, None, None]
        assert [ligne.verdict for ligne in lignes] == [Verdict.MODIFIEE, Verdict.NOUVELLE, Verdict.NOUVELLE]
        # Both ends of one mandate: that is the same one.
        deux = tout_juger(prepose, fichier[1], {**fichier[1], "statut": "en cours", "date_fin": ""}).lignes
        assert [codes(ligne) for ligne in deux] == [[("numero_rg", "rg_pris")]] * 2

    def test_la_suivante_attend_que_l_ancienne_finisse(self, prepose: User, tribunal: Tribunal) -> None:
        """Under one RG: the end is written, then the file of rejected lines adds what comes after."""
        moi = mandataire_de(prepose)
        ancienne = MesureFactory(mandataire=moi, tribunal=tribunal, numero_rg="1")
        suivante = ligne_type(tribunal, numero_rg="1", date_nomination=jour(FIN + timedelta(days=1)))
        fin, apres = tout_juger(
            prepose, ligne_type(tribunal, numero_rg="1", statut="éteinte", date_fin=jour(FIN)), suivante
        ).lignes
        assert (fin.verdict, fin.connue and fin.connue.pk) == (Verdict.MODIFIEE, ancienne.pk)
        assert (apres.connue, codes(apres)) == (None, [("numero_rg", "rg_pris")])
        assert apres.problemes[0].message.startswith("La ligne 2 met fin à la mesure qui a ce numéro RG")

    def test_un_rg_que_prend_une_autre_mesure(self, prepose: User, tribunal: Tribunal) -> None:
        moi = mandataire_de(prepose)
        autre = MesureFactory(mandataire=moi, tribunal=tribunal, numero_rg="1")
        [ligne] = tout_juger(prepose, ligne_type(tribunal, identifiant=autre.pk, numero_rg="22/00001")).lignes
        assert codes(ligne) == [("numero_rg", "rg_pris")]

    def test_absentes_et_comptes(self, prepose: User, tribunal: Tribunal) -> None:
        moi = mandataire_de(prepose)
        MesureFactory.create_batch(3, mandataire=moi)
        MesureFactory(mandataire=moi, eteinte=True)
        MesureFactory(mandataire=moi, en_attente=True)
        rapprochement = tout_juger(
            prepose,
            ligne_type(tribunal, numero_rg="22/00001", annee="x"),
            ligne_type(tribunal, numero_rg="77"),
        )
        assert rapprochement.chiffres() == {
            "lues": 2, "nouvelles": 1, "modifiees": 0, "inchangees": 0, "rejetees": 1, "absentes": 3,
        }  # fmt: skip


class TestAlertes:
    def test_la_personne_change(self, juger: Juger, prepose: User, tribunal: Tribunal) -> None:
        MesureFactory(mandataire=mandataire_de(prepose), tribunal=tribunal, numero_rg="1", cabinet="2")
        for cellules, phrase in (
            ({"civilite": "H", "annee": "1950"}, "Le genre et l'année de naissance changent"),
            ({"civilite": "H"}, "Le genre change"),
            ({"annee": "1950"}, "L'année de naissance change"),
        ):
            ligne = juger(numero_rg="1", **cellules)
            assert (ligne.verdict, ligne.alertes) == (Verdict.MODIFIEE, (Alerte.PERSONNE,))
            assert ligne.avertissements[0] == f"{phrase} : est-ce bien la même personne ?"
        assert juger(numero_rg="1", tribunal_cabinet="3").alertes == ()

    def test_la_fin_d_un_mandat(self, juger: Juger, prepose: User, tribunal: Tribunal) -> None:
        MesureFactory(mandataire=mandataire_de(prepose), tribunal=tribunal, numero_rg="1")
        fin = {"statut": "éteinte", "date_fin": jour(FIN)}
        ligne = juger(numero_rg="1", **fin)
        assert (ligne.alertes, ligne.avertissements) == (
            (Alerte.FIN,),
            (f"Cette ligne met fin à la mesure, le {jour(FIN)}.",),
        )
        assert juger(numero_rg="2", **fin).alertes == (), "it was never ongoing here"

    @pytest.mark.parametrize(
        ("numero", "dossier", "nom"),
        [("26/90305", "D-1", "RG 26/90305"), (None, "D-1", "dossier D-1"), (None, "", "décidée le 15/03/2021")],
    )
    def test_ressemble_a_une_mesure(
        self,
        juger: Juger,
        prepose: User,
        tribunal: Tribunal,
        calais: Commune,
        numero: str | None,
        dossier: str,
        nom: str,
    ) -> None:
        MesureFactory(
            mandataire=mandataire_de(prepose), tribunal=tribunal, commune=calais, numero_rg=numero,
            numero_dossier=dossier, genre="F", annee_naissance=1962, date_decision=date(2021, 3, 15),
        )  # fmt: skip
        for rg in ("7", ""):
            ligne = juger(numero_rg=rg)
            assert (ligne.verdict, ligne.alertes) == (Verdict.NOUVELLE, (Alerte.RESSEMBLE,))
            assert ligne.avertissements[0] == (
                f"Ressemble à une mesure que vous avez déjà ({nom}) : vérifiez qu'elle n'est pas en double."
            )
        for autre in ({"annee": "1963"}, {"civilite": "H"}, {"date_nomination": "16/03/2021"}):
            assert juger(numero_rg="7", **autre).alertes == ()

    def test_ne_ressemble_pas(self, prepose: User, tribunal: Tribunal, calais: Commune) -> None:
        """Neither an ended one, nor another's, nor one of which the file speaks too."""
        faits = {"genre": "F", "annee_naissance": 1962, "date_decision": date(2021, 3, 15), "commune": calais}
        MesureFactory(**faits)
        MesureFactory(mandataire=mandataire_de(prepose), eteinte=True, **faits)
        MesureFactory(mandataire=mandataire_de(prepose), tribunal=tribunal, numero_rg="1", **faits)
        lignes = tout_juger(
            prepose, ligne_type(tribunal, numero_rg="1"), ligne_type(tribunal, numero_rg="2")
        ).lignes
        assert [ligne.alertes for ligne in lignes] == [(), ()]

    def test_ressemble_a_une_reservation(self, juger: Juger, prepose: User, tribunal: Tribunal) -> None:
        faits = {"genre": "F", "annee_naissance": 1962, "nature": "tutelle", "tribunal": tribunal}
        moi = mandataire_de(prepose)
        MesureFactory(mandataire=moi, refusee=True, **faits)
        assert juger(numero_rg="7").alertes == ()
        MesureFactory(mandataire=moi, en_attente=True, numero_rg="26/1", **faits)
        ligne = juger(numero_rg="7")
        assert (ligne.verdict, ligne.alertes) == (Verdict.NOUVELLE, (Alerte.RESSEMBLE,))
        assert "qu'un tribunal vous a réservée (RG 26/1)" in ligne.avertissements[0]
        assert juger(numero_rg="7", type="maj").alertes == ()

    def test_un_tribunal_d_ailleurs(
        self, juger: Juger, prepose: User, tribunal: Tribunal, autre_tribunal: Tribunal
    ) -> None:
        moi = mandataire_de(prepose)
        ailleurs = {"numero_rg": "1", "tribunal_siret": autre_tribunal.siret}
        ligne = juger(**ailleurs)
        assert (ligne.alertes, ligne.avertissements) == (
            (Alerte.TRIBUNAL,),
            ("Ce tribunal n'est pas parmi les vôtres.",),
        )
        # It bears already what the line says, or the court was theirs before it closed.
        MesureFactory(mandataire=moi, tribunal=autre_tribunal, numero_rg="1", cabinet="2")
        assert juger(**ailleurs, tribunal_cabinet="3").alertes == ()
        Tribunal.objects.filter(pk=tribunal.pk).update(ferme_le=date(2024, 1, 1), successeur=autre_tribunal)
        assert juger(numero_rg="2", tribunal_siret=autre_tribunal.siret).alertes == ()
        moi.agrements.update(au=timezone.localdate())
        assert juger(numero_rg="2", tribunal_siret=autre_tribunal.siret).alertes == (Alerte.TRIBUNAL,)


class TestTribunaux:
    def test_un_tribunal_ferme_mene_a_son_successeur(
        self, juger: Juger, tribunal: Tribunal, autre_tribunal: Tribunal
    ) -> None:
        Tribunal.objects.filter(pk=tribunal.pk).update(ferme_le=date(2024, 1, 1), successeur=autre_tribunal)
        ligne = juger(numero_rg="23/1")
        assert ligne.etat is not None
        assert ligne.etat.tribunal_id == autre_tribunal.pk
        assert "a fermé" in ligne.avertissements[0]
        # What is recorded under the closed court is known, under both numbers, and not rewritten.
        for siret in (tribunal.siret, autre_tribunal.siret):
            connue = juger(numero_rg="22/00001", tribunal_siret=siret)
            assert connue.verdict == Verdict.MODIFIEE
            assert "tribunal" not in [changement.libelle for changement in connue.changements]

    def test_un_siret_inconnu_se_choisit_une_fois(self, prepose: User, tribunal: Tribunal) -> None:
        lignes = [ligne_type(None, numero_rg=n, tribunal_siret=SIRET_INCONNU) for n in (1, 2, 3)]
        rapprochement = tout_juger(prepose, *lignes)
        assert rapprochement.inconnus.en_json()["tribunaux"] == [{"siret": SIRET_INCONNU, "lignes": 3}]
        assert codes(rapprochement.lignes[0]) == [("tribunal_siret", "tribunal_inconnu")]
        choisi = tout_juger(
            prepose, *lignes, correspondances=Correspondances(tribunaux={SIRET_INCONNU: tribunal.pk})
        )
        assert {ligne.verdict for ligne in choisi.lignes} == {Verdict.NOUVELLE}
        assert choisi.inconnus.en_json()["tribunaux"] == []

    @pytest.mark.parametrize(
        "ecrit",
        [
            "Tribunal judiciaire d'Arras", "tribunal judiciaire arras", "TJ Arras", "tj d'ARRAS", "Arras",
            "TGI d'Arras", "Tribunal d'instance d'Arras", "Tribunal d'Arras",
        ],
    )  # fmt: skip
    def test_un_tribunal_par_son_nom(self, juger: Juger, autre_tribunal: Tribunal, ecrit: str) -> None:
        ligne = juger(tribunal=ecrit, tribunal_siret="", numero_rg="23/1")
        assert ligne.problemes == ()
        assert ligne.etat is not None
        assert ligne.etat.tribunal_id == autre_tribunal.pk
        assert ligne.lus["tribunal"] == "TJ Arras"

    @pytest.mark.parametrize(
        "ecrit",
        ["tprox calais", "TPRX Calais", "Tribunal de proximité de Calais (ancien TI)", "TI CALAIS", "calais"],
    )
    def test_un_tribunal_de_proximite(self, juger: Juger, tribunal: Tribunal, ecrit: str) -> None:
        ligne = juger(tribunal=ecrit, tribunal_siret="", numero_rg="23/1")
        assert ligne.etat is not None
        assert ligne.etat.tribunal_id == tribunal.pk

    @pytest.mark.parametrize("ecrit", ["TJ Calais", "TPROX Arras", "tribunal", "Cour d'appel de Douai", "?"])
    def test_un_tribunal_qui_ne_se_lit_pas_se_choisit(
        self, juger: Juger, prepose: User, tribunal: Tribunal, autre_tribunal: Tribunal, ecrit: str
    ) -> None:
        ligne = juger(tribunal=ecrit, tribunal_siret="", numero_rg="23/1")
        assert codes(ligne) == [("tribunal", "tribunal_inconnu")]
        assert f"« {ecrit} » : choisissez-le avant d'importer" in ligne.problemes[0].message
        # However it is written, it is one choice.
        lignes = [ligne_type(None, numero_rg=n, tribunal=t) for n, t in enumerate((ecrit, ecrit.upper()), start=1)]
        assert tout_juger(prepose, *lignes).inconnus.en_json()["tribunaux"] == [{"siret": ecrit, "lignes": 2}]
        choisi = tout_juger(prepose, *lignes, correspondances=Correspondances(tribunaux={ecrit: tribunal.pk}))
        assert {une.verdict for une in choisi.lignes} == {Verdict.NOUVELLE}
        assert choisi.inconnus.en_json()["tribunaux"] == []

    def test_deux_villes_du_meme_nom(self, juger: Juger, prepose: User, tribunal: Tribunal) -> None:
        DepartementFactory(code="93", nom="Seine-Saint-Denis")
        ici, la = (
            TribunalFactory(
                nom=f"Tribunal de proximité de Montreuil ({departement})",
                type=Tribunal.Type.PROXIMITE,
                commune=CommuneFactory(nom=nom, departement_id=departement),
            )
            for nom, departement in (("Montreuil-sur-Mer", "62"), ("Montreuil", "93"))
        )
        TribunalFactory(nom="Tribunal judiciaire de Montreuil", commune=CommuneFactory(nom="Montreuil"))
        for ecrit, attendu in (("TPROX Montreuil 93", la), ("Tribunal de proximité de Montreuil (62)", ici)):
            assert juger(tribunal=ecrit, tribunal_siret="", numero_rg="1").etat.tribunal_id == attendu.pk  # type: ignore[union-attr]
        assert codes(juger(tribunal="Montreuil", tribunal_siret="", numero_rg="1")) == [
            ("tribunal", "tribunal_inconnu")
        ]
        assert juger(tribunal="TPROX Montreuil", tribunal_siret="", numero_rg="1").etat.tribunal_id == la.pk  # type: ignore[union-attr]
        # The owner's own, of two.
        AgrementFactory(mandataire=mandataire_de(prepose), tribunal=la)
        assert juger(tribunal="Montreuil", tribunal_siret="", numero_rg="1").etat.tribunal_id == la.pk  # type: ignore[union-attr]

    def test_le_siret_passe_avant_le_nom(self, juger: Juger, tribunal: Tribunal, autre_tribunal: Tribunal) -> None:
        ligne = juger(tribunal="TJ Arras", numero_rg="1")
        assert ligne.etat is not None
        assert ligne.etat.tribunal_id == tribunal.pk
        assert ligne.avertissements[0].startswith("« TJ Arras » n'est pas le tribunal du SIRET, qui est pris")
        for accorde in ("TPROX Calais", "illisible"):
            assert juger(tribunal=accorde, numero_rg="1").avertissements == ()

    def test_sans_rg_le_nom_vaut_le_siret(self, prepose: User, tribunal: Tribunal) -> None:
        """The same line is the same mesure, whichever way its court is written."""
        nommee, numerotee = lues(
            ligne_type(None, tribunal="TPROX Calais"),
            ligne_type(tribunal, tribunal="Tribunal de proximité de Calais"),
        )
        moi = mandataire_de(prepose).pk
        un, deux = (rapprocher([ligne], mandataire_id=moi).lignes[0].empreinte for ligne in (nommee, numerotee))
        assert un == deux != ""

    def test_sans_tribunal_parmi_plusieurs_il_se_choisit(
        self, prepose: User, tribunal: Tribunal, autre_tribunal: Tribunal
    ) -> None:
        AgrementFactory(mandataire=mandataire_de(prepose), tribunal=autre_tribunal)
        lignes = [ligne_type(None, numero_rg=n) for n in (1, 2)] + [ligne_type(None)]
        resultat = tout_juger(prepose, *lignes)
        assert resultat.inconnus.en_json()["tribunaux"] == [{"siret": "", "lignes": 2}]
        assert [codes(ligne) for ligne in resultat.lignes] == [[("tribunal", "tribunal_inconnu")]] * 2 + [[]]
        choisi = tout_juger(prepose, *lignes, correspondances=Correspondances(tribunaux={"": autre_tribunal.pk}))
        assert [une.etat and une.etat.tribunal_id for une in choisi.lignes] == [autre_tribunal.pk] * 2 + [None]

    def test_un_rg_demande_son_tribunal(self, juger: Juger) -> None:
        ligne = juger(numero_rg="1", tribunal_siret="")
        assert ligne.verdict == Verdict.NOUVELLE
        assert ligne.avertissements[0].startswith("Le tribunal n'est pas écrit : nous avons pris le vôtre, « ")
        assert juger(tribunal_siret="").verdict == Verdict.NOUVELLE


class TestCommunes:
    @pytest.fixture(autouse=True)
    def _communes(self, db: None) -> None:
        CommuneFactory(nom="Paris", code_insee="75056", codes_postaux=["75001", "75011"])
        CommuneFactory(nom="Saint-Quentin", code_insee="02691", codes_postaux=["02100"])
        CommuneFactory(nom="Saint-Denis", code_insee="93066", codes_postaux=["93200", "93210"])
        CommuneFactory(nom="Saint-Denis", code_insee="97411", codes_postaux=["97400"])
        CommuneFactory(nom="Coulogne", code_insee="62239", codes_postaux=["62100", "62137"])
        CommuneFactory(nom="Bourg-en-Bresse", code_insee="01053", codes_postaux=["01000"])

    @pytest.mark.parametrize(
        ("code", "ville", "attendue"),
        [
            ("62100", "CALAIS", "62193"),
            ("75011", "Paris 11e arrondissement", "75056"),
            ("75011", "PARIS 11", "75056"),
            ("02100", "st quentin", "02691"),
            ("2100", "Saint Quentin", "02691"),
            (1000, "BOURG EN BRESSE", "01053"),
            ("62107", "Calais CEDEX", "62193"),
            ("93205", "Saint-Denis Cedex 1", "93066"),
            ("97405", "Saint-Denis", "97411"),
            ("62100", "Calais (62)", "62193"),
            ("02100", "", "02691"),
        ],
    )
    def test_trouvee(self, juger: Juger, calais: Commune, code: Any, ville: str, attendue: str) -> None:
        ligne = juger(code_postal=code, ville=ville)
        assert ligne.problemes == ()
        assert ligne.etat is not None
        assert ligne.etat.commune_id == attendue
        assert ligne.etat.code_postal == str(code).zfill(5)

    @pytest.mark.parametrize(
        ("code", "ville", "attendu"),
        [
            ("62100", "Calaix", ("ville", "inconnue")),
            ("62100", "", ("ville", "manque")),  # two communes have that code
            ("62100", "Paris", ("code_postal", "autre_commune")),
            ("62100", "Saint-Denis", ("code_postal", "plusieurs")),
            ("", "Saint-Denis", ("code_postal", "plusieurs")),
            ("", "Calais", ("code_postal", "manque")),
            ("2A004", "Calais", ("code_postal", "forme")),
            ("", "", ("ville", "manque")),
        ],
    )
    def test_refusee(self, juger: Juger, calais: Commune, code: str, ville: str, attendu: tuple[str, str]) -> None:
        assert attendu in codes(juger(code_postal=code, ville=ville))

    def test_ce_qui_est_deduit_ou_garde_est_dit(self, juger: Juger, calais: Commune) -> None:
        assert any("La ville manque" in phrase for phrase in juger(code_postal="02100", ville="").avertissements)
        assert any("62107" in phrase for phrase in juger(code_postal="62107").avertissements)
        assert "Calais, Coulogne" in juger(ville="Calaix").problemes[0].message

    @pytest.mark.parametrize(
        ("code", "ville", "phrase"),
        [
            ("62100", "", "Écrivez la ville : 62100 est le code de : Calais, Coulogne."),
            ("", "Calais", "Écrivez le code postal : Calais a le code 62100."),
            ("01000", "Coulogne", "01000 est le code de : Bourg-en-Bresse ; Coulogne a les codes 62100, 62137."),
            ("", "Saint-Denis", "Plusieurs communes s'appellent « Saint-Denis » : écrivez le code postal."),
            (
                "01000",
                "Saint-Denis",
                (
                    "Plusieurs communes s'appellent « Saint-Denis », et 01000 est le code de : Bourg-en-Bresse. "
                    "Écrivez le bon code."
                ),
            ),
        ],
    )
    def test_la_phrase_dit_ce_qui_va_ensemble(
        self, juger: Juger, calais: Commune, code: str, ville: str, phrase: str
    ) -> None:
        assert [probleme.message for probleme in juger(code_postal=code, ville=ville).problemes] == [phrase]

    @pytest.mark.parametrize(
        ("code", "ville"), [("62108 CEDEX", "Calais"), ("62108", "62108 CALAIS CEDEX 9"), ("62100", "calais (62)")]
    )
    def test_ce_qui_est_compris_a_le_nom_de_la_commune(
        self, juger: Juger, calais: Commune, code: str, ville: str
    ) -> None:
        ligne = juger(code_postal=code, ville=ville)
        assert (ligne.verdict, ligne.lus["commune"]) == (Verdict.NOUVELLE, "Calais")
        assert "commune" not in juger(code_postal="62100", ville="Calaix").lus

    def test_sans_domicile_fixe(self, juger: Juger) -> None:
        ligne = juger(residence="sdf", code_postal="", ville="")
        assert (ligne.verdict, ligne.etat and ligne.etat.commune_id) == (Verdict.NOUVELLE, None)


class TestEtablissements:
    def lu(self, ligne: LigneRapprochee) -> tuple[int | None, str]:
        assert ligne.problemes == ()
        assert ligne.etat is not None
        return ligne.etat.etablissement_id, ligne.etat.etablissement_nom

    def test_par_finess_par_nom_ou_en_toutes_lettres(self, juger: Juger, prepose: User, calais: Commune) -> None:
        finess = EtablissementFactory(finess="620100057", nom="EHPAD Les Dunes")
        sien = EtablissementFactory(nom="Résidence des Érables")
        EtablissementFactory(nom="Résidence des Érables")
        ExerciceFactory(mandataire=mandataire_de(prepose), etablissement=sien)
        voisin = EtablissementFactory(nom="Les Mouettes", commune=calais)
        EtablissementFactory(nom="Les Mouettes")
        EtablissementFactory.create_batch(2, nom="Les Acacias")
        ici = {"residence": "en établissement"}
        assert self.lu(juger(finess="620100057", **ici)) == (finess.pk, "")
        assert self.lu(juger(etablissement="ehpad les DUNES", **ici)) == (finess.pk, "")
        assert self.lu(juger(etablissement="residence des erables", **ici)) == (sien.pk, "")
        assert self.lu(juger(etablissement="Les Mouettes", **ici)) == (voisin.pk, "")
        assert self.lu(juger(etablissement="Les Acacias", **ici)) == (None, "Les Acacias")
        assert self.lu(juger(**ici)) == (None, "")

    def test_inconnu_puis_choisi(self, prepose: User, tribunal: Tribunal) -> None:
        dunes = EtablissementFactory(nom="EHPAD Les Dunes")
        lignes = [
            ligne_type(tribunal, residence="en établissement", etablissement="Dunes", numero_rg=1),
            ligne_type(tribunal, residence="en établissement", etablissement="DUNES", numero_rg=2),
            ligne_type(tribunal, residence="en établissement", finess="629999999", numero_rg=3),
        ]
        avant = tout_juger(prepose, *lignes)
        assert [(i["cle"], i["nom"], i["lignes"]) for i in avant.inconnus.en_json()["etablissements"]] == [
            ("dunes", "Dunes", 2),
            ("629999999", "FINESS 629999999", 1),
        ]
        assert "à compléter" in avant.lignes[2].avertissements[0]
        choix = Correspondances(etablissements={"dunes": dunes.pk, "629999999": dunes.pk})
        apres = tout_juger(prepose, *lignes, correspondances=choix)
        assert {self.lu(ligne) for ligne in apres.lignes} == {(dunes.pk, "")}

    def test_un_nom_libre_reste_ce_qu_il_est(
        self, juger: Juger, prepose: User, tribunal: Tribunal, calais: Commune
    ) -> None:
        """Even once an establishment of the list bears it: the file says what the mesure says."""
        MesureFactory(
            mandataire=mandataire_de(prepose), tribunal=tribunal, numero_rg="1", commune=calais, nature="tutelle",
            lieu_vie=LieuVie.ETABLISSEMENT, etablissement_nom="Les Dunes",
        )  # fmt: skip
        EtablissementFactory(nom="Les Dunes")
        ligne = juger(numero_rg="1", residence="en établissement", etablissement="Les Dunes")
        assert ligne.verdict == Verdict.INCHANGEE

    def test_rentrer_chez_soi_quitte_l_etablissement(
        self, juger: Juger, prepose: User, tribunal: Tribunal, calais: Commune
    ) -> None:
        MesureFactory(
            mandataire=mandataire_de(prepose), tribunal=tribunal, numero_rg="1", commune=calais, nature="tutelle",
            lieu_vie=LieuVie.ETABLISSEMENT, etablissement=EtablissementFactory(nom="EHPAD Les Dunes"),
        )  # fmt: skip
        ligne = juger(numero_rg="1", residence="domicile")
        assert "établissement : « EHPAD Les Dunes » retiré" in map(str, ligne.changements)
        nomme = juger(numero_rg="1", residence="domicile", etablissement="EHPAD Les Dunes")
        assert codes(nomme) == [("etablissement", "hors_etablissement")]


DEMAIN = timezone.localdate() + timedelta(days=1)


@pytest.mark.parametrize(
    ("colonne", "cellule", "champ", "valeur"),
    [
        ("date_nomination", jour(DEMAIN), "date_decision", DEMAIN),
        ("date_nomination", "31/12/1899", "date_decision", date(1899, 12, 31)),
        ("date_nomination", "01/01/1950", "date_decision", date(1950, 1, 1)),
        ("date_nomination", "", "date_decision", None),
        ("annee", "1899", "annee_naissance", 1899),
        ("annee", "", "annee_naissance", None),
        ("civilite", "", "genre", ""),
        ("type", "", "nature", ""),
        ("residence", "", "lieu_vie", ""),
        ("code_postal", "62", "code_postal", "62"),
        ("code_postal", "02100", "code_postal", "02100"),
    ],
)
def test_la_meme_saisie_a_la_meme_reponse_que_le_formulaire(
    juger: Juger, prepose: User, tribunal: Tribunal, calais: Commune,
    colonne: str, cellule: str, champ: str, valeur: Any,
) -> None:  # fmt: skip
    """T8: rule for rule, through the service that the form calls."""
    CommuneFactory(nom="Commune-0", codes_postaux=["02100"])
    mesure = Mesure(
        mandataire=mandataire_de(prepose), tribunal=tribunal, commune=calais, code_postal="62100", genre="F",
        nature=Nature.TUTELLE, annee_naissance=1962, date_decision=date(2021, 3, 15), lieu_vie=LieuVie.DOMICILE,
    )  # fmt: skip
    setattr(mesure, champ, valeur)
    with pytest.raises(ValidationError) as refus:
        enregistrer(mesure=mesure, author=prepose)
    ligne = juger(**{colonne: cellule})
    # The validator of the model says the same as the rule, once more; what is missing is said of a file.
    attendus = [
        dans_un_fichier(Probleme(champ, erreur.code or "", phrase))
        for champ, erreurs in refus.value.error_dict.items()
        for erreur in erreurs
        for phrase in erreur.messages
    ]
    if colonne == "code_postal" and len(cellule) == 5:
        [probleme] = ligne.problemes
        assert probleme.message == "02100 est le code de : Commune-0 ; Calais a le code 62100."
        return
    assert [probleme.message for probleme in ligne.problemes] == list(dict.fromkeys(attendus))


def test_une_erreur_ne_se_dit_qu_une_fois(juger: Juger) -> None:
    ligne = juger(date_nomination="31/02/2021", type="habilitation", residence="?", annee="62")
    assert [probleme.colonne for probleme in ligne.problemes] == ["date_nomination", "type", "annee", "residence"]


def test_aucun_identifiant_et_aucun_rg_ne_se_rapprochent(prepose: User, tribunal: Tribunal) -> None:
    """D7: an empty RG matches nothing, neither in the base nor in the file."""
    MesureFactory.create_batch(2, mandataire=mandataire_de(prepose), tribunal=tribunal)
    lignes = tout_juger(prepose, ligne_type(tribunal, annee="1950"), ligne_type(tribunal, annee="1951")).lignes
    assert [ligne.verdict for ligne in lignes] == [Verdict.NOUVELLE] * 2


def test_le_nombre_de_requetes_est_fixe(prepose: User, tribunal: Tribunal) -> None:
    def requetes(nombre: int) -> int:
        lignes = [
            ligne_type(tribunal, numero_rg=n, residence="en établissement", etablissement=f"Foyer {n}")
            for n in range(nombre)
        ]
        with CaptureQueriesContext(connection) as contexte:
            tout_juger(prepose, *lignes)
        return len(contexte)

    assert requetes(5) == requetes(200) <= 8


def test_les_valeurs_ont_les_noms_de_l_etat() -> None:
    """A field that a file says and that nothing would write would be lost in silence."""
    from mesures.echanges.etats import COLONNES

    lus = set(Valeurs.__dataclass_fields__) - {
        "identifiant",
        "ville",
        "tribunal_siret",
        "tribunal_nom",
        "antenne",
        "finess",
    }
    assert lus == set(COLONNES) - {"commune_id", "tribunal_id", "etablissement_id", "date_terme"}
