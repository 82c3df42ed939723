"""The interruption of a MJPM: the days on which it takes no mesure, said by itself.

What waits for its answer stays: the courts concerned are told once, and choose.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts.courriels import envoyer_courriel, lien
from accounts.models import User
from mandataires.models import Mandataire
from mandataires.permissions import check_can_modifier_profil
from mandataires.profil import modifier_profil
from mandataires.services import verrouiller_charges

# A date beyond these is a slip of the finger.
DEBUT_AU_PLUS = timedelta(days=366)
FIN_AU_PLUS = timedelta(days=3 * 366)


@transaction.atomic
def interrompre(
    *, mandataire: Mandataire, du: date, au: date | None, motif: str, version: int, author: User
) -> Mandataire:
    """Say that the MJPM takes no mesure from `du` to `au`, both included, or change what is said of it.

    The courts that wait for its answer, and were not told yet of this interruption, are. Judges see it at once.
    Raises ProfilPerime as the profile's other acts, ValidationError.
    """
    check_can_modifier_profil(author, mandataire.pk)
    verrouiller_charges(mandataire.pk)  # a reservation comes before the announcement, or after it
    ancien = Mandataire.objects.get(pk=mandataire.pk)
    _verifier(du, au, est_nouvelle=du != ancien.indisponible_du)
    annoncee_at = ancien.indisponibilite_annoncee_at if ancien.interruption else None
    actuel = modifier_profil(
        mandataire=mandataire,
        valeurs={
            "indisponible_du": du,
            "indisponible_au": au,
            "indisponible_motif": motif,
            "indisponibilite_annoncee_at": timezone.now(),
        },
        version=version,
        author=author,
    )
    _prevenir_les_tribunaux(actuel, annoncee_at)
    return actuel


def reprendre(*, mandataire: Mandataire, version: int, author: User) -> Mandataire:
    """Take mesures again from today: the interruption that goes on, or is to come, is no more.

    Raises ProfilPerime as the profile's other acts.
    """
    return modifier_profil(
        mandataire=mandataire,
        valeurs={
            "indisponible_du": None,
            "indisponible_au": None,
            "indisponible_motif": "",
            "indisponibilite_annoncee_at": None,
        },
        version=version,
        author=author,
    )


def _verifier(du: date, au: date | None, *, est_nouvelle: bool) -> None:
    """A first day that was said long ago is no slip, and its end may be said late."""
    aujourd_hui = timezone.localdate()
    erreurs = {}
    if est_nouvelle and not aujourd_hui - DEBUT_AU_PLUS <= du <= aujourd_hui + DEBUT_AU_PLUS:
        erreurs["indisponible_du"] = "Le début est à plus d'un an d'aujourd'hui : vérifiez-le."
    if au is None:
        pass
    elif au < du:
        erreurs["indisponible_au"] = "La fin ne peut pas précéder le début."
    elif au < aujourd_hui:
        erreurs["indisponible_au"] = "Cette interruption est déjà finie : il n'y a rien à signaler."
    elif au > aujourd_hui + FIN_AU_PLUS:
        erreurs["indisponible_au"] = "La fin est dans plus de trois ans : laissez vide si vous ne la savez pas."
    if erreurs:
        raise ValidationError(erreurs)


def _prevenir_les_tribunaux(mandataire: Mandataire, annoncee_at: datetime | None) -> None:
    """Write once to whoever reserved what waits, or to their court when they left it.

    `annoncee_at` is when this interruption was last announced: the courts that waited by then know.
    """
    en_attente = mandataire.mesures.en_attente()
    if annoncee_at is not None:
        # A mesure confirmed since may have lost its court: a NULL in the list would exclude every row.
        prevenus = mandataire.mesures.attendaient(annoncee_at).exclude(tribunal=None).order_by()
        en_attente = en_attente.filter(reserve_at__gt=annoncee_at).exclude(
            tribunal__actuel__in=prevenus.values("tribunal__actuel")
        )
    auteurs: dict[int | None, set[int | None]] = {}
    for tribunal, auteur in en_attente.order_by("pk").values_list("tribunal__actuel", "reserve_by"):
        auteurs.setdefault(tribunal, set()).add(auteur)
    contexte = {
        "mandataire": mandataire,
        "interruption": mandataire.interruption,
        "lien": lien("mandataire_fiche", mandataire.pk),
    }
    for tribunal, siens in auteurs.items():
        du_tribunal = User.objects.filter(magistrat__tribunal__actuel=tribunal, is_active=True)
        presents = du_tribunal.filter(pk__in=siens - {None})
        destinataires = presents if presents.count() == len(siens) else du_tribunal
        for email in (
            destinataires.filter(courriel_reservations=True).order_by("pk").values_list("email", flat=True)
        ):
            envoyer_courriel(destinataire=email, gabarit="mandataires/courriels/interruption", contexte=contexte)
