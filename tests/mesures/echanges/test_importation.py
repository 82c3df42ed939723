"""The life of an import: the worker, what stops it, what is chosen, what is destroyed in time."""

from __future__ import annotations

import signal
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from accounts.models import User
from accounts.refus import Refus
from mandataires.models import Mandataire
from mesures.compteurs import derives
from mesures.echanges import ecriture, imports
from mesures.echanges.annulation import annuler_import
from mesures.echanges.feuilles import TAILLE_MAX, FichierIllisible
from mesures.echanges.imports import (
    ImportRefuse,
    abandonner,
    choisir_correspondances,
    constater_interruption,
    demander_ecriture,
    recevoir,
    relancer,
)
from mesures.echanges.lecture import Rangee
from mesures.echanges.lignes import lire_ligne
from mesures.echanges.rapprochement import rapprocher
from mesures.echanges.stockage import cellules_de, deposer_lignes
from mesures.models import Import, ImportFichier, ImportLigne, Mesure
from mesures.tasks import purger_imports
from tests.accounts.taches import executer_taches
from tests.factories import MesureFactory
from tests.mesures.echanges.aides import SIRET_INCONNU, etat, fichier_csv, ligne_type
from tests.mesures.echanges.travailleur import attendre, lancer_travailleur, quelqu_un_attend
from tribunaux.models import Commune, Tribunal

pytestmark = pytest.mark.django_db

Etat = Import.Etat
PLUS_D_UN_JOUR = timedelta(hours=24, minutes=1)


@pytest.fixture
def envoye(prepose: User, tribunal: Tribunal, calais: Commune) -> Import:
    contenu = fichier_csv(
        ligne_type(tribunal, numero_rg="5", date_nomination="31/02/2021", couleur="x"),
        ligne_type(tribunal, numero_rg="6"),
        {"inconnue": "x", **ligne_type(tribunal, numero_rg="22/00001")},
    )
    return recevoir(contenu=contenu, nom=r"C:\Users\x\mesures 2026.csv", author=prepose)


@pytest.fixture
def lu(envoye: Import) -> Import:
    executer_taches()
    assert etat(envoye) == Etat.LU
    return envoye


def test_du_fichier_aux_mesures_par_le_travailleur(envoye: Import, prepose: User, mandataire: Mandataire) -> None:
    assert (envoye.etat, envoye.nom_fichier, envoye.lues) == (Etat.RECU, "mesures 2026.csv", None)
    assert executer_taches() == 1
    assert etat(envoye) == Etat.LU
    assert (envoye.lues, envoye.avancement, envoye.remarques["lignes"]) == (3, 3, 3)
    assert envoye.remarques["ignorees"] == ["couleur", "inconnue"]
    rejetee, nouvelle, modifiee = envoye.lignes.all()
    assert (rejetee.numero, rejetee.est_rejetee, rejetee.mesure) == (2, True, None)
    assert rejetee.problemes[0]["colonne"] == "date_nomination"
    assert rejetee.cellules["date_nomination"] == "31/02/2021"
    assert (nouvelle.est_valide, nouvelle.cellules, nouvelle.valeurs["ville"]) == (True, None, "Calais")
    assert ["type de mesure", "Curatelle renforcée", "Tutelle"] in modifiee.changements
    assert modifiee.mesure == Mesure.objects.get(mandataire=mandataire)

    demander_ecriture(import_=envoye, author=prepose)
    assert etat(envoye) == Etat.EN_ECRITURE
    assert executer_taches() == 2  # the writing, and its mail
    assert etat(envoye) == Etat.FAIT
    nouvelle.refresh_from_db()
    assert (nouvelle.mesure, nouvelle.version_donnee) == (Mesure.objects.get(numero_rg="6"), 0)
    ecriture.ecrire(envoye.pk)  # once more, by a worker that had not heard
    imports.lire(envoye.pk)
    assert (etat(envoye), Mesure.objects.filter(mandataire=mandataire).count()) == (Etat.FAIT, 2)
    assert demander_ecriture(import_=envoye, author=prepose).etat == Etat.FAIT, "a click of the page before"
    assert (envoye.by, envoye.fait_by) == (prepose, prepose)


@pytest.mark.parametrize(
    ("contenu", "phrase"),
    [(b"%PDF-1.4", "n'est pas un tableau"), (b"", "vide"), (b"date_nomination;type\n", "Il manque les colonnes")],
)
def test_un_fichier_illisible_le_dit(prepose: User, contenu: bytes, phrase: str) -> None:
    import_ = recevoir(contenu=contenu, nom="x.csv", author=prepose)
    executer_taches()
    assert etat(import_) == Etat.ILLISIBLE
    assert phrase in import_.erreur
    assert not ImportFichier.objects.exists(), "nothing will read it again"
    with pytest.raises(ImportRefuse):
        demander_ecriture(import_=import_, author=prepose)


def test_trois_lectures_a_la_fois(prepose: User, individuel: User) -> None:
    envoyes = [recevoir(contenu=b"x", nom=f"{n}.csv", author=prepose) for n in range(3)]
    with pytest.raises(ImportRefuse, match="3 de vos fichiers attendent déjà"):
        recevoir(contenu=b"x", nom="x.csv", author=prepose)
    assert Import.objects.count() == 3
    recevoir(contenu=b"x", nom="x.csv", author=individuel)
    # One that nobody reads any more holds nobody up.
    app.job_manager.cancel_job_by_id(envoyes[1].job, delete_job=True)
    recevoir(contenu=b"x", nom="x.csv", author=prepose)
    assert etat(envoyes[1]) == Etat.INTERROMPU


def test_la_lecture_dit_ou_elle_en_est(envoye: Import, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines read, of which nobody knows how many there are; then lines checked, out of those."""
    vus: list[tuple[object, int]] = []

    def avancer(import_: Import) -> Callable[[int], None]:
        dire = vrai(import_)

        def dire_et_noter(nombre: int) -> None:
            dire(nombre)
            vu = Import.objects.get(pk=import_.pk)
            vus.append((vu.remarques.get("lignes"), vu.avancement))

        return dire_et_noter

    vrai = imports._avancer
    monkeypatch.setattr(imports, "_avancer", avancer)
    monkeypatch.setattr(imports, "PAUSE", 0)
    imports.lire(envoye.pk)
    assert vus == [(None, 1), (None, 2), (None, 3), (3, 1), (3, 2), (3, 3)]
    assert etat(envoye) == Etat.LU


def test_un_fichier_trop_gros_n_est_pas_garde(prepose: User) -> None:
    with pytest.raises(FichierIllisible, match="dépasse 10 Mo"):
        recevoir(contenu=b"x" * (TAILLE_MAX + 1), nom="x.csv", author=prepose)
    assert not Import.objects.exists()


@pytest.mark.parametrize("nom", ["", "..", "/", "a\x00b.csv", "<script>.xlsx", "é" * 300 + ".xls"])
def test_un_nom_de_fichier_se_montre_sans_danger(prepose: User, nom: str) -> None:
    import_ = recevoir(contenu=b"x", nom=nom, author=prepose, differer=False)
    assert 0 < len(import_.nom_fichier) <= 200
    assert not set("\x00<>/") & set(import_.nom_fichier)


def test_un_tribunal_choisi_relit_le_fichier(prepose: User, tribunal: Tribunal, calais: Commune) -> None:
    lignes = [ligne_type(None, tribunal_siret=SIRET_INCONNU, numero_rg=n) for n in (1, 2)]
    import_ = recevoir(contenu=fichier_csv(*lignes), nom="x.csv", author=prepose)
    executer_taches()
    assert etat(import_) == Etat.LU
    assert import_.inconnus["tribunaux"] == [{"siret": SIRET_INCONNU, "lignes": 2}]
    assert import_.rejetees == 2
    choix = {"tribunaux": {SIRET_INCONNU: tribunal.pk}, "etablissements": {}}
    choisir_correspondances(import_=import_, author=prepose, **choix)
    assert (etat(import_), executer_taches(), etat(import_)) == (Etat.RECU, 1, Etat.LU)
    assert (import_.nouvelles, import_.inconnus["tribunaux"]) == (2, [])
    demander_ecriture(import_=import_, author=prepose)
    executer_taches()
    assert Mesure.objects.filter(tribunal=tribunal, numero_rg__in=["1", "2"]).count() == 2


def test_un_second_choix_pendant_la_relecture(lu: Import, prepose: User, tribunal: Tribunal) -> None:
    choix = {"tribunaux": {SIRET_INCONNU: tribunal.pk}, "etablissements": {}}
    import_ = choisir_correspondances(import_=lu, author=prepose, **choix)
    assert choisir_correspondances(import_=lu, author=prepose, **choix).job == import_.job
    choix["tribunaux"] = {"17620019800053": tribunal.pk}
    with pytest.raises(ImportRefuse, match="d'autres choix que les vôtres"):
        choisir_correspondances(import_=lu, author=prepose, **choix)
    assert (etat(lu), executer_taches(), etat(lu)) == (Etat.RECU, 1, Etat.LU)


def test_ce_qui_est_ecrit_est_ce_qui_a_ete_verifie(lu: Import, prepose: User) -> None:
    """A colleague has the file read again between the page and the click."""
    assert lu.lu_at is not None
    verifie = lu.lu_at.isoformat()
    choisir_correspondances(import_=lu, tribunaux={}, etablissements={}, author=prepose)
    executer_taches()
    # The object is that of before: what is compared is the row, under its lock.
    with pytest.raises(ImportRefuse, match=r"relu depuis .* Rien n'a été enregistré"):
        demander_ecriture(import_=lu, author=prepose, lu_at=verifie)
    with pytest.raises(ImportRefuse, match="relu depuis"):
        demander_ecriture(import_=lu, author=prepose, lu_at="")
    assert etat(lu) == Etat.LU
    relu = lu.lu_at.isoformat()
    demander_ecriture(import_=lu, author=prepose, lu_at=relu)
    assert (etat(lu), lu.job is None) == (Etat.EN_ECRITURE, False)
    job = lu.job
    assert demander_ecriture(import_=lu, author=prepose, lu_at=relu).job == job, "a second click"
    with pytest.raises(ImportRefuse, match="puis enregistré"):
        demander_ecriture(import_=lu, author=prepose, lu_at=verifie)
    executer_taches()
    assert demander_ecriture(import_=lu, author=prepose, lu_at=relu).etat == Etat.FAIT
    assert etat(lu) == Etat.FAIT


def test_une_panne_de_lecture_se_relance(envoye: Import, prepose: User, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as panne:
        panne.setattr(imports, "deposer_lignes", lambda *args: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            executer_taches()
    assert (etat(envoye), envoye.lues) == (Etat.INTERROMPU, None)
    assert "lecture du fichier s'est arrêtée" in envoye.erreur
    relancer(import_=envoye, author=prepose)
    executer_taches()
    assert (etat(envoye), envoye.erreur) == (Etat.LU, "")
    with pytest.raises(ImportRefuse, match="n'est pas interrompu"):
        relancer(import_=envoye, author=prepose)


def test_un_seul_enregistrement_a_la_fois(lu: Import, prepose: User, tribunal: Tribunal, individuel: User) -> None:
    contenu = fichier_csv(ligne_type(tribunal, numero_rg="7"))
    autre = recevoir(contenu=contenu, nom="x.csv", author=prepose)
    d_un_autre = recevoir(contenu=contenu, nom="x.csv", author=individuel)
    executer_taches()
    demander_ecriture(import_=lu, author=prepose)
    with pytest.raises(ImportRefuse, match="attendez qu'il soit terminé"):
        demander_ecriture(import_=autre, author=prepose)
    assert etat(autre) == Etat.LU
    demander_ecriture(import_=d_un_autre, author=individuel)
    with pytest.raises(IntegrityError, match="import_une_ecriture"), transaction.atomic():
        Import.objects.filter(pk=autre.pk).update(etat=Etat.EN_ECRITURE)
    executer_taches()
    demander_ecriture(import_=autre, author=prepose)
    executer_taches()
    assert etat(autre) == Etat.FAIT


def test_un_travailleur_mort_ne_bloque_personne(lu: Import, prepose: User, tribunal: Tribunal) -> None:
    """D6: the job has gone, or its worker, and nobody holds the row."""
    lu = demander_ecriture(import_=lu, author=prepose)
    assert constater_interruption(lu).etat == Etat.EN_ECRITURE, "it waits for the worker"
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = 'doing', worker_id = NULL WHERE id = %s RETURNING id", [lu.job]
        )
        assert cursor.fetchone()
    autre = recevoir(contenu=fichier_csv(ligne_type(tribunal)), nom="x.csv", author=prepose)
    imports.lire(autre.pk)
    demander_ecriture(import_=autre, author=prepose, differer=False)
    assert etat(lu) == Etat.INTERROMPU
    assert "rien n'a été enregistré" in lu.erreur
    ecriture.ecrire(autre.pk)
    relancer(import_=lu, author=prepose, differer=False)
    ecriture.ecrire(lu.pk)
    assert (etat(lu), etat(autre), lu.erreur) == (Etat.FAIT, Etat.FAIT, "")


def test_une_lecture_que_personne_ne_fait(envoye: Import) -> None:
    assert constater_interruption(envoye).etat == Etat.RECU
    app.job_manager.cancel_job_by_id(envoye.job, delete_job=True)
    assert constater_interruption(envoye).etat == Etat.INTERROMPU


def test_une_relecture_interrompue_ne_s_ecrit_pas(lu: Import, prepose: User) -> None:
    """Started again it is read, not written: nobody has seen what the choices give."""
    import_ = choisir_correspondances(import_=lu, tribunaux={}, etablissements={}, author=prepose)
    app.job_manager.cancel_job_by_id(import_.job, delete_job=True)
    assert constater_interruption(import_).etat == Etat.INTERROMPU
    assert relancer(import_=import_, author=prepose).etat == Etat.RECU


def test_absentes(lu: Import, prepose: User, mandataire: Mandataire) -> None:
    absente = MesureFactory(mandataire=mandataire)
    MesureFactory(mandataire=mandataire, eteinte=True)
    MesureFactory()
    assert list(imports.absentes(lu)) == [absente]
    demander_ecriture(import_=lu, author=prepose)
    executer_taches()
    assert list(imports.absentes(lu)) == [absente]
    assert (etat(lu), lu.absentes) == (Etat.FAIT, 1)


def test_les_cellules_a_corriger(lu: Import) -> None:
    rejetee, nouvelle, _ = lu.lignes.all()
    assert cellules_de(rejetee)["date_nomination"] == "31/02/2021"
    assert cellules_de(nouvelle)["date_nomination"] == date(2021, 3, 15)
    assert lire_ligne(Rangee(3, cellules_de(nouvelle))).numero_rg == "6"


def test_des_cellules_que_la_base_refuse(envoye: Import, mandataire: Mandataire) -> None:
    cellules = {"ville": "B\x00\ud800thune", "annee": float("inf"), "type": float("nan"), "numero_rg": 10**30}
    rangees = [Rangee(2, cellules), Rangee(3, {"ville": "'\\N;\t\\u0000\n", "annee": True})]
    lignes = rapprocher([lire_ligne(rangee) for rangee in rangees], mandataire_id=mandataire.pk).lignes
    with connection.cursor() as cursor:
        deposer_lignes(cursor, envoye.pk, rangees, lignes)
    assert [ligne.cellules["annee"] for ligne in envoye.lignes.all()] == ["inf", True]


def test_abandonner(lu: Import, prepose: User, prepose_voisin: User) -> None:
    with pytest.raises(Refus):
        abandonner(import_=lu, author=prepose_voisin)
    abandonner(import_=lu, author=prepose)
    assert not Import.objects.exists()
    assert not ImportLigne.objects.exists()
    assert not ImportFichier.objects.exists()


class TestPurge:
    def vieillir(self, import_: Import, age: timedelta) -> None:
        Import.objects.filter(pk=import_.pk).update(at=timezone.now() - age)

    def test_le_travailleur_la_connait(self) -> None:
        planifiees = {tache.task.name for tache in app.periodic_registry.periodic_tasks.values()}
        assert "mesures.tasks.purger_imports" in planifiees

    def test_le_fichier_apres_un_jour(self, lu: Import, prepose: User) -> None:
        self.vieillir(lu, timedelta(hours=23))
        purger_imports(0)
        assert ImportFichier.objects.exists()
        self.vieillir(lu, PLUS_D_UN_JOUR)
        purger_imports(0)
        assert not ImportFichier.objects.exists()
        with pytest.raises(ImportRefuse, match="24 heures"):
            choisir_correspondances(import_=lu, tribunaux={}, etablissements={}, author=prepose)
        # The lines are enough to write what was checked.
        demander_ecriture(import_=lu, author=prepose)
        executer_taches()
        assert etat(lu) == Etat.FAIT

    def test_un_fichier_detruit_avant_sa_lecture(self, envoye: Import) -> None:
        self.vieillir(envoye, PLUS_D_UN_JOUR)
        purger_imports(0)
        executer_taches()
        assert etat(envoye) == Etat.ILLISIBLE
        assert "24 heures" in envoye.erreur

    def test_les_lignes_apres_trente_jours(self, lu: Import, prepose: User, tribunal: Tribunal) -> None:
        demander_ecriture(import_=lu, author=prepose)
        oublie = recevoir(contenu=fichier_csv(ligne_type(tribunal)), nom="x.csv", author=prepose)
        executer_taches()
        for import_ in (lu, oublie):
            self.vieillir(import_, timedelta(days=29))
        purger_imports(0)
        assert ImportLigne.objects.count() == 4
        for import_ in (lu, oublie):
            self.vieillir(import_, timedelta(days=30, minutes=1))
        Import.objects.filter(pk=lu.pk).update(fait_at=timezone.now() - timedelta(days=7, minutes=1))
        purger_imports(0)
        assert not ImportLigne.objects.exists()
        assert list(Import.objects.all()) == [lu], "the figures of what was written stay"
        assert etat(lu) == Etat.FAIT
        assert Mesure.objects.filter(numero_rg="6").exists()

    def test_les_lignes_servent_a_annuler_sept_jours(self, lu: Import, prepose: User) -> None:
        """The file was sent 30 days before, and written yesterday."""
        demander_ecriture(import_=lu, author=prepose)
        executer_taches()
        self.vieillir(lu, timedelta(days=30, minutes=1))
        purger_imports(0)
        assert etat(lu) == Etat.FAIT
        assert annuler_import(import_=lu, author=prepose).etat == Etat.ANNULE
        assert not Mesure.objects.filter(numero_rg="6").exists()

    def test_le_fichier_des_qu_il_est_enregistre(self, lu: Import, prepose: User) -> None:
        assert ImportFichier.objects.exists()
        demander_ecriture(import_=lu, author=prepose)
        assert ImportFichier.objects.exists(), "not written yet: it may stop"
        executer_taches()
        assert not ImportFichier.objects.exists()

    @pytest.mark.parametrize(
        ("nom", "neutre"),
        [
            ("tutelle de M. Durand.XLSX", "fichier.xlsx"),
            ("fichier.xls.durand", "fichier"),
            ("durand.csv.txt", "fichier.txt"),
            ("durand", "fichier"),
            ("fichier.csv", "fichier.csv"),
        ],
    )
    def test_le_nom_du_fichier_avec_les_lignes(self, lu: Import, prepose: User, nom: str, neutre: str) -> None:
        demander_ecriture(import_=lu, author=prepose)
        executer_taches()
        Import.objects.filter(pk=lu.pk).update(nom_fichier=nom, fait_at=timezone.now() - timedelta(days=8))
        self.vieillir(lu, timedelta(days=29))
        purger_imports(0)
        assert (etat(lu), lu.nom_fichier) == (Etat.FAIT, nom)
        self.vieillir(lu, timedelta(days=30, minutes=1))
        for _ in range(2):
            purger_imports(0)
            assert (etat(lu), lu.nom_fichier) == (Etat.FAIT, neutre)


@pytest.mark.django_db(transaction=True)
def test_un_travailleur_tue_au_milieu(
    lu: Import, prepose: User, mandataire: Mandataire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A real worker, on real connections, killed while it writes: nothing of it is left, and it starts again."""
    # The row that the import changes is held: the worker has inserted its lines, and waits there.
    modifiee = Mesure.objects.get(mandataire=mandataire, numero_rg="22/00001")
    avant = list(Mesure.objects.order_by("pk").values())
    demander_ecriture(import_=lu, author=prepose)
    with transaction.atomic():
        Mesure.objects.select_for_update().get(pk=modifiee.pk)
        travailleur = lancer_travailleur()
        try:
            attendre(quelqu_un_attend)
            assert constater_interruption(Import.objects.get(pk=lu.pk)).etat == Etat.EN_ECRITURE
        finally:
            travailleur.send_signal(signal.SIGKILL)
            travailleur.wait(timeout=10)
    monkeypatch.setattr(imports, "SILENCE", timedelta(0))  # it will not sign again
    attendre(lambda: constater_interruption(Import.objects.get(pk=lu.pk)).etat == Etat.INTERROMPU)
    assert list(Mesure.objects.order_by("pk").values()) == avant
    relancer(import_=lu, author=prepose)
    with lancer_travailleur() as second:
        assert second.wait(timeout=60) == 0
    assert etat(lu) == Etat.FAIT
    assert Mesure.objects.filter(mandataire=mandataire, numero_rg="6").count() == 1
    assert derives() == []
