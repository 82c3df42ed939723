from __future__ import annotations

from typing import TYPE_CHECKING, Self

import pghistory
import pgtrigger
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Concat
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from etablissements.models import Etablissement
from mandataires.models import Agrement, Genre, Mandataire, membre_de
from mesures.db_functions import NormaliserRG
from mesures.enums import EN_ETABLISSEMENT, Champ, LieuVie, MotifExtinction, Nature, Statut
from mesures.regles import ANNEE_MIN, DATE_MIN, Contexte, normaliser_rg, problemes
from mesures.transitions import paires
from mesures.triggers import compter
from tribunaux.db_functions import TexteRecherche
from tribunaux.models import Commune, Tribunal, magistrat_de, validate_code_postal

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser


class MesureQuerySet(models.QuerySet["Mesure"]):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Mesures of the user's own MJPM, or of the user's own court in every state; none for staff."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if (membre := membre_de(user)) is not None:
            return self.filter(mandataire=membre.mandataire_id)
        if (magistrat := magistrat_de(user)) is not None:
            return self.filter(tribunal__actuel=magistrat.tribunal.actuel_id)
        return self.none()

    def en_cours(self) -> Self:
        return self.filter(statut=Statut.EN_COURS)

    def eteintes(self) -> Self:
        return self.filter(statut=Statut.ETEINTE)

    def ouvertes(self) -> Self:
        """En attente or en cours: those that count in the load, and whose RG is taken."""
        return self.filter(statut__in=[Statut.EN_ATTENTE, Statut.EN_COURS])

    def a_completer(self) -> Self:
        """Those that lack what a form would ask for: see `Mesure.manques`."""
        return self.filter(
            Q(tribunal=None)
            | Q(code_postal="") & ~Q(lieu_vie=LieuVie.SDF)
            | Q(lieu_vie__in=EN_ETABLISSEMENT, etablissement=None, etablissement_nom="")
        )

    def with_lieux(self) -> Self:
        """With the rows that a list shows beside each mesure."""
        return self.select_related("commune", "tribunal__actuel__commune", "etablissement")


@pghistory.track(
    model_name="MesureHistorique",
    exclude=["rg_normalise", "texte_recherche"],
    obj_field=pghistory.ObjForeignKey(related_name="historique"),
)
class Mesure(models.Model):
    """A mesure de protection carried by a MJPM, from the court's reservation to its end.

    The protected person is a genre and a year of birth: no name, no full birth date, ever.
    `version` rises at each act: a form that was opened before another's act is told so.
    """

    mandataire = models.ForeignKey(
        Mandataire, on_delete=models.PROTECT, related_name="mesures", verbose_name="mandataire"
    )
    statut = models.CharField("statut", max_length=20, choices=Statut, default=Statut.EN_COURS, editable=False)

    # Six facts of the guide. Which of them a state demands is said by `mesures.regles`.
    date_decision = models.DateField("date de décision", null=True, blank=True)
    nature = models.CharField("type de mesure", max_length=40, choices=Nature, blank=True)
    code_postal = models.CharField("code postal", max_length=5, blank=True, validators=[validate_code_postal])
    commune = models.ForeignKey(
        Commune,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="mesures",
        verbose_name="commune",
    )
    genre = models.CharField("genre", max_length=1, choices=Genre, blank=True)
    annee_naissance = models.PositiveSmallIntegerField("année de naissance", null=True, blank=True)
    lieu_vie = models.CharField("lieu de vie", max_length=40, choices=LieuVie, blank=True)
    etablissement = models.ForeignKey(
        Etablissement,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="mesures",
        verbose_name="établissement",
    )
    etablissement_nom = models.CharField("nom de l'établissement, hors liste", max_length=200, blank=True)

    tribunal = models.ForeignKey(
        Tribunal,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="mesures",
        verbose_name="tribunal",
    )
    numero_rg = models.CharField("numéro RG", max_length=30, null=True, blank=True)
    rg_normalise = models.GeneratedField(
        expression=NormaliserRG("numero_rg"), output_field=models.TextField(null=True), db_persist=True
    )
    cabinet = models.CharField("cabinet", max_length=50, blank=True)
    numero_dossier = models.CharField("numéro de dossier", max_length=50, blank=True)
    champ = models.CharField("champ", max_length=20, choices=Champ, blank=True)
    # What the search of a list reads of the row itself: `mesures.recherche`.
    texte_recherche = models.GeneratedField(
        expression=TexteRecherche(
            Concat(
                "numero_rg",
                Value(" "),
                "numero_dossier",
                Value(" "),
                "code_postal",
                Value(" "),
                "etablissement_nom",
                output_field=models.TextField(),
            )
        ),
        output_field=models.TextField(),
        db_persist=True,
    )

    date_extinction = models.DateField("date de fin de mandat", null=True, blank=True)
    motif_extinction = models.CharField("motif de fin", max_length=40, choices=MotifExtinction, blank=True)

    # A reservation. Its authors may leave: the date stays, the name becomes neutral.
    reserve_at = models.DateTimeField("réservée le", null=True, blank=True, editable=False)
    reserve_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, editable=False, related_name="+", verbose_name="par"
    )
    est_urgente = models.BooleanField("urgente", default=False)
    jugement_attendu_le = models.DateField("jugement attendu le", null=True, blank=True)
    expire_le = models.DateField("expire le", null=True, blank=True, editable=False)
    vue_at = models.DateTimeField("vue le", null=True, blank=True, editable=False)
    repondu_at = models.DateTimeField("répondue le", null=True, blank=True, editable=False)
    repondu_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, editable=False, related_name="+", verbose_name="par"
    )
    annule_at = models.DateTimeField("annulée le", null=True, blank=True, editable=False)
    annule_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, editable=False, related_name="+", verbose_name="par"
    )
    motif_reponse = models.TextField("motif du refus ou de l'annulation", max_length=500, blank=True)
    renouvelle = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="renouvellements",
        verbose_name="mesure renouvelée",
    )

    created_at = models.DateTimeField("enregistrée le", auto_now_add=True)
    version = models.PositiveIntegerField("version", default=0, editable=False)

    # Set by a form on the instance that it validates: the court and the establishment are then demanded.
    exige_complete = False

    objects = MesureQuerySet.as_manager()

    class Meta:
        verbose_name = "mesure"
        verbose_name_plural = "mesures"
        ordering = ["-date_decision", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(statut="en_attente")
                | Q(
                    reserve_at__isnull=False,
                    expire_le__isnull=False,
                    tribunal__isnull=False,
                    date_decision=None,
                    repondu_at=None,
                    annule_at=None,
                ),
                name="mesure_en_attente",
                violation_error_message="Une mesure en attente est réservée, et pas encore prononcée.",
            ),
            models.CheckConstraint(
                condition=~Q(statut="en_cours") | Q(date_decision__isnull=False, annule_at=None),
                name="mesure_en_cours",
                violation_error_message="Une mesure en cours a une date de décision et n'est pas annulée.",
            ),
            models.CheckConstraint(
                condition=~Q(statut="eteinte")
                | Q(date_decision__isnull=False, date_extinction__isnull=False, annule_at=None),
                name="mesure_eteinte",
                violation_error_message="Une mesure éteinte a une date de décision et une date de fin.",
            ),
            models.CheckConstraint(
                condition=~Q(statut="refusee")
                | (
                    Q(reserve_at__isnull=False, repondu_at__isnull=False, annule_at=None, date_decision=None)
                    & ~Q(motif_reponse="")
                ),
                name="mesure_refusee",
                violation_error_message="Une réservation refusée a une date de réponse et un motif.",
            ),
            models.CheckConstraint(
                condition=~Q(statut="annulee")
                | (
                    Q(reserve_at__isnull=False, annule_at__isnull=False, repondu_at=None, date_decision=None)
                    & ~Q(motif_reponse="")
                ),
                name="mesure_annulee",
                violation_error_message="Une réservation annulée a une date d'annulation et un motif.",
            ),
            models.CheckConstraint(
                condition=~Q(statut="expiree")
                | Q(
                    reserve_at__isnull=False,
                    expire_le__isnull=False,
                    repondu_at=None,
                    annule_at=None,
                    date_decision=None,
                ),
                name="mesure_expiree",
                violation_error_message="Une réservation expirée n'a reçu aucune réponse.",
            ),
            models.CheckConstraint(
                condition=~Q(statut__in=["en_cours", "eteinte"])
                | Q(reserve_at=None, repondu_at=None)
                | Q(reserve_at__isnull=False, repondu_at__isnull=False),
                name="mesure_confirmee_si_reservee",
                violation_error_message="Une mesure réservée n'est en cours qu'une fois confirmée.",
            ),
            models.CheckConstraint(
                condition=(Q(reserve_by=None) | Q(reserve_at__isnull=False))
                & (Q(repondu_by=None) | Q(repondu_at__isnull=False))
                & (Q(annule_by=None) | Q(annule_at__isnull=False)),
                name="mesure_auteurs_dates",
                violation_error_message="Un acte qui a un auteur a une date.",
            ),
            models.CheckConstraint(
                condition=Q(statut="eteinte") | Q(date_extinction=None, motif_extinction=""),
                name="mesure_fin_si_eteinte",
                violation_error_message="Seule une mesure éteinte a une date et un motif de fin.",
            ),
            models.CheckConstraint(
                condition=Q(
                    statut__in=Statut.values,
                    nature__in=Nature.values,
                    genre__in=Genre.values,
                    lieu_vie__in=["", *LieuVie.values],
                    champ__in=["", *Champ.values],
                    motif_extinction__in=["", *MotifExtinction.values],
                ),
                name="mesure_listes_fermees",
                violation_error_message="Une valeur n'est pas dans sa liste.",
            ),
            models.CheckConstraint(
                condition=~Q(statut__in=["en_cours", "eteinte"])
                | (~Q(lieu_vie="") & (Q(commune__isnull=False) | Q(lieu_vie="sdf"))),
                name="mesure_lieu_de_vie",
                violation_error_message="Indiquez le lieu de vie et la commune.",
            ),
            models.CheckConstraint(
                condition=Q(etablissement=None, etablissement_nom="")
                | Q(lieu_vie__in=EN_ETABLISSEMENT, etablissement=None)
                | Q(lieu_vie__in=EN_ETABLISSEMENT, etablissement_nom=""),
                name="mesure_etablissement",
                violation_error_message="Un établissement, de la liste ou en toutes lettres, suppose d'y vivre.",
            ),
            models.CheckConstraint(
                condition=Q(annee_naissance__isnull=False, annee_naissance__range=(ANNEE_MIN, 2200)),
                name="mesure_annee_naissance",
                violation_error_message="L'année de naissance n'est pas possible.",
            ),
            models.CheckConstraint(
                condition=Q(date_decision=None)
                | Q(date_decision__gte=DATE_MIN, date_decision__year__gte=F("annee_naissance")),
                name="mesure_date_decision",
                violation_error_message="La décision ne peut pas précéder la naissance, ni 1900.",
            ),
            models.CheckConstraint(
                condition=Q(date_extinction=None) | Q(date_extinction__gte=F("date_decision")),
                name="mesure_date_extinction",
                violation_error_message="La date de fin ne peut pas précéder la décision.",
            ),
            models.CheckConstraint(
                condition=Q(code_postal="") | Q(code_postal__regex=r"^[0-9]{5}$"),
                name="mesure_code_postal",
                violation_error_message="Un code postal compte cinq chiffres.",
            ),
            models.CheckConstraint(
                condition=Q(numero_rg=None) | (~Q(numero_rg="") & Q(tribunal__isnull=False)),
                name="mesure_rg_d_un_tribunal",
                violation_error_message="Un numéro RG demande le tribunal qui l'a donné.",
            ),
            models.UniqueConstraint(
                fields=["mandataire", "tribunal", "rg_normalise"],
                condition=Q(statut__in=["en_attente", "en_cours"], numero_rg__isnull=False),
                name="mesure_rg_unique",
                violation_error_message="Vous avez déjà une mesure avec ce numéro RG dans ce tribunal.",
            ),
        ]
        indexes = [
            models.Index(fields=["mandataire", "statut", "-date_decision", "-id"], name="mesure_liste"),
            models.Index(
                fields=["mandataire", "-date_extinction", "-id"],
                condition=Q(statut="eteinte"),
                name="mesure_liste_eteintes",
            ),
            models.Index(fields=["tribunal", "statut", "mandataire"], name="mesure_du_tribunal"),
            models.Index(fields=["expire_le"], condition=Q(statut="en_attente"), name="mesure_a_expirer"),
        ]
        triggers = [
            *compter(),
            pgtrigger.FSM(name="mesure_transitions", field="statut", transitions=list(paires())),
            # The purge of what the law says to destroy is the only one to set it aside.
            pgtrigger.Protect(
                name="mesure_reservee_jamais_supprimee",
                operation=pgtrigger.Delete,
                condition=pgtrigger.Q(old__reserve_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"Mesure {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("mesure_historique", args=[self.pk])

    @property
    def reference(self) -> str:
        """How its MJPM calls it: the RG, else the MJPM's own number, else nothing."""
        return self.numero_rg or self.numero_dossier

    @property
    def designation(self) -> str:
        """What tells it from the others in a title: its reference, else its decision date."""
        return self.reference or (f"du {self.date_decision:%d/%m/%Y}" if self.date_decision else "réservée")

    @property
    def age(self) -> int | None:
        """The age reached within this year."""
        return None if self.annee_naissance is None else timezone.localdate().year - self.annee_naissance

    @property
    def vit_en_etablissement(self) -> bool:
        return self.lieu_vie in EN_ETABLISSEMENT

    @property
    def manques(self) -> list[str]:
        """What is still to be filled in, as a list says it; the rows that have some are `a_completer()`."""
        manques = []
        if self.tribunal_id is None:
            manques.append("tribunal")
        if not self.code_postal and self.lieu_vie != LieuVie.SDF:
            manques.append("code postal")
        if self.vit_en_etablissement and not self.nom_etablissement:
            manques.append("établissement")
        return manques

    @property
    def nom_etablissement(self) -> str:
        return str(self.etablissement) if self.etablissement_id else self.etablissement_nom

    def contexte(self) -> Contexte:
        """What the rules need for this mesure, looked up in three queries at most."""
        communes = Commune.objects.filter(codes_postaux__contains=[self.code_postal]) if self.code_postal else ()
        return Contexte(
            aujourd_hui=timezone.localdate(),
            communes_par_code={self.code_postal: {commune.pk for commune in communes}},
            rg_pris=self._rg_pris(),
            tribunal_exige=self.exige_complete
            and Agrement.objects.en_vigueur().filter(mandataire=self.mandataire_id).exists(),
            etablissement_exige=self.exige_complete,
        )

    def du_meme_rg(self) -> MesureQuerySet:
        """The MJPM's other mesures, en attente or en cours, that have this one's RG."""
        rg = normaliser_rg(self.numero_rg)
        if rg is None or self.tribunal_id is None:
            return Mesure.objects.none()
        return (
            Mesure.objects.ouvertes()
            .filter(mandataire=self.mandataire_id, rg_normalise=rg)
            # A closed court is read under its successor: its numbers are taken there too.
            .filter(tribunal__actuel__in=Tribunal.objects.filter(pk=self.tribunal_id).values("actuel"))
            .exclude(pk=self.pk)
        )

    def _rg_pris(self) -> list[tuple[int, str]]:
        rg = normaliser_rg(self.numero_rg)
        pris = rg is not None and self.tribunal_id is not None and self.du_meme_rg().exists()
        return [(self.tribunal_id, rg)] if pris else []  # type: ignore[list-item]  # `pris` says both are there

    def clean(self) -> None:
        """Raise what `mesures.regles` finds, each sentence at its field."""
        self.numero_rg = (self.numero_rg or "").strip() or None
        self.verifier_regles()

    def verifier_regles(self, *champs: str) -> None:
        """Raise what the rules find wrong with these fields, or with any field when none is named."""
        erreurs: dict[str, list[ValidationError]] = {}
        for probleme in problemes(self, self.contexte()):
            if not champs or probleme.champ in champs:
                erreurs.setdefault(probleme.champ, []).append(
                    ValidationError(probleme.message, code=probleme.code)
                )
        if erreurs:
            raise ValidationError(erreurs)
