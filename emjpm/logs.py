"""Log formats that hold no personal data.

A message of the database may quote the row that it refuses (a RG, an e-mail): of an exception,
only the class and the places in the code are written, never its text.
"""

from __future__ import annotations

import logging
import traceback
from types import TracebackType
from typing import Any

from pythonjsonlogger.json import JsonFormatter as BaseJsonFormatter

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def trace_sans_texte(exc_info: ExcInfo) -> str:
    """The class of an exception and of those that caused it, with the lines of code, without their texts."""
    lignes: list[str] = []
    vues: set[int] = set()
    exception = exc_info[1]
    while exception is not None and id(exception) not in vues:
        vues.add(id(exception))
        lignes.append(type(exception).__qualname__)
        lignes += [f"  {f.filename}:{f.lineno} {f.name}" for f in traceback.extract_tb(exception.__traceback__)]
        exception = exception.__cause__ or exception.__context__
    return "\n".join(lignes)


class SansAdresse(logging.Filter):
    """Takes the request and its address, which may hold a token or what was searched, off Django's records.

    `RequestLogMiddleware` writes the name of the view beside each of them.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        record.__dict__.pop("request", None)
        if record.name.startswith(("django.request", "django.security")):
            record.msg, record.args = str(getattr(record, "status_code", type(record.msg).__name__)), ()
        return True


class TextFormatter(logging.Formatter):
    """For people: development and demonstration."""

    def __init__(self) -> None:
        super().__init__("%(levelname)s %(name)s %(message)s")

    def formatException(self, ei: ExcInfo) -> str:  # noqa: N802 (logging's name)
        return trace_sans_texte(ei)


class JsonFormatter(BaseJsonFormatter):
    """For machines: one JSON object a line."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s", **kwargs)

    def formatException(self, ei: ExcInfo) -> str:  # noqa: N802 (logging's name)
        return trace_sans_texte(ei)
