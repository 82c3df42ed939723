from __future__ import annotations

import pytest

from accounts.models import User
from mandataires.models import Mandataire
from tests.conftest import mandataire_de


@pytest.fixture
def mandataire(prepose: User) -> Mandataire:
    return mandataire_de(prepose)
