from django.urls import path

from tribunaux import views

urlpatterns = [
    path("communes/", views.recherche_communes, name="recherche_communes"),
    path("tribunaux/", views.recherche_tribunaux, name="recherche_tribunaux"),
]
