"""The mails of the demonstration, read in the site."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.core.mail import EmailMessage, get_connection
from django.urls import NoReverseMatch, path, reverse
from pytest_django import Settings

from emjpm.courrier import views
from emjpm.urls import handler404  # noqa: F401  (read by Django)
from emjpm.urls import urlpatterns as urls_du_site
from tests.strict import ClientStrict

urlpatterns = [
    *urls_du_site,
    path("courrier/", views.courrier, name="courrier"),
    path("courrier/<slug:nom>/", views.courriel, name="courriel"),
]
pytestmark = pytest.mark.urls(__name__)

FIN = "\n" + "-" * 79 + "\n"


@pytest.fixture(autouse=True)
def dossier(tmp_path: Path, settings: Settings) -> Path:
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = tmp_path / "courrier"
    return tmp_path / "courrier"


def envoyer(*messages: tuple[str, str]) -> None:
    """Through one connection, hence in one file: (subject, body) of each."""
    get_connection().send_messages(
        [EmailMessage(objet, corps, "contact@example.org", ["dominique@example.org"]) for objet, corps in messages]
    )


def ecrire(dossier: Path, nom: str, texte: str, age: int = 0) -> None:
    dossier.mkdir(exist_ok=True)
    fichier = dossier / nom
    fichier.write_text(texte)
    os.utime(fichier, (1_800_000_000 - age, 1_800_000_000 - age))


def test_courrier_vide(client: ClientStrict) -> None:
    response = client.get("/courrier/")

    assert response.status_code == 200
    assert "Aucun courriel pour l'instant" in response.content.decode()


def test_courrier_liste_tous_les_courriels_d_un_fichier(client: ClientStrict, dossier: Path) -> None:
    envoyer(("Mesure réservée – n° 1", "Un"), ("Inscription validée", "Deux"))

    contenu = client.get("/courrier/").content.decode()

    (fichier,) = dossier.iterdir()
    assert contenu.index("Inscription validée") < contenu.index("Mesure réservée – n° 1")
    assert f'href="/courrier/{fichier.stem}-1/"' in contenu
    assert "dominique@example.org" in contenu
    deuxieme = client.get(f"/courrier/{fichier.stem}-2/").content.decode()
    assert "<h1>Inscription validée</h1>" in deuxieme
    assert "Deux" in deuxieme


def test_courrier_commence_par_le_plus_recent(client: ClientStrict, dossier: Path) -> None:
    ecrire(dossier, "b.log", f"Subject: Hier\n\nx{FIN}", age=86_400)
    ecrire(dossier, "a.log", f"Subject: Maintenant\n\nx{FIN}")

    contenu = client.get("/courrier/").content.decode()

    assert contenu.index("Maintenant") < contenu.index("Hier")


def test_courriel_montre_ses_entetes_et_l_heure_de_paris(client: ClientStrict, dossier: Path) -> None:
    ecrire(
        dossier,
        "a.log",
        "From: contact@example.org\nTo: a@example.org\nSubject: Objet\n"
        f"Date: Mon, 02 Nov 2026 09:30:00 -0000\n\nBonjour{FIN}",
    )

    contenu = client.get("/courrier/a-1/").content.decode()

    assert "contact@example.org" in contenu
    assert "2 novembre 2026 à 10:30" in contenu


def test_courriel_sans_aucun_entete(client: ClientStrict, dossier: Path) -> None:
    ecrire(dossier, "a.log", f"\nBonjour{FIN}")

    contenu = client.get("/courrier/a-1/").content.decode()

    assert "(sans objet)" in contenu
    assert "None" not in contenu


def test_courriel_rend_les_liens_cliquables_et_echappe_le_reste(client: ClientStrict, dossier: Path) -> None:
    lien = "http://localhost:8000/mot-de-passe/nouveau/1-abc/"
    envoyer(('L\'Haÿ & <b>"x"', f"<script>alerte()</script>\n{lien}\n"))
    (fichier,) = dossier.iterdir()

    contenu = client.get(f"/courrier/{fichier.stem}-1/").content.decode()

    assert f'href="{lien}"' in contenu
    assert "&lt;script&gt;alerte()&lt;/script&gt;" in contenu
    assert "L&#x27;Haÿ &amp; &lt;b&gt;&quot;x&quot;" in contenu


def test_courriel_en_cours_d_ecriture_est_laisse_pour_plus_tard(client: ClientStrict, dossier: Path) -> None:
    ecrire(dossier, "a.log", f"Subject: Fini\n\nx{FIN}Subject: Commenc")

    contenu = client.get("/courrier/").content.decode()

    assert "Fini" in contenu
    assert "Commenc" not in contenu


@pytest.mark.parametrize("nom", ["a", "a-0", "a-2", "b-1", "secret-1"])
def test_courriel_hors_de_la_liste(client: ClientStrict, dossier: Path, nom: str) -> None:
    ecrire(dossier, "a.log", f"Subject: Objet\n\nx{FIN}")
    (dossier.parent / "secret.log").write_text(f"Subject: Secret\n\nx{FIN}")

    assert client.get(f"/courrier/{nom}/").status_code == 404


def test_courriel_ne_sort_pas_du_dossier(client: ClientStrict, dossier: Path) -> None:
    ecrire(dossier, "a.log", f"Subject: Objet\n\nx{FIN}")
    (dossier.parent / "secret.log").write_text(f"Subject: Secret\n\nx{FIN}")

    assert client.get("/courrier/..%2Fsecret-1/").status_code == 404


def test_courrier_ne_se_poste_pas(client: ClientStrict) -> None:
    assert client.post("/courrier/").status_code == 405


def test_courrier_absent_du_site_sans_le_reglage() -> None:
    with pytest.raises(NoReverseMatch):
        reverse("courrier", urlconf="emjpm.urls")
