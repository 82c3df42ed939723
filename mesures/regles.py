"""The rules of one mesure: what is wrong with it, in the words that its author reads.

The form and `Mesure.clean()` call `problemes`, and so does the import, line by line, without a query:
whatever must be looked up comes in the `Contexte`. The constraints of the table are the net below.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from string import ascii_lowercase, ascii_uppercase
from typing import Protocol

from mesures.bouche_trous import est_bouche_trou, est_erreur_excel, est_nombre_arrondi
from mesures.enums import EN_ETABLISSEMENT, PRONONCEES, LieuVie, Nature, Statut

ANNEE_MIN = 1900
DATE_MIN = date(ANNEE_MIN, 1, 1)
RG_LONGUEUR = 8
TRIBUNAL_RESERVE = "Le tribunal qui a réservé cette mesure ne se change pas."
MAJUSCULES = str.maketrans(ascii_lowercase, ascii_uppercase)


class Saisie(Protocol):
    """What the rules read of a mesure: a `Mesure`, or a line of a file."""

    @property
    def statut(self) -> str: ...
    @property
    def nature(self) -> str: ...
    @property
    def genre(self) -> str: ...
    @property
    def annee_naissance(self) -> int | None: ...
    @property
    def date_decision(self) -> date | None: ...
    @property
    def lieu_vie(self) -> str: ...
    @property
    def etablissement_id(self) -> int | None: ...
    @property
    def etablissement_nom(self) -> str: ...
    @property
    def commune_id(self) -> str | None: ...
    @property
    def code_postal(self) -> str: ...
    @property
    def tribunal_id(self) -> int | None: ...
    @property
    def numero_rg(self) -> str | None: ...
    @property
    def numero_dossier(self) -> str: ...
    @property
    def cabinet(self) -> str: ...
    @property
    def date_terme(self) -> date | None: ...
    @property
    def date_extinction(self) -> date | None: ...


@dataclass(frozen=True, kw_only=True)
class Contexte:
    """What the rules need to know besides the mesure.

    `communes_par_code`: INSEE codes of the communes under each postal code that may be asked for.
    `rg_pris`: (court, normalised RG) of the MJPM's *other* mesures en attente or en cours.
    `tribunal_exige`, `etablissement_exige`: whether the door may ask for what a mesure can do without.
    A form may; a file, or the end of a mesure that was imported incomplete, may not.
    """

    aujourd_hui: date
    communes_par_code: Mapping[str, Collection[str]] = field(default_factory=dict)
    rg_pris: Collection[tuple[int, str]] = ()
    tribunal_exige: bool = False
    etablissement_exige: bool = False


@dataclass(frozen=True)
class Probleme:
    """One thing to correct: the field it concerns, a code for tests, and a sentence in French."""

    champ: str
    code: str
    message: str


def normaliser_rg(numero: str | None) -> str | None:
    """A RG as it is compared: trimmed, in upper case, left-padded with zeros to 8; None when empty.

    The suffix of a renewal (-1, -2) is kept and does not count in the 8. The database has the same
    function, `normaliser_rg(text)`, behind `Mesure.rg_normalise`.
    """
    # ASCII only: the two functions could not agree on the upper case of « ß » or « ı ».
    rg = (numero or "").strip(" \t\r\n").translate(MAJUSCULES)
    if not rg:
        return None
    suffixe = re.search(r"-[0-9]{1,2}$", rg)
    base, fin = (rg[: suffixe.start()], suffixe.group()) if suffixe else (rg, "")
    return base.rjust(RG_LONGUEUR, "0") + fin


def problemes(saisie: Saisie, contexte: Contexte) -> list[Probleme]:
    """Everything that is wrong with `saisie`, in the order of the form; empty when it may be written."""
    trouves = [*_reservation(saisie, contexte), *_rg(saisie, contexte)]
    if saisie.statut in PRONONCEES:
        trouves = [*_decision(saisie, contexte), *trouves, *_terme(saisie)]
    trouves += [*_lieu_de_vie(saisie, contexte), *_commune(saisie, contexte), *_textes(saisie)]
    if saisie.statut == Statut.ETEINTE:
        trouves += _extinction(saisie, contexte)
    return trouves


def _decision(saisie: Saisie, contexte: Contexte) -> Iterator[Probleme]:
    decision = saisie.date_decision
    if decision is None:
        yield Probleme("date_decision", "manque", "Indiquez la date de décision.")
    elif decision < DATE_MIN:
        yield Probleme(
            "date_decision", "ancienne", f"La date de décision ne peut pas être antérieure à {ANNEE_MIN}."
        )
    elif decision > contexte.aujourd_hui:
        yield Probleme("date_decision", "future", "La date de décision ne peut pas être dans le futur.")
    # A year of birth that is not possible has a sentence of its own, and says nothing of the decision.
    elif (
        saisie.annee_naissance is not None and decision.year < saisie.annee_naissance <= contexte.aujourd_hui.year
    ):
        yield Probleme(
            "date_decision",
            "avant_naissance",
            f"La décision ({decision.year}) ne peut pas précéder l'année de naissance ({saisie.annee_naissance}).",
        )


def _reservation(saisie: Saisie, contexte: Contexte) -> Iterator[Probleme]:
    """What a court already says when it reserves: nature, genre, year of birth, and itself."""
    if saisie.nature not in Nature:
        yield Probleme("nature", "manque", "Choisissez le type de mesure.")
    if not saisie.genre:
        yield Probleme("genre", "manque", "Indiquez si la personne est une femme ou un homme.")
    cette_annee = contexte.aujourd_hui.year
    if saisie.annee_naissance is None:
        yield Probleme("annee_naissance", "manque", "Indiquez l'année de naissance.")
    elif not ANNEE_MIN <= saisie.annee_naissance <= cette_annee:
        yield Probleme(
            "annee_naissance",
            "bornes",
            f"L'année de naissance doit être comprise entre {ANNEE_MIN} et {cette_annee}.",
        )
    if saisie.tribunal_id is None and (contexte.tribunal_exige or saisie.statut not in PRONONCEES):
        yield Probleme("tribunal", "manque", "Choisissez le tribunal qui a prononcé la mesure.")


def _rg(saisie: Saisie, contexte: Contexte) -> Iterator[Probleme]:
    rg = normaliser_rg(saisie.numero_rg)
    if rg is None or saisie.statut not in (Statut.EN_ATTENTE, Statut.EN_COURS):
        return
    if saisie.tribunal_id is None:
        if not contexte.tribunal_exige:
            yield Probleme("tribunal", "rg_sans_tribunal", "Un numéro RG demande le tribunal qui l'a donné.")
    elif (saisie.tribunal_id, rg) in contexte.rg_pris:
        qui = "Ce mandataire a" if saisie.statut == Statut.EN_ATTENTE else "Vous avez"
        yield Probleme("numero_rg", "rg_pris", f"{qui} déjà une mesure avec ce numéro RG dans ce tribunal.")


def _lieu_de_vie(saisie: Saisie, contexte: Contexte) -> Iterator[Probleme]:
    nomme = saisie.etablissement_id is not None or bool(saisie.etablissement_nom)
    if saisie.lieu_vie not in LieuVie:
        # A court that reserves may not know where the person lives.
        if saisie.statut in PRONONCEES or nomme:
            yield Probleme("lieu_vie", "manque", "Indiquez si la personne vit à domicile ou en établissement.")
        return
    if saisie.lieu_vie in EN_ETABLISSEMENT:
        if contexte.etablissement_exige and not nomme:
            yield Probleme("etablissement", "manque", "Indiquez l'établissement où vit la personne.")
        elif saisie.etablissement_id is not None and saisie.etablissement_nom:
            yield Probleme(
                "etablissement", "double", "Choisissez un établissement de la liste ou écrivez son nom."
            )
    elif nomme:
        yield Probleme(
            "etablissement", "hors_etablissement", "La personne ne vit pas en établissement : laissez vide."
        )


def _commune(saisie: Saisie, contexte: Contexte) -> Iterator[Probleme]:
    code = saisie.code_postal
    est_exigee = saisie.statut in PRONONCEES and saisie.lieu_vie != LieuVie.SDF
    if saisie.commune_id is None and est_exigee:
        yield Probleme("commune", "manque", "Choisissez la commune où vit la personne.")
    if code and not re.fullmatch(r"[0-9]{5}", code):
        yield Probleme("code_postal", "forme", "Un code postal compte cinq chiffres.")
    elif saisie.commune_id is None:
        return
    elif not code:
        if saisie.statut in PRONONCEES:
            yield Probleme("code_postal", "manque", "Indiquez le code postal.")
    else:
        # A code that no commune has (CEDEX) is kept as typed.
        connues = contexte.communes_par_code.get(code, ())
        if connues and saisie.commune_id not in connues:
            yield Probleme("code_postal", "autre_commune", "Ce code postal n'est pas celui de cette commune.")


def _textes(saisie: Saisie) -> Iterator[Probleme]:
    textes = {
        "numero_rg": saisie.numero_rg,
        "numero_dossier": saisie.numero_dossier,
        "cabinet": saisie.cabinet,
        "etablissement": saisie.etablissement_nom,
    }
    for champ, texte in textes.items():
        if texte and (est_bouche_trou(texte) or est_erreur_excel(texte)):
            yield Probleme(champ, "bouche_trou", f"« {texte} » n'est pas une valeur : laissez ce champ vide.")
        elif texte and est_nombre_arrondi(texte.strip()):
            phrase = f"« {texte} » est un nombre qu'un tableur a arrondi : écrivez le numéro en entier."
            yield Probleme(champ, "nombre_arrondi", phrase)
        elif champ == "numero_rg" and texte and texte.strip() and not re.search("[1-9]", texte):
            yield Probleme(
                champ, "bouche_trou", f"« {texte} » n'est pas un numéro : laissez ce champ vide s'il n'y en a pas."
            )


def _terme(saisie: Saisie) -> Iterator[Probleme]:
    terme = saisie.date_terme
    if terme is not None and saisie.date_decision is not None and terme <= saisie.date_decision:
        yield Probleme(
            "date_terme",
            "avant_decision",
            f"L'échéance vient après la décision ({saisie.date_decision:%d/%m/%Y}).",
        )


def _extinction(saisie: Saisie, contexte: Contexte) -> Iterator[Probleme]:
    fin = saisie.date_extinction
    if fin is None:
        yield Probleme("date_extinction", "manque", "Indiquez la date de fin du mandat.")
    elif fin > contexte.aujourd_hui:
        yield Probleme("date_extinction", "future", "La date de fin ne peut pas être dans le futur.")
    elif saisie.date_decision is not None and fin < saisie.date_decision:
        yield Probleme(
            "date_extinction",
            "avant_decision",
            f"La date de fin ne peut pas précéder la décision ({saisie.date_decision:%d/%m/%Y}).",
        )
