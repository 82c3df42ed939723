from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.db.models import Count, Q

from etablissements.models import Etablissement
from mandataires.models import Mandataire
from mesures.enums import Statut
from mesures.models import Transfert
from mesures.transferts import Selection, reperer, transferables
from tribunaux.models import Commune, Tribunal

NUMEROS_CITES = 20  # in a sentence on what is wrong with some of them


class MandataireSelect(AutocompleteSelect):
    """Django's, less an error of the server on what is no key, as an address may be typed."""

    def optgroups(self, name: str, value: Sequence[str], attr: dict[str, Any] | None = None) -> Any:
        return super().optgroups(name, [cle for cle in value if str(cle).isdecimal()], attr)


class SourceForm(forms.Form):
    """Whose mesures are to move; sent by GET."""

    de = forms.ModelChoiceField(
        label="De",
        queryset=Mandataire.objects.all(),
        widget=MandataireSelect(Transfert._meta.get_field("de"), admin.site),
        help_text="Le mandataire dont les mesures sont à transférer.",
        error_messages={
            "required": "Choisissez un mandataire.",
            "invalid_choice": "Ce mandataire n'existe pas.",
        },
    )


class TransfertForm(forms.Form):
    """To whom, and which mesures: by criteria drawn from those of `de`, or by numbers. None of them is shown."""

    vers = forms.ModelChoiceField(
        label="Vers",
        queryset=Mandataire.objects.none(),
        widget=MandataireSelect(Transfert._meta.get_field("vers"), admin.site),
        help_text="Un autre mandataire, validé.",
        error_messages={
            "required": "Choisissez le mandataire qui reçoit les mesures.",
            "invalid_choice": "Choisissez un autre mandataire, validé.",
        },
    )
    quoi = forms.ChoiceField(label="Mesures à transférer", initial="en_cours")
    tribunal = forms.TypedChoiceField(label="Tribunal", required=False, coerce=int, empty_value=None)
    etablissement = forms.TypedChoiceField(label="Établissement", required=False, coerce=int, empty_value=None)
    commune = forms.TypedChoiceField(label="Commune", required=False, empty_value=None)
    numeros = forms.CharField(
        label="Numéros",
        required=False,
        max_length=200_000,
        widget=forms.Textarea(attrs={"rows": 6, "cols": 40, "spellcheck": "false"}),
        help_text="Numéros RG ou de dossier, un par ligne, tels que le mandataire qui part les donne, sans "
        "établissement ni commune ; le tribunal ne sert alors qu'à départager un numéro commun à plusieurs "
        "mesures. Vide : toutes les mesures choisies ci-dessus.",
    )
    motif = forms.CharField(
        label="Motif",
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"size": 60}),
        help_text="Pour l'équipe seulement. Aucune donnée sur une personne protégée.",
    )

    FIELDSETS = (
        (None, {"fields": ["vers"]}),
        ("Quelles mesures", {"fields": ["quoi", "tribunal", "etablissement", "commune", "numeros"]}),
        ("Trace", {"fields": ["motif"]}),
    )

    def __init__(self, *args: Any, de: Mandataire, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.de = de
        vers = self.fields["vers"]
        assert isinstance(vers, forms.ModelChoiceField)
        vers.queryset = Mandataire.objects.filter(valide_at__isnull=False).exclude(pk=de.pk)
        comptes = transferables(de.pk).aggregate(
            en_cours=Count("pk", filter=Q(statut=Statut.EN_COURS)),
            eteintes=Count("pk", filter=Q(statut=Statut.ETEINTE)),
        )
        self._proposer(
            "quoi",
            [
                ("en_cours", f"Les mesures en cours ({comptes['en_cours']})"),
                ("toutes", f"Les mesures en cours et les mesures éteintes ({sum(comptes.values())})"),
            ],
        )
        tribunaux = self._compter("tribunal__actuel")
        noms = Tribunal.objects.in_bulk(list(tribunaux))
        self._proposer_lieux(
            "tribunal", "Tous les tribunaux", tribunaux, {pk: t.libelle for pk, t in noms.items()}
        )
        etablissements = self._compter("etablissement")
        lieux = Etablissement.objects.select_related("commune").in_bulk(list(etablissements))
        self._proposer_lieux(
            "etablissement",
            "En établissement ou non",
            etablissements,
            {pk: f"{e.nom}, {e.commune.nom}" if e.commune else e.nom for pk, e in lieux.items()},
        )
        communes = self._compter("commune")
        self._proposer_lieux(
            "commune",
            "Toutes les communes",
            communes,
            {c.pk: f"{c.nom} ({c.departement_id})" for c in Commune.objects.in_bulk(list(communes)).values()},
        )

    def _compter(self, champ: str) -> dict[Any, tuple[int, int]]:
        """For each value of `champ`, how many ongoing and ended mesures."""
        lignes = (
            transferables(self.de.pk)
            .exclude(**{champ: None})
            .order_by()
            .values_list(champ)
            .annotate(
                en_cours=Count("pk", filter=Q(statut=Statut.EN_COURS)),
                eteintes=Count("pk", filter=Q(statut=Statut.ETEINTE)),
            )
        )
        return {valeur: (en_cours, eteintes) for valeur, en_cours, eteintes in lignes}

    def _proposer_lieux(
        self, nom: str, vide: str, comptes: dict[Any, tuple[int, int]], noms: dict[Any, str]
    ) -> None:
        choix = sorted(comptes, key=lambda cle: (noms[cle], str(cle)))
        self._proposer(
            nom, [("", vide), *((str(cle), f"{noms[cle]} : {_en_lettres(*comptes[cle])}") for cle in choix)]
        )

    def _proposer(self, nom: str, choix: list[tuple[str, str]]) -> None:
        champ = self.fields[nom]
        assert isinstance(champ, forms.ChoiceField)
        champ.choices = choix
        champ.error_messages["invalid_choice"] = "Aucune mesure de ce mandataire ne correspond à ce choix."

    def clean_numeros(self) -> list[str]:
        return [ligne.strip() for ligne in self.cleaned_data["numeros"].splitlines() if ligne.strip()]

    def clean(self) -> dict[str, Any]:
        donnees = super().clean() or self.cleaned_data
        if not self.errors:
            self.selection = self._selection(donnees)
            if not self.errors and not self.selection.mesures().exists():
                self.add_error(None, "Aucune mesure ne répond à ce choix.")
        return donnees

    def _selection(self, donnees: dict[str, Any]) -> Selection:
        selection = Selection(de=self.de.pk, avec_eteintes=donnees["quoi"] == "toutes")
        if donnees["numeros"]:
            return self._par_numeros(selection, donnees)
        return replace(
            selection,
            tribunal=donnees["tribunal"],
            etablissement=donnees["etablissement"],
            commune=donnees["commune"],
        )

    def _par_numeros(self, selection: Selection, donnees: dict[str, Any]) -> Selection:
        """The numbers alone, never within a place: to be told which are absent would say where people live."""
        lieux = [nom for nom in ("etablissement", "commune") if donnees[nom] is not None]
        for nom in lieux:
            self.add_error(nom, "Avec des numéros, ne choisissez pas de lieu : videz ce choix, ou les numéros.")
        if lieux:
            return selection
        reperage = reperer(donnees["numeros"], parmi=selection.mesures(), tribunal=donnees["tribunal"])
        if reperage.inconnus:
            self.add_error("numeros", f"Absents des mesures choisies : {_citer(reperage.inconnus)}.")
        if reperage.ambigus:
            self.add_error(
                "numeros",
                f"Communs à plusieurs mesures : {_citer(reperage.ambigus)}. Précisez le tribunal, "
                "ou donnez l'autre numéro.",
            )
        return replace(selection, pks=reperage.pks)


class AnnulationForm(forms.Form):
    """`restantes`: how many mesures have changed since the transfer, and would not come back."""

    laisse_les_autres = forms.BooleanField(
        error_messages={"required": "Cochez la case pour annuler le transfert des seules autres mesures."}
    )

    def __init__(self, *args: Any, restantes: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not restantes:
            del self.fields["laisse_les_autres"]
        else:
            self.fields["laisse_les_autres"].label = (
                "Annuler le transfert sans cette mesure"
                if restantes == 1
                else f"Annuler le transfert sans ces {restantes} mesures"
            )


def _citer(numeros: list[str]) -> str:
    cites = ", ".join(numeros[:NUMEROS_CITES])
    autres = len(numeros) - NUMEROS_CITES
    return f"{cites} et {autres} autre{'s' if autres > 1 else ''}" if autres > 0 else cites


def _en_lettres(en_cours: int, eteintes: int) -> str:
    """« 12 en cours, 3 éteintes »."""
    morceaux = [
        f"{en_cours} en cours" if en_cours else "",
        f"{eteintes} éteinte{'s' if eteintes > 1 else ''}" if eteintes else "",
    ]
    return ", ".join(filter(None, morceaux))
