"""The checks of a row, asked of the database together."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache, reduce
from operator import and_
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import models, router
from django.db.models import CheckConstraint, Q


class ContraintesEnsemble(models.Model):
    """A model of many checks: Django asks one question for each, in a savepoint of its own."""

    class Meta:
        abstract = True

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        """Validate as Django does: all the checks at once, and each alone only when something does not hold."""
        exclude = frozenset(exclude or ())
        using = router.db_for_write(type(self), instance=self)
        try:
            for contrainte in _contraintes(type(self), exclude):
                contrainte.validate(type(self), self, exclude=exclude, using=using)
        except ValidationError:
            super().validate_constraints(exclude)
            raise


@cache
def _contraintes(model: type[models.Model], exclude: frozenset[str]) -> list[Any]:
    """Those of `model` that can be asked without the fields excluded, the checks made one.

    Any: the types that we have of constraints do not know `validate`.
    """
    checks: list[Q] = []
    autres: list[Any] = []
    for contrainte in model._meta.constraints:
        if isinstance(contrainte, CheckConstraint):
            condition = Q(contrainte.condition)
            if not _champs(model, condition) & exclude:
                checks.append(condition)
        else:
            autres.append(contrainte)
    if checks:
        autres.insert(0, CheckConstraint(condition=reduce(and_, checks), name="ensemble"))
    return autres


def _champs(model: type[models.Model], condition: Q) -> set[str]:
    """The names of the fields that a condition speaks of: « commune » for « commune_id »."""
    champs = set()
    for nom in condition.referenced_base_fields:
        try:
            champs.add(model._meta.get_field(nom).name)
        except FieldDoesNotExist:  # « pk »
            champs.add(nom)
    return champs
