"""Files sent to the site: what is past the largest that is accepted is neither kept nor written to the disk."""

from __future__ import annotations

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler

from mesures.echanges.feuilles import TAILLE_MAX


class FichiersBornes(FileUploadHandler):
    """Before Django's own. A file that is too large stays too large: its form says so, beside the field."""

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        return raw_data if start <= TAILLE_MAX else None

    def file_complete(self, file_size: int) -> UploadedFile | None:
        return None
