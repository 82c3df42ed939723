"""What the texts of a file stand for: courts, communes, establishments, all loaded once for the whole file."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

from django.db import connection
from django.db.models import Q

from etablissements.models import Etablissement
from mandataires.models import Exercice
from mesures.echanges.etats import Etat, Portefeuille
from mesures.echanges.juridictions import Juridictions, TribunalInconnu
from mesures.echanges.lignes import LigneLue, ProblemeLu
from mesures.echanges.phrases import codes_de, communes_du, dans_un_fichier
from mesures.echanges.valeurs import ranger
from mesures.regles import Probleme
from tribunaux.models import Commune

# What people write around the name of a town: « 62000 », « (62) », « CEDEX 9 », « 11e arrondissement ».
CODE = re.compile(r"^[0-9]{2} ?[0-9]{3}[\s,-]+(?=\D)")
PARENTHESE = re.compile(r"\s*\([^()]*\)\s*$")
CEDEX = re.compile(r"[\s,-]+cedex\b.*$", re.IGNORECASE)
ARRONDISSEMENT = re.compile(r"[\s,-]+\d{1,2}\s*(?:er|e|[eè]me)?(?:\s+arr\w*\.?)?$", re.IGNORECASE)
PROPOSEES = 5


@dataclass(frozen=True)
class Correspondances:
    """What the user chose once for all lines: the court of a SIRET, of a name, or of the lines that say none (""),
    the establishment of a number or a name."""

    tribunaux: Mapping[str, int] = field(default_factory=dict)
    etablissements: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def de_json(cls, json: Mapping[str, Any]) -> Self:
        return cls(json.get("tribunaux", {}), json.get("etablissements", {}))


@dataclass
class Inconnus:
    """Courts and establishments to choose, with the number of their lines."""

    tribunaux: Counter[str] = field(default_factory=Counter)
    etablissements: Counter[str] = field(default_factory=Counter)
    noms: dict[str, str] = field(default_factory=dict)  # of an establishment, as the file writes it

    def en_json(self) -> dict[str, list[dict[str, Any]]]:
        return {
            "tribunaux": [{"siret": siret, "lignes": n} for siret, n in self.tribunaux.most_common()],
            "etablissements": [
                {"cle": cle, "nom": self.noms[cle], "lignes": n} for cle, n in self.etablissements.most_common()
            ],
        }


@dataclass
class Constat:
    """What looking up the texts of one line says of it, besides the values.

    `lus`: what its texts were taken for, as a page shows it.
    """

    problemes: list[ProblemeLu] = field(default_factory=list)
    avertissements: list[str] = field(default_factory=list)
    lus: dict[str, str] = field(default_factory=dict)

    def refuser(self, colonne: str, code: str, message: str) -> None:
        self.problemes.append(ProblemeLu(colonne, code, message))


class References:
    """Six queries, whatever the number of lines."""

    def __init__(
        self,
        lignes: Sequence[LigneLue],
        portefeuille: Portefeuille,
        mandataire_id: int,
        correspondances: Correspondances,
    ) -> None:
        self.correspondances = correspondances
        self.inconnus = Inconnus()
        etats = [connue.etat for connue in portefeuille.par_pk.values()]
        self._villes = {ligne.ville: _ecritures(ligne.ville) for ligne in lignes if ligne.ville}
        noms = {ligne.etablissement_nom for ligne in lignes if ligne.etablissement_nom}
        tribunaux = {ligne.tribunal_nom for ligne in lignes if ligne.tribunal_nom}
        self._plis = plier({*noms, *tribunaux, *(texte for textes in self._villes.values() for texte in textes)})
        self._juridictions = Juridictions(lignes, portefeuille, correspondances.tribunaux, self._plis)
        self.inconnus.tribunaux = self._juridictions.inconnus
        self._tribunaux = self._juridictions.par_pk
        self._charger_communes(lignes, etats)
        self._charger_etablissements(lignes, etats, noms, mandataire_id)
        # For each foreign key, the name of each row: `mesures.historique.changements_entre`.
        self.noms: dict[str, dict[Any, str]] = {
            "commune": {pk: str(commune) for pk, commune in self._communes.items()},
            "tribunal": {pk: tribunal.libelle for pk, tribunal in self._tribunaux.items()},
            "etablissement": {pk: str(etablissement) for pk, etablissement in self._etablissements.items()},
        }

    # --- Courts ---------------------------------------------------------------------------------------

    def actuel(self, tribunal_id: int | None) -> int | None:
        return None if tribunal_id is None else self._tribunaux[tribunal_id].actuel_id

    def tribunal(self, ligne: LigneLue, constat: Constat) -> int | None:
        """The present court of a line."""
        if (cle := self._juridictions.cle_de(ligne)) is not None:
            constat.lus["cle_tribunal"] = cle
        try:
            tribunal, phrase = self._juridictions.trouver(ligne)
        except TribunalInconnu as inconnu:
            constat.refuser(inconnu.colonne, "tribunal_inconnu", str(inconnu))
            return None
        if tribunal is None:
            return None
        assert tribunal.actuel_id is not None
        actuel = self._tribunaux[tribunal.actuel_id]
        if phrase:
            constat.avertissements.append(phrase)
        if not tribunal.est_ouvert:
            constat.avertissements.append(
                f"{tribunal.nom} a fermé : la mesure relève maintenant de « {actuel.libelle} »."
            )
        constat.lus["tribunal"] = actuel.libelle_court
        return actuel.pk

    def avec_siret(self, ligne: LigneLue, tribunal_id: int | None) -> LigneLue:
        """The line as its fingerprint takes it: the same whether its court is named or numbered."""
        if tribunal_id is None or ligne.tribunal_siret or not ligne.tribunal_nom:
            return ligne
        return replace(ligne, tribunal_siret=self._tribunaux[tribunal_id].siret or str(tribunal_id))

    # --- Communes -------------------------------------------------------------------------------------

    def _charger_communes(self, lignes: Sequence[LigneLue], etats: Sequence[Etat]) -> None:
        codes = {ligne.code_postal for ligne in lignes} | {etat.code_postal for etat in etats}
        # More than five characters are no code: the column of the table would not take them.
        codes = {code for code in codes if code and len(code) <= 5}
        plis = {self._plis[texte] for textes in self._villes.values() for texte in textes}
        self._communes = (
            Commune.objects.filter(
                Q(codes_postaux__overlap=sorted(codes))
                | Q(nom_recherche__in=plis)
                | Q(pk__in={etat.commune_id for etat in etats} - {None})
            )
            .only("code_insee", "nom", "nom_recherche", "codes_postaux", "departement_id")
            .in_bulk()
        )
        self._par_nom: defaultdict[str, list[Commune]] = defaultdict(list)
        par_code: defaultdict[str, set[str]] = defaultdict(set)
        for commune in self._communes.values():
            self._par_nom[commune.nom_recherche].append(commune)
            for code in codes.intersection(commune.codes_postaux):
                par_code[code].add(commune.pk)
        self.communes_par_code: Mapping[str, set[str]] = dict(par_code)

    def commune(self, ligne: LigneLue, avant: Etat, constat: Constat) -> str | None:
        """The commune of a line, by name then by code; that of the mesure when the line says the same or nothing.

        Whether it goes with the postal code is left to the rules.
        """
        deja = len(constat.problemes)
        pk = self._commune(ligne, avant, constat)
        if pk is not None and len(constat.problemes) == deja and (ligne.ville or ligne.code_postal):
            constat.lus["commune"] = self._communes[pk].nom
        return pk

    def _commune(self, ligne: LigneLue, avant: Etat, constat: Constat) -> str | None:
        code = ligne.code_postal or avant.code_postal
        du_code = self.communes_par_code.get(code, set())
        if not ligne.ville:
            if avant.commune_id and (not ligne.code_postal or avant.commune_id in du_code or not du_code):
                return avant.commune_id
            if len(du_code) == 1 and not self._est_sans_domicile(ligne, avant):
                [pk] = du_code
                constat.avertissements.append(
                    f"La ville manque : le code postal {code} est celui de {self._communes[pk].nom}."
                )
                return pk
            return avant.commune_id
        nommees = self._nommees(ligne.ville)
        pks = {commune.pk for commune in nommees}
        if avant.commune_id in pks and (avant.commune_id in du_code or not du_code):
            return avant.commune_id
        if not pks:
            constat.refuser("ville", "inconnue", self._phrase_inconnue(ligne.ville, code, du_code))
            return avant.commune_id
        if du_code and pks & du_code:
            pks &= du_code
        elif len(pks) > 1 and code:
            # A CEDEX code belongs to no commune, and begins as those of the communes around it.
            debut = code[:3] if code.startswith(("97", "98")) else code[:2]
            proches = {c.pk for c in nommees if any(connu.startswith(debut) for connu in c.codes_postaux)}
            pks = proches or pks
        if len(pks) > 1:
            constat.refuser("code_postal", "plusieurs", self._phrase_plusieurs(ligne.ville, code, du_code))
            return avant.commune_id
        [pk] = pks
        if ligne.code_postal and not du_code and re.fullmatch("[0-9]{5}", ligne.code_postal):
            constat.avertissements.append(
                f"Le code postal {ligne.code_postal} n'est celui d'aucune commune : il est gardé tel quel."
            )
        return pk

    def _est_sans_domicile(self, ligne: LigneLue, avant: Etat) -> bool:
        return (ligne.lieu_vie or avant.lieu_vie) == "sdf"

    def _nommees(self, ville: str) -> list[Commune]:
        return next(
            (trouvees for texte in self._villes[ville] if (trouvees := self._par_nom.get(self._plis[texte]))), []
        )

    def _phrase_inconnue(self, ville: str, code: str, du_code: set[str]) -> str:
        phrase = f"Nous ne connaissons pas de commune « {ville} »."
        if not du_code:
            return phrase
        return f"{phrase} {self._communes_du(code, du_code)}."

    def _phrase_plusieurs(self, ville: str, code: str, du_code: set[str]) -> str:
        phrase = f"Plusieurs communes s'appellent « {ville} »"
        if not code:
            return f"{phrase} : écrivez le code postal."
        if du_code:
            return f"{phrase}, et {self._communes_du(code, du_code)}. Écrivez le bon code."
        return f"{phrase}, et {code} n'est le code d'aucune commune : écrivez celui de la bonne."

    def _communes_du(self, code: str, du_code: Iterable[str]) -> str:
        return communes_du(code, [self._communes[pk].nom for pk in du_code], PROPOSEES)

    def phrase(self, probleme: Probleme, etat: Etat) -> str:
        """What a rule says, as it is said of a file: of a place, with the codes and communes that go together."""
        code = etat.code_postal
        du_code = self.communes_par_code.get(code, set())
        commune = self._communes.get(etat.commune_id or "")
        match probleme.champ, probleme.code:
            case "commune", "manque" if du_code:
                return f"Écrivez la ville : {self._communes_du(code, du_code)}."
            case "code_postal", "manque" if commune and (codes := codes_de(commune.nom, commune.codes_postaux)):
                return f"Écrivez le code postal : {codes}."
            case "code_postal", "autre_commune" if commune and du_code:
                codes = codes_de(commune.nom, commune.codes_postaux) or f"{commune.nom} n'a pas ce code"
                return f"{self._communes_du(code, du_code)} ; {codes}."
        return dans_un_fichier(probleme)

    # --- Establishments -------------------------------------------------------------------------------

    def _charger_etablissements(
        self, lignes: Sequence[LigneLue], etats: Sequence[Etat], noms: Iterable[str], mandataire_id: int
    ) -> None:
        exercices = Exercice.objects.filter(mandataire=mandataire_id, au=None, etablissement__isnull=False)
        self._siens = set(exercices.order_by().values_list("etablissement", flat=True))
        pks = {
            *self._siens,
            *(etat.etablissement_id for etat in etats),
            *self.correspondances.etablissements.values(),
        }
        self._etablissements = (
            Etablissement.objects.filter(
                Q(pk__in=pks - {None})
                | Q(finess__in={ligne.finess for ligne in lignes} - {""})
                | Q(ferme_le=None, nom_recherche__in={self._plis[nom] for nom in noms})
            )
            .only("finess", "nom", "nom_recherche", "commune_id", "ferme_le")
            .in_bulk()
        )
        self._par_finess = {e.finess: e for e in self._etablissements.values()}
        self._homonymes: defaultdict[str, list[Etablissement]] = defaultdict(list)
        for etablissement in self._etablissements.values():
            self._homonymes[etablissement.nom_recherche].append(etablissement)

    def etablissement(
        self, ligne: LigneLue, avant: Etat, commune_id: str | None, constat: Constat
    ) -> tuple[int | None, str]:
        """The establishment of the list, else its free name: at most one of the two."""
        pk, nom = self._etablissement(ligne, avant, commune_id, constat)
        if pk is not None and (ligne.finess or ligne.etablissement_nom):
            constat.lus["etablissement"] = self._etablissements[pk].nom
        return pk, nom

    def _etablissement(
        self, ligne: LigneLue, avant: Etat, commune_id: str | None, constat: Constat
    ) -> tuple[int | None, str]:
        stocke = (avant.etablissement_id, avant.etablissement_nom)
        if not ligne.finess and not ligne.etablissement_nom:
            return stocke
        if ligne.finess:
            choisi = self._choisi(ligne.finess)
            trouve = self._par_finess.get(ligne.finess) or choisi
            if trouve is not None:
                return trouve.pk, ""
            if not ligne.etablissement_nom:
                self._noter_inconnu(ligne.finess, f"FINESS {ligne.finess}")
                constat.avertissements.append(
                    f"Aucun établissement n'a le numéro FINESS {ligne.finess} : il reste à compléter."
                )
                return stocke
        nom = ligne.etablissement_nom
        pli = self._plis[nom]
        connu = self._etablissements.get(avant.etablissement_id or 0)
        if est_dit_par(nom, avant.etablissement_nom):
            return stocke
        if connu is not None and connu.nom_recherche == pli:
            return stocke
        if (trouve := self._choisi(pli) or self._nomme(pli, commune_id)) is not None:
            return trouve.pk, ""
        self._noter_inconnu(pli, nom)
        return None, nom

    def _choisi(self, cle: str) -> Etablissement | None:
        return self._etablissements.get(self.correspondances.etablissements.get(cle, 0))

    def _nomme(self, pli: str, commune_id: str | None) -> Etablissement | None:
        """The owner's own of that name, else that of the commune, else the only one."""
        homonymes = self._homonymes.get(pli, [])
        siens = [e for e in homonymes if e.pk in self._siens]
        voisins = [e for e in homonymes if e.commune_id is not None and e.commune_id == commune_id]
        return next((groupe[0] for groupe in (siens, voisins, homonymes) if len(groupe) == 1), None)

    def _noter_inconnu(self, cle: str, nom: str) -> None:
        self.inconnus.etablissements[cle] += 1
        self.inconnus.noms.setdefault(cle, nom)


def est_dit_par(texte: str, stocke: str) -> bool:
    """Whether a cell says what is stored: the reading of a cell tidies its spaces."""
    return texte == stocke or texte == ranger(stocke)


def plier(textes: Iterable[str]) -> dict[str, str]:
    """Each text as searches compare it. One query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT t, texte_recherche(t) FROM unnest(%s::text[]) t", [sorted(textes)])
        return dict(cursor.fetchall())


def _ecritures(ville: str) -> list[str]:
    """A town as it is written, then without what stands around its name."""
    ecritures = [ville]
    for motif in (CODE, PARENTHESE, CEDEX, ARRONDISSEMENT):
        ecritures.append(motif.sub("", ecritures[-1]))
    return [texte for texte in dict.fromkeys(ecritures) if texte]
