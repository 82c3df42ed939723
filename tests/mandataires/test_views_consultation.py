"""What a court reads of the MJPM."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from mandataires.models import Charge, Mandataire, Note, Releve
from mesures.models import Mesure
from tests.factories import (
    AgrementFactory,
    DeclarationFactory,
    ExerciceFactory,
    MandataireFactory,
    MembreFactory,
    MesureFactory,
    NoteFactory,
)
from tests.strict import nombre_de_requetes
from tribunaux.models import Tribunal

pytestmark = pytest.mark.django_db


def lire(client: Client, mandataire: Mandataire, parametres: str = "") -> str:
    response = client.get(mandataire.get_absolute_url() + parametres)
    assert response.status_code == 200
    return html.unescape(re.sub(r"\s+", " ", response.content.decode()).replace("\xa0", " "))


def test_la_liste_est_celle_du_tribunal(
    client: Client, juge: User, juge_voisin: User, prepose: User, individuel: User
) -> None:
    client.force_login(juge)
    page = client.get("/mandataires/").content.decode()
    assert str(prepose.membre.mandataire) in page
    assert str(individuel.membre.mandataire) in page
    client.force_login(juge_voisin)
    page = client.get("/mandataires/").content.decode()
    assert str(prepose.membre.mandataire) not in page
    assert "Mandataire_D_Arras" in page


def test_une_mesure_de_plus_se_voit_sur_la_fiche(client: Client, juge: User, prepose: User) -> None:
    mandataire = prepose.membre.mandataire
    client.force_login(juge)
    url = mandataire.get_absolute_url()
    assert "1 / 60" in client.get(url).content.decode()
    MesureFactory(mandataire=mandataire)
    assert "2 / 60" in client.get(url).content.decode()


def test_une_fiche_hors_liste_le_dit(client: Client, juge_voisin: User, juge: User, prepose: User) -> None:
    url = prepose.membre.mandataire.get_absolute_url()
    client.force_login(juge_voisin)
    assert "pas sur la liste de votre tribunal" in client.get(url).content.decode()
    client.force_login(juge)
    assert "pas sur la liste de votre tribunal" not in client.get(url).content.decode()


def test_une_fiche_ou_tout_manque(client: Client, juge: User, tribunal: Tribunal) -> None:
    mandataire = MandataireFactory(prepose=True, commune=None, telephone="", email="", capacite=None, adresse="")
    MembreFactory(mandataire=mandataire)
    ExerciceFactory(mandataire=mandataire, etablissement=None, nom_libre="EHPAD hors liste")
    client.force_login(juge)
    page = client.get(mandataire.get_absolute_url()).content.decode()
    assert "Capacité non renseignée" in page
    assert "Aucun tribunal" in page
    assert "EHPAD hors liste" in page
    assert "None" not in page


def test_autant_de_requetes_pour_un_mandataire_que_pour_cinquante(
    client: Client, juge: User, tribunal: Tribunal
) -> None:
    client.force_login(juge)
    AgrementFactory(mandataire=MembreFactory().mandataire, tribunal=tribunal)
    pour_peu = nombre_de_requetes(client, "/mandataires/")
    for _ in range(50):
        AgrementFactory(mandataire=MembreFactory().mandataire, tribunal=tribunal)
    assert nombre_de_requetes(client, "/mandataires/") == pour_peu < 15


# --- The record --------------------------------------------------------------------------------------


@pytest.mark.parametrize("type_", Mandataire.Type.values)
def test_une_fiche_ou_rien_n_est_rempli(client: Client, juge: User, type_: str) -> None:
    membre = MembreFactory(
        mandataire=Mandataire.objects.create(
            type=type_,
            nom="Nouveau",
            prenom="" if type_ == "service" else "Camille",
            source_total="declaration" if type_ == "service" else "mesures",
            valide_at=timezone.now(),
        )
    )
    for lecteur in (juge, membre.user):
        client.force_login(lecteur)
        page = lire(client, membre.mandataire)
        for phrase in ("Capacité non renseignée", "Adresse</dt> <dd> non renseignée", "Aucun tribunal", "jamais"):
            assert phrase in page
        assert "None" not in page
        assert "tel:" not in page
        assert "Téléphone</dt> <dd>non renseigné</dd>" in page
        assert "Adresse e-mail" not in page
        assert ("Message aux magistrats" in page, "Secrétariat" in page) == (False, type_ != "service")
        assert ("Ce préposé n'a indiqué aucun établissement" in page) is (type_ == "prepose")


def test_les_coordonnees_s_appellent_et_s_ecrivent(client: Client, juge: User, tribunal: Tribunal) -> None:
    mandataire = MandataireFactory(
        telephone="03 21 00 00 00",
        telephone_portable="06 00 00 00 00",
        a_un_secretariat=True,
        secretariat_etp="0.80",
        message_magistrats="Joignable <b>le matin</b>.",
    )
    MembreFactory(mandataire=mandataire)
    client.force_login(juge)
    response = client.get(mandataire.get_absolute_url()).content.decode()
    for extrait in (
        'href="tel:0321000000"',
        'href="tel:0600000000"',
        'href="mailto:contact@example.org"',
        "0,8 ETP (équivalent temps plein)",
        "Joignable &lt;b&gt;le matin&lt;/b&gt;.",
    ):
        assert extrait in response


def test_un_juge_lit_combien_de_mesures_sont_de_son_tribunal(
    client: Client,
    juge: User,
    juge_voisin: User,
    prepose: User,
    prepose_voisin: User,
    autre_tribunal: Tribunal,
    tribunal: Tribunal,
) -> None:
    mandataire = prepose.membre.mandataire  # one ongoing mesure of `tribunal`
    MesureFactory(mandataire=mandataire, tribunal=tribunal)
    MesureFactory.create_batch(3, mandataire=mandataire, tribunal=autre_tribunal)
    MesureFactory(mandataire=mandataire, tribunal=None)
    MesureFactory(mandataire=mandataire, tribunal=tribunal, eteinte=True)
    MesureFactory(mandataire=mandataire, en_attente=True, tribunal=tribunal)
    client.force_login(juge)
    assert "De votre tribunal</dt> <dd>2</dd>" in lire(client, mandataire)
    client.force_login(juge_voisin)
    assert "De votre tribunal</dt> <dd>3</dd>" in lire(client, mandataire)
    assert "De votre tribunal</dt> <dd>aucune</dd>" in lire(client, prepose_voisin.membre.mandataire)
    client.force_login(prepose)
    assert "De votre tribunal" not in lire(client, mandataire)

    tribunal.ferme_le, tribunal.successeur = "2024-01-01", autre_tribunal
    tribunal.save()
    client.force_login(juge_voisin)
    assert "De votre tribunal</dt> <dd>5</dd>" in lire(client, mandataire)


def test_le_total_declare_d_un_service_n_est_pas_ce_qu_il_enregistre(
    client: Client, juge: User, service: User, tribunal: Tribunal
) -> None:
    client.force_login(juge)
    assert "De votre tribunal</dt> <dd>aucune enregistrée ici</dd>" in lire(client, service.membre.mandataire)
    MesureFactory(mandataire=service.membre.mandataire, tribunal=tribunal)
    page = lire(client, service.membre.mandataire)
    assert "1 450 / 1 600" in page
    assert "De votre tribunal</dt> <dd>1 enregistrée ici</dd>" in page


def test_la_fiche_montre_les_douze_derniers_mois(client: Client, juge: User, service: User) -> None:
    mandataire = service.membre.mandataire
    Releve.objects.create(
        mandataire=mandataire, jour=timezone.localdate() - timedelta(days=700), en_cours=0, declare=1300
    )
    DeclarationFactory(mandataire=mandataire, nombre=1500)
    client.force_login(juge)
    page = lire(client, mandataire)
    assert "Mesures en cours sur douze mois" in page
    assert "1 300 le " in page
    assert "Au plus bas 1 300, au plus haut 1 500." in page
    assert page.count('<th scope="row">') == 13


def test_des_donnees_de_plus_de_30_jours_sont_signalees(client: Client, juge: User, prepose: User) -> None:
    client.force_login(juge)
    charge = Charge.objects.filter(mandataire__membres__user=prepose)
    charge.update(mise_a_jour_at=timezone.now() - timedelta(days=31))
    assert "il y a plus de 30 jours" in lire(client, prepose.membre.mandataire)
    charge.update(mise_a_jour_at=timezone.now() - timedelta(days=29))
    assert "il y a plus de 30 jours" not in lire(client, prepose.membre.mandataire)


def test_une_note_ne_perd_pas_la_liste_d_ou_l_on_vient(client: Client, juge: User, prepose: User) -> None:
    mandataire = prepose.membre.mandataire
    client.force_login(juge)
    retour = "?retour=%2Fmajeurs-proteges%2F%3Ftype%3Dprepose%26page%3D2"
    page = lire(client, mandataire, retour)
    action = re.search(r'action="(/mandataires/\d+/notes/ajouter/.*?)"', page)
    assert action
    refusee = client.post(action[1], {"texte": ""}).content.decode()
    assert f'href="/mandataires/{mandataire.pk}/{retour}#notes"' in refusee
    response = client.post(action[1], {"texte": "Vu."})
    assert response["Location"] == f"/mandataires/{mandataire.pk}/{retour}#notes"
    page = lire(client, mandataire, retour)
    assert 'href="/majeurs-proteges/?type=prepose&page=2">Revenir aux mandataires' in page
    note = Note.objects.get(mandataire=mandataire)
    assert f'href="/notes/{note.pk}/modifier/{retour}"' in page
    ailleurs = client.post(f"/notes/{note.pk}/supprimer/?retour=https://example.org/")
    assert ailleurs["Location"] == f"/mandataires/{mandataire.pk}/#notes"


def test_la_fiche_coute_autant_avec_un_peu_qu_avec_beaucoup(
    client: Client, juge: User, prepose: User, tribunal: Tribunal
) -> None:
    mandataire = prepose.membre.mandataire

    def ajouter(nombre: int) -> None:
        NoteFactory.create_batch(nombre, mandataire=mandataire, tribunal=tribunal, auteur=juge)
        MesureFactory.create_batch(nombre, mandataire=mandataire, tribunal=tribunal)
        ExerciceFactory.create_batch(nombre, mandataire=mandataire)
        AgrementFactory.create_batch(nombre, mandataire=mandataire)
        for jour in range(nombre):
            Releve.objects.update_or_create(
                mandataire=mandataire,
                jour=timezone.localdate() - timedelta(days=20 * jour),
                defaults={"en_cours": jour, "declare": None},
            )

    client.force_login(juge)
    ajouter(1)
    pour_peu = nombre_de_requetes(client, mandataire.get_absolute_url())
    ajouter(49)
    assert Mesure.objects.filter(mandataire=mandataire).count() > 50
    assert nombre_de_requetes(client, mandataire.get_absolute_url()) == pour_peu <= 17
