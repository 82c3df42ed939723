"""« Mon compte » : which mails each role may choose, and what the choice writes."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import User

pytestmark = pytest.mark.django_db

COMPTE, CHOISIR = "/compte/", "/compte/courriels/"
CHOIX = ("courriel_reservations", "courriel_echeances", "courriel_rappels")


def choix(user: User) -> tuple[bool, ...]:
    user.refresh_from_db()
    return tuple(getattr(user, nom) for nom in CHOIX)


@pytest.mark.parametrize(
    ("personne", "proposes"),
    [
        ("prepose", CHOIX),
        ("service", CHOIX),
        ("juge", CHOIX[:2]),
        ("greffier", CHOIX[:2]),
        ("admin", ()),
        ("sans_rattachement", ()),
    ],
)
def test_chacun_choisit_parmi_ce_qui_le_concerne(
    client: Client, request: pytest.FixtureRequest, personne: str, proposes: tuple[str, ...]
) -> None:
    client.force_login(request.getfixturevalue(personne))
    page = client.get(COMPTE).content.decode()
    assert [nom for nom in CHOIX if f'name="{nom}"' in page] == list(proposes)
    assert page.count(" checked") == len(proposes)  # all are wanted until somebody says no


@pytest.mark.parametrize(("personne", "prolonge"), [("prepose", True), ("juge", False)])
def test_la_prolongation_est_une_echeance_du_mandataire(
    client: Client, request: pytest.FixtureRequest, personne: str, prolonge: bool
) -> None:
    """The mail of a prolongation goes by `courriel_echeances`, and to nobody of the court that asked for it."""
    client.force_login(request.getfixturevalue(personne))
    aides = client.get(COMPTE).context["courriels_form"].fields
    assert ("prolong" in aides["courriel_echeances"].help_text) is prolonge
    assert "prolong" not in aides["courriel_reservations"].help_text


def test_un_choix_fait_l_aller_retour(client: Client, prepose: User) -> None:
    client.force_login(prepose)
    response = client.post(CHOISIR, {"courriel_echeances": "on"}, follow=True)
    assert "Vos choix de courriels sont enregistrés." in response.content.decode()
    assert choix(prepose) == (False, True, False)
    page = response.content.decode()
    assert page.count(" checked") == 1
    client.post(CHOISIR, dict.fromkeys(CHOIX, "on"))
    assert choix(prepose) == (True, True, True)


def test_un_magistrat_ne_change_que_les_siens(client: Client, juge: User) -> None:
    client.force_login(juge)
    client.post(CHOISIR, {"is_staff": "on", "is_superuser": "on", "is_active": "", "username": "autre"})
    assert choix(juge) == (False, False, True)
    assert (juge.is_staff, juge.is_superuser, juge.is_active, juge.username) == (False, False, True, "juge")


def test_le_choix_d_un_autre_ne_bouge_pas(client: Client, prepose: User, prepose_voisin: User) -> None:
    client.force_login(prepose)
    client.post(CHOISIR, {"pk": str(prepose_voisin.pk), "id": str(prepose_voisin.pk)})
    assert choix(prepose_voisin) == (True, True, True)
