"""How long the pages and acts of one MJPM take when it carries thousands of mesures.

    python -m emjpm.postgres --ephemere -- python -m bench.mesures [NUMBER OF MESURES]

Writes invented mesures for a service in a test database of its own, then asks for each page as a browser
would, in this process: milliseconds are the server's (median and slowest of ten), without the network.
Queries are compared with those of a MJPM that has ten mesures.
"""

from __future__ import annotations

import os
import random
import statistics
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "emjpm.settings.test")
django.setup()

from django.db import connection  # noqa: E402
from django.http import HttpResponse  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from accounts.models import User  # noqa: E402
from mandataires.models import Agrement, Declaration, Mandataire, Membre  # noqa: E402
from mesures.enums import LieuVie, MotifExtinction, Nature, Statut  # noqa: E402
from mesures.models import Mesure  # noqa: E402
from tribunaux.models import Commune, Tribunal  # noqa: E402
from tribunaux.referentiels import charger  # noqa: E402

FOIS = 10
COMMUNES = 700  # where the mesures of a large service live
AUJOURD_HUI = date.today()  # noqa: DTZ011

PAGES = {
    "liste": "/mesures/",
    "liste, dernière page": "/mesures/?page=9999",
    "liste triée par lieu": "/mesures/?tri=lieu",
    "liste filtrée": "/mesures/?nature=tutelle&lieu_vie=domicile",
    "à compléter": "/mesures/?a_completer=on",
    "recherche d'un RG": "/mesures/?q={rg}",
    "recherche d'une ville": "/mesures/?q=saint",
    "éteintes": "/mesures/eteintes/",
    "éteintes d'une année": f"/mesures/eteintes/?annee={AUJOURD_HUI.year - 1}",
    "carte": "/mesures/carte/",
    "lieux de la carte": "/mesures/carte/lieux.json",
    "formulaire": "/mesures/nouvelle/",
    "une mesure": "/mesures/{pk}/historique/",
}


def creer(nom: str, nombre: int, tribunal: Tribunal) -> User:
    """A service with `nombre` ongoing mesures, and as many ended ones."""
    alea = random.Random(nombre)  # noqa: S311
    user = User.objects.create(username=nom, email=f"{nom}@example.org", password="!")  # noqa: S106
    mandataire = Mandataire.objects.create(
        type=Mandataire.Type.SERVICE,
        nom=nom,
        capacite=nombre + 100,
        source_total=Mandataire.SourceTotal.DECLARATION,
    )
    Membre.objects.create(user=user, mandataire=mandataire, est_admin=True)
    Agrement.objects.create(mandataire=mandataire, tribunal=tribunal, du=date(2020, 1, 1))
    Declaration.objects.create(mandataire=mandataire, nombre=nombre, by=user)
    communes = alea.sample(list(Commune.objects.filter(codes_postaux__len__gt=0).order_by("pk")), COMMUNES)
    mesures = []
    for numero in range(2 * nombre):
        commune = alea.choice(communes)
        decision = AUJOURD_HUI - timedelta(days=alea.randint(400, 4000))
        eteinte = numero >= nombre
        mesures.append(
            Mesure(
                mandataire=mandataire,
                statut=Statut.ETEINTE if eteinte else Statut.EN_COURS,
                date_extinction=decision + timedelta(days=alea.randint(0, 399)) if eteinte else None,
                motif_extinction=alea.choice(MotifExtinction.values) if eteinte else "",
                date_decision=decision,
                nature=alea.choice(Nature.values),
                genre=alea.choice("FH"),
                annee_naissance=alea.randint(1930, 2000),
                lieu_vie=LieuVie.DOMICILE,
                commune=commune,
                code_postal=commune.codes_postaux[0],
                tribunal=tribunal,
                numero_rg=f"{decision:%y}/{numero:06d}",
                numero_dossier=f"D-{numero}",
            )
        )
    Mesure.objects.bulk_create(mesures, batch_size=1000)
    return user


def chronometrer(demander: Callable[[], HttpResponse]) -> tuple[float, float, int, int]:
    """Median and slowest in milliseconds, queries, and kilobytes of the answer."""
    demander()
    durees = []
    for _ in range(FOIS):
        debut = time.perf_counter()
        response = demander()
        durees.append((time.perf_counter() - debut) * 1000)
    with CaptureQueriesContext(connection) as requetes:
        demander()
    return statistics.median(durees), max(durees), len(requetes), len(response.content) // 1000


def lire(client: Client, adresse: str) -> Callable[[], HttpResponse]:
    def demander() -> HttpResponse:
        response = client.get(adresse)
        assert response.status_code == 200, (adresse, response.status_code)
        return response

    return demander


def agir(
    client: Client, user: User, commune: Commune, tribunal: Tribunal
) -> dict[str, Callable[[], HttpResponse]]:
    """Each act of a mesure's life, on another mesure each time."""
    toutes = Mesure.objects.filter(mandataire=user.membre.mandataire)
    en_cours, eteintes = toutes.en_cours().order_by("pk"), toutes.eteintes().order_by("pk")

    def saisie(**valeurs: object) -> dict[str, object]:
        return {
            "version": 0,
            "date_decision": "15/03/2021",
            "nature": "tutelle",
            "code_postal": commune.codes_postaux[0],
            "commune": commune.pk,
            "commune_texte": str(commune),
            "genre": "F",
            "annee_naissance": "1962",
            "lieu_vie": "domicile",
            "tribunal": tribunal.pk,
            "tribunal_texte": tribunal.libelle,
            **valeurs,
        }

    def poster(adresse: str, donnees: dict[str, object]) -> HttpResponse:
        response = client.post(adresse, donnees)
        assert response.status_code == 302, (adresse, response.status_code)
        return response

    def sur(mesures: object, verbe: str, donnees: Callable[[Mesure], dict[str, object]]) -> HttpResponse:
        mesure = mesures.first()  # type: ignore[attr-defined]
        return poster(f"/mesures/{mesure.pk}/{verbe}/", {"version": mesure.version} | donnees(mesure))

    return {
        "enregistrer": lambda: poster("/mesures/nouvelle/", saisie()),
        "modifier": lambda: sur(en_cours, "modifier", lambda m: saisie(version=m.version, numero_rg=m.numero_rg)),
        "mettre fin": lambda: sur(en_cours, "eteindre", lambda m: {"date_extinction": f"{AUJOURD_HUI:%d/%m/%Y}"}),
        "réactiver": lambda: sur(eteintes, "reactiver", lambda m: {}),
        "supprimer": lambda: sur(en_cours, "supprimer", lambda m: {}),
    }


def main(nombre: int) -> None:
    base = connection.creation.create_test_db(verbosity=0)
    try:
        charger()
        tribunal = Tribunal.objects.ouverts().select_related("actuel").get(commune__nom="Calais")
        commune = Commune.objects.get(nom="Calais")
        mesurees = {}
        for nom, combien in (("petit", 10), ("grand", nombre)):
            user = creer(nom, combien, tribunal)
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE")
            client = Client()
            client.force_login(user)
            une = Mesure.objects.filter(mandataire=user.membre.mandataire).en_cours().latest("pk")
            demandes = {
                titre: lire(client, adresse.format(rg=une.numero_rg, pk=une.pk))
                for titre, adresse in PAGES.items()
            } | agir(client, user, commune, tribunal)
            for titre, demander in demandes.items():
                mesurees[nom, titre] = chronometrer(demander)
        sys.stdout.write(f"{nombre} mesures en cours et autant d'éteintes, dans {COMMUNES} communes\n")
        for (nom, titre), (mediane, pire, requetes, taille) in mesurees.items():
            if nom == "grand":
                sys.stdout.write(
                    f"{titre:24} {mediane:5.0f} ms (au pire {pire:4.0f})  {requetes:3} requêtes "
                    f"({mesurees['petit', titre][2]} à dix mesures)  {taille:4} ko\n"
                )
    finally:
        connection.creation.destroy_test_db(base, verbosity=0)


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 7_000)
