from django.urls import path

from mandataires.views import consultation, informations, inscription

urlpatterns = [
    # The name by which allauth's code links to the sign-up.
    path("inscription/", inscription.inscription, name="account_signup"),
    path("inscription/demande-recue/", inscription.inscription_recue, name="inscription_recue"),
    path("mandataires/", consultation.mandataires, name="mandataires"),
    path("mandataires/<int:pk>/", consultation.mandataire_fiche, name="mandataire_fiche"),
    path("informations/", informations.informations, name="informations"),
    path("informations/modifier/", informations.informations_modifier, name="informations_modifier"),
    path("informations/a-jour/", informations.donnees_confirmer, name="donnees_confirmer"),
    path("informations/tribunaux/ajouter/", informations.tribunal_ajouter, name="tribunal_ajouter"),
    path("informations/tribunaux/<int:pk>/retirer/", informations.tribunal_retirer, name="tribunal_retirer"),
    path("informations/tribunaux/<int:pk>/retablir/", informations.tribunal_retablir, name="tribunal_retablir"),
    path(
        "informations/etablissements/ajouter/", informations.etablissements_ajouter, name="etablissements_ajouter"
    ),
    path(
        "informations/etablissements/<int:pk>/retirer/",
        informations.etablissement_retirer,
        name="etablissement_retirer",
    ),
    path(
        "informations/etablissements/<int:pk>/retablir/",
        informations.etablissement_retablir,
        name="etablissement_retablir",
    ),
]
