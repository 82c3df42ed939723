from __future__ import annotations

import json
from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from etablissements import importation
from etablissements.finess import FichierRefuse
from etablissements.importation import Bilan, importer
from etablissements.models import Etablissement
from tests.etablissements.finess import REGISTRE, fichier, point, structure
from tests.factories import CommuneFactory, EtablissementFactory
from tribunaux.models import Commune

DUNES, OYATS, BEFFROI = "629900101", "629900102", "629900103"
TROIS = (structure(), structure(nofinesset=OYATS, rs="LES OYATS"), structure(nofinesset=BEFFROI, rs="LE BEFFROI"))


class Registre:
    """The file of the test, and what becomes of it."""

    def __init__(self, chemin: Path) -> None:
        self.chemin = chemin

    def ecrire(self, *lignes: str, du: str = "2026-05-12") -> Path:
        self.chemin.write_bytes(b"".join(fichier(*lignes, entete=f"finess;etalab;111;{du}")))
        return self.chemin

    def importer(self, *lignes: str, du: str = "2026-05-12", forcer: bool = False) -> Bilan:
        return importer(self.ecrire(*lignes, du=du), forcer=forcer)


@pytest.fixture
def registre(tmp_path: Path, calais: Commune) -> Registre:
    return Registre(tmp_path / "finess.csv")


def chiffres(bilan: Bilan) -> tuple[int, int, int, int]:
    assert bilan.lus == bilan.ajoutes + bilan.modifies + bilan.inchanges + bilan.rejetes
    assert bilan.points_lus == bilan.points_retenus + bilan.points_rejetes
    return bilan.ajoutes, bilan.modifies, bilan.inchanges, bilan.rejetes


def ouverts() -> set[str]:
    return set(Etablissement.objects.ouverts().values_list("finess", flat=True))


class TestEcrire:
    def test_ajoute(self, registre: Registre, calais: Commune) -> None:
        bilan = registre.importer(structure(numvoie="4", typvoie="R", voie="DES LILAS"), point())
        assert chiffres(bilan) == (1, 0, 0, 0)
        etablissement = Etablissement.objects.get()
        etablissement.full_clean()
        assert (etablissement.finess, etablissement.nom) == (DUNES, "EHPAD LES DUNES")
        assert (etablissement.categorie, etablissement.adresse) == ("EHPAD", "4 RUE DES LILAS")
        assert (etablissement.code_postal, etablissement.commune) == ("62100", calais)
        assert (etablissement.latitude, etablissement.longitude) == pytest.approx((50.9516, 1.8516), abs=2e-6)
        assert (etablissement.ouvert_le, etablissement.ferme_le) == (date(2001, 5, 14), None)
        assert etablissement.vu_le == date(2026, 5, 12)

    def test_deux_fois_le_meme_fichier(self, registre: Registre) -> None:
        assert chiffres(registre.importer(*TROIS, point())) == (3, 0, 0, 0)
        avant = list(Etablissement.objects.order_by("pk").values())
        assert chiffres(registre.importer(*TROIS, point())) == (0, 0, 3, 0)
        assert list(Etablissement.objects.order_by("pk").values()) == avant

    def test_seule_la_date_du_fichier_est_nouvelle(self, registre: Registre) -> None:
        registre.importer(*TROIS, point())
        avant = list(Etablissement.objects.order_by("pk").values())
        assert chiffres(registre.importer(*TROIS, point(), du="2026-07-08")) == (0, 0, 3, 0)
        assert list(Etablissement.objects.order_by("pk").values()) == [
            ligne | {"vu_le": date(2026, 7, 8)} for ligne in avant
        ]

    def test_chaque_ligne_du_fichier_est_vue(self, registre: Registre) -> None:
        EtablissementFactory(finess=BEFFROI, ferme_le="2026-01-01")
        EtablissementFactory(finess="629900001")
        registre.importer(*TROIS[:2])
        registre.importer(
            structure(rs="AUTRE"),  # updated
            structure(nofinesset=OYATS, rs=""),  # rejected, and in the register all the same
            TROIS[2],  # opened again
            structure(nofinesset="629900104"),  # added
            du="2026-07-08",
        )
        assert dict(Etablissement.objects.values_list("finess", "vu_le")) == {
            "629900001": None,
            **dict.fromkeys((DUNES, OYATS, BEFFROI, "629900104"), date(2026, 7, 8)),
        }

    @pytest.mark.parametrize(
        ("valeurs", "champ", "attendu"),
        [
            ({"rs": "EHPAD DES DUNES"}, "nom", "EHPAD DES DUNES"),
            ({"libcategetab": ""}, "categorie", ""),
            ({"voie": "LE PORT"}, "adresse", "LE PORT"),
            ({"ligneacheminement": "62101 CALAIS CEDEX"}, "code_postal", "62101"),
            ({"commune": ""}, "commune_id", None),
            ({"dateouv": ""}, "ouvert_le", None),
        ],
    )
    def test_modifie_ce_qui_change_et_rien_d_autre(
        self, registre: Registre, valeurs: dict[str, str], champ: str, attendu: object
    ) -> None:
        registre.importer(*TROIS, point())
        avant = list(Etablissement.objects.order_by("pk").values())
        assert chiffres(registre.importer(structure(**valeurs), *TROIS[1:], point())) == (0, 1, 2, 0)
        assert avant[0][champ] != attendu
        avant[0][champ] = attendu
        if champ == "nom":
            avant[0]["nom_recherche"] = "ehpad des dunes"
        assert list(Etablissement.objects.order_by("pk").values()) == avant

    def test_le_repertoire_l_emporte_sur_une_modification_a_la_main(self, registre: Registre) -> None:
        registre.importer(*TROIS)
        Etablissement.objects.filter(finess=OYATS).update(nom="Autre", categorie="x")
        assert chiffres(registre.importer(*TROIS)) == (0, 1, 2, 0)
        assert Etablissement.objects.get(finess=OYATS).nom == "LES OYATS"

    def test_un_point_change_ou_disparait(self, registre: Registre) -> None:
        registre.importer(*TROIS, point(), point(OYATS))
        bilan = registre.importer(*TROIS, point(x="619132.4", y="7096656.6"))
        assert chiffres(bilan) == (0, 2, 1, 0)
        assert Etablissement.objects.get(finess=DUNES).latitude == pytest.approx(50.9606, abs=1e-4)
        oyats = Etablissement.objects.get(finess=OYATS)
        assert (oyats.latitude, oyats.longitude) == (None, None)

    def test_un_fichier_sans_point_n_en_efface_aucun(self, registre: Registre) -> None:
        registre.importer(*TROIS, point())
        assert chiffres(registre.importer(*TROIS)) == (0, 0, 3, 0)
        assert Etablissement.objects.get(finess=DUNES).latitude == pytest.approx(50.9516, abs=2e-6)

    def test_une_commune_que_nous_n_avons_pas(self, registre: Registre) -> None:
        bilan = registre.importer(structure(commune="999"), *TROIS[1:])
        assert chiffres(bilan) == (3, 0, 0, 0)
        assert Etablissement.objects.get(finess=DUNES).commune is None
        [remarque] = bilan.remarques
        assert remarque.ligne == 2
        assert "62999" in remarque.motif

    def test_une_mauvaise_ligne_ne_perd_rien_des_autres(self, registre: Registre) -> None:
        bilan = registre.importer(TROIS[0], "structureet;zzz", *TROIS[1:], "n'importe quoi", point("x"), point())
        assert chiffres(bilan) == (3, 0, 0, 2)
        assert (bilan.points_lus, bilan.points_retenus, bilan.points_rejetes) == (2, 1, 1)
        assert [rejet.ligne for rejet in bilan.lignes_rejetees] == [3, 6, 7]
        assert ouverts() == {DUNES, OYATS, BEFFROI}

    def test_le_fichier_d_exemple(self, db: None) -> None:
        bilan = importer(REGISTRE)
        assert chiffres(bilan) == (15, 0, 0, 0)
        assert len(bilan.remarques) == 15  # no commune here
        CommuneFactory(code_insee="97101")
        assert chiffres(importer(REGISTRE)) == (0, 1, 14, 0)
        assert Etablissement.objects.get(finess="979900107").commune_id == "97101"

    def test_une_panne_n_ecrit_rien(self, registre: Registre, monkeypatch: pytest.MonkeyPatch) -> None:
        registre.importer(*TROIS)

        def panne(**_: object) -> None:
            assert ouverts() == {DUNES, "629900104"}
            raise RuntimeError

        monkeypatch.setattr(importation, "Bilan", panne)
        with pytest.raises(RuntimeError):
            registre.importer(structure(rs="AUTRE"), structure(nofinesset="629900104"), forcer=True)
        assert ouverts() == {DUNES, OYATS, BEFFROI}
        assert Etablissement.objects.get(finess=DUNES).nom == "EHPAD LES DUNES"

    def test_nombre_fixe_de_requetes(self, registre: Registre) -> None:
        def requetes(nombre: int) -> int:
            lignes = [structure(nofinesset=f"6298{n:05d}") for n in range(nombre)]
            points = [point(f"6298{n:05d}") for n in range(nombre)]
            with CaptureQueriesContext(connection) as capture:
                assert chiffres(registre.importer(*lignes, *points)) == (nombre, 0, 0, 0)
                assert chiffres(registre.importer(*lignes, *points, du="2026-07-08")) == (0, 0, nombre, 0)
            Etablissement.objects.all().delete()
            return len(capture)

        assert requetes(1) == requetes(300)


class TestFichierPlusAncien:
    def test_refuse(self, registre: Registre) -> None:
        registre.importer(*TROIS)
        with pytest.raises(FichierRefuse, match=r"est du 11/05/2026, et celui du 12/05/2026 est déjà chargé"):
            registre.importer(structure(rs="AUTRE"), *TROIS[1:], du="2026-05-11")
        assert set(Etablissement.objects.values_list("vu_le", flat=True)) == {date(2026, 5, 12)}
        assert not Etablissement.objects.filter(nom="AUTRE").exists()

    def test_forcer(self, registre: Registre) -> None:
        registre.importer(*TROIS)
        assert chiffres(registre.importer(*TROIS[:2], du="2020-06-08", forcer=True)) == (0, 0, 2, 0)
        vus = dict(Etablissement.objects.values_list("finess", "vu_le"))
        assert vus == {DUNES: date(2020, 6, 8), OYATS: date(2020, 6, 8), BEFFROI: date(2026, 5, 12)}
        # The date to beat is the one of that file now, not the one of a row that it closed.
        assert chiffres(registre.importer(*TROIS[:2], du="2020-06-09")) == (0, 0, 2, 0)


class TestFermer:
    @pytest.fixture
    def dix(self, registre: Registre) -> list[str]:
        """Ten establishments of the register, and their lines."""
        lignes = [structure(nofinesset=f"62990020{n}") for n in range(10)]
        registre.importer(*lignes)
        return lignes

    def test_celui_qui_a_ete_cree_a_la_main_reste_ouvert(self, registre: Registre, dix: list[str]) -> None:
        a_la_main = EtablissementFactory(finess="629900001")
        assert registre.importer(*dix, du="2026-06-08").fermes == 0
        a_la_main.refresh_from_db()
        assert (a_la_main.ferme_le, a_la_main.vu_le) == (None, None)

    def test_cree_a_la_main_puis_vu_puis_absent(self, registre: Registre, dix: list[str]) -> None:
        EtablissementFactory(finess=BEFFROI)
        registre.importer(*dix, TROIS[2])
        assert registre.importer(*dix, du="2026-06-08").fermes == 1
        assert Etablissement.objects.get(finess=BEFFROI).ferme_le == date(2026, 6, 8)

    def test_a_la_date_du_fichier_sans_rien_supprimer(self, registre: Registre, dix: list[str]) -> None:
        bilan = registre.importer(*dix[1:], du="2026-06-08")
        assert bilan.fermes == 1
        assert chiffres(bilan) == (0, 0, 9, 0)
        ferme = Etablissement.objects.get(finess="629900200")
        assert ferme.ferme_le == date(2026, 6, 8)
        assert (ferme.nom, ferme.vu_le, len(ouverts())) == ("EHPAD LES DUNES", date(2026, 5, 12), 9)

    def test_absent_d_un_fichier_de_la_meme_date(self, registre: Registre, dix: list[str]) -> None:
        assert registre.importer(*dix[1:]).fermes == 1

    def test_la_date_de_fermeture_reste_la_premiere(self, registre: Registre, dix: list[str]) -> None:
        registre.importer(*dix[1:], du="2026-06-08")
        bilan = registre.importer(*dix[1:], du="2026-07-08")
        assert bilan.fermes == 0
        assert Etablissement.objects.get(finess="629900200").ferme_le == date(2026, 6, 8)

    def test_celui_qui_revient_est_rouvert(self, registre: Registre, dix: list[str]) -> None:
        registre.importer(*dix[1:])
        bilan = registre.importer(*dix, du="2026-07-08")
        assert chiffres(bilan) == (0, 1, 9, 0)
        assert bilan.rouverts == 1
        assert len(ouverts()) == 10

    def test_une_ligne_rejetee_ne_ferme_pas(self, registre: Registre, dix: list[str]) -> None:
        bilan = registre.importer(structure(nofinesset="629900200", rs=""), *dix[1:])
        assert (bilan.rejetes, bilan.fermes) == (1, 0)
        assert len(ouverts()) == 10

    def test_au_dela_d_un_sur_cinq_rien_n_est_ecrit(self, registre: Registre, dix: list[str]) -> None:
        EtablissementFactory.create_batch(10, nom="EHPAD LES DUNES")  # not the register's: they do not count
        lignes = [structure(nofinesset="629900209", rs="AUTRE"), *dix[3:9], structure(nofinesset=BEFFROI)]
        with pytest.raises(FichierRefuse, match="fermerait 3 des 10 établissements ouverts du répertoire"):
            registre.importer(*lignes)
        assert len(ouverts()) == 20
        assert set(Etablissement.objects.values_list("nom", flat=True)) == {"EHPAD LES DUNES"}
        assert Etablissement.objects.count() == 20

    def test_un_sur_cinq_passe(self, registre: Registre, dix: list[str]) -> None:
        assert registre.importer(*dix[2:]).fermes == 2

    def test_forcer(self, registre: Registre, dix: list[str]) -> None:
        assert registre.importer(*dix[3:], forcer=True).fermes == 3
        assert len(ouverts()) == 7


class TestCommande:
    def test_compte_rendu(self, registre: Registre) -> None:
        EtablissementFactory(finess="629900001", vu_le="2026-01-05")
        registre.ecrire(*TROIS, structure(nofinesset="z"), structure(nofinesset="629900104", commune=""), point())
        sortie = StringIO()
        call_command("importer_finess", str(registre.chemin), "--forcer", stdout=sortie)
        assert sortie.getvalue().splitlines() == [
            "Fichier FINESS du 12/05/2026",
            "Établissements lus : 5",
            "  ajoutés : 4",
            "  modifiés : 0 (dont rouverts : 0)",
            "  inchangés : 0",
            "  rejetés : 1",
            "Établissements fermés, car absents du fichier : 1",
            "Points lus : 1 (retenus : 1, rejetés : 0)",
            "Lignes rejetées :",
            "  ligne 5 : le numéro FINESS « z » n'a pas la forme de 620100057",
            "Remarques :",
            "  ligne 6 : 629900104 : sans commune («  », département « 62 »)",
        ]

    def test_json(self, registre: Registre) -> None:
        EtablissementFactory(finess="629900001", vu_le="2026-01-05")
        registre.ecrire(*TROIS, structure(nofinesset="z"))
        sortie = StringIO()
        call_command("importer_finess", str(registre.chemin), json=True, forcer=True, stdout=sortie)
        assert json.loads(sortie.getvalue()) == {
            "fichier_du": "2026-05-12",
            "lus": 4,
            "ajoutes": 3,
            "modifies": 0,
            "rouverts": 0,
            "inchanges": 0,
            "rejetes": 1,
            "fermes": 1,
            "points_lus": 0,
            "points_retenus": 0,
            "points_rejetes": 0,
            "lignes_rejetees": [{"ligne": 5, "motif": "le numéro FINESS « z » n'a pas la forme de 620100057"}],
            "remarques": [],
        }

    def test_sans_point_le_dit(self, registre: Registre) -> None:
        sortie = StringIO()
        call_command("importer_finess", str(registre.ecrire(*TROIS)), stdout=sortie)
        assert "ceux qui étaient connus sont gardés" in sortie.getvalue()

    def test_un_autre_fichier_est_refuse(self, registre: Registre) -> None:
        registre.chemin.write_text("nom;ville\nEHPAD;CALAIS\n")
        with pytest.raises(CommandError, match="n'est pas celui des établissements FINESS"):
            call_command("importer_finess", str(registre.chemin))
        assert not Etablissement.objects.exists()

    def test_un_fichier_qui_n_existe_pas(self, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match="n'existe pas ou ne peut pas être lu"):
            call_command("importer_finess", str(tmp_path / "rien.csv"))
        with pytest.raises(CommandError, match="n'existe pas ou ne peut pas être lu"):
            call_command("importer_finess", str(tmp_path))

    def test_trop_de_fermetures(self, registre: Registre) -> None:
        EtablissementFactory(vu_le="2026-01-05")
        with pytest.raises(CommandError, match=r"fermerait 1 des 1 .*--forcer"):
            call_command("importer_finess", str(registre.ecrire(*TROIS)))
        assert Etablissement.objects.count() == 1
