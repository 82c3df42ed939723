"""The total of a service: what asks to confirm, what is written, what is refused, and two people at once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.models import User
from accounts.refus import Refus
from mandataires.declarations import (
    AUTEUR_NEUTRE,
    ChangementAConfirmer,
    TotalPerime,
    TotalSaisi,
    auteur_de,
    choisir_source,
    declarer_total,
    est_a_confirmer,
    mise_a_jour_attendue,
    modifier_profil_et_total,
    redeclarer_total,
)
from mandataires.models import Charge, Declaration, Mandataire
from mandataires.profil import ProfilPerime
from tests.factories import MandataireFactory, MembreFactory
from tests.mesures.test_concurrence import ensemble


@pytest.fixture
def sien(service: User) -> Mandataire:
    return service.membre.mandataire


def nombres(mandataire: Mandataire) -> list[int]:
    return list(mandataire.declarations.order_by("pk").values_list("nombre", flat=True))


@pytest.mark.parametrize(
    ("ancien", "nouveau", "attendu"),
    [
        (None, 5000, False),  # never the first one
        (1450, 145, True),
        (1450, 14500, True),
        (1450, 1160, False),  # 20 % exactly
        (1450, 1159, True),
        (1000, 1200, False),
        (1000, 1201, True),
        (20, 30, False),  # 10 mesures exactly
        (20, 31, True),
        (0, 10, False),
        (0, 11, True),
        (10, 0, False),
        (11, 0, True),
        (1450, 1450, False),
    ],
)
def test_ce_qui_demande_confirmation(ancien: int | None, nouveau: int, attendu: bool) -> None:
    assert est_a_confirmer(ancien=ancien, nouveau=nouveau) is attendu


@pytest.mark.django_db
class TestDeclarer:
    def test_les_juges_le_voient_aussitot(self, sien: Mandataire, service: User) -> None:
        declarer_total(mandataire=sien, nombre=1460, author=service)
        charge = Charge.objects.get(pk=sien.pk)
        assert charge.declare == 1460
        assert charge.est_a_jour
        declaration = sien.declarations.first()
        assert declaration is not None
        assert (declaration.by, declaration.origine) == (service, Declaration.Origine.SAISIE)

    def test_un_grand_ecart_se_confirme(self, sien: Mandataire, service: User) -> None:
        with pytest.raises(ChangementAConfirmer, match="1\xa0450 → 145 : confirmez") as levee:
            declarer_total(mandataire=sien, nombre=145, author=service)
        assert nombres(sien) == [1450]
        declarer_total(mandataire=sien, nombre=145, confirmation=levee.value.cle, author=service)
        assert nombres(sien) == [1450, 145]

    @pytest.mark.parametrize("confirmation", ["1450-146", "1449-145", "oui", "1"])
    def test_confirmer_l_un_n_est_pas_confirmer_l_autre(
        self, sien: Mandataire, service: User, confirmation: str
    ) -> None:
        with pytest.raises(ChangementAConfirmer):
            declarer_total(mandataire=sien, nombre=145, confirmation=confirmation, author=service)
        assert nombres(sien) == [1450]

    @pytest.mark.parametrize("nombre", [-1, 10**12])
    def test_un_nombre_absurde(self, service: User, sien: Mandataire, nombre: int) -> None:
        Declaration.objects.all().delete()
        with pytest.raises(ValidationError):
            declarer_total(mandataire=sien, nombre=nombre, author=service)
        assert nombres(sien) == []

    def test_seul_un_membre_declare(self, sien: Mandataire, juge: User, admin: User) -> None:
        voisin = MembreFactory(mandataire=MandataireFactory(service=True)).user
        for user in (juge, admin, voisin):
            with pytest.raises(Refus):
                declarer_total(mandataire=sien, nombre=1451, author=user)
        assert nombres(sien) == [1450]

    def test_un_total_compte_ne_se_declare_pas(self, sien: Mandataire, service: User) -> None:
        Mandataire.objects.filter(pk=sien.pk).update(source_total="mesures")  # `sien` does not know yet
        with pytest.raises(ValidationError, match="changez d'abord sa source"):
            declarer_total(mandataire=sien, nombre=1451, author=service)

    def test_toujours_exact(self, sien: Mandataire, service: User) -> None:
        redeclarer_total(mandataire=sien, vu=1450, author=service)
        assert nombres(sien) == [1450, 1450]
        with pytest.raises(TotalPerime, match="1\xa0450"):
            redeclarer_total(mandataire=sien, vu=1440, author=service)
        assert nombres(sien) == [1450, 1450]

    def test_l_auteur_parti_garde_un_nom_neutre(self, sien: Mandataire, service: User) -> None:
        declaration = sien.declarations.get()
        assert auteur_de(declaration) == str(service)
        declaration.by = None
        assert auteur_de(declaration) == AUTEUR_NEUTRE

    @pytest.mark.parametrize(("jours", "attendue"), [(None, True), (14, False), (16, True)])
    def test_la_mise_a_jour_est_attendue_apres_quinze_jours(self, jours: int | None, attendue: bool) -> None:
        derniere = None if jours is None else Declaration(at=timezone.now() - timedelta(days=jours))
        assert mise_a_jour_attendue(derniere) is attendue


@pytest.mark.django_db
class TestProfilEtTotal:
    def modifier(self, sien: Mandataire, service: User, total: TotalSaisi | None, version: int = 0) -> None:
        modifier_profil_et_total(
            mandataire=sien, valeurs={"capacite": 1700}, version=version, total=total, author=service
        )

    @pytest.mark.parametrize(
        ("total", "ecrits"),
        [
            (None, []),
            (TotalSaisi(None, 1450), []),
            (TotalSaisi(1450, 1450), []),
            (TotalSaisi(1451, 1450), [1451]),
            (TotalSaisi(1440, 1440), []),  # shown before a colleague declared 1450: the address is what changes
            (TotalSaisi(0, 1450, "1450-0"), [0]),
        ],
    )
    def test_un_total_n_est_ecrit_que_s_il_change(
        self, sien: Mandataire, service: User, total: TotalSaisi | None, ecrits: list[int]
    ) -> None:
        self.modifier(sien, service, total)
        assert nombres(sien) == [1450, *ecrits]
        sien.refresh_from_db()
        assert sien.capacite == 1700

    def test_le_premier_est_ecrit_meme_sans_changer(self, sien: Mandataire, service: User) -> None:
        Declaration.objects.all().delete()
        self.modifier(sien, service, TotalSaisi(0, None))
        assert nombres(sien) == [0]

    def test_l_un_et_l_autre_ou_aucun(self, sien: Mandataire, service: User) -> None:
        with pytest.raises(ChangementAConfirmer):
            self.modifier(sien, service, TotalSaisi(145, 1450))
        with pytest.raises(ProfilPerime):
            self.modifier(sien, service, TotalSaisi(1451, 1450), version=7)
        sien.refresh_from_db()
        assert (sien.capacite, sien.version, nombres(sien)) == (1600, 0, [1450])


@pytest.mark.django_db
class TestSource:
    def test_le_total_change_avec_sa_source(self, sien: Mandataire, service: User) -> None:
        nouveau = choisir_source(mandataire=sien, source="mesures", version=0, author=service)
        assert (nouveau.disponibilite.en_cours, nouveau.version) == (0, 1)
        nouveau = choisir_source(mandataire=sien, source="declaration", version=1, author=service)
        assert nouveau.disponibilite.en_cours == 1450
        assert Charge.objects.get(pk=sien.pk).est_a_jour

    def test_ce_qui_a_change_depuis_est_dit(self, sien: Mandataire, service: User) -> None:
        choisir_source(mandataire=sien, source="mesures", version=0, author=service)
        with pytest.raises(ProfilPerime):
            choisir_source(mandataire=sien, source="declaration", version=0, author=service)

    def test_seul_un_service_et_ses_membres(self, sien: Mandataire, juge: User, prepose: User) -> None:
        with pytest.raises(Refus):
            choisir_source(mandataire=sien, source="mesures", version=0, author=juge)
        with pytest.raises(ValueError, match="Seul un service"):
            choisir_source(mandataire=prepose.membre.mandataire, source="declaration", version=0, author=prepose)


@pytest.mark.django_db(transaction=True)
def test_deux_declarations_a_la_fois_sont_gardees_toutes_deux(service: User) -> None:
    sien = service.membre.mandataire

    def declarer(nombre: int):
        return lambda: declarer_total(
            mandataire=Mandataire.objects.get(pk=sien.pk), nombre=nombre, author=User.objects.get(pk=service.pk)
        )

    issues = ensemble(declarer(1451), declarer(1452), declarer(1453))
    assert not [issue for issue in issues if isinstance(issue, Exception)]
    ecrits = nombres(sien)
    assert sorted(ecrits) == [1450, 1451, 1452, 1453]
    assert Charge.objects.get(pk=sien.pk).declare == ecrits[-1]
