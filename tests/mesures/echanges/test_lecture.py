from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from datetime import date
from io import BytesIO
from time import process_time
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mesures.echanges import classeurs
from mesures.echanges.colonnes import OBLIGATOIRES
from mesures.echanges.feuilles import LIGNES_MAX, TAILLE_MAX
from mesures.echanges.lecture import Fichier, FichierIllisible, lire_fichier
from mesures.echanges.lignes import LigneLue, lire_ligne
from mesures.echanges.valeurs import lire_texte, ranger
from tests.mesures.echanges import octets
from tribunaux.tableurs import proteger

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
        assert lues[1] == LigneLue(
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


@given(st.text("'=+-@＝＠ \t\r\n\xa0\ufeff\u200b\xad5a", max_size=6))
def test_ce_qui_sort_protege_se_relit(texte: str) -> None:
    """What was added goes, whether spaces are tidied before or after."""
    tel_quel = ranger(texte)
    for en_csv in (True, False):
        assert lire_texte(proteger(tel_quel, csv=en_csv), 1000) == tel_quel
    if texte[:1] in ("\t", "\r", "\n"):
        assert lire_texte(proteger(texte, csv=True), 1000) == tel_quel


def test_la_lecture_dit_ou_elle_en_est() -> None:
    nombres: list[int] = []
    lire_fichier((ENTETE + LIGNE * 3 + ";;;\n" + LIGNE).encode(), "x.csv", nombres.append)
    assert nombres == [1, 2, 3, 4]


class TestEntetes:
    def test_colonne_en_double(self) -> None:
        assert refus((ENTETE.strip() + ";Date ouverture\n" + LIGNE).encode()) == (
            "La colonne « Date de nomination (date_nomination) » est présente deux fois (A et J) : "
            "gardez-en une seule."
        )

    def test_colonnes_manquantes(self) -> None:
        message = refus((ENTETE.replace("annee", "naissance") + LIGNE).encode())
        assert message == (
            "Il manque la colonne « Année de naissance (annee) ». "
            "Colonnes que nous ne connaissons pas : naissance."
        )

    def test_la_date_de_naissance_ne_remplace_pas_l_annee(self) -> None:
        """A full date is never read, even to take its year."""
        message = refus((ENTETE.replace("annee", "Date de naissance") + LIGNE).encode())
        assert "La date de naissance n'est pas lue : écrivez seulement l'année" in message
        fichier = lire(
            ENTETE.replace("annee", "annee;Date de naissance") + LIGNE.replace("1962", "1962;15/03/1962")
        )
        assert fichier.ignorees == ("Date de naissance",)
        assert [ligne.annee_naissance for ligne in lignes(fichier)] == [1962]

    @pytest.mark.parametrize("entete", ["tribunal", "tribunal_siret"])
    def test_un_siret_sous_l_ancien_nom(self, entete: str) -> None:
        [ligne] = lignes(lire(ENTETE.replace("tribunal_siret", entete) + LIGNE))
        assert (ligne.tribunal_siret, ligne.tribunal_nom) == ("17590111500121", "")

    def test_un_fichier_sans_tribunal_se_lit(self) -> None:
        fichier = lire(ENTETE.replace(";tribunal_siret", "") + LIGNE.replace(";17590111500121", ""))
        assert fichier.manquantes == ()
        assert [ligne.problemes for ligne in lignes(fichier)] == [()]

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
        message = refus((LIGNE * 3).encode())
        assert message.startswith("La première ligne doit porter les noms des colonnes")
        assert "« Date de nomination (date_nomination) »" in message

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
            ("portefeuille.ods", "Le format .ods n'est pas lu. Enregistrez-le au format .xlsx"),
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
            (b"\xff\xd8\xff\xe0\x00\x10JFIF" + b"\n;;;" * 500_000, "Ce fichier n'est pas un tableau"),
            (b"\n%PDF-1.4\n" + b"\xe2\xe3\n" * 500_000, "Ce fichier n'est pas un tableau"),
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

    def test_une_bombe_en_quelques_secondes(self) -> None:
        """Small, and within every other bound, it would hold the worker for minutes."""
        rangee = f"<row>{'<c/>' * 75}</row>"
        contenu = feuille(f"<sheetData>{rangee * 199_000}</sheetData>")
        assert len(contenu) < 1_000_000
        debut = process_time()
        assert refus(contenu).startswith("Ce fichier contient beaucoup plus")
        assert process_time() - debut < 10

    def test_ce_qui_n_est_pas_une_cellule_compte_aussi(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """In all the parts together."""
        contenu = octets("portefeuille.xlsx")
        with ZipFile(BytesIO(contenu)) as source:
            parties = [nom for nom in source.namelist() if nom.endswith(".xml")]
            pas = [classeurs._examiner(source.open(nom), classeurs.PAS_MAX).avance for nom in parties]
        assert len(pas) > 3
        monkeypatch.setattr(classeurs, "PAS_MAX", sum(pas))
        assert lire_fichier(contenu, "x.xlsx").rangees
        monkeypatch.setattr(classeurs, "PAS_MAX", sum(pas) - 1)
        assert refus(contenu).startswith("Ce fichier contient beaucoup plus")

    def test_une_feuille_large_presque_vide(self) -> None:
        """Its rows are not looked at up to the last column."""
        entete = "".join(f'<c t="str"><v>{nom}</v></c>' for nom in ENTETE.strip().split(";"))
        loin = '<c r="GR1" t="str"><v>x</v></c>'
        contenu = feuille(f"<sheetData><row>{entete}{loin}</row>{'<row><c/></row>' * 50_000}</sheetData>")
        assert refus(contenu).startswith("Ce fichier ne contient que les noms")

    @pytest.mark.parametrize("rangees", [f"<row>{'<c/>' * 49}</row>" * 8, "<row/>" * 400])
    def test_des_feuilles_qui_sont_une_seule(self, rangees: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """Each is read: what counts is what there is to read, not what the file holds."""
        monkeypatch.setattr(classeurs, "CELLULES_MAX", 1000)
        vide = feuille(f"<sheetData>{rangees}</sheetData>")
        assert refus(vide).startswith("Ce fichier est vide")
        sortie = BytesIO()
        with ZipFile(BytesIO(vide)) as source, ZipFile(sortie, "w", ZIP_DEFLATED) as copie:
            for nom in source.namelist():
                xml = source.read(nom).decode()
                if nom == "xl/workbook.xml":
                    xml, fois = re.subn(r"(<sheet [^>]*/>)", r"\1\1\1", xml)
                    assert fois == 1
                copie.writestr(nom, xml)
        assert refus(sortie.getvalue()).startswith("Ce fichier contient beaucoup plus")

    @pytest.mark.parametrize("borne", ["CELLULES_MAX", "FEUILLES_MAX"])
    @pytest.mark.parametrize("nom", ["deux_feuilles.xls", "deux_feuilles.xlsx"])
    def test_un_classeur_trop_gros(self, nom: str, borne: str, monkeypatch: pytest.MonkeyPatch) -> None:
        assert lire_fichier(octets(nom), nom).rangees
        monkeypatch.setattr(classeurs, borne, 1)
        assert refus(octets(nom)).startswith("Ce fichier contient beaucoup plus")

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
