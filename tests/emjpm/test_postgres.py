"""The embedded PostgreSQL, for real, in temporary folders."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import environ
import psycopg
import pytest

from emjpm.postgres import DossierOccupe, ErreurPostgres, PostgresEmbarque, trouver_binaires
from emjpm.postgres.processus import arguments, lier

RACINE = Path(__file__).resolve().parents[2]

SUPERVISEUR = """
import sys, time
from pathlib import Path
from emjpm.postgres import PostgresEmbarque
with PostgresEmbarque(Path(sys.argv[1]), durable=False) as postgres:
    print(postgres.processus.pid, flush=True)
    time.sleep(60)
"""

ECOUTE = """
import signal, sys, time
recus = []
signal.signal(int(sys.argv[1]), lambda numero, _: recus.append(numero))
print("pret")
while not recus:
    time.sleep(0.05)
time.sleep(0.3)
print(recus)
"""


def lire(postgres: PostgresEmbarque, requete: str) -> object:
    with psycopg.connect(postgres.url) as connexion:
        ligne = connexion.execute(requete).fetchone()
        return ligne[0] if ligne else None


def ecrire(postgres: PostgresEmbarque, *requetes: str) -> None:
    with psycopg.connect(postgres.url, autocommit=True) as connexion:
        for requete in requetes:
            connexion.execute(requete)


def faux_programmes(dossier: Path, *noms: str) -> str:
    """A PATH where these programs fail."""
    dossier.mkdir(parents=True)
    for nom in noms:
        (dossier / nom).write_text("#!/bin/sh\nexit 1\n")
        (dossier / nom).chmod(0o755)
    return f"{dossier}:{os.environ['PATH']}"


def attendre_la_fin(pid: int) -> None:
    limite = time.monotonic() + 10
    while arguments(pid):
        assert time.monotonic() < limite, "still running"
        time.sleep(0.05)


@pytest.fixture(autouse=True)
def sans_autre_base(monkeypatch):
    for nom in ("DATABASE_URL", "PG_BINDIR"):
        monkeypatch.delenv(nom, raising=False)
    lier.cache_clear()
    yield
    lier.cache_clear()


@pytest.fixture
def dossier(tmp_path) -> Path:
    return tmp_path / "pg"


@pytest.fixture
def postgres(dossier) -> Iterator[PostgresEmbarque]:
    with PostgresEmbarque(dossier, durable=False) as embarque:
        yield embarque


def test_start_creates_database_in_utf8(postgres):
    assert lire(postgres, "SELECT current_database() || ' ' || current_setting('server_encoding')") == "emjpm UTF8"
    assert lire(postgres, "SELECT upper('é')") == "É"


def test_start_is_private(postgres):
    assert lire(postgres, "SELECT current_setting('listen_addresses')") == ""
    assert postgres.socket.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("durable", [True, False])
def test_durable_decides_on_fsync(dossier, durable):
    with PostgresEmbarque(dossier, durable=durable) as postgres:
        reglages = {lire(postgres, f"SHOW {nom}") for nom in ("fsync", "synchronous_commit", "full_page_writes")}
    assert reglages == {"on" if durable else "off"}


def test_url_is_understood_by_environ(postgres):
    config = environ.Env.db_url_config(postgres.url)
    assert config["ENGINE"] == "django.db.backends.postgresql"
    with psycopg.connect(dbname=config["NAME"], user=config["USER"], **config["OPTIONS"]) as connexion:
        assert connexion.info.dbname == "emjpm"


def test_stop_keeps_data_and_leaves_nothing_running(dossier):
    postgres = PostgresEmbarque(dossier, durable=False)
    postgres.start()
    pid = postgres.processus.pid
    ecrire(postgres, "CREATE TABLE reste (n int)", "INSERT INTO reste VALUES (42)")
    postgres.stop()
    assert not arguments(pid)
    assert not postgres.socket.exists()
    with postgres:
        assert lire(postgres, "SELECT n FROM reste") == 42


def test_killed_server_keeps_data(dossier):
    postgres = PostgresEmbarque(dossier)
    postgres.start()
    ecrire(postgres, "CREATE TABLE reste (n int)", "INSERT INTO reste VALUES (42)")
    postgres.processus.kill()
    postgres.stop()
    assert (postgres.donnees / "postmaster.pid").exists()
    with postgres:
        assert lire(postgres, "SELECT n FROM reste") == 42


@pytest.mark.parametrize("lie", [True, False], ids=["with_setpriv", "without_setpriv"])
def test_killed_supervisor_does_not_keep_the_folder(dossier, tmp_path, lie):
    """Its server ends by itself; where the kernel is not asked so, the next start ends it."""
    chemin = os.environ["PATH"] if lie else faux_programmes(tmp_path / "bin", "setpriv")
    with subprocess.Popen(
        [sys.executable, "-c", SUPERVISEUR, dossier],
        cwd=RACINE,
        env=os.environ | {"PATH": chemin},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as superviseur:
        annonce = superviseur.stdout.readline()
        if not annonce and not lie:
            # Root, where namespaces are refused (a container, a chroot), has only setpriv: without it, a sentence.
            assert "DATABASE_URL" in superviseur.stderr.read().decode()
            return
        ancien = int(annonce)
        postgres = PostgresEmbarque(dossier, durable=False)
        ecrire(postgres, "CREATE TABLE reste (n int)", "INSERT INTO reste VALUES (42)")
        superviseur.kill()
    if lie and lier("INT"):
        attendre_la_fin(ancien)
    with postgres:
        assert not arguments(ancien)
        assert lire(postgres, "SELECT n FROM reste") == 42


def test_pid_of_somebody_else_is_no_obstacle(dossier):
    """As after a copy of the folder, or in a container that numbers its processes anew."""
    postgres = PostgresEmbarque(dossier, durable=False)
    postgres.start()
    postgres.processus.kill()
    postgres.stop()
    fichier = postgres.donnees / "postmaster.pid"
    fichier.write_text(f"{os.getpid()}\n" + fichier.read_text().split("\n", 1)[1])
    with postgres:
        assert lire(postgres, "SELECT 1") == 1


@pytest.mark.parametrize("nom", ["d" * 120, "une, virgule"])
def test_path_that_libpq_cannot_take(tmp_path, nom):
    postgres = PostgresEmbarque(tmp_path / nom, durable=False)
    with postgres:
        assert lire(postgres, "SELECT 1") == 1
        assert tmp_path / nom not in postgres.socket.parents
        assert postgres.socket.stat().st_mode & 0o777 == 0o700
        assert PostgresEmbarque(tmp_path / nom).socket == postgres.socket
    assert not postgres.socket.exists()


def test_two_folders_run_side_by_side(tmp_path):
    with (
        PostgresEmbarque(tmp_path / "un", durable=False) as un,
        PostgresEmbarque(tmp_path / "deux", durable=False) as deux,
    ):
        ecrire(un, "CREATE TABLE seulement_ici (n int)")
        assert lire(deux, "SELECT to_regclass('seulement_ici')") is None


def test_same_folder_twice_is_refused(postgres):
    with pytest.raises(DossierOccupe, match="déjà lancé"):
        PostgresEmbarque(postgres.dossier).start()
    assert lire(postgres, "SELECT 1") == 1


def test_data_of_another_version_are_refused(dossier):
    (dossier / "donnees").mkdir(parents=True)
    (dossier / "donnees" / "PG_VERSION").write_text("9.6\n")
    with pytest.raises(ErreurPostgres, match=r"créé par PostgreSQL 9\.6"):
        PostgresEmbarque(dossier).start()


def test_server_that_cannot_start_shows_its_reason(dossier):
    with PostgresEmbarque(dossier, durable=False) as postgres:
        pass
    (postgres.donnees / "postgresql.conf").write_text("reglage_inconnu = 1\n")
    with pytest.raises(ErreurPostgres, match="reglage_inconnu"):
        postgres.start()


def test_wrong_bindir_is_said(monkeypatch, tmp_path):
    monkeypatch.setenv("PG_BINDIR", str(tmp_path))
    with pytest.raises(ErreurPostgres, match="PG_BINDIR"):
        trouver_binaires()


def test_bindir_comes_first(monkeypatch, tmp_path):
    lien = tmp_path / "bin"
    lien.symlink_to(trouver_binaires())
    monkeypatch.setenv("PG_BINDIR", str(lien))
    assert trouver_binaires() == lien


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become another user")
class TestRoot:
    def test_without_user_namespace_another_user_runs_it(self, dossier, tmp_path, monkeypatch):
        monkeypatch.setenv("PATH", faux_programmes(tmp_path / "bin", "unshare"))
        with PostgresEmbarque(dossier, durable=False) as postgres:
            assert lire(postgres, "SELECT 1") == 1
            assert Path(f"/proc/{postgres.processus.pid}").stat().st_uid != 0
        monkeypatch.undo()
        with postgres:  # the folder is another user's now, and still serves
            assert lire(postgres, "SELECT 1") == 1

    def test_without_any_way_database_url_is_asked_for(self, dossier, tmp_path, monkeypatch):
        monkeypatch.setenv("PATH", faux_programmes(tmp_path / "bin", "unshare", "setpriv"))
        with pytest.raises(ErreurPostgres, match="DATABASE_URL"):
            PostgresEmbarque(dossier).start()


def commande(*arguments_: str, **environnement: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "emjpm.postgres", *arguments_],
        cwd=RACINE,
        env=os.environ | environnement,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def resultat(*arguments_: str, **environnement: str) -> tuple[int, str, str]:
    with commande(*arguments_, **environnement) as processus:
        sortie, erreurs = processus.communicate(timeout=60)
    return processus.returncode, sortie, erreurs


def test_command_line_gives_a_database_and_the_exit_code(tmp_path):
    requete = "import os, psycopg; psycopg.connect(os.environ['DATABASE_URL']).close(); raise SystemExit(7)"
    code, _, erreurs = resultat("--ephemere", "--", sys.executable, "-c", requete, TMPDIR=str(tmp_path))
    assert (code, erreurs) == (7, "")
    assert not list(tmp_path.iterdir())


def test_command_line_leaves_database_url_alone():
    code, sortie, _ = resultat("--", "sh", "-c", "echo $DATABASE_URL", DATABASE_URL="postgres://ailleurs/base")
    assert (code, sortie) == (0, "postgres://ailleurs/base\n")


@pytest.mark.parametrize("arguments_", [[], ["--ephemere"], ["--autre", "--", "true"], ["true"]])
def test_command_line_shows_its_usage(arguments_):
    code, _, erreurs = resultat(*arguments_)
    assert code == 2
    assert erreurs.startswith("Usage")


def test_command_line_says_that_a_command_is_unknown():
    assert resultat("--ephemere", "--", "commande-inconnue") == (
        127,
        "",
        "Commande introuvable : commande-inconnue\n",
    )


@pytest.mark.parametrize(
    ("numero", "envoyer"),
    [(signal.SIGINT, os.killpg), (signal.SIGTERM, os.kill)],
    ids=["int-group", "term-alone"],
)
def test_command_line_passes_a_signal_once(tmp_path, envoyer, numero):
    with commande(
        "--ephemere", "--", sys.executable, "-uc", ECOUTE, str(numero.value), TMPDIR=str(tmp_path)
    ) as processus:
        assert processus.stdout.readline() == "pret\n"
        envoyer(processus.pid, numero)
        sortie, erreurs = processus.communicate(timeout=30)
    assert (processus.returncode, sortie, erreurs) == (0, f"[{numero.value}]\n", "")
    assert not list(tmp_path.iterdir())


def test_command_line_stopped_while_starting_leaves_nothing(tmp_path):
    with commande("--ephemere", "--", "sleep", "60", TMPDIR=str(tmp_path)) as processus:
        limite = time.monotonic() + 20
        while not list(tmp_path.glob("*/verrou")):
            assert time.monotonic() < limite
            time.sleep(0.01)
        processus.terminate()
        _, erreurs = processus.communicate(timeout=30)
    assert (processus.returncode, erreurs) == (128 + signal.SIGTERM, "")
    assert not list(tmp_path.iterdir())
