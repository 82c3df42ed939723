"""The mails that Django's file backend wrote: one file a connection, one or several mails in each."""

from __future__ import annotations

import email
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from pathlib import Path

# What the backend writes after each mail.
SEPARATEUR = b"\n" + b"-" * 79 + b"\n"


@dataclass(frozen=True)
class Courriel:
    nom: str  # made of the file's name and the mail's rank in it: what its address bears
    message: EmailMessage

    @property
    def de(self) -> str:
        return str(self.message["From"] or "")

    @property
    def a(self) -> str:
        return str(self.message["To"] or "")

    @property
    def objet(self) -> str:
        return str(self.message["Subject"] or "") or "(sans objet)"

    @property
    def date(self) -> datetime | None:
        entete = self.message["Date"]
        moment: datetime | None = None if entete is None else entete.datetime
        # The backend writes « -0000 »: UTC without saying so, which the parser reads as no zone at all.
        return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment

    @property
    def corps(self) -> str:
        partie = self.message.get_body(("plain",))
        return "" if partie is None else partie.get_content()


def lire_courriels(dossier: Path) -> list[Courriel]:
    """Every mail of the folder, newest first. A mail that is being written is left for later."""
    courriels = []
    for fichier in sorted(dossier.glob("*.log"), key=lambda fichier: fichier.stat().st_mtime_ns):
        *entiers, _ = fichier.read_bytes().split(SEPARATEUR)
        for rang, octets in enumerate(entiers, start=1):
            message = email.message_from_bytes(octets, policy=policy.default)
            courriels.append(Courriel(f"{fichier.stem}-{rang}", message))
    return courriels[::-1]
