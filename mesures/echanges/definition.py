"""What a column of the public format is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from mesures.bouche_trous import est_bouche_trou, est_erreur_excel
from mesures.echanges.valeurs import Cellule, ValeurRefusee, Valeurs, citer


class Forme(StrEnum):
    """How a spreadsheet formats the cells of a column."""

    DATE = "date"
    TEXTE = "texte"
    NOMBRE = "nombre"
    LISTE = "liste"


@dataclass(frozen=True, kw_only=True)
class Colonne:
    """One column of the file.

    `obligatoire`: a file is refused without it; what a mesure cannot do without is said by `mesures.regles`.
    `condition` tells it to people, where it is neither yes nor no.
    `champs` are the attributes of `Valeurs` that the column fills.
    `lecteur` gives them from a cell that is not empty, `ecrire` gives the cell back.
    """

    nom: str
    libelle: str
    description: str
    exemples: tuple[str, ...]
    champs: tuple[str, ...]
    lecteur: Callable[[Cellule, datetime], tuple[object, ...]]
    ecrire: Callable[[Valeurs], Cellule]
    forme: Forme = Forme.TEXTE
    obligatoire: bool = False
    condition: str = ""
    est_conservee: bool = True  # else nothing in it is worth rejecting a line
    aliases: tuple[str, ...] = ()
    valeurs: tuple[str, ...] = ()  # the closed list, as the template offers it

    @property
    def exigence(self) -> str:
        """Whether it is to be filled in: « oui », « non », or under which condition."""
        return self.condition or ("oui" if self.obligatoire else "non")

    @property
    def est_attendue(self) -> bool:
        return self.exigence.startswith("oui")

    @property
    def designation(self) -> str:
        """« Date de nomination (date_nomination) », for a sentence."""
        return f"{self.libelle} ({self.nom})"

    def lire(self, cellule: Cellule, epoque: datetime) -> Mapping[str, object]:
        """What the cell, which is not empty, says of each of `champs`. Raises ValeurRefusee."""
        if isinstance(cellule, str):
            texte = cellule.strip()
            if est_erreur_excel(texte):
                raise ValeurRefusee("formule", f"La cellule contient une erreur de formule ({texte}).")
            if est_bouche_trou(texte):
                raise ValeurRefusee(
                    "bouche_trou", f"{citer(texte)} n'est pas une valeur : laissez la cellule vide."
                )
        return dict(zip(self.champs, self.lecteur(cellule, epoque), strict=True))
