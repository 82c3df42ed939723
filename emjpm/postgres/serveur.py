"""The server itself: its folder, its start after a crash, its end."""

import contextlib
import fcntl
import functools
import hashlib
import os
import re
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Self
from urllib.parse import quote

import psycopg
from psycopg.rows import TupleRow

from emjpm.postgres.binaires import trouver_binaires, version
from emjpm.postgres.erreurs import RECOURS, DossierOccupe, ErreurPostgres
from emjpm.postgres.processus import arguments, donner, identites, lier, reussit

DOSSIER = Path(__file__).resolve().parents[2] / "var" / "postgres"
NOM = "emjpm"  # of the role and of the database
PORT = 5432  # only names the socket: no TCP port is opened
LONGUEUR_SOCKET = 107  # bytes that the kernel takes for the path of a unix socket
ATTENTE_ANCIEN = 15.0  # seconds left to what remains of a server that was killed
ATTENTE_PRET = 60.0  # seconds, recovery after a crash included


class PostgresEmbarque:
    """A PostgreSQL in `dossier`, started and stopped by this process.

    durable=False trades safety on a power cut for speed. `abandonner` is asked while waiting:
    once it answers yes, start() gives up.
    """

    def __init__(
        self, dossier: Path, *, durable: bool = True, abandonner: Callable[[], bool] = lambda: False
    ) -> None:
        self.dossier = dossier.resolve()
        self.durable = durable
        self.abandonner = abandonner
        self.processus: subprocess.Popen[bytes] | None = None
        self._verrou: IO[bytes] | None = None

    @property
    def donnees(self) -> Path:
        return self.dossier / "donnees"

    @property
    def journal(self) -> Path:
        return self.dossier / "journal"

    @functools.cached_property
    def socket(self) -> Path:
        """Folder of the socket: in `dossier`, or when that path is too long under the temporary folder."""
        empreinte = hashlib.sha256(os.fsencode(self.dossier)).hexdigest()[:12]
        court = f"emjpm-{os.geteuid()}-{empreinte}"
        for candidat in (self.dossier / "socket", Path(tempfile.gettempdir()) / court):
            longueur = len(os.fsencode(candidat / f".s.PGSQL.{PORT}"))
            if longueur <= LONGUEUR_SOCKET and "," not in str(candidat):  # libpq splits hosts at commas
                return candidat
        return Path("/tmp") / court  # noqa: S108 -- _preparer_socket checks whose it is

    @property
    def url(self) -> str:
        """Understood by django-environ and by libpq alike (which reads a socket from ?host= only)."""
        return f"postgres://{NOM}@/{NOM}?host={quote(str(self.socket))}&port={PORT}"

    def environnement(self) -> dict[str, str]:
        """Environment of a client: DATABASE_URL for Django, PGHOST and so on for psql and dbshell."""
        return _sans_pg(os.environ) | {
            "DATABASE_URL": self.url,
            "PGHOST": str(self.socket),
            "PGPORT": str(PORT),
            "PGUSER": NOM,
            "PGDATABASE": NOM,
        }

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, type_: type[BaseException] | None, erreur: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start, after what an earlier supervisor killed with -9 may have left, and create the database."""
        binaires = trouver_binaires()
        self._verrouiller()
        try:
            self._finir_orphelin()
            prefixe = self._prefixe(binaires)
            self._preparer_donnees(binaires, prefixe)
            self._lancer(binaires, prefixe)
            self._creer_base()
        except psycopg.Error as erreur:
            self.stop()
            raise ErreurPostgres(f"PostgreSQL refuse la base : {erreur}") from erreur
        except BaseException:
            self.stop()
            raise

    def stop(self, delai: float = 10.0) -> None:
        """Fast shutdown, and harder after `delai` seconds; committed data survive either way."""
        if self.processus is not None:
            for signal_, attente in ((signal.SIGINT, delai), (signal.SIGQUIT, 1.5), (signal.SIGKILL, 5.0)):
                self.processus.send_signal(signal_)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self.processus.wait(attente)
                    break
            self.processus = None
        if self._verrou is not None:
            with contextlib.suppress(OSError):  # kept when something is still in it
                self.socket.rmdir()
            self._verrou.close()
            self._verrou = None

    def attendre(self, delai: float = ATTENTE_PRET) -> None:
        """Wait until the server answers, be it this object's or that of another process."""
        limite = time.monotonic() + delai
        while True:
            try:
                self._connexion().close()
                return
            except psycopg.OperationalError as erreur:
                if time.monotonic() > limite:
                    raise ErreurPostgres(f"PostgreSQL ne répond pas : {erreur}") from erreur
            if self.processus is not None and self.processus.poll() is not None:
                raise ErreurPostgres(f"PostgreSQL s'est arrêté au démarrage :\n{self._fin_du_journal()}")
            self._pause()

    def _connexion(self) -> psycopg.Connection[TupleRow]:
        return psycopg.connect(
            host=str(self.socket), port=PORT, user=NOM, dbname="postgres", connect_timeout=5, autocommit=True
        )

    def _pause(self) -> None:
        if self.abandonner():
            raise ErreurPostgres("Démarrage de PostgreSQL abandonné.")
        time.sleep(0.05)

    def _verrouiller(self) -> None:
        """Be alone on this folder; the kernel drops the lock with its holder, even on kill -9."""
        try:
            self.dossier.mkdir(parents=True, exist_ok=True)
            verrou = (self.dossier / "verrou").open("ab")
        except OSError as erreur:
            raise ErreurPostgres(
                f"Le dossier {self.dossier} n'est pas accessible en écriture ({erreur.strerror})."
            ) from erreur
        try:
            fcntl.flock(verrou, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as erreur:
            verrou.close()
            raise DossierOccupe(
                f"Le PostgreSQL de {self.dossier} est déjà lancé par un autre programme."
            ) from erreur
        self._verrou = verrou

    def _prefixe(self, binaires: Path) -> list[str]:
        """Prefix under which PostgreSQL, which refuses root, may run on this folder."""
        for prefixe, proprietaire in identites(self.dossier.stat().st_uid):
            essai = 'test "$(id -u)" != 0 && "$1" -V && test -w "$2"'
            donner(self.dossier, proprietaire)
            if reussit([*prefixe, "sh", "-c", essai, "sh", binaires / "postgres", self.dossier]):
                self._preparer_socket(proprietaire)
                return [*prefixe, *lier("INT")]
        raise ErreurPostgres(
            f"PostgreSQL ne peut pas être lancé dans {self.dossier} par cet utilisateur. {RECOURS}"
        )

    def _preparer_socket(self, proprietaire: int) -> None:
        """Private folder, since whoever reaches the socket is let in; emptied of a dead server's files."""
        self.socket.mkdir(mode=0o700, exist_ok=True)
        etat = self.socket.lstat()
        if not stat.S_ISDIR(etat.st_mode) or etat.st_uid not in (os.geteuid(), proprietaire):
            raise ErreurPostgres(f"{self.socket} appartient à un autre utilisateur : supprimez-le.")
        self.socket.chmod(0o700)
        donner(self.socket, proprietaire)
        for reste in self.socket.glob(".s.PGSQL.*"):
            reste.unlink()

    def _preparer_donnees(self, binaires: Path, prefixe: list[str]) -> None:
        trouvee = version(binaires)
        if self.donnees.exists():
            fichier = self.donnees / "PG_VERSION"
            presente = fichier.read_text().strip() if fichier.exists() else "inconnu"
            if presente != str(trouvee):
                raise ErreurPostgres(
                    f"{self.donnees} a été créé par PostgreSQL {presente}, celui d'ici est {trouvee}."
                    " Supprimez ce dossier pour repartir de données neuves, ou indiquez dans PG_BINDIR les"
                    f" programmes de PostgreSQL {presente}."
                )
            return
        brouillon = self.dossier / "donnees.brouillon"  # renamed once whole: an initdb may be cut short
        shutil.rmtree(brouillon, ignore_errors=True)
        # No ICU: the wheel has none. The builtin provider came with 17.
        tri = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if (trouvee or 0) >= 17 else []
        commande = [*prefixe, str(binaires / "initdb"), "-D", str(brouillon), "-U", NOM, "-E", "UTF8"]
        options = ["--auth=trust", "--locale=C.UTF-8", *(tri or ["--locale-provider=libc"])]
        resultat = subprocess.run(
            [*commande, *options, *([] if self.durable else ["--no-sync"])],
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            env=_environnement_serveur(),
            start_new_session=True,
            check=False,
        )
        if resultat.returncode:
            shutil.rmtree(brouillon, ignore_errors=True)
            raise ErreurPostgres(f"La base n'a pas pu être créée dans {self.dossier} :\n{resultat.stderr.strip()}")
        brouillon.rename(self.donnees)

    def _finir_orphelin(self) -> None:
        """Stop the server that a killed supervisor left in this folder, and clear a file that lies.

        PostgreSQL checks its own postmaster.pid, but takes any living process that has the
        number written there for a server: a folder copied, or kept by a new container, would
        never start again.
        """
        fichier = self.donnees / "postmaster.pid"
        limite = time.monotonic() + ATTENTE_ANCIEN
        signaux = iter((signal.SIGINT, signal.SIGQUIT))
        while (pid := _pid_ecrit(fichier)) is not None:
            commande = arguments(pid)
            if not commande:  # gone or defunct: PostgreSQL sees to it
                return
            if str(self.donnees) not in commande:
                fichier.unlink(missing_ok=True)
                return
            if (signal_ := next(signaux, None)) is not None:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal_)
                fin = time.monotonic() + ATTENTE_ANCIEN / 2
                while time.monotonic() < fin and arguments(pid):
                    self._pause()
            elif time.monotonic() > limite:
                raise ErreurPostgres(f"Un PostgreSQL (processus {pid}) occupe encore {self.donnees} : arrêtez-le.")
            self._pause()

    def _lancer(self, binaires: Path, prefixe: list[str]) -> None:
        reglages = [
            "listen_addresses=",
            f"port={PORT}",
            "unix_socket_permissions=0700",
            "max_connections=200",
        ]
        if not self.durable:
            reglages += ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]
            reglages += ["autovacuum=off", "wal_level=minimal", "max_wal_senders=0"]
        commande = [*prefixe, str(binaires / "postgres"), "-D", str(self.donnees), "-k", str(self.socket)]
        for reglage in reglages:
            commande += ["-c", reglage]
        limite = time.monotonic() + ATTENTE_ANCIEN
        while True:
            with self.journal.open("wb") as journal:
                self.processus = subprocess.Popen(
                    commande,
                    stdin=subprocess.DEVNULL,
                    stdout=journal,
                    stderr=journal,
                    env=_environnement_serveur(),
                    # Ctrl-C in the terminal must not reach PostgreSQL before its clients.
                    start_new_session=True,
                )
            try:
                self.attendre()
                return
            except ErreurPostgres:
                # The processes of a server just killed can stay for a second or two.
                occupe = re.search(r"lock file|pre-existing shared memory", self._fin_du_journal())
                if self.processus.poll() is None or not occupe or time.monotonic() > limite:
                    raise
            self._pause()

    def _creer_base(self) -> None:
        with self._connexion() as connexion:
            if not connexion.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NOM]).fetchone():
                connexion.execute(f"CREATE DATABASE {NOM}")

    def _fin_du_journal(self) -> str:
        return "\n".join(self.journal.read_text(errors="replace").splitlines()[-15:])


def _sans_pg(environnement: Mapping[str, str]) -> dict[str, str]:
    """Without PGHOST, PGOPTIONS…, which speak of another server."""
    return {nom: valeur for nom, valeur in environnement.items() if not re.match(r"PG[A-Z]", nom)}


def _environnement_serveur() -> dict[str, str]:
    return _sans_pg(os.environ) | {"LC_ALL": "C.UTF-8"}  # the journal in English, which _lancer reads


def _pid_ecrit(fichier: Path) -> int | None:
    try:
        return int(fichier.read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None
