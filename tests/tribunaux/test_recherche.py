from __future__ import annotations

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from tests.factories import CommuneFactory, TribunalFactory
from tribunaux.models import Commune, Tribunal
from tribunaux.recherche import chercher_communes, chercher_tribunaux, decrire, lire_mots

pytestmark = pytest.mark.usefixtures("tables_reelles", "db")


def communes(q: str) -> list[str]:
    return [str(commune) for commune in chercher_communes(q)[:10]]


def tribunaux(q: str) -> list[str]:
    return [tribunal.nom for tribunal in chercher_tribunaux(q)[:10]]


def exacts(q: str) -> list[str]:
    return [str(commune) for commune in chercher_communes(q)[:10] if commune.rang == 0]


class TestCommunes:
    @pytest.mark.parametrize(
        ("q", "premiere"),
        [
            ("calais", "Calais (62)"),
            ("CALAIS", "Calais (62)"),
            ("  Calais ", "Calais (62)"),
            ("Calais (62)", "Calais (62)"),
            ("Calais 62", "Calais (62)"),
            ("62 Calais", "Calais (62)"),
            ("62100 Calais", "Calais (62)"),
            ("62100", "Calais (62)"),
            ("62 100", "Calais (62)"),
            ("621", "Calais (62)"),
            ("évreux", "Évreux (27)"),
            ("EVREUX", "Évreux (27)"),
            ("e\u0301vreux", "Évreux (27)"),
            ("st omer", "Saint-Omer (62)"),
            ("St-Omer", "Saint-Omer (62)"),
            ("ste marie 974", "Sainte-Marie (974)"),
            ("l'hay les roses", "L'Haÿ-les-Roses (94)"),
            ("L’Haÿ-les-Roses", "L'Haÿ-les-Roses (94)"),
            ("hay roses", "L'Haÿ-les-Roses (94)"),
            ("villeneuve ascq", "Villeneuve-d'Ascq (59)"),
            ("oeuilly", "Œuilly (51)"),
            ("y", "Y (80)"),
            ("75011", "Paris (75)"),
            ("Paris 11e", "Paris (75)"),
            ("paris 20", "Paris (75)"),
            ("Lyon 3ème", "Lyon (69)"),
            ("marseille 08", "Marseille (13)"),
            ("LILLE CEDEX 9", "Lille (59)"),
            ("ajaccio 2a", "Ajaccio (2A)"),
            ("bastia 2B", "Bastia (2B)"),
            ("20000", "Ajaccio (2A)"),
            ("fort de france", "Fort-de-France (972)"),
            ("nouméa", "Nouméa (988)"),
            ("98800", "Nouméa (988)"),
            ("uvea", "Uvea (986)"),
            ("saint pierre 975", "Saint-Pierre (975)"),
        ],
    )
    def test_la_premiere_est_la_bonne(self, q: str, premiere: str) -> None:
        assert communes(q)[:1] == [premiere]

    def test_debut_puis_debut_de_mot_puis_milieu(self) -> None:
        assert communes("calai")[:2] == ["Calais (62)", "Saint-Calais (72)"]
        rangs = [commune.rang for commune in chercher_communes("lens")]
        assert rangs == sorted(rangs)
        assert set(rangs) == {0, 1, 2, 3}

    def test_la_plus_peuplee_d_abord(self) -> None:
        assert communes("saint denis")[:3] == ["Saint-Denis (974)", "Saint-Denis (93)", "Saint-Denis (11)"]
        assert communes("59")[:3] == ["Lille (59)", "Tourcoing (59)", "Roubaix (59)"]

    def test_sans_population_en_dernier(self) -> None:
        CommuneFactory(code_insee="99001", nom="Calais", population=None)
        assert [commune.pk for commune in chercher_communes("calais")[:2]] == ["62193", "99001"]

    def test_exacte(self) -> None:
        assert exacts("calais") == ["Calais (62)"]
        assert exacts("calai") == []
        assert len(exacts("saint-denis")) == 4
        assert exacts("saint-denis 93") == ["Saint-Denis (93)"]
        assert exacts("62100") == []

    def test_le_departement_n_est_pas_le_debut_du_code_postal(self) -> None:
        """Some communes are served by the post office of the next département."""
        autres = chercher_communes("01410")
        assert {commune.departement_id for commune in autres} == {"01", "39"}
        assert {commune.departement_id for commune in chercher_communes("lajoux 39")} == {"39"}

    @pytest.mark.parametrize(
        "q", ["", " ", "%", "_", "-", "'", "\x00", "日本", "🙂", "zzzz", "62999", "621000", "calais 75"]
    )
    def test_rien(self, q: str) -> None:
        assert communes(q) == []

    @pytest.mark.parametrize("q", ["calais\x00", "calais % ", "_calais_", "calais 日本", "\\calais"])
    def test_les_signes_ne_comptent_pas(self, q: str) -> None:
        assert communes(q)[:1] == ["Calais (62)"]

    @pytest.mark.parametrize("q", ["calais", "calais 62", "le", "y", "62100", "62", "saint", "paris 11"])
    def test_une_requete(self, q: str, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        with django_assert_num_queries(1):
            for commune in chercher_communes(q)[:10]:
                decrire(commune)

    @pytest.mark.parametrize(
        ("q", "index"),
        [
            ("calais", "commune_recherche"),
            ("st omer", "commune_recherche"),
            ("montreuil", "commune_recherche"),
            ("62100", "commune_codes_postaux"),
        ],
    )
    def test_par_les_index(self, q: str, index: str) -> None:
        # Whether the planner prefers it depends on what other tests left of the table; that it can is ours.
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
        plan = chercher_communes(q)[:10].explain()
        assert index in plan
        assert "Seq Scan" not in plan

    def test_parmi(self) -> None:
        autres = Commune.objects.exclude(pk="62193")
        assert next(str(commune) for commune in chercher_communes("calais", parmi=autres)) == "Saint-Calais (72)"

    def test_decrire(self) -> None:
        assert decrire(Commune.objects.get(nom="Calais")) == {
            "valeur": "62193",
            "libelle": "Calais (62)",
            "detail": "62100",
            "codes_postaux": ["62100"],
        }
        assert decrire(Commune.objects.get(nom="Paris"))["detail"] == "75001 et 20 autres codes"
        assert decrire(Commune.objects.filter(codes_postaux=[])[0])["detail"] == ""


class TestTribunaux:
    @pytest.mark.parametrize(
        ("q", "premier"),
        [
            ("calais", "Tribunal de proximité de Calais"),
            ("Calais (62)", "Tribunal de proximité de Calais"),
            ("TI Calais", "Tribunal de proximité de Calais"),
            ("ti de calais", "Tribunal de proximité de Calais"),
            ("tribunal d'instance de Calais", "Tribunal de proximité de Calais"),
            ("Tribunal d’Instance de Calais", "Tribunal de proximité de Calais"),
            ("tribunal de proximite calais", "Tribunal de proximité de Calais"),
            ("Tribunal de proximité de Calais (ancien TI)", "Tribunal de proximité de Calais"),
            ("tribunal calais", "Tribunal de proximité de Calais"),
            ("lais", "Tribunal de proximité de Calais"),
            ("TJ Arras", "Tribunal judiciaire d'Arras"),
            ("tj d'arras", "Tribunal judiciaire d'Arras"),
            ("TGI Arras", "Tribunal judiciaire d'Arras"),
            ("tribunal de grande instance d'Arras", "Tribunal judiciaire d'Arras"),
            ("tribunal judiciaire lille", "Tribunal judiciaire de Lille"),
            ("st omer", "Tribunal judiciaire de Saint-Omer"),
            ("le havre", "Tribunal judiciaire du Havre"),
            ("tribunal judiciaire du Havre", "Tribunal judiciaire du Havre"),
            ("la rochelle", "Tribunal judiciaire de La Rochelle"),
            ("epinal", "Tribunal judiciaire d'Epinal"),
            ("noumea", "Tribunal de Première Instance de Nouméa"),
            ("TPI Nouméa", "Tribunal de Première Instance de Nouméa"),
            ("montreuil 62", "Tribunal de proximité de Montreuil (62)"),
            ("uvea", "Tribunal de Première Instance de Mata-Utu"),
        ],
    )
    def test_le_premier_est_le_bon(self, q: str, premier: str) -> None:
        assert tribunaux(q)[:1] == [premier]

    def test_un_genre_passe_devant_sans_cacher_les_autres(self) -> None:
        tj, tp = "Tribunal judiciaire de Boulogne-sur-Mer", "Tribunal de proximité de Boulogne-Billancourt"
        assert tribunaux("TJ boulogne") == [tj, tp]
        assert tribunaux("TI boulogne") == [tp, tj]
        assert tribunaux("TI Arras")[0] == "Tribunal judiciaire d'Arras"

    def test_le_lieu_exact_passe_devant_le_genre(self) -> None:
        assert tribunaux("TP Lens")[0].endswith(" Lens")

    @pytest.mark.parametrize("q", ["tribunal", "tribunal d", "tribunal de", "tribunal d'inst", "ti", "tj"])
    def test_un_genre_a_demi_ecrit_propose_deja(self, q: str) -> None:
        assert len(tribunaux(q)) == 10

    def test_un_genre_a_demi_ecrit_peut_etre_une_ville(self) -> None:
        noms = tribunaux("tribunal de p")
        assert {nom[:24] for nom in noms} >= {"Tribunal de proximité de", "Tribunal de Première Ins"}
        assert tribunaux("tribunal de paris") == ["Tribunal judiciaire de Paris"]

    def test_les_genres_suivent_le_genre_demande(self) -> None:
        types = [tribunal.type for tribunal in chercher_tribunaux("TI")]
        assert types == sorted(types, key=lambda type_: type_ != Tribunal.Type.PROXIMITE)
        assert len(types) == 294

    def test_exact(self) -> None:
        def rangs(q: str) -> list[int]:
            return [tribunal.rang for tribunal in chercher_tribunaux(q)]

        assert rangs("TI Calais") == [0]
        assert rangs("TI saint-denis") == [0, 1]  # the tribunal judiciaire of the other Saint-Denis
        assert rangs("montreuil") == [0, 0]  # two towns, one name of court
        assert rangs("boulogne") == [2, 2]

    def test_un_tribunal_ferme_n_est_pas_propose(self) -> None:
        calais = Tribunal.objects.get(nom="Tribunal de proximité de Calais")
        calais.ferme_le, calais.successeur = "2026-01-01", Tribunal.objects.get(nom="Tribunal judiciaire d'Arras")
        calais.save()
        assert tribunaux("calais") == []
        assert [t.pk for t in chercher_tribunaux("calais", parmi=Tribunal.objects.all())] == [calais.pk]

    @pytest.mark.parametrize("q", ["", "%", "\x00", "zzz", "TI zzz", "日本"])
    def test_rien(self, q: str) -> None:
        assert tribunaux(q) == []

    def test_une_requete(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        with django_assert_num_queries(1):
            for tribunal in chercher_tribunaux("tribunal judiciaire de Lille")[:10]:
                decrire(tribunal)

    def test_decrire(self) -> None:
        tribunal = TribunalFactory(
            nom="Tribunal de proximité de Calais",
            type=Tribunal.Type.PROXIMITE,
            commune=Commune.objects.get(nom="Arras"),
        )
        assert decrire(tribunal) == {
            "valeur": str(tribunal.pk),
            "libelle": "Tribunal de proximité de Calais (ancien TI)",
            "detail": "Arras (62)",
        }


def test_ce_qui_est_tape_reste_de_taille_bornee() -> None:
    assert len(lire_mots("a " * 10_000)) == 12
    assert len("".join(lire_mots("a" * 10_000))) == 100
