"""MJPM in the Django admin: requests answered, services opened, members, establishments matched."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from mandataires.models import Agrement, Charge, Exercice, Invitation, Mandataire, Membre
from mandataires.profil import modifier_profil
from tests.accounts.conftest import Visiteur, lien_de
from tests.accounts.taches import courriels_envoyes
from tests.factories import (
    AgrementFactory,
    EtablissementFactory,
    ExerciceFactory,
    MagistratFactory,
    MandataireFactory,
    MembreFactory,
    UserFactory,
)
from tests.strict import ClientStrict
from tribunaux.models import Commune, Magistrat, Tribunal

pytestmark = pytest.mark.django_db

LISTE = reverse("admin:mandataires_mandataire_changelist")
AJOUT = reverse("admin:mandataires_mandataire_add")


@pytest.fixture
def demande(tribunal: Tribunal, calais: Commune) -> Mandataire:
    """A préposé who waits, as sign-up writes one."""
    membre = MembreFactory(
        user__username="demandeur",
        user__is_active=False,
        mandataire=MandataireFactory(
            prepose=True,
            nom="Demandeur",
            commune=calais,
            code_postal="62100",
            valide_at=None,
            email="d@example.org",
        ),
    )
    AgrementFactory(mandataire=membre.mandataire, tribunal=tribunal)
    return membre.mandataire


@pytest.fixture
def visiteur() -> Visiteur:
    return Visiteur()


def page(mandataire: Mandataire, action: str = "change") -> str:
    return reverse(f"admin:mandataires_mandataire_{action}", args=[mandataire.pk])


def saisie(client: ClientStrict, mandataire: Mandataire, **valeurs: Any) -> dict[str, Any]:
    """What the page of a MJPM sends back, read from its own forms."""
    contexte = client.get(page(mandataire)).context
    donnees: dict[str, Any] = {}
    for form in [
        contexte["adminform"].form,
        *(f for i in contexte["inline_admin_formsets"] for f in (i.formset.management_form, *i.formset.forms)),
    ]:
        for champ in form:
            valeur = champ.value()
            if not champ.field.disabled and valeur not in (None, "") and valeur is not False:
                donnees[champ.html_name] = "on" if valeur is True else str(valeur)
    return {nom: valeur for nom, valeur in (donnees | valeurs).items() if valeur is not None}


# --- The list ----------------------------------------------------------------------------------------


def test_les_demandes_d_abord_la_plus_ancienne_en_tete(en_admin: ClientStrict, demande: Mandataire) -> None:
    MandataireFactory(nom="Aaa")
    ancienne = MandataireFactory(nom="Zzz", valide_at=None)
    Mandataire.objects.filter(pk=ancienne.pk).update(created_at=timezone.now() - timedelta(days=12))
    response = en_admin.get(LISTE)
    assert [m.nom for m in response.context["cl"].result_list] == ["Zzz", "Demandeur", "Aaa"]
    assert "en attente depuis 12 jours" in response.content.decode()


@pytest.mark.parametrize(
    ("etat", "attendus"), [("en_attente", {"Demandeur"}), ("valides", {"Valide"}), ("refuses", {"Refuse"})]
)
def test_filtre_par_etat(en_admin: ClientStrict, demande: Mandataire, etat: str, attendus: set[str]) -> None:
    MandataireFactory(nom="Valide")
    MandataireFactory(nom="Refuse", valide_at=None, refuse_at=timezone.now(), refus_motif="non")
    resultats = en_admin.get(LISTE, {"etat": etat}).context["cl"].result_list
    assert {m.nom for m in resultats} == attendus


@pytest.mark.parametrize("q", ["demandeur", "d@example.org", "DEMANDEUR", "Calais"])
def test_recherche(en_admin: ClientStrict, demande: Mandataire, q: str) -> None:
    MandataireFactory(nom="Autre", commune=None)
    assert [m.pk for m in en_admin.get(LISTE, {"q": q}).context["cl"].result_list] == [demande.pk]


def test_ce_qui_manque(en_admin: ClientStrict, demande: Mandataire) -> None:
    sans_rien = MandataireFactory(nom="Sans Rien", commune=None)
    inactif = MembreFactory(user__is_active=False).mandataire
    complet = ExerciceFactory(mandataire=MembreFactory(mandataire__prepose=True).mandataire).mandataire
    AgrementFactory(mandataire=complet)
    AgrementFactory(mandataire=inactif, au="2024-01-01")
    vue = en_admin.get(LISTE).context["cl"]
    manques = {m.pk: vue.model_admin.manque(m) for m in vue.result_list}
    assert manques == {
        demande.pk: "aucun établissement",
        sans_rien.pk: "aucun tribunal, aucune commune, aucun membre",
        inactif.pk: "aucun tribunal, aucun membre actif",
        complet.pk: "rien",
    }


def test_ce_qui_ressemble(en_admin: ClientStrict, demande: Mandataire) -> None:
    homonyme = MandataireFactory(nom="DEMANDEUR", prenom="Cámille", email="")
    meme_adresse = MandataireFactory(nom="Autre", email="D@example.org")
    meme_siret = MandataireFactory(siret="12345678900012", email="a@example.org")
    refuse = MandataireFactory(
        siret="12345678900012", valide_at=None, refuse_at=timezone.now(), refus_motif="non", email=""
    )
    seul = MandataireFactory(nom="Seul", email="")
    vue = en_admin.get(LISTE).context["cl"]
    trouvees = {m.pk: {(r.autre.pk, *r.motifs) for r in m.ressemblances_trouvees} for m in vue.result_list}
    assert trouvees[demande.pk] == {(homonyme.pk, "même nom"), (meme_adresse.pk, "même e-mail")}
    assert trouvees[meme_siret.pk] == {(refuse.pk, "même SIRET")}
    assert trouvees[seul.pk] == set()
    for texte in (en_admin.get(LISTE).content.decode(), en_admin.get(page(demande)).content.decode()):
        assert f'<a href="{page(homonyme)}">Cámille DEMANDEUR (même nom)</a>' in texte


def test_requetes_en_nombre_fixe(en_admin: ClientStrict, demande: Mandataire) -> None:
    en_admin.get(LISTE)
    with CaptureQueriesContext(connection) as une:
        assert en_admin.get(LISTE).status_code == 200
    for _ in range(20):
        ExerciceFactory(mandataire=MembreFactory(mandataire__prepose=True, mandataire__nom="Demandeur").mandataire)
    with CaptureQueriesContext(connection) as beaucoup:
        en_admin.get(LISTE)
    assert len(beaucoup) == len(une)


# --- Answers -----------------------------------------------------------------------------------------


def test_valider(en_admin: ClientStrict, admin: User, demande: Mandataire) -> None:
    assert f'href="{page(demande, "valider")}"' in en_admin.get(page(demande)).content.decode()
    confirmation = en_admin.get(page(demande, "valider"))
    assert "aucun établissement" in confirmation.content.decode()
    demande.refresh_from_db()
    assert demande.valide_at is None, "a GET changes nothing"

    response = en_admin.post(page(demande, "valider"), follow=True)
    assert "Camille Demandeur peut se connecter" in response.content.decode()
    demande.refresh_from_db()
    assert demande.valide_by == admin
    assert demande.membres.get().user.is_active
    assert list(Mandataire.objects.publies()) == [demande]
    assert demande.events.order_by("-pgh_id")[0].pgh_context.metadata["user"] == admin.pk
    (courriel,) = courriels_envoyes()
    assert courriel.to == ["demandeur@example.org"]
    assert "Votre identifiant : demandeur\n" in courriel.body
    assert lien_de(courriel) == "/connexion/"
    assert LogEntry.objects.get().get_change_message() == "Demande validée."
    assert Charge.objects.get(pk=demande.pk).mise_a_jour_at is None, "an admin does not act for the MJPM"

    en_admin.post(page(demande, "valider"))
    version = demande.version
    demande.refresh_from_db()
    assert (demande.version, len(courriels_envoyes())) == (version, 1), "twice changes and mails nothing"
    assert "valider/" not in en_admin.get(page(demande)).content.decode()
    en_admin.post(page(demande, "refuser"), {"motif": "trop tard"})
    demande.refresh_from_db()
    assert (demande.refuse_at, demande.membres.get().user.is_active) == (None, True)


def test_refuser_puis_lever_le_refus(en_admin: ClientStrict, admin: User, demande: Mandataire) -> None:
    vide = en_admin.post(page(demande, "refuser"), {"motif": " "})
    assert "Indiquez le motif du refus." in vide.content.decode()
    motif = 'Pas d\'agrément dans le <b>Pas-de-Calais</b> & "ailleurs".'
    en_admin.post(page(demande, "refuser"), {"motif": motif})
    demande.refresh_from_db()
    assert (demande.refuse_by, demande.refus_motif, demande.valide_at) == (admin, motif, None)
    assert not demande.membres.get().user.is_active
    (courriel,) = courriels_envoyes()
    assert motif in courriel.body

    en_admin.post(page(demande, "refuser"), {"motif": "autre"})
    assert Mandataire.objects.get(pk=demande.pk).refus_motif == motif
    sans_lever = en_admin.post(page(demande, "valider"))
    assert "Cochez la case pour lever le refus." in sans_lever.content.decode()
    assert Mandataire.objects.get(pk=demande.pk).valide_at is None
    en_admin.post(page(demande, "valider"), {"leve_refus": "on"})
    demande.refresh_from_db()
    assert (demande.refuse_at, demande.refuse_by, demande.refus_motif) == (None, None, "")
    assert demande.valide_by == admin
    assert demande.membres.get().user.is_active
    assert len(courriels_envoyes()) == 2


@pytest.mark.parametrize("action", ["valider", "refuser"])
@pytest.mark.parametrize("persona", ["prepose", "juge", "sans_rattachement"])
def test_un_autre_ne_repond_pas(
    client: ClientStrict, request: pytest.FixtureRequest, demande: Mandataire, persona: str, action: str
) -> None:
    client.force_login(request.getfixturevalue(persona))
    client.post(page(demande, action), {"motif": "non"})
    demande.refresh_from_db()
    assert (demande.valide_at, demande.refuse_at) == (None, None)
    assert client.get(page(demande), follow=True).status_code == 403


def test_methode_et_adresse(en_admin: ClientStrict, demande: Mandataire) -> None:
    assert en_admin.put(page(demande, "valider")).status_code == 405
    assert en_admin.get(reverse("admin:mandataires_mandataire_valider", args=[0])).status_code == 404


# --- The page of one ---------------------------------------------------------------------------------


def test_la_page_montre_la_charge_sans_la_changer(en_admin: ClientStrict, prepose: User) -> None:
    mandataire = prepose.membre.mandataire
    contenu = en_admin.get(page(mandataire)).content.decode()
    assert "mesures en cours" in contenu.lower()
    assert ">None<" not in contenu
    assert 'name="en_cours"' not in contenu
    assert 'name="valide_at"' not in contenu
    assert 'name="version"' not in contenu
    assert 'name="indisponible' not in contenu, "its courts would not be told"


def test_corriger_le_profil(en_admin: ClientStrict, admin: User, prepose: User, arras: Commune) -> None:
    mandataire = prepose.membre.mandataire
    envoi = saisie(en_admin, mandataire, nom="Corrigé", commune="62041", code_postal="62000")
    response = en_admin.post(page(mandataire), envoi)
    assert response.status_code == 302, response.context["errors"]
    version = mandataire.version
    mandataire.refresh_from_db()
    assert (mandataire.nom, mandataire.version, mandataire.type) == ("Corrigé", version + 1, "prepose")
    assert (mandataire.latitude, mandataire.longitude) == (arras.latitude, arras.longitude)
    prepose.refresh_from_db()
    assert prepose.is_active


def test_une_page_perimee_n_ecrase_rien(en_admin: ClientStrict, prepose: User) -> None:
    mandataire = prepose.membre.mandataire
    envoi = saisie(en_admin, mandataire, nom="Corrigé", **{"membres-0-actif": None})
    modifier_profil(mandataire=mandataire, valeurs={"capacite": 7}, version=mandataire.version, author=prepose)
    response = en_admin.post(page(mandataire), envoi)
    contenu = response.content.decode()
    assert "modifié depuis que cette page est affichée" in contenu
    assert 'value="Corrigé"' in contenu
    mandataire.refresh_from_db()
    assert (mandataire.capacite, mandataire.nom == "Corrigé") == (7, False)
    assert User.objects.get(pk=prepose.pk).is_active


def test_ce_qui_n_a_pas_change_n_est_pas_ecrit(en_admin: ClientStrict, prepose: User) -> None:
    mandataire = prepose.membre.mandataire
    envoi = saisie(en_admin, mandataire, nom="Corrigé")
    with CaptureQueriesContext(connection) as requetes:
        assert en_admin.post(page(mandataire), envoi).status_code == 302
    (ecriture,) = [r["sql"] for r in requetes if 'UPDATE "mandataires_mandataire"' in r["sql"]]
    assert '"nom" =' in ecriture
    assert '"capacite" =' not in ecriture


def test_desactiver_un_membre_ferme_ses_sessions(
    en_admin: ClientStrict, prepose: User, visiteur: Visiteur
) -> None:
    assert visiteur.connecter("prepose")
    mandataire = prepose.membre.mandataire
    en_admin.post(page(mandataire), saisie(en_admin, mandataire, **{"membres-0-actif": None}))
    prepose.refresh_from_db()
    assert not prepose.is_active
    assert not UserSession.objects.filter(user=prepose).exists()
    assert not visiteur.est_connecte()
    en_admin.post(page(mandataire), saisie(en_admin, mandataire, **{"membres-0-actif": "on"}))
    prepose.refresh_from_db()
    assert prepose.is_active


def test_un_membre_d_une_demande_n_entre_que_par_la_validation(
    en_admin: ClientStrict, demande: Mandataire
) -> None:
    envoi = saisie(en_admin, demande, **{"membres-0-actif": "on"})
    response = en_admin.post(page(demande), envoi)
    assert response.status_code == 302, (response.context["errors"], envoi)
    assert not demande.membres.get().user.is_active
    assert "membres-__prefix__-user" not in en_admin.get(page(demande)).content.decode()


def test_ajouter_un_membre(en_admin: ClientStrict, service: User, juge: User) -> None:
    mandataire = service.membre.mandataire
    nouveau = UserFactory()

    def ajout(user: User) -> dict[str, Any]:
        return saisie(
            en_admin,
            mandataire,
            **{"membres-TOTAL_FORMS": "2", "membres-1-user": str(user.pk), "membres-1-actif": "on"},
            **{"membres-1-mandataire": str(mandataire.pk)},
        )

    assert "créez-en un autre pour ce mandataire" in en_admin.post(page(mandataire), ajout(juge)).content.decode()
    assert en_admin.post(page(mandataire), ajout(nouveau)).status_code == 302
    assert nouveau.membre.mandataire == mandataire


def test_un_membre_ajoute_la_case_cochee_peut_se_connecter(en_admin: ClientStrict, service: User) -> None:
    mandataire = service.membre.mandataire
    ferme, reste_ferme = UserFactory(is_active=False), UserFactory(is_active=False)
    envoi = saisie(
        en_admin,
        mandataire,
        **{"membres-TOTAL_FORMS": "3"},
        **{"membres-1-user": str(ferme.pk), "membres-1-mandataire": str(mandataire.pk), "membres-1-actif": "on"},
        **{"membres-2-user": str(reste_ferme.pk), "membres-2-mandataire": str(mandataire.pk)},
    )
    assert en_admin.post(page(mandataire), envoi).status_code == 302
    assert User.objects.get(pk=ferme.pk).is_active
    assert not User.objects.get(pk=reste_ferme.pk).is_active
    assert mandataire.membres.count() == 3


@pytest.mark.parametrize("champ", ["actif", "est_admin"])
def test_le_dernier_administrateur_d_un_service_reste(en_admin: ClientStrict, service: User, champ: str) -> None:
    mandataire = service.membre.mandataire
    simple = MembreFactory(mandataire=mandataire, est_admin=False)
    MembreFactory(mandataire=mandataire, est_admin=True, user__is_active=False)
    invitation = Invitation.objects.create(
        mandataire=mandataire, email="a@example.org", empreinte="e", by=service, expire_at=timezone.now()
    )
    rang = list(mandataire.membres.values_list("user", flat=True)).index(service.pk)
    envoi = saisie(en_admin, mandataire, **{f"membres-{rang}-{champ}": None})
    response = en_admin.post(page(mandataire), envoi)
    assert "confiez d&#x27;abord l&#x27;administration" in response.content.decode()
    assert mandataire.membres.filter(user=service, est_admin=True, user__is_active=True).exists()

    autre = list(mandataire.membres.values_list("pk", flat=True)).index(simple.pk)
    assert en_admin.post(page(mandataire), {**envoi, f"membres-{autre}-est_admin": "on"}).status_code == 302
    assert not mandataire.membres.filter(user=service, est_admin=True, user__is_active=True).exists()
    invitation.refresh_from_db()
    assert invitation.annulee_at is not None


def test_fermer_un_service_c_est_en_fermer_tous_les_membres(en_admin: ClientStrict, service: User) -> None:
    mandataire = service.membre.mandataire
    assert (
        en_admin.post(page(mandataire), saisie(en_admin, mandataire, **{"membres-0-actif": None})).status_code
        == 302
    )
    assert not User.objects.get(pk=service.pk).is_active


def test_verifier_un_agrement(
    en_admin: ClientStrict, admin: User, prepose: User, juge: User, tribunal: Tribunal
) -> None:
    mandataire = prepose.membre.mandataire
    lecteur = ClientStrict()
    lecteur.force_login(juge)

    def fiche() -> str:
        return lecteur.get(mandataire.get_absolute_url()).content.decode()

    assert f"{tribunal.libelle} (déclaré)" in fiche()
    en_admin.post(page(mandataire), saisie(en_admin, mandataire, **{"agrements-0-est_verifie": "on"}))
    agrement = mandataire.agrements.get()
    assert agrement.verifie_by == admin
    assert timezone.now() - agrement.verifie_at < timedelta(minutes=1)
    assert f"{tribunal.libelle} (vérifié)" in fiche()

    en_admin.post(page(mandataire), saisie(en_admin, mandataire, nom="Autre"))
    assert mandataire.agrements.get().verifie_at == agrement.verifie_at, "not verified again"
    en_admin.post(page(mandataire), saisie(en_admin, mandataire, **{"agrements-0-est_verifie": None}))
    agrement.refresh_from_db()
    assert (agrement.verifie_at, agrement.verifie_by) == (None, None)


@pytest.mark.parametrize("champ", ["agrements-0-du", "agrements-0-au", "exercices-0-du", "exercices-0-au"])
def test_une_date_future_est_refusee(en_admin: ClientStrict, prepose: User, champ: str) -> None:
    mandataire = prepose.membre.mandataire
    if not mandataire.exercices.exists():
        ExerciceFactory(mandataire=mandataire)
    demain = timezone.localdate() + timedelta(days=1)
    envoi = saisie(en_admin, mandataire, **{champ: demain.strftime("%d/%m/%Y")})
    assert "Cette date est dans le futur" in en_admin.post(page(mandataire), envoi).content.decode()
    envoi[champ] = timezone.localdate().strftime("%d/%m/%Y")
    assert en_admin.post(page(mandataire), envoi).status_code == 302


def test_les_noms_libres_a_rattacher(en_admin: ClientStrict, prepose: User) -> None:
    libre, ancien = ExerciceFactory.create_batch(2, etablissement=None, nom_libre="Les Oyats (annexe)")
    Exercice.objects.filter(pk=ancien.pk).update(au=timezone.localdate())
    vue = en_admin.get(LISTE, {"hors_liste": "oui"}).context["cl"]
    assert [m.pk for m in vue.result_list] == [libre.mandataire_id]
    tous = {m.pk: vue.model_admin.hors_liste(m) for m in en_admin.get(LISTE).context["cl"].result_list}
    assert {pk for pk, texte in tous.items() if texte} == {libre.mandataire_id}
    assert ancien.mandataire_id in tous


def test_rattacher_un_nom_libre(en_admin: ClientStrict, prepose: User) -> None:
    mandataire = prepose.membre.mandataire
    Exercice.objects.all().delete()
    exercice = ExerciceFactory(mandataire=mandataire, etablissement=None, nom_libre="Les Oyats (annexe)")
    oyats = EtablissementFactory()
    envoi = saisie(en_admin, mandataire, **{"exercices-0-etablissement": str(oyats.pk)})
    assert envoi["exercices-0-nom_libre"] == "Les Oyats (annexe)"
    assert en_admin.post(page(mandataire), envoi).status_code == 302
    exercice.refresh_from_db()
    assert (exercice.etablissement, exercice.nom_libre) == (oyats, "")


@pytest.mark.parametrize(
    ("persona", "valeurs", "phrase"),
    [
        ("service", {"prenom": "Camille"}, "un service n&#x27;a ni prénom"),
        ("prepose", {"prenom": None}, "Un individuel ou un préposé a un prénom"),
        ("prepose", {"siret": "12345678900012"}, "Un préposé n&#x27;a pas de SIRET propre"),
        ("individuel", {"siret": "99999999900099"}, "Un mandataire a déjà ce SIRET."),
        ("individuel", {"secretariat_etp": "0,8"}, "suppose un secrétariat"),
    ],
)
def test_une_regle_de_la_base_se_dit(
    en_admin: ClientStrict, request: pytest.FixtureRequest, persona: str, valeurs: dict[str, Any], phrase: str
) -> None:
    MandataireFactory(siret="99999999900099")
    mandataire = request.getfixturevalue(persona).membre.mandataire
    response = en_admin.post(page(mandataire), saisie(en_admin, mandataire, **valeurs))
    assert phrase in response.content.decode()


def test_deux_fois_le_meme_tribunal(en_admin: ClientStrict, prepose: User, autre_tribunal: Tribunal) -> None:
    mandataire = prepose.membre.mandataire
    nouveaux = {"agrements-TOTAL_FORMS": "3"}
    for numero in (1, 2):
        nouveaux |= {
            f"agrements-{numero}-tribunal": str(autre_tribunal.pk),
            f"agrements-{numero}-du": "01/01/2026",
            f"agrements-{numero}-mandataire": str(mandataire.pk),
        }
    response = en_admin.post(page(mandataire), saisie(en_admin, mandataire, **nouveaux))
    assert "Deux lignes en vigueur disent la même chose" in response.content.decode()
    assert Agrement.objects.filter(mandataire=mandataire).count() == 1


def test_un_mandataire_ne_se_supprime_pas(en_admin: ClientStrict, demande: Mandataire) -> None:
    url = reverse("admin:mandataires_mandataire_delete", args=[demande.pk])
    assert en_admin.post(url, {"post": "yes"}).status_code == 403


def test_les_pages_d_un_individuel_et_d_un_service_repondent(
    en_admin: ClientStrict, individuel: User, service: User
) -> None:
    for user in (individuel, service):
        response = en_admin.get(page(user.membre.mandataire))
        assert response.status_code == 200
        assert "exercices-TOTAL_FORMS" not in response.content.decode()


# --- A service, a judge, with their account ------------------------------------------------------------


@pytest.fixture
def champs_du_service(tribunal: Tribunal, calais: Commune) -> dict[str, Any]:
    return {
        "nom": "Association des Oyats",
        "siret": "123 456 789 00012",
        "commune": "62193",
        "code_postal": "62100",
        "capacite": "1600",
        "compte_identifiant": "oyats",
        "compte_prenom": "Dominique",
        "compte_nom": "Croquis",
        "compte_email": "Oyats@Example.org",
        "agrements-TOTAL_FORMS": "1",
        "agrements-INITIAL_FORMS": "0",
        "agrements-0-tribunal": tribunal.pk,
        "agrements-0-du": "01/01/2026",
    }


def test_ouvrir_un_service(
    en_admin: ClientStrict, admin: User, champs_du_service: dict[str, Any], visiteur: Visiteur, tribunal: Tribunal
) -> None:
    assert "compte_identifiant" in en_admin.get(AJOUT).content.decode()
    response = en_admin.post(AJOUT, champs_du_service)
    assert response.status_code == 302, response.context["errors"]
    service = Mandataire.objects.get()
    assert (service.type, service.siret, service.source_total) == ("service", "12345678900012", "declaration")
    assert (service.valide_by, service.capacite) == (admin, 1600)
    assert list(Mandataire.objects.publies().de_la_liste(tribunal)) == [service]
    user = service.membres.get().user
    assert (user.username, user.email, user.first_name) == ("oyats", "oyats@example.org", "Dominique")
    assert (user.is_active, user.is_staff, user.has_usable_password()) == (True, False, False)
    assert user.emailaddress_set.get().primary

    (courriel,) = courriels_envoyes()
    assert courriel.to == ["oyats@example.org"]
    assert "Votre identifiant : oyats\n" in courriel.body
    lien = visiteur.client.get(lien_de(courriel), follow=True)
    visiteur.client.post(lien.request["PATH_INFO"], {"password1": "Coquelicot 77", "password2": "Coquelicot 77"})
    assert visiteur.connecter("oyats", "Coquelicot 77")


@pytest.mark.parametrize(
    ("valeurs", "phrase"),
    [
        ({"compte_identifiant": "ADMIN"}, "Cet identifiant est déjà pris"),
        ({"compte_email": "Admin@example.org"}, "déjà celle d&#x27;un compte"),
        ({"compte_identifiant": "a@b.fr"}, "« @ »"),
        ({"nom": ""}, "obligatoire"),
        ({"siret": "12"}, "quatorze chiffres"),
        ({"siret": "99999999900099"}, "Un mandataire a déjà ce SIRET."),
    ],
)
def test_service_refuse(
    en_admin: ClientStrict, champs_du_service: dict[str, Any], valeurs: dict[str, str], phrase: str
) -> None:
    MandataireFactory(siret="99999999900099")
    response = en_admin.post(AJOUT, champs_du_service | valeurs)
    assert phrase in response.content.decode()
    assert not Membre.objects.exists()
    assert courriels_envoyes() == []


MAGISTRAT = {
    "user": "",
    "fonction": "juge",
    "cabinet": "2",
    "compte_identifiant": "nouveau.juge",
    "compte_prenom": "Claude",
    "compte_nom": "Croquis",
    "compte_email": "juge@example.org",
}
AJOUT_MAGISTRAT = reverse("admin:tribunaux_magistrat_add")


def test_ouvrir_le_compte_d_un_juge(en_admin: ClientStrict, tribunal: Tribunal) -> None:
    response = en_admin.post(AJOUT_MAGISTRAT, {**MAGISTRAT, "tribunal": tribunal.pk})
    assert response.status_code == 302, response.context["errors"]
    magistrat = Magistrat.objects.get()
    assert (magistrat.user.username, magistrat.tribunal, magistrat.cabinet) == ("nouveau.juge", tribunal, "2")
    assert magistrat.user.is_active
    (courriel,) = courriels_envoyes()
    assert "Votre identifiant : nouveau.juge\n" in courriel.body
    assert "/mot-de-passe/nouveau/" in lien_de(courriel)


@pytest.mark.parametrize(
    ("valeurs", "phrase"),
    [
        ({"compte_email": ""}, "obligatoire pour créer le compte"),
        ({"compte_identifiant": "admin"}, "Cet identifiant est déjà pris"),
        ({"user": "libre"}, "pas les deux"),
        ({"tribunal": ""}, "obligatoire"),
    ],
)
def test_juge_refuse(en_admin: ClientStrict, tribunal: Tribunal, valeurs: dict[str, str], phrase: str) -> None:
    libre = UserFactory()
    if "user" in valeurs:
        valeurs = {"user": str(libre.pk)}
    response = en_admin.post(AJOUT_MAGISTRAT, {**MAGISTRAT, "tribunal": tribunal.pk, **valeurs})
    assert phrase in response.content.decode()
    assert not Magistrat.objects.exists()
    assert not User.objects.filter(username="nouveau.juge").exists()


def test_la_page_d_un_magistrat_n_ouvre_pas_de_compte(en_admin: ClientStrict, tribunal: Tribunal) -> None:
    magistrat = MagistratFactory(tribunal=tribunal)
    contenu = en_admin.get(reverse("admin:tribunaux_magistrat_change", args=[magistrat.pk])).content.decode()
    assert "compte_identifiant" not in contenu
    assert 'name="user"' not in contenu
