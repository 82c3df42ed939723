"""What is forgotten in time: notes after two years, counts older than the curve."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils import timezone

from mandataires.courbe import courbe_de
from mandataires.models import Mandataire, Note, Releve
from mandataires.purge import purger_notes, purger_releves
from tests.factories import MandataireFactory, NoteFactory

pytestmark = pytest.mark.django_db


def note(texte: str, *, ecrite: int, modifiee: int | None = None) -> Note:
    """A note of so many days ago."""
    maintenant = timezone.now()
    cree: Note = NoteFactory(texte=texte)
    Note.objects.filter(pk=cree.pk).update(
        at=maintenant - timedelta(days=ecrite),
        modifiee_at=None if modifiee is None else maintenant - timedelta(days=modifiee),
    )
    return cree


def test_une_note_est_gardee_deux_ans_apres_sa_derniere_ecriture() -> None:
    note("récente", ecrite=729)
    note("vieille", ecrite=732)
    note("reprise", ecrite=1500, modifiee=700)
    note("reprise puis oubliée", ecrite=1500, modifiee=732)
    for _ in range(2):
        purger_notes(0)
        assert set(Note.objects.values_list("texte", flat=True)) == {"récente", "reprise"}


def relever(mandataire: Mandataire, **jours: int) -> None:
    """The count of so many days ago: `j400=5`."""
    for jour, nombre in jours.items():
        Releve.objects.create(
            mandataire=mandataire,
            jour=timezone.localdate() - timedelta(days=int(jour[1:])),
            en_cours=nombre,
            declare=None,
        )


def ages(mandataire: Mandataire) -> list[int]:
    jours = Releve.objects.filter(mandataire=mandataire).order_by("-jour").values_list("jour", flat=True)
    return [(timezone.localdate() - jour).days for jour in jours]


def test_la_courbe_garde_son_point_de_depart() -> None:
    mandataire, immobile, nouveau = MandataireFactory.create_batch(3)
    relever(mandataire, j900=1, j500=2, j397=3, j395=4, j10=5)
    relever(immobile, j900=6, j800=7)
    relever(nouveau, j3=8)
    avant = [point.valeur for point in courbe_de(mandataire).points]
    for _ in range(2):
        purger_releves(0)
        assert (ages(mandataire), ages(immobile), ages(nouveau)) == ([10, 395, 397], [800], [3])
    assert [point.valeur for point in courbe_de(mandataire).points] == avant
    assert courbe_de(immobile).points[0].valeur == 7


def test_le_jour_meme_de_la_limite_suffit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "localdate", lambda: date(2026, 11, 30))
    mandataire = MandataireFactory()
    relever(mandataire, j400=1, j396=2)
    purger_releves(0)
    assert ages(mandataire) == [396]
