"""What a file of mesures must be: the page that says it, and the empty file to fill in.

Public: vendors of software read it, and there is no data of anybody in it.
"""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from mandataires.models import membre_de
from mesures.echanges.colonnes import COLONNES
from mesures.echanges.feuilles import COLONNES_MAX, EXTENSIONS, LIGNES_MAX, TAILLE_EN_MO
from mesures.echanges.modele import modele
from mesures.echanges.textes import ENCODAGES, SEPARATEURS
from mesures.models.importation import ANNULABLE, GARDE_DES_LIGNES, GARDE_DU_FICHIER
from mesures.regles import ANNEE_MIN, RG_LONGUEUR
from tribunaux.models import Tribunal
from tribunaux.tableurs import TYPES_MIME, Format

NOM_DU_MODELE = "modele-mesures.xlsx"
LISTE_LONGUE = 8  # values: more of them stand below the table
NOMS_DES_SEPARATEURS = {";": "point-virgule", "\t": "tabulation", ",": "virgule"}


@login_not_required
@require_safe
def mesures_import_format(request: HttpRequest) -> HttpResponse:
    return render(
        request,
        "mesures/import_format.html",
        {
            "est_membre": membre_de(request.user) is not None,
            "colonnes": COLONNES,
            "longues": [colonne for colonne in COLONNES if len(colonne.valeurs) > LISTE_LONGUE],
            "extensions": EXTENSIONS,
            "encodages": ENCODAGES,
            "separateurs": [NOMS_DES_SEPARATEURS[separateur] for separateur in SEPARATEURS],
            "taille_max": TAILLE_EN_MO,
            "lignes_max": LIGNES_MAX,
            "colonnes_max": COLONNES_MAX,
            "annee_min": ANNEE_MIN,
            "rg_longueur": RG_LONGUEUR,
            "heures_du_fichier": GARDE_DU_FICHIER // timedelta(hours=1),
            "jours_des_lignes": GARDE_DES_LIGNES.days,
            "jours_pour_annuler": ANNULABLE.days,
        },
    )


@login_not_required
@require_safe
def mesures_import_modele(request: HttpRequest) -> HttpResponse:
    tribunaux = Tribunal.objects.ouverts().order_by("nom", "pk").values_list("nom", "siret")
    return HttpResponse(
        modele(tuple(tribunaux)),
        content_type=TYPES_MIME[Format.XLSX],
        headers={"Content-Disposition": f'attachment; filename="{NOM_DU_MODELE}"'},
    )
