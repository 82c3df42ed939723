"""What a person reads when somebody else has changed the mesure under their form."""

from __future__ import annotations

from django import forms
from django.utils import formats, timezone

from mesures.historique import evenements
from mesures.models import Mesure


def dire_version_perimee(form: forms.BaseForm, actuelle: Mesure) -> None:
    """Say on `form` who changed what; keep what was typed; a second « Valider » is then an informed one."""
    dernier = evenements(actuelle)[0]
    quand = formats.date_format(timezone.localtime(dernier.at), "j F Y à H:i")
    details = " ; ".join(f"{c.libelle} : {c.avant} → {c.apres}" for c in dernier.changements)
    form.add_error(
        None,
        f"Cette mesure a changé pendant que vous la remplissiez : {dernier.acte.lower()} par {dernier.auteur} "
        f"le {quand}{f' ({details})' if details else ''}. Votre saisie est gardée : vérifiez-la, puis validez "
        "de nouveau.",
    )
    form.data = form.data.copy()  # type: ignore[attr-defined]
    form.data["version"] = str(actuelle.version)  # type: ignore[index]
