from django.urls import path

from mesures.views import carte, extinction, historique, listes, reponses, saisie, suppression

urlpatterns = [
    path("", listes.mesures_en_cours, name="mesures_en_cours"),
    path("carte/", carte.mesures_carte, name="mesures_carte"),
    path("carte/lieux.json", carte.mesures_carte_lieux, name="mesures_carte_lieux"),
    path("eteintes/", listes.mesures_eteintes, name="mesures_eteintes"),
    path("en-attente/", reponses.mesures_en_attente, name="mesures_en_attente"),
    path("nouvelle/", saisie.mesure_nouvelle, name="mesure_nouvelle"),
    path("<int:pk>/modifier/", saisie.mesure_modifier, name="mesure_modifier"),
    path("<int:pk>/eteindre/", extinction.mesure_eteindre, name="mesure_eteindre"),
    path("<int:pk>/reactiver/", extinction.mesure_reactiver, name="mesure_reactiver"),
    path("<int:pk>/retablir/<int:version>/", extinction.mesure_retablir, name="mesure_retablir"),
    path("<int:pk>/supprimer/", suppression.mesure_supprimer, name="mesure_supprimer"),
    path("<int:pk>/reservation/", reponses.reservation_repondre, name="reservation_repondre"),
    path("<int:pk>/reservation/valider/", reponses.reservation_confirmer, name="reservation_confirmer"),
    path("<int:pk>/reservation/refuser/", reponses.reservation_refuser, name="reservation_refuser"),
    path("<int:pk>/historique/", historique.mesure_historique, name="mesure_historique"),
]
