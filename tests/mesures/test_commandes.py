from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from mandataires.models import Charge, Presence
from mesures.management.commands.dessiner_cycle_de_vie import fichier, texte
from tests.factories import DeclarationFactory, MesureFactory


def test_le_diagramme_est_celui_de_la_table() -> None:
    assert fichier().read_text(encoding="utf-8") == texte(), "manage.py dessiner_cycle_de_vie"


@pytest.mark.django_db
def test_verifier_compteurs_se_tait_quand_tout_est_juste() -> None:
    MesureFactory()
    MesureFactory(en_attente=True)
    DeclarationFactory()
    sortie = StringIO()
    call_command("verifier_compteurs", stdout=sortie)
    assert sortie.getvalue() == "Tous les compteurs sont justes.\n"


@pytest.mark.django_db
def test_verifier_compteurs_dit_chaque_derive() -> None:
    mesure = MesureFactory()
    declaration = DeclarationFactory()
    Charge.objects.filter(pk=mesure.mandataire_id).update(en_cours=7, en_attente=2)
    Charge.objects.filter(pk=declaration.mandataire_id).update(declare=None)
    Presence.objects.filter(mandataire=mesure.mandataire).update(en_cours=9)
    sortie = StringIO()
    with pytest.raises(CommandError, match="4 compteur"):
        call_command("verifier_compteurs", stdout=sortie)
    assert sortie.getvalue().splitlines() == [
        f"mandataire {mesure.mandataire_id} en_cours : affiché 7, compté 1",
        f"mandataire {mesure.mandataire_id} en_attente : affiché 2, compté 0",
        f"mandataire {declaration.mandataire_id} declare : affiché None, compté 1450",
        f"mandataire {mesure.mandataire_id} presence commune {mesure.commune_id} : affiché 9, compté 1",
    ]
