"""What an admin should know of MJPM before answering: what they lack, and which others they look like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Concat, Lower

from mandataires.models import Agrement, Exercice, Mandataire, Membre
from tribunaux.db_functions import TexteRecherche

A_UN_NOM_LIBRE = Exists(Exercice.objects.filter(mandataire=OuterRef("pk"), au=None).exclude(nom_libre=""))
NOM_COMPARABLE = TexteRecherche(Concat("nom", Value(" "), "prenom"))


def with_examen(mandataires: QuerySet[Mandataire]) -> QuerySet[Mandataire]:
    """Annotate what `manques` and `chercher_ressemblances` read."""
    du_mandataire = {"mandataire": OuterRef("pk")}
    membres = Membre.objects.filter(**du_mandataire)
    return mandataires.annotate(
        a_un_tribunal=Exists(Agrement.objects.en_vigueur().filter(**du_mandataire)),
        a_un_etablissement=Exists(Exercice.objects.filter(**du_mandataire, au=None)),
        a_un_nom_libre=A_UN_NOM_LIBRE,
        a_un_membre=Exists(membres),
        a_un_membre_actif=Exists(membres.filter(user__is_active=True)),
        nom_comparable=NOM_COMPARABLE,
    )


def manques(mandataire: Mandataire) -> list[str]:
    """Why courts would not see this MJPM, or not where it works. Its users wait for its validation."""
    a = {
        nom: getattr(mandataire, nom)
        for nom in ("a_un_tribunal", "a_un_etablissement", "a_un_membre", "a_un_membre_actif")
    }
    absences = {
        "aucun tribunal": not a["a_un_tribunal"],
        "aucun établissement": mandataire.est_prepose and not a["a_un_etablissement"],
        "aucune commune": mandataire.commune_id is None,
        "aucun membre": not a["a_un_membre"],
        "aucun membre actif": mandataire.valide_at is not None and a["a_un_membre"] and not a["a_un_membre_actif"],
    }
    return [absence for absence, est_vraie in absences.items() if est_vraie]


@dataclass(frozen=True)
class Ressemblance:
    autre: Mandataire
    motifs: list[str]

    def __str__(self) -> str:
        return f"{self.autre} ({', '.join(self.motifs)})"


def chercher_ressemblances(mandataires: Sequence[Mandataire]) -> dict[int, list[Ressemblance]]:
    """For each, the others that bear its name, contact e-mail or SIRET. One query, whatever their number."""
    comparables = {
        "nom_comparable": {_nom(mandataire) for mandataire in mandataires},
        "adresse_comparable": {mandataire.email.lower() for mandataire in mandataires} - {""},
        "siret": {mandataire.siret for mandataire in mandataires} - {""},
    }
    condition = Q()
    for champ, valeurs in comparables.items():
        condition |= Q((f"{champ}__in", valeurs))
    autres = list(
        Mandataire.objects.annotate(nom_comparable=NOM_COMPARABLE, adresse_comparable=Lower("email"))
        .filter(condition)
        .order_by("nom", "prenom", "pk")
    )
    return {
        mandataire.pk: [
            Ressemblance(autre, motifs)
            for autre in autres
            if autre.pk != mandataire.pk and (motifs := _motifs(mandataire, autre))
        ]
        for mandataire in mandataires
    }


def _motifs(mandataire: Mandataire, autre: Mandataire) -> list[str]:
    communs = {
        "même nom": _nom(mandataire) == _nom(autre),
        "même e-mail": mandataire.email != "" and mandataire.email.lower() == autre.email.lower(),
        "même SIRET": mandataire.siret != "" and mandataire.siret == autre.siret,
    }
    return [motif for motif, est_vrai in communs.items() if est_vrai]


def _nom(mandataire: Mandataire) -> str:
    nom: str = mandataire.nom_comparable  # type: ignore[attr-defined]  # annotated
    return nom
