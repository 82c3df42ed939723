"""allauth's views under French paths and their own names, which its code reverses; and ours.

`account_signup` is the one missing here: allauth's sign-up is closed, ours is in `mandataires`.
"""

from allauth.account import views as allauth_views
from allauth.usersessions import views as usersessions_views
from django.urls import path, re_path

from accounts import views

urlpatterns = [
    path("connexion/", views.Connexion.as_view(), name="account_login"),
    path("deconnexion/", allauth_views.logout, name="account_logout"),
    path("mot-de-passe/oublie/", views.MotDePasseOublie.as_view(), name="account_reset_password"),
    path(
        "mot-de-passe/oublie/envoye/",
        views.MotDePasseOublieEnvoye.as_view(),
        name="account_reset_password_done",
    ),
    re_path(
        r"^mot-de-passe/nouveau/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        views.MotDePasseNouveau.as_view(),
        name="account_reset_password_from_key",
    ),
    path(
        "mot-de-passe/nouveau/fait/",
        views.MotDePasseNouveauFait.as_view(),
        name="account_reset_password_from_key_done",
    ),
    path("compte/", views.compte, name="compte"),
    path("compte/courriels/", views.courriels_choisir, name="courriels_choisir"),
    path("compte/email/", views.Email.as_view(), name="account_email"),
    path(
        "compte/email/confirmer/",
        views.ConfirmationEnvoyee.as_view(),
        name="account_email_verification_sent",
    ),
    path("compte/email/confirmer/<str:key>/", views.ConfirmationEmail.as_view(), name="account_confirm_email"),
    path("compte/mot-de-passe/", allauth_views.password_change, name="account_change_password"),
    path("compte/mot-de-passe/choisir/", allauth_views.password_set, name="account_set_password"),
    path("compte/verification/", allauth_views.reauthenticate, name="account_reauthenticate"),
    path("compte/sessions/", usersessions_views.list_usersessions, name="usersessions_list"),
    path("compte/sessions/fermer/", views.deconnexion_partout, name="deconnexion_partout"),
    path("compte/inactif/", views.CompteInactif.as_view(), name="account_inactive"),
]
