"""The template that people fill in, and the page that documents the format: what they promise is what is read."""

from __future__ import annotations

from datetime import date, datetime
from io import BytesIO
from zipfile import ZipFile

import pytest
from django.urls import reverse
from openpyxl import Workbook, load_workbook

from accounts.models import User
from mesures.echanges import modele as module
from mesures.echanges.colonnes import COLONNES, PAR_NOM, colonne_de
from mesures.echanges.definition import Forme
from mesures.echanges.feuilles import (
    EXTENSIONS,
    FEUILLE_DES_LISTES,
    FEUILLE_DU_MODE_D_EMPLOI,
    LIGNES_MAX,
    FichierIllisible,
)
from mesures.echanges.lecture import Fichier, lire_fichier
from mesures.echanges.lignes import lire_ligne
from mesures.echanges.modele import FORMULE_MAX, modele
from mesures.echanges.rapprochement import Verdict, rapprocher
from mesures.echanges.valeurs import EPOQUE_1900
from tests.conftest import mandataire_de
from tests.mesures.echanges.aides import ligne_type
from tests.strict import ClientStrict, texte_lu
from tribunaux.models import Commune, Tribunal

TRIBUNAUX = (("Tribunal judiciaire d'Arras", "17590111500535"), ("Tribunal de Première Instance de Nouméa", None))


@pytest.fixture
def classeur() -> Workbook:
    return load_workbook(BytesIO(modele(TRIBUNAUX)))


def remplir(classeur: Workbook, *lignes: dict[str, object]) -> Fichier:
    """As a person does: each value under its header, and the file saved by the spreadsheet."""
    feuille = classeur[module.FEUILLE]
    positions = {colonne_de(cellule.value).nom: cellule.column for cellule in feuille[1]}  # type: ignore[union-attr]
    for numero, ligne in enumerate(lignes, start=2):
        for nom, valeur in ligne.items():
            feuille.cell(numero, positions[nom], valeur)
    sortie = BytesIO()
    classeur.save(sortie)
    return lire_fichier(sortie.getvalue(), "modele.xlsx")


class TestModele:
    def test_ses_en_tetes_sont_ceux_qui_se_lisent(self, classeur: Workbook) -> None:
        en_tetes = classeur[module.FEUILLE][1]
        assert [colonne_de(cellule.value) for cellule in en_tetes] == list(COLONNES)
        assert [str(cellule.value).endswith(" *") for cellule in en_tetes] == [c.est_attendue for c in COLONNES]
        assert [str(cellule.value).removesuffix(" *") for cellule in en_tetes] == [c.libelle for c in COLONNES]
        assert all(cellule.font.b for cellule in en_tetes)
        assert classeur[module.FEUILLE].freeze_panes == "A2"

    @pytest.mark.django_db
    def test_rempli_il_donne_des_mesures_nouvelles(
        self, classeur: Workbook, prepose: User, tribunal: Tribunal, calais: Commune
    ) -> None:
        assert tribunal.siret
        lignes = [
            ligne_type(tribunal, numero_rg="00012345", annee=1962, date_nomination=datetime(2021, 3, 15)),  # noqa: DTZ001
            ligne_type(tribunal, numero_rg="21A7", champ="aux biens", motif_fin=None),
        ]
        fichier = remplir(classeur, *lignes)
        assert (fichier.feuille, fichier.autres_feuilles, fichier.ignorees) == (module.FEUILLE, (), ())
        assert fichier.manquantes == ()
        lues = [lire_ligne(rangee, fichier.epoque) for rangee in fichier.rangees]
        jugees = rapprocher(lues, mandataire_id=mandataire_de(prepose).pk).lignes
        assert [(jugee.verdict, jugee.problemes) for jugee in jugees] == [(Verdict.NOUVELLE, ())] * 2
        assert (lues[0].numero_rg, lues[0].date_decision) == ("00012345", date(2021, 3, 15))

    def test_vide_il_le_dit(self) -> None:
        with pytest.raises(FichierIllisible, match="ne contient que les noms des colonnes"):
            lire_fichier(modele(), "modele.xlsx")

    def test_une_autre_feuille_reste_signalee(self, classeur: Workbook) -> None:
        classeur.create_sheet("Suite").append(["Ici aussi"])
        assert remplir(classeur, ligne_type()).autres_feuilles == ("Suite",)

    def test_chaque_liste_offre_ce_qui_se_lit(self, classeur: Workbook) -> None:
        regles = {str(regle.sqref): regle for regle in classeur[module.FEUILLE].data_validations.dataValidation}
        for cellule in classeur[module.FEUILLE][1]:
            colonne = COLONNES[cellule.column - 1]
            regle = regles.pop(f"{cellule.column_letter}2:{cellule.column_letter}{LIGNES_MAX + 1}")
            assert regle.showInputMessage
            assert 20 < len(regle.prompt) <= 255
            assert colonne.description.startswith(regle.prompt)
            assert len(regle.promptTitle) <= 32
            assert regle.showErrorMessage == (colonne.forme != Forme.TEXTE), colonne.nom
            if not regle.showErrorMessage:
                continue
            assert regle.error
            assert len(regle.error) <= 255
            assert len(regle.errorTitle) <= 32
            assert regle.type == {"date": "date", "nombre": "whole", "liste": "list"}[colonne.forme]
            if colonne.forme == Forme.LISTE:
                assert len(regle.formula1) <= FORMULE_MAX
                assert offertes(classeur, regle.formula1) == colonne.valeurs
        assert not regles

    def test_les_tribunaux_s_y_trouvent(self, classeur: Workbook) -> None:
        feuille = classeur["Tribunaux"]
        assert list(feuille.values) == [("Nom du tribunal", "SIRET"), *TRIBUNAUX]
        formules = {regle.formula1 for regle in classeur[module.FEUILLE].data_validations.dataValidation}
        assert "'Tribunaux'!$A$2:$A$3" in formules

    def test_il_reste_leger(self) -> None:
        tous = tuple(
            (f"Tribunal judiciaire de Ville-{n:03}-sur-{n * 7919 % 1000}", f"{n:014}") for n in range(294)
        )
        assert len(modele(tous)) < 60_000

    def test_les_zeros_et_les_dates_ont_leur_format(self, classeur: Workbook) -> None:
        feuille = classeur[module.FEUILLE]
        formats = {
            COLONNES[cellule.column - 1].nom: feuille.column_dimensions[cellule.column_letter].number_format
            for cellule in feuille[1]
        }
        assert {nom for nom, format_ in formats.items() if format_ == "dd/mm/yyyy"} == {
            "date_nomination",
            "date_fin",
        }
        assert {nom for nom, format_ in formats.items() if format_ == "0"} == {"annee", "identifiant"}
        assert formats["code_postal"] == formats["numero_rg"] == formats["tribunal_siret"] == "@"

    def test_son_mode_d_emploi_dit_chaque_colonne(self, classeur: Workbook) -> None:
        rangees = list(classeur[FEUILLE_DU_MODE_D_EMPLOI].iter_rows(values_only=True))
        dites = {rangee[1]: rangee for rangee in rangees if rangee[1] in PAR_NOM}
        assert list(dites) == [colonne.nom for colonne in COLONNES]
        assert dites["type"][3] == PAR_NOM["type"].description
        assert classeur[FEUILLE_DES_LISTES].sheet_state == "hidden"

    def test_il_est_le_meme_a_chaque_fois(self) -> None:
        module.modele.cache_clear()
        un, deux = modele(), module.modele.__wrapped__()
        assert parties(un) == parties(deux)


def offertes(classeur: Workbook, formule: str) -> tuple[str, ...]:
    if formule.startswith('"'):
        return tuple(formule.strip('"').split(","))
    feuille, _, plage = formule.partition("!")
    return tuple(cellule.value for (cellule,) in classeur[feuille.strip("'")][plage.replace("$", "")])


def parties(contenu: bytes) -> dict[str, bytes]:
    with ZipFile(BytesIO(contenu)) as archive:
        # The moment of its making is the only thing that changes.
        return {nom: archive.read(nom) for nom in archive.namelist() if nom != "docProps/core.xml"}


@pytest.mark.parametrize("colonne", COLONNES, ids=lambda colonne: colonne.nom)
def test_ce_qui_est_documente_se_lit(colonne) -> None:  # type: ignore[no-untyped-def]
    for ecrit in (*colonne.exemples, *colonne.valeurs):
        assert any(colonne.lire(ecrit, EPOQUE_1900).values()), ecrit
    assert colonne.description.endswith(".")
    for nom in (colonne.nom, colonne.libelle, *colonne.aliases):
        assert colonne_de(nom) is colonne


def test_la_page_documente_chaque_colonne(client: ClientStrict) -> None:
    """Without a database: an anonymous visitor costs no query."""
    page = texte_lu(client.get(reverse("mesures_import_format")))
    for colonne in COLONNES:
        for mot in (colonne.nom, colonne.libelle, colonne.description, *colonne.valeurs, *colonne.aliases):
            assert " ".join(mot.split()) in page, mot
    for mot in (*EXTENSIONS, "10 Mo", "20 000 lignes", "point-virgule, tabulation ou virgule", "Windows-1252"):
        assert mot in page.replace("\N{NARROW NO-BREAK SPACE}", " ").replace("\N{NO-BREAK SPACE}", " "), mot
    for garde in ("7 jours", "24 heures", "30 jours"):
        assert garde in page.replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.django_db
def test_un_visiteur_prend_le_modele(client: ClientStrict, tribunal: Tribunal, autre_tribunal: Tribunal) -> None:
    """With the courts that sit."""
    Tribunal.objects.filter(pk=autre_tribunal.pk).update(ferme_le=date(2024, 1, 1), successeur=tribunal)
    response = client.get(reverse("mesures_import_modele"))
    assert response.content == modele(((tribunal.nom, tribunal.siret),))
    assert response["Content-Disposition"] == 'attachment; filename="modele-mesures.xlsx"'
    assert response["Content-Type"] == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    assert response["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("nom", ["mesures_import_modele", "mesures_import_format"])
def test_rien_ne_s_y_envoie(client: ClientStrict, nom: str) -> None:
    assert client.post(reverse(nom)).status_code == 405


@pytest.mark.django_db
def test_la_page_mene_a_l_import_qui_peut_importer(client: ClientStrict, prepose: User, juge: User) -> None:
    url, importer = reverse("mesures_import_format"), reverse("mesures_importer")
    assert f'href="{reverse("account_login")}?next={importer}"' in client.get(url).content.decode()
    client.force_login(prepose)
    assert f'href="{importer}"' in client.get(url).content.decode()
    client.force_login(juge)
    assert importer + '"' not in client.get(url).content.decode()
