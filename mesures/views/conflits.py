"""What a person reads when somebody else has changed the mesure under their form."""

from __future__ import annotations

from django import forms
from django.utils import formats, timezone

from mesures.enums import Statut
from mesures.historique import Evenement, evenements
from mesures.models import Mesure


def dire_version_perimee(form: forms.BaseForm, actuelle: Mesure, version: int) -> None:
    """Say on `form` who changed what since `version`; keep what was typed.

    A second « Valider » is then an informed one, unless the mesure is no longer ongoing.
    """
    depuis = [evenement for evenement in reversed(evenements(actuelle)) if evenement.version > version]
    if actuelle.statut == Statut.EN_COURS:
        suite = "Votre saisie est gardée : vérifiez-la, puis validez de nouveau."
        form.data = form.data.copy()  # type: ignore[attr-defined]
        form.data["version"] = str(actuelle.version)  # type: ignore[index]
    else:
        suite = f"Elle est maintenant {actuelle.get_statut_display()} : elle ne peut plus être modifiée."
    form.add_error(
        None, f"Cette mesure a changé depuis que la page est affichée. {' '.join(map(_phrase, depuis))} {suite}"
    )


def _phrase(evenement: Evenement) -> str:
    quand = formats.date_format(timezone.localtime(evenement.at), "d/m/Y à H:i")
    details = f" ({' ; '.join(map(str, evenement.changements))})" if evenement.changements else ""
    return f"{evenement.acte} par {evenement.auteur}, le {quand}{details}."
