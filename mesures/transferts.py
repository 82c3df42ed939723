"""Transfers of mesures from one MJPM to another, and their undoing: what an admin sees before, and the acts.

The site's team sees counts, never a mesure: what moves is chosen by criteria, or by the numbers that the
MJPM who leaves gives. What was previewed is what moves: the preview bears an `empreinte` of the mesures
that it counted, and an act that would move others is refused (`SelectionChangee`).

Only mesures that a court has decided move. A reservation was made to one person: it stays, whatever its
state.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from django.db import transaction
from django.db.models import Count, F, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare, get_random_string, salted_hmac

from accounts.courriels import envoyer_courriel
from accounts.models import User
from mandataires.disponibilite import Disponibilite
from mandataires.models import Declaration, Mandataire, Membre
from mandataires.services import decaler_total_declare, ecart_a_defaire, verrouiller_charges
from mesures.enums import PRONONCEES, Statut
from mesures.models import Mesure, MesureQuerySet, Transfert, TransfertLigne
from mesures.permissions import check_can_transferer
from mesures.regles import normaliser_rg
from mesures.services import delier_les_renouvellements
from tribunaux.models import Tribunal

SANS_TRIBUNAL = "Sans tribunal"


class TransfertRefuse(Exception):
    """Nothing has moved; the sentence says why."""


class SelectionChangee(TransfertRefuse):
    """The mesures are no longer those that were previewed."""

    def __init__(self) -> None:
        super().__init__(
            "Ces mesures ont changé depuis l'aperçu : rien n'a été fait. "
            "Vérifiez les nouveaux nombres, puis confirmez de nouveau."
        )


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Which mesures of a MJPM are to move; None narrows nothing. `tribunal` is a present court."""

    de: int
    avec_eteintes: bool = False
    tribunal: int | None = None
    etablissement: int | None = None
    commune: str | None = None
    pks: tuple[int, ...] | None = None

    def mesures(self) -> MesureQuerySet:
        mesures = transferables(self.de)
        if not self.avec_eteintes:
            mesures = mesures.en_cours()
        if self.tribunal is not None:
            mesures = mesures.filter(tribunal__in=Tribunal.objects.filter(actuel=self.tribunal))
        if self.etablissement is not None:
            mesures = mesures.filter(etablissement=self.etablissement)
        if self.commune is not None:
            mesures = mesures.filter(commune=self.commune)
        return mesures if self.pks is None else mesures.filter(pk__in=self.pks)


def transferables(mandataire_id: int) -> MesureQuerySet:
    return Mesure.objects.filter(mandataire=mandataire_id, statut__in=PRONONCEES)


def intactes(transfert: Transfert) -> MesureQuerySet:
    """The mesures of a transfer that nobody has touched since: those that its undoing puts back.

    Held against its lines here, not by a join: right after thousands have moved, the planner believes that
    both sides have one row, and compares each with each.
    """
    transferees = dict(TransfertLigne.objects.filter(transfert=transfert).values_list("mesure_id", "version"))
    actuelles = Mesure.objects.filter(pk__in=transferees).order_by().values_list("pk", "version")
    pks = [pk for pk, version in actuelles if version == transferees[pk]]
    return transferables(transfert.vers_id).filter(pk__in=pks)


# --- Numbers given by the MJPM -------------------------------------------------------------------------


@dataclass(frozen=True)
class Reperage:
    """What became of numbers that somebody typed."""

    pks: tuple[int, ...]
    inconnus: list[str]
    ambigus: list[str]


def reperer(numeros: Iterable[str], parmi: MesureQuerySet, tribunal: int | None = None) -> Reperage:
    """Find each number among the RG and the dossiers of `parmi`, in one query.

    A RG is compared as `normaliser_rg` reads it, a dossier without case. The present court `tribunal`
    settles between mesures that share a number, and only that.
    """
    connus: defaultdict[str, set[int]] = defaultdict(set)
    du_tribunal: set[int] = set()
    lignes = parmi.order_by().values_list("pk", "rg_normalise", "numero_dossier", "tribunal__actuel")
    for pk, rg, dossier, actuel in lignes:
        for cle in filter(None, (rg, dossier.strip().casefold())):
            connus[cle].add(pk)
        if actuel is not None and actuel == tribunal:
            du_tribunal.add(pk)
    trouves: set[int] = set()
    inconnus: list[str] = []
    ambigus: list[str] = []
    for numero in numeros:
        pks = connus.get(normaliser_rg(numero) or "", set()) | connus.get(numero.strip().casefold(), set())
        if len(pks) > 1:
            pks = pks & du_tribunal or pks
        if len(pks) == 1:
            trouves |= pks
        else:
            (ambigus if pks else inconnus).append(numero)
    return Reperage(tuple(sorted(trouves)), inconnus, ambigus)


# --- What an admin sees before -------------------------------------------------------------------------


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
    doublons = _doublons(mesures, vers)
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


def _doublons(mesures: MesureQuerySet, vers: Mandataire) -> Comptes:
    """Those whose RG `vers` has already, in the same present court: see the constraint `mesure_rg_unique`.

    Compared here, not by a join: see `intactes`.
    """
    pris = set(_numeros(Mesure.objects.ouvertes().filter(mandataire=vers)))
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
        f"{vers} n'a pas d'agrément pour « {ligne.tribunal} » ({_mesures(ligne.en_cours)} en cours)."
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


def _est_empreinte_de(empreinte: str, mesures: Iterable[tuple[int, str]], vers: Mandataire) -> bool:
    sel = empreinte.partition("-")[0]
    return constant_time_compare(_empreinte(mesures, vers, sel), empreinte)


# --- Acts ----------------------------------------------------------------------------------------------


@transaction.atomic
def transferer(
    *, selection: Selection, vers: Mandataire, empreinte: str, motif: str, author: User, request: HttpRequest
) -> Transfert:
    """Give the selected mesures to `vers`, and tell both sides. A service's declared total follows.

    `empreinte` is that of the preview. Raises SelectionChangee, TransfertRefuse (nothing to move, a target
    that is not validated, a RG that it has already), Refus.
    """
    check_can_transferer(author)
    de, vers = _verrouiller(selection.de, vers.pk)
    if de == vers:
        raise TransfertRefuse("Un transfert va d'un mandataire à un autre.")
    if vers.valide_at is None:
        raise TransfertRefuse(f"{vers} n'est pas validé : aucune mesure ne peut lui être transférée.")
    deplacees = _deplacer(selection.mesures(), vers, empreinte)
    if not deplacees:
        raise TransfertRefuse("Aucune mesure n'est à transférer.")
    declaration_de, declaration_vers = _decaler_les_totaux(deplacees, de=de, vers=vers, author=author)
    transfert = Transfert.objects.create(
        de=de,
        vers=vers,
        nombre=len(deplacees),
        motif=motif,
        by=author,
        declaration_de=declaration_de,
        declaration_vers=declaration_vers,
    )
    TransfertLigne.objects.bulk_create(
        TransfertLigne(transfert=transfert, mesure_id=deplacee.pk, version=deplacee.version)
        for deplacee in deplacees
    )
    _prevenir(deplacees, de=de, vers=vers, request=request, est_annulation=False)
    return transfert


@transaction.atomic
def annuler_transfert(
    *, transfert: Transfert, empreinte: str, laisse_les_autres: bool, author: User, request: HttpRequest
) -> Transfert:
    """Give back the mesures that nobody has touched since, once, and tell both sides.

    Those that were touched stay where they are, if `laisse_les_autres` says so. Raises SelectionChangee,
    TransfertRefuse (undone already, nothing left to give back, some stay and nobody said so, a RG that has
    been taken since), Refus.
    """
    check_can_transferer(author)
    de, vers = _verrouiller(transfert.vers_id, transfert.de_id)
    transfert = Transfert.objects.select_for_update().get(pk=transfert.pk)
    if transfert.annule_at is not None:
        raise TransfertRefuse("Ce transfert a déjà été annulé.")
    deplacees = _deplacer(intactes(transfert), vers, empreinte)
    if not deplacees:
        raise TransfertRefuse("Toutes les mesures de ce transfert ont changé depuis : aucune ne peut revenir.")
    if len(deplacees) < transfert.nombre and not laisse_les_autres:
        raise TransfertRefuse("Des mesures ont changé depuis le transfert : confirmez qu'elles ne reviennent pas.")
    transfert.annule_at, transfert.annule_by = timezone.now(), author
    transfert.annule_nombre = len(deplacees)
    transfert.save(update_fields=["annule_at", "annule_by", "annule_nombre"])
    _decaler_les_totaux(deplacees, de=de, vers=vers, author=author, annule=transfert)
    _prevenir(deplacees, de=de, vers=vers, request=request, est_annulation=True)
    return transfert


def _verrouiller(de: int, vers: int) -> tuple[Mandataire, Mandataire]:
    verrouiller_charges(de, vers)
    mandataires = Mandataire.objects.in_bulk([de, vers])
    return mandataires[de], mandataires[vers]


@dataclass(frozen=True)
class _Deplacee:
    pk: int
    statut: str
    version: int


def _deplacer(mesures: MesureQuerySet, vers: Mandataire, empreinte: str) -> Sequence[_Deplacee]:
    """Move the rows of `mesures` in one UPDATE, and return them with the version that they have by then.

    The triggers keep counters and history. The charges are locked: no act comes between a query and the next.
    """
    lues = list(mesures.order_by("pk").select_for_update().values_list("pk", "statut", "version"))
    if not _est_empreinte_de(empreinte, [(pk, statut) for pk, statut, _ in lues], vers):
        raise SelectionChangee
    a_deplacer = Mesure.objects.filter(pk__in=[pk for pk, _, _ in lues])
    if doublons := sum(_doublons(a_deplacer, vers).values()):
        raise TransfertRefuse(phrase_doublons(doublons, vers))
    a_deplacer.update(mandataire=vers, version=F("version") + 1)
    delier_les_renouvellements([pk for pk, _, _ in lues])
    return [_Deplacee(pk, statut, version + 1) for pk, statut, version in lues]


def phrase_doublons(nombre: int, vers: Mandataire) -> str:
    ont = "mesure en cours a" if nombre == 1 else "mesures en cours ont"
    return (
        f"{nombre} {ont} un numéro RG que {vers} a déjà dans le même tribunal : rien ne peut être transféré. "
        "Demandez aux deux mandataires laquelle est à garder."
    )


def _en_cours(deplacees: Sequence[_Deplacee]) -> int:
    return sum(deplacee.statut == Statut.EN_COURS for deplacee in deplacees)


def _decaler_les_totaux(
    deplacees: Sequence[_Deplacee],
    *,
    de: Mandataire,
    vers: Mandataire,
    author: User,
    annule: Transfert | None = None,
) -> tuple[Declaration | None, Declaration | None]:
    """Let the declared totals of services follow: that of `de`, then that of `vers`.

    `annule` is the transfer that is undone: `de` is who had received.
    """
    en_cours = _en_cours(deplacees)
    if not en_cours:
        return None, None

    def decaler(mandataire: Mandataire, ecart: int, a_defaire: Declaration | None) -> Declaration | None:
        return decaler_total_declare(
            mandataire=mandataire,
            ecart=ecart,
            author=author,
            origine=Declaration.Origine.TRANSFERT,
            annule=a_defaire,
        )

    return (
        decaler(de, -en_cours, annule.declaration_vers if annule else None),
        decaler(vers, en_cours, annule.declaration_de if annule else None),
    )


def _prevenir(
    deplacees: Sequence[_Deplacee], *, de: Mandataire, vers: Mandataire, request: HttpRequest, est_annulation: bool
) -> None:
    """Write to the members of both sides."""
    reservations = 0 if est_annulation else Mesure.objects.filter(mandataire=de, statut=Statut.EN_ATTENTE).count()
    contexte = {
        "mesures": _mesures(len(deplacees)),
        "plusieurs": len(deplacees) > 1,
        "de": de,
        "vers": vers,
        "est_annulation": est_annulation,
        "reservations": reservations,
        "lien": request.build_absolute_uri(
            reverse("mesures_en_cours" if _en_cours(deplacees) else "mesures_eteintes")
        ),
    }
    for mandataire, gabarit in ((de, "transfert_parti"), (vers, "transfert_recu")):
        membres = Membre.objects.filter(mandataire=mandataire, user__is_active=True).order_by("pk")
        for adresse in membres.values_list("user__email", flat=True):
            envoyer_courriel(destinataire=adresse, gabarit=f"mesures/courriels/{gabarit}", contexte=contexte)


def _mesures(nombre: int) -> str:
    return f"{nombre} mesure{'s' if nombre > 1 else ''}"
