"""Production: everything that differs from one installation to another comes from the environment.

It refuses to start (ImproperlyConfigured) on a setting that is missing or would be unsafe; `emjpm/wsgi.py`
refuses a database that lacks a migration.
"""

from django.core.exceptions import ImproperlyConfigured
from whitenoise.compress import Compressor

from emjpm.settings.base import *  # noqa: F403
from emjpm.settings.base import env

SECRET_KEY = env("SECRET_KEY")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS")
CSRF_TRUSTED_ORIGINS = [f"https://{host.lstrip('.')}" for host in ALLOWED_HOSTS]

if env.bool("DEBUG", default=False):
    raise ImproperlyConfigured("DEBUG ne peut pas être activé en production.")
if len(SECRET_KEY) < 50 or len(set(SECRET_KEY)) < 5 or SECRET_KEY.startswith("django-insecure-"):
    raise ImproperlyConfigured("SECRET_KEY doit être longue (50 caractères au moins) et aléatoire.")

# EMAIL_URL: smtp+tls://… (STARTTLS) or smtp+ssl://…
EMAIL_CONFIG = env.email_url("EMAIL_URL")
vars().update(EMAIL_CONFIG)
EMAIL_TIMEOUT = 10  # seconds
# No other backend: the mails hold links that open accounts, and would end in a log or a file.
if not EMAIL_CONFIG["EMAIL_BACKEND"].endswith(".smtp.EmailBackend") or not (
    EMAIL_CONFIG.get("EMAIL_USE_TLS") or EMAIL_CONFIG.get("EMAIL_USE_SSL")
):
    raise ImproperlyConfigured("EMAIL_URL doit chiffrer l'envoi : smtp+tls://… ou smtp+ssl://…")
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
CONTACT_EMAIL = env("CONTACT_EMAIL")
BASE_URL = env("BASE_URL").rstrip("/")
if not BASE_URL.startswith("https://"):
    raise ImproperlyConfigured("BASE_URL doit être l'adresse du site, en https:// : les courriels y renvoient.")

# Said, not supposed: at 0 behind a proxy, all visitors would share its address, and its counts of attempts.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT")

SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
# A probe inside the network speaks plain HTTP; it sends one of ALLOWED_HOSTS as its Host.
SECURE_REDIRECT_EXEMPT = [r"^sante/$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-session"
CSRF_COOKIE_NAME = "__Host-csrf"

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True  # pages ask for no others
# Source maps are read by developers alone, and are the largest files: compressing them is most of the wait.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = (*Compressor.SKIP_COMPRESS_EXTENSIONS, "map")
