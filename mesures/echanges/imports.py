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
from mandataires.models import Membre
from mandataires.permissions import membre_agissant
from mandataires.services import verrouiller_charges
from mesures.echanges.choix import reprendre
from mesures.echanges.ecriture import RIEN_ENREGISTRE, interrompre
from mesures.echanges.feuilles import TAILLE_MAX, TROP_LOURD
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
LECTURES_MAX = 3  # of one owner at once: the worker reads those of everybody in turn
PAUSE = 0.5  # seconds between two writings of the progress

LECTURE_INTERROMPUE = "La lecture du fichier s'est arrêtée avant la fin. Vous pouvez la relancer."
RELU = "Ce fichier a été relu depuis que la page est affichée : vérifiez-le de nouveau. Rien n'a été enregistré."
RELU_ET_ENREGISTRE = (
    "Ce fichier a été relu depuis que la page est affichée, puis enregistré : voyez ce qui l'a été."
)
RELECTURE = (
    "Ce fichier est relu avec d'autres choix que les vôtres, qui n'ont pas été gardés : attendez la fin de la "
    "lecture, puis choisissez."
)
FICHIER_DETRUIT = "Le fichier n'est gardé que 24 heures : envoyez-le à nouveau."


class ImportRefuse(Exception):
    """Nothing was done; the sentence says why."""


def recevoir(*, contenu: bytes, nom: str, author: User, differer: bool = True) -> Import:
    """Keep a file that a member of a MJPM sends; the worker reads it, or the caller (`lire`) where `differer` is
    false. Raises Refus, FichierIllisible for what is too large, ImportRefuse where too many wait already."""
    membre = membre_agissant(author)
    if len(contenu) > TAILLE_MAX:
        raise FichierIllisible(TROP_LOURD)
    _refuser_trop_de_lectures(membre.mandataire_id)
    with transaction.atomic():
        return _garder(membre, contenu, nom, differer)


def _refuser_trop_de_lectures(mandataire_id: int) -> None:
    """Without a lock, which a writing of the owner would hold: one too many does no harm."""
    recus = Import.objects.filter(mandataire=mandataire_id, etat=Etat.RECU).order_by("-pk")
    if sum(constater_interruption(recu).etat == Etat.RECU for recu in recus) >= LECTURES_MAX:
        raise ImportRefuse(
            f"{LECTURES_MAX} de vos fichiers attendent déjà d'être lus : attendez la fin d'une lecture, puis "
            "recommencez."
        )


def _garder(membre: Membre, contenu: bytes, nom: str, differer: bool) -> Import:
    import_ = Import.objects.create(
        mandataire=membre.mandataire,
        by=membre.user,
        nom_fichier=_nom(nom),
        correspondances=reprendre(membre.mandataire_id),
    )
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
    avancer = _avancer(import_)
    # Of a reading before: nothing says yet how many lines this one has.
    _recu(import_).update(remarques={}, avancement=0)
    try:
        if contenu is None:
            raise FichierIllisible(FICHIER_DETRUIT)
        fichier = lire_fichier(bytes(contenu), import_.nom_fichier, avancer)
    except FichierIllisible as refus:
        _abandonner_la_lecture(import_, str(refus))
        return
    del contenu
    lignes = [lire_ligne(rangee, fichier.epoque) for rangee in fichier.rangees]
    # From here on the number is that of the lines that are checked, out of so many.
    _recu(import_).update(remarques={**_remarques(fichier), "lignes": len(lignes)}, avancement=0)
    rapprochement = rapprocher(
        lignes,
        mandataire_id=import_.mandataire_id,
        correspondances=Correspondances.de_json(import_.correspondances),
        avancer=avancer,
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


@transaction.atomic
def _abandonner_la_lecture(import_: Import, phrase: str) -> None:
    """Nothing will read the file again: its bytes go at once."""
    if _recu(import_).update(etat=Etat.ILLISIBLE, erreur=phrase):
        ImportFichier.objects.filter(pk=import_.pk).delete()


def _recu(import_: Import) -> QuerySet[Import]:
    return Import.objects.filter(pk=import_.pk, etat=Etat.RECU)


def _remarques(fichier: Fichier) -> dict[str, object]:
    return {
        "feuille": fichier.feuille,
        "autres_feuilles": list(fichier.autres_feuilles),
        "colonnes": list(fichier.colonnes),
        "ignorees": list(fichier.ignorees),
        "manquantes": list(fichier.manquantes),
        "au_dela": fichier.au_dela,
    }


def _avancer(import_: Import) -> Callable[[int], None]:
    """Say how many lines are read, then checked, twice a second at most: no query for each."""
    dernier = monotonic()

    def avancer(nombre: int) -> None:
        nonlocal dernier
        if (maintenant := monotonic()) - dernier > PAUSE:
            dernier = maintenant
            _recu(import_).update(avancement=nombre)

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
    avant = Correspondances.de_json(import_.correspondances)
    if import_.etat == Etat.RECU:
        # A second click: what it asks for is being done.
        if tribunaux.items() <= avant.tribunaux.items() and etablissements.items() <= avant.etablissements.items():
            return import_
        raise ImportRefuse(RELECTURE)
    if import_.etat != Etat.LU:
        raise ImportRefuse("Ce fichier n'est pas à vérifier : rien n'a été changé.")
    if not ImportFichier.objects.filter(pk=import_.pk).exists():
        raise ImportRefuse(FICHIER_DETRUIT)
    import_.correspondances = {
        "tribunaux": {**avant.tribunaux, **tribunaux},
        "etablissements": {**avant.etablissements, **etablissements},
    }
    return _passer(import_, Etat.RECU, differer)


def demander_ecriture(*, import_: Import, author: User, lu_at: str | None = None, differer: bool = True) -> Import:
    """Have the valid lines written, by the worker or by the caller (`ecriture.ecrire`). Once asked for, or done,
    nothing more happens: a click may come twice.

    `lu_at`: when what the author verified had been read, as their page says it; another reading is refused.
    Raises ImportRefuse (that, nothing to write, another import of the owner is being written), Refus.
    """
    check_can_agir_pour(author, import_.mandataire_id)
    # Before the lock too, which the writing holds to its end.
    if (demande := Import.objects.filter(pk=import_.pk).first()) and _est_demandee(demande, lu_at):
        return demande
    _refuser_deux_ecritures(import_)
    with transaction.atomic():
        import_ = _verrouiller(import_, author)
        if _est_demandee(import_, lu_at):
            return import_
        if lu_at is not None and not est_de(import_, lu_at):
            raise ImportRefuse(RELU)
        if import_.etat != Etat.LU:
            raise ImportRefuse(f"Cet import est noté « {import_.get_etat_display()} » : rien n'a été enregistré.")
        return _commencer_ecriture(import_, author, differer)


def _est_demandee(import_: Import, lu_at: str | None) -> bool:
    if import_.etat not in (Etat.EN_ECRITURE, Etat.FAIT):
        return False
    if lu_at is not None and not est_de(import_, lu_at):
        raise ImportRefuse(RELU_ET_ENREGISTRE)
    return True


def est_de(import_: Import, lu_at: str) -> bool:
    """Whether what the import is to write is what was read at `lu_at`, as a page says it."""
    return import_.lu_at is not None and import_.lu_at.isoformat() == lu_at


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
    """The owner's ongoing mesures of which the file says nothing. It leaves them as they are.

    Once it is written, without those that were recorded since: there was nothing to say of them.
    """
    lignes = ImportLigne.objects.filter(importation=import_.pk, mesure=OuterRef("pk"))
    mesures = Mesure.objects.en_cours().filter(~Exists(lignes), mandataire=import_.mandataire_id)
    return mesures if import_.fait_at is None else mesures.filter(created_at__lte=import_.fait_at)


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
    import_.fait_by = author
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
        import_.lu_at, import_.fait_by, import_.avancement = None, None, 0
    import_.save()
    if differer:
        _differer(import_)
    return import_


def _differer(import_: Import) -> None:
    """Hand the import over to the worker, in the caller's transaction."""
    tache = "mesures.tasks.lire_import" if import_.etat == Etat.RECU else "mesures.tasks.ecrire_import"
    import_.job = app.configure_task(tache).defer(import_pk=import_.pk)
    import_.save(update_fields=["job"])
