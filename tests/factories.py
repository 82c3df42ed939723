"""Objects for tests. Traits name the states; every default is a valid, ordinary row."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

import factory
from allauth.account.models import EmailAddress
from django.utils import timezone
from factory.django import DjangoModelFactory

from accounts.models import User
from etablissements.models import Etablissement
from mandataires.models import Agrement, Declaration, Exercice, Mandataire, Membre, Note
from mesures.enums import LieuVie, Nature, Statut
from mesures.models import Mesure
from tribunaux.models import Commune, Departement, Magistrat, Region, Tribunal

MOT_DE_PASSE = "un mot de passe solide"


class UserFactory(DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"utilisateur{n}")
    first_name = "Camille"
    last_name = factory.Sequence(lambda n: f"Exemple{n}")
    email = factory.LazyAttribute(lambda user: f"{user.username.lower()}@example.org")
    password = factory.django.Password(MOT_DE_PASSE)

    class Params:
        admin = factory.Trait(is_staff=True, is_superuser=True)

    @factory.post_generation
    def adresse(self: User, create: bool, extracted: object, **kwargs: object) -> None:
        """The address that allauth knows, verified, as for every account of the site."""
        if create and self.email:
            EmailAddress.objects.create(user=self, email=self.email, verified=True, primary=True)


class RegionFactory(DjangoModelFactory):
    class Meta:
        model = Region
        django_get_or_create = ["code"]

    code = "32"
    nom = "Hauts-de-France"


class DepartementFactory(DjangoModelFactory):
    class Meta:
        model = Departement
        django_get_or_create = ["code"]

    code = "62"
    nom = "Pas-de-Calais"
    region = factory.SubFactory(RegionFactory)


@cache
def pas_de_calais() -> Departement:
    """Where every commune is that says no other département: made once a test, since nearly every row has one."""
    return DepartementFactory()


class CommuneFactory(DjangoModelFactory):
    class Meta:
        model = Commune
        django_get_or_create = ["code_insee"]

    # Codes that no real commune has: neither `calais` nor `arras` may be met by chance.
    code_insee = factory.Sequence(lambda n: f"Z{n:04X}")
    nom = factory.Sequence(lambda n: f"Commune-{n}")
    departement = factory.LazyFunction(pas_de_calais)
    codes_postaux = factory.Sequence(lambda n: [f"{90500 + n % 9500:05d}"])
    latitude = 50.5
    longitude = 2.5
    population = 1000

    class Params:
        calais = factory.Trait(
            code_insee="62193",
            nom="Calais",
            codes_postaux=["62100"],
            latitude=50.9516,
            longitude=1.8516,
            population=67544,
        )
        arras = factory.Trait(
            code_insee="62041",
            nom="Arras",
            codes_postaux=["62000"],
            latitude=50.2898,
            longitude=2.7663,
            population=42600,
        )

    @classmethod
    def _create(cls, model_class: type[Commune], *args: object, **kwargs: object) -> Commune:
        if str(kwargs["code_insee"]).startswith("Z"):  # new each time: there is none to get
            return model_class.objects.create(**kwargs)
        return super()._create(model_class, *args, **kwargs)


class TribunalFactory(DjangoModelFactory):
    class Meta:
        model = Tribunal

    # From 1: a SIRET that ends with 00000 is a number that a spreadsheet has rounded.
    siret = factory.Sequence(lambda n: f"{17620000000001 + n}")
    nom = factory.LazyAttribute(lambda t: f"Tribunal judiciaire de {t.commune.nom}")
    type = Tribunal.Type.JUDICIAIRE
    commune = factory.SubFactory(CommuneFactory)

    @classmethod
    def _create(cls, model_class: type[Tribunal], *args: object, **kwargs: object) -> Tribunal:
        tribunal = super()._create(model_class, *args, **kwargs)
        tribunal.refresh_from_db()  # `actuel` is set by a trigger
        return tribunal


class MagistratFactory(DjangoModelFactory):
    class Meta:
        model = Magistrat

    user = factory.SubFactory(UserFactory)
    tribunal = factory.SubFactory(TribunalFactory)
    fonction = Magistrat.Fonction.JUGE


class EtablissementFactory(DjangoModelFactory):
    class Meta:
        model = Etablissement

    finess = factory.Sequence(lambda n: f"62{n:07d}")
    nom = factory.Sequence(lambda n: f"EHPAD Les Tilleuls {n}")
    commune = factory.SubFactory(CommuneFactory)


class MandataireFactory(DjangoModelFactory):
    class Meta:
        model = Mandataire

    type = Mandataire.Type.INDIVIDUEL
    nom = factory.Sequence(lambda n: f"Exemple{n}")
    prenom = "Camille"
    email = "contact@example.org"
    telephone = "03 21 00 00 00"
    commune = factory.SubFactory(CommuneFactory)
    capacite = 60
    valide_at = factory.LazyFunction(timezone.now)

    class Params:
        prepose = factory.Trait(type=Mandataire.Type.PREPOSE)
        service = factory.Trait(
            type=Mandataire.Type.SERVICE,
            nom=factory.Sequence(lambda n: f"Association tutélaire {n}"),
            prenom="",
            capacite=1600,
            source_total=Mandataire.SourceTotal.DECLARATION,
        )


class MembreFactory(DjangoModelFactory):
    class Meta:
        model = Membre

    user = factory.SubFactory(UserFactory)
    mandataire = factory.SubFactory(MandataireFactory)
    est_admin = True


class AgrementFactory(DjangoModelFactory):
    class Meta:
        model = Agrement

    mandataire = factory.SubFactory(MandataireFactory)
    tribunal = factory.SubFactory(TribunalFactory)
    du = date(2020, 1, 1)


class ExerciceFactory(DjangoModelFactory):
    class Meta:
        model = Exercice

    mandataire = factory.SubFactory(MandataireFactory, prepose=True)
    etablissement = factory.SubFactory(EtablissementFactory)
    du = date(2020, 1, 1)


class DeclarationFactory(DjangoModelFactory):
    class Meta:
        model = Declaration

    mandataire = factory.SubFactory(MandataireFactory, service=True)
    nombre = 1450


class NoteFactory(DjangoModelFactory):
    class Meta:
        model = Note

    tribunal = factory.SubFactory(TribunalFactory)
    mandataire = factory.SubFactory(MandataireFactory)
    texte = "Répond vite."


class MesureFactory(DjangoModelFactory):
    """An ongoing mesure; the traits are the other states of a mesure's life."""

    class Meta:
        model = Mesure

    mandataire = factory.SubFactory(MandataireFactory)
    statut = Statut.EN_COURS
    nature = Nature.CURATELLE_RENFORCEE
    genre = "F"
    annee_naissance = 1962
    date_decision = date(2021, 3, 15)
    lieu_vie = LieuVie.DOMICILE
    commune = factory.SubFactory(CommuneFactory)
    code_postal = factory.LazyAttribute(lambda m: m.commune.codes_postaux[0] if m.commune else "")

    class Params:
        reservation = factory.Trait(
            tribunal=factory.SubFactory(TribunalFactory),
            date_decision=None,
            lieu_vie="",
            commune=None,
            reserve_at=factory.LazyFunction(timezone.now),
            expire_le=factory.LazyFunction(lambda: timezone.localdate() + timedelta(days=60)),
        )
        en_attente = factory.Trait(reservation=True, statut=Statut.EN_ATTENTE)
        expiree = factory.Trait(reservation=True, statut=Statut.EXPIREE)
        refusee = factory.Trait(
            reservation=True,
            statut=Statut.REFUSEE,
            repondu_at=factory.LazyFunction(timezone.now),
            motif_reponse="Trop loin",
        )
        annulee = factory.Trait(
            reservation=True,
            statut=Statut.ANNULEE,
            annule_at=factory.LazyFunction(timezone.now),
            motif_reponse="Saisie par erreur",
        )
        eteinte = factory.Trait(statut=Statut.ETEINTE, date_extinction=date(2024, 6, 30))


def inscrire(tribunal: Tribunal | None, **valeurs: object) -> Mandataire:
    """A MJPM that judges see, with somebody to act for it, on the list of `tribunal` when there is one."""
    mandataire = MandataireFactory(**valeurs)
    MembreFactory(mandataire=mandataire)
    if tribunal is not None:
        AgrementFactory(mandataire=mandataire, tribunal=tribunal)
    return mandataire
