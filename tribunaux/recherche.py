"""Searches behind the choices among thousands: communes and courts by what a person types of them.

Every search compares texts as `texte_recherche` writes them (no case, no accent, no punctuation), in one
query that the trigram indexes answer, and annotates `rang`: 0 for what is exactly that, more for what
only begins with it, then holds it. Results are ordered, best first, and never cut: the callers do.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import singledispatch
from typing import NotRequired, TypedDict

from django.contrib.postgres.search import TrigramSimilarity
from django.db.models import Case, F, Func, Model, Q, QuerySet, TextField, Value, When
from django.db.models.functions import Concat

from tribunaux.db_functions import TexteRecherche
from tribunaux.models import Commune, Tribunal

NOMBRE_DE_REPONSES = 10
RESSEMBLANTES = 6


class Reponse(TypedDict):
    """What the choices show of a row: its primary key, its name, and what tells homonyms apart."""

    valeur: str
    libelle: str
    detail: str
    codes_postaux: NotRequired[list[str]]


def libelle_de(objet: Model) -> str:
    """The name under which a row is proposed, and that the field shows once it is chosen."""
    return str(getattr(objet, "libelle", objet))


@singledispatch
def decrire(objet: Model) -> Reponse:
    """The same words for the proposals in JSON, the radio buttons, and the page without JavaScript."""
    return {"valeur": str(objet.pk), "libelle": libelle_de(objet), "detail": ""}


@decrire.register
def _(commune: Commune) -> Reponse:
    codes = commune.codes_postaux
    detail = ", ".join(codes) if len(codes) <= 4 else f"{codes[0]} et {len(codes) - 1} autres codes"
    return {
        "valeur": commune.pk,
        "libelle": libelle_de(commune),
        "detail": detail,
        "codes_postaux": codes,
    }


@decrire.register
def _(tribunal: Tribunal) -> Reponse:
    return {"valeur": str(tribunal.pk), "libelle": libelle_de(tribunal), "detail": str(tribunal.commune)}


# --- What was typed ----------------------------------------------------------------------------------


def lire_mots(q: str) -> list[str]:
    """The words of what was typed; few, so that the query stays small whatever is sent.

    A word without any letter or digit of ours would be compared as an empty text, which all names hold.
    """
    mots = re.findall(r"[^\W_]+", unicodedata.normalize("NFC", q[:100]))
    return [mot for mot in mots if plier(mot)][:12]


def plier(texte: str) -> str:
    """Nearly `texte_recherche`, for the few words that are compared here and not in the database."""
    return unicodedata.normalize("NFKD", texte).encode("ascii", "ignore").decode().lower()


def en_recherche(mots: Sequence[str]) -> TexteRecherche:
    return TexteRecherche(Value(" ".join(mots)))


def contient(champ: str, mot: str) -> Q:
    """`champ` holds `mot`: anywhere, or only as a beginning of word for one or two letters.

    Shorter than that, a trigram index has nothing to look for in the middle of words.
    """
    texte = en_recherche([mot])
    if len(mot) >= 3:
        return Q((f"{champ}__contains", texte))
    return Q((f"{champ}__startswith", texte)) | Q((f"{champ}__contains", _debut_de_mot(texte)))


def place_de(champ: str, mots: Sequence[str]) -> Case:
    """0: `champ` is these words; 1: begins with them; 2: one of its words does; 3: the rest."""
    texte = en_recherche(mots)
    return Case(
        When(Q((champ, texte)), then=0),
        When(Q((f"{champ}__startswith", texte)), then=1),
        When(Q((f"{champ}__contains", _debut_de_mot(texte))), then=2),
        default=3,
    )


def _debut_de_mot(texte: Func) -> Concat:
    return Concat(Value(" "), texte, output_field=TextField())


# --- Communes ----------------------------------------------------------------------------------------

DEPARTEMENT = re.compile(r"\d{2,3}|2[ab]", re.IGNORECASE)
ARRONDISSEMENT = re.compile(r"(\d{1,2})(?:er|e|[eè]me)?", re.IGNORECASE)


def chercher_communes(q: str, parmi: QuerySet[Commune] | None = None) -> QuerySet[Commune]:
    """Communes by name, postal code (whole or its first digits), or name with a code.

    « Calais », « 62100 », « 621 », « Calais 62 », « 62100 Calais », « Lille cedex 9 », « Paris 11e ».
    """
    communes = Commune.objects.all() if parmi is None else parmi
    mots = lire_mots(q)
    chiffres = "".join(mots)
    if chiffres.isdecimal():
        return _ordonner(_par_code_postal(communes, chiffres), Value(1))

    if "cedex" in (suite := [mot.lower() for mot in mots[1:]]):
        mots = mots[: suite.index("cedex") + 1]
    for position in (-1, 0):
        if len(mots) > 1 and (condition := _code(mots[position])) is not None:
            communes = communes.filter(condition)
            mots.pop(position)
            break
    if not mots:
        return communes.none()
    for mot in mots:
        communes = communes.filter(contient("nom_recherche", mot))
    return _ordonner(communes, place_de("nom_recherche", mots))


def communes_ressemblantes(q: str) -> list[Commune]:
    """What may have been meant by a text that `chercher_communes` does not know: never taken for it, offered.

    « Calaix » is nearly Calais; « 62999 » begins like the codes of its département.
    """
    mots = lire_mots(q)
    chiffres = "".join(mots)
    if chiffres.isdecimal():
        for longueur in range(min(len(chiffres), 5) - 1, 1, -1):
            if trouvees := list(chercher_communes(chiffres[:longueur])[:RESSEMBLANTES]):
                return trouvees
        return []
    if not (lettres := [mot for mot in mots if not mot.isdecimal()]):
        return []
    texte = en_recherche(lettres)
    return list(
        Commune.objects.filter(nom_recherche__trigram_similar=texte)
        .annotate(ressemblance=TrigramSimilarity("nom_recherche", texte))  # type: ignore[arg-type]
        .order_by("-ressemblance", F("population").desc(nulls_last=True), "pk")[:RESSEMBLANTES]
    )


def _ordonner(communes: QuerySet[Commune], rang: Case | Value) -> QuerySet[Commune]:
    return communes.annotate(rang=rang).order_by(
        "rang", F("population").desc(nulls_last=True), "nom_recherche", "pk"
    )


def _par_code_postal(communes: QuerySet[Commune], chiffres: str) -> QuerySet[Commune]:
    if len(chiffres) > 5:
        return communes.none()
    if len(chiffres) == 5:
        return communes.filter(codes_postaux__contains=[chiffres])
    # The index knows whole codes only. Reading all of the 35,000 rows takes some ten milliseconds.
    codes = Func("codes_postaux", Value(" "), function="array_to_string", output_field=TextField())
    return communes.alias(codes=_debut_de_mot(codes)).filter(codes__contains=f" {chiffres}")


def _code(mot: str) -> Q | None:
    """What a word beside the name says of the place: postal code, département, arrondissement."""
    if re.fullmatch(r"[0-9]{5}", mot):
        return Q(codes_postaux__contains=[mot])
    condition = None
    if DEPARTEMENT.fullmatch(mot):
        condition = Q(departement=mot.upper())
    if trouve := ARRONDISSEMENT.fullmatch(mot):
        # Paris, Lyon and Marseille are one commune each; their arrondissements are postal codes.
        codes = [f"{debut}{int(trouve[1]):02}" for debut in ("750", "690", "130")]
        condition = (condition or Q()) | Q(codes_postaux__overlap=codes)
    return condition


# --- Courts ------------------------------------------------------------------------------------------

# How people name a kind of court, today's names and those before 2020; the longest first.
GENRES = (
    ("tribunal de premiere instance", Tribunal.Type.PREMIERE_INSTANCE),
    ("tribunal de grande instance", Tribunal.Type.JUDICIAIRE),
    ("tribunal de proximite", Tribunal.Type.PROXIMITE),
    ("tribunal judiciaire", Tribunal.Type.JUDICIAIRE),
    ("tribunal d instance", Tribunal.Type.PROXIMITE),
    ("tribunal", None),
    ("tprox", Tribunal.Type.PROXIMITE),
    ("tprx", Tribunal.Type.PROXIMITE),
    ("tgi", Tribunal.Type.JUDICIAIRE),
    ("tpi", Tribunal.Type.PREMIERE_INSTANCE),
    ("ti", Tribunal.Type.PROXIMITE),
    ("tj", Tribunal.Type.JUDICIAIRE),
    ("tp", Tribunal.Type.PROXIMITE),
)
ARTICLES = {"a", "d", "de", "des", "du", "l", "la", "le", "les"}


def chercher_tribunaux(q: str, parmi: QuerySet[Tribunal] | None = None) -> QuerySet[Tribunal]:
    """Courts, open ones unless `parmi` says otherwise, by name or town, under old names and new.

    « calais », « TI Calais », « tribunal d'instance de Calais », « TJ Arras », « st omer ». A kind puts its
    courts first, and hides no other: a former tribunal d'instance is often a tribunal judiciaire now.
    """
    tribunaux = Tribunal.objects.ouverts() if parmi is None else parmi
    mots = lire_mots(re.sub(r"\(ancien TI\)\s*$", "", q, flags=re.IGNORECASE))  # as `libelle` ends
    if not mots:
        return tribunaux.none()
    genre, lieu = lire_genre(mots)
    est_du_genre = Q(type=genre) if genre else Q()
    condition = Q()
    for mot in lieu:
        condition &= (
            contient("nom_recherche", mot)
            | contient("commune__nom_recherche", mot)
            | Q(commune__departement=mot.upper())
        )
    # A kind half typed: « tribunal d'inst », « tribunal de p », which may be Paris as well.
    en_cours = plier(" ".join(mots))
    if " " in en_cours and lieu:
        condition |= Q(type__in=[type_ for nom, type_ in GENRES if type_ and nom.startswith(en_cours)])

    # Two courts of Montreuil are told apart by their département alone: « … de Montreuil (62) ».
    lieu_et_code = Concat(en_recherche(lieu), Value(" "), "commune__departement", output_field=TextField())
    est_exact = (
        Q(nom_recherche=en_recherche(mots))
        | Q(commune__nom_recherche=en_recherche(lieu))
        | Q(nom_recherche__endswith=lieu_et_code)
    )
    return (
        tribunaux.filter(condition)
        .annotate(rang=Case(When(est_exact & est_du_genre, then=0), When(est_exact, then=1), default=2))
        .select_related("commune")
        .order_by(
            "rang",
            *([Case(When(est_du_genre, then=0), default=1)] if genre else []),
            place_de("commune__nom_recherche", lieu),
            "nom_recherche",
            "pk",
        )
    )


def lire_genre(mots: list[str]) -> tuple[Tribunal.Type | None, list[str]]:
    """The kind of court that is named, and the words of its place."""
    plies = [plier(mot) for mot in mots]
    for nom, genre in GENRES:
        longueur = len(nom.split())
        if plies[:longueur] == nom.split():
            while plies[longueur : longueur + 1] and plies[longueur] in ARTICLES:
                longueur += 1
            return genre, mots[longueur:]
    return None, mots
