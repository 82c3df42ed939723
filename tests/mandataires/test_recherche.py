"""Who a court finds, in which order, with which figures."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import product

import pytest
from django.utils import timezone

from accounts.models import User
from mandataires.disponibilite import Niveau
from mandataires.masquage import SEUIL, a_reunir, nombre_masque, somme_autour, somme_masquee
from mandataires.models import Charge, Mandataire, Presence
from mandataires.presences import lieux_masques
from mandataires.recherche import (
    TRI_DISTANCE,
    TRI_MISE_A_JOUR,
    TRI_NOM,
    TRI_PLACES,
    TRIS,
    Criteres,
    Recherche,
)
from tests.factories import (
    AgrementFactory,
    CommuneFactory,
    EtablissementFactory,
    ExerciceFactory,
    MandataireFactory,
    MembreFactory,
    TribunalFactory,
    inscrire,
)
from tribunaux.models import Commune, Tribunal
from tribunaux.ordre import Ordre

pytestmark = pytest.mark.django_db


def criteres(tribunal: Tribunal, **valeurs: object) -> Criteres:
    return Criteres(**{"tribunal": tribunal, "ordre": Ordre.premier(TRI_NOM), **valeurs})


def noms(recherche: Recherche) -> list[str]:
    return [mandataire.nom for mandataire in recherche.mandataires]


# --- Availability: one rule, in Python and in SQL ----------------------------------------------------


def test_la_disponibilite_est_la_meme_en_sql() -> None:
    """Over every way of being free or not, a MJPM is « disponible » in the filter if it is so on the page."""
    hier, aujourd_hui, demain = (timezone.localdate() + timedelta(days=ecart) for ecart in (-1, 0, 1))
    interruptions = [
        (None, None),
        (hier, None),
        (hier, hier),
        (hier, aujourd_hui),
        (aujourd_hui, demain),
        (demain, None),
    ]
    vus = []
    for (du, au), capacite, en_cours, attente, declare, source in product(
        interruptions,
        (None, 0, 10),
        (0, 9, 10, 11),
        (0, 1),
        (None, 0, 10),
        Mandataire.SourceTotal,
    ):
        mandataire = MandataireFactory.build(
            service=True,
            commune=None,
            capacite=capacite,
            source_total=source,
            indisponible_du=du,
            indisponible_au=au,
        )
        vus.append((mandataire, en_cours, attente, declare))
    lignes = Mandataire.objects.bulk_create([mandataire for mandataire, *_ in vus])
    assert len(lignes) == 6 * 3 * 4 * 2 * 3 * 2
    Charge.objects.bulk_update(
        (
            Charge(pk=mandataire.pk, en_cours=en_cours, en_attente=attente, declare=declare)
            for mandataire, en_cours, attente, declare in vus
        ),
        ["en_cours", "en_attente", "declare"],
    )
    niveaux = set()
    for ligne in Mandataire.objects.with_places().select_related("charge").order_by("pk"):
        attendue = ligne.disponibilite
        niveaux.add(attendue.niveau)
        assert ligne.places == (None if attendue.interrompu else attendue.disponibles)
        assert (ligne.places is not None and ligne.places > 0) == (
            attendue.niveau in (Niveau.DISPONIBLE, Niveau.PROCHE)
        )
    assert niveaux == set(Niveau)


# --- The list ----------------------------------------------------------------------------------------


def test_la_liste_du_tribunal_est_la_regle(juge: User, tribunal: Tribunal, autre_tribunal: Tribunal) -> None:
    inscrire(tribunal, nom="Dedans")
    inscrire(autre_tribunal, nom="Dehors")
    inscrire(tribunal, nom="Non validé", valide_at=None)
    retire = inscrire(tribunal, nom="Retiré")
    retire.agrements.update(au=date(2024, 1, 1))
    assert noms(Recherche(juge, criteres(tribunal))) == ["Dedans"]
    toute = Recherche(juge, criteres(tribunal, hors_liste=True))
    assert [(r.mandataire.nom, r.sur_la_liste) for r in toute.resultats(toute.completer(toute.mandataires))] == [
        ("Dedans", True),
        ("Dehors", False),
        ("Retiré", False),
    ]


def test_un_mandataire_de_plusieurs_tribunaux_compte_une_fois(juge: User, tribunal: Tribunal) -> None:
    """D18: also through a court that this one succeeded, and through several establishments."""
    ferme = TribunalFactory(ferme_le=date(2024, 1, 1), successeur=tribunal)
    mandataire = inscrire(tribunal, prepose=True, latitude=50.9, longitude=1.8)
    AgrementFactory(mandataire=mandataire, tribunal=ferme)
    AgrementFactory(mandataire=mandataire)
    etablissement = EtablissementFactory()
    ExerciceFactory(mandataire=mandataire, etablissement=etablissement)
    ExerciceFactory(mandataire=mandataire)
    MembreFactory(mandataire=mandataire)
    for hors_liste in (False, True):
        recherche = Recherche(
            juge,
            criteres(
                tribunal, hors_liste=hors_liste, lieu=tribunal.commune, rayon=20, etablissement=etablissement
            ),
        )
        assert list(recherche.mandataires) == [mandataire]
        assert recherche.comptes.par_type == {"individuel": 0, "prepose": 1, "service": 0}


def test_les_comptes_par_type_suivent_les_autres_filtres(juge: User, tribunal: Tribunal) -> None:
    ici = {"latitude": 50.95, "longitude": 1.85}
    for valeurs in ({}, {"capacite": 0}, {"prepose": True}, {"prepose": True}, {"service": True}):
        inscrire(tribunal, **ici, **valeurs)
    inscrire(tribunal, prepose=True, latitude=48.85, longitude=2.34)

    def comptes(**valeurs: object) -> tuple[int, ...]:
        recherche = Recherche(juge, criteres(tribunal, **valeurs))
        total = sum(recherche.comptes.par_type[t] for t in (valeurs.get("types") or recherche.comptes.par_type))
        assert total == len(recherche.mandataires)
        return tuple(recherche.comptes.par_type.values())

    assert comptes() == (2, 3, 1)
    assert comptes(types=("prepose",)) == (2, 3, 1)
    assert comptes(disponibles=True) == (1, 3, 0)  # the service has declared nothing
    assert comptes(lieu=tribunal.commune, rayon=20, types=("prepose", "service")) == (2, 2, 1)


def test_les_donnees_recentes(juge: User, tribunal: Tribunal) -> None:
    for nom, jours in (("Frais", 29), ("Ancien", 31)):
        mandataire = inscrire(tribunal, nom=nom)
        Charge.objects.filter(pk=mandataire.pk).update(mise_a_jour_at=timezone.now() - timedelta(days=jours))
    inscrire(tribunal, nom="Jamais")
    assert noms(Recherche(juge, criteres(tribunal, recentes=True))) == ["Frais"]


# --- Distance ----------------------------------------------------------------------------------------


@pytest.fixture
def lille(db: None) -> Commune:
    return CommuneFactory(nom="Lille", latitude=50.63146, longitude=3.04772, codes_postaux=["59000", "59800"])


def test_par_distance(juge: User, tribunal: Tribunal, lille: Commune) -> None:
    """From the place to the MJPM's own address; without a point, last and by name; one at its commune else."""
    inscrire(tribunal, nom="Paris", latitude=48.85659, longitude=2.34292)
    inscrire(tribunal, nom="Sans B", commune=None)
    inscrire(tribunal, nom="Sans A", commune=CommuneFactory(latitude=None, longitude=None))
    inscrire(tribunal, nom="Lille", commune=lille)
    recherche = Recherche(juge, criteres(tribunal, lieu=lille, ordre=Ordre.premier(TRI_DISTANCE)))
    resultats = recherche.resultats(recherche.completer(recherche.mandataires))
    assert [(r.mandataire.nom, r.distance) for r in resultats] == [
        ("Lille", "moins d'un km"),
        ("Paris", "204 km"),
        ("Sans A", ""),
        ("Sans B", ""),
    ]
    assert recherche.comptes.sans_point == 2
    inverse = criteres(tribunal, lieu=lille, ordre=Ordre(TRI_DISTANCE, croissant=False))
    assert noms(Recherche(juge, inverse)) == ["Paris", "Lille", "Sans A", "Sans B"]


def test_un_rayon_laisse_dehors_ce_qu_il_ne_peut_pas_situer_et_le_compte(
    juge: User, tribunal: Tribunal, lille: Commune
) -> None:
    inscrire(tribunal, nom="Ici", commune=lille)
    inscrire(tribunal, nom="Paris", latitude=48.85659, longitude=2.34292)
    inscrire(tribunal, nom="Sans", commune=None, prepose=True)
    recherche = Recherche(juge, criteres(tribunal, lieu=lille, rayon=100))
    assert noms(recherche) == ["Ici"]
    assert recherche.comptes.sans_point == 1
    assert (
        Recherche(juge, criteres(tribunal, lieu=lille, rayon=100, types=("individuel",))).comptes.sans_point == 0
    )


@pytest.mark.parametrize("point", ["manquant", "aucun lieu"])
def test_sans_point_la_liste_est_par_nom_et_le_rayon_ne_s_applique_pas(
    juge: User, tribunal: Tribunal, point: str
) -> None:
    lieu = CommuneFactory(nom="Wallis", latitude=None, longitude=None) if point == "manquant" else None
    for nom in ("Éric", "Zoé", "Abel"):
        inscrire(tribunal, nom=nom)
    recherche = Recherche(juge, criteres(tribunal, lieu=lieu, rayon=10, ordre=Ordre.premier(TRI_DISTANCE)))
    assert noms(recherche) == ["Abel", "Éric", "Zoé"]
    assert [r.distance for r in recherche.resultats(recherche.completer(recherche.mandataires))] == ["", "", ""]
    assert recherche.comptes.sans_point == 0


def test_l_adresse_du_mandataire(juge: User, tribunal: Tribunal, lille: Commune) -> None:
    """The place filters the MJPM's own commune, or its postal code while its commune is unknown."""
    inscrire(tribunal, nom="Commune", commune=lille)
    inscrire(tribunal, nom="Code", commune=None, code_postal="59800")
    inscrire(tribunal, nom="Voisin", latitude=50.64, longitude=3.05, code_postal="59800")
    inscrire(tribunal, nom="Loin")
    au_lieu = criteres(tribunal, lieu=lille, adresse_au_lieu=True)
    assert noms(Recherche(juge, au_lieu)) == ["Code", "Commune"]
    autour = criteres(tribunal, lieu=lille, adresse_au_lieu=True, rayon=10)
    assert noms(Recherche(juge, autour)) == ["Commune", "Voisin"]


# --- Order -------------------------------------------------------------------------------------------


def test_les_ordres(juge: User, tribunal: Tribunal) -> None:
    for nom, capacite, jours in (("b", 10, 3), ("Ç", None, 1), ("a", 40, None), ("D", 40, 2)):
        mandataire = inscrire(tribunal, nom=nom, capacite=capacite)
        if jours:
            Charge.objects.filter(pk=mandataire.pk).update(mise_a_jour_at=timezone.now() - timedelta(days=jours))
    inscrire(tribunal, nom="E", capacite=90, indisponible_du=timezone.localdate())

    def ordre(tri: str) -> list[str]:
        return noms(Recherche(juge, criteres(tribunal, ordre=Ordre.lire(tri, TRIS))))

    assert ordre("nom") == ["a", "b", "Ç", "D", "E"]
    assert ordre("-nom") == ["E", "D", "Ç", "b", "a"]
    assert ordre("-disponibles") == ["a", "D", "b", "Ç", "E"]  # unknown and interrupted last
    assert ordre("disponibles") == ["b", "a", "D", "Ç", "E"]
    assert ordre("-maj") == ["Ç", "D", "b", "a", "E"]
    assert ordre("maj") == ["b", "D", "Ç", "a", "E"]
    assert Ordre.lire("mérite", TRIS) is None
    assert [Ordre.premier(tri).valeur for tri in (TRI_DISTANCE, TRI_PLACES, TRI_MISE_A_JOUR)] == [
        "distance",
        "-disponibles",
        "-maj",
    ]


def test_les_preposes_de_l_etablissement_viennent_en_premier(juge: User, tribunal: Tribunal) -> None:
    etablissement, autre = EtablissementFactory(), EtablissementFactory()
    inscrire(tribunal, nom="Ailleurs")
    for nom, exerce, au in (
        ("Ici", etablissement, None),
        ("Parti", etablissement, date(2024, 1, 1)),
        ("Là", autre, None),
    ):
        ExerciceFactory(mandataire=inscrire(tribunal, nom=nom, prepose=True), etablissement=exerce, au=au)
    recherche = Recherche(juge, criteres(tribunal, etablissement=etablissement))
    assert [
        (r.mandataire.nom, r.exerce_ici) for r in recherche.resultats(recherche.completer(recherche.mandataires))
    ] == [
        ("Ici", True),
        ("Ailleurs", False),
        ("Là", False),
        ("Parti", False),
    ]


# --- Mesures around the place ------------------------------------------------------------------------


@pytest.fixture
def autour_de_lille(lille: Commune) -> dict[str, Commune]:
    return {
        "Lille": lille,
        "à 11 km": CommuneFactory(latitude=50.73, longitude=3.05),
        "à 19 km": CommuneFactory(latitude=50.80, longitude=3.05),
        "à 22 km": CommuneFactory(latitude=50.83, longitude=3.05),
        "nulle part": CommuneFactory(latitude=None, longitude=None),
    }


@pytest.mark.parametrize(
    ("presences", "attendu"),
    [
        ({}, "0"),
        ({"Lille": 1}, "1 à 8"),
        ({"Lille": 2}, "1 à 9"),
        ({"Lille": 1, "à 22 km": 2}, "1 à 2"),
        ({"Lille": 2, "à 22 km": 1}, "1 à 2"),
        ({"Lille": 3}, "3"),
        ({"Lille": 5, "à 11 km": 4, "à 19 km": 3}, "12"),
        ({"Lille": 5, "à 22 km": 40, "nulle part": 40}, "5"),
        ({"Lille": 5, "à 11 km": 1, "à 22 km": 2}, "6 à 7"),  # the record tells Lille alone
        ({"Lille": 5, "à 11 km": 2, "à 22 km": 1}, "6 à 7"),
        ({"Lille": 1, "à 11 km": 2, "à 19 km": 1}, "3 à 6"),
        ({"Lille": 8, "à 11 km": 1}, "8 à 16"),  # and the 7 of nowhere: the record has joined these
        ({"Lille": 8, "à 22 km": 1}, "8"),
        ({"Lille": 5, "à 11 km": 1}, "1 à 6"),
        ({"Lille": 5, "à 11 km": 2}, "1 à 7"),
        ({"Lille": 1200}, "1\u202f200"),
    ],
)
def test_deja_suivies_est_masque(
    juge: User,
    tribunal: Tribunal,
    autour_de_lille: dict[str, Commune],
    presences: dict[str, int],
    attendu: str,
) -> None:
    """What is shown follows from what the record shows, which has 7 mesures more, not localised."""
    mandataire = inscrire(tribunal)
    Presence.objects.create(mandataire=mandataire, commune=None, en_cours=7)
    for lieu, nombre in presences.items():
        Presence.objects.create(mandataire=mandataire, commune=autour_de_lille[lieu], en_cours=nombre)
    Presence.objects.create(mandataire=inscrire(None), commune=autour_de_lille["Lille"], en_cours=50)
    recherche = Recherche(juge, criteres(tribunal, lieu=autour_de_lille["Lille"]))
    (resultat,) = recherche.resultats(recherche.completer(recherche.mandataires))
    assert resultat.deja_suivies.replace("\xa0", "\u202f") == attendu


def test_une_somme_ne_demasque_rien() -> None:
    assert somme_masquee(0, 0) == nombre_masque(0)
    assert somme_masquee(0, 1) == nombre_masque(1) == nombre_masque(2)
    assert somme_masquee(3, 0) == nombre_masque(3)


# Where a MJPM may have mesures, in the order of the record, and those that are around the place searched.
LIEUX = "abcdef"
AUTOUR_DU_LIEU = set("ace")


def _lus(monde: tuple[int, ...]) -> tuple[object, ...]:
    """What the record of a MJPM tells, its total, each place, « Ailleurs », and what its row in a search does."""
    presents = [(lieu, nombre) for lieu, nombre in zip(LIEUX, monde, strict=True) if nombre]
    nombres = [nombre for _, nombre in presents]
    reunis = a_reunir(nombres)
    montres = [(lieu, nombre_masque(nombre)) for rang, (lieu, nombre) in enumerate(presents) if rang not in reunis]
    ici = {rang for rang, (lieu, _) in enumerate(presents) if lieu in AUTOUR_DU_LIEU}
    ligne = somme_autour(nombres, ici, total_est_declare=False) if ici else nombre_masque(0)
    return sum(nombres), *montres, sum(nombres[rang] for rang in reunis), ligne


def test_une_ligne_et_la_fiche_ne_disent_pas_un_nombre_masque() -> None:
    """Every way to have 0 to 4 mesures in each place, with one empty at least around the place, and elsewhere.

    Of those that read the same, none has the only count of 1 or 2 that a place may have, nor the only sum of
    such counts around the place when there are others. One place alone is not masked: its count is the total.
    """
    semblables: dict[tuple[object, ...], list[tuple[int, ...]]] = {}
    for monde in product(range(5), repeat=len(LIEUX)):
        if sum(nombre > 0 for nombre in monde) > 1:
            semblables.setdefault(_lus(monde), []).append(monde)
    ici = [lieu in AUTOUR_DU_LIEU for lieu in LIEUX]
    verifies = 0
    for mondes in semblables.values():
        par_lieu = [set(nombres) for nombres in zip(*mondes, strict=True)]
        sommes = {sum(n for n, proche in zip(monde, ici, strict=True) if proche and n < SEUIL) for monde in mondes}
        for monde in mondes:
            if all(monde[rang::2].count(0) for rang in (0, 1)):
                masques = [rang for rang, nombre in enumerate(monde) if 0 < nombre < SEUIL]
                verifies += len(masques)
                assert all(len(par_lieu[rang]) > 1 for rang in masques), monde
                assert len(sommes) > 1 or len({ici[rang] for rang in masques}) < 2, monde
    assert verifies > 5_000


@pytest.mark.parametrize(
    ("presences", "lu"),
    [
        ({"Calais": 5, "Marck": 1}, {"Calais": "1 à 6", "Boulogne": "0"}),
        ({"Calais": 5, "Marck": 1, "Boulogne": 3}, {"Calais": "5 à 9", "Boulogne": "1 à 4"}),
        # Of two that have as many, the record joins the first by name.
        ({"Calais": 3, "Marck": 1, "Boulogne": 3}, {"Calais": "3 à 7", "Boulogne": "1 à 4"}),
    ],
)
def test_ce_que_la_fiche_reunit_l_est_dans_la_ligne(
    juge: User, tribunal: Tribunal, calais: Commune, presences: dict[str, int], lu: dict[str, str]
) -> None:
    communes = {
        "Calais": calais,
        "Marck": CommuneFactory(nom="Marck", latitude=50.9497, longitude=1.9503),
        "Boulogne": CommuneFactory(nom="Boulogne-sur-Mer", latitude=50.7252, longitude=1.6119),
    }
    mandataire = inscrire(tribunal, capacite=20)
    for nom, nombre in presences.items():
        Presence.objects.create(mandataire=mandataire, commune=communes[nom], en_cours=nombre)
    [*_, ailleurs] = lieux_masques(mandataire)
    assert ailleurs.est_ailleurs
    for nom, attendu in lu.items():
        recherche = Recherche(juge, criteres(tribunal, lieu=communes[nom]))
        [resultat] = recherche.resultats(recherche.completer(recherche.mandataires))
        [du_fichier] = recherche.tous_les_resultats()
        assert resultat.deja_suivies == du_fichier.deja_suivies == attendu


@pytest.mark.parametrize(
    ("presences", "attendu"),
    [
        ({}, ""),
        ({"à 22 km": 5}, ""),
        ({"Lille": 1}, "au moins 1"),
        ({"Lille": 2, "à 22 km": 9}, "au moins 1"),
        ({"Lille": 5, "à 11 km": 2}, "au moins 6"),
        ({"Lille": 1200}, "au moins 1\u202f200"),
    ],
)
def test_un_service_qui_declare_ne_dit_pas_ou_sont_toutes_ses_mesures(
    juge: User,
    tribunal: Tribunal,
    lille: Commune,
    autour_de_lille: dict[str, Commune],
    presences: dict[str, int],
    attendu: str,
) -> None:
    service = inscrire(tribunal, service=True)
    for lieu, nombre in presences.items():
        Presence.objects.create(mandataire=service, commune=autour_de_lille[lieu], en_cours=nombre)
    recherche = Recherche(juge, criteres(tribunal, lieu=lille))
    [resultat] = recherche.resultats(recherche.completer(recherche.mandataires))
    assert resultat.deja_suivies.replace("\xa0", "\u202f") == attendu
