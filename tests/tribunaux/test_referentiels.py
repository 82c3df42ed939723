from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from django.core.management import call_command
from psycopg import DataError

from tests.factories import CommuneFactory, TribunalFactory
from tribunaux import referentiels
from tribunaux.models import Commune, Tribunal
from tribunaux.referentiels import Bilan, charger

SIRET_CALAIS = "17590111500121"

REGIONS = "code,nom\n32,Hauts-de-France\n"
DEPARTEMENTS = "code,nom,region\n62,Pas-de-Calais,32\n"
COMMUNES = """code_insee,nom,departement,codes_postaux,latitude,longitude,population
62041,Arras,62,62000,50.29306,2.77852,42600
62193,Calais,62,62100 62101,50.95284,1.85447,67571
62826,Sans-Point,62,,,,
"""
ENTETE_TRIBUNAUX = "siret,nom,type,rattachement,commune,adresse,complement_adresse\n"
TRIBUNAUX = f"""{ENTETE_TRIBUNAUX}{SIRET_CALAIS},Tribunal de proximité de Calais,proximite,,62193,RUE,
,Tribunal de Première Instance d'Arras,premiere_instance,,62041,,BP 1
"""


class Fichiers:
    """The four files, small, in a folder of the test."""

    def __init__(self, dossier: Path) -> None:
        self.dossier = dossier
        self.ecrire("regions.csv", REGIONS)
        self.ecrire("departements.csv", DEPARTEMENTS)
        self.ecrire("communes.csv", COMMUNES)
        self.ecrire("tribunaux.csv", TRIBUNAUX)

    def ecrire(self, nom: str, contenu: str) -> None:
        (self.dossier / nom).write_text(contenu, encoding="utf-8")

    def remplacer(self, nom: str, avant: str, apres: str) -> None:
        contenu = (self.dossier / nom).read_text(encoding="utf-8")
        assert avant in contenu
        self.ecrire(nom, contenu.replace(avant, apres))


@pytest.fixture
def fichiers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, db: None) -> Fichiers:
    monkeypatch.setattr(referentiels, "DONNEES", tmp_path)
    return Fichiers(tmp_path)


def chiffres(bilan: Bilan) -> tuple[int, int, int, int]:
    return bilan.ajoutes, bilan.mis_a_jour, bilan.inchanges, bilan.laisses


def charger_communes() -> tuple[int, int, int, int]:
    return chiffres(charger()[2])


def charger_tribunaux() -> tuple[int, int, int, int]:
    return chiffres(charger()[3])


class TestRecharger:
    def test_deux_fois(self, fichiers: Fichiers) -> None:
        assert charger_communes() == (3, 0, 0, 0)
        assert charger_communes() == (0, 0, 3, 0)
        sans_point = Commune.objects.get(nom="Sans-Point")
        assert (sans_point.codes_postaux, sans_point.latitude, sans_point.population) == ([], None, None)

    def test_une_ligne_nouvelle(self, fichiers: Fichiers) -> None:
        charger()
        fichiers.ecrire("communes.csv", COMMUNES + "62108,Berck,62,62600,50.4,1.5,14000\n")
        assert charger_communes() == (1, 0, 3, 0)

    @pytest.mark.parametrize(
        ("avant", "apres"),
        [
            ("Arras", "Arras-la-Neuve"),
            ("62100 62101", "62100"),
            ("50.95284", "50.95285"),
            (",67571", ","),
            ("Sans-Point,62,,,,", "Sans-Point,62,62999,,,"),
            ("Sans-Point,62,,,,", "Sans-Point,62,,50.5,2.5,"),
        ],
    )
    def test_une_ligne_corrigee_dans_le_fichier(self, fichiers: Fichiers, avant: str, apres: str) -> None:
        charger()
        fichiers.remplacer("communes.csv", avant, apres)
        assert charger_communes() == (0, 1, 2, 0)
        assert charger_communes() == (0, 0, 3, 0)

    def test_ce_qu_un_operateur_a_change_reste(self, fichiers: Fichiers) -> None:
        charger()
        Commune.objects.filter(nom="Calais").update(codes_postaux=["62100", "62102"])
        assert charger_communes() == (0, 0, 2, 1)
        fichiers.remplacer("communes.csv", ",67571", ",68000")
        assert charger_communes() == (0, 0, 2, 1)
        calais = Commune.objects.get(nom="Calais")
        assert (calais.codes_postaux, calais.population) == (["62100", "62102"], 67571)

    def test_un_champ_vide_n_est_pas_un_champ_nul(self, fichiers: Fichiers) -> None:
        charger()
        Tribunal.objects.filter(siret=SIRET_CALAIS).update(siret=None)
        assert charger_tribunaux() == (0, 0, 1, 1)

    def test_une_correction_que_la_liste_reprend_ne_compte_plus_comme_locale(self, fichiers: Fichiers) -> None:
        charger()
        Commune.objects.filter(nom="Arras").update(nom="Arras-la-Neuve")
        fichiers.remplacer("communes.csv", "Arras", "Arras-la-Neuve")
        assert charger_communes() == (0, 0, 3, 0)
        fichiers.remplacer("communes.csv", "Arras-la-Neuve", "Arras-la-Belle")
        assert charger_communes() == (0, 1, 2, 0)

    def test_rien_n_est_supprime(self, fichiers: Fichiers) -> None:
        autre = CommuneFactory(code_insee="62999")
        charger()
        fichiers.ecrire("tribunaux.csv", ENTETE_TRIBUNAUX)
        assert charger_tribunaux() == (0, 0, 0, 0)
        assert Tribunal.objects.count() == 2
        assert Commune.objects.contains(autre)

    def test_tout_ou_rien(self, fichiers: Fichiers) -> None:
        fichiers.remplacer("tribunaux.csv", SIRET_CALAIS, f"{SIRET_CALAIS}9")
        with pytest.raises(DataError):
            charger()
        assert not Commune.objects.exists()

    def test_un_fichier_d_une_autre_forme_est_refuse(self, fichiers: Fichiers) -> None:
        fichiers.remplacer("communes.csv", "latitude,longitude", "longitude,latitude")
        with pytest.raises(ValueError, match=r"communes\.csv"):
            charger()


class TestTribunaux:
    def test_par_siret(self, fichiers: Fichiers) -> None:
        charger()
        fichiers.remplacer("tribunaux.csv", "Tribunal de proximité de Calais,proximite", "TJ,judiciaire")
        assert charger_tribunaux() == (0, 1, 1, 0)
        assert Tribunal.objects.get(siret=SIRET_CALAIS).type == Tribunal.Type.JUDICIAIRE

    def test_sans_siret_par_type_et_commune(self, fichiers: Fichiers) -> None:
        charger()
        fichiers.remplacer("tribunaux.csv", "BP 1", "BP 2")
        assert charger_tribunaux() == (0, 1, 1, 0)

    def test_un_siret_attribue_apres_coup(self, fichiers: Fichiers) -> None:
        charger()
        fichiers.remplacer("tribunaux.csv", ",Tribunal de Première", "17620111700999,Tribunal de Première")
        assert charger_tribunaux() == (0, 1, 1, 0)

    def test_un_siret_complete_par_un_operateur(self, fichiers: Fichiers) -> None:
        charger()
        Tribunal.objects.filter(siret=None).update(siret="17620111700999")
        assert charger_tribunaux() == (0, 0, 1, 1)

    def test_une_fermeture_n_est_pas_defaite(self, fichiers: Fichiers) -> None:
        charger()
        successeur = TribunalFactory()
        Tribunal.objects.filter(siret=SIRET_CALAIS).update(ferme_le=date(2026, 1, 1), successeur=successeur)
        fichiers.remplacer("tribunaux.csv", "RUE", "PLACE")
        assert charger_tribunaux() == (0, 1, 1, 0)
        tribunal = Tribunal.objects.get(siret=SIRET_CALAIS)
        assert (tribunal.adresse, tribunal.actuel) == ("PLACE", successeur)

    def test_un_tribunal_ferme_n_est_pas_pris_pour_le_nouveau(self, fichiers: Fichiers) -> None:
        charger()
        Tribunal.objects.filter(siret=SIRET_CALAIS).update(ferme_le=date(2026, 1, 1), successeur=TribunalFactory())
        fichiers.remplacer("tribunaux.csv", SIRET_CALAIS, "17620111700888")
        assert charger_tribunaux() == (1, 0, 1, 0)

    def test_l_historique_ne_suit_que_ce_qui_change(self, fichiers: Fichiers) -> None:
        charger()
        fichiers.remplacer("tribunaux.csv", "RUE", "PLACE")
        charger()
        charger()
        evenements = Tribunal.objects.get(siret=SIRET_CALAIS).events.order_by("pgh_id")
        assert [(e.pgh_label, e.adresse) for e in evenements] == [("insert", "RUE"), ("update", "PLACE")]


def test_la_commande_dit_ce_qu_elle_a_fait(fichiers: Fichiers, capsys: pytest.CaptureFixture[str]) -> None:
    charger()
    Commune.objects.filter(nom="Calais").update(population=1)
    fichiers.remplacer("communes.csv", "Arras", "Arras-la-Neuve")
    call_command("charger_referentiels")
    assert capsys.readouterr().out.splitlines()[2] == (
        "Communes – ajoutés : 0, mis à jour : 1, inchangés : 1, modifiés localement et laissés : 1"
    )
