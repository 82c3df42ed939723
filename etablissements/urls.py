from django.urls import path

from etablissements import views

urlpatterns = [
    path("etablissements/", views.recherche_etablissements, name="recherche_etablissements"),
]
