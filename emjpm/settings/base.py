"""What every environment shares. The environment is read here and in the three modules beside."""

from pathlib import Path
from typing import Any

import environ
import pghistory
from csp.constants import NONCE, NONE, SELF
from django.contrib.messages import constants as messages_levels

from emjpm.fonds_de_carte import fond_de_carte

env = environ.Env()

BASE_DIR = Path(__file__).resolve().parent.parent.parent
VAR_DIR = BASE_DIR / "var"

# --- The product's name and its people -------------------------------------------------------------

PRODUCT_NAME = env("PRODUCT_NAME", default="e-MJPM")
PRODUCT_TAGLINE = "Trouver un mandataire proche, compétent et réellement disponible"
# The State's brand block (Marianne and operator) is for State services only: absent unless set.
STATE_BRAND = env("STATE_BRAND", default="")  # plain text, such as « République Française »
OPERATOR_NAME = env("OPERATOR_NAME", default="")
# Where the site is, for the links of mails that no request asked for.
BASE_URL = env("BASE_URL", default="http://localhost:8000").rstrip("/")
CONTACT_EMAIL = env("CONTACT_EMAIL", default="contact@emjpm.example.org")
# A site that no State service operates says so on every page.
DEMONSTRATION_BANNER = env.bool("DEMONSTRATION_BANNER", default=True)
# The mails of the demonstration can be read at /courrier/: only the dev settings turn this on.
COURRIER_VISIBLE = False

# --- Django ------------------------------------------------------------------------------------------

DEBUG = False
ROOT_URLCONF = "emjpm.urls"
WSGI_APPLICATION = "emjpm.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SITE_ID = None
# One file at a time, which goes to the disk when it is large, within the bound of ours.
DATA_UPLOAD_MAX_NUMBER_FILES = 1
FILE_UPLOAD_HANDLERS = [
    "emjpm.televersements.FichiersBornes",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

INSTALLED_APPS = [
    "emjpm.apps.EmjpmConfig",
    "mesures.apps.MesuresConfig",
    "mandataires.apps.MandatairesConfig",
    "etablissements.apps.EtablissementsConfig",
    "tribunaux.apps.TribunauxConfig",
    "accounts.apps.AccountsConfig",
    "emjpm.apps.EmjpmAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "emjpm.apps.StatiquesConfig",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.usersessions",
    "crispy_forms",
    "csp",
    "django_htmx",
    "dsfr",  # before django.forms: its templates of widgets win
    "django.forms",
    "leaflet",
    "pgtrigger",
    "pghistory",
    "procrastinate.contrib.django",
]

MIDDLEWARE = [
    "emjpm.middleware.RequestLogMiddleware",
    "csp.middleware.CSPMiddleware",  # outermost of those that answer: every answer has the policy
    "emjpm.middleware.CspNonceMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "emjpm.middleware.NoStoreMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "emjpm.middleware.MethodNotAllowedMiddleware",
    "emjpm.middleware.LoginRequiredMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "emjpm.middleware.HistoryMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "emjpm.context_processors.site",
                "emjpm.espaces.espace",
            ],
        },
    }
]
# In the session, not in a cookie that would outlive it: they speak of people.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- Database ----------------------------------------------------------------------------------------

DATABASES: dict[str, dict[str, Any]] = {"default": env.db_url("DATABASE_URL")}
DATABASES["default"]["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=60)
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True

# Counts of attempts must be the same for all processes: the cache is a table.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache",
        # Past it, rows are culled: the counts of attempts must not be pushed out by many others.
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

# --- Language and time -------------------------------------------------------------------------------

LANGUAGE_CODE = "fr"
USE_I18N = True
TIME_ZONE = "Europe/Paris"
USE_TZ = True

# --- History -----------------------------------------------------------------------------------------

PGHISTORY_DEFAULT_TRACKERS = (pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
# Nobody rewrites history; what the law says to destroy is destroyed by the purge, which says so.
PGHISTORY_APPEND_ONLY = True
# A page that is only read has no author to ask the database for.
PGHISTORY_MIDDLEWARE_METHODS = ("POST", "PUT", "PATCH", "DELETE")

# --- Accounts ----------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.CompteBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},  # the guides' figure
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_RESET_TIMEOUT = 24 * 3600  # seconds
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "accueil"
SESSION_COOKIE_AGE = 8 * 3600  # seconds: a working day
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "emjpm.views.erreur_csrf"

ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "accounts.forms.ConnexionForm",
    "reset_password": "accounts.forms.MotDePasseOublieForm",
    "reset_password_from_key": "accounts.forms.NouveauMotDePasseForm",
    "user_token": "accounts.forms.LienForm",
    "change_password": "accounts.forms.ChangementMotDePasseForm",
    "set_password": "accounts.forms.PremierMotDePasseForm",
    "add_email": "accounts.forms.ChangementEmailForm",
    "reauthenticate": "accounts.forms.VerificationForm",
}
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*"]
# An account has one address, `User.email`; another replaces it once confirmed by the link sent there.
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_VERIFICATION = "none"  # at login: accounts are validated by an admin
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_CONFIRMATION_EXPIRE_DAYS = 1
ACCOUNT_EMAIL_CONFIRMATION_AUTHENTICATED_REDIRECT_URL = "compte"
ACCOUNT_EMAIL_NOTIFICATIONS = True
# The password again before a change of e-mail: a session left open does not give the account away.
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_SESSION_REMEMBER = True  # always SESSION_COOKIE_AGE: no box to tick
ACCOUNT_LOGOUT_REDIRECT_URL = "accueil"
ACCOUNT_PRESERVE_USERNAME_CASING = True
ACCOUNT_USERNAME_MIN_LENGTH = 3
# Counted by address of the visitor (ip), by account (user, or key: the account or e-mail typed).
ACCOUNT_RATE_LIMITS = {
    "signup": "20/m/ip,100/d/ip",
    "signup_email": "5/h/key",
    "login": "60/m/ip",
    "login_failed": "20/m/ip,5/5m/key",
    "reset_password": "20/m/ip,5/h/key",
    "reset_password_from_key": "20/m/ip",
    "change_password": "5/m/user",
    "manage_email": "10/m/user",
    "confirm_email": "5/h/key",
    "reauthenticate": "10/m/user",
}
# How many proxies of ours stand before the site: what may be believed of X-Forwarded-For, from its end.
ALLAUTH_TRUSTED_PROXY_COUNT = 0

# --- Tasks -------------------------------------------------------------------------------------------

# Modules of tasks besides each app's `tasks`, which is found by itself.
PROCRASTINATE_IMPORT_PATHS = ["mandataires.purge", "mandataires.rappels", "mesures.expirations", "mesures.purge"]

# --- Mail --------------------------------------------------------------------------------------------

DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default=CONTACT_EMAIL)
SERVER_EMAIL = DEFAULT_FROM_EMAIL
EMAIL_FILE_PATH = VAR_DIR / "courrier"  # where the demonstration writes its mails

# --- Geocoding ---------------------------------------------------------------------------------------

# The State's service is https://data.geopf.fr/geocodage; without one, a MJPM is where its commune is.
GEOCODAGE_URL = env("GEOCODAGE_URL", default="")
GEOCODAGE_TIMEOUT = 5  # seconds

# --- Pages -------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = env("STATIC_ROOT", default=str(BASE_DIR / "staticfiles"))
STATICFILES_DIRS = [
    BASE_DIR / "static",
    ("accessible-autocomplete", BASE_DIR / "node_modules/accessible-autocomplete/dist"),
    ("leaflet.markercluster", BASE_DIR / "node_modules/leaflet.markercluster/dist"),
]
CRISPY_ALLOWED_TEMPLATE_PACKS = ["dsfr"]
CRISPY_TEMPLATE_PACK = "dsfr"
DSFR_MARK_OPTIONAL_FIELDS = True
# Hashed files no longer have the checksums that django-dsfr knows: Chromium would refuse the styles.
DSFR_USE_INTEGRITY_CHECKSUMS = False
MESSAGE_TAGS = {messages_levels.DEBUG: "info", messages_levels.ERROR: "error"}

# --- Maps --------------------------------------------------------------------------------------------

# Off, « ign » or « openstreetmap »: what is drawn under the outlines of the départements.
CARTE_FOND = fond_de_carte(env("CARTE_FOND", default=""))
LEAFLET_CONFIG = {
    "TILES": CARTE_FOND.tuiles,
    "RESET_VIEW": False,
    "ATTRIBUTION_PREFIX": "",
    # A mesure is placed at its commune's town hall: closer, there is nothing more to see.
    "MIN_ZOOM": 2,
    "MAX_ZOOM": 12,
    "PLUGINS": {
        "markercluster": {
            "js": "leaflet.markercluster/leaflet.markercluster.js",
            "css": "leaflet.markercluster/MarkerCluster.css",
            "auto-include": True,
        }
    },
}

# --- Security ----------------------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:", *CARTE_FOND.hotes],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"

# --- Logs: primary keys only -------------------------------------------------------------------------

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"sans_adresse": {"()": "emjpm.logs.SansAdresse"}},
    "formatters": {"json": {"()": "emjpm.logs.JsonFormatter"}, "text": {"()": "emjpm.logs.TextFormatter"}},
    "handlers": {
        "stdout": {
            "class": "logging.StreamHandler",
            "stream": "ext://sys.stdout",
            "formatter": "json",
            "filters": ["sans_adresse"],
        }
    },
    "root": {"handlers": ["stdout"], "level": env("LOG_LEVEL", default="INFO")},
    "loggers": {
        "django": {"level": "INFO"},
        # One line a request is written by RequestLogMiddleware, without what was typed.
        "django.server": {"handlers": [], "propagate": False},
        "procrastinate": {"level": "WARNING"},
        # Below, it quotes what the service says, hence the address asked for.
        "geopy": {"level": "WARNING"},
    },
}
