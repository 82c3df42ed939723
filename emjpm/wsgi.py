"""WSGI entry point, for gunicorn. It refuses to serve a database that its code does not match."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "emjpm.settings.production")

application = get_wsgi_application()

from emjpm.sante import exiger_les_migrations  # noqa: E402 (needs the apps)

exiger_les_migrations()
