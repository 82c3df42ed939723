"""Acts on a MJPM. Each locks, checks, writes and says who did it, in one transaction."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from mandataires.geocodage import Adresse, adresse_de
from mandataires.models import Charge, Declaration, Mandataire, membre_de
from mandataires.tasks import geocoder


def verrouiller_charges(*mandataire_ids: int) -> list[Charge]:
    """Lock the counters of these MJPM until the end of the transaction, in the order of primary keys.

    The first step of every act that changes a load: two acts on one MJPM come one after the other,
    and two acts on several MJPM never wait for each other.
    """
    return list(Charge.objects.select_for_update().filter(pk__in=mandataire_ids).order_by("pk"))


def noter_mise_a_jour(*, mandataire_id: int, author: User) -> None:
    """Move « Dernière mise à jour » to now, when a member of the MJPM acts for it; no one else moves it."""
    membre = membre_de(author)
    if membre is not None and membre.mandataire_id == mandataire_id:
        Charge.objects.filter(pk=mandataire_id).update(mise_a_jour_at=timezone.now())


@transaction.atomic
def declarer(
    *,
    mandataire: Mandataire,
    nombre: int,
    author: User,
    origine: Declaration.Origine = Declaration.Origine.SAISIE,
) -> Declaration:
    """Write a service's total of ongoing mesures, all courts together; judges see it at once.

    Raises ValidationError for a number that is not one (negative, absurd), ValueError for a MJPM that is
    not a service.
    """
    if not mandataire.est_service:
        raise ValueError("Seul un service déclare son total.")
    verrouiller_charges(mandataire.pk)
    declaration = Declaration(mandataire=mandataire, nombre=nombre, origine=origine, by=author)
    declaration.full_clean()
    declaration.save()
    noter_mise_a_jour(mandataire_id=mandataire.pk, author=author)
    return declaration


def decaler_total_declare(
    *,
    mandataire: Mandataire,
    ecart: int,
    author: User,
    origine: Declaration.Origine,
    annule: Declaration | None = None,
) -> Declaration | None:
    """Let the declared total follow a mesure that begins (+1) or ends (−1) here.

    Only for a service whose total is declared and that has declared one; the total stops at 0. `annule` is
    the declaration of the act that this one undoes: see `ecart_a_defaire`.
    Returns the new declaration, for the page to say « Total porté à … ». Call it inside the act's
    transaction, the charge being locked.
    """
    if not (mandataire.est_service and mandataire.declare_son_total):
        return None
    total = Charge.objects.values_list("declare", flat=True).get(pk=mandataire.pk)
    if total is None:
        return None
    nombre = max(0, total + ecart_a_defaire(ecart, annule))
    return declarer(mandataire=mandataire, nombre=nombre, author=author, origine=origine)


def ecart_a_defaire(ecart: int, annule: Declaration | None) -> int:
    """`ecart`, within what `annule` really moved: a total that stopped at 0 moved by less than was asked.

    In full when the service has declared its total since: that one says where the mesures are by then.
    """
    if annule is None:
        return ecart
    autres = Declaration.objects.filter(mandataire=annule.mandataire_id)
    if autres.filter(pk__gt=annule.pk, origine=Declaration.Origine.SAISIE).exists():
        return ecart
    avant = autres.filter(pk__lt=annule.pk).order_by("-pk").values_list("nombre", flat=True).first()
    return ecart if avant is None else min(ecart, avant - annule.nombre, key=abs)


@transaction.atomic
def geocoder_plus_tard(*, mandataire: Mandataire, avant: Adresse | None) -> None:
    """Give a MJPM whose address changed the point of its commune, and have that of its address asked for.

    Call it in the act's transaction, once the MJPM is saved. `avant` is what `adresse_de` said of it
    before (a ModelForm changes its instance in `is_valid`), None for a new one.
    """
    if adresse_de(mandataire) == avant:
        return
    commune = mandataire.commune
    mandataire.latitude = commune.latitude if commune else None
    mandataire.longitude = commune.longitude if commune else None
    Mandataire.objects.filter(pk=mandataire.pk).update(
        latitude=mandataire.latitude, longitude=mandataire.longitude
    )
    if commune and mandataire.adresse:
        geocoder.defer(mandataire_pk=mandataire.pk)
