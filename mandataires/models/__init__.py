from mandataires.models.charge import Charge, Declaration, Presence, Releve
from mandataires.models.invitation import Invitation
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
    "Invitation",
    "MagistratExclusif",
    "Mandataire",
    "MandataireQuerySet",
    "Membre",
    "Note",
    "Presence",
    "Releve",
    "UserExclusif",
    "membre_de",
]
