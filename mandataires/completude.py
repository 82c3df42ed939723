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
    a_des_mesures: bool  # or had some: whoever ended their only mesure has begun long ago

    @property
    def a_ses_informations(self) -> bool:
        mandataire = self.mandataire
        telephone = mandataire.telephone or mandataire.telephone_portable
        return mandataire.capacite is not None and all(
            (mandataire.adresse, mandataire.commune_id, telephone, mandataire.email)
        )

    @property
    def a_ses_mesures(self) -> bool:
        mandataire = self.mandataire
        if mandataire.declare_son_total:
            return mandataire.charge.declare is not None
        return self.a_des_mesures

    @property
    def etapes(self) -> list[Etape]:
        """The guide's steps, in its order; none once all are done."""
        mandataire = self.mandataire
        profil, mes = ("le profil du service", "vos") if mandataire.est_service else ("mon profil", "mes")
        etapes = [
            Etape(f"Compléter {profil}", self.a_ses_informations, reverse("informations_modifier")),
            Etape(f"Indiquer {mes} tribunaux", self.a_un_tribunal, reverse("tribunal_ajouter")),
        ]
        if mandataire.est_prepose:
            etapes.append(
                Etape("Indiquer mes établissements", self.a_un_etablissement, reverse("etablissements_ajouter"))
            )
        if mandataire.declare_son_total:
            mesures = Etape(
                "Indiquer le nombre de mesures en cours",
                self.a_ses_mesures,
                reverse("total_declarer"),
                aide=_aide(mandataire, "tenir-le-total"),
            )
        else:
            mesures = Etape(
                f"Enregistrer {mes} mesures",
                self.a_ses_mesures,
                reverse("mesure_nouvelle"),
                aide=_aide(mandataire, "enregistrer-vos-mesures"),
            )
        etapes.append(mesures)
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
        if mandataire.declare_son_total and not self.a_ses_mesures:
            manques.append(
                Manque(
                    "Vous n'avez pas déclaré votre nombre de mesures en cours : les magistrats ne savent pas si "
                    "vous pouvez en prendre.",
                    reverse("total_declarer"),
                    "Déclarer ce nombre",
                )
            )
        return manques


def completude(mandataire: Mandataire) -> Completude:
    """Three queries at most."""
    return Completude(
        mandataire=mandataire,
        a_un_tribunal=mandataire.agrements.en_vigueur().exists(),
        a_un_etablissement=mandataire.est_prepose and mandataire.exercices.filter(au=None).exists(),
        a_des_mesures=mandataire.charge.en_cours > 0 or mandataire.mesures.eteintes().exists(),
    )


GUIDES = {
    Mandataire.Type.INDIVIDUEL: "assistance_individuels",
    Mandataire.Type.PREPOSE: "assistance_preposes",
    Mandataire.Type.SERVICE: "assistance_services",
}


def _aide(mandataire: Mandataire, ancre: str) -> str:
    return f"{reverse(GUIDES[Mandataire.Type(mandataire.type)])}#{ancre}"
