"""What the database holds of a mesure, always: the net under `mesures.regles`.

One check for each state (which dates and which actors it has), closed lists, orders of dates, unique numbers.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from mandataires.models import Genre
from mesures.enums import EN_ETABLISSEMENT, Champ, LieuVie, MotifExtinction, Nature, Statut
from mesures.regles import ANNEE_MIN, DATE_MIN

# Whose RG is taken. A renewal that waits has that of the mesure it renews.
OUVERTE = Q(statut=Statut.EN_COURS) | Q(statut=Statut.EN_ATTENTE, renouvelle=None)

CONTRAINTES: list[models.BaseConstraint] = [
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
        condition=Q(date_terme=None) | Q(date_terme__gt=F("date_decision")),
        name="mesure_date_terme",
        violation_error_message="L'échéance vient après la décision.",
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
        condition=OUVERTE & Q(numero_rg__isnull=False),
        name="mesure_rg_unique",
        violation_error_message="Vous avez déjà une mesure avec ce numéro RG dans ce tribunal.",
    ),
    models.UniqueConstraint(
        fields=["renouvelle"],
        condition=Q(statut="en_attente"),
        name="mesure_renouvellement_unique",
        violation_error_message="Un renouvellement de cette mesure est déjà en attente.",
    ),
    models.UniqueConstraint(
        fields=["jeton"],
        name="mesure_jeton_unique",
        violation_error_message="Cette réservation est déjà faite.",
    ),
    models.CheckConstraint(
        condition=~Q(renouvelle=F("id")),
        name="mesure_ne_se_renouvelle_pas",
        violation_error_message="Une mesure ne se renouvelle pas elle-même.",
    ),
]
