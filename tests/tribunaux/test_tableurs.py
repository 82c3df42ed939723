"""Files that go out: what is written is what a spreadsheet reads, and nothing in it runs."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from django.http import Http404
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from tribunaux.tableurs import Colonne, Format, Forme, Tableau, deproteger, ecrire, proteger, repondre

INVISIBLES = "\t\r\n\x0b \xa0\u2009\u2028\ufeff\u200b\u2060\xad\u202e"
SIGNES = "=+-@＝＋－＠"
HOSTILES = [
    "=1+1", "+33 6", "-5 bis", "@x", "'=x", "''+y", "'ici", "#N/A", "01000", 'L\'Haÿ & <b>"x";y\nz',
    "\t=1+1", "\n=3+3", "\ufeff=4+4", " =2+2", "＝5", "\u200b＠x", "' =x", "'\t-1", "\tx", "\nx",
    "\xa0\u2060+1",
]  # fmt: skip
COLONNES = [
    Colonne("Texte", largeur=40),
    Colonne("Nombre", Forme.NOMBRE),
    Colonne("Date", Forme.DATE),
    Colonne("Moment", Forme.MOMENT),
]


def tableau(*lignes: Sequence[Any], nom: str = "Feuille", colonnes: Sequence[Colonne] = COLONNES) -> Tableau:
    return Tableau(nom, colonnes, iter(lignes))


def en_xlsx(*tableaux: Tableau) -> Any:
    with ecrire(Format.XLSX, *tableaux) as fichier:
        return load_workbook(BytesIO(fichier.read()))


def en_csv(tableau: Tableau) -> list[list[str]]:
    with ecrire(Format.CSV, tableau) as fichier:
        contenu = fichier.read()
    assert contenu.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(StringIO(contenu.decode("utf-8-sig"), newline=""), delimiter=";"))


# 23:30 UTC: the day after in Paris.
LIGNE = ("texte", 12, date(2021, 3, 15), datetime(2026, 7, 1, 23, 30, tzinfo=UTC))


def test_xlsx_types_et_presentation() -> None:
    feuille = en_xlsx(tableau(LIGNE)).active
    texte, nombre, jour, moment = (c.value for c in feuille[2])
    assert (texte, nombre) == ("texte", 12)
    assert (jour.isoformat(), moment.isoformat()) == ("2021-03-15T00:00:00", "2026-07-02T01:30:00")
    assert [c.number_format for c in feuille[2]] == ["@", "General", "dd/mm/yyyy", "dd/mm/yyyy hh:mm"]
    assert [c.value for c in feuille[1]] == ["Texte", "Nombre", "Date", "Moment"]
    assert all(c.font.bold for c in feuille[1])
    assert not feuille["A2"].font.bold
    assert feuille.freeze_panes == "A2"
    assert feuille.column_dimensions["A"].width == 40


def test_csv_comme_on_l_ecrit_en_france() -> None:
    assert en_csv(tableau(LIGNE)) == [
        ["Texte", "Nombre", "Date", "Moment"],
        ["texte", "12", "15/03/2021", "02/07/2026 01:30"],
    ]
    [_, nombres] = en_csv(tableau((-7, Decimal("0.80"), True, None)))
    assert nombres == ["-7", "0,80", "oui", ""]


def test_xlsx_nombres_et_vides() -> None:
    feuille = en_xlsx(tableau(("", -7, None, None), (False, Decimal("0.80"), None, None))).active
    assert [c.value for c in feuille[2]][:2] == [None, -7]
    assert [c.value for c in feuille[3]][:2] == ["non", 0.8]


@pytest.mark.parametrize("texte", HOSTILES)
def test_un_texte_reste_un_texte(texte: str) -> None:
    cellule = en_xlsx(tableau((texte, 1, None, None))).active["A2"]
    assert cellule.data_type == "s"
    assert deproteger(cellule.value) == texte
    [_, [lu, *_]] = en_csv(tableau((texte, 1, None, None)))
    assert not lu.lstrip(INVISIBLES).startswith(tuple(SIGNES))
    assert not lu.startswith(("\t", "\r", "\n"))
    assert deproteger(lu) == texte


@given(st.text(f"{SIGNES}{INVISIBLES}a", max_size=6))
def test_rien_de_ce_qui_sort_en_csv_ne_se_lance(texte: str) -> None:
    ecrit = proteger(texte, csv=True)
    assert not ecrit.lstrip(INVISIBLES).startswith(tuple(SIGNES))
    assert not ecrit.startswith(("\t", "\r", "\n"))


@given(st.text(f"'{SIGNES}{INVISIBLES}a", max_size=6))
def test_proteger_se_defait(texte: str) -> None:
    for en_csv in (True, False):
        assert deproteger(proteger(texte, csv=en_csv)) == texte


def test_une_cellule_ne_garde_rien_de_la_ligne_d_avant() -> None:
    """One cell serves its whole column."""
    feuille = en_xlsx(tableau(("=1", 1, date(2021, 1, 1), None), (None, None, None, None), ("b", 2, None, None)))
    assert [[c.value for c in ligne] for ligne in feuille.active.iter_rows(min_row=3)] == [
        [None, None, None, None],
        ["b", 2, None, None],
    ]


def test_caracteres_que_xml_ne_connait_pas() -> None:
    assert en_xlsx(tableau(("a\x0bb\x00c", None, None, None))).active["A2"].value == "abc"


@pytest.mark.parametrize("format_", Format)
def test_sans_ligne_il_reste_les_titres(format_: Format) -> None:
    with ecrire(format_, tableau()) as fichier:
        contenu = fichier.read()
    if format_ == Format.CSV:
        assert contenu.decode("utf-8-sig") == "Texte;Nombre;Date;Moment\r\n"
    else:
        assert [c.value for c in load_workbook(BytesIO(contenu)).active[1]] == [
            "Texte",
            "Nombre",
            "Date",
            "Moment",
        ]


def test_plusieurs_feuilles() -> None:
    classeur = en_xlsx(tableau(nom="Compte"), tableau(("x",), nom="Lisez-moi", colonnes=[Colonne("Note")]))
    assert classeur.sheetnames == ["Compte", "Lisez-moi"]
    assert classeur["Lisez-moi"]["A2"].value == "x"


@pytest.mark.parametrize("format_", Format)
def test_une_erreur_en_route_ne_laisse_pas_de_fichier(
    format_: Format, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def lignes() -> Iterator[Sequence[Any]]:
        yield LIGNE
        raise RuntimeError("plus de base")

    with pytest.raises(RuntimeError, match="plus de base"):
        ecrire(format_, Tableau("Feuille", COLONNES, lignes()))
    assert os.listdir(tmp_path) == []


@pytest.mark.django_db  # Django looks at its connections when an answer is closed
def test_reponse() -> None:
    with closing(repondre("mesures éteintes", Format.CSV, tableau(LIGNE))) as response:
        assert int(response["Content-Length"]) == len(b"".join(response))
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Cache-Control"] == "private, no-store"
    assert response["Content-Disposition"] == "attachment; filename*=utf-8''mesures%20%C3%A9teintes.csv"
    with closing(repondre("x", Format.XLSX, tableau())) as response:
        assert response["Content-Disposition"] == 'attachment; filename="x.xlsx"'


def test_format_demande(rf: RequestFactory) -> None:
    assert Format.demande(rf.get("/")) == Format.XLSX
    assert Format.demande(rf.get("/?format=")) == Format.XLSX
    assert Format.demande(rf.get("/?format=csv")) == Format.CSV
    for autre in ("xls", "CSV", "../x"):
        with pytest.raises(Http404):
            Format.demande(rf.get("/", {"format": autre}))
