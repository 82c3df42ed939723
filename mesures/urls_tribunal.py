"""What a court does with its mesures: reservations, and what became of them."""

from django.urls import path

from mesures.views import exports, reservations, reserver, tribunal

urlpatterns = [
    path("reservations/", reservations.reservations, name="reservations"),
    path("reservations/vues/", reservations.reservations_vues, name="reservations_vues"),
    path("reservations/<int:pk>/prolonger/", reservations.reservation_prolonger, name="reservation_prolonger"),
    path("reservations/<int:pk>/annuler/", reservations.reservation_annuler, name="reservation_annuler"),
    path("tribunal/mesures/", tribunal.mesures_du_tribunal, name="mesures_du_tribunal"),
    path("tribunal/mesures/eteintes/", tribunal.mesures_du_tribunal_eteintes, name="mesures_du_tribunal_eteintes"),
    path("tribunal/mesures/exporter/", exports.mesures_du_tribunal_exporter, name="mesures_du_tribunal_exporter"),
    path("tribunal/mesures/<int:pk>/", tribunal.mesure_du_tribunal, name="mesure_du_tribunal"),
    path("mandataires/<int:pk>/reserver/", reserver.reserver, name="reserver"),
    path("reservations/<int:pk>/modifier/", reserver.reservation_modifier, name="reservation_modifier"),
]
