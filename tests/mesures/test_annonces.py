"""Who is told of a reservation, and what of it: never who the person is (S2, T6)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from accounts.models import User
from mesures.annonces import prevenir_mandataire, prevenir_tribunal
from mesures.expirations import suivre_expirations
from mesures.models import Mesure
from mesures.reponses import confirmer, refuser_reservation
from mesures.reservations import annuler_reservation, modifier_reservation, prolonger, reserver
from tests.accounts.taches import courriels_envoyes
from tests.factories import CommuneFactory, MagistratFactory, MembreFactory, MesureFactory, UserFactory
from tests.mesures.reservations import AUJOURD_HUI, a_qui, a_reserver, nous_sommes_le, prononcer
from tribunaux.models import Tribunal

pytestmark = pytest.mark.django_db

SITE = "https://emjpm.example.org"
# What a reservation may say of somebody, in words that no mail has for another reason.
SECRETS: dict[str, Any] = {
    "numero_rg": "31/41592",
    "annee_naissance": 1937,
    "genre": "H",
    "nature": "subroge_curateur",
    "cabinet": "Cabinet-Secret",
    "lieu_vie": "etablissement",
    "etablissement_nom": "EHPAD Secret",
    "code_postal": "98765",
}
INTERDITS = ("31/41592", "1937", "homme", "femme", "subrog", "secret", "98765", "trouville")


@pytest.fixture(autouse=True)
def _le_site(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.BASE_URL = SITE
    nous_sommes_le(AUJOURD_HUI, monkeypatch)


@pytest.fixture
def reservation(juge: User, prepose: User) -> Mesure:
    lieu = CommuneFactory(nom="Trouville-Secrète", codes_postaux=["98765"])
    return reserver(reservation=a_reserver(prepose.membre.mandataire, commune=lieu, **SECRETS), author=juge)


@pytest.fixture
def tous_les_courriels(
    juge: User, prepose: User, reservation: Mesure, tribunal: Tribunal, monkeypatch: pytest.MonkeyPatch
) -> list[Any]:
    """Those of every event of a reservation's life, by the services that send them."""
    reservation.est_urgente = True
    modifier_reservation(reservation=reservation, version=0, author=juge)
    autres = [
        MesureFactory(
            en_attente=True,
            mandataire=prepose.membre.mandataire,
            tribunal=tribunal,
            reserve_by=juge,
            expire_le=AUJOURD_HUI + timedelta(days=5),
            **{**SECRETS, "numero_rg": f"31/41592-{numero}"},
        )
        for numero in range(1, 5)
    ]
    suivre_expirations(0)
    prolonger(pk=autres[0].pk, version=0, author=juge)
    annuler_reservation(pk=autres[1].pk, motif="Motif secret", version=0, author=juge)
    refuser_reservation(pk=autres[2].pk, motif="Motif secret", version=0, author=prepose)
    nous_sommes_le(AUJOURD_HUI + timedelta(days=6), monkeypatch)
    suivre_expirations(0)
    confirmer(reservation=prononcer(autres[3], lieu_vie="etablissement"), version=1, author=prepose)
    return courriels_envoyes()


def test_aucun_courriel_ne_dit_qui_est_la_personne(tous_les_courriels: list[Any]) -> None:
    sujets = {parti.subject for parti in tous_les_courriels}
    gabarits = {
        "vous a réservé une mesure",
        "a modifié une réservation",
        "une réservation est prolongée",
        "a annulé une réservation",
        "a refusé votre réservation",
        "a validé votre réservation",
        "une réservation a expiré",
        "une réservation expire après le",
    }
    assert {gabarit for gabarit in gabarits if any(gabarit in sujet for sujet in sujets)} == gabarits
    for parti in tous_les_courriels:
        texte = f"{parti.subject}\n{parti.body}".lower()
        assert not [mot for mot in INTERDITS if mot in texte], texte
        assert "localhost" not in texte
        chemin = "/reservation/\n" if parti.to == ["prepose@example.org"] else "/tribunal/mesures/"
        assert f"\n{SITE}/" in parti.body
        assert chemin in parti.body


def test_un_courriel_dit_quel_tribunal_et_quel_mandataire(tous_les_courriels: list[Any]) -> None:
    for parti in tous_les_courriels:
        qui = "Camille Prepose" if parti.to == ["juge@example.org"] else "ribunal de proximité de Calais"
        assert qui in parti.body


class TestLeMandataire:
    def test_tous_ses_membres_qui_le_veulent(self, reservation: Mesure, prepose_voisin: User) -> None:
        mandataire = reservation.mandataire
        for nom, valeurs in {
            "veut": {},
            "ne_veut_pas": {"courriel_reservations": False},
            "sans_adresse": {"email": ""},
            "parti": {"is_active": False},
        }.items():
            MembreFactory(user=UserFactory(username=nom, **valeurs), mandataire=mandataire)
        deja = len(a_qui())
        prevenir_mandataire(reservation, "nouvelle")
        assert [qui for qui, _ in a_qui()[deja:]] == ["prepose", "veut"]


class TestLeTribunal:
    """`juge` reserved; `greffier` is of the same court, `juge_voisin` of another."""

    def a_ete_prevenu(self, reservation: Mesure) -> list[str]:
        deja = len(a_qui())
        prevenir_tribunal(Mesure.objects.get(pk=reservation.pk), "refusee")
        return sorted(qui for qui, _ in a_qui()[deja:])

    def test_qui_a_reserve(self, reservation: Mesure, greffier: User, juge_voisin: User) -> None:
        assert self.a_ete_prevenu(reservation) == ["juge"]

    def test_personne_quand_qui_a_reserve_ne_le_veut_pas(
        self, juge: User, reservation: Mesure, greffier: User
    ) -> None:
        """Their choice: the tab of the court counts the answer all the same."""
        User.objects.filter(pk=juge.pk).update(courriel_reservations=False)
        assert self.a_ete_prevenu(reservation) == []

    @pytest.mark.parametrize("depart", ["compte_ferme", "compte_supprime", "muté"])
    def test_tout_le_tribunal_quand_qui_a_reserve_est_parti(
        self,
        juge: User,
        reservation: Mesure,
        greffier: User,
        juge_voisin: User,
        autre_tribunal: Tribunal,
        depart: str,
    ) -> None:
        sourde = MagistratFactory(tribunal=greffier.magistrat.tribunal).user
        User.objects.filter(pk=sourde.pk).update(courriel_reservations=False)
        partir: dict[str, Callable[[], object]] = {
            "compte_ferme": lambda: User.objects.filter(pk=juge.pk).update(is_active=False),
            "compte_supprime": lambda: Mesure.objects.filter(pk=reservation.pk).update(reserve_by=None),
            "muté": lambda: type(juge.magistrat).objects.filter(user=juge).update(tribunal=autre_tribunal),
        }
        partir[depart]()
        attendus = ["greffier"] if depart != "compte_supprime" else ["greffier", "juge"]
        assert self.a_ete_prevenu(reservation) == attendus

    def test_le_successeur_d_un_tribunal_ferme(
        self, reservation: Mesure, tribunal: Tribunal, juge_voisin: User, autre_tribunal: Tribunal
    ) -> None:
        """Its judges came with it: who reserved is still who is told, under the name of the court that sits."""
        Tribunal.objects.filter(pk=tribunal.pk).update(ferme_le=date(2026, 1, 1), successeur=autre_tribunal)
        assert self.a_ete_prevenu(reservation) == ["juge"]
        prevenir_mandataire(Mesure.objects.get(pk=reservation.pk), "nouvelle")
        assert a_qui()[-1] == ("prepose", "le tribunal judiciaire d'Arras vous a réservé une mesure")


def test_rien_ne_part_d_un_acte_qui_echoue(juge: User, reservation: Mesure) -> None:
    courriels_envoyes()
    mail.outbox.clear()
    reservation.annee_naissance = None
    with pytest.raises(Exception, match="année de naissance"):
        modifier_reservation(reservation=reservation, version=0, author=juge)
    assert a_qui() == []
    assert reservation.reserve_at == timezone.now()
