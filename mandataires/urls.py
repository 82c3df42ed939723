from django.urls import path

from mandataires.views import consultation

urlpatterns = [
    path("mandataires/", consultation.mandataires, name="mandataires"),
    path("mandataires/<int:pk>/", consultation.mandataire_fiche, name="mandataire_fiche"),
]
