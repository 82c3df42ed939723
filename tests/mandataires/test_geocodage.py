"""The point of a MJPM's address, against a real HTTP server on this machine."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pghistory
import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.models import QuerySet
from geopy.exc import ConfigurationError
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.jobs import Job
from pytest_django.fixtures import Settings

from mandataires.geocodage import Lieu, ServiceInjoignable, adresse_de, chercher
from mandataires.management.commands import geocoder as commande
from mandataires.models import Mandataire
from mandataires.services import geocoder_plus_tard
from mandataires.tasks import Resultat, geocoder, localiser
from tests.accounts.taches import executer_taches
from tests.factories import CommuneFactory, MandataireFactory, UserFactory
from tests.mandataires.ban import FausseBan, duree, geojson, reponse
from tribunaux.models import Commune

pytestmark = pytest.mark.django_db

MAIRIE = (50.9516, 1.8516)
RUE_MOLLIEN = (50.95812, 1.85203)


@pytest.fixture
def ban(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[FausseBan]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")  # a proxy of this machine has no part in it
    with FausseBan() as ban:
        settings.GEOCODAGE_URL = ban.url
        settings.GEOCODAGE_TIMEOUT = 0.5
        yield ban


@pytest.fixture
def mandataire(calais: Commune) -> Mandataire:
    return MandataireFactory(adresse="12 rue Mollien", code_postal="62100", commune=calais)


def point(mandataire: Mandataire) -> tuple[float | None, float | None]:
    mandataire.refresh_from_db()
    return mandataire.latitude, mandataire.longitude


def au_point(mandataire: Mandataire, latitude: float | None, longitude: float | None) -> None:
    Mandataire.objects.filter(pk=mandataire.pk).update(latitude=latitude, longitude=longitude)


def mises_a_jour(mandataire: Mandataire) -> QuerySet[Any]:
    """Changes of this MJPM in its history."""
    return Mandataire.pgh_event_models["update"].objects.filter(pgh_obj=mandataire, pgh_label="update")


# Answers that cannot be believed: the MJPM is where its commune is.
PAS_SURES = {
    "rien trouvé": geojson(),
    "score bas": reponse(score=0.69),
    "score absurde": reponse(score=float("nan")),
    "autre commune, même code postal": reponse(citycode="62239"),
    "autre code postal": reponse(postcode="62000"),
    "toute la commune": reponse(type="municipality", score=0.97),
    "question refusée": (400, b'{"code":400,"message":"q: must contain between 3 and 200 chars"}'),
}

# Answers that are none: the service is asked again later.
PAS_DES_REPONSES = {
    "erreur": (500, b"Internal Server Error"),
    "trop de questions": (429, b""),
    "indisponible": (503, b""),
    "adresse du service fausse": (404, b"<html>"),
    "connexion coupée": (0, b""),
    "page de connexion": (200, b"<html><title>Portail</title></html>"),
    "autre codage": (200, b"\xff\xfe\x00"),
    "JSON sans lieu": (200, b'{"message": "Bonjour"}'),
    "liste": (200, b"[1, 2]"),
    "null": (200, b"null"),
    "lieu vide": geojson({}),
    "lieu nul": geojson(None),
    "sans coordonnées": geojson({"geometry": {"coordinates": []}, "properties": {"score": 1}}),
    "sans score": geojson({"geometry": {"coordinates": [1.8, 50.9]}, "properties": {}}),
    "hors de la Terre": reponse(latitude=650000.5),
    "pas un nombre": reponse(latitude=float("nan")),
    "du texte": reponse(longitude="ici"),
}


class TestQuestion:
    def test_ce_qui_est_demande(self, ban: FausseBan, calais: Commune) -> None:
        lieu = chercher(adresse="12 rue d'Été & « Co »", code_postal="62100", commune=calais)
        assert ban.chemins == ["/geocodage/search"]
        assert ban.questions == [
            {"q": "12 rue d'Été & « Co » 62100 Calais", "postcode": "62100", "limit": "1", "autocomplete": "0"}
        ]
        assert ban.en_tetes[0]["User-Agent"] == "emjpm"
        assert lieu is not None
        assert (lieu.latitude, lieu.longitude, lieu.score) == (*RUE_MOLLIEN, 0.94)

    @pytest.mark.parametrize("code_postal", ["62107", ""])
    def test_un_code_cedex_n_est_pas_un_filtre(self, ban: FausseBan, calais: Commune, code_postal: str) -> None:
        assert chercher(adresse="12 rue Mollien", code_postal=code_postal, commune=calais) is not None
        assert ban.questions[0]["q"] == "12 rue Mollien Calais"
        assert "postcode" not in ban.questions[0]

    def test_une_longue_adresse_garde_sa_commune(self, ban: FausseBan, calais: Commune) -> None:
        chercher(adresse="a" * 200, code_postal="62100", commune=calais)
        assert len(ban.questions[0]["q"]) == 200
        assert ban.questions[0]["q"].endswith("a 62100 Calais")

    @pytest.mark.parametrize(
        ("commune", "code_postal", "arrondissement"),
        [("75056", "75020", "75120"), ("69123", "69009", "69389"), ("13055", "13016", "13216")],
    )
    def test_un_arrondissement_est_de_sa_ville(
        self, ban: FausseBan, commune: str, code_postal: str, arrondissement: str
    ) -> None:
        ville = CommuneFactory(code_insee=commune, codes_postaux=[code_postal])
        ban.repondre = lambda question: reponse(citycode=arrondissement, postcode=code_postal)
        assert chercher(adresse="12 rue Mollien", code_postal=code_postal, commune=ville) is not None

    @pytest.mark.parametrize("sorte", ["housenumber", "street", "locality"])
    def test_une_rue_ou_un_lieu_dit_suffit(self, ban: FausseBan, calais: Commune, sorte: str) -> None:
        ban.repondre = lambda question: reponse(type=sorte, score=0.7)
        assert chercher(adresse="rue Mollien", code_postal="62100", commune=calais) is not None

    def test_une_adresse_de_service_fausse_se_voit(self, settings: Settings, mandataire: Mandataire) -> None:
        settings.GEOCODAGE_URL = "ftp://ban.example.org"
        with pytest.raises(ConfigurationError):
            geocoder(mandataire.pk)


class TestGeocoder:
    def test_donne_le_point_de_l_adresse(self, ban: FausseBan, mandataire: Mandataire) -> None:
        geocoder(mandataire.pk)
        assert point(mandataire) == RUE_MOLLIEN

    def test_peut_tourner_deux_fois(self, ban: FausseBan, mandataire: Mandataire) -> None:
        geocoder(mandataire.pk)
        evenements = mises_a_jour(mandataire)
        assert evenements.count() == 1
        geocoder(mandataire.pk)
        assert point(mandataire) == RUE_MOLLIEN
        assert evenements.count() == 1

    def test_n_est_pas_un_acte_du_mandataire(self, ban: FausseBan, mandataire: Mandataire) -> None:
        geocoder(mandataire.pk)
        assert point(mandataire) == RUE_MOLLIEN
        mandataire.charge.refresh_from_db()
        assert mandataire.charge.mise_a_jour_at is None
        assert mandataire.version == 0
        evenement = mises_a_jour(mandataire).get()
        assert evenement.pgh_context_id is None

    @pytest.mark.parametrize("cas", PAS_SURES)
    def test_sans_reponse_sure_le_point_de_la_commune(
        self, ban: FausseBan, mandataire: Mandataire, cas: str
    ) -> None:
        au_point(mandataire, 1.0, 1.0)
        ban.repondre = lambda question: PAS_SURES[cas]
        geocoder(mandataire.pk)
        assert len(ban.questions) == 1
        assert point(mandataire) == MAIRIE

    @pytest.mark.parametrize("cas", PAS_DES_REPONSES)
    def test_sans_reponse_le_point_de_la_commune_et_redemander(
        self, ban: FausseBan, mandataire: Mandataire, cas: str
    ) -> None:
        ban.repondre = lambda question: PAS_DES_REPONSES[cas]
        with pytest.raises(ServiceInjoignable):
            geocoder(mandataire.pk)
        assert len(ban.questions) == 1
        assert point(mandataire) == MAIRIE

    def test_service_qui_se_tait(self, ban: FausseBan, mandataire: Mandataire) -> None:
        ban.repondre = ban.se_tait

        def agir() -> None:
            with pytest.raises(ServiceInjoignable):
                geocoder(mandataire.pk)

        assert 0.4 < duree(agir) < 3
        assert point(mandataire) == MAIRIE

    def test_service_absent(self, settings: Settings, ban: FausseBan, mandataire: Mandataire) -> None:
        with socket.socket() as libre:
            libre.bind(("127.0.0.1", 0))
            settings.GEOCODAGE_URL = f"http://127.0.0.1:{libre.getsockname()[1]}"
            with pytest.raises(ServiceInjoignable):
                geocoder(mandataire.pk)
        assert point(mandataire) == MAIRIE

    def test_service_eteint(self, mandataire: Mandataire) -> None:
        """No setting: pytest-socket would refuse a question to the outside."""
        geocoder(mandataire.pk)
        assert point(mandataire) == MAIRIE

    def test_une_panne_ne_perd_pas_un_bon_point(
        self, ban: FausseBan, settings: Settings, mandataire: Mandataire
    ) -> None:
        geocoder(mandataire.pk)
        ban.repondre = lambda question: (503, b"")
        with pytest.raises(ServiceInjoignable):
            geocoder(mandataire.pk)
        assert point(mandataire) == RUE_MOLLIEN
        settings.GEOCODAGE_URL = ""
        geocoder(mandataire.pk)
        assert point(mandataire) == RUE_MOLLIEN

    def test_rien_sans_commune(self, ban: FausseBan) -> None:
        mandataire = MandataireFactory(adresse="12 rue Mollien", commune=None)
        geocoder(mandataire.pk)
        assert point(mandataire) == (None, None)
        assert ban.questions == []

    def test_rien_pour_un_mandataire_supprime(self, ban: FausseBan) -> None:
        geocoder(0)
        assert ban.questions == []

    def test_sans_rue_rien_n_est_demande(self, ban: FausseBan, calais: Commune) -> None:
        mandataire = MandataireFactory(adresse="", code_postal="62100", commune=calais)
        geocoder(mandataire.pk)
        assert ban.questions == []
        assert point(mandataire) == MAIRIE

    def test_une_commune_sans_point_n_est_pas_a_0_0(self, ban: FausseBan) -> None:
        commune = CommuneFactory(latitude=None, longitude=None)
        mandataire = MandataireFactory(adresse="12 rue Mollien", commune=commune)
        ban.repondre = lambda question: geojson()
        geocoder(mandataire.pk)
        assert point(mandataire) == (None, None)

    @pytest.mark.parametrize("champ", ["adresse", "code_postal", "commune_id"])
    def test_une_adresse_changee_entre_temps_jette_la_reponse(
        self, ban: FausseBan, mandataire: Mandataire, arras: Commune, monkeypatch: pytest.MonkeyPatch, champ: str
    ) -> None:
        """The change comes between the question and the answer."""
        au_point(mandataire, *MAIRIE)
        valeur = {"adresse": "1 rue Royale", "code_postal": "62000", "commune_id": arras.pk}[champ]

        def changer_puis_chercher(**question: Any) -> Lieu | None:
            Mandataire.objects.filter(pk=mandataire.pk).update(**{champ: valeur})
            return chercher(**question)

        monkeypatch.setattr("mandataires.tasks.chercher", changer_puis_chercher)
        assert localiser(mandataire.pk) is Resultat.CHANGE
        assert len(ban.questions) == 1
        assert point(mandataire) == MAIRIE

    def test_redemande_de_moins_en_moins_souvent(self) -> None:
        strategie = geocoder.retry_strategy
        assert strategie is not None

        def pause(exception: Exception, essais: int) -> float | None:
            job = Job(
                id=1, queue="default", lock=None, queueing_lock=None, task_name=geocoder.name, attempts=essais
            )
            decision = strategie.get_retry_decision(exception=exception, job=job)
            if decision is None or decision.retry_at is None:
                return None
            return decision.retry_at.timestamp()

        moments = [pause(ServiceInjoignable(), essais) for essais in range(8)]
        assert moments[-1] is None, "the job ends by failing, where an operator sees it"
        assert moments[:-1] == sorted(moments[:-1])  # type: ignore[type-var]
        assert len(set(moments)) == 8
        assert pause(ValueError(), 0) is None, "a defect of ours is not asked again"


@pytest.mark.django_db(transaction=True)
def test_rien_n_est_verrouille_pendant_la_question(
    ban: FausseBan, mandataire: Mandataire, monkeypatch: pytest.MonkeyPatch
) -> None:
    def chercher_hors_transaction(**question: Any) -> Lieu | None:
        assert not connection.in_atomic_block
        return chercher(**question)

    monkeypatch.setattr("mandataires.tasks.chercher", chercher_hors_transaction)
    geocoder(mandataire.pk)
    assert point(mandataire) == RUE_MOLLIEN


class TestGeocoderPlusTard:
    def test_la_commune_tout_de_suite_l_adresse_ensuite(self, ban: FausseBan, mandataire: Mandataire) -> None:
        geocoder_plus_tard(mandataire=mandataire, avant=None)
        assert (mandataire.latitude, mandataire.longitude) == MAIRIE
        assert point(mandataire) == MAIRIE
        assert ban.questions == []
        assert executer_taches() == 1
        assert point(mandataire) == RUE_MOLLIEN

    @pytest.mark.parametrize("champ", ["adresse", "code_postal", "commune"])
    def test_suit_un_changement(self, ban: FausseBan, mandataire: Mandataire, arras: Commune, champ: str) -> None:
        au_point(mandataire, *RUE_MOLLIEN)
        mandataire.refresh_from_db()
        avant = adresse_de(mandataire)
        setattr(mandataire, champ, {"adresse": "1 rue Royale", "code_postal": "", "commune": arras}[champ])
        mandataire.save()
        geocoder_plus_tard(mandataire=mandataire, avant=avant)
        assert point(mandataire) == ((50.2898, 2.7663) if champ == "commune" else MAIRIE)
        assert list(ProcrastinateJob.objects.values_list("task_name", "args")) == [
            ("mandataires.tasks.geocoder", {"mandataire_pk": mandataire.pk})
        ]

    def test_ne_fait_rien_si_l_adresse_est_la_meme(self, mandataire: Mandataire) -> None:
        au_point(mandataire, *RUE_MOLLIEN)
        mandataire.refresh_from_db()
        avant = adresse_de(mandataire)
        mandataire.telephone = "03 21 00 00 01"
        mandataire.save()
        geocoder_plus_tard(mandataire=mandataire, avant=avant)
        assert point(mandataire) == RUE_MOLLIEN
        assert not ProcrastinateJob.objects.exists()

    def test_sans_commune_plus_de_point(self, mandataire: Mandataire) -> None:
        au_point(mandataire, *RUE_MOLLIEN)
        avant = adresse_de(mandataire)
        mandataire.commune = None
        mandataire.save()
        geocoder_plus_tard(mandataire=mandataire, avant=avant)
        assert point(mandataire) == (None, None)
        assert not ProcrastinateJob.objects.exists()

    def test_sans_rue_la_commune_suffit(self, calais: Commune) -> None:
        mandataire = MandataireFactory(adresse="", commune=calais)
        geocoder_plus_tard(mandataire=mandataire, avant=None)
        assert point(mandataire) == MAIRIE
        assert not ProcrastinateJob.objects.exists()

    def test_rien_ne_part_si_l_acte_echoue(self, mandataire: Mandataire) -> None:
        with transaction.atomic():
            geocoder_plus_tard(mandataire=mandataire, avant=None)
            assert ProcrastinateJob.objects.exists()
            transaction.set_rollback(True)
        assert point(mandataire) == (None, None)
        assert not ProcrastinateJob.objects.exists()

    def test_porte_l_auteur_de_l_acte(self, mandataire: Mandataire) -> None:
        """The commune's point is part of the act; the rest is nobody's."""
        author = UserFactory()
        with pghistory.context(user=author.pk):
            geocoder_plus_tard(mandataire=mandataire, avant=None)
        evenement = mises_a_jour(mandataire).get()
        assert evenement.pgh_context.metadata["user"] == author.pk
        mandataire.charge.refresh_from_db()
        assert mandataire.charge.mise_a_jour_at is None


class TestCommande:
    @pytest.fixture(autouse=True)
    def pauses(self, monkeypatch: pytest.MonkeyPatch) -> list[float]:
        """The pauses that the command makes, which nobody waits for here."""
        pauses: list[float] = []
        monkeypatch.setattr(commande.time, "sleep", pauses.append)
        return pauses

    def lancer(self, *args: str) -> list[str]:
        sortie = StringIO()
        try:
            call_command("geocoder", *args, stdout=sortie)
        finally:
            self.sortie = sortie.getvalue().splitlines()
        return self.sortie

    def test_place_demande_et_compte(
        self, ban: FausseBan, mandataire: Mandataire, calais: Commune, pauses: list[float]
    ) -> None:
        inconnue = MandataireFactory(adresse="1 rue qui n'existe pas", code_postal="62100", commune=calais)
        sans_rue = MandataireFactory(adresse="", commune=calais)
        sans_commune = MandataireFactory(adresse="12 rue Mollien", commune=None)
        refuse = MandataireFactory(
            adresse="12 rue Mollien",
            commune=calais,
            valide_at=None,
            refuse_at="2024-01-01T00:00Z",
            refus_motif="x",
        )
        ban.repondre = lambda question: geojson() if "existe pas" in question["q"] else reponse()
        assert self.lancer() == [
            "Placés à leur commune, faute de point : 3",
            "Sans commune, laissés sans point : 1",
            (
                "Demandés : 2 sur 2 – à leur adresse : 1, à leur commune, faute de réponse sûre : 1, "
                "adresse changée entre-temps : 0, sans réponse : 0"
            ),
        ]
        assert point(mandataire) == RUE_MOLLIEN
        assert point(inconnue) == point(sans_rue) == MAIRIE
        assert point(sans_commune) == point(refuse) == (None, None)
        assert pauses == [commande.PAUSE] * 2
        assert 1 / commande.PAUSE <= 50, "the service's limit, in questions a second"

    def test_ne_redemande_que_ce_qui_manque_sauf_tous(self, ban: FausseBan, mandataire: Mandataire) -> None:
        au_point(mandataire, 50.9, 1.8)
        assert self.lancer()[-1].startswith("Demandés : 0 sur 0")
        assert point(mandataire) == (50.9, 1.8)
        assert self.lancer("--tous")[-1].startswith("Demandés : 1 sur 1 – à leur adresse : 1")
        assert point(mandataire) == RUE_MOLLIEN

    def test_service_eteint(self, mandataire: Mandataire) -> None:
        assert self.lancer("--tous") == [
            "Placés à leur commune, faute de point : 1",
            "Sans commune, laissés sans point : 0",
            "GEOCODAGE_URL est vide : aucune adresse n'a été demandée.",
        ]
        assert point(mandataire) == MAIRIE

    def test_s_arrete_quand_le_service_ne_repond_plus(
        self, ban: FausseBan, calais: Commune, pauses: list[float]
    ) -> None:
        mandataires = MandataireFactory.create_batch(8, adresse="12 rue Mollien", commune=calais)
        ban.repondre = lambda question: reponse() if len(ban.questions) == 1 else (429, b"")
        with pytest.raises(CommandError, match="relancez"):
            self.lancer()
        assert self.sortie[-1] == (
            "Demandés : 6 sur 8 – à leur adresse : 1, à leur commune, faute de réponse sûre : 0, "
            "adresse changée entre-temps : 0, sans réponse : 5"
        )
        assert len(ban.questions) == 6
        assert pauses == [commande.PAUSE, *[commande.PAUSE_APRES_ECHEC] * 4]
        assert [point(m) for m in mandataires] == [RUE_MOLLIEN, *[MAIRIE] * 7]

    def test_une_erreur_passagere_n_arrete_pas(self, ban: FausseBan, calais: Commune) -> None:
        MandataireFactory.create_batch(8, adresse="12 rue Mollien", commune=calais)
        ban.repondre = lambda question: reponse() if len(ban.questions) % 4 == 0 else (503, b"")
        with pytest.raises(CommandError):
            self.lancer()
        assert self.sortie[-1].startswith("Demandés : 8 sur 8 – à leur adresse : 2")


def test_aucun_journal_ne_dit_l_adresse(
    ban: FausseBan, mandataire: Mandataire, caplog: pytest.LogCaptureFixture
) -> None:
    ban.repondre = lambda question: (500, question["q"].encode())
    with pytest.raises(ServiceInjoignable):
        geocoder(mandataire.pk)
    assert f"mandataire {mandataire.pk}" in caplog.text
    assert "Mollien" not in caplog.text
