"""Whatever people do through the pages, in whatever order, every number that they read is the right one (D10)."""

from __future__ import annotations

import re
from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from accounts.models import User
from mandataires.models import Declaration
from mesures.compteurs import derives
from mesures.enums import Statut
from mesures.expirations import suivre_expirations
from mesures.models import Mesure
from tests.factories import (
    AgrementFactory,
    CommuneFactory,
    DeclarationFactory,
    MagistratFactory,
    MandataireFactory,
    MembreFactory,
    MesureFactory,
    TribunalFactory,
)
from tests.strict import ClientStrict

VERSION_PERIMEE = 999


class VieParLesVues(RuleBasedStateMachine):
    """Two MJPM act on their mesures: an individuel, whose load is a count, and a service that declares its own.

    A judge of their court reserves others with them; the individuel is soon full.
    """

    def __init__(self) -> None:
        super().__init__()
        self.retour = transaction.atomic()
        self.retour.__enter__()

    @initialize()
    def installer(self) -> None:
        self.tribunal = TribunalFactory()
        self.juge = MagistratFactory(tribunal=self.tribunal).user
        self.communes = CommuneFactory.create_batch(2)
        self.clients: dict[User, ClientStrict] = {}
        for valeurs in ({"capacite": 4}, {"service": True, "capacite": 10}):
            membre = MembreFactory(mandataire=MandataireFactory(**valeurs))
            AgrementFactory(mandataire=membre.mandataire, tribunal=self.tribunal)
            siennes = {"mandataire": membre.mandataire, "tribunal": self.tribunal}
            MesureFactory(**siennes)
            ancienne = MesureFactory(**siennes, numero_rg="3")
            MesureFactory(en_attente=True, **siennes, reserve_by=self.juge)
            MesureFactory(en_attente=True, **siennes, numero_rg="3", renouvelle=ancienne, reserve_by=self.juge)
            self.clients[membre.user] = client = ClientStrict()
            client.force_login(membre.user)
        DeclarationFactory(mandataire=membre.mandataire, nombre=1, by=membre.user)
        self.client_du_juge = ClientStrict()
        self.client_du_juge.force_login(self.juge)
        self.retablir_url = ""
        self.pas = 0

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
        client = self.client_du_juge if user == self.juge else self.clients[user]
        response = client.post(adresse, donnees, follow=True)
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
            "annee_naissance": data.draw(st.sampled_from(["1962", "1970", "1850"])),  # the second one is refused
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

    # --- Reservations ------------------------------------------------------------------------------

    def _reservation(self, data: st.DataObject, *statuts: str) -> Mesure | None:
        reservees = Mesure.objects.reservees().filter(statut__in=statuts).order_by("pk")
        return data.draw(st.sampled_from(list(reservees))) if reservees else None

    def _demande(self, data: st.DataObject, user: User) -> dict[str, object]:
        saisie = {cle: valeur for cle, valeur in self._saisie(data).items() if "tribunal" not in cle}
        ancienne = self._mesure(data, user, Statut.EN_COURS) if data.draw(st.booleans()) else None
        accepte = data.draw(st.sampled_from([[], ["complet", "rg_ailleurs"]]))
        return {**saisie, "renouvelle": ancienne.pk if ancienne else "", "accepte": accepte}

    @rule(data=st.data(), fois=st.sampled_from([1, 2]))
    def reserver(self, data: st.DataObject, fois: int) -> None:
        user = self._personne(data)
        demande = self._demande(data, user) | {"jeton": uuid4()}
        avant = Mesure.objects.reservees().count()
        for _ in range(fois):
            self._envoyer(self.juge, f"/mandataires/{user.membre.mandataire_id}/reserver/", **demande)
        assert Mesure.objects.reservees().count() <= avant + 1

    @rule(data=st.data())
    def modifier_une_reservation(self, data: st.DataObject) -> None:
        if mesure := self._reservation(data, Statut.EN_ATTENTE, Statut.REFUSEE):
            demande = self._demande(data, mesure.mandataire.membres.get().user)
            demande["version"] = self._version(data, mesure)
            self._envoyer(self.juge, f"/reservations/{mesure.pk}/modifier/", **demande)

    @rule(data=st.data(), acte=st.sampled_from(["prolonger", "annuler"]))
    def prolonger_ou_annuler(self, data: st.DataObject, acte: str) -> None:
        if mesure := self._reservation(data, Statut.EN_ATTENTE, Statut.EXPIREE):
            version = self._version(data, mesure)
            self._envoyer(self.juge, f"/reservations/{mesure.pk}/{acte}/", version=version, motif="Erreur")

    @rule(data=st.data())
    def expirer(self, data: st.DataObject) -> None:
        if mesure := self._reservation(data, Statut.EN_ATTENTE):
            Mesure.objects.filter(pk=mesure.pk).update(expire_le=timezone.localdate() - timedelta(days=1))
            suivre_expirations(0)

    @rule(data=st.data())
    def ouvrir(self, data: st.DataObject) -> None:
        if mesure := self._reservation(data, *Statut.values):
            client = self.clients[mesure.mandataire.membres.get().user]
            assert client.get(f"/mesures/{mesure.pk}/reservation/", follow=True).status_code == 200
            assert self.client_du_juge.get(f"/tribunal/mesures/{mesure.pk}/").status_code == 200

    @rule(data=st.data(), acte=st.sampled_from(["valider", "valider", "refuser"]))
    def repondre(self, data: st.DataObject, acte: str) -> None:
        if mesure := self._reservation(data, Statut.EN_ATTENTE, Statut.EN_ATTENTE, Statut.EXPIREE):
            reponse = self._saisie(data) | {"version": self._version(data, mesure), "motif": "Trop loin"}
            user = mesure.mandataire.membres.get().user
            self._envoyer(user, f"/mesures/{mesure.pk}/reservation/{acte}/", **reponse)

    # --- What they read --------------------------------------------------------------------------

    @invariant()
    def chaque_nombre_est_un_compte(self) -> None:
        """The pages of one person after each act, in turn: the rest of the time goes to more acts."""
        self.pas += 1
        if self.pas % 3 == 0:
            self._le_tribunal_lit_les_siennes()
        else:
            self._un_mandataire_lit_les_siennes(list(self.clients)[self.pas % 3 - 1])

    def _un_mandataire_lit_les_siennes(self, user: User) -> None:
        client = self.clients[user]
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
        en_attente = siennes.filter(statut=Statut.EN_ATTENTE).count()
        assert f"Mesures en attente ({en_attente})" in page.content.decode()
        assert client.get("/mesures/en-attente/").context["page"].paginator.count == en_attente

    def _le_tribunal_lit_les_siennes(self) -> None:
        page = self.client_du_juge.get("/reservations/")
        reservees = Mesure.objects.reservees()
        assert page.context["page"].paginator.count == reservees.count()
        nouvelles = reservees.reponses_nouvelles().count()
        assert ("Réservations (" in page.content.decode()) == (nouvelles > 0)
        en_cours = self.client_du_juge.get("/tribunal/mesures/").context["page"].paginator.count
        assert en_cours == Mesure.objects.en_cours().count()

    @invariant()
    def ce_qui_attend_renouvelle_ce_qui_court(self) -> None:
        for mesure in Mesure.objects.en_attente().exclude(renouvelle=None).select_related("renouvelle"):
            assert mesure.renouvelle is not None
            assert mesure.renouvelle.statut == Statut.EN_COURS
            assert mesure.renouvelle.mandataire_id == mesure.mandataire_id

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
            max_examples=6,
            stateful_step_count=12,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
