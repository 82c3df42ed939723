from __future__ import annotations

from dataclasses import dataclass

from django import template

from mandataires import declarations
from mandataires.forms.declaration import TotalForm
from mandataires.models import Declaration, Mandataire

register = template.Library()


@dataclass(frozen=True)
class Carte:
    """What mandataires/_total_declare.html shows; `form` None where nothing is declared."""

    derniere: Declaration | None
    form: TotalForm | None
    est_attendue: bool


@register.simple_tag
def carte_du_total(mandataire: Mandataire) -> Carte:
    """One query, and the charge of `mandataire`."""
    if not mandataire.declare_son_total:
        return Carte(None, None, False)
    # An id of its own: a window over the page may hold the same field.
    form = TotalForm(mandataire=mandataire, auto_id="carte_%s")
    form.fields["total"].label = "Nombre total"  # of what, the title above says
    derniere = declarations.derniere_declaration(mandataire)
    return Carte(derniere=derniere, form=form, est_attendue=declarations.mise_a_jour_attendue(derniere))


@register.filter
def auteur(declaration: Declaration) -> str:
    """See `mandataires.declarations.auteur_de`."""
    return declarations.auteur_de(declaration)
