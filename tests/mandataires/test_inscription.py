"""Sign-up: what the form takes, what it writes, what it never says (R1 to R14, S3, S6)."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.core.cache import cache
from django.db import IntegrityError, connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from mandataires.models import Agrement, Exercice, Mandataire, Membre
from tests.accounts.taches import courriels_envoyes
from tests.factories import (
    CommuneFactory,
    DepartementFactory,
    EtablissementFactory,
    MandataireFactory,
    RegionFactory,
    TribunalFactory,
    UserFactory,
)
from tests.strict import ClientStrict, nombre_de_requetes
from tribunaux.models import Commune, Tribunal

pytestmark = pytest.mark.django_db

URL = "/inscription/"
RECUE = "/inscription/demande-recue/"


@pytest.fixture(autouse=True)
def _compteurs_a_zero() -> None:
    cache.clear()


@pytest.fixture
def champs(calais: Commune, tribunal: Tribunal) -> dict[str, Any]:
    """What a préposé sends."""
    return {
        "tribunaux": [tribunal.pk],
        "type": "prepose",
        "identifiant": "m.dubois",
        "mot_de_passe": "Coquelicot 7",
        "nom": "Dubois",
        "prenom": "Maxime",
        "adresse": "3 rue de l'Exemple",
        "code_postal": "62100",
        "commune": "62193",
        "telephone": "03 21 00 00 01",
        "email": "M.Dubois@Example.org",
    }


def inscrire(client: ClientStrict, champs: dict[str, Any], **autres: Any) -> HttpResponse:
    envoi = {nom: valeur for nom, valeur in (champs | autres).items() if valeur is not None}
    return client.post(URL, envoi)


def erreurs(response: HttpResponse) -> dict[str, list[str]]:
    assert response.status_code == 200
    return dict(response.context["form"].errors)


# --- The page ----------------------------------------------------------------------------------------


def test_page_dit_les_mots_du_guide(client: ClientStrict, tribunal: Tribunal) -> None:
    page = client.get(URL).content.decode()
    for texte in (
        "Choisissez les tribunaux où vous êtes agréé :",
        "Vous êtes un mandataire :",
        "Individuel",
        "Préposé",
        "Service",
        "Identifiant désiré",
        "Mot de passe désiré",
        "10 caractères au moins",
        "Noms d'établissements",
        "Créer mon compte",
        "Votre demande sera examinée par un administrateur",
        "Les champs marqués d'un astérisque (*) sont obligatoires.",
        'autocomplete="new-password"',
        "Tribunal de proximité de Calais (ancien TI)",
    ):
        assert texte in page, texte
    assert reverse("account_signup") == URL


def test_les_champs_obligatoires_ont_un_asterisque(client: ClientStrict, tribunal: Tribunal) -> None:
    page = client.get(URL).content.decode()
    asterisque = '<span class="obligatoire" aria-hidden="true"> *</span>'
    for libelle in (
        "Choisissez les tribunaux où vous êtes agréé :",
        "Vous êtes un mandataire :",
        "Identifiant désiré",
        "Mot de passe désiré",
        "Nom",
        "Prénom",
        "Nom du service (raison sociale)",
        "Adresse",
        "Code postal",
        "Commune",
        "Numéro de téléphone",
        "Adresse e-mail",
    ):
        assert f">{libelle}{asterisque}" in page, libelle
    for libelle in ("Numéro SIRET", "Établissement 1"):
        assert f">{libelle}" in page, libelle
        assert f">{libelle}{asterisque}" not in page, libelle


def test_les_tribunaux_par_region(client: ClientStrict, tribunal: Tribunal) -> None:
    corse = CommuneFactory(departement=DepartementFactory(code="2A", region=RegionFactory(code="94", nom="Corse")))
    ailleurs = TribunalFactory(commune=corse)
    ferme = TribunalFactory(nom="Tribunal disparu", ferme_le="2020-01-01", successeur=tribunal)
    page = client.get(URL).content.decode()
    regions = re.findall(r"<summary>([^<(]+?) <", page)
    assert regions == ["Corse", "Hauts-de-France"]
    assert ailleurs.nom in page
    assert ferme.nom not in page
    assert '<details class="tribunaux__region" open' not in page


def test_requetes_en_nombre_fixe_et_page_legere(client: ClientStrict) -> None:
    TribunalFactory()
    avec_un = nombre_de_requetes(client, URL)
    TribunalFactory.create_batch(293)
    assert nombre_de_requetes(client, URL) == avec_un
    assert len(client.get(URL).content) < 130_000


def test_qui_est_connecte_va_chez_soi(client: ClientStrict, prepose: User) -> None:
    client.force_login(prepose)
    for response in (client.get(URL), client.post(URL, {})):
        assert (response.status_code, response["Location"]) == (302, "/")


# --- What is written ---------------------------------------------------------------------------------


def test_un_prepose(client: ClientStrict, champs: dict[str, Any], autre_tribunal: Tribunal, admin: User) -> None:
    oyats = EtablissementFactory(nom="EHPAD Les Oyats")
    choisi = EtablissementFactory(nom="Foyer du Beffroi")
    response = inscrire(
        client,
        champs,
        tribunaux=[*champs["tribunaux"], autre_tribunal.pk],
        etablissement_1_texte="ehpad les oyats",
        etablissement_2_texte="Foyer du Beffroi",
        etablissement_2=choisi.pk,
        etablissement_3_texte="Résidence Inconnue",
        etablissement_4_texte="résidence  inconnue",
        siret="12345678901234",
        raison_sociale="Jamais gardée",
    )
    assert (response.status_code, response["Location"]) == (302, RECUE)

    user = User.objects.get(username="m.dubois")
    assert (user.email, user.first_name, user.last_name) == ("m.dubois@example.org", "Maxime", "Dubois")
    assert check_password("Coquelicot 7", user.password)
    assert (user.is_active, user.is_staff, user.is_superuser) == (False, False, False)
    (adresse,) = user.emailaddress_set.all()
    assert (adresse.email, adresse.verified, adresse.primary) == ("m.dubois@example.org", True, True)

    mandataire = user.membre.mandataire
    assert user.membre.est_admin
    assert (mandataire.type, mandataire.nom, mandataire.prenom, mandataire.siret) == (
        "prepose",
        "Dubois",
        "Maxime",
        "",
    )
    assert (mandataire.adresse, mandataire.code_postal, mandataire.commune_id) == (
        "3 rue de l'Exemple",
        "62100",
        "62193",
    )
    assert (mandataire.telephone, mandataire.email) == ("03 21 00 00 01", "m.dubois@example.org")
    assert (mandataire.valide_at, mandataire.refuse_at) == (None, None)
    assert (mandataire.latitude, mandataire.longitude) == (50.9516, 1.8516)
    assert mandataire.source_total == "mesures"
    assert {a.tribunal_id for a in Agrement.objects.en_vigueur()} == {
        *champs["tribunaux"],
        autre_tribunal.pk,
    }
    exercices = Exercice.objects.order_by("pk").values_list("etablissement", "nom_libre")
    assert list(exercices) == [(oyats.pk, ""), (choisi.pk, ""), (None, "Résidence Inconnue")]
    assert not Mandataire.objects.publies().exists()


def test_un_service_et_un_individuel(client: ClientStrict, champs: dict[str, Any]) -> None:
    inscrire(
        client,
        champs,
        type="service",
        raison_sociale="Association des Oyats",
        siret="123 456 789 00012",
        etablissement_1_texte="Résidence Inconnue",
    )
    service = Mandataire.objects.get()
    assert (service.type, service.nom, service.prenom) == ("service", "Association des Oyats", "")
    assert (service.siret, service.source_total) == ("12345678900012", "declaration")
    inscrire(client, champs, type="individuel", identifiant="autre", email="autre@example.org")
    assert Mandataire.objects.get(type="individuel").nom == "Dubois"
    assert not Exercice.objects.exists()


def test_l_histoire_dit_l_inscription_et_aucun_auteur(client: ClientStrict, champs: dict[str, Any]) -> None:
    inscrire(client, champs)
    mandataire = Mandataire.objects.get()
    for ligne in (mandataire, Agrement.objects.get(), Membre.objects.get()):
        contextes = [evenement.pgh_context.metadata for evenement in ligne.events.all()]
        assert contextes
        assert all(contexte == {"user": None, "acte": "inscription"} for contexte in contextes)


def test_les_champs_en_trop_sont_ignores(client: ClientStrict, champs: dict[str, Any], admin: User) -> None:
    intrus = {
        "is_staff": "on",
        "is_active": "on",
        "is_superuser": "on",
        "est_admin": "",
        "tribunal": "1",
        "mandataire": "1",
        "valide_at": "2026-01-01",
        "valide_by": admin.pk,
        "capacite": "5",
        "source_total": "declaration",
        "latitude": "1",
        "user": admin.pk,
        "password1": "autre mot de passe",
        "role": "admin",
    }
    assert inscrire(client, champs, **intrus).status_code == 302
    user = User.objects.get(username="m.dubois")
    assert (user.is_active, user.is_staff, user.is_superuser) == (False, False, False)
    mandataire = user.membre.mandataire
    assert (mandataire.valide_at, mandataire.valide_by, mandataire.capacite) == (None, None, None)
    assert (mandataire.source_total, user.membre.est_admin) == ("mesures", True)
    assert not hasattr(admin, "membre")


def test_les_textes_sont_gardes_tels_quels(client: ClientStrict, champs: dict[str, Any], admin: User) -> None:
    hostile = 'L\'Haÿ-les-Roses & <b>"x"'
    inscrire(client, champs, nom=hostile, etablissement_1_texte=hostile)
    assert Mandataire.objects.get().nom == hostile
    assert Exercice.objects.get().nom_libre == hostile
    (a_l_admin,) = [c for c in courriels_envoyes() if c.to == [admin.email]]
    assert hostile in a_l_admin.body


def test_un_mot_de_passe_n_est_jamais_rogne(client: ClientStrict, champs: dict[str, Any]) -> None:
    inscrire(client, champs, mot_de_passe="  Coqueli  ")
    password = User.objects.get().password
    assert check_password("  Coqueli  ", password)
    assert not check_password("Coqueli", password)


def test_l_attente_se_dit_a_qui_a_le_bon_mot_de_passe(client: ClientStrict, champs: dict[str, Any]) -> None:
    inscrire(client, champs)
    bon = client.post("/connexion/", {"login": "m.dubois", "password": "Coquelicot 7"}, follow=True)
    assert "attend la validation" in bon.content.decode()
    assert client.get("/compte/").status_code == 302
    faux = client.post("/connexion/", {"login": "m.dubois", "password": "coquelicot 7"}, follow=True)
    assert "attend la validation" not in faux.content.decode()


# --- What is refused ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("valeurs", "champ", "phrase"),
    [
        ({"mot_de_passe": "neuf.cara"}, "mot_de_passe", "Il doit contenir au minimum 10"),
        ({"mot_de_passe": ""}, "mot_de_passe", "Choisissez un mot de passe."),
        ({"mot_de_passe": "m.dubois12"}, "mot_de_passe", "semblable"),
        ({"identifiant": "Camille@maison"}, "identifiant", "« @ »"),
        ({"identifiant": "Camille＠maison"}, "identifiant", "« @ »"),
        ({"identifiant": "  PRISE "}, "identifiant", "Cet identifiant est déjà pris"),
        ({"identifiant": "ab"}, "identifiant", "3 caractères au moins"),
        ({"tribunaux": None}, "tribunaux", "Choisissez au moins un tribunal."),
        ({"tribunaux": ["0"]}, "tribunaux", ""),
        ({"tribunaux": ["abc"]}, "tribunaux", ""),
        ({"type": None}, "type", "Dites si vous êtes"),
        ({"type": "juge"}, "type", ""),
        ({"nom": " "}, "nom", "Indiquez votre nom."),
        ({"prenom": ""}, "prenom", "Indiquez votre prénom."),
        ({"type": "service"}, "raison_sociale", "Indiquez le nom du service."),
        ({"adresse": ""}, "adresse", "Indiquez votre adresse."),
        ({"code_postal": ""}, "code_postal", "Indiquez le code postal."),
        ({"code_postal": "62000"}, "code_postal", "pas celui de cette commune"),
        ({"code_postal": "6210"}, "code_postal", "cinq chiffres"),
        ({"commune": "", "code_postal": "99999"}, "commune", "Aucune réponse"),
        ({"commune": "", "commune_texte": "Zzz"}, "commune", "Aucune réponse"),
        ({"telephone": "bonjour"}, "telephone", "numéro de téléphone"),
        ({"telephone": ""}, "telephone", "Indiquez un numéro"),
        ({"email": "dubois"}, "email", "valide"),
        ({"email": ""}, "email", "Indiquez votre adresse e-mail."),
        ({"type": "individuel", "siret": "123"}, "siret", "quatorze chiffres"),
        ({"type": "individuel", "siret": "12345678900099"}, "siret", "Un mandataire a déjà ce SIRET"),
        ({"etablissement_1_texte": "x" * 201}, "etablissement_1", "200 caractères"),
        ({"nom": "x" * 151}, "nom", "150"),
        ({"identifiant": "a\0b"}, "identifiant", "nul"),
    ],
)
def test_refus(
    client: ClientStrict, champs: dict[str, Any], arras: Commune, valeurs: dict[str, Any], champ: str, phrase: str
) -> None:
    UserFactory(username="Prise")
    MandataireFactory(siret="12345678900099")
    trouvees = erreurs(inscrire(client, champs, **valeurs))
    assert list(trouvees) == [champ]
    assert phrase in trouvees[champ][0]
    assert not User.objects.filter(username="m.dubois").exists()


def test_dix_caracteres_suffisent(client: ClientStrict, champs: dict[str, Any]) -> None:
    assert inscrire(client, champs, mot_de_passe="dix caract").status_code == 302


def test_un_code_postal_que_nulle_commune_n_a_est_garde(client: ClientStrict, champs: dict[str, Any]) -> None:
    """CEDEX: the commune was picked by its name."""
    inscrire(client, champs, code_postal="62107")
    assert Mandataire.objects.get().code_postal == "62107"


def test_le_siret_d_une_demande_refusee_peut_resservir(client: ClientStrict, champs: dict[str, Any]) -> None:
    MandataireFactory(siret="12345678900099", valide_at=None, refuse_at="2026-01-01T00:00Z", refus_motif="non")
    assert inscrire(client, champs, type="individuel", siret="12345678900099").status_code == 302


def test_rien_de_ce_qui_est_saisi_n_est_perdu_sauf_le_mot_de_passe(
    client: ClientStrict, champs: dict[str, Any], tribunal: Tribunal, autre_tribunal: Tribunal
) -> None:
    response = inscrire(client, champs, telephone="", etablissement_3_texte="Résidence Inconnue", siret="12 34")
    page = response.content.decode()
    for texte in (
        'value="m.dubois"',
        'value="Dubois"',
        'value="Maxime"',
        'value="3 rue de l&#x27;Exemple"',
        'value="62100"',
        'value="Calais (62)"',
        'value="M.Dubois@Example.org"',
        'value="Résidence Inconnue"',
        'value="12 34"',
        "il n&#x27;est pas réaffiché",
        '<p class="tribunaux__resume-titre">Tribunaux choisis :</p>',
        "<li>Tribunal de proximité de Calais (ancien TI)</li>",
        '<details class="tribunaux__region" open>',
    ):
        assert texte in page, texte
    assert "Coquelicot" not in page
    assert re.search(r'value="prepose"[^>]*checked', page)
    assert re.search(rf'value="{tribunal.pk}" id="[^"]+" checked', page)
    assert f"<li>{autre_tribunal.nom}</li>" not in page


# --- Whose address it is ------------------------------------------------------------------------------


@pytest.mark.parametrize("actif", [True, False])
def test_une_adresse_prise_a_la_meme_reponse(client: ClientStrict, champs: dict[str, Any], actif: bool) -> None:
    titulaire = UserFactory(username="titulaire", email="m.dubois@example.org", is_active=actif)
    password = titulaire.password
    prise = inscrire(client, champs)
    libre = inscrire(client, champs, identifiant="libre", email="libre@example.org")
    assert (prise.status_code, prise["Location"]) == (libre.status_code, libre["Location"]) == (302, RECUE)
    assert client.get(RECUE).status_code == 200

    titulaire.refresh_from_db()
    assert (titulaire.password, titulaire.is_active) == (password, actif)
    assert not User.objects.filter(username="m.dubois").exists()
    assert Mandataire.objects.count() == Membre.objects.count() == 1, "the free one only"
    (au_titulaire,) = [c for c in courriels_envoyes() if c.to == ["m.dubois@example.org"]]
    assert "rien n'a été créé ni changé" in au_titulaire.body
    assert ("/mot-de-passe/oublie/" in au_titulaire.body) is actif
    assert ("attend sa validation" in au_titulaire.body) is not actif


def test_les_deux_reponses_font_le_meme_travail(client: ClientStrict, champs: dict[str, Any], admin: User) -> None:
    """The time of the answer does not tell: one hash each, and about as many queries."""
    UserFactory(email="prise@example.org")
    inscrire(client, champs, identifiant="premier", email="premier@example.org")
    requetes = []
    for numero, adresse in enumerate(["prise@example.org", "libre@example.org"]):
        with CaptureQueriesContext(connection) as contexte:
            assert inscrire(client, champs, identifiant=f"essai{numero}", email=adresse).status_code == 302
        requetes.append(len(contexte))
    prise, libre = requetes
    assert abs(prise - libre) <= 6, requetes


def test_deux_demandes_croisees(
    client: ClientStrict, champs: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody took the identifiant between the check and the write."""

    def prendre(**kwargs: Any) -> None:
        raise IntegrityError("user_identifiant_unique")

    monkeypatch.setattr("mandataires.inscriptions.accorder_adresse", prendre)
    trouvees = erreurs(inscrire(client, champs))
    assert trouvees == {"__all__": ["Votre demande n'a pas pu être enregistrée : envoyez-la de nouveau."]}
    assert not User.objects.exists()


# --- Throttling and methods ---------------------------------------------------------------------------


def test_trop_de_demandes_d_une_adresse(client: ClientStrict, champs: dict[str, Any]) -> None:
    codes = [inscrire(client, champs, nom="").status_code for _ in range(21)]
    assert codes == [200] * 20 + [429]
    assert client.get(URL).status_code == 200, "the page can be read"
    ailleurs = client.post(URL, champs, REMOTE_ADDR="192.0.2.7")
    assert ailleurs.status_code == 302


def test_un_titulaire_n_est_pas_inonde(client: ClientStrict, champs: dict[str, Any]) -> None:
    UserFactory(email="m.dubois@example.org")
    codes = [inscrire(client, champs).status_code for _ in range(6)]
    assert codes == [302] * 5 + [429]
    assert len(courriels_envoyes()) == 5


@pytest.mark.parametrize(("url", "methode"), [(URL, "put"), (URL, "delete"), (RECUE, "post")])
def test_une_autre_methode_est_refusee(client: ClientStrict, url: str, methode: str) -> None:
    assert getattr(client, methode)(url).status_code == 405


# --- Mails --------------------------------------------------------------------------------------------


def test_les_deux_cotes_sont_prevenus(client: ClientStrict, champs: dict[str, Any], admin: User) -> None:
    UserFactory(username="admin2", email="", admin=True)
    UserFactory(username="ancien_admin", is_active=False, admin=True)
    inscrire(client, champs)
    courriels = {courriel.to[0]: courriel for courriel in courriels_envoyes()}
    assert set(courriels) == {"m.dubois@example.org", admin.email}
    personne = courriels["m.dubois@example.org"].body
    assert "Un administrateur va l'examiner" in personne
    for saisi in ("Dubois", "m.dubois", "Coquelicot"):
        assert saisi not in personne, "nothing typed: the address may be somebody else's"
    a_l_admin = courriels[admin.email].body
    page = reverse("admin:mandataires_mandataire_change", args=[Mandataire.objects.get().pk])
    assert f"\n{settings.BASE_URL}{page}\n" in a_l_admin
    assert "Maxime Dubois, mandataire de type préposé" in a_l_admin
    assert "Coquelicot" not in a_l_admin
    assert settings.PRODUCT_NAME in courriels[admin.email].subject


def test_la_page_du_resultat_dit_l_attente(client: ClientStrict) -> None:
    page = client.get(RECUE).content.decode()
    for texte in ("Votre demande est reçue", "Un administrateur examine", "90&nbsp;jours"):
        assert texte in page
