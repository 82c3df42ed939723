"""SQL functions of the schema, as Django expressions."""

from django.db.models import Aggregate, DurationField, Func, TextField


class NormaliserRG(Func):
    """The database's `normaliser_rg(text)`: see `mesures.regles.normaliser_rg`, which it equals."""

    function = "normaliser_rg"
    arity = 1
    output_field = TextField()


class Mediane(Aggregate):
    """The median of intervals, None when there are none; Django has no aggregate for it."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = DurationField()
