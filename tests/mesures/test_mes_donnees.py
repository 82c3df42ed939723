"""« Télécharger mes données »: all that a person may read of themselves, and nothing of anybody else."""

from __future__ import annotations

from datetime import date, timedelta
from io import BytesIO
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.test import Client
from django.utils import timezone
from openpyxl import Workbook, load_workbook

from accounts.models import User
from mandataires.models import Agrement, Mandataire
from mesures.models import Import, Mesure
from tests.factories import (
    AgrementFactory,
    DeclarationFactory,
    EtablissementFactory,
    ExerciceFactory,
    MembreFactory,
    MesureFactory,
    NoteFactory,
)
from tests.strict import nombre_de_requetes, texte_lu
from tribunaux.models import Commune, Tribunal

pytestmark = pytest.mark.django_db

URL = "/compte/mes-donnees/"


def telecharger(client: Client, user: User) -> Workbook:
    client.force_login(user)
    response = client.get(URL)
    assert response.status_code == 200
    assert response["Cache-Control"] == "private, no-store"
    nom = f"mes-donnees-{timezone.localdate().isoformat()}.xlsx"
    assert response["Content-Disposition"] == f'attachment; filename="{nom}"'
    return load_workbook(BytesIO(b"".join(response)))


def feuille(classeur: Workbook, nom: str) -> list[dict[str, Any]]:
    [titres, *lignes] = classeur[nom].values
    return [dict(zip(titres, ligne, strict=True)) for ligne in lignes]


def fiche(classeur: Workbook, nom: str) -> dict[str, str | None]:
    return {ligne["Donnée"]: ligne["Valeur"] for ligne in feuille(classeur, nom)}


def tout(classeur: Workbook) -> str:
    return "\n".join(str(cellule) for f in classeur for ligne in f.values for cellule in ligne if cellule)


def importer(user: User, nom: str) -> Import:
    return Import.objects.create(
        mandataire=user.membre.mandataire,
        by=user,
        nom_fichier=nom,
        etat=Import.Etat.LU,
        lu_at=timezone.now(),
        lues=3,
        nouvelles=2,
        rejetees=1,
    )


@pytest.mark.parametrize(
    ("personne", "feuilles"),
    [
        ("sans_rattachement", []),
        ("admin", []),
        ("individuel", ["Profil", "Tribunaux", "Mesures", "Imports"]),
        ("prepose", ["Profil", "Tribunaux", "Établissements", "Mesures", "Imports"]),
        ("service", ["Profil", "Tribunaux", "Déclarations", "Utilisateurs", "Mesures", "Imports"]),
        ("juge", ["Tribunal et cabinet", "Notes", "Réservations"]),
        ("greffier", ["Tribunal et cabinet", "Notes", "Réservations"]),
    ],
)
def test_les_feuilles_de_chacun(client: Client, personnes: Any, personne: str, feuilles: list[str]) -> None:
    classeur = telecharger(client, getattr(personnes, personne))
    assert classeur.sheetnames == ["Lisez-moi", "Compte", "Sessions", *feuilles]


def test_le_compte(client: Client, individuel: User) -> None:
    User.objects.filter(pk=individuel.pk).update(
        first_name="Camille", last_name="Exemple", courriel_echeances=False, email="moi@example.org"
    )
    EmailAddress.objects.create(user=individuel, email="nouvelle@example.org", verified=False)
    UserSession.objects.create(user=individuel, ip="192.0.2.7", user_agent="Navigateur", session_key="cle-secrete")
    individuel.refresh_from_db()
    classeur = telecharger(client, individuel)
    compte = fiche(classeur, "Compte")
    aujourd_hui = f"{timezone.localdate():%d/%m/%Y}"
    assert {nom: compte[nom] for nom in ("Identifiant", "Prénom", "Nom", "Adresse e-mail de connexion")} == {
        "Identifiant": "individuel",
        "Prénom": "Camille",
        "Nom": "Exemple",
        "Adresse e-mail de connexion": "moi@example.org",
    }
    assert compte["Adresse e-mail à confirmer"] == "nouvelle@example.org"
    courriels = {nom: valeur for nom, valeur in compte.items() if nom.startswith("Courriels")}
    assert courriels == {
        "Courriels : réservations": "oui",
        "Courriels : échéances des réservations": "non",
        "Courriels : rappel mensuel": "oui",
    }
    assert str(compte["Date d’inscription"]).startswith(aujourd_hui)
    # The client logs in without a session of allauth's.
    assert [(ligne["Adresse IP"], ligne["Navigateur"]) for ligne in feuille(classeur, "Sessions")] == [
        ("192.0.2.7", "Navigateur")
    ]
    assert "par e-mail" in tout(classeur)


@pytest.mark.parametrize("personne", ["sans_rattachement", "admin", "individuel", "prepose", "service", "juge"])
def test_jamais_de_secret(client: Client, personnes: Any, personne: str) -> None:
    user = getattr(personnes, personne)
    user.set_password("un mot de passe très long")
    user.save()
    UserSession.objects.create(user=user, ip="192.0.2.7", user_agent="N", session_key="cle-secrete")
    contenu = tout(telecharger(client, user))
    for secret in (user.password, "argon2", "pbkdf2", "md5$", "cle-secrete", client.session.session_key):
        assert secret not in contenu


def test_tout_le_profil_du_prepose(client: Client, prepose: User, tribunal: Tribunal) -> None:
    mandataire = prepose.membre.mandataire
    Mandataire.objects.filter(pk=mandataire.pk).update(
        genre="F",
        telephone_portable="06 00 00 00 02",
        a_un_secretariat=True,
        secretariat_etp="0.80",
        message_magistrats="=Bonjour,\r\nà bientôt",
        indisponible_du=date(2026, 1, 2),
        indisponible_motif="conges",
        valide_by=prepose,
    )
    Agrement.objects.filter(mandataire=mandataire).update(au=date(2025, 5, 6))
    ExerciceFactory(mandataire=mandataire, etablissement=None, nom_libre="Foyer des Bruyères", au=date(2024, 1, 1))
    classeur = telecharger(client, prepose)
    profil = fiche(classeur, "Profil")
    attendus = {
        "Type": "préposé",
        "Nom": "Prepose",
        "Genre": "Femme",
        "Téléphone portable": "06 00 00 00 02",
        "Commune": str(mandataire.commune),
        "Nombre de mesures souhaitées ou autorisées": "60",
        "Dispose d'un secrétariat": "oui",
        "Secrétariat (ETP)": "0,80",
        "Indisponible du": "02/01/2026",
        "Raison de l'indisponibilité": "congés",
        "Mesures en cours": "1",
    }
    assert {nom: profil[nom] for nom in attendus} == attendus
    assert str(profil["Message aux magistrats"]).startswith("=Bonjour,")
    # Every field, but those that are the site's own.
    libelles = {str(champ.verbose_name).lower() for champ in Mandataire._meta.concrete_fields}
    assert libelles - {nom.lower() for nom in profil} == {"id", "version", "validé par", "refusé par"}
    [agrement] = feuille(classeur, "Tribunaux")
    assert (agrement["Tribunal"], agrement["Retiré le"].date()) == (tribunal.libelle, date(2025, 5, 6))
    assert [ligne["Établissement"] for ligne in feuille(classeur, "Établissements")] == [
        "EHPAD Les Oyats",
        "Foyer des Bruyères",
    ]


def test_les_mesures_dans_tous_leurs_etats(client: Client, prepose: User, tribunal: Tribunal) -> None:
    mandataire = prepose.membre.mandataire
    etats = {"en_cours": Mesure.objects.get(mandataire=mandataire).pk}
    for etat in ("en_attente", "eteinte", "refusee", "annulee", "expiree"):
        valeurs = {} if etat == "eteinte" else {"tribunal": tribunal}
        etats[etat] = MesureFactory(mandataire=mandataire, **{etat: True}, **valeurs).pk
    lignes = {ligne["identifiant"]: ligne for ligne in feuille(telecharger(client, prepose), "Mesures")}
    assert {etat: lignes[pk]["statut"] for etat, pk in etats.items()} == {
        "en_cours": "en cours",
        "en_attente": "en attente",
        "eteinte": "éteinte",
        "refusee": "refusée",
        "annulee": "annulée",
        "expiree": "expirée",
    }
    refusee = lignes[etats["refusee"]]
    assert (refusee["Tribunal"], refusee["Motif du refus ou de l'annulation"]) == (tribunal.nom, "Trop loin")
    assert refusee["Répondue le"].date() == timezone.localdate()


def test_le_service_lit_ses_declarations_et_ses_utilisateurs(client: Client, service: User) -> None:
    mandataire = service.membre.mandataire
    DeclarationFactory(mandataire=mandataire, nombre=1451, by=None)
    collegue = MembreFactory(mandataire=mandataire, est_admin=False, user__email="collegue@example.org").user
    importer(service, "=avril.xlsx")
    classeur = telecharger(client, collegue)
    assert [(d["Mesures en cours"], d["Par"]) for d in feuille(classeur, "Déclarations")] == [
        (1451, "compte supprimé"),
        (1450, str(service)),
    ]
    utilisateurs = {ligne["Adresse e-mail"]: ligne for ligne in feuille(classeur, "Utilisateurs")}
    assert utilisateurs["collegue@example.org"]["Administre le compte"] == "non"
    assert len(utilisateurs) == 2
    [import_] = feuille(classeur, "Imports")
    assert (import_["Fichier"], import_["Lignes lues"], import_["Rejetées"]) == ("=avril.xlsx", 3, 1)
    assert import_["État"] == "à vérifier"
    assert (import_["Envoyé par"], import_["Enregistré par"]) == (str(service), None)
    Import.objects.update(etat="fait", fait_at=timezone.now(), fait_by=collegue)
    [import_] = feuille(telecharger(client, collegue), "Imports")
    assert (import_["Envoyé par"], import_["Enregistré par"]) == (str(service), str(collegue))


def test_le_juge_lit_ce_qu_il_a_ecrit_pour_sa_cour(
    client: Client,
    juge: User,
    greffier: User,
    prepose: User,
    calais: Commune,
    tribunal: Tribunal,
    autre_tribunal: Tribunal,
) -> None:
    mandataire = prepose.membre.mandataire
    NoteFactory(mandataire=mandataire, tribunal=tribunal, auteur=juge, texte="La mienne")
    NoteFactory(mandataire=mandataire, tribunal=tribunal, auteur=greffier, texte="Celle du greffier")
    NoteFactory(mandataire=mandataire, tribunal=autre_tribunal, auteur=juge, texte="Celle d'avant")
    for user, tribunal_, rg in (
        (juge, tribunal, "26/00001"),
        (greffier, tribunal, "26/00002"),
        (juge, autre_tribunal, "26/00003"),
    ):
        MesureFactory(
            mandataire=mandataire,
            tribunal=tribunal_,
            reserve_by=user,
            numero_rg=rg,
            en_attente=True,
            commune=calais,
            lieu_vie="etablissement",
            etablissement_nom="Foyer du Beffroi",
        )
    classeur = telecharger(client, juge)
    assert fiche(classeur, "Tribunal et cabinet") == {
        "Tribunal": tribunal.libelle,
        "Fonction": "juge",
        "Cabinet": None,
    }
    assert [(n["Mandataire"], n["Note"]) for n in feuille(classeur, "Notes")] == [("Camille Prepose", "La mienne")]
    [reservation] = feuille(classeur, "Réservations")
    assert (reservation["Numéro RG"], reservation["Statut"]) == ("26/00001", "en attente")
    assert (reservation["Commune"], reservation["Lieu de vie"]) == ("Calais", "En établissement")
    assert reservation["Établissement"] == "Foyer du Beffroi"


def test_rien_d_un_autre(client: Client, personnes: Any, prepose: User, tribunal: Tribunal) -> None:
    """The neighbour of the same court owns one row of each kind; a note of the court is about the préposé."""
    voisin = personnes.prepose_voisin
    mandataire = voisin.membre.mandataire
    AgrementFactory(mandataire=mandataire, tribunal__nom="Tribunal judiciaire du voisin")
    ExerciceFactory(mandataire=mandataire, etablissement=EtablissementFactory(nom="EHPAD du voisin"))
    MesureFactory(mandataire=mandataire, tribunal=tribunal, numero_dossier="dossier du voisin", eteinte=True)
    importer(voisin, "fichier du voisin.xlsx")
    UserSession.objects.create(user=voisin, ip="192.0.2.9", user_agent="appareil du voisin", session_key="v")
    NoteFactory(
        mandataire=prepose.membre.mandataire, tribunal=tribunal, auteur=personnes.juge, texte="une note du juge"
    )
    contenu = tout(telecharger(client, prepose))
    assert "voisin" not in contenu.lower()
    assert "22/00002" not in contenu
    assert "une note du juge" not in contenu
    assert "22/00001" in contenu
    for autre in (personnes.juge_voisin, personnes.admin, personnes.sans_rattachement):
        assert "22/0000" not in tout(telecharger(client, autre))
    assert "dossier du voisin" in tout(telecharger(client, voisin))


@pytest.mark.parametrize("personne", ["prepose", "service", "juge"])
def test_autant_de_requetes_quel_que_soit_le_nombre(
    client: Client, personnes: Any, tribunal: Tribunal, personne: str
) -> None:
    user = getattr(personnes, personne)
    mandataire = personnes.prepose.membre.mandataire if personne == "juge" else user.membre.mandataire
    client.force_login(user)
    avant = nombre_de_requetes(client, URL)
    for jour in range(6):
        reservee = MesureFactory(mandataire=mandataire, tribunal=tribunal, en_attente=True)
        Mesure.objects.filter(pk=reservee.pk).update(reserve_by=personnes.juge)
        NoteFactory(mandataire=mandataire, tribunal=tribunal, auteur=personnes.juge)
        AgrementFactory(mandataire=mandataire, du=date(2020, 1, 1) + timedelta(days=jour))
        if personne == "prepose":
            ExerciceFactory(mandataire=mandataire)
        if personne == "service":
            DeclarationFactory(mandataire=mandataire, by=MembreFactory(mandataire=mandataire).user)
            importer(user, "x.xlsx")
    assert nombre_de_requetes(client, URL) == avant


def test_mon_compte_et_la_page_des_droits_le_disent(client: Client, sans_rattachement: User) -> None:
    client.force_login(sans_rattachement)
    compte = client.get("/compte/")
    assert f'href="{URL}"' in compte.content.decode()
    assert "Télécharger mes données" in texte_lu(compte)
    assert "Télécharger mes données" in texte_lu(client.get("/donnees-personnelles/"))
