"""SQL functions of the schema, as Django expressions."""

from django.db.models import Func, TextField


class NormaliserRG(Func):
    """The database's `normaliser_rg(text)`: see `mesures.regles.normaliser_rg`, which it equals."""

    function = "normaliser_rg"
    arity = 1
    output_field = TextField()
