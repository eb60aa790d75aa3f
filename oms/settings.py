"""Settings, all from the environment; every default is safe for production or local to this checkout."""

from pathlib import Path
from typing import Any

import django_stubs_ext
import environ
import structlog
from structlog.tracebacks import ExceptionDictTransformer

from deploy import local
from oms.admin_theme import UNFOLD as UNFOLD
from oms.kernel.secrecy import mask_log

# Makes `ModelAdmin[Order]` and the like legal at run time, not only for the type checker.
django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parents[1]
env = environ.Env()


# --- who may reach us ---------------------------------------------------------------------------
DEBUG = env.bool("DEBUG", default=False)
# A server on a foreign database must be given its own secret; see oms/kernel/checks.py.
SECRET_KEY = env("SECRET_KEY", default="") or ("" if env("DATABASE_URL", default="") else local.secret_key())
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
# Where links in messages lead.
PUBLIC_URL = env("PUBLIC_URL", default="http://127.0.0.1:8000").rstrip("/")
HTTPS = env.bool("HTTPS", default=PUBLIC_URL.startswith("https://"))
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_PROXY", default=False) else None
)
X_FRAME_OPTIONS = "DENY"
# Where people are led who log in by the bare address of the form.
LOGIN_REDIRECT_URL = "admin:index"
# A body of a bulk import is streamed to its job; everything else must fit into this.
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024


# --- what runs ----------------------------------------------------------------------------------
INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.import_export",
    "unfold.contrib.simple_history",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_celery_beat",
    "django_prometheus",
    "django_structlog",
    "import_export",
    "simple_history",
    "anymail",
    "oms.kernel",
    "inventory",
    "notifications",
    "oms.orders",
    "oms.payments",
    "purchasing",
    "backorders",
    "oms.api",
    "oms.portal",
    "oms.connectors",
    "oms.demo",
]
MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]
ROOT_URLCONF = "oms.urls"
WSGI_APPLICATION = "oms.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "oms" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]


# --- the database -------------------------------------------------------------------------------
def _database() -> dict[str, Any]:
    """One PostgreSQL by URL; a socket folder may stand in `?host=`."""
    config: dict[str, Any] = env.db_url_config(env("DATABASE_URL", default="") or local.database_url())
    options = config.setdefault("OPTIONS", {})
    # The parser leaves these in OPTIONS, where dbshell and the tests' database maker do not look.
    for key in ("host", "port", "user"):
        if key in options:
            config[key.upper()] = str(options.pop(key))
    options["options"] = f"-c lock_timeout={env('LOCK_TIMEOUT', default='5s')}"
    options["options"] += f" -c statement_timeout={env('STATEMENT_TIMEOUT', default='60s')}"
    options["options"] += " -c idle_in_transaction_session_timeout=120s"
    options["application_name"] = env("PROCESS_NAME", default="oms")
    # Threads of the web server share connections; one process with one thread just keeps its own.
    if pool := env.int("DATABASE_POOL", default=0):
        options["pool"] = {"min_size": 1, "max_size": pool, "timeout": 10}
    return {**config, "CONN_MAX_AGE": 0 if pool else 600, "CONN_HEALTH_CHECKS": True}


DATABASES = {"default": _database()}


# --- money --------------------------------------------------------------------------------------
# Where Stripe's API is, if not at Stripe: a simulator, or a proxy of the house.
STRIPE_ADDRESS = env("STRIPE_ADDRESS", default="").rstrip("/")


# --- other systems ------------------------------------------------------------------------------
# Where Klaviyo's API is, if not at Klaviyo.
KLAVIYO_ADDRESS = env("KLAVIYO_ADDRESS", default="").rstrip("/")


# --- time and language --------------------------------------------------------------------------
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch"), ("fr", "Français"), ("es", "Español")]
LOCALE_PATHS = [BASE_DIR / "oms" / "locale"]
FORMAT_MODULE_PATH = ["oms.kernel.formats"]


# --- static files -------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
MEDIA_ROOT = local.RUN / "media"


# --- REST ---------------------------------------------------------------------------------------
REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": ["oms.api.access.ClientKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PAGINATION_CLASS": "oms.api.pagination.ByCursor",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "oms.api.errors.handle",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "COERCE_DECIMAL_TO_STRING": True,
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Backorders",
    "DESCRIPTION": "Orders for what is not there yet, with promises that hold.",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": [],
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    # Enumerations stay where they are used: names made up for them change with every new field.
    "POSTPROCESSING_HOOKS": ["oms.api.schema.shorten"],
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
}
# Requests per second and client beyond which we answer 429, by process; 0 means no limit.
API_REQUESTS_PER_SECOND = env.float("API_REQUESTS_PER_SECOND", default=500)


# --- jobs ---------------------------------------------------------------------------------------
CELERY_BROKER_URL = env("BROKER_URL", default="") or local.broker_url()
# Work is a row in the database and its outcome is too; nobody reads results.
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_ALWAYS_EAGER = False
CELERY_TASK_SOFT_TIME_LIMIT = 270
CELERY_TASK_TIME_LIMIT = 300
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 5_000
# In KiB: a child that a large run has swollen makes room once the run is done.
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 600_000
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# A task whose worker was killed comes back after `visibility_timeout`, which must exceed the time limit;
# the sweep that brings it back runs every 5 s instead of kombu's 100.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 330,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_connect_timeout": 2,
    "socket_keepalive": True,
    "health_check_interval": 10,
}
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BEAT_MAX_LOOP_INTERVAL = 5
CELERY_TIMEZONE = "UTC"
DJANGO_CELERY_BEAT_TZ_AWARE = True


# --- mail ---------------------------------------------------------------------------------------
def _mail() -> dict[str, Any]:
    """A URL such as `smtp+tls://user:password@host:587`, or the path of a provider's anymail backend."""
    url = env("EMAIL_URL", default="")
    if not url:
        return {"EMAIL_BACKEND": "notifications.channels.mailbox.EmailBackend"}
    if "://" not in url:
        return {"EMAIL_BACKEND": url}
    config: dict[str, Any] = env.email_url_config(url)
    return {key: value for key, value in config.items() if key.startswith("EMAIL_")}


globals().update(_mail())
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default="orders@shop.example")
# Where notices go that no mail could deliver, for a text message or a call; signed as Standard Webhooks.
NOTICE_WEBHOOK_URL = env("NOTICE_WEBHOOK_URL", default="")
NOTICE_WEBHOOK_SECRET = env("NOTICE_WEBHOOK_SECRET", default="")
ANYMAIL = {
    key.removeprefix("ANYMAIL_"): value for key, value in env.ENVIRON.items() if key.startswith("ANYMAIL_")
}


# --- what is logged -----------------------------------------------------------------------------
DJANGO_STRUCTLOG_CELERY_ENABLED = True
_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
]
structlog.configure(
    processors=[
        structlog.stdlib.filter_by_level,
        *_SHARED,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": structlog.stdlib.ProcessorFormatter,
            "foreign_pre_chain": _SHARED,
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                # Local variables hold keys, tokens and people's addresses.
                structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False)),
                structlog.processors.JSONRenderer(),
                mask_log,
            ],
        },
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["console"], "level": env("LOG_LEVEL", default="WARNING")},
    # Start and end of each request and task, with its id; LOG_LEVEL=INFO shows them.
    "loggers": {"django.server": {"handlers": [], "propagate": True}},
}


# --- metrics ------------------------------------------------------------------------------------
PROMETHEUS_EXPORT_MIGRATIONS = False
