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
from mesures.echanges.rapprochement import LigneRapprochee, Rapprochement, Verdict, rapprocher
from mesures.echanges.references import Correspondances
from mesures.echanges.valeurs import Valeurs
from mesures.enums import LieuVie, Nature
from mesures.models import Mesure
from mesures.services import enregistrer
from tests.conftest import mandataire_de
from tests.factories import (
    CommuneFactory,
    EtablissementFactory,
    ExerciceFactory,
    MesureFactory,
)
from tests.mesures.echanges.aides import ligne_type, lues
from tribunaux.models import Commune, Tribunal

pytestmark = pytest.mark.django_db

Juger = Callable[..., LigneRapprochee]


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
        ligne = juger(numero_rg="1", type="curatelle simple aux biens", statut="éteinte", date_fin="30/06/2024")
        assert list(map(str, ligne.changements)) == [
            "statut : « en cours » devient « éteinte »",
            "type de mesure : « Tutelle » devient « Curatelle simple »",
            "champ : « aux biens » ajouté",
            "date de fin de mandat : « 30/06/2024 » ajouté",
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
        nouvelle = MesureFactory(mandataire=moi, tribunal=tribunal, numero_rg="1", date_decision=date(2024, 7, 1))
        fin = {"statut": "éteinte", "date_fin": "30/06/2024"}
        assert juger(numero_rg="1", **fin).verdict == Verdict.NOUVELLE
        ancienne = MesureFactory(mandataire=moi, tribunal=tribunal, numero_rg="1", eteinte=True)
        connues = [juger(numero_rg="1", **fin).connue, juger(numero_rg="1", date_nomination="01/07/2024").connue]
        assert [connue and connue.pk for connue in connues] == [ancienne.pk, nouvelle.pk]

    def test_reservee(self, juger: Juger, prepose: User, tribunal: Tribunal) -> None:
        reservation = MesureFactory(
            mandataire=mandataire_de(prepose), tribunal=tribunal, numero_rg="1", en_attente=True
        )
        for ligne in (juger(numero_rg="1"), juger(identifiant=reservation.pk), juger(statut="en attente")):
            assert (ligne.verdict, codes(ligne)) == (Verdict.RESERVEE, [("statut", "reservee")])

    @pytest.mark.parametrize("etat", ["refusee", "annulee", "expiree"])
    def test_une_reservation_sans_suite_ne_prend_pas_le_rg(
        self, juger: Juger, prepose: User, tribunal: Tribunal, etat: str
    ) -> None:
        reservation = MesureFactory(
            mandataire=mandataire_de(prepose), tribunal=tribunal, numero_rg="1", **{etat: True}
        )
        assert juger(numero_rg="1").verdict == Verdict.NOUVELLE
        assert juger(identifiant=reservation.pk).verdict == Verdict.RESERVEE

    def test_un_renouvellement_attendu_empeche_la_fin(
        self, juger: Juger, prepose: User, tribunal: Tribunal
    ) -> None:
        """To end it would change the reservation."""
        mesure = MesureFactory(mandataire=mandataire_de(prepose), tribunal=tribunal, numero_rg="1")
        MesureFactory(
            mandataire=mesure.mandataire, tribunal=tribunal, numero_rg="1", en_attente=True, renouvelle=mesure
        )
        assert juger(numero_rg="1").verdict == Verdict.MODIFIEE
        fin = juger(numero_rg="1", statut="éteinte", date_fin="30/06/2024")
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

    def test_fin_et_en_cours_se_contredisent(self, juger: Juger) -> None:
        ligne = juger(statut="en cours", date_fin="30/06/2024", motif_fin="décès")
        assert codes(ligne) == [("date_fin", "contradiction"), ("motif_fin", "contradiction")]


class TestDoublesEtAbsentes:
    def test_le_meme_rg_deux_fois_dans_le_fichier(self, prepose: User, tribunal: Tribunal) -> None:
        lignes = tout_juger(
            prepose, ligne_type(tribunal, numero_rg="1"), ligne_type(tribunal, numero_rg="00000001", annee="1950")
        ).lignes
        assert [ligne.verdict for ligne in lignes] == [Verdict.NOUVELLE, Verdict.REJETEE]
        assert codes(lignes[1]) == [("numero_rg", "rg_pris")]
        assert "La ligne 2" in lignes[1].problemes[0].message

    def test_la_meme_mesure_deux_fois(self, prepose: User, tribunal: Tribunal) -> None:
        pk = Mesure.objects.get(mandataire=mandataire_de(prepose)).pk
        lignes = tout_juger(
            prepose, ligne_type(tribunal, numero_rg="22/00001"), ligne_type(tribunal, identifiant=pk)
        ).lignes
        assert codes(lignes[1]) == [("identifiant", "doublon")]

    def test_la_meme_ligne_sans_rg_deux_fois(self, prepose: User, tribunal: Tribunal) -> None:
        lignes = tout_juger(
            prepose, ligne_type(tribunal), ligne_type(tribunal), ligne_type(tribunal, numero_dossier="D-1")
        ).lignes
        assert [ligne.verdict for ligne in lignes] == [Verdict.NOUVELLE, Verdict.REJETEE, Verdict.NOUVELLE]

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


class TestTribunaux:
    def test_un_tribunal_ferme_mene_a_son_successeur(
        self, juger: Juger, tribunal: Tribunal, autre_tribunal: Tribunal, prepose: User
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
        lignes = [ligne_type(None, numero_rg=n, tribunal_siret="17620019800052") for n in (1, 2, 3)]
        rapprochement = tout_juger(prepose, *lignes)
        assert rapprochement.inconnus.en_json()["tribunaux"] == [{"siret": "17620019800052", "lignes": 3}]
        assert codes(rapprochement.lignes[0]) == [("tribunal_siret", "tribunal_inconnu")]
        choisi = tout_juger(
            prepose, *lignes, correspondances=Correspondances(tribunaux={"17620019800052": tribunal.pk})
        )
        assert {ligne.verdict for ligne in choisi.lignes} == {Verdict.NOUVELLE}
        assert choisi.inconnus.en_json()["tribunaux"] == []

    def test_un_rg_demande_son_tribunal(self, juger: Juger) -> None:
        assert codes(juger(numero_rg="1", tribunal_siret="")) == [("tribunal_siret", "rg_sans_tribunal")]
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

    def test_inconnu_puis_choisi(self, juger: Juger, prepose: User, tribunal: Tribunal) -> None:
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
        ("date_nomination", f"{DEMAIN:%d/%m/%Y}", "date_decision", DEMAIN),
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
    """T8: sentence for sentence, through the service that the form calls."""
    CommuneFactory(codes_postaux=["02100"])
    mesure = Mesure(
        mandataire=mandataire_de(prepose), tribunal=tribunal, commune=calais, code_postal="62100", genre="F",
        nature=Nature.TUTELLE, annee_naissance=1962, date_decision=date(2021, 3, 15), lieu_vie=LieuVie.DOMICILE,
    )  # fmt: skip
    setattr(mesure, champ, valeur)
    with pytest.raises(ValidationError) as refus:
        enregistrer(mesure=mesure, author=prepose)
    ligne = juger(**{colonne: cellule})
    # The validator of the model says the same as the rule, once more.
    assert [probleme.message for probleme in ligne.problemes] == list(dict.fromkeys(refus.value.messages))


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

    lus = set(Valeurs.__dataclass_fields__) - {"identifiant", "ville", "tribunal_siret", "antenne", "finess"}
    assert lus == set(COLONNES) - {"commune_id", "tribunal_id", "etablissement_id", "date_terme"}
