"""What is missing in a line, said of a file: the sentences of `mesures.regles` speak of a form.

The others are the same at both doors.
"""

from __future__ import annotations

from collections.abc import Mapping

from mesures.regles import Probleme

DANS_UN_FICHIER: Mapping[tuple[str, str], str] = {
    ("date_decision", "manque"): "Écrivez la date de nomination, sous la forme jj/mm/aaaa.",
    ("nature", "manque"): "Écrivez le type de mesure, comme « tutelle » ou « curatelle renforcée ».",
    ("genre", "manque"): "Écrivez F pour une femme, H pour un homme.",
    ("annee_naissance", "manque"): "Écrivez l'année de naissance, en quatre chiffres.",
    ("tribunal", "rg_sans_tribunal"): "Écrivez le tribunal qui a donné le numéro RG.",
    ("lieu_vie", "manque"): "Écrivez « domicile », « en établissement » ou « sdf ».",
    ("etablissement", "hors_etablissement"): (
        "La résidence n'est pas « en établissement » : corrigez-la, ou retirez l'établissement."
    ),
    ("commune", "manque"): "Écrivez la ville où vit la personne.",
    ("code_postal", "manque"): "Écrivez le code postal du lieu de vie.",
    ("date_extinction", "manque"): "Écrivez la date de fin, sous la forme jj/mm/aaaa.",
}


def dans_un_fichier(probleme: Probleme) -> str:
    return DANS_UN_FICHIER.get((probleme.champ, probleme.code), probleme.message)


def codes_de(nom: str, codes: list[str]) -> str:
    """« Merlimont a le code 62155 », « Calais a les codes 62100, 62228 »; "" where they are many, or none."""
    if not codes or len(codes) > 3:
        return ""
    return f"{nom} a {'le code' if len(codes) == 1 else 'les codes'} {', '.join(codes)}"


def communes_du(code: str, noms: list[str], au_plus: int = 5) -> str:
    """« 62155 est le code de : Merlimont, Cucq »."""
    return f"{code} est le code de : {', '.join(sorted(noms)[:au_plus])}{'…' if len(noms) > au_plus else ''}"
