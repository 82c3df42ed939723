from __future__ import annotations

from typing import TYPE_CHECKING, Self

import pghistory
import pgtrigger
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, When
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone

from accounts.contraintes import ContraintesEnsemble
from accounts.models import User
from etablissements.models import Etablissement
from mandataires.bilans import Bilan
from mandataires.disponibilite import Disponibilite, Interruption
from tribunaux.distances import PointConnu, distance_sql
from tribunaux.models import (
    Commune,
    Tribunal,
    magistrat_de,
    point_entier,
    validate_code_postal,
    validate_siret,
)

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser


class Genre(models.TextChoices):
    FEMME = "F", "Femme"
    HOMME = "H", "Homme"


class MandataireQuerySet(models.QuerySet["Mandataire"]):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Records that `user` may open: all for staff, every published one for a court, one's own."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.is_staff:
            return self
        if magistrat_de(user) is not None:
            return self.publies()
        return self.filter(membres__user=user)

    def publies(self) -> Self:
        """Validated MJPM with somebody who may log in: those that judges can see."""
        from mandataires.models.rattachements import Membre

        actifs = Membre.objects.filter(mandataire=OuterRef("pk"), user__is_active=True)
        return self.filter(Exists(actifs), valide_at__isnull=False)

    def de_la_liste(self, tribunal: Tribunal) -> Self:
        """MJPM with an agrément in force for `tribunal`, or for a court that it succeeded; each once."""
        return self.filter(_est_sur_la_liste(tribunal))

    def with_liste(self, tribunal: Tribunal) -> Self:
        """`sur_la_liste`: whether the MJPM is on the list of `tribunal`, as `de_la_liste` says it."""
        return self.annotate(sur_la_liste=_est_sur_la_liste(tribunal))

    def with_exercice(self, etablissement: Etablissement) -> Self:
        """`exerce_ici`: whether the MJPM is a préposé of this very establishment."""
        from mandataires.models.rattachements import Exercice

        exercices = Exercice.objects.filter(mandataire=OuterRef("pk"), etablissement=etablissement, au=None)
        return self.annotate(exerce_ici=Exists(exercices))

    def with_places(self) -> Self:
        """`places`: how many mesures the MJPM can still take today, negative above its capacity.

        The rule of `mandataires.disponibilite` for many rows. None when it is unknown, and during an
        interruption.
        """
        aujourd_hui = timezone.localdate()
        interrompu = Q(indisponible_du__lte=aujourd_hui) & (
            Q(indisponible_au=None) | Q(indisponible_au__gte=aujourd_hui)
        )
        en_cours = Case(
            When(source_total=Mandataire.SourceTotal.DECLARATION, then=F("charge__declare")),
            default=F("charge__en_cours"),
        )
        return self.annotate(
            places=Case(
                When(interrompu, then=None),
                default=F("capacite") - en_cours - F("charge__en_attente") + F("charge__renouvellements"),
                output_field=models.IntegerField(null=True),
            )
        )

    def with_eloignement(self, depart: PointConnu) -> Self:
        """`eloignement`: kilometres from `depart` to the MJPM's address, or to its commune; None without a point.

        Within 1 %, to filter and sort; `point_latitude` and `point_longitude` are where it was measured to.
        """
        return self.annotate(
            point_latitude=Coalesce("latitude", "commune__latitude"),
            point_longitude=Coalesce("longitude", "commune__longitude"),
            eloignement=distance_sql(depart, F("point_latitude"), F("point_longitude")),
        )


def _est_sur_la_liste(tribunal: Tribunal) -> Exists:
    from mandataires.models.rattachements import Agrement

    return Exists(
        Agrement.objects.en_vigueur().filter(mandataire=OuterRef("pk"), tribunal__actuel=tribunal.actuel_id)
    )


@pghistory.track(model_name="MandataireHistorique", exclude=["version", "indisponibilite_annoncee_at"])
class Mandataire(ContraintesEnsemble):
    """A MJPM: individuel, préposé of establishments, or service.

    `email` and the telephones are what judges see; the address to log in is the user's own.
    `capacite` is the number of mesures wanted (individuel, préposé) or wanted or authorised (service),
    None when it has not been said, which is not 0.
    """

    class Type(models.TextChoices):
        INDIVIDUEL = "individuel", "individuel"
        PREPOSE = "prepose", "préposé"
        SERVICE = "service", "service"

    class SourceTotal(models.TextChoices):
        DECLARATION = "declaration", "nombre déclaré par le service"
        MESURES = "mesures", "nombre de mesures enregistrées ici"

    class MotifIndisponibilite(models.TextChoices):
        CONGES = "conges", "congés"
        FORMATION = "formation", "formation"
        EFFECTIF = "effectif", "effectif réduit"
        CESSATION = "cessation", "cessation d'activité"
        AUTRE = "autre", "autre raison"

    type = models.CharField("type", max_length=20, choices=Type)
    nom = models.CharField("nom", max_length=150, help_text="Pour un service, sa raison sociale.")
    prenom = models.CharField("prénom", max_length=150, blank=True)
    genre = models.CharField("genre", max_length=1, choices=Genre, blank=True)
    siret = models.CharField("SIRET", max_length=14, blank=True, validators=[validate_siret])
    telephone = models.CharField("téléphone", max_length=20, blank=True)
    telephone_portable = models.CharField("téléphone portable", max_length=20, blank=True)
    email = models.EmailField("adresse e-mail de contact", blank=True)
    adresse = models.CharField("adresse", max_length=200, blank=True)
    code_postal = models.CharField("code postal", max_length=5, blank=True, validators=[validate_code_postal])
    commune = models.ForeignKey(
        Commune,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="mandataires",
        verbose_name="commune",
    )
    latitude = models.FloatField("latitude", null=True, blank=True)
    longitude = models.FloatField("longitude", null=True, blank=True)
    capacite = models.PositiveIntegerField("nombre de mesures souhaitées ou autorisées", null=True, blank=True)
    source_total = models.CharField(
        "source du nombre de mesures en cours",
        max_length=20,
        choices=SourceTotal,
        default=SourceTotal.MESURES,
    )
    a_un_secretariat = models.BooleanField("dispose d'un secrétariat", default=False)
    secretariat_etp = models.DecimalField(
        "secrétariat (ETP)",
        max_digits=4,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    message_magistrats = models.TextField("message aux magistrats", max_length=1000, blank=True)
    indisponible_du = models.DateField("indisponible du", null=True, blank=True)
    indisponible_au = models.DateField("indisponible jusqu'au", null=True, blank=True)
    indisponible_motif = models.CharField(
        "raison de l'indisponibilité", max_length=20, choices=MotifIndisponibilite, blank=True
    )
    # When its courts were last told of it: those that waited for an answer by then know.
    indisponibilite_annoncee_at = models.DateTimeField(
        "indisponibilité annoncée le", null=True, blank=True, editable=False
    )
    # Who validated or refused may leave: the date stays, the name becomes neutral.
    valide_at = models.DateTimeField("validé le", null=True, blank=True)
    valide_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="validé par"
    )
    refuse_at = models.DateTimeField("refusé le", null=True, blank=True)
    refuse_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="refusé par"
    )
    refus_motif = models.TextField("motif du refus", max_length=1000, blank=True)
    created_at = models.DateTimeField("créé le", auto_now_add=True)
    version = models.PositiveIntegerField("version", default=0, editable=False)

    objects = MandataireQuerySet.as_manager()

    class Meta:
        verbose_name = "mandataire"
        verbose_name_plural = "mandataires"
        ordering = ["nom", "prenom", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(type="service", prenom="", genre="", a_un_secretariat=False)
                | (~Q(type="service") & ~Q(prenom="")),
                name="mandataire_personne_ou_service",
                violation_error_message="Un individuel ou un préposé a un prénom ; "
                "un service n'a ni prénom, ni genre, ni secrétariat.",
            ),
            models.CheckConstraint(
                condition=~Q(type="prepose") | Q(siret=""),
                name="mandataire_prepose_sans_siret",
                violation_error_message="Un préposé n'a pas de SIRET propre : c'est celui de son établissement.",
            ),
            models.UniqueConstraint(
                fields=["siret"],
                condition=~Q(siret="") & Q(refuse_at=None),
                name="mandataire_siret_unique",
                violation_error_message="Un mandataire a déjà ce SIRET.",
            ),
            models.CheckConstraint(
                condition=Q(type="service") | Q(source_total="mesures"),
                name="mandataire_declaration_de_service",
                violation_error_message="Seul un service déclare son nombre de mesures en cours.",
            ),
            models.CheckConstraint(
                condition=Q(secretariat_etp=None) | Q(a_un_secretariat=True, secretariat_etp__gte=0),
                name="mandataire_etp_de_secretariat",
                violation_error_message="Le nombre d'ETP suppose un secrétariat, et ne peut pas être négatif.",
            ),
            models.CheckConstraint(
                condition=Q(indisponible_du=None, indisponible_au=None, indisponible_motif="")
                | Q(indisponible_du__isnull=False, indisponible_au=None)
                | Q(indisponible_du__isnull=False, indisponible_au__gte=F("indisponible_du")),
                name="mandataire_indisponibilite",
                violation_error_message="Une indisponibilité a une date de début, et ne finit pas avant elle.",
            ),
            models.CheckConstraint(
                condition=point_entier(),
                name="mandataire_point_entier",
                violation_error_message="Un point a une latitude et une longitude, en degrés.",
            ),
            models.CheckConstraint(
                condition=Q(valide_at=None) | Q(refuse_at=None),
                name="mandataire_valide_ou_refuse",
                violation_error_message="Une demande est validée ou refusée, pas les deux.",
            ),
            models.CheckConstraint(
                condition=Q(valide_by=None) | Q(valide_at__isnull=False),
                name="mandataire_validation_datee",
            ),
            models.CheckConstraint(
                condition=Q(refuse_at=None, refuse_by=None, refus_motif="")
                | (Q(refuse_at__isnull=False) & ~Q(refus_motif="")),
                name="mandataire_refus_motive",
                violation_error_message="Un refus a une date et un motif.",
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="mandataire_a_une_charge",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                func="""
                    INSERT INTO mandataires_charge (mandataire_id, en_cours, en_attente)
                    VALUES (NEW.id, 0, 0);
                    RETURN NULL;
                """,
            )
        ]

    def __str__(self) -> str:
        return f"{self.prenom} {self.nom}" if self.prenom else self.nom

    def get_absolute_url(self) -> str:
        return reverse("mandataire_fiche", args=[self.pk])

    @property
    def est_service(self) -> bool:
        return self.type == self.Type.SERVICE

    @property
    def est_prepose(self) -> bool:
        return self.type == self.Type.PREPOSE

    @property
    def declare_son_total(self) -> bool:
        """Whether the total of ongoing mesures is the last declaration, not a count of mesures."""
        return self.source_total == self.SourceTotal.DECLARATION

    def tribunaux_actuels(self) -> models.QuerySet[Tribunal]:
        """The courts on whose list it stands, each once under its present name, with `est_verifie`."""
        en_vigueur = self.agrements.en_vigueur()
        verifies = en_vigueur.filter(tribunal__actuel=OuterRef("pk"), verifie_at__isnull=False)
        return (
            Tribunal.objects.filter(pk__in=en_vigueur.values("tribunal__actuel"))
            .annotate(est_verifie=Exists(verifies))
            .order_by("nom", "pk")
        )

    def mesures_du_tribunal(self, tribunal: Tribunal) -> int:
        """How many of its ongoing mesures are of `tribunal`: exact, as they are the court's own.

        No counter is kept by court. The relation gives the count without `mandataires` knowing `mesures`.
        """
        return self.mesures.en_cours().filter(tribunal__actuel=tribunal.actuel_id).count()

    def reponses_au_tribunal(self, tribunal: Tribunal) -> Bilan:
        """How it has answered `tribunal`'s reservations of the last twelve months: for that court only."""
        bilan: Bilan = self.mesures.filter(tribunal__actuel=tribunal.actuel_id).bilan()
        return bilan

    @property
    def libelle_capacite(self) -> str:
        return "souhaitées ou autorisées" if self.est_service else "souhaitées"

    @property
    def interruption(self) -> Interruption | None:
        """The one that goes on, or is to come; None once it is over."""
        aujourd_hui = timezone.localdate()
        if self.indisponible_du is None or (
            self.indisponible_au is not None and self.indisponible_au < aujourd_hui
        ):
            return None
        return Interruption(
            du=self.indisponible_du,
            au=self.indisponible_au,
            motif=self.get_indisponible_motif_display(),
            est_commencee=self.indisponible_du <= aujourd_hui,
        )

    @property
    def disponibilite(self) -> Disponibilite:
        """The load as every page shows it. Without a query when `charge` was selected."""
        interruption = self.interruption
        interrompu = interruption is not None and interruption.est_commencee
        return Disponibilite(
            en_cours=self.charge.declare if self.declare_son_total else self.charge.en_cours,
            en_attente=self.charge.en_attente - self.charge.renouvellements,
            capacite=self.capacite,
            interrompu=interrompu,
            interrompu_jusqu_au=self.indisponible_au if interrompu else None,
        )
