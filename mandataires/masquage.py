"""What judges may read of small numbers (S5): in one home, for every list, map and export of theirs."""

from __future__ import annotations

from collections.abc import Sequence, Set

from django.utils import formats

SEUIL = 3


def nombre_masque(nombre: int) -> str:
    """A count of mesures in one place: « 0 », « 1 à 2 » in place of 1 and 2, else the number itself."""
    if 0 < nombre < SEUIL:
        return f"1 à {SEUIL - 1}"
    return formats.number_format(nombre, force_grouping=True)


def a_reunir(nombres: Sequence[int]) -> set[int]:
    """The indices of the places of one MJPM to be shown as one, without a name, where its exact total is read.

    The total less the counts shown is what the masked ones make: it says each of them when there is one, or
    when all are 1 or all are 2. Joined with the smallest count shown, they are nobody's. One place alone has
    nothing to be joined with: its count is the total.
    """
    masques = {indice for indice, nombre in enumerate(nombres) if nombre < SEUIL}
    reste = sum(nombres[indice] for indice in masques)
    est_trahi = len(masques) == 1 or (masques and reste in (len(masques), 2 * len(masques)))
    if len(nombres) < 2 or not est_trahi:
        return set()
    montres = [indice for indice in range(len(nombres)) if indice not in masques]
    return masques | set(sorted(montres, key=lambda indice: nombres[indice])[:1])


def somme_masquee(visibles: int, masques: int) -> str:
    """A sum over several places: `visibles` mesures in those that are shown, and `masques` places of 1 or 2.

    The exact sum, beside the counts by commune of the record, would say what each masked one is: between
    what it may be at least and at most, it says nothing more than they do.
    """
    if not masques:
        return nombre_masque(visibles)
    return _de_a(visibles + masques, visibles + masques * (SEUIL - 1))


def somme_autour(nombres: Sequence[int], ici: Set[int], *, total_est_declare: bool) -> str:
    """The sum of the places of one MJPM whose indices are `ici`, as its record shows these: never none of them.

    `nombres` has all its places, in the order of the record. Those that the record joins are joined here too:
    how many of their mesures are around is not said. A declared total counts more mesures than are kept here,
    of which there are « at least » so many; then only `ici` needs be in `nombres`.
    """
    reunis: set[int] = set() if total_est_declare else a_reunir(nombres)
    connus = [nombres[indice] for indice in ici - reunis]
    visibles = sum(nombre for nombre in connus if nombre >= SEUIL)
    masques = sum(nombre < SEUIL for nombre in connus)
    if total_est_declare:
        return f"au moins {formats.number_format(visibles + masques, force_grouping=True)}"
    if ici & reunis:
        return _de_a(max(1, visibles), visibles + sum(nombres[indice] for indice in reunis))
    if masques < 2:
        return somme_masquee(visibles, masques)
    # Several that nothing tells apart: the total beside them is known to be more than they are at least.
    return _de_a(visibles + masques, min(visibles + masques * (SEUIL - 1), sum(nombres)))


def _de_a(moins: int, plus: int) -> str:
    return (
        f"{formats.number_format(moins, force_grouping=True)} à {formats.number_format(plus, force_grouping=True)}"
    )
