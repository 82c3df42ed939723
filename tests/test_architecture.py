"""The repository holds to its own rules: who imports whom, what the files may say."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

RACINE = Path(__file__).resolve().parent.parent
# Each app may import those before it.
ORDRE = ["accounts", "tribunaux", "etablissements", "mandataires", "mesures"]


def modules(app: str) -> list[Path]:
    return sorted((RACINE / app).rglob("*.py"))


def imports(fichier: Path) -> set[str]:
    """Top-level names of the packages that `fichier` imports, wherever in the file."""
    noms: set[str] = set()
    for noeud in ast.walk(ast.parse(fichier.read_text(encoding="utf-8"))):
        if isinstance(noeud, ast.Import):
            noms |= {alias.name.split(".")[0] for alias in noeud.names}
        elif isinstance(noeud, ast.ImportFrom) and noeud.module:
            noms.add(noeud.module.split(".")[0])
    return noms


@pytest.mark.parametrize("app", ORDRE)
def test_les_imports_vont_dans_un_seul_sens(app: str) -> None:
    interdits = {*ORDRE[ORDRE.index(app) + 1 :], "emjpm", "tests"}
    fautes = {
        str(fichier.relative_to(RACINE)): fautifs
        for fichier in modules(app)
        if (fautifs := imports(fichier) & interdits)
    }
    assert not fautes
    assert modules(app), "the test must look at something"


def suivis(*motifs: str) -> list[Path]:
    sortie = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *motifs],
        cwd=RACINE, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    return [RACINE / ligne for ligne in sortie.splitlines() if (RACINE / ligne).is_file()]


def test_chaque_dependance_a_sa_raison() -> None:
    texte = (RACINE / "pyproject.toml").read_text(encoding="utf-8")
    projet = tomllib.loads(texte)["project"]
    declarees = [*projet["dependencies"], *projet["optional-dependencies"]["dev"]]
    assert len(declarees) > 20
    for dependance in declarees:
        assert re.search(rf'"{re.escape(dependance)}",\s+# \w', texte), f"{dependance} n'a pas de raison"


def test_les_verrous_ne_nomment_aucune_adresse() -> None:
    for nom in ("requirements.txt", "requirements-dev.txt", "requirements-node.txt", "package-lock.json"):
        contenu = (RACINE / nom).read_text(encoding="utf-8")
        assert not re.search(r"https?://|file://|\"resolved\"|--(extra-)?index-url|--find-links", contenu), nom


def test_aucun_gabarit_n_echappe_a_l_echappement() -> None:
    for fichier in suivis("templates/*.html", "templates/**/*.html"):
        contenu = fichier.read_text(encoding="utf-8")
        assert not re.search(r"\|\s*safe\b|autoescape off|\sstyle=|\son[a-z]+=", contenu), fichier
    for fichier in suivis("*.py"):
        if RACINE / "tests" not in fichier.parents:
            assert "mark_safe" not in fichier.read_text(encoding="utf-8"), fichier


def test_aucun_code_d_autrui_n_est_versionne() -> None:
    fautifs = [f for f in suivis() if re.search(r"node_modules/|\.min\.(js|css)$|\.whl$|\.tgz$", str(f))]
    assert not fautifs
