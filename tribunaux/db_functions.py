"""SQL functions of the schema, as Django expressions."""

from django.db.models import Func, TextField


class TexteRecherche(Func):
    """`texte_recherche(text)`: a text as searches compare it.

    In lower case, without accents nor punctuation, « st » and « ste » written out, words separated
    by one space: « L'Haÿ-les-Roses » gives « l hay les roses ». Immutable, so that it can be indexed.
    Created by the first migration of `tribunaux`.
    """

    function = "texte_recherche"
    arity = 1
    output_field = TextField()
