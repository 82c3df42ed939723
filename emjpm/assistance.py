"""The pages that explain: the guides of the Assistance, and the legal ones. All are public."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@dataclass(frozen=True)
class Partie:
    """A part of a guide, or a step of its « Première connexion », written once for all the guides that have it."""

    ancre: str
    titre: str
    lecteur: str = ""  # the only kind of reader that it is written for, when others have their own

    @property
    def gabarit(self) -> str:
        nom = f"{self.lecteur}-{self.ancre}" if self.lecteur else self.ancre
        return f"emjpm/assistance/_{nom.replace('-', '_')}.html"


@dataclass(frozen=True)
class Guide:
    """What one kind of reader is told, in order. `choix` is the word that they pick at sign-up, if they may."""

    vue: str
    titre: str
    resume: str
    parties: tuple[Partie, ...]
    choix: str = ""
    etapes: tuple[Partie, ...] = ()
    a_des_etablissements: bool = False


# Other pages link to these anchors.
SE_DECONNECTER = Partie("se-deconnecter", "Se déconnecter")
SUITE_D_UNE_MESURE = (
    Partie("enregistrer-vos-mesures", "Enregistrer vos mesures"),
    Partie("importer-un-fichier", "Importer ou exporter un fichier"),
    Partie("retrouver-une-mesure", "Retrouver une mesure"),
    Partie("modifier-une-mesure", "Modifier une mesure en cours"),
    Partie("mettre-fin-a-une-mesure", "Mettre fin à une mesure en cours"),
    Partie("mesures-en-attente", "Répondre aux mesures en attente"),
    Partie("voir-la-carte", "Voir la géolocalisation de vos mesures"),
)
NOUS_CONTACTER = Partie("nous-contacter", "Nous contacter")
PARTIES = (
    Partie("s-inscrire", "S'inscrire"),
    Partie("se-connecter", "Se connecter"),
    SE_DECONNECTER,
    Partie("premiere-connexion", "Première connexion"),
    *SUITE_D_UNE_MESURE,
    NOUS_CONTACTER,
)
INFORMATIONS = Partie("etape-informations", "complétez vos informations")
TRIBUNAUX = Partie("etape-tribunaux", "indiquez vos tribunaux")
ETABLISSEMENTS = Partie("etape-etablissements", "indiquez vos établissements")
MESURES = Partie("etape-mesures", "enregistrez vos mesures en cours")

PREPOSES = Guide(
    vue="assistance_preposes",
    titre="Guide du mandataire préposé",
    resume="Vous êtes salarié d'un ou de plusieurs établissements de santé ou médico-sociaux.",
    choix="Préposé",
    parties=PARTIES,
    etapes=(INFORMATIONS, TRIBUNAUX, ETABLISSEMENTS, MESURES),
    a_des_etablissements=True,
)
INDIVIDUELS = Guide(
    vue="assistance_individuels",
    titre="Guide du mandataire individuel",
    resume="Vous exercez à votre compte.",
    choix="Individuel",
    parties=PARTIES,
    etapes=(INFORMATIONS, TRIBUNAUX, MESURES),
)
SERVICES = Guide(
    vue="assistance_services",
    titre="Guide du service mandataire",
    resume="Vous travaillez dans un service qui suit des mesures pour le compte d'une association.",
    choix="Service",
    parties=(
        Partie("se-connecter", "Se connecter", "service"),
        SE_DECONNECTER,
        Partie("premiere-connexion", "Première connexion", "service"),
        Partie("tenir-le-total", "Tenir à jour le nombre de mesures"),
        Partie("plusieurs-utilisateurs", "Travailler à plusieurs"),
        *SUITE_D_UNE_MESURE,
        NOUS_CONTACTER,
    ),
    etapes=(
        Partie("etape-informations", "complétez les informations du service", "service"),
        Partie("etape-tribunaux", "ajoutez vos tribunaux", "service"),
        Partie("etape-total", "indiquez le nombre de mesures en cours", "service"),
    ),
)
MAGISTRATS = Guide(
    vue="assistance_magistrats",
    titre="Guide du juge et du greffier",
    resume="Vous cherchez à qui confier une mesure, ou vous suivez celles de votre tribunal.",
    parties=(
        Partie("se-connecter", "Se connecter", "magistrat"),
        SE_DECONNECTER,
        Partie("majeurs-proteges", "Trouver un mandataire près de la personne à protéger"),
        Partie("liste-des-mandataires", "Parcourir la liste de votre tribunal"),
        Partie("fiche-d-un-mandataire", "Lire la fiche d'un mandataire"),
        Partie("reserver-une-mesure", "Réserver une mesure"),
        Partie("suivre-vos-reservations", "Suivre vos réservations"),
        Partie("mesures-du-tribunal", "Retrouver une mesure de votre tribunal"),
        Partie("notes-du-tribunal", "Garder une note"),
        NOUS_CONTACTER,
    ),
)
GUIDES = (PREPOSES, INDIVIDUELS, SERVICES, MAGISTRATS)


@login_not_required
@require_safe
def assistance(request: HttpRequest) -> HttpResponse:
    return render(request, "emjpm/assistance/accueil.html", {"guides": GUIDES})


@login_not_required
@require_safe
def assistance_preposes(request: HttpRequest) -> HttpResponse:
    return render(request, "emjpm/assistance/guide.html", {"guide": PREPOSES})


@login_not_required
@require_safe
def assistance_individuels(request: HttpRequest) -> HttpResponse:
    return render(request, "emjpm/assistance/guide.html", {"guide": INDIVIDUELS})


@login_not_required
@require_safe
def assistance_services(request: HttpRequest) -> HttpResponse:
    return render(request, "emjpm/assistance/guide.html", {"guide": SERVICES})


@login_not_required
@require_safe
def assistance_magistrats(request: HttpRequest) -> HttpResponse:
    return render(request, "emjpm/assistance/guide.html", {"guide": MAGISTRATS})


@login_not_required
@require_safe
def mentions_legales(request: HttpRequest) -> HttpResponse:
    return render(request, "emjpm/mentions_legales.html")


@login_not_required
@require_safe
def donnees_personnelles(request: HttpRequest) -> HttpResponse:
    return render(request, "emjpm/donnees_personnelles.html")


@login_not_required
@require_safe
def accessibilite(request: HttpRequest) -> HttpResponse:
    return render(request, "emjpm/accessibilite.html")
