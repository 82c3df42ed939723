from django.apps import AppConfig


class MandatairesConfig(AppConfig):
    name = "mandataires"
    verbose_name = "Mandataires"
