"""A page of a long list whose rows show much."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet

Lignes = TypeVar("Lignes", bound=QuerySet[Any])


def page_de(
    lignes: Lignes, numero: str | None, *, par_page: int, completer: Callable[[Lignes], Lignes]
) -> Page[Any]:
    """The page that the address asks for, else the last one. Three queries: the count, the keys, the rows.

    `lignes` is ordered and holds what orders it, `completer` adds what a row of the page shows. The keys are
    put in order alone: joined to all that is shown, thousands of rows take several times longer to sort.
    """
    page = Paginator(lignes, par_page).get_page(numero)
    debut = (page.number - 1) * par_page
    cles = list(lignes.values_list("pk", flat=True)[debut : debut + par_page])
    page.object_list = completer(lignes.filter(pk__in=cles))
    return page
