"""« Réservations » of a court: the list by state, what it marks as read, prolongs and cancels."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
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
from mesures.reponses import confirmer, refuser_reservation
from tests.factories import MandataireFactory, MesureFactory
from tests.mesures.reservations import prononcer
from tests.strict import nombre_de_requetes, texte_lu
from tribunaux.models import Tribunal

pytestmark = pytest.mark.django_db

ADRESSE = "/reservations/"


@pytest.fixture
def connecte(client: Client, juge: User) -> Client:
    client.force_login(juge)
    return client


@pytest.fixture
def reservation(mandataire: Mandataire, tribunal: Tribunal, juge: User) -> Mesure:
    return MesureFactory(
        mandataire=mandataire, tribunal=tribunal, en_attente=True, reserve_by=juge, numero_rg="26/00001"
    )


@pytest.fixture
def chacune(reservation: Mesure, mandataire: Mandataire, tribunal: Tribunal) -> dict[str, Mesure]:
    """One reservation in each state, all of one MJPM; the answers are new."""
    hier = timezone.now() - timedelta(days=1)
    siennes = {"mandataire": mandataire, "tribunal": tribunal}
    return {
        "en_attente": reservation,
        "confirmee": MesureFactory(
            **siennes, numero_rg="26/00002", reserve_at=hier, repondu_at=hier, expire_le=hier.date()
        ),
        "eteinte": MesureFactory(
            **siennes, numero_rg="26/00003", eteinte=True, reserve_at=hier, repondu_at=hier, reponse_vue_at=hier
        ),
        "refusee": MesureFactory(**siennes, numero_rg="26/00004", refusee=True),
        "expiree": MesureFactory(**siennes, numero_rg="26/00005", expiree=True, expire_le=hier.date()),
        "annulee": MesureFactory(**siennes, numero_rg="26/00006", annulee=True),
    }


def references(response: HttpResponse) -> list[str]:
    return [mesure.numero_rg for mesure in response.context["page"].object_list]


def detail(mesure: Mesure) -> str:
    return reverse("mesure_du_tribunal", args=[mesure.pk])


# --- The list ----------------------------------------------------------------------------------------


def test_celles_qui_attendent_viennent_d_abord_puis_les_reponses(
    connecte: Client, chacune: dict[str, Mesure], mandataire: Mandataire, tribunal: Tribunal
) -> None:
    demain = timezone.localdate() + timedelta(days=1)
    siennes = {"mandataire": mandataire, "tribunal": tribunal, "en_attente": True}
    MesureFactory(**siennes, numero_rg="26/00010", expire_le=demain)
    MesureFactory(**siennes, numero_rg="26/00011", est_urgente=True)
    response = connecte.get(ADRESSE)
    assert references(response)[:3] == ["26/00011", "26/00010", "26/00001"]
    assert set(references(response)[3:5]) == {"26/00004", "26/00006"}  # answered, cancelled today
    assert set(references(response)[5:]) == {"26/00002", "26/00003", "26/00005"}
    page = texte_lu(response)
    assert page.index("En attente (3) 26/00011 Urgente") < page.index("Réponses (5)")


def test_une_ligne_dit_tout(
    connecte: Client, reservation: Mesure, mandataire: Mandataire, juge: User, calais: object
) -> None:
    le_3 = datetime(2026, 11, 3, 12, tzinfo=UTC)
    Mesure.objects.filter(pk=reservation.pk).update(
        reserve_at=le_3,
        vue_at=le_3,
        expire_le="2027-01-20",
        cabinet="2",
        commune=calais,
        jugement_attendu_le="2026-11-21",
    )
    page = texte_lu(connecte.get(ADRESSE))
    assert f"26/00001 03/11/2026 {juge}, cabinet 2 Curatelle renforcée F, 1962 Calais {mandataire}" in page
    assert "Vue le 3 novembre 2026 20/01/2027 jugement attendu le 21/11/2026" in page
    assert "expire bientôt" not in page
    Mesure.objects.filter(pk=reservation.pk).update(vue_at=None, reserve_by=None, expiration_annoncee_at=le_3)
    page = texte_lu(connecte.get(ADRESSE))
    assert "Pas encore vue 20/01/2027 expire bientôt" in page
    assert "Ancien utilisateur, cabinet 2" in page


def test_chaque_reponse_se_lit(connecte: Client, chacune: dict[str, Mesure]) -> None:
    Mesure.objects.filter(pk=chacune["confirmee"].pk).update(expire_le=timezone.localdate() - timedelta(days=9))
    page = texte_lu(connecte.get(ADRESSE))
    for attendu in (
        ", après son expiration",
        ": Trop loin",
        ": Saisie par erreur",
        "Expirée",
        "26/00002 Nouvelle",
        "26/00004 Nouvelle",
        "26/00005 Nouvelle",
    ):
        assert attendu in page
    assert "26/00003 Nouvelle" not in page
    assert "26/00006 Nouvelle" not in page


@pytest.mark.parametrize(
    ("etat", "attendues"),
    [
        ("en_attente", {"26/00001"}),
        ("nouvelle", {"26/00002", "26/00004", "26/00005"}),
        ("confirmee", {"26/00002", "26/00003"}),
        ("refusee", {"26/00004"}),
        ("expiree", {"26/00005"}),
        ("annulee", {"26/00006"}),
    ],
)
def test_un_etat_dans_l_adresse(
    connecte: Client, chacune: dict[str, Mesure], etat: str, attendues: set[str]
) -> None:
    response = connecte.get(ADRESSE, {"etat": etat})
    assert set(references(response)) == attendues
    page = texte_lu(response)
    assert (
        "Toutes (6) En attente (1) Réponses nouvelles (3) Confirmées (2) Refusées (1) Expirées (1) Annulées (1)"
        in page
    )
    (ouvert,) = re.findall(
        r'<a class="etats__lien" href="([^"]*)" aria-current="true">', response.content.decode()
    )
    assert parse_qs(urlsplit(unescape(ouvert)).query) == {"etat": [etat]}
    assert f"{len(attendues)} réservation{'s' * (len(attendues) > 1)} sur 6" in page


def test_une_mesure_que_personne_n_a_reservee_n_y_est_pas(
    connecte: Client, prepose: User, juge_voisin: User, autre_tribunal: Tribunal
) -> None:
    """Neither the ordinary mesures of the court, nor the reservations of another."""
    MesureFactory(
        mandataire=prepose.membre.mandataire, tribunal=autre_tribunal, refusee=True, numero_rg="ailleurs"
    )
    page = texte_lu(connecte.get(ADRESSE))
    assert "Aucune réservation" in page
    assert "Chercher un mandataire" in page
    assert "ailleurs" not in page
    assert "Réponses nouvelles" not in page


def test_les_filtres_se_combinent(
    connecte: Client,
    chacune: dict[str, Mesure],
    juge: User,
    greffier: User,
    mandataire: Mandataire,
    tribunal: Tribunal,
) -> None:
    autre = MandataireFactory(nom="Zola", prenom="Émile")
    MesureFactory(
        mandataire=autre, tribunal=tribunal, refusee=True, reserve_by=greffier, cabinet="B2", numero_rg="26/00020"
    )
    MesureFactory(
        mandataire=autre,
        tribunal=tribunal,
        en_attente=True,
        reserve_by=greffier,
        cabinet="A1",
        numero_rg="26/00021",
    )
    toutes = connecte.get(ADRESSE)
    for champ in ("cabinet", "auteur", "mandataire"):
        assert f'name="{champ}"' in toutes.content.decode()
    assert references(connecte.get(ADRESSE, {"cabinet": "B2"})) == ["26/00020"]
    assert references(connecte.get(ADRESSE, {"auteur": juge.pk})) == ["26/00001"]
    assert references(connecte.get(ADRESSE, {"mandataire": autre.pk})) == ["26/00021", "26/00020"]
    assert references(connecte.get(ADRESSE, {"q": "26/00020"})) == ["26/00020"]
    response = connecte.get(ADRESSE, {"mandataire": autre.pk, "auteur": greffier.pk, "etat": "refusee"})
    assert references(response) == ["26/00020"]
    assert "Toutes (2) En attente (1) Réponses nouvelles (1)" in texte_lu(response)
    assert '<input type="hidden" name="etat" value="refusee"' in response.content.decode()
    vide = texte_lu(connecte.get(ADRESSE, {"mandataire": autre.pk, "etat": "annulee"}))
    assert "Aucune des réservations de votre tribunal (8) ne répond à ces filtres : Émile Zola, Annulées." in vide


def test_un_seul_choix_n_est_pas_propose(connecte: Client, reservation: Mesure) -> None:
    page = connecte.get(ADRESSE).content.decode()
    for champ in ("cabinet", "auteur", "mandataire"):
        assert f'name="{champ}"' not in page


@pytest.mark.parametrize(
    ("champ", "valeur", "phrase"),
    [
        ("cabinet", "Z9", "Rien ici n'est de ce cabinet"),
        ("mandataire", "0", "Rien ici n'est de ce mandataire"),
        ("mandataire", "x", "Rien ici n'est de ce mandataire"),
        ("auteur", "0", "Aucune réservation n'est de cette personne"),
        ("etat", "zzz", "Cet état n'existe pas"),
        ("q", "x" * 101, "Cherchez au plus 100 caractères"),
    ],
)
def test_un_filtre_inconnu_est_dit_et_les_autres_valent(
    connecte: Client, chacune: dict[str, Mesure], champ: str, valeur: str, phrase: str
) -> None:
    autre = {"etat": "refusee"} if champ != "etat" else {"q": "26/00004"}
    response = connecte.get(ADRESSE, {champ: valeur, **autre})
    assert phrase in texte_lu(response)
    assert references(response) == ["26/00004"]


def test_le_mandataire_d_un_autre_tribunal_n_est_pas_un_choix(
    connecte: Client, reservation: Mesure, juge_voisin: User, autre_tribunal: Tribunal
) -> None:
    leur = Mandataire.objects.get(nom="Mandataire_D_Arras")
    MesureFactory(
        mandataire=leur, tribunal=autre_tribunal, en_attente=True, reserve_by=juge_voisin, cabinet="Arras"
    )
    response = connecte.get(ADRESSE, {"mandataire": leur.pk, "auteur": juge_voisin.pk, "cabinet": "Arras"})
    assert references(response) == ["26/00001"]
    assert str(leur) not in texte_lu(response)
    assert str(juge_voisin) not in texte_lu(response)


def test_les_liens_ramenent_a_la_meme_liste(connecte: Client, reservation: Mesure) -> None:
    adresse = f"{ADRESSE}?etat=en_attente&q=26"
    page = connecte.get(adresse).content.decode()
    (lien,) = [unescape(href) for href in re.findall(r'href="([^"]*)"', page) if detail(reservation) in href]
    assert parse_qs(urlsplit(lien).query) == {"retour": [adresse]}
    assert f'href="{adresse.replace("&", "&amp;")}">Revenir à la liste' in connecte.get(lien).content.decode()


def test_cinquante_par_page_en_autant_de_requetes(
    connecte: Client, reservation: Mesure, tribunal: Tribunal, greffier: User
) -> None:
    une = nombre_de_requetes(connecte, ADRESSE)
    for rang in range(50):
        MesureFactory(
            mandataire=MandataireFactory(),
            tribunal=tribunal,
            refusee=True,
            reserve_by=greffier,
            cabinet=f"C{rang}",
        )
    assert nombre_de_requetes(connecte, ADRESSE) == une
    response = connecte.get(ADRESSE)
    assert len(references(response)) == 50
    assert len(references(connecte.get(ADRESSE, {"page": 2}))) == 1


# --- New answers -------------------------------------------------------------------------------------


def test_l_onglet_compte_les_reponses_nouvelles(connecte: Client, chacune: dict[str, Mesure]) -> None:
    assert "Réservations (3 réponses nouvelles)" in texte_lu(connecte.get("/compte/"))
    Mesure.objects.update(reponse_vue_at=timezone.now())
    assert "Réservations (" not in texte_lu(connecte.get("/compte/"))


def test_marquer_comme_lues_celles_que_la_page_montre(connecte: Client, chacune: dict[str, Mesure]) -> None:
    page = connecte.get(ADRESSE, {"mandataire": chacune["refusee"].mandataire_id}).content.decode()
    (action,) = re.findall(r'action="(/reservations/vues/[^"]*)"', page)
    montrees = re.findall(r'name="montree" value="(\d+:\d+)"', page)
    assert len(montrees) == 3
    # One that comes while the page is open stays new.
    refuser_reservation(
        pk=chacune["en_attente"].pk,
        motif="Complet",
        version=0,
        author=chacune["refusee"].mandataire.membres.get().user,
    )
    # As does one that changes meanwhile: what expired, and is confirmed.
    confirmee = chacune["expiree"]
    confirmer(reservation=prononcer(confirmee), version=0, author=confirmee.mandataire.membres.get().user)
    response = connecte.post(unescape(action), {"montree": montrees}, follow=True)
    assert response.redirect_chain[0][0] == f"{ADRESSE}?mandataire={chacune['refusee'].mandataire_id}"
    assert "2 réponses marquées comme lues." in texte_lu(response)
    assert set(Mesure.objects.reponses_nouvelles()) == {chacune["en_attente"], confirmee}
    response = connecte.post(unescape(action), {"montree": montrees}, follow=True)
    assert "Ces réponses étaient déjà lues." in texte_lu(response)


def test_tout_est_lu(connecte: Client, reservation: Mesure) -> None:
    response = connecte.get(ADRESSE, {"etat": "nouvelle"})
    assert "Aucune réponse nouvelle" in texte_lu(response)
    assert "Marquer comme lues" not in texte_lu(response)


def test_les_reponses_d_un_autre_tribunal_restent_nouvelles(
    connecte: Client, prepose: User, autre_tribunal: Tribunal
) -> None:
    leur = MesureFactory(mandataire=prepose.membre.mandataire, tribunal=autre_tribunal, refusee=True)
    connecte.post("/reservations/vues/", {"montree": [f"{leur.pk}:0", "x", f"{leur.pk}:", f"{'9' * 30}:0", ""]})
    leur.refresh_from_db()
    assert leur.reponse_vue_at is None


# --- Prolong -----------------------------------------------------------------------------------------


def test_prolonger(connecte: Client, reservation: Mesure) -> None:
    avant = reservation.expire_le
    response = connecte.post(reverse("reservation_prolonger", args=[reservation.pk]), {"version": 0}, follow=True)
    reservation.refresh_from_db()
    assert reservation.expire_le == avant + timedelta(days=60)
    assert response.redirect_chain == [(detail(reservation), 302)]
    page = texte_lu(response)
    assert f"Réservation prolongée jusqu'au {reservation.expire_le:%d/%m/%Y}." in page
    assert "Réservation prolongée par" in page


def test_prolonger_deux_fois_du_meme_ecran(connecte: Client, reservation: Mesure) -> None:
    adresse = reverse("reservation_prolonger", args=[reservation.pk])
    connecte.post(adresse, {"version": 0})
    reservation.refresh_from_db()
    for donnees in ({"version": 0}, {}, {"version": "x"}):
        response = connecte.post(adresse, donnees, follow=True)
        assert "a changé depuis que la page est affichée" in texte_lu(response)
        assert "Rien n'a été fait." in texte_lu(response)
    expire_le = reservation.expire_le
    reservation.refresh_from_db()
    assert (reservation.version, reservation.expire_le) == (1, expire_le)


@pytest.mark.parametrize("acte", ["reservation_prolonger", "reservation_annuler"])
@pytest.mark.parametrize("etat", ["confirmee", "refusee", "expiree", "annulee"])
def test_une_reservation_deja_repondue_le_dit(
    connecte: Client, chacune: dict[str, Mesure], acte: str, etat: str
) -> None:
    mesure = chacune[etat]
    response = connecte.post(
        reverse(acte, args=[mesure.pk]), {"version": mesure.version, "motif": "Trop tard"}, follow=True
    )
    assert response.redirect_chain == [(detail(mesure), 302)]
    est_prolongee = acte == "reservation_prolonger" and etat == "confirmee"
    mot = "confirmée" if est_prolongee else mesure.get_statut_display()
    assert f"est {mot} :" in texte_lu(response)
    mesure.refresh_from_db()
    assert mesure.version == 0


@pytest.mark.parametrize("acte", ["reservation_prolonger", "reservation_annuler"])
def test_une_mesure_que_personne_n_a_reservee_est_introuvable(connecte: Client, prepose: User, acte: str) -> None:
    mesure = Mesure.objects.get(mandataire=prepose.membre.mandataire)
    assert connecte.post(reverse(acte, args=[mesure.pk]), {"version": 0, "motif": "x"}).status_code == 404


@pytest.mark.parametrize("acte", ["reservation_prolonger", "reservation_annuler"])
def test_la_reservation_d_un_autre_tribunal_ne_change_pas(
    client: Client, juge_voisin: User, reservation: Mesure, acte: str
) -> None:
    client.force_login(juge_voisin)
    assert client.post(reverse(acte, args=[reservation.pk]), {"version": 0, "motif": "x"}).status_code == 404
    reservation.refresh_from_db()
    assert (reservation.statut, reservation.version) == ("en_attente", 0)


# --- Cancel ------------------------------------------------------------------------------------------


def test_annuler(connecte: Client, reservation: Mesure, django_capture_on_commit_callbacks: object) -> None:
    adresse = reverse(
        "reservation_annuler", args=[reservation.pk], query={"retour": "/reservations/?etat=en_attente"}
    )
    page = connecte.get(adresse)
    assert "Garder la réservation" in texte_lu(page)
    assert 'href="/reservations/?etat=en_attente">Garder la réservation' in page.content.decode()
    response = connecte.post(adresse, {"version": 0, "motif": " Affaire radiée "}, follow=True)
    assert response.redirect_chain == [("/reservations/?etat=en_attente", 302)]
    assert f"Réservation annulée. Information transmise à {reservation.mandataire}." in texte_lu(response)
    reservation.refresh_from_db()
    assert (reservation.statut, reservation.motif_reponse) == ("annulee", "Affaire radiée")
    assert "Affaire radiée" in texte_lu(connecte.get(detail(reservation)))


@pytest.mark.parametrize(
    ("motif", "erreur"),
    [
        ("", "Indiquez pourquoi : le mandataire le lira."),
        ("   ", "Indiquez pourquoi : le mandataire le lira."),
        ("x" * 501, "Écrivez au plus 500 caractères."),
    ],
)
def test_annuler_demande_un_motif(connecte: Client, reservation: Mesure, motif: str, erreur: str) -> None:
    response = connecte.post(reverse("reservation_annuler", args=[reservation.pk]), {"version": 0, "motif": motif})
    assert response.status_code == 200
    assert erreur in texte_lu(response)
    assert motif.strip() in response.content.decode()
    reservation.refresh_from_db()
    assert reservation.statut == "en_attente"


def test_annuler_ce_qui_vient_de_changer_garde_le_motif(connecte: Client, reservation: Mesure) -> None:
    connecte.post(reverse("reservation_prolonger", args=[reservation.pk]), {"version": 0})
    adresse = reverse("reservation_annuler", args=[reservation.pk])
    response = connecte.post(adresse, {"version": 0, "motif": "Affaire radiée"})
    assert "Réservation prolongée par" in texte_lu(response)
    assert "Votre motif est gardé" in texte_lu(response)
    assert ">\nAffaire radiée</textarea>" in response.content.decode()
    assert 'name="version" value="1"' in response.content.decode()
    connecte.post(adresse, {"version": 1, "motif": "Affaire radiée"})
    reservation.refresh_from_db()
    assert reservation.statut == "annulee"


def test_annuler_ce_qui_vient_d_etre_refuse(connecte: Client, reservation: Mesure, prepose: User) -> None:
    refuser_reservation(pk=reservation.pk, motif="Complet", version=0, author=prepose)
    response = connecte.post(
        reverse("reservation_annuler", args=[reservation.pk]), {"version": 0, "motif": "Radiée"}, follow=True
    )
    assert response.redirect_chain == [(detail(reservation), 302)]
    page = texte_lu(response)
    assert "Réservation refusée par" in page
    assert "Elle n'est plus en attente : rien n'a été annulé." in page


def test_annuler_une_reservation_disparue_du_tribunal_en_cours_de_route(
    connecte: Client, reservation: Mesure, autre_tribunal: Tribunal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another court has it once the page has found it: the act says so, and no page of it is left."""
    from mesures.views import reservations as vue

    avant = vue.annuler_reservation

    def pendant(**kwargs: object) -> object:
        Mesure.objects.filter(pk=reservation.pk).update(tribunal=autre_tribunal)
        return avant(**kwargs)

    monkeypatch.setattr(vue, "annuler_reservation", pendant)
    response = connecte.post(
        reverse("reservation_annuler", args=[reservation.pk]), {"version": 0, "motif": "x"}, follow=True
    )
    assert response.redirect_chain == [(ADRESSE, 302)]
    assert "n'est plus dans la liste de votre tribunal" in texte_lu(response)
