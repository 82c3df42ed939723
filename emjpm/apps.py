"""The project's own app (commands, error pages) and its admin site's configuration."""

import sys
from types import ModuleType

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.contrib.staticfiles.apps import StaticFilesConfig


class EmjpmConfig(AppConfig):
    name = "emjpm"
    verbose_name = "e-MJPM"

    def ready(self) -> None:
        from emjpm import checks  # noqa: F401  (registers the checks)


# Of the design system's 1,900 files, pages use two style sheets, the fonts and the families of icons that these
# name: a family too many costs seconds of compression, a family too few and the manifest does not build.
DSFR_PARTIES = ("analytics", "artwork", "component", "core", "dsfr", "layout", "legacy", "scheme", "utility")
DSFR_ICONES = ("buildings", "communication", "design", "development", "device", "document", "finance")
DSFR_INUTILE = (
    *("*.md", "dsfr.legacy.*", "dsfr.min.css", "dsfr.module.*", "dsfr.nomodule.*"),
    *(f"{partie}/*" for partie in DSFR_PARTIES),
    *(f"icons/{famille}/*" for famille in (*DSFR_ICONES, "health", "map", "others")),
)
# What other packages bring beside the one file that pages load. Those of npm are named from their own folder.
# Not `leaflet/draw/`: no page loads it, but django-leaflet asks for the address of each of its plugins.
AUTRES_INUTILES = (
    *("lib/*", "leaflet.markercluster-src.*", "WhereAreTheJavascriptFiles.txt"),
    *("admin/js/vendor/jquery/jquery.js", "admin/js/vendor/xregexp/xregexp.js"),
    "admin/js/vendor/select2/select2.full.js",
    *("django_htmx/ext/*", "django_htmx/htmax-*", "django_htmx/htmx-4*", "django_htmx/htmx-2.js"),
    *("leaflet/leaflet-src.*", "leaflet/proj4*", "leaflet/Control.MiniMap.*"),
)


class StatiquesConfig(StaticFilesConfig):
    """What `collectstatic` leaves out."""

    ignore_patterns = [
        *StaticFilesConfig.ignore_patterns,
        "django-dsfr/*",
        *(f"dsfr/dist/{motif}" for motif in DSFR_INUTILE),
        *AUTRES_INUTILES,
    ]


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
