"""Recording a mesure, through the client: right input, wrong input, one after the other."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from accounts.models import User
from etablissements.models import Etablissement
from mesures.models import Mesure
from tests.factories import AgrementFactory, CommuneFactory, EtablissementFactory, ExerciceFactory, MesureFactory
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
            ({"date_terme": "32/01/2030"}, "Écrivez une date qui existe"),
            ({"date_terme": "15/03/2021"}, "L&#x27;échéance vient après la décision (15/03/2021)."),
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
        assert "Plusieurs communes correspondent : choisissez la bonne." in page
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
                date_terme="14/03/2026",
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
            "date_terme": date(2026, 3, 14),
            "statut": "en_cours",
        }
        assert {champ: getattr(mesure, champ) for champ in attendu} == attendu
        page = connecte.get(f"/mesures/{mesure.pk}/modifier/").content.decode()
        assert "L&#x27;Haÿ-les-Roses &amp; &lt;b&gt;&quot;x&quot;" in page
        assert "<b>" not in page
        assert 'value="14/03/2026"' in page

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

    @pytest.mark.parametrize("variante", ["24/00042", " 24/00042 ", "12345", "00012345", " 12345 ", "0012345"])
    def test_un_rg_pris_l_est_sous_toutes_ses_formes(
        self, connecte: Client, prepose: User, calais: Commune, tribunal: Tribunal, variante: str
    ) -> None:
        mandataire = prepose.membre.mandataire
        for numero in ("24/00042", "12345"):
            MesureFactory(mandataire=mandataire, tribunal=tribunal, numero_rg=numero)
        response = connecte.post(NOUVELLE, saisie(calais, tribunal, numero_rg=variante))
        assert response.context["form"].errors == {
            "numero_rg": ["Vous avez déjà une mesure avec ce numéro RG dans ce tribunal."]
        }
        assert Mesure.objects.count() == 3

    def test_un_rg_est_libre_dans_un_autre_tribunal_et_vide_partout(
        self, connecte: Client, calais: Commune, tribunal: Tribunal, autre_tribunal: Tribunal
    ) -> None:
        for numero, cour in [("22/00001", autre_tribunal), ("", tribunal), ("", tribunal)]:
            assert connecte.post(NOUVELLE, saisie(calais, cour, numero_rg=numero)).status_code == 302

    @pytest.mark.parametrize(
        ("champ", "valeur"),
        [
            ("date_decision", "31/02/2021"),
            ("date_decision", "0000-00-00"),
            ("date_decision", "31/12/1899"),
            ("date_decision", "demain"),
            ("annee_naissance", "1899"),
            ("annee_naissance", "99999999999999999999"),
            ("annee_naissance", "an prochain"),
            ("code_postal", "6210"),
            ("numero_dossier", "😀" * 200),
            ("numero_rg", "9" * 31),
            ("cabinet", "x" * 51),
            ("etablissement_nom", "é" * 201),
        ],
    )
    def test_l_erreur_est_a_son_champ_et_tout_est_garde(
        self, connecte: Client, calais: Commune, tribunal: Tribunal, champ: str, valeur: str
    ) -> None:
        aujourd_hui = timezone.localdate()
        valeur = {
            "demain": f"{aujourd_hui + timedelta(days=1):%d/%m/%Y}",
            "an prochain": str(aujourd_hui.year + 1),
        }.get(valeur, valeur)
        envoyees = saisie(
            calais,
            tribunal,
            lieu_vie="etablissement",
            etablissement_nom="Résidence des Phares",
            cabinet="2",
            numero_dossier="D-7",
            champ="biens",
        ) | {champ: valeur}
        response = connecte.post(NOUVELLE, envoyees)
        form = response.context["form"]
        assert list(form.errors) == [champ]
        assert len(form.errors[champ]) == 1
        page = response.content.decode()
        assert f'id="id_{champ}_error"' in page
        gardees = {nom: str(form[nom].value()) for nom in form.fields}
        textes = {"commune": str(calais), "tribunal": tribunal.libelle, "etablissement": ""}
        assert gardees == {nom: textes.get(nom, str(envoyees.get(nom))) for nom in form.fields}
        assert f'value="{valeur}"' in page
        assert Mesure.objects.count() == 1

    @pytest.mark.parametrize(
        "champ",
        [
            "date_decision",
            "nature",
            "code_postal",
            "genre",
            "annee_naissance",
            "lieu_vie",
            "etablissement_nom",
            "numero_rg",
            "cabinet",
            "numero_dossier",
            "champ",
        ],
    )
    def test_un_caractere_nul_est_refuse(
        self, connecte: Client, calais: Commune, tribunal: Tribunal, champ: str
    ) -> None:
        response = connecte.post(NOUVELLE, saisie(calais, tribunal, lieu_vie="sdf") | {champ: "1\0"})
        assert champ in response.context["form"].errors
        assert Mesure.objects.count() == 1

    @pytest.mark.parametrize("champ", ["commune", "etablissement", "tribunal"])
    def test_un_caractere_nul_dans_un_choix_n_est_rien(
        self, connecte: Client, calais: Commune, tribunal: Tribunal, champ: str
    ) -> None:
        response = connecte.post(
            NOUVELLE, saisie(calais, tribunal) | {champ: "\0", f"{champ}_texte": "\0", f"{champ}_choix": "\0"}
        )
        assert response.status_code in (200, 302)

    @pytest.mark.parametrize("code", ["6210", "62100 Calais", "abcdefgh"])
    def test_sans_domicile_fixe_un_mauvais_code_postal_est_dit_a_sa_place(
        self, connecte: Client, calais: Commune, tribunal: Tribunal, code: str
    ) -> None:
        envoyees = saisie(calais, tribunal, lieu_vie="sdf", code_postal=code, commune="", commune_texte="")
        response = connecte.post(NOUVELLE, envoyees)
        assert response.context["form"].errors == {"code_postal": ["Un code postal compte cinq chiffres."]}
        assert f'value="{code}"' in response.content.decode()

    def test_ce_qui_est_vide_reste_vide(
        self, connecte: Client, prepose: User, calais: Commune, tribunal: Tribunal
    ) -> None:
        """No word of the page stands for a value in the database."""
        prepose.membre.mandataire.agrements.update(au=timezone.localdate())
        blancs = dict.fromkeys(("numero_rg", "cabinet", "numero_dossier", "etablissement_nom"), "  ")
        connecte.post(NOUVELLE, saisie(calais, tribunal, tribunal="", tribunal_texte="", champ="", **blancs))
        mesure = Mesure.objects.latest("pk")
        assert (mesure.tribunal, mesure.numero_rg, mesure.etablissement) == (None, None, None)
        assert mesure.date_terme is None
        vides = ("cabinet", "numero_dossier", "etablissement_nom", "champ", "motif_extinction")
        assert {getattr(mesure, champ) for champ in vides} == {""}

    def test_un_code_cedex_se_garde_avec_la_commune_trouvee_par_son_nom(
        self, connecte: Client, calais: Commune, tribunal: Tribunal
    ) -> None:
        connecte.post(NOUVELLE, saisie(calais, tribunal, code_postal="62968", commune="", commune_texte="calais"))
        mesure = Mesure.objects.latest("pk")
        assert (mesure.code_postal, mesure.commune) == ("62968", calais)

    @pytest.mark.parametrize("date_decision", ["15032021", "15/03/2021", "2021-03-15", "15.03.2021"])
    def test_une_date_se_tape_sans_ses_barres(
        self, connecte: Client, calais: Commune, tribunal: Tribunal, date_decision: str
    ) -> None:
        connecte.post(NOUVELLE, saisie(calais, tribunal, date_decision=date_decision))
        assert Mesure.objects.latest("pk").date_decision == date(2021, 3, 15)


class TestEtablissement:
    """The préposé's own, then those of the list, then a name."""

    @pytest.fixture
    def tilleuls(self, calais: Commune) -> Etablissement:
        return EtablissementFactory(nom="EHPAD Les Tilleuls", finess="620123457", commune=calais)

    def vivre_en(self, connecte: Client, calais: Commune, tribunal: Tribunal, texte: str) -> HttpResponse:
        valeurs = {"lieu_vie": "etablissement", "etablissement": "", "etablissement_texte": texte}
        return connecte.post(NOUVELLE, saisie(calais, tribunal, **valeurs))

    @pytest.mark.parametrize("texte", ["les tilleuls", "tilleuls calais", "620123457", "6201"])
    def test_par_nom_ville_ou_finess_sans_javascript(
        self, connecte: Client, calais: Commune, tribunal: Tribunal, tilleuls: Etablissement, texte: str
    ) -> None:
        assert self.vivre_en(connecte, calais, tribunal, texte).status_code == 302
        assert Mesure.objects.latest("pk").etablissement == tilleuls

    def test_aucun_nomme_ceux_du_prepose_sont_offerts(
        self, connecte: Client, prepose: User, calais: Commune, tribunal: Tribunal, tilleuls: Etablissement
    ) -> None:
        page = self.vivre_en(connecte, calais, tribunal, "").content.decode()
        assert "Indiquez l&#x27;établissement où vit la personne." in page
        assert "EHPAD Les Oyats" in page
        assert "EHPAD Les Tilleuls" not in page
        oyats = Etablissement.objects.get(nom="EHPAD Les Oyats")
        connecte.post(
            NOUVELLE,
            saisie(
                calais, tribunal, lieu_vie="etablissement", etablissement_texte="", etablissement_choix=oyats.pk
            ),
        )
        assert Mesure.objects.latest("pk").etablissement == oyats

    def test_parmi_plusieurs_ceux_du_prepose_viennent_d_abord(
        self, connecte: Client, prepose: User, calais: Commune, tribunal: Tribunal, tilleuls: Etablissement
    ) -> None:
        zeste = EtablissementFactory(nom="EHPAD Zeste", commune=calais)
        ExerciceFactory(mandataire=prepose.membre.mandataire, etablissement=zeste)
        response = self.vivre_en(connecte, calais, tribunal, "ehpad calais")
        propositions = [
            option["libelle"]
            for option in response.context["form"]["etablissement"].subwidgets[0].data["propositions"]
        ]
        assert propositions == ["EHPAD Zeste", "EHPAD Les Tilleuls"]
        assert "Plusieurs établissements correspondent" in response.content.decode()

    def test_celui_qui_n_est_pas_dans_la_liste_s_ecrit(
        self, connecte: Client, calais: Commune, tribunal: Tribunal
    ) -> None:
        page = self.vivre_en(connecte, calais, tribunal, "Maison des Flots").content.decode()
        assert "Aucun établissement ne correspond à « Maison des Flots »" in page
        connecte.post(
            NOUVELLE, saisie(calais, tribunal, lieu_vie="etablissement", etablissement_nom="Maison des Flots")
        )
        mesure = Mesure.objects.latest("pk")
        assert (mesure.etablissement, mesure.etablissement_nom) == (None, "Maison des Flots")

    def test_les_deux_a_la_fois_sont_refuses(
        self, connecte: Client, calais: Commune, tribunal: Tribunal, tilleuls: Etablissement
    ) -> None:
        envoyees = saisie(
            calais,
            tribunal,
            lieu_vie="etablissement",
            etablissement_texte="les tilleuls",
            etablissement_nom="Maison des Flots",
        )
        errors = connecte.post(NOUVELLE, envoyees).context["form"].errors
        assert errors == {"etablissement": ["Choisissez un établissement de la liste ou écrivez son nom."]}


class TestEnSerie:
    """« Valider et saisir une autre »."""

    def test_le_tribunal_la_nature_et_la_commune_sont_gardes(
        self, connecte: Client, calais: Commune, tribunal: Tribunal
    ) -> None:
        response = connecte.post(NOUVELLE, saisie(calais, tribunal, suite="autre", cabinet="2"), follow=True)
        mesure = Mesure.objects.latest("pk")
        assert response.redirect_chain == [(f"{NOUVELLE}?apres={mesure.pk}", 302)]
        form, page = response.context["form"], response.content.decode()
        gardes = {nom: texte for nom in form.fields if (texte := str(form[nom].value() or ""))}
        assert gardes == {
            "nature": "tutelle",
            "code_postal": "62100",
            "commune": str(calais),
            "tribunal": tribunal.libelle,
        }
        assert "Mesure enregistrée : Tutelle, femme, 1962, Calais." in page
        assert "Mesures en cours (2)" in page
        assert "fr-alert--error" not in page

    def test_une_erreur_garde_la_saisie_et_n_enregistre_rien(
        self, connecte: Client, calais: Commune, tribunal: Tribunal
    ) -> None:
        response = connecte.post(NOUVELLE, saisie(calais, tribunal, suite="autre", annee_naissance="1899"))
        assert response.context["form"]["annee_naissance"].value() == "1899"
        assert Mesure.objects.count() == 1

    @pytest.mark.parametrize("cle", ["", "0", "abc", "-1", "²", "9" * 18, "9" * 5000, "1\0", "1;--"])
    def test_une_precedente_impossible_est_ignoree(self, connecte: Client, cle: str) -> None:
        response = connecte.get(NOUVELLE, {"apres": cle})
        assert response.status_code == 200
        assert not response.context["form"]["commune"].value().texte

    def test_celle_d_un_voisin_est_ignoree(self, connecte: Client, prepose_voisin: User, calais: Commune) -> None:
        """Near miss: same court, another MJPM."""
        voisine = MesureFactory(mandataire=prepose_voisin.membre.mandataire, nature="tutelle", commune=calais)
        response = connecte.get(NOUVELLE, {"apres": voisine.pk})
        form = response.context["form"]
        assert (form["nature"].value(), form["code_postal"].value()) == (None, None)
        assert "62100" not in response.content.decode()

    def test_apres_un_tribunal_ferme_son_successeur(
        self, connecte: Client, prepose: User, tribunal: Tribunal, autre_tribunal: Tribunal
    ) -> None:
        mesure = MesureFactory(mandataire=prepose.membre.mandataire, tribunal=tribunal)
        Tribunal.objects.filter(pk=tribunal.pk).update(ferme_le=date(2026, 1, 1), successeur=autre_tribunal)
        form = connecte.get(NOUVELLE, {"apres": mesure.pk}).context["form"]
        assert form["tribunal"].value().cle == str(autre_tribunal.pk)

    def test_sans_rien_a_garder(self, connecte: Client, prepose: User, tribunal: Tribunal) -> None:
        """Without court nor commune, the usual court is proposed."""
        mesure = MesureFactory(mandataire=prepose.membre.mandataire, lieu_vie="sdf", commune=None)
        form = connecte.get(NOUVELLE, {"apres": mesure.pk}).context["form"]
        assert form["tribunal"].value().cle == str(tribunal.pk)
        assert not form["commune"].value().texte

    def test_autant_de_requetes_apres_cinquante(self, connecte: Client, prepose: User) -> None:
        mandataire = prepose.membre.mandataire
        url = f"{NOUVELLE}?apres={MesureFactory(mandataire=mandataire).pk}"
        pour_peu = nombre_de_requetes(connecte, url)
        for _ in range(50):
            MesureFactory(mandataire=mandataire)
        assert nombre_de_requetes(connecte, url) == pour_peu < 15


class TestPli:
    """The optional facts are folded; what is mandatory among them and empty is not hidden."""

    def test_le_titre_dit_le_tribunal_garde(self, connecte: Client, tribunal: Tribunal) -> None:
        page = connecte.get(NOUVELLE).content.decode()
        assert '<details class="repliable">' in page
        assert f"·&nbsp;{tribunal.libelle}<" in page.split("<summary")[1].split("</summary>")[0]

    def test_plusieurs_tribunaux_et_aucune_mesure_il_est_ouvert(
        self, connecte: Client, prepose: User, autre_tribunal: Tribunal
    ) -> None:
        mandataire = prepose.membre.mandataire
        AgrementFactory(mandataire=mandataire, tribunal=autre_tribunal)
        mandataire.mesures.all().delete()
        page = connecte.get(NOUVELLE).content.decode()
        assert '<details class="repliable" open>' in page

    def test_sans_tribunal_au_profil_il_reste_plie(self, connecte: Client, prepose: User) -> None:
        prepose.membre.mandataire.agrements.update(au=timezone.localdate())
        prepose.membre.mandataire.mesures.all().delete()
        page = connecte.get(NOUVELLE).content.decode()
        assert '<details class="repliable">' in page
        assert "·" not in page.split("<summary")[1].split("</summary>")[0]

    @pytest.mark.parametrize(("valeurs", "ouvert"), [({"cabinet": "x" * 51}, True), ({"genre": ""}, False)])
    def test_ouvert_sur_une_erreur_qu_il_contient(
        self, connecte: Client, calais: Commune, tribunal: Tribunal, valeurs: dict[str, str], ouvert: bool
    ) -> None:
        page = connecte.post(NOUVELLE, saisie(calais, tribunal, **valeurs)).content.decode()
        assert ('<details class="repliable" open>' in page) is ouvert

    def test_le_focus_va_a_la_date_ou_aux_erreurs(
        self, connecte: Client, calais: Commune, tribunal: Tribunal
    ) -> None:
        vide = connecte.get(NOUVELLE)
        assert vide.content.decode().count("autofocus") == 1
        assert vide.context["form"]["date_decision"].field.widget.attrs["autofocus"]
        assert "aria-invalid" not in vide.content.decode()
        erreurs = connecte.post(NOUVELLE, saisie(calais, tribunal, genre=""))
        assert erreurs.content.decode().count("autofocus") == 1
        assert "autofocus" not in erreurs.context["form"]["date_decision"].field.widget.attrs
