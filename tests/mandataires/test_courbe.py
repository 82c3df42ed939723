"""The curve of the last twelve months: its days, its values, its place in the drawing."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from django.template.loader import render_to_string
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from mandataires.courbe import BAS, DROITE, GAUCHE, HAUT, courbe_de, jours_de_la_courbe, tracer, valeurs_aux
from mandataires.models import Mandataire, Releve
from tests.factories import DeclarationFactory, MandataireFactory, MesureFactory

NOVEMBRE = date(2026, 11, 22)


def courbe(*valeurs: int | None):
    return tracer(list(zip(jours_de_la_courbe(NOVEMBRE)[-len(valeurs) :], valeurs, strict=True)))


class TestJours:
    def test_douze_fins_de_mois_puis_aujourd_hui(self) -> None:
        jours = jours_de_la_courbe(NOVEMBRE)
        assert len(jours) == 13
        assert jours[0] == date(2025, 11, 30)
        assert jours[3] == date(2026, 2, 28)
        assert jours[-2:] == [date(2026, 10, 31), NOVEMBRE]

    @pytest.mark.parametrize("jour", [date(2024, 2, 29), date(2026, 12, 31), date(2027, 1, 1)])
    def test_chaque_jour_n_y_est_qu_une_fois(self, jour: date) -> None:
        jours = jours_de_la_courbe(jour)
        assert jours == sorted(set(jours))
        assert len(jours) == 13


class TestValeurs:
    def test_le_dernier_releve_d_un_mois_ou_d_avant(self) -> None:
        jours = [date(2026, 8, 31), date(2026, 9, 30), date(2026, 10, 31), NOVEMBRE]
        releves = [(date(2026, 9, 3), 10), (date(2026, 9, 30), 12), (date(2026, 11, 22), 9)]
        assert [valeur for _, valeur in valeurs_aux(jours, releves)] == [None, 12, 12, 9]

    def test_sans_releve(self) -> None:
        assert valeurs_aux([NOVEMBRE], []) == [(NOVEMBRE, None)]


class TestTrace:
    def test_les_points_vont_de_bord_a_bord(self) -> None:
        trace = courbe(*range(1400, 1413))
        assert (trace.points[0].x, trace.points[-1].x) == (GAUCHE, DROITE)
        assert [point.y for point in trace.points] == sorted((p.y for p in trace.points), reverse=True)

    def test_ce_qui_manque_n_est_pas_trace(self) -> None:
        trace = courbe(None, None, 5, 6)
        assert [point.valeur for point in trace.connus] == [5, 6]
        assert len(trace.traces) == 1
        assert trace.traces[0].count(",") == 2

    @pytest.mark.parametrize(("valeurs", "tracable"), [((None, None), False), ((None, 5), False), ((5, 5), True)])
    def test_il_faut_deux_points(self, valeurs: tuple[int | None, ...], tracable: bool) -> None:
        assert courbe(*valeurs).est_tracable is tracable

    def test_une_ligne_plate_reste_dans_le_cadre(self) -> None:
        ys = {point.y for point in courbe(*[1450] * 13).points}
        assert len(ys) == 1
        assert HAUT < ys.pop() < BAS

    def test_un_petit_ecart_n_est_pas_une_falaise(self) -> None:
        ys = [point.y for point in courbe(1450, 1455).points]
        assert 0 < ys[0] - ys[1] < (BAS - HAUT) / 10

    def test_les_graduations_sont_rondes(self) -> None:
        assert [g.valeur for g in courbe(1380, 1450).graduations] == [1300, 1350, 1400, 1450, 1500]
        assert next(g.valeur for g in courbe(0, 0).graduations) == 0

    @given(st.lists(st.none() | st.integers(0, 100_000), min_size=1, max_size=13))
    def test_tout_tient_dans_le_cadre(self, valeurs: list[int | None]) -> None:
        trace = courbe(*valeurs)
        assert all(HAUT <= point.y <= BAS and GAUCHE <= point.x <= DROITE for point in trace.points)
        graduations = [g.valeur for g in trace.graduations]
        assert len(graduations) <= 8
        assert all(valeur >= 0 for valeur in graduations)
        assert len({b - a for a, b in pairwise(graduations)}) <= 1

    def test_un_libelle_sur_deux_le_dernier_compris(self) -> None:
        libelles = [point.libelle for point in courbe(*range(13)).points]
        assert libelles[::2] == [
            "nov. 2025", "jan. 2026", "mars 2026", "mai 2026", "juil. 2026", "sept. 2026", "22 nov."
        ]  # fmt: skip
        assert not any(libelles[1::2])

    def test_le_resume_dit_tout(self) -> None:
        resume = courbe(1400, 1300, 1450).resume
        assert resume.startswith("1\xa0400 le 30 septembre 2026, 1\xa0450 le 22 novembre 2026.")
        assert "Au plus bas 1\xa0300, au plus haut 1\xa0450." in resume

    def test_le_dessin_et_son_tableau(self) -> None:
        html = render_to_string("components/courbe.html", {"courbe": courbe(None, 1400, 1450), "id": "c"})
        assert 'role="img" aria-labelledby="c-titre c-resume"' in html
        assert html.count("<circle") == 2
        assert html.count('<th scope="row">') == 3
        assert "inconnu" in html
        assert "style=" not in html

    @pytest.mark.parametrize(("valeurs", "phrase"), [((None, 5), "second point"), ((None, None), "Aucun nombre")])
    def test_sans_courbe_une_phrase(self, valeurs: tuple[int | None, ...], phrase: str) -> None:
        html = render_to_string("components/courbe.html", {"courbe": courbe(*valeurs), "id": "c"})
        assert phrase in html
        assert "<svg" not in html


@pytest.mark.django_db
class TestCourbeDe:
    def ecrire(self, mandataire: Mandataire, *releves: tuple[int, int, int | None]) -> None:
        """Each: days ago, mesures kept here, total declared."""
        for jours, en_cours, declare in releves:
            Releve.objects.update_or_create(
                mandataire=mandataire,
                jour=timezone.localdate() - timedelta(days=jours),
                defaults={"en_cours": en_cours, "declare": declare},
            )

    def test_un_service_suit_ses_declarations(self) -> None:
        service = MandataireFactory(service=True)
        DeclarationFactory(mandataire=service, nombre=1450)
        self.ecrire(service, (500, 3, 1300), (100, 4, 1400))
        service.refresh_from_db()
        valeurs = [point.valeur for point in courbe_de(service).points]
        assert (valeurs[0], valeurs[-2], valeurs[-1]) == (1300, 1400, 1450)

    def test_les_autres_suivent_leurs_mesures(self) -> None:
        mandataire = MandataireFactory()
        self.ecrire(mandataire, (100, 7, None))
        MesureFactory(mandataire=mandataire)
        valeurs = [point.valeur for point in courbe_de(mandataire).points]
        assert (valeurs[0], valeurs[-2], valeurs[-1]) == (None, 7, 1)

    def test_un_service_qui_compte_ses_mesures(self) -> None:
        service = MandataireFactory(service=True, source_total="mesures")
        self.ecrire(service, (100, 7, 1400))
        assert [point.valeur for point in courbe_de(service).points][-2] == 7

    def test_rien_d_un_autre(self) -> None:
        mandataire, autre = MandataireFactory.create_batch(2)
        self.ecrire(autre, (100, 7, None))
        assert [point.valeur for point in courbe_de(mandataire).points] == [None] * 12 + [0]

    def test_en_deux_requetes(self, django_assert_num_queries) -> None:
        mandataire = Mandataire.objects.select_related("charge").get(pk=MandataireFactory().pk)
        self.ecrire(mandataire, *[(jours, jours, None) for jours in range(400)])
        with django_assert_num_queries(2):
            courbe_de(mandataire)
