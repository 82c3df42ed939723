"""A portfolio that changes hands, in the Django admin: two steps, in counts, and its undoing."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.cache import cache
from django.db import connection
from django.test.client import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from mandataires.models import Charge, Mandataire
from mesures.compteurs import derives
from mesures.models import Mesure, Transfert
from tests.accounts.taches import courriels_envoyes
from tests.conftest import mandataire_de
from tests.factories import (
    CommuneFactory,
    DeclarationFactory,
    MandataireFactory,
    MesureFactory,
    TribunalFactory,
    UserFactory,
)
from tests.strict import ClientStrict, nombre_de_requetes
from tribunaux.models import Tribunal

pytestmark = pytest.mark.django_db

LISTE = reverse("admin:mesures_transfert_changelist")
AJOUT = reverse("admin:mesures_transfert_add")
# What a page of the team must never show of a mesure.
PERSONNEL = ("22/00001", "22/00004", "Dos-", "1957", "Femme", "62999")


@pytest.fixture
def de(prepose: User, tribunal: Tribunal, autre_tribunal: Tribunal) -> Mandataire:
    mandataire = mandataire_de(prepose)
    MesureFactory(
        mandataire=mandataire, tribunal=autre_tribunal, numero_rg="22/00004", numero_dossier="Dos-4",
        annee_naissance=1957, code_postal="62999",
    )  # fmt: skip
    MesureFactory(mandataire=mandataire, tribunal=tribunal, numero_dossier="Dos-5", eteinte=True)
    MesureFactory(mandataire=mandataire, tribunal=tribunal, en_attente=True)
    return mandataire


@pytest.fixture
def vers(prepose_voisin: User) -> Mandataire:
    return mandataire_de(prepose_voisin)


def page(de: Mandataire) -> str:
    return f"{AJOUT}?de={de.pk}"


def choix(vers: Mandataire | None, **valeurs: Any) -> dict[str, Any]:
    return {"vers": vers.pk if vers else "", "quoi": "en_cours", **valeurs}


def envoi(response: Any) -> dict[str, str]:
    """What the page that previews sends back: its hidden fields."""
    champs = re.findall(r'<input type="hidden" name="(\w+)"(?: value="([^"]*)")?', response.content.decode())
    return {nom: valeur for nom, valeur in champs if nom != "csrfmiddlewaretoken"}


def transferer(client: Client, de: Mandataire, vers: Mandataire, **valeurs: Any) -> Any:
    """The two steps, one after the other."""
    apercu = client.post(page(de), choix(vers, **valeurs))
    assert apercu.status_code == 200
    return client.post(page(de), envoi(apercu) | {"transferer": "1"}, follow=True)


def page_de(transfert: Transfert, action: str = "change") -> str:
    return reverse(f"admin:mesures_transfert_{action}", args=[transfert.pk])


def au(mandataire: Mandataire) -> int:
    return Mesure.objects.en_cours().filter(mandataire=mandataire).count()


# --- Two steps -----------------------------------------------------------------------------------------


def test_de_la_page_du_mandataire_au_transfert(
    en_admin: ClientStrict, admin: User, de: Mandataire, vers: Mandataire, tribunal: Tribunal
) -> None:
    lien = f'<a href="{page(de)}">Transférer des mesures</a>'
    assert lien in en_admin.get(reverse("admin:mandataires_mandataire_change", args=[de.pk])).content.decode()
    formulaire = en_admin.get(page(de)).content.decode()
    assert "Les mesures en cours (2)" in formulaire
    assert "Les mesures en cours et les mesures éteintes (3)" in formulaire
    assert f"{tribunal.libelle} : 1 en cours, 1 éteinte" in formulaire
    assert "Les réservations en attente (1) ne se transfèrent pas" in formulaire

    apercu = en_admin.post(page(de), choix(vers, motif="Retraite", quoi="toutes"))
    contenu = apercu.content.decode()
    assert "Transférer les 3 mesures" in contenu
    assert "1 / 60 · 59 disponibles" in contenu
    assert "3 / 60 · 57 disponibles" in contenu
    assert "pas d&#x27;agrément pour « Tribunal judiciaire d&#x27;Arras » (1 mesure en cours)" in contenu
    assert "Réservations en attente qui restent à Camille Prepose" in contenu
    assert (au(de), au(vers)) == (2, 1), "the preview moves nothing"
    assert courriels_envoyes() == []

    fait = en_admin.post(page(de), envoi(apercu) | {"transferer": "1"}, follow=True)
    assert "3 mesures transférées de Camille Prepose vers Camille Prepose_Voisin." in fait.content.decode()
    assert "Retraite" in fait.content.decode()
    assert "2 en cours ; 1 éteinte ; 3 inchangées depuis le transfert" in fait.content.decode()
    transfert = Transfert.objects.get()
    assert fait.redirect_chain == [(page_de(transfert), 302)]
    assert (au(de), au(vers)) == (0, 3)
    for ligne in transfert.lignes.order_by("pk"):
        assert ligne.mesure.historique.order_by("-pgh_id")[0].pgh_context.metadata == {"user": admin.pk}
    assert LogEntry.objects.get().get_change_message() == "Mesures transférées."
    assert len(courriels_envoyes()) == 2
    for texte in (formulaire, contenu, fait.content.decode(), en_admin.get(LISTE).content.decode()):
        assert not [mot for mot in PERSONNEL if mot in texte]


def test_chacun_voit_aussitot_les_siennes(
    en_admin: ClientStrict, de: Mandataire, vers: Mandataire, prepose: User, prepose_voisin: User, juge: User
) -> None:
    mesure = Mesure.objects.get(mandataire=de, numero_rg="22/00001")
    transferer(en_admin, de, vers)
    fiche = reverse("mesure_historique", args=[mesure.pk])
    recoit, part, tribunal = ClientStrict(), ClientStrict(), ClientStrict()
    recoit.force_login(prepose_voisin)
    liste = recoit.get(reverse("mesures_en_cours")).content.decode()
    assert "22/00001" in liste
    assert "22/00004" in liste
    assert re.search(r"3\s*/\s*60", liste)
    assert recoit.get(fiche).status_code == 200
    part.force_login(prepose)
    liste = part.get(reverse("mesures_en_cours")).content.decode()
    assert "22/00001" not in liste
    assert re.search(r"0\s*/\s*60", liste)
    assert part.get(fiche).status_code == 404
    tribunal.force_login(juge)
    assert "3 / 60" in tribunal.get(reverse("mandataire_fiche", args=[vers.pk])).content.decode()
    assert derives() == []


def test_des_numeros_donnes(en_admin: ClientStrict, de: Mandataire, vers: Mandataire) -> None:
    fautif = en_admin.post(page(de), choix(vers, numeros="22/00001\r\n22/00002\r\n\r\n dos-5 \r\n<b>1</b>"))
    contenu = fautif.content.decode()
    assert "Absents des mesures choisies : 22/00002, dos-5, &lt;b&gt;1&lt;/b&gt;." in contenu
    assert "Transférer la mesure" not in contenu
    assert "22/00001\n" in contenu.replace("\r", ""), "what was typed is kept"
    MesureFactory(mandataire=de, numero_dossier="22/00001")
    ambigu = en_admin.post(page(de), choix(vers, numeros="22/00001"))
    assert "Communs à plusieurs mesures : 22/00001." in ambigu.content.decode()
    transferer(en_admin, de, vers, numeros="22/00004\ndos-5", quoi="toutes")
    assert Transfert.objects.get().nombre == 2
    assert (au(de), au(vers)) == (2, 2)


def test_un_numero_ne_dit_pas_ou_vit_la_personne(en_admin: ClientStrict, de: Mandataire, vers: Mandataire) -> None:
    """Whether or not the mesure is at that place, the answer is the same."""
    la = Mesure.objects.get(mandataire=de, numero_rg="22/00004")
    ailleurs = MesureFactory(
        mandataire=de,
        commune=CommuneFactory(),
        lieu_vie="etablissement",
        etablissement=de.exercices.get().etablissement,
    )
    for lieu in (
        {"commune": la.commune_id},
        {"commune": ailleurs.commune_id},
        {"etablissement": ailleurs.etablissement_id},
    ):
        response = en_admin.post(page(de), choix(vers, numeros="22/00004\r\n99/99999", **lieu))
        form = response.context["form"]
        [nom] = lieu
        assert form.errors == {
            nom: ["Avec des numéros, ne choisissez pas de lieu : videz ce choix, ou les numéros."]
        }
        assert "99/99999" in form["numeros"].value(), "what was typed is kept"
        assert "Transférer la mesure" not in response.content.decode()


def test_le_tribunal_ne_sert_qu_a_departager(
    en_admin: ClientStrict, de: Mandataire, vers: Mandataire, tribunal: Tribunal, autre_tribunal: Tribunal
) -> None:
    commun = MesureFactory(mandataire=de, tribunal=autre_tribunal, numero_rg="22/00001")
    transferer(en_admin, de, vers, numeros="22/00001", tribunal=autre_tribunal.pk)
    assert Transfert.objects.get().lignes.get().mesure == commun
    transferer(en_admin, de, vers, numeros="22/00004", tribunal=tribunal.pk)
    assert Transfert.objects.first().lignes.get().mesure.numero_rg == "22/00004"  # type: ignore[union-attr]


def test_modifier_garde_ce_qui_a_ete_choisi(
    en_admin: ClientStrict, de: Mandataire, vers: Mandataire, autre_tribunal: Tribunal
) -> None:
    apercu = en_admin.post(
        page(de), choix(vers, tribunal=autre_tribunal.pk, numeros="22/00004\r\nDos-4", motif='L"à')
    )
    assert "Transférer la mesure" in apercu.content.decode()
    retour = en_admin.post(page(de), envoi(apercu) | {"modifier": "1"})
    form = retour.context["form"]
    assert form["numeros"].value().split() == ["22/00004", "Dos-4"]
    assert (form["vers"].value(), form["tribunal"].value()) == (str(vers.pk), str(autre_tribunal.pk))
    assert "errornote" not in retour.content.decode()
    assert not Transfert.objects.exists()


@pytest.mark.parametrize(
    ("valeurs", "phrase"),
    [
        ({"vers": ""}, "Choisissez le mandataire qui reçoit les mesures."),
        ({"vers": "soi"}, "Choisissez un autre mandataire, validé."),
        ({"vers": "demande"}, "Choisissez un autre mandataire, validé."),
        ({"vers": "abc"}, "Choisissez un autre mandataire, validé."),
        ({"tribunal": "999999"}, "Aucune mesure de ce mandataire ne correspond à ce choix."),
        ({"commune": "2A004"}, "Aucune mesure de ce mandataire ne correspond à ce choix."),
        ({"etablissement": "x"}, "Aucune mesure de ce mandataire ne correspond à ce choix."),
        ({"quoi": "en_attente"}, "Aucune mesure de ce mandataire ne correspond à ce choix."),
        ({"motif": "x" * 201}, "200"),
    ],
)
def test_un_choix_impossible_se_dit(
    en_admin: ClientStrict, de: Mandataire, vers: Mandataire, valeurs: dict[str, Any], phrase: str
) -> None:
    demande = MandataireFactory(valide_at=None)
    remplaces = {"soi": de.pk, "demande": demande.pk}
    valeurs = {nom: remplaces.get(valeur, valeur) for nom, valeur in valeurs.items()}
    response = en_admin.post(page(de), choix(vers) | valeurs | {"transferer": "1"})
    assert phrase in response.content.decode()
    assert "Rien n'est transféré" in response.content.decode()
    assert not Transfert.objects.exists()


def test_rien_a_transferer(en_admin: ClientStrict, vers: Mandataire) -> None:
    vide = MandataireFactory()
    assert "Les mesures en cours (0)" in en_admin.get(page(vide)).content.decode()
    assert "Aucune mesure ne répond à ce choix." in en_admin.post(page(vide), choix(vers)).content.decode()


def test_le_choix_du_mandataire_d_abord(en_admin: ClientStrict, de: Mandataire) -> None:
    assert 'name="de"' in en_admin.get(AJOUT).content.decode()
    assert "Ce mandataire n&#x27;existe pas." in en_admin.get(f"{AJOUT}?de=0").content.decode()
    assert "Ce mandataire n&#x27;existe pas." in en_admin.get(f"{AJOUT}?de=abc").content.decode()
    assert "Choisissez un mandataire." in en_admin.get(f"{AJOUT}?de=").content.decode()
    propositions = en_admin.get(
        reverse("admin:autocomplete"),
        {"app_label": "mesures", "model_name": "transfert", "field_name": "vers", "term": "Prepose"},
    ).json()["results"]
    assert [proposition["text"] for proposition in propositions] == ["Camille Prepose"]


def test_ce_qui_a_change_depuis_l_apercu_revient_a_l_apercu(
    en_admin: ClientStrict, de: Mandataire, vers: Mandataire
) -> None:
    apercu = en_admin.post(page(de), choix(vers))
    MesureFactory(mandataire=de)
    perime = en_admin.post(page(de), envoi(apercu) | {"transferer": "1"})
    assert "Ces mesures ont changé depuis l&#x27;aperçu : rien n&#x27;a été fait." in perime.content.decode()
    assert "Transférer les 3 mesures" in perime.content.decode()
    assert not Transfert.objects.exists()
    en_admin.post(page(de), envoi(perime) | {"transferer": "1"})
    assert Transfert.objects.get().nombre == 3


def test_un_double_clic_ne_transfere_qu_une_fois(en_admin: ClientStrict, de: Mandataire, vers: Mandataire) -> None:
    donnees = envoi(en_admin.post(page(de), choix(vers))) | {"transferer": "1"}
    en_admin.post(page(de), donnees)
    assert "Aucune mesure" in en_admin.post(page(de), donnees).content.decode()
    assert Transfert.objects.count() == 1


def test_un_rg_deja_pris_se_dit_avant(
    en_admin: ClientStrict, de: Mandataire, vers: Mandataire, tribunal: Tribunal
) -> None:
    MesureFactory(mandataire=vers, tribunal=tribunal, numero_rg="22/00001")
    apercu = en_admin.post(page(de), choix(vers))
    contenu = apercu.content.decode()
    assert "1 mesure en cours a un numéro RG que Camille Prepose_Voisin a déjà" in contenu
    assert "Numéros RG déjà pris" in contenu
    assert 'name="transferer"' not in contenu
    force = en_admin.post(page(de), envoi(apercu) | {"transferer": "1"})
    assert force.content.decode().count("1 mesure en cours a un numéro RG") == 1
    assert not Transfert.objects.exists()


# --- Undone ----------------------------------------------------------------------------------------------


def test_annuler(en_admin: ClientStrict, admin: User, de: Mandataire, vers: Mandataire) -> None:
    transferer(en_admin, de, vers)
    transfert = Transfert.objects.get()
    lien = page_de(transfert, "annuler")
    assert f'<a href="{lien}">Annuler le transfert</a>' in en_admin.get(page_de(transfert)).content.decode()
    confirmation = en_admin.get(lien)
    assert "2 peuvent revenir à Camille Prepose." in " ".join(confirmation.content.decode().split())
    assert "laisse_les_autres" not in confirmation.content.decode()
    assert au(de) == 0
    fait = en_admin.post(lien, envoi(confirmation), follow=True)
    assert "2 mesures revenues à Camille Prepose." in fait.content.decode()
    assert "par Camille" in fait.content.decode()
    assert "Annuler le transfert" not in fait.content.decode()
    assert (au(de), au(vers)) == (2, 1)
    mesure = Mesure.objects.get(numero_rg="22/00001")
    assert mesure.historique.order_by("-pgh_id")[0].pgh_context.metadata == {"user": admin.pk}
    deja = en_admin.post(lien, {"empreinte": "x"}, follow=True)
    assert "Ce transfert a déjà été annulé." in deja.content.decode()
    assert (au(de), len(courriels_envoyes())) == (2, 4)
    assert [e.get_change_message() for e in LogEntry.objects.order_by("pk")] == [
        "Mesures transférées.",
        "Transfert annulé.",
    ]


def test_annuler_sans_celles_qui_ont_change(en_admin: ClientStrict, de: Mandataire, vers: Mandataire) -> None:
    transferer(en_admin, de, vers)
    transfert = Transfert.objects.get()
    lien = page_de(transfert, "annuler")
    avant = envoi(en_admin.get(lien))
    Mesure.objects.filter(numero_rg="22/00004").update(version=2, cabinet="3")
    non_coche = en_admin.post(lien, avant)
    assert "Cochez la case" in non_coche.content.decode()
    assert "1 mesure a changé depuis" in " ".join(non_coche.content.decode().split())
    assert "Annuler le transfert sans cette mesure" in non_coche.content.decode()
    perime = en_admin.post(lien, avant | {"laisse_les_autres": "on"})
    assert "Ces mesures ont changé depuis l&#x27;aperçu" in perime.content.decode()
    assert au(de) == 0
    fait = en_admin.post(lien, envoi(perime) | {"laisse_les_autres": "on"}, follow=True)
    assert "1 mesure revenue à Camille Prepose." in fait.content.decode()
    assert "(1 sur 2)" in fait.content.decode()
    assert (au(de), au(vers)) == (1, 2)


def test_annuler_quand_tout_a_change(en_admin: ClientStrict, de: Mandataire, vers: Mandataire) -> None:
    transferer(en_admin, de, vers)
    transfert = Transfert.objects.get()
    Mesure.objects.filter(mandataire=vers).update(version=9)
    page_morte = en_admin.get(page_de(transfert, "annuler"))
    assert "aucune ne peut revenir" in page_morte.content.decode()
    assert "<form method" not in page_morte.content.decode().split("content-main")[1]
    en_admin.post(page_de(transfert, "annuler"), {"empreinte": "", "laisse_les_autres": "on"})
    assert au(de) == 0


def test_l_annulation_annonce_le_total_qu_elle_rendra(
    en_admin: ClientStrict, service: User, vers: Mandataire, tribunal: Tribunal
) -> None:
    association = mandataire_de(service)
    MesureFactory.create_batch(2, mandataire=association, tribunal=tribunal)
    DeclarationFactory(mandataire=association, nombre=1)
    transferer(en_admin, association, vers)
    lien = page_de(Transfert.objects.get(), "annuler")
    confirmation = en_admin.get(lien)
    annonce = confirmation.context["apercu"].effets[1].apres.en_cours
    en_admin.post(lien, envoi(confirmation))
    assert annonce == Charge.objects.get(pk=association.pk).declare == 1


# --- The list, the page of one, and who may ----------------------------------------------------------------


def test_la_liste(en_admin: ClientStrict, de: Mandataire, vers: Mandataire) -> None:
    transferer(en_admin, de, vers)
    defait = Transfert.objects.get()
    en_admin.post(page_de(defait, "annuler"), envoi(en_admin.get(page_de(defait, "annuler"))))
    transferer(en_admin, de, vers)
    fait = Transfert.objects.order_by("pk").last()
    assert [
        list(en_admin.get(LISTE, {"etat": etat}).context["cl"].result_list) for etat in ("faits", "annules")
    ] == [
        [fait],
        [defait],
    ]
    assert en_admin.get(LISTE, {"q": "prepose"}).context["cl"].result_count == 2
    assert en_admin.get(LISTE, {"q": "personne"}).context["cl"].result_count == 0
    assert ">None<" not in en_admin.get(LISTE).content.decode()


def test_un_acte_ne_se_corrige_ni_ne_se_supprime(en_admin: ClientStrict, de: Mandataire, vers: Mandataire) -> None:
    transferer(en_admin, de, vers)
    transfert = Transfert.objects.get()
    assert en_admin.post(page_de(transfert), {"motif": "autre"}).status_code == 403
    assert en_admin.post(page_de(transfert, "delete"), {"post": "yes"}).status_code == 403
    assert "delete_selected" not in en_admin.get(LISTE).content.decode()
    Mesure.objects.filter(numero_rg="22/00004").delete()
    assert (
        "1 en cours ; 0 éteinte ; 1 supprimée ; 1 inchangée" in en_admin.get(page_de(transfert)).content.decode()
    )


def test_requetes_en_nombre_fixe(en_admin: ClientStrict, de: Mandataire, vers: Mandataire) -> None:
    def poster(adresse: str, donnees: dict[str, Any]) -> tuple[int, Any]:
        with CaptureQueriesContext(connection) as requetes:
            response = en_admin.post(adresse, donnees)
        return len(requetes), response

    def couts() -> tuple[list[int], int]:
        """Of each page and act, on all the mesures of `de`; and how many those are."""
        rgs = Mesure.objects.en_cours().filter(mandataire=de).exclude(numero_rg=None)
        numeros, _ = poster(page(de), choix(vers, numeros="\n".join(rgs.values_list("numero_rg", flat=True))))
        apercu, previsualise = poster(page(de), choix(vers, quoi="toutes"))
        transfert, fait = poster(page(de), envoi(previsualise) | {"transferer": "1"})
        assert fait.status_code == 302
        dernier = Transfert.objects.first()
        assert dernier is not None
        annuler = page_de(dernier, "annuler")
        lectures = [nombre_de_requetes(en_admin, lu) for lu in (LISTE, page(vers), page_de(dernier), annuler)]
        annulation, defait = poster(annuler, envoi(en_admin.get(annuler)))
        assert defait.status_code == 302
        return [numeros, apercu, transfert, annulation, *lectures], dernier.lignes.count()

    couts()  # what is loaded only once
    peu, lignes = couts()
    assert lignes == 3
    for rang in range(20):
        Transfert.objects.create(de=MandataireFactory(), vers=vers, nombre=1, by=UserFactory())
        commune, cour = CommuneFactory(), TribunalFactory()
        MesureFactory(mandataire=de, commune=commune, tribunal=cour, numero_rg=f"23/{rang:05}")
        MesureFactory(mandataire=de, commune=commune, tribunal=cour, eteinte=True)
    assert couts() == (peu, 43)


@pytest.mark.parametrize("persona", ["prepose", "juge", "sans_rattachement", "equipe_sans_droit"])
def test_un_autre_ne_transfere_pas(
    client: ClientStrict,
    admin: User,
    request: pytest.FixtureRequest,
    de: Mandataire,
    vers: Mandataire,
    persona: str,
) -> None:
    user = UserFactory(is_staff=True) if persona == "equipe_sans_droit" else request.getfixturevalue(persona)
    autre = ClientStrict()
    autre.force_login(admin)
    cache.clear()
    donnees = envoi(autre.post(page(de), choix(vers)))
    transferer(autre, de, vers, numeros="22/00001")
    transfert = Transfert.objects.get()
    client.force_login(user)
    for adresse in (AJOUT, page(de), LISTE, page_de(transfert), page_de(transfert, "annuler")):
        assert client.get(adresse, follow=True).status_code == 403
    assert client.post(page(de), donnees | {"transferer": "1"}, follow=True).status_code == 403
    assert client.post(page_de(transfert, "annuler"), {"empreinte": ""}, follow=True).status_code == 403
    assert (Transfert.objects.filter(annule_at=None).count(), au(de), au(vers)) == (1, 1, 2)


@pytest.mark.usefixtures("permissions")
def test_sans_le_droit_le_lien_n_y_est_pas(client: ClientStrict, de: Mandataire) -> None:
    from django.contrib.auth.models import Permission

    user = UserFactory(is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_mandataire"))
    client.force_login(user)
    fiche = client.get(reverse("admin:mandataires_mandataire_change", args=[de.pk]))
    assert fiche.status_code == 200
    assert "Transférer des mesures" not in fiche.content.decode()


def test_methode_et_adresse(en_admin: ClientStrict, de: Mandataire, vers: Mandataire) -> None:
    assert en_admin.put(page(de)).status_code == 405
    transferer(en_admin, de, vers)
    assert en_admin.delete(page_de(Transfert.objects.get(), "annuler")).status_code == 405
    assert en_admin.get(reverse("admin:mesures_transfert_annuler", args=[0])).status_code == 404
