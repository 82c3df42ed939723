from django.apps import AppConfig


class MesuresConfig(AppConfig):
    name = "mesures"
    verbose_name = "Mesures"
