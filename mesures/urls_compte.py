"""What the account offers and only the last app can write: it reads all of the others."""

from django.urls import path

from mesures.views import mes_donnees

urlpatterns = [
    path("compte/mes-donnees/", mes_donnees.mes_donnees, name="mes_donnees"),
]
