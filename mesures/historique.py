"""The history of a mesure in plain French: what was done, what changed, from what to what, by whom, when."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import models
from django.utils import formats

from accounts.models import User
from etablissements.models import Etablissement
from mandataires.models import Declaration, Mandataire
from mesures.enums import Statut
from mesures.models import Import, Mesure
from mesures.transitions import Transition, entre
from tribunaux.models import Commune, Tribunal

Noms = dict[str, dict[Any, str]]  # for each foreign key, the name of each row

AUTEUR_NEUTRE = "Ancien utilisateur"
AUTEUR_AUTOMATIQUE = "e-MJPM (automatique)"
DECLARATION = "declaration"  # in the context of an act: the key of the declaration that it made
RENOUVELLEMENTS = "renouvellements"  # in the same: each reservation that it cut from the mesure that it renews
IMPORTATION = "import"  # in the same: the key of the import that wrote
ANNULATION = "import_annule"  # in the same: that of the import that it undid
MOYENS = {IMPORTATION: "par un import de fichier", ANNULATION: "par un import défait"}
PROPRES_AU_MANDATAIRE = frozenset({"numero_dossier"})  # what a court does not read
SANS_CHANGEMENT = "Mesure validée sans changement"

# What a reader follows. The rest (version, moments of a reservation) is said by the act itself.
CHAMPS_SUIVIS = (
    "mandataire",
    "date_decision",
    "nature",
    "champ",
    "code_postal",
    "commune",
    "genre",
    "annee_naissance",
    "lieu_vie",
    "etablissement",
    "etablissement_nom",
    "tribunal",
    "cabinet",
    "numero_rg",
    "numero_dossier",
    "date_terme",
    "date_extinction",
    "motif_extinction",
    "est_urgente",
    "jugement_attendu_le",
    "expire_le",
    "renouvelle",
    "motif_reponse",
)


@dataclass(frozen=True)
class Changement:
    """One field that changed; an empty value is ""."""

    champ: str
    libelle: str
    avant: str
    apres: str

    def __str__(self) -> str:
        if not self.avant:
            return f"{self.libelle} : « {self.apres} » ajouté"
        if not self.apres:
            return f"{self.libelle} : « {self.avant} » retiré"
        return f"{self.libelle} : « {self.avant} » devient « {self.apres} »"


@dataclass(frozen=True)
class Evenement:
    """One act, and the version that it gave the mesure; without `changements` for the first one.

    `moyen` says how it was done, where not by hand; `importation` is the import of which it was part, for who may
    open it.
    """

    version: int
    at: datetime
    acte: str
    auteur: str
    changements: list[Changement]
    moyen: str = ""
    importation: int | None = None


def evenements(mesure: Mesure, sans: Collection[str] = (), lecteur: User | None = None) -> list[Evenement]:
    """The acts on `mesure`, newest first, without what they changed in the fields `sans`.

    `lecteur`: whose imports may be opened from there. Eight queries at most, however long the history.
    """
    historique = mesure.historique  # type: ignore[attr-defined]  # made by django-pghistory
    etats = list(historique.select_related("pgh_context").order_by("pgh_id"))
    noms = _noms(etats, sans)
    auteurs = _auteurs(etats)
    imports = _imports(etats, lecteur)
    actes = []
    precedent: Any = None
    for etat in etats:
        changements = changements_entre(precedent, etat, noms) if precedent else []
        acte = _acte(precedent, etat, changements)
        if acte == SANS_CHANGEMENT and etat.version == precedent.version:
            precedent = etat
            continue  # not an act: a notice was sent, or the name of somebody who left became neutral
        contexte = _contexte(etat)
        auteur_pk = contexte.get("user")
        auteur = auteurs.get(auteur_pk, AUTEUR_NEUTRE) if auteur_pk else AUTEUR_AUTOMATIQUE
        montres = [changement for changement in changements if changement.champ not in sans]
        moyen, importation = _moyen(contexte)
        actes.append(
            Evenement(
                etat.version,
                etat.pgh_created_at,
                acte,
                auteur,
                montres,
                moyen,
                importation if importation in imports else None,
            )
        )
        precedent = etat
    return actes[::-1]


@dataclass(frozen=True)
class DernierActe:
    """The change of state that gave a mesure its version, None for any other act, and what it was `avant`.

    `declaration` is the one by which a service's total followed; `renouvellements`, each reservation that the act
    cut from the mesure that it renews.
    """

    transition: Transition | None = None
    avant: Any = None
    declaration: Declaration | None = None
    renouvellements: dict[int, int] = field(default_factory=dict)


def dernier_acte(mesure: Mesure) -> DernierActe:
    """What gave `mesure` its version: what has touched its row since, without a version, is no act."""
    historique = mesure.historique.select_related("pgh_context")  # type: ignore[attr-defined]
    avant = historique.filter(version__lt=mesure.version).order_by("-pgh_id").first()
    if avant is None:
        return DernierActe()
    acte = historique.filter(version=mesure.version).order_by("pgh_id").first()
    contexte = _contexte(acte)
    cle: Any = contexte.get(DECLARATION)
    declaration = Declaration.objects.filter(pk=cle, mandataire=mesure.mandataire_id).first()
    coupes = {int(cle): mesure_pk for cle, mesure_pk in contexte.get(RENOUVELLEMENTS, {}).items()}
    return DernierActe(entre(avant.statut, acte.statut), avant, declaration, coupes)


def _acte(precedent: Any, etat: Any, changements: list[Changement]) -> str:
    if precedent is None:
        return "Réservée" if etat.statut == Statut.EN_ATTENTE else "Mesure enregistrée"
    if precedent.mandataire_id != etat.mandataire_id:
        return "Mesure transférée"
    if transition := entre(precedent.statut, etat.statut):
        return transition.fait
    if precedent.vue_at is None and etat.vue_at is not None:
        return "Réservation vue"
    if not changements:
        return SANS_CHANGEMENT
    if etat.statut != Statut.EN_ATTENTE:
        return "Mesure modifiée"
    prolonge = [changement.champ for changement in changements] == ["expire_le"]
    return "Réservation prolongée" if prolonge else "Réservation modifiée"


def changements_entre(
    avant: Any, apres: Any, noms: Noms, champs: Sequence[str] = CHAMPS_SUIVIS
) -> list[Changement]:
    """What differs between two states of a mesure: rows of it or of its history, or whatever has `champs`."""
    changes = [
        champ for champ in map(_field, champs) if getattr(avant, champ.attname) != getattr(apres, champ.attname)
    ]
    return [
        Changement(champ.name, str(champ.verbose_name), _valeur(avant, champ, noms), _valeur(apres, champ, noms))
        for champ in changes
        if not (champ.name == "renouvelle" and _a_ete_detruite(avant, apres, noms))
    ]


def _a_ete_detruite(avant: Any, apres: Any, noms: Noms) -> bool:
    """Whether the mesure that it renewed is no more: that cut the two, and nobody has acted on this one."""
    return apres.renouvelle_id is None and avant.renouvelle_id not in noms["renouvelle"]


def _field(champ: str) -> models.Field[Any, Any]:
    field = Mesure._meta.get_field(champ)
    assert isinstance(field, models.Field)
    return field


def _valeur(etat: Any, field: models.Field[Any, Any], noms: Noms) -> str:
    valeur = getattr(etat, field.attname)
    if valeur in (None, ""):
        return ""
    if field.name in noms:
        return noms[field.name].get(valeur, str(valeur))
    if field.choices:
        return str(dict(field.flatchoices).get(valeur, valeur))
    if isinstance(valeur, bool):
        return "oui" if valeur else "non"
    if isinstance(valeur, date):
        return formats.date_format(valeur, "d/m/Y")
    return str(valeur)


def _noms(etats: list[Any], sans: Collection[str]) -> Noms:
    """The names of every row that the states point to: one query a table."""
    nommer: dict[str, Callable[[Any], str]] = {
        "tribunal": lambda tribunal: tribunal.libelle,
        "renouvelle": lambda mesure: (
            mesure.designation_du_tribunal if "numero_dossier" in sans else mesure.designation
        ),
    }
    tables: dict[str, type[models.Model]] = {
        "commune": Commune,
        "tribunal": Tribunal,
        "etablissement": Etablissement,
        "mandataire": Mandataire,
        "renouvelle": Mesure,
    }
    return {
        champ: {
            objet.pk: nommer.get(champ, str)(objet)
            for objet in table._default_manager.filter(
                pk__in={getattr(etat, f"{champ}_id") for etat in etats} - {None}
            )
        }
        for champ, table in tables.items()
    }


def _contexte(etat: Any) -> dict[str, Any]:
    contexte: dict[str, Any] = etat.pgh_context.metadata if etat.pgh_context else {}
    return contexte


def _moyen(contexte: dict[str, Any]) -> tuple[str, int | None]:
    """How an act was done, where not by hand, and of which import it was part."""
    return next(((phrase, contexte[cle]) for cle, phrase in MOYENS.items() if cle in contexte), ("", None))


def _imports(etats: list[Any], lecteur: User | None) -> set[int]:
    """Those of which the acts were part and that `lecteur` may open: a mesure that has moved keeps another's."""
    pks = {_moyen(_contexte(etat))[1] for etat in etats} - {None}
    if lecteur is None or not pks:
        return set()
    return set(Import.objects.visible_to(lecteur).filter(pk__in=pks).order_by().values_list("pk", flat=True))


def _auteurs(etats: list[Any]) -> dict[int, str]:
    pks = {_contexte(etat).get("user") for etat in etats} - {None}
    return {user.pk: str(user) for user in User.objects.filter(pk__in=pks)}
