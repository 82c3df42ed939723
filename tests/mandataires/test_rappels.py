"""The monthly reminder: to whom, once a month, whatever the worker does."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone
from procrastinate.contrib.django import app

from accounts.models import Courriel, User
from mandataires import rappels
from mandataires.models import Charge, Mandataire, Membre
from mandataires.rappels import rappeler
from tests.accounts.taches import courriels_envoyes
from tests.factories import MandataireFactory, MembreFactory

pytestmark = pytest.mark.django_db


def membre(
    mise_a_jour: int | None = 31, *, valide: int = 300, user_actif: bool = True, **valeurs: object
) -> Membre:
    """A member whose MJPM acted for the last time so many days ago."""
    maintenant = timezone.now()
    cree: Membre = MembreFactory(user__is_active=user_actif, mandataire=MandataireFactory(**valeurs))
    if cree.mandataire.valide_at is not None:
        Mandataire.objects.filter(pk=cree.mandataire_id).update(valide_at=maintenant - timedelta(days=valide))
    if mise_a_jour is not None:
        Charge.objects.filter(pk=cree.mandataire_id).update(
            mise_a_jour_at=maintenant - timedelta(days=mise_a_jour)
        )
    return cree


def rappeles() -> set[str]:
    return {courriel.to[0] for courriel in courriels_envoyes()}


def nous_sommes_le(jour: date, monkeypatch: pytest.MonkeyPatch) -> None:
    midi = datetime(jour.year, jour.month, jour.day, 11, tzinfo=UTC)
    monkeypatch.setattr(rappels.timezone, "now", lambda: midi)


def test_a_ceux_dont_les_donnees_ont_plus_de_trente_jours() -> None:
    ancien, collegue = membre(31), membre(31)
    Membre.objects.filter(pk=collegue.pk).update(mandataire=ancien.mandataire)
    jamais = membre(None, valide=31)
    membre(29)
    membre(None, valide=29)
    membre(31, user_actif=False)
    membre(31, valide_at=None)
    sourd = membre(31)
    User.objects.filter(pk=sourd.user_id).update(courriel_rappels=False)
    rappeler(0)
    assert rappeles() == {ancien.user.email, collegue.user.email, jamais.user.email}


def test_une_fois_par_mois_meme_si_la_tache_tourne_deux_fois(monkeypatch: pytest.MonkeyPatch) -> None:
    rappele = membre(400, valide=500)
    for jour in (date(2026, 11, 1), date(2026, 11, 1), date(2026, 11, 30), date(2026, 12, 1)):
        nous_sommes_le(jour, monkeypatch)
        rappeler(0)
    assert len(courriels_envoyes()) == 2
    rappele.refresh_from_db()
    assert rappele.rappele_le == date(2026, 12, 1)


def test_celle_qui_meurt_au_milieu_est_reprise(monkeypatch: pytest.MonkeyPatch) -> None:
    """One transaction a member: what is written stays, what is not comes with the next run."""
    membres = [membre(31) for _ in range(3)]
    ecrire, restent = rappels.envoyer_courriel, [None]

    def une_seule_fois(**kwargs: object) -> None:
        if not restent:
            raise RuntimeError("worker killed")
        restent.pop()
        ecrire(**kwargs)

    monkeypatch.setattr(rappels, "envoyer_courriel", une_seule_fois)
    with pytest.raises(RuntimeError):
        rappeler(0)
    assert Courriel.objects.count() == 1
    monkeypatch.setattr(rappels, "envoyer_courriel", ecrire)
    rappeler(0)
    assert sorted(courriel.to[0] for courriel in courriels_envoyes()) == sorted(m.user.email for m in membres)


def test_agir_entre_temps_suffit(monkeypatch: pytest.MonkeyPatch) -> None:
    """The list is read once, each row again under its lock."""
    vieux = membre(31)

    def il_agit(pk: int, premier: date) -> bool:
        Charge.objects.filter(pk=vieux.mandataire_id).update(mise_a_jour_at=timezone.now())
        return bool(rappels_reels(pk, premier))

    rappels_reels = rappels._rappeler
    monkeypatch.setattr(rappels, "_rappeler", il_agit)
    rappeler(0)
    assert courriels_envoyes() == []


def test_le_courriel_dit_depuis_quand_et_comment_ne_plus_le_recevoir() -> None:
    membre(31, nom="L'Haÿ & <b>")
    membre(None)
    rappeler(0)
    date_connue, jamais = sorted(courriels_envoyes(), key=lambda courriel: "jamais" in courriel.body)
    assert "mises à jour depuis le " in date_connue.body
    assert "n'ont encore jamais été mises à jour" in jamais.body
    for courriel in (date_connue, jamais):
        assert "/informations/\n" in courriel.body
        assert "/compte/#courriels\n" in courriel.body
        assert "None" not in courriel.body


def test_la_tache_est_periodique_le_premier_du_mois() -> None:
    (tache,) = [t for t in app.periodic_registry.periodic_tasks.values() if t.task.name == rappeler.name]
    assert tache.cron.split()[2:] == ["1", "*", "*"]


def test_un_rappel_n_est_pas_un_acte() -> None:
    rappele = membre(31)
    avant = rappele.events.count()
    rappeler(0)
    assert rappele.events.count() == avant
    assert not Charge.objects.get(pk=rappele.mandataire_id).est_a_jour
