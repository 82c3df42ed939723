"""What a profile lacks: the steps of a first connection, and what its owner should know while it does."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse

from mandataires.models import Mandataire


@dataclass(frozen=True)
class Etape:
    """A step of « Pour bien démarrer »; `aide` leads to the part of the guide that explains it."""

    titre: str
    est_faite: bool
    url: str
    aide: str = ""


@dataclass(frozen=True)
class Manque:
    """What is missing, in a sentence that says what it changes, and the way out."""

    phrase: str
    url: str
    action: str


@dataclass(frozen=True, kw_only=True)
class Completude:
    mandataire: Mandataire
    a_un_tribunal: bool
    a_un_etablissement: bool

    @property
    def a_ses_informations(self) -> bool:
        mandataire = self.mandataire
        telephone = mandataire.telephone or mandataire.telephone_portable
        return mandataire.capacite is not None and all(
            (mandataire.adresse, mandataire.commune_id, telephone, mandataire.email)
        )

    @property
    def a_ses_mesures(self) -> bool:
        charge = self.mandataire.charge
        return charge.en_cours > 0 or charge.declare is not None

    @property
    def etapes(self) -> list[Etape]:
        """The guide's steps, in its order; none once all are done."""
        mandataire = self.mandataire
        # No title holds the name of a tab: a link is then known by its words alone.
        profil, mes = ("le profil du service", "vos") if mandataire.est_service else ("mon profil", "mes")
        etapes = [
            Etape(f"Compléter {profil}", self.a_ses_informations, reverse("informations_modifier")),
            Etape(f"Indiquer {mes} tribunaux", self.a_un_tribunal, reverse("tribunal_ajouter")),
        ]
        if mandataire.est_prepose:
            etapes.append(
                Etape("Indiquer mes établissements", self.a_un_etablissement, reverse("etablissements_ajouter"))
            )
        etapes.append(
            Etape(
                f"Enregistrer {mes} mesures",
                self.a_ses_mesures,
                reverse("mesure_nouvelle"),
                aide=_guide_des_mesures(mandataire),
            )
        )
        return [] if all(etape.est_faite for etape in etapes) else etapes

    @property
    def manques(self) -> list[Manque]:
        mandataire = self.mandataire
        manques = []
        if not self.a_un_tribunal:
            manques.append(
                Manque(
                    "Vous n'avez indiqué aucun tribunal : aucun magistrat ne vous trouve dans sa liste.",
                    reverse("tribunal_ajouter"),
                    "Ajouter un tribunal",
                )
            )
        if mandataire.est_prepose and not self.a_un_etablissement:
            manques.append(
                Manque(
                    "Vous n'avez indiqué aucun établissement : les magistrats ne savent pas où vous exercez.",
                    reverse("etablissements_ajouter"),
                    "Indiquer un établissement",
                )
            )
        if mandataire.capacite is None:
            manques.append(
                Manque(
                    f"Le nombre de mesures {mandataire.libelle_capacite} n'est pas renseigné : les magistrats ne "
                    "savent pas si vous pouvez en prendre.",
                    reverse("informations_modifier"),
                    "Renseigner ce nombre",
                )
            )
        return manques


def completude(mandataire: Mandataire) -> Completude:
    """Two queries at most."""
    return Completude(
        mandataire=mandataire,
        a_un_tribunal=mandataire.agrements.en_vigueur().exists(),
        a_un_etablissement=mandataire.est_prepose and mandataire.exercices.filter(au=None).exists(),
    )


def _guide_des_mesures(mandataire: Mandataire) -> str:
    if mandataire.est_service:
        return ""
    guide = "assistance_preposes" if mandataire.est_prepose else "assistance_individuels"
    return f"{reverse(guide)}#enregistrer-vos-mesures"
