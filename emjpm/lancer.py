"""What `make run` calls: database, preparation, web server and worker, from one terminal.

    python -m emjpm.lancer

Environment: PORT (used exactly; else the first free one from 8000), HOST (127.0.0.1), DATABASE_URL
(else an embedded PostgreSQL in `var/postgres`), DEBUG=1 (Django's own server, which reloads the
code), SECRET_KEY (else one kept in `var/`), DJANGO_SETTINGS_MODULE (emjpm.settings.dev).
"""

import contextlib
import errno
import http.client
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn

from emjpm.demonstration.comptes import COMPTES, MOT_DE_PASSE
from emjpm.postgres import DOSSIER, DossierOccupe, ErreurPostgres, PostgresEmbarque
from emjpm.postgres.processus import ecouter, lier

RACINE = Path(__file__).resolve().parents[1]
VAR = RACINE / "var"
PORTS = range(8000, 8100)
VRAI = {"1", "true", "yes", "on", "y", "ok"}  # as django-environ reads DEBUG

# Seconds. The three stops add up to less than 10.
ATTENTE_SANTE = 60.0
ATTENTE_DOSSIER = 12.0  # for a copy that is still ending
ARRET_DOUX = 3  # of requests and tasks under way
ARRET_ENFANTS = 4.5
ARRET_POSTGRES = 3.0


class ErreurLancement(Exception):
    """A French sentence that says why the site does not run."""


class ArretDemande(Exception):
    """Ctrl-C, or a signal that says the same."""


def lire_port(environnement: Mapping[str, str]) -> int | None:
    valeur = environnement.get("PORT", "").strip()
    if not valeur:
        return None
    if not valeur.isdecimal() or not 0 < int(valeur) < 65536:
        raise ErreurLancement(f"PORT doit être un nombre de 1 à 65535, et non « {valeur} ».")
    return int(valeur)


def ouvrir_port(hote: str, voulu: int | None) -> socket.socket:
    """Listening socket on the port wanted, else on the first free one."""
    try:
        famille, *_, adresse = socket.getaddrinfo(hote, None, type=socket.SOCK_STREAM)[0]
    except OSError as erreur:
        raise ErreurLancement(f"HOST n'est pas une adresse de cette machine : {hote}.") from erreur
    for port in [voulu] if voulu else PORTS:
        try:
            return socket.create_server((adresse[0], port), family=famille)
        except OSError as erreur:
            if erreur.errno != errno.EADDRINUSE:
                raise ErreurLancement(f"Le port {port} de {hote} ne s'ouvre pas : {erreur.strerror}.") from erreur
    if voulu:
        raise ErreurLancement(
            f"Le port {voulu} est déjà pris par un autre programme : choisissez-en un autre,"
            f" par exemple « PORT={voulu + 1 if voulu < 65535 else 8000} make run »."
        )
    raise ErreurLancement(f"Aucun port n'est libre de {PORTS[0]} à {PORTS[-1]} : indiquez-en un dans PORT.")


def cle_secrete(dossier: Path) -> str:
    """The key of this folder, drawn once: sessions survive a restart."""
    fichier = dossier / "cle-secrete"
    dossier.mkdir(parents=True, exist_ok=True)
    fichier.touch(mode=0o600)
    fichier.chmod(0o600)
    if not fichier.read_text().strip():
        fichier.write_text(secrets.token_urlsafe(50))
    return fichier.read_text().strip()


def dire(texte: str) -> None:
    """Print; a terminal that is gone must not prevent an orderly end."""
    try:
        print(texte, flush=True)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class Superviseur:
    """The processes started, in their order, and how they end.

    Each has a session of its own: a signal sent to the whole group reaches them through us only,
    once and in order. Should this process be killed with -9, the kernel ends them.
    """

    def __init__(self) -> None:
        self.arret_demande = False
        self.postgres: PostgresEmbarque | None = None
        self.enfants: dict[str, subprocess.Popen[bytes]] = {}
        self.environnement = dict(os.environ)
        ecouter(self._noter)

    def _noter(self, _numero: int, _cadre: FrameType | None) -> None:
        self.arret_demande = True

    def demarrer(self) -> None:
        hote = self.environnement.get("HOST") or "127.0.0.1"
        port = lire_port(self.environnement)
        ouvrir_port(hote, port).close()  # better refused now than after a minute's work
        self._preparer_environnement()
        dire("Préparation de la base…")
        self._executer("La préparation de la base", [sys.executable, "manage.py", "preparer", "--demonstration"])
        adresse = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(hote, hote)  # noqa: S104 -- only compared
        with ouvrir_port(hote, port) as ecoute:
            port = ecoute.getsockname()[1]
            url = f"http://{f'[{adresse}]' if ':' in adresse else adresse}:{port}"
            self.environnement.setdefault("BASE_URL", url)
            self._lancer_web(hote, port, ecoute)
        self._lancer("Le traitement des tâches", commande_taches())
        self._attendre_sante(adresse, port)
        annoncer(f"{url}/")

    def veiller(self) -> NoReturn:
        while True:
            self._verifier()
            time.sleep(0.2)

    def arreter(self) -> None:
        """Web server and worker first, PostgreSQL last; by force what does not end in time."""
        if self.enfants or self.postgres:
            dire("Arrêt en cours…")
        for enfant in self.enfants.values():
            enfant.terminate()
        limite = time.monotonic() + ARRET_ENFANTS
        for enfant in self.enfants.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                enfant.wait(max(0.0, limite - time.monotonic()))
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(enfant.pid, signal.SIGKILL)  # itself, or what it left behind
            enfant.wait()
        if self.postgres:
            self.postgres.stop(ARRET_POSTGRES)

    def _preparer_environnement(self) -> None:
        if not self.environnement.get("DATABASE_URL"):
            self._demarrer_postgres()
        if not self.environnement.get("SECRET_KEY"):
            self.environnement["SECRET_KEY"] = cle_secrete(VAR)
        self.environnement.setdefault("DJANGO_SETTINGS_MODULE", "emjpm.settings.dev")
        self.environnement["PYTHONUNBUFFERED"] = "1"

    def _demarrer_postgres(self) -> None:
        dire("Démarrage de PostgreSQL…")
        postgres = PostgresEmbarque(DOSSIER, abandonner=lambda: self.arret_demande)
        limite = time.monotonic() + ATTENTE_DOSSIER
        while True:
            try:
                postgres.start()
                break
            except DossierOccupe as erreur:
                if time.monotonic() > limite:
                    raise ErreurLancement(
                        "Le site est déjà lancé depuis ce dossier : arrêtez-le, ou copiez le dossier."
                    ) from erreur
            self._verifier()
            time.sleep(0.2)
        self.postgres = postgres
        self.environnement = postgres.environnement()

    def _lancer_web(self, hote: str, port: int, ecoute: socket.socket) -> None:
        if self.environnement.get("DEBUG", "").lower() not in VRAI:
            # The open socket is handed over, so that nobody takes the port meanwhile.
            self._lancer("Le serveur web", commande_web(ecoute.fileno()), (ecoute.fileno(),))
            return
        ecoute.close()
        adresse = f"[{hote}]:{port}" if ":" in hote else f"{hote}:{port}"
        self._lancer("Le serveur web", [sys.executable, "manage.py", "runserver", adresse])

    def _lancer(
        self, nom: str, commande: Sequence[str], descripteurs: Sequence[int] = ()
    ) -> subprocess.Popen[bytes]:
        self.enfants[nom] = enfant = subprocess.Popen(
            [*lier("TERM"), *commande],
            cwd=RACINE,
            env=self.environnement,
            pass_fds=descripteurs,
            start_new_session=True,
        )
        return enfant

    def _executer(self, nom: str, commande: Sequence[str]) -> None:
        """Run to its end something that does not stay."""
        enfant = self._lancer(nom, commande)
        while enfant.poll() is None:
            if self.arret_demande:
                raise ArretDemande
            time.sleep(0.05)
        del self.enfants[nom]
        if enfant.returncode and not self.arret_demande:
            raise ErreurLancement(f"{nom} a échoué (code {enfant.returncode}) : voir le message ci-dessus.")

    def _verifier(self) -> None:
        if self.arret_demande:
            raise ArretDemande
        for nom, enfant in self.enfants.items():
            if (code := enfant.poll()) is not None:
                raise ErreurLancement(f"{nom} s'est arrêté sans qu'on le lui demande (code {code}).")
        if self.postgres and self.postgres.processus and self.postgres.processus.poll() is not None:
            raise ErreurLancement(f"PostgreSQL s'est arrêté : voir {self.postgres.journal}.")

    def _attendre_sante(self, adresse: str, port: int) -> None:
        limite = time.monotonic() + ATTENTE_SANTE
        while (reponse := lire_sante(adresse, port)) != "200":
            self._verifier()
            if time.monotonic() > limite:
                raise ErreurLancement(f"Le site ne répond pas comme il faut à /sante/ : {reponse}.")
            time.sleep(0.2)


def commande_web(descripteur: int) -> list[str]:
    options = ["--workers=1", "--worker-class=gthread", "--threads=4", f"--graceful-timeout={ARRET_DOUX}"]
    gunicorn = [sys.executable, "-m", "gunicorn", "emjpm.wsgi:application", f"--bind=fd://{descripteur}"]
    return [*gunicorn, "--no-control-socket", "--log-level=warning", *options]


def commande_taches() -> list[str]:
    return [
        *(sys.executable, "manage.py", "procrastinate", "worker"),
        f"--shutdown-graceful-timeout={ARRET_DOUX}",
    ]


def lire_sante(adresse: str, port: int) -> str:
    """Status of /sante/, or what prevented an answer."""
    connexion = http.client.HTTPConnection(adresse, port, timeout=2)
    try:
        # A name that the settings allow, whatever the address listened on.
        connexion.request("GET", "/sante/", headers={"Host": "localhost"})
        return str(connexion.getresponse().status)
    except (OSError, http.client.HTTPException) as erreur:
        return str(erreur) or type(erreur).__name__
    finally:
        connexion.close()


def annoncer(site: str) -> None:
    largeur = max(len(compte.identifiant) for compte in COMPTES)
    comptes = "\n".join(f"  {compte.identifiant:<{largeur}}  {compte.qui}" for compte in COMPTES)
    dire(
        f"\nLe site est prêt : {site}\n\n"
        f"Comptes de démonstration, mot de passe {MOT_DE_PASSE}\n{comptes}\n\n"
        f"Courriels envoyés par le site : {site}courrier/\n"
        "Ctrl-C pour tout arrêter.\n"
    )


def main() -> int:
    superviseur = Superviseur()
    try:
        superviseur.demarrer()
        superviseur.veiller()
    except ArretDemande:
        return 0
    except (ErreurLancement, ErreurPostgres) as erreur:
        if superviseur.arret_demande:  # the cause is the stop itself
            return 0
        print(erreur, file=sys.stderr, flush=True)
        return 1
    finally:
        superviseur.arreter()


if __name__ == "__main__":
    sys.exit(main())
