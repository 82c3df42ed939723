from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from emjpm import assistance, views
from emjpm.courrier import views as courrier_views

urlpatterns = [
    path("", views.accueil, name="accueil"),
    path("sante/", views.sante, name="sante"),
    path("assistance/", assistance.assistance, name="assistance"),
    path("assistance/preposes/", assistance.assistance_preposes, name="assistance_preposes"),
    path("assistance/individuels/", assistance.assistance_individuels, name="assistance_individuels"),
    path("assistance/services/", assistance.assistance_services, name="assistance_services"),
    path("assistance/magistrats/", assistance.assistance_magistrats, name="assistance_magistrats"),
    path("mentions-legales/", assistance.mentions_legales, name="mentions_legales"),
    path("donnees-personnelles/", assistance.donnees_personnelles, name="donnees_personnelles"),
    path("accessibilite/", assistance.accessibilite, name="accessibilite"),
    path("", include("accounts.urls")),
    path("recherche/", include("tribunaux.urls")),
    path("recherche/", include("etablissements.urls")),
    path("", include("mandataires.urls")),
    path("mesures/", include("mesures.urls")),
    path("", include("mesures.urls_tribunal")),
    path("", include("mesures.urls_compte")),
    path("admin/", admin.site.urls),
]

if settings.COURRIER_VISIBLE:
    urlpatterns += [
        path("courrier/", courrier_views.courrier, name="courrier"),
        path("courrier/<slug:nom>/", courrier_views.courriel, name="courriel"),
    ]

handler400 = "emjpm.views.erreur_400"
handler403 = "emjpm.views.erreur_403"
handler404 = "emjpm.views.erreur_404"
handler500 = "emjpm.views.erreur_500"
