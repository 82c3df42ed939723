from mandataires.models.charge import Charge, Declaration, Presence
from mandataires.models.mandataire import Genre, Mandataire, MandataireQuerySet
from mandataires.models.rattachements import (
    Agrement,
    Exercice,
    MagistratExclusif,
    Membre,
    Note,
    UserExclusif,
    membre_de,
)

__all__ = [
    "Agrement",
    "Charge",
    "Declaration",
    "Exercice",
    "Genre",
    "MagistratExclusif",
    "Mandataire",
    "MandataireQuerySet",
    "Membre",
    "Note",
    "Presence",
    "UserExclusif",
    "membre_de",
]
