"""The accounts of the demonstration, as `make run` prints them. Plain Python: read without Django."""

from __future__ import annotations

from typing import NamedTuple

MOT_DE_PASSE = "demonstration"


class Compte(NamedTuple):
    identifiant: str
    prenom: str
    nom: str
    qui: str


PREPOSE = Compte("prepose", "Alix", "Exemple", "préposée de trois établissements, à Calais et à Boulogne-sur-Mer")
INDIVIDUEL = Compte("individuel", "Morgan", "Modèle", "mandataire individuel à Boulogne-sur-Mer")
SERVICE = Compte("service", "Claude", "Fictif", "membre d'un service mandataire de Calais")
JUGE = Compte("juge", "Dominique", "Spécimen", "juge au tribunal de proximité de Calais")
JUGE_AILLEURS = Compte("juge-arras", "Sacha", "Témoin", "juge au tribunal judiciaire d'Arras")
GREFFIER = Compte("greffier", "Charlie", "Gabarit", "greffier au tribunal de proximité de Calais")
ADMIN = Compte("admin", "Lou", "Essai", "administrateur du site, à l'adresse /admin/")

COMPTES = (PREPOSE, INDIVIDUEL, SERVICE, JUGE, JUGE_AILLEURS, GREFFIER, ADMIN)
