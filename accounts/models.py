from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.contrib.auth.models import UserManager as BaseUserManager
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Lower

validate_identifiant = RegexValidator(r"^[^@]+$", message="L'identifiant ne peut pas contenir le signe « @ ».")


class UserManager(BaseUserManager["User"]):
    @classmethod
    def normalize_email(cls, email: str | None) -> str:
        """The whole address in lower case: it is compared without case, so it is kept so."""
        return (email or "").strip().lower()


class User(AbstractUser):
    """Somebody who may log in, by `username` (« identifiant ») or e-mail, both without case.

    It grants no right by itself: what a person may do follows from their one binding, to a MJPM
    (`mandataires.Membre`), to a court (`tribunaux.Magistrat`) or to the admin (`is_staff`).
    `is_active` says that they may log in: a request for an account that waits for an admin is inactive.
    """

    username = models.CharField(
        "identifiant",
        max_length=150,
        unique=True,
        validators=[validate_identifiant],
        help_text="150 caractères au plus, sans « @ ». Les majuscules ne comptent pas.",
        error_messages={"unique": "Cet identifiant est déjà pris : choisissez-en un autre."},
    )
    email = models.EmailField("adresse e-mail de connexion", blank=True)
    # What the site may write to them of its own accord; links that they asked for always come.
    # `forms.CourrielsForm` says to each role what they mean.
    courriel_reservations = models.BooleanField("réservations", default=True, db_default=True)
    courriel_echeances = models.BooleanField("échéances des réservations", default=True, db_default=True)
    courriel_rappels = models.BooleanField("rappel mensuel", default=True, db_default=True)

    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        verbose_name = "utilisateur"
        verbose_name_plural = "utilisateurs"
        constraints = [
            models.UniqueConstraint(
                Lower("username"),
                name="user_identifiant_unique",
                violation_error_message="Cet identifiant est déjà pris : choisissez-en un autre.",
            ),
            models.UniqueConstraint(
                Lower("email"),
                condition=~models.Q(email=""),
                name="user_email_unique",
                violation_error_message="Cette adresse e-mail est déjà celle d'un compte.",
            ),
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")),
                name="user_email_en_minuscules",
                violation_error_message="L'adresse e-mail s'écrit en minuscules.",
            ),
            models.CheckConstraint(
                condition=~models.Q(username__contains="@"),
                name="user_identifiant_sans_arobase",
                violation_error_message="L'identifiant ne peut pas contenir le signe « @ ».",
            ),
        ]

    def __str__(self) -> str:
        return self.get_full_name() or self.username


class Courriel(models.Model):
    """A mail that waits for the worker: written with the change it speaks of, deleted once sent.

    Kept as a row so that a task (and its logs) holds a primary key only, never an address or a link.
    """

    destinataire = models.EmailField("destinataire")
    objet = models.CharField("objet", max_length=200)
    corps = models.TextField("corps")
    created_at = models.DateTimeField("écrit le", auto_now_add=True)

    class Meta:
        verbose_name = "courriel à envoyer"
        verbose_name_plural = "courriels à envoyer"

    def __str__(self) -> str:
        return f"Courriel {self.pk}"
