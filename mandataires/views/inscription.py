"""Sign-up: a request that waits for an admin."""

from __future__ import annotations

from allauth.core import ratelimit
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from mandataires.forms.inscription import InscriptionForm
from mandataires.inscriptions import JOURS_SANS_REPONSE, demander


@login_not_required
@sensitive_post_parameters("mot_de_passe")
@require_http_methods(["GET", "HEAD", "POST"])
def inscription(request: HttpRequest) -> HttpResponse:
    """Ask for an account. The answer is the same whether the e-mail is known or not."""
    if request.user.is_authenticated:
        return redirect("accueil")
    if trop := ratelimit.consume_or_429(request, action="signup"):
        return trop
    form = InscriptionForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        # Whoever repeats an address would have its holder written to each time.
        if trop := ratelimit.consume_or_429(request, action="signup_email", key=form.cleaned_data["email"]):
            return trop
        try:
            demander(
                user=form.compte,
                mot_de_passe=form.cleaned_data["mot_de_passe"],
                mandataire=form.instance,
                tribunaux=form.cleaned_data["tribunaux"],
                etablissements=form.etablissements,
            )
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            return redirect("inscription_recue")
    return render(request, "mandataires/inscription/inscription.html", {"form": form, "jours": JOURS_SANS_REPONSE})


@login_not_required
@require_safe
def inscription_recue(request: HttpRequest) -> HttpResponse:
    """The same page for everybody: it knows nothing of the request."""
    return render(request, "mandataires/inscription/recue.html", {"jours": JOURS_SANS_REPONSE})
