"""What a MJPM does to its own profile: each act locks, checks, writes, and moves « Dernière mise à jour »."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from etablissements.models import Etablissement
from mandataires.geocodage import adresse_de
from mandataires.models import Agrement, Exercice, Mandataire
from mandataires.permissions import check_can_modifier_profil
from mandataires.services import geocoder_plus_tard, noter_mise_a_jour, verrouiller_charges
from tribunaux.models import Tribunal

Ligne = TypeVar("Ligne", Agrement, Exercice)


class ProfilPerime(Exception):
    """Somebody has changed the profile since the form was shown; `actuel` is what it is now."""

    def __init__(self, actuel: Mandataire) -> None:
        super().__init__("Ces informations ont été modifiées pendant que vous les remplissiez.")
        self.actuel = actuel


@transaction.atomic
def modifier_profil(
    *, mandataire: Mandataire, valeurs: Mapping[str, Any], version: int, author: User
) -> Mandataire:
    """Write `valeurs`, by names of fields, over the profile, and nothing else of its row; judges see it at once.

    Raises ProfilPerime when `version` is no longer the row's, ValidationError.
    """
    _commencer(mandataire.pk, author)
    # Read again: what a form or an admin did to the rest of the row is not this act's.
    actuel = Mandataire.objects.select_for_update(no_key=True).get(pk=mandataire.pk)
    if actuel.version != version:
        raise ProfilPerime(actuel)
    avant = adresse_de(actuel)
    for champ, valeur in valeurs.items():
        setattr(actuel, champ, valeur)
    actuel.version += 1
    actuel.full_clean()
    actuel.save(update_fields=[*valeurs, "version"])
    geocoder_plus_tard(mandataire=actuel, avant=avant)
    noter_mise_a_jour(mandataire_id=actuel.pk, author=author)
    return actuel


@transaction.atomic
def confirmer_donnees(*, mandataire: Mandataire, author: User) -> None:
    """Say that everything is still right: only the date moves."""
    _commencer(mandataire.pk, author)
    noter_mise_a_jour(mandataire_id=mandataire.pk, author=author)


# --- Courts ------------------------------------------------------------------------------------------


@transaction.atomic
def ajouter_tribunal(*, mandataire: Mandataire, tribunal: Tribunal, author: User) -> Agrement:
    """Put the MJPM on the list of a court from today. Raises ValidationError when it is there already."""
    _commencer(mandataire.pk, author)
    _refuser_doublon(_agrements_pour(mandataire.pk, tribunal), str(tribunal))
    return _ecrire(Agrement(mandataire=mandataire, tribunal=tribunal, du=timezone.localdate()), author)


@transaction.atomic
def retirer_tribunal(*, mandataire: Mandataire, tribunal: Tribunal, author: User) -> Agrement:
    """Take the MJPM off the list of a court, today; returns the agrément closed, for `retablir_tribunal`.

    Agréments for courts that this one succeeded put the MJPM on the same list: they close with it.
    Raises ValidationError when the MJPM is not on that list.
    """
    _commencer(mandataire.pk, author)
    agrements = list(_agrements_pour(mandataire.pk, tribunal).order_by("pk"))
    if not agrements:
        raise ValidationError(f"{tribunal} n'est pas, ou n'est plus, dans votre liste.")
    for agrement in agrements:
        _fermer(agrement, author)
    return agrements[0]


@transaction.atomic
def retablir_tribunal(*, pk: int, author: User) -> Agrement:
    """Undo the removal of a court on the day it was made, in full: every agrément that it closed comes back.

    Raises ValidationError later, or if the court is back.
    """
    agrement = _reprendre(Agrement.objects.select_related("tribunal"), pk, author)
    _refuser_doublon(_agrements_pour(agrement.mandataire_id, agrement.tribunal), str(agrement.tribunal))
    for autre in _fermes_avec(agrement):
        _rouvrir(autre, author)
    return _rouvrir(agrement, author)


def _agrements_pour(mandataire_id: int, tribunal: Tribunal) -> QuerySet[Agrement]:
    return Agrement.objects.en_vigueur().filter(mandataire=mandataire_id, tribunal__actuel=tribunal.actuel_id)


def _fermes_avec(agrement: Agrement) -> QuerySet[Agrement]:
    """The agréments for courts of the same succession that the act which closed this one closed too.

    History tells one act from another of the same day: its rows bear the moment of their transaction.
    """
    evenements = apps.get_model("mandataires", "AgrementHistorique")._default_manager.filter(au=agrement.au)
    fermeture = evenements.filter(pgh_obj=agrement.pk).order_by("pgh_id").last()
    if fermeture is None:
        return Agrement.objects.none()
    du_meme_acte = evenements.filter(pgh_created_at=fermeture.pgh_created_at, pgh_context=fermeture.pgh_context_id)
    return Agrement.objects.filter(
        mandataire=agrement.mandataire_id,
        tribunal__actuel=agrement.tribunal.actuel_id,
        au=agrement.au,
        pk__in=du_meme_acte.values("pgh_obj"),
    ).exclude(tribunal=agrement.tribunal_id)


# --- Establishments ----------------------------------------------------------------------------------


@transaction.atomic
def ajouter_etablissements(
    *, mandataire: Mandataire, etablissements: Sequence[Etablissement], nom_libre: str = "", author: User
) -> list[Exercice]:
    """Add establishments of the register, and one that it lacks, to a préposé's.

    All or none: raises ValidationError with a sentence for each that is there already, ValueError for a MJPM
    that is not a préposé.
    """
    if not mandataire.est_prepose:
        raise ValueError("Seul un préposé exerce en établissement.")
    _commencer(mandataire.pk, author)
    nouveaux = [
        Exercice(mandataire=mandataire, etablissement=etablissement, du=timezone.localdate())
        for etablissement in dict.fromkeys(etablissements)
    ]
    if nom_libre:
        nouveaux.append(Exercice(mandataire=mandataire, nom_libre=nom_libre, du=timezone.localdate()))
    erreurs = [str(_deja(str(nouveau))) for nouveau in nouveaux if _semblables(nouveau).exists()]
    if erreurs:
        raise ValidationError(erreurs)
    return [_ecrire(nouveau, author) for nouveau in nouveaux]


@transaction.atomic
def retirer_etablissement(*, pk: int, author: User) -> Exercice:
    """End the préposé's work in an establishment, today. Raises ValidationError when it is ended already."""
    exercice = _reprendre(Exercice.objects.select_related("etablissement"), pk, author)
    _fermer(exercice, author)
    return exercice


@transaction.atomic
def retablir_etablissement(*, pk: int, author: User) -> Exercice:
    """Undo a removal on the day it was made. Raises ValidationError later, or if the establishment is back."""
    exercice = _reprendre(Exercice.objects.select_related("etablissement"), pk, author)
    _refuser_doublon(_semblables(exercice), str(exercice))
    return _rouvrir(exercice, author)


def _semblables(exercice: Exercice) -> QuerySet[Exercice]:
    """What the préposé has already under this establishment, or this free name, whatever its case."""
    presents = Exercice.objects.filter(mandataire=exercice.mandataire_id, au=None)
    if exercice.etablissement_id is not None:
        return presents.filter(etablissement=exercice.etablissement_id)
    return presents.filter(nom_libre__iexact=exercice.nom_libre)


# --- Shared ------------------------------------------------------------------------------------------


def _commencer(mandataire_id: int, author: User) -> None:
    """Check the right, then lock what every act on a MJPM locks first: two acts never cross."""
    check_can_modifier_profil(author, mandataire_id)
    verrouiller_charges(mandataire_id)


def _reprendre(lignes: QuerySet[Ligne], pk: int, author: User) -> Ligne:
    _commencer(lignes.values_list("mandataire_id", flat=True).get(pk=pk), author)
    return lignes.select_for_update(of=("self",), no_key=True).get(pk=pk)


def _deja(nom: str) -> str:
    return f"{nom} : déjà dans votre liste."


def _refuser_doublon(semblables: QuerySet[Ligne], nom: str) -> None:
    if semblables.exists():
        raise ValidationError(_deja(nom))


def _fermer(ligne: Ligne, author: User) -> None:
    if ligne.au is not None:
        raise ValidationError("Ce retrait est déjà fait.")
    ligne.au = max(ligne.du, timezone.localdate())
    _ecrire(ligne, author)


def _rouvrir(ligne: Ligne, author: User) -> Ligne:
    """Only what was closed today: a court verified years ago does not come back as verified."""
    if ligne.au != timezone.localdate():
        raise ValidationError("Ce retrait ne peut plus être annulé : faites un nouvel ajout.")
    ligne.au = None
    return _ecrire(ligne, author)


def _ecrire(ligne: Ligne, author: User) -> Ligne:
    ligne.full_clean()
    ligne.save()
    noter_mise_a_jour(mandataire_id=ligne.mandataire_id, author=author)
    return ligne
