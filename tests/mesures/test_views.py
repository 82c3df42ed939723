"""The pages of a mesure's life, through the client: right input, wrong input, two tabs."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from accounts.models import User
from mesures.models import Mesure
from tests.factories import AgrementFactory, CommuneFactory, EtablissementFactory, MesureFactory
from tests.strict import nombre_de_requetes
from tribunaux.models import Commune, Tribunal

pytestmark = pytest.mark.django_db

NOUVELLE = "/mesures/nouvelle/"


def saisie(commune: Commune, tribunal: Tribunal, /, **valeurs: object) -> dict[str, object]:
    """What a person sends for an ordinary mesure, less or more `valeurs`."""
    ordinaire = {
        "version": "0",
        "date_decision": "15/03/2021",
        "nature": "tutelle",
        "code_postal": commune.codes_postaux[0],
        "commune": commune.pk,
        "commune_texte": str(commune),
        "genre": "F",
        "annee_naissance": "1962",
        "lieu_vie": "domicile",
        "tribunal": tribunal.pk,
        "tribunal_texte": tribunal.libelle,
        "numero_rg": "24/00042",
    }
    return {**ordinaire, **valeurs}


@pytest.fixture
def connecte(client: Client, prepose: User) -> Client:
    client.force_login(prepose)
    return client


class TestEnregistrer:
    def test_la_mesure_est_dans_la_liste_et_l_onglet_suit(
        self, connecte: Client, calais: Commune, tribunal: Tribunal
    ) -> None:
        assert "Mesures en cours (1)" in connecte.get("/mesures/").content.decode()
        response = connecte.post(NOUVELLE, saisie(calais, tribunal), follow=True)
        assert response.redirect_chain == [("/mesures/", 302)]
        page = response.content.decode()
        assert "Mesures en cours (2)" in page
        assert "24/00042" in page
        assert "Mesure enregistrée : Tutelle, femme, 1962, Calais." in page

    @pytest.mark.parametrize(
        ("valeurs", "phrase"),
        [
            ({"date_decision": ""}, "Indiquez la date de décision."),
            ({"date_decision": "31/02/2021"}, "Écrivez une date qui existe, sous la forme jj/mm/aaaa."),
            ({"date_decision": "0000-00-00"}, "Écrivez une date qui existe"),
            ({"date_decision": "31/12/1899"}, "La date de décision ne peut pas être antérieure à 1900."),
            ({"nature": ""}, "Choisissez le type de mesure."),
            ({"nature": "habilitation"}, "Sélectionnez un choix valide"),
            ({"genre": ""}, "Indiquez si la personne est une femme ou un homme."),
            ({"annee_naissance": ""}, "Indiquez l&#x27;année de naissance."),
            ({"annee_naissance": "1899"}, "L&#x27;année de naissance doit être comprise entre 1900"),
            ({"annee_naissance": "abc"}, "Écrivez l&#x27;année en quatre chiffres"),
            ({"annee_naissance": "9999"}, "L&#x27;année de naissance doit être comprise entre 1900"),
            ({"annee_naissance": "-5"}, "L&#x27;année de naissance doit être comprise entre 1900"),
            ({"lieu_vie": ""}, "Indiquez si la personne vit à domicile ou en établissement."),
            ({"lieu_vie": "etablissement"}, "Indiquez l&#x27;établissement où vit la personne."),
            ({"etablissement_nom": "EHPAD"}, "La personne ne vit pas en établissement : laissez vide."),
            ({"code_postal": ""}, "Indiquez le code postal."),
            ({"code_postal": "abcde"}, "Un code postal compte cinq chiffres."),
            ({"commune": "", "commune_texte": "", "code_postal": "99999"}, "cherchez-la par son nom"),
            ({"numero_rg": "22/00001"}, "Vous avez déjà une mesure avec ce numéro RG dans ce tribunal."),
            ({"tribunal": "", "tribunal_texte": ""}, "Choisissez le tribunal qui a prononcé la mesure."),
            ({"numero_dossier": "😀" * 200}, "au plus 50 caractères"),
        ],
    )
    def test_chaque_erreur_est_dite_et_la_saisie_gardee(
        self, connecte: Client, calais: Commune, tribunal: Tribunal, valeurs: dict[str, str], phrase: str
    ) -> None:
        response = connecte.post(NOUVELLE, saisie(calais, tribunal, cabinet="Cabinet gardé", **valeurs))
        page = response.content.decode()
        assert response.status_code == 200
        assert phrase in page
        assert "Cabinet gardé" in page
        assert Mesure.objects.count() == 1

    def test_une_date_future(self, connecte: Client, calais: Commune, tribunal: Tribunal) -> None:
        demain = timezone.localdate() + timedelta(days=1)
        response = connecte.post(NOUVELLE, saisie(calais, tribunal, date_decision=f"{demain:%d/%m/%Y}"))
        assert "La date de décision ne peut pas être dans le futur." in response.content.decode()

    def test_une_erreur_n_est_dite_qu_une_fois(
        self, connecte: Client, calais: Commune, tribunal: Tribunal
    ) -> None:
        response = connecte.post(NOUVELLE, saisie(calais, tribunal, annee_naissance=""))
        assert response.context["form"].errors["annee_naissance"] == ["Indiquez l'année de naissance."]

    def test_un_code_postal_d_une_seule_commune_suffit(
        self, connecte: Client, calais: Commune, tribunal: Tribunal
    ) -> None:
        connecte.post(NOUVELLE, saisie(calais, tribunal, commune="", commune_texte=""))
        assert Mesure.objects.latest("pk").commune == calais

    def test_un_code_postal_de_plusieurs_communes_les_propose(self, connecte: Client, tribunal: Tribunal) -> None:
        communes = [CommuneFactory(nom=nom, codes_postaux=["62179"]) for nom in ("Wissant", "Tardinghen")]
        response = connecte.post(NOUVELLE, saisie(communes[0], tribunal, commune="", commune_texte=""))
        page = response.content.decode()
        assert "Plusieurs communes correspondent : choisissez la vôtre." in page
        assert all(commune.nom in page for commune in communes)
        connecte.post(
            NOUVELLE,
            saisie(communes[0], tribunal, commune="", commune_texte="", commune_choix=communes[1].pk),
        )
        assert Mesure.objects.latest("pk").commune == communes[1]

    def test_un_code_postal_inconnu_est_garde_tel_quel(
        self, connecte: Client, calais: Commune, tribunal: Tribunal
    ) -> None:
        connecte.post(NOUVELLE, saisie(calais, tribunal, code_postal="62968"))
        mesure = Mesure.objects.latest("pk")
        assert (mesure.code_postal, mesure.commune) == ("62968", calais)

    def test_sans_domicile_fixe_sans_commune(self, connecte: Client, calais: Commune, tribunal: Tribunal) -> None:
        connecte.post(
            NOUVELLE, saisie(calais, tribunal, lieu_vie="sdf", code_postal="", commune="", commune_texte="")
        )
        assert Mesure.objects.latest("pk").lieu_vie == "sdf"

    def test_sans_domicile_fixe_sous_un_code_de_plusieurs_communes(
        self, connecte: Client, calais: Commune, tribunal: Tribunal
    ) -> None:
        CommuneFactory(codes_postaux=["62100"])
        connecte.post(NOUVELLE, saisie(calais, tribunal, lieu_vie="sdf", commune="", commune_texte=""))
        assert Mesure.objects.latest("pk").commune is None

    def test_chaque_champ_est_garde(self, connecte: Client, calais: Commune, tribunal: Tribunal) -> None:
        etablissement = EtablissementFactory(nom="MAS des Dunes")
        connecte.post(
            NOUVELLE,
            saisie(
                calais,
                tribunal,
                lieu_vie="etablissement_conservation",
                etablissement=etablissement.pk,
                etablissement_texte="MAS des Dunes",
                cabinet="2",
                numero_dossier='L\'Haÿ-les-Roses & <b>"x"',
                champ="biens",
            ),
        )
        mesure = Mesure.objects.latest("pk")
        attendu = {
            "date_decision": date(2021, 3, 15),
            "nature": "tutelle",
            "code_postal": "62100",
            "commune": calais,
            "genre": "F",
            "annee_naissance": 1962,
            "lieu_vie": "etablissement_conservation",
            "etablissement": etablissement,
            "tribunal": tribunal,
            "numero_rg": "24/00042",
            "cabinet": "2",
            "numero_dossier": 'L\'Haÿ-les-Roses & <b>"x"',
            "champ": "biens",
            "statut": "en_cours",
        }
        assert {champ: getattr(mesure, champ) for champ in attendu} == attendu
        page = connecte.get(f"/mesures/{mesure.pk}/modifier/").content.decode()
        assert "L&#x27;Haÿ-les-Roses &amp; &lt;b&gt;&quot;x&quot;" in page
        assert "<b>" not in page

    def test_les_champs_en_trop_sont_ignores(
        self, connecte: Client, calais: Commune, tribunal: Tribunal, prepose: User, prepose_voisin: User
    ) -> None:
        connecte.post(
            NOUVELLE,
            saisie(
                calais,
                tribunal,
                mandataire=prepose_voisin.membre.mandataire_id,
                statut="eteinte",
                date_extinction="01/01/2022",
                is_staff="1",
            ),
        )
        mesure = Mesure.objects.latest("pk")
        assert (mesure.mandataire, mesure.statut) == (prepose.membre.mandataire, "en_cours")
        assert mesure.date_extinction is None

    def test_le_seul_tribunal_est_propose(self, connecte: Client, tribunal: Tribunal) -> None:
        assert connecte.get(NOUVELLE).context["form"]["tribunal"].value().cle == str(tribunal.pk)

    def test_avec_deux_tribunaux_le_dernier_employe_est_propose(
        self, connecte: Client, prepose: User, tribunal: Tribunal, autre_tribunal: Tribunal
    ) -> None:
        mandataire = prepose.membre.mandataire
        AgrementFactory(mandataire=mandataire, tribunal=autre_tribunal)
        MesureFactory(mandataire=mandataire, tribunal=autre_tribunal)
        assert connecte.get(NOUVELLE).context["form"]["tribunal"].value().cle == str(autre_tribunal.pk)

    def test_sans_tribunal_au_profil_il_peut_manquer(
        self, connecte: Client, prepose: User, calais: Commune, tribunal: Tribunal
    ) -> None:
        prepose.membre.mandataire.agrements.update(au=timezone.localdate())
        connecte.post(NOUVELLE, saisie(calais, tribunal, tribunal="", tribunal_texte="", numero_rg=""))
        assert Mesure.objects.latest("pk").tribunal is None
        assert "tribunal à compléter" in connecte.get("/mesures/").content.decode()


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
        assert "Vous avez déjà une mesure avec ce numéro RG dans ce tribunal." in page


def test_l_historique_dit_qui_et_quand(
    connecte: Client, prepose: User, calais: Commune, tribunal: Tribunal
) -> None:
    connecte.post(NOUVELLE, saisie(calais, tribunal))
    page = connecte.get(reverse("mesure_historique", args=[Mesure.objects.latest("pk").pk])).content.decode()
    assert "Mesure enregistrée" in page
    assert f"par {prepose}" in page


@pytest.mark.parametrize(("url", "etat"), [("/mesures/", {}), ("/mesures/eteintes/", {"eteinte": True})])
def test_autant_de_requetes_pour_une_mesure_que_pour_cinquante(
    connecte: Client, prepose: User, url: str, etat: dict[str, bool]
) -> None:
    mandataire = prepose.membre.mandataire
    MesureFactory(mandataire=mandataire, **etat)
    pour_peu = nombre_de_requetes(connecte, url)
    for _ in range(50):
        MesureFactory(
            mandataire=mandataire, lieu_vie="etablissement", etablissement=EtablissementFactory(), **etat
        )
    assert nombre_de_requetes(connecte, url) == pour_peu < 15


def test_une_page_qui_n_existe_pas_donne_la_derniere(connecte: Client, prepose: User) -> None:
    for page in ("0", "99", "-1", "abc"):
        assert connecte.get("/mesures/", {"page": page}).status_code == 200
