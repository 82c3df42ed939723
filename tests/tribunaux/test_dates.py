from __future__ import annotations

from datetime import date

import pytest

from tribunaux.dates import duree, en_lettres


@pytest.mark.parametrize(
    ("debut", "fin", "attendu"),
    [
        ("2024-01-15", "2024-01-15", "moins d'un mois"),
        ("2024-01-15", "2024-02-14", "moins d'un mois"),
        ("2024-01-15", "2024-02-15", "1 mois"),
        ("2023-12-15", "2024-11-20", "11 mois"),
        ("2023-01-15", "2024-01-14", "11 mois"),
        ("2023-01-15", "2024-01-15", "1 an"),
        ("2023-01-15", "2024-02-15", "1 an et 1 mois"),
        ("2021-03-15", "2024-05-20", "3 ans et 2 mois"),
        ("1990-06-01", "2020-06-01", "30 ans"),
        # The 31st, where the month has no such day.
        ("2023-01-31", "2023-02-27", "moins d'un mois"),
        ("2023-01-31", "2023-02-28", "1 mois"),
        ("2024-01-31", "2024-02-28", "moins d'un mois"),
        ("2024-01-31", "2024-02-29", "1 mois"),
        ("2024-03-31", "2024-04-30", "1 mois"),
        ("2024-02-29", "2024-03-28", "moins d'un mois"),
        # A leap day.
        ("2020-02-29", "2021-02-27", "11 mois"),
        ("2020-02-29", "2021-02-28", "1 an"),
        ("2020-02-29", "2024-02-28", "3 ans et 11 mois"),
        ("2020-02-29", "2024-02-29", "4 ans"),
        ("2023-12-31", "2024-01-01", "moins d'un mois"),
    ],
)
def test_duree(debut: str, fin: str, attendu: str) -> None:
    assert duree(date.fromisoformat(debut), date.fromisoformat(fin)) == attendu


def test_le_premier_du_mois_s_ecrit_1er() -> None:
    assert (en_lettres(date(2026, 2, 1)), en_lettres(date(2026, 2, 2))) == ("1er février 2026", "2 février 2026")
