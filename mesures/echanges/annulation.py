"""The undoing of a whole import, within seven days: what it added goes, what it changed comes back.

Only what nobody has touched since: each line keeps the version that the writing gave to its mesure. History keeps
all of it, the mesures that go included, as for those that somebody deletes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from mandataires.services import noter_mise_a_jour, verrouiller_charges
from mesures.echanges.etats import COLONNES
from mesures.echanges.imports import ImportRefuse
from mesures.enums import Statut
from mesures.models import Import, ImportLigne, Mesure
from mesures.permissions import check_can_agir_pour
from tribunaux.models import Tribunal

Verdict = ImportLigne.Verdict


@dataclass(frozen=True)
class Intactes:
    """What the undoing of an import would touch: keys of mesures; `touchees` is how many stay as they are."""

    ajoutees: list[int] = field(default_factory=list)
    modifiees: list[int] = field(default_factory=list)
    touchees: int = 0

    @property
    def nombre(self) -> int:
        return len(self.ajoutees) + len(self.modifiees)


def intactes(import_: Import) -> Intactes:
    """The mesures of an import that nobody has touched since. The number of queries is fixed.

    Held against its lines here, not by a join: see `mesures.transferts.intactes`.
    """
    ecrites = list(
        ImportLigne.objects.filter(importation=import_, version_donnee__isnull=False)
        .order_by("numero")
        .values_list("verdict", "mesure_id", "version_donnee")
    )
    donnees = {pk: version for _, pk, version in ecrites if pk is not None}
    actuelles = Mesure.objects.filter(pk__in=donnees, mandataire=import_.mandataire_id).order_by()
    memes = {pk for pk, version in actuelles.values_list("pk", "version") if version == donnees[pk]}
    # A court has reserved its renewal: it is known to others by now.
    renouvelees = Mesure.objects.filter(renouvelle__in=memes).order_by().values_list("renouvelle", flat=True)
    ajoutees = {pk for verdict, pk, _ in ecrites if verdict == Verdict.NOUVELLE and pk in memes} - set(renouvelees)
    modifiees = {pk for verdict, pk, _ in ecrites if verdict == Verdict.MODIFIEE and pk in memes}
    modifiees -= _dont_le_rg_est_pris(import_, ajoutees, modifiees)
    return Intactes(sorted(ajoutees), sorted(modifiees), len(ecrites) - len(ajoutees) - len(modifiees))


def _dont_le_rg_est_pris(import_: Import, ajoutees: set[int], modifiees: set[int]) -> set[int]:
    """Those whose former RG another mesure has taken since: see the constraint `mesure_rg_unique`."""
    avant = [
        (pk, tribunal, rg)
        for pk, statut, tribunal, rg in _etats_d_avant(import_, modifiees)
        if statut == Statut.EN_COURS and rg is not None
    ]
    if not avant:
        return set()
    actuels: dict[int | None, int | None] = dict(Tribunal.objects.order_by().values_list("pk", "actuel"))
    autres = (
        Mesure.objects.ouvertes()
        .filter(mandataire=import_.mandataire_id, rg_normalise__in={rg for _, _, rg in avant})
        .exclude(pk__in=ajoutees)
        .order_by()
        .values_list("pk", "tribunal__actuel", "rg_normalise", "renouvelle")
    )
    pris: dict[tuple[int | None, str | None], list[tuple[int, int | None]]] = {}
    for autre, tribunal, rg, renouvelle in autres:
        pris.setdefault((tribunal, rg), []).append((autre, renouvelle))
    return {
        pk
        for pk, tribunal, rg in avant
        if any(pk not in couple for couple in pris.get((actuels.get(tribunal), rg), ()))
    }


# What each mesure was before the version that the import gave it.
AVANT = """
    SELECT DISTINCT ON (h.pgh_obj_id) h.*
      FROM mesures_importligne l
      JOIN mesures_mesurehistorique h ON h.pgh_obj_id = l.mesure_id AND h.version < l.version_donnee
     WHERE l.importation_id = %s AND l.mesure_id = ANY(%s)
     ORDER BY h.pgh_obj_id, h.pgh_id DESC"""


def _etats_d_avant(import_: Import, pks: set[int]) -> list[tuple[int, str, int | None, str | None]]:
    if not pks:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, statut, tribunal_id, normaliser_rg(numero_rg) FROM ({AVANT}) avant",  # noqa: S608 (ours)
            [import_.pk, sorted(pks)],
        )
        return list(cursor.fetchall())


@transaction.atomic
def annuler_import(*, import_: Import, laisse_les_autres: bool = False, author: User) -> Import:
    """Undo an import: all of it, or what nobody has touched since where `laisse_les_autres` says so.

    Raises ImportRefuse (not written, undone already, older than seven days, nothing left to undo, some stay and
    nobody said so), Refus.
    """
    check_can_agir_pour(author, import_.mandataire_id)
    verrouiller_charges(import_.mandataire_id)
    import_ = Import.objects.select_for_update().get(pk=import_.pk)
    if import_.etat == Import.Etat.ANNULE:
        raise ImportRefuse("Cet import a déjà été annulé.")
    if import_.etat != Import.Etat.FAIT:
        raise ImportRefuse(f"Cet import est noté « {import_.get_etat_display()} » : il n'y a rien à annuler.")
    if not import_.est_annulable:
        raise ImportRefuse("Un import ne s'annule que dans les sept jours.")
    a_defaire = intactes(import_)
    if not a_defaire.nombre:
        raise ImportRefuse("Toutes les mesures de cet import ont changé depuis : aucune ne peut revenir.")
    if a_defaire.touchees and not laisse_les_autres:
        raise ImportRefuse(
            f"{a_defaire.touchees} mesure{'s' if a_defaire.touchees > 1 else ''} de cet import "
            f"{'ont' if a_defaire.touchees > 1 else 'a'} changé depuis : confirmez de les laisser telles quelles."
        )
    # First what was added: it may bear a RG that comes back.
    Mesure.objects.filter(pk__in=a_defaire.ajoutees).delete()
    _rendre(import_, a_defaire.modifiees)
    import_.etat = Import.Etat.ANNULE
    import_.annule_at, import_.annule_by = timezone.now(), author
    import_.annule_nombre = a_defaire.nombre
    import_.save()
    noter_mise_a_jour(mandataire_id=import_.mandataire_id, author=author)
    return import_


def _rendre(import_: Import, pks: Sequence[int]) -> None:
    """Give each mesure what its history says that it was, as one more act."""
    if not pks:
        return
    noms, avant = ", ".join(COLONNES), ", ".join(f"avant.{nom}" for nom in COLONNES)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE mesures_mesure m SET ({noms}, version) = ({avant}, m.version + 1) "  # noqa: S608 (ours)
            f"FROM ({AVANT}) avant WHERE m.id = avant.id",
            [import_.pk, list(pks)],
        )
        if cursor.rowcount != len(pks):
            raise RuntimeError(f"{cursor.rowcount} mesures rendues au lieu de {len(pks)}.")
