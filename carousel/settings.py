"""Settings. Everything that varies between machines comes from the environment.

With nothing set, everything lives under `var/` beside this code and `manage.py up` runs it.
"""

import os
import tempfile
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from carousel import env, inference, logs
from carousel.launcher.home import Home
from carousel.pool import forget

BASE_DIR = Path(__file__).resolve().parent.parent
HOME = Path(env.text("CAROUSEL_HOME", str(BASE_DIR / "var"))).resolve()
ENVIRONMENT = env.choice("CAROUSEL_ENV", "dev", {"dev", "staging", "prod"})
PRODUCTION = ENVIRONMENT != "dev"
DEBUG = env.flag("DEBUG")

DEMO_SECRET = "demo-secret-that-production-refuses-because-everyone-can-read-it"
SECRET_KEY = env.text("SECRET_KEY", DEMO_SECRET)
if PRODUCTION and (SECRET_KEY == DEMO_SECRET or len(SECRET_KEY) < 50):
    raise ImproperlyConfigured(
        "Set SECRET_KEY to 50 random characters or more; this one is a demo."
    )
if PRODUCTION and DEBUG:
    raise ImproperlyConfigured("DEBUG must be off in production: it shows secrets to visitors.")
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS")

SITE_URL = env.text("SITE_URL", "http://localhost:8000").rstrip("/")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "*" if not PRODUCTION else "")
if PRODUCTION and not ALLOWED_HOSTS:
    raise ImproperlyConfigured("Set ALLOWED_HOSTS to the names this site is reached by.")
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "template_partials",
    "django_htmx",
    "csp",
    "axes",
    "import_export",
    "carousel",
    "imaging",
    "grouping",
    "pricing",
]
MIDDLEWARE = [
    "carousel.middleware.RequestIdMiddleware",
    "carousel.middleware.StorefrontMiddleware",
    "carousel.problems.ProblemMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "carousel.middleware.CookielessMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "carousel.middleware.AdminWallMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "carousel.web.RefusalMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "carousel.urls"
ASGI_APPLICATION = "carousel.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["template_partials.templatetags.partials"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# Postgres is the truth; the web server pools connections, workers must not (reliability: pool
# and CONN_HEALTH_CHECKS together lost 0 of 1,923 requests over a restart).
EMBEDDED = Home(HOME)
DATABASE_URL = env.text("DATABASE_URL", EMBEDDED.database_url)
DATABASES: dict[str, dict[str, Any]] = {"default": env.database(DATABASE_URL)}
WEB = env.flag("CAROUSEL_WEB")
# The role that web and workers act as (see carousel/tenants/walls.py); empty: the owner itself.
DATABASE_ROLE = env.text("DATABASE_ROLE")
# Our own database is owned by a superuser, who sees through walls; any other owner does not.
WALLED = bool(DATABASE_ROLE) or EMBEDDED.database_url != DATABASE_URL
_WALLS = (f" -c role={DATABASE_ROLE}" if DATABASE_ROLE else "") + (
    " -c app.tenant=*" if WALLED and not WEB else ""
)
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DATABASES["default"]["OPTIONS"] |= {
    "connect_timeout": 3,
    "options": (
        f"-c statement_timeout={10_000 if WEB else 60_000} -c lock_timeout=3000"
        f" -c idle_in_transaction_session_timeout=15000{_WALLS}"
    ),
}
if WEB:
    DATABASES["default"]["OPTIONS"]["pool"] = {
        "min_size": 2,
        "max_size": 12,
        "timeout": 5,
        "reset": forget,
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "carousel.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
AXES_VERBOSE = False
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_FORM_FIELD = "username"
AXES_LOCKOUT_TEMPLATE = "tenants/locked.html"
PASSWORD_RESET_TIMEOUT = 24 * 3600
OIDC_ISSUER = env.text("OIDC_ISSUER")
OIDC_JWKS_URL = env.text("OIDC_JWKS_URL", f"{OIDC_ISSUER}/.well-known/jwks.json")
OIDC_CLIENT_IDS = env.words("OIDC_CLIENT_IDS")
OIDC_STAFF_CLIENT_ID = env.text("OIDC_STAFF_CLIENT_ID")
OIDC_STAFF_CLIENT_SECRET = env.text("OIDC_STAFF_CLIENT_SECRET")
OIDC_TENANT_CLAIM = env.text("OIDC_TENANT_CLAIM", "custom:tenant")
REGISTRATION_OPEN = env.flag("REGISTRATION_OPEN")
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "sign-in"
SESSION_COOKIE_AGE = 8 * 3600
SESSION_SAVE_EVERY_REQUEST = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
HTTPS = env.flag("HTTPS", default=PRODUCTION)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
if HTTPS:
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True
    SECURE_REDIRECT_EXEMPT = [r"^health"]
if env.flag("BEHIND_PROXY"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# No nonce, no hash, no eval: every script and style is an external file of ours or django-htmx's.
MEDIA_ORIGINS = env.words("MEDIA_ORIGINS")
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "blob:", "data:", *MEDIA_ORIGINS],
        "connect-src": [SELF, *MEDIA_ORIGINS],
        "worker-src": [SELF],
        "font-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = HOME / "static" if PRODUCTION else None
WHITENOISE_USE_FINDERS = not PRODUCTION
WHITENOISE_AUTOREFRESH = DEBUG

MEDIA_ROOT = HOME / "media"
S3_BUCKET = env.bucket()
AWS_ENDPOINT_URL = env.text("AWS_ENDPOINT_URL")
STORAGES = {
    "default": env.storage(S3_BUCKET, AWS_ENDPOINT_URL, str(MEDIA_ROOT)),
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if not PRODUCTION
        else "whitenoise.storage.CompressedManifestStaticFilesStorage",
    },
}
DATA_UPLOAD_MAX_NUMBER_FILES = 250
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
FILE_UPLOAD_HANDLERS = [
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "carousel.disk.Temporary",
]
FILE_UPLOAD_TEMP_DIR = env.text("FILE_UPLOAD_TEMP_DIR") or tempfile.gettempdir()
MAX_UPLOAD_BYTES = env.number("MAX_UPLOAD_BYTES", 50 * 1024 * 1024, low=1024)
MAX_REQUEST_BYTES = 4 * MAX_UPLOAD_BYTES
"""A photo over its limit is refused by name; more than this never reaches a view."""

# How long things are kept: see wiring.RETENTION.
KEEP_HOURS_TEMPORARY = env.number("KEEP_HOURS_TEMPORARY", 24, low=1)
KEEP_HOURS_JOBS = env.number("KEEP_HOURS_JOBS", 24, low=1)
KEEP_DAYS_EMBEDDINGS = env.number("KEEP_DAYS_EMBEDDINGS", 30, low=1)
KEEP_DAYS_GROUPS = env.number("KEEP_DAYS_GROUPS", 90, low=1)
KEEP_DAYS_SALES = env.number("KEEP_DAYS_SALES", 730, low=1)

# Celery carries hints; the rows are the queue. How it is set up: carousel/celery_config.py.
BROKER_URL = env.text("CELERY_BROKER_URL", EMBEDDED.broker_url)
BROKER_IS_REDIS = BROKER_URL.startswith(("redis", "rediss", "unix", "socket"))
REDIS_URL = env.text("REDIS_URL") or EMBEDDED.redis_url
if env.text("CELERY_BROKER_URL") and BROKER_IS_REDIS and not env.text("REDIS_URL"):
    REDIS_URL = BROKER_URL
SOFT_LIMIT, HARD_LIMIT, LEASE, VISIBILITY = (
    env.number("STEP_SOFT_LIMIT", 90, low=1),
    env.number("STEP_HARD_LIMIT", 120, low=1),
    env.number("STEP_LEASE", 150, low=1),
    env.number("STEP_VISIBILITY", 300, low=1),
)
if not SOFT_LIMIT < HARD_LIMIT < LEASE < VISIBILITY:
    raise ImproperlyConfigured(
        "STEP_SOFT_LIMIT < STEP_HARD_LIMIT < STEP_LEASE < STEP_VISIBILITY must hold,"
        " or work runs twice."
    )

MODEL_DIR = Path(
    env.text("CAROUSEL_MODELS") or env.text("U2NET_HOME") or str(HOME / "models")
).resolve()
os.environ.setdefault("U2NET_HOME", str(MODEL_DIR))
CUTOUT_MODEL = env.text("CUTOUT_MODEL", "u2netp")
ENCODER = inference.encoder()
EMBEDDING_MODEL = env.text("EMBEDDING_MODEL", ENCODER.name if ENCODER else "carousel-descriptor-1")
BEDROCK_REGION = env.text("BEDROCK_REGION")
INFERENCE = inference.chains(BEDROCK_REGION, ENCODER)
MODEL_PRICES = inference.model_prices()
PROVIDER_REQUESTS_PER_SECOND = env.number("PROVIDER_REQUESTS_PER_SECOND", 50, low=1)
GLOSSARY = inference.glossary_folder()
# Who is asked about a book that the shop's catalogue does not know: google, openlibrary.
BOOK_SOURCES = env.words("BOOK_SOURCES")
GOOGLE_BOOKS_KEY = env.text("GOOGLE_BOOKS_KEY")
BOOK_QUESTIONS_PER_DAY = env.number("BOOK_QUESTIONS_PER_DAY", 1000)
BOOKS_LEAST_CONFIDENCE = env.number("BOOKS_LEAST_CONFIDENCE", 50, high=100)
ALLOWED_IMAGE_HOSTS = env.words("ALLOWED_IMAGE_HOSTS")
# The old sales database, read every night; the query takes %(since)s and %(until)s.
LEGACY_SALES_URL = env.text("LEGACY_SALES_URL")
LEGACY_SALES_QUERY = env.text("LEGACY_SALES_QUERY")
LEGACY_SALES_TENANT = env.text("LEGACY_SALES_TENANT", "demo")
# Receivers of webhooks inside our own network, as host:port; all others must be public and https.
PRIVATE_RECEIVERS = env.words("PRIVATE_RECEIVERS")
AWS_REGION = env.text("AWS_REGION", "eu-west-1")
# The lake: where its files are; another Iceberg catalog than ours, as JSON of pyiceberg's options.
LAKE_WAREHOUSE = env.text("LAKE_WAREHOUSE", (HOME / "lake").as_uri())
LAKE_CATALOG = env.text("LAKE_CATALOG")

STOREFRONT_ORIGINS = env.words("STOREFRONT_ORIGINS")

OTEL_ENDPOINT = env.text("OTEL_EXPORTER_OTLP_ENDPOINT")
if OTEL_ENDPOINT and find_spec("opentelemetry") is None:
    raise ImproperlyConfigured("OTEL_EXPORTER_OTLP_ENDPOINT needs `pip install carousel[otel]`.")
METRICS_TOKEN = env.text("METRICS_TOKEN")
_METRICS_DIR = HOME / "run" / "metrics"
os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", str(_METRICS_DIR))
_METRICS_DIR.mkdir(parents=True, exist_ok=True)
ALERT_EMAILS = env.words("ALERT_EMAILS")
ALERT_WEBHOOK = env.text("ALERT_WEBHOOK")
ALERT_TOPIC = env.text("ALERT_TOPIC")
EMAIL_TIMEOUT = 5

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
LOG_FORMAT = env.choice("LOG_FORMAT", "json" if PRODUCTION else "text", {"json", "text"})
LOGGING = logs.configuration(LOG_FORMAT, env.text("LOG_LEVEL", "INFO"))
