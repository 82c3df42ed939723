from __future__ import annotations

from datetime import date
from itertools import product
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etablissements.models import Etablissement
from mesures.echanges.colonnes import (
    COLONNE_DU_CHAMP,
    COLONNES,
    OBLIGATOIRES,
    PAR_NOM,
    cle_entete,
    colonne_de,
    ecrire,
)
from mesures.echanges.lecture import lire_fichier
from mesures.echanges.libelles import TYPES, ecrire_type, lire_type
from mesures.echanges.lignes import lire_ligne
from mesures.echanges.valeurs import EPOQUE_1900, ValeurRefusee, Valeurs
from mesures.enums import Champ, LieuVie, MotifExtinction, Nature, Statut
from mesures.models import Mesure
from tribunaux import tableurs
from tribunaux.tableurs import Format, Tableau

# As they are stored: tidied, and no word that stands for nothing.
textes = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=30).map(
    lambda texte: normalize("NFC", f"a {' '.join(texte.split())}".strip())  # as a file is read
)
dangereux = st.sampled_from(["=1+1", "+33", "-5 bis", "@x", "'=x", "''+y", 'L\'Haÿ-les-Roses & <b>"x"', "'ici"])
dates = st.dates(date(1900, 1, 1), date(2099, 12, 31))
mesures = st.builds(
    Valeurs,
    identifiant=st.none() | st.integers(1, 2**50),
    date_decision=dates,
    nature=st.sampled_from(Nature.values),
    champ=st.sampled_from(["", *Champ.values]),
    code_postal=st.sampled_from(["", "01000", "62100", "97400"]),
    ville=textes,
    genre=st.sampled_from(["F", "H"]),
    annee_naissance=st.integers(1900, 2026),
    numero_rg=st.sampled_from([None, "21A00123", "00012345", "12345-1", "12E45"]),
    numero_dossier=st.just("") | textes | dangereux,
    lieu_vie=st.sampled_from(LieuVie.values),
    tribunal_siret=st.sampled_from(["", "17590111500121"]),
    tribunal_nom=st.just("") | textes,
    cabinet=st.just("") | textes | dangereux,
    finess=st.sampled_from(["", "010000024", "2A0000014"]),
    etablissement_nom=st.just("") | textes | dangereux,
    date_extinction=st.none() | dates,
    motif_extinction=st.sampled_from(["", *MotifExtinction.values]),
    statut=st.sampled_from(["", *Statut.values]),
)


def fichier(format_: Format, valeurs: Valeurs) -> bytes:
    colonnes = [tableurs.Colonne(colonne.libelle) for colonne in COLONNES]
    with tableurs.ecrire(format_, Tableau("Mesures", colonnes, [ecrire(valeurs)])) as sortie:
        return sortie.read()


def relire(contenu: bytes) -> Valeurs:
    fichier = lire_fichier(contenu, "export")
    assert not fichier.ignorees
    [rangee] = fichier.rangees
    ligne = lire_ligne(rangee, fichier.epoque)
    assert ligne.problemes == ()
    return Valeurs(**{nom: getattr(ligne, nom) for nom in Valeurs.__slots__})


@given(mesures)
def test_ce_qui_sort_rentre_en_csv(valeurs: Valeurs) -> None:
    assert relire(fichier(Format.CSV, valeurs)) == valeurs


def test_ce_qui_sort_rentre_en_xlsx() -> None:
    valeurs = Valeurs(
        identifiant=1045,
        date_decision=date(2021, 3, 15),
        nature=Nature.AD_HOC,
        champ=Champ.BIENS,
        code_postal="01000",
        ville='L\'Haÿ-les-Roses & <b>"x"',
        genre="F",
        annee_naissance=1962,
        numero_rg="00012345",
        numero_dossier="=1+1",
        lieu_vie=LieuVie.ETABLISSEMENT_CONSERVATION,
        tribunal_siret="17590111500121",
        tribunal_nom="Tribunal judiciaire d'Arras",
        cabinet="'+2",
        finess="010000024",
        etablissement_nom="@Dunes",
        date_extinction=date(2024, 6, 30),
        motif_extinction=MotifExtinction.DESSAISISSEMENT_MJPM,
        statut=Statut.ETEINTE,
    )
    assert relire(fichier(Format.XLSX, valeurs)) == valeurs


@pytest.mark.parametrize(("nature", "champ"), list(product(Nature.values, ["", *Champ.values])))
def test_nature_et_champ_reviennent(nature: str, champ: str) -> None:
    cellules = ecrire(Valeurs(nature=nature, champ=champ))
    lus = {}
    for colonne, cellule in zip(COLONNES, cellules, strict=True):
        if cellule is not None:
            lus.update({c: v for c, v in colonne.lire(cellule, EPOQUE_1900).items() if v})
    assert (lus["nature"], lus.get("champ", "")) == (nature, champ)


@pytest.mark.parametrize(
    ("texte", "attendu"),
    [
        ("curatelle", ("curatelle_simple", "")),
        ("  CURATELLE  Renforcee aux-biens", ("curatelle_renforcee", "biens")),
        ("Curatelle aménagée à la personne", ("curatelle_amenagee", "personne")),
        ("tutelle aux biens et à la personne", ("tutelle", "biens_et_personne")),
        ("Tutelle à la personne et aux biens", ("tutelle", "biens_et_personne")),
        ("curatelle aux biens", ("curatelle_simple", "biens")),
        ("curatelle_renforcee", ("curatelle_renforcee", "")),
        ("MAJ", ("maj", "")),
        ("Mesure d’accompagnement judiciaire (MAJ)", ("maj", "")),
        ("subroge-tuteur", ("subroge_tuteur", "")),
        ("Subrogé curateur aux biens", ("subroge_curateur", "biens")),
        ("mesure ad hoc", ("ad_hoc", "")),
        ("Mandat de Protection Future", ("mandat_protection_future", "")),
        ("sauvegarde de justice", ("sauvegarde", "")),
        ("sauvegarde de justice avec mandat spécial", ("sauvegarde_mandat_special", "")),
        ("habilitation familiale", None),
        ("aux biens", None),
        ("tutelle et curatelle", None),
        ("", None),
    ],
)
def test_type(texte: str, attendu: tuple[str, str] | None) -> None:
    assert lire_type(texte) == attendu


def test_types_publies() -> None:
    """The labels of the published format, and the curatelle aménagée that it lacks."""
    assert len(TYPES) == len(set(TYPES)) == 23
    assert {"curatelle simple", "tutelle aux biens et à la personne", "maj", "sauvegarde de justice"} <= set(TYPES)
    assert ecrire_type(Nature.MAJ, Champ.BIENS) == "maj"


def test_obligatoires_publiees() -> None:
    assert OBLIGATOIRES == (
        "date_nomination",
        "type",
        "civilite",
        "annee",
        "residence",
        "ville",
        "numero_rg",
    )


def test_ce_qui_est_attendu_a_son_asterisque() -> None:
    """A court by its name or its SIRET, a place but for who has none: neither a plain yes nor a plain no."""
    assert [colonne.nom for colonne in COLONNES[:9] if not colonne.est_attendue] == []
    assert PAR_NOM["code_postal"].exigence == PAR_NOM["ville"].exigence == "oui, sauf sans domicile fixe"
    assert not PAR_NOM["tribunal_siret"].est_attendue
    assert (PAR_NOM["type"].exigence, PAR_NOM["statut"].exigence) == ("oui", "non")
    assert [colonne.nom for colonne in COLONNES[-2:]] == ["antenne", "identifiant"]


def test_aucun_nom_ne_designe_deux_colonnes() -> None:
    noms = [{cle_entete(n) for n in (c.nom, c.libelle, *c.aliases, c.champs[0])} for c in COLONNES]
    assert sum(map(len, noms)) == len(set.union(*noms))
    # `champs[0]` of « type » is the nature, and « champ » has its own.
    assert colonne_de("champ") is PAR_NOM["champ"]


@pytest.mark.parametrize(
    ("entete", "nom"),
    [
        ("date_ouverture", "date_nomination"),
        ("Date de Nomination (jj/mm/aaaa) *", "date_nomination"),
        ("DATE-NOMINATION", "date_nomination"),
        ("Code Postal", "code_postal"),
        ("civilité", "civilite"),
        ("N° RG", "numero_rg"),
        ("Année de naissance", "annee"),
        ("annee_naissance", "annee"),
        ("résidence ", "residence"),
        ("\ufeffville", "ville"),
        ("Date du jugement", "date_nomination"),
        ("Date de la décision", "date_nomination"),
        ("Date de décision", "date_nomination"),
        ("Nature de la mesure", "type"),
        ("Commune", "ville"),
        ("Lieu de vie", "residence"),
        ("N° de dossier", "numero_dossier"),
        ("Numéro de dossier", "numero_dossier"),
        ("Numéro de RG", "numero_rg"),
        ("tribunal", "tribunal"),
        ("Tribunal *", "tribunal"),
        ("SIRET du tribunal", "tribunal_siret"),
        ("Nom de l'établissement", "etablissement"),
    ],
)
def test_entetes(entete: str, nom: str) -> None:
    colonne = colonne_de(entete)
    assert colonne is not None
    assert colonne.nom == nom


@pytest.mark.parametrize(
    "entete", ["", "nom", "typ", "Date de naissance", "né(e) le", "SIRET", None, 12, date(2021, 3, 15)]
)
def test_entetes_inconnues(entete: object) -> None:
    assert colonne_de(entete) is None  # type: ignore[arg-type]


@pytest.mark.parametrize("champ", ["numero_rg", "numero_dossier", "cabinet", "etablissement_nom"])
def test_longueurs_du_modele(champ: str) -> None:
    longueur = Mesure._meta.get_field(champ).max_length
    assert longueur
    colonne = PAR_NOM[COLONNE_DU_CHAMP[champ]]
    assert colonne.lire("x" * longueur, EPOQUE_1900) == {champ: "x" * longueur}
    with pytest.raises(ValeurRefusee):
        colonne.lire("x" * (longueur + 1), EPOQUE_1900)


def test_noms_d_etablissement_du_repertoire() -> None:
    assert (
        Etablissement._meta.get_field("nom").max_length == Mesure._meta.get_field("etablissement_nom").max_length
    )
