"""Django settings: one file for every process; what differs comes from the environment and the installation."""

import os
from pathlib import Path

from csp.constants import NONE, SELF

from shanzhi.config.installation import Installation

INSTALLATION = Installation.from_environment()
PACKAGE = Path(__file__).resolve().parent.parent
SHANZHI_HOME = INSTALLATION.home

SECRET_KEY = INSTALLATION.secrets.secret_key
DEBUG = os.environ.get("SHANZHI_DEBUG") == "1"
ALLOWED_HOSTS = os.environ.get("SHANZHI_HOSTS", "localhost,127.0.0.1,[::1],testserver").split(",")
USES_TLS = os.environ.get("SHANZHI_TLS") == "1"
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS if host not in {"*", "testserver"}]

# The process says which role it is; the owner is for migrations and the tests' own set-up alone.
PROCESS_ROLE = os.environ.get("SHANZHI_ROLE", "")
DATABASES = {"default": INSTALLATION.django_database(PROCESS_ROLE or "app")}
if not PROCESS_ROLE:
    DATABASES["owner"] = INSTALLATION.django_database("owner")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

KERNEL = ["clock", "catalogue", "journal", "organisation", "access", "vault", "files", "notices", "matters"]
MODULES = sorted(entry.name for entry in (PACKAGE / "modules").iterdir() if (entry / "apps.py").exists())
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.postgres",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "axes",
    "csp",
    "procrastinate.contrib.django",
    "shanzhi.ui",
    *(f"shanzhi.kernel.{name}" for name in KERNEL),
    *(f"shanzhi.modules.{name}" for name in MODULES),
    "shanzhi.config",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "shanzhi.kernel.access.web.middleware.ActingMiddleware",
    "shanzhi.kernel.access.web.errors.ErrorMiddleware",
    "shanzhi.kernel.vault.web.parked.ParkedFormMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "axes.middleware.AxesMiddleware",
]
OUTSIDE_TRANSACTION = ("/accounts/", "/static/", "/healthz")

ROOT_URLCONF = "shanzhi.config.urls"
WSGI_APPLICATION = "shanzhi.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "DIRS": [PACKAGE / "config" / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.messages.context_processors.messages",
                "shanzhi.config.context.page",
            ],
        },
    }
]

AUTH_USER_MODEL = "access.Account"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "start"
ACCOUNT_LOGOUT_REDIRECT_URL = "intake:home"
ACCOUNT_ADAPTER = "shanzhi.kernel.access.web.adapter.StaffAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_GET = False
# Attempts are counted for one sign-in name from one address: a shared office address can't lock out a whole office.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_TEMPLATE = "access/locked_out.html"
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ADMIN = False
# Many people of an office share one address: these stop a machine, not an office on a Monday morning.
ACCOUNT_RATE_LIMITS = {"login": "600/m/ip", "login_failed": "300/m/ip"}

# Our own engine: the application can't read the table of sessions (why stands in the module).
SESSION_ENGINE = "shanzhi.kernel.access.session_store"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = USES_TLS
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "shanzhi.config.views.csrf_failed"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "style-src": [SELF],
        "script-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_000_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
DATA_UPLOAD_MAX_NUMBER_FILES = 12

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [PACKAGE / "locale"]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = SHANZHI_HOME / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": SHANZHI_HOME}},
    "evidence": {
        "BACKEND": "shanzhi.kernel.files.storage.EvidenceStorage",
        "OPTIONS": {"location": SHANZHI_HOME / "files"},
    },
    # Bulk exports: private, each until its date, not part of a backup.
    "exports": {
        "BACKEND": "shanzhi.kernel.files.storage.EvidenceStorage",
        "OPTIONS": {"location": SHANZHI_HOME / "exports"},
    },
    "staticfiles": {"BACKEND": "shanzhi.config.staticfiles.Storage"},
}

PROCRASTINATE_ON_APP_READY = None
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "tasks"

DEMO_CITY = os.environ.get("SHANZHI_DEMO") == "1"
CITY_NAME = os.environ.get("SHANZHI_CITY_NAME", "")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
}
