"""The undoing of a whole import, within seven days: what it added goes, what it changed comes back.

Only what nobody has touched since: each line keeps the version that the writing gave to its mesure, and a mesure
that has another one is held against what it was then: what a later import changed and gave back is as it was.
History keeps all of it, the mesures that go included, as for those that somebody deletes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field

import pghistory
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from mandataires.services import noter_mise_a_jour, verrouiller_charges
from mesures.echanges.etats import COLONNES
from mesures.echanges.imports import ImportRefuse
from mesures.enums import Statut
from mesures.historique import ANNULATION
from mesures.models import Import, ImportLigne, Mesure, MesureQuerySet, TransfertLigne
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
    donnees = {pk: version for _, pk, version in ecrites if pk is not None and version is not None}
    actuelles = Mesure.objects.filter(pk__in=donnees, mandataire=import_.mandataire_id).order_by()
    versions = dict(actuelles.values_list("pk", "version"))
    memes = {pk for pk, version in versions.items() if version == donnees[pk]}
    memes |= _revenues(donnees, versions.keys() - memes)
    # A court has reserved its renewal, as it is: it is known to others by now.
    memes -= set(Mesure.objects.filter(renouvelle__in=memes).order_by().values_list("renouvelle", flat=True))
    ajoutees = {pk for verdict, pk, _ in ecrites if verdict == Verdict.NOUVELLE and pk in memes}
    modifiees = {pk for verdict, pk, _ in ecrites if verdict == Verdict.MODIFIEE and pk in memes}
    modifiees -= _dont_le_rg_est_pris(import_, ajoutees, modifiees)
    return Intactes(sorted(ajoutees), sorted(modifiees), len(ecrites) - len(ajoutees) - len(modifiees))


MESURE, ECRITE = (", ".join(f"{table}.{nom}" for nom in COLONNES) for table in ("m", "ecrite"))
# Those whose values are again what a version gave them. Looked up mesure by mesure, as the index has them.
REVENUES = f"""
    SELECT m.id
      FROM unnest(%s::bigint[], %s::int[]) donnee(id, version)
      JOIN mesures_mesure m ON m.id = donnee.id
      JOIN LATERAL (
           SELECT * FROM mesures_mesurehistorique h
            WHERE h.pgh_obj_id = m.id AND h.version = donnee.version
            ORDER BY h.pgh_id LIMIT 1) ecrite ON true
     WHERE ({MESURE}) IS NOT DISTINCT FROM ({ECRITE})"""  # noqa: S608 (ours)


def _revenues(donnees: Mapping[int, int], pks: Set[int]) -> set[int]:
    """Those of `pks` that somebody has touched, and that are nevertheless as the import had left them."""
    if not pks:
        return set()
    ordre = sorted(pks)
    with connection.cursor() as cursor:
        cursor.execute(REVENUES, [ordre, [donnees[pk] for pk in ordre]])
        return {pk for (pk,) in cursor.fetchall()}


def restees(import_: Import) -> MesureQuerySet:
    """The mesures of an import that are not in the state of before it, and can no more go back to it.

    Before the undoing those that it would leave, after it those that it left. What was deleted is not there.
    """
    ecrites = ImportLigne.objects.filter(importation=import_, version_donnee__isnull=False, mesure__isnull=False)
    mesures = Mesure.objects.filter(
        pk__in=ecrites.order_by().values("mesure"), mandataire=import_.mandataire_id
    ).order_by("pk")
    if import_.etat == Import.Etat.ANNULE:
        return mesures
    a_defaire = intactes(import_)
    return mesures.exclude(pk__in=[*a_defaire.ajoutees, *a_defaire.modifiees])


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


def annuler_import(*, import_: Import, laisse_les_autres: bool = False, author: User) -> Import:
    """Undo an import: all of it, or what nobody has touched since where `laisse_les_autres` says so.

    Raises ImportRefuse (not written, undone already, older than seven days, nothing left to undo, some stay and
    nobody said so), Refus.
    """
    with pghistory.context(user=author.pk, **{ANNULATION: import_.pk}), transaction.atomic():
        return _annuler(import_, laisse_les_autres, author)


def _annuler(import_: Import, laisse_les_autres: bool, author: User) -> Import:
    check_can_agir_pour(author, import_.mandataire_id)
    verrouiller_charges(import_.mandataire_id)
    import_ = Import.objects.select_for_update().get(pk=import_.pk)
    if import_.etat == Import.Etat.ANNULE:
        raise ImportRefuse("Cet import a déjà été défait.")
    if import_.etat != Import.Etat.FAIT:
        raise ImportRefuse(f"Cet import est noté « {import_.get_etat_display()} » : il n'y a rien à défaire.")
    if not import_.valides:
        raise ImportRefuse("Cet import n'a rien enregistré : il n'y a rien à défaire.")
    if not import_.est_annulable:
        raise ImportRefuse("Un import ne se défait que dans les sept jours.")
    a_defaire = intactes(import_)
    if not a_defaire.nombre:
        raise ImportRefuse("Toutes les mesures de cet import ont changé depuis : aucune ne peut revenir.")
    if a_defaire.touchees and not laisse_les_autres:
        raise ImportRefuse(
            f"{a_defaire.touchees} mesure{'s' if a_defaire.touchees > 1 else ''} de cet import "
            f"{'ont' if a_defaire.touchees > 1 else 'a'} changé depuis : confirmez de les laisser telles quelles."
        )
    # First what was added: it may bear a RG that comes back.
    _supprimer(a_defaire.ajoutees)
    _rendre(import_, a_defaire.modifiees)
    # Nothing of it is left in them: see `restees`.
    ImportLigne.objects.filter(importation=import_, mesure__in=a_defaire.modifiees).update(version_donnee=None)
    import_.etat = Import.Etat.ANNULE
    import_.annule_at, import_.annule_by = timezone.now(), author
    import_.annule_nombre = a_defaire.nombre
    import_.annule_supprimees = len(a_defaire.ajoutees)
    import_.save()
    noter_mise_a_jour(mandataire_id=import_.mandataire_id, author=author)
    return import_


def _supprimer(pks: Sequence[int]) -> None:
    """At once: Django looks at what depends on them a hundred at a time. None of them is renewed: `intactes`."""
    ImportLigne.objects.filter(mesure__in=pks).update(mesure=None)
    TransfertLigne.objects.filter(mesure__in=pks).delete()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM mesures_mesure WHERE id = ANY(%s)", [list(pks)])
        _verifier(cursor.rowcount, len(pks), "supprimées")


def _verifier(faites: int, voulues: int, quoi: str) -> None:
    if faites != voulues:
        raise RuntimeError(f"{faites} mesures {quoi} au lieu de {voulues}.")


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
        _verifier(cursor.rowcount, len(pks), "rendues")
