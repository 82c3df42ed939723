"""An embedded PostgreSQL for development, demonstration and tests; production sets DATABASE_URL.

    python -m emjpm.postgres [--ephemere] -- COMMAND ARGS…

runs the command with DATABASE_URL set to a PostgreSQL started for it: in `var/postgres`, or with
--ephemere in a temporary folder removed at the end. When DATABASE_URL is already set, the command
just runs. The server listens on a private unix socket only, so that copies of the project in
several folders run side by side.
"""

from emjpm.postgres.binaires import trouver_binaires
from emjpm.postgres.erreurs import DossierOccupe, ErreurPostgres
from emjpm.postgres.serveur import DOSSIER, PostgresEmbarque

__all__ = ["DOSSIER", "DossierOccupe", "ErreurPostgres", "PostgresEmbarque", "trouver_binaires"]
