"""Processes and their signals: who gets them, and under which user a command runs."""

import contextlib
import functools
import os
import pwd
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType


def ecouter(traiter: Callable[[int, FrameType | None], None]) -> None:
    """Handle SIGINT, SIGTERM, and SIGHUP unless it is ignored, as under nohup."""
    for numero in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if numero != signal.SIGHUP or signal.getsignal(numero) is not signal.SIG_IGN:
            signal.signal(numero, traiter)


@functools.cache
def lier(signal_de_fin: str) -> tuple[str, ...]:
    """Prefix of a command that gets this signal ("TERM") should its parent be killed with -9.

    The kernel sends it when the *thread* that started the command ends: start from the main one.
    Empty where `setpriv` does not know how; the next start then ends what it finds.
    """
    prefixe = ("setpriv", "--pdeathsig", signal_de_fin, "--")
    return prefixe if reussit([*prefixe, "true"]) else ()


class Relais:
    """Runs a command that gets, once each, the signals that we get.

    It has a session of its own: a Ctrl-C in the terminal reaches it through us only.
    """

    def __init__(self) -> None:
        self.recus: list[int] = []
        self._processus: subprocess.Popen[bytes] | None = None
        ecouter(self._transmettre)

    def _transmettre(self, numero: int, _cadre: FrameType | None = None) -> None:
        self.recus.append(numero)
        if self._processus is not None:
            self._signaler(self._processus.pid, numero)

    @staticmethod
    def _signaler(groupe: int, numero: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(groupe, numero)

    def executer(self, commande: Sequence[str], environnement: Mapping[str, str]) -> int:
        """Exit code of the command, 128 + n when signal n ended it."""
        if self.recus:
            return 128 + self.recus[0]
        processus = subprocess.Popen([*lier("TERM"), *commande], env=environnement, start_new_session=True)
        self._processus = processus
        for numero in self.recus:  # received while it was being created
            self._signaler(processus.pid, numero)
        code = processus.wait()
        self._signaler(processus.pid, signal.SIGKILL)  # whatever it left behind, now without a database
        return 128 - code if code < 0 else code


def reussit(commande: Sequence[str | Path]) -> bool:
    try:
        resultat = subprocess.run(commande, capture_output=True, stdin=subprocess.DEVNULL, check=False)
    except OSError:
        return False
    return resultat.returncode == 0


def identites(proprietaire: int) -> Iterator[tuple[list[str], int]]:
    """Ways to run a command as somebody else than root, best first, with the owner that the folder needs.

    The user must have a name: initdb looks it up.
    """
    moi = os.geteuid()
    noms = {compte.pw_uid: compte for compte in pwd.getpwall() if compte.pw_uid != 0}
    autre = next((compte for compte in noms.values() if compte.pw_name == "nobody"), None)
    espace = []
    if autre:
        espace = ["unshare", "--user", f"--map-user={autre.pw_uid}", f"--map-group={autre.pw_gid}", "--"]
    if moi != 0:
        if moi in noms:
            yield [], moi
        elif espace:
            yield espace, moi
        return
    if proprietaire == 0 and espace:
        yield espace, 0
    if compte := noms.get(proprietaire, autre):
        change = ["setpriv", f"--reuid={compte.pw_uid}", f"--regid={compte.pw_gid}", "--clear-groups"]
        yield [*change, "--inh-caps=-all", "--"], compte.pw_uid
        # The project may be under a folder that only root enters, such as /root; access(2), which
        # initdb calls, counts the capability only with the secure bit.
        droits = [f"--{ensemble}-caps=-all,+dac_override" for ensemble in ("inh", "ambient")]
        yield [*change, *droits, "--securebits=+no_setuid_fixup", "--"], compte.pw_uid


def donner(dossier: Path, proprietaire: int) -> None:
    """Give a folder and all it holds to a user, when it is another's."""
    if dossier.stat().st_uid == proprietaire:
        return
    os.chown(dossier, proprietaire, -1)
    for racine, dossiers, fichiers in os.walk(dossier):
        for nom in dossiers + fichiers:
            os.chown(Path(racine) / nom, proprietaire, -1, follow_symlinks=False)


def arguments(pid: int) -> list[str]:
    """Command line of a living process, empty for one that is gone or defunct."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace").split("\0")[:-1]
    except OSError:
        return []
