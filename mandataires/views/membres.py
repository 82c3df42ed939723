"""The users of a service, as its administrator manages them; and the page that an invitation opens."""

from __future__ import annotations

from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.refus import refus_annonces
from mandataires.forms.membres import AcceptationForm, InvitationForm
from mandataires.invitations import (
    VALIDITE,
    InvitationPerimee,
    accepter_invitation,
    annuler_invitation,
    inviter_membre,
    lire_invitation,
    renvoyer_invitation,
)
from mandataires.membres import (
    administrateurs_de,
    confier_administration,
    membres_de,
    quitter_service,
    retirer_administration,
    retirer_membre,
)
from mandataires.models import Invitation, Membre
from mandataires.permissions import check_can_gerer_les_membres, service_agissant


@require_safe
def membres(request: HttpRequest) -> HttpResponse:
    moi = service_agissant(request.user)
    return render(
        request,
        "mandataires/membres.html",
        {
            "moi": moi,
            "est_seul": _est_seul_a_administrer(moi),
            "membres": membres_de(moi.mandataire),
            "invitations": moi.mandataire.invitations.en_attente().select_related("by").order_by("-pk"),
        },
    )


# --- Invitations -------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def membre_inviter(request: HttpRequest) -> HttpResponse:
    moi = _administrateur(request)
    form = InvitationForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        email = form.cleaned_data["email"]
        if trop := _trop_de_courriels(request, email):
            return trop
        try:
            inviter_membre(mandataire=moi.mandataire, email=email, author=moi.user)
        except ValidationError as erreur:
            form.add_error("email", erreur.messages)
        else:
            messages.success(request, f"Invitation envoyée à {email} : le lien est valable {VALIDITE.days} jours.")
            return redirect("membres")
    return render(
        request,
        "mandataires/membre_inviter.html",
        {"form": form, "mandataire": moi.mandataire, "jours": VALIDITE.days},
    )


@require_POST
def invitation_renvoyer(request: HttpRequest, pk: int) -> HttpResponse:
    moi = _administrateur(request)
    invitation = _invitation(moi, pk)
    if trop := _trop_de_courriels(request, invitation.email):
        return trop
    with refus_annonces(request):
        renvoyer_invitation(invitation=invitation, author=moi.user)
        messages.success(
            request,
            f"Invitation renvoyée à {invitation.email} : le nouveau lien est valable {VALIDITE.days} jours, "
            "l'ancien ne l'est plus.",
        )
    return redirect("membres")


@require_POST
def invitation_annuler(request: HttpRequest, pk: int) -> HttpResponse:
    moi = _administrateur(request)
    invitation = _invitation(moi, pk)
    with refus_annonces(request):
        annuler_invitation(invitation=invitation, author=moi.user)
        messages.success(request, f"Invitation de {invitation.email} annulée : son lien n'ouvre plus rien.")
    return redirect("membres")


def _invitation(moi: Membre, pk: int) -> Invitation:
    return get_object_or_404(moi.mandataire.invitations, pk=pk)


def _trop_de_courriels(request: HttpRequest, email: str) -> HttpResponse | None:
    """The answer 429 to who would have somebody written to again and again, or many people at once."""
    return ratelimit.consume_or_429(request, action="manage_email", user=request.user) or ratelimit.consume_or_429(
        request, action="signup_email", key=email
    )


# --- Members -----------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def membre_retirer(request: HttpRequest, pk: int) -> HttpResponse:
    moi = _administrateur(request)
    membre = _membre(moi, pk)
    if membre.pk == moi.pk:
        return redirect("service_quitter")
    if request.method != "POST":
        return render(request, "mandataires/membre_retirer.html", {"membre": membre})
    with refus_annonces(request):
        retirer_membre(membre=membre, author=moi.user)
        messages.success(request, f"{membre} n'est plus utilisateur du service : son compte est fermé.")
    return redirect("membres")


@require_POST
def administration_confier(request: HttpRequest, pk: int) -> HttpResponse:
    moi = _administrateur(request)
    membre = _membre(moi, pk)
    with refus_annonces(request):
        confier_administration(membre=membre, author=moi.user)
        messages.success(
            request,
            f"{membre} administre maintenant le compte du service.",
            extra_tags=f"retablir:{reverse('administration_retirer', args=[membre.pk])}",
        )
    return redirect("membres")


@require_http_methods(["GET", "HEAD", "POST"])
def administration_retirer(request: HttpRequest, pk: int) -> HttpResponse:
    moi = _administrateur(request)
    membre = _membre(moi, pk)
    if request.method != "POST":
        return render(
            request,
            "mandataires/administration_retirer.html",
            {"membre": membre, "est_moi": membre.pk == moi.pk, "est_seul": _est_seul_a_administrer(membre)},
        )
    with refus_annonces(request):
        retirer_administration(membre=membre, author=moi.user)
        if membre.pk == moi.pk:
            messages.success(request, "Vous n'administrez plus le compte du service.")
        else:
            messages.success(
                request,
                f"{membre} n'administre plus le compte du service.",
                extra_tags=f"retablir:{reverse('administration_confier', args=[membre.pk])}",
            )
    return redirect("membres")


@require_http_methods(["GET", "HEAD", "POST"])
def service_quitter(request: HttpRequest) -> HttpResponse:
    moi = service_agissant(request.user)
    if request.method != "POST":
        return render(
            request,
            "mandataires/service_quitter.html",
            {"mandataire": moi.mandataire, "est_seul": _est_seul_a_administrer(moi)},
        )
    try:
        quitter_service(author=moi.user)
    except ValidationError as erreur:
        messages.error(request, " ".join(erreur.messages))
        return redirect("membres")
    logout(request)
    messages.success(request, f"Vous avez quitté {moi.mandataire} : votre compte est fermé.")
    return redirect("account_login")


def _administrateur(request: HttpRequest) -> Membre:
    """The member who acts. Raises Refus unless they administer a service."""
    moi = service_agissant(request.user)
    check_can_gerer_les_membres(moi.user, moi.mandataire_id)
    return moi


def _membre(moi: Membre, pk: int) -> Membre:
    return get_object_or_404(moi.mandataire.membres.select_related("user"), pk=pk)


def _est_seul_a_administrer(membre: Membre) -> bool:
    return membre.est_admin and not administrateurs_de(membre.mandataire_id).exclude(pk=membre.pk).exists()


# --- The page of an invitation -----------------------------------------------------------------------


@login_not_required
@sensitive_post_parameters("mot_de_passe")
@cache_control(private=True, no_store=True)
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, secret: str) -> HttpResponse:
    """Open an account, by the link of a mail. Reading the page changes nothing: mail gateways open links.

    Its address is a secret; the site's Referrer-Policy lets no other site read it.
    """
    if trop := ratelimit.consume_or_429(request, action="signup"):
        return trop
    try:
        lue, ancien = lire_invitation(secret)
        if request.user.is_authenticated:
            return render(request, "mandataires/invitation_deconnexion.html", {"invitation": lue})
        form = AcceptationForm(request.POST if request.method == "POST" else None, email=lue.email, ancien=ancien)
        if form.is_valid():
            accepter_invitation(secret=secret, user=form.compte, mot_de_passe=form.cleaned_data["mot_de_passe"])
            messages.success(request, "Votre compte est prêt : connectez-vous.")
            return redirect("account_login")
    except InvitationPerimee:
        return render(request, "mandataires/invitation_perimee.html")
    except ValidationError as erreur:
        form.add_error(None, erreur.messages)
    return render(request, "mandataires/invitation.html", {"form": form, "invitation": lue, "ancien": ancien})
