"""Loading of the FINESS register into the table of establishments, all or nothing.

The register is what is true: what someone changed by hand in a row that it has is written over. A row
that left it is closed, and never deleted, since mesures and préposés point to it; it opens again when
it comes back. A row made by hand, that no file ever had, is left as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import Count, Max

from etablissements.finess import Constat, FichierRefuse, Registre, lire
from etablissements.models import Etablissement
from tribunaux.models import Commune
from tribunaux.referentiels import deposer

COLONNES = ("finess", "nom", "categorie", "adresse", "code_postal", "commune_id", "ouvert_le")
COLONNES_POINT = ("latitude", "longitude")

# A file that would close more than one in five of the register's open establishments was cut, or is another.
PART_FERMEE = 5


@dataclass(frozen=True)
class Bilan:
    """What became of the file: lus = ajoutes + modifies + inchanges + rejetes, and so for the points."""

    fichier_du: date
    lus: int
    ajoutes: int
    modifies: int
    rouverts: int  # among those updated
    inchanges: int
    rejetes: int
    fermes: int  # open until now, and no longer in the register
    points_lus: int
    points_retenus: int
    points_rejetes: int
    lignes_rejetees: list[Constat]
    remarques: list[Constat]


def importer(chemin: Path, *, forcer: bool = False) -> Bilan:
    """Load the file, and say what changed.

    Raises FichierRefuse, before anything is written, when the file is not the register; and unless `forcer`,
    when it is older than the last one loaded, or would close too many establishments.
    """
    with chemin.open("rb") as fichier:
        registre = lire(fichier)
    with transaction.atomic(), connection.cursor() as cursor:
        return _ecrire(registre, cursor, forcer=forcer)


def _ecrire(registre: Registre, cursor: CursorWrapper, *, forcer: bool) -> Bilan:
    # One of the two official extractions has no points: it says nothing of those that are known.
    colonnes = COLONNES + COLONNES_POINT if registre.points else COLONNES
    noms = {
        "table": Etablissement._meta.db_table,
        "colonnes": ", ".join(colonnes),
        "colonnes_s": ", ".join(f"s.{colonne}" for colonne in colonnes),
        "colonnes_t": ", ".join(f"t.{colonne}" for colonne in colonnes),
    }

    def executer(sql: str, *parametres: date | list[str]) -> int:
        """Execute, and return the number of rows written or read."""
        cursor.execute(sql.format(**noms), parametres)
        nombre: int = cursor.rowcount
        return nombre

    # Two loadings at once wait for each other; those who read are not held up.
    executer("LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")
    # Each loading gives its date to every row of the register that it leaves open.
    connus = Etablissement.objects.ouverts().aggregate(nombre=Count("vu_le"), dernier=Max("vu_le"))
    if not forcer and connus["dernier"] and registre.date < connus["dernier"]:
        raise FichierRefuse(
            f"Ce fichier est du {registre.date:%d/%m/%Y}, et celui du {connus['dernier']:%d/%m/%Y} est déjà "
            "chargé : rien n'a été enregistré. Si vous voulez vraiment revenir en arrière, ajoutez --forcer."
        )
    communes = set(Commune.objects.values_list("pk", flat=True))
    deposer(cursor, noms["table"], noms["colonnes"], _lignes(registre, communes))

    # The register has an establishment even when its line cannot be read.
    illisibles = list(registre.numeros_rejetes)
    absents = executer(
        """CREATE TEMPORARY TABLE absents ON COMMIT DROP AS
           SELECT t.id FROM {table} t
            WHERE t.ferme_le IS NULL AND t.vu_le IS NOT NULL AND t.finess <> ALL(%s)
              AND NOT EXISTS (SELECT FROM chargement s WHERE s.finess = t.finess)""",
        illisibles,
    )
    if not forcer and absents * PART_FERMEE > connus["nombre"]:
        raise FichierRefuse(
            f"Ce fichier fermerait {absents} des {connus['nombre']} établissements ouverts du répertoire : "
            "rien n'a été enregistré. Vérifiez qu'il est entier ; si c'est bien ce que vous voulez, "
            "ajoutez --forcer."
        )
    rouverts = executer("SELECT FROM {table} t JOIN chargement s USING (finess) WHERE t.ferme_le IS NOT NULL")
    modifies = executer(
        """UPDATE {table} t SET ({colonnes}, vu_le, ferme_le) = ({colonnes_s}, %s, NULL)
             FROM chargement s
            WHERE s.finess = t.finess
              AND (ROW({colonnes_t}) IS DISTINCT FROM ROW({colonnes_s}) OR t.ferme_le IS NOT NULL)""",
        registre.date,
    )
    ajoutes = executer(
        """INSERT INTO {table} ({colonnes}, vu_le)
           SELECT {colonnes_s}, %s FROM chargement s
            WHERE NOT EXISTS (SELECT FROM {table} t WHERE t.finess = s.finess)
            ORDER BY s.finess""",
        registre.date,
    )
    executer(
        """UPDATE {table} t SET vu_le = %s
            WHERE t.vu_le IS DISTINCT FROM %s
              AND (t.finess = ANY(%s) OR t.finess IN (SELECT s.finess FROM chargement s))""",
        registre.date,
        registre.date,
        illisibles,
    )
    fermes = executer("UPDATE {table} t SET ferme_le = %s FROM absents a WHERE a.id = t.id", registre.date)
    executer("DROP TABLE chargement, absents")
    if ajoutes or modifies or fermes:
        executer("ANALYZE {table}")
    return Bilan(
        fichier_du=registre.date,
        lus=registre.lus,
        ajoutes=ajoutes,
        modifies=modifies,
        rouverts=rouverts,
        inchanges=len(registre.fiches) - ajoutes - modifies,
        rejetes=len(registre.rejets),
        fermes=fermes,
        points_lus=registre.points_lus,
        points_retenus=len(registre.points),
        points_rejetes=len(registre.rejets_points),
        lignes_rejetees=sorted(registre.rejets + registre.rejets_points),
        remarques=sorted(registre.remarques + _communes_inconnues(registre, communes)),
    )


def _lignes(registre: Registre, communes: set[str]) -> Iterator[tuple[object, ...]]:
    """The rows to stage, in the order of COLONNES and COLONNES_POINT."""
    for fiche in registre.fiches.values():
        ligne = (
            fiche.finess,
            fiche.nom,
            fiche.categorie,
            fiche.adresse,
            fiche.code_postal,
            fiche.commune if fiche.commune in communes else None,
            fiche.ouvert_le,
        )
        yield (*ligne, *registre.points.get(fiche.finess, (None, None))) if registre.points else ligne


def _communes_inconnues(registre: Registre, communes: set[str]) -> list[Constat]:
    return [
        Constat(fiche.ligne, f"{fiche.finess} : sans commune (nous n'en connaissons pas de code {fiche.commune})")
        for fiche in registre.fiches.values()
        if fiche.commune and fiche.commune not in communes
    ]
