"""The life of an import: sent, read, checked by its owner, written, undone.

    recu → lu → en_ecriture → fait → annule
    recu → illisible                       the file cannot be read as a list of mesures
    recu, en_ecriture → interrompu         the worker died, or an error stopped it: nothing was written
    lu → recu                              read again with the courts that the user chose
    interrompu → recu, en_ecriture         started again by the user, from where it had stopped

Nobody holds anything between two states: what says that a writing is alive is the lock on its row, which goes
with the worker.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import PurePath
from time import monotonic

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.models import User
from mandataires.permissions import membre_agissant
from mandataires.services import verrouiller_charges
from mesures.echanges.ecriture import RIEN_ENREGISTRE, interrompre
from mesures.echanges.feuilles import TAILLE_MAX
from mesures.echanges.lecture import Fichier, FichierIllisible, lire_fichier
from mesures.echanges.lignes import lire_ligne
from mesures.echanges.rapprochement import rapprocher
from mesures.echanges.references import Correspondances
from mesures.echanges.stockage import deposer_lignes
from mesures.models import Import, ImportFichier, ImportLigne, Mesure, MesureQuerySet
from mesures.models.importation import A_ECRIRE
from mesures.permissions import check_can_agir_pour

Etat = Import.Etat

SILENCE = timedelta(seconds=45)  # a worker says every ten seconds that it is alive
LECTURE_MAX = timedelta(minutes=10)  # without a job to look at: the command line
PAUSE = 0.5  # seconds between two writings of the progress

LECTURE_INTERROMPUE = "La lecture du fichier s'est arrêtée avant la fin. Vous pouvez la relancer."
FICHIER_DETRUIT = "Le fichier n'est gardé que 24 heures : envoyez-le à nouveau."


class ImportRefuse(Exception):
    """Nothing was done; the sentence says why."""


@transaction.atomic
def recevoir(*, contenu: bytes, nom: str, author: User, differer: bool = True) -> Import:
    """Keep a file that a member of a MJPM sends; the worker reads it, or the caller (`lire`) where `differer` is
    false. Raises Refus, and FichierIllisible for what is too large."""
    membre = membre_agissant(author)
    if len(contenu) > TAILLE_MAX:
        raise FichierIllisible(
            f"Ce fichier dépasse {TAILLE_MAX // 1024 // 1024} Mo : partagez-le en plusieurs fichiers."
        )
    import_ = Import.objects.create(mandataire=membre.mandataire, by=author, nom_fichier=_nom(nom))
    ImportFichier.objects.create(importation=import_, contenu=contenu)
    if differer:
        _differer(import_)
    return import_


def _nom(nom: str) -> str:
    """The name of the file alone, as it may be shown; its end says what it is."""
    nu = re.sub(r"[^\w .,'()+&-]", "_", PurePath(nom.replace("\\", "/")).name)
    return nu[-200:] or "fichier"


def lire(import_pk: int) -> None:
    """Read a file that waits for it and keep its lines with their verdicts. Does nothing for any other import.

    Outside any transaction, so that the progress can be followed; the lines come all at once.
    """
    import_ = Import.objects.filter(pk=import_pk, etat=Etat.RECU).first()
    if import_ is None:
        return
    try:
        _lire(import_)
    except Exception:
        interrompre(import_pk, LECTURE_INTERROMPUE)
        raise


def _lire(import_: Import) -> None:
    contenu = ImportFichier.objects.filter(pk=import_.pk).values_list("contenu", flat=True).first()
    try:
        if contenu is None:
            raise FichierIllisible(FICHIER_DETRUIT)
        fichier = lire_fichier(bytes(contenu), import_.nom_fichier)
    except FichierIllisible as refus:
        _recu(import_).update(etat=Etat.ILLISIBLE, erreur=str(refus))
        return
    del contenu
    _recu(import_).update(remarques={**_remarques(fichier), "lignes": len(fichier.rangees)}, avancement=0)
    lignes = [lire_ligne(rangee, fichier.epoque) for rangee in fichier.rangees]
    rapprochement = rapprocher(
        lignes,
        mandataire_id=import_.mandataire_id,
        correspondances=Correspondances.de_json(import_.correspondances),
        avancer=_avancer(import_),
    )
    with transaction.atomic(), connection.cursor() as cursor:
        if not _recu(import_).select_for_update().exists():
            return
        ImportLigne.objects.filter(importation=import_).delete()
        deposer_lignes(cursor, import_.pk, fichier.rangees, rapprochement.lignes)
        _recu(import_).update(
            etat=Etat.LU,
            lu_at=timezone.now(),
            erreur="",
            avancement=len(lignes),
            inconnus=rapprochement.inconnus.en_json(),
            **rapprochement.chiffres(),
        )


def _recu(import_: Import) -> QuerySet[Import]:
    return Import.objects.filter(pk=import_.pk, etat=Etat.RECU)


def _remarques(fichier: Fichier) -> dict[str, object]:
    return {
        "feuille": fichier.feuille,
        "autres_feuilles": list(fichier.autres_feuilles),
        "colonnes": list(fichier.colonnes),
        "ignorees": list(fichier.ignorees),
        "manquantes": list(fichier.manquantes),
    }


def _avancer(import_: Import) -> Callable[[int], None]:
    dernier = monotonic()

    def avancer(nombre: int) -> None:
        nonlocal dernier
        if (maintenant := monotonic()) - dernier > PAUSE:
            dernier = maintenant
            Import.objects.filter(pk=import_.pk).update(avancement=nombre)

    return avancer


@transaction.atomic
def choisir_correspondances(
    *,
    import_: Import,
    tribunaux: Mapping[str, int],
    etablissements: Mapping[str, int],
    author: User,
    differer: bool = True,
) -> Import:
    """Say once which court a SIRET stands for, which establishment a FINESS number or a name: the file is read
    again. The keys are those of `Import.inconnus`. Raises ImportRefuse, Refus."""
    import_ = _verrouiller(import_, author)
    if import_.etat != Etat.LU:
        raise ImportRefuse("Ce fichier n'est pas à vérifier : rien n'a été changé.")
    if not ImportFichier.objects.filter(pk=import_.pk).exists():
        raise ImportRefuse(FICHIER_DETRUIT)
    avant = Correspondances.de_json(import_.correspondances)
    import_.correspondances = {
        "tribunaux": {**avant.tribunaux, **tribunaux},
        "etablissements": {**avant.etablissements, **etablissements},
    }
    return _passer(import_, Etat.RECU, differer)


def demander_ecriture(*, import_: Import, author: User, differer: bool = True) -> Import:
    """Have the valid lines written, by the worker or by the caller (`ecriture.ecrire`).

    Raises ImportRefuse when there is nothing to write or another import of the owner is being written, Refus.
    """
    check_can_agir_pour(author, import_.mandataire_id)
    _refuser_deux_ecritures(import_)
    with transaction.atomic():
        import_ = _verrouiller(import_, author)
        if import_.etat != Etat.LU:
            raise ImportRefuse(f"Cet import est noté « {import_.get_etat_display()} » : rien n'a été enregistré.")
        return _commencer_ecriture(import_, author, differer)


def relancer(*, import_: Import, author: User, differer: bool = True) -> Import:
    """Start again an import that was interrupted: its writing if it had been read, else its reading."""
    check_can_agir_pour(author, import_.mandataire_id)
    _refuser_deux_ecritures(import_)
    with transaction.atomic():
        import_ = _verrouiller(import_, author)
        if import_.etat != Etat.INTERROMPU:
            raise ImportRefuse("Cet import n'est pas interrompu.")
        if import_.lu_at is not None and ImportLigne.objects.filter(importation=import_).exists():
            return _commencer_ecriture(import_, author, differer)
        return _passer(import_, Etat.RECU, differer)


@transaction.atomic
def abandonner(*, import_: Import, author: User) -> None:
    """Forget an import that was not written, its file and its lines."""
    import_ = _verrouiller(import_, author)
    if import_.etat in (Etat.EN_ECRITURE, Etat.FAIT, Etat.ANNULE):
        raise ImportRefuse(
            f"Cet import est noté « {import_.get_etat_display()} » : il ne peut plus être abandonné."
        )
    import_.delete()


def absentes(import_: Import) -> MesureQuerySet:
    """The owner's ongoing mesures of which the file says nothing. It leaves them as they are."""
    lignes = ImportLigne.objects.filter(importation=import_.pk, mesure=OuterRef("pk"))
    return Mesure.objects.en_cours().filter(~Exists(lignes), mandataire=import_.mandataire_id)


def constater_interruption(import_: Import) -> Import:
    """Look whether anybody still works on the import, and say « interrompu » where nobody does."""
    if import_.est_en_travail and not _est_vivant(import_):
        interrompre(import_.pk, LECTURE_INTERROMPUE if import_.etat == Etat.RECU else RIEN_ENREGISTRE)
        import_.refresh_from_db()
    return import_


@transaction.atomic
def _est_vivant(import_: Import) -> bool:
    job = ProcrastinateJob.objects.select_related("worker").filter(pk=import_.job).first()
    if job is not None and job.status == "todo":
        return True
    if import_.etat == Etat.EN_ECRITURE:
        # The writing holds its row: who can lock it knows that there is no writing, or that it has just ended.
        libre = Import.objects.select_for_update(skip_locked=True, of=("self",)).filter(pk=import_.pk).first()
        if libre is None or libre.etat != Etat.EN_ECRITURE:
            return True
        # Between the start of a job and its first lock.
        return job is not None and _a_un_travailleur(job)
    if import_.job is None:
        return timezone.now() - import_.at < LECTURE_MAX
    return job is not None and _a_un_travailleur(job)


def _a_un_travailleur(job: ProcrastinateJob) -> bool:
    return (
        job.status == "doing" and job.worker is not None and timezone.now() - job.worker.last_heartbeat < SILENCE
    )


def _verrouiller(import_: Import, author: User) -> Import:
    """Lock the charge, as every act does, then the import; whoever acts on it at the same time waits."""
    check_can_agir_pour(author, import_.mandataire_id)
    verrouiller_charges(import_.mandataire_id)
    verrouille = Import.objects.select_for_update().filter(pk=import_.pk).first()
    if verrouille is None:
        raise ImportRefuse("Cet import n'existe plus.")
    return verrouille


def _commencer_ecriture(import_: Import, author: User, differer: bool) -> Import:
    if not ImportLigne.objects.filter(importation=import_, verdict__in=A_ECRIRE).exists():
        raise ImportRefuse("Ce fichier n'a aucune ligne à enregistrer.")
    _refuser_deux_ecritures(import_)
    # It is by them that the mesures will say who wrote them.
    import_.by = author
    return _passer(import_, Etat.EN_ECRITURE, differer)


def _refuser_deux_ecritures(import_: Import) -> None:
    """Asked before the lock of the charge, which a writing holds to its end, so that nobody waits for the answer,
    and outside the transaction, which would then hold the row of the other; and asked again under that lock."""
    autres = Import.objects.filter(mandataire=import_.mandataire_id, etat=Etat.EN_ECRITURE).exclude(pk=import_.pk)
    for autre in autres.order_by("pk"):
        if constater_interruption(autre).etat == Etat.EN_ECRITURE:
            raise ImportRefuse(
                "Un autre fichier est en cours d'enregistrement : attendez qu'il soit terminé, puis recommencez."
            )


def _passer(import_: Import, etat: Import.Etat, differer: bool) -> Import:
    import_.etat = etat
    import_.erreur = ""
    import_.job = None
    if etat == Etat.RECU:
        # Stopped now, it is read again: what was checked before is not what would be written.
        import_.lu_at, import_.avancement = None, 0
    import_.save()
    if differer:
        _differer(import_)
    return import_


def _differer(import_: Import) -> None:
    """Hand the import over to the worker, in the caller's transaction."""
    tache = "mesures.tasks.lire_import" if import_.etat == Etat.RECU else "mesures.tasks.ecrire_import"
    import_.job = app.configure_task(tache).defer(import_pk=import_.pk)
    import_.save(update_fields=["job"])
