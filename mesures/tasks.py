"""What the worker does with files of mesures. Arguments are primary keys: procrastinate logs them."""

from __future__ import annotations

import logging

from django.db.models import Func, Q, Value
from django.db.models.functions import Lower
from django.utils import timezone
from procrastinate.contrib.django import app

from mesures.echanges import ecriture, imports
from mesures.models import Import, ImportFichier, ImportLigne
from mesures.models.importation import ANNULABLE, GARDE_DES_LIGNES, GARDE_DU_FICHIER

logger = logging.getLogger(__name__)

NOM_NEUTRE = r"^fichier(\.(xlsx|xls|csv|txt))?$"


# Neither is tried again by itself: what stopped them is said to the user, who starts them again.
@app.task
def lire_import(import_pk: int) -> None:
    imports.lire(import_pk)


@app.task
def ecrire_import(import_pk: int) -> None:
    ecriture.ecrire(import_pk)


@app.periodic(cron="50 * * * *")
@app.task
def purger_imports(timestamp: int) -> None:
    """Once an hour: files after 24 hours; lines after 30 days, and the imports that were never written.

    What the undoing needs stays as long as it may be asked for, though the writing came late.
    """
    maintenant = timezone.now()
    vieux = (
        Import.objects.filter(at__lt=maintenant - GARDE_DES_LIGNES)
        .exclude(etat=Import.Etat.EN_ECRITURE)
        .filter(Q(fait_at=None) | Q(fait_at__lt=maintenant - ANNULABLE))
    )
    fichiers, _ = ImportFichier.objects.filter(importation__at__lt=maintenant - GARDE_DU_FICHIER).delete()
    lignes, _ = ImportLigne.objects.filter(importation__in=vieux).delete()
    vieux.filter(fait_at=None).delete()
    vieux.exclude(nom_fichier__regex=NOM_NEUTRE).update(nom_fichier=_nom_neutre())
    logger.info("Imports : %s fichier(s) et %s ligne(s) détruits.", fichiers, lignes)


def _nom_neutre() -> Func:
    """« fichier.xlsx »: the name that a person gave to a file may hold somebody's."""
    return Func(
        Lower("nom_fichier"),
        Value(r"^.*?(\.(xlsx|xls|csv|txt))?$"),
        Value(r"fichier\1"),
        function="regexp_replace",
    )
