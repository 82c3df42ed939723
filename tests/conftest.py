"""Strict habits and personas, for every test.

Each persona is a `User` who may log in. Those called `…_voisin` are near misses: they own rows of
their own, of the same kind, and must never reach those of the persona they are beside.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from dataclasses import dataclass

import hypothesis
import pytest
from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.contenttypes.management import create_contenttypes
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.db.models.signals import post_migrate
from django.template import engines

from accounts.models import User
from mandataires.models import Mandataire
from tests.accounts.taches import oublier_taches
from tests.factories import (
    AgrementFactory,
    CommuneFactory,
    DeclarationFactory,
    ExerciceFactory,
    MagistratFactory,
    MandataireFactory,
    MembreFactory,
    MesureFactory,
    NoteFactory,
    TribunalFactory,
    UserFactory,
    pas_de_calais,
)
from tests.strict import ClientStrict, VariableAbsente
from tribunaux.models import Commune, Magistrat, Tribunal

# The same examples at each run, however busy the machine: what they find is of the change, not of chance. To look
# further, HYPOTHESIS_PROFILE=default.
hypothesis.settings.register_profile("reproductible", derandomize=True, deadline=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "reproductible"))

# Hundreds of thousands of objects stay for the whole run: to look at each again and again takes a twentieth of it.
gc.freeze()
gc.set_threshold(100_000, 20, 20)

# Each flush would write again Django's permissions and types of content: most of its time. Almost nobody here has
# a right by the first; the second are made when they are asked for.
assert post_migrate.disconnect(dispatch_uid="django.contrib.auth.management.create_permissions")
assert post_migrate.disconnect(create_contenttypes)


@pytest.fixture(scope="session", autouse=True)
def _variables_des_gabarits() -> None:
    engines["django"].engine.string_if_invalid = VariableAbsente()


@pytest.fixture(autouse=True)
def _oublis() -> None:
    """What the test before made went with it."""
    ContentType.objects.clear_cache()
    pas_de_calais.cache_clear()


@pytest.fixture
def transactional_db(transactional_db: None) -> Iterator[None]:
    """Django's flush, after a test that commits, leaves the tables that are no model of ours: cache and tasks."""
    yield
    cache.clear()
    oublier_taches()


@pytest.fixture(autouse=True)
def _marque_transactionnelle(request: pytest.FixtureRequest) -> None:
    """A test that asks to commit by its mark is cleaned as one that asks by the fixture."""
    marque = request.node.get_closest_marker("django_db")
    if marque and marque.kwargs.get("transaction"):
        request.getfixturevalue("transactional_db")


@pytest.fixture
def client() -> ClientStrict:
    return ClientStrict()


# --- Places ------------------------------------------------------------------------------------------


@pytest.fixture
def calais(db: None) -> Commune:
    return CommuneFactory(calais=True)


@pytest.fixture
def arras(db: None) -> Commune:
    return CommuneFactory(arras=True)


@pytest.fixture
def tribunal(calais: Commune) -> Tribunal:
    return TribunalFactory(nom="Tribunal de proximité de Calais", type=Tribunal.Type.PROXIMITE, commune=calais)


@pytest.fixture
def autre_tribunal(arras: Commune) -> Tribunal:
    return TribunalFactory(nom="Tribunal judiciaire d'Arras", commune=arras)


# --- People ------------------------------------------------------------------------------------------


def _mandataire(identifiant: str, tribunal: Tribunal, **valeurs: object) -> User:
    membre = MembreFactory(
        user__username=identifiant, mandataire=MandataireFactory(**valeurs, nom=identifiant.title())
    )
    AgrementFactory(mandataire=membre.mandataire, tribunal=tribunal)
    return membre.user


@pytest.fixture
def prepose(tribunal: Tribunal) -> User:
    user = _mandataire("prepose", tribunal, prepose=True)
    ExerciceFactory(mandataire=user.membre.mandataire, etablissement__nom="EHPAD Les Oyats")
    MesureFactory(mandataire=user.membre.mandataire, tribunal=tribunal, numero_rg="22/00001")
    return user


@pytest.fixture
def prepose_voisin(tribunal: Tribunal) -> User:
    """Another préposé of the same court."""
    user = _mandataire("prepose_voisin", tribunal, prepose=True)
    MesureFactory(mandataire=user.membre.mandataire, tribunal=tribunal, numero_rg="22/00002")
    return user


@pytest.fixture
def individuel(tribunal: Tribunal) -> User:
    user = _mandataire("individuel", tribunal)
    MesureFactory(mandataire=user.membre.mandataire, tribunal=tribunal, numero_rg="22/00003")
    return user


@pytest.fixture
def service(tribunal: Tribunal) -> User:
    user = _mandataire("service", tribunal, service=True)
    DeclarationFactory(mandataire=user.membre.mandataire, by=user)
    return user


@pytest.fixture
def juge(tribunal: Tribunal) -> User:
    return MagistratFactory(user__username="juge", tribunal=tribunal).user


@pytest.fixture
def greffier(tribunal: Tribunal) -> User:
    return MagistratFactory(
        user__username="greffier", tribunal=tribunal, fonction=Magistrat.Fonction.GREFFIER
    ).user


@pytest.fixture
def juge_voisin(autre_tribunal: Tribunal) -> User:
    """A judge of another court, which has its own MJPM, mesure and note."""
    user = MagistratFactory(user__username="juge_voisin", tribunal=autre_tribunal).user
    mandataire = _mandataire("mandataire_d_arras", autre_tribunal).membre.mandataire
    MesureFactory(mandataire=mandataire, tribunal=autre_tribunal)
    NoteFactory(mandataire=mandataire, tribunal=autre_tribunal, auteur=user)
    return user


@pytest.fixture
def admin(db: None) -> User:
    return UserFactory(username="admin", admin=True)


@pytest.fixture
def en_admin(client: ClientStrict, admin: User) -> ClientStrict:
    """A client in the Django admin, whose counts of attempts begin at none."""
    cache.clear()
    client.force_login(admin)
    return client


@pytest.fixture
def permissions(db: None) -> None:
    """Django's permissions, which are not there without it."""
    for config in apps.get_app_configs():
        create_permissions(config, verbosity=0)


@pytest.fixture
def sans_rattachement(db: None) -> User:
    """Somebody who may log in, and is bound to nothing."""
    return UserFactory(username="sans_rattachement")


@dataclass(frozen=True)
class Personnes:
    """All personas at once, for tables."""

    prepose: User
    prepose_voisin: User
    individuel: User
    service: User
    juge: User
    greffier: User
    juge_voisin: User
    admin: User
    sans_rattachement: User


@pytest.fixture
def personnes(
    prepose: User,
    prepose_voisin: User,
    individuel: User,
    service: User,
    juge: User,
    greffier: User,
    juge_voisin: User,
    admin: User,
    sans_rattachement: User,
) -> Personnes:
    return Personnes(
        prepose, prepose_voisin, individuel, service, juge, greffier, juge_voisin, admin, sans_rattachement
    )


def mandataire_de(user: User) -> Mandataire:
    return user.membre.mandataire
