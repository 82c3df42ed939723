"""Invented people, MJPM and mesures on the real courts and communes of the Hauts-de-France."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pghistory
from allauth.account.models import EmailAddress
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from emjpm.demonstration import comptes
from emjpm.demonstration.comptes import Compte
from etablissements.models import Etablissement
from mandataires.models import Agrement, Charge, Declaration, Exercice, Mandataire, Membre, Releve
from mesures.enums import EN_ETABLISSEMENT, Champ, LieuVie, MotifExtinction, Nature, Statut
from mesures.models import Mesure
from mesures.reservations import DUREE
from tribunaux.models import Commune, Magistrat, Tribunal

CALAIS, BOULOGNE, ARRAS, SAINT_OMER = "62193", "62160", "62041", "62765"
ETABLISSEMENTS = (
    ("629900001", "EHPAD Les Oyats (démonstration)", "EHPAD", CALAIS),
    ("629900002", "Centre hospitalier de la Dune (démonstration)", "Centre hospitalier", CALAIS),
    ("629900003", "Résidence des Argousiers (démonstration)", "EHPAD", BOULOGNE),
    ("629900004", "Foyer de vie du Beffroi (démonstration)", "Foyer de vie", ARRAS),
    ("629900005", "MAS du Marais (démonstration)", "Maison d'accueil spécialisée", SAINT_OMER),
)
# What else a judge of Calais finds on the list: each way of being free or not.
AUTRES_MANDATAIRES: tuple[dict[str, Any], ...] = (
    {"nom": "Prototype", "prenom": "Andrea", "capacite": 45, "mesures": 44},
    {"nom": "Maquette", "prenom": "Noa", "capacite": 41, "mesures": 42},
    {"nom": "Échantillon", "prenom": "Maël", "capacite": 30, "mesures": 30},
    {"nom": "Brouillon", "prenom": "Yaël", "capacite": None, "mesures": 12},
    {"nom": "Ébauche", "prenom": "Loïs", "capacite": 0, "mesures": 0},
    {"nom": "Esquisse", "prenom": "Eden", "capacite": 50, "mesures": 21, "absence": 45},
)
# What the court of Calais has reserved with a MJPM, and what became of it. Each number is of days ago.
RESERVATIONS: tuple[dict[str, Any], ...] = (
    {"nature": Nature.TUTELLE, "genre": "F", "annee": 1938, "demandee": 3, "urgente": True},
    {"nature": Nature.CURATELLE_RENFORCEE, "genre": "H", "annee": 1957, "demandee": 24, "vue": 22, "attendu": -9},
    {"nature": Nature.CURATELLE_SIMPLE, "genre": "F", "annee": 1971, "demandee": 52, "vue": 50},
    {"nature": Nature.TUTELLE, "genre": "H", "annee": 1944, "demandee": 33, "refusee": 28},
    {"nature": Nature.CURATELLE_RENFORCEE, "genre": "F", "annee": 1962, "demandee": 98, "expiree": 37},
    {"nature": Nature.CURATELLE_RENFORCEE, "genre": "H", "annee": 1949, "demandee": 64, "confirmee": 14},
)


@transaction.atomic
def creer() -> bool:
    """Write the demonstration's rows, once. False when they are there already."""
    if User.objects.filter(username=comptes.PREPOSE.identifiant).exists():
        return False
    alea = random.Random(2026)  # noqa: S311 (the same data each time, nothing secret)
    calais = _tribunal("Calais")
    arras = _tribunal("Arras")
    boulogne = _tribunal("Boulogne-sur-Mer")
    etablissements = _etablissements()

    _user(comptes.ADMIN, is_staff=True, is_superuser=True)
    for compte, tribunal, fonction in (
        (comptes.JUGE, calais, Magistrat.Fonction.JUGE),
        (comptes.JUGE_AILLEURS, arras, Magistrat.Fonction.JUGE),
        (comptes.GREFFIER, calais, Magistrat.Fonction.GREFFIER),
    ):
        Magistrat.objects.create(user=_user(compte), tribunal=tribunal, fonction=fonction)

    _prepose(alea, [calais, boulogne], etablissements)
    _individuel(alea, [calais, boulogne])
    _service(alea, [calais, boulogne])
    for numero, valeurs in enumerate(AUTRES_MANDATAIRES, start=1):
        _autre(alea, numero, calais, valeurs)
    _voisin_d_arras(alea, arras)
    for compte, en_attente in ((comptes.PREPOSE, 2), (comptes.INDIVIDUEL, 1), (comptes.SERVICE, 3)):
        _reservations(compte, calais, en_attente=en_attente)
    return True


def _tribunal(ville: str) -> Tribunal:
    return Tribunal.objects.ouverts().select_related("actuel").get(commune__nom=ville)


def _user(compte: Compte, **valeurs: Any) -> User:
    user = User(
        username=compte.identifiant,
        first_name=compte.prenom,
        last_name=compte.nom,
        email=f"{compte.identifiant}@example.org",
        **valeurs,
    )
    user.set_password(comptes.MOT_DE_PASSE)
    user.save()
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def _etablissements() -> list[Etablissement]:
    communes = Commune.objects.in_bulk({insee for *_, insee in ETABLISSEMENTS})
    return [
        Etablissement.objects.create(
            finess=finess,
            nom=nom,
            categorie=categorie,
            commune=communes[insee],
            code_postal=communes[insee].codes_postaux[0],
            latitude=communes[insee].latitude,
            longitude=communes[insee].longitude,
        )
        for finess, nom, categorie, insee in ETABLISSEMENTS
    ]


def _mandataire(user: User, tribunaux: list[Tribunal], insee: str, **valeurs: Any) -> Mandataire:
    commune = Commune.objects.get(pk=insee)
    mandataire = Mandataire.objects.create(
        commune=commune,
        code_postal=commune.codes_postaux[0],
        latitude=commune.latitude,
        longitude=commune.longitude,
        adresse="1 rue de l'Exemple",
        telephone="03 21 00 00 00",
        email=f"contact.{user.username}@example.org",
        valide_at=timezone.now() - timedelta(days=400),
        **valeurs,
    )
    Membre.objects.create(user=user, mandataire=mandataire, est_admin=True)
    for tribunal in tribunaux:
        Agrement.objects.create(mandataire=mandataire, tribunal=tribunal, du=date(2020, 1, 1))
    return mandataire


def _prepose(alea: random.Random, tribunaux: list[Tribunal], etablissements: list[Etablissement]) -> None:
    user = _user(comptes.PREPOSE)
    mandataire = _mandataire(
        user,
        tribunaux,
        CALAIS,
        type=Mandataire.Type.PREPOSE,
        nom=comptes.PREPOSE.nom,
        prenom=comptes.PREPOSE.prenom,
        genre="F",
        capacite=60,
        a_un_secretariat=True,
        secretariat_etp=Decimal("0.8"),
    )
    siens = etablissements[:3]
    for etablissement in siens:
        Exercice.objects.create(mandataire=mandataire, etablissement=etablissement, du=date(2020, 1, 1))
    _mesures(alea, user, mandataire, tribunaux, en_cours=51, eteintes=9, etablissements=siens)
    _mis_a_jour(mandataire, jours=3)


def _individuel(alea: random.Random, tribunaux: list[Tribunal]) -> None:
    user = _user(comptes.INDIVIDUEL)
    mandataire = _mandataire(
        user,
        tribunaux,
        BOULOGNE,
        type=Mandataire.Type.INDIVIDUEL,
        nom=comptes.INDIVIDUEL.nom,
        prenom=comptes.INDIVIDUEL.prenom,
        capacite=40,
        message_magistrats="Disponible pour des mesures entre Calais et Boulogne-sur-Mer.",
    )
    _mesures(alea, user, mandataire, tribunaux, en_cours=36, eteintes=4)
    _mis_a_jour(mandataire, jours=12)


def _service(alea: random.Random, tribunaux: list[Tribunal]) -> None:
    user = _user(comptes.SERVICE)
    mandataire = _mandataire(
        user,
        tribunaux,
        CALAIS,
        type=Mandataire.Type.SERVICE,
        nom="Association tutélaire fictive du Littoral",
        capacite=1600,
        source_total=Mandataire.SourceTotal.DECLARATION,
    )
    total = 1380
    for mois in range(12, -1, -1):
        total += alea.randint(-8, 20)
        declaration = Declaration.objects.create(mandataire=mandataire, nombre=total, by=user)
        Declaration.objects.filter(pk=declaration.pk).update(at=timezone.now() - timedelta(days=30 * mois + 2))
    _mesures(alea, user, mandataire, tribunaux, en_cours=23, eteintes=3)
    _mis_a_jour(mandataire, jours=2)


def _autre(alea: random.Random, numero: int, tribunal: Tribunal, valeurs: dict[str, Any]) -> None:
    user = _user(Compte(f"individuel{numero}", valeurs["prenom"], valeurs["nom"], ""))
    absence = valeurs.get("absence")
    mandataire = _mandataire(
        user,
        [tribunal],
        alea.choice([CALAIS, BOULOGNE, SAINT_OMER]),
        type=Mandataire.Type.INDIVIDUEL,
        nom=valeurs["nom"],
        prenom=valeurs["prenom"],
        capacite=valeurs["capacite"],
        indisponible_du=timezone.localdate() if absence else None,
        indisponible_au=timezone.localdate() + timedelta(days=absence) if absence else None,
        indisponible_motif=Mandataire.MotifIndisponibilite.CONGES if absence else "",
    )
    _mesures(alea, user, mandataire, [tribunal], en_cours=valeurs["mesures"], eteintes=2)
    _mis_a_jour(mandataire, jours=numero * 9)


def _voisin_d_arras(alea: random.Random, arras: Tribunal) -> None:
    user = _user(Compte("individuel-arras", "Swann", "Croquis", ""))
    mandataire = _mandataire(
        user, [arras], ARRAS, type=Mandataire.Type.INDIVIDUEL, nom="Croquis", prenom="Swann", capacite=35
    )
    _mesures(alea, user, mandataire, [arras], en_cours=20, eteintes=2)
    _mis_a_jour(mandataire, jours=5)


def _mis_a_jour(mandataire: Mandataire, *, jours: int) -> None:
    """Give a MJPM, once its mesures are written, the past that its dates tell."""
    _releves(mandataire)
    Charge.objects.filter(pk=mandataire.pk).update(mise_a_jour_at=timezone.now() - timedelta(days=jours))


def _releves(mandataire: Mandataire) -> None:
    """One count a month for a year, as they would have been kept."""
    vies = Mesure.objects.filter(mandataire=mandataire).values_list("date_decision", "date_extinction")
    declarations = list(mandataire.declarations.order_by("at").values_list("at", "nombre"))
    for mois in range(12, 0, -1):
        jour = timezone.localdate() - timedelta(days=30 * mois)
        Releve.objects.create(
            mandataire=mandataire,
            jour=jour,
            en_cours=sum(debut <= jour and (fin is None or fin > jour) for debut, fin in vies if debut),
            declare=next((nombre for at, nombre in reversed(declarations) if at.date() <= jour), None),
        )


def _mesures(
    alea: random.Random,
    user: User,
    mandataire: Mandataire,
    tribunaux: list[Tribunal],
    *,
    en_cours: int,
    eteintes: int,
    etablissements: list[Etablissement] | None = None,
) -> None:
    """Write the mesures of one MJPM in its own name, around the seats of its courts."""
    departement = Commune.objects.get(pk=tribunaux[0].commune_id).departement_id
    communes = list(Commune.objects.filter(departement=departement, population__gt=8000).order_by("pk"))
    mesures = [
        _mesure(alea, mandataire, alea.choice(tribunaux), alea.choice(communes), etablissements or [], numero)
        for numero in range(en_cours + eteintes)
    ]
    for mesure in mesures[en_cours:]:
        assert mesure.date_decision is not None
        ages = (timezone.localdate() - mesure.date_decision).days
        mesure.statut = Statut.ETEINTE
        mesure.date_extinction = mesure.date_decision + timedelta(days=alea.randint(0, ages))
        mesure.motif_extinction = alea.choice(MotifExtinction.values)
    with pghistory.context(user=user.pk):
        Mesure.objects.bulk_create(mesures)


def _mesure(
    alea: random.Random,
    mandataire: Mandataire,
    tribunal: Tribunal,
    commune: Commune,
    etablissements: list[Etablissement],
    numero: int,
) -> Mesure:
    etablissement = alea.choice(etablissements) if etablissements and alea.random() < 0.8 else None
    if etablissement is not None and etablissement.commune is not None:
        commune = etablissement.commune
    decision = timezone.localdate() - timedelta(days=alea.randint(20, 3000))
    return Mesure(
        mandataire=mandataire,
        nature=alea.choices(
            [Nature.CURATELLE_RENFORCEE, Nature.TUTELLE, Nature.CURATELLE_SIMPLE, Nature.SAUVEGARDE],
            weights=[50, 35, 10, 5],
        )[0],
        champ=alea.choice(["", *Champ.values]),
        genre=alea.choice("FH"),
        annee_naissance=alea.randint(1930, 2002),
        date_decision=decision,
        lieu_vie=EN_ETABLISSEMENT[0] if etablissement else LieuVie.DOMICILE,
        etablissement=etablissement,
        commune=commune,
        code_postal=commune.codes_postaux[0],
        tribunal=tribunal,
        numero_rg=f"{decision:%y}/{mandataire.pk:02d}{numero:03d}",
        numero_dossier=f"D-{numero + 1:04d}" if alea.random() < 0.5 else "",
    )


def _reservations(compte: Compte, tribunal: Tribunal, *, en_attente: int) -> None:
    """Write what the court has reserved with this MJPM, `en_attente` of them still to be answered."""
    membre = User.objects.get(username=compte.identifiant)
    juge = User.objects.get(username=comptes.JUGE.identifiant)
    mandataire = Mandataire.objects.get(membres__user=membre)
    finies = [valeurs for valeurs in RESERVATIONS if {"refusee", "expiree", "confirmee"} & set(valeurs)]
    attendues = [valeurs for valeurs in RESERVATIONS if valeurs not in finies][:en_attente]
    for rang, valeurs in enumerate(attendues + finies):
        with pghistory.context(user=juge.pk):
            reservation = _reservee(mandataire, tribunal, juge, rang, valeurs)
        if "vue" in valeurs:
            with pghistory.context(user=membre.pk):
                reservation.vue_at = _il_y_a(valeurs["vue"])
                reservation.save()
        elif valeurs in finies:
            _finir(reservation, membre, valeurs)


def _reservee(
    mandataire: Mandataire, tribunal: Tribunal, juge: User, rang: int, valeurs: dict[str, Any]
) -> Mesure:
    reserve_at = _il_y_a(valeurs["demandee"])
    attendu = _il_y_a(valeurs["attendu"]).date() if "attendu" in valeurs else None
    return Mesure.objects.create(
        mandataire=mandataire,
        statut=Statut.EN_ATTENTE,
        tribunal=tribunal,
        cabinet="1",
        numero_rg=f"{reserve_at:%y}/9{mandataire.pk:02d}{rang:02d}",
        nature=valeurs["nature"],
        genre=valeurs["genre"],
        annee_naissance=valeurs["annee"],
        est_urgente=valeurs.get("urgente", False),
        jugement_attendu_le=attendu,
        reserve_at=reserve_at,
        reserve_by=juge,
        expire_le=(attendu or reserve_at.date()) + DUREE,
    )


def _finir(reservation: Mesure, membre: User, valeurs: dict[str, Any]) -> None:
    """Refuse, confirm or let expire, as `valeurs` says. The court has read all but what is confirmed."""
    reservation.version = 1
    if "expiree" in valeurs:
        reservation.statut, reservation.reponse_vue_at = Statut.EXPIREE, _il_y_a(valeurs["expiree"] - 2)
        reservation.save()
        return
    reservation.repondu_by = membre
    if "refusee" in valeurs:
        reservation.statut, reservation.repondu_at = Statut.REFUSEE, _il_y_a(valeurs["refusee"])
        reservation.vue_at, reservation.reponse_vue_at = reservation.repondu_at, _il_y_a(valeurs["refusee"] - 1)
        reservation.motif_reponse = "Trop loin des autres personnes que je suis."
    else:
        commune = Commune.objects.get(pk=CALAIS)
        reservation.statut, reservation.repondu_at = Statut.EN_COURS, _il_y_a(valeurs["confirmee"])
        reservation.vue_at = reservation.repondu_at
        reservation.date_decision = _il_y_a(valeurs["confirmee"] + 6).date()
        reservation.lieu_vie = LieuVie.DOMICILE
        reservation.commune, reservation.code_postal = commune, commune.codes_postaux[0]
    with pghistory.context(user=membre.pk):
        reservation.save()


def _il_y_a(jours: int) -> datetime:
    return timezone.localtime() - timedelta(days=jours)
