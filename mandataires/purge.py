"""What is forgotten, its history too: requests for an account that nobody answered, and what is old."""

from __future__ import annotations

import logging
from datetime import timedelta

import pgtrigger
from django.apps import apps
from django.db import models, transaction
from django.db.models import Exists, OuterRef, ProtectedError
from django.db.models.functions import Coalesce
from django.utils import timezone
from procrastinate.contrib.django import app

from accounts.models import User
from mandataires.inscriptions import EN_ATTENTE, JOURS_SANS_REPONSE
from mandataires.models import Agrement, Exercice, Invitation, Mandataire, Membre, Note, Releve

logger = logging.getLogger(__name__)

GARDE_DES_NOTES = timedelta(days=2 * 365 + 1)  # domain rule: two years
GARDE_DES_RELEVES = timedelta(days=365 + 31)  # thirteen months: the curve goes back twelve
GARDE_DES_INVITATIONS = timedelta(days=90)  # after which an address that was invited is nobody's business


@app.periodic(cron="0 4 * * *")
@app.task
def purger_demandes(timestamp: int) -> None:
    """Once a day. Each request on its own: one that cannot go keeps no other."""
    limite = timezone.now() - timedelta(days=JOURS_SANS_REPONSE)
    oubliees = Mandataire.objects.filter(EN_ATTENTE, created_at__lt=limite)
    for pk in oubliees.order_by("pk").values_list("pk", flat=True):
        try:
            _supprimer(pk)
        except ProtectedError:  # it has a mesure, a note, a declaration: never a mere request
            logger.warning("La demande %s, sans réponse, est liée à d'autres données : laissée.", pk)


@transaction.atomic
def _supprimer(pk: int) -> None:
    """Delete a request with its users, unless somebody answers it, or let one of them in, meanwhile."""
    actifs = Membre.objects.filter(mandataire=OuterRef("pk"), user__is_active=True)
    demandes = Mandataire.objects.filter(EN_ATTENTE, ~Exists(actifs))
    demande = demandes.select_for_update().filter(pk=pk).first()
    if demande is None:
        return
    users = list(demande.membres.values_list("user_id", flat=True))
    supprimes: list[tuple[type[models.Model], list[int]]] = []
    for modele in (Exercice, Agrement, Membre):
        lignes = modele._default_manager.filter(mandataire=demande)
        supprimes.append((modele, list(lignes.values_list("pk", flat=True))))
        lignes.delete()
    demande.delete()
    User.objects.filter(pk__in=users).delete()
    effacer_historique([*supprimes, (Mandataire, [pk])])


@app.periodic(cron="10 4 * * *")
@app.task
@transaction.atomic
def purger_invitations(timestamp: int) -> None:
    """Once a day: those accepted, cancelled or past their term 90 days ago."""
    limite = timezone.now() - GARDE_DES_INVITATIONS
    finies = Invitation.objects.alias(fin=Coalesce("acceptee_at", "annulee_at", "expire_at")).filter(
        fin__lt=limite
    )
    pks = list(finies.values_list("pk", flat=True))
    Invitation.objects.filter(pk__in=pks).delete()
    effacer_historique([(Invitation, pks)])


@app.periodic(cron="20 4 * * *")
@app.task
def purger_notes(timestamp: int) -> None:
    """Once a day: those that nobody has written again for two years. They have no history."""
    limite = timezone.now() - GARDE_DES_NOTES
    Note.objects.alias(ecrite_at=Coalesce("modifiee_at", "at")).filter(ecrite_at__lt=limite).delete()


@app.periodic(cron="30 4 * * *")
@app.task
def purger_releves(timestamp: int) -> None:
    """Once a day: those before the curve, but for the last of each MJPM, whose numbers held until the next."""
    limite = timezone.localdate() - GARDE_DES_RELEVES
    suivants = Releve.objects.filter(
        mandataire=OuterRef("mandataire"), jour__gt=OuterRef("jour"), jour__lte=limite
    )
    Releve.objects.filter(Exists(suivants), jour__lt=limite).delete()


def effacer_historique(lignes: list[tuple[type[models.Model], list[int]]]) -> None:
    """History is append-only; the law wants that of forgotten data forgotten."""
    for modele, pks in lignes:
        historique = apps.get_model(modele._meta.app_label, f"{modele.__name__}Historique")
        with pgtrigger.ignore(f"{historique._meta.label}:append_only"):
            historique._default_manager.filter(pgh_obj_id__in=pks).delete()
