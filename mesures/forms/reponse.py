"""What a MJPM answers to a reservation: the mesure as it was decided."""

from __future__ import annotations

from typing import Any

from mesures.enums import Statut
from mesures.forms.mesure import MesureForm


class ConfirmationForm(MesureForm):
    """A reservation as the judgment completes it: what the court has said is there, and can be corrected."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        commune = self.instance.commune
        if commune is not None and not self.instance.code_postal and len(commune.codes_postaux) == 1:
            self.initial["code_postal"] = commune.codes_postaux[0]

    def _post_clean(self) -> None:
        """Its rules are those of the ongoing mesure that it becomes; becoming it is the service's act."""
        attendue = self.instance.statut
        self.instance.statut = Statut.EN_COURS
        try:
            super()._post_clean()  # type: ignore[misc]
        finally:
            self.instance.statut = attendue
