"""How long a judge's pages take with every MJPM of the country in the database.

    python -m emjpm.postgres --ephemere -- python -m bench.national

Writes 2,500 individuels, 700 préposés and 400 services on the 294 courts, with `Charge` and `Presence` filled
as for some 550,000 mesures, then asks for each page as a browser would, in this process: milliseconds are the
server's (median and slowest of ten), without the network. Queries are compared with those of a court that has
three MJPM.
"""

from __future__ import annotations

import os
import random
import sys
from datetime import date, timedelta

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "emjpm.settings.test")
django.setup()

from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.models import User  # noqa: E402
from bench.mesures import chronometrer, lire  # noqa: E402
from etablissements.models import Etablissement  # noqa: E402
from mandataires.models import Agrement, Charge, Exercice, Mandataire, Membre, Presence, Releve  # noqa: E402
from tribunaux.models import Commune, Magistrat, Tribunal  # noqa: E402
from tribunaux.referentiels import charger  # noqa: E402

Type = Mandataire.Type
# How many of each type, their mesures at the least and at the most, and in how many communes.
EFFECTIFS = {
    Type.INDIVIDUEL: (2500, 20, 60, 25),
    Type.PREPOSE: (700, 20, 60, 5),
    Type.SERVICE: (400, 400, 1900, 200),
}
PETIT_TRIBUNAL = "Guéret"

PAGES = {
    "majeurs protégés": "/majeurs-proteges/",
    "à 50 km, disponibles, récentes": "/majeurs-proteges/?rayon=50&disponibles=on&recentes=on",
    "toute la France": "/majeurs-proteges/?hors_liste=on&etablissement={etablissement}",
    "toute la France, dernière page": "/majeurs-proteges/?hors_liste=on&page=9999",
    "toute la France, par places": "/majeurs-proteges/?hors_liste=on&tri=-disponibles",
    "lieu inconnu": "/majeurs-proteges/?lieu_texte=Calaix",
    "points de la carte": "/majeurs-proteges/lieux.json?hors_liste=on",
    "cercles de la carte": "/mandataires/communes.json",
    "mandataires": "/mandataires/",
    "mandataires, toute la France": "/mandataires/?hors_liste=on",
    "fiche d'un service": "/mandataires/{pk}/",
    "lieux d'un service": "/mandataires/{pk}/lieux.json",
    "cellules de charge": "/mandataires/charges/?{pks}",
}


def peupler(tribunaux: list[Tribunal]) -> None:
    """Every MJPM around the seat of its court, and one relevé a month for a year."""
    alea = random.Random(2026)  # noqa: S311
    par_departement: dict[str, list[Commune]] = {}
    for commune in Commune.objects.exclude(latitude=None).order_by("pk"):
        par_departement.setdefault(commune.departement_id, []).append(commune)
    voisines = [
        (tribunal, par_departement[tribunal.commune.departement_id])
        for tribunal in tribunaux
        if tribunal.commune.departement_id in par_departement
    ]
    aujourd_hui, maintenant = date.today(), timezone.now()  # noqa: DTZ011
    for type_, (combien, au_moins, au_plus, etendue) in EFFECTIFS.items():
        sieges = [alea.choice(voisines) for _ in range(combien)]
        mandataires = Mandataire.objects.bulk_create(
            Mandataire(
                type=type_,
                nom=f"Exemple {type_} {n}",
                prenom="" if type_ == Type.SERVICE else "Camille",
                commune=(commune := alea.choice(communes)),
                latitude=commune.latitude,
                longitude=commune.longitude,
                code_postal=(commune.codes_postaux or [""])[0],
                capacite=alea.choice([None, 0, au_moins, au_plus, au_plus + 20]),
                source_total="declaration" if type_ == Type.SERVICE else "mesures",
                valide_at=maintenant,
            )
            for n, (_, communes) in enumerate(sieges)
        )
        users = User.objects.bulk_create(
            User(username=f"{type_}{n}", email=f"{type_}{n}@example.org", password="!")  # noqa: S106
            for n in range(combien)
        )
        Membre.objects.bulk_create(
            Membre(user=user, mandataire=mandataire, est_admin=True)
            for user, mandataire in zip(users, mandataires, strict=True)
        )
        agrements, presences, charges, releves = [], [], [], []
        for mandataire, (tribunal, communes) in zip(mandataires, sieges, strict=True):
            for autre in {tribunal, *alea.sample(tribunaux, 1)}:
                agrements.append(Agrement(mandataire=mandataire, tribunal=autre, du=date(2020, 1, 1)))
            total, lieux = alea.randint(au_moins, au_plus), alea.sample(communes, min(etendue, len(communes)))
            for lieu in lieux:
                presences.append(
                    Presence(mandataire=mandataire, commune=lieu, en_cours=max(1, total // len(lieux)))
                )
            declare = total if mandataire.declare_son_total else None
            charges.append(
                Charge(
                    pk=mandataire.pk,
                    en_cours=total,
                    en_attente=alea.randint(0, 3),
                    declare=declare,
                    mise_a_jour_at=maintenant - timedelta(days=alea.randint(0, 60)),
                )
            )
            releves += [
                Releve(
                    mandataire=mandataire,
                    jour=aujourd_hui - timedelta(days=30 * n),
                    en_cours=total,
                    declare=declare,
                )
                for n in range(1, 13)
            ]
        Agrement.objects.bulk_create(agrements)
        Presence.objects.bulk_create(presences, batch_size=5000)
        Charge.objects.bulk_update(
            charges, ["en_cours", "en_attente", "declare", "mise_a_jour_at"], batch_size=1000
        )
        Releve.objects.bulk_create(releves, batch_size=5000)


def main() -> None:
    base = connection.creation.create_test_db(verbosity=0)
    try:
        charger()
        tribunaux = list(Tribunal.objects.ouverts().select_related("commune", "actuel").order_by("pk"))
        peupler([tribunal for tribunal in tribunaux if tribunal.commune.nom != PETIT_TRIBUNAL])
        petit = next(tribunal for tribunal in tribunaux if tribunal.commune.nom == PETIT_TRIBUNAL)
        for mandataire in Mandataire.objects.order_by("pk")[:3]:
            Agrement.objects.create(mandataire=mandataire, tribunal=petit, du=date(2020, 1, 1))
        grand = Tribunal.objects.select_related("actuel", "commune").get(commune__nom="Lille")
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        service = Mandataire.objects.filter(type=Type.SERVICE).order_by("pk").first()
        individuel = Mandataire.objects.filter(type=Type.INDIVIDUEL).order_by("pk").first()
        assert service is not None and individuel is not None  # noqa: PT018
        tous = list(Mandataire.objects.order_by("pk").values_list("pk", flat=True)[:50])
        etablissement = Etablissement.objects.create(finess="629900001", nom="EHPAD", commune=grand.commune)
        prepose = Mandataire.objects.filter(type=Type.PREPOSE).earliest("pk")
        Exercice.objects.create(mandataire=prepose, etablissement=etablissement, du=date(2020, 1, 1))
        requetes = {}
        for nom, tribunal, fiche, pks in (("petit", petit, individuel, tous[:3]), ("grand", grand, service, tous)):
            user = User.objects.create(username=nom, email=f"{nom}@example.org", password="!")  # noqa: S106
            Magistrat.objects.create(user=user, tribunal=tribunal)
            client = Client()
            client.force_login(user)
            for titre, adresse in PAGES.items():
                cible = adresse.format(
                    pk=fiche.pk, pks="&".join(f"pk={pk}" for pk in pks), etablissement=etablissement.pk
                )
                mediane, pire, nombre, taille = chronometrer(lire(client, cible))
                if nom == "petit":
                    requetes[titre] = nombre
                else:
                    sys.stdout.write(
                        f"{titre:34} {mediane:5.0f} ms (au pire {pire:4.0f})  {nombre:3} requêtes "
                        f"({requetes[titre]} pour un petit tribunal)  {taille:4} ko\n"
                    )
    finally:
        connection.creation.destroy_test_db(base, verbosity=0)


if __name__ == "__main__":
    main()
