from django.urls import path

from mandataires import views

urlpatterns = [
    path("", views.mandataires, name="mandataires"),
    path("<int:pk>/", views.mandataire_fiche, name="mandataire_fiche"),
]
