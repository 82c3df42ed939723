"""The MJPM that a court finds, as a file: what the list shows of each, and how to reach it.

No count of mesures by place is written that the page would mask (S5): `Resultat.deja_suivies` is masked already.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils import timezone
from django.utils.text import slugify

from mandataires.models import Mandataire
from mandataires.recherche import AUTOUR, Criteres, Recherche, Resultat
from tribunaux.tableurs import LARGEUR, Colonne, Forme, Tableau, Valeur


@dataclass(frozen=True)
class _Colonne:
    titre: str  # « {de_lieu} » in it: from where distances are measured
    lire: Callable[[Resultat], Valeur]
    forme: Forme = Forme.TEXTE
    largeur: int = LARGEUR
    si: Callable[[Criteres], object] = lambda criteres: True  # the page shows it only then


def _mise_a_jour(mandataire: Mandataire) -> Valeur:
    moment = mandataire.charge.mise_a_jour_at
    return timezone.localdate(moment) if moment else None


def _disponibles(mandataire: Mandataire) -> Valeur:
    return None if mandataire.disponibilite.interrompu else mandataire.disponibilite.disponibles


COLONNES = (
    _Colonne("Nom", lambda r: r.mandataire.nom, largeur=36),
    _Colonne("Prénom", lambda r: r.mandataire.prenom),
    _Colonne("Type", lambda r: r.mandataire.get_type_display()),
    _Colonne("Sur la liste de votre tribunal", lambda r: r.sur_la_liste, si=lambda c: c.hors_liste),
    _Colonne("Exerce dans cet établissement", lambda r: r.exerce_ici, si=lambda c: c.etablissement),
    _Colonne("Téléphone", lambda r: r.mandataire.telephone),
    _Colonne("Téléphone portable", lambda r: r.mandataire.telephone_portable),
    _Colonne("Adresse e-mail", lambda r: r.mandataire.email, largeur=32),
    _Colonne("Adresse", lambda r: r.mandataire.adresse, largeur=36),
    _Colonne("Code postal", lambda r: r.mandataire.code_postal),
    _Colonne("Commune", lambda r: r.mandataire.commune.nom if r.mandataire.commune else None, largeur=26),
    _Colonne(
        "Distance {de_lieu}, en km",
        lambda r: None if r.km is None else round(r.km),
        Forme.NOMBRE,
        si=lambda c: c.point,
    ),
    _Colonne("Mesures en cours", lambda r: r.mandataire.disponibilite.en_cours, Forme.NOMBRE),
    _Colonne("Capacité", lambda r: r.mandataire.capacite, Forme.NOMBRE),
    _Colonne("Disponibles", lambda r: _disponibles(r.mandataire), Forme.NOMBRE),
    _Colonne("Disponibilité", lambda r: r.mandataire.disponibilite.mot, largeur=32),
    _Colonne("En attente", lambda r: r.mandataire.disponibilite.en_attente, Forme.NOMBRE),
    _Colonne(
        f"Déjà suivies à moins de {AUTOUR} km {{de_lieu}}",
        lambda r: r.deja_suivies or "non connues",
        si=lambda c: c.point,
    ),
    _Colonne("Mise à jour", lambda r: _mise_a_jour(r.mandataire), Forme.DATE),
)


def nom_du_fichier(criteres: Criteres) -> str:
    """« mandataires-marck-62-2026-11-22 »."""
    lieu = f"{slugify(str(criteres.lieu))}-" if criteres.lieu else ""
    return f"mandataires-{lieu}{timezone.localdate().isoformat()}"


def tableau(recherche: Recherche) -> Tableau:
    criteres = recherche.criteres
    colonnes = [colonne for colonne in COLONNES if colonne.si(criteres)]
    de_lieu = criteres.lieu.avec_de if criteres.lieu else ""
    return Tableau(
        "Mandataires",
        [Colonne(colonne.titre.format(de_lieu=de_lieu), colonne.forme, colonne.largeur) for colonne in colonnes],
        ([colonne.lire(resultat) for colonne in colonnes] for resultat in recherche.tous_les_resultats()),
    )
