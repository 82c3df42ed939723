"""The writing of an import: what the preview said, all or nothing, and its undoing."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from accounts.refus import Refus
from mandataires.models import Charge, Declaration, Mandataire
from mesures.compteurs import derives
from mesures.echanges import ecriture
from mesures.echanges.annulation import annuler_import, intactes, restees
from mesures.echanges.ecriture import ecrire
from mesures.echanges.imports import ImportRefuse, demander_ecriture, recevoir
from mesures.enums import Nature, Statut
from mesures.historique import evenements
from mesures.models import Import, ImportLigne, Mesure
from mesures.models.importation import Annulation
from mesures.services import eteindre, supprimer
from tests.accounts.taches import courriels_envoyes
from tests.conftest import mandataire_de
from tests.factories import MembreFactory, MesureFactory
from tests.mesures.echanges.aides import FIN, apercu, appliquer, etat, jour, ligne_type
from tests.mesures.test_concurrence import ensemble
from tribunaux.models import Commune, Tribunal

pytestmark = pytest.mark.django_db

FIGURES = ("lues", "nouvelles", "modifiees", "inchangees", "rejetees", "absentes")


def chiffres(import_: Import) -> dict[str, int]:
    assert import_.lues == import_.nouvelles + import_.modifiees + import_.inchangees + import_.rejetees
    return {nom: getattr(import_, nom) for nom in FIGURES if getattr(import_, nom)}


@pytest.fixture(autouse=True)
def _compteurs_justes(db: None) -> Any:
    yield
    assert derives() == []


@pytest.fixture
def lignes(prepose: User, mandataire: Mandataire, tribunal: Tribunal, calais: Commune) -> list[dict[str, Any]]:
    """One line of each verdict, and a mesure that the file lacks (22/00001)."""
    MesureFactory(
        mandataire=mandataire, tribunal=tribunal, numero_rg="1", commune=calais, nature="tutelle", cabinet="2"
    )
    MesureFactory(mandataire=mandataire, tribunal=tribunal, numero_rg="2", commune=calais, nature="tutelle")
    MesureFactory(mandataire=mandataire, tribunal=tribunal, numero_rg="3", eteinte=True)
    MesureFactory(mandataire=mandataire, tribunal=tribunal, numero_rg="4", en_attente=True)
    return [
        ligne_type(tribunal, numero_rg="1", annee="1950"),
        ligne_type(tribunal, numero_rg="2"),
        ligne_type(tribunal, numero_rg="3"),
        ligne_type(tribunal, numero_rg="4"),
        ligne_type(tribunal, numero_rg="5", date_nomination="31/02/2021"),
        ligne_type(tribunal, numero_rg="6"),
        ligne_type(tribunal),
    ]


def photo() -> list[dict[str, Any]]:
    return list(Mesure.objects.order_by("pk").values())


def test_ecrit_ce_que_l_apercu_disait(prepose: User, mandataire: Mandataire, lignes: list[dict[str, Any]]) -> None:
    import_ = apercu(prepose, *lignes)
    attendu = {"lues": 7, "nouvelles": 2, "modifiees": 1, "inchangees": 1, "rejetees": 3, "absentes": 1}
    assert (import_.etat, chiffres(import_)) == (Import.Etat.LU, attendu)
    avant = {mesure.pk: mesure for mesure in Mesure.objects.all()}
    Charge.objects.filter(pk=mandataire.pk).update(mise_a_jour_at=None)
    appliquer(import_, prepose)
    assert (import_.etat, chiffres(import_)) == (Import.Etat.FAIT, attendu)
    assert Charge.objects.get(pk=mandataire.pk).mise_a_jour_at is not None

    (courriel,) = courriels_envoyes()
    assert courriel.to == [prepose.email]
    dits = dict(re.findall(r"(lues|nouvelles|modifiées|inchangées|rejetées) : (\d+)", courriel.body))
    assert dits == {"lues": "7", "nouvelles": "2", "modifiées": "1", "inchangées": "1", "rejetées": "3"}, "D5"
    assert f"/mesures/importer/{import_.pk}/" in courriel.body
    assert "mesures.csv" not in courriel.body

    modifiee = Mesure.objects.get(mandataire=mandataire, numero_rg="1")
    assert (modifiee.annee_naissance, modifiee.cabinet, modifiee.version) == (1950, "2", 1)
    ajoutee = Mesure.objects.get(mandataire=mandataire, numero_rg="6")
    assert (ajoutee.nature, ajoutee.statut, ajoutee.version) == (Nature.TUTELLE, Statut.EN_COURS, 0)
    for acte in (*evenements(modifiee)[:1], *evenements(ajoutee)):
        assert acte.auteur == str(prepose)
    for pk in avant.keys() - {modifiee.pk}:
        assert Mesure.objects.filter(pk=pk, version=avant[pk].version).exists(), "neither changed nor removed (D1)"
    ajoutee.full_clean()  # what the form would have asked


def test_le_meme_fichier_deux_fois(prepose: User, lignes: list[dict[str, Any]]) -> None:
    """D6, with RG and without; nothing changes, history included."""
    appliquer(apercu(prepose, *lignes), prepose)
    avant = photo()
    encore = apercu(prepose, *lignes)
    assert chiffres(encore) == {"lues": 7, "inchangees": 4, "rejetees": 3, "absentes": 1}
    with pytest.raises(ImportRefuse, match="aucune ligne à enregistrer"):
        appliquer(encore, prepose)
    assert photo() == avant


def test_un_rg_qui_arrive_plus_tard(
    prepose: User, mandataire: Mandataire, tribunal: Tribunal, calais: Commune
) -> None:
    """The mesure is that of the file before: it is given its RG, not added again."""
    appliquer(apercu(prepose, ligne_type(tribunal)), prepose)
    apres = appliquer(apercu(prepose, ligne_type(tribunal, numero_rg="77")), prepose)
    assert chiffres(apres) == {"lues": 1, "modifiees": 1, "absentes": 1}
    assert Mesure.objects.filter(mandataire=mandataire).count() == 2


def test_fin_par_un_fichier(service: User, tribunal: Tribunal, calais: Commune) -> None:
    """A service's declared total does not move: the file is a copy of what it counts already."""
    mesure = MesureFactory(mandataire=mandataire_de(service), tribunal=tribunal, numero_rg="1")
    fin = {"statut": "éteinte", "date_fin": jour(FIN), "motif_fin": "décès"}
    appliquer(
        apercu(service, ligne_type(tribunal, numero_rg="1", **fin), ligne_type(tribunal, numero_rg="2", **fin)),
        service,
    )
    mesure.refresh_from_db()
    assert (mesure.statut, mesure.date_extinction, mesure.motif_extinction) == (
        Statut.ETEINTE, FIN, "deces",
    )  # fmt: skip
    assert evenements(mesure)[0].acte == "Mesure éteinte"
    assert Charge.objects.get(pk=mesure.mandataire_id).declare == 1450
    assert Declaration.objects.count() == 1


def test_texte_a_echapper(prepose: User, mandataire: Mandataire, tribunal: Tribunal, calais: Commune) -> None:
    """S12: stored as it is, through COPY and SQL."""
    texte = 'L\'Haÿ-les-Roses & <b>"x" \\N %s {} \t,;'
    appliquer(apercu(prepose, ligne_type(tribunal, numero_rg="9", numero_dossier=texte)), prepose)
    assert (
        Mesure.objects.get(mandataire=mandataire, numero_rg="9").numero_dossier == texte.replace("\t", "").strip()
    )


def test_ce_qui_a_change_depuis_l_apercu_est_laisse(
    prepose: User, mandataire: Mandataire, tribunal: Tribunal, lignes: list[dict[str, Any]]
) -> None:
    import_ = apercu(prepose, *lignes)
    touchee = Mesure.objects.get(mandataire=mandataire, numero_rg="1")
    eteindre(pk=touchee.pk, date_extinction=date(2024, 1, 1), motif="", version=0, author=prepose)
    MesureFactory(mandataire=mandataire, tribunal=tribunal, numero_rg="6")  # typed in the form meanwhile
    appliquer(import_, prepose)
    assert chiffres(import_) == {"lues": 7, "nouvelles": 1, "inchangees": 1, "rejetees": 5, "absentes": 1}
    laissees = {
        ligne.numero: ligne.problemes[-1]["code"]
        for ligne in import_.lignes.filter(numero__in=[2, 7])
        if ligne.verdict == ImportLigne.Verdict.REJETEE
    }
    assert laissees == {2: "deja_eteinte", 7: "changee_depuis"}


def test_deux_aperçus_du_meme_fichier_n_ajoutent_qu_une_fois(prepose: User, lignes: list[dict[str, Any]]) -> None:
    """What the first has written is no longer to write, and nothing is wrong with it."""
    premier, second = apercu(prepose, *lignes), apercu(prepose, *lignes)
    appliquer(premier, prepose)
    avant = photo()
    appliquer(second, prepose)
    assert photo() == avant
    assert chiffres(second) == {"lues": 7, "inchangees": 4, "rejetees": 3, "absentes": 1}
    inchangees = second.lignes.filter(verdict=ImportLigne.Verdict.INCHANGEE)
    assert all(ligne.mesure and not ligne.changements and not ligne.avertissements for ligne in inchangees)
    assert not second.est_annulable
    with pytest.raises(ImportRefuse, match="rien enregistré"):
        annuler_import(import_=second, author=prepose)


def test_une_ligne_refusee_avec_une_autre_ne_prend_pas_sa_place(
    prepose: User, mandataire: Mandataire, tribunal: Tribunal, calais: Commune
) -> None:
    """Two persons under one RG: what comes back alone from the rejected lines changes nobody's mesure."""
    une, autre = ligne_type(tribunal, numero_rg="1"), ligne_type(tribunal, numero_rg="1", annee="1950")
    import_ = apercu(prepose, une, autre, une | {"numero_rg": "2"}, une | {"numero_rg": "2"})
    assert chiffres(appliquer(import_, prepose)) == {"lues": 4, "nouvelles": 1, "rejetees": 3, "absentes": 1}
    assert [m.numero_rg for m in Mesure.objects.filter(mandataire=mandataire, numero_rg__in=["1", "2"])] == ["2"]
    corrige = apercu(prepose, autre, une | {"numero_rg": "2"})
    assert chiffres(corrige) == {"lues": 2, "nouvelles": 1, "inchangees": 1, "absentes": 1}


def test_les_alertes_sont_gardees(
    prepose: User, mandataire: Mandataire, tribunal: Tribunal, calais: Commune
) -> None:
    MesureFactory(mandataire=mandataire, tribunal=tribunal, numero_rg="1")
    ligne = ligne_type(tribunal, numero_rg="1", annee="1950", statut="éteinte", date_fin=jour(FIN))
    import_ = apercu(prepose, ligne, ligne_type(tribunal, numero_rg="2"))
    alertes = ImportLigne.Alerte
    assert [ligne.alertes for ligne in import_.lignes.all()] == [[alertes.PERSONNE, alertes.FIN], []]


def test_une_exception_au_milieu_n_ecrit_rien(
    prepose: User, lignes: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """D2: what was inserted goes with what fails after it, and the import says that nothing was saved."""
    import_ = apercu(prepose, *lignes)
    avant = photo()

    def casser(*args: Any) -> None:
        assert Mesure.objects.count() == len(avant) + 2
        raise DatabaseError

    monkeypatch.setattr(ecriture, "_modifier", casser)
    demander_ecriture(import_=import_, author=prepose, differer=False)
    with pytest.raises(DatabaseError):
        ecrire(import_.pk)
    assert etat(import_) == Import.Etat.INTERROMPU
    assert "rien n'a été enregistré" in import_.erreur
    assert photo() == avant
    assert not import_.lignes.filter(version_donnee__isnull=False).exists()


def test_seul_un_membre(prepose: User, prepose_voisin: User, juge: User, lignes: list[dict[str, Any]]) -> None:
    import_ = apercu(prepose, *lignes)
    for etranger in (prepose_voisin, juge):
        with pytest.raises(Refus):
            demander_ecriture(import_=import_, author=etranger, differer=False)
    with pytest.raises(Refus):
        recevoir(contenu=b"x", nom="x.csv", author=juge, differer=False)
    assert list(Import.objects.visible_to(prepose)) == [import_]
    assert not Import.objects.visible_to(prepose_voisin).exists()
    assert not Import.objects.visible_to(juge).exists()


def test_l_auteur_n_est_plus_membre(prepose: User, lignes: list[dict[str, Any]]) -> None:
    import_ = apercu(prepose, *lignes)
    demander_ecriture(import_=import_, author=prepose, differer=False)
    prepose.membre.delete()
    avant = photo()
    with pytest.raises(Refus):
        ecrire(import_.pk)
    assert (etat(import_), photo()) == (Import.Etat.INTERROMPU, avant)


def test_un_collegue_enregistre_et_l_historique_le_dit(service: User, tribunal: Tribunal, calais: Commune) -> None:
    collegue = MembreFactory(mandataire=mandataire_de(service), user__last_name="Collègue").user
    import_ = apercu(service, ligne_type(tribunal, numero_rg="1"))
    appliquer(import_, collegue)
    [acte] = evenements(Mesure.objects.get(mandataire=mandataire_de(service)))
    assert acte.auteur == str(collegue)
    assert (import_.by, import_.fait_by) == (service, collegue)
    with pytest.raises(IntegrityError, match="import_fait_by"), transaction.atomic():
        Import.objects.filter(pk=import_.pk).update(etat="recu", lu_at=None, fait_at=None)


def test_le_nombre_de_requetes_est_fixe(prepose: User, tribunal: Tribunal, calais: Commune) -> None:
    def requetes(debut: int, nombre: int) -> tuple[int, int]:
        lignes = [ligne_type(tribunal, numero_rg=n) for n in range(debut, debut + nombre)]
        with CaptureQueriesContext(connection) as lecture:
            import_ = apercu(prepose, *lignes)
        demander_ecriture(import_=import_, author=prepose, differer=False)
        with CaptureQueriesContext(connection) as ecriture_:
            ecrire(import_.pk)
        assert Mesure.objects.filter(numero_rg__in=map(str, range(debut, debut + nombre))).count() == nombre
        return len(lecture), len(ecriture_)

    assert requetes(1000, 5) == requetes(2000, 200)


class TestAnnuler:
    def test_tout(self, prepose: User, lignes: list[dict[str, Any]]) -> None:
        avant = photo()
        import_ = appliquer(apercu(prepose, *lignes), prepose)
        assert (import_.annulation, list(restees(import_))) == (None, [])
        annule = annuler_import(import_=import_, author=prepose)
        assert (annule.etat, annule.annule_nombre, annule.annule_by) == (Import.Etat.ANNULE, 3, prepose)
        assert annule.annulation == Annulation(supprimees=2, retablies=1, laissees=0)
        assert not restees(annule).exists()
        assert [{**ligne, "version": 0} for ligne in photo()] == avant
        # The file may be imported again: nothing of it is left.
        assert chiffres(apercu(prepose, *lignes))["nouvelles"] == 2

    def test_une_fin_aussi(
        self, prepose: User, mandataire: Mandataire, tribunal: Tribunal, calais: Commune
    ) -> None:
        MesureFactory(mandataire=mandataire, tribunal=tribunal, numero_rg="1")
        avant = photo()
        fin = ligne_type(tribunal, numero_rg="1", statut="éteinte", date_fin=jour(FIN))
        annuler_import(import_=appliquer(apercu(prepose, fin), prepose), author=prepose)
        apres = photo()
        assert [{**ligne, "version": 0} for ligne in apres] == avant
        assert Mesure.objects.get(mandataire=mandataire, numero_rg="1").version == 2

    def test_pas_celle_dont_un_tribunal_a_reserve_le_renouvellement(
        self, prepose: User, mandataire: Mandataire, lignes: list[dict[str, Any]]
    ) -> None:
        import_ = appliquer(apercu(prepose, *lignes), prepose)
        modifiee = Mesure.objects.get(mandataire=mandataire, numero_rg="1")
        MesureFactory(mandataire=mandataire, tribunal=modifiee.tribunal, en_attente=True, renouvelle=modifiee)
        assert (intactes(import_).modifiees, intactes(import_).touchees) == ([], 1)

    def test_pas_ce_que_quelqu_un_a_touche(
        self, prepose: User, mandataire: Mandataire, lignes: list[dict[str, Any]]
    ) -> None:
        import_ = appliquer(apercu(prepose, *lignes), prepose)
        ajoutee = Mesure.objects.get(mandataire=mandataire, numero_rg="6")
        eteindre(pk=ajoutee.pk, date_extinction=date(2024, 1, 1), motif="", version=0, author=prepose)
        [sans_rg] = Mesure.objects.filter(mandataire=mandataire, numero_rg=None)
        supprimer(pk=sans_rg.pk, version=0, author=prepose)
        assert (intactes(import_).nombre, intactes(import_).touchees) == (1, 2)
        avant = photo()
        with pytest.raises(ImportRefuse, match="2 mesures de cet import ont changé"):
            annuler_import(import_=import_, author=prepose)
        assert photo() == avant
        assert list(restees(import_)) == [ajoutee]
        annule = annuler_import(import_=import_, laisse_les_autres=True, author=prepose)
        assert annule.annulation == Annulation(supprimees=0, retablies=1, laissees=2)
        assert list(restees(annule)) == [ajoutee]
        assert Mesure.objects.get(mandataire=mandataire, numero_rg="1").annee_naissance == 1962

    def test_ce_qu_un_autre_import_a_change_puis_rendu(
        self, prepose: User, mandataire: Mandataire, tribunal: Tribunal, calais: Commune
    ) -> None:
        """The undoing of the second gave back what the first had written: nobody's act would be lost."""
        avant = photo()
        connue, nouvelle = ligne_type(tribunal, numero_rg="22/00001"), ligne_type(tribunal, numero_rg="9")
        premier = appliquer(apercu(prepose, connue, nouvelle), prepose)
        second = appliquer(apercu(prepose, connue | {"annee": "1950"}, nouvelle | {"annee": "1950"}), prepose)
        assert intactes(premier).nombre == 0
        assert set(restees(premier)) == set(Mesure.objects.filter(mandataire=mandataire))
        annuler_import(import_=second, author=prepose)
        assert intactes(premier).touchees == 0
        annule = annuler_import(import_=premier, author=prepose)
        assert annule.annulation == Annulation(supprimees=1, retablies=1, laissees=0)
        assert [{**ligne, "version": 0} for ligne in photo()] == avant

    def test_l_historique_dit_comment(
        self, prepose: User, prepose_voisin: User, mandataire: Mandataire, tribunal: Tribunal, calais: Commune
    ) -> None:
        import_ = appliquer(apercu(prepose, ligne_type(tribunal, numero_rg="22/00001")), prepose)
        annuler_import(import_=import_, author=prepose)
        mesure = Mesure.objects.get(mandataire=mandataire)
        actes = evenements(mesure, lecteur=prepose)
        assert [(acte.acte, acte.moyen, acte.importation) for acte in actes] == [
            ("Mesure modifiée", "par un import défait", import_.pk),
            ("Mesure modifiée", "par un import de fichier", import_.pk),
            ("Mesure enregistrée", "", None),
        ]
        assert {acte.auteur for acte in actes[:2]} == {str(prepose)}
        # Another's imports are nobody's to open: the mesure may have come from there.
        for lecteur in (None, prepose_voisin):
            assert {acte.importation for acte in evenements(mesure, lecteur=lecteur)} == {None}

    def test_pas_celle_dont_le_rg_est_pris(
        self, prepose: User, mandataire: Mandataire, tribunal: Tribunal, calais: Commune
    ) -> None:
        mesure = Mesure.objects.get(mandataire=mandataire)
        import_ = appliquer(
            apercu(
                prepose,
                ligne_type(tribunal, identifiant=mesure.pk, numero_rg="8"),
                ligne_type(tribunal, numero_rg="9"),
            ),
            prepose,
        )
        MesureFactory(mandataire=mandataire, tribunal=tribunal, numero_rg="22/00001")
        assert annuler_import(import_=import_, laisse_les_autres=True, author=prepose).annule_nombre == 1
        mesure.refresh_from_db()
        assert mesure.numero_rg == "8"

    def test_pas_celle_qu_un_tribunal_renouvelle(
        self, prepose: User, mandataire: Mandataire, tribunal: Tribunal, calais: Commune
    ) -> None:
        import_ = appliquer(apercu(prepose, ligne_type(tribunal, numero_rg="9")), prepose)
        mesure = Mesure.objects.get(numero_rg="9")
        MesureFactory(mandataire=mandataire, tribunal=tribunal, en_attente=True, renouvelle=mesure)
        with pytest.raises(ImportRefuse, match="aucune ne peut revenir"):
            annuler_import(import_=import_, laisse_les_autres=True, author=prepose)

    def test_une_fois_et_dans_les_sept_jours(
        self, prepose: User, prepose_voisin: User, lignes: list[dict[str, Any]]
    ) -> None:
        import_ = apercu(prepose, *lignes)
        with pytest.raises(ImportRefuse, match="rien à défaire"):
            annuler_import(import_=import_, author=prepose)
        appliquer(import_, prepose)
        with pytest.raises(Refus):
            annuler_import(import_=import_, author=prepose_voisin)
        fait_at, trop_tot = import_.fait_at, timezone.now() - timedelta(days=7, minutes=1)
        Import.objects.filter(pk=import_.pk).update(fait_at=trop_tot)
        with pytest.raises(ImportRefuse, match="sept jours"):
            annuler_import(import_=import_, author=prepose)
        Import.objects.filter(pk=import_.pk).update(fait_at=fait_at)
        annuler_import(import_=import_, author=prepose)
        with pytest.raises(ImportRefuse, match="déjà été défait"):
            annuler_import(import_=import_, author=prepose)

    def test_le_nombre_de_requetes_est_fixe(self, prepose: User, tribunal: Tribunal, calais: Commune) -> None:
        def requetes(debut: int, nombre: int) -> int:
            lignes = [ligne_type(tribunal, numero_rg=n) for n in range(debut, debut + nombre)]
            appliquer(apercu(prepose, *lignes), prepose)
            nature = [{**ligne, "type": "maj"} for ligne in lignes[: nombre // 2]]
            autres = [ligne_type(tribunal, numero_rg=n + 500) for n in range(debut, debut + nombre)]
            import_ = appliquer(apercu(prepose, *nature, *autres), prepose)
            with CaptureQueriesContext(connection) as contexte:
                assert annuler_import(import_=import_, author=prepose).annule_nombre == nombre + nombre // 2
            return len(contexte)

        # Beyond the lots of 100 by which Django deletes.
        assert requetes(1000, 6) == requetes(2000, 260)


@pytest.mark.django_db(transaction=True)
def test_deux_ecritures_a_la_fois(prepose: User, lignes: list[dict[str, Any]]) -> None:
    """D6: one of them is refused politely, or finds that all is done; nothing comes twice."""
    imports = [apercu(prepose, *lignes) for _ in range(2)]
    combien = Mesure.objects.count()

    def ecriture_de(import_: Import) -> Callable[[], object]:
        return lambda: appliquer(Import.objects.get(pk=import_.pk), User.objects.get(pk=prepose.pk))

    issues = ensemble(*map(ecriture_de, imports))
    assert all(isinstance(issue, Import | ImportRefuse) for issue in issues), issues
    assert Mesure.objects.count() == combien + 2
