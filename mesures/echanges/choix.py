"""What a person chose once for all the lines of a file: what there is to choose by, and what of it serves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import Q, TextField, Value, Window
from django.db.models.expressions import BaseExpression
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce, Concat, RowNumber

from mesures.comparaison import cle
from mesures.echanges.references import Correspondances
from mesures.models import Import, ImportLigne
from tribunaux.db_functions import TexteRecherche

EXEMPLES = 2
SUITE_MIN = 3  # numbers one after the other: fewer may be chance
# In `Import.correspondances`, besides them: they come from an earlier import, and nobody has looked at them since.
REPRISES = "reprises"


def reprendre(mandataire_id: int) -> dict[str, object]:
    """What the last import of this MJPM that has some would choose, for the next one. One query.

    Not for the lines that say no court: those of another file may be of another one.
    """
    vides = Q(correspondances={}) | Q(correspondances={"tribunaux": {}, "etablissements": {}})
    derniers = Import.objects.filter(mandataire=mandataire_id).exclude(vides).order_by("-pk")
    dernieres = derniers.values_list("correspondances", flat=True).first()
    if not dernieres:
        return {}
    tribunaux = {dit: pk for dit, pk in dernieres.get("tribunaux", {}).items() if dit}
    return {**dernieres, "tribunaux": tribunaux, REPRISES: True}


def sont_reprises(import_: Import) -> bool:
    return bool(import_.correspondances.get(REPRISES))


def a_des_choix(import_: Import) -> bool:
    """Whether somebody chose something for this very file: it would be lost with it."""
    choix = Correspondances.de_json(import_.correspondances)
    return bool(choix.tribunaux or choix.etablissements) and not sont_reprises(import_)


@dataclass(frozen=True)
class Choix:
    """Those that serve a line of the file at least, by the keys of `Import.correspondances`."""

    tribunaux: set[str] = field(default_factory=set)
    etablissements: set[str] = field(default_factory=set)
    viennent_d_avant: bool = False

    def __bool__(self) -> bool:
        return bool(self.tribunaux or self.etablissements)

    @property
    def noms(self) -> str:
        return " et ".join(
            nom
            for nom, choisis in (("Tribunaux", self.tribunaux), ("établissements", self.etablissements))
            if choisis
        ).capitalize()


def utiles(import_: Import) -> Choix:
    """Two queries at most."""
    choix = Correspondances.de_json(import_.correspondances)
    lignes = ImportLigne.objects.filter(importation=import_).order_by()
    tribunaux: Iterable[tuple[str | None, str | None]] = ()
    etablissements: Iterable[tuple[str | None, str | None]] = ()
    if choix.tribunaux:
        tribunaux = lignes.values_list(KT("valeurs__lu_cle_tribunal"), Value(None, TextField())).distinct()
    if choix.etablissements:
        nom = TexteRecherche(KT("valeurs__etablissement_nom"))
        etablissements = lignes.values_list(nom, KT("valeurs__finess")).distinct()
    return Choix(
        tribunaux=_cites(choix.tribunaux, tribunaux),
        etablissements=_cites(choix.etablissements, etablissements),
        viennent_d_avant=sont_reprises(import_),
    )


def _cites(choisis: Iterable[str], dits: Iterable[tuple[str | None, str | None]]) -> set[str]:
    """A name counts however it is written."""
    plies = {cle(texte) for couple in dits for texte in couple if texte is not None}
    return {choisi for choisi in choisis if cle(choisi) in plies}


# What a line says of each, as `Import.inconnus` names it.
TRIBUNAL = KT("valeurs__lu_cle_tribunal")
ETABLISSEMENT = Coalesce(
    KT("valeurs__etablissement_nom"), Concat(Value("FINESS "), KT("valeurs__finess")), output_field=TextField()
)


def exemples(import_: Import, dit: BaseExpression, noms: Sequence[str]) -> dict[str, list[ImportLigne]]:
    """The first lines of the file that say each of these names. One query, none without a name."""
    if not noms:
        return {}
    lignes = (
        ImportLigne.objects.filter(importation=import_)
        .annotate(dit=dit, rang=Window(RowNumber(), partition_by=dit, order_by="numero"))
        .filter(dit__in=list(noms), rang__lte=EXEMPLES)
    )
    trouvees: dict[str, list[ImportLigne]] = {}
    for ligne in lignes.order_by("numero").only("numero", "valeurs"):
        trouvees.setdefault(ligne.dit, []).append(ligne)
    return trouvees


def decrire_exemples(lignes: Sequence[ImportLigne]) -> str:
    """« Par exemple ligne 4 (21A00123, Calais) et ligne 9 (dossier 12). »"""
    if not lignes:
        return ""
    return f"Par exemple {' et '.join(_decrire(ligne) for ligne in lignes)}."


def _decrire(ligne: ImportLigne) -> str:
    valeurs = ligne.valeurs
    dossier = f"dossier {valeurs['numero_dossier']}" if "numero_dossier" in valeurs else ""
    rg = f"RG {valeurs['numero_rg']}" if "numero_rg" in valeurs else ""
    faits = ", ".join(filter(None, (rg or dossier, valeurs.get("ville", ""))))
    return f"ligne {ligne.numero} ({faits})" if faits else f"ligne {ligne.numero}"


@dataclass(frozen=True)
class Suite:
    """Numbers that follow one another, as a spreadsheet writes them when a cell is dragged down."""

    nombre: int
    premier: str
    dernier: str


def sirets_qui_se_suivent(sirets: Iterable[str]) -> Suite | None:
    """The longest run of numbers that differ by one, if it is long enough to be one."""
    nombres = sorted({int(siret) for siret in sirets if siret.isascii() and siret.isdigit()})
    meilleure: list[int] = []
    suite: list[int] = []
    for nombre in nombres:
        suite = [*suite, nombre] if suite and nombre == suite[-1] + 1 else [nombre]
        if len(suite) > len(meilleure):
            meilleure = suite
    if len(meilleure) < SUITE_MIN:
        return None
    return Suite(len(meilleure), f"{meilleure[0]:014}", f"{meilleure[-1]:014}")
