"""The notes of a court on a MJPM: written from its record, changed by their author."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from mandataires.adresses import commune_de_la_recherche, suite_de_la_fiche
from mandataires.forms.notes import NoteForm
from mandataires.models import Mandataire, Note
from mandataires.notes import ecrire_note, modifier_note, supprimer_note
from mandataires.permissions import check_can_modifier_note, magistrat_agissant


@require_http_methods(["GET", "POST"])
def note_ajouter(request: HttpRequest, pk: int) -> HttpResponse:
    magistrat = magistrat_agissant(request.user)
    mandataire = get_object_or_404(Mandataire.objects.visible_to(request.user), pk=pk)
    form = NoteForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        ecrire_note(mandataire=mandataire, texte=form.cleaned_data["texte"], author=magistrat.user)
        messages.success(request, "Note enregistrée : seul votre tribunal la lit.")
        return redirect(_aux_notes(request, mandataire))
    return render(
        request,
        "mandataires/note_ecrire.html",
        {
            "form": form,
            "titre": f"Écrire une note sur {mandataire}",
            "notes_url": _aux_notes(request, mandataire),
        },
    )


@require_http_methods(["GET", "POST"])
def note_modifier(request: HttpRequest, pk: int) -> HttpResponse:
    magistrat = magistrat_agissant(request.user)
    note = _note(request, pk)
    check_can_modifier_note(magistrat.user, note)
    form = NoteForm(request.POST if request.method == "POST" else None, instance=note)
    if form.is_valid():
        modifier_note(note=note, texte=form.cleaned_data["texte"], author=magistrat.user)
        messages.success(request, "Note modifiée.")
        return redirect(_aux_notes(request, note.mandataire))
    return render(
        request,
        "mandataires/note_ecrire.html",
        {
            "form": form,
            "titre": f"Modifier votre note sur {note.mandataire}",
            "notes_url": _aux_notes(request, note.mandataire),
        },
    )


@require_http_methods(["GET", "POST"])
def note_supprimer(request: HttpRequest, pk: int) -> HttpResponse:
    magistrat = magistrat_agissant(request.user)
    note = _note(request, pk)
    check_can_modifier_note(magistrat.user, note)
    if request.method == "POST":
        supprimer_note(note=note, author=magistrat.user)
        messages.success(request, "Note supprimée.")
        return redirect(_aux_notes(request, note.mandataire))
    return render(
        request,
        "mandataires/note_supprimer.html",
        {"note": note, "notes_url": _aux_notes(request, note.mandataire)},
    )


def _note(request: HttpRequest, pk: int) -> Note:
    return get_object_or_404(Note.objects.visible_to(request.user).select_related("mandataire"), pk=pk)


def _aux_notes(request: HttpRequest, mandataire: Mandataire) -> str:
    """The notes of the record, which still knows the search that it was opened from."""
    return f"{mandataire.get_absolute_url()}{suite_de_la_fiche(request, commune_de_la_recherche(request))}#notes"
