"""What the map of a court shows, as GeoJSON: the MJPM that it found, the mesures of its list by commune."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Count, Q, Sum
from django.urls import reverse

from accounts.models import User
from mandataires.adresses import COMMUNE
from mandataires.masquage import SEUIL, somme_masquee
from mandataires.models import Mandataire, Presence
from mandataires.recherche import Criteres, Resultat
from tribunaux.db_functions import TexteRecherche
from tribunaux.distances import PointConnu
from tribunaux.models import Tribunal

# The least number of mesures of each size of circle. The first is that of what one MJPM alone has masked.
TAILLES = (1, 3, 10, 30)


def mandataires_geojson(criteres: Criteres, mandataires: Iterable[Mandataire]) -> dict[str, Any]:
    """A point a MJPM that has one, in the order of the list; `lieu`, the place searched, if it is known where."""
    collection = _collection(
        [
            _point(*point, _proprietes(mandataire, criteres))
            for mandataire in mandataires
            if (point := position(mandataire))
        ]
    )
    if criteres.lieu and criteres.point:
        collection["lieu"] = _point(*criteres.point, {"nom": str(criteres.lieu)})
    return collection


def _proprietes(mandataire: Mandataire, criteres: Criteres) -> dict[str, Any]:
    disponibilite = mandataire.disponibilite
    resultat = Resultat(mandataire, criteres.point, None)
    domicile = {COMMUNE: criteres.domicile.pk} if criteres.domicile else None
    return {
        "pk": mandataire.pk,
        "nom": str(mandataire),
        "type": mandataire.get_type_display(),
        "lettre": mandataire.type[0].upper(),
        "couleur": disponibilite.niveau.couleur,
        "rapport": disponibilite.rapport,
        "mot": disponibilite.mot,
        "distance": resultat.distance,
        "url": reverse("mandataire_fiche", args=[mandataire.pk], query=domicile),
        "reserver": reverse("reserver", args=[mandataire.pk], query=domicile) if resultat.sur_la_liste else "",
    }


def communes_geojson(user: User, tribunal: Tribunal) -> dict[str, Any]:
    """The ongoing mesures of the court's list by commune, masked; `non_localisees`, those of no point. One query.

    Each number is masked as that of one MJPM around a place is: beside the records, an exact sum would say what
    they mask. The size of a circle is that of the least that its words may mean.
    """
    sommes = (
        Presence.objects.filter(mandataire__in=Mandataire.objects.visible_to(user).de_la_liste(tribunal))
        .values("commune")
        .annotate(
            visibles=Sum("en_cours", filter=Q(en_cours__gte=SEUIL), default=0),
            masques=Count("pk", filter=Q(en_cours__lt=SEUIL)),
        )
        .order_by(TexteRecherche("commune__nom"), "commune")
        .values_list(
            "visibles",
            "masques",
            "commune__nom",
            "commune__departement",
            "commune__latitude",
            "commune__longitude",
        )
    )
    points = []
    ailleurs = [0, 0]
    for visibles, masques, nom, departement, latitude, longitude in sommes:
        if latitude is None or longitude is None:
            ailleurs = [ailleurs[0] + visibles, ailleurs[1] + masques]
            continue
        proprietes = {
            "nom": f"{nom} ({departement})",
            "texte": somme_masquee(visibles, masques),
            "taille": sum(visibles + masques >= seuil for seuil in TAILLES),
        }
        points.append(_point(latitude, longitude, proprietes))
    collection = _collection(points)
    if any(ailleurs):
        collection["non_localisees"] = somme_masquee(*ailleurs)
    return collection


def position(mandataire: Mandataire) -> PointConnu | None:
    """Its address, else its commune; None when nobody knows where it is."""
    for lieu in (mandataire, mandataire.commune):
        if lieu is not None and lieu.latitude is not None and lieu.longitude is not None:
            return lieu.latitude, lieu.longitude
    return None


def _collection(features: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": features}


def _point(latitude: float, longitude: float, proprietes: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [longitude, latitude]},
        "properties": proprietes,
    }
