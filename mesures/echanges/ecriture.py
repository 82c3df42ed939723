"""The writing of an import: one transaction, statements on sets, and nothing that the preview did not say.

Under the lock of the charge the lines are held again against the mesures (`rapprochement.rapprocher`): a line
whose verdict is another one by then, or whose mesure has changed, is left out and says so. One that says by then
what its mesure says already is unchanged.

A service's declared total does not move, even where a file ends mesures: as when a mesure is recorded here, the
file is the copy of what the service does elsewhere, and its total counts it already.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import pghistory
from django.db import DatabaseError, connection, transaction
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from accounts.courriels import envoyer_courriel, lien
from accounts.models import User
from accounts.refus import Refus
from mandataires.services import noter_mise_a_jour, verrouiller_charges
from mesures.echanges.effets import compter_les_lignes, fait_l_inventaire
from mesures.echanges.etats import COLONNES
from mesures.echanges.lignes import ProblemeLu
from mesures.echanges.rapprochement import LigneRapprochee, Verdict, compter, rapprocher
from mesures.echanges.references import Correspondances
from mesures.echanges.stockage import lignes_de, problemes_en_json
from mesures.historique import IMPORTATION
from mesures.models import Import, ImportFichier, ImportLigne, Mesure
from mesures.models.importation import A_ECRIRE
from mesures.permissions import check_can_agir_pour
from tribunaux.referentiels import deposer

RIEN_ENREGISTRE = "L'enregistrement s'est arrêté avant la fin : rien n'a été enregistré. Vous pouvez le relancer."
PLUS_MEMBRE = (
    "La personne qui a demandé l'enregistrement n'agit plus pour ce mandataire : rien n'a été enregistré. "
    "Un autre utilisateur peut le relancer."
)
CHANGEE = ProblemeLu(
    "",
    "changee_depuis",
    "Cette mesure a changé depuis l'aperçu : la ligne n'a pas été enregistrée. Envoyez à nouveau le fichier.",
)


def ecrire(import_pk: int) -> None:
    """Write an import that waits for it, all or nothing. Does nothing for any other: may run twice.

    What stops it leaves the import « interrompu », and nothing else.
    """
    import_ = Import.objects.filter(pk=import_pk).first()
    if import_ is None:
        return
    try:
        with pghistory.context(user=import_.fait_by_id, **{IMPORTATION: import_pk}), transaction.atomic():
            _ecrire(import_pk)
    except Exception as arret:
        interrompre(import_pk, str(arret) if isinstance(arret, Refus) else RIEN_ENREGISTRE)
        raise


def interrompre(import_pk: int, phrase: str) -> None:
    """Say on the import that nobody works on it any more, where it is still said that somebody does."""
    en_travail = Import.objects.filter(pk=import_pk, etat__in=[Import.Etat.RECU, Import.Etat.EN_ECRITURE])
    # Without a database, its absence is found when the page is shown: `imports.constater_interruption`.
    with suppress(DatabaseError):
        en_travail.update(etat=Import.Etat.INTERROMPU, erreur=phrase)


@dataclass
class _Retenue:
    """A line to write, and where it stands in the table of lines."""

    stockee: ImportLigne
    rapprochee: LigneRapprochee
    pk: int = 0
    version: int = 0


def _ecrire(import_pk: int) -> None:
    mandataire_id = Import.objects.values_list("mandataire", flat=True).get(pk=import_pk)
    verrouiller_charges(mandataire_id)
    # Held until the end: whoever looks whether the writing is alive tries to lock it.
    import_ = Import.objects.select_for_update().get(pk=import_pk)
    if import_.etat != Import.Etat.EN_ECRITURE:
        return
    _verifier_auteur(import_)
    stockees = list(lignes_de(import_pk))
    rapprochement = rapprocher(
        [lue for _, lue in stockees],
        mandataire_id=mandataire_id,
        correspondances=Correspondances.de_json(import_.correspondances),
    )
    retenues: list[_Retenue] = []
    deja: list[LigneRapprochee] = []
    laissees: list[LigneRapprochee] = []
    for (stockee, _), rapprochee in zip(stockees, rapprochement.lignes, strict=True):
        if stockee.verdict in A_ECRIRE:
            if _est_celle_de_l_apercu(stockee, rapprochee):
                retenues.append(_Retenue(stockee, rapprochee))
            elif _est_deja_ecrite(stockee, rapprochee):
                stockee.verdict = Verdict.INCHANGEE
                deja.append(rapprochee)
            else:
                stockee.verdict = Verdict.REJETEE
                laissees.append(rapprochee)
    with connection.cursor() as cursor:
        _ajouter([r for r in retenues if r.rapprochee.verdict == Verdict.NOUVELLE], mandataire_id, cursor)
        _modifier([r for r in retenues if r.rapprochee.verdict == Verdict.MODIFIEE], cursor)
        _noter_les_ecrites(retenues, cursor)
        _noter_les_deja_ecrites(import_pk, deja, cursor)
        _noter_les_laissees(import_pk, laissees, cursor)
    chiffres = compter(stockee.verdict for stockee, _ in stockees)
    for nom, nombre in chiffres.items():
        setattr(import_, nom, nombre)
    import_.absentes = rapprochement.absentes
    import_.etat = Import.Etat.FAIT
    import_.erreur = ""
    import_.fait_at = timezone.now()
    import_.save()
    # Nothing reads the bytes again.
    ImportFichier.objects.filter(pk=import_pk).delete()
    if import_.fait_by is not None:
        noter_mise_a_jour(mandataire_id=mandataire_id, author=import_.fait_by)
        _prevenir(import_, import_.fait_by)


def _prevenir(import_: Import, author: User) -> None:
    """The figures alone: a file's name may hold somebody's."""
    contexte = {
        "importation": import_,
        "lien": lien("import_detail", import_.pk),
        "signaler_absentes": fait_l_inventaire(import_, compter_les_lignes(import_)),
    }
    envoyer_courriel(destinataire=author.email, gabarit="mesures/courriels/import_fait", contexte=contexte)


def _verifier_auteur(import_: Import) -> None:
    """Who asked for the writing may have left before the worker came to it."""
    try:
        if import_.fait_by is None:
            raise Refus(PLUS_MEMBRE)
        check_can_agir_pour(import_.fait_by, import_.mandataire_id)
    except Refus as refus:
        raise Refus(PLUS_MEMBRE) from refus


def _est_celle_de_l_apercu(stockee: ImportLigne, rapprochee: LigneRapprochee) -> bool:
    connue = rapprochee.connue
    return (
        stockee.verdict == rapprochee.verdict
        and stockee.mesure_id == (connue.pk if connue else None)
        and stockee.version_vue == (connue.version if connue else None)
    )


def _est_deja_ecrite(stockee: ImportLigne, rapprochee: LigneRapprochee) -> bool:
    """Whether somebody, or the same file sent twice, has meanwhile written all that the line says."""
    connue = rapprochee.connue
    return (
        connue is not None
        and rapprochee.verdict == Verdict.INCHANGEE
        and (stockee.verdict == Verdict.NOUVELLE or stockee.mesure_id == connue.pk)
    )


def _ajouter(retenues: Sequence[_Retenue], mandataire_id: int, cursor: CursorWrapper) -> None:
    """Insert in one statement; the keys are drawn first, so that each line knows its mesure."""
    if not retenues:
        return
    table = Mesure._meta.db_table
    cursor.execute(
        "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [table, len(retenues)]
    )
    for retenue, (pk,) in zip(retenues, cursor.fetchall(), strict=True):
        retenue.pk = pk
    colonnes = ("id", "empreinte_import", *COLONNES)
    _deposer(cursor, colonnes, retenues)
    noms = ", ".join(colonnes)
    # The columns that no file has: a mesure that nobody reserved, as it is when a form records it.
    cursor.execute(
        f"INSERT INTO {table} ({noms}, mandataire_id, version, est_urgente, motif_reponse, created_at) "  # noqa: S608
        f"SELECT {noms}, %s, 0, false, '', now() FROM chargement ORDER BY id",
        [mandataire_id],
    )
    _verifier(cursor.rowcount, retenues)
    cursor.execute("DROP TABLE chargement")


def _modifier(retenues: Sequence[_Retenue], cursor: CursorWrapper) -> None:
    if not retenues:
        return
    for retenue in retenues:
        assert retenue.rapprochee.connue is not None
        retenue.pk = retenue.rapprochee.connue.pk
        retenue.version = retenue.rapprochee.connue.version + 1
    _deposer(cursor, ("id", "version", *COLONNES), retenues)
    noms, lues = ", ".join(COLONNES), ", ".join(f"s.{nom}" for nom in COLONNES)
    cursor.execute(
        f"UPDATE {Mesure._meta.db_table} m SET ({noms}, version) = ({lues}, s.version) "  # noqa: S608
        "FROM chargement s WHERE m.id = s.id AND m.version = s.version - 1"
    )
    _verifier(cursor.rowcount, retenues)
    cursor.execute("DROP TABLE chargement")


def _deposer(cursor: CursorWrapper, colonnes: Sequence[str], retenues: Sequence[_Retenue]) -> None:
    """Stage by COPY, which bypasses the history's context: what is written from there does not."""
    deposer(
        cursor,
        Mesure._meta.db_table,
        ", ".join(colonnes),
        (
            [
                _colonne(retenue, nom) if nom not in COLONNES else getattr(retenue.rapprochee.etat, nom)
                for nom in colonnes
            ]
            for retenue in retenues
        ),
    )
    # The planner believes a table of which it knows nothing to be small.
    cursor.execute("ANALYZE chargement")


def _colonne(retenue: _Retenue, nom: str) -> object:
    if nom == "empreinte_import":
        return retenue.rapprochee.empreinte
    return retenue.pk if nom == "id" else retenue.version


def _verifier(ecrites: int, retenues: Sequence[_Retenue]) -> None:
    if ecrites != len(retenues):
        raise RuntimeError(f"{ecrites} lignes écrites au lieu de {len(retenues)}.")


def _noter_les_ecrites(retenues: Sequence[_Retenue], cursor: CursorWrapper) -> None:
    cursor.execute(
        f"UPDATE {ImportLigne._meta.db_table} l SET mesure_id = v.mesure, version_donnee = v.version "  # noqa: S608
        "FROM unnest(%s::bigint[], %s::bigint[], %s::int[]) v(ligne, mesure, version) WHERE l.id = v.ligne",
        [[r.stockee.pk for r in retenues], [r.pk for r in retenues], [r.version for r in retenues]],
    )


def _noter_les_deja_ecrites(import_pk: int, deja: Sequence[LigneRapprochee], cursor: CursorWrapper) -> None:
    """They become unchanged lines, of the mesure that says the same."""
    cursor.execute(
        f"UPDATE {ImportLigne._meta.db_table} l SET verdict = %s, mesure_id = v.mesure, "  # noqa: S608
        "changements = '[]'::jsonb, avertissements = '[]'::jsonb, alertes = '{}' "
        "FROM unnest(%s::int[], %s::bigint[]) v(numero, mesure) "
        "WHERE l.importation_id = %s AND l.numero = v.numero",
        [
            str(Verdict.INCHANGEE),
            [ligne.ligne.numero for ligne in deja],
            [ligne.connue.pk for ligne in deja if ligne.connue is not None],
            import_pk,
        ],
    )


def _noter_les_laissees(import_pk: int, laissees: Sequence[LigneRapprochee], cursor: CursorWrapper) -> None:
    """They become rejected lines, with the reason of today."""
    problemes = [
        ligne.problemes if ligne.verdict not in (*A_ECRIRE, Verdict.INCHANGEE) else (CHANGEE,)
        for ligne in laissees
    ]
    cursor.execute(
        f"UPDATE {ImportLigne._meta.db_table} l SET verdict = %s, problemes = v.problemes::jsonb "  # noqa: S608
        "FROM unnest(%s::int[], %s::text[]) v(numero, problemes) "
        "WHERE l.importation_id = %s AND l.numero = v.numero",
        [
            str(Verdict.REJETEE),
            [ligne.ligne.numero for ligne in laissees],
            [json.dumps(problemes_en_json(p)) for p in problemes],
            import_pk,
        ],
    )
