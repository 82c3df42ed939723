"""« Mesures du tribunal » and the page of one of them, reservations included."""

from __future__ import annotations

import re
from datetime import date, timedelta
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from mandataires.models import Mandataire
from mesures.models import Mesure
from mesures.reponses import refuser_reservation
from mesures.reservations import annuler_reservation, prolonger
from mesures.services import modifier
from tests.factories import MandataireFactory, MesureFactory, TribunalFactory
from tests.strict import nombre_de_requetes, texte_lu
from tribunaux.models import Commune, Tribunal

pytestmark = pytest.mark.django_db

EN_COURS, ETEINTES = "/tribunal/mesures/", "/tribunal/mesures/eteintes/"


@pytest.fixture
def connecte(client: Client, juge: User) -> Client:
    client.force_login(juge)
    return client


@pytest.fixture
def mesure(mandataire: Mandataire) -> Mesure:
    """The one of the préposé, 22/00001."""
    return Mesure.objects.get(mandataire=mandataire)


def references(response: HttpResponse) -> list[str]:
    return [mesure.numero_rg for mesure in response.context["page"].object_list]


def detail(mesure: Mesure) -> str:
    return reverse("mesure_du_tribunal", args=[mesure.pk])


# --- Lists -------------------------------------------------------------------------------------------


def test_les_mesures_en_cours_du_tribunal(
    connecte: Client,
    mandataire: Mandataire,
    prepose_voisin: User,
    juge_voisin: User,
    tribunal: Tribunal,
    calais: Commune,
) -> None:
    """All of its MJPM's, whoever recorded them; none of another court; nothing to change."""
    MesureFactory(
        mandataire=mandataire,
        tribunal=tribunal,
        date_decision="2025-01-31",
        commune=calais,
        lieu_vie="etablissement",
        champ="biens",
        numero_dossier="D-77",
    )
    MesureFactory(mandataire=mandataire, tribunal=tribunal, en_attente=True, numero_rg="reservee")
    MesureFactory(mandataire=mandataire, tribunal=tribunal, eteinte=True, numero_rg="eteinte")
    response = connecte.get(EN_COURS)
    assert set(references(response)) == {None, "22/00001", "22/00002"}
    page = texte_lu(response)
    assert "3 mesures" in page
    age = timezone.localdate().year - 1962
    assert f"sans RG : mesure du 31/01/2025 31/01/2025 Curatelle renforcée biens F, 1962, {age} ans" in page
    assert "D-77" not in response.content.decode()
    assert f"62100 Calais En établissement {mandataire}" in page
    assert "à compléter" not in page
    for mot in ("Modifier", "Mettre fin", "Réactiver"):
        assert mot not in page


def test_le_numero_de_dossier_du_mandataire_ne_se_lit_pas(
    connecte: Client, mandataire: Mandataire, tribunal: Tribunal, prepose: User
) -> None:
    """Neither on the page of the mesure nor in its history, and no search finds it: it is the MJPM's own."""
    mesure = MesureFactory(mandataire=mandataire, tribunal=tribunal, numero_rg=None, numero_dossier="D-77")
    mesure.numero_dossier, mesure.cabinet = "D-78", "7"
    modifier(mesure=mesure, version=0, author=prepose)
    mesure.numero_dossier = "D-79"
    modifier(mesure=mesure, version=1, author=prepose)
    MesureFactory(mandataire=mandataire, tribunal=tribunal, en_attente=True, renouvelle=mesure)
    mesure.refresh_from_db()
    for montree in (mesure, mesure.renouvellements.get()):
        page = connecte.get(detail(montree)).content.decode()
        assert f"esure du {mesure.date_decision:%d/%m/%Y}" in page
        assert "D-7" not in page
    assert "« 7 » ajouté" in texte_lu(connecte.get(detail(mesure)))
    for cherche in ("D-79", "d-7"):
        assert references(connecte.get(EN_COURS, {"q": cherche})) == []
    assert references(connecte.get(EN_COURS, {"q": "00001"})) == ["22/00001"]
    Mesure.objects.filter(pk=mesure.pk).update(numero_dossier="00")
    assert references(connecte.get(EN_COURS, {"tri": "reference"}))[-1] is None


def test_une_mesure_du_predecesseur_est_celle_du_tribunal(
    connecte: Client, mandataire: Mandataire, tribunal: Tribunal
) -> None:
    ferme = TribunalFactory(nom="Tribunal de Guînes", ferme_le=date(2024, 1, 1), successeur=tribunal)
    ancienne = MesureFactory(mandataire=mandataire, tribunal=ferme, numero_rg="19/00001")
    assert "19/00001" in references(connecte.get(EN_COURS))
    assert connecte.get(detail(ancienne)).status_code == 200


def test_les_filtres_et_la_recherche(
    connecte: Client, mandataire: Mandataire, prepose_voisin: User, tribunal: Tribunal, calais: Commune
) -> None:
    Mesure.objects.filter(numero_rg="22/00002").update(cabinet="B2")
    MesureFactory(
        mandataire=mandataire,
        tribunal=tribunal,
        nature="tutelle",
        lieu_vie="etablissement",
        commune=calais,
        cabinet="A1",
        numero_rg="23/00003",
        date_terme=timezone.localdate() + timedelta(days=30),
    )
    assert "À réviser (1)" in texte_lu(connecte.get(EN_COURS))
    for filtre in (
        {"q": "calais"},
        {"q": "23/00003"},
        {"nature": "tutelle"},
        {"lieu_vie": "etablissement"},
        {"cabinet": "A1"},
        {"a_reviser": "on"},
        {"mandataire": mandataire.pk, "nature": "tutelle"},
    ):
        response = connecte.get(EN_COURS, filtre)
        assert references(response) == ["23/00003"], filtre
        assert "1 mesure sur 3" in texte_lu(response)
    vide = connecte.get(EN_COURS, {"q": "introuvable", "mandataire": mandataire.pk})
    phrase = "Aucune des mesures en cours de votre tribunal (3) ne répond à ces filtres : « introuvable », "
    assert f"{phrase}{mandataire}." in texte_lu(vide)
    assert f'href="{ETEINTES}?q=introuvable"' in vide.content.decode()


@pytest.mark.parametrize(
    ("champ", "valeur", "phrase"),
    [
        ("nature", "habilitation", "Ce type de mesure n'existe pas"),
        ("lieu_vie", "zzz", "Ce lieu de vie n'existe pas"),
        ("cabinet", "Z9", "Rien ici n'est de ce cabinet"),
        ("mandataire", "0", "Rien ici n'est de ce mandataire"),
    ],
)
@pytest.mark.parametrize("adresse", [EN_COURS, ETEINTES])
def test_un_filtre_inconnu_est_dit(
    connecte: Client,
    mandataire: Mandataire,
    tribunal: Tribunal,
    adresse: str,
    champ: str,
    valeur: str,
    phrase: str,
) -> None:
    MesureFactory(mandataire=mandataire, tribunal=tribunal, eteinte=True)
    response = connecte.get(adresse, {champ: valeur})
    assert f"{phrase}" in texte_lu(response)
    assert "ce filtre n'est pas appliqué" in texte_lu(response)
    assert len(references(response)) == 1


def test_l_ordre(connecte: Client, mandataire: Mandataire, tribunal: Tribunal) -> None:
    zola = MandataireFactory(nom="Zola", prenom="Émile")
    abel = MandataireFactory(nom="ábel", prenom="Niels")
    MesureFactory(mandataire=zola, tribunal=tribunal, numero_rg="z", date_decision="2025-01-01")
    MesureFactory(mandataire=abel, tribunal=tribunal, numero_rg="a", date_decision="2020-01-01")
    assert references(connecte.get(EN_COURS)) == ["z", "22/00001", "a"]
    assert references(connecte.get(EN_COURS, {"tri": "mandataire"})) == ["a", "22/00001", "z"]
    response = connecte.get(EN_COURS, {"tri": "-mandataire"})
    assert references(response) == ["z", "22/00001", "a"]
    assert "Ordre : Mandataire, de Z à A." in texte_lu(response)
    assert references(connecte.get(EN_COURS, {"tri": "tribunal"})) == ["z", "22/00001", "a"]  # none of its columns


def test_les_mesures_eteintes_par_annee(
    connecte: Client, mandataire: Mandataire, tribunal: Tribunal, autre_tribunal: Tribunal
) -> None:
    for fin, rg in (("2024-06-30", "24/1"), ("2024-01-15", "24/2"), ("2022-03-15", "22/9")):
        MesureFactory(
            mandataire=mandataire,
            tribunal=tribunal,
            eteinte=True,
            date_extinction=fin,
            numero_rg=rg,
            motif_extinction="deces",
        )
    MesureFactory(mandataire=mandataire, tribunal=autre_tribunal, eteinte=True, numero_rg="ailleurs")
    response = connecte.get(ETEINTES)
    assert references(response) == ["24/1", "24/2", "22/9"]
    page = texte_lu(response)
    assert "2024 2 fins de mandat dans l'année 24/1" in page
    assert f"{mandataire} 30/06/2024 3 ans et 3 mois Décès" in page
    assert "Réactiver" not in page
    response = connecte.get(ETEINTES, {"annee": "2022"})
    assert references(response) == ["22/9"]
    assert "1 mesure sur 3" in texte_lu(response)


def test_les_listes_vides(client: Client, juge_voisin: User) -> None:
    Mesure.objects.all().delete()
    client.force_login(juge_voisin)
    assert "Les mesures que les mandataires enregistrent pour votre tribunal" in texte_lu(client.get(EN_COURS))
    assert "à laquelle son mandataire met fin" in texte_lu(client.get(ETEINTES))


def test_l_onglet_est_celui_des_deux_listes(connecte: Client, mesure: Mesure) -> None:
    for adresse, ouverte in ((EN_COURS, "En cours"), (ETEINTES, "Éteintes")):
        page = connecte.get(adresse).content.decode()
        actifs = re.findall(r'aria-current="page">([^<]*)<', page)
        assert actifs == ["Mesures du tribunal", ouverte]


@pytest.mark.parametrize("adresse", [EN_COURS, ETEINTES])
def test_cinquante_par_page_en_autant_de_requetes(
    connecte: Client, mandataire: Mandataire, tribunal: Tribunal, adresse: str
) -> None:
    etat = {"eteinte": adresse == ETEINTES}
    MesureFactory(mandataire=mandataire, tribunal=tribunal, **etat)
    une = nombre_de_requetes(connecte, adresse)
    for rang in range(51):
        MesureFactory(mandataire=MandataireFactory(), tribunal=tribunal, cabinet=f"C{rang}", **etat)
    assert nombre_de_requetes(connecte, adresse) == une
    assert len(references(connecte.get(adresse))) == 50
    page = connecte.get(adresse, {"q": "", "page": "2"})
    assert len(references(page)) in (2, 3)
    (lien,) = {
        unescape(href)
        for href in re.findall(r'href="([^"]*)"', page.content.decode())
        if detail(page.context["page"].object_list[0]) in href
    }
    assert parse_qs(urlsplit(lien).query) == {"retour": [f"{adresse}?q=&page=2"]}


# --- One of them -------------------------------------------------------------------------------------


def test_une_mesure_en_cours_se_lit_sans_se_changer(
    connecte: Client, mesure: Mesure, mandataire: Mandataire, calais: Commune
) -> None:
    Mesure.objects.filter(pk=mesure.pk).update(code_postal="", cabinet="2", date_terme="2031-03-14")
    page = texte_lu(connecte.get(detail(mesure)))
    for attendu in (
        "Mesure 22/00001",
        "Mesure en cours",
        "Décision 15/03/2021",
        "Type Curatelle renforcée",
        "Cabinet 2",
        "14/03/2031",
        f"Le mandataire {mandataire} Mandataire préposé",
        "Historique Mesure modifiée par",
    ):
        assert attendu in page
    for absent in ("à compléter", "Prolonger", "Annuler", "Modifier", "Mettre fin", "La réservation", "dossier"):
        assert absent not in page


def test_une_reservation_qui_attend_se_prolonge_se_modifie_s_annule(
    connecte: Client, mandataire: Mandataire, tribunal: Tribunal, juge: User
) -> None:
    reservation = MesureFactory(
        mandataire=mandataire, tribunal=tribunal, en_attente=True, reserve_by=juge, est_urgente=True
    )
    response = connecte.get(detail(reservation), {"retour": "/reservations/?etat=en_attente"})
    page = texte_lu(response)
    for attendu in (
        "Réservation en attente Urgente",
        "Décision pas encore rendue",
        f"par {juge}",
        "Réponse Pas encore vue",
        "Expire après le",
        "Prolonger de 60 jours",
        "Historique Réservée par",
    ):
        assert attendu in page
    contenu = response.content.decode()
    for nom in ("reservation_prolonger", "reservation_modifier", "reservation_annuler"):
        adresses = re.findall(rf'"({reverse(nom, args=[reservation.pk])}\?[^"]*)"', contenu)
        assert [parse_qs(urlsplit(unescape(adresse)).query)["retour"] for adresse in adresses] == [
            [f"{detail(reservation)}?retour=%2Freservations%2F%3Fetat%3Den_attente"]
        ]
    assert 'href="/reservations/?etat=en_attente">Revenir à la liste' in contenu


def test_une_reponse_nouvelle_est_lue_quand_on_l_ouvre(
    connecte: Client, mandataire: Mandataire, tribunal: Tribunal, prepose: User
) -> None:
    reservation = MesureFactory(mandataire=mandataire, tribunal=tribunal, en_attente=True)
    connecte.get(detail(reservation))
    reservation.refresh_from_db()
    assert reservation.reponse_vue_at is None  # nothing to read yet
    refuser_reservation(pk=reservation.pk, motif="Trop loin", version=0, author=prepose)
    assert "Réservations (1 réponse nouvelle)" in texte_lu(connecte.get("/compte/"))
    connecte.head(detail(reservation))
    assert Mesure.objects.reponses_nouvelles().count() == 1
    page = texte_lu(connecte.get(detail(reservation)))
    assert "Trop loin" in page
    assert "Réservations (1 réponse nouvelle)" not in page
    reservation.refresh_from_db()
    assert reservation.reponse_vue_at is not None
    assert reservation.version == 1


@pytest.mark.parametrize(
    ("etat", "attendus"),
    [
        ("refusee", ("Réservation refusée", "Refusée le", "Trop loin")),
        ("annulee", ("Réservation annulée", "Annulée par le tribunal le", "Saisie par erreur")),
        ("expiree", ("Réservation expirée", "Expirée", "il peut encore la confirmer")),
    ],
)
def test_une_reservation_sans_suite(
    connecte: Client, mandataire: Mandataire, tribunal: Tribunal, etat: str, attendus: tuple[str, ...]
) -> None:
    page = texte_lu(connecte.get(detail(MesureFactory(mandataire=mandataire, tribunal=tribunal, **{etat: True}))))
    for attendu in attendus:
        assert attendu in page
    assert "Prolonger" not in page
    assert "Annuler la réservation" not in page


def test_une_confirmation_tardive_le_dit(connecte: Client, mandataire: Mandataire, tribunal: Tribunal) -> None:
    hier = timezone.now() - timedelta(days=1)
    mesure = MesureFactory(
        mandataire=mandataire,
        tribunal=tribunal,
        reserve_at=hier,
        vue_at=hier,
        repondu_at=hier,
        expire_le=timezone.localdate() - timedelta(days=9),
    )
    page = texte_lu(connecte.get(detail(mesure)))
    assert "Vue par le mandataire le" in page
    assert ", après son expiration" in page
    assert "par un ancien utilisateur" in page


def test_les_renouvellements_se_suivent_dans_les_deux_sens(
    connecte: Client, mesure: Mesure, mandataire: Mandataire, tribunal: Tribunal
) -> None:
    refus = MesureFactory(mandataire=mandataire, tribunal=tribunal, refusee=True, renouvelle=mesure)
    attend = MesureFactory(mandataire=mandataire, tribunal=tribunal, en_attente=True, renouvelle=mesure)
    contenu = connecte.get(detail(mesure)).content.decode()
    for reservation, etat in ((refus, "refusée"), (attend, "en attente")):
        (lien,) = re.findall(rf'href="({detail(reservation)}[^"]*)"', contenu)
        retour = connecte.get(unescape(lien))
        assert "Renouvelle la mesure 22/00001 (en cours)" in texte_lu(retour)
        assert f'href="{detail(mesure)}">Revenir à la liste' in retour.content.decode()
        assert f"({etat})" in contenu


def test_le_renouvellement_se_reserve_s_il_peut_l_etre(
    connecte: Client, mesure: Mesure, mandataire: Mandataire, tribunal: Tribunal
) -> None:
    lien = f'href="{reverse("reserver", args=[mandataire.pk])}?renouvelle={mesure.pk}&amp;'
    assert lien in connecte.get(detail(mesure)).content.decode()
    eteinte = MesureFactory(mandataire=mandataire, tribunal=tribunal, eteinte=True)
    assert "Réserver son renouvellement" not in texte_lu(connecte.get(detail(eteinte)))
    attend = MesureFactory(mandataire=mandataire, tribunal=tribunal, en_attente=True, renouvelle=mesure)
    assert lien not in connecte.get(detail(mesure)).content.decode()
    Mesure.objects.filter(pk=attend.pk).update(renouvelle=None)
    mandataire.agrements.update(au=timezone.localdate())  # off the court's list
    assert lien not in connecte.get(detail(mesure)).content.decode()


def test_le_nom_mene_a_la_fiche_si_elle_existe(connecte: Client, mesure: Mesure, mandataire: Mandataire) -> None:
    lien = f'href="{mandataire.get_absolute_url()}?'
    assert lien in connecte.get(detail(mesure)).content.decode()
    User.objects.filter(membre__mandataire=mandataire).update(is_active=False)
    contenu = connecte.get(detail(mesure)).content.decode()
    assert lien not in contenu
    assert str(mandataire) in contenu


def test_la_page_garde_son_nombre_de_requetes(
    connecte: Client, mandataire: Mandataire, tribunal: Tribunal, juge: User
) -> None:
    reservation = MesureFactory(mandataire=mandataire, tribunal=tribunal, en_attente=True)
    une = nombre_de_requetes(connecte, detail(reservation))
    for version in range(10):
        prolonger(pk=reservation.pk, version=version, author=juge)
    annuler_reservation(pk=reservation.pk, motif="Radiée", version=10, author=juge)
    assert nombre_de_requetes(connecte, detail(reservation)) == une


def test_la_reservation_d_un_autre_tribunal_est_introuvable(
    client: Client, juge_voisin: User, mandataire: Mandataire, tribunal: Tribunal
) -> None:
    refus = MesureFactory(mandataire=mandataire, tribunal=tribunal, refusee=True)
    client.force_login(juge_voisin)
    assert client.get(detail(refus)).status_code == 404
    refus.refresh_from_db()
    assert refus.reponse_vue_at is None
