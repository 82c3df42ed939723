"""The import of a file as a person meets it: each state of its page, what it offers, what it refuses."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django import app

from accounts.models import User
from emjpm import televersements
from mesures.echanges.feuilles import TAILLE_MAX
from mesures.echanges.imports import choisir_correspondances, demander_ecriture, recevoir
from mesures.forms import importation
from mesures.models import Import, ImportFichier, ImportLigne, Mesure
from tests.accounts.taches import executer_taches
from tests.conftest import mandataire_de
from tests.factories import EtablissementFactory, MesureFactory, UserFactory
from tests.mesures.echanges.aides import fichier_csv, ligne_type
from tests.strict import nombre_de_requetes, texte_lu
from tribunaux.models import Commune, Tribunal

pytestmark = pytest.mark.django_db

Etat = Import.Etat
SIRET = "17620019800052"  # of no court
HTMX = {"HX-Request": "true"}


@pytest.fixture
def connecte(client: Client, prepose: User) -> Client:
    client.force_login(prepose)
    return client


@pytest.fixture
def envoye(prepose: User, tribunal: Tribunal, calais: Commune) -> Import:
    """A line to correct, a new one, one of an unknown court and establishment, one that is changed."""
    contenu = fichier_csv(
        ligne_type(tribunal, numero_rg="5", date_nomination="31/02/2021", couleur="x"),
        ligne_type(tribunal, numero_rg="6", champ="aux biens et à la personne"),
        ligne_type(
            None,
            tribunal_siret=SIRET,
            numero_rg=7,
            residence="en établissement",
            etablissement="=Les <b>Dunes</b>",
        ),
        {"inconnue": "x", **ligne_type(tribunal, numero_rg="22/00001", date_fin="30/06/2024")},
    )
    return recevoir(contenu=contenu, nom="mesures <b>2026.csv", author=prepose)


@pytest.fixture
def lu(envoye: Import) -> Import:
    executer_taches()
    envoye.refresh_from_db()
    assert envoye.etat == Etat.LU
    return envoye


@pytest.fixture
def fait(lu: Import, prepose: User) -> Import:
    demander_ecriture(import_=lu, author=prepose)
    executer_taches()
    lu.refresh_from_db()
    assert lu.etat == Etat.FAIT
    return lu


def adresse(import_: Import, nom: str = "import_detail") -> str:
    return reverse(nom, args=[import_.pk])


def lire(client: Client, import_: Import, question: str = "") -> str:
    response = client.get(adresse(import_) + question)
    assert response.status_code == 200
    return texte_lu(response)


def etat(import_: Import) -> str:
    import_.refresh_from_db()
    return import_.etat


def enregistrer(client: Client, import_: Import) -> HttpResponse:
    """As the button of the page does."""
    page = client.get(adresse(import_)).content.decode()
    trouve = re.search(r'name="lu_at" value="([^"]+)"', page)
    assert trouve
    return client.post(adresse(import_, "import_enregistrer"), {"lu_at": trouve[1]}, follow=True)


def vieillir(import_: Import, **ages: timedelta) -> None:
    Import.objects.filter(pk=import_.pk).update(**{nom: timezone.now() - age for nom, age in ages.items()})


# --- Sending -----------------------------------------------------------------------------------------


def test_un_fichier_envoye_attend_le_travailleur(connecte: Client, prepose: User) -> None:
    fichier = SimpleUploadedFile("mesures.xlsx", b"PK nothing of it is read here")
    response = connecte.post(reverse("mesures_importer"), {"fichier": fichier})
    import_ = Import.objects.get()
    assert response["Location"] == adresse(import_)
    assert (import_.etat, import_.nom_fichier, import_.by) == (Etat.RECU, "mesures.xlsx", prepose)
    assert import_.mandataire == mandataire_de(prepose)
    assert "Lecture du fichier mesures.xlsx, envoyé le" in lire(connecte, import_)


@pytest.mark.parametrize(
    ("fichier", "phrase"),
    [
        (None, "Choisissez un fichier."),
        (SimpleUploadedFile("vide.csv", b""), "Ce fichier est vide"),
        (SimpleUploadedFile("gros.csv", b"x" * (TAILLE_MAX + 1)), "Ce fichier dépasse 10 Mo"),
    ],
)
def test_un_fichier_refuse_l_est_pres_du_champ(connecte: Client, fichier: Any, phrase: str) -> None:
    response = connecte.post(reverse("mesures_importer"), {"fichier": fichier} if fichier else {})
    assert response.status_code == 200
    assert phrase in response.context["form"].errors["fichier"][0]
    assert f"Fichier de mesures : {phrase}" in texte_lu(response)
    assert 'aria-describedby="id_fichier_helptext id_fichier_error"' in response.content.decode()
    assert not Import.objects.exists()


def test_ce_qui_depasse_n_est_pas_garde(rf: RequestFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither in memory nor on the disk; and what is kept is still too large."""
    monkeypatch.setattr(televersements, "TAILLE_MAX", 100_000)
    for taille in (99_999, 100_000, 3_000_000):
        with rf.post("/", {"fichier": SimpleUploadedFile("x.csv", b"x" * taille)}).FILES["fichier"] as recu:
            assert recu.size == taille or 100_000 < recu.size < 200_000
            assert len(recu.read()) == recu.size


def test_les_fichiers_envoyes(connecte: Client, fait: Import, prepose: User, prepose_voisin: User) -> None:
    recevoir(contenu=b"x", nom="du voisin.csv", author=prepose_voisin)
    recevoir(contenu=b"%PDF", nom="x.pdf", author=prepose)
    executer_taches()
    Import.objects.filter(pk=fait.pk).update(by=None, lues=1205, inchangees=1201)
    texte = texte_lu(connecte.get(reverse("mesures_importer")))
    assert "compte supprimé enregistré 1 205 1 1 1 201 2" in texte
    assert f"x.pdf du {timezone.localtime(fait.at):%d/%m/%Y}" in texte
    assert "illisible" in texte
    assert "voisin" not in texte


def test_les_fichiers_envoyes_coutent_autant_de_requetes(connecte: Client, prepose: User) -> None:
    url = reverse("mesures_importer")
    recevoir(contenu=b"x", nom="0.csv", author=prepose)
    une = nombre_de_requetes(connecte, url)
    mandataire = mandataire_de(prepose)
    Import.objects.bulk_create(
        Import(mandataire=mandataire, nom_fichier=f"{n}.csv", by=UserFactory() if n < 3 else prepose)
        for n in range(50)
    )
    assert nombre_de_requetes(connecte, url) == une
    assert "3 sur 3" in texte_lu(connecte.get(f"{url}?page=3"))


@pytest.mark.parametrize("avec_mesure", [True, False])
def test_l_import_se_trouve_des_mesures_en_cours(connecte: Client, prepose: User, avec_mesure: bool) -> None:
    if not avec_mesure:
        Mesure.objects.all().delete()
    page = connecte.get(reverse("mesures_en_cours")).content.decode()
    assert page.count(f'href="{reverse("mesures_importer")}"') == (1 if avec_mesure else 2)


# --- Reading -----------------------------------------------------------------------------------------


def test_la_lecture_montre_ou_elle_en_est(connecte: Client, envoye: Import) -> None:
    assert "La lecture commence" in lire(connecte, envoye)
    Import.objects.filter(pk=envoye.pk).update(remarques={"lignes": 7000}, avancement=1200)
    page = connecte.get(adresse(envoye)).content.decode()
    assert '<progress class="import__barre" aria-labelledby="avancement" max="7000" value="1200">' in page
    avancement = adresse(envoye, "import_avancement")
    assert f'hx-get="{avancement}"' in page
    fragment = connecte.get(avancement, headers=HTMX)
    assert texte_lu(fragment) == "1 200 lignes vérifiées sur 7 000"
    assert "HX-Refresh" not in fragment
    executer_taches()
    assert connecte.get(avancement, headers=HTMX)["HX-Refresh"] == "true"
    assert "hx-get" not in connecte.get(adresse(envoye)).content.decode()


def test_l_avancement_de_ce_qui_n_est_plus_la(connecte: Client, envoye: Import, prepose_voisin: User) -> None:
    url = adresse(envoye, "import_avancement")
    for qui in (prepose_voisin, None):
        autre = Client()
        if qui:
            autre.force_login(qui)
        response = autre.get(url, headers=HTMX)
        assert (response.status_code, response["HX-Refresh"]) == (404 if qui else 401, "true")
        assert not response.content
    connecte.post(adresse(envoye, "import_abandonner"))
    assert connecte.get(url, headers=HTMX).status_code == 404


def test_une_lecture_que_personne_ne_fait_se_relance(connecte: Client, envoye: Import) -> None:
    app.job_manager.cancel_job_by_id(envoye.job, delete_job=True)
    texte = lire(connecte, envoye)
    assert "Import interrompu" in texte
    assert "La lecture du fichier s'est arrêtée avant la fin." in texte
    assert "Rien n'a été enregistré." in texte
    assert "Relancer la lecture" in texte
    response = connecte.post(adresse(envoye, "import_relancer"), follow=True)
    assert "Lecture du fichier" in texte_lu(response)
    executer_taches()
    assert etat(envoye) == Etat.LU
    assert "Cet import n'est pas interrompu." in texte_lu(
        connecte.post(adresse(envoye, "import_relancer"), follow=True)
    )


def test_un_fichier_illisible_dit_pourquoi_et_que_faire(connecte: Client, prepose: User) -> None:
    import_ = recevoir(contenu=b"%PDF-1.4", nom="x.pdf", author=prepose)
    executer_taches()
    texte = lire(connecte, import_)
    assert "Fichier illisible" in texte
    assert "Ce fichier n'est pas un tableau que nous savons lire." in texte
    assert "Rien n'a été enregistré. Corrigez le fichier, puis envoyez-le de nouveau." in texte
    response = connecte.post(adresse(import_, "import_abandonner"), follow=True)
    assert "Import de « x.pdf » abandonné" in texte_lu(response)
    assert not Import.objects.exists()


# --- Verifying ---------------------------------------------------------------------------------------


def test_l_apercu_dit_tout_avant_d_ecrire(connecte: Client, lu: Import) -> None:
    MesureFactory(mandataire=lu.mandataire, numero_dossier="ABSENTE")
    texte = lire(connecte, lu)
    assert "4 lignes lues = 1 nouvelle + 1 modifiée + 0 inchangées + 2 rejetées" in texte
    assert "Colonnes que nous ne connaissons pas, ignorées : couleur, inconnue." in texte
    assert "1 numéro SIRET de tribunal que nous ne connaissons pas (1 ligne rejetée)" in texte
    assert "1 établissement qui n'est pas dans notre liste" in texte
    assert "2 rejetée 5 Tutelle F, 1962 62100 Calais À domicile TPROX Calais" in texte
    assert "Date de nomination : « 31/02/2021 » n'est pas une date qui existe" in texte
    assert "3 nouvelle 6 15/03/2021 Tutelle biens et personne F, 1962" in texte
    assert f"62100 Calais =Les <b>Dunes</b> {SIRET}" in texte
    assert "statut : en cours → devient éteinte" in texte
    assert "Tutelle éteinte le 30/06/2024" in texte
    assert "Importer les 2 lignes valides" in texte
    assert "Télécharger les 2 lignes rejetées" in texte
    assert "Toutes les lignes (4) Nouvelles (1) Modifiées (1) Rejetées (2)" in texte
    assert Mesure.objects.count() == 2, "nothing was written"


def test_l_apercu_par_sorte(connecte: Client, lu: Import) -> None:
    MesureFactory(mandataire=lu.mandataire, numero_dossier="ABSENTE")
    Import.objects.filter(pk=lu.pk).update(absentes=1)
    assert "1 de vos mesures en cours n'est pas dans le fichier" in lire(connecte, lu)
    attendues = {"": 4, "nouvelles": 1, "modifiees": 1, "inchangees": 0, "rejetees": 2, "n-importe-quoi": 4}
    for volet, nombre in attendues.items():
        response = connecte.get(adresse(lu), {"lignes": volet})
        assert len(response.context["lignes"]) == nombre
        assert "ABSENTE" not in texte_lu(response)
    texte = lire(connecte, lu, "?lignes=absentes")
    assert "Cette mesure en cours n'est pas dans le fichier. Elle reste telle quelle" in texte
    assert "ABSENTE" in texte
    assert "22/00001" not in texte


def test_les_feuilles_et_les_colonnes_qui_manquent_sont_dites(connecte: Client, lu: Import) -> None:
    lu.remarques |= {
        "feuille": "Mesures",
        "autres_feuilles": ["Notes", "Brouillon"],
        "ignorees": ["motif du rejet"],
        "manquantes": ["ville"],
    }
    lu.save()
    texte = lire(connecte, lu)
    assert "Seule la feuille « Mesures » est lue. Ne le sont pas : Notes, Brouillon." in texte.replace("\xa0", " ")
    assert "Colonne absente du fichier : Ville." in texte.replace("\xa0", " ")
    assert "que nous ne connaissons pas, ignorée" not in texte, "the column is ours"


def test_l_apercu_coute_autant_de_requetes(connecte: Client, prepose: User, tribunal: Tribunal) -> None:
    def apercu(nombre: int, **cellules: str) -> str:
        lignes = [ligne_type(tribunal, numero_rg=f"{n}", **cellules) for n in range(nombre)]
        import_ = recevoir(contenu=fichier_csv(*lignes), nom="x.csv", author=prepose)
        executer_taches()
        return adresse(import_)

    une = nombre_de_requetes(connecte, apercu(1, tribunal_siret=SIRET))
    beaucoup = apercu(120, tribunal_siret=SIRET)
    assert nombre_de_requetes(connecte, beaucoup) == une
    assert nombre_de_requetes(connecte, apercu(60, date_nomination="hier", etablissement="Foyer")) <= une
    assert "50 sur 3" not in texte_lu(connecte.get(beaucoup))
    assert "121 rejetée" in texte_lu(connecte.get(f"{beaucoup}?page=3"))


def test_rien_a_importer_n_a_pas_de_bouton(connecte: Client, prepose: User, tribunal: Tribunal) -> None:
    contenu = fichier_csv(ligne_type(tribunal, numero_rg="1", ville="Nullepart"))
    import_ = recevoir(contenu=contenu, nom="x.csv", author=prepose)
    executer_taches()
    texte = lire(connecte, import_)
    assert "Aucune ligne ne peut être importée" in texte
    assert "Importer l" not in texte
    import_.refresh_from_db()
    response = connecte.post(
        adresse(import_, "import_enregistrer"), {"lu_at": import_.lu_at.isoformat()}, follow=True
    )
    assert "Ce fichier n'a aucune ligne à enregistrer." in texte_lu(response)


def test_un_fichier_deja_enregistre_le_dit(
    connecte: Client, prepose: User, tribunal: Tribunal, calais: Commune
) -> None:
    for _ in range(2):
        import_ = recevoir(contenu=fichier_csv(ligne_type(tribunal, numero_rg="1")), nom="x.csv", author=prepose)
        executer_taches()
        texte = lire(connecte, import_)
        if Mesure.objects.filter(numero_rg="1").exists():
            break
        enregistrer(connecte, import_)
        executer_taches()
    assert "1 ligne lue = 0 nouvelles + 0 modifiées + 1 inchangée + 0 rejetées" in texte
    assert "Rien à importer" in texte
    assert "rejets/" not in connecte.get(adresse(import_)).content.decode()


# --- Courts and establishments that we do not know ---------------------------------------------------


def champs(client: Client, import_: Import) -> tuple[str, str]:
    """The names of the fields of the court and of the establishment."""
    form = client.get(adresse(import_, "import_correspondances")).context["form"]
    tribunal, etablissement = list(form.fields)[:2]
    assert (form.fields[tribunal].label, form.fields[etablissement].label) == (
        f"SIRET {SIRET}",
        "« =Les <b>Dunes</b> »",
    )
    return tribunal, etablissement


def test_choisir_un_tribunal_sans_javascript(
    connecte: Client, lu: Import, tribunal: Tribunal, autre_tribunal: Tribunal
) -> None:
    du_tribunal, de_l_etablissement = champs(connecte, lu)
    dunes = EtablissementFactory(nom="EHPAD Les Dunes")
    url = adresse(lu, "import_correspondances")
    response = connecte.post(url, {f"{du_tribunal}_texte": "Calais", f"{de_l_etablissement}_texte": "dunes"})
    assert response["Location"] == adresse(lu)
    assert (etat(lu), executer_taches(), etat(lu)) == (Etat.RECU, 1, Etat.LU)
    assert lu.correspondances["tribunaux"] == {SIRET: tribunal.pk}
    assert list(lu.correspondances["etablissements"].values()) == [dunes.pk]
    texte = lire(connecte, lu)
    assert "2 nouvelles" in texte
    assert "62100 Calais =Les <b>Dunes</b> TPROX Calais" in texte
    # What was chosen can be changed, by itself.
    assert "Revoir vos choix" in texte
    response = connecte.get(url)
    assert "Déjà choisi pour ce fichier." in texte_lu(response)
    assert f'value="{unescape(tribunal.libelle)}"' in unescape(response.content.decode())
    donnees = {f"{du_tribunal}_texte": "Arras", **garder(response, de_l_etablissement)}
    assert connecte.post(url, donnees).status_code == 302
    executer_taches()
    lu.refresh_from_db()
    assert lu.correspondances["tribunaux"] == {SIRET: autre_tribunal.pk}
    assert list(lu.correspondances["etablissements"].values()) == [dunes.pk]


def garder(response: Any, champ: str) -> dict[str, str]:
    saisie = response.context["form"][champ].value()
    return {f"{champ}_texte": saisie.texte, champ: saisie.cle}


def test_un_choix_impossible_garde_ce_qui_est_tape(connecte: Client, lu: Import, autre_tribunal: Tribunal) -> None:
    du_tribunal, de_l_etablissement = champs(connecte, lu)
    url = adresse(lu, "import_correspondances")
    response = connecte.post(
        url, {f"{du_tribunal}_texte": "tribunal", f"{de_l_etablissement}_texte": "nulle part"}
    )
    assert response.status_code == 200
    assert "Aucune réponse ne correspond à « nulle part »" in texte_lu(response)
    assert 'value="nulle part"' in response.content.decode()
    assert "Choisissez dans la liste, ou écrivez autre chose" in texte_lu(response)
    response = connecte.post(url, {f"{du_tribunal}_texte": "", f"{de_l_etablissement}_texte": ""})
    assert "Rien n'a été choisi" in texte_lu(response)
    assert etat(lu) == Etat.LU


def test_les_choix_coutent_autant_de_requetes(
    connecte: Client, lu: Import, tribunal: Tribunal, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = adresse(lu, "import_correspondances")
    une = nombre_de_requetes(connecte, url)
    etablissements = EtablissementFactory.create_batch(20)
    lu.inconnus["tribunaux"] = [{"siret": f"{n:014}", "lignes": 1} for n in range(50)]
    lu.correspondances = {
        "tribunaux": {f"9{n:013}": tribunal.pk for n in range(10)},
        "etablissements": {f"foyer {e.pk}": e.pk for e in etablissements},
    }
    lu.save()
    # The courts and the establishments that were chosen.
    assert nombre_de_requetes(connecte, url) <= une + 2
    response = connecte.get(url)
    assert len(response.context["form"].fields) == importation.CHOIX_AU_PLUS + 1 + 10 + 20
    assert "20 autres viendront ensuite" in texte_lu(response)


def test_choisir_quand_le_fichier_est_detruit(connecte: Client, lu: Import, tribunal: Tribunal) -> None:
    du_tribunal, _ = champs(connecte, lu)
    ImportFichier.objects.all().delete()
    assert "Le fichier n'est gardé que 24 heures : envoyez-le à nouveau pour choisir." in lire(connecte, lu)
    response = connecte.post(
        adresse(lu, "import_correspondances"), {f"{du_tribunal}_texte": "Calais"}, follow=True
    )
    assert "Le fichier n'est gardé que 24 heures : envoyez-le à nouveau." in texte_lu(response)
    assert etat(lu) == Etat.LU


# --- Writing -----------------------------------------------------------------------------------------


def test_enregistrer_jusqu_au_resultat(connecte: Client, lu: Import) -> None:
    response = enregistrer(connecte, lu)
    assert "Enregistrement en cours" in texte_lu(response)
    assert "rejets/" not in response.content.decode()
    executer_taches()
    texte = lire(connecte, lu)
    assert "Import enregistré" in texte
    assert "4 lignes lues = 1 nouvelle + 1 modifiée + 0 inchangées + 2 rejetées" in texte
    fin = timezone.localdate() + timedelta(days=7)
    assert re.search(rf"Annuler cet import possible jusqu'au 1?{fin.day}(er)? ", texte)
    mesure = Mesure.objects.get(numero_rg="6")
    assert reverse("mesure_historique", args=[mesure.pk]) in connecte.get(adresse(lu)).content.decode()


def test_ce_qui_a_ete_relu_depuis_se_verifie_encore(connecte: Client, lu: Import, prepose: User) -> None:
    ancien = lu.lu_at.isoformat()
    choisir_correspondances(import_=lu, tribunaux={}, etablissements={}, author=prepose)
    executer_taches()
    response = connecte.post(adresse(lu, "import_enregistrer"), {"lu_at": ancien}, follow=True)
    assert "Ce fichier a été relu depuis que la page est affichée" in texte_lu(response)
    assert etat(lu) == Etat.LU


def test_un_seul_enregistrement_a_la_fois(connecte: Client, lu: Import, prepose: User, tribunal: Tribunal) -> None:
    autre = recevoir(contenu=fichier_csv(ligne_type(tribunal, numero_rg="9")), nom="x.csv", author=prepose)
    executer_taches()
    demander_ecriture(import_=autre, author=prepose)
    assert "Un autre fichier est en cours d'enregistrement" in texte_lu(enregistrer(connecte, lu))
    assert etat(lu) == Etat.LU


def test_un_enregistrement_interrompu_se_relance(connecte: Client, lu: Import) -> None:
    enregistrer(connecte, lu)
    lu.refresh_from_db()
    app.job_manager.cancel_job_by_id(lu.job, delete_job=True)
    texte = lire(connecte, lu)
    assert "rien n'a été enregistré" in texte
    assert "4 lignes lues" in texte
    assert "Relancer l'enregistrement" in texte
    connecte.post(adresse(lu, "import_relancer"))
    executer_taches()
    assert etat(lu) == Etat.FAIT
    response = connecte.post(adresse(lu, "import_abandonner"), follow=True)
    assert "il ne peut plus être abandonné" in texte_lu(response)


def test_les_lignes_detruites_sont_dites(connecte: Client, fait: Import) -> None:
    ImportLigne.objects.all().delete()
    for question in ("", "?lignes=rejetees"):
        texte = lire(connecte, fait, question)
        assert "Le détail des lignes n'est gardé que 30 jours" in texte
        assert "4 lignes lues" in texte
        assert "Télécharger" not in texte
    response = connecte.get(adresse(fait, "import_rejets"), follow=True)
    assert "ne sont plus, conservées" in texte_lu(response)


# --- Rejected lines ----------------------------------------------------------------------------------


def telecharger(client: Client, import_: Import, format_: str) -> bytes:
    response = client.get(adresse(import_, "import_rejets"), {"format": format_})
    assert response.status_code == 200
    assert f'filename="lignes-rejetees-{import_.pk}.{format_}"' in response["Content-Disposition"]
    return b"".join(response.streaming_content)


def test_les_lignes_rejetees_en_classeur(connecte: Client, lu: Import) -> None:
    feuille = openpyxl.load_workbook(BytesIO(telecharger(connecte, lu, "xlsx"))).active
    entete, premiere, seconde = feuille.iter_rows(values_only=True)
    assert (entete[0], entete[-1]) == ("date_nomination", "motif du rejet")
    assert "couleur" not in entete
    assert premiere[0] == "31/02/2021"
    assert premiere[-1].startswith("Ligne 2. Date de nomination : « 31/02/2021 » n'est pas une date")
    assert "=Les <b>Dunes</b>" in seconde
    assert seconde[-1].startswith("Ligne 4. SIRET du tribunal : Aucun tribunal")


@pytest.mark.parametrize("format_", ["xlsx", "csv"])
def test_les_lignes_rejetees_reviennent_corrigees(
    connecte: Client, lu: Import, tribunal: Tribunal, format_: str
) -> None:
    contenu = telecharger(connecte, lu, format_)
    if format_ == "csv":
        assert "'=Les" in contenu.decode()
        contenu = contenu.replace(b"31/02/2021", b"28/02/2021", 1).replace(SIRET.encode(), tribunal.siret.encode())
    else:
        classeur = openpyxl.load_workbook(BytesIO(contenu))
        for rangee in classeur.active.iter_rows(min_row=2):
            for cellule in rangee:
                if corrige := {"31/02/2021": "28/02/2021", SIRET: tribunal.siret}.get(cellule.value):
                    cellule.value = corrige
        sortie = BytesIO()
        classeur.save(sortie)
        contenu = sortie.getvalue()
    connecte.post(reverse("mesures_importer"), {"fichier": SimpleUploadedFile(f"corrigees.{format_}", contenu)})
    executer_taches()
    texte = lire(connecte, Import.objects.get(nom_fichier=f"corrigees.{format_}"))
    assert "2 lignes lues = 2 nouvelles" in texte
    assert "motif du rejet" not in texte
    assert "62100 Calais =Les <b>Dunes</b> TPROX" in texte


def test_un_autre_format_n_existe_pas(connecte: Client, lu: Import) -> None:
    assert connecte.get(adresse(lu, "import_rejets"), {"format": "ods"}).status_code == 404


# --- Undoing -----------------------------------------------------------------------------------------


def test_annuler_un_import(connecte: Client, fait: Import) -> None:
    texte = texte_lu(connecte.get(adresse(fait, "import_annuler")))
    assert "1 mesure ajoutée par l'import sera supprimée." in texte
    assert "1 mesure modifiée par l'import redeviendra ce qu'elle était avant." in texte
    assert "Laisser" not in texte
    texte = texte_lu(connecte.post(adresse(fait, "import_annuler"), follow=True))
    assert re.search(r"Annulé le .* par Camille .* : 2 mesures remises en l'état\.", texte.replace("\xa0", " "))
    assert not Mesure.objects.filter(numero_rg="6").exists()
    assert Mesure.objects.get(numero_rg="22/00001").statut == "en_cours"
    response = connecte.get(adresse(fait, "import_annuler"), follow=True)
    assert "ne peut plus, être annulé" in texte_lu(response)


def test_annuler_demande_pour_ce_qui_a_change_depuis(connecte: Client, fait: Import) -> None:
    Mesure.objects.filter(numero_rg="6").update(version=7)
    url = adresse(fait, "import_annuler")
    assert "1 mesure a changé depuis" in texte_lu(connecte.get(url))
    response = connecte.post(url)
    assert "Cochez cette case pour annuler le reste de l'import." in texte_lu(response)
    assert etat(fait) == Etat.FAIT
    connecte.post(url, {"laisse_les_autres": "on"})
    assert (etat(fait), fait.annule_nombre) == (Etat.ANNULE, 1)
    assert Mesure.objects.filter(numero_rg="6").exists()


def test_rien_a_annuler_se_dit(connecte: Client, fait: Import) -> None:
    Mesure.objects.all().delete()
    texte = texte_lu(connecte.get(adresse(fait, "import_annuler")))
    assert "Toutes les mesures de cet import ont changé depuis" in texte
    assert "Annuler l'import " not in texte.split("Mes informations")[1].split("Annuler cet import ?")[1]


def test_annuler_ne_se_peut_que_sept_jours(connecte: Client, fait: Import) -> None:
    vieillir(fait, fait_at=timedelta(days=7, minutes=1))
    assert "Annuler cet import" not in lire(connecte, fait)
    response = connecte.post(adresse(fait, "import_annuler"), follow=True)
    assert "ne peut plus, être annulé" in texte_lu(response)
    assert etat(fait) == Etat.FAIT
