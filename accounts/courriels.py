"""The one door by which a mail leaves: written here, sent by the worker (`accounts.tasks.envoyer`)."""

from __future__ import annotations

import re
from typing import Any

from django.conf import settings
from django.db import transaction
from django.template import Context, Engine
from django.urls import reverse

from accounts.models import Courriel
from accounts.tasks import envoyer

LONGUEUR_OBJET = 200  # characters: what `Courriel.objet` holds


def envoyer_courriel(*, destinataire: str, gabarit: str, contexte: dict[str, Any]) -> None:
    """Write a plain text mail for the worker to send.

    `gabarit` is the common part of two templates: `<gabarit>_objet.txt` and `<gabarit>_corps.txt`.
    They get `contexte`, `produit` and `contact`. Mail and job are rows of the caller's transaction:
    nothing leaves when it rolls back. An account without an e-mail gets no mail.
    """
    if not destinataire:
        return
    objet = " ".join(_rendre(f"{gabarit}_objet.txt", contexte).split())[:LONGUEUR_OBJET]
    corps = re.sub(r"\n{3,}", "\n\n", _rendre(f"{gabarit}_corps.txt", contexte)).strip() + "\n"
    with transaction.atomic():
        courriel = Courriel.objects.create(destinataire=destinataire, objet=objet, corps=corps)
        envoyer.defer(courriel_pk=courriel.pk)


def lien(nom_url: str, *args: object, ancre: str = "") -> str:
    """The whole address of a page, for a mail.

    The site says its own address: a request may have come by another one, or there is none.
    """
    return f"{settings.BASE_URL}{reverse(nom_url, args=args)}{ancre}"


def _rendre(nom: str, contexte: dict[str, Any]) -> str:
    # Django escapes for HTML whatever the name of the template: a text must say that it is not HTML.
    valeurs = {"produit": settings.PRODUCT_NAME, "contact": settings.CONTACT_EMAIL, **contexte}
    return Engine.get_default().get_template(nom).render(Context(valeurs, autoescape=False))
