"""Reservations near their end, as the site's team lists them: who, for whom, when, and nothing else (S1, S2)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test.client import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from accounts.models import User
from mesures.models import Mesure, ReservationAExpirer
from tests.conftest import mandataire_de
from tests.factories import CommuneFactory, MandataireFactory, MesureFactory, UserFactory
from tests.strict import ClientStrict, nombre_de_requetes
from tribunaux.models import Tribunal

pytestmark = pytest.mark.django_db

LISTE = reverse("admin:mesures_reservationaexpirer_changelist")
# What a page of the team must never show of a mesure.
PERSONNEL = ("22/00777", "Dos-7", "1957", "Femme", "Curatelle", "62999", "Wimereux", "Cab-9", "Confidentiel")


def reserver(dans: int, tribunal: Tribunal, **valeurs: Any) -> Mesure:
    mesure: Mesure = MesureFactory(
        en_attente=True, tribunal=tribunal, expire_le=timezone.localdate() + timedelta(days=dans), **valeurs
    )
    return mesure


@pytest.fixture
def bientot(prepose: User, tribunal: Tribunal) -> Mesure:
    return reserver(
        7,
        tribunal,
        mandataire=mandataire_de(prepose),
        numero_rg="22/00777",
        numero_dossier="Dos-7",
        annee_naissance=1957,
        commune=CommuneFactory(nom="Wimereux", codes_postaux=["62999"]),
        code_postal="62999",
        lieu_vie="etablissement",
        etablissement_nom="Confidentiel",
        cabinet="Cab-9",
    )


def listees(client: Client, **filtres: str) -> list[int]:
    return [reservation.pk for reservation in client.get(LISTE, filtres).context["cl"].result_list]


def test_celles_qui_expirent_dans_la_semaine(en_admin: ClientStrict, bientot: Mesure, tribunal: Tribunal) -> None:
    passee = reserver(-1, tribunal)
    reserver(8, tribunal)
    MesureFactory(expiree=True, tribunal=tribunal, expire_le=timezone.localdate())
    MesureFactory(refusee=True, tribunal=tribunal, expire_le=timezone.localdate())
    assert listees(en_admin) == [passee.pk, bientot.pk]
    assert "Réservations près d" in en_admin.get(reverse("admin:index")).content.decode()


def test_la_ligne_dit_qui_et_quand_et_rien_de_la_personne(en_admin: ClientStrict, bientot: Mesure) -> None:
    page = en_admin.get(LISTE).content.decode()
    expire_le = date_format(bientot.expire_le)
    for dit in (
        "Camille Prepose",
        "Tribunal de proximité de Calais",
        expire_le,
        date_format(timezone.localdate()),
    ):
        assert dit in page
    for secret in PERSONNEL:
        assert secret not in page
    assert f"/{bientot.pk}/" not in page


def test_aucune_page_ne_montre_une_reservation_ni_ne_la_change(en_admin: ClientStrict, bientot: Mesure) -> None:
    for action in ("change", "delete", "history"):
        adresse = reverse(f"admin:mesures_reservationaexpirer_{action}", args=[bientot.pk])
        assert en_admin.get(adresse).status_code == 403, action
        assert en_admin.post(adresse, {"post": "yes"}).status_code == 403, action
    assert en_admin.get(reverse("admin:mesures_reservationaexpirer_add")).status_code == 403
    response = en_admin.post(LISTE, {"action": "delete_selected", "_selected_action": str(bientot.pk)})
    assert Mesure.objects.filter(pk=bientot.pk, statut="en_attente", version=0).exists()
    assert "delete_selected" not in response.content.decode()


@pytest.mark.parametrize(
    "filtre",
    [
        {"numero_rg__startswith": "22"},
        {"annee_naissance": "1957"},
        {"genre": "F"},
        {"rg_normalise__contains": "777"},
        {"commune__nom": "Wimereux"},
        {"nature__exact": "curatelle_renforcee"},
        {"pk": "1"},
    ],
)
def test_l_adresse_ne_filtre_par_rien_de_la_personne(
    en_admin: ClientStrict, bientot: Mesure, filtre: dict[str, str]
) -> None:
    """Else the number of rows would say what they do not show."""
    assert en_admin.get(LISTE, filtre).status_code == 400


def test_la_recherche_ne_lit_que_des_noms(en_admin: ClientStrict, bientot: Mesure) -> None:
    for cherche in ("Prepose", "calais"):
        assert listees(en_admin, q=cherche) == [bientot.pk]
    for cherche in PERSONNEL:
        assert listees(en_admin, q=cherche) == []


def test_le_filtre_des_vues(en_admin: ClientStrict, bientot: Mesure, tribunal: Tribunal) -> None:
    vue = reserver(2, tribunal, vue_at=timezone.now())
    assert listees(en_admin, vue_at__isempty="0") == [vue.pk]
    assert listees(en_admin, vue_at__isempty="1") == [bientot.pk]


@pytest.mark.usefixtures("permissions")
def test_sans_le_droit_rien(client: ClientStrict, bientot: Mesure, juge: User, prepose: User) -> None:
    staff = UserFactory(is_staff=True)
    client.force_login(staff)
    assert client.get(LISTE).status_code == 403
    staff.user_permissions.add(Permission.objects.get(codename="view_reservationaexpirer"))
    assert client.get(LISTE).status_code == 200
    for user in (juge, prepose):
        client.force_login(user)
        assert client.get(LISTE).status_code in (302, 403)


@pytest.mark.usefixtures("permissions")
def test_la_lecture_est_le_seul_droit() -> None:
    droits = Permission.objects.filter(content_type__model=ReservationAExpirer._meta.model_name)
    assert list(droits.values_list("codename", flat=True)) == ["view_reservationaexpirer"]


def test_le_nombre_de_requetes_ne_suit_pas_les_lignes(
    en_admin: ClientStrict, bientot: Mesure, tribunal: Tribunal
) -> None:
    avec_une = nombre_de_requetes(en_admin, LISTE)
    for _ in range(20):
        reserver(3, tribunal, mandataire=MandataireFactory())
    assert nombre_de_requetes(en_admin, LISTE) == avec_une
