"""Statement-level triggers that keep `mandataires.Charge` and `mandataires.Presence` equal to a COUNT."""

from __future__ import annotations

import pgtrigger


def compter() -> list[pgtrigger.Trigger]:
    """One trigger for each of insert, update and delete, since each sees other transition tables."""
    return [
        _trigger("insert", pgtrigger.Insert, nouvelles="nouvelles"),
        _trigger("update", pgtrigger.Update, nouvelles="nouvelles", anciennes="anciennes"),
        _trigger("delete", pgtrigger.Delete, anciennes="anciennes"),
    ]


def _trigger(
    name: str, operation: pgtrigger.Operation, *, nouvelles: str | None = None, anciennes: str | None = None
) -> pgtrigger.Trigger:
    touchees = " UNION ALL ".join(
        f"SELECT {signe} AS signe, statut, mandataire_id, commune_id, renouvelle_id FROM {table}"  # noqa: S608 (ours)
        for table, signe in ((nouvelles, 1), (anciennes, -1))
        if table
    )
    return pgtrigger.Trigger(
        name=f"mesure_compter_{name}",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=operation,
        referencing=pgtrigger.Referencing(new=nouvelles, old=anciennes),
        func=f"""
            -- In the order of primary keys: the counts of one MJPM change one transaction after the other.
            -- A plain UPDATE has its rows of mesures before this lock, a service has this lock first: a
            -- bulk door locks the charges before it writes, or it may be the victim of a deadlock.
            PERFORM 1 FROM mandataires_charge
              WHERE mandataire_id IN (SELECT mandataire_id FROM ({touchees}) t)
              ORDER BY mandataire_id FOR UPDATE;

            UPDATE mandataires_charge c
               SET en_cours = c.en_cours + d.en_cours, en_attente = c.en_attente + d.en_attente,
                   renouvellements = c.renouvellements + d.renouvellements
              FROM (SELECT mandataire_id,
                           COALESCE(SUM(signe) FILTER (WHERE statut = 'en_cours'), 0) AS en_cours,
                           COALESCE(SUM(signe) FILTER (WHERE statut = 'en_attente'), 0) AS en_attente,
                           COALESCE(SUM(signe) FILTER (WHERE statut = 'en_attente' AND renouvelle_id IS NOT NULL),
                                    0) AS renouvellements
                      FROM ({touchees}) t GROUP BY mandataire_id) d
             WHERE c.mandataire_id = d.mandataire_id
               AND (d.en_cours <> 0 OR d.en_attente <> 0 OR d.renouvellements <> 0);

            MERGE INTO mandataires_presence p
            USING (SELECT mandataire_id, commune_id, SUM(signe) AS en_cours
                     FROM ({touchees}) t WHERE statut = 'en_cours'
                    GROUP BY mandataire_id, commune_id HAVING SUM(signe) <> 0) d
               ON p.mandataire_id = d.mandataire_id AND p.commune_id IS NOT DISTINCT FROM d.commune_id
            WHEN MATCHED AND p.en_cours + d.en_cours = 0 THEN DELETE
            WHEN MATCHED THEN UPDATE SET en_cours = p.en_cours + d.en_cours
            WHEN NOT MATCHED THEN INSERT (mandataire_id, commune_id, en_cours)
                VALUES (d.mandataire_id, d.commune_id, d.en_cours);
            RETURN NULL;
        """,  # noqa: S608
    )
