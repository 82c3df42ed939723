"""The search behind the choice of an establishment; see `tribunaux.recherche`."""

from __future__ import annotations

import re
from collections.abc import Iterable

from django.db.models import Case, Q, QuerySet, Value, When

from etablissements.models import Etablissement
from tribunaux.models import Commune
from tribunaux.recherche import Reponse, contient, decrire, en_recherche, libelle_de, lire_mots, place_de

DEBUT_DE_FINESS = re.compile(r"[0-9][0-9AB]?[0-9]{0,7}", re.IGNORECASE)


@decrire.register
def _(etablissement: Etablissement) -> Reponse:
    finess = f"FINESS {etablissement.finess}"
    return {
        "valeur": str(etablissement.pk),
        "libelle": libelle_de(etablissement),
        "detail": f"{etablissement.commune}, {finess}" if etablissement.commune else finess,
    }


def chercher_etablissements(
    q: str,
    preferes: Iterable[int] | QuerySet[Etablissement] = (),
    parmi: QuerySet[Etablissement] | None = None,
) -> QuerySet[Etablissement]:
    """Establishments, open ones unless `parmi` says otherwise, by name, town, or FINESS number.

    `preferes`, primary keys or a queryset of them, come first; they are all there is to propose while
    nothing is typed. A number is read as the first digits of a FINESS number.
    """
    etablissements = Etablissement.objects.ouverts() if parmi is None else parmi
    mots = lire_mots(q)
    rang: Case | Value = Value(1)
    ville_nommee = Commune.objects.filter(nom_recherche=en_recherche(mots)).order_by()
    if not mots:
        etablissements = etablissements.filter(pk__in=preferes)
    elif DEBUT_DE_FINESS.fullmatch(numero := "".join(mots)):
        etablissements = etablissements.filter(finess__startswith=numero.upper())
        rang = Case(When(finess=numero.upper(), then=0), default=1)
    else:
        for mot in mots:
            # Towns are looked up apart: joined, their names would be compared once a row.
            villes = Commune.objects.filter(contient("nom_recherche", mot)).order_by()
            etablissements = etablissements.filter(contient("nom_recherche", mot) | Q(commune__in=villes))
        rang = place_de("nom_recherche", mots)
    return (
        # Both are annotated to be ordered by: a bare constant there would name a column by its number.
        etablissements.annotate(rang=rang, est_autre=Case(When(pk__in=preferes, then=0), default=1))
        .select_related("commune")
        .order_by(
            "est_autre",
            "rang",
            Case(When(commune__in=ville_nommee, then=0), default=1),
            "nom_recherche",
            "pk",
        )
    )
