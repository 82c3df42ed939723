"""The search and the filters that lists and map share."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.http import QueryDict
from django.utils import timezone

from mesures.filtres.base import ordonner
from mesures.filtres.mandataire import (
    ORDRE_USUEL,
    SANS_COMMUNE,
    TRIS,
    FiltresEnCoursForm,
    FiltresEteintesForm,
)
from mesures.models import Mesure
from mesures.models.mesure import REVISION
from mesures.recherche import chercher_mesures
from tests.factories import CommuneFactory, EtablissementFactory, MandataireFactory, MesureFactory, TribunalFactory
from tribunaux.models import Commune
from tribunaux.ordre import Ordre

pytestmark = pytest.mark.django_db


def trouver(q: str) -> list[Mesure]:
    return list(chercher_mesures(q, Mesure.objects.all()).order_by("rang", "pk"))


def filtrer(adresse: str) -> tuple[list[Mesure], FiltresEnCoursForm]:
    form = FiltresEnCoursForm(QueryDict(adresse), mesures=Mesure.objects.all())
    return list(form.appliquer().order_by("pk")), form


# --- Search ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("q", ["12345", "00012345", " 12345 "])
def test_un_rg_est_le_meme_avec_ou_sans_zeros(tribunal, q: str) -> None:
    celle_ci = MesureFactory(tribunal=tribunal, numero_rg="00012345")
    MesureFactory(tribunal=tribunal, numero_rg="99954321")
    assert trouver(q) == [celle_ci]


def test_le_numero_exact_vient_en_premier(tribunal) -> None:
    contient = MesureFactory(numero_dossier="A 77")
    exacte = MesureFactory(tribunal=tribunal, numero_rg="77")
    dossier = MesureFactory(numero_dossier="77")
    assert trouver("77") == [exacte, dossier, contient]


@pytest.mark.parametrize(
    "q", ["l'hay", "L'HAŸ LES ROSES", "hay roses", "chateau", "Château d'Eau", "94240", "été 3"]
)
def test_ville_etablissement_dossier_sans_accents_ni_casse(q: str) -> None:
    commune = CommuneFactory(nom="L'Haÿ-les-Roses", codes_postaux=["94240"])
    celle_ci = MesureFactory(
        commune=commune,
        lieu_vie="etablissement",
        etablissement=EtablissementFactory(nom="Résidence du Château d'eau"),
        numero_dossier="ETE 3",
    )
    MesureFactory(numero_dossier="autre")
    assert trouver(q) == [celle_ci]


def test_un_etablissement_hors_liste_se_trouve_aussi() -> None:
    celle_ci = MesureFactory(lieu_vie="etablissement", etablissement_nom="Foyer des Bruyères")
    assert trouver("bruyeres") == [celle_ci]


@pytest.mark.parametrize("q", ["!!!", "😀" * 100, "%", "_", "introuvable"])
def test_ce_qui_ne_dit_rien_ne_trouve_rien(q: str) -> None:
    MesureFactory(numero_dossier="D-1")
    assert trouver(q) == []


def test_tous_les_mots_comptent(calais: Commune) -> None:
    celle_ci = MesureFactory(commune=calais, numero_dossier="Dossier bleu")
    MesureFactory(commune=calais, numero_dossier="Dossier vert")
    assert trouver("calais bleu") == [celle_ci]


# --- Filters -----------------------------------------------------------------------------------------


def test_chaque_filtre(tribunal, calais: Commune, arras: Commune) -> None:
    celle_ci = MesureFactory(nature="tutelle", lieu_vie="domicile", commune=calais, tribunal=tribunal)
    autre = MesureFactory(nature="maj", lieu_vie="sdf", commune=None, tribunal=TribunalFactory())
    MesureFactory(nature="ad_hoc", lieu_vie="etablissement", etablissement_nom="X", commune=arras)
    for adresse in (
        "nature=tutelle",
        "lieu_vie=domicile",
        f"tribunal={tribunal.pk}",
        "commune=62193",
        "q=calais",
    ):
        assert filtrer(adresse)[0] == [celle_ci], adresse
    assert filtrer(f"commune={SANS_COMMUNE}")[0] == [autre]
    assert filtrer("nature=tutelle&lieu_vie=sdf")[0] == []


def test_un_tribunal_ferme_se_filtre_sous_son_successeur(tribunal, autre_tribunal) -> None:
    mesure = MesureFactory(tribunal=tribunal)
    tribunal.ferme_le, tribunal.successeur = "2024-01-01", autre_tribunal
    tribunal.save()
    trouvees, form = filtrer(f"tribunal={autre_tribunal.pk}")
    assert trouvees == [mesure]
    assert [str(libelle) for _, libelle in form.fields["tribunal"].choices][1:] == [autre_tribunal.libelle]


@pytest.mark.parametrize("adresse", ["nature=zzz", "lieu_vie=zzz", "tribunal=0", "tribunal=x", "commune=00000"])
def test_un_filtre_qui_n_existe_pas_est_dit_et_les_autres_valent(adresse: str, calais: Commune) -> None:
    mesure = MesureFactory(commune=calais)
    MesureFactory()
    trouvees, form = filtrer(f"q=calais&{adresse}")
    assert trouvees == [mesure]
    assert "n'est pas appliqué" in form.errors[adresse.split("=")[0]][0]


def test_a_completer_et_ses_manques_disent_la_meme_chose(tribunal) -> None:
    MesureFactory(tribunal=tribunal)
    MesureFactory(tribunal=tribunal, lieu_vie="sdf", commune=None, code_postal="")
    MesureFactory(tribunal=tribunal, lieu_vie="etablissement", etablissement_nom="X")
    incompletes = [
        MesureFactory(tribunal=None),
        MesureFactory(tribunal=tribunal, code_postal=""),
        MesureFactory(tribunal=tribunal, lieu_vie="etablissement"),
        MesureFactory(tribunal=tribunal, lieu_vie="etablissement_conservation"),
    ]
    assert filtrer("a_completer=on")[0] == incompletes
    assert [mesure for mesure in Mesure.objects.order_by("pk") if mesure.manques] == incompletes


def test_a_reviser_et_chaque_ligne_disent_la_meme_chose() -> None:
    aujourd_hui = timezone.localdate()
    for valeurs in (
        {"date_terme": None},
        {"date_terme": aujourd_hui + REVISION + timedelta(days=1)},
        {"date_terme": aujourd_hui, "eteinte": True},
    ):
        MesureFactory(**valeurs)
    passee = MesureFactory(date_terme=aujourd_hui - timedelta(days=1))
    proches = [passee, *(MesureFactory(date_terme=aujourd_hui + dans) for dans in (timedelta(0), REVISION))]
    trouvees, form = filtrer("a_reviser=on")
    assert trouvees == proches
    assert (form.nombre_a_reviser, form.criteres["a_reviser"].libelle) == (3, "À réviser")
    assert [mesure for mesure in Mesure.objects.order_by("pk") if mesure.est_a_reviser] == proches
    assert [mesure for mesure in proches if mesure.terme_est_passe] == [passee]


def test_les_annees_des_mesures_eteintes() -> None:
    ancienne = MesureFactory(eteinte=True, date_extinction="2023-12-31")
    MesureFactory.create_batch(2, eteinte=True, date_extinction="2024-01-01")
    form = FiltresEteintesForm(QueryDict("annee=2023"), mesures=Mesure.objects.eteintes())
    assert list(form.appliquer()) == [ancienne]
    assert form.fields["annee"].choices == [("", "Toutes les années"), (2024, "2024 (2)"), (2023, "2023 (1)")]
    form = FiltresEteintesForm(QueryDict("annee=1999"), mesures=Mesure.objects.eteintes())
    assert form.appliquer().count() == 3
    assert "n'est pas appliqué" in form.errors["annee"][0]


def test_la_recherche_n_elargit_jamais(tribunal) -> None:
    MesureFactory(tribunal=tribunal, numero_rg="12345")
    siennes = Mesure.objects.filter(mandataire=MandataireFactory())
    form = FiltresEnCoursForm(QueryDict("q=12345"), mesures=siennes)
    assert list(form.appliquer()) == []


# --- Order -------------------------------------------------------------------------------------------


def test_l_ordre_est_total_et_les_vides_viennent_a_la_fin() -> None:
    MesureFactory.create_batch(3, nature="tutelle")
    MesureFactory(commune=None, lieu_vie="sdf")
    for tri in TRIS:
        for croissant in (True, False):
            mesures = ordonner(Mesure.objects.all(), *Ordre(tri, croissant).champs)
            assert mesures.query.order_by[-1] == "-pk"
            if tri.cle == "lieu":
                assert [mesure.commune_id is None for mesure in mesures][-1]


def test_le_numero_exact_passe_avant_l_ordre_choisi(tribunal) -> None:
    exacte = MesureFactory(tribunal=tribunal, numero_rg="7", date_decision="2020-01-01")
    MesureFactory(numero_dossier="dossier 7", date_decision="2025-01-01")
    trouvees = chercher_mesures("7", Mesure.objects.all())
    assert next(iter(ordonner(trouvees, *ORDRE_USUEL.champs))) == exacte
