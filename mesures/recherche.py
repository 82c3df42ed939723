"""The search of the lists of mesures; see `tribunaux.recherche`."""

from __future__ import annotations

from django.db.models import Case, Q, TextField, Value, When
from django.db.models.functions import Concat

from etablissements.models import Etablissement
from mesures.models import MesureQuerySet
from mesures.regles import normaliser_rg
from tribunaux.db_functions import TexteRecherche
from tribunaux.models import Commune
from tribunaux.recherche import contient, lire_mots

_SANS_DOSSIER = TexteRecherche(
    Concat("numero_rg", Value(" "), "code_postal", Value(" "), "etablissement_nom", output_field=TextField())
)


def chercher_mesures(q: str, parmi: MesureQuerySet, *, avec_dossier: bool = True) -> MesureQuerySet:
    """Those of `parmi` whose RG, dossier, postal code, town or establishment hold every word of `q`.

    Without the dossier for a court: it is the MJPM's own.

    Annotates `rang`, 0 for the very number that was typed and 1 for the rest: order by it first. Compared
    without case nor accents; a RG as `normaliser_rg` reads it, so « 12345 » is « 00012345 ».
    """
    champ = "texte_recherche"
    exacte = Q(numero_dossier__iexact=q.strip())
    if not avec_dossier:
        champ, exacte = "sans_dossier", Q(pk__in=[])
        parmi = parmi.alias(sans_dossier=_SANS_DOSSIER)
    if (rg := normaliser_rg(q)) is not None:
        exacte |= Q(rg_normalise=rg)
    trouvees = Q()
    mots = lire_mots(q)
    for mot in mots:
        # Looked up apart: joined, their names would be compared once a mesure.
        villes = Commune.objects.filter(contient("nom_recherche", mot)).order_by()
        etablissements = Etablissement.objects.filter(contient("nom_recherche", mot)).order_by()
        trouvees &= contient(champ, mot) | Q(commune__in=villes) | Q(etablissement__in=etablissements)
    condition = exacte | trouvees if mots else exacte
    return parmi.filter(condition).annotate(rang=Case(When(exacte, then=0), default=1))
