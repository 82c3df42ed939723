from __future__ import annotations

from typing import TYPE_CHECKING, Self
from unicodedata import normalize

import pghistory
import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from tribunaux.db_functions import TexteRecherche

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

validate_code_postal = RegexValidator(r"^\d{5}$", message="Un code postal compte cinq chiffres.")
validate_siret = RegexValidator(r"^\d{14}$", message="Un numéro SIRET compte quatorze chiffres.")


def point_entier() -> Q:
    """A point has a latitude and a longitude, in degrees, or neither."""
    # NULL BETWEEN … is unknown, which a check lets through: both columns are said not to be NULL.
    return Q(latitude__isnull=True, longitude__isnull=True) | Q(
        latitude__isnull=False,
        longitude__isnull=False,
        latitude__range=(-90, 90),
        longitude__range=(-180, 180),
    )


class Reference(models.Model):
    """A row of the reference lists that come with the product.

    `empreinte` is the md5 of the values as they were last loaded. A row whose values no longer give
    it was changed by an operator, and is left alone by the next loading.
    """

    empreinte = models.CharField("empreinte du dernier chargement", max_length=32, blank=True, editable=False)

    class Meta:
        abstract = True


class Region(Reference):
    code = models.CharField("code", max_length=3, primary_key=True)
    nom = models.CharField("nom", max_length=100)

    class Meta:
        verbose_name = "région"
        verbose_name_plural = "régions"
        ordering = ["nom"]

    def __str__(self) -> str:
        return self.nom


class Departement(Reference):
    """A département or an overseas collectivity: « 01 », « 2A », « 974 », « 988 »."""

    code = models.CharField("code", max_length=3, primary_key=True)
    nom = models.CharField("nom", max_length=100)
    region = models.ForeignKey(
        Region, on_delete=models.PROTECT, related_name="departements", verbose_name="région"
    )

    class Meta:
        verbose_name = "département"
        verbose_name_plural = "départements"
        ordering = ["code"]

    def __str__(self) -> str:
        return f"{self.nom} ({self.code})"


class Commune(Reference):
    """A commune under its INSEE code; `latitude` and `longitude` are its town hall's, in degrees (WGS 84).

    A commune may have several postal codes and a postal code several communes. The 98 communes
    without a point (most of them overseas collectivities) are found by name, never put at 0, 0.
    """

    code_insee = models.CharField("code INSEE", max_length=5, primary_key=True)
    nom = models.CharField("nom", max_length=100)
    departement = models.ForeignKey(
        Departement, on_delete=models.PROTECT, related_name="communes", verbose_name="département"
    )
    codes_postaux = ArrayField(
        models.CharField(max_length=5, validators=[validate_code_postal]),
        verbose_name="codes postaux",
        default=list,
        blank=True,
    )
    latitude = models.FloatField("latitude", null=True, blank=True)
    longitude = models.FloatField("longitude", null=True, blank=True)
    population = models.PositiveIntegerField("population", null=True, blank=True)
    nom_recherche = models.GeneratedField(
        expression=TexteRecherche("nom"), output_field=models.TextField(), db_persist=True
    )

    class Meta:
        verbose_name = "commune"
        verbose_name_plural = "communes"
        ordering = ["nom", "code_insee"]
        constraints = [
            models.CheckConstraint(
                condition=point_entier(),
                name="commune_point_entier",
                violation_error_message="Un point a une latitude et une longitude, en degrés.",
            ),
        ]
        indexes = [
            GinIndex(fields=["codes_postaux"], name="commune_codes_postaux"),
            GinIndex(OpClass("nom_recherche", name="gin_trgm_ops"), name="commune_recherche"),
        ]

    def __str__(self) -> str:
        return f"{self.nom} ({self.departement_id})"

    @property
    def avec_de(self) -> str:
        """« de Calais (62) », « d'Arras (62) », « du Portel (62) », « des Attaques (62) »: after « à 20 km »…"""
        for article, contracte in (("Le ", "du "), ("Les ", "des ")):
            if self.nom.startswith(article):
                return contracte + str(self).removeprefix(article)
        return f"d'{self}" if normalize("NFKD", self.nom)[:1].lower() in tuple("aeiouœæ") else f"de {self}"


class TribunalQuerySet(models.QuerySet["Tribunal"]):
    def ouverts(self) -> Self:
        """Courts that sit today: those that a person can choose."""
        return self.filter(ferme_le=None)


@pghistory.track(model_name="TribunalHistorique", exclude=["empreinte", "nom_recherche", "actuel"])
class Tribunal(Reference):
    """A court, known by its SIRET where it has one, else by its kind and commune.

    A closed court names its successor. Nothing is rewritten then: users, agréments, mesures and notes
    stay on the court they were written for, and every query of visibility compares `actuel`,
    the court itself or its open successor, which a trigger keeps.
    """

    class Type(models.TextChoices):
        JUDICIAIRE = "judiciaire", "tribunal judiciaire"
        PROXIMITE = "proximite", "tribunal de proximité"
        PREMIERE_INSTANCE = "premiere_instance", "tribunal de première instance"

    siret = models.CharField(
        "SIRET", max_length=14, unique=True, null=True, blank=True, validators=[validate_siret]
    )
    nom = models.CharField("nom officiel", max_length=200)
    type = models.CharField("type", max_length=20, choices=Type)
    rattachement = models.CharField("juridiction de rattachement", max_length=200, blank=True)
    commune = models.ForeignKey(
        Commune, on_delete=models.PROTECT, related_name="tribunaux", verbose_name="commune du siège"
    )
    adresse = models.CharField("adresse", max_length=200, blank=True)
    complement_adresse = models.CharField("complément d'adresse", max_length=200, blank=True)
    ouvert_le = models.DateField("ouvert le", null=True, blank=True)
    ferme_le = models.DateField("fermé le", null=True, blank=True)
    successeur = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="predecesseurs",
        verbose_name="tribunal qui succède",
    )
    actuel = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name="tribunal actuel",
    )
    nom_recherche = models.GeneratedField(
        expression=TexteRecherche("nom"), output_field=models.TextField(), db_persist=True
    )

    objects = TribunalQuerySet.as_manager()

    class Meta:
        verbose_name = "tribunal"
        verbose_name_plural = "tribunaux"
        ordering = ["nom", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["type", "commune"],
                condition=Q(siret=None),
                name="tribunal_sans_siret_unique",
                violation_error_message="Un tribunal de ce type existe déjà dans cette commune.",
            ),
            models.CheckConstraint(
                condition=Q(ferme_le=None, successeur=None) | Q(ferme_le__isnull=False, successeur__isnull=False),
                name="tribunal_ferme_a_un_successeur",
                violation_error_message="Un tribunal fermé a une date de fermeture et un successeur.",
            ),
            models.CheckConstraint(
                condition=Q(ferme_le=None) | Q(ouvert_le=None) | Q(ferme_le__gte=models.F("ouvert_le")),
                name="tribunal_ferme_apres_ouverture",
                violation_error_message="Un tribunal ne ferme pas avant d'avoir ouvert.",
            ),
        ]
        indexes = [GinIndex(OpClass("nom_recherche", name="gin_trgm_ops"), name="tribunal_recherche")]
        triggers = [
            # Two closings at once would each not see the other's: the second waits here, before its first row.
            pgtrigger.Trigger(
                name="tribunal_verrou",
                level=pgtrigger.Statement,
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("ferme_le", "successeur_id"),
                func="""
                    PERFORM pg_advisory_xact_lock('tribunaux_tribunal'::regclass::int, 0);
                    RETURN NULL;
                """,
            ),
            # A few hundred rows, changed a few times a year: all of them are followed again, the closed ones
            # step by step. UNION (not UNION ALL) ends on a loop, which leaves its courts without a successor.
            pgtrigger.Trigger(
                name="tribunal_actuel",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("ferme_le", "successeur_id"),
                func="""
                    UPDATE tribunaux_tribunal AS t
                       SET actuel_id = suite.actuel_id
                      FROM (
                          WITH RECURSIVE chemin AS (
                              SELECT id AS depart_id, successeur_id AS id
                                FROM tribunaux_tribunal WHERE successeur_id IS NOT NULL
                              UNION
                              SELECT c.depart_id, s.successeur_id
                                FROM chemin c JOIN tribunaux_tribunal s ON s.id = c.id
                               WHERE s.successeur_id IS NOT NULL
                          )
                          SELECT id, id AS actuel_id FROM tribunaux_tribunal WHERE successeur_id IS NULL
                          UNION ALL
                          SELECT f.id, (SELECT c.id
                                          FROM chemin c JOIN tribunaux_tribunal s ON s.id = c.id
                                         WHERE c.depart_id = f.id AND s.successeur_id IS NULL)
                            FROM tribunaux_tribunal f WHERE f.successeur_id IS NOT NULL
                      ) AS suite
                     WHERE suite.id = t.id AND t.actuel_id IS DISTINCT FROM suite.actuel_id;
                    IF EXISTS (SELECT FROM tribunaux_tribunal WHERE actuel_id IS NULL) THEN
                        RAISE EXCEPTION 'Un tribunal ne peut pas se succéder à lui-même.'
                            USING ERRCODE = 'integrity_constraint_violation';
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.nom

    def clean(self) -> None:
        """A court closes today or has closed; its successor must lead to an open one, without a loop."""
        if self.ferme_le is not None and self.ferme_le > timezone.localdate():
            raise ValidationError({"ferme_le": "Un tribunal se ferme le jour même : revenez à cette date."})
        suivant, vus = self.successeur, {self.pk}
        while suivant is not None:
            if suivant.pk in vus:
                raise ValidationError(
                    {"successeur": "Ce tribunal succède déjà, de proche en proche, à celui que vous fermez."}
                )
            vus.add(suivant.pk)
            suivant = suivant.successeur

    @property
    def est_ouvert(self) -> bool:
        return self.ferme_le is None

    @property
    def libelle(self) -> str:
        """The official name; the guides' word for a former tribunal d'instance is added to it."""
        if not self.est_ouvert:
            return f"{self.nom} (fermé)"
        return f"{self.nom} (ancien TI)" if self.type == self.Type.PROXIMITE else self.nom

    @property
    def libelle_court(self) -> str:
        """« TJ Arras », for the cell of a table that says what TJ, TPROX and TPI stand for."""
        return f"{SIGLES[self.Type(self.type)]} {self.commune.nom}"

    @property
    def avec_article(self) -> str:
        """« le tribunal judiciaire d'Arras », inside a sentence."""
        return f"le t{self.nom[1:]}" if self.nom.startswith("Tribunal") else self.nom


SIGLES = {
    Tribunal.Type.JUDICIAIRE: "TJ",
    Tribunal.Type.PROXIMITE: "TPROX",
    Tribunal.Type.PREMIERE_INSTANCE: "TPI",
}


@pghistory.track(model_name="MagistratHistorique")
class Magistrat(models.Model):
    """The binding of a user to a court, as juge or greffier, who have the same rights."""

    class Fonction(models.TextChoices):
        JUGE = "juge", "juge"
        GREFFIER = "greffier", "greffier"

    user = models.OneToOneField(
        User, on_delete=models.PROTECT, related_name="magistrat", verbose_name="utilisateur"
    )
    tribunal = models.ForeignKey(
        Tribunal, on_delete=models.PROTECT, related_name="magistrats", verbose_name="tribunal"
    )
    fonction = models.CharField("fonction", max_length=20, choices=Fonction, default=Fonction.JUGE)
    cabinet = models.CharField("cabinet", max_length=50, blank=True)

    class Meta:
        verbose_name = "magistrat ou greffier"
        verbose_name_plural = "magistrats et greffiers"
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.user} ({self.get_fonction_display()})"

    @property
    def tribunal_actuel(self) -> Tribunal:
        """The court that sits: this user's own, or its open successor."""
        actuel = self.tribunal.actuel
        assert actuel is not None
        return actuel


def magistrat_de(user: User | AnonymousUser) -> Magistrat | None:
    """The binding of `user` to a court, or None. Django keeps the answer, even none, on the user."""
    return getattr(user, "magistrat", None)
