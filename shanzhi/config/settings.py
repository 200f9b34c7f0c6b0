"""Django settings: one file for every process; what differs comes from the environment and the installation."""

import os
from pathlib import Path

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from shanzhi.config.edge.weakness import contact_of
from shanzhi.config.installation import Installation
from shanzhi.config.observe import logs
from shanzhi.core.mail import MailServer
from shanzhi.core.outbound import Rules

INSTALLATION = Installation.from_environment()
PACKAGE = Path(__file__).resolve().parent.parent
SHANZHI_HOME = INSTALLATION.home

# The vault's cipher for what is sealed from now on; what the other one sealed stays readable.
VAULT_CIPHER = os.environ.get("SHANZHI_CIPHER") or "aes-256-gcm"

SECRET_KEY = INSTALLATION.secrets.secret_key
DEBUG = os.environ.get("SHANZHI_DEBUG") == "1"
ALLOWED_HOSTS = os.environ.get("SHANZHI_HOSTS", "localhost,127.0.0.1,[::1],testserver").split(",")
USES_TLS = os.environ.get("SHANZHI_TLS") == "1"
# How many proxies of our own stand before the web process; of what others say of the sender nothing is believed.
PROXIES = int(os.environ.get("SHANZHI_PROXIES", "0"))
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS if host not in {"*", "testserver"}]

# The process says which role it is; the owner is for migrations and the tests' own set-up alone.
PROCESS_ROLE = os.environ.get("SHANZHI_ROLE", "")
DATABASES = {"default": INSTALLATION.django_database(PROCESS_ROLE or "app")}
if not PROCESS_ROLE:
    DATABASES["owner"] = INSTALLATION.django_database("owner")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

KERNEL = [
    "clock",
    "catalogue",
    "journal",
    "organisation",
    "access",
    "vault",
    "files",
    "notices",
    "draws",
    "matters",
    "facts",
    "indicators",
    "packs",
    "evidence",
    "rounds",
]
MODULES = sorted(entry.name for entry in (PACKAGE / "modules").iterdir() if (entry / "apps.py").exists())
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.postgres",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "csp",
    "procrastinate.contrib.django",
    "shanzhi.ui",
    *(f"shanzhi.kernel.{name}" for name in KERNEL),
    *(f"shanzhi.modules.{name}" for name in MODULES),
    "shanzhi.config",
]

MIDDLEWARE = [
    "shanzhi.config.edge.proxies.ProxyMiddleware",
    "shanzhi.config.observe.requests.RequestMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "shanzhi.config.edge.headers.HeadersMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "shanzhi.kernel.access.web.middleware.ActingMiddleware",
    "shanzhi.kernel.access.web.errors.ErrorMiddleware",
    "shanzhi.config.edge.bodies.BodyMiddleware",
    "shanzhi.kernel.vault.web.parked.ParkedFormMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
SIGN_IN_PAGES = "/accounts/"
OUTSIDE_TRANSACTION = (SIGN_IN_PAGES, "/static/", "/healthz", "/readyz", "/metrics")

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
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username",)},
    },
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
# Wrong passwords and codes are counted in the database (kernel/access/throttle.py), for one name at a time: a limit by
# address would let one machine lock out an office. These stop a machine from wearing out the web processes; a browser
# that has signed in before isn't held to them.
ACCOUNT_RATE_LIMITS = {
    "login": None,
    "login_failed": None,
    "reauthenticate": "30/m/user",
    "change_password": "10/m/user",
}
UNKNOWN_BROWSERS_A_MINUTE = "600/m/ip"

# Two steps (docs/sign-in.md). Anything but "off" means that posts that see personal data need them.
MFA_REQUIRED = os.environ.get("SHANZHI_MFA", "off" if os.environ.get("SHANZHI_DEMO") == "1" else "required") != "off"
MFA_SEAL_KEYS = [INSTALLATION.secrets.derived("access.mfa")]
MFA_ADAPTER = "shanzhi.kernel.access.web.mfa.adapter.StaffMFAAdapter"
MFA_SUPPORTED_TYPES = ["recovery_codes", "totp", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_ISSUER = os.environ.get("SHANZHI_CITY_NAME", "") or "善治"
# A passkey can't be guessed, so there is nothing to hold up.
MFA_RATE_LIMITS = {"webauthn_login": None}
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_FORMS = {
    name: f"shanzhi.kernel.access.web.mfa.forms.{form}"
    for name, form in {
        "authenticate": "CodeForm",
        "reauthenticate": "ReauthenticateCodeForm",
        "activate_totp": "EnrolAppForm",
        "authenticate_webauthn": "PasskeyForm",
        "reauthenticate_webauthn": "ReauthenticatePasskeyForm",
        "login_webauthn": "PasskeySignInForm",
        "add_webauthn": "AddPasskeyForm",
        "edit_webauthn": "RenamePasskeyForm",
    }.items()
}
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300

# The city's own identity provider (OpenID Connect); empty: none.
OIDC = {
    "url": os.environ.get("SHANZHI_OIDC_URL", "").rstrip("/"),
    "client_id": os.environ.get("SHANZHI_OIDC_CLIENT_ID", ""),
    "client_secret": os.environ.get("SHANZHI_OIDC_CLIENT_SECRET", ""),
    "name": os.environ.get("SHANZHI_OIDC_NAME", ""),
    "claim": os.environ.get("SHANZHI_OIDC_CLAIM", "preferred_username"),
    "mfa": os.environ.get("SHANZHI_OIDC_MFA", ""),
}
SOCIALACCOUNT_ADAPTER = "shanzhi.kernel.access.web.oidc.provider.CityAdapter"

# Our own engine: the application can't read the table of sessions (why stands in the module).
SESSION_ENGINE = "shanzhi.kernel.access.session_store"
SESSION_COOKIE_AGE = 12 * 3600
# Minutes without a click after which a post that sees personal data is signed out; 0 never.
SESSION_IDLE_MINUTES = int(os.environ.get("SHANZHI_IDLE_MINUTES", "30"))
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = USES_TLS
CSRF_COOKIE_SAMESITE = "Lax"
# The prefix binds a cookie to this host and to HTTPS; browsers refuse it without.
COOKIE_PREFIX = "__Host-" if USES_TLS else ""
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}sessionid"
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}csrftoken"
LANGUAGE_COOKIE_NAME = f"{COOKIE_PREFIX}language"
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = USES_TLS
CSRF_FAILURE_VIEW = "shanzhi.config.views.csrf_failed"
SECURE_CONTENT_TYPE_NOSNIFF = True
# A year, for this host and those below it, once it is served by TLS at all (RFC 6797).
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if USES_TLS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = USES_TLS
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
        # The sign-in form may lead on to the city's identity provider: browsers look at the redirect, too.
        "form-action": [SELF, *(["/".join(OIDC["url"].split("/")[:3])] if OIDC["url"] else [])],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_000_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
DATA_UPLOAD_MAX_NUMBER_FILES = 12
# The page that judges packs: how large a file it takes, and for how long it looks at one.
PACK_CHECK_MB = int(os.environ.get("SHANZHI_PACK_CHECK_MB", "100"))
PACK_CHECK_SECONDS = float(os.environ.get("SHANZHI_PACK_CHECK_SECONDS", "30"))

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
    # Letters between platforms: a pack is too large for a backup, and can be sent again.
    "letters": {
        "BACKEND": "shanzhi.kernel.files.storage.EvidenceStorage",
        "OPTIONS": {"location": SHANZHI_HOME / "letters"},
    },
    "staticfiles": {"BACKEND": "shanzhi.config.staticfiles.Storage"},
}

PROCRASTINATE_ON_APP_READY = None
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "tasks"

DEMO_CITY = os.environ.get("SHANZHI_DEMO") == "1"
CITY_NAME = os.environ.get("SHANZHI_CITY_NAME", "")

# The journal's tree: its hash function (sha256 or sm3; another one begins a new epoch), and the log's name in heads.
TREE_HASH = os.environ.get("SHANZHI_TREE_HASH", "sha256")
JOURNAL_NAME = os.environ.get("SHANZHI_JOURNAL_NAME", "")

# Whom this city's servers may call: https in the open internet, and the hosts and networks of the city's own intranet
# that stand in the list (`10.20.0.0/16, sms.city.example`). Plain http on this machine is for tests.
OUTBOUND = Rules.read(
    os.environ.get("SHANZHI_OUTBOUND_ALLOW", ""), http_on_loopback=os.environ.get("SHANZHI_OUTBOUND_LOOPBACK") == "1"
)

# Where each day's head of the journal is sent, to be kept by somebody else: a newspaper, the archive, the province.
SEAL_WEBHOOKS = tuple(filter(None, (part.strip() for part in os.environ.get("SHANZHI_SEAL_WEBHOOKS", "").split(","))))
if len(SEAL_WEBHOOKS) > 20 or not all(
    part.startswith("https://") or OUTBOUND.http_on_loopback for part in SEAL_WEBHOOKS
):
    raise ImproperlyConfigured("SHANZHI_SEAL_WEBHOOKS is a list of https addresses with commas, 20 at most")

# Text messages to residents: none, log (the demo shows them on the page) or http (a city's gateway; docs/sms.md).
SMS = os.environ.get("SHANZHI_SMS", "log" if DEMO_CITY else "none")
SMS_URL = os.environ.get("SHANZHI_SMS_URL", "")
SMS_TOKEN = os.environ.get("SHANZHI_SMS_TOKEN", "")
if SMS not in {"none", "log", "http"}:
    raise ImproperlyConfigured("SHANZHI_SMS is none, log or http")
if SMS == "log" and not DEMO_CITY:
    raise ImproperlyConfigured("SHANZHI_SMS=log shows sign-in codes to everybody: only a demo city may")
if SMS == "http" and (not SMS_URL or len(SMS_TOKEN) < 32):
    raise ImproperlyConfigured(
        "SHANZHI_SMS=http needs SHANZHI_SMS_URL and a SHANZHI_SMS_TOKEN of 32 characters or more"
    )

# Notices by e-mail and to other systems (docs/notices.md). The address residents and offices know the city's pages by, for
# links in messages; empty: messages have none. The key is what every subscription's own keys are made out of.
PUBLIC_URL = os.environ.get("SHANZHI_PUBLIC_URL", "").rstrip("/")
if PUBLIC_URL and not PUBLIC_URL.startswith("https://"):
    raise ImproperlyConfigured("SHANZHI_PUBLIC_URL is an https address")
NOTICES_SOURCE = PUBLIC_URL or f"urn:shanzhi:{INSTALLATION.schema}"
NOTICES_KEY = INSTALLATION.secrets.derived("notices.webhook")
try:
    MAIL = MailServer.read(
        host=os.environ.get("SHANZHI_MAIL_HOST", ""),
        port=os.environ.get("SHANZHI_MAIL_PORT", ""),
        tls=os.environ.get("SHANZHI_MAIL_TLS", ""),
        user=os.environ.get("SHANZHI_MAIL_USER", ""),
        password=os.environ.get("SHANZHI_MAIL_PASSWORD", ""),
        sender=os.environ.get("SHANZHI_MAIL_FROM", ""),
        trust=os.environ.get("SHANZHI_MAIL_TRUST", ""),
    )
except ValueError as error:
    raise ImproperlyConfigured(str(error)) from error

# Who answers for the personal data (the privacy notice, PIPL article 17), and how they are reached.
KEEPER_NAME = os.environ.get("SHANZHI_KEEPER_NAME", "")
KEEPER_CONTACT = os.environ.get("SHANZHI_KEEPER_CONTACT", "")

# Where weaknesses are reported (`/.well-known/security.txt`); empty: the page isn't there.
SECURITY_CONTACT = contact_of(os.environ.get("SHANZHI_SECURITY_CONTACT", ""))

LOGGING = logs.settings()
METRICS_TOKEN = os.environ.get("SHANZHI_METRICS_TOKEN", "")

# The exchange of the hotline signs its rings with this secret (32 characters at least); empty: none comes in.
CTI_SECRET = os.environ.get("SHANZHI_CTI_SECRET", "")

# A process of the program looks this often whether another one has let rules go live (process files, categories, calendar).
RULES_SECONDS = 20.0
