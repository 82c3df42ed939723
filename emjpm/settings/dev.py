"""Development and demonstration: what `make run` uses. Never for real data."""

from emjpm.settings.base import *  # noqa: F403
from emjpm.settings.base import LOGGING, env

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env("SECRET_KEY")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])

COURRIER_VISIBLE = True
EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"

# Static files are served from where they are written: no collectstatic.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True

LOGGING["handlers"]["stdout"]["formatter"] = "text"
LOGGING["root"]["level"] = env("LOG_LEVEL", default="WARNING")
