from django.urls import path

from mandataires.views import (
    consultation,
    declarations,
    informations,
    inscription,
    interruption,
    membres,
    notes,
    recherche,
)

urlpatterns = [
    # The name by which allauth's code links to the sign-up.
    path("inscription/", inscription.inscription, name="account_signup"),
    path("inscription/demande-recue/", inscription.inscription_recue, name="inscription_recue"),
    path("majeurs-proteges/", recherche.majeurs_proteges, name="majeurs_proteges"),
    path("majeurs-proteges/lieux.json", recherche.majeurs_proteges_lieux, name="majeurs_proteges_lieux"),
    path("mandataires/", recherche.mandataires, name="mandataires"),
    path("mandataires/lieux.json", recherche.mandataires_lieux, name="mandataires_lieux"),
    path("mandataires/exporter/", recherche.mandataires_exporter, name="mandataires_exporter"),
    path("mandataires/communes.json", recherche.mandataires_communes, name="mandataires_communes"),
    path("mandataires/charges/", recherche.mandataires_charges, name="mandataires_charges"),
    path("mandataires/<int:pk>/", consultation.mandataire_fiche, name="mandataire_fiche"),
    path("mandataires/<int:pk>/lieux.json", consultation.mandataire_lieux, name="mandataire_lieux"),
    path("mandataires/<int:pk>/notes/ajouter/", notes.note_ajouter, name="note_ajouter"),
    path("notes/<int:pk>/modifier/", notes.note_modifier, name="note_modifier"),
    path("notes/<int:pk>/supprimer/", notes.note_supprimer, name="note_supprimer"),
    path("informations/", informations.informations, name="informations"),
    path("informations/modifier/", informations.informations_modifier, name="informations_modifier"),
    path("informations/a-jour/", informations.donnees_confirmer, name="donnees_confirmer"),
    path("informations/interruption/", interruption.interruption_signaler, name="interruption_signaler"),
    path("informations/interruption/fin/", interruption.interruption_finir, name="interruption_finir"),
    path("informations/total/", declarations.total_declarer, name="total_declarer"),
    path("informations/total/exact/", declarations.total_redeclarer, name="total_redeclarer"),
    path("informations/declarations/", declarations.declarations, name="declarations"),
    path("informations/source/", declarations.source_total, name="source_total"),
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
    path("informations/utilisateurs/", membres.membres, name="membres"),
    path("informations/utilisateurs/inviter/", membres.membre_inviter, name="membre_inviter"),
    path("informations/utilisateurs/quitter/", membres.service_quitter, name="service_quitter"),
    path("informations/utilisateurs/<int:pk>/retirer/", membres.membre_retirer, name="membre_retirer"),
    path(
        "informations/utilisateurs/<int:pk>/administration/confier/",
        membres.administration_confier,
        name="administration_confier",
    ),
    path(
        "informations/utilisateurs/<int:pk>/administration/retirer/",
        membres.administration_retirer,
        name="administration_retirer",
    ),
    path(
        "informations/utilisateurs/invitations/<int:pk>/renvoyer/",
        membres.invitation_renvoyer,
        name="invitation_renvoyer",
    ),
    path(
        "informations/utilisateurs/invitations/<int:pk>/annuler/",
        membres.invitation_annuler,
        name="invitation_annuler",
    ),
    path("invitation/<str:secret>/", membres.invitation, name="invitation"),
]
