"""What the site holds about a person who has an account, as they may read it: the right of access (RGPD, art. 15).

Nothing that the pages do not show them: never a secret (S1), nothing of another tenant (S2), no note of a court to
the MJPM that it is about.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.text import capfirst

from accounts.models import User
from mandataires.membres import membres_de
from mandataires.models import Mandataire, Membre, Note, membre_de
from mesures.echanges import exportation
from mesures.models import Import, Mesure
from mesures.models.importation import CHIFFRES
from tribunaux.models import Magistrat, magistrat_de
from tribunaux.tableurs import Colonne, Forme, Tableau, Valeur, en_texte

MORCEAU = 500
LARGE = 60

# Named one by one: nothing that is added to the account later comes out by itself.
DU_COMPTE = (
    "username",
    "first_name",
    "last_name",
    "email",
    "date_joined",
    "last_login",
)
DES_COURRIELS = ("courriel_reservations", "courriel_echeances", "courriel_rappels")
# Who of the site's team answered the request, and what the site counts for itself.
SANS = {"id", "valide_by", "refuse_by", "version"}


def tableaux(user: User) -> list[Tableau]:
    """The sheets of the file of `user`. As many queries whatever the rows."""
    feuilles = [_compte(user), _sessions(user)]
    if (membre := membre_de(user)) is not None:
        feuilles += _du_membre(membre)
    elif (magistrat := magistrat_de(user)) is not None:
        feuilles += _du_magistrat(magistrat)
    return [_lisez_moi(user, feuilles), *feuilles]


# --- Everybody ---------------------------------------------------------------------------------------


def _lisez_moi(user: User, feuilles: Sequence[Tableau]) -> Tableau:
    lignes = [
        f"Données de {user} au {en_texte(timezone.localdate())}.",
        f"Feuilles : {', '.join(feuille.nom for feuille in feuilles)}.",
        "Votre mot de passe n'y est pas : il est gardé sous une forme que personne ne peut relire.",
        "L'historique de chaque profil et de chaque mesure, qui dit qui a changé quoi, se demande par e-mail.",
    ]
    if membre_de(user) is not None:
        lignes.append("Les notes qu'un tribunal a pu écrire sur le mandataire se demandent aussi par e-mail.")
    lignes.append(f"Pour toute demande : {settings.CONTACT_EMAIL}")
    return Tableau("Lisez-moi", [Colonne("À lire d'abord", largeur=100)], ([ligne] for ligne in lignes))


def _compte(user: User) -> Tableau:
    a_confirmer = EmailAddress.objects.filter(user=user, verified=False).order_by("pk")
    return _fiche(
        "Compte",
        [
            *_champs(user, (User._meta.get_field(nom) for nom in DU_COMPTE)),
            *(
                (f"Courriels : {libelle.lower()}", valeur)
                for libelle, valeur in _champs(user, (User._meta.get_field(nom) for nom in DES_COURRIELS))
            ),
            ("Adresse e-mail à confirmer", ", ".join(a_confirmer.values_list("email", flat=True))),
        ],
    )


def _sessions(user: User) -> Tableau:
    colonnes = [
        Colonne("Ouverte le", Forme.MOMENT, 18),
        Colonne("Adresse IP", largeur=24),
        Colonne("Navigateur", largeur=LARGE),
    ]
    sessions = UserSession.objects.filter(user=user).order_by("-created_at", "pk")
    return Tableau("Sessions", colonnes, sessions.values_list("created_at", "ip", "user_agent"))


# --- A member of a MJPM ------------------------------------------------------------------------------


def _du_membre(membre: Membre) -> Iterator[Tableau]:
    mandataire = membre.mandataire
    yield _profil(mandataire)
    yield _tribunaux(mandataire)
    if mandataire.est_prepose:
        yield _etablissements(mandataire)
    if mandataire.est_service:
        yield _declarations(mandataire)
        yield _utilisateurs(mandataire)
    yield _mesures(membre.user)
    yield _imports(membre.user)


def _profil(mandataire: Mandataire) -> Tableau:
    champs = (champ for champ in Mandataire._meta.concrete_fields if champ.name not in SANS)
    charge = mandataire.charge
    return _fiche(
        "Profil",
        [
            *_champs(mandataire, champs),
            ("Mesures en cours", charge.en_cours),
            ("Mesures en attente", charge.en_attente),
            ("Dernier total déclaré", charge.declare),
            ("Dernière mise à jour", charge.mise_a_jour_at),
        ],
    )


def _tribunaux(mandataire: Mandataire) -> Tableau:
    colonnes = [
        Colonne("Tribunal", largeur=LARGE),
        Colonne("Depuis le", Forme.DATE),
        Colonne("Retiré le", Forme.DATE),
        Colonne("Vérifié le", Forme.MOMENT, 18),
    ]
    agrements = mandataire.agrements.select_related("tribunal").order_by("pk").iterator(MORCEAU)
    return Tableau("Tribunaux", colonnes, ([a.tribunal.libelle, a.du, a.au, a.verifie_at] for a in agrements))


def _etablissements(mandataire: Mandataire) -> Tableau:
    colonnes = [
        Colonne("Établissement", largeur=LARGE),
        Colonne("FINESS"),
        Colonne("Depuis le", Forme.DATE),
        Colonne("Retiré le", Forme.DATE),
    ]
    exercices = mandataire.exercices.select_related("etablissement").order_by("pk")
    return Tableau(
        "Établissements",
        colonnes,
        (
            [str(e), e.etablissement.finess if e.etablissement else None, e.du, e.au]
            for e in exercices.iterator(MORCEAU)
        ),
    )


def _declarations(mandataire: Mandataire) -> Tableau:
    colonnes = [
        Colonne("Déclaré le", Forme.MOMENT, 18),
        Colonne("Mesures en cours", Forme.NOMBRE, 18),
        Colonne("Origine", largeur=24),
        Colonne("Par", largeur=30),
    ]
    declarations = mandataire.declarations.select_related("by").order_by("-pk")
    return Tableau(
        "Déclarations",
        colonnes,
        ([d.at, d.nombre, d.get_origine_display(), _auteur(d.by)] for d in declarations.iterator(MORCEAU)),
    )


def _utilisateurs(mandataire: Mandataire) -> Tableau:
    """What « Utilisateurs du service » shows to each of them."""
    colonnes = [
        Colonne("Nom", largeur=30),
        Colonne("Adresse e-mail", largeur=36),
        Colonne("Administre le compte"),
        Colonne("Compte ouvert"),
    ]
    return Tableau(
        "Utilisateurs",
        colonnes,
        ([str(m), m.user.email, m.est_admin, m.user.is_active] for m in membres_de(mandataire)),
    )


DES_RESERVATIONS = {
    "tribunal__actuel__nom": Colonne("Tribunal", largeur=44),
    "date_terme": Colonne("Échéance", Forme.DATE),
    "created_at": Colonne("Enregistrée le", Forme.MOMENT, 18),
    "reserve_at": Colonne("Réservée le", Forme.MOMENT, 18),
    "est_urgente": Colonne("Urgente"),
    "jugement_attendu_le": Colonne("Jugement attendu le", Forme.DATE, 20),
    "expire_le": Colonne("Expire le", Forme.DATE),
    "vue_at": Colonne("Vue le", Forme.MOMENT, 18),
    "repondu_at": Colonne("Répondue le", Forme.MOMENT, 18),
    "annule_at": Colonne("Annulée le", Forme.MOMENT, 18),
    "motif_reponse": Colonne("Motif du refus ou de l'annulation", largeur=LARGE),
    "renouvelle": Colonne("Renouvelle la mesure", Forme.NOMBRE, 20),
}


def _mesures(user: User) -> Tableau:
    """All of them, in the columns of an export, then those of a reservation."""
    return Tableau(
        "Mesures",
        [*exportation.COLONNES, *DES_RESERVATIONS.values()],
        exportation.lignes(Mesure.objects.visible_to(user).order_by("pk"), *DES_RESERVATIONS),
    )


def _imports(user: User) -> Tableau:
    colonnes = [
        Colonne("Envoyé le", Forme.MOMENT, 18),
        Colonne("Fichier", largeur=40),
        Colonne("État", largeur=24),
        Colonne("Envoyé par", largeur=30),
        Colonne("Enregistré le", Forme.MOMENT, 18),
        Colonne("Enregistré par", largeur=30),
        *(Colonne(_libelle(Import._meta.get_field(nom)), Forme.NOMBRE) for nom in CHIFFRES),
        Colonne("Défait le", Forme.MOMENT, 18),
    ]
    imports = Import.objects.visible_to(user).select_related("by", "fait_by").order_by("-pk")
    return Tableau(
        "Imports",
        colonnes,
        (
            [
                i.at,
                i.nom_fichier,
                i.get_etat_display(),
                _auteur(i.by),
                i.fait_at,
                None if i.fait_at is None else _auteur(i.fait_by),
                *(getattr(i, nom) for nom in CHIFFRES),
                i.annule_at,
            ]
            for i in imports.iterator(MORCEAU)
        ),
    )


# --- A juge or a greffier ----------------------------------------------------------------------------


def _du_magistrat(magistrat: Magistrat) -> Iterator[Tableau]:
    yield _fiche(
        "Tribunal et cabinet",
        [
            ("Tribunal", magistrat.tribunal_actuel.libelle),
            ("Fonction", magistrat.get_fonction_display()),
            ("Cabinet", magistrat.cabinet),
        ],
    )
    yield _notes(magistrat.user)
    yield _reservations(magistrat.user)


def _notes(user: User) -> Tableau:
    """Those that they wrote for the court where they sit."""
    colonnes = [
        Colonne("Mandataire", largeur=36),
        Colonne("Écrite le", Forme.MOMENT, 18),
        Colonne("Modifiée le", Forme.MOMENT, 18),
        Colonne("Note", largeur=LARGE),
    ]
    notes = Note.objects.visible_to(user).filter(auteur=user).select_related("mandataire").order_by("-at", "-pk")
    return Tableau(
        "Notes", colonnes, ([str(n.mandataire), n.at, n.modifiee_at, n.texte] for n in notes.iterator(MORCEAU))
    )


def _reservations(user: User) -> Tableau:
    """Those that they made for the court where they sit, whatever became of them."""
    colonnes = [
        Colonne("Réservée le", Forme.MOMENT, 18),
        Colonne("Mandataire", largeur=36),
        Colonne("Numéro RG"),
        Colonne("Cabinet"),
        Colonne("Type de mesure", largeur=36),
        Colonne("Genre", largeur=8),
        Colonne("Année de naissance", Forme.NOMBRE, 20),
        Colonne("Code postal"),
        Colonne("Commune", largeur=24),
        Colonne("Lieu de vie", largeur=24),
        Colonne("Établissement", largeur=36),
        Colonne("Urgente"),
        Colonne("Jugement attendu le", Forme.DATE, 20),
        Colonne("Expire le", Forme.DATE),
        Colonne("Statut"),
        Colonne("Répondue le", Forme.MOMENT, 18),
        Colonne("Annulée le", Forme.MOMENT, 18),
        Colonne("Motif du refus ou de l'annulation", largeur=LARGE),
    ]
    faites = Mesure.objects.visible_to(user).reservees().filter(reserve_by=user)
    reservations = faites.select_related("mandataire", "commune", "etablissement").order_by("-reserve_at", "-pk")
    return Tableau("Réservations", colonnes, (_reservation(mesure) for mesure in reservations.iterator(MORCEAU)))


def _reservation(mesure: Mesure) -> list[Valeur]:
    return [
        mesure.reserve_at,
        str(mesure.mandataire),
        mesure.numero_rg,
        mesure.cabinet,
        mesure.get_nature_display(),
        mesure.genre,
        mesure.annee_naissance,
        mesure.code_postal,
        mesure.commune.nom if mesure.commune else "",
        mesure.get_lieu_vie_display(),
        mesure.etablissement.nom if mesure.etablissement else mesure.etablissement_nom,
        mesure.est_urgente,
        mesure.jugement_attendu_le,
        mesure.expire_le,
        mesure.get_statut_display(),
        mesure.repondu_at,
        mesure.annule_at,
        mesure.motif_reponse,
    ]


# --- Sheets of one row -------------------------------------------------------------------------------


def _fiche(nom: str, valeurs: Iterable[tuple[str, Valeur]]) -> Tableau:
    """A name and a value a line, rather than one very long line."""
    colonnes = [Colonne("Donnée", largeur=44), Colonne("Valeur", largeur=LARGE)]
    return Tableau(nom, colonnes, ([libelle, en_texte(valeur)] for libelle, valeur in valeurs))


def _champs(objet: models.Model, champs: Iterable[Any]) -> Iterator[tuple[str, Valeur]]:
    for champ in champs:
        valeur = getattr(objet, champ.name)
        if champ.choices:
            valeur = getattr(objet, f"get_{champ.name}_display")()
        elif champ.is_relation:
            valeur = None if valeur is None else str(valeur)
        yield _libelle(champ), valeur


def _libelle(champ: Any) -> str:
    return capfirst(str(champ.verbose_name))


def _auteur(user: User | None) -> str:
    return "compte supprimé" if user is None else str(user)
