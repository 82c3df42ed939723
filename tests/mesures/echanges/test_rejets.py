"""The lines to correct and to send again, and what the preview shows of a line."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook

from accounts.models import User
from mesures.echanges.apercu import montrer
from mesures.echanges.choix import TRIBUNAL, exemples, reprendre, utiles
from mesures.echanges.imports import choisir_correspondances, lire
from mesures.echanges.lecture import lire_fichier
from mesures.echanges.rejets import MOTIF, tableau_des_rejets
from mesures.models import Import, ImportLigne
from tests.conftest import mandataire_de
from tests.factories import AgrementFactory, EtablissementFactory
from tests.mesures.echanges.aides import apercu, apercu_du_contenu, ligne_type
from tribunaux.models import Commune, Tribunal
from tribunaux.tableurs import Format, ecrire

pytestmark = pytest.mark.django_db


def sans_tribunal(*lignes: dict[str, Any]) -> bytes:
    """A file that has no column of courts at all."""
    colonnes = [nom for nom in ligne_type() if nom != "tribunal_siret"]
    return "\n".join(
        ";".join(str(n) for n in rang) for rang in [colonnes, *([li[c] for c in colonnes] for li in lignes)]
    ).encode()


def rejets(import_: Import, format_: Format) -> bytes:
    with ecrire(format_, tableau_des_rejets(import_)) as fichier:
        return fichier.read()


def colorees(contenu: bytes) -> dict[int, set[str]]:
    titres, *lignes = load_workbook(BytesIO(contenu)).active.iter_rows()
    return {
        rang: {str(titre.value) for titre, cellule in zip(titres, ligne, strict=True) if cellule.fill.fill_type}
        for rang, ligne in enumerate(lignes)
    }


def test_les_cellules_a_corriger_sont_colorees(prepose: User, tribunal: Tribunal, calais: Commune) -> None:
    """Even an empty one; the reason comes first, since it is what is read first."""
    import_ = apercu(
        prepose,
        ligne_type(tribunal, numero_rg="5", date_nomination="31/02/2021", code_postal="621"),
        ligne_type(tribunal, numero_rg="6", annee=""),
        ligne_type(None, numero_rg="7", tribunal="TJ Nulle-Part"),
    )
    contenu = rejets(import_, Format.XLSX)
    assert load_workbook(BytesIO(contenu)).active["A1"].value == MOTIF
    assert colorees(contenu) == {0: {"date_nomination", "code_postal"}, 1: {"annee"}, 2: {"tribunal"}}


@pytest.mark.parametrize("format_", Format)
def test_ils_se_relisent_et_gardent_leurs_raisons(
    prepose: User, tribunal: Tribunal, calais: Commune, format_: Format
) -> None:
    import_ = apercu(
        prepose,
        ligne_type(tribunal, numero_rg="5", annee="", numero_dossier="=1+1"),
        ligne_type(tribunal, numero_rg="6"),
    )
    contenu = rejets(import_, format_)
    fichier = lire_fichier(contenu, f"rejets.{format_}")
    assert fichier.ignorees == (MOTIF,)
    relu = apercu_du_contenu(prepose, contenu)
    assert (relu.lues, relu.rejetees) == (1, 1)
    assert rejets(relu, Format.CSV) == rejets(import_, Format.CSV)


def test_sans_colonne_de_tribunal_il_y_en_a_une_a_remplir(
    prepose: User, tribunal: Tribunal, autre_tribunal: Tribunal, calais: Commune
) -> None:
    AgrementFactory(mandataire=mandataire_de(prepose), tribunal=autre_tribunal)
    import_ = apercu_du_contenu(
        prepose, sans_tribunal(ligne_type(numero_rg="5"), ligne_type(numero_rg="6", annee=""))
    )
    assert import_.inconnus["tribunaux"] == [{"siret": "", "lignes": 2}]
    assert colorees(rejets(import_, Format.XLSX)) == {0: {"tribunal"}, 1: {"tribunal", "annee"}}
    corrige = rejets(import_, Format.CSV).replace(b";5;domicile;", b";5;domicile;TJ Arras")
    assert apercu_du_contenu(prepose, corrige).nouvelles == 1


def test_un_seul_tribunal_est_pris_et_dit(prepose: User, tribunal: Tribunal, calais: Commune) -> None:
    import_ = apercu_du_contenu(prepose, sans_tribunal(ligne_type(numero_rg="5"), ligne_type(numero_rg="")))
    assert (import_.nouvelles, import_.inconnus["tribunaux"]) == (2, [])
    avec, sans = ImportLigne.objects.filter(importation=import_).order_by("numero")
    assert any("nous avons pris le vôtre" in phrase for phrase in avec.avertissements)
    assert not any("nous avons pris" in phrase for phrase in sans.avertissements)
    assert [ligne.tribunal for ligne in montrer([avec, sans])] == ["TPROX Calais", ""]


def test_l_apercu_montre_ce_qui_est_compris(prepose: User, tribunal: Tribunal, calais: Commune) -> None:
    """Not the words of the file, but what they were taken for; what was not understood stays as it is written."""
    EtablissementFactory(nom="EHPAD Les Dunes", commune=calais)
    etablissement = {"residence": "EHPAD", "etablissement": "ehpad  LES DUNES"}
    import_ = apercu(
        prepose,
        ligne_type(None, code_postal="62108 CEDEX", ville="CALAIS CEDEX 9", **etablissement),
        ligne_type(None, ville="Calaix", tribunal="TJ  calaix", numero_rg="1"),
    )
    comprise, non = montrer(ImportLigne.objects.filter(importation=import_).order_by("numero"))
    assert (comprise.lieu, comprise.residence) == ("62108 Calais", "EHPAD Les Dunes")
    assert (non.lieu, non.tribunal) == ("62100 Calaix", "TJ calaix")


def test_ce_qui_est_choisi_sert_a_ses_lignes(
    prepose: User, tribunal: Tribunal, autre_tribunal: Tribunal, calais: Commune
) -> None:
    """A name, and the lines that have none: under the same keys from the file to the page of choices, and back."""
    AgrementFactory(mandataire=mandataire_de(prepose), tribunal=autre_tribunal)
    lignes = [ligne_type(None, numero_rg="5"), ligne_type(None, numero_rg="6", tribunal="TJ Calais")]
    import_ = apercu(prepose, *lignes, ligne_type(None), ligne_type(tribunal, numero_rg="7"))
    cles = {un["siret"] for un in import_.inconnus["tribunaux"]}
    assert cles == {"", "TJ Calais"}
    vues = exemples(import_, TRIBUNAL, sorted(cles))
    assert {cle: [ligne.numero for ligne in trouvees] for cle, trouvees in vues.items()} == {
        "": [2],
        "TJ Calais": [3],
    }
    choisir_correspondances(
        import_=import_,
        tribunaux={"": autre_tribunal.pk, "TJ Calais": tribunal.pk},
        etablissements={},
        author=prepose,
        differer=False,
    )
    lire(import_.pk)
    import_.refresh_from_db()
    assert (import_.rejetees, import_.inconnus["tribunaux"]) == (0, [])
    assert utiles(import_).tribunaux == cles
    montrees = montrer(ImportLigne.objects.filter(importation=import_).order_by("numero"))
    assert [ligne.tribunal for ligne in montrees] == ["TJ Arras", "TPROX Calais", "", "TPROX Calais"]
    # The next file: a name means what it meant, but its lines without a court may be of another one.
    assert reprendre(import_.mandataire_id)["tribunaux"] == {"TJ Calais": tribunal.pk}
