"""The field of a form for a row chosen among thousands: a commune, a court, an establishment.

A text input, found by name, and a hidden one with the primary key, which `static/js/combobox.js` fills
from what is picked. Without JavaScript, or when nothing was picked, the server looks the text up; when
several rows answer, it offers them as radio buttons beside the text, which is kept as it was typed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.forms.widgets import Script
from django.urls import reverse

from tribunaux.recherche import NOMBRE_DE_REPONSES, decrire, libelle_de


@dataclass(frozen=True)
class Saisie:
    """What the widget holds: the text, the primary key that it goes with, the radio button picked.

    `texte` is None when only a primary key was sent. `repli` is the value of the other field that the
    search falls back to (`depend_de`).
    """

    texte: str | None = None
    cle: str = ""
    choix: str = ""
    repli: str = ""

    def __str__(self) -> str:
        return self.texte or ""


class ComboboxWidget(forms.Widget):
    template_name = "components/combobox.html"

    class Media:
        css = {"all": ["css/combobox.css"]}
        js = [
            Script("accessible-autocomplete/accessible-autocomplete.min.js", defer=True),
            Script("js/combobox.js", type="module"),
        ]

    def __init__(self, url: str) -> None:
        super().__init__({"autocomplete": "off", "maxlength": 200})
        self.url = url
        # Added to the address that the script asks, as `prefere` for establishments.
        self.parametres: dict[str, Any] = {}
        # A text that only resembles a row is not taken for it (see `static/js/combobox.js`).
        self.texte_libre = False
        # Rows offered as radio buttons.
        self.propositions: Sequence[Model] = ()
        # Those that are offered at once, above the text, and what they are.
        self.preferees: Sequence[Model] = ()
        self.legende_des_preferees = ""
        # Name and id of the input that the search falls back to, once the form is known.
        self.repli_name = ""
        self.repli_id = ""

    def __deepcopy__(self, memo: dict[int, Any]) -> ComboboxWidget:
        copie: ComboboxWidget = super().__deepcopy__(memo)
        copie.parametres = self.parametres.copy()
        return copie

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, None, attrs)
        widget = context["widget"]
        classes = ["fr-input", *widget["attrs"].get("class", "").split()]
        widget["attrs"] |= {"class": " ".join(dict.fromkeys(classes))}
        widget |= {
            "saisie": value if isinstance(value, Saisie) else Saisie(texte=""),
            "url": reverse(self.url, query=self.parametres or None),
            "repli_id": self.repli_id,
            "texte_libre": self.texte_libre,
            "propose_a_vide": bool(self.repli_id or self.parametres),
            "propositions": [decrire(objet) for objet in self.propositions],
            # One list of radio buttons at a time: what was typed has its own.
            "preferees": [] if self.propositions else [decrire(objet) for objet in self.preferees],
            "legende_des_preferees": self.legende_des_preferees,
        }
        return context

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Saisie:
        def lire(nom: str) -> str:
            # A NUL is nobody's name, and PostgreSQL takes none.
            return " ".join(str(data.get(nom) or "").replace("\0", "").split())

        return Saisie(
            texte=lire(f"{name}_texte") if f"{name}_texte" in data else None,
            cle=lire(name),
            choix=lire(f"{name}_choix"),
            repli=lire(self.repli_name) if self.repli_name else "",
        )

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return not any(nom in data for nom in (name, f"{name}_texte", f"{name}_choix"))


class ComboboxField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A row of `queryset`, found by `chercher`, which orders its answers and annotates `rang` (0: exact).

    `url` names the view that answers the same in JSON. `depend_de` names another field of the form, whose
    value is searched for while the text is empty: a postal code, for its communes.

    The row of an initial value must be in `queryset`, as for any choice. Whatever the number of rows, the
    field asks the database twice at most, and nothing for its proposals.
    """

    widget: ComboboxWidget
    queryset: QuerySet[Any]
    default_error_messages = {
        "plusieurs": "Plusieurs réponses correspondent : choisissez dans la liste.",
        "aucune": "Aucune réponse ne correspond à « %(texte)s ».",
    }

    def __init__(
        self,
        queryset: QuerySet[Any],
        *,
        chercher: Callable[[str], QuerySet[Any]],
        url: str,
        depend_de: str = "",
        **kwargs: Any,
    ) -> None:
        self.chercher = chercher
        self.depend_de = depend_de
        self._lues: dict[str, Model | None] = {}
        self._retenue: Model | None = None
        super().__init__(queryset, widget=ComboboxWidget(url), **kwargs)

    def __deepcopy__(self, memo: dict[int, Any]) -> ComboboxField:
        """Each form has its own: what it read is not another's."""
        copie: ComboboxField = super().__deepcopy__(memo)  # type: ignore[misc]
        copie._lues = {}
        copie._retenue = None
        return copie

    def get_bound_field(self, form: forms.BaseForm, field_name: str) -> forms.BoundField:
        if self.depend_de in form.fields:
            autre = form[self.depend_de]
            self.widget.repli_name, self.widget.repli_id = autre.html_name, autre.id_for_label
        return super().get_bound_field(form, field_name)

    def proposer(self, objets: Iterable[Model]) -> None:
        """Offer these rows as radio buttons when the form is shown again."""
        self.widget.propositions = list(objets)[:NOMBRE_DE_REPONSES]

    def preferer(self, objets: Iterable[Model], legende: str) -> None:
        """Offer these rows, whatever is typed, as radio buttons above the text."""
        self.widget.preferees, self.widget.legende_des_preferees = list(objets)[:NOMBRE_DE_REPONSES], legende

    # --- What is shown ---------------------------------------------------------------------------

    def prepare_value(self, value: Any) -> Saisie:
        """What was understood is shown under its own name; the rest stays as it was typed."""
        if isinstance(value, Saisie):
            return _saisie(self._retenue) if self._retenue else Saisie(texte=value.texte or "")
        return _saisie(self._par_valeur(value))

    def has_changed(self, initial: Any, data: Any) -> bool:
        if self.disabled or not isinstance(data, Saisie):
            return super().has_changed(initial, data)
        avant = _saisie(self._par_valeur(initial))
        if data.choix or data.texte is None:
            return (data.choix or data.cle) != avant.cle
        return data.texte != avant.texte or data.cle not in {"", avant.cle}

    # --- What is understood ----------------------------------------------------------------------

    def clean(self, value: Any) -> Any:
        self._retenue = self._comprendre(value) if isinstance(value, Saisie) else self._par_valeur(value)
        self.validate(self._retenue)
        self.run_validators(self._retenue)
        return self._retenue

    def _comprendre(self, saisie: Saisie) -> Model | None:
        if saisie.choix and (objet := self._par_valeur(saisie.choix)):
            return objet
        if saisie.texte is None and saisie.cle:
            if objet := self._par_valeur(saisie.cle):
                return objet
            raise self._erreur("invalid_choice", saisie.cle)
        if not saisie.texte:
            return self._par_repli(saisie.repli)
        objet = self._par_valeur(saisie.cle)
        return objet if objet and libelle_de(objet) == saisie.texte else self._par_texte(saisie.texte)

    def _par_valeur(self, value: Any) -> Model | None:
        """The row of a primary key, if it may be chosen; a row is given back as it is."""
        if value is None or isinstance(value, Model):
            return value
        cle = str(value)
        if cle and cle not in self._lues:
            try:
                self._lues[cle] = self.queryset.filter(pk=cle).first()
            except (TypeError, ValueError, ValidationError):
                self._lues[cle] = None
        return self._lues.get(cle)

    def _par_texte(self, texte: str) -> Model:
        reponses = self._chercher(texte)
        exactes = [reponse for reponse in reponses if getattr(reponse, "rang", None) == 0]
        if len(exactes) == 1 or len(reponses) == 1:
            return (exactes or reponses)[0]
        self.proposer(reponses)
        raise self._erreur("plusieurs" if reponses else "aucune", texte)

    def _par_repli(self, texte: str) -> Model | None:
        """Nothing typed: the only answer to the other field, else its answers to choose from."""
        reponses = self._chercher(texte) if texte else []
        if len(reponses) == 1:
            return reponses[0]
        self.proposer(reponses)
        if texte and self.required:
            raise self._erreur("plusieurs" if reponses else "aucune", texte)
        return None

    def _chercher(self, texte: str) -> list[Model]:
        permises = self.queryset.order_by().values("pk")
        return list(self.chercher(texte).filter(pk__in=permises)[:NOMBRE_DE_REPONSES])

    def _erreur(self, code: str, texte: str) -> ValidationError:
        return ValidationError(self.error_messages[code], code=code, params={"texte": texte, "value": texte})


def _saisie(objet: Model | None) -> Saisie:
    return Saisie(texte=libelle_de(objet), cle=str(objet.pk)) if objet else Saisie(texte="")
