from __future__ import annotations

import time
from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db.models import F, OuterRef, Q, Subquery

from mandataires.geocodage import ServiceInjoignable
from mandataires.models import Mandataire
from mandataires.tasks import Resultat, localiser
from tribunaux.models import Commune

# The service allows 50 questions a second from one address, and shuts out for 5 seconds who asks more.
# geopy's RateLimiter would do the pauses, but it logs the addresses that it asks for.
PAUSE = 0.1  # seconds
PAUSE_APRES_ECHEC = 5.0  # seconds
ECHECS_DE_SUITE = 5


class Command(BaseCommand):
    help = (
        "Donne aux mandataires le point de leur commune s'ils n'en ont aucun, puis demande celui de leur adresse "
        "pour tous ceux qui n'ont que celui de leur commune. Peut être relancée."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--tous", action="store_true", help="Redemande aussi le point de ceux qui ont celui de leur adresse."
        )

    def handle(self, *args: Any, tous: bool, **options: Any) -> None:
        mandataires = Mandataire.objects.filter(refuse_at=None)
        commune = Commune.objects.filter(pk=OuterRef("commune_id"))
        places = mandataires.filter(latitude=None, commune__latitude__isnull=False).update(
            latitude=Subquery(commune.values("latitude")), longitude=Subquery(commune.values("longitude"))
        )
        self.stdout.write(f"Placés à leur commune, faute de point : {places}")
        self.stdout.write(f"Sans commune, laissés sans point : {mandataires.filter(commune=None).count()}")
        if not settings.GEOCODAGE_URL:
            self.stdout.write("GEOCODAGE_URL est vide : aucune adresse n'a été demandée.")
            return

        a_demander = mandataires.exclude(commune=None).exclude(adresse="")
        if not tous:
            a_demander = a_demander.filter(
                Q(latitude=None) | Q(latitude=F("commune__latitude"), longitude=F("commune__longitude"))
            )
        self.demander(list(a_demander.order_by("pk").values_list("pk", flat=True)))

    def demander(self, pks: list[int]) -> None:
        """Ask for each in turn, and say the figures, even if the service fails on the way."""
        resultats: Counter[Resultat] = Counter()
        echecs = de_suite = 0
        for pk in pks:
            try:
                resultats[localiser(pk)] += 1
            except ServiceInjoignable:
                echecs, de_suite = echecs + 1, de_suite + 1
                if de_suite == ECHECS_DE_SUITE:
                    break
                time.sleep(PAUSE_APRES_ECHEC)
            else:
                de_suite = 0
                time.sleep(PAUSE)
        changes = resultats[Resultat.CHANGE] + resultats[Resultat.SANS_COMMUNE]
        self.stdout.write(
            f"Demandés : {resultats.total() + echecs} sur {len(pks)} – "
            f"à leur adresse : {resultats[Resultat.ADRESSE]}, "
            f"à leur commune, faute de réponse sûre : {resultats[Resultat.COMMUNE]}, "
            f"adresse changée entre-temps : {changes}, sans réponse : {echecs}"
        )
        if echecs:
            raise CommandError("Le service de géocodage n'a pas toujours répondu : relancez plus tard.")
