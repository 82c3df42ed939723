"""The users of a service: who manages them, and the administrator that always remains (S2, S3, S11, S13)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.core.cache import cache
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone

from accounts.courriels import envoyer_courriel
from accounts.models import User
from accounts.refus import Refus
from mandataires.inscriptions import creer_service
from mandataires.membres import confier_administration, quitter_service, retirer_administration, retirer_membre
from mandataires.models import Charge, Invitation, Mandataire, Membre
from tests.accounts.taches import courriels_envoyes, executer_taches
from tests.factories import CommuneFactory, MandataireFactory, MembreFactory, MesureFactory
from tests.mesures.test_concurrence import ensemble
from tests.strict import ClientStrict, nombre_de_requetes

pytestmark = pytest.mark.django_db

LISTE = "/informations/utilisateurs/"


@pytest.fixture(autouse=True)
def _compteurs_a_zero() -> None:
    cache.clear()


@pytest.fixture
def collegue(service: User) -> User:
    """A member of the service who does not administer it."""
    return _collegue(service, "collegue")


@pytest.fixture
def client_admin(client: ClientStrict, service: User) -> ClientStrict:
    client.force_login(service)
    return client


def _collegue(service: User, identifiant: str, **valeurs: Any) -> User:
    valeurs = {"est_admin": False, **valeurs}
    membre = MembreFactory(mandataire=service.membre.mandataire, user__username=identifiant, **valeurs)
    return User.objects.get(pk=membre.user_id)


def url(nom: str, user: User) -> str:
    return reverse(nom, args=[user.membre.pk])


def texte(response: HttpResponse) -> str:
    return response.content.decode().replace("&#x27;", "'").replace("&nbsp;", " ")


def etat(user: User) -> tuple[bool, bool, bool]:
    """Whether the user is a member, an administrator, and may log in."""
    membre = Membre.objects.filter(user=user).first()
    return membre is not None, bool(membre and membre.est_admin), User.objects.get(pk=user.pk).is_active


# --- The list ----------------------------------------------------------------------------------------


def test_la_liste_de_l_administrateur(client_admin: ClientStrict, service: User, collegue: User) -> None:
    invitation = Invitation.objects.create(
        mandataire=service.membre.mandataire, email="dehors@example.org", empreinte="e", by=service,
        expire_at=timezone.now() - timedelta(days=1),
    )  # fmt: skip
    MembreFactory(mandataire=MandataireFactory(service=True), user__username="ailleurs")
    page = texte(client_admin.get(LISTE))
    for attendu in (
        "collegue@example.org",
        "administre le compte",
        "(vous)",
        "dehors@example.org",
        "expirée",
        url("membre_retirer", collegue),
        url("administration_confier", collegue),
        reverse("invitation_renvoyer", args=[invitation.pk]),
        reverse("invitation_annuler", args=[invitation.pk]),
        reverse("membre_inviter"),
        reverse("service_quitter"),
    ):
        assert attendu in page, attendu
    assert page.count("depuis le") == 3  # two members, and the invitation past its term
    assert "ailleurs" not in page


def test_la_liste_sans_bouton_de_qui_n_administre_pas(client: ClientStrict, service: User, collegue: User) -> None:
    client.force_login(collegue)
    page = texte(client.get(LISTE))
    assert service.email in page
    for absent in ("/retirer/", "/confier/", "/inviter/", "/renvoyer/", "/annuler/"):
        assert absent not in page, absent
    assert reverse("service_quitter") in page


def test_le_lien_n_est_que_pour_un_service(client: ClientStrict, service: User, prepose: User) -> None:
    client.force_login(service)
    assert LISTE in texte(client.get("/informations/"))
    client.force_login(prepose)
    assert LISTE not in texte(client.get("/informations/"))
    refus = client.get(LISTE)
    assert refus.status_code == 403
    assert "réservée aux services" in texte(refus)


def test_requetes_en_nombre_fixe(client_admin: ClientStrict, service: User) -> None:
    mandataire = service.membre.mandataire

    def inviter(n: int) -> None:
        Invitation.objects.create(
            mandataire=mandataire,
            email=f"p{n}@example.org",
            empreinte=str(n),
            by=service,
            expire_at=timezone.now(),
        )

    inviter(0)
    avec_un = nombre_de_requetes(client_admin, LISTE)
    MembreFactory.create_batch(50, mandataire=mandataire)
    for n in range(1, 50):
        inviter(n)
    assert nombre_de_requetes(client_admin, LISTE) == avec_un


def test_le_seul_administrateur_n_a_pas_de_quoi_cesser(client_admin: ClientStrict, service: User) -> None:
    assert "Ne plus administrer" not in texte(client_admin.get(LISTE))
    _collegue(service, "autre", est_admin=True)
    assert "Ne plus administrer" in texte(client_admin.get(LISTE))


# --- Rights ------------------------------------------------------------------------------------------

GESTES = ("membre_retirer", "administration_confier", "administration_retirer")


@pytest.mark.parametrize("nom", GESTES)
def test_un_simple_membre_ne_gere_personne(client: ClientStrict, service: User, collegue: User, nom: str) -> None:
    client.force_login(collegue)
    refus = client.post(url(nom, service))
    assert refus.status_code == 403
    assert "Seuls les administrateurs du service" in texte(refus)
    assert etat(service) == (True, True, True)


def test_ni_invitation_d_un_simple_membre(client: ClientStrict, service: User, collegue: User) -> None:
    invitation = Invitation.objects.create(
        mandataire=service.membre.mandataire, email="a@example.org", empreinte="e", expire_at=timezone.now()
    )
    client.force_login(collegue)
    for adresse in (
        reverse("membre_inviter"),
        reverse("invitation_renvoyer", args=[invitation.pk]),
        reverse("invitation_annuler", args=[invitation.pk]),
    ):
        assert client.post(adresse, {"email": "b@example.org"}).status_code == 403
    assert client.get(reverse("membre_inviter")).status_code == 403
    assert Invitation.objects.get() == invitation
    assert Invitation.objects.get().annulee_at is None


def test_les_gens_d_un_autre_service_sont_introuvables(client_admin: ClientStrict) -> None:
    autre = MembreFactory(mandataire=MandataireFactory(service=True))
    invitation = Invitation.objects.create(
        mandataire=autre.mandataire, email="a@example.org", empreinte="e", expire_at=timezone.now()
    )
    for nom in GESTES:
        assert client_admin.post(reverse(nom, args=[autre.pk])).status_code == 404, nom
    assert client_admin.get(reverse("membre_retirer", args=[autre.pk])).status_code == 404
    for nom in ("invitation_renvoyer", "invitation_annuler"):
        assert client_admin.post(reverse(nom, args=[invitation.pk])).status_code == 404, nom
    assert etat(autre.user) == (True, True, True)


def test_le_role_repris_depuis_ne_vaut_plus(service: User, collegue: User) -> None:
    """The user in hand says that they administer; the database says otherwise."""
    confier_administration(membre=collegue.membre, author=service)
    collegue = User.objects.get(pk=collegue.pk)
    assert collegue.membre.est_admin
    Membre.objects.filter(user=collegue).update(est_admin=False)
    with pytest.raises(Refus):
        retirer_membre(membre=service.membre, author=collegue)


# --- Acts --------------------------------------------------------------------------------------------


def test_retirer_un_membre(client_admin: ClientStrict, service: User, collegue: User) -> None:
    sa_session = ClientStrict()
    sa_session.force_login(collegue)
    sa_session.get("/compte/")
    mesure = MesureFactory(mandataire=service.membre.mandataire)
    sa_session.post(
        reverse("mesure_eteindre", args=[mesure.pk]),
        {"version": "0", "date_extinction": "31/01/2024", "motif_extinction": ""},
    )
    mise_a_jour = Charge.objects.get(pk=mesure.mandataire_id).mise_a_jour_at
    adresse = url("membre_retirer", collegue)
    membre_pk = collegue.membre.pk

    confirmer = texte(client_admin.get(adresse))
    assert f"Retirer {collegue} du service ?" in confirmer
    assert etat(collegue) == (True, False, True)

    page = texte(client_admin.post(adresse, follow=True))
    assert f"{collegue} n'est plus utilisateur du service" in page
    assert "collegue@example.org" not in page
    assert etat(collegue) == (False, False, False)
    assert sa_session.get("/compte/")["Location"].startswith("/connexion/")
    (courriel,) = courriels_envoyes()
    assert courriel.to == ["collegue@example.org"]
    assert str(service.membre.mandataire) in courriel.body
    depart = apps.get_model("mandataires", "MembreHistorique").objects.get(
        pgh_obj_id=membre_pk, pgh_label="delete"
    )
    assert depart.pgh_context.metadata["user"] == service.pk
    # What they did keeps their name; judges' « Dernière mise à jour » says nothing of users.
    assert str(collegue) in texte(client_admin.get(reverse("mesure_historique", args=[mesure.pk])))
    assert Charge.objects.get(pk=mesure.mandataire_id).mise_a_jour_at == mise_a_jour
    assert client_admin.post(adresse).status_code == 404


def test_se_retirer_soi_meme_c_est_quitter(client_admin: ClientStrict, service: User, collegue: User) -> None:
    confier_administration(membre=collegue.membre, author=service)
    response = client_admin.post(url("membre_retirer", service))
    assert response["Location"] == reverse("service_quitter")
    assert etat(service) == (True, True, True)


def test_confier_puis_retirer_l_administration(client_admin: ClientStrict, service: User, collegue: User) -> None:
    page = texte(client_admin.post(url("administration_confier", collegue), {"user": service.pk}, follow=True))
    assert f"{collegue} administre maintenant" in page
    assert f'action="{url("administration_retirer", collegue)}"' in page  # « Rétablir »
    assert etat(collegue) == (True, True, True)
    evenement = collegue.membre.events.order_by("-pgh_id").first()
    assert (evenement.pgh_label, evenement.pgh_context.metadata) == ("update", {"user": service.pk})

    page = texte(client_admin.post(url("administration_retirer", collegue), follow=True))
    assert f"{collegue} n'administre plus" in page
    assert etat(collegue) == (True, False, True)


def test_un_compte_ferme_n_administre_pas(client_admin: ClientStrict, service: User) -> None:
    ferme = _collegue(service, "ferme", user__is_active=False)
    page = texte(client_admin.get(LISTE))
    assert "compte fermé" in page
    assert url("administration_confier", ferme) not in page
    page = texte(client_admin.post(url("administration_confier", ferme), follow=True))
    assert "son compte est fermé" in page
    assert etat(ferme) == (True, False, False)


def test_quitter_le_service(client: ClientStrict, service: User, collegue: User) -> None:
    client.force_login(collegue)
    adresse = reverse("service_quitter")
    assert "Votre compte sera fermé" in texte(client.get(adresse))
    assert etat(collegue) == (True, False, True)
    page = texte(client.post(adresse, follow=True))
    assert "Vous avez quitté" in page
    assert etat(collegue) == (False, False, False)
    assert client.get("/compte/").status_code == 302
    (courriel,) = courriels_envoyes()
    assert courriel.to == [service.email]
    assert f"{collegue} a quitté" in courriel.subject
    assert f"{settings.BASE_URL}{LISTE}\n" in courriel.body


@pytest.mark.parametrize("geste", ["quitter", "role", "retirer"])
def test_qui_n_administre_plus_n_invite_plus(service: User, geste: str) -> None:
    autre = _collegue(service, "autre", est_admin=True)

    def inviter(par: User) -> Invitation:
        return Invitation.objects.create(
            mandataire=service.membre.mandataire, email=f"{par.username}@a.example.org", empreinte=par.username,
            by=par, expire_at=timezone.now() + timedelta(days=1),
        )  # fmt: skip

    sienne, de_l_autre = inviter(service), inviter(autre)
    if geste == "quitter":
        quitter_service(author=service)
    elif geste == "role":
        retirer_administration(membre=service.membre, author=autre)
    else:
        retirer_membre(membre=service.membre, author=autre)
    sienne.refresh_from_db()
    assert sienne.annulee_at is not None
    assert list(Invitation.objects.ouvertes()) == [de_l_autre]


# --- The last administrator --------------------------------------------------------------------------


@pytest.mark.parametrize("autre", ["aucun", "simple", "ferme"])
@pytest.mark.parametrize("nom", ["service_quitter", "administration_retirer"])
def test_le_dernier_administrateur_reste(client_admin: ClientStrict, service: User, nom: str, autre: str) -> None:
    """Another administrator whose account is closed does not count, nor one of another service."""
    if autre == "simple":
        _collegue(service, "simple")
    if autre == "ferme":
        _collegue(service, "ferme", est_admin=True, user__is_active=False)
    MembreFactory(mandataire=MandataireFactory(service=True))
    adresse = reverse(nom, args=[service.membre.pk] if nom == "administration_retirer" else [])
    page = texte(client_admin.get(adresse))
    assert "confiez d'abord l'administration" in page
    assert 'type="submit">Quitter' not in page
    page = texte(client_admin.post(adresse, follow=True))
    assert "confiez d'abord l'administration à un autre utilisateur" in page
    assert etat(service) == (True, True, True)


def test_passer_la_main_puis_partir(client_admin: ClientStrict, service: User, collegue: User) -> None:
    client_admin.post(url("administration_confier", collegue))
    client_admin.post(reverse("service_quitter"))
    assert etat(service) == (False, False, False)
    assert etat(collegue) == (True, True, True)


def test_ne_plus_administrer_soi_meme(client_admin: ClientStrict, service: User, collegue: User) -> None:
    client_admin.post(url("administration_confier", collegue))
    adresse = url("administration_retirer", service)
    assert "Ne plus administrer le compte du service" in texte(client_admin.get(adresse))
    page = texte(client_admin.post(adresse, follow=True))
    assert "Vous n'administrez plus le compte du service." in page
    assert reverse("membre_inviter") not in page
    assert etat(service) == (True, False, True)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("geste", ["quitter", "role", "retirer"])
@pytest.mark.parametrize("essai", range(3))
def test_deux_administrateurs_ne_partent_pas_ensemble(service: User, geste: str, essai: int) -> None:
    """On real connections: whatever both do at once, one of them is left to administer."""
    autre = _collegue(service, "autre", est_admin=True)

    def acte(moi: User, lui: User) -> Callable[[], object]:
        author, cible = User.objects.get(pk=moi.pk), Membre.objects.get(user=lui)
        mien = Membre.objects.get(user=moi)
        return {
            "quitter": lambda: quitter_service(author=author),
            "role": lambda: retirer_administration(membre=mien, author=author),
            "retirer": lambda: retirer_membre(membre=cible, author=author),
        }[geste]

    issues = ensemble(acte(service, autre), acte(autre, service))
    assert sum(issue is None for issue in issues) == 1, issues
    assert Membre.objects.filter(est_admin=True, user__is_active=True).count() == 1
    executer_taches()


# --- Who is the first, mails, admin ------------------------------------------------------------------


def test_le_premier_utilisateur_administre(admin: User) -> None:
    user = User(username="premier", first_name="P", last_name="Q", email="premier@example.org")
    mandataire = Mandataire(nom="Service neuf", commune=CommuneFactory())
    creer_service(mandataire=mandataire, user=user, author=admin)
    assert (user.membre.est_admin, user.membre.mandataire.est_service) == (True, True)


DOSSIER = settings.BASE_DIR / "templates/mandataires/courriels"
LIEN = "https://emjpm.example.org/lien/"
CONTEXTES: dict[str, tuple[str, ...]] = {
    "invitation_service": ("auteur", "jours", "lien"),
    "invitation_deja_inscrit": ("auteur",),
    "membre_retire": ("auteur",),
    "membre_parti": ("personne", "lien"),
    "membre_arrive": ("personne", "lien"),
}


@pytest.mark.parametrize("nom", CONTEXTES)
def test_courriel_avec_tout_ce_qui_est_facultatif_vide(nom: str) -> None:
    sans_nom = User.objects.create(username="sans_nom")
    service = Mandataire.objects.create(type="service", nom='L\'Haÿ-les-Roses & <b>"x"')
    contexte = {"service": service} | {
        cle: {"auteur": sans_nom, "personne": sans_nom, "jours": 7, "lien": LIEN}[cle] for cle in CONTEXTES[nom]
    }
    envoyer_courriel(destinataire="a@example.org", gabarit=f"mandataires/courriels/{nom}", contexte=contexte)
    (parti,) = courriels_envoyes()
    lu = f"{parti.subject}\n{parti.body}"
    for artefact in ("None", "null", "undefined", "localhost", "127.0.0.1", "1970", "{{", "{%", "&#", "&amp;"):
        assert artefact not in lu, artefact
    assert service.nom in parti.body
    assert settings.PRODUCT_NAME in parti.subject
    assert settings.CONTACT_EMAIL in parti.body
    assert (f"\n{LIEN}\n" in parti.body) == (LIEN in contexte.values())


def test_chaque_gabarit_est_essaye() -> None:
    fichiers = [*DOSSIER.glob("membre_*_objet.txt"), *DOSSIER.glob("invitation_*_objet.txt")]
    trouves = {fichier.name.removesuffix("_objet.txt") for fichier in fichiers}
    assert trouves == set(CONTEXTES)


def test_l_admin_du_site_lit_les_invitations(
    client: ClientStrict, admin: User, service: User, prepose: User
) -> None:
    Invitation.objects.create(
        mandataire=service.membre.mandataire, email="lue@example.org", empreinte="c0ffee", by=service,
        expire_at=timezone.now(),
    )  # fmt: skip
    client.force_login(admin)
    page = client.get(f"/admin/mandataires/mandataire/{service.membre.mandataire_id}/change/").content.decode()
    assert "lue@example.org" in page
    assert "c0ffee" not in page
    page = client.get(f"/admin/mandataires/mandataire/{prepose.membre.mandataire_id}/change/").content.decode()
    assert "invitations-TOTAL_FORMS" not in page
