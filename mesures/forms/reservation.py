"""What a court says of the mesure that it reserves."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import uuid4

from crispy_forms.layout import Layout, LayoutObject, Row
from django import forms
from django.db.models import F, Q

from accounts.models import User
from mesures.cles import lire_cle
from mesures.enums import LieuVie
from mesures.forms.mesure import FaitsForm, MesureForm, nom_de_l_etablissement
from mesures.models import Mesure
from mesures.reservations import DUREE, Avertissement, renouvelables
from tribunaux.champs import DateFrField
from tribunaux.crispy import Repliable

# More are not proposed in a list: the renewal of one of them is reserved from its own page.
RENOUVELABLES_AU_PLUS = 20
A_COCHER = "Rien n'est encore enregistré : cochez ce que vous confirmez, puis validez de nouveau."


class AvertissementsField(forms.MultipleChoiceField):
    """Warnings to tick. They are known once the rest is read: the code of another one is no error."""

    widget = forms.CheckboxSelectMultiple

    def valid_value(self, value: Any) -> bool:
        return True

    def has_changed(self, initial: Any, data: Any) -> bool:
        """To tick is not to change anything of the reservation."""
        return False


class RenouvelleeField(forms.ModelChoiceField):  # type: ignore[type-arg]  # Django takes no argument at run time
    """An ongoing mesure, told from the others of the same MJPM and court."""

    def label_from_instance(self, obj: Mesure) -> str:
        parties = [obj.numero_rg or "Sans numéro RG", obj.get_nature_display()]
        if obj.date_decision:
            parties.append(f"décision du {obj.date_decision:%d/%m/%Y}")
        return ", ".join([*parties, f"{obj.get_genre_display().lower()}, {obj.annee_naissance}"])


class ReservationForm(FaitsForm):
    """A reservation, new or still pending, of `author`'s court: three facts, then the rest, folded.

    `instance` is en attente, and has its MJPM and its court. Nothing but the three facts is demanded.
    """

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    jeton = forms.UUIDField(widget=forms.HiddenInput(attrs={"autocomplete": "off"}), initial=uuid4)
    jugement_attendu_le = DateFrField(
        label="Jugement attendu le",
        required=False,
        help_text=f"jj/mm/aaaa. La réservation expire {DUREE.days} jours après.",
    )
    lieu_vie = forms.ChoiceField(
        label="Lieu de vie",
        choices=[("", "Non connu"), *LieuVie.choices],
        widget=forms.RadioSelect,
        required=False,
    )
    renouvelle = RenouvelleeField(
        label="Cette réservation renouvelle une mesure en cours",
        queryset=Mesure.objects.none(),
        required=False,
        empty_label="Non : nouvelle mesure",
        help_text="Elle ne prend alors ni place ni numéro RG de plus.",
        error_messages={
            "invalid_choice": "Cette mesure n'est plus en cours, ou son renouvellement est déjà réservé : "
            "choisissez de nouveau."
        },
    )
    accepte = AvertissementsField(
        label="À confirmer", required=False, help_text="À cocher pour enregistrer tout de même."
    )

    class Meta:
        model = Mesure
        fields = [
            "nature",
            "genre",
            "annee_naissance",
            "numero_rg",
            "cabinet",
            "jugement_attendu_le",
            "est_urgente",
            "code_postal",
            "commune",
            "lieu_vie",
            "etablissement",
            "etablissement_nom",
            "renouvelle",
        ]
        labels = {**MesureForm.Meta.labels, "est_urgente": "Urgente"}
        help_texts = {"numero_rg": MesureForm.Meta.help_texts["numero_rg"]}

    def __init__(self, *args: Any, author: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        est_nouvelle = self.instance.pk is None
        del self.fields["version" if est_nouvelle else "jeton"]
        if est_nouvelle and not self.is_bound:
            self.fields["nature"].widget.attrs["autofocus"] = True
        if not est_nouvelle:
            self.fields["version"].initial = self.instance.version
        for nom in ("code_postal", "commune"):
            self.fields[nom].help_text = ""
        self.fields["etablissement_nom"].label = "L'établissement n'est pas dans la liste"
        suite: list[str | LayoutObject] = [
            Row("numero_rg", "cabinet"),
            Row("jugement_attendu_le", "est_urgente"),
            Row("code_postal", "commune"),
            "lieu_vie",
            nom_de_l_etablissement(),
        ]
        titre = "Numéro RG, cabinet, jugement attendu, urgence, lieu de vie"
        if self._peut_renouveler(author):
            titre = f"Renouvellement, n{titre[1:]}"
            suite.insert(0, "renouvelle")
        else:
            del self.fields["renouvelle"]
        self.layout = self.helper.layout = Layout(
            "nature",
            Row("genre", "annee_naissance"),
            Repliable(titre, *suite, resume="commune"),
        )

    def clean(self) -> dict[str, Any]:
        donnees: dict[str, Any] = super().clean()  # type: ignore[assignment]  # a ModelForm gives its own
        if self.instance.pk is None:
            self.instance.jeton = donnees.get("jeton")
        return donnees

    def avertir(self, avertissements: Iterable[Avertissement]) -> None:
        """Show what is to be ticked, after the fields."""
        choix = [(avertissement.code, avertissement.phrase) for avertissement in avertissements]
        if choix:
            self.fields["accepte"].choices = choix  # type: ignore[attr-defined]  # of its class
            self.layout.append("accepte")

    @property
    def est_un_renouvellement(self) -> bool:
        """As it is shown: what was sent, else what it was."""
        return "renouvelle" in self.fields and bool(self["renouvelle"].value())

    def _peut_renouveler(self, author: User) -> bool:
        """Give « renouvelle » its choices; whether it has any, or was given one that is no longer there.

        Among too many, only those that the address, the reservation or the form that was sent names.
        """
        champ = self.fields["renouvelle"]
        assert isinstance(champ, RenouvelleeField)
        envoyee = str(self.data.get(self.add_prefix("renouvelle"), ""))
        possibles = renouvelables(self.instance.mandataire_id, author).values("pk")
        siennes = Mesure.objects.visible_to(author).filter(Q(pk__in=possibles) | Q(pk=self.instance.renouvelle_id))
        pks = list(siennes.order_by("pk").values_list("pk", flat=True)[: RENOUVELABLES_AU_PLUS + 1])
        self.trop_de_renouvelables = len(pks) > RENOUVELABLES_AU_PLUS
        if self.trop_de_renouvelables:
            nommees = {self.instance.renouvelle_id, self.initial.get("renouvelle"), lire_cle(envoyee)} - {None}
            siennes = siennes.filter(pk__in=nommees)
            pks = list(siennes.order_by("pk").values_list("pk", flat=True))
        champ.queryset = siennes.order_by(F("date_terme").asc(nulls_last=True), "date_decision", "pk")
        return bool(pks or envoyee)
