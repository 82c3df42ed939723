"""`manage.py importer_mesures`: the same preview and the same writing, in JSON."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import User
from mesures.compteurs import derives
from mesures.historique import evenements
from mesures.models import Import, ImportFichier, Mesure
from tests.mesures.echanges.aides import fichier_csv, ligne_type
from tribunaux.models import Commune, Tribunal

pytestmark = pytest.mark.django_db


@pytest.fixture
def fichier(tmp_path: Path, tribunal: Tribunal, calais: Commune) -> Path:
    chemin = tmp_path / "mesures.csv"
    chemin.write_bytes(
        fichier_csv(ligne_type(tribunal, numero_rg="6"), ligne_type(tribunal, numero_rg="7", annee="1899"))
    )
    return chemin


def executer(fichier: Path, compte: str, *options: str) -> dict[str, Any]:
    sortie = StringIO()
    call_command("importer_mesures", str(fichier), "--compte", compte, *options, stdout=sortie)
    rendu: dict[str, Any] = json.loads(sortie.getvalue())
    return rendu


def test_apercu_puis_enregistrement(fichier: Path, prepose: User) -> None:
    rejetees = [
        {
            "ligne": 3,
            "verdict": "rejetee",
            "problemes": [
                {
                    "colonne": "annee",
                    "motif": f"L'année de naissance doit être comprise entre 1900 et {timezone.localdate().year}.",
                }
            ],
        }
    ]
    attendu = {
        "enregistre": False, "lues": 2, "nouvelles": 1, "modifiees": 0, "inchangees": 0, "rejetees": 1,
        "absentes": 1, "lignes_rejetees": rejetees, "inconnus": {"tribunaux": [], "etablissements": []},
        "colonnes_ignorees": [],
    }  # fmt: skip
    assert executer(fichier, "PREPOSE") == attendu
    assert not Mesure.objects.filter(numero_rg="6").exists()
    assert not Import.objects.exists()
    assert executer(fichier, "prepose", "--appliquer")["enregistre"]
    mesure = Mesure.objects.get(numero_rg="6", mandataire=prepose.membre.mandataire)
    assert evenements(mesure)[0].auteur == str(prepose)
    assert Import.objects.get().etat == Import.Etat.FAIT
    # The same file again adds nothing, and is no error.
    encore = executer(fichier, "prepose", "--appliquer")
    assert (encore["nouvelles"], encore["inchangees"], encore["rejetees"]) == (0, 1, 1)
    assert derives() == []


def test_refus_en_clair(fichier: Path, tmp_path: Path, prepose: User, juge: User) -> None:
    illisible = tmp_path / "x.csv"
    illisible.write_bytes(b"%PDF")
    for chemin, compte, phrase in (
        (fichier, "personne", "Aucun compte ouvert"),
        (fichier, "juge", "réservée aux mandataires"),
        (tmp_path / "absent.csv", "prepose", "n'existe pas"),
        (illisible, "prepose", "n'est pas un tableau"),
    ):
        with pytest.raises(CommandError, match=phrase):
            executer(chemin, compte, "--appliquer")
    assert not Import.objects.exists()
    assert not ImportFichier.objects.exists()
