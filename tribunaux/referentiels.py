"""Loading of the reference tables that come with the product, from `tribunaux/data/`.

Rows are compared and written as sets, in SQL: 35,000 communes take seconds. A file is staged by COPY,
which bypasses the history's context; its rows are then written by ordinary statements, which do not.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pghistory
from django.db import connection, models, transaction
from django.db.backends.utils import CursorWrapper

from tribunaux.models import Commune, Departement, Reference, Region, Tribunal

DONNEES = Path(__file__).resolve().parent / "data"

# What joins a row `s` of a file to the row `t` that it is about.
PAR_CLE = "LEFT JOIN {table} t ON t.{cle} = s.{cle}"
# By SIRET, else by kind and commune: a court without SIRET may have been given one since, or its number
# have changed. Not one that closed under a SIRET of its own: that was another court.
PAR_SIRET = """
    LEFT JOIN LATERAL (
        SELECT * FROM {table} candidat
         WHERE candidat.siret = s.siret
            OR candidat.type = s.type AND candidat.commune_id = s.commune_id
               AND (candidat.siret IS NULL OR candidat.ferme_le IS NULL)
               AND NOT EXISTS (SELECT FROM chargement autre WHERE autre.siret = candidat.siret)
         ORDER BY candidat.siret = s.siret DESC NULLS LAST, candidat.siret NULLS FIRST, candidat.id
         LIMIT 1
    ) t ON true"""


@dataclass(frozen=True)
class Table:
    """A file and the model it fills; `champs` are the columns of the file, named as the model's fields."""

    fichier: str
    modele: type[Reference]
    champs: tuple[str, ...]
    jointure: str = PAR_CLE

    @property
    def noms(self) -> dict[str, str]:
        """The names that the statements below take."""
        colonnes = [champ.column for champ in self._champs()]
        table, cle = self.modele._meta.db_table, self.modele._meta.pk.column
        return {
            "table": table,
            "cle": cle,
            "jointure": self.jointure.format(table=table, cle=cle),
            "colonnes": ", ".join(colonnes),
            "colonnes_s": ", ".join(f"s.{colonne}" for colonne in colonnes),
            "empreinte_s": _empreinte("s", colonnes),
            "empreinte_t": _empreinte("t", colonnes),
        }

    def lire(self) -> Iterator[list[str | list[str] | None]]:
        champs = self._champs()
        with (DONNEES / self.fichier).open(encoding="utf-8", newline="") as fichier:
            lignes = csv.reader(fichier)
            if (entete := tuple(next(lignes))) != self.champs:
                raise ValueError(f"{self.fichier} : les colonnes {entete} ne sont pas {self.champs}.")
            for ligne in lignes:
                yield [_valeur(champ, texte) for champ, texte in zip(champs, ligne, strict=True)]

    def _champs(self) -> list[models.Field[Any, Any]]:
        champs = {champ.name: champ for champ in self.modele._meta.concrete_fields}
        return [champs[nom] for nom in self.champs]


def _valeur(champ: models.Field[Any, Any], texte: str) -> str | list[str] | None:
    if champ.name == "codes_postaux":
        return texte.split()
    return None if champ.null and not texte else texte


def _empreinte(alias: str, colonnes: list[str]) -> str:
    """The md5 of the loaded columns of a row: the one expression, for the file and for the table.

    The text of a SQL row tells NULL from '' and quotes what must be, arrays included; the staging table
    has the types of the real one, so that both write a number alike. With other columns every md5 would
    differ, and every row seem changed by an operator: a migration that adds one computes them again.
    """
    return f"md5(ROW({', '.join(f'{alias}.{colonne}' for colonne in colonnes)})::text)"


TABLES = (
    Table("regions.csv", Region, ("code", "nom")),
    Table("departements.csv", Departement, ("code", "nom", "region")),
    Table(
        "communes.csv",
        Commune,
        ("code_insee", "nom", "departement", "codes_postaux", "latitude", "longitude", "population"),
    ),
    Table(
        "tribunaux.csv",
        Tribunal,
        ("siret", "nom", "type", "rattachement", "commune", "adresse", "complement_adresse"),
        PAR_SIRET,
    ),
)


def deposer(cursor: CursorWrapper, table: str, colonnes: str, lignes: Iterable[Sequence[object]]) -> None:
    """Stage rows in the temporary table `chargement`: these columns of `table`, with their types."""
    # The names are those of our own models.
    cursor.execute(f"CREATE TEMPORARY TABLE chargement AS SELECT {colonnes} FROM {table} WITH NO DATA")  # noqa: S608
    with cursor.copy(f"COPY chargement ({colonnes}) FROM STDIN") as copie:
        for ligne in lignes:
            copie.write_row(ligne)


@dataclass(frozen=True)
class Bilan:
    """What became of the rows of a file; the four figures add up to the rows read."""

    titre: str
    ajoutes: int
    mis_a_jour: int
    inchanges: int
    laisses: int  # changed by an operator, and not what the file says


def charger() -> list[Bilan]:
    """Load the four tables, all or nothing, and say what changed.

    A row is updated only while it still is what was last loaded (`Reference.empreinte`); what an
    operator changed is left as it is, and nothing is ever deleted.
    """
    with (
        transaction.atomic(),
        pghistory.context(commande="charger_referentiels"),
        connection.cursor() as cursor,
    ):
        return [_charger(table, cursor) for table in TABLES]


def _charger(table: Table, cursor: CursorWrapper) -> Bilan:
    noms = table.noms

    def executer(sql: str) -> int:
        """Execute, and return the number of rows written or read."""
        cursor.execute(sql.format(**noms))
        nombre: int = cursor.rowcount
        return nombre

    # Two loadings at once wait for each other; those who read are not held up.
    executer("LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")
    deposer(cursor, noms["table"], noms["colonnes"], table.lire())
    lus = executer(
        """CREATE TEMPORARY TABLE rapprochement AS
           SELECT s.*, t.{cle} AS trouve, t.empreinte AS chargee,
                  {empreinte_s} AS nouvelle, {empreinte_t} AS presente
             FROM chargement s {jointure}"""
    )
    mis_a_jour = executer(
        """UPDATE {table} t SET ({colonnes}, empreinte) = ({colonnes_s}, s.nouvelle)
             FROM rapprochement s
            WHERE t.{cle} = s.trouve AND s.presente = s.chargee AND s.nouvelle <> s.presente"""
    )
    # What an operator wrote before the list did is the list's from now on.
    executer(
        """UPDATE {table} t SET empreinte = s.nouvelle
             FROM rapprochement s
            WHERE t.{cle} = s.trouve AND s.presente = s.nouvelle AND s.presente <> s.chargee"""
    )
    laisses = executer(
        """SELECT FROM rapprochement
            WHERE trouve IS NOT NULL AND presente <> nouvelle AND presente <> chargee"""
    )
    ajoutes = executer(
        """INSERT INTO {table} ({colonnes}, empreinte)
           SELECT {colonnes}, nouvelle FROM rapprochement WHERE trouve IS NULL"""
    )
    executer("DROP TABLE chargement, rapprochement")
    if ajoutes or mis_a_jour:
        executer("ANALYZE {table}")
    return Bilan(
        titre=str(table.modele._meta.verbose_name_plural).capitalize(),
        ajoutes=ajoutes,
        mis_a_jour=mis_a_jour,
        inchanges=lus - ajoutes - mis_a_jour - laisses,
        laisses=laisses,
    )
