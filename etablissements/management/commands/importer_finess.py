from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from etablissements.finess import FichierRefuse
from etablissements.importation import Bilan, importer


class Command(BaseCommand):
    help = (
        "Charge les établissements du répertoire national FINESS, depuis l'extraction géolocalisée publiée sur "
        "data.gouv.fr. Peut être relancée avec un fichier plus récent : les établissements qui ont quitté le "
        "répertoire sont fermés, aucun n'est supprimé ; ceux qui ont été créés à la main sont laissés."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("fichier", type=Path, help="le fichier, tel que téléchargé")
        parser.add_argument(
            "--forcer",
            action="store_true",
            help=(
                "accepte un fichier plus ancien que le dernier chargé, ou qui ferme plus d'un établissement "
                "ouvert sur cinq"
            ),
        )
        parser.add_argument("--json", action="store_true", help="écrit le compte rendu en JSON")

    def handle(self, *args: Any, fichier: Path, forcer: bool, **options: Any) -> None:
        try:
            bilan = importer(fichier, forcer=forcer)
        except OSError as erreur:
            raise CommandError(f"Le fichier {fichier} n'existe pas ou ne peut pas être lu.") from erreur
        except FichierRefuse as refus:
            raise CommandError(str(refus)) from refus
        if options["json"]:
            self.stdout.write(json.dumps(asdict(bilan), ensure_ascii=False, indent=2, default=str))
        else:
            self.stdout.write(rediger(bilan))


def rediger(bilan: Bilan) -> str:
    """The report, in plain French."""
    lignes = [
        f"Fichier FINESS du {bilan.fichier_du:%d/%m/%Y}",
        f"Établissements lus : {bilan.lus}",
        f"  ajoutés : {bilan.ajoutes}",
        f"  modifiés : {bilan.modifies} (dont rouverts : {bilan.rouverts})",
        f"  inchangés : {bilan.inchanges}",
        f"  rejetés : {bilan.rejetes}",
        f"Établissements fermés, car absents du fichier : {bilan.fermes}",
        f"Points lus : {bilan.points_lus} (retenus : {bilan.points_retenus}, rejetés : {bilan.points_rejetes})",
    ]
    if not bilan.points_retenus:
        lignes.append("Aucun point du fichier n'est retenu : ceux qui étaient connus sont gardés.")
    for titre, constats in (("Lignes rejetées", bilan.lignes_rejetees), ("Remarques", bilan.remarques)):
        if constats:
            lignes.append(f"{titre} :")
            lignes += [f"  ligne {constat.ligne} : {constat.motif}" for constat in constats]
    return "\n".join(lignes)
