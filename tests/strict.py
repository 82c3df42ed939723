"""What makes the tests strict: HTML that every answer must hold to, variables that templates must have."""

from __future__ import annotations

import inspect
import re
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpResponse
from django.template.base import Node
from django.test import Client
from django.test.utils import CaptureQueriesContext

NOS_GABARITS = str(Path(settings.BASE_DIR) / "templates")
SANS_LABEL = {"hidden", "submit", "button", "image", "reset"}


class VariableAbsente(str):
    """`string_if_invalid` that fails in our own templates, and is empty in those of packages."""

    def __bool__(self) -> bool:
        return True  # Django asks only a true one what to say

    def __contains__(self, texte: object) -> bool:
        return texte == "%s"

    def __mod__(self, variable: object) -> str:
        origine = _gabarit()
        if origine is None or origine.startswith(NOS_GABARITS):
            raise AssertionError(f"Variable absente du gabarit {origine} : {variable}")
        return ""


def _gabarit() -> str | None:
    """The path of the template whose node is being rendered."""
    frame = inspect.currentframe()
    while frame is not None:
        objet = frame.f_locals.get("self")
        origin = getattr(objet, "origin", None) if isinstance(objet, Node) else None
        if origin is not None:
            return str(origin.name)
        frame = frame.f_back
    return None


class _Examen(HTMLParser):
    """Collects what is wrong with one page."""

    def __init__(self) -> None:
        super().__init__()
        self.defauts: list[str] = []
        self.h1 = 0
        self.titre = ""
        self.labels: set[str] = set()
        self.champs: list[tuple[str, dict[str, str | None]]] = []
        self.ids: list[str] = []
        self._dans: list[str] = []
        self._script_nu = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        valeurs = dict(attrs)
        for nom in valeurs:
            if nom.startswith("on") or nom == "style":
                self.defauts.append(f"attribut {nom} sur <{tag}>")
        if tag == "style" and "nonce" not in valeurs:
            self.defauts.append("<style> sans nonce")
        donnees = valeurs.get("type") == "application/json"  # nothing runs in it
        self._script_nu = tag == "script" and not donnees and not {"src", "nonce"} & set(valeurs)
        if tag == "h1":
            self.h1 += 1
        if tag == "html" and valeurs.get("lang") != "fr":
            self.defauts.append("<html> sans lang=fr")
        if tag == "label" and valeurs.get("for"):
            self.labels.add(str(valeurs["for"]))
        if tag in ("input", "select", "textarea") and valeurs.get("type") not in SANS_LABEL:
            self.champs.append((tag, valeurs))
        if identifiant := valeurs.get("id"):
            self.ids.append(identifiant)
        if tag in ("title", "svg", "label"):
            self._dans.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self._script_nu = False
        if self._dans and self._dans[-1] == tag:
            self._dans.pop()

    def handle_data(self, data: str) -> None:
        if self._script_nu and data.strip():
            self.defauts.append("script en ligne sans nonce")
        if self._dans == ["title"]:
            self.titre += data.strip()


def examiner_html(contenu: str) -> list[str]:
    """What is wrong with a whole page, in French; empty when all is well."""
    examen = _Examen()
    examen.feed(contenu)
    defauts = examen.defauts
    if examen.h1 != 1:
        defauts.append(f"{examen.h1} h1")
    if not examen.titre:
        defauts.append("pas de titre")
    doubles = {identifiant for identifiant in examen.ids if examen.ids.count(identifiant) > 1}
    if doubles:
        defauts.append(f"id en double : {sorted(doubles)}")
    defauts += [
        f"<{tag} name={valeurs.get('name')}> sans label"
        for tag, valeurs in examen.champs
        if valeurs.get("id") not in examen.labels and not {"aria-label", "aria-labelledby"} & set(valeurs)
    ]
    return defauts


class ClientStrict(Client):
    """Django's client that holds every HTML answer outside /admin/ to the house's rules."""

    def request(self, **request: Any) -> HttpResponse:
        response = super().request(**request)
        if response.streaming:
            # A download, read to its end as a browser does: else its file stays open until some other test.
            response.streaming_content = [response.getvalue()]
        if (
            response.get("Content-Type", "").startswith("text/html")
            and not request["PATH_INFO"].startswith("/admin/")
            and not request.get("HTTP_HX_REQUEST")
            and response.status_code not in (301, 302, 304)
            and response.content
        ):
            defauts = examiner_html(response.content.decode())
            assert not defauts, f"{request['PATH_INFO']} : {defauts}"
            assert "default-src 'none'" in response.get("Content-Security-Policy", "")
        return response


def nombre_de_requetes(client: Client, url: str) -> int:
    """How many queries a GET costs, once what is loaded only once has been."""
    client.get(url)
    with CaptureQueriesContext(connection) as contexte:
        assert client.get(url).status_code == 200
    return len(contexte)


def texte_lu(response: HttpResponse) -> str:
    """What is read of the page, its tags taken off."""
    contenu = re.sub(r"<script.*?</script>", "", response.content.decode(), flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", contenu)).split())


def sans_numeros(contenu: str) -> str:
    """Without keys, serial numbers and decimals, in which any year may be read by chance."""
    return re.sub(r"(?<=[/=A-Za-z.-])\d+", "", contenu)
