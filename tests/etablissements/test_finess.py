from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etablissements.finess import (
    COLONNES,
    LONGUEUR_TEXTE,
    Constat,
    Fiche,
    FichierRefuse,
    adresse_de,
    commune_de,
    lire,
)
from etablissements.models import Etablissement
from tests.etablissements.finess import (
    LAMBERT_93,
    REGISTRE,
    REGISTRE_ANCIEN,
    fichier,
    point,
    structure,
)

CALAIS = (50.9516, 1.8516)
LONGUEUR_DEPASSEE = "A" * (LONGUEUR_TEXTE + 1)


def motifs(*lignes: str) -> list[str]:
    """Why these lines are rejected, in a file that has a good one too."""
    registre = lire(fichier(structure(nofinesset="629900199"), *lignes))
    assert "629900199" in registre.fiches
    assert registre.lus + registre.points_lus == 1 + len(lignes)
    return [constat.motif for constat in sorted(registre.rejets + registre.rejets_points)]


class TestFichiers:
    def test_celui_d_aujourd_hui(self) -> None:
        with REGISTRE.open("rb") as lignes:
            registre = lire(lignes)
        assert registre.date == date(2026, 5, 12)
        assert (registre.lus, registre.points_lus) == (15, 9)
        assert registre.rejets + registre.rejets_points + registre.remarques == []
        assert registre.fiches["629900101"] == Fiche(
            ligne=2,
            finess="629900101",
            nom="EHPAD LES DUNES DE L'EXEMPLE",
            categorie="Etablissement d'hébergement pour personnes âgées dépendantes",
            adresse="12B RUE DES ARGOUSIERS, BP 381",
            code_postal="62100",
            commune="62193",
            ouvert_le=date(2001, 5, 14),
        )
        foyer = registre.fiches["629900102"]
        assert foyer.nom == 'FOYER D\'EXEMPLE "LE BEFFROI" ; ANNEXE'
        assert (foyer.adresse, foyer.code_postal, foyer.commune) == ("CHEMIN DES PRES", "62022", "62041")
        assert registre.fiches["2A9900103"].nom == "RÉSIDENCE D'EXEMPLE"

        communes = {finess[-3:]: fiche.commune for finess, fiche in registre.fiches.items()}
        assert communes == {
            "101": "62193",
            "102": "62041",
            "103": "2A004",
            "104": "75056",
            "105": "69123",
            "106": "13055",
            "107": "97101",
            "108": "97701",
            "109": "97801",
            "110": "97209",
            "111": "97311",
            "112": "97411",
            "113": "97502",
            "114": "97611",
            "115": "98613",
        }
        points = {finess[-3:]: pytest.approx(point, abs=2e-6) for finess, point in registre.points.items()}
        assert points == {
            "101": CALAIS,
            "103": (41.9187, 8.7369),
            "107": (16.2708, -61.5054),
            "109": (18.0680, -63.0850),
            "110": (14.6074, -61.0694),
            "111": (5.4956, -54.0308),
            "112": (-20.8790, 55.4486),
            "113": (46.7800, -56.1700),
            "114": (-12.7806, 45.2326),
        }

    def test_celui_d_il_y_a_quelques_annees(self) -> None:
        with REGISTRE_ANCIEN.open("rb") as lignes:
            registre = lire(lignes)
        assert registre.date == date(2020, 6, 8)
        assert registre.rejets + registre.rejets_points + registre.remarques == []
        assert [fiche.nom for fiche in registre.fiches.values()] == [
            "EHPAD LES DUNES",
            "RÉSIDENCE D'ŒUVRE EXEMPLE",
            "CENTRE D'EXEMPLE SAINT DENIS",
        ]
        assert registre.fiches["629900102"].categorie.endswith("personnes âgées dépendantes")
        assert registre.points == {
            "629900101": pytest.approx(CALAIS, abs=2e-6),
            "979900112": pytest.approx((-20.8790, 55.4486), abs=2e-6),
        }

    @pytest.mark.parametrize(
        ("lignes", "phrase"),
        [
            ([], "sa première ligne"),
            ([b"PK\x03\x04\x14\x00\x00\xff"], "sa première ligne"),
            ([b"nom;adresse\n", structure().encode()], "sa première ligne"),
            ([structure().encode()], "sa première ligne"),
            (fichier(structure(), entete="finess;etalab;111"), "sa date"),
            (fichier(structure(), entete="finess;etalab;111;12 mai"), "sa date"),
            (fichier(), "aucune ligne « structureet »"),
            (fichier("structureet;629900101;629900000"), "aucune ligne « structureet »"),
            (fichier(point()), "aucune ligne « structureet »"),
        ],
    )
    def test_refuse(self, lignes: list[bytes], phrase: str) -> None:
        with pytest.raises(FichierRefuse, match=phrase):
            lire(lignes)

    def test_fins_de_ligne_marque_d_encodage_et_lignes_vides(self) -> None:
        texte = "\ufefffiness;etalab;111;2026-05-12;\r\n\r\n" + structure() + "\r\n" + point() + "\r\n\r\n"
        registre = lire(texte.encode().splitlines(keepends=True))
        assert list(registre.fiches) == list(registre.points) == ["629900101"]
        assert (registre.fiches["629900101"].ligne, registre.lus, registre.points_lus) == (3, 1, 1)


class TestEtablissements:
    @pytest.mark.parametrize(
        ("ligne", "motif"),
        [
            (structure(nofinesset="62990010"), "le numéro FINESS « 62990010 » n'a pas la forme de 620100057"),
            (structure(nofinesset=""), "le numéro FINESS «  » n'a pas la forme de 620100057"),
            (structure(nofinesset="629900199"), "le numéro 629900199 est déjà celui de la ligne 2"),
            (structure(rs=""), "l'établissement n'a pas de nom"),
            (structure(rs=LONGUEUR_DEPASSEE), "le nom dépasse 200 caractères"),
            (structure(libcategetab=LONGUEUR_DEPASSEE), "la catégorie dépasse 200 caractères"),
            (structure(voie=LONGUEUR_DEPASSEE), "l'adresse dépasse 200 caractères"),
            (structure(rs="A" * 4000), "la ligne dépasse 4000 octets"),
            (structure(rs="EHPAD\x00"), "des caractères sont illisibles"),
            (structure(rs="EHPAD;LES DUNES"), "le département « 193 » n'en est pas un"),
            (structure(rs='"EHPAD ;LES DUNES'), "le département « 193 » n'en est pas un"),
            (structure(departement=""), "le département «  » n'en est pas un"),
            (structure()[:40], "4 champs lus, 32 attendus"),
            (structure() + "XX;;YY", "34 champs lus, 32 attendus"),
            ("equipement;629900101", "la ligne ne commence ni par « structureet » ni par « geolocalisation »"),
            ("n'importe quoi", "la ligne ne commence ni par « structureet » ni par « geolocalisation »"),
        ],
    )
    def test_rejete(self, ligne: str, motif: str) -> None:
        assert motifs(ligne) == [motif]

    def test_une_ligne_rejetee_dit_son_numero_et_garde_celui_de_l_etablissement(self) -> None:
        registre = lire(fichier(structure(), structure(nofinesset="629900102", rs=""), structure(nofinesset="x")))
        assert [rejet.ligne for rejet in registre.rejets] == [3, 4]
        assert registre.numeros_rejetes == {"629900102"}

    @pytest.mark.parametrize(
        ("valeurs", "remarque"),
        [
            ({"commune": ""}, "629900101 : sans commune («  », département « 62 »)"),
            ({"departement": "9Z"}, "629900101 : sans commune (« 193 », département « 9Z »)"),
            ({"dateouv": "31/02/2001"}, "629900101 : sans date d'ouverture (« 31/02/2001 » n'en est pas une)"),
            ({"dateouv": "0000-00-00"}, "629900101 : sans date d'ouverture (« 0000-00-00 » n'en est pas une)"),
            ({"ligneacheminement": "CALAIS"}, "629900101 : sans code postal (« CALAIS »)"),
            ({"ligneacheminement": "621000 CALAIS"}, "629900101 : sans code postal (« 621000 CALAIS »)"),
        ],
    )
    def test_garde_avec_une_remarque(self, valeurs: dict[str, str], remarque: str) -> None:
        registre = lire(fichier(structure(**valeurs)))
        assert registre.remarques == [Constat(2, remarque)]
        assert list(registre.fiches) == ["629900101"]

    def test_sans_date_d_ouverture_rien_a_dire(self) -> None:
        registre = lire(fichier(structure(dateouv="")))
        assert registre.fiches["629900101"].ouvert_le is None
        assert registre.remarques == []

    @pytest.mark.parametrize(
        "octets", [structure(rs="CHÂTEAU").encode(codage) for codage in ("utf-8", "cp1252", "latin-1")]
    )
    def test_chaque_ligne_dans_son_encodage(self, octets: bytes) -> None:
        autre = structure(nofinesset="629900102", rs="L'ÉTÉ").encode()
        registre = lire([*fichier(), octets + b"\n", autre + b"\n"])
        assert [fiche.nom for fiche in registre.fiches.values()] == ["CHÂTEAU", "L'ÉTÉ"]

    def test_un_octet_d_aucun_encodage(self) -> None:
        ligne = structure(rs="EHPAD").encode().replace(b"EHPAD", b"EHPAD \x81\xff")
        registre = lire([*fichier(structure(nofinesset="629900102")), ligne])
        assert registre.rejets == [Constat(3, "des caractères sont illisibles")]
        assert registre.numeros_rejetes == {"629900101"}

    @pytest.mark.parametrize(
        ("ecrit", "nom"),
        [
            ('"FOYER ""A"""', 'FOYER "A"'),
            ('FOYER "A"', 'FOYER "A"'),
            ('"FOYER A', '"FOYER A'),
            ('"FOYER" A', '"FOYER" A'),
            ("  FOYER   A\t", "FOYER A"),
            ('L\'HAY & <b>"X"', 'L\'HAY & <b>"X"'),
        ],
    )
    def test_guillemets_et_espaces(self, ecrit: str, nom: str) -> None:
        assert lire(fichier(structure(rs=ecrit))).fiches["629900101"].nom == nom

    def test_les_longueurs_sont_celles_du_modele(self) -> None:
        for champ in ("nom", "categorie", "adresse"):
            assert Etablissement._meta.get_field(champ).max_length == LONGUEUR_TEXTE

    @pytest.mark.parametrize(
        ("valeurs", "adresse"),
        [
            ({}, ""),
            ({"voie": "MORNE JOLI"}, "MORNE JOLI"),
            ({"numvoie": "4", "typvoie": "R", "voie": "DES LILAS"}, "4 RUE DES LILAS"),
            ({"numvoie": "4", "compvoie": "B", "typvoie": "ZI", "voie": "NORD"}, "4B ZI NORD"),
            ({"typvoie": "CHE", "voie": "CHEMIN DES PRES"}, "CHEMIN DES PRES"),
            ({"compldistrib": "BAT A", "voie": "LE BOURG", "lieuditbp": "BP 1"}, "BAT A, LE BOURG, BP 1"),
        ],
    )
    def test_adresse(self, valeurs: dict[str, str], adresse: str) -> None:
        assert adresse_de(dict.fromkeys(COLONNES, "") | valeurs) == adresse

    @pytest.mark.parametrize(
        ("departement", "commune", "insee"),
        [
            ("01", "004", "01004"),
            ("2B", "033", "2B033"),
            ("75", "101", "75056"),
            ("75", "120", "75056"),
            ("75", "056", "75056"),
            ("69", "381", "69123"),
            ("69", "389", "69123"),
            ("69", "380", "69380"),
            ("69", "390", "69390"),
            ("13", "201", "13055"),
            ("13", "216", "13055"),
            ("13", "200", "13200"),
            ("13", "217", "13217"),
            ("9A", "101", "97101"),
            ("9F", "608", "97608"),
            ("9J", "613", "98613"),
            ("9Z", "613", None),
            ("90", "010", "90010"),
            ("62", "", None),
            ("62", "19", None),
            ("62", "19A", None),
        ],
    )
    def test_commune(self, departement: str, commune: str, insee: str | None) -> None:
        assert commune_de(departement, commune) == insee


class TestPoints:
    @pytest.mark.parametrize(
        ("x", "y", "source", "attendu"),
        [
            ("619132.4", "7095656.6", LAMBERT_93, CALAIS),
            ("619132,4", "7095656,6", "EPSG:2154 RGF93", CALAIS),
            ("659707.8", "1799473.9", "2,ATLASANTE,UTM_N20", (16.2708, -61.5054)),
            ("563359.6", "5181051.2", "2,ATLASANTE,UTM_N21", (46.7800, -56.1700)),
            ("164132.9", "608298.9", "2,ATLASANTE,UTM_N22", (5.4956, -54.0308)),
            ("338620.4", "7690464.9", "2,ATLASANTE,UTM_S40", (-20.8790, 55.4486)),
            ("525245.5", "8587115.4", "2,ATLASANTE,UTM_S38", (-12.7806, 45.2326)),
        ],
    )
    def test_systemes(self, x: str, y: str, source: str, attendu: tuple[float, float]) -> None:
        registre = lire(fichier(structure(), point(x=x, y=y, source=source)))
        assert registre.points == {"629900101": pytest.approx(attendu, abs=2e-6)}

    def test_a_dix_centimetres(self) -> None:
        registre = lire(fichier(structure(), point(x="620000", y="7030000")))
        assert registre.points == {"629900101": (50.362576, 1.877176)}

    def test_le_point_peut_preceder_son_etablissement(self) -> None:
        assert list(lire(fichier(point(), structure())).points) == ["629900101"]

    @pytest.mark.parametrize(
        ("ligne", "motif"),
        [
            (point("629900199", "0", "0"), "le point 0, 0 est hors de la zone de son système (EPSG:2154)"),
            (
                point("629900199", "7095656", "619132"),
                "le point 7095656, 619132 est hors de la zone de son système (EPSG:2154)",
            ),
            (
                point("629900199", "1e300", "1e300"),
                "le point 1e+300, 1e+300 est hors de la zone de son système (EPSG:2154)",
            ),
            (
                point("629900199", source="UTM_N20"),
                "le point 619132.4, 7095656.6 est hors de la zone de son système (EPSG:5490)",
            ),
            (point("629900199", "", ""), "les coordonnées «  » et «  » ne sont pas des nombres"),
            (point("629900199", "nan", "1"), "les coordonnées « nan » et « 1 » ne sont pas des nombres"),
            (point("629900199", "1", "inf"), "les coordonnées « 1 » et « inf » ne sont pas des nombres"),
            (
                point("629900199", source="1,X,LAMBERT_3"),
                "le système de coordonnées n'est pas connu (« 1,X,LAMBERT_3;2026-05-04 »)",
            ),
            (
                point("629900199", source="EPSG:4326"),
                "le système de coordonnées n'est pas connu (« EPSG:4326;2026-05-04 »)",
            ),
            ("geolocalisation;629900199;1;2", "4 champs lus, 6 attendus"),
            (point("6299"), "le numéro FINESS « 6299 » n'a pas la forme de 620100057"),
            (point("629900155"), "aucun établissement 629900155 n'est retenu du fichier"),
        ],
    )
    def test_rejete(self, ligne: str, motif: str) -> None:
        assert motifs(ligne) == [motif]

    def test_deux_points_pour_un_etablissement(self) -> None:
        registre = lire(fichier(structure(), point(), point(x="1", y="1")))
        assert registre.rejets_points == [Constat(4, "629900101 a déjà un point, ligne 3")]
        assert registre.points == {"629900101": pytest.approx(CALAIS, abs=2e-6)}

    def test_celui_d_un_etablissement_rejete(self) -> None:
        registre = lire(fichier(structure(), structure(nofinesset="629900102", rs=""), point("629900102")))
        assert registre.rejets_points == [Constat(4, "aucun établissement 629900102 n'est retenu du fichier")]

    def test_l_ordre_des_rejets_est_celui_du_fichier(self) -> None:
        registre = lire(fichier(structure(), point(x="0", y="0"), point("629900155"), point("x")))
        assert [rejet.ligne for rejet in registre.rejets_points] == [3, 4, 5]


@given(
    st.lists(st.binary(), max_size=5),
    st.lists(st.text(alphabet='structureet;geolocalisation"629\x00', max_size=60)),
)
def test_aucune_ligne_n_arrete_la_lecture(octets: list[bytes], textes: list[str]) -> None:
    lignes = [*octets, *(texte.encode() for texte in textes), *(f"geolocalisation;{t}".encode() for t in textes)]
    registre = lire([*fichier(structure()), *lignes])
    assert registre.fiches["629900101"].nom == "EHPAD LES DUNES"
    assert registre.lus + registre.points_lus == 1 + sum(1 for ligne in lignes if ligne.strip())
