from django.apps import AppConfig


class TribunauxConfig(AppConfig):
    name = "tribunaux"
    verbose_name = "Tribunaux"
