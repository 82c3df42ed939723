"""Whatever people do through the pages, in whatever order, every number that they read is the right one (D10)."""

from __future__ import annotations

import re
from datetime import date

import pytest
from django.db import transaction
from django.http import HttpResponse
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from accounts.models import User
from mandataires.models import Declaration
from mesures.compteurs import derives
from mesures.enums import Statut
from mesures.models import Mesure
from tests.factories import (
    AgrementFactory,
    CommuneFactory,
    DeclarationFactory,
    MandataireFactory,
    MembreFactory,
    MesureFactory,
    TribunalFactory,
)
from tests.strict import ClientStrict

VERSION_PERIMEE = 999


class VieParLesVues(RuleBasedStateMachine):
    """Two MJPM act on their mesures: an individuel, whose load is a count, and a service that declares its own."""

    def __init__(self) -> None:
        super().__init__()
        self.retour = transaction.atomic()
        self.retour.__enter__()

    @initialize()
    def installer(self) -> None:
        self.tribunal = TribunalFactory()
        self.communes = CommuneFactory.create_batch(2)
        self.clients: dict[User, ClientStrict] = {}
        for valeurs in ({}, {"service": True, "capacite": 10}):
            membre = MembreFactory(mandataire=MandataireFactory(**valeurs))
            AgrementFactory(mandataire=membre.mandataire, tribunal=self.tribunal)
            MesureFactory.create_batch(2, mandataire=membre.mandataire, tribunal=self.tribunal)
            self.clients[membre.user] = client = ClientStrict()
            client.force_login(membre.user)
        DeclarationFactory(mandataire=membre.mandataire, nombre=1, by=membre.user)
        self.retablir_url = ""

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.retour.__exit__(None, None, None)

    # --- What people do --------------------------------------------------------------------------

    def _personne(self, data: st.DataObject) -> User:
        return data.draw(st.sampled_from(list(self.clients)))

    def _mesure(self, data: st.DataObject, user: User, statut: str) -> Mesure | None:
        siennes = Mesure.objects.filter(mandataire__membres__user=user, statut=statut).order_by("pk")
        return data.draw(st.sampled_from(list(siennes))) if siennes else None

    def _envoyer(self, user: User, adresse: str, **donnees: object) -> HttpResponse:
        response = self.clients[user].post(adresse, donnees, follow=True)
        assert response.status_code == 200, (adresse, response.status_code)
        trouvee = re.search(r'action="(/mesures/\d+/retablir/\d+/)"', response.content.decode())
        self.retablir_url = trouvee.group(1) if trouvee else self.retablir_url
        return response

    def _saisie(self, data: st.DataObject) -> dict[str, object]:
        commune = data.draw(st.sampled_from([*self.communes, None]))
        return {
            "version": 0,
            "date_decision": "15/03/2021",
            "nature": data.draw(st.sampled_from(["tutelle", "maj"])),
            "code_postal": commune.codes_postaux[0] if commune else "",
            "commune": commune.pk if commune else "",
            "commune_texte": str(commune or ""),
            "genre": "F",
            "annee_naissance": data.draw(st.sampled_from(["1962", "1850"])),  # the second one is refused
            "lieu_vie": "domicile" if commune else "sdf",
            "tribunal": self.tribunal.pk,
            "tribunal_texte": self.tribunal.libelle,
            "numero_rg": data.draw(st.sampled_from(["", "1", "2"])),  # soon taken
        }

    def _version(self, data: st.DataObject, mesure: Mesure) -> int:
        return data.draw(st.sampled_from([mesure.version, mesure.version, VERSION_PERIMEE]))

    @rule(data=st.data(), suite=st.booleans())
    def enregistrer(self, data: st.DataObject, suite: bool) -> None:
        bouton = {"suite": "1"} if suite else {}
        self._envoyer(self._personne(data), "/mesures/nouvelle/", **self._saisie(data), **bouton)

    @rule(data=st.data())
    def modifier(self, data: st.DataObject) -> None:
        user = self._personne(data)
        if mesure := self._mesure(data, user, Statut.EN_COURS):
            saisie = self._saisie(data) | {"version": self._version(data, mesure)}
            self._envoyer(user, f"/mesures/{mesure.pk}/modifier/", **saisie)

    @rule(data=st.data(), jour=st.sampled_from(["01/02/2024", "31/02/2024", "01/01/2020"]))
    def eteindre(self, data: st.DataObject, jour: str) -> None:
        user = self._personne(data)
        if mesure := self._mesure(data, user, Statut.EN_COURS):
            version = self._version(data, mesure)
            self._envoyer(user, f"/mesures/{mesure.pk}/eteindre/", version=version, date_extinction=jour)

    @rule(data=st.data())
    def reactiver(self, data: st.DataObject) -> None:
        user = self._personne(data)
        if mesure := self._mesure(data, user, Statut.ETEINTE):
            self._envoyer(user, f"/mesures/{mesure.pk}/reactiver/", version=self._version(data, mesure))

    @rule(data=st.data())
    def retablir(self, data: st.DataObject) -> None:
        """The last « Rétablir » that was offered, pressed at once or much later, once or twice."""
        if self.retablir_url:
            pk = int(self.retablir_url.split("/")[2])
            mesure = Mesure.objects.filter(pk=pk).first()
            if mesure is not None:
                self._envoyer(mesure.mandataire.membres.get().user, self.retablir_url)

    @rule(data=st.data(), statut=st.sampled_from([Statut.EN_COURS, Statut.ETEINTE]))
    def supprimer(self, data: st.DataObject, statut: str) -> None:
        user = self._personne(data)
        if mesure := self._mesure(data, user, statut):
            self._envoyer(user, f"/mesures/{mesure.pk}/supprimer/", version=self._version(data, mesure))

    @rule(data=st.data())
    def toucher_a_celle_d_un_autre(self, data: st.DataObject) -> None:
        user, autre = data.draw(st.permutations(list(self.clients)))
        if mesure := self._mesure(data, autre, Statut.EN_COURS):
            response = self.clients[user].post(f"/mesures/{mesure.pk}/supprimer/", {"version": mesure.version})
            assert response.status_code == 404

    # --- What they read --------------------------------------------------------------------------

    @invariant()
    def chaque_nombre_est_un_compte(self) -> None:
        for user, client in self.clients.items():
            siennes = Mesure.objects.filter(mandataire__membres__user=user)
            en_cours = siennes.filter(statut=Statut.EN_COURS).count()
            mandataire = user.membre.mandataire
            total = en_cours
            if mandataire.declare_son_total:
                total = Declaration.objects.filter(mandataire=mandataire).latest("pk").nombre
            page = client.get("/mesures/")
            assert f"Mesures en cours ({total})" in page.content.decode()
            assert page.context["page"].paginator.count == en_cours
            eteintes = client.get("/mesures/eteintes/").context["page"].paginator.count
            assert eteintes == siennes.filter(statut=Statut.ETEINTE).count()
            lieux = client.get("/mesures/carte/lieux.json").json()["features"]
            assert sum(lieu["properties"]["nombre"] for lieu in lieux) == (
                siennes.filter(statut=Statut.EN_COURS, commune__latitude__isnull=False).count()
            )

    @invariant()
    def les_compteurs_sont_des_comptes(self) -> None:
        assert derives() == []

    @invariant()
    def les_dates_suivent_l_etat(self) -> None:
        for mesure in Mesure.objects.all():
            assert (mesure.statut == Statut.ETEINTE) == (mesure.date_extinction is not None)
            assert mesure.date_decision in (date(2021, 3, 15), None)


@pytest.mark.django_db
def test_ce_que_montrent_les_pages_est_toujours_un_compte() -> None:
    run_state_machine_as_test(
        VieParLesVues,
        settings=settings(
            max_examples=8,
            stateful_step_count=12,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
