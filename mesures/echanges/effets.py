"""What an import does beyond each of its lines: the alerts that it raises, and the load that it leaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from django.db.models import Case, Count, Q, Value, When

from mandataires.disponibilite import Disponibilite
from mandataires.models import Mandataire
from mesures.echanges.rejets import MOTIF
from mesures.enums import Statut
from mesures.models import Import, ImportLigne
from mesures.models.importation import A_ECRIRE

Alerte = ImportLigne.Alerte
Verdict = ImportLigne.Verdict

# As `reconnaissance.est_finie` reads it: what the line says of its state, else a date or a reason of an end.
FINIE = Q(valeurs__statut=Statut.ETEINTE.value) | Q(
    valeurs__statut__isnull=True, valeurs__has_any_keys=["date_extinction", "motif_extinction"]
)


@dataclass(frozen=True, kw_only=True)
class Comptes:
    """Lines of an import, by what is to look at in them: of the alerts, only those of lines to write."""

    ajoutees: int = 0  # to the ongoing mesures
    terminees: int = 0  # taken from them
    en_cours: int = 0  # lines that speak of an ongoing mesure
    alertes: Mapping[ImportLigne.Alerte, int] = field(default_factory=dict)

    @property
    def fins(self) -> int:
        return self.alertes.get(Alerte.FIN, 0)

    @property
    def personnes(self) -> int:
        return self.alertes.get(Alerte.PERSONNE, 0)


def compter_les_lignes(import_: Import) -> Comptes:
    """One query."""
    lignes = ImportLigne.objects.filter(importation=import_).order_by()
    comptes = lignes.annotate(est_finie=Case(When(FINIE, then=Value(True)), default=Value(False))).aggregate(
        ajoutees=Count("pk", filter=Q(verdict=Verdict.NOUVELLE, est_finie=False)),
        # A mesure that ended already is never changed: what ends is an ongoing one.
        terminees=Count("pk", filter=Q(verdict=Verdict.MODIFIEE, est_finie=True)),
        en_cours=Count("pk", filter=Q(est_finie=False)),
        **{
            f"alerte_{alerte}": Count("pk", filter=Q(verdict__in=A_ECRIRE, alertes__contains=[alerte]))
            for alerte in Alerte
        },
    )
    alertes = {alerte: comptes.pop(f"alerte_{alerte}") for alerte in Alerte}
    return Comptes(**comptes, alertes=alertes)


def fait_l_inventaire(import_: Import, comptes: Comptes) -> bool:
    """Whether what the file leaves out is worth a remark: it looks like the whole of what its owner carries.

    Neither the lines that come back corrected, nor a list of ended mesures, nor a few mesures to add.
    """
    en_cours = import_.mandataire.charge.en_cours
    if import_.fait_at is not None:
        en_cours -= comptes.ajoutees  # against what was there before
    return (
        comptes.en_cours > 0
        and MOTIF not in import_.remarques.get("ignorees", [])
        and (import_.lues or 0) * 2 >= en_cours
    )


@dataclass(frozen=True)
class Effet:
    """The load of the owner, as it is and as the writing would leave it."""

    mandataire: Mandataire
    avant: Disponibilite
    apres: Disponibilite

    @property
    def est_nul(self) -> bool:
        return self.avant == self.apres

    @property
    def depasse(self) -> bool:
        """Whether the import takes the load above the capacity, or farther above it."""
        disponibles = self.apres.disponibles
        return disponibles is not None and disponibles < 0 and self.apres.charge > self.avant.charge


def effet(import_: Import, comptes: Comptes) -> Effet:
    """No query when the charge was selected. The total that a service declares does not move."""
    mandataire = import_.mandataire
    avant = mandataire.disponibilite
    if mandataire.declare_son_total or avant.en_cours is None:
        return Effet(mandataire, avant, avant)
    en_cours = max(0, avant.en_cours + comptes.ajoutees - comptes.terminees)
    return Effet(mandataire, avant, replace(avant, en_cours=en_cours))
