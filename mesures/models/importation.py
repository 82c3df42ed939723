"""An import of mesures: whose file, what was read in it, what was written, and what its undoing needs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import User
from mandataires.models import Mandataire, membre_de
from mesures.models.mesure import Mesure

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

# domain rules: how long the bytes are kept, then the lines, and how long an import may be undone
GARDE_DU_FICHIER = timedelta(hours=24)
GARDE_DES_LIGNES = timedelta(days=30)
ANNULABLE = timedelta(days=7)

# What an import says of itself, wherever it is said.
CHIFFRES = ("lues", "nouvelles", "modifiees", "inchangees", "rejetees", "absentes")


@dataclass(frozen=True)
class Annulation:
    """What became of the mesures that an import had written, once it is undone."""

    supprimees: int
    retablies: int
    laissees: int  # as they are: somebody had acted on them


class ImportQuerySet(models.QuerySet["Import"]):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Those of the user's own MJPM."""
        membre = membre_de(user)
        if membre is None or not user.is_active:
            return self.none()
        return self.filter(mandataire=membre.mandataire_id)


class Import(models.Model):
    """A file that a member of a MJPM sent, from its reading to its writing.

    The figures always add up: lues = nouvelles + modifiees + inchangees + rejetees. Before the writing they
    are those of the preview, after it those of what was written.
    """

    class Etat(models.TextChoices):
        RECU = "recu", "lecture en cours"
        LU = "lu", "à vérifier"
        EN_ECRITURE = "en_ecriture", "enregistrement en cours"
        FAIT = "fait", "enregistré"
        ILLISIBLE = "illisible", "illisible"
        INTERROMPU = "interrompu", "interrompu"
        ANNULE = "annule", "défait"

    mandataire = models.ForeignKey(
        Mandataire, on_delete=models.PROTECT, related_name="imports", verbose_name="mandataire"
    )
    # Who sent it. They may leave: the import stays, under a neutral label.
    by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name="par")
    at = models.DateTimeField("envoyé le", auto_now_add=True)
    nom_fichier = models.CharField("fichier", max_length=200)
    etat = models.CharField("état", max_length=20, choices=Etat, default=Etat.RECU)
    erreur = models.TextField("ce qui n'a pas marché", blank=True)
    # What the file is, besides its lines: its sheet, the columns that were ignored or lack.
    remarques = models.JSONField("remarques", default=dict, blank=True)
    # Courts and establishments of the file that we do not know, and what the user chose for them.
    inconnus = models.JSONField("tribunaux et établissements inconnus", default=dict, blank=True)
    correspondances = models.JSONField("correspondances choisies", default=dict, blank=True)
    avancement = models.PositiveIntegerField("lignes vérifiées", default=0)
    # The worker's: by it a page knows whether anybody still works on the import.
    job = models.BigIntegerField("tâche", null=True, editable=False)

    lues = models.PositiveIntegerField("lignes lues", null=True)
    nouvelles = models.PositiveIntegerField("nouvelles", default=0)
    modifiees = models.PositiveIntegerField("modifiées", default=0)
    inchangees = models.PositiveIntegerField("inchangées", default=0)
    rejetees = models.PositiveIntegerField("rejetées", default=0)
    absentes = models.PositiveIntegerField("mesures absentes du fichier", default=0)

    lu_at = models.DateTimeField("lu le", null=True)
    fait_at = models.DateTimeField("enregistré le", null=True)
    # Whom the mesures name as their author: not always who sent the file.
    fait_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name="enregistré par"
    )
    annule_at = models.DateTimeField("défait le", null=True)
    annule_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name="défait par"
    )
    annule_nombre = models.PositiveIntegerField("mesures remises en l'état", null=True)
    annule_supprimees = models.PositiveIntegerField("dont mesures supprimées", null=True)

    objects = ImportQuerySet.as_manager()

    class Meta:
        verbose_name = "import de mesures"
        verbose_name_plural = "imports de mesures"
        ordering = ["-pk"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["mandataire"],
                condition=Q(etat="en_ecriture"),
                name="import_une_ecriture",
                violation_error_message="Un import est déjà en cours d'enregistrement.",
            ),
            models.CheckConstraint(
                condition=Q(lues=None, nouvelles=0, modifiees=0, inchangees=0, rejetees=0)
                | Q(
                    lues__isnull=False,
                    lues=F("nouvelles") + F("modifiees") + F("inchangees") + F("rejetees"),
                ),
                name="import_chiffres",
                violation_error_message="Chaque ligne lue est nouvelle, modifiée, inchangée ou rejetée.",
            ),
            models.CheckConstraint(
                condition=Q(etat__in=["fait", "annule"], fait_at__isnull=False, lu_at__isnull=False)
                | Q(etat__in=["lu", "en_ecriture"], fait_at=None, lu_at__isnull=False)
                | Q(etat__in=["recu", "illisible", "interrompu"], fait_at=None),
                name="import_etat",
                violation_error_message="L'état de l'import ne va pas avec ses dates.",
            ),
            models.CheckConstraint(
                condition=Q(fait_by=None) | Q(lu_at__isnull=False),
                name="import_fait_by",
                violation_error_message="Un import ne s'enregistre qu'une fois lu.",
            ),
            models.CheckConstraint(
                condition=(
                    ~Q(etat="annule")
                    & Q(annule_at=None, annule_by=None, annule_nombre=None, annule_supprimees=None)
                )
                | Q(
                    etat="annule",
                    annule_at__isnull=False,
                    annule_nombre__isnull=False,
                    annule_supprimees__isnull=False,
                    annule_supprimees__lte=F("annule_nombre"),
                    annule_nombre__lte=F("nouvelles") + F("modifiees"),
                ),
                name="import_annulation",
                violation_error_message="Un import défait a une date et des nombres de mesures.",
            ),
        ]
        indexes = [models.Index(fields=["at"], name="import_a_purger")]

    def __str__(self) -> str:
        return f"Import {self.pk}"

    @property
    def est_en_travail(self) -> bool:
        """Whether the worker has something to do, or does it: the page is shown again in a moment."""
        return self.etat in (self.Etat.RECU, self.Etat.EN_ECRITURE)

    @property
    def valides(self) -> int:
        """How many lines are to be written, or were: each made a mesure or changed one."""
        return self.nouvelles + self.modifiees

    @property
    def est_annulable(self) -> bool:
        """Whether it was written lately, and wrote something: what has nothing to undo is not undone."""
        return (
            self.etat == self.Etat.FAIT
            and self.valides > 0
            and self.fait_at is not None
            and timezone.now() - self.fait_at <= ANNULABLE
        )

    @property
    def annulation(self) -> Annulation | None:
        """What its undoing did, None where it is not undone. The figures outlive the lines."""
        if self.annule_nombre is None or self.annule_supprimees is None:
            return None
        return Annulation(
            supprimees=self.annule_supprimees,
            retablies=self.annule_nombre - self.annule_supprimees,
            laissees=self.valides - self.annule_nombre,
        )


class ImportFichier(models.Model):
    """The bytes, until they are written and for 24 hours at most: they are read again when a court is chosen for a
    number that nobody knows."""

    importation = models.OneToOneField(
        # CASCADE: the bytes are nothing without their import.
        Import,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="fichier",
        verbose_name="import",
    )
    contenu = models.BinaryField("contenu")

    class Meta:
        verbose_name = "fichier importé"
        verbose_name_plural = "fichiers importés"
        default_permissions = ()

    def __str__(self) -> str:
        return f"Fichier {self.pk}"


class ImportLigne(models.Model):
    """A line of the file, for 30 days: as it was understood, and what became of it."""

    class Verdict(models.TextChoices):
        NOUVELLE = "nouvelle", "nouvelle"
        MODIFIEE = "modifiee", "modifiée"
        INCHANGEE = "inchangee", "inchangée"
        DEJA_ETEINTE = "deja_eteinte", "déjà éteinte"
        RESERVEE = "reservee", "réservée, pas encore confirmée"
        REJETEE = "rejetee", "rejetée"

    class Alerte(models.TextChoices):
        """What to look at before a line is written: each has its sentence in `avertissements`."""

        PERSONNE = "personne", "peut-être une autre personne"
        FIN = "fin", "met fin à un mandat"
        RESSEMBLE = "ressemble", "peut-être en double"
        TRIBUNAL = "tribunal", "tribunal qui n'est pas le vôtre"

    importation = models.ForeignKey(
        # CASCADE: lines are nothing without their import.
        Import,
        on_delete=models.CASCADE,
        db_index=False,  # the unique constraint begins with it
        related_name="lignes",
        verbose_name="import",
    )
    numero = models.PositiveIntegerField("ligne")
    valeurs = models.JSONField("ce qui est compris")
    # As they are in the file, of a rejected line: those to correct.
    cellules = models.JSONField("cellules", null=True)
    verdict = models.CharField("verdict", max_length=20, choices=Verdict)
    problemes = models.JSONField("problèmes", default=list)  # of {colonne, code, message}
    avertissements = models.JSONField("avertissements", default=list)  # sentences
    alertes = ArrayField(models.CharField(max_length=20, choices=Alerte), verbose_name="alertes", default=list)
    changements = models.JSONField("changements", default=list)  # of [libellé, avant, après]
    # SET_NULL: deleted by its MJPM or purged, the mesure leaves the figures of the import as they were.
    mesure = models.ForeignKey(
        Mesure, on_delete=models.SET_NULL, null=True, related_name="imports", verbose_name="mesure"
    )
    # Of the mesure: as the preview saw it, and as the writing left it, until that is undone. Another one says that
    # somebody has acted.
    version_vue = models.PositiveIntegerField("version vue", null=True)
    version_donnee = models.PositiveIntegerField("version donnée", null=True)

    class Meta:
        verbose_name = "ligne d'un import"
        verbose_name_plural = "lignes d'un import"
        ordering = ["numero"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["importation", "numero"], name="import_ligne_unique"),
        ]
        indexes = [models.Index(fields=["importation", "verdict", "numero"], name="import_ligne_verdict")]

    def __str__(self) -> str:
        return f"Ligne {self.numero}"

    @property
    def est_valide(self) -> bool:
        return self.verdict in A_ECRIRE

    @property
    def est_rejetee(self) -> bool:
        return self.verdict in REJETS


A_ECRIRE = (ImportLigne.Verdict.NOUVELLE, ImportLigne.Verdict.MODIFIEE)
REJETS = (ImportLigne.Verdict.REJETEE, ImportLigne.Verdict.DEJA_ETEINTE, ImportLigne.Verdict.RESERVEE)
