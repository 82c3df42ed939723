"""What judges' pages read in place of the mesures: counters, kept by triggers, without history."""

from __future__ import annotations

from datetime import timedelta

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from mandataires.models.mandataire import Mandataire
from tribunaux.models import Commune

FRAICHEUR = timedelta(days=30)  # domain rule: older data are flagged to the MJPM and to judges


class Charge(models.Model):
    """The counts of one MJPM. Created with it; the triggers of mesures and declarations keep it.

    Every service that changes a load locks this row first, in the order of primary keys
    (`mandataires.services.verrouiller_charges`), so the profile's row is never locked by a mesure.
    """

    mandataire = models.OneToOneField(
        # CASCADE: a counter is nothing without its MJPM.
        Mandataire,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="charge",
        verbose_name="mandataire",
    )
    en_cours = models.PositiveIntegerField("mesures en cours", default=0)
    en_attente = models.PositiveIntegerField("mesures en attente", default=0)
    renouvellements = models.PositiveIntegerField(
        "dont renouvellements",
        default=0,
        db_default=0,  # the trigger that makes the row does not name it
        help_text="Mesures en attente qui renouvellent une mesure en cours : elles ne prennent pas de place.",
    )
    declare = models.PositiveIntegerField("dernier total déclaré", null=True, blank=True)
    mise_a_jour_at = models.DateTimeField(
        "dernière mise à jour",
        null=True,
        blank=True,
        help_text="Dernier acte d'un membre du mandataire pour celui-ci.",
    )

    class Meta:
        verbose_name = "charge"
        verbose_name_plural = "charges"
        triggers = [
            # By statement: one upsert for all the MJPM that a transfer or an import touches.
            pgtrigger.Trigger(
                name="charge_relever",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Update,
                referencing=pgtrigger.Referencing(old="anciennes", new="nouvelles"),
                func="""
                    INSERT INTO mandataires_releve (mandataire_id, jour, en_cours, declare)
                    SELECT n.mandataire_id, (now() AT TIME ZONE 'Europe/Paris')::date, n.en_cours, n.declare
                      FROM nouvelles n JOIN anciennes a USING (mandataire_id)
                     WHERE (n.en_cours, n.declare) IS DISTINCT FROM (a.en_cours, a.declare)
                    ON CONFLICT (mandataire_id, jour)
                    DO UPDATE SET en_cours = EXCLUDED.en_cours, declare = EXCLUDED.declare;
                    RETURN NULL;
                """,
            )
        ]

    def __str__(self) -> str:
        return f"Charge du mandataire {self.pk}"

    @property
    def est_a_jour(self) -> bool:
        """Whether a member has acted within the last 30 days."""
        return self.mise_a_jour_at is not None and timezone.now() - self.mise_a_jour_at <= FRAICHEUR


class Releve(models.Model):
    """The counts of one MJPM at the end of a day on which they changed; between two days they are the first's.

    Kept by the trigger of `Charge`, for the curve of the last twelve months; older ones are purged.
    """

    # CASCADE: a counter is nothing without its MJPM.
    mandataire = models.ForeignKey(
        Mandataire, on_delete=models.CASCADE, related_name="releves", verbose_name="mandataire"
    )
    jour = models.DateField("jour")
    en_cours = models.PositiveIntegerField("mesures en cours")
    declare = models.PositiveIntegerField("total déclaré", null=True)

    class Meta:
        verbose_name = "relevé de charge"
        verbose_name_plural = "relevés de charge"
        ordering = ["mandataire", "jour"]
        constraints = [models.UniqueConstraint(fields=["mandataire", "jour"], name="releve_unique")]

    def __str__(self) -> str:
        return f"Relevé {self.pk}"


class Presence(models.Model):
    """How many ongoing mesures one MJPM has in one commune; `commune` None is « non localisé »."""

    # CASCADE: a counter is nothing without its MJPM.
    mandataire = models.ForeignKey(
        Mandataire, on_delete=models.CASCADE, related_name="presences", verbose_name="mandataire"
    )
    commune = models.ForeignKey(
        Commune, on_delete=models.PROTECT, null=True, related_name="presences", verbose_name="commune"
    )
    en_cours = models.PositiveIntegerField("mesures en cours")

    class Meta:
        verbose_name = "présence dans une commune"
        verbose_name_plural = "présences dans les communes"
        constraints = [
            models.UniqueConstraint(
                fields=["mandataire", "commune"], nulls_distinct=False, name="presence_unique"
            ),
            models.CheckConstraint(condition=Q(en_cours__gt=0), name="presence_non_vide"),
        ]

    def __str__(self) -> str:
        return f"Présence {self.pk}"


class Declaration(models.Model):
    """A total of ongoing mesures, all courts together, as a service declared it. Never changed."""

    class Origine(models.TextChoices):
        SAISIE = "saisie", "déclaration"
        CONFIRMATION = "confirmation", "mesure confirmée"
        EXTINCTION = "extinction", "mesure éteinte"
        REACTIVATION = "reactivation", "mesure réactivée"
        TRANSFERT = "transfert", "mesures transférées"

    mandataire = models.ForeignKey(
        Mandataire, on_delete=models.PROTECT, related_name="declarations", verbose_name="service"
    )
    nombre = models.PositiveIntegerField("nombre de mesures en cours")
    origine = models.CharField("origine", max_length=20, choices=Origine, default=Origine.SAISIE)
    at = models.DateTimeField("déclaré le", auto_now_add=True)
    # The author may leave: the declaration stays, under a neutral label.
    by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name="par")

    class Meta:
        verbose_name = "déclaration"
        verbose_name_plural = "déclarations"
        ordering = ["-pk"]
        indexes = [models.Index(fields=["mandataire", "-id"], name="declaration_derniere")]
        triggers = [
            pgtrigger.ReadOnly(name="declaration_jamais_changee", fields=["mandataire", "nombre"]),
        ] + [
            pgtrigger.Trigger(
                name=f"declaration_charge_{str(operation).lower()}",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=operation,
                referencing=pgtrigger.Referencing(**{cote: "lignes"}),
                func="""
                    UPDATE mandataires_charge c
                       SET declare = (SELECT d.nombre FROM mandataires_declaration d
                                       WHERE d.mandataire_id = c.mandataire_id ORDER BY d.id DESC LIMIT 1)
                     WHERE c.mandataire_id IN (SELECT mandataire_id FROM lignes);
                    RETURN NULL;
                """,
            )
            for operation, cote in ((pgtrigger.Insert, "new"), (pgtrigger.Delete, "old"))
        ]

    def __str__(self) -> str:
        return f"{self.nombre} le {self.at:%d/%m/%Y}"
