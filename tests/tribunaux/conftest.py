from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection, transaction
from pytest_django import DjangoDbBlocker

from tribunaux.referentiels import charger


@pytest.fixture(scope="module")
def tables_reelles(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The real tables, loaded once for the tests of a module, each of which undoes what it does to them."""
    with django_db_blocker.unblock(), transaction.atomic():
        charger()
        connection.check_constraints()  # now, once: each test would check the 35,000 rows at its end
        yield
        transaction.set_rollback(True)
