"""The interruption of a MJPM: right, dates, version, history, and which courts are told, once."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from accounts.models import User
from mandataires.disponibilite import Niveau
from mandataires.interruption import interrompre, reprendre
from mandataires.models import Mandataire
from mandataires.profil import ProfilPerime
from mesures.models import Mesure
from tests.accounts.taches import courriels_envoyes
from tests.factories import MagistratFactory, MesureFactory
from tribunaux.dates import en_lettres
from tribunaux.models import Tribunal

pytestmark = pytest.mark.django_db

JOUR = timedelta(days=1)


@pytest.fixture
def sien(individuel: User) -> Mandataire:
    return individuel.membre.mandataire


def aujourd_hui() -> date:
    return timezone.localdate()


def signaler(sien: Mandataire, author: User, **valeurs: Any) -> Mandataire:
    """As a form would, on the profile as it is now."""
    sien.refresh_from_db()
    ordinaires = {"du": aujourd_hui(), "au": aujourd_hui() + 10 * JOUR, "motif": "conges", "version": sien.version}
    return interrompre(mandataire=sien, author=author, **{**ordinaires, **valeurs})


def reserver(sien: Mandataire, tribunal: Tribunal, par: User | None = None, **valeurs: Any) -> Mesure:
    mesure: Mesure = MesureFactory(mandataire=sien, tribunal=tribunal, en_attente=True, reserve_by=par, **valeurs)
    return mesure


def destinataires() -> list[str]:
    return sorted(courriel.to[0] for courriel in courriels_envoyes())


class TestInterrompre:
    def test_ecrit_les_dates_la_raison_et_la_mise_a_jour(self, sien: Mandataire, individuel: User) -> None:
        actuel = signaler(sien, individuel)
        assert actuel.disponibilite.niveau == Niveau.INDISPONIBLE
        assert actuel.disponibilite.mot == f"Indisponible jusqu'au {en_lettres(aujourd_hui() + 10 * JOUR)}"
        assert actuel.version == 1
        sien.refresh_from_db()
        assert (sien.indisponible_du, sien.indisponible_motif) == (aujourd_hui(), "conges")
        sien.charge.refresh_from_db()
        assert timezone.now() - sien.charge.mise_a_jour_at < timedelta(seconds=10)
        assert sien.events.order_by("-pgh_id").first().indisponible_au == aujourd_hui() + 10 * JOUR

    def test_une_interruption_a_venir_ne_change_pas_la_disponibilite(
        self, sien: Mandataire, individuel: User
    ) -> None:
        demain, fin = aujourd_hui() + JOUR, aujourd_hui() + 5 * JOUR
        actuel = signaler(sien, individuel, du=demain, au=fin)
        assert actuel.disponibilite.niveau == Niveau.DISPONIBLE
        assert actuel.interruption
        assert actuel.interruption.phrase == f"sera indisponible du {en_lettres(demain)} au {en_lettres(fin)}"

    @pytest.mark.parametrize(
        ("du", "au", "phrase"),
        [
            (0, None, "est indisponible depuis le {du}"),
            (-3, 0, "est indisponible jusqu'au {au}"),
            (1, None, "sera indisponible à partir du {du}"),
        ],
    )
    def test_la_phrase_dit_ce_que_l_on_sait(
        self, sien: Mandataire, individuel: User, du: int, au: int | None, phrase: str
    ) -> None:
        debut = aujourd_hui() + du * JOUR
        fin = None if au is None else aujourd_hui() + au * JOUR
        interruption = signaler(sien, individuel, du=debut, au=fin).interruption
        assert interruption
        assert interruption.phrase == phrase.format(du=en_lettres(debut), au=fin and en_lettres(fin))

    @pytest.mark.parametrize(
        ("du", "au", "champ", "phrase"),
        [
            (-367, None, "indisponible_du", "à plus d'un an"),
            (367, None, "indisponible_du", "à plus d'un an"),
            (2, 1, "indisponible_au", "précéder le début"),
            (-5, -1, "indisponible_au", "déjà finie"),
            (0, 1200, "indisponible_au", "plus de trois ans"),
        ],
    )
    def test_une_date_impossible_est_dite_a_son_champ(
        self, sien: Mandataire, individuel: User, du: int, au: int | None, champ: str, phrase: str
    ) -> None:
        fin = None if au is None else aujourd_hui() + au * JOUR
        with pytest.raises(ValidationError) as erreur:
            signaler(sien, individuel, du=aujourd_hui() + du * JOUR, au=fin)
        assert list(erreur.value.message_dict) == [champ]
        assert phrase in erreur.value.messages[0]
        sien.refresh_from_db()
        assert (sien.indisponible_du, sien.version) == (None, 0)

    def test_une_interruption_commencee_il_y_a_longtemps_se_modifie(
        self, sien: Mandataire, individuel: User
    ) -> None:
        debut, fin = aujourd_hui() - 400 * JOUR, aujourd_hui() + 5 * JOUR
        Mandataire.objects.filter(pk=sien.pk).update(indisponible_du=debut, indisponible_motif="autre")
        actuel = signaler(sien, individuel, du=debut, au=fin)
        assert (actuel.indisponible_du, actuel.indisponible_au) == (debut, fin)
        with pytest.raises(ValidationError, match="à plus d'un an"):
            signaler(sien, individuel, du=debut - JOUR, au=fin)

    def test_dit_qu_un_autre_a_agi(
        self, sien: Mandataire, individuel: User, tribunal: Tribunal, juge: User
    ) -> None:
        reserver(sien, tribunal, juge)
        Mandataire.objects.filter(pk=sien.pk).update(version=4)
        with pytest.raises(ProfilPerime):
            signaler(sien, individuel, version=3)
        assert courriels_envoyes() == []

    def test_n_est_permis_qu_a_un_membre(self, sien: Mandataire, prepose: User, juge: User, admin: User) -> None:
        for author in (prepose, juge, admin):
            with pytest.raises(PermissionDenied):
                signaler(sien, author)
            with pytest.raises(PermissionDenied):
                reprendre(mandataire=sien, version=0, author=author)


class TestReprendre:
    def test_aucune_interruption_ne_reste(self, sien: Mandataire, individuel: User) -> None:
        signaler(sien, individuel, du=aujourd_hui() - 3 * JOUR)
        actuel = reprendre(mandataire=sien, version=1, author=individuel)
        assert actuel.interruption is None
        assert actuel.disponibilite.niveau == Niveau.DISPONIBLE
        assert (actuel.indisponible_du, actuel.indisponible_au, actuel.indisponible_motif) == (None, None, "")

    def test_dit_qu_un_autre_a_agi(self, sien: Mandataire, individuel: User) -> None:
        signaler(sien, individuel)
        with pytest.raises(ProfilPerime):
            reprendre(mandataire=sien, version=0, author=individuel)

    def test_le_lendemain_de_la_fin_tout_est_comme_avant(
        self, sien: Mandataire, individuel: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        actuel = signaler(sien, individuel, au=aujourd_hui() + JOUR)
        apres = aujourd_hui() + 2 * JOUR
        monkeypatch.setattr("mandataires.models.mandataire.timezone.localdate", lambda *args: apres)
        assert actuel.interruption is None
        assert actuel.disponibilite.niveau == Niveau.DISPONIBLE


class TestLesTribunauxSontPrevenus:
    def test_qui_a_reserve_l_est_une_fois_et_la_reservation_reste(
        self, sien: Mandataire, individuel: User, tribunal: Tribunal, juge: User, greffier: User
    ) -> None:
        reservees = [reserver(sien, tribunal, juge, annee_naissance=1900 + n) for n in range(2)]
        signaler(sien, individuel)
        (courriel,) = courriels_envoyes()
        assert courriel.to == [juge.email]
        fin = en_lettres(aujourd_hui() + 10 * JOUR)
        assert courriel.subject.endswith(f"{sien} est indisponible jusqu'au {fin}")
        assert f"/mandataires/{sien.pk}/\n" in courriel.body
        for secret in ("1900", "1901", "congés", "Femme", "Curatelle"):
            assert secret not in courriel.subject + courriel.body
        for reservation in reservees:
            reservation.refresh_from_db()
            assert (reservation.statut, reservation.version) == ("en_attente", 0)

    def test_le_tribunal_entier_quand_l_auteur_n_y_est_plus(
        self,
        sien: Mandataire,
        individuel: User,
        tribunal: Tribunal,
        juge: User,
        greffier: User,
        juge_voisin: User,
    ) -> None:
        parti = MagistratFactory(tribunal=tribunal, user__is_active=False).user
        reserver(sien, tribunal, parti)
        signaler(sien, individuel)
        assert destinataires() == sorted([juge.email, greffier.email])

    def test_ni_ceux_qui_n_attendent_rien_ni_ceux_qui_n_en_veulent_pas(
        self, sien: Mandataire, individuel: User, tribunal: Tribunal, autre_tribunal: Tribunal, juge: User
    ) -> None:
        voisin = MagistratFactory(tribunal=autre_tribunal).user
        MesureFactory(mandataire=sien, tribunal=autre_tribunal, refusee=True, reserve_by=voisin)
        MesureFactory(mandataire=sien, tribunal=autre_tribunal, expiree=True, reserve_by=voisin)
        reserver(sien, tribunal, juge)
        User.objects.filter(pk=juge.pk).update(courriel_reservations=False)
        signaler(sien, individuel)
        assert destinataires() == []

    def test_changer_les_dates_n_ecrit_qu_aux_tribunaux_nouveaux(
        self,
        sien: Mandataire,
        individuel: User,
        tribunal: Tribunal,
        autre_tribunal: Tribunal,
        juge: User,
        greffier: User,
    ) -> None:
        voisin = MagistratFactory(tribunal=autre_tribunal).user
        premiere = reserver(sien, tribunal, juge)
        signaler(sien, individuel)
        assert destinataires() == [juge.email]
        # Answered since: its court knows all the same, whoever reserves next there.
        Mesure.objects.filter(pk=premiere.pk).update(
            statut="refusee", repondu_at=timezone.now(), motif_reponse="Absent"
        )
        reserver(sien, tribunal, greffier)
        reserver(sien, autre_tribunal, voisin)
        signaler(sien, individuel, au=None)
        assert destinataires() == sorted([juge.email, voisin.email])
        signaler(sien, individuel, au=aujourd_hui())
        assert len(destinataires()) == 2

    def test_une_autre_interruption_est_annoncee_a_nouveau(
        self, sien: Mandataire, individuel: User, tribunal: Tribunal, juge: User
    ) -> None:
        reserver(sien, tribunal, juge)
        signaler(sien, individuel)
        reprendre(mandataire=sien, version=1, author=individuel)
        signaler(sien, individuel)
        assert destinataires() == [juge.email] * 2
        # One that is over by itself is no more the same either.
        Mandataire.objects.filter(pk=sien.pk).update(
            indisponible_du=aujourd_hui() - 9 * JOUR, indisponible_au=aujourd_hui() - JOUR
        )
        signaler(sien, individuel)
        assert destinataires() == [juge.email] * 3
