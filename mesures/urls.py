from django.urls import path

from mesures.views import extinction, historique, listes, saisie

urlpatterns = [
    path("", listes.mesures_en_cours, name="mesures_en_cours"),
    path("eteintes/", listes.mesures_eteintes, name="mesures_eteintes"),
    path("nouvelle/", saisie.mesure_nouvelle, name="mesure_nouvelle"),
    path("<int:pk>/modifier/", saisie.mesure_modifier, name="mesure_modifier"),
    path("<int:pk>/eteindre/", extinction.mesure_eteindre, name="mesure_eteindre"),
    path("<int:pk>/reactiver/", extinction.mesure_reactiver, name="mesure_reactiver"),
    path("<int:pk>/historique/", historique.mesure_historique, name="mesure_historique"),
]
