"""The notes of a court on a MJPM: who reads them, who changes them."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from mandataires.models import Mandataire, Note
from tests.factories import MandataireFactory, NoteFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def mandataire(prepose: User) -> Mandataire:
    return prepose.membre.mandataire


def fiche(client: Client, user: User, mandataire: Mandataire) -> str:
    client.force_login(user)
    return client.get(mandataire.get_absolute_url()).content.decode()


def test_une_note_n_est_lue_que_dans_son_tribunal(
    client: Client, juge: User, greffier: User, juge_voisin: User, prepose: User, mandataire: Mandataire
) -> None:
    client.force_login(juge)
    response = client.post(reverse("note_ajouter", args=[mandataire.pk]), {"texte": "  Répond <b>vite</b>.  "})
    assert response["Location"] == f"/mandataires/{mandataire.pk}/#notes"
    note = Note.objects.get(mandataire=mandataire)
    assert (note.texte, note.auteur, note.tribunal) == ("Répond <b>vite</b>.", juge, juge.magistrat.tribunal)

    assert "Répond &lt;b&gt;vite&lt;/b&gt;." in fiche(client, juge, mandataire)
    assert "Répond" in fiche(client, greffier, mandataire)
    assert "Répond" not in fiche(client, juge_voisin, mandataire)
    assert "Notes de votre tribunal" not in fiche(client, prepose, mandataire)


def test_un_autre_tribunal_a_ses_propres_notes(
    client: Client, juge: User, juge_voisin: User, mandataire: Mandataire
) -> None:
    NoteFactory(mandataire=mandataire, tribunal=juge.magistrat.tribunal, auteur=juge, texte="Celle de Calais.")
    client.force_login(juge_voisin)
    client.post(reverse("note_ajouter", args=[mandataire.pk]), {"texte": "Celle d'Arras."})
    page = fiche(client, juge_voisin, mandataire)
    assert "Celle d&#x27;Arras." in page
    assert "Celle de Calais." not in page


def test_un_tribunal_ferme_laisse_ses_notes_a_son_successeur(
    client: Client, juge: User, juge_voisin: User, mandataire: Mandataire
) -> None:
    ancien = juge.magistrat.tribunal
    NoteFactory(mandataire=mandataire, tribunal=ancien, auteur=juge, texte="Celle de Calais.")
    ancien.ferme_le, ancien.successeur = "2024-01-01", juge_voisin.magistrat.tribunal
    ancien.save()
    assert "Celle de Calais." in fiche(client, juge_voisin, mandataire)


@pytest.mark.parametrize("adresse", ["", "/assistance/magistrats/", "/donnees-personnelles/"])
def test_la_duree_est_la_meme_partout(client: Client, juge: User, mandataire: Mandataire, adresse: str) -> None:
    client.force_login(juge)
    page = client.get(adresse or mandataire.get_absolute_url()).content.decode()
    assert re.search(r"2 ans après avoir été écrit(s ou modifiés|e ou modifiée)\b", page)


@pytest.mark.parametrize(("texte", "phrase"), [("   ", "Écrivez la note."), ("x" * 2001, "2000 caractères")])
def test_une_mauvaise_note_est_rendue_telle_quelle(
    client: Client, juge: User, mandataire: Mandataire, texte: str, phrase: str
) -> None:
    client.force_login(juge)
    response = client.post(reverse("note_ajouter", args=[mandataire.pk]), {"texte": texte})
    assert response.status_code == 200
    assert phrase in response.content.decode()
    assert texte.strip() in response.content.decode()
    assert not Note.objects.filter(mandataire=mandataire).exists()


def test_seul_l_auteur_modifie_et_supprime(
    client: Client, juge: User, greffier: User, mandataire: Mandataire
) -> None:
    note = NoteFactory(mandataire=mandataire, tribunal=juge.magistrat.tribunal, auteur=juge, texte="Avant.")
    modifier, supprimer = (reverse(nom, args=[note.pk]) for nom in ("note_modifier", "note_supprimer"))
    assert modifier not in fiche(client, greffier, mandataire)
    for adresse in (modifier, supprimer):
        response = client.post(adresse, {"texte": "Pas la mienne."})
        assert response.status_code == 403
        assert "Seul l&#x27;auteur d&#x27;une note" in response.content.decode()

    assert modifier in fiche(client, juge, mandataire)
    client.post(modifier, {"texte": "Après."})
    note.refresh_from_db()
    assert note.texte == "Après."
    assert note.modifiee_at is not None
    assert "modifiée le" in fiche(client, juge, mandataire)
    assert "Avant" not in client.get(supprimer).content.decode()
    client.post(supprimer)
    assert not Note.objects.filter(pk=note.pk).exists()


def test_des_champs_en_plus_sont_ignores(
    client: Client, juge: User, juge_voisin: User, mandataire: Mandataire
) -> None:
    client.force_login(juge)
    client.post(
        reverse("note_ajouter", args=[mandataire.pk]),
        {"texte": "La mienne.", "auteur": juge_voisin.pk, "tribunal": juge_voisin.magistrat.tribunal_id},
    )
    note = Note.objects.get(mandataire=mandataire)
    assert (note.auteur, note.tribunal) == (juge, juge.magistrat.tribunal)


def test_pas_de_note_sur_une_demande_sans_reponse(client: Client, juge: User) -> None:
    client.force_login(juge)
    inconnu = MandataireFactory(valide_at=None)
    assert client.post(reverse("note_ajouter", args=[inconnu.pk]), {"texte": "?"}).status_code == 404


def test_l_auteur_parti_la_note_reste(client: Client, greffier: User, mandataire: Mandataire) -> None:
    NoteFactory(mandataire=mandataire, tribunal=greffier.magistrat.tribunal, auteur=None, texte="Gardée.")
    page = fiche(client, greffier, mandataire)
    assert "Gardée." in page
    assert "Ancien utilisateur" in page
