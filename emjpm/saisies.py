"""A form sent after the session has ended is kept until its author is back.

Each form of the site bears its author, signed. What an anonymous visitor sends with it waits in their
session; once logged in, the same person, and nobody else at that computer, is offered to send it.
"""

from __future__ import annotations

from typing import TypedDict

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

CHAMP_AUTEUR = "auteur_de_la_saisie"
CLE_DE_SESSION = "saisie_gardee"
SEL = "emjpm.saisies"
TAILLE_MAX = 100_000  # characters: a form that people type, not a file
JAMAIS_GARDES = ("password", "mot_de_passe", "csrfmiddlewaretoken")


class Saisie(TypedDict):
    chemin: str
    auteur: int
    donnees: list[tuple[str, list[str]]]


def signer(pk: int) -> str:
    return signing.dumps(pk, salt=SEL)


def garder(request: HttpRequest) -> bool:
    """Keep what was sent, if one of our forms sent it. Whether it is kept."""
    try:
        auteur = signing.loads(request.POST.get(CHAMP_AUTEUR, ""), salt=SEL)
    except signing.BadSignature:
        return False
    donnees = [
        (nom, valeurs) for nom, valeurs in request.POST.lists() if not any(mot in nom for mot in JAMAIS_GARDES)
    ]
    if request.FILES or sum(len(valeur) for _, valeurs in donnees for valeur in valeurs) > TAILLE_MAX:
        return False
    saisie: Saisie = {"chemin": request.get_full_path(), "auteur": auteur, "donnees": donnees}
    request.session[CLE_DE_SESSION] = saisie
    return True


def proposer(request: HttpRequest) -> HttpResponse | None:
    """The page that offers to send what was kept for this address, once, to its author only."""
    saisie: Saisie | None = request.session.get(CLE_DE_SESSION)
    if saisie is None or saisie["auteur"] != request.user.pk:
        request.session.pop(CLE_DE_SESSION, None)
        return None
    if request.method != "GET" or saisie["chemin"] != request.get_full_path():
        return None
    del request.session[CLE_DE_SESSION]
    return render(request, "emjpm/saisie_gardee.html", {"donnees": saisie["donnees"], "chemin": saisie["chemin"]})
