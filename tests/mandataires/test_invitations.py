"""An invitation to a service: to one address, once, for seven days; it tells not who is known (S3, S6, S10)."""

from __future__ import annotations

import re
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Courriel, User
from mandataires.invitations import InvitationPerimee, accepter_invitation, inviter_membre
from mandataires.membres import retirer_membre
from mandataires.models import Invitation, Mandataire, Membre
from mandataires.purge import purger_invitations
from tests.accounts.taches import courriels_envoyes, executer_taches
from tests.factories import MandataireFactory, MembreFactory, UserFactory
from tests.mesures.test_concurrence import ensemble
from tests.strict import ClientStrict

pytestmark = pytest.mark.django_db

INVITER = "/informations/utilisateurs/inviter/"
ADRESSE = "nouvelle@example.org"
CHAMPS = {"identifiant": "nouvelle", "prenom": "Sacha", "nom": "Fictif", "mot_de_passe": "Coquelicot 7"}
PERIMEE = "Ce lien n'est plus valable"


@pytest.fixture(autouse=True)
def _compteurs_a_zero() -> None:
    cache.clear()


@pytest.fixture
def mandataire(service: User) -> Mandataire:
    return service.membre.mandataire


@pytest.fixture
def client_admin(service: User) -> ClientStrict:
    client = ClientStrict()
    client.force_login(service)
    return client


@pytest.fixture
def lien(client_admin: ClientStrict) -> str:
    """The path that the mail to `ADRESSE` holds."""
    return inviter(client_admin)


def inviter(client_admin: ClientStrict, adresse: str = ADRESSE) -> str:
    client_admin.post(INVITER, {"email": adresse})
    courriel = courriels_envoyes()[-1]
    assert courriel.to == [adresse.lower()]
    return chemin(courriel.body)


def chemin(corps: str) -> str:
    trouve = re.search(rf"\n{settings.BASE_URL}(/invitation/[^/\s]+/)\n", corps)
    assert trouve, corps
    return trouve[1]


def secret(lien: str) -> str:
    return lien.split("/")[2]


def texte(response: HttpResponse) -> str:
    return response.content.decode().replace("&#x27;", "'").replace("&nbsp;", " ")


def erreurs(response: HttpResponse) -> dict[str, list[str]]:
    assert response.status_code == 200
    return dict(response.context["form"].errors)


# --- To invite ---------------------------------------------------------------------------------------


def test_inviter(client_admin: ClientStrict, service: User, mandataire: Mandataire) -> None:
    page = texte(client_admin.post(INVITER, {"email": "Nouvelle@Example.org"}, follow=True))
    assert f"Invitation envoyée à {ADRESSE}" in page
    assert ADRESSE in page.split("Invitations en attente")[1]
    (courriel,) = courriels_envoyes()
    assert courriel.to == [ADRESSE]
    for attendu in (str(service), str(mandataire), "7 jours"):
        assert attendu in courriel.body, attendu
    invitation = Invitation.objects.get()
    assert (invitation.mandataire, invitation.email, invitation.by) == (mandataire, ADRESSE, service)
    assert timedelta(days=6, hours=23) < invitation.expire_at - timezone.now() <= timedelta(days=7)
    cle = secret(chemin(courriel.body))
    assert len(cle) >= 43  # 32 bytes
    assert invitation.empreinte == sha256(cle.encode()).hexdigest()
    (evenement,) = invitation.events.all()
    assert evenement.pgh_context.metadata == {"user": service.pk}


def test_le_secret_n_est_ecrit_nulle_part(client_admin: ClientStrict, caplog: pytest.LogCaptureFixture) -> None:
    cle = secret(inviter(client_admin))
    assert not Courriel.objects.exists()  # once sent
    ClientStrict().get(f"/invitation/{cle}/")
    assert cle not in caplog.text
    assert cle not in "".join(str(ligne) for ligne in Invitation.objects.values())
    historique = apps.get_model("mandataires", "InvitationHistorique")
    assert "empreinte" not in {champ.name for champ in historique._meta.get_fields()}


@pytest.mark.parametrize(
    ("adresse", "phrase"),
    [
        ("", "Indiquez une adresse e-mail."),
        ("pas une adresse", "valide"),
        ("a@example.org\nBcc: b@example.org", "valide"),
        ("SERVICE@example.org", "déjà utilisateur de votre service"),
    ],
)
def test_adresse_refusee(client_admin: ClientStrict, adresse: str, phrase: str) -> None:
    response = client_admin.post(INVITER, {"email": adresse})
    assert phrase in " ".join(erreurs(response)["email"])
    assert response.context["form"]["email"].value() == adresse
    assert not Invitation.objects.exists()
    assert courriels_envoyes() == []


def test_deja_invitee(client_admin: ClientStrict, lien: str) -> None:
    assert "déjà invitée" in erreurs(client_admin.post(INVITER, {"email": ADRESSE.upper()}))["email"][0]
    assert len(courriels_envoyes()) == 1


def test_deux_services_invitent_la_meme_personne(client_admin: ClientStrict, lien: str) -> None:
    autre = ClientStrict()
    autre.force_login(MembreFactory(mandataire=MandataireFactory(service=True)).user)
    autre_lien = inviter(autre)
    assert ClientStrict().post(lien, CHAMPS).status_code == 302
    assert PERIMEE in texte(ClientStrict().post(autre_lien, {**CHAMPS, "identifiant": "bis"}))


def test_une_invitation_expiree_se_refait(client_admin: ClientStrict, lien: str) -> None:
    Invitation.objects.update(expire_at=timezone.now())
    nouveau = inviter(client_admin)
    assert nouveau != lien
    assert Invitation.objects.filter(annulee_at=None).count() == 1
    assert PERIMEE not in texte(ClientStrict().get(nouveau))


def test_renvoyer_tue_le_lien_d_avant(client_admin: ClientStrict, lien: str) -> None:
    Invitation.objects.update(expire_at=timezone.now())
    response = client_admin.post(reverse("invitation_renvoyer", args=[Invitation.objects.get().pk]), follow=True)
    assert f"Invitation renvoyée à {ADRESSE}" in texte(response)
    nouveau = chemin(courriels_envoyes()[-1].body)
    assert PERIMEE in texte(ClientStrict().get(lien))
    assert PERIMEE not in texte(ClientStrict().get(nouveau))


def test_annuler(client_admin: ClientStrict, lien: str) -> None:
    invitation = Invitation.objects.get()
    for nom in ("invitation_annuler", "invitation_annuler", "invitation_renvoyer"):
        response = client_admin.post(reverse(nom, args=[invitation.pk]), follow=True)
    assert "déjà été acceptée ou annulée" in texte(response)
    assert "Invitations en attente" not in texte(response)
    assert Invitation.objects.count() == 1
    assert PERIMEE in texte(ClientStrict().post(lien, CHAMPS))
    assert not User.objects.filter(email=ADRESSE).exists()


def test_trop_de_courriels_a_une_adresse(client_admin: ClientStrict, lien: str) -> None:
    statuts = [
        client_admin.post(reverse("invitation_renvoyer", args=[Invitation.objects.latest("pk").pk])).status_code
        for _ in range(6)
    ]
    assert statuts == [302] * 4 + [429] * 2


# --- What it tells (S6) ------------------------------------------------------------------------------


def _connu(sorte: str, mandataire: Mandataire) -> None:
    """The address is an account's, in each way that there is."""
    if sorte == "ailleurs":
        MembreFactory(user__username="c", user__email=ADRESSE)
    elif sorte == "en_attente":
        MembreFactory(user__username="c", user__email=ADRESSE, user__is_active=False)
    elif sorte == "admin":
        UserFactory(username="c", email=ADRESSE, admin=True)
    elif sorte == "ferme_par_un_admin":
        UserFactory(username="c", email=ADRESSE, is_active=False)
    elif sorte in ("ancien", "ferme_puis_retire"):
        membre = MembreFactory(user__username="c", user__email=ADRESSE, mandataire=mandataire, est_admin=False)
        if sorte == "ferme_puis_retire":  # by the site's team, then by the service
            User.objects.filter(pk=membre.user_id).update(is_active=False)
        retirer_membre(membre=membre, author=mandataire.membres.get(est_admin=True).user)
        executer_taches()


def _reponses(client_admin: ClientStrict) -> tuple[list[str], int]:
    """Every page that the inviter reads, without what differs from one row to the next, and the queries."""
    with CaptureQueriesContext(connection) as requetes:
        envoi = client_admin.post(INVITER, {"email": ADRESSE})
    pages = [client_admin.get("/informations/utilisateurs/")]
    pages.append(client_admin.post(INVITER, {"email": ADRESSE}))
    pages.append(client_admin.post(reverse("invitation_renvoyer", args=[Invitation.objects.latest("pk").pk])))
    pages.append(client_admin.get("/informations/utilisateurs/"))
    propres = [re.sub(r'(nonce|value)="[^"]*"|invitations/\d+', "", page.content.decode()) for page in pages]
    return [f"{envoi.status_code} {envoi['Location']}", *propres], len(requetes)


@pytest.mark.parametrize(
    "sorte", ["ailleurs", "en_attente", "admin", "ferme_par_un_admin", "ferme_puis_retire", "ancien"]
)
def test_la_reponse_ne_dit_pas_qui_est_connu(
    client_admin: ClientStrict, mandataire: Mandataire, sorte: str
) -> None:
    pages, requetes = _reponses(client_admin)
    Invitation.objects.all().update(annulee_at=timezone.now())
    executer_taches()
    cache.clear()
    _connu(sorte, mandataire)
    pages_connu, requetes_connu = _reponses(client_admin)
    assert "Invitation envoyée" in pages[1]
    assert pages_connu == pages
    assert abs(requetes_connu - requetes) <= 3  # what its bindings are


@pytest.mark.parametrize("sorte", ["ailleurs", "en_attente", "admin", "ferme_par_un_admin", "ferme_puis_retire"])
def test_qui_a_un_compte_en_est_averti_sans_lien(
    client_admin: ClientStrict, mandataire: Mandataire, sorte: str
) -> None:
    _connu(sorte, mandataire)
    avant = len(courriels_envoyes())
    client_admin.post(INVITER, {"email": ADRESSE})
    (courriel,) = courriels_envoyes()[avant:]
    assert courriel.to == [ADRESSE]
    assert "déjà celle d'un compte" in courriel.body
    assert str(mandataire) in courriel.body
    assert "http" not in courriel.body


# --- The link ----------------------------------------------------------------------------------------


def test_lire_la_page_ne_change_rien(client: ClientStrict, lien: str, mandataire: Mandataire) -> None:
    for _ in range(3):
        response = client.get(lien)
        page = texte(response)
        assert response.status_code == 200
        assert f"Rejoindre {mandataire}" in page
        assert ADRESSE in page
        assert 'name="email"' not in page
    assert response["Cache-Control"] == "private, no-store"
    assert response["Referrer-Policy"] == "same-origin"
    assert client.head(lien).status_code == 200
    assert Invitation.objects.ouvertes().exists()
    assert not User.objects.filter(email=ADRESSE).exists()


def test_accepter(client: ClientStrict, lien: str, service: User, mandataire: Mandataire) -> None:
    intrus = {
        "email": "pirate@example.org",
        "is_staff": "on",
        "is_superuser": "on",
        "is_active": "",
        "est_admin": "on",
        "mandataire": MandataireFactory(service=True).pk,
        "user": service.pk,
        "tribunal": "1",
    }
    response = client.post(lien, {**CHAMPS, **intrus}, follow=True)
    assert response.redirect_chain == [("/connexion/", 302)]
    assert "Votre compte est prêt : connectez-vous." in texte(response)
    assert "_auth_user_id" not in client.session

    user = User.objects.get(username="nouvelle")
    assert (user.email, user.first_name, user.last_name) == (ADRESSE, "Sacha", "Fictif")
    assert (user.is_active, user.is_staff, user.is_superuser) == (True, False, False)
    assert check_password("Coquelicot 7", user.password)
    assert (user.membre.mandataire, user.membre.est_admin) == (mandataire, False)
    (adresse,) = user.emailaddress_set.all()
    assert (adresse.email, adresse.verified, adresse.primary) == (ADRESSE, True, True)
    invitation = Invitation.objects.get()
    assert invitation.acceptee_by == user
    assert timezone.now() - invitation.acceptee_at < timedelta(minutes=1)
    # The guest is the author of their coming.
    for evenement in (user.membre.events.get(), invitation.events.latest("pgh_id")):
        assert evenement.pgh_context.metadata == {"user": user.pk, "acte": "invitation"}
    courriel = courriels_envoyes()[-1]
    assert (courriel.to, "Sacha Fictif a rejoint" in courriel.subject) == ([service.email], True)

    client.post("/connexion/", {"login": "nouvelle", "password": "Coquelicot 7"})
    assert "Sacha Fictif" in texte(client.get("/informations/utilisateurs/"))


@pytest.mark.parametrize("methode", ["get", "post"])
@pytest.mark.parametrize("cause", ["servi", "expire", "annule", "inconnu", "adresse_prise", "service_refuse"])
def test_un_lien_mort(client: ClientStrict, lien: str, mandataire: Mandataire, cause: str, methode: str) -> None:
    if cause == "servi":
        client.post(lien, CHAMPS)
    elif cause == "expire":
        Invitation.objects.update(expire_at=timezone.now())
    elif cause == "annule":
        Invitation.objects.update(annulee_at=timezone.now())
    elif cause == "inconnu":
        lien = f"/invitation/{'a' * 43}/"
    elif cause == "adresse_prise":
        UserFactory(username="autre", email=ADRESSE)
    else:
        Mandataire.objects.update(valide_at=None)
    comptes = User.objects.count()
    response = getattr(client, methode)(lien, {**CHAMPS, "identifiant": "encore"})
    page = texte(response)
    assert response.status_code == 200
    assert PERIMEE in page
    assert "demandez une nouvelle invitation" in page
    assert ADRESSE not in page
    assert (User.objects.count(), Membre.objects.filter(mandataire=mandataire).count()) == (
        comptes,
        2 if cause == "servi" else 1,
    )


@pytest.mark.parametrize(
    ("valeurs", "champ", "phrase"),
    [
        ({"identifiant": ""}, "identifiant", "Choisissez un identifiant."),
        ({"identifiant": "Service"}, "identifiant", "déjà pris"),
        ({"identifiant": "a@b"}, "identifiant", "« @ »"),
        ({"identifiant": "ab"}, "identifiant", "3 caractères au moins"),
        ({"prenom": " "}, "prenom", "Indiquez votre prénom."),
        ({"nom": ""}, "nom", "Indiquez votre nom."),
        ({"mot_de_passe": ""}, "mot_de_passe", "Choisissez un mot de passe."),
        ({"mot_de_passe": "neuf.cara"}, "mot_de_passe", "minimum 10"),
        ({"mot_de_passe": "nouvelle12"}, "mot_de_passe", "semblable"),
        ({"mot_de_passe": "password123"}, "mot_de_passe", "trop courant"),
    ],
)
def test_saisie_refusee_et_gardee(
    client: ClientStrict, lien: str, valeurs: dict[str, str], champ: str, phrase: str
) -> None:
    response = client.post(lien, {**CHAMPS, **valeurs})
    trouvees = erreurs(response)
    assert set(trouvees) == {champ}
    assert phrase in trouvees[champ][0]
    page = texte(response)
    assert "Sacha" in page or champ == "prenom"
    assert CHAMPS["mot_de_passe"] not in page
    assert ("Par sécurité, il n'est pas réaffiché" in page) == (champ != "mot_de_passe")
    assert not User.objects.filter(email=ADRESSE).exists()
    assert client.post(lien, CHAMPS).status_code == 302  # the link still serves


def test_un_mot_de_passe_n_est_jamais_rogne(client: ClientStrict, lien: str) -> None:
    client.post(lien, {**CHAMPS, "mot_de_passe": "  Coqueli  "})
    assert check_password("  Coqueli  ", User.objects.get(email=ADRESSE).password)


@pytest.mark.parametrize("methode", ["get", "post"])
def test_qui_est_connecte_se_deconnecte_d_abord(
    client: ClientStrict, lien: str, prepose: User, methode: str
) -> None:
    client.force_login(prepose)
    page = texte(getattr(client, methode)(lien, CHAMPS))
    assert "Déconnectez-vous d'abord" in page
    assert str(prepose) in page
    assert not User.objects.filter(email=ADRESSE).exists()
    response = client.post("/deconnexion/", {"next": lien})
    assert response["Location"] == lien
    assert client.post(lien, CHAMPS).status_code == 302
    assert User.objects.filter(email=ADRESSE).exists()


def test_autre_methode(client: ClientStrict, lien: str) -> None:
    assert client.delete(lien).status_code == 405


def test_trop_de_tentatives(client: ClientStrict) -> None:
    statuts = [client.post(f"/invitation/faux{n}/", CHAMPS).status_code for n in range(22)]
    assert (statuts[0], statuts[-1]) == (200, 429)


# --- A former member ---------------------------------------------------------------------------------


@pytest.fixture
def ancien(mandataire: Mandataire, service: User) -> User:
    _connu("ancien", mandataire)
    return User.objects.get(email=ADRESSE)


def test_un_ancien_retrouve_son_compte(
    client: ClientStrict, client_admin: ClientStrict, ancien: User, mandataire: Mandataire
) -> None:
    EmailAddress.objects.create(user=ancien, email="voulue@example.org")
    lien = inviter(client_admin)
    page = texte(client.get(lien))
    assert "il sera rouvert" in page
    assert "Identifiant : <strong>c</strong>" in page
    assert 'name="identifiant"' not in page
    assert not User.objects.get(pk=ancien.pk).is_active

    assert set(erreurs(client.post(lien, {"mot_de_passe": "court"}))) == {"mot_de_passe"}
    assert client.post(lien, {**CHAMPS, "email": "pirate@example.org"}).status_code == 302
    rouvert = User.objects.get(pk=ancien.pk)
    assert (rouvert.username, rouvert.first_name, rouvert.email) == ("c", ancien.first_name, ADRESSE)
    assert (rouvert.is_active, check_password("Coquelicot 7", rouvert.password)) == (True, True)
    assert (rouvert.membre.mandataire, rouvert.membre.est_admin) == (mandataire, False)
    assert list(rouvert.emailaddress_set.values_list("email", "verified", "primary")) == [(ADRESSE, True, True)]
    assert PERIMEE in texte(client.post(lien, {"mot_de_passe": "Coquelicot 8"}))


def test_un_ancien_peut_aller_dans_un_autre_service(client: ClientStrict, ancien: User) -> None:
    autre = MembreFactory(mandataire=MandataireFactory(service=True))
    client_autre = ClientStrict()
    client_autre.force_login(autre.user)
    assert client.post(inviter(client_autre), CHAMPS).status_code == 302
    assert User.objects.get(pk=ancien.pk).membre.mandataire == autre.mandataire


def test_un_ancien_rouvert_ailleurs_entre_temps(
    client: ClientStrict, client_admin: ClientStrict, ancien: User
) -> None:
    lien = inviter(client_admin)
    MembreFactory(user=ancien)
    User.objects.filter(pk=ancien.pk).update(is_active=True)
    assert PERIMEE in texte(client.post(lien, CHAMPS))
    assert not check_password("Coquelicot 7", User.objects.get(pk=ancien.pk).password)


# --- At the same moment ------------------------------------------------------------------------------


def _invitation(mandataire: Mandataire, cle: str, email: str = ADRESSE) -> None:
    Invitation.objects.create(
        mandataire=mandataire,
        email=email,
        empreinte=sha256(cle.encode()).hexdigest(),
        expire_at=timezone.now() + timedelta(days=1),
    )


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("essai", range(3))
def test_un_lien_n_ouvre_qu_un_compte(service: User, essai: int) -> None:
    _invitation(service.membre.mandataire, "cle")

    def accepter(n: int) -> Any:
        user = User(username=f"invite{n}", first_name="S", last_name="F", email=ADRESSE)
        return lambda: accepter_invitation(secret="cle", user=user, mot_de_passe="Coquelicot 7")

    issues = ensemble(accepter(1), accepter(2), accepter(3))
    assert sum(isinstance(issue, User) for issue in issues) == 1, issues
    assert sum(isinstance(issue, InvitationPerimee) for issue in issues) == 2, issues
    assert User.objects.filter(email=ADRESSE).count() == 1
    assert service.membre.mandataire.membres.count() == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("essai", range(3))
def test_un_ancien_n_est_repris_que_par_un_service(service: User, ancien: User, essai: int) -> None:
    autre = MembreFactory(mandataire=MandataireFactory(service=True)).mandataire
    _invitation(service.membre.mandataire, "ici")
    _invitation(autre, "la")

    def accepter(cle: str) -> Any:
        user = User.objects.get(pk=ancien.pk)
        return lambda: accepter_invitation(secret=cle, user=user, mot_de_passe=f"Coquelicot {cle}")

    issues = ensemble(accepter("ici"), accepter("la"))
    assert sum(isinstance(issue, User) for issue in issues) == 1, issues
    assert sum(isinstance(issue, InvitationPerimee | ValidationError) for issue in issues) == 1, issues
    membre = Membre.objects.get(user=ancien)
    gagnante = "ici" if membre.mandataire == service.membre.mandataire else "la"
    assert check_password(f"Coquelicot {gagnante}", User.objects.get(pk=ancien.pk).password)
    assert Invitation.objects.exclude(acceptee_at=None).get().mandataire == membre.mandataire


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("essai", range(3))
def test_une_adresse_n_est_invitee_qu_une_fois(service: User, essai: int) -> None:
    def envoyer() -> object:
        return inviter_membre(
            mandataire=Mandataire.objects.get(pk=service.membre.mandataire_id),
            email=ADRESSE,
            author=User.objects.get(pk=service.pk),
        )

    issues = ensemble(envoyer, envoyer)
    assert sum(isinstance(issue, ValidationError) for issue in issues) == 1, issues
    assert Invitation.objects.count() == 1


# --- Purge -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fin", ["acceptee_at", "annulee_at", "expire_at"])
def test_purge_apres_90_jours(mandataire: Mandataire, fin: str) -> None:
    lointain = timezone.now() - timedelta(days=200)
    for nom, jours in (("vieille", 91), ("recente", 89)):
        _invitation(mandataire, nom, email=f"{nom}@example.org")
        valeurs = {"expire_at": lointain, fin: timezone.now() - timedelta(days=jours)}
        Invitation.objects.filter(email=f"{nom}@example.org").update(**valeurs)
    _invitation(mandataire, "ouverte", email="ouverte@example.org")
    purger_invitations(0)
    purger_invitations(0)
    restent = {"recente@example.org", "ouverte@example.org"}
    assert set(Invitation.objects.values_list("email", flat=True)) == restent
    historique = apps.get_model("mandataires", "InvitationHistorique")
    assert set(historique.objects.values_list("email", flat=True)) == restent
