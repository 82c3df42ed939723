"""What a person gives for an import: a file, then what its unknown numbers and names stand for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from hashlib import blake2b
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Fieldset, Layout
from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import pluralize
from django.utils.formats import number_format

from etablissements.models import Etablissement
from etablissements.recherche import chercher_etablissements
from mesures.echanges.choix import ETABLISSEMENT, TRIBUNAL, Choix, decrire_exemples, exemples, utiles
from mesures.echanges.effets import Effet
from mesures.echanges.feuilles import EXTENSIONS, TAILLE_EN_MO, TAILLE_MAX, TROP_LOURD
from mesures.echanges.references import Correspondances
from mesures.models import Import
from tribunaux.combobox import ComboboxField
from tribunaux.models import Tribunal
from tribunaux.recherche import chercher_tribunaux

# Of each kind at once, those of most lines first: the file is read again, and the next ones come.
CHOIX_AU_PLUS = 30
DEJA_CHOISI = "Déjà choisi pour ce fichier."
DEJA_CHOISI_AVANT = "Choisi lors d'un import précédent."
AIDE_DU_TRIBUNAL = "Écrivez la ville, par exemple « calais »."


class FichierForm(forms.Form):
    """The file is read by the worker: nothing of it is looked at here but its size."""

    fichier = forms.FileField(
        label="Fichier de mesures",
        help_text=f"Formats acceptés : {', '.join(EXTENSIONS)}. {TAILLE_EN_MO} Mo au plus. N'envoyez pas le nom "
        "des personnes protégées : retirez ces colonnes avant l'envoi.",
        widget=forms.FileInput(attrs={"accept": ",".join(EXTENSIONS)}),
        error_messages={
            "required": "Choisissez un fichier.",
            "missing": "Choisissez un fichier.",
            "invalid": "Le fichier n'a pas été reçu : choisissez-le de nouveau.",
            "empty": "Ce fichier est vide : choisissez celui qui contient vos mesures.",
        },
    )

    def clean_fichier(self) -> UploadedFile:
        fichier: UploadedFile = self.cleaned_data["fichier"]
        if fichier.size is None or fichier.size > TAILLE_MAX:
            raise forms.ValidationError(TROP_LOURD)
        return fichier


class CorrespondancesForm(forms.Form):
    """A court or an establishment for each number or name that the file has and that we do not know.

    What was chosen before can be changed, where it serves. An empty field leaves its lines as they are. The number
    of queries is fixed.
    """

    def __init__(self, *args: Any, import_: Import, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._cles: dict[str, dict[str, str]] = {"tribunaux": {}, "etablissements": {}}
        self._siens = list(
            import_.mandataire.exercices.filter(au=None, etablissement__isnull=False)
            .order_by("pk")
            .values_list("etablissement_id", flat=True)
        )
        self._les_siens = list(import_.mandataire.tribunaux_actuels().select_related("commune"))
        tribunaux, etablissements = (import_.inconnus.get(genre, []) for genre in self._cles)
        # How many come after these.
        self.reste = max(len(tribunaux) - CHOIX_AU_PLUS, 0) + max(len(etablissements) - CHOIX_AU_PLUS, 0)
        tribunaux, etablissements = tribunaux[:CHOIX_AU_PLUS], etablissements[:CHOIX_AU_PLUS]
        parties = []
        lignes = {
            **exemples(import_, TRIBUNAL, [un["siret"] for un in tribunaux]),
            **exemples(import_, ETABLISSEMENT, [un["nom"] for un in etablissements]),
        }
        for un in tribunaux:
            aide = f"{_lignes(un['lignes'])} {decrire_exemples(lignes.get(un['siret'], ()))} {AIDE_DU_TRIBUNAL}"
            self._ajouter_tribunal(un["siret"], aide)
        parties.append(("Tribunaux", list(self.fields)))
        for un in etablissements:
            aide = f"{_lignes(un['lignes'])} {decrire_exemples(lignes.get(un['nom'], ()))}"
            self._ajouter_etablissement(un["cle"], un["nom"], aide)
        parties.append(("Établissements", [nom for nom in self.fields if nom not in parties[0][1]]))
        a_choisir = set(self.fields)
        self._ajouter_les_choix(Correspondances.de_json(import_.correspondances), utiles(import_))
        parties.append(("Vos choix", [nom for nom in self.fields if nom not in a_choisir]))
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.layout = Layout(*(Fieldset(titre, *noms) for titre, noms in parties if noms))

    def _ajouter_les_choix(self, choix: Correspondances, utiles: Choix) -> None:
        aide = DEJA_CHOISI_AVANT if utiles.viennent_d_avant else DEJA_CHOISI
        tribunaux = Tribunal.objects.select_related("commune").in_bulk(
            {choix.tribunaux[siret] for siret in utiles.tribunaux}
        )
        for siret in sorted(utiles.tribunaux):
            if (tribunal := tribunaux.get(choix.tribunaux[siret])) is not None:
                self._ajouter_tribunal(siret, aide, tribunal)
        etablissements = Etablissement.objects.select_related("commune").in_bulk(
            {choix.etablissements[cle] for cle in utiles.etablissements}
        )
        for cle in sorted(utiles.etablissements):
            if (etablissement := etablissements.get(choix.etablissements[cle])) is not None:
                self._ajouter_etablissement(cle, cle, aide, etablissement)

    def _ajouter_tribunal(self, siret: str, aide: str, choisi: Tribunal | None = None) -> None:
        nom = _nom("tribunal", siret)
        self._cles["tribunaux"][nom] = siret
        self.fields[nom] = champ = ComboboxField(
            label=_intitule(siret),
            queryset=Tribunal.objects.ouverts() if choisi is None else Tribunal.objects.all(),
            chercher=chercher_tribunaux,
            url="recherche_tribunaux",
            required=choisi is not None,
            initial=choisi,
            help_text=aide,
            error_messages={"required": "Choisissez le tribunal de ces lignes."},
        )
        if choisi is None:
            champ.preferer(self._les_siens, "L'un de vos tribunaux, ou un autre que vous écrivez ci-dessous")

    def _ajouter_etablissement(self, cle: str, ecrit: str, aide: str, choisi: Etablissement | None = None) -> None:
        nom = _nom("etablissement", cle)
        self._cles["etablissements"][nom] = cle
        champ = ComboboxField(
            label=f"« {ecrit} »",
            queryset=Etablissement.objects.ouverts() if choisi is None else Etablissement.objects.all(),
            chercher=partial(chercher_etablissements, preferes=self._siens),
            url="recherche_etablissements",
            required=choisi is not None,
            initial=choisi,
            help_text=aide,
            error_messages={"required": "Choisissez l'établissement de ce nom."},
        )
        champ.widget.parametres = {"prefere": self._siens}
        self.fields[nom] = champ

    def clean(self) -> dict[str, Any]:
        donnees: dict[str, Any] = self.cleaned_data
        if not self.errors and not self.has_changed():
            raise forms.ValidationError(
                "Rien n'a été choisi : choisissez au moins un tribunal ou un établissement."
            )
        return donnees

    def _choisis(self, genre: str) -> Mapping[str, int]:
        champs = self._cles[genre].items()
        return {cle: objet.pk for nom, cle in champs if (objet := self.cleaned_data.get(nom)) is not None}

    @property
    def tribunaux(self) -> Mapping[str, int]:
        """By SIRET or name, as `imports.choisir_correspondances` takes them."""
        return self._choisis("tribunaux")

    @property
    def etablissements(self) -> Mapping[str, int]:
        return self._choisis("etablissements")


def _nom(genre: str, cle: str) -> str:
    """The same from one reading of the file to the next: a form sent late chooses nothing for another name."""
    return f"{genre}_{blake2b(cle.encode(), digest_size=8).hexdigest()}"


def _intitule(cle: str) -> str:
    """Of a court: its number, its name as the file writes it, or nothing."""
    if not cle:
        return "Lignes sans tribunal"
    return f"SIRET {cle}" if cle.isdigit() else f"« {cle} »"


def _lignes(nombre: int) -> str:
    return f"{_nombre(nombre)} ligne{pluralize(nombre)} du fichier."


def _nombre(nombre: int | None) -> str:
    return "?" if nombre is None else number_format(nombre, force_grouping=True)


class EnregistrementForm(forms.Form):
    """What is to be agreed to before the lines are written, and was seen on the page."""

    def __init__(self, *args: Any, effet: Effet, personnes: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.disable_csrf = True
        if effet.depasse:
            self.fields["depasse"] = forms.BooleanField(
                label=f"Ces nombres sont exacts : {_nombre(effet.apres.en_cours)} mesures en cours pour "
                f"{_nombre(effet.apres.capacite)} {effet.mandataire.libelle_capacite}",
                error_messages={
                    "required": "Cochez cette case s'ils le sont ; sinon, corrigez le fichier ou le nombre de vos "
                    "informations."
                },
            )
        if personnes:
            self.fields["personnes"] = forms.BooleanField(
                label="La ligne qui change le genre ou l'année de naissance parle bien de la même personne"
                if personnes == 1
                else f"Les {_nombre(personnes)} lignes qui changent le genre ou l'année de naissance parlent bien "
                "des mêmes personnes",
                error_messages={
                    "required": "Regardez « Changent de personne », puis cochez cette case : une colonne décalée "
                    "écrirait une personne sur une autre."
                },
            )


class AnnulationForm(forms.Form):
    """The undoing of an import; what somebody has changed since stays, and that is to be agreed to."""

    laisse_les_autres = forms.BooleanField(
        error_messages={"required": "Cochez cette case pour défaire le reste de l'import."}
    )

    def __init__(self, *args: Any, touchees: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not touchees:
            del self.fields["laisse_les_autres"]
            return
        nombre = number_format(touchees, force_grouping=True)
        self.fields["laisse_les_autres"].label = (
            f"Laisser telles quelles les {nombre} mesures qui ont changé depuis"
            if touchees > 1
            else "Laisser telle quelle la mesure qui a changé depuis"
        )
