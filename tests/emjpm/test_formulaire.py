"""The crispy template pack and the one include for forms: what each widget owes to its reader."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest
from crispy_forms.helper import FormHelper
from crispy_forms.layout import HTML, Div, Field, Fieldset, Layout, Row
from django import forms
from django.template.loader import render_to_string
from django.test import RequestFactory

from tribunaux.crispy import Repliable

CONSIGNE = "Les champs marqués d'un astérisque (*) sont obligatoires."
SAISIE_HOSTILE = 'L\'Haÿ & <b>"x"'


class Page(HTMLParser):
    """The elements of a page, in order: (tag, attributes), and the text that each label holds."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.labels: dict[str, str] = {}
        self._label: str | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag == "label":
            self._label = str(dict(attrs)["for"])
            self.labels[self._label] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "label":
            self._label = None

    def handle_data(self, data: str) -> None:
        if self._label is not None:
            self.labels[self._label] += data

    def tous(self, tag: str, **attributs: str) -> list[dict[str, str | None]]:
        return [
            valeurs
            for nom, valeurs in self.elements
            if nom == tag and all(valeurs.get(cle.rstrip("_")) == valeur for cle, valeur in attributs.items())
        ]

    def un(self, tag: str, **attributs: str) -> dict[str, str | None]:
        (element,) = self.tous(tag, **attributs)
        return element

    def par_id(self, identifiant: str) -> tuple[str, dict[str, str | None]]:
        (element,) = [element for element in self.elements if element[1].get("id") == identifiant]
        return element

    @property
    def ids(self) -> set[str | None]:
        return {valeurs.get("id") for _, valeurs in self.elements}


def rendre(form: forms.BaseForm, **contexte: Any) -> Page:
    return Page(
        render_to_string(
            "components/formulaire.html",
            {"form": form, "bouton": "Valider", **contexte},
            request=RequestFactory().get("/"),
        )
    )


def form_avec(field: forms.Field, data: dict[str, Any] | None = None, **attributs: Any) -> forms.Form:
    """A form with one field, `x`."""
    return type("UnForm", (forms.Form,), {"x": field, **attributs})(data)


CHOIX = [("a", "Tutelle"), ("b", "Curatelle")]

UN_CONTROLE = {
    "texte": (forms.CharField, {}, "fr-input"),
    "email": (forms.EmailField, {}, "fr-input"),
    "téléphone": (forms.CharField, {"widget": forms.TextInput(attrs={"type": "tel"})}, "fr-input"),
    "mot de passe": (forms.CharField, {"widget": forms.PasswordInput}, "fr-input"),
    "nombre": (forms.IntegerField, {}, "fr-input"),
    "date": (forms.DateField, {}, "fr-input"),
    "texte long": (forms.CharField, {"widget": forms.Textarea}, "fr-input"),
    "liste": (forms.ChoiceField, {"choices": [("", "Choisir"), *CHOIX]}, "fr-select"),
    "fichier": (forms.FileField, {}, "fr-upload"),
    "fichier simple": (forms.FileField, {"widget": forms.FileInput}, "fr-upload"),
    "case": (forms.BooleanField, {}, None),
}
GROUPE = {
    "boutons radio": (forms.ChoiceField, {"choices": CHOIX, "widget": forms.RadioSelect}),
    "cases": (forms.MultipleChoiceField, {"choices": CHOIX, "widget": forms.CheckboxSelectMultiple}),
}


@pytest.mark.parametrize(("classe", "options", "css"), UN_CONTROLE.values(), ids=UN_CONTROLE)
class TestUnControle:
    def test_label_visible_et_lie(
        self, classe: type[forms.Field], options: dict[str, Any], css: str | None
    ) -> None:
        page = rendre(form_avec(classe(label="Nature", **options)))

        tag, controle = page.par_id("id_x")
        assert tag in ("input", "select", "textarea")
        assert page.labels["id_x"].split() == ["Nature", "*"]
        assert "required" in controle
        assert "aria-invalid" not in controle
        assert "aria-describedby" not in controle
        assert (controle.get("class") or None) == css

    def test_aide_liee(self, classe: type[forms.Field], options: dict[str, Any], css: str | None) -> None:
        page = rendre(form_avec(classe(help_text="Une aide", **options)))

        assert page.par_id("id_x")[1]["aria-describedby"] == "id_x_helptext"
        assert page.par_id("id_x_helptext")

    def test_erreur_et_aide_liees_ensemble(
        self, classe: type[forms.Field], options: dict[str, Any], css: str | None
    ) -> None:
        page = rendre(form_avec(classe(help_text="Une aide", **options), {}))

        controle = page.par_id("id_x")[1]
        assert controle["aria-describedby"] == "id_x_helptext id_x_error"
        assert controle["aria-invalid"] == "true"
        assert {"id_x_helptext", "id_x_error"} <= page.ids
        assert page.html.count("Ce champ est obligatoire.") == 2  # beside the field, and on top


@pytest.mark.parametrize(("classe", "options"), GROUPE.values(), ids=GROUPE)
class TestGroupe:
    def test_legende_et_labels(self, classe: type[forms.Field], options: dict[str, Any]) -> None:
        page = rendre(form_avec(classe(label="Nature", **options)))

        assert page.tous("fieldset") == [page.par_id("id_x")[1]]
        assert "Nature" in page.html.split("<legend")[1].split("</legend>")[0]
        assert {cle: texte.strip() for cle, texte in page.labels.items()} == {
            "id_x_0": "Tutelle",
            "id_x_1": "Curatelle",
        }
        assert {"id_x_0", "id_x_1"} <= page.ids

    def test_erreur_et_aide_liees_au_groupe(self, classe: type[forms.Field], options: dict[str, Any]) -> None:
        page = rendre(form_avec(classe(help_text="Une aide", **options), {}))

        assert page.par_id("id_x")[1]["aria-describedby"] == "id_x_helptext id_x_error"
        assert {"id_x_helptext", "id_x_error"} <= page.ids
        assert page.par_id("id_x_0")[1]["aria-invalid"] == "true"

    def test_choix_garde(self, classe: type[forms.Field], options: dict[str, Any]) -> None:
        page = rendre(form_avec(classe(**options), {"x": ["b"] if "Multiple" in classe.__name__ else "b"}))

        assert "checked" not in page.par_id("id_x_0")[1]
        assert "checked" in page.par_id("id_x_1")[1]


@pytest.mark.parametrize(("nombre", "en_ligne"), [(2, True), (3, True), (4, False)])
def test_boutons_radio_en_ligne_jusqu_a_trois(nombre: int, en_ligne: bool) -> None:
    choix = [(str(rang), f"Choix {rang}") for rang in range(nombre)]

    page = rendre(form_avec(forms.ChoiceField(choices=choix, widget=forms.RadioSelect)))

    assert ("fr-fieldset__element--inline" in page.html) is en_ligne


def test_valeurs_gardees_et_echappees() -> None:
    form = form_avec(forms.CharField(max_length=3), {"x": SAISIE_HOSTILE})

    page = rendre(form)

    assert page.par_id("id_x")[1]["value"] == SAISIE_HOSTILE
    assert "<b>" not in page.html


def test_textes_echappes() -> None:
    form = form_avec(forms.CharField(label="<b>Nom</b>", help_text="<i>Aide</i>"), {})
    form.add_error("x", "<u>Erreur</u>")
    form.add_error(None, "<s>Règle</s>")

    page = rendre(form)

    assert not {"b", "i", "u", "s"} & {tag for tag, _ in page.elements}


def test_attributs_du_widget_passent() -> None:
    widget = forms.TextInput(
        attrs={
            "autocomplete": "postal-code",
            "inputmode": "numeric",
            "class": "mien",
            "aria-describedby": "y",
        }
    )

    page = rendre(form_avec(forms.CharField(widget=widget, help_text="Aide")))

    controle = page.par_id("id_x")[1]
    assert controle["autocomplete"] == "postal-code"
    assert controle["inputmode"] == "numeric"
    assert controle["class"] == "mien fr-input"
    assert controle["aria-describedby"] == "y id_x_helptext"


def test_rendu_deux_fois_est_le_meme() -> None:
    form = form_avec(forms.CharField(help_text="Aide"), {})

    assert rendre(form).par_id("id_x") == rendre(form).par_id("id_x")


def test_champ_facultatif_n_a_ni_asterisque_ni_consigne() -> None:
    page = rendre(form_avec(forms.CharField(label="Nom", required=False)))

    assert page.labels["id_x"].strip() == "Nom"
    assert CONSIGNE not in page.html


def test_consigne_des_champs_obligatoires() -> None:
    assert CONSIGNE in rendre(form_avec(forms.CharField())).html


class Complet(forms.Form):
    version = forms.IntegerField(widget=forms.HiddenInput)
    nom = forms.CharField()
    lieu = forms.ChoiceField(choices=CHOIX, widget=forms.RadioSelect)
    types = forms.MultipleChoiceField(choices=CHOIX, widget=forms.CheckboxSelectMultiple)
    accord = forms.BooleanField()
    fichier = forms.FileField()
    dossier = forms.CharField(required=False, min_length=4)

    def clean(self) -> None:
        self.add_error(None, "La fin précède le début.")


class CompletMisEnPage(Complet):
    @property
    def helper(self) -> FormHelper:
        helper = FormHelper()
        helper.layout = Layout(
            Fieldset(
                "La personne",
                Row(Field("nom", wrapper_class="champ--court"), Div("lieu", css_class="demi")),
                "types",
            ),
            HTML("<p>Un mot sur {{ bouton }}.</p>"),
            "accord",
            "fichier",
            Repliable("Informations complémentaires", "dossier"),
        )
        return helper


@pytest.mark.parametrize("classe", [Complet, CompletMisEnPage])
class TestFormulaireEntier:
    def test_resume_mene_a_chaque_champ(self, classe: type[Complet]) -> None:
        page = rendre(classe({"dossier": "1"}))

        resume = page.un("div", role="alert")
        liens = [str(valeurs["href"]) for valeurs in page.tous("a")]
        assert resume["tabindex"] == "-1"
        assert "autofocus" in resume
        assert "8 erreurs sont à corriger" in page.html
        assert liens == ["#id_nom", "#id_lieu", "#id_types", "#id_accord", "#id_fichier", "#id_dossier"]
        assert {lien.removeprefix("#") for lien in liens} <= page.ids
        assert "La fin précède le début." in page.html
        # The error of a hidden field has no field to lead to: it is said all the same.
        assert page.html.split("<h2")[1].split("</ul>")[0].count("<li>") == 8

    def test_sans_erreur_pas_de_resume(self, classe: type[Complet]) -> None:
        page = rendre(classe())

        assert not page.tous("div", role="alert")

    def test_chaque_champ_une_fois(self, classe: type[Complet]) -> None:
        page = rendre(classe(initial={"version": 3}))

        noms = [valeurs["name"] for tag, valeurs in page.elements if tag == "input"]
        assert sorted(set(noms) - {"csrfmiddlewaretoken"}) == sorted(Complet.base_fields)
        assert noms.count("version") == noms.count("nom") == 1
        assert page.un("input", name="version")["value"] == "3"

    def test_envoi(self, classe: type[Complet]) -> None:
        page = rendre(classe())

        formulaire = page.un("form")
        assert formulaire["method"] == "post"
        assert formulaire["enctype"] == "multipart/form-data"
        assert "action" not in formulaire
        assert page.un("input", name="csrfmiddlewaretoken")["value"]


def test_mise_en_page() -> None:
    page = rendre(CompletMisEnPage())

    assert page.tous("fieldset", class_="groupe")
    assert page.tous("div", class_="rang")
    assert page.tous("div", class_="demi")
    assert page.tous("div", class_="fr-input-group champ champ--court")
    assert "Un mot sur Valider." in page.html


@pytest.mark.parametrize(
    # The second has an error of the whole form: what it speaks of may be folded away.
    ("saisie", "ouvert"),
    [(None, False), ({"dossier": "12345"}, True), ({"dossier": "1"}, True)],
)
def test_repliable_s_ouvre_sur_une_erreur(saisie: dict[str, str] | None, ouvert: bool) -> None:
    page = rendre(CompletMisEnPage(saisie))

    assert ("open" in page.un("details")) is ouvert
    assert "Informations complémentaires" in page.html


@pytest.mark.parametrize(
    ("obligatoire", "initial", "ouvert"), [(True, "", True), (True, "D-7", False), (False, "", False)]
)
def test_repliable_ne_cache_pas_ce_qui_manque(obligatoire: bool, initial: str, ouvert: bool) -> None:
    form = form_avec(forms.CharField(required=obligatoire, initial=initial))
    form.helper = FormHelper()
    form.helper.layout = Layout(Repliable("Informations complémentaires", "x", resume="x"))
    page = rendre(form)

    assert ("open" in page.un("details")) is ouvert
    titre = page.html.split("<summary")[1].split("</summary>")[0]
    assert ("·&nbsp;D-7" in titre) is bool(initial)
    assert ("·" in titre) is bool(initial)


@pytest.mark.parametrize("raccourci", [True, False])
def test_le_raccourci_d_un_second_bouton(raccourci: bool) -> None:
    bouton = {"nom": "suite", "valeur": "oui", "texte": "Valider et saisir une autre", "raccourci": raccourci}
    page = rendre(form_avec(forms.CharField()), bouton="Valider", bouton_secondaire=bouton)

    principal, secondaire = page.tous("button")
    assert "data-raccourci" not in principal
    assert ("data-raccourci" in secondaire) is raccourci
    # Without JavaScript these keys do nothing, and nothing is said of them.
    assert all("hidden" in kbd for kbd in page.tous("kbd"))
    assert len(page.tous("kbd")) == raccourci


def test_boutons() -> None:
    page = rendre(
        form_avec(forms.CharField()),
        action="/ailleurs/",
        danger=True,
        bouton="Eteindre la mesure",
        bouton_secondaire={"nom": "suite", "valeur": "oui", "texte": "Valider et saisir une autre"},
        annuler_url="/mesures/",
    )

    principal, secondaire = page.tous("button")
    assert principal["class"] == "fr-btn bouton-danger"
    assert (secondaire["name"], secondaire["value"]) == ("suite", "oui")
    assert page.un("a")["href"] == "/mesures/"
    assert page.un("form")["action"] == "/ailleurs/"
    assert "Eteindre la mesure" in page.html


def test_boutons_sans_option() -> None:
    page = rendre(form_avec(forms.CharField()))

    assert page.un("button")["class"] == "fr-btn"
    assert not page.tous("a")


def test_scripts_du_formulaire() -> None:
    media = type("Media", (), {"js": ["js/combobox.js"]})

    page = rendre(form_avec(forms.CharField(), Media=media))

    assert page.un("script")["src"] == "/static/js/combobox.js"
