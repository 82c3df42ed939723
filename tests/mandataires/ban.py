"""A server that answers as the Base Adresse Nationale does, well or badly, on this machine."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

Question = dict[str, str]
Reponse = tuple[int, bytes]


def reponse(
    *,
    latitude: object = 50.95812,
    longitude: object = 1.85203,
    score: object = 0.94,
    **properties: object,
) -> Reponse:
    """One address found: 12 rue Mollien, in Calais, unless told otherwise."""
    return geojson(
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [longitude, latitude]},
            "properties": {
                "label": "12 Rue Mollien 62100 Calais",
                "score": score,
                "housenumber": "12",
                "id": "62193_5000_00012",
                "name": "12 Rue Mollien",
                "postcode": "62100",
                "citycode": "62193",
                "city": "Calais",
                "context": "62, Pas-de-Calais, Hauts-de-France",
                "type": "housenumber",
                "importance": 0.6,
                "street": "Rue Mollien",
                **properties,
            },
        }
    )


def geojson(*features: object) -> Reponse:
    return 200, json.dumps({"type": "FeatureCollection", "features": features, "query": ""}).encode()


class FausseBan:
    """`repondre` is what it says to each question; `questions` are those that it was asked."""

    def __init__(self) -> None:
        self.repondre: Callable[[Question], Reponse] = lambda question: reponse()
        self.questions: list[Question] = []
        self.chemins: list[str] = []
        self.en_tetes: list[dict[str, str]] = []
        self._fin = threading.Event()
        ban = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                url = urlsplit(self.path)
                ban.chemins.append(url.path)
                ban.en_tetes.append(dict(self.headers))
                ban.questions.append(dict(parse_qsl(url.query)))
                statut, corps = ban.repondre(ban.questions[-1])
                if not statut:
                    return  # nothing is said: the connection is closed
                self.send_response(statut)
                self.send_header("Content-Type", "application/json; charset=utf-8")
                self.send_header("Content-Length", str(len(corps)))
                self.end_headers()
                self.wfile.write(corps)

            def log_message(self, *args: Any) -> None:
                pass

        self._serveur = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._fil = threading.Thread(target=self._serveur.serve_forever, kwargs={"poll_interval": 0.01})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._serveur.server_address[1]}/geocodage"

    def se_tait(self, question: Question) -> Reponse:
        """Hang until the end of the test."""
        self._fin.wait(timeout=30)
        return 0, b""

    def __enter__(self) -> FausseBan:
        self._fil.start()
        return self

    def __exit__(self, *args: object) -> None:
        self._fin.set()
        self._serveur.shutdown()
        self._serveur.server_close()
        self._fil.join()


def duree(agir: Callable[[], object]) -> float:
    """Seconds that `agir` takes."""
    debut = time.monotonic()
    agir()
    return time.monotonic() - debut
