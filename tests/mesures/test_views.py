"""The pages of a mesure's life, through the client: right input, wrong input, two tabs."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from accounts.models import User
from mesures.models import Mesure
from tests.factories import CommuneFactory, MesureFactory
from tests.mesures.echanges.aides import apercu, appliquer, ligne_type
from tests.mesures.test_views_saisie import NOUVELLE, saisie
from tribunaux.models import Commune, Tribunal

pytestmark = pytest.mark.django_db


@pytest.fixture
def connecte(client: Client, prepose: User) -> Client:
    client.force_login(prepose)
    return client


class TestModifier:
    def test_deux_onglets_le_second_est_prevenu(
        self, connecte: Client, prepose: User, calais: Commune, tribunal: Tribunal
    ) -> None:
        mesure = Mesure.objects.get(mandataire__membres__user=prepose)
        url = reverse("mesure_modifier", args=[mesure.pk])
        connecte.post(url, saisie(calais, tribunal, annee_naissance="1970"))
        connecte.post(url, saisie(calais, tribunal, annee_naissance="1970", cabinet="7", version="1"))
        response = connecte.post(url, saisie(calais, tribunal, annee_naissance="1980"))
        page = response.content.decode()
        assert "Cette mesure a changé depuis que la page est affichée. Mesure modifiée par" in page
        assert "année de naissance : « 1962 » devient « 1970 »" in page
        assert "cabinet : « 7 » ajouté" in page
        assert 'value="1980"' in page
        mesure.refresh_from_db()
        assert (mesure.annee_naissance, mesure.version) == (1970, 2)
        # Having read what changed, the person validates again: the version shown is the present one.
        assert response.context["form"]["version"].value() == "2"
        connecte.post(url, saisie(calais, tribunal, annee_naissance="1980", version="2"))
        mesure.refresh_from_db()
        assert mesure.annee_naissance == 1980

    def test_une_mesure_eteinte_dans_un_autre_onglet_ne_se_modifie_plus(
        self, connecte: Client, prepose: User, calais: Commune, tribunal: Tribunal
    ) -> None:
        mesure = Mesure.objects.get(mandataire__membres__user=prepose)
        connecte.post(
            reverse("mesure_eteindre", args=[mesure.pk]), {"version": 0, "date_extinction": "31/01/2024"}
        )
        url = reverse("mesure_modifier", args=[mesure.pk])
        page = connecte.post(url, saisie(calais, tribunal, cabinet="Cabinet gardé")).content.decode()
        assert "Elle est maintenant éteinte : elle ne peut plus être modifiée." in page
        assert "Cabinet gardé" in page

    def test_une_mesure_d_un_tribunal_ferme_y_reste(
        self, connecte: Client, calais: Commune, tribunal: Tribunal, autre_tribunal: Tribunal, prepose: User
    ) -> None:
        mesure = Mesure.objects.get(mandataire__membres__user=prepose)
        Tribunal.objects.filter(pk=tribunal.pk).update(ferme_le=date(2026, 1, 1), successeur=autre_tribunal)
        url = reverse("mesure_modifier", args=[mesure.pk])
        propose = connecte.get(url).context["form"]["tribunal"].value()
        assert propose.cle == str(tribunal.pk)
        connecte.post(
            url,
            saisie(calais, tribunal, tribunal_texte=propose.texte, numero_rg="22/00001", annee_naissance="1970"),
        )
        mesure.refresh_from_db()
        assert (mesure.tribunal, mesure.annee_naissance) == (tribunal, 1970)
        # The list reads it under the court that sits.
        assert escape(str(autre_tribunal)) in connecte.get("/mesures/").content.decode()

    def test_un_rg_du_tribunal_ferme_est_pris_chez_son_successeur(
        self, connecte: Client, calais: Commune, tribunal: Tribunal, autre_tribunal: Tribunal
    ) -> None:
        Tribunal.objects.filter(pk=tribunal.pk).update(ferme_le=date(2026, 1, 1), successeur=autre_tribunal)
        response = connecte.post(NOUVELLE, saisie(calais, autre_tribunal, numero_rg="22/00001"))
        assert response.context["form"].errors["numero_rg"] == [
            "Vous avez déjà une mesure avec ce numéro RG dans ce tribunal."
        ]

    def test_une_mesure_eteinte_ne_se_modifie_pas(self, connecte: Client, prepose: User) -> None:
        mesure = MesureFactory(mandataire=prepose.membre.mandataire, eteinte=True)
        response = connecte.get(reverse("mesure_modifier", args=[mesure.pk]), follow=True)
        assert "est éteinte" in response.content.decode()


class TestEteindre:
    def test_elle_change_de_liste_et_revient(self, connecte: Client, prepose: User) -> None:
        mesure = Mesure.objects.get(mandataire__membres__user=prepose)
        url = reverse("mesure_eteindre", args=[mesure.pk])
        assert f"{timezone.localdate():%d/%m/%Y}" in connecte.get(url).content.decode()
        page = connecte.post(
            url, {"version": 0, "date_extinction": "31/01/2024", "motif_extinction": "deces"}, follow=True
        ).content.decode()
        assert "Mesures en cours (0)" in page
        assert "31/01/2024" in page
        assert "Décès" in page
        page = connecte.post(
            reverse("mesure_reactiver", args=[mesure.pk]), {"version": 1}, follow=True
        ).content.decode()
        assert "Mesures en cours (1)" in page
        assert "Mesure 22/00001 réactivée." in page

    @pytest.mark.parametrize(
        ("fin", "phrase"),
        [
            ("14/03/2021", "La date de fin ne peut pas précéder la décision (15/03/2021)."),
            ("31/02/2024", "Écrivez une date qui existe"),
            ("", "Indiquez la date de fin du mandat."),
            ("01/01/2200", "La date de fin ne peut pas être dans le futur."),
        ],
    )
    def test_chaque_erreur_est_dite_et_la_saisie_gardee(
        self, connecte: Client, prepose: User, fin: str, phrase: str
    ) -> None:
        mesure = Mesure.objects.get(mandataire__membres__user=prepose)
        response = connecte.post(
            reverse("mesure_eteindre", args=[mesure.pk]),
            {"version": 0, "date_extinction": fin, "motif_extinction": "mainlevee"},
        )
        page = response.content.decode()
        assert phrase in page
        assert f'value="{fin}"' in page or not fin
        mesure.refresh_from_db()
        assert mesure.statut == "en_cours"

    def test_une_commune_qui_a_change_de_code_n_empeche_pas_la_fin(
        self, connecte: Client, prepose: User, tribunal: Tribunal
    ) -> None:
        """What was right when it was recorded must come to its end; the codes of a commune change."""
        mesure = Mesure.objects.get(mandataire__membres__user=prepose)
        commune = mesure.commune
        assert commune is not None
        CommuneFactory(codes_postaux=commune.codes_postaux)
        Commune.objects.filter(pk=commune.pk).update(codes_postaux=["62999"])
        url = reverse("mesure_eteindre", args=[mesure.pk])
        connecte.post(url, {"version": 0, "date_extinction": "31/01/2024"})
        mesure.refresh_from_db()
        assert mesure.statut == "eteinte"
        connecte.post(reverse("mesure_reactiver", args=[mesure.pk]), {"version": 1})
        mesure.refresh_from_db()
        assert mesure.statut == "en_cours"

    @pytest.mark.parametrize("donnees", [{}, {"version": "abc"}, {"version": "7"}])
    def test_reactiver_sans_la_bonne_version_est_refuse(
        self, connecte: Client, prepose: User, donnees: dict[str, str]
    ) -> None:
        mesure = MesureFactory(mandataire=prepose.membre.mandataire, eteinte=True)
        page = connecte.post(reverse("mesure_reactiver", args=[mesure.pk]), donnees, follow=True).content.decode()
        assert "a changé depuis que la page est affichée" in page
        mesure.refresh_from_db()
        assert mesure.statut == "eteinte"

    def test_reactiver_un_rg_repris_dit_pourquoi(
        self, connecte: Client, prepose: User, tribunal: Tribunal
    ) -> None:
        ancienne = MesureFactory(
            mandataire=prepose.membre.mandataire, tribunal=tribunal, numero_rg="22/00001", eteinte=True
        )
        page = connecte.post(
            reverse("mesure_reactiver", args=[ancienne.pk]), {"version": 0}, follow=True
        ).content.decode()
        assert "La mesure n&#x27;a pas été réactivée. La mesure en cours 22/00001" in page


def test_l_historique_dit_qui_et_quand(
    connecte: Client, prepose: User, calais: Commune, tribunal: Tribunal
) -> None:
    connecte.post(NOUVELLE, saisie(calais, tribunal))
    page = connecte.get(reverse("mesure_historique", args=[Mesure.objects.latest("pk").pk])).content.decode()
    assert "Mesure enregistrée" in page
    assert f"par {prepose}" in page


def test_l_historique_dit_qu_un_fichier_a_ete_importe(
    client: Client, prepose: User, juge: User, tribunal: Tribunal, calais: Commune
) -> None:
    """Its members may open the import; the court reads how it was done."""
    import_ = appliquer(apercu(prepose, ligne_type(tribunal, numero_rg="9")), prepose)
    mesure = Mesure.objects.get(numero_rg="9")
    lien = f'<a href="{reverse("import_detail", args=[import_.pk])}">par un import de fichier</a>'
    for user, vue, attendu in (
        (prepose, "mesure_historique", lien),
        (juge, "mesure_du_tribunal", "par un import de fichier"),
    ):
        client.force_login(user)
        page = client.get(reverse(vue, args=[mesure.pk])).content.decode()
        assert f"par {prepose}, {attendu}," in page
