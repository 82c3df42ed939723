from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from accounts.models import User
from accounts.refus import Refus
from mesures.echanges import ecriture, imports
from mesures.echanges.lecture import FichierIllisible
from mesures.models import Import, ImportLigne
from mesures.models.importation import CHIFFRES, REJETS


class Command(BaseCommand):
    help = (
        "Lit un fichier de mesures pour le mandataire d'un compte, et écrit en JSON ce qui en serait fait. Rien "
        "n'est enregistré sans --appliquer."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("fichier", type=Path, help="le fichier (.xlsx, .xls, .csv ou .txt)")
        parser.add_argument("--compte", required=True, help="l'identifiant d'un membre du mandataire")
        parser.add_argument("--appliquer", action="store_true", help="enregistre les lignes valides")

    def handle(self, *args: Any, fichier: Path, compte: str, appliquer: bool, **options: Any) -> None:
        author = User.objects.filter(username__iexact=compte, is_active=True).first()
        if author is None:
            raise CommandError(f"Aucun compte ouvert n'a l'identifiant « {compte} ».")
        try:
            contenu = fichier.read_bytes()
        except OSError as erreur:
            raise CommandError(f"Le fichier {fichier} n'existe pas ou ne peut pas être lu.") from erreur
        try:
            self.stdout.write(json.dumps(_importer(contenu, fichier.name, author, appliquer), ensure_ascii=False))
        except (FichierIllisible, imports.ImportRefuse, Refus) as refus:
            raise CommandError(str(refus)) from refus
        except DatabaseError as erreur:
            # Its text quotes the row that it refuses.
            raise CommandError(f"{ecriture.RIEN_ENREGISTRE} ({type(erreur).__name__})") from None


def _importer(contenu: bytes, nom: str, author: User, appliquer: bool) -> dict[str, Any]:
    import_ = imports.recevoir(contenu=contenu, nom=nom, author=author, differer=False)
    est_garde = False
    try:
        imports.lire(import_.pk)
        import_.refresh_from_db()
        if import_.etat == Import.Etat.ILLISIBLE:
            raise FichierIllisible(import_.erreur)
        # A file that brings nothing new is no error: its figures say so.
        if appliquer and import_.nouvelles + import_.modifiees:
            imports.demander_ecriture(import_=import_, author=author, differer=False)
            est_garde = True
            ecriture.ecrire(import_.pk)
            import_.refresh_from_db()
        return rendre_compte(import_)
    finally:
        if not est_garde:
            Import.objects.filter(pk=import_.pk).delete()


def rendre_compte(import_: Import) -> dict[str, Any]:
    rejetees = ImportLigne.objects.filter(importation=import_, verdict__in=REJETS).order_by("numero")
    return {
        "enregistre": import_.etat == Import.Etat.FAIT,
        **{nom: getattr(import_, nom) for nom in CHIFFRES},
        "lignes_rejetees": [
            {
                "ligne": ligne.numero,
                "verdict": ligne.verdict,
                "problemes": [
                    {"colonne": probleme["colonne"], "motif": probleme["message"]} for probleme in ligne.problemes
                ],
            }
            for ligne in rejetees
        ],
        "inconnus": import_.inconnus,
        "colonnes_ignorees": import_.remarques.get("ignorees", []),
    }
