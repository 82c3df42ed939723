"""Small files written by LibreOffice 7.4 (the protected .xlsx: portefeuille.xlsx, encrypted by msoffcrypto).

All hold the same six invented mesures, with an empty row before the fourth.
"""

from pathlib import Path

FICHIERS = Path(__file__).parent / "fichiers"


def octets(nom: str) -> bytes:
    return (FICHIERS / nom).read_bytes()
