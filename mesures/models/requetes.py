"""Which mesures a user may see, and which a page, a rule or a count is about."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Count, F, Q
from django.utils import timezone

from accounts.models import User
from mandataires.bilans import Bilan
from mandataires.models import membre_de
from mesures.db_functions import Mediane
from mesures.enums import EN_ETABLISSEMENT, PRONONCEES, LieuVie, Statut
from tribunaux.models import magistrat_de

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from mesures.models.mesure import Mesure  # noqa: F401  # named by the class below


# domain rule: six months before its term, a mesure is to be revised
REVISION = timedelta(days=183)
UN_AN = timedelta(days=365)


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

    def en_attente(self) -> Self:
        return self.filter(statut=Statut.EN_ATTENTE)

    def attendaient(self, moment: datetime) -> Self:
        """Those that waited for an answer at that moment, whatever became of them since."""
        return self.reservees().filter(
            Q(repondu_at=None) | Q(repondu_at__gt=moment),
            Q(annule_at=None) | Q(annule_at__gt=moment),
            reserve_at__lte=moment,
            expire_le__gte=timezone.localdate(moment),
        )

    def reservees(self) -> Self:
        """Those that a court reserved, whatever became of them."""
        return self.filter(reserve_at__isnull=False)

    def reponses_nouvelles(self) -> Self:
        """Reservations that came to an answer, or to their term, which the court has not read yet."""
        return self.reservees().filter(Q(statut=Statut.EXPIREE) | Q(repondu_at__isnull=False), reponse_vue_at=None)

    def ouvertes(self) -> Self:
        """En attente or en cours: those whose RG is taken."""
        return self.filter(statut__in=[Statut.EN_ATTENTE, Statut.EN_COURS])

    def a_reviser(self) -> Self:
        """Ongoing mesures whose term is within six months, or over: both sides see them."""
        return self.en_cours().filter(date_terme__lte=timezone.localdate() + REVISION)

    def a_completer(self) -> Self:
        """Those that lack what a form would ask for: see `Mesure.manques`."""
        return self.filter(
            Q(tribunal=None)
            | Q(code_postal="") & ~Q(lieu_vie=LieuVie.SDF)
            | Q(lieu_vie__in=EN_ETABLISSEMENT, etablissement=None, etablissement_nom="")
        )

    def bilan(self) -> Bilan:
        """What became of the reservations of the last twelve months. One query.

        Those that became no mesure are destroyed a year after their answer: over a longer time, only the
        confirmed ones would be left.
        """
        repondues = Q(repondu_at__isnull=False)
        return Bilan(
            **self.filter(reserve_at__gte=timezone.now() - UN_AN).aggregate(
                confirmees=Count("pk", filter=Q(statut__in=PRONONCEES)),
                refusees=Count("pk", filter=Q(statut=Statut.REFUSEE)),
                sans_reponse=Count("pk", filter=Q(statut=Statut.EXPIREE)),
                en_attente=Count("pk", filter=Q(statut=Statut.EN_ATTENTE)),
                delai=Mediane(F("repondu_at") - F("reserve_at"), filter=repondues),
            )
        )

    def with_lieux(self) -> Self:
        """With the rows that a list shows beside each mesure."""
        return self.select_related("commune", "tribunal__actuel__commune", "etablissement")
