"""What an admin sees before: counts only, and the `empreinte` of the mesures that they count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from django.db.models import Count, QuerySet
from django.utils.crypto import constant_time_compare, get_random_string, salted_hmac

from mandataires.disponibilite import Disponibilite
from mandataires.models import Declaration, Mandataire, Membre
from mandataires.services import ecart_a_defaire
from mesures.enums import Statut
from mesures.models import Mesure, MesureQuerySet, Transfert
from mesures.transferts.selection import renouvellements_a_rendre
from tribunaux.models import Tribunal

SANS_TRIBUNAL = "Sans tribunal"


@dataclass(frozen=True)
class ParTribunal:
    """Counts of mesures of one court, under its present name."""

    tribunal: str
    en_cours: int
    eteintes: int = 0


@dataclass(frozen=True)
class Effet:
    """The load of one MJPM, as judges read it, before and after."""

    mandataire: Mandataire
    avant: Disponibilite
    apres: Disponibilite


@dataclass(frozen=True, kw_only=True)
class Apercu:
    """What would move, in counts only."""

    lignes: list[ParTribunal]
    effets: list[Effet]
    # By court, the mesures that would collide with one of the target's: nothing can move then.
    doublons: list[ParTribunal]
    # By court, the reservations that wait for an answer of the MJPM who leaves.
    reservations: list[ParTribunal]
    avertissements: list[str]
    empreinte: str

    @property
    def en_cours(self) -> int:
        return sum(ligne.en_cours for ligne in self.lignes)

    @property
    def eteintes(self) -> int:
        return sum(ligne.eteintes for ligne in self.lignes)

    @property
    def nombre(self) -> int:
        return self.en_cours + self.eteintes

    @property
    def nombre_reservations(self) -> int:
        return sum(ligne.en_cours for ligne in self.reservations)

    @property
    def nombre_doublons(self) -> int:
        return sum(ligne.en_cours for ligne in self.doublons)


def apercevoir(
    mesures: MesureQuerySet, *, de: Mandataire, vers: Mandataire, annule: Transfert | None = None
) -> Apercu:
    """What moving `mesures` would do, or giving them back when `annule` is undone. The number of queries is
    fixed."""
    par_tribunal = _compter(mesures)
    reservations = _compter(Mesure.objects.filter(mandataire=de, statut=Statut.EN_ATTENTE))
    doublons = compter_doublons(mesures, vers, sauf=renouvellements_a_rendre(annule) if annule else ())
    tribunaux = Tribunal.objects.in_bulk({pk for pk, _ in [*par_tribunal, *reservations, *doublons] if pk})
    lignes = _par_tribunal(par_tribunal, tribunaux)
    en_cours = sum(ligne.en_cours for ligne in lignes)
    effets = [
        _effet(de, -en_cours, annule.declaration_vers if annule else None),
        _effet(vers, en_cours, annule.declaration_de if annule else None),
    ]
    return Apercu(
        lignes=lignes,
        effets=effets,
        doublons=_par_tribunal(doublons, tribunaux),
        reservations=_par_tribunal(reservations, tribunaux),
        avertissements=_avertissements(par_tribunal, tribunaux, effets[1]),
        empreinte=_empreinte(mesures.order_by("pk").values_list("pk", "statut"), vers),
    )


Comptes = dict[tuple[int | None, str], int]  # by present court and state


def _compter(mesures: MesureQuerySet) -> Comptes:
    comptes = mesures.order_by().values_list("tribunal__actuel", "statut").annotate(n=Count("pk"))
    return {(tribunal, statut): n for tribunal, statut, n in comptes}


def _par_tribunal(comptes: Comptes, tribunaux: dict[int, Tribunal]) -> list[ParTribunal]:
    """Those of no court last. What is not ended counts as ongoing."""
    noms = {pk: tribunaux[pk].libelle if pk else "" for pk, _ in comptes}
    lignes = []
    for pk in sorted(noms, key=lambda pk: (not pk, noms[pk], pk or 0)):
        eteintes = comptes.get((pk, Statut.ETEINTE), 0)
        total = sum(n for (tribunal, _), n in comptes.items() if tribunal == pk)
        lignes.append(ParTribunal(noms[pk] or SANS_TRIBUNAL, total - eteintes, eteintes))
    return lignes


def compter_doublons(mesures: MesureQuerySet, vers: Mandataire, sauf: Collection[int] = ()) -> Comptes:
    """Those whose RG `vers` has already, in the same present court: see the constraint `mesure_rg_unique`.

    But for the RG of the reservations `sauf`, which are to renew them.
    Compared here, not by a join: see `intactes`.
    """
    pris = set(_numeros(Mesure.objects.ouvertes().filter(mandataire=vers).exclude(pk__in=list(sauf))))
    return Counter(
        (tribunal, Statut.EN_COURS) for tribunal, rg in _numeros(mesures.en_cours()) if (tribunal, rg) in pris
    )


def _numeros(mesures: MesureQuerySet) -> QuerySet[Mesure, tuple[int | None, str | None]]:
    """Each RG with its present court; who has a RG has a court (`mesure_rg_d_un_tribunal`)."""
    return mesures.exclude(rg_normalise=None).order_by().values_list("tribunal__actuel", "rg_normalise")


def _effet(mandataire: Mandataire, ecart: int, annule: Declaration | None) -> Effet:
    avant = mandataire.disponibilite
    if mandataire.declare_son_total:
        ecart = ecart_a_defaire(ecart, annule)
    # A total that a service has not declared stays unknown; one that is declared stops at 0.
    en_cours = None if avant.en_cours is None else max(0, avant.en_cours + ecart)
    return Effet(mandataire, avant, replace(avant, en_cours=en_cours))


def _avertissements(comptes: Comptes, tribunaux: dict[int, Tribunal], effet: Effet) -> list[str]:
    """What an admin should know of the one who receives; none of it forbids."""
    vers = effet.mandataire
    phrases = []
    if not Membre.objects.filter(mandataire=vers, user__is_active=True).exists():
        phrases.append(f"Personne ne peut se connecter pour {vers} : ses mesures ne seraient vues de personne.")
    agrees = set(vers.tribunaux_actuels().values_list("pk", flat=True))
    sans_agrement = {
        cle: n for cle, n in comptes.items() if cle[0] and cle[0] not in agrees and cle[1] == Statut.EN_COURS
    }
    phrases += [
        f"{vers} n'a pas d'agrément pour « {ligne.tribunal} » ({nombre_de_mesures(ligne.en_cours)} en cours)."
        for ligne in _par_tribunal(sans_agrement, tribunaux)
    ]
    if effet.apres.interrompu:
        phrases.append(f"{vers} : {effet.apres.mot.lower()}.")
    disponibles = effet.apres.disponibles
    if disponibles is not None and disponibles < 0 and effet.apres != effet.avant:
        phrases.append(f"{vers} serait au-delà de sa capacité : dépassement de {-disponibles}.")
    return phrases


def _empreinte(mesures: Iterable[tuple[int, str]], vers: Mandataire, sel: str = "") -> str:
    """What tells one set of mesures from another, by their keys and states; `mesures` in the order of keys.

    Salted, and keyed by the site: two previews of one mesure, by its number and by its commune, must not be
    recognised as such.
    """
    sel = sel or get_random_string(12)
    texte = "".join(f"{pk}:{statut};" for pk, statut in mesures)
    return f"{sel}-{salted_hmac(sel, f'{vers.pk}>{texte}', algorithm='sha256').hexdigest()}"


def est_empreinte_de(empreinte: str, mesures: Iterable[tuple[int, str]], vers: Mandataire) -> bool:
    sel = empreinte.partition("-")[0]
    return constant_time_compare(_empreinte(mesures, vers, sel), empreinte)


def nombre_de_mesures(nombre: int) -> str:
    return f"{nombre} mesure{'s' if nombre > 1 else ''}"
