from __future__ import annotations

from typing import Self

import pghistory
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.models import User
from mandataires.models.mandataire import Mandataire


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def ouvertes(self) -> Self:
        """Neither accepted, nor cancelled, nor past their term: those whose link opens."""
        return self.en_attente().filter(expire_at__gt=timezone.now())

    def en_attente(self) -> Self:
        """Neither accepted nor cancelled, those past their term included: what may be sent again."""
        return self.filter(acceptee_at=None, annulee_at=None)


@pghistory.track(model_name="InvitationHistorique", exclude=["empreinte"])
class Invitation(models.Model):
    """A service asks somebody to join it, by a link that its mail alone holds.

    The link opens once, for the holder of the address it was sent to, until `expire_at`.
    `empreinte` is the SHA-256 of its secret, in hexadecimal: who reads the table cannot follow the link.
    """

    mandataire = models.ForeignKey(
        Mandataire, on_delete=models.PROTECT, related_name="invitations", verbose_name="service"
    )
    email = models.EmailField("adresse e-mail invitée")
    empreinte = models.CharField("empreinte du lien", max_length=64, unique=True, editable=False)
    at = models.DateTimeField("envoyée le", auto_now_add=True)
    expire_at = models.DateTimeField("expire le")
    # Who invited or came may leave: the dates stay, the names become neutral.
    by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name="par")
    acceptee_at = models.DateTimeField("acceptée le", null=True, blank=True)
    acceptee_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="acceptée par"
    )
    annulee_at = models.DateTimeField("annulée le", null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = "invitation"
        verbose_name_plural = "invitations"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                "mandataire",
                Lower("email"),
                condition=Q(acceptee_at=None, annulee_at=None),
                name="invitation_en_cours_unique",
                violation_error_message="Cette personne est déjà invitée.",
            ),
            models.CheckConstraint(
                condition=Q(acceptee_at=None) | Q(annulee_at=None),
                name="invitation_acceptee_ou_annulee",
                violation_error_message="Une invitation est acceptée ou annulée, pas les deux.",
            ),
            models.CheckConstraint(
                condition=Q(acceptee_by=None) | Q(acceptee_at__isnull=False), name="invitation_acceptee_datee"
            ),
        ]

    def __str__(self) -> str:
        return f"Invitation {self.pk}"

    @property
    def est_expiree(self) -> bool:
        return self.expire_at <= timezone.now()
