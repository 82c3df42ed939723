"""What can go wrong, as sentences for whoever launched PostgreSQL."""

RECOURS = (
    "Indiquez une base PostgreSQL dans la variable DATABASE_URL, sous la forme"
    " postgres://utilisateur:motdepasse@hote/base"
)


class ErreurPostgres(Exception):
    """PostgreSQL cannot serve; the message is a French sentence for whoever launched it."""


class DossierOccupe(ErreurPostgres):
    """Another live process supervises the PostgreSQL of this folder."""
