"""The import of a file as a person meets it: each state of its page, what it offers, what it refuses."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

import openpyxl
import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django import app

from accounts.models import User
from emjpm import televersements
from mandataires.models import Mandataire
from mesures.echanges.feuilles import TAILLE_MAX
from mesures.echanges.imports import choisir_correspondances, demander_ecriture, recevoir
from mesures.forms import importation
from mesures.models import Import, ImportFichier, ImportLigne, Mesure
from tests.accounts.taches import executer_taches
from tests.conftest import mandataire_de
from tests.factories import AgrementFactory, DeclarationFactory, EtablissementFactory, MesureFactory, UserFactory
from tests.mesures.echanges.aides import (
    FIN,
    SIRET_INCONNU,
    apercu,
    appliquer,
    etat,
    fichier_csv,
    jour,
    ligne_type,
)
from tests.strict import nombre_de_requetes, texte_lu
from tribunaux.models import Commune, Tribunal

pytestmark = pytest.mark.django_db

Etat = Import.Etat
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
            tribunal_siret=SIRET_INCONNU,
            numero_rg=7,
            residence="en établissement",
            etablissement="=Les <b>Dunes</b>",
        ),
        {"inconnue": "x", **ligne_type(tribunal, numero_rg="22/00001", date_fin=jour(FIN))},
    )
    return recevoir(contenu=contenu, nom="mesures <b>2026.csv", author=prepose)


@pytest.fixture
def lu(envoye: Import) -> Import:
    executer_taches()
    assert etat(envoye) == Etat.LU
    return envoye


@pytest.fixture
def fait(lu: Import, prepose: User) -> Import:
    demander_ecriture(import_=lu, author=prepose)
    executer_taches()
    assert etat(lu) == Etat.FAIT
    return lu


def adresse(import_: Import, nom: str = "import_detail") -> str:
    return reverse(nom, args=[import_.pk])


def lire(client: Client, import_: Import, question: str = "") -> str:
    response = client.get(adresse(import_) + question)
    assert response.status_code == 200
    return texte_lu(response)


def enregistrer(client: Client, import_: Import, **cases: str) -> HttpResponse:
    """As the button of the page does."""
    donnees = {"lu_at": moment_montre(client, import_), **cases}
    return client.post(adresse(import_, "import_enregistrer"), donnees, follow=True)


def moment_montre(client: Client, import_: Import) -> str:
    """When the file was read, as the page says it to its button."""
    trouve = re.search(r'name="lu_at" value="([^"]+)"', client.get(adresse(import_)).content.decode())
    assert trouve
    return trouve[1]


def phrases(texte: str) -> str:
    return texte.replace(" .", ".").replace(" ,", ",")


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


def test_trop_de_fichiers_a_lire(connecte: Client, prepose: User) -> None:
    for n in range(3):
        recevoir(contenu=b"x", nom=f"{n}.csv", author=prepose)
    fichier = SimpleUploadedFile("quatrieme.csv", b"x")
    response = connecte.post(reverse("mesures_importer"), {"fichier": fichier})
    assert "3 de vos fichiers attendent déjà d'être lus" in response.context["form"].errors["fichier"][0]
    assert Import.objects.count() == 3


def test_un_envoi_apres_la_fin_de_la_session_le_dit(connecte: Client) -> None:
    """A file is not kept as what is typed: it is to be chosen again."""
    url = reverse("mesures_importer")
    connecte.logout()
    fichier = SimpleUploadedFile("x.csv", b"x")
    response = connecte.post(
        url, {"fichier": fichier}, headers={"Referer": f"http://testserver{url}"}, follow=True
    )
    assert "rien n'a été enregistré. Reconnectez-vous, puis choisissez le fichier de nouveau." in texte_lu(
        response
    )
    assert response.redirect_chain[-1][0].endswith(f"?next={url}")


def test_ce_qui_depasse_n_est_pas_garde(rf: RequestFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither in memory nor on the disk; and what is kept is still too large."""
    monkeypatch.setattr(televersements, "TAILLE_MAX", 100_000)
    for taille in (99_999, 100_000, 3_000_000):
        with rf.post("/", {"fichier": SimpleUploadedFile("x.csv", b"x" * taille)}).FILES["fichier"] as recu:
            # By pieces of 64 kB: the last one that is kept is that which goes past.
            assert recu.size == taille if taille <= 100_000 else 100_000 < recu.size < 200_000
            assert len(recu.read()) == recu.size


def test_les_fichiers_envoyes(connecte: Client, fait: Import, prepose: User, prepose_voisin: User) -> None:
    recevoir(contenu=b"x", nom="du voisin.csv", author=prepose_voisin)
    recevoir(contenu=b"%PDF", nom="x.pdf", author=prepose)
    executer_taches()
    Import.objects.filter(pk=fait.pk).update(by=None, fait_by=None, lues=1205, inchangees=1201)
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
def test_l_import_se_trouve_des_mesures_en_cours(connecte: Client, avec_mesure: bool) -> None:
    if not avec_mesure:
        Mesure.objects.all().delete()
    page = connecte.get(reverse("mesures_en_cours")).content.decode()
    assert page.count(f'href="{reverse("mesures_importer")}"') == (1 if avec_mesure else 2)


# --- Reading -----------------------------------------------------------------------------------------


def test_la_lecture_montre_ou_elle_en_est(connecte: Client, envoye: Import) -> None:
    assert "La lecture commence" in lire(connecte, envoye)
    assert "<noscript><p>Actualisez cette page" in connecte.get(adresse(envoye)).content.decode()
    Import.objects.filter(pk=envoye.pk).update(avancement=1200)
    assert "1 200 lignes lues. Elles sont ensuite vérifiées une à une." in lire(connecte, envoye)
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
    texte = lire(connecte, lu, "?lignes=toutes")
    assert "4 lignes lues = 1 nouvelle + 1 modifiée (dont 1 fin de mandat) + 0 inchangées + 2 rejetées" in texte
    assert "Colonnes que nous ne connaissons pas, ignorées : couleur, inconnue." in texte
    assert "1 tribunal que nous ne reconnaissons pas" in texte
    assert "1 établissement qui n'est pas dans notre liste" in texte
    assert "2 rejetée 5 Tutelle F, 1962 62100 Calais À domicile TPROX Calais" in texte
    assert "Date de nomination : « 31/02/2021 » n'est pas une date qui existe" in texte
    assert "3 nouvelle 6 15/03/2021 Tutelle biens et personne F, 1962" in texte
    assert f"62100 Calais =Les <b>Dunes</b> {SIRET_INCONNU}" in texte
    assert "statut : en cours → devient éteinte" in texte
    assert f"Tutelle éteinte le {jour(FIN)}" in texte
    assert "Importer les 2 lignes valides, dont 1 fin de mandat" in texte
    assert "Télécharger les 2 lignes rejetées" in texte
    assert "Toutes les lignes (4) Nouvelles (1) Modifiées (1) Rejetées (2) Fins de mandat (1)" in texte
    assert "Mesures en cours : 2 , sans changement." in texte
    assert Mesure.objects.count() == 2, "nothing was written"


def test_l_apercu_par_sorte(connecte: Client, lu: Import) -> None:
    MesureFactory(mandataire=lu.mandataire, numero_dossier="ABSENTE")
    assert "1 de vos mesures en cours n'est pas dans le fichier" in lire(connecte, lu)
    attendues = {"toutes": 4, "nouvelles": 1, "modifiees": 1, "inchangees": 0, "rejetees": 2, "n-importe-quoi": 2}
    attendues |= {"": 2, "fins": 1, "personnes": 0}  # rejected lines first
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
    assert "Seule la feuille « Mesures » est lue. Ne le sont pas : Notes, Brouillon." in texte
    assert "Colonne absente du fichier : Ville." in texte
    assert "que nous ne connaissons pas, ignorée" not in texte, "the column is ours"


def test_l_apercu_coute_autant_de_requetes(connecte: Client, prepose: User, tribunal: Tribunal) -> None:
    def page(nombre: int, **cellules: str) -> str:
        lignes = [ligne_type(tribunal, numero_rg=f"{n}", **cellules) for n in range(nombre)]
        return adresse(apercu(prepose, *lignes))

    une = nombre_de_requetes(connecte, page(1, tribunal_siret=SIRET_INCONNU))
    beaucoup = page(120, tribunal_siret=SIRET_INCONNU)
    assert nombre_de_requetes(connecte, beaucoup) == une
    assert nombre_de_requetes(connecte, page(60, date_nomination="hier", etablissement="Foyer")) <= une
    assert "121 rejetée" in texte_lu(connecte.get(f"{beaucoup}?page=3"))


def test_rien_a_importer_n_a_pas_de_bouton(connecte: Client, prepose: User, tribunal: Tribunal) -> None:
    import_ = apercu(prepose, ligne_type(tribunal, numero_rg="1", ville="Nullepart"))
    texte = lire(connecte, import_)
    assert "Aucune ligne ne peut être importée" in texte
    assert "Importer l" not in texte
    Import.objects.filter(pk=import_.pk).update(lues=277, inchangees=276)
    texte = lire(connecte, import_)
    assert "276 mesures sont déjà enregistrées, telles quelles. Reste 1 ligne à corriger" in texte
    assert "Aucune ligne ne peut" not in texte
    import_.refresh_from_db()
    response = connecte.post(
        adresse(import_, "import_enregistrer"), {"lu_at": import_.lu_at.isoformat()}, follow=True
    )
    assert "Ce fichier n'a aucune ligne à enregistrer." in texte_lu(response)


def test_un_fichier_deja_enregistre_le_dit(
    connecte: Client, prepose: User, tribunal: Tribunal, calais: Commune
) -> None:
    ligne = ligne_type(tribunal, numero_rg="1")
    appliquer(apercu(prepose, ligne), prepose)
    import_ = apercu(prepose, ligne)
    texte = lire(connecte, import_)
    assert "1 ligne lue = 0 nouvelles + 0 modifiées + 1 inchangée + 0 rejetées" in texte
    assert "Rien à importer" in texte
    assert "rejets/" not in connecte.get(adresse(import_)).content.decode()


# --- What the load becomes, and what is to be agreed to ----------------------------------------------


def test_l_apercu_dit_ce_que_devient_la_charge(connecte: Client, prepose: User, tribunal: Tribunal) -> None:
    import_ = apercu(
        prepose,
        ligne_type(tribunal, numero_rg="1"),
        ligne_type(tribunal, numero_rg="2"),
        ligne_type(tribunal, numero_rg="3", date_fin=jour(FIN)),
    )
    texte = phrases(lire(connecte, import_))
    assert "Mesures en cours : 1 → deviennent 3 pour 60 souhaitées · 57 disponibles" in texte
    assert "Ces nombres sont exacts" not in texte
    enregistrer(connecte, import_)
    executer_taches()
    assert Mesure.objects.en_cours().count() == 3


def test_un_import_qui_fait_depasser_le_demande(connecte: Client, prepose: User, tribunal: Tribunal) -> None:
    Mandataire.objects.filter(pk=mandataire_de(prepose).pk).update(capacite=2)
    import_ = apercu(prepose, *(ligne_type(tribunal, numero_rg=str(n)) for n in range(1, 4)))
    texte = phrases(lire(connecte, import_))
    assert "Mesures en cours : 1 → deviennent 4 pour 2 souhaitées · Dépassement de 2" in texte
    assert "Ces nombres sont exacts : 4 mesures en cours pour 2 souhaitées" in texte
    response = enregistrer(connecte, import_)
    assert "Cochez cette case s'ils le sont" in phrases(texte_lu(response))
    assert etat(import_) == Etat.LU
    # The page stands under the address of the button: what links from it by GET comes back to the import.
    retour = connecte.get(adresse(import_, "import_enregistrer"), {"lignes": "nouvelles"})
    assert retour["Location"] == f"{adresse(import_)}?lignes=nouvelles"
    enregistrer(connecte, import_, depasse="on")
    assert etat(import_) == Etat.EN_ECRITURE


def test_une_personne_qui_change_se_confirme(connecte: Client, prepose: User, tribunal: Tribunal) -> None:
    mesure = Mesure.objects.get(numero_rg="22/00001")
    Mesure.objects.filter(pk=mesure.pk).update(genre="F", annee_naissance=1950)
    Mandataire.objects.filter(pk=mandataire_de(prepose).pk).update(capacite=1)
    import_ = apercu(
        prepose,
        ligne_type(tribunal, numero_rg="22/00001", civilite="H", annee="1962"),
        ligne_type(tribunal, numero_rg="2"),
    )
    assert "Changent de personne (1)" in lire(connecte, import_)
    assert len(connecte.get(adresse(import_), {"lignes": "personnes"}).context["lignes"]) == 1
    response = enregistrer(connecte, import_, depasse="on")
    form = response.context["enregistrement"]
    assert list(form.errors) == ["personnes"]
    assert form["depasse"].value() is True, "what is ticked stays"
    assert "Regardez « Changent de personne », puis cochez cette case" in texte_lu(response)
    assert etat(import_) == Etat.LU
    enregistrer(connecte, import_, depasse="on", personnes="on")
    assert etat(import_) == Etat.EN_ECRITURE


def test_le_total_declare_ne_change_pas(client: Client, service: User, tribunal: Tribunal) -> None:
    client.force_login(service)
    DeclarationFactory(mandataire=mandataire_de(service), by=service, nombre=1431)
    import_ = apercu(service, ligne_type(tribunal, numero_rg="1"))
    texte = phrases(lire(client, import_))
    assert "Le total déclaré (1 431) ne change pas." in texte
    assert "→ deviennent" not in texte


# --- Remarks -----------------------------------------------------------------------------------------


def test_les_absentes_ne_sont_signalees_que_d_un_inventaire(
    connecte: Client, prepose: User, tribunal: Tribunal
) -> None:
    MesureFactory.create_batch(2, mandataire=mandataire_de(prepose), tribunal=tribunal)
    signale = "de vos mesures en cours ne sont pas dans le fichier"
    deux = [ligne_type(tribunal, numero_rg=str(n)) for n in (1, 2)]
    assert f"3 {signale}" in phrases(lire(connecte, apercu(prepose, *deux)))
    autres = [
        apercu(prepose, deux[0]),
        apercu(prepose, *({**ligne, "motif du rejet": "x"} for ligne in deux)),
        apercu(prepose, *({**ligne, "date_fin": jour(FIN)} for ligne in deux)),
    ]
    for import_ in autres:
        texte = phrases(lire(connecte, import_))
        assert signale not in texte
        assert "Absentes du fichier (3)" in texte
    enregistrer(connecte, autres[1])
    executer_taches()
    assert "étaient pas dans le fichier" not in phrases(lire(connecte, autres[1]))
    assert "étaient pas dans le fichier" not in mail.outbox[-1].body
    # The same lines, when they are not those that come back corrected.
    Import.objects.filter(pk=autres[1].pk).update(remarques={})
    assert "3 de vos mesures en cours n'étaient pas dans le fichier" in phrases(lire(connecte, autres[1]))


def test_les_absentes_restent_a_portee_une_fois_enregistre(connecte: Client, lu: Import) -> None:
    absente = MesureFactory(mandataire=lu.mandataire, numero_dossier="ABSENTE")
    url = adresse(lu) + "?lignes=absentes"
    for _ in range(2):
        page = connecte.get(url).content.decode()
        retour = urlencode({"retour": url})
        assert f'href="{reverse("mesure_eteindre", args=[absente.pk])}?{retour}"' in page
        if etat(lu) == Etat.LU:
            enregistrer(connecte, lu)
            executer_taches()
    assert etat(lu) == Etat.FAIT
    MesureFactory(mandataire=lu.mandataire, numero_dossier="DEPUIS")
    assert "Absentes du fichier (1)" in lire(connecte, lu)


def test_ce_qui_nomme_la_personne_est_dit(connecte: Client, prepose: User, tribunal: Tribunal) -> None:
    import_ = apercu(
        prepose,
        {
            "NOM du majeur": "x",
            "Date de naissance": "x",
            "Nom du logiciel": "x",
            **ligne_type(tribunal, numero_rg="1", numero_dossier="MARTIN Camille"),
        },
        ligne_type(tribunal, numero_rg="2", numero_dossier="D 45"),
        ligne_type(tribunal, numero_rg="3", numero_dossier="DOSSIER"),
    )
    texte = phrases(lire(connecte, import_))
    for entete in ("NOM du majeur", "Date de naissance"):
        assert f"La colonne « {entete} » n'est pas gardée. Supprimez-la du fichier avant" in texte
    assert "La colonne « Nom du logiciel »" not in texte
    assert "« MARTIN Camille » a l'air d'un nom" in texte
    assert texte.count("a l'air d'un nom") == 1
    assert "N'envoyez pas le nom des personnes protégées" in texte_lu(connecte.get(reverse("mesures_importer")))


def test_un_fichier_a_verifier_se_rappelle(connecte: Client, lu: Import, prepose_voisin: User) -> None:
    url, rappel = reverse("mesures_en_cours"), "à vérifier avant d'être importé"
    response = connecte.get(url)
    assert f'href="{adresse(lu)}"' in response.content.decode()
    assert rappel in texte_lu(response)
    voisin = Client()
    voisin.force_login(prepose_voisin)
    assert rappel not in texte_lu(voisin.get(url))
    connecte.post(adresse(lu, "import_abandonner"))
    assert rappel not in texte_lu(connecte.get(url))


# --- Courts and establishments that we do not know ---------------------------------------------------


def champs(client: Client, import_: Import) -> tuple[str, str]:
    """The names of the fields of the court and of the establishment."""
    form = client.get(adresse(import_, "import_correspondances")).context["form"]
    tribunal, etablissement = list(form.fields)[:2]
    assert (form.fields[tribunal].label, form.fields[etablissement].label) == (
        f"SIRET {SIRET_INCONNU}",
        "« =Les <b>Dunes</b> »",
    )
    return tribunal, etablissement


def test_choisir_deux_fois_de_suite(connecte: Client, lu: Import, autre_tribunal: Tribunal) -> None:
    du_tribunal, _ = champs(connecte, lu)
    url = adresse(lu, "import_correspondances")
    connecte.post(url, {f"{du_tribunal}_texte": "Calais"})
    response = connecte.post(url, {f"{du_tribunal}_texte": "Calais"}, follow=True)
    assert "Lecture du fichier" in texte_lu(response)
    assert list(response.context["messages"]) == []
    assert list(connecte.get(url, follow=True).context["messages"]) == []
    response = connecte.post(url, {f"{du_tribunal}_texte": "Arras"}, follow=True)
    assert "relu avec d'autres choix que les vôtres" in texte_lu(response)
    assert (etat(lu), executer_taches(), etat(lu)) == (Etat.RECU, 1, Etat.LU)


def test_choisir_un_tribunal_sans_javascript(
    connecte: Client, lu: Import, tribunal: Tribunal, autre_tribunal: Tribunal
) -> None:
    du_tribunal, de_l_etablissement = champs(connecte, lu)
    dunes = EtablissementFactory(nom="EHPAD Les Dunes")
    url = adresse(lu, "import_correspondances")
    response = connecte.post(url, {f"{du_tribunal}_texte": "Calais", f"{de_l_etablissement}_texte": "dunes"})
    assert response["Location"] == adresse(lu)
    assert (etat(lu), executer_taches(), etat(lu)) == (Etat.RECU, 1, Etat.LU)
    assert lu.correspondances["tribunaux"] == {SIRET_INCONNU: tribunal.pk}
    assert list(lu.correspondances["etablissements"].values()) == [dunes.pk]
    texte = lire(connecte, lu, "?lignes=toutes")
    assert "2 nouvelles" in texte
    assert "62100 Calais EHPAD Les Dunes TPROX Calais" in texte
    # What was chosen can be changed, by itself.
    assert "Revoir vos choix" in texte
    response = connecte.get(url)
    assert "Déjà choisi pour ce fichier." in texte_lu(response)
    assert f'value="{unescape(tribunal.libelle)}"' in unescape(response.content.decode())
    donnees = {f"{du_tribunal}_texte": "Arras", **garder(response, de_l_etablissement)}
    assert connecte.post(url, donnees).status_code == 302
    executer_taches()
    lu.refresh_from_db()
    assert lu.correspondances["tribunaux"] == {SIRET_INCONNU: autre_tribunal.pk}
    assert list(lu.correspondances["etablissements"].values()) == [dunes.pk]


def garder(response: Any, champ: str) -> dict[str, str]:
    saisie = response.context["form"][champ].value()
    return {f"{champ}_texte": saisie.texte, champ: saisie.cle}


def test_choisir_l_un_des_siens(connecte: Client, lu: Import, tribunal: Tribunal) -> None:
    """By a radio button, with two lines of the file to choose by."""
    du_tribunal, _ = champs(connecte, lu)
    url = adresse(lu, "import_correspondances")
    texte = phrases(texte_lu(connecte.get(url)))
    assert "Par exemple ligne 4 (RG 7, Calais). Écrivez la ville, par exemple « calais »." in texte
    assert f"L'un de vos tribunaux, ou un autre que vous écrivez ci-dessous {tribunal.libelle}" in texte
    connecte.post(url, {f"{du_tribunal}_texte": "", f"{du_tribunal}_choix": str(tribunal.pk)})
    lu.refresh_from_db()
    assert lu.correspondances["tribunaux"] == {SIRET_INCONNU: tribunal.pk}


def test_les_choix_servent_au_fichier_suivant(
    connecte: Client, lu: Import, prepose: User, prepose_voisin: User, tribunal: Tribunal
) -> None:
    du_tribunal, _ = champs(connecte, lu)
    choix = {f"{du_tribunal}_texte": "", f"{du_tribunal}_choix": str(tribunal.pk)}
    connecte.post(adresse(lu, "import_correspondances"), choix)
    executer_taches()
    ligne = ligne_type(None, tribunal_siret=SIRET_INCONNU, numero_rg="71")
    suivant = apercu(prepose, ligne)
    assert (suivant.nouvelles, suivant.rejetees) == (1, 0)
    assert "Tribunaux choisis lors d'un import précédent : revoir" in phrases(lire(connecte, suivant))
    assert "Choisi lors d'un import précédent." in texte_lu(
        connecte.get(adresse(suivant, "import_correspondances"))
    )
    # Of no use here.
    autre = apercu(prepose, ligne_type(tribunal, numero_rg="72"))
    assert "lors d'un import précédent" not in lire(connecte, autre)
    assert not connecte.get(adresse(autre, "import_correspondances")).context["form"].fields
    assert apercu(prepose_voisin, ligne).rejetees == 1, "a neighbour's choice is not ours"


def test_un_tribunal_sans_numero_se_choisit_aussi(connecte: Client, prepose: User, tribunal: Tribunal) -> None:
    AgrementFactory(mandataire=mandataire_de(prepose))  # a second one: a line that says none may be of either
    import_ = apercu(
        prepose,
        ligne_type(None, numero_rg="1", tribunal="Cour de Nulle-Part"),
        ligne_type(None, numero_rg="2"),
    )
    texte = phrases(lire(connecte, import_))
    assert "1 tribunal que nous ne reconnaissons pas : choisissez-le" in texte
    assert "1 ligne sans tribunal : choisissez-le" in texte
    url = adresse(import_, "import_correspondances")
    form = connecte.get(url).context["form"]
    assert {champ.label for champ in form.fields.values()} == {"« Cour de Nulle-Part »", "Lignes sans tribunal"}
    connecte.post(url, {nom: str(tribunal.pk) for nom in form.fields})
    executer_taches()
    import_.refresh_from_db()
    assert (import_.nouvelles, import_.rejetees) == (2, 0)
    assert len(connecte.get(url).context["form"].fields) == 2, "what was chosen can be changed"


def test_une_suite_de_numeros_se_dit(connecte: Client, prepose: User) -> None:
    phrase = "3 de ces numéros se suivent, de 17620019800052 à 17620019800054"
    suite = [ligne_type(None, numero_rg=str(n), tribunal_siret=str(int(SIRET_INCONNU) + n)) for n in range(3)]
    import_ = apercu(prepose, *suite)
    assert phrase in phrases(lire(connecte, import_))
    assert phrase in phrases(texte_lu(connecte.get(adresse(import_, "import_correspondances"))))
    assert "se suivent" not in lire(connecte, apercu(prepose, *suite[:2]))


def test_abandonner_ce_qui_a_ete_choisi_se_confirme(connecte: Client, lu: Import, tribunal: Tribunal) -> None:
    Import.objects.filter(pk=lu.pk).update(correspondances={"tribunaux": {SIRET_INCONNU: tribunal.pk}})
    response = connecte.post(adresse(lu, "import_abandonner"))
    assert "que vous avez choisis pour ce fichier seront perdus" in texte_lu(response)
    assert etat(lu) == Etat.LU
    connecte.post(adresse(lu, "import_abandonner"), {"confirme": "oui"})
    assert not Import.objects.exists()


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


def test_les_choix_coutent_autant_de_requetes(connecte: Client, lu: Import, tribunal: Tribunal) -> None:
    url = adresse(lu, "import_correspondances")
    une = nombre_de_requetes(connecte, url)
    etablissements = EtablissementFactory.create_batch(20)
    lu.inconnus["tribunaux"] = [{"siret": f"{n:014}", "lignes": 1} for n in range(50)]
    lu.correspondances = {
        "tribunaux": {f"9{n:013}": tribunal.pk for n in range(12)},
        "etablissements": {f"foyer {e.pk}": e.pk for e in etablissements},
    }
    lu.save()
    # But for two courts, of which the file says nothing.
    ImportLigne.objects.bulk_create(
        ImportLigne(importation=lu, numero=100 + n, valeurs={"lu_cle_tribunal": f"9{n:013}"}, verdict="rejetee")
        for n in range(10)
    )
    ImportLigne.objects.bulk_create(
        ImportLigne(
            importation=lu, numero=200 + n, valeurs={"etablissement_nom": f"Foyer {e.pk}"}, verdict="rejetee"
        )
        for n, e in enumerate(etablissements)
    )
    # The courts and the establishments that were chosen, and whether they serve.
    assert nombre_de_requetes(connecte, url) <= une + 4
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
    assert "4 lignes lues = 1 nouvelle + 1 modifiée (dont 1 fin de mandat) + 0 inchangées + 2 rejetées" in texte
    fin = timezone.localdate() + timedelta(days=7)
    assert re.search(rf"Défaire cet import possible jusqu'au 1?{fin.day}(er)? ", texte)
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


def test_un_second_clic_ne_dit_rien_de_faux(connecte: Client, lu: Import) -> None:
    vu = moment_montre(connecte, lu)
    for titre in ("Enregistrement en cours", "Import enregistré"):
        for _ in range(2):
            response = connecte.post(adresse(lu, "import_enregistrer"), {"lu_at": vu}, follow=True)
            assert titre in texte_lu(response)
            assert list(response.context["messages"]) == []
        executer_taches()
    assert Mesure.objects.filter(numero_rg="6").count() == 1


def test_un_collegue_qui_enregistre_est_nomme(connecte: Client, fait: Import) -> None:
    assert "enregistré par" not in texte_lu(connecte.get(reverse("mesures_importer")))
    autre = UserFactory(first_name="Alix", last_name="Collègue")
    Import.objects.filter(pk=fait.pk).update(fait_by=autre)
    assert re.search(r"Enregistré le [^.]* par Alix Collègue\.", lire(connecte, fait))
    assert "enregistré par Alix Collègue" in texte_lu(connecte.get(reverse("mesures_importer")))
    autre.delete()
    assert re.search(r"Enregistré le [^.]* par un compte supprimé\.", lire(connecte, fait))


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
    assert entete[:2] == ("motif du rejet", "date_nomination")
    assert "couleur" not in entete
    assert premiere[1] == "31/02/2021"
    assert premiere[0].startswith("Ligne 2. Date de nomination : « 31/02/2021 » n'est pas une date")
    assert "=Les <b>Dunes</b>" in seconde
    assert seconde[0].startswith("Ligne 4. SIRET du tribunal : Aucun tribunal")


@pytest.mark.parametrize("format_", ["xlsx", "csv"])
def test_la_fin_d_une_ligne_decalee_n_est_pas_perdue(
    connecte: Client, prepose: User, tribunal: Tribunal, calais: Commune, format_: str
) -> None:
    """A separator within a text: the file to correct has all the cells, and is refused as long as it is not."""
    entete, ligne = fichier_csv(ligne_type(tribunal, numero_rg="6")).decode().split("\r\n")[:2]
    decalee = ligne.replace("Calais", "Calais;Nord") + ";;=fin"
    import_ = recevoir(contenu=f"{entete}\n{decalee}\n".encode(), nom="x.csv", author=prepose)
    for tour in range(2):
        executer_taches()
        import_.refresh_from_db()
        assert (import_.lues, import_.rejetees) == (1, 1)
        [rejetee] = import_.lignes.all()
        assert rejetee.problemes[0]["code"] == "decalee"
        contenu = telecharger(connecte, import_, format_)
        if tour == 0:
            import_ = recevoir(contenu=contenu, nom=f"x.{format_}", author=prepose)
    if format_ == "csv":
        titres, rendue = ([c.strip() for c in r.split(";")] for r in contenu.decode().strip().split("\n")[:2])
    else:
        feuille = openpyxl.load_workbook(BytesIO(contenu)).active
        titres, rendue = ([c.value or "" for c in rangee] for rangee in feuille.iter_rows(max_row=2))
    rendue = [str(cellule) for cellule in rendue]
    assert titres[-1] == "au-delà de l'en-tête 3"
    assert rendue[rendue.index("Calais") : rendue.index("Calais") + 2] == ["Calais", "Nord"]
    assert (rendue[-3], rendue[-1].lstrip("'")) == (decalee.split(";")[-4], "=fin")


@pytest.mark.parametrize("format_", ["xlsx", "csv"])
def test_les_lignes_rejetees_reviennent_corrigees(
    connecte: Client, lu: Import, tribunal: Tribunal, format_: str
) -> None:
    contenu = telecharger(connecte, lu, format_)
    if format_ == "csv":
        assert "'=Les" in contenu.decode()
        contenu = contenu.replace(b";31/02/2021", b";28/02/2021").replace(
            SIRET_INCONNU.encode(), tribunal.siret.encode()
        )
    else:
        classeur = openpyxl.load_workbook(BytesIO(contenu))
        for rangee in classeur.active.iter_rows(min_row=2):
            for cellule in rangee:
                if corrige := {"31/02/2021": "28/02/2021", SIRET_INCONNU: tribunal.siret}.get(cellule.value):
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
    assert "Garder l'import" in texte
    assert "Laisser" not in texte
    texte = texte_lu(connecte.post(adresse(fait, "import_annuler"), follow=True))
    assert re.search(r"Défait le .* par Camille ", texte)
    assert " : 1 supprimée, 1 rétablie." in phrases(texte)
    assert not Mesure.objects.filter(numero_rg="6").exists()
    assert Mesure.objects.get(numero_rg="22/00001").statut == "en_cours"
    response = connecte.get(adresse(fait, "import_annuler"), follow=True)
    assert "ne peut plus, être défait" in texte_lu(response)


def test_annuler_demande_pour_ce_qui_a_change_depuis(connecte: Client, fait: Import) -> None:
    Mesure.objects.filter(numero_rg="6").update(version=7, cabinet="9")
    url = adresse(fait, "import_annuler")
    mesure = Mesure.objects.get(numero_rg="6")
    lien = f'href="{reverse("mesure_historique", args=[mesure.pk])}?'
    page = connecte.get(url)
    assert "1 mesure a changé depuis" in texte_lu(page)
    assert lien in page.content.decode()
    response = connecte.post(url)
    assert "Cochez cette case pour défaire le reste de l'import." in texte_lu(response)
    assert etat(fait) == Etat.FAIT
    connecte.post(url, {"laisse_les_autres": "on"})
    assert (etat(fait), fait.annule_nombre) == (Etat.ANNULE, 1)
    page = connecte.get(adresse(fait))
    assert "1 rétablie, 1 laissée telle quelle." in phrases(texte_lu(page))
    assert lien in page.content.decode()


def test_rien_a_annuler_se_dit(connecte: Client, fait: Import) -> None:
    Mesure.objects.all().delete()
    texte = texte_lu(connecte.get(adresse(fait, "import_annuler")))
    assert "Toutes les mesures de cet import ont changé depuis" in texte
    assert "Garder l'import" not in texte


def test_ce_qui_n_a_rien_ecrit_ne_se_defait_pas(connecte: Client, fait: Import) -> None:
    Import.objects.filter(pk=fait.pk).update(lues=2, nouvelles=0, modifiees=0)
    assert "Défaire cet import" not in lire(connecte, fait)


def test_annuler_ne_se_peut_que_sept_jours(connecte: Client, fait: Import) -> None:
    vieillir(fait, fait_at=timedelta(days=7, minutes=1))
    assert "Défaire cet import" not in lire(connecte, fait)
    response = connecte.post(adresse(fait, "import_annuler"), follow=True)
    assert "ne peut plus, être défait" in texte_lu(response)
    assert etat(fait) == Etat.FAIT
