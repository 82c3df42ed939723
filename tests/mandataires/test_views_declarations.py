"""The total of a service through the client: right input, wrong input, two tabs, and what the others see."""

from __future__ import annotations

from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from mandataires.models import Charge, Declaration, Mandataire, Releve
from tests.factories import DeclarationFactory, MandataireFactory, MembreFactory, MesureFactory
from tests.strict import nombre_de_requetes
from tribunaux.models import Commune

pytestmark = pytest.mark.django_db

LISTE = "/mesures/"
TOTAL = "/informations/total/"
EXACT = "/informations/total/exact/"
DECLARATIONS = "/informations/declarations/"
SOURCE = "/informations/source/"
MODIFIER = "/informations/modifier/"


@pytest.fixture
def connecte(client: Client, service: User) -> Client:
    client.force_login(service)
    return client


@pytest.fixture
def sien(service: User) -> Mandataire:
    return service.membre.mandataire


def nombres(mandataire: Mandataire) -> list[int]:
    return list(mandataire.declarations.order_by("pk").values_list("nombre", flat=True))


def texte(client: Client, url: str) -> str:
    """The page as it is read: spaces of any width are one."""
    return " ".join(unescape(client.get(url).content.decode()).split())


def sans_declaration(mandataire: Mandataire) -> None:
    Declaration.objects.filter(mandataire=mandataire).delete()


class TestCarte:
    def test_elle_dit_le_total_sa_date_et_son_auteur(self, connecte: Client, service: User) -> None:
        page = texte(connecte, LISTE)
        assert "Mesures en cours, tous TI confondus :" in page
        assert "1 450 / 1 600 autorisées" in page
        assert f"par {service}, visible immédiatement par les juges." in page
        assert "1 à 2 fois par mois" in page
        assert page.count("TI : tribunal d'instance") == 1
        assert 'value="1450"' in page

    def test_les_autres_n_en_ont_pas(self, client: Client, prepose: User) -> None:
        client.force_login(prepose)
        assert "tous TI confondus" not in texte(client, LISTE)

    def test_jamais_declare(self, connecte: Client, sien: Mandataire) -> None:
        sans_declaration(sien)
        page = texte(connecte, LISTE)
        assert "aucun nombre déclaré" in page
        assert "Toujours exact" not in page
        assert "None" not in page

    def test_un_total_qui_a_suivi_une_mesure_le_dit(self, connecte: Client, sien: Mandataire) -> None:
        DeclarationFactory(mandataire=sien, nombre=1449, origine=Declaration.Origine.EXTINCTION)
        assert "Porté à 1 449 (mesure éteinte) le" in texte(connecte, LISTE)

    def test_un_auteur_parti(self, connecte: Client, sien: Mandataire) -> None:
        DeclarationFactory(mandataire=sien, nombre=1449, by=None)
        assert "par un ancien utilisateur" in texte(connecte, LISTE)

    @pytest.mark.parametrize(("jours", "attendue"), [(14, False), (16, True)])
    def test_la_mise_a_jour_attendue(self, connecte: Client, sien: Mandataire, jours: int, attendue: bool) -> None:
        sien.declarations.update(at=timezone.now() - timedelta(days=jours))
        # Another act of the service, today, says nothing of its total.
        Charge.objects.filter(pk=sien.pk).update(mise_a_jour_at=timezone.now())
        assert ("Mise à jour attendue" in texte(connecte, LISTE)) is attendue

    def test_un_total_compte_n_a_pas_de_champ(self, connecte: Client, sien: Mandataire) -> None:
        Mandataire.objects.filter(pk=sien.pk).update(source_total="mesures")
        MesureFactory(mandataire=sien)
        page = texte(connecte, LISTE)
        assert "le compte des mesures enregistrées ici" in page
        assert "Toujours exact" not in page
        assert 'name="total"' not in page

    def test_autant_de_requetes_pour_peu_que_pour_beaucoup(self, connecte: Client, sien: Mandataire) -> None:
        avant = nombre_de_requetes(connecte, LISTE)
        DeclarationFactory.create_batch(20, mandataire=sien)
        assert nombre_de_requetes(connecte, LISTE) == avant


class TestDeclarer:
    @pytest.mark.parametrize(
        ("saisi", "ecrit"), [("1 460", 1460), ("1\u202f460", 1460), (" 1460 ", 1460), ("1450", 1450)]
    )
    def test_la_page_et_l_onglet_le_montrent(
        self, connecte: Client, sien: Mandataire, saisi: str, ecrit: int
    ) -> None:
        response = connecte.post(TOTAL, {"total": saisi}, follow=True)
        assert response.redirect_chain == [(LISTE, 302)]
        page = response.content.decode()
        assert f"Mesures en cours ({ecrit // 1000}\xa0{ecrit % 1000})" in page
        assert "les juges voient ce nombre dès maintenant" in page
        assert nombres(sien) == [1450, ecrit]

    @pytest.mark.parametrize("saisi", ["0", "4046", "100 000"])
    def test_le_premier_ne_se_confirme_pas(self, connecte: Client, sien: Mandataire, saisi: str) -> None:
        sans_declaration(sien)
        connecte.post(TOTAL, {"total": saisi})
        assert nombres(sien) == [int(saisi.replace(" ", ""))]

    @pytest.mark.parametrize(
        ("saisi", "phrase"),
        [
            ("", "Indiquez le nombre de mesures en cours, ou 0."),
            ("-1", "Écrivez un nombre positif, ou 0."),
            ("1450,5", "Écrivez un nombre entier"),
            ("1450.5", "Écrivez un nombre entier"),
            ("1.000", "Écrivez un nombre entier"),
            ("beaucoup", "Écrivez un nombre entier"),
            ("100001", "Écrivez un nombre d&#x27;au plus 100 000."),
            ("9" * 5000, "Écrivez un nombre"),
        ],
    )
    def test_chaque_erreur_est_dite_et_la_saisie_gardee(
        self, connecte: Client, sien: Mandataire, saisi: str, phrase: str
    ) -> None:
        response = connecte.post(TOTAL, {"total": saisi})
        page = response.content.decode()
        assert response.status_code == 200
        assert phrase in page
        assert not saisi or f'value="{saisi}"' in page
        assert nombres(sien) == [1450]

    def test_un_grand_ecart_se_confirme_par_une_case(self, connecte: Client, sien: Mandataire) -> None:
        page = connecte.post(TOTAL, {"total": "145", "confirmation": ""}).content.decode()
        assert "1\xa0450 → 145 : confirmez" in page
        assert 'type="checkbox" name="confirmation" value="1450-145"' in page
        assert 'value="145"' in page
        assert nombres(sien) == [1450]
        connecte.post(TOTAL, {"total": "145", "confirmation": "1450-145"})
        assert nombres(sien) == [1450, 145]

    def test_un_autre_ecart_se_confirme_a_son_tour(self, connecte: Client, sien: Mandataire) -> None:
        page = connecte.post(TOTAL, {"total": "14", "confirmation": "1450-145"}).content.decode()
        assert "1\xa0450 → 14 : confirmez" in page
        assert "checked" not in page
        assert nombres(sien) == [1450]

    def test_un_total_compte_mene_a_sa_source(self, connecte: Client, sien: Mandataire) -> None:
        Mandataire.objects.filter(pk=sien.pk).update(source_total="mesures")
        for methode in (connecte.get, connecte.post):
            response = methode(TOTAL, {"total": "1460"}, follow=True)
            assert response.redirect_chain == [(SOURCE, 302)]
        assert nombres(sien) == [1450]

    def test_les_champs_en_trop_sont_ignores(self, connecte: Client, sien: Mandataire) -> None:
        autre = MembreFactory(mandataire=MandataireFactory(service=True)).mandataire
        connecte.post(TOTAL, {"total": "1460", "mandataire": autre.pk, "origine": "transfert", "by": ""})
        assert nombres(autre) == []
        declaration = sien.declarations.first()
        assert declaration is not None
        assert declaration.origine == "saisie"
        assert declaration.by is not None


class TestToujoursExact:
    def test_le_meme_nombre_est_declare(self, connecte: Client, sien: Mandataire) -> None:
        page = connecte.post(EXACT, {"total": "1450"}, follow=True).content.decode()
        assert "les juges voient ce nombre dès maintenant" in page
        assert nombres(sien) == [1450, 1450]

    def test_un_total_qui_a_change_depuis(self, connecte: Client, sien: Mandataire) -> None:
        DeclarationFactory(mandataire=sien, nombre=1460)
        page = connecte.post(EXACT, {"total": "1450"}, follow=True).content.decode()
        assert "Le total a changé depuis que la page est affichée : 1\xa0460." in page
        assert nombres(sien) == [1450, 1460]

    @pytest.mark.parametrize("donnees", [{}, {"total": "x"}])
    def test_sans_nombre(self, connecte: Client, sien: Mandataire, donnees: dict[str, str]) -> None:
        page = connecte.post(EXACT, donnees, follow=True).content.decode()
        assert "Rien n&#x27;a été déclaré" in page
        assert nombres(sien) == [1450]


class TestProfil:
    @pytest.fixture(autouse=True)
    def _lieu(self, calais: Commune) -> None:
        """The commune that every form here names."""

    def saisie(self, **valeurs: str) -> dict[str, str]:
        ordinaire = {
            "version": "0",
            "nom": "Service Témoin",
            "adresse": "2 rue du Modèle",
            "code_postal": "62100",
            "commune": "62193",
            "commune_texte": "Calais (62)",
            "telephone": "03 21 11 11 11",
            "email": "service@example.org",
            "capacite": "1 700",
            "total": "1450",
            "total_vu": "1450",
            "confirmation": "",
        }
        return {**ordinaire, **valeurs}

    def test_les_mots_du_guide(self, connecte: Client) -> None:
        page = texte(connecte, MODIFIER)
        for mot in ("Nom du service", "Adresse", "Téléphone", "souhaité ou autorisé", "mesures en cours"):
            assert mot in page
        assert 'name="total" value="1450"' in page
        assert 'name="total_vu" value="1450"' in page

    @pytest.mark.parametrize(
        ("valeurs", "ecrits"),
        [
            ({}, []),
            ({"total": ""}, []),
            ({"total": "1 451"}, [1451]),
            ({"total": "145", "confirmation": "1450-145"}, [145]),
        ],
    )
    def test_le_total_n_est_ecrit_que_s_il_change(
        self, connecte: Client, sien: Mandataire, valeurs: dict[str, str], ecrits: list[int]
    ) -> None:
        assert connecte.post(MODIFIER, self.saisie(**valeurs)).status_code == 302
        assert nombres(sien) == [1450, *ecrits]
        sien.refresh_from_db()
        assert (sien.nom, sien.capacite) == ("Service Témoin", 1700)

    @pytest.mark.parametrize(("total", "ecrits"), [("", []), ("0", [0]), ("4046", [4046])])
    def test_le_premier(self, connecte: Client, sien: Mandataire, total: str, ecrits: list[int]) -> None:
        sans_declaration(sien)
        assert connecte.post(MODIFIER, self.saisie(total=total, total_vu="")).status_code == 302
        assert nombres(sien) == ecrits

    def test_un_grand_ecart_ne_perd_rien(self, connecte: Client, sien: Mandataire) -> None:
        page = connecte.post(MODIFIER, self.saisie(total="145")).content.decode()
        assert "1\xa0450 → 145 : confirmez" in page
        assert 'type="checkbox" name="confirmation" value="1450-145"' in page
        for valeur in ("Service Témoin", "2 rue du Modèle", "1 700", "145"):
            assert f'value="{valeur}"' in page
        sien.refresh_from_db()
        assert (sien.version, nombres(sien)) == (0, [1450])

    def test_une_case_cochee_tient_pendant_une_autre_erreur(self, connecte: Client) -> None:
        page = connecte.post(
            MODIFIER, self.saisie(total="145", confirmation="1450-145", telephone="abc")
        ).content.decode()
        assert 'name="confirmation" value="1450-145"' in page

    @pytest.mark.parametrize("total", ["-1", "1,5", "abc", "999999"])
    def test_un_mauvais_total_n_ecrit_rien(self, connecte: Client, sien: Mandataire, total: str) -> None:
        page = connecte.post(MODIFIER, self.saisie(total=total)).content.decode()
        assert "Écrivez un nombre" in page
        assert f'value="{total}"' in page
        sien.refresh_from_db()
        assert (sien.version, nombres(sien)) == (0, [1450])

    def test_le_total_d_un_collegue_n_est_pas_repris(self, connecte: Client, sien: Mandataire) -> None:
        DeclarationFactory(mandataire=sien, nombre=1460)
        connecte.post(MODIFIER, self.saisie())
        assert nombres(sien) == [1450, 1460]

    def test_deux_onglets(self, connecte: Client, sien: Mandataire) -> None:
        connecte.post(MODIFIER, self.saisie())
        page = connecte.post(MODIFIER, self.saisie(total="1451", capacite="1 800")).content.decode()
        assert "Ces informations ont changé" in page
        assert 'value="1451"' in page
        assert nombres(sien) == [1450]
        connecte.post(MODIFIER, self.saisie(total="1451", capacite="1 800", version="1"))
        assert nombres(sien) == [1450, 1451]

    def test_un_total_compte_n_est_pas_modifiable(self, connecte: Client, sien: Mandataire) -> None:
        Mandataire.objects.filter(pk=sien.pk).update(source_total="mesures")
        assert "rien à déclarer" in texte(connecte, MODIFIER)
        assert connecte.post(MODIFIER, self.saisie(total="1451")).status_code == 302
        assert nombres(sien) == [1450]

    def test_un_prepose_n_a_pas_de_total(self, client: Client, prepose: User) -> None:
        client.force_login(prepose)
        assert 'name="total"' not in texte(client, MODIFIER)

    def test_le_total_se_lit_dans_vos_informations(self, connecte: Client) -> None:
        page = texte(connecte, "/informations/")
        assert "1 450, nombre déclaré" in page
        assert DECLARATIONS in page
        assert SOURCE in page


class TestDemarrage:
    def test_la_troisieme_etape_mene_a_la_declaration(self, connecte: Client, sien: Mandataire) -> None:
        sans_declaration(sien)
        MesureFactory(mandataire=sien)  # kept here, it says nothing of the total
        page = texte(connecte, "/informations/")
        assert f'<a href="{TOTAL}">Indiquer le nombre de mesures en cours</a>' in page
        assert "Vous n'avez pas déclaré votre nombre de mesures en cours" in page
        assert "tablissement" not in page
        connecte.post(TOTAL, {"total": "0"})
        page = texte(connecte, "/informations/")
        assert f'<a href="{TOTAL}">' not in page

    def test_un_total_compte_demande_des_mesures(self, connecte: Client, sien: Mandataire) -> None:
        Mandataire.objects.filter(pk=sien.pk).update(source_total="mesures")
        assert "Enregistrer vos mesures" in texte(connecte, "/informations/")


class TestDeclarations:
    def test_chacune_avec_sa_date_son_auteur_et_son_origine(
        self, connecte: Client, sien: Mandataire, service: User
    ) -> None:
        DeclarationFactory(mandataire=sien, nombre=1449, by=service, origine="extinction")
        DeclarationFactory(mandataire=sien, nombre=1500, by=None)
        page = texte(connecte, DECLARATIONS)
        lignes = page.split("<tbody>")[-1].split("</tr>")
        assert "1 500" in lignes[0]
        assert "Un ancien utilisateur" in lignes[0]
        assert "1 449" in lignes[1]
        assert "Mesure éteinte" in lignes[1]
        assert str(service) in lignes[2]

    def test_la_courbe_et_son_tableau(self, connecte: Client, sien: Mandataire) -> None:
        Releve.objects.create(
            mandataire=sien, jour=timezone.localdate() - timedelta(days=100), en_cours=0, declare=1400
        )
        page = texte(connecte, DECLARATIONS)
        assert 'role="img"' in page
        assert "Au plus bas 1 400, au plus haut 1 450." in page
        assert page.count('<th scope="row">') == 13

    def test_aucune(self, connecte: Client, sien: Mandataire) -> None:
        sans_declaration(sien)
        assert "Aucune déclaration" in texte(connecte, DECLARATIONS)
        Mandataire.objects.filter(pk=sien.pk).update(source_total="mesures")
        assert "n'a rien déclaré" in texte(connecte, DECLARATIONS)

    def test_rien_d_un_autre_service(self, connecte: Client) -> None:
        DeclarationFactory(nombre=7777)
        assert "7 777" not in texte(connecte, DECLARATIONS)

    def test_les_pages(self, connecte: Client, sien: Mandataire) -> None:
        DeclarationFactory.create_batch(50, mandataire=sien)
        assert "Page suivante" in texte(connecte, DECLARATIONS)
        assert "51 déclarations" in texte(connecte, DECLARATIONS + "?page=2")

    def test_autant_de_requetes_pour_peu_que_pour_beaucoup(self, connecte: Client, sien: Mandataire) -> None:
        DeclarationFactory(mandataire=sien)
        avant = nombre_de_requetes(connecte, DECLARATIONS)
        for _ in range(30):
            DeclarationFactory(mandataire=sien, by=MembreFactory(mandataire=sien).user)
        assert nombre_de_requetes(connecte, DECLARATIONS) == avant <= 12


class TestSource:
    def test_les_deux_nombres_et_le_choix(
        self, connecte: Client, client: Client, juge: User, service: User
    ) -> None:
        sien: Any = service.membre.mandataire
        MesureFactory(mandataire=sien)
        page = texte(connecte, SOURCE)
        assert "Le nombre que vous déclarez : 1 450" in page
        assert "Le compte des mesures enregistrées ici : 1" in page
        page = connecte.post(SOURCE, {"source": "mesures", "version": "0"}, follow=True).content.decode()
        assert "Mesures en cours (1)" in page
        assert "Votre total est désormais celui des mesures enregistrées ici : 1." in page
        client.force_login(juge)
        assert "1 / 1 600" in texte(client, sien.get_absolute_url())

    def test_revenir_a_un_total_jamais_declare(self, connecte: Client, sien: Mandataire) -> None:
        sans_declaration(sien)
        Mandataire.objects.filter(pk=sien.pk).update(source_total="mesures")
        assert "aucun pour l'instant" in texte(connecte, SOURCE)
        page = connecte.post(SOURCE, {"source": "declaration", "version": "0"}, follow=True).content.decode()
        assert "Votre total est désormais celui que vous déclarez : indiquez-le." in page

    @pytest.mark.parametrize(
        ("donnees", "phrase"),
        [
            ({"version": "0"}, "Choisissez la source de ce nombre."),
            ({"version": "0", "source": "autre"}, "Choisissez la source de ce nombre."),
            ({"version": "7", "source": "mesures"}, "Les informations du service ont changé"),
        ],
    )
    def test_chaque_erreur_est_dite(
        self, connecte: Client, sien: Mandataire, donnees: dict[str, str], phrase: str
    ) -> None:
        page = " ".join(connecte.post(SOURCE, donnees).content.decode().split())
        assert phrase in page
        assert 'name="version" value="0"' in page
        sien.refresh_from_db()
        assert sien.source_total == "declaration"
