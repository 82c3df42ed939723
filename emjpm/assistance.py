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

    @property
    def gabarit(self) -> str:
        return f"emjpm/assistance/_{self.ancre.replace('-', '_')}.html"


@dataclass(frozen=True)
class Guide:
    """What one kind of reader is told, in order. `choix` is the word that they pick at sign-up."""

    vue: str
    titre: str
    resume: str
    choix: str
    parties: tuple[Partie, ...]
    etapes: tuple[Partie, ...]
    a_des_etablissements: bool = False


# Other pages link to these anchors.
PARTIES = (
    Partie("s-inscrire", "S'inscrire"),
    Partie("se-connecter", "Se connecter"),
    Partie("se-deconnecter", "Se déconnecter"),
    Partie("premiere-connexion", "Première connexion"),
    Partie("enregistrer-vos-mesures", "Enregistrer vos mesures"),
    Partie("modifier-une-mesure", "Modifier une mesure en cours"),
    Partie("mettre-fin-a-une-mesure", "Mettre fin à une mesure en cours"),
    Partie("nous-contacter", "Nous contacter"),
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


@login_not_required
@require_safe
def assistance(request: HttpRequest) -> HttpResponse:
    return render(request, "emjpm/assistance/accueil.html", {"guides": (PREPOSES, INDIVIDUELS)})


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
