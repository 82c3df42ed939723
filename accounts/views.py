"""The account's own pages, and what this site changes of allauth's views."""

from __future__ import annotations

from typing import Any

from allauth.account import views as allauth_views
from django.contrib import messages
from django.contrib.auth import logout
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.forms import CourrielsForm
from accounts.models import User
from accounts.refus import Refus
from accounts.services import accorder_adresse, choisir_courriels, deconnecter_partout


@require_safe
def compte(request: HttpRequest) -> HttpResponse:
    user = _utilisateur(request)
    recoit = _est_magistrat(user) or _est_membre(user)
    return render(
        request,
        "accounts/compte.html",
        {
            "a_un_espace": recoit or user.is_staff,
            "courriels_form": CourrielsForm(instance=user, est_magistrat=_est_magistrat(user)) if recoit else None,
        },
    )


@require_POST
def courriels_choisir(request: HttpRequest) -> HttpResponse:
    """Which mails the site may write of its own accord. Boxes only: nothing can be wrong with them."""
    user = _utilisateur(request)
    if not (_est_magistrat(user) or _est_membre(user)):
        raise Refus("Cette page est réservée aux mandataires et aux magistrats.")
    form = CourrielsForm(request.POST, instance=user, est_magistrat=_est_magistrat(user))
    if form.is_valid():
        choisir_courriels(user=user, choix=form.cleaned_data)
        messages.success(request, "Vos choix de courriels sont enregistrés.")
    return redirect("compte")


@require_http_methods(["GET", "HEAD", "POST"])
def deconnexion_partout(request: HttpRequest) -> HttpResponse:
    """« Se déconnecter partout » : every session of the account, this one included."""
    if request.method != "POST":
        return render(request, "accounts/deconnexion_partout.html")
    deconnecter_partout(user=_utilisateur(request))
    logout(request)
    messages.success(request, "Toutes vos sessions sont fermées.")
    return redirect("account_login")


def _utilisateur(request: HttpRequest) -> User:
    assert request.user.is_authenticated  # LoginRequiredMiddleware
    return request.user


# Which binding gives this user a space. By name only: accounts imports no other app.


def _est_membre(user: User) -> bool:
    return hasattr(user, "membre")


def _est_magistrat(user: User) -> bool:
    return hasattr(user, "magistrat")


class Cadre:
    """allauth's views give their pages a `site` of their own, which would hide that of our frame."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc]
        context.pop("site", None)
        return context


class LienSansEffet:
    """A link opened under another account logs this one out once the form is sent, not before.

    Mail gateways open links; a GET changes nothing.
    """

    request: HttpRequest

    def logout(self) -> None:
        if self.request.method == "POST":
            super().logout()  # type: ignore[misc]


class Connexion(Cadre, allauth_views.LoginView):
    pass


class MotDePasseOublie(Cadre, allauth_views.PasswordResetView):
    pass


class MotDePasseOublieEnvoye(Cadre, allauth_views.PasswordResetDoneView):
    pass


class MotDePasseNouveau(Cadre, LienSansEffet, allauth_views.PasswordResetFromKeyView):
    reset_url_key = "choisir"


class MotDePasseNouveauFait(Cadre, allauth_views.PasswordResetFromKeyDoneView):
    pass


class CompteInactif(Cadre, allauth_views.AccountInactiveView):
    pass


class ConfirmationEnvoyee(Cadre, allauth_views.EmailVerificationSentView):
    pass


class ConfirmationEmail(Cadre, LienSansEffet, allauth_views.ConfirmEmailView):
    def post(self, *args: Any, **kwargs: Any) -> HttpResponse:
        """A link used twice, or too late, is said on its page as by GET."""
        try:
            response: HttpResponse = super().post(*args, **kwargs)
        except Http404:
            self.object = None
            response = self.render_to_response(self.get_context_data())
        return response


class Email(allauth_views.EmailView):
    """Change of the login e-mail: one address, and at most one that waits for its confirmation."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        accorder_adresse(user=_utilisateur(request))
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return response

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "action_primary" in request.POST:
            # allauth would let an account without an e-mail take an address that nobody confirmed.
            return redirect("account_email")
        response: HttpResponse = super().post(request, *args, **kwargs)
        if "action_send" in request.POST and not self._did_send_verification_email:
            messages.warning(request, "Plusieurs liens sont déjà partis : patientez avant d'en redemander.")
        return response
