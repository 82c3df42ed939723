"""Who may open what: the table view × persona → status. Every named view of the site is in it.

The rows that the addresses name belong to `prepose`, whose court is the juge's and the greffier's.
Near misses: `prepose_voisin` is of the same court, `individuel` and `service` too; `juge_voisin` sits
in another court; each owns rows of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field
from datetime import date, timedelta

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from accounts.models import User
from mandataires.models import Invitation
from mesures.models import Import, Mesure
from tests.conftest import Personnes
from tests.factories import MembreFactory, MesureFactory, NoteFactory
from tests.strict import ClientStrict

PERSONNES = (
    "anonyme",
    "prepose",
    "prepose_voisin",
    "individuel",
    "service",
    "juge",
    "greffier",
    "juge_voisin",
    "admin",
    "sans_rattachement",
)
MANDATAIRES = ("prepose", "prepose_voisin", "individuel", "service")
MAGISTRATS = ("juge", "greffier", "juge_voisin")
LOGIN = -302  # a redirection to the login page, and to no other


@dataclass(frozen=True)
class Cas:
    """One view: the status for each persona (`autres` for those not named), and how to ask for it."""

    statuts: dict[str, int] = field(default_factory=dict)
    autres: int = 403
    methode: str = "get"
    pk: Callable[[Personnes], int] | None = None
    kwargs: dict[str, str] = field(default_factory=dict)
    donnees: dict[str, str] = field(default_factory=dict)

    def statut(self, personne: str) -> int:
        return self.statuts.get(personne, self.autres)


def tous(statut: int, **exceptions: int) -> Cas:
    return Cas(statuts=dict(exceptions), autres=statut)


def pour(personnes: tuple[str, ...], statut: int) -> dict[str, int]:
    return dict.fromkeys(personnes, statut)


def mesure_du_prepose(personnes: Personnes) -> int:
    return Mesure.objects.en_cours().get(mandataire__membres__user=personnes.prepose).pk


def reservation_du_prepose(personnes: Personnes) -> int:
    """One of his court, which it may cancel and he may answer."""
    mandataire = personnes.prepose.membre.mandataire
    return MesureFactory(mandataire=mandataire, tribunal=personnes.juge.magistrat.tribunal, en_attente=True).pk


def mesure_eteinte_du_prepose(personnes: Personnes) -> int:
    return MesureFactory(mandataire=personnes.prepose.membre.mandataire, eteinte=True).pk


def mesure_eteinte_par_le_prepose(personnes: Personnes) -> int:
    """One whose end, which gave it version 1, can still be undone."""
    mesure = MesureFactory(mandataire=personnes.prepose.membre.mandataire)
    Mesure.objects.filter(pk=mesure.pk).update(statut="eteinte", date_extinction=date(2024, 1, 31), version=1)
    return mesure.pk


def import_du_prepose(personnes: Personnes, **valeurs: object) -> int:
    """One that waits for him to verify it."""
    mandataire = personnes.prepose.membre.mandataire
    lu = {"etat": "lu", "lues": 0, "lu_at": timezone.now(), **valeurs}
    return Import.objects.create(mandataire=mandataire, nom_fichier="mesures.csv", **lu).pk


def import_enregistre_du_prepose(personnes: Personnes) -> int:
    return import_du_prepose(personnes, etat="fait", fait_at=timezone.now(), lues=1, nouvelles=1)


def fiche_du_prepose(personnes: Personnes) -> int:
    return personnes.prepose.membre.mandataire_id


def tribunal_du_prepose(personnes: Personnes) -> int:
    return personnes.prepose.membre.mandataire.agrements.get().tribunal_id


def agrement_du_prepose(personnes: Personnes) -> int:
    return personnes.prepose.membre.mandataire.agrements.get().pk


def exercice_du_prepose(personnes: Personnes) -> int:
    return personnes.prepose.membre.mandataire.exercices.get().pk


def collegue_du_service(personnes: Personnes) -> int:
    """Another member of the service, who does not administer it."""
    return MembreFactory(mandataire=personnes.service.membre.mandataire, est_admin=False).pk


def invitation_du_service(personnes: Personnes) -> int:
    mandataire = personnes.service.membre.mandataire
    nombre = Invitation.objects.count()
    return Invitation.objects.create(
        mandataire=mandataire,
        email=f"invite{nombre}@example.org",
        empreinte=str(nombre),
        expire_at=timezone.now() + timedelta(days=7),
    ).pk


def note_du_juge(personnes: Personnes) -> int:
    magistrat = personnes.juge.magistrat
    return NoteFactory(
        mandataire=personnes.prepose.membre.mandataire, tribunal=magistrat.tribunal, auteur=personnes.juge
    ).pk


CONNECTES = {"anonyme": LOGIN}
QUI_AGISSENT = {**CONNECTES, **pour(MANDATAIRES, 302)}
DES_MANDATAIRES = {**CONNECTES, **pour(MANDATAIRES, 200)}
DU_PREPOSE = {**CONNECTES, **pour(MANDATAIRES, 404), "prepose": 200}
DU_SERVICE = {**CONNECTES, "service": 200}
DES_MAGISTRATS = {**CONNECTES, **pour(MAGISTRATS, 200)}

TABLE: dict[str, Cas] = {
    # Everybody
    "accueil": tous(302, anonyme=200),
    "sante": tous(503),  # no worker runs in the tests
    "recherche_communes": Cas(autres=200, donnees={"q": "calais"}),
    "recherche_tribunaux": Cas(autres=200, donnees={"q": "calais"}),
    "recherche_etablissements": Cas(autres=200, donnees={"q": "oyats"}),
    "assistance": tous(200),
    "assistance_preposes": tous(200),
    "assistance_individuels": tous(200),
    "assistance_services": tous(200),
    "assistance_magistrats": tous(200),
    "mentions_legales": tous(200),
    "donnees_personnelles": tous(200),
    "accessibilite": tous(200),
    "mesures_import_format": tous(200),
    "mesures_import_modele": tous(200),
    # Accounts
    "account_login": tous(302, anonyme=200),
    "account_logout": tous(200, anonyme=302),
    "account_signup": tous(302, anonyme=200),
    "inscription_recue": tous(200),
    "account_reset_password": tous(200),
    "account_reset_password_done": tous(200),
    "account_reset_password_from_key": Cas(autres=200, kwargs={"uidb36": "1", "key": "faux-lien"}),
    "invitation": Cas(autres=200, kwargs={"secret": "faux-lien"}),
    "account_reset_password_from_key_done": tous(200),
    "account_inactive": tous(200),
    "account_email_verification_sent": tous(200),
    "account_confirm_email": Cas(autres=200, kwargs={"key": "faux"}),
    "compte": Cas(CONNECTES, autres=200),
    "account_email": Cas(CONNECTES, autres=200),
    "account_change_password": Cas(CONNECTES, autres=200),
    "account_set_password": Cas(CONNECTES, autres=302),  # to the change: they have one
    "account_reauthenticate": Cas(CONNECTES, autres=200),
    "usersessions_list": Cas(CONNECTES, autres=200),
    "deconnexion_partout": Cas(CONNECTES, autres=200),
    "mes_donnees": Cas(CONNECTES, autres=200),
    "courriels_choisir": Cas({**CONNECTES, **pour((*MANDATAIRES, *MAGISTRATS), 302)}, methode="post"),
    # MJPM
    "mesures_en_cours": Cas(DES_MANDATAIRES),
    "mesures_exporter": Cas(DES_MANDATAIRES),
    "mesures_carte": Cas(DES_MANDATAIRES),
    "mesures_carte_lieux": Cas(DES_MANDATAIRES),
    "mesures_eteintes": Cas(DES_MANDATAIRES),
    "mesures_en_attente": Cas(DES_MANDATAIRES),
    "mesure_nouvelle": Cas(DES_MANDATAIRES),
    "informations": Cas(DES_MANDATAIRES),
    "informations_modifier": Cas(DES_MANDATAIRES),
    "donnees_confirmer": Cas(QUI_AGISSENT, methode="post"),
    "interruption_signaler": Cas(DES_MANDATAIRES),
    "interruption_finir": Cas(QUI_AGISSENT, methode="post"),
    "total_declarer": Cas(DU_SERVICE),
    "total_redeclarer": Cas({**DU_SERVICE, "service": 302}, methode="post"),
    "declarations": Cas(DU_SERVICE),
    "source_total": Cas(DU_SERVICE),
    "membres": Cas(DU_SERVICE),
    "membre_inviter": Cas(DU_SERVICE),
    "membre_retirer": Cas(DU_SERVICE, pk=collegue_du_service),
    "administration_confier": Cas({**DU_SERVICE, "service": 302}, methode="post", pk=collegue_du_service),
    "administration_retirer": Cas(DU_SERVICE, pk=collegue_du_service),
    "service_quitter": Cas(DU_SERVICE),
    "invitation_renvoyer": Cas({**DU_SERVICE, "service": 302}, methode="post", pk=invitation_du_service),
    "invitation_annuler": Cas({**DU_SERVICE, "service": 302}, methode="post", pk=invitation_du_service),
    "tribunal_ajouter": Cas(DES_MANDATAIRES),
    "tribunal_retirer": Cas(QUI_AGISSENT, methode="post", pk=tribunal_du_prepose),  # each from their own list
    "tribunal_retablir": Cas({**DU_PREPOSE, "prepose": 302}, methode="post", pk=agrement_du_prepose),
    "etablissements_ajouter": Cas({**CONNECTES, **pour(("prepose", "prepose_voisin"), 200)}),
    "etablissement_retirer": Cas(
        {**CONNECTES, "prepose_voisin": 404, "prepose": 302}, methode="post", pk=exercice_du_prepose
    ),
    "etablissement_retablir": Cas(
        {**CONNECTES, "prepose_voisin": 404, "prepose": 302}, methode="post", pk=exercice_du_prepose
    ),
    "mesure_modifier": Cas(DU_PREPOSE, pk=mesure_du_prepose),
    "mesure_eteindre": Cas(DU_PREPOSE, pk=mesure_du_prepose),
    "mesure_historique": Cas(DU_PREPOSE, pk=mesure_du_prepose),
    "mesure_reactiver": Cas(
        {**DU_PREPOSE, "prepose": 302},
        methode="post",
        pk=mesure_eteinte_du_prepose,
        donnees={"version": "0"},
    ),
    "mesure_retablir": Cas(
        {**DU_PREPOSE, "prepose": 302},
        methode="post",
        pk=mesure_eteinte_par_le_prepose,
        kwargs={"version": "1"},
    ),
    "mesure_supprimer": Cas(DU_PREPOSE, pk=mesure_du_prepose),
    "mesures_importer": Cas(DES_MANDATAIRES),
    "import_detail": Cas(DU_PREPOSE, pk=import_du_prepose),
    "import_avancement": Cas({**DU_PREPOSE, "prepose": 302}, pk=import_du_prepose),  # alone it is no page
    "import_rejets": Cas({**DU_PREPOSE, "prepose": 302}, pk=import_du_prepose),  # it has no line
    "import_correspondances": Cas(DU_PREPOSE, pk=import_du_prepose),
    "import_enregistrer": Cas({**DU_PREPOSE, "prepose": 302}, methode="post", pk=import_du_prepose),
    "import_relancer": Cas({**DU_PREPOSE, "prepose": 302}, methode="post", pk=import_du_prepose),
    "import_abandonner": Cas({**DU_PREPOSE, "prepose": 302}, methode="post", pk=import_du_prepose),
    "import_annuler": Cas(DU_PREPOSE, pk=import_enregistre_du_prepose),
    "reservation_repondre": Cas(DU_PREPOSE, pk=reservation_du_prepose),
    "reservation_confirmer": Cas(DU_PREPOSE, methode="post", pk=reservation_du_prepose),  # empty: its errors
    "reservation_refuser": Cas(DU_PREPOSE, pk=reservation_du_prepose),
    # Courts
    "reserver": Cas({**CONNECTES, "juge": 200, "greffier": 200}, pk=fiche_du_prepose),  # the others: off its list
    "reservation_modifier": Cas({**DES_MAGISTRATS, "juge_voisin": 404}, pk=reservation_du_prepose),
    "reservations": Cas(DES_MAGISTRATS),
    "reservations_vues": Cas({**CONNECTES, **pour(MAGISTRATS, 302)}, methode="post"),
    "reservation_prolonger": Cas(
        {**CONNECTES, **pour(MAGISTRATS, 302), "juge_voisin": 404},
        methode="post",
        pk=reservation_du_prepose,
        donnees={"version": "0"},
    ),
    "reservation_annuler": Cas({**DES_MAGISTRATS, "juge_voisin": 404}, pk=reservation_du_prepose),
    "mesures_du_tribunal": Cas(DES_MAGISTRATS),
    "mesures_du_tribunal_eteintes": Cas(DES_MAGISTRATS),
    "mesures_du_tribunal_exporter": Cas(DES_MAGISTRATS),
    "mesure_du_tribunal": Cas({**DES_MAGISTRATS, "juge_voisin": 404}, pk=mesure_du_prepose),
    "note_ajouter": Cas(DES_MAGISTRATS, pk=fiche_du_prepose),
    "note_modifier": Cas({**CONNECTES, "juge": 200, "juge_voisin": 404}, pk=note_du_juge),
    "note_supprimer": Cas({**CONNECTES, "juge": 200, "juge_voisin": 404}, pk=note_du_juge),
    "majeurs_proteges": Cas(DES_MAGISTRATS),
    "mandataires": Cas(DES_MAGISTRATS),
    "mandataires_exporter": Cas(DES_MAGISTRATS),
    "majeurs_proteges_lieux": Cas(DES_MAGISTRATS),
    "mandataires_lieux": Cas(DES_MAGISTRATS),
    "mandataires_communes": Cas(DES_MAGISTRATS),
    "mandataires_charges": Cas(DES_MAGISTRATS, donnees={"pk": "1"}),
    "mandataire_fiche": Cas(
        {**CONNECTES, **pour(MAGISTRATS, 200), "prepose": 200, "admin": 200}, autres=404, pk=fiche_du_prepose
    ),
    "mandataire_lieux": Cas(
        {**CONNECTES, **pour(MAGISTRATS, 200), "prepose": 200, "admin": 200}, autres=404, pk=fiche_du_prepose
    ),
}


def vues_nommees(resolver: URLResolver | None = None) -> Iterator[str]:
    """The names of the site's views, outside the Django admin."""
    for motif in (resolver or get_resolver()).url_patterns:
        if isinstance(motif, URLResolver):
            if motif.namespace is None:
                yield from vues_nommees(motif)
        elif isinstance(motif, URLPattern):
            assert motif.name, f"{motif} n'a pas de nom"
            yield motif.name


def adresse(nom: str, personnes: Personnes) -> str:
    cas = TABLE[nom]
    return reverse(nom, kwargs={**cas.kwargs, **({"pk": cas.pk(personnes)} if cas.pk else {})})


def client_de(personnes: Personnes, personne: str) -> ClientStrict:
    client = ClientStrict()
    if personne != "anonyme":
        client.force_login(getattr(personnes, personne))
    return client


def statut(response: HttpResponse) -> int:
    """The status of the answer, LOGIN when it sends to the login page."""
    if response.status_code == 302 and response["Location"].startswith(reverse("account_login")):
        return LOGIN
    return int(response.status_code)


def test_chaque_vue_est_dans_la_table() -> None:
    assert set(vues_nommees()) == set(TABLE)


@contextmanager
def sans_trace() -> Iterator[None]:
    """What is done within is undone at its end, as between two tests."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.mark.django_db
@pytest.mark.parametrize("personne", PERSONNES)
def test_acces(personnes: Personnes, personne: str) -> None:
    client, obtenus = client_de(personnes, personne), {}
    session = copy(client.cookies)
    for nom, cas in TABLE.items():
        with sans_trace():
            client.cookies = copy(session)
            response = getattr(client, cas.methode)(adresse(nom, personnes), cas.donnees)
            obtenus[nom] = statut(response)
            if personne == "sans_rattachement" and cas.autres == 403:
                assert "réservée aux" in response.content.decode(), nom
    assert obtenus == {nom: cas.statut(personne) for nom, cas in TABLE.items()}


@pytest.mark.django_db
def test_l_administration_est_au_staff(client: ClientStrict, personnes: Personnes) -> None:
    for personne in PERSONNES:
        if personne != "admin":
            assert client_de(personnes, personne).get("/admin/").status_code in (302, 403), personne


@pytest.mark.django_db
@pytest.mark.parametrize("nom", ["mesure_modifier", "mesure_eteindre", "mesure_reactiver", "mesure_supprimer"])
def test_la_mesure_d_un_autre_ne_change_pas_par_post(
    client: Client, personnes: Personnes, prepose_voisin: User, nom: str
) -> None:
    mesure = Mesure.objects.get(mandataire__membres__user=personnes.prepose)
    client.force_login(prepose_voisin)
    response = client.post(reverse(nom, args=[mesure.pk]), {"version": 0, "date_extinction": "01/01/2024"})
    assert response.status_code == 404
    mesure.refresh_from_db()
    assert (mesure.statut, mesure.version) == ("en_cours", 0)


AUTRES_METHODES = {
    "mesures_en_cours": "post",
    "mesures_carte": "post",
    "mesures_carte_lieux": "post",
    "mandataire_lieux": "post",
    "majeurs_proteges": "post",
    "mandataires": "post",
    "majeurs_proteges_lieux": "post",
    "mandataires_lieux": "post",
    "mandataires_communes": "post",
    "mandataires_exporter": "post",
    "mesures_exporter": "post",
    "mesures_du_tribunal_exporter": "post",
    "mes_donnees": "post",
    "mandataires_charges": "post",
    "mesures_eteintes": "post",
    "mesure_historique": "post",
    "mesure_reactiver": "get",
    "informations": "post",
    "informations_modifier": "delete",
    "donnees_confirmer": "get",
    "courriels_choisir": "get",
    "interruption_signaler": "put",
    "interruption_finir": "get",
    "total_declarer": "put",
    "total_redeclarer": "get",
    "declarations": "post",
    "source_total": "delete",
    "membres": "post",
    "membre_inviter": "put",
    "membre_retirer": "delete",
    "administration_confier": "get",
    "administration_retirer": "put",
    "service_quitter": "delete",
    "invitation_renvoyer": "get",
    "invitation_annuler": "get",
    "invitation": "put",
    "tribunal_ajouter": "put",
    "tribunal_retirer": "get",
    "tribunal_retablir": "get",
    "etablissements_ajouter": "put",
    "etablissement_retirer": "get",
    "etablissement_retablir": "get",
    "mesure_nouvelle": "delete",
    "mesure_modifier": "put",
    "mesure_eteindre": "delete",
    "mesure_retablir": "get",
    "mesure_supprimer": "delete",
    "mesures_importer": "put",
    "import_detail": "post",
    "import_avancement": "post",
    "import_rejets": "post",
    "import_correspondances": "put",
    "import_enregistrer": "put",
    "import_relancer": "get",
    "import_abandonner": "get",
    "import_annuler": "delete",
    "mesures_en_attente": "post",
    "reservations": "post",
    "reservations_vues": "get",
    "reservation_prolonger": "get",
    "reservation_annuler": "delete",
    "mesures_du_tribunal": "post",
    "mesures_du_tribunal_eteintes": "post",
    "mesure_du_tribunal": "post",
    "reservation_repondre": "post",
    "reservation_confirmer": "put",
    "reservation_refuser": "delete",
}


@pytest.mark.django_db
def test_une_autre_methode_est_refusee(personnes: Personnes) -> None:
    client = client_de(personnes, "prepose")
    obtenus = {
        nom: getattr(client, methode)(adresse(nom, personnes)).status_code
        for nom, methode in AUTRES_METHODES.items()
    }
    assert obtenus == dict.fromkeys(AUTRES_METHODES, 405)
