"""Requests for an account that nobody answered: what was asked 90 days ago is forgotten, its history too."""

from __future__ import annotations

import logging
from datetime import timedelta

import pgtrigger
from django.apps import apps
from django.db import models, transaction
from django.db.models import Exists, OuterRef, ProtectedError
from django.utils import timezone
from procrastinate.contrib.django import app

from accounts.models import User
from mandataires.inscriptions import EN_ATTENTE, JOURS_SANS_REPONSE
from mandataires.models import Agrement, Exercice, Mandataire, Membre

logger = logging.getLogger(__name__)


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
    _effacer_historique([*supprimes, (Mandataire, [pk])])


def _effacer_historique(lignes: list[tuple[type[models.Model], list[int]]]) -> None:
    """History is append-only; the law wants that of forgotten data forgotten."""
    for modele, pks in lignes:
        historique = apps.get_model("mandataires", f"{modele.__name__}Historique")
        with pgtrigger.ignore(f"{historique._meta.label}:append_only"):
            historique._default_manager.filter(pgh_obj_id__in=pks).delete()
