"""A portfolio that went from one MJPM to another: who did it, when, and which mesures, to put them back."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import F, Q

from accounts.models import User
from mandataires.models import Declaration, Mandataire
from mesures.models.mesure import Mesure


class Transfert(models.Model):
    """One act of an admin, by which mesures changed hands; undone once, if at all.

    The history of each mesure says the same for that mesure. This row outlives its mesures: when the law
    wants them destroyed, its lines go and the figures stay.
    """

    de = models.ForeignKey(
        Mandataire, on_delete=models.PROTECT, related_name="transferts_partis", verbose_name="de"
    )
    vers = models.ForeignKey(
        Mandataire,
        on_delete=models.PROTECT,
        limit_choices_to={"valide_at__isnull": False},
        related_name="transferts_recus",
        verbose_name="vers",
    )
    nombre = models.PositiveIntegerField("mesures transférées")
    motif = models.CharField("motif", max_length=200, blank=True)
    at = models.DateTimeField("transféré le", auto_now_add=True)
    # Admins may leave: the act stays, under a neutral label.
    by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name="par")
    # How the declared totals of services followed: an undoing gives back what was really taken off.
    declaration_de = models.ForeignKey(
        Declaration,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name="total de celui qui donne",
    )
    declaration_vers = models.ForeignKey(
        Declaration,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name="total de celui qui reçoit",
    )
    annule_at = models.DateTimeField("annulé le", null=True, editable=False)
    annule_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, editable=False, related_name="+", verbose_name="annulé par"
    )
    annule_nombre = models.PositiveIntegerField("mesures revenues", null=True, editable=False)

    class Meta:
        verbose_name = "transfert de mesures"
        verbose_name_plural = "transferts de mesures"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(de=F("vers")),
                name="transfert_de_l_un_a_l_autre",
                violation_error_message="Un transfert va d'un mandataire à un autre.",
            ),
            models.CheckConstraint(
                condition=Q(nombre__gt=0),
                name="transfert_non_vide",
                violation_error_message="Un transfert porte sur une mesure au moins.",
            ),
            models.CheckConstraint(
                condition=Q(annule_at=None, annule_by=None, annule_nombre=None)
                | Q(annule_at__isnull=False, annule_nombre__gt=0, annule_nombre__lte=F("nombre")),
                name="transfert_annulation",
                violation_error_message="Un transfert annulé a une date d'annulation et un nombre de mesures.",
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(name="transfert_jamais_change", fields=["de", "vers", "nombre", "motif", "at"]),
        ]

    def __str__(self) -> str:
        return f"{self.nombre} mesure{'s' if self.nombre > 1 else ''} de {self.de} vers {self.vers}"


class TransfertLigne(models.Model):
    """One mesure of a transfer. `version` is the one that the transfer gave it: another one says that
    somebody has acted on it since."""

    transfert = models.ForeignKey(
        Transfert,
        on_delete=models.PROTECT,
        db_index=False,  # the unique constraint begins with it
        related_name="lignes",
        verbose_name="transfert",
    )
    # CASCADE: deleted by its MJPM or purged as the law wants it, a mesure leaves nothing to put back.
    mesure = models.ForeignKey(Mesure, on_delete=models.CASCADE, related_name="transferts", verbose_name="mesure")
    version = models.PositiveIntegerField("version")

    class Meta:
        verbose_name = "mesure transférée"
        verbose_name_plural = "mesures transférées"
        ordering = ["pk"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["transfert", "mesure"], name="transfert_ligne_unique"),
        ]

    def __str__(self) -> str:
        return f"Ligne {self.pk}"
