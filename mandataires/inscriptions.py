"""Requests for an account, from the sign-up form to the admin's answer; and services that an admin creates.

A request is a MJPM neither validated nor refused, whose users may not log in.
"""

from __future__ import annotations

from collections.abc import Iterable

import pghistory
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from accounts.courriels import envoyer_courriel, lien
from accounts.models import User
from accounts.services import accorder_adresse, deconnecter_partout, ouvrir_compte, trouver_compte
from etablissements.models import Etablissement
from mandataires.models import Agrement, Exercice, Mandataire, Membre
from mandataires.permissions import check_can_repondre_aux_demandes
from mandataires.services import geocoder_plus_tard
from tribunaux.models import Tribunal

EN_ATTENTE = Q(valide_at=None, refuse_at=None)
JOURS_SANS_REPONSE = 90  # data protection: a request that nobody answered is deleted then


class DemandeDejaTranchee(Exception):
    """The request was answered otherwise; the sentence says how to go on."""


class _AdresseConnue(Exception):
    """Undoes what was written for an address that is already an account's."""


@transaction.atomic
def demander(
    *,
    user: User,
    mot_de_passe: str,
    mandataire: Mandataire,
    tribunaux: Iterable[Tribunal],
    etablissements: Iterable[Etablissement | str],
) -> None:
    """Write what the sign-up form holds, and tell its sender and the admins.

    Nobody is logged in: its history has no author, and « inscription » in its context. When the e-mail is
    an account's already, its holder is told and nothing else remains: the request is written all the same,
    then undone, so that the time of the answer does not tell which addresses are known.

    Raises ValidationError when another sign-up took the identifiant or the address at the same moment.
    """
    user.is_active = False
    user.set_password(mot_de_passe)
    titulaire = trouver_compte(user.email)
    if titulaire is not None:
        user.email = ""
    try:
        with transaction.atomic(), pghistory.context(acte="inscription"):
            _ecrire_demande(user, mandataire, tribunaux, etablissements)
            _annoncer_demande(mandataire)
            if titulaire is not None:
                raise _AdresseConnue
    except _AdresseConnue:
        assert titulaire is not None
        _prevenir_titulaire(titulaire)
    except IntegrityError as error:
        raise ValidationError(
            "Votre demande n'a pas pu être enregistrée : envoyez-la de nouveau.", code="croisee"
        ) from error


def _ecrire_demande(
    user: User,
    mandataire: Mandataire,
    tribunaux: Iterable[Tribunal],
    etablissements: Iterable[Etablissement | str],
) -> None:
    user.full_clean(exclude=["email"])  # whether it is taken is not said
    user.save()
    accorder_adresse(user=user)
    _ecrire_mandataire(mandataire, user)
    aujourd_hui = timezone.localdate()
    Agrement.objects.bulk_create(
        Agrement(mandataire=mandataire, tribunal=tribunal, du=aujourd_hui) for tribunal in tribunaux
    )
    Exercice.objects.bulk_create(
        Exercice(
            mandataire=mandataire,
            etablissement=None if isinstance(etablissement, str) else etablissement,
            nom_libre=etablissement if isinstance(etablissement, str) else "",
            du=aujourd_hui,
        )
        for etablissement in etablissements
    )


def _ecrire_mandataire(mandataire: Mandataire, user: User) -> None:
    if mandataire.est_service:
        mandataire.source_total = Mandataire.SourceTotal.DECLARATION
    mandataire.full_clean()
    mandataire.save()
    geocoder_plus_tard(mandataire=mandataire, avant=None)
    Membre.objects.create(user=user, mandataire=mandataire, est_admin=True)


def _annoncer_demande(mandataire: Mandataire) -> None:
    """Tell the sender, quoting nothing that was typed (the address may be somebody else's), and the admins."""
    envoyer_courriel(
        destinataire=mandataire.email,
        gabarit="mandataires/courriels/demande_recue",
        contexte={"jours": JOURS_SANS_REPONSE},
    )
    admins = User.objects.filter(is_staff=True, is_active=True).exclude(email="")
    for adresse in admins.order_by("pk").values_list("email", flat=True):
        envoyer_courriel(
            destinataire=adresse,
            gabarit="mandataires/courriels/demande_a_examiner",
            contexte={
                "mandataire": mandataire,
                "lien": lien("admin:mandataires_mandataire_change", mandataire.pk),
                "jours": JOURS_SANS_REPONSE,
            },
        )


def _prevenir_titulaire(titulaire: User) -> None:
    envoyer_courriel(
        destinataire=titulaire.email,
        gabarit="mandataires/courriels/deja_inscrit",
        contexte={
            "est_actif": titulaire.is_active,
            "lien_oubli": lien("account_reset_password"),
        },
    )


# --- The admin's answer ------------------------------------------------------------------------------


@transaction.atomic
def valider(*, mandataire: Mandataire, author: User, leve_refus: bool = False) -> bool:
    """Let the members of this MJPM log in, and judges see it; false when it was validated already.

    A refusal is set aside only if `leve_refus` says so. Raises DemandeDejaTranchee otherwise,
    PermissionDenied.
    """
    demande = _verrouiller(mandataire, author)
    if demande.valide_at is not None:
        return False
    if demande.refuse_at is not None and not leve_refus:
        raise DemandeDejaTranchee("Cette demande a été refusée : levez d'abord le refus.")
    demande.refuse_at, demande.refuse_by, demande.refus_motif = None, None, ""
    demande.valide_at, demande.valide_by = timezone.now(), author
    _conclure(demande)
    for membre in demande.membres.select_related("user").order_by("pk"):
        _changer_acces(membre.user, actif=True)
        envoyer_courriel(
            destinataire=membre.user.email,
            gabarit="mandataires/courriels/demande_validee",
            contexte={
                "identifiant": membre.user.username,
                "lien": lien("account_login"),
            },
        )
    return True


@transaction.atomic
def refuser(*, mandataire: Mandataire, motif: str, author: User) -> bool:
    """Refuse a request, whose members are told why; false when it was refused already.

    Raises DemandeDejaTranchee for a MJPM that was validated, ValidationError without a reason,
    PermissionDenied.
    """
    demande = _verrouiller(mandataire, author)
    if demande.valide_at is not None:
        raise DemandeDejaTranchee("Ce mandataire est validé : désactivez plutôt ses membres.")
    if demande.refuse_at is not None:
        return False
    if not motif.strip():
        raise ValidationError("Indiquez le motif du refus.")
    demande.refuse_at, demande.refuse_by, demande.refus_motif = timezone.now(), author, motif.strip()
    _conclure(demande)
    for membre in demande.membres.select_related("user").order_by("pk"):
        _changer_acces(membre.user, actif=False)
        envoyer_courriel(
            destinataire=membre.user.email,
            gabarit="mandataires/courriels/demande_refusee",
            contexte={"motif": demande.refus_motif},
        )
    return True


@transaction.atomic
def changer_acces(*, membre: Membre, actif: bool, author: User) -> None:
    """Let a member log in, or no longer, which ends their sessions. Raises PermissionDenied.

    Raises DemandeDejaTranchee when a MJPM that is not validated would be let in: validating is the only door.
    """
    if _verrouiller(membre.mandataire, author).valide_at is None and actif:
        raise DemandeDejaTranchee("Ce mandataire n'est pas validé : validez d'abord sa demande.")
    _changer_acces(membre.user, actif=actif)


@transaction.atomic
def creer_service(*, mandataire: Mandataire, user: User, author: User) -> None:
    """Write a service that an admin opens, validated, and invite its first user to choose a password.

    Raises PermissionDenied, ValidationError.
    """
    check_can_repondre_aux_demandes(author)
    ouvrir_compte(user=user)
    mandataire.type = Mandataire.Type.SERVICE
    mandataire.valide_at, mandataire.valide_by = timezone.now(), author
    _ecrire_mandataire(mandataire, user)


def _verrouiller(mandataire: Mandataire, author: User) -> Mandataire:
    check_can_repondre_aux_demandes(author)
    return Mandataire.objects.select_for_update().get(pk=mandataire.pk)


def _conclure(demande: Mandataire) -> None:
    demande.version += 1
    demande.save(
        update_fields=[
            "valide_at",
            "valide_by",
            "refuse_at",
            "refuse_by",
            "refus_motif",
            "version",
        ]
    )


def _changer_acces(user: User, *, actif: bool) -> None:
    if user.is_active != actif:
        user.is_active = actif
        user.save(update_fields=["is_active"])
    if not actif:
        deconnecter_partout(user=user)
