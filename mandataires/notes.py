"""What a court notes on a MJPM, for its own users: each note has an author, who alone changes it."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from mandataires.models import Mandataire, Note
from mandataires.permissions import check_can_modifier_note, magistrat_agissant


@transaction.atomic
def ecrire_note(*, mandataire: Mandataire, texte: str, author: User) -> Note:
    """Add a note of the author's court. Raises ValidationError when it is empty or too long."""
    note = Note(
        mandataire=mandataire, tribunal=magistrat_agissant(author).tribunal, auteur=author, texte=texte.strip()
    )
    note.full_clean()
    note.save()
    return note


@transaction.atomic
def modifier_note(*, note: Note, texte: str, author: User) -> Note:
    """Write the note again, and when. Raises ValidationError."""
    check_can_modifier_note(author, note)
    note.texte = texte.strip()
    note.modifiee_at = timezone.now()
    note.full_clean()
    note.save(update_fields=["texte", "modifiee_at"])
    return note


@transaction.atomic
def supprimer_note(*, note: Note, author: User) -> None:
    """Destroy the note: nothing of it remains."""
    check_can_modifier_note(author, note)
    note.delete()
