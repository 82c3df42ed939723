"""The field for a row chosen among thousands, as a form uses it, with and without JavaScript."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest
from django import forms
from django.template import Context, Template
from pytest_django import DjangoAssertNumQueries

from etablissements.models import Etablissement
from etablissements.recherche import chercher_etablissements
from tests.factories import CommuneFactory, EtablissementFactory, TribunalFactory
from tribunaux.combobox import ComboboxField
from tribunaux.models import Commune, Tribunal
from tribunaux.recherche import chercher_communes, chercher_tribunaux

HOSTILE = """L'Haÿ-les-Roses & <b>"x"</b>"""


class LieuForm(forms.Form):
    commune = ComboboxField(
        label="Commune",
        queryset=Commune.objects.all(),
        chercher=chercher_communes,
        url="recherche_communes",
        help_text="Nom ou code postal.",
    )
    code_postal = forms.CharField(required=False)


class FacultatifForm(forms.Form):
    code_postal = forms.CharField(required=False)
    commune = ComboboxField(
        queryset=Commune.objects.all(),
        chercher=chercher_communes,
        url="recherche_communes",
        depend_de="code_postal",
        required=False,
    )


class ObligatoireForm(FacultatifForm):
    commune = ComboboxField(
        queryset=Commune.objects.all(),
        chercher=chercher_communes,
        url="recherche_communes",
        depend_de="code_postal",
    )


class EtablissementForm(forms.ModelForm):
    commune = ComboboxField(
        queryset=Commune.objects.all(), chercher=chercher_communes, url="recherche_communes", required=False
    )

    class Meta:
        model = Etablissement
        fields = ["nom", "commune"]


class Rendu(HTMLParser):
    """The inputs of a rendered form, by name; radio buttons as a list of values."""

    def __init__(self, form: forms.BaseForm) -> None:
        super().__init__()
        self.html = str(form)
        self.champs: dict[str, dict[str, str]] = {}
        self.radios: dict[str, list[str]] = {}
        self.labels: set[str] = set()
        self.cadre: dict[str, str] = {}
        self.feed(self.html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        valeurs = {nom: valeur or "" for nom, valeur in attrs}
        if tag == "label":
            self.labels.add(valeurs["for"])
        elif valeurs.get("type") == "radio":
            assert valeurs["id"]
            self.radios.setdefault(valeurs["name"], []).append(valeurs["value"])
        elif tag == "input":
            self.champs[valeurs["name"]] = valeurs
        elif "data-combobox" in valeurs:
            self.cadre = valeurs

    @property
    def etat(self) -> tuple[str, str]:
        """Text and primary key of the field `commune`."""
        return self.champs["commune_texte"]["value"], self.champs["commune"]["value"]


@pytest.fixture
def saint_omer(db: None) -> Commune:
    return CommuneFactory(code_insee="62765", nom="Saint-Omer", codes_postaux=["62500"])


@pytest.fixture
def montreuils(db: None) -> list[Commune]:
    return [
        CommuneFactory(code_insee="62588", nom="Montreuil", population=10, codes_postaux=["62170"]),
        CommuneFactory(code_insee="93048", nom="Montreuil", population=99, codes_postaux=["93100"]),
    ]


def remplir(form_class: type[forms.Form] = LieuForm, **data: Any) -> forms.Form:
    return form_class(data)


class TestCompris:
    """What is taken, from what is sent."""

    def test_un_choix_de_la_liste(
        self, calais: Commune, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        form = remplir(commune=calais.pk, commune_texte="Calais (62)")
        with django_assert_num_queries(1):
            assert form.is_valid()
        assert form.cleaned_data["commune"] == calais

    def test_une_cle_seule(self, calais: Commune) -> None:
        form = remplir(commune=calais.pk)
        assert form.is_valid()
        assert form.cleaned_data["commune"] == calais

    def test_un_texte_sans_choix(self, calais: Commune, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        form = remplir(commune="", commune_texte="calais")
        with django_assert_num_queries(1):
            assert form.is_valid()
        assert form.cleaned_data["commune"] == calais

    def test_le_seul_exact_entre_plusieurs(self, calais: Commune) -> None:
        CommuneFactory(nom="Saint-Calais", code_insee="72269")
        form = remplir(commune_texte="CALAIS")
        assert form.is_valid()
        assert form.cleaned_data["commune"] == calais

    def test_le_seul_qui_ressemble(self, calais: Commune, arras: Commune) -> None:
        assert remplir(commune_texte="cal").is_valid()

    def test_un_texte_change_apres_le_choix(self, calais: Commune, arras: Commune) -> None:
        form = remplir(commune=calais.pk, commune_texte="arras")
        assert form.is_valid()
        assert form.cleaned_data["commune"] == arras

    def test_un_texte_vide_apres_le_choix(self, calais: Commune) -> None:
        form = remplir(FacultatifForm, commune=calais.pk, commune_texte="")
        assert form.is_valid()
        assert form.cleaned_data["commune"] is None

    def test_un_bouton_radio(self, montreuils: list[Commune]) -> None:
        form = remplir(commune="", commune_texte="Montreuil", commune_choix=montreuils[0].pk)
        assert form.is_valid()
        assert form.cleaned_data["commune"] == montreuils[0]

    @pytest.mark.parametrize("cle", ["99999", "abc", "\x00", "9" * 300, "1 OR 1=1"])
    def test_une_cle_inconnue_ne_vaut_rien(self, calais: Commune, cle: str) -> None:
        form = remplir(commune=cle, commune_texte="Calais", commune_choix=cle)
        assert form.is_valid()
        assert form.cleaned_data["commune"] == calais
        assert remplir(commune=cle).errors["commune"]

    @pytest.mark.parametrize("cle", ["abc", "9" * 30, "-1", "1.5"])
    def test_une_cle_qui_n_est_pas_un_nombre(self, tribunal: Tribunal, cle: str) -> None:
        field = ComboboxField(
            queryset=Tribunal.objects.all(), chercher=chercher_tribunaux, url="recherche_tribunaux"
        )
        with pytest.raises(forms.ValidationError):
            field.clean(field.widget.value_from_datadict({"x": cle}, {}, "x"))

    def test_rien_d_autre_que_le_queryset(self, tribunal: Tribunal, autre_tribunal: Tribunal) -> None:
        """Neither by primary key, nor by text, nor by a proposal."""

        class TribunalForm(forms.Form):
            tribunal = ComboboxField(
                queryset=Tribunal.objects.exclude(pk=autre_tribunal.pk),
                chercher=chercher_tribunaux,
                url="recherche_tribunaux",
            )

        assert TribunalForm({"tribunal_texte": "TI Calais"}).is_valid()
        for data in (
            {"tribunal": autre_tribunal.pk},
            {"tribunal_texte": "Arras"},
            {"tribunal": autre_tribunal.pk, "tribunal_texte": autre_tribunal.libelle},
            {"tribunal_choix": autre_tribunal.pk},
        ):
            assert not TribunalForm(data).is_valid(), data
        assert str(autre_tribunal.pk) not in Rendu(TribunalForm({"tribunal_texte": "tribunal"})).html

    def test_un_etablissement_est_compris_par_son_nom(
        self, calais: Commune, arras: Commune, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        field = ComboboxField(
            queryset=Etablissement.objects.all(),
            chercher=chercher_etablissements,
            url="recherche_etablissements",
        )
        ici = EtablissementFactory(nom="Résidence du Parc", commune=calais)
        EtablissementFactory(nom="Résidence du Parc", commune=arras)
        with django_assert_num_queries(1):
            assert field.clean(field.widget.value_from_datadict({"x_texte": "parc calais"}, {}, "x")) == ici


class TestRefuse:
    """What is asked again, and how the field comes back."""

    def test_plusieurs(self, montreuils: list[Commune], django_assert_num_queries: DjangoAssertNumQueries) -> None:
        form = remplir(commune="", commune_texte="montreuil")
        with django_assert_num_queries(1):
            rendu = Rendu(form)
        assert form.errors["commune"] == ["Plusieurs réponses correspondent : choisissez dans la liste."]
        assert rendu.etat == ("montreuil", "")
        assert rendu.radios == {"commune_choix": ["93048", "62588"]}
        assert {"commune_choix_1", "commune_choix_2"} <= rendu.labels
        assert "<legend" in rendu.html
        assert "62170" in rendu.html

    def test_dix_au_plus(self, db: None) -> None:
        for numero in range(12):
            CommuneFactory(code_insee=f"990{numero:02}", nom="Montreuil")
        rendu = Rendu(remplir(commune_texte="montreuil"))
        assert len(rendu.radios["commune_choix"]) == 10

    def test_aucune(self, calais: Commune) -> None:
        form = remplir(commune_texte=HOSTILE)
        rendu = Rendu(form)
        assert form.errors["commune"] == [f"Aucune réponse ne correspond à « {HOSTILE} »."]
        assert rendu.etat == (HOSTILE, "")
        assert "<b>" not in rendu.html
        assert rendu.radios == {}

    def test_une_cle_perimee_n_est_pas_renvoyee(self, calais: Commune, montreuils: list[Commune]) -> None:
        assert Rendu(remplir(commune=calais.pk, commune_texte="Montreuil")).etat == ("Montreuil", "")

    @pytest.mark.parametrize("data", [{}, {"commune_texte": ""}, {"commune_texte": "  ", "commune": ""}])
    def test_obligatoire(self, db: None, data: dict[str, str]) -> None:
        assert remplir(**data).errors["commune"] == ["Ce champ est obligatoire."]
        assert remplir(FacultatifForm, **data).is_valid()

    def test_ce_qui_est_compris_revient_sous_son_nom(
        self, calais: Commune, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        """Another field has an error: nothing is looked up twice."""

        class AvecAutre(LieuForm):
            autre = forms.CharField()

        form = AvecAutre({"commune_texte": "calais"})
        with django_assert_num_queries(1):
            assert Rendu(form).etat == ("Calais (62)", calais.pk)
        assert list(form.errors) == ["autre"]

    def test_proposer(self, calais: Commune, arras: Commune) -> None:
        """A rule of the form, after the fields, may offer rows of its own."""
        form = remplir(FacultatifForm)
        assert form.is_valid()
        field = form.fields["commune"]
        assert isinstance(field, ComboboxField)
        field.proposer([arras, calais])
        assert Rendu(form).radios == {"commune_choix": ["62041", "62193"]}
        assert Rendu(FacultatifForm()).radios == {}


class TestRendu:
    def test_vide(self, db: None, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        with django_assert_num_queries(0):
            rendu = Rendu(LieuForm())
        texte, cle = rendu.champs["commune_texte"], rendu.champs["commune"]
        assert (texte["type"], texte["id"], texte["value"]) == ("text", "id_commune", "")
        assert "id_commune" in rendu.labels
        assert "required" in texte
        assert texte["aria-describedby"] == "id_commune_helptext"
        assert "fr-input" in texte["class"]
        assert (cle["type"], cle["value"]) == ("hidden", "")
        assert "id" not in cle
        assert rendu.cadre["data-url"] == "/recherche/communes/"

    def test_en_erreur(self, db: None) -> None:
        texte = Rendu(remplir(commune_texte="zzz")).champs["commune_texte"]
        assert texte["aria-invalid"] == "true"
        assert texte["aria-describedby"] == "id_commune_helptext id_commune_error"

    @pytest.mark.parametrize("comme", ["cle", "objet"])
    def test_valeur_initiale(
        self, calais: Commune, comme: str, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        form = LieuForm(initial={"commune": calais.pk if comme == "cle" else calais})
        with django_assert_num_queries(1 if comme == "cle" else 0):
            assert Rendu(form).etat == ("Calais (62)", "62193")

    def test_une_valeur_initiale_hors_du_queryset_n_est_pas_montree(self, db: None) -> None:
        assert Rendu(LieuForm(initial={"commune": "99999"})).etat == ("", "")

    def test_un_nom_hostile_est_echappe(self, db: None) -> None:
        hostile = CommuneFactory(nom=HOSTILE)
        rendu = Rendu(LieuForm(initial={"commune": hostile.pk}))
        assert rendu.etat[0] == f"{HOSTILE} (62)"
        CommuneFactory(nom=HOSTILE, code_insee="99001")
        assert "<b>" not in rendu.html + Rendu(remplir(commune_texte=HOSTILE)).html

    def test_prefixe(self, calais: Commune) -> None:
        form = ObligatoireForm({"a-commune_texte": "calais"}, prefix="a")
        rendu = Rendu(form)
        assert form.is_valid()
        assert rendu.champs["a-commune_texte"]["id"] == "id_a-commune"
        assert rendu.cadre["data-depend-de"] == "id_a-code_postal"

    def test_les_scripts_viennent_avec_le_champ(self, db: None) -> None:
        media = str(LieuForm().media)
        assert 'src="/static/js/combobox.js" type="module"' in media
        assert media.index("accessible-autocomplete.min.js") < media.index("js/combobox.js")
        assert "/static/css/combobox.css" in media

    def test_dans_le_gabarit_des_formulaires(self, calais: Commune) -> None:
        form = LieuForm(initial={"commune": calais.pk})
        html = Template("{% load crispy_forms_tags %}{{ form|crispy }}").render(Context({"form": form}))
        assert 'name="commune_texte" value="Calais (62)"' in html
        assert '<label class="fr-label" for="id_commune">' in html

    def test_les_parametres_d_un_formulaire_ne_sont_pas_ceux_d_un_autre(self, db: None) -> None:
        form = LieuForm()
        form.fields["commune"].widget.parametres["prefere"] = [1, 2]
        assert Rendu(form).cadre["data-url"] == "/recherche/communes/?prefere=1&prefere=2"
        assert "data-propose-a-vide" in Rendu(form).cadre
        assert Rendu(LieuForm()).cadre["data-url"] == "/recherche/communes/"


class TestDepend:
    """The commune of a postal code, when its name is left empty."""

    def test_la_seule(self, calais: Commune, arras: Commune) -> None:
        form = remplir(ObligatoireForm, code_postal="62100", commune_texte="")
        assert form.is_valid()
        assert form.cleaned_data["commune"] == calais

    def test_plusieurs(self, calais: Commune) -> None:
        autre = CommuneFactory(code_insee="62900", codes_postaux=["62100"], population=1)
        form = remplir(ObligatoireForm, code_postal="62100", commune_texte="")
        assert form.errors["commune"] == ["Plusieurs réponses correspondent : choisissez dans la liste."]
        assert Rendu(form).radios == {"commune_choix": [calais.pk, autre.pk]}

    def test_plusieurs_pour_un_champ_facultatif(self, calais: Commune) -> None:
        CommuneFactory(code_insee="62900", codes_postaux=["62100"])
        form = remplir(FacultatifForm, code_postal="62100", commune_texte="")
        assert form.is_valid()
        assert form.cleaned_data["commune"] is None
        assert len(Rendu(form).radios["commune_choix"]) == 2

    def test_un_code_inconnu_ne_bloque_pas_le_nom(self, calais: Commune) -> None:
        """A CEDEX, which no commune has (D20)."""
        assert remplir(ObligatoireForm, code_postal="62968", commune_texte="calais").is_valid()
        form = remplir(ObligatoireForm, code_postal="62968", commune_texte="")
        assert form.errors["commune"] == ["Aucune réponse ne correspond à « 62968 »."]
        assert remplir(FacultatifForm, code_postal="62968", commune_texte="").is_valid()

    def test_le_nom_l_emporte(self, calais: Commune, arras: Commune) -> None:
        form = remplir(ObligatoireForm, code_postal="62100", commune_texte="arras")
        assert form.is_valid()
        assert form.cleaned_data["commune"] == arras


class TestFormulaireDeModele:
    def test_enregistre(self, calais: Commune) -> None:
        etablissement = EtablissementFactory(nom="EHPAD")
        form = EtablissementForm({"nom": "EHPAD", "commune_texte": "calais"}, instance=etablissement)
        form.save()
        etablissement.refresh_from_db()
        assert etablissement.commune == calais

    def test_se_vide(self, calais: Commune) -> None:
        etablissement = EtablissementFactory(commune=calais)
        form = EtablissementForm(
            {"nom": "EHPAD", "commune": calais.pk, "commune_texte": ""}, instance=etablissement
        )
        form.save()
        etablissement.refresh_from_db()
        assert etablissement.commune is None

    def test_montre_et_renvoie_sans_changer(self, calais: Commune) -> None:
        etablissement = EtablissementFactory(nom="EHPAD", commune=calais)
        assert Rendu(EtablissementForm(instance=etablissement)).etat == ("Calais (62)", "62193")
        form = EtablissementForm(
            {"nom": "EHPAD", "commune": "62193", "commune_texte": "Calais (62)"}, instance=etablissement
        )
        assert form.is_valid()
        assert form.changed_data == []

    @pytest.mark.parametrize(
        "data",
        [
            {"commune": "62193", "commune_texte": ""},
            {"commune": "62193", "commune_texte": "Arras"},
            {"commune": "62041", "commune_texte": "Arras (62)"},
            {"commune": "62193", "commune_texte": "Calais (62)", "commune_choix": "62041"},
            {"commune": "62041"},
            {},
        ],
    )
    def test_ce_qui_change(self, calais: Commune, arras: Commune, data: dict[str, str]) -> None:
        etablissement = EtablissementFactory(nom="EHPAD", commune=calais)
        form = EtablissementForm({"nom": "EHPAD", **data}, instance=etablissement)
        assert form.changed_data == ["commune"]

    def test_un_formulaire_vide_en_plus_n_a_rien_change(self, db: None) -> None:
        formset_class = forms.formset_factory(LieuForm, extra=1)
        formset = formset_class(
            {
                "form-TOTAL_FORMS": "1",
                "form-INITIAL_FORMS": "0",
                "form-0-commune": "",
                "form-0-commune_texte": "",
            }
        )
        assert formset.is_valid()

    def test_desactive(self, calais: Commune, arras: Commune) -> None:
        class Fige(LieuForm):
            commune = ComboboxField(
                queryset=Commune.objects.all(),
                chercher=chercher_communes,
                url="recherche_communes",
                disabled=True,
            )

        form = Fige({"commune": arras.pk}, initial={"commune": calais.pk})
        assert form.is_valid()
        assert form.cleaned_data["commune"] == calais


def test_ce_que_la_page_propose_est_ce_que_le_champ_comprend(tribunal: Tribunal) -> None:
    """The text that the script writes, from the JSON, is the label that the field compares."""
    autre = TribunalFactory(nom="Tribunal judiciaire de Calais", commune=tribunal.commune)
    field = ComboboxField(queryset=Tribunal.objects.all(), chercher=chercher_tribunaux, url="recherche_tribunaux")
    for choisi in (tribunal, autre):
        data = {"x": str(choisi.pk), "x_texte": choisi.libelle}
        assert field.clean(field.widget.value_from_datadict(data, {}, "x")) == choisi
