"""Whatever is done to mesures, and through whichever door, the counters equal a COUNT (D10)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from mandataires.models import Charge, Presence
from mesures.enums import Statut
from mesures.models import Mesure
from tests.factories import CommuneFactory, MandataireFactory, MesureFactory, TribunalFactory

MAINTENANT = timezone.now()


class VieDesMesures(RuleBasedStateMachine):
    """Random acts on the mesures of three MJPM in three places, past the services, as SQL may."""

    def __init__(self) -> None:
        super().__init__()
        self.retour = transaction.atomic()
        self.retour.__enter__()
        self.mandataires = MandataireFactory.create_batch(3)
        self.communes = [*CommuneFactory.create_batch(2), None]
        self.tribunal = TribunalFactory()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.retour.__exit__(None, None, None)

    def _au_hasard(self, data: st.DataObject, statut: str) -> Mesure | None:
        pks = list(Mesure.objects.filter(statut=statut).order_by("pk").values_list("pk", flat=True))
        return Mesure.objects.get(pk=data.draw(st.sampled_from(pks))) if pks else None

    def _lieu(self, data: st.DataObject) -> dict[str, object]:
        commune = data.draw(st.sampled_from(self.communes))
        return {"commune": commune, "lieu_vie": "domicile" if commune else "sdf", "code_postal": ""}

    @rule(data=st.data(), nombre=st.integers(1, 4))
    def enregistrer_en_masse(self, data: st.DataObject, nombre: int) -> None:
        Mesure.objects.bulk_create(
            MesureFactory.build(mandataire=data.draw(st.sampled_from(self.mandataires)), **self._lieu(data))
            for _ in range(nombre)
        )

    @rule(data=st.data())
    def reserver(self, data: st.DataObject) -> None:
        MesureFactory(
            en_attente=True, mandataire=data.draw(st.sampled_from(self.mandataires)), tribunal=self.tribunal
        )

    @rule(data=st.data())
    def reserver_un_renouvellement(self, data: st.DataObject) -> None:
        ancienne = self._au_hasard(data, "en_cours")
        if ancienne is not None and not ancienne.renouvellements.filter(statut="en_attente").exists():
            MesureFactory(
                en_attente=True, mandataire=ancienne.mandataire, tribunal=self.tribunal, renouvelle=ancienne
            )

    @rule(data=st.data(), autre=st.booleans())
    def delier_un_renouvellement(self, data: st.DataObject, autre: bool) -> None:
        """It renews nothing any more, or another mesure."""
        mesure = self._au_hasard(data, "en_attente")
        ancienne = self._au_hasard(data, "en_cours") if autre else None
        if mesure is not None and (ancienne is None or not ancienne.renouvellements.exists()):
            Mesure.objects.filter(pk=mesure.pk).update(renouvelle=ancienne)

    @rule(data=st.data(), fin=st.sampled_from(["en_cours", "refusee", "annulee", "expiree"]))
    def repondre(self, data: st.DataObject, fin: str) -> None:
        if (mesure := self._au_hasard(data, "en_attente")) is not None:
            valeurs = {
                "en_cours": {"date_decision": date(2021, 1, 1), "repondu_at": MAINTENANT, **self._lieu(data)},
                "refusee": {"repondu_at": MAINTENANT, "motif_reponse": "Non"},
                "annulee": {"annule_at": MAINTENANT, "motif_reponse": "Erreur"},
                "expiree": {},
            }[fin]
            Mesure.objects.filter(pk=mesure.pk).update(statut=fin, **valeurs)

    @rule(data=st.data())
    def demenager(self, data: st.DataObject) -> None:
        if (mesure := self._au_hasard(data, "en_cours")) is not None:
            Mesure.objects.filter(pk=mesure.pk).update(**self._lieu(data))

    @rule(data=st.data())
    def transferer(self, data: st.DataObject) -> None:
        source, cible = (data.draw(st.sampled_from(self.mandataires)) for _ in range(2))
        Mesure.objects.filter(mandataire=source).update(mandataire=cible)

    @rule(data=st.data())
    def eteindre(self, data: st.DataObject) -> None:
        if (mesure := self._au_hasard(data, "en_cours")) is not None:
            Mesure.objects.filter(pk=mesure.pk).update(
                statut=Statut.ETEINTE, date_extinction=timezone.localdate() - timedelta(days=1)
            )

    @rule(data=st.data())
    def reactiver(self, data: st.DataObject) -> None:
        if (mesure := self._au_hasard(data, "eteinte")) is not None:
            Mesure.objects.filter(pk=mesure.pk).update(
                statut=Statut.EN_COURS, date_extinction=None, motif_extinction=""
            )

    @rule(data=st.data())
    def supprimer(self, data: st.DataObject) -> None:
        mesure = self._au_hasard(data, "en_cours")
        if mesure is not None and mesure.reserve_at is None and not mesure.renouvellements.exists():
            mesure.delete()

    @invariant()
    def la_charge_est_un_compte(self) -> None:
        comptes = {
            ligne["mandataire"]: (ligne["en_cours"], ligne["en_attente"], ligne["renouvellements"])
            for ligne in Mesure.objects.order_by()
            .values("mandataire")
            .annotate(
                en_cours=Count("pk", filter=Q(statut="en_cours")),
                en_attente=Count("pk", filter=Q(statut="en_attente")),
                renouvellements=Count("pk", filter=Q(statut="en_attente", renouvelle__isnull=False)),
            )
        }
        for charge in Charge.objects.filter(mandataire__in=self.mandataires):
            affiches = (charge.en_cours, charge.en_attente, charge.renouvellements)
            assert affiches == comptes.get(charge.pk, (0, 0, 0))

    @invariant()
    def la_presence_est_un_compte(self) -> None:
        comptes = Mesure.objects.en_cours().order_by().values_list("mandataire", "commune").annotate(n=Count("pk"))
        presences = Presence.objects.values_list("mandataire", "commune", "en_cours")
        assert set(presences) == set(comptes)


@pytest.mark.django_db
def test_les_compteurs_restent_egaux_a_un_compte() -> None:
    run_state_machine_as_test(
        VieDesMesures,
        settings=settings(
            max_examples=25,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
