from __future__ import annotations

import pghistory
import pgtrigger
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Concat
from django.urls import reverse
from django.utils import timezone

from accounts.contraintes import ContraintesEnsemble
from accounts.models import User
from etablissements.models import Etablissement
from mandataires.models import Agrement, Genre, Mandataire
from mesures.db_functions import NormaliserRG
from mesures.enums import EN_ETABLISSEMENT, Champ, LieuVie, MotifExtinction, Nature, Statut
from mesures.models.contraintes import CONTRAINTES
from mesures.models.requetes import REVISION, MesureQuerySet
from mesures.regles import Contexte, normaliser_rg, problemes
from mesures.transitions import paires
from mesures.triggers import compter
from tribunaux.db_functions import TexteRecherche
from tribunaux.models import Commune, Tribunal, validate_code_postal


@pghistory.track(
    model_name="MesureHistorique",
    exclude=["rg_normalise", "texte_recherche", "jeton", "empreinte_import"],
    obj_field=pghistory.ObjForeignKey(related_name="historique"),
)
class Mesure(ContraintesEnsemble):
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

    date_terme = models.DateField("échéance", null=True, blank=True)
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
    expiration_annoncee_at = models.DateTimeField("expiration annoncée le", null=True, blank=True, editable=False)
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
    reponse_vue_at = models.DateTimeField("réponse vue le", null=True, blank=True, editable=False)
    # Of the form that reserved: sent twice, it reserves once.
    jeton = models.UUIDField("jeton du formulaire", null=True, blank=True, editable=False)
    # Of the line of a file that made it: `mesures.echanges.lignes.empreinte`.
    empreinte_import = models.CharField("empreinte de la ligne importée", max_length=32, null=True, editable=False)
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
        constraints = CONTRAINTES
        indexes = [
            models.Index(fields=["mandataire", "statut", "-date_decision", "-id"], name="mesure_liste"),
            models.Index(
                fields=["mandataire", "-date_extinction", "-id"],
                condition=Q(statut="eteinte"),
                name="mesure_liste_eteintes",
            ),
            models.Index(fields=["tribunal", "statut", "mandataire"], name="mesure_du_tribunal"),
            models.Index(fields=["expire_le"], condition=Q(statut="en_attente"), name="mesure_a_expirer"),
            models.Index(
                fields=["mandataire", "date_terme"],
                condition=Q(statut="en_cours", date_terme__isnull=False),
                name="mesure_a_reviser",
            ),
            models.Index(
                fields=["tribunal", "-reserve_at"],
                condition=Q(reserve_at__isnull=False),
                name="mesure_reservee",
            ),
            models.Index(
                fields=["mandataire", "empreinte_import"],
                condition=Q(empreinte_import__isnull=False),
                name="mesure_empreinte_import",
            ),
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
    def designation_du_tribunal(self) -> str:
        """The same for its court, which does not read the MJPM's own number."""
        return self.numero_rg or (f"du {self.date_decision:%d/%m/%Y}" if self.date_decision else "réservée")

    @property
    def age(self) -> int | None:
        """The age reached within this year."""
        return None if self.annee_naissance is None else timezone.localdate().year - self.annee_naissance

    @property
    def est_a_reviser(self) -> bool:
        """The rule of `a_reviser()` for one row."""
        return (
            self.statut == Statut.EN_COURS
            and self.date_terme is not None
            and self.date_terme <= timezone.localdate() + REVISION
        )

    @property
    def terme_est_passe(self) -> bool:
        return self.date_terme is not None and self.date_terme < timezone.localdate()

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

    @property
    def est_attendue(self) -> bool:
        """Whether the decision may still come: it waits for an answer, or expired without one."""
        return self.statut in (Statut.EN_ATTENTE, Statut.EXPIREE)

    @property
    def a_une_reponse_nouvelle(self) -> bool:
        """Whether the court has still to read what became of it: it is one of the `reponses_nouvelles()`."""
        if self.reserve_at is None or self.reponse_vue_at is not None:
            return False
        return self.statut == Statut.EXPIREE or self.repondu_at is not None

    @property
    def est_tardive(self) -> bool:
        """Whether it was confirmed after its term: a paper that comes late is still a judgment."""
        return (
            self.expire_le is not None
            and self.repondu_at is not None
            and timezone.localdate(self.repondu_at) > self.expire_le
        )

    def du_meme_rg(self) -> MesureQuerySet:
        """The MJPM's other mesures, en attente or en cours, that have this one's RG.

        Not the one that it renews, nor the one that waits to renew it: those may bear one RG.
        """
        rg = normaliser_rg(self.numero_rg)
        if rg is None or self.tribunal_id is None:
            return Mesure.objects.none()
        return (
            Mesure.objects.ouvertes()
            .filter(mandataire=self.mandataire_id, rg_normalise=rg)
            # A closed court is read under its successor: its numbers are taken there too.
            .filter(tribunal__actuel__in=Tribunal.objects.filter(pk=self.tribunal_id).values("actuel"))
            .exclude(pk=self.pk)
            .exclude(Q(pk=self.renouvelle_id))
            .exclude(statut=Statut.EN_ATTENTE, renouvelle__isnull=False, renouvelle=self.pk)
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
