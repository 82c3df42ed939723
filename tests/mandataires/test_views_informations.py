"""« Mes informations » through the client: right input, wrong input, two tabs, other people's rows."""

from __future__ import annotations

import html
import re
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from mandataires.models import Mandataire
from tests.factories import (
    AgrementFactory,
    CommuneFactory,
    EtablissementFactory,
    ExerciceFactory,
    MandataireFactory,
    MembreFactory,
)
from tests.strict import nombre_de_requetes
from tribunaux.models import Commune, Tribunal

pytestmark = pytest.mark.django_db

TAB = "/informations/"
MODIFIER = "/informations/modifier/"
AJOUTER_TRIBUNAL = "/informations/tribunaux/ajouter/"
AJOUTER_ETABLISSEMENTS = "/informations/etablissements/ajouter/"


@pytest.fixture
def connecte(client: Client, prepose: User, calais: Commune) -> Client:
    client.force_login(prepose)
    return client


@pytest.fixture
def sien(prepose: User) -> Mandataire:
    return prepose.membre.mandataire


def saisie(**valeurs: object) -> dict[str, object]:
    """What a préposé sends, each value distinct, less or more `valeurs`."""
    ordinaire = {
        "version": "0",
        "prenom": "Alix",
        "nom": "L'Haÿ & <b>",
        "genre": "H",
        "adresse": "2 rue du Modèle",
        "code_postal": "62100",
        "commune": "62193",
        "commune_texte": "Calais (62)",
        "telephone": "03 21 11 11 11",
        "telephone_portable": "+33 6 22 22 22 22",
        "email": "alix@example.org",
        "capacite": "1 600",
        "a_un_secretariat": "oui",
        "secretariat_etp": "0,8",
        "message_magistrats": "Disponible le mardi.",
    }
    return {**ordinaire, **valeurs}


class TestProfil:
    def test_chaque_valeur_fait_l_aller_retour(self, connecte: Client, sien: Mandataire) -> None:
        response = connecte.post(MODIFIER, saisie(), follow=True)
        assert response.redirect_chain == [(TAB, 302)]
        page = response.content.decode()
        for valeur in (
            "Alix L&#x27;Haÿ &amp; &lt;b&gt;",
            "Homme",
            "2 rue du Modèle",
            "62100 Calais",
            "03 21 11 11 11",
            "+33 6 22 22 22 22",
            "alix@example.org",
            "1\xa0600",
            "0,8 ETP",
            "Disponible le mardi.",
        ):
            assert valeur in page
        sien.refresh_from_db()
        assert (sien.nom, sien.capacite, sien.secretariat_etp) == ("L'Haÿ & <b>", 1600, Decimal("0.8"))
        formulaire = connecte.get(MODIFIER).content.decode()
        for valeur in ('value="0,8"', 'value="1600"', 'value="Calais (62)"', 'value="2 rue du Modèle"'):
            assert valeur in formulaire

    @pytest.mark.parametrize(
        ("valeurs", "phrase"),
        [
            ({"prenom": ""}, "Indiquez votre prénom."),
            ({"nom": " "}, "Indiquez le nom."),
            ({"adresse": ""}, "Indiquez l&#x27;adresse."),
            ({"code_postal": ""}, "Indiquez le code postal."),
            ({"code_postal": "621"}, "Un code postal compte cinq chiffres."),
            ({"code_postal": "62000"}, "Ce code postal n&#x27;est pas celui de cette commune."),
            ({"commune": "", "commune_texte": "Zzz"}, "Aucune commune ne correspond à « Zzz »"),
            ({"telephone": ""}, "Indiquez un téléphone."),
            ({"telephone": "abc"}, "Écrivez un numéro de téléphone"),
            ({"email": "alix"}, "Écrivez une adresse e-mail complète"),
            ({"capacite": "-1"}, "Écrivez un nombre positif, ou 0."),
            ({"capacite": "1,5"}, "Écrivez un nombre entier"),
            ({"capacite": "999999999"}, "Écrivez un nombre d&#x27;au plus 100 000."),
            ({"a_un_secretariat": ""}, "Dites si vous disposez d&#x27;un secrétariat."),
            ({"secretariat_etp": "-1"}, "Écrivez un nombre positif, par exemple 0,8."),
            ({"secretariat_etp": "abc"}, "Écrivez un nombre, par exemple 0,8."),
            ({"secretariat_etp": "NaN"}, "Écrivez un nombre, par exemple 0,8."),
            ({"secretariat_etp": "1000"}, "Écrivez un nombre inférieur à 100."),
            ({"a_un_secretariat": "non"}, "Ce nombre suppose un secrétariat"),
            ({"message_magistrats": "x" * 1001}, "1000 caractères"),
        ],
    )
    def test_chaque_erreur_est_dite_et_la_saisie_gardee(
        self, connecte: Client, sien: Mandataire, arras: Commune, valeurs: dict[str, str], phrase: str
    ) -> None:
        response = connecte.post(MODIFIER, saisie(**{"telephone_portable": "06 99 99 99 99", **valeurs}))
        page = response.content.decode()
        assert response.status_code == 200
        assert phrase in page
        assert "06 99 99 99 99" in page
        sien.refresh_from_db()
        assert (sien.version, sien.capacite) == (0, 60)

    @pytest.mark.parametrize(("etp", "lu"), [("0.8", "0.8"), ("0,8", "0.8"), ("2", "2"), ("0", "0"), ("", None)])
    def test_les_etp(self, connecte: Client, sien: Mandataire, etp: str, lu: str | None) -> None:
        connecte.post(MODIFIER, saisie(secretariat_etp=etp))
        sien.refresh_from_db()
        assert sien.a_un_secretariat
        assert sien.secretariat_etp == (None if lu is None else Decimal(lu))

    def test_sans_secretariat(self, connecte: Client, sien: Mandataire) -> None:
        connecte.post(MODIFIER, saisie())
        connecte.post(MODIFIER, saisie(version="1", a_un_secretariat="non", secretariat_etp=""))
        sien.refresh_from_db()
        assert (sien.a_un_secretariat, sien.secretariat_etp) == (False, None)

    @pytest.mark.parametrize(("capacite", "mot"), [("", "Capacité non renseignée"), ("0", "Dépassement de 1")])
    def test_vide_et_zero_different(self, connecte: Client, capacite: str, mot: str) -> None:
        assert mot in connecte.post(MODIFIER, saisie(capacite=capacite), follow=True).content.decode()

    def test_un_cedex_est_garde(self, connecte: Client, sien: Mandataire) -> None:
        connecte.post(MODIFIER, saisie(code_postal="62968"))
        sien.refresh_from_db()
        assert (sien.code_postal, sien.commune_id) == ("62968", "62193")

    def test_un_code_postal_de_plusieurs_communes_les_propose(self, connecte: Client, sien: Mandataire) -> None:
        communes = [CommuneFactory(nom=nom, codes_postaux=["62179"]) for nom in ("Wissant", "Tardinghen")]
        sans = {"commune": "", "commune_texte": "", "code_postal": "62179"}
        page = connecte.post(MODIFIER, saisie(**sans)).content.decode()
        assert all(commune.nom in page for commune in communes)
        connecte.post(MODIFIER, saisie(**sans, commune_choix=communes[0].pk))
        sien.refresh_from_db()
        assert sien.commune == communes[0]

    def test_deux_onglets(self, connecte: Client, sien: Mandataire) -> None:
        connecte.post(MODIFIER, saisie(capacite="10"))
        page = connecte.post(MODIFIER, saisie(capacite="20")).content.decode()
        assert "Ces informations ont changé pendant que vous les remplissiez (le " in page
        assert "Nombre de mesures souhaitées : 10." in page
        assert 'value="20"' in page
        sien.refresh_from_db()
        assert sien.capacite == 10
        assert 'name="version" value="1"' in page
        connecte.post(MODIFIER, saisie(capacite="20", version="1"))
        sien.refresh_from_db()
        assert sien.capacite == 20

    def test_les_champs_en_trop_sont_ignores(self, connecte: Client, sien: Mandataire, prepose: User) -> None:
        connecte.post(
            MODIFIER,
            saisie(
                type="service",
                siret="12345678901234",
                source_total="declaration",
                valide_at="",
                latitude="1",
                longitude="1",
                is_staff="on",
                is_active="",
                mandataire="1",
            ),
        )
        sien.refresh_from_db()
        prepose.refresh_from_db()
        assert (sien.version, sien.type, sien.siret, sien.source_total) == (1, "prepose", "", "mesures")
        assert sien.valide_at is not None
        assert sien.latitude != 1
        assert (prepose.is_staff, prepose.is_active) == (False, True)

    def test_un_service_n_a_ni_genre_ni_secretariat(self, client: Client, service: User, calais: Commune) -> None:
        client.force_login(service)
        page = html.unescape(client.get(TAB).content.decode()).replace("\xa0", " ")
        assert "Modifier vos informations" in page
        assert "TI : tribunal d'instance" in page
        assert "<dd>1 600</dd>" in page
        formulaire = client.get(MODIFIER).content.decode()
        assert "souhaité ou autorisé" in formulaire
        for absent in ("Prénom", "Genre", "secrétariat"):
            assert absent not in formulaire
        client.post(MODIFIER, saisie(nom="Service Témoin"))
        mandataire = Mandataire.objects.get(membres__user=service)
        assert (mandataire.nom, mandataire.capacite, mandataire.prenom) == ("Service Témoin", 1600, "")
        assert (mandataire.genre, mandataire.a_un_secretariat) == ("", False)


class TestOnglet:
    def test_un_profil_ou_tout_manque_dit_quoi(self, client: Client, db: None) -> None:
        vide = MandataireFactory(prepose=True, commune=None, telephone="", email="", capacite=None, adresse="")
        client.force_login(MembreFactory(mandataire=vide).user)
        page = client.get(TAB).content.decode()
        assert "aucun magistrat ne vous trouve dans sa liste" in page
        assert "les magistrats ne savent pas où vous exercez" in page
        assert "n&#x27;est pas renseigné" in page
        assert "None" not in page
        assert "Pour bien démarrer" in client.get("/mesures/").content.decode()
        assert client.get("/", follow=True).redirect_chain == [("/mesures/", 302)]

    def test_l_etape_4_mene_au_guide(self, client: Client, individuel: User, connecte: Client) -> None:
        assert "/assistance/preposes/#enregistrer-vos-mesures" not in connecte.get(TAB).content.decode()
        for trait, guide in ((True, "preposes"), (False, "individuels")):
            membre = MembreFactory(mandataire=MandataireFactory(prepose=trait))
            client.force_login(membre.user)
            assert f"/assistance/{guide}/#enregistrer-vos-mesures" in client.get(TAB).content.decode()

    def test_mes_donnees_sont_a_jour(self, connecte: Client, sien: Mandataire) -> None:
        assert "jamais" in connecte.get(TAB).content.decode()
        page = connecte.post("/informations/a-jour/", follow=True).content.decode()
        assert "vos données sont à jour" in page
        assert "jamais" not in page

    def test_un_individuel_n_a_pas_d_etablissement(self, client: Client, individuel: User) -> None:
        client.force_login(individuel)
        assert "tablissement" not in client.get(TAB).content.decode()

    def test_l_apercu_est_la_fiche_du_juge(self, client: Client, prepose: User, juge: User) -> None:
        fiche = prepose.membre.mandataire.get_absolute_url()
        contenus = {}
        for user in (prepose, juge):
            client.force_login(user)
            response = client.get(fiche)
            nonce = response.wsgi_request.csp_nonce
            contenus[user.username] = response.content.decode().replace(str(nonce), "")
        assert "exactement comme ils la lisent" in contenus["prepose"]
        assert "exactement comme ils la lisent" not in contenus["juge"]
        # Less what is the court's own: its mesures, its notes and its reservations.
        du_tribunal = "|".join(
            (
                r"<dt>De votre tribunal</dt>\s*<dd>1</dd>",
                r"<dt>Réponses à votre tribunal</dt>\s*<dd>.*?</dd>",
                r"<section aria-labelledby=\"notes\">.*</section>",
                r"<p>\s*<a class=\"fr-btn\"[^>]*>Réserver une mesure</a>\s*</p>",
            )
        )
        assert len(re.findall(du_tribunal, contenus["juge"], re.S)) == 4
        corps = {
            nom: " ".join(re.sub(du_tribunal, "", page, flags=re.S).split("<h1>")[1].split("</main>")[0].split())
            for nom, page in contenus.items()
        }
        assert corps["prepose"] == corps["juge"]

    def test_la_fiche_previent_d_un_prepose_sans_etablissement(
        self, client: Client, juge: User, prepose: User, prepose_voisin: User, individuel: User
    ) -> None:
        client.force_login(juge)
        avertis = [
            user.username
            for user in (prepose, prepose_voisin, individuel)
            if "aucun établissement : demandez-lui"
            in client.get(user.membre.mandataire.get_absolute_url()).content.decode()
        ]
        assert avertis == ["prepose_voisin"]

    def test_autant_de_requetes_pour_peu_que_pour_beaucoup(self, connecte: Client, sien: Mandataire) -> None:
        pour_peu = nombre_de_requetes(connecte, TAB)
        for _ in range(20):
            AgrementFactory(mandataire=sien)
            ExerciceFactory(mandataire=sien)
        assert nombre_de_requetes(connecte, TAB) == pour_peu < 15


class TestTribunaux:
    def test_ajouter(self, connecte: Client, autre_tribunal: Tribunal) -> None:
        response = connecte.post(AJOUTER_TRIBUNAL, {"tribunal_texte": "TJ Arras"}, follow=True)
        assert response.redirect_chain == [("/informations/#tribunaux", 302)]
        assert "Retirer le tribunal judiciaire d&#x27;Arras" in response.content.decode()

    @pytest.mark.parametrize(
        ("texte", "phrase"),
        [
            ("", "Choisissez un tribunal."),
            ("zzz", "Aucun tribunal ne correspond à « zzz »"),
            ("Calais", "Tribunal de proximité de Calais : déjà dans votre liste."),
        ],
    )
    def test_une_erreur_est_dite(self, connecte: Client, sien: Mandataire, texte: str, phrase: str) -> None:
        response = connecte.post(AJOUTER_TRIBUNAL, {"tribunal_texte": texte})
        assert response.status_code == 200
        assert phrase in response.content.decode()
        assert sien.agrements.count() == 1

    def test_retirer_puis_retablir(
        self, connecte: Client, client: Client, sien: Mandataire, tribunal: Tribunal, juge: User, prepose: User
    ) -> None:
        page = connecte.post(reverse("tribunal_retirer", args=[tribunal.pk]), follow=True).content.decode()
        retablir = reverse("tribunal_retablir", args=[sien.agrements.get().pk])
        assert f'action="{retablir}"' in page
        assert "aucun magistrat ne vous trouve dans sa liste" in page
        client.force_login(juge)
        assert sien.nom not in client.get("/mandataires/").content.decode()
        client.force_login(prepose)
        assert "rétabli" in client.post(retablir, follow=True).content.decode()
        client.force_login(juge)
        assert sien.nom in client.get("/mandataires/").content.decode()

    def test_retirer_deux_fois_le_dit(self, connecte: Client, tribunal: Tribunal) -> None:
        for _ in range(2):
            page = connecte.post(reverse("tribunal_retirer", args=[tribunal.pk]), follow=True).content.decode()
        assert "n&#x27;est plus, dans votre liste" in page

    def test_retirer_ne_touche_pas_les_autres(
        self, connecte: Client, prepose_voisin: User, tribunal: Tribunal
    ) -> None:
        connecte.post(reverse("tribunal_retirer", args=[tribunal.pk]))
        assert prepose_voisin.membre.mandataire.agrements.en_vigueur().exists()


class TestEtablissements:
    def test_plusieurs_lignes(self, connecte: Client, sien: Mandataire) -> None:
        oyats, dune = EtablissementFactory(nom="Les Oyats bis"), EtablissementFactory(nom="La Dune")
        page = connecte.post(
            AJOUTER_ETABLISSEMENTS, {"lignes": "1", "etablissement_1_texte": "oyats bis", "ligne": "1"}
        ).content.decode()
        assert "Établissement 2" in page
        assert 'value="Les Oyats bis"' in page
        assert "Choisissez un établissement" not in page
        assert sien.exercices.count() == 1
        response = connecte.post(
            AJOUTER_ETABLISSEMENTS,
            {
                "lignes": "2",
                "etablissement_1": oyats.pk,
                "etablissement_1_texte": "Les Oyats bis",
                "etablissement_2_texte": "dune",
                "nom_libre": "Foyer hors liste",
            },
            follow=True,
        )
        assert response.redirect_chain == [("/informations/#etablissements", 302)]
        assert "Établissements ajoutés : Les Oyats bis, La Dune, Foyer hors liste." in response.content.decode()
        assert {exercice.etablissement for exercice in sien.exercices.all()} >= {oyats, dune}

    @pytest.mark.parametrize(
        ("valeurs", "phrase"),
        [
            ({}, "Choisissez un établissement, ou écrivez son nom."),
            ({"etablissement_1_texte": "zzz"}, "Aucun établissement ne correspond à « zzz »"),
            ({"etablissement_1_texte": "oyats"}, "EHPAD Les Oyats : déjà dans votre liste."),
            ({"nom_libre": "x" * 201}, "200 caractères"),
            ({"lignes": "abc", "nom_libre": ""}, "Choisissez un établissement, ou écrivez son nom."),
            ({"lignes": "99999", "nom_libre": ""}, "Choisissez un établissement, ou écrivez son nom."),
        ],
    )
    def test_une_erreur_est_dite(
        self, connecte: Client, sien: Mandataire, valeurs: dict[str, str], phrase: str
    ) -> None:
        response = connecte.post(AJOUTER_ETABLISSEMENTS, {"lignes": "1", **valeurs})
        assert response.status_code == 200
        assert phrase in response.content.decode()
        assert sien.exercices.count() == 1

    def test_pas_plus_de_dix_lignes(self, connecte: Client) -> None:
        page = connecte.post(AJOUTER_ETABLISSEMENTS, {"lignes": "10", "ligne": "1"}).content.decode()
        assert "Établissement 10" in page
        assert "Établissement 11" not in page
        assert "Ajouter une ligne" not in page

    def test_retirer_puis_retablir(self, connecte: Client, sien: Mandataire) -> None:
        exercice = sien.exercices.get()
        page = connecte.post(reverse("etablissement_retirer", args=[exercice.pk]), follow=True).content.decode()
        retablir = reverse("etablissement_retablir", args=[exercice.pk])
        assert f'action="{retablir}"' in page
        assert "les magistrats ne savent pas où vous exercez" in page
        page = connecte.post(retablir, follow=True).content.decode()
        assert "Retirer l'établissement EHPAD Les Oyats" in page
        assert "déjà dans votre liste" in connecte.post(retablir, follow=True).content.decode()

    def test_un_service_est_refuse(self, client: Client, service: User) -> None:
        client.force_login(service)
        response = client.post(AJOUTER_ETABLISSEMENTS, {"nom_libre": "Foyer"})
        assert response.status_code == 403
        assert "réservée aux mandataires préposés" in response.content.decode()
