"""Whether the counters that judges read equal what they count (D10)."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from mandataires.models import Charge, Declaration, Presence
from mesures.enums import Statut
from mesures.models import Mesure


@dataclass(frozen=True)
class Derive:
    """One counter of one MJPM that differs from a fresh COUNT; `commune` for a presence."""

    mandataire: int
    compteur: str
    affiche: int | None
    compte: int | None
    commune: str | None = None


def derives() -> list[Derive]:
    """Every drift, in three queries."""
    return [*_charges(), *_declarations(), *_presences()]


def _charges() -> list[Derive]:
    compte = Mesure.objects.filter(mandataire=OuterRef("pk")).order_by().values("mandataire")
    fausses = []
    for nom, condition in (
        ("en_cours", Q(statut=Statut.EN_COURS)),
        ("en_attente", Q(statut=Statut.EN_ATTENTE)),
        ("renouvellements", Q(statut=Statut.EN_ATTENTE, renouvelle__isnull=False)),
    ):
        lignes = (
            Charge.objects.annotate(
                compte=Coalesce(Subquery(compte.annotate(n=Count("pk", filter=condition)).values("n")), 0)
            )
            .exclude(compte=F(nom))
            .order_by("pk")
            .values_list("pk", nom, "compte")
        )
        fausses += [Derive(pk, nom, affiche, attendu) for pk, affiche, attendu in lignes]
    return fausses


def _declarations() -> list[Derive]:
    derniere = Declaration.objects.filter(mandataire=OuterRef("pk")).order_by("-pk").values("nombre")[:1]
    lignes = (
        Charge.objects.annotate(compte=Subquery(derniere))
        .filter(
            ~Q(compte=F("declare"))
            | Q(compte__isnull=True, declare__isnull=False)
            | Q(compte__isnull=False, declare__isnull=True)
        )
        .order_by("pk")
        .values_list("pk", "declare", "compte")
    )
    return [Derive(pk, "declare", affiche, attendu) for pk, affiche, attendu in lignes]


def _presences() -> list[Derive]:
    comptes = {
        (mandataire, commune): nombre
        for mandataire, commune, nombre in Mesure.objects.en_cours()
        .order_by()
        .values_list("mandataire", "commune")
        .annotate(n=Count("pk"))
    }
    affiches = {
        (mandataire, commune): nombre
        for mandataire, commune, nombre in Presence.objects.values_list("mandataire", "commune", "en_cours")
    }
    return [
        Derive(cle[0], "presence", affiches.get(cle), comptes.get(cle), commune=cle[1])
        for cle in sorted(comptes.keys() | affiches.keys(), key=str)
        if comptes.get(cle) != affiches.get(cle)
    ]
