"""What binds a MJPM to people, courts and establishments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import pghistory
import pgtrigger
from django.db import models
from django.db.models import F, Q

from accounts.models import User
from etablissements.models import Etablissement
from mandataires.models.mandataire import Mandataire
from tribunaux.models import Magistrat, Tribunal, magistrat_de

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser


def _un_seul_rattachement(
    name: str, *, user: str, autres: str, operation: pgtrigger.Operation
) -> pgtrigger.Trigger:
    """One user is member of one MJPM, or at one court, or staff.

    Three tables can break it, so each watches the other two. The lock on the user's row makes two
    simultaneous bindings wait for each other.
    """
    return pgtrigger.Trigger(
        name=name,
        when=pgtrigger.Before,
        operation=operation,
        func=f"""
            PERFORM 1 FROM accounts_user WHERE id = {user} FOR UPDATE;
            IF {autres} THEN
                RAISE EXCEPTION 'Un utilisateur est d''un mandataire, ou d''un tribunal, ou administrateur.'
                    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = '{name}';
            END IF;
            RETURN NEW;
        """,
    )


_EST_MAGISTRAT = "EXISTS (SELECT FROM tribunaux_magistrat WHERE user_id = {0})"
_EST_MEMBRE = "EXISTS (SELECT FROM mandataires_membre WHERE user_id = {0})"
_EST_STAFF = "EXISTS (SELECT FROM accounts_user WHERE id = {0} AND is_staff)"


@pghistory.track(model_name="MembreHistorique", exclude=["rappele_le"])
class Membre(models.Model):
    """The binding of a user to the MJPM for which they act; `est_admin` may invite and remove others."""

    user = models.OneToOneField(User, on_delete=models.PROTECT, related_name="membre", verbose_name="utilisateur")
    mandataire = models.ForeignKey(
        Mandataire, on_delete=models.PROTECT, related_name="membres", verbose_name="mandataire"
    )
    est_admin = models.BooleanField("administre le compte du mandataire", default=False)
    # The last monthly reminder: one a month, however often its task runs.
    rappele_le = models.DateField("rappelé le", null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "membre"
        verbose_name_plural = "membres"
        ordering = ["pk"]
        triggers = [
            _un_seul_rattachement(
                "membre_seul_rattachement",
                user="NEW.user_id",
                autres=f"{_EST_MAGISTRAT.format('NEW.user_id')} OR {_EST_STAFF.format('NEW.user_id')}",
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("user_id"),
            )
        ]

    def __str__(self) -> str:
        return str(self.user)


class MagistratExclusif(Magistrat):
    """Carries the trigger of `Magistrat` that `tribunaux`, which knows no MJPM, cannot declare."""

    class Meta:
        proxy = True
        default_permissions = ()
        triggers = [
            _un_seul_rattachement(
                "magistrat_seul_rattachement",
                user="NEW.user_id",
                autres=f"{_EST_MEMBRE.format('NEW.user_id')} OR {_EST_STAFF.format('NEW.user_id')}",
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("user_id"),
            )
        ]


class UserExclusif(User):
    """Carries the trigger of `User` that `accounts`, which knows no MJPM nor court, cannot declare."""

    class Meta:
        proxy = True
        default_permissions = ()
        triggers = [
            _un_seul_rattachement(
                "user_seul_rattachement",
                user="NEW.id",
                autres=f"NEW.is_staff AND ({_EST_MEMBRE.format('NEW.id')} OR {_EST_MAGISTRAT.format('NEW.id')})",
                operation=pgtrigger.UpdateOf("is_staff"),
            )
        ]


def membre_de(user: User | AnonymousUser) -> Membre | None:
    """The binding of `user` to a MJPM, or None. Django keeps the answer, even none, on the user."""
    return getattr(user, "membre", None)


class AgrementQuerySet(models.QuerySet["Agrement"]):
    def en_vigueur(self) -> Self:
        return self.filter(au=None)


@pghistory.track(model_name="AgrementHistorique")
class Agrement(models.Model):
    """A MJPM on the list of a court, as it declared it or as an admin verified it.

    Closing it (`au`) takes the record off that court's list at once.
    """

    mandataire = models.ForeignKey(
        Mandataire, on_delete=models.PROTECT, related_name="agrements", verbose_name="mandataire"
    )
    tribunal = models.ForeignKey(
        Tribunal, on_delete=models.PROTECT, related_name="agrements", verbose_name="tribunal"
    )
    du = models.DateField("depuis le")
    au = models.DateField("retiré le", null=True, blank=True)
    verifie_at = models.DateTimeField("vérifié le", null=True, blank=True)
    verifie_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="vérifié par"
    )

    objects = AgrementQuerySet.as_manager()

    class Meta:
        verbose_name = "agrément"
        verbose_name_plural = "agréments"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["mandataire", "tribunal"],
                condition=Q(au=None),
                name="agrement_en_vigueur_unique",
                violation_error_message="Ce tribunal est déjà dans la liste.",
            ),
            models.CheckConstraint(
                condition=Q(au=None) | Q(au__gte=F("du")),
                name="agrement_dates",
                violation_error_message="Un agrément ne finit pas avant d'avoir commencé.",
            ),
        ]
        indexes = [models.Index(fields=["tribunal", "mandataire"], condition=Q(au=None), name="agrement_liste")]

    def __str__(self) -> str:
        return f"{self.mandataire} – {self.tribunal}"


class ExerciceQuerySet(models.QuerySet["Exercice"]):
    def en_cours(self) -> Self:
        return self.filter(au=None).select_related("etablissement__commune").order_by("pk")


@pghistory.track(model_name="ExerciceHistorique")
class Exercice(models.Model):
    """A préposé in an establishment: one of the register, or a name that an admin will match."""

    mandataire = models.ForeignKey(
        Mandataire, on_delete=models.PROTECT, related_name="exercices", verbose_name="préposé"
    )
    etablissement = models.ForeignKey(
        Etablissement,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="exercices",
        verbose_name="établissement",
    )
    nom_libre = models.CharField("nom de l'établissement, hors liste", max_length=200, blank=True)
    du = models.DateField("depuis le")
    au = models.DateField("retiré le", null=True, blank=True)

    objects = ExerciceQuerySet.as_manager()

    class Meta:
        verbose_name = "exercice en établissement"
        verbose_name_plural = "exercices en établissement"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(etablissement__isnull=False, nom_libre="")
                | (Q(etablissement=None) & ~Q(nom_libre="")),
                name="exercice_liste_ou_nom_libre",
                violation_error_message="Choisissez un établissement de la liste ou écrivez son nom.",
            ),
            models.UniqueConstraint(
                fields=["mandataire", "etablissement"],
                condition=Q(au=None),
                name="exercice_en_cours_unique",
                violation_error_message="Cet établissement est déjà dans votre liste.",
            ),
            models.CheckConstraint(condition=Q(au=None) | Q(au__gte=F("du")), name="exercice_dates"),
        ]

    def __str__(self) -> str:
        return self.nom_libre or str(self.etablissement)


class NoteQuerySet(models.QuerySet["Note"]):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Notes of the user's own court, those of the courts that it succeeded included."""
        magistrat = magistrat_de(user)
        if magistrat is None or not user.is_active:
            return self.none()
        return self.filter(tribunal__actuel=magistrat.tribunal.actuel_id)


class Note(models.Model):
    """What a court notes on a MJPM, for the users of that court only."""

    tribunal = models.ForeignKey(Tribunal, on_delete=models.PROTECT, related_name="notes", verbose_name="tribunal")
    mandataire = models.ForeignKey(
        Mandataire, on_delete=models.PROTECT, related_name="notes", verbose_name="mandataire"
    )
    # The author may leave: the note stays with the court, under a neutral label.
    auteur = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name="auteur")
    texte = models.TextField("note", max_length=2000)
    at = models.DateTimeField("écrite le", auto_now_add=True)
    modifiee_at = models.DateTimeField("modifiée le", null=True, blank=True)

    objects = NoteQuerySet.as_manager()

    class Meta:
        verbose_name = "note du tribunal"
        verbose_name_plural = "notes du tribunal"
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["mandataire", "tribunal"], name="note_fiche")]

    def __str__(self) -> str:
        return f"Note {self.pk}"
