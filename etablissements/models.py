from __future__ import annotations

from typing import Self

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.validators import RegexValidator
from django.db import models

from tribunaux.db_functions import TexteRecherche
from tribunaux.models import Commune, point_entier, validate_code_postal

validate_finess = RegexValidator(
    r"^[0-9][0-9AB][0-9]{7}$", message="Un numéro FINESS compte neuf caractères, comme 620100057."
)


class EtablissementQuerySet(models.QuerySet["Etablissement"]):
    def ouverts(self) -> Self:
        return self.filter(ferme_le=None)


class Etablissement(models.Model):
    """A health or social establishment of the national register FINESS.

    `vu_le` is the date of the last register file that had it; None for a row made by hand.
    """

    finess = models.CharField("numéro FINESS", max_length=9, unique=True, validators=[validate_finess])
    nom = models.CharField("nom", max_length=200)
    categorie = models.CharField("catégorie", max_length=200, blank=True)
    adresse = models.CharField("adresse", max_length=200, blank=True)
    code_postal = models.CharField("code postal", max_length=5, blank=True, validators=[validate_code_postal])
    commune = models.ForeignKey(
        Commune,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="etablissements",
        verbose_name="commune",
    )
    latitude = models.FloatField("latitude", null=True, blank=True)
    longitude = models.FloatField("longitude", null=True, blank=True)
    ouvert_le = models.DateField("ouvert le", null=True, blank=True)
    ferme_le = models.DateField("fermé le", null=True, blank=True)
    vu_le = models.DateField("vu au répertoire le", null=True, blank=True, editable=False)
    nom_recherche = models.GeneratedField(
        expression=TexteRecherche("nom"), output_field=models.TextField(), db_persist=True
    )

    objects = EtablissementQuerySet.as_manager()

    class Meta:
        verbose_name = "établissement"
        verbose_name_plural = "établissements"
        ordering = ["nom", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=point_entier(),
                name="etablissement_point_entier",
                violation_error_message="Un point a une latitude et une longitude, en degrés.",
            ),
        ]
        indexes = [GinIndex(OpClass("nom_recherche", name="gin_trgm_ops"), name="etablissement_recherche")]

    def __str__(self) -> str:
        return self.nom
