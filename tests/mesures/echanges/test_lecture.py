from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mesures.echanges.colonnes import OBLIGATOIRES
from mesures.echanges.feuilles import LIGNES_MAX, TAILLE_MAX
from mesures.echanges.lecture import Fichier, FichierIllisible, lire_fichier
from mesures.echanges.lignes import LigneLue, lire_ligne
from tests.mesures.echanges import octets

ENTETE = "date_nomination;type;code_postal;ville;civilite;annee;numero_rg;residence;tribunal_siret\n"
LIGNE = "15/03/2021;tutelle;62100;Calais;F;1962;21A00123;domicile;17590111500121\n"
XMLNS = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
FEUILLE = "xl/worksheets/sheet1.xml"


def lignes(fichier: Fichier) -> list[LigneLue]:
    return [lire_ligne(rangee, fichier.epoque) for rangee in fichier.rangees]


def lire(texte: str) -> Fichier:
    return lire_fichier(texte.encode(), "mesures.csv")


def refus(contenu: bytes, nom: str = "mesures.xlsx") -> str:
    with pytest.raises(FichierIllisible) as erreur:
        lire_fichier(contenu, nom)
    return str(erreur.value)


def classeur(partie: str, xml: str) -> bytes:
    """LibreOffice's own file, with one of its parts replaced."""
    sortie = BytesIO()
    with ZipFile(BytesIO(octets("portefeuille.xlsx"))) as source, ZipFile(sortie, "w", ZIP_DEFLATED) as copie:
        for nom in source.namelist():
            copie.writestr(nom, xml if nom == partie else source.read(nom))
    return sortie.getvalue()


def feuille(contenu: str) -> bytes:
    return classeur(FEUILLE, f"<worksheet {XMLNS}>{contenu}</worksheet>")


class TestMemeContenu:
    @pytest.mark.parametrize(
        "nom",
        [
            "portefeuille.xlsx", "portefeuille.xls", "depuis_1904.xlsx", "depuis_1904.xls", "utf8.csv",
            "windows_1252.csv", "tabulations.txt", "utf16.txt", "virgules.csv", "deux_feuilles.xlsx",
            "deux_feuilles.xls",
        ],
    )  # fmt: skip
    def test_chaque_forme(self, nom: str) -> None:
        fichier = lire_fichier(octets(nom), nom)
        assert fichier.ignorees == ("Nom du logiciel",)
        assert fichier.manquantes == ()
        lues = lignes(fichier)
        assert [ligne.numero for ligne in lues] == [2, 3, 4, 6, 7, 8]
        assert [ligne.problemes for ligne in lues] == [()] * 6
        presentes = lues[1].presentes
        assert replace(lues[1], presentes=frozenset()) == LigneLue(
            numero=3,
            date_decision=date(2019, 2, 1),
            nature="tutelle",
            code_postal="01000",  # the file has 1000
            ville="Bourg-en-Bresse",
            genre="H",
            annee_naissance=1948,
            numero_rg="12345",
            numero_dossier="7",
            lieu_vie="etablissement",
            tribunal_siret="17690111400080",
            cabinet="A",
            finess="010000024",  # the file has 10000024
            etablissement_nom="EHPAD Les Dunes de l'Exemple",
        )
        assert "etablissement" in presentes
        assert "statut" not in presentes
        assert [(ligne.nature, ligne.champ) for ligne in lues] == [
            ("curatelle_renforcee", "biens_et_personne"),
            ("tutelle", ""),
            ("curatelle_simple", ""),
            ("maj", ""),
            ("sauvegarde_mandat_special", ""),
            ("subroge_tuteur", ""),
        ]
        assert lues[2].ville == "L'Haÿ-les-Roses"
        assert lues[2].numero_dossier == "=1+1"
        assert lues[2].etablissement_nom == 'Foyer "Le Beffroi" ; annexe'
        assert (lues[4].date_extinction, lues[4].motif_extinction, lues[4].statut) == (
            date(2013, 12, 31),
            "deces",
            "eteinte",
        )

    def test_autres_feuilles(self) -> None:
        fichier = lire_fichier(octets("deux_feuilles.xlsx"), "x.xlsx")
        assert (fichier.feuille, fichier.autres_feuilles) == ("Mesures", ("Lisez-moi",))

    @pytest.mark.parametrize("nom", ["formules.xlsx", "formules.xls"])
    def test_formules_calculees(self, nom: str) -> None:
        premiere, deuxieme, troisieme, *_ = lire_fichier(octets(nom), nom).rangees
        ligne = lire_ligne(premiere)
        assert (ligne.ville, ligne.annee_naissance, ligne.cabinet) == ("CALAIS", 1962, "2")
        assert ligne.date_decision == date(2021, 3, 15)
        assert deuxieme.cellules["antenne"] == "#DIV/0!"
        assert lire_ligne(troisieme).cabinet == ""

    def test_sans_avertissement_pour_l_appelant(self) -> None:
        avant = list(warnings.filters)
        lire_fichier(octets("portefeuille.xlsx"), "x.xlsx")
        assert warnings.filters == avant


class TestTextes:
    def test_guillemet_oublie(self) -> None:
        """It spoils its own line, and swallows none of those that follow."""
        fichier = lire(ENTETE + LIGNE.replace("Calais", '"Calais') + LIGNE * 3)
        assert [rangee.numero for rangee in fichier.rangees] == [2, 3, 4, 5]
        assert [ligne.genre for ligne in lignes(fichier)] == ["", "F", "F", "F"]

    def test_retour_a_la_ligne_dans_une_cellule(self) -> None:
        fichier = lire(ENTETE + LIGNE.replace("Calais", '"Saint\nOmer"') + LIGNE)
        assert [(ligne.numero, ligne.ville) for ligne in lignes(fichier)] == [(2, "Saint Omer"), (3, "Calais")]

    def test_separateur_dans_un_texte(self) -> None:
        fichier = lire(ENTETE + LIGNE.replace("Calais", "Calais;Nord"))
        assert "decalee" in [probleme.code for probleme in lignes(fichier)[0].problemes]

    @pytest.mark.parametrize("fin", ["\n", "\r\n", "\r"])
    def test_fins_de_ligne(self, fin: str) -> None:
        assert len(lire((ENTETE + LIGNE * 2).replace("\n", fin)).rangees) == 2

    def test_consigne_d_excel(self) -> None:
        [rangee] = lire("sep=|\r\n" + (ENTETE + LIGNE).replace(";", "|")).rangees
        assert rangee.numero == 2

    def test_lignes_blanches(self) -> None:
        fichier = lire("\n" + ENTETE + "\n" + LIGNE + ";;;;;;;;\n   \n" + LIGNE)
        assert [rangee.numero for rangee in fichier.rangees] == [4, 7]

    def test_page_de_code_sans_marque(self) -> None:
        texte = ENTETE + LIGNE.replace("tutelle", "curatelle renforcée").replace("Calais", "Œuf-en-Ternois")
        [ligne] = lignes(lire_fichier(texte.encode("cp1252"), "x.txt"))
        assert (ligne.nature, ligne.ville) == ("curatelle_renforcee", "Œuf-en-Ternois")

    def test_une_ligne_d_un_autre_codage(self) -> None:
        ligne = LIGNE.replace("Calais", "Béthune")
        contenu = (ENTETE + ligne).encode() + ligne.encode("cp1252") + ligne.encode().replace(b"\xc3\xa9", b"\x81")
        assert [(ligne.ville, len(ligne.problemes)) for ligne in lignes(lire_fichier(contenu, "x.csv"))] == [
            ("Béthune", 0),
            ("Béthune", 0),
            ("", 1),
        ]

    @given(st.text(st.characters(exclude_characters="\x00", codec="utf-8")))
    @settings(max_examples=60)
    def test_n_importe_quel_texte(self, suite: str) -> None:
        fichier = lire(ENTETE + LIGNE + suite)
        assert all(rangee.numero > 1 for rangee in fichier.rangees)
        lignes(fichier)

    @given(st.binary(max_size=300))
    @settings(max_examples=60)
    def test_n_importe_quels_octets(self, contenu: bytes) -> None:
        for debut in (b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
            assert refus(debut + contenu)


class TestEntetes:
    def test_colonne_en_double(self) -> None:
        assert refus((ENTETE.strip() + ";Date ouverture\n" + LIGNE).encode()) == (
            "La colonne « date_nomination » est présente deux fois (A et J) : gardez-en une seule."
        )

    def test_colonnes_manquantes(self) -> None:
        message = refus((ENTETE.replace("annee", "naissance") + LIGNE).encode())
        assert message == "Il manque la colonne « annee ». Colonnes que nous ne connaissons pas : naissance."

    def test_un_fichier_d_identifiants_se_passe_des_autres(self) -> None:
        fichier = lire("identifiant;cabinet\n12;3\n")
        assert fichier.manquantes == OBLIGATOIRES
        assert [(ligne.identifiant, ligne.cabinet) for ligne in lignes(fichier)] == [(12, "3")]

    def test_deux_entetes(self) -> None:
        message = refus((ENTETE * 2 + LIGNE).encode())
        assert message == "Les lignes 1 et 2 portent toutes deux des noms de colonnes : gardez-en une seule."

    def test_titre_au_dessus(self) -> None:
        assert refus(octets("titre.xlsx")).startswith("Les noms des colonnes sont à la ligne 3")

    def test_sans_entete(self) -> None:
        assert refus((LIGNE * 3).encode()).startswith("La première ligne doit porter les noms des colonnes")

    def test_entete_seule(self) -> None:
        assert refus(ENTETE.encode()).startswith("Ce fichier ne contient que les noms des colonnes")


class TestRefus:
    @pytest.mark.parametrize(
        ("nom", "debut"),
        [
            ("vide.xlsx", "Ce fichier est vide"),
            ("vide.xls", "Ce fichier est vide"),
            ("protege.xlsx", "Ce fichier est protégé par un mot de passe"),
            ("protege.xls", "Ce fichier est protégé par un mot de passe"),
            ("portefeuille.ods", "Ce fichier n'est pas un tableau"),
            ("fusion.xlsx", "Les cellules J2:J4 sont fusionnées"),
            ("fusion.xls", "Les cellules J2:J4 sont fusionnées"),
        ],
    )
    def test_fichiers(self, nom: str, debut: str) -> None:
        assert refus(octets(nom), nom).startswith(debut)

    @pytest.mark.parametrize(
        ("contenu", "debut"),
        [
            (b"", "Ce fichier est vide"),
            (b"\n \n;;\n", "Ce fichier est vide"),
            (b"%PDF-1.7\n...", "Ce fichier n'est pas un tableau"),
            (b"\x89PNG\r\n\x1a\n\x00\x00", "Ce fichier n'est pas un tableau"),
            (b"<html><table><tr><td>type</td></tr></table>", "Ce fichier porte le nom d'un tableur"),
            (b"x" * (TAILLE_MAX + 1), "Ce fichier dépasse 10 Mo"),
            (b"x" * 200_000, "Ce fichier contient une cellule"),
            (octets("portefeuille.xlsx")[:4000], "Ce fichier est abîmé"),
            (octets("portefeuille.xls")[:2000], "Ce fichier est abîmé"),
            ((ENTETE + LIGNE * (LIGNES_MAX + 1)).encode(), "Ce fichier compte plus de 20"),
            ((ENTETE.strip() + ";x" * 300 + "\n" + LIGNE).encode(), "Ce fichier compte plus de 200 colonnes"),
        ],
    )
    def test_octets(self, contenu: bytes, debut: str) -> None:
        assert refus(contenu).startswith(debut)

    @pytest.mark.parametrize(
        ("fabrique", "debut"),
        [
            (lambda: feuille(f"<sheetData>{'<row/>' * 250_000}</sheetData>"), "Ce fichier contient beaucoup plus"),
            (
                lambda: feuille(f"<sheetData><row>{'<c/>' * 100_000}</row></sheetData>"),
                "Ce fichier compte plus de 200",
            ),
            (
                lambda: feuille('<sheetData><row><c r="GS1" t="str"><v>x</v></c></row></sheetData>'),
                "Ce fichier compte plus de 200",
            ),
            (
                lambda: feuille(f'<sheetData><row a="{"x" * 3_000_000}"/></sheetData>'),
                "Ce fichier contient beaucoup plus",
            ),
            (
                lambda: feuille(f'<sheetData><row><c t="str"><v>{"x" * 100_000}</v></c></row></sheetData>'),
                "Ce fichier contient une cellule",
            ),
            (lambda: feuille('<sheetData><row r="999999999"/></sheetData>'), "Ce fichier est abîmé"),
            (lambda: feuille('<sheetData><row r="2"/><row r="1"/></sheetData>'), "Ce fichier est abîmé"),
            (lambda: feuille("<sheetData><row>"), "Ce fichier est abîmé"),
            (lambda: classeur("xl/styles.xml", "x" * 5_000_000), "Ce fichier contient beaucoup plus"),
            (lambda: classeur("xl/workbook.xml", "<x/>"), "Ce fichier est vide"),
        ],
        ids=["lignes", "cellules", "colonne", "attribut", "texte", "bas", "ordre", "coupe", "partie", "autre"],
    )
    def test_bombes(self, fabrique: Callable[[], bytes], debut: str) -> None:
        assert refus(fabrique()).startswith(debut)

    @pytest.mark.parametrize(
        "declaration",
        ['<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">', '<!ENTITY b SYSTEM "file:///etc/hostname">'],
    )
    @pytest.mark.parametrize("partie", [FEUILLE, "xl/styles.xml", "xl/sharedStrings.xml"])
    def test_entites(self, partie: str, declaration: str) -> None:
        xml = f"<!DOCTYPE x [{declaration}]><worksheet {XMLNS}>&b;</worksheet>"
        assert refus(classeur(partie, xml)).startswith("Ce fichier contient des instructions")

    def test_formule_jamais_calculee(self) -> None:
        with ZipFile(BytesIO(octets("formules.xlsx"))) as source:
            xml = source.read(FEUILLE).decode()
        # As programs write it that do not calculate.
        sans_resultat = xml.replace("<v>1962</v>", "<v></v>")
        assert sans_resultat != xml
        sortie = BytesIO()
        with ZipFile(BytesIO(octets("formules.xlsx"))) as source, ZipFile(sortie, "w") as copie:
            for nom in source.namelist():
                copie.writestr(nom, sans_resultat if nom == FEUILLE else source.read(nom))
        assert refus(sortie.getvalue()).startswith("La cellule F2 contient une formule dont le résultat")
