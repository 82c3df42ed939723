"""The project's own app (commands, error pages) and its admin site's configuration."""

import sys
from types import ModuleType

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class EmjpmConfig(AppConfig):
    name = "emjpm"
    verbose_name = "e-MJPM"

    def ready(self) -> None:
        from emjpm import checks  # noqa: F401  (registers the checks)


class EmjpmAdminConfig(AdminConfig):
    """The Django admin, with a cure for django-leaflet.

    `leaflet.admin` imports GeoDjango, hence GDAL, which this project does without; the admin's
    autodiscovery would import it and fail. An empty module of that name, put in place first,
    is found instead.
    """

    default_site = "emjpm.admin.EmjpmAdminSite"

    def ready(self) -> None:
        sys.modules.setdefault("leaflet.admin", ModuleType("leaflet.admin"))
        super().ready()
