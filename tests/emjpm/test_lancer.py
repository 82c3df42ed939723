"""The supervisor, with a site of a few lines in place of the real one, in a temporary folder."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest

from emjpm import lancer

RACINE = Path(__file__).resolve().parents[2]
LUES = {"PORT", "HOST", "DEBUG", "DATABASE_URL", "SECRET_KEY", "DJANGO_SETTINGS_MODULE"}

SITE = {
    "emjpm/demonstration/comptes.py": """
from types import SimpleNamespace
COMPTES = (SimpleNamespace(identifiant="juge", qui="Juge du tribunal de Calais"),)
MOT_DE_PASSE = "demonstration"
""",
    "emjpm/wsgi.py": """
import os
from pathlib import Path
def application(environ, start_response):
    pret = Path("taches").exists() and len(os.environ["SECRET_KEY"]) > 50
    start_response("200 OK" if pret else "503 Service Unavailable", [("Content-Length", "0")])
    return []
""",
    "manage.py": """
import os, signal, sys, time
from pathlib import Path
import psycopg
if os.environ.get("ECHEC") == sys.argv[1]:
    sys.exit(3)
with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as base:
    if sys.argv[1:] == ["preparer", "--demonstration"]:
        time.sleep(float(os.environ.get("LENTEUR", "0")))
        base.execute("CREATE TABLE IF NOT EXISTS preparations (n int)")
        base.execute("INSERT INTO preparations VALUES (1)")
        print("preparations", base.execute("SELECT count(*) FROM preparations").fetchone()[0], flush=True)
    elif sys.argv[1] == "procrastinate":
        fini = []
        signal.signal(signal.SIGTERM, lambda *_: fini.append(1))
        Path("taches").write_text(str(os.getpid()))
        while not fini:
            time.sleep(0.05)
        base.execute("SELECT 1")
        print("taches finies avant la base", flush=True)
""",
}


def processus_de(dossier: Path) -> list[str]:
    """Command lines of the processes that run in this folder."""
    trouves = []
    for processus in Path("/proc").glob("[0-9]*"):
        try:
            ou = (processus / "cwd").readlink()
            commande = (processus / "cmdline").read_text().replace("\0", " ")
        except OSError:
            continue
        if (ou == dossier or dossier in ou.parents) and commande:
            trouves.append(commande)
    return trouves


@pytest.fixture
def dossier(tmp_path) -> Iterator[Path]:
    shutil.copytree(RACINE / "emjpm" / "postgres", tmp_path / "emjpm" / "postgres")
    shutil.copy(RACINE / "emjpm" / "lancer.py", tmp_path / "emjpm" / "lancer.py")
    (tmp_path / "emjpm" / "demonstration").mkdir()
    for nom, texte in SITE.items():
        (tmp_path / nom).write_text(texte)
    yield tmp_path
    assert not processus_de(tmp_path)


@contextmanager
def lancer_dans(dossier: Path, **environnement: str) -> Iterator[subprocess.Popen[str]]:
    propre = {nom: valeur for nom, valeur in os.environ.items() if nom not in LUES}
    superviseur = subprocess.Popen(
        # Under nohup the tests ignore SIGHUP, and so would what they start.
        ["env", "--default-signal=HUP", sys.executable, "-m", "emjpm.lancer"],
        cwd=dossier,
        env=propre | environnement,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    with superviseur:
        try:
            yield superviseur
            superviseur.wait(30)
        finally:
            superviseur.kill()  # one that does not end must not hold the tests


def lire_jusqu_a(processus: subprocess.Popen[str], texte: str) -> str:
    lu = ""
    for ligne in processus.stdout:
        lu += ligne
        if texte in ligne:
            return lu
    raise AssertionError(lu)


@pytest.fixture
def port_pris() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as ecoute:
        yield ecoute.getsockname()[1]


@pytest.mark.parametrize("valeur", ["0", "65536", "huit mille", "-1"])
def test_lire_port_refuses_what_is_no_port(valeur):
    with pytest.raises(lancer.ErreurLancement, match="PORT doit être"):
        lancer.lire_port({"PORT": valeur})


def test_lire_port():
    assert lancer.lire_port({"PORT": " 8123 "}) == 8123
    assert lancer.lire_port({"PORT": ""}) is None
    assert lancer.lire_port({}) is None


def test_ouvrir_port_refuses_one_that_is_taken(port_pris):
    with pytest.raises(lancer.ErreurLancement, match=f"Le port {port_pris} est déjà pris"):
        lancer.ouvrir_port("127.0.0.1", port_pris)


def test_ouvrir_port_takes_the_next_free_one(port_pris, monkeypatch):
    monkeypatch.setattr(lancer, "PORTS", range(port_pris, port_pris + 20))
    with lancer.ouvrir_port("127.0.0.1", None) as ecoute:
        assert port_pris < ecoute.getsockname()[1] < port_pris + 20


def test_ouvrir_port_says_that_none_is_left(port_pris, monkeypatch):
    monkeypatch.setattr(lancer, "PORTS", range(port_pris, port_pris + 1))
    with pytest.raises(lancer.ErreurLancement, match="Aucun port"):
        lancer.ouvrir_port("127.0.0.1", None)


def test_cle_secrete_is_private_and_stays(tmp_path):
    cle = lancer.cle_secrete(tmp_path)
    assert len(cle) > 50
    assert lancer.cle_secrete(tmp_path) == cle
    assert (tmp_path / "cle-secrete").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("numero", "envoyer"),
    [(signal.SIGINT, os.killpg), (signal.SIGTERM, os.killpg), (signal.SIGTERM, os.kill)],
    ids=["int-group", "term-group", "term-alone"],
)
def test_site_runs_then_ends_in_order(dossier, numero, envoyer):
    with lancer_dans(dossier) as superviseur:
        annonce = lire_jusqu_a(superviseur, "Ctrl-C")
        port = int(re.search(r"http://127\.0\.0\.1:(\d+)/\n", annonce)[1])
        with closing(HTTPConnection("127.0.0.1", port)) as connexion:
            connexion.request("GET", "/sante/")
            assert connexion.getresponse().status == 200
        debut = time.monotonic()
        envoyer(superviseur.pid, numero)
        fin = superviseur.stdout.read()
    assert superviseur.returncode == 0
    assert time.monotonic() - debut < 10
    assert "juge  Juge du tribunal de Calais" in annonce
    assert f"http://127.0.0.1:{port}/courrier/" in annonce
    assert "taches finies avant la base" in fin
    assert "Traceback" not in annonce + fin


def test_second_start_finds_the_data_after_kill_9(dossier):
    with lancer_dans(dossier) as superviseur:
        assert "preparations 1" in lire_jusqu_a(superviseur, "Ctrl-C")
        superviseur.kill()
    with lancer_dans(dossier) as superviseur:
        assert "preparations 2" in lire_jusqu_a(superviseur, "Ctrl-C")
        superviseur.terminate()
        superviseur.stdout.read()
    assert superviseur.returncode == 0


def test_child_that_dies_ends_all(dossier):
    with lancer_dans(dossier) as superviseur:
        lire_jusqu_a(superviseur, "Ctrl-C")
        os.kill(int((dossier / "taches").read_text()), signal.SIGKILL)
        fin = superviseur.stdout.read()
    assert superviseur.returncode == 1
    assert "Le traitement des tâches s'est arrêté sans qu'on le lui demande" in fin


def test_failed_preparation_ends_all(dossier):
    with lancer_dans(dossier, ECHEC="preparer") as superviseur:
        sortie = superviseur.stdout.read()
    assert superviseur.returncode == 1
    assert "La préparation de la base a échoué (code 3)" in sortie


def test_stop_while_preparing(dossier):
    with lancer_dans(dossier, LENTEUR="60") as superviseur:
        lire_jusqu_a(superviseur, "Préparation de la base")
        os.killpg(superviseur.pid, signal.SIGINT)
        fin = superviseur.stdout.read()
    assert superviseur.returncode == 0
    assert fin == "Arrêt en cours…\n"


def test_taken_port_is_refused_at_once(dossier, port_pris):
    with lancer_dans(dossier, PORT=str(port_pris)) as superviseur:
        sortie = superviseur.stdout.read()
    assert superviseur.returncode == 1
    assert sortie == (
        f"Le port {port_pris} est déjà pris par un autre programme : choisissez-en un autre,"
        f" par exemple « PORT={port_pris + 1} make run ».\n"
    )


def test_closed_terminal_does_not_prevent_the_end(dossier):
    with lancer_dans(dossier) as superviseur:
        lire_jusqu_a(superviseur, "Ctrl-C")
        superviseur.stdout.close()
        os.killpg(superviseur.pid, signal.SIGHUP)
        superviseur.wait(15)
    assert superviseur.returncode == 0
