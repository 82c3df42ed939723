"""Tests: PostgreSQL always, nothing leaves the machine."""

from emjpm.settings.base import *  # noqa: F403
from emjpm.settings.base import DATABASES, LOGGING

SECRET_KEY = "only-for-tests"
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
DATABASES["default"]["CONN_MAX_AGE"] = 0  # kept open, those of other threads make the flush between tests wait
BASE_URL = "https://emjpm.example.org"  # no host of a request: mails say the site's own address

EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
# Argon2 is slow on purpose; the tests that are about it name it themselves.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

GEOCODAGE_URL = ""  # the tests of geocoding have a server of their own

WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True

LOGGING["root"]["level"] = "WARNING"
