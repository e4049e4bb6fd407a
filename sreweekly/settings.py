"""Settings, read from the environment. docs/configuration.md lists every variable.

With DEBUG=on no variable is needed. Otherwise SECRET_KEY, SITE_URL and DATABASE_URL must be set.
"""

from datetime import time, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import environ
from django.utils.csp import CSP

from sreweekly.mailers import newsletter_mailer
from sreweekly.postgresql.connections import Connection
from text.addresses import to_uri
from text.newsletter import (
    ACCENTS,
    parse_colour,
    parse_contacts,
    parse_links,
    parse_logo,
    parse_moment,
    parse_moves,
)

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="for-development-only") if DEBUG else env.str("SECRET_KEY")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])

# The newsletter. Everything about it is configuration, so that another one needs no change of code.

SITE_URL = to_uri(env.str("SITE_URL", default="http://127.0.0.1:8000") if DEBUG else env.str("SITE_URL")).rstrip("/")
NEWSLETTER_NAME = env.str("NEWSLETTER_NAME", default="SRE Weekly")
NEWSLETTER_TAGLINE = env.str("NEWSLETTER_TAGLINE", default="scalability, availability, incident response, automation")
# What readers get who subscribe, in one sentence.
NEWSLETTER_PROMISE = env.str(
    "NEWSLETTER_PROMISE", default="Eight articles a week about keeping systems up, read and chosen by one person."
)
NEWSLETTER_PUBLISHER = env.str("NEWSLETTER_PUBLISHER", default="A production of Tinker Tinker Tinker, LLC")
# Markdown, printed above the publisher.
NEWSLETTER_FOOTER = env.str("NEWSLETTER_FOOTER", default="")
# The colours of links, buttons, and the line at the top.
NEWSLETTER_ACCENT, NEWSLETTER_ACCENT_DARK = (
    parse_colour(name, env.str(name, default=default)) for name, default in ACCENTS.items()
)
# An address on this site, such as /static/logo.svg, because readers' browsers must not contact other sites.
NEWSLETTER_LOGO = parse_logo("NEWSLETTER_LOGO", env.str("NEWSLETTER_LOGO", default=""))
# The pages in the navigation and the links in the footer: names and addresses, separated by commas.
NEWSLETTER_PAGES = parse_links("NEWSLETTER_PAGES", env.str("NEWSLETTER_PAGES", default="About /about/"))
NEWSLETTER_LINKS = parse_links(
    "NEWSLETTER_LINKS", env.str("NEWSLETTER_LINKS", default="Sponsorship /sponsorship-information/")
)
# Ways to subscribe other than the feed.
NEWSLETTER_SUBSCRIBE = parse_links("NEWSLETTER_SUBSCRIBE", env.str("NEWSLETTER_SUBSCRIBE", default=""))
ISSUE_TITLE = env.str("ISSUE_TITLE", default="SRE Weekly Issue #{number}")
ISSUE_SLUG = env.str("ISSUE_SLUG", default="sre-weekly-issue-{number}")
# Addresses that changed before the move from WordPress and are in no export: pairs of old and new, between commas.
OLD_ADDRESSES = parse_moves("OLD_ADDRESSES", env.str("OLD_ADDRESSES", default="/about-sre-weekly-2/ /about/"))
# The category that held every issue in WordPress.
OLD_CATEGORY = env.str("OLD_CATEGORY", default="general")
# The tagging entity of new guids (RFC 4151). A change does not affect guids that exist.
GUID_AUTHORITY = env.str("GUID_AUTHORITY", default="sreweekly.com,2026")
# The weekday (Monday is 0) and the time in TIME_ZONE that the desk suggests for the next issue. Readers are told the
# day.
PUBLICATION_WEEKDAY = env.int("PUBLICATION_WEEKDAY", default=6)
PUBLICATION_TIME = env.str("PUBLICATION_TIME", default="20:45")
# Hours after that time, by which the week's issue must be out. 0 turns the check off.
PUBLICATION_DEADLINE = env.float("PUBLICATION_DEADLINE", default=12.0)
# The number of articles that an issue usually has. The first page of the desk shows the progress towards it.
USUAL_ARTICLES = env.int("USUAL_ARTICLES", default=8)
# “Publish now” publishes after this time. Until then the issue can be withdrawn, and nothing is sent.
COOLING_OFF = timedelta(seconds=env.int("COOLING_OFF", default=120))

LANGUAGE_CODE = "en-us"
TIME_ZONE = env.str("TIME_ZONE", default="America/New_York")
USE_I18N = False
# Django prefers its own formats for English to DATE_FORMAT and DATETIME_FORMAT, so ours are in a module.
FORMAT_MODULE_PATH = ["sreweekly.formats"]

# Feeds

# The number of issues in a feed of issues, and of articles in a feed of articles.
FEED_ITEMS = env.int("FEED_ITEMS", default=5)
FEED_ARTICLES = env.int("FEED_ARTICLES", default=50)
# The address of a WebSub hub, which is notified of each new issue. Empty for none.
WEBSUB_HUB = env.str("WEBSUB_HUB", default="")

# Serving

# The health check of the container requests 127.0.0.1.
ALLOWED_HOSTS = [*env.list("ALLOWED_HOSTS", default=[urlsplit(SITE_URL).hostname]), "localhost", "127.0.0.1"]
CSRF_TRUSTED_ORIGINS = [SITE_URL]
CSRF_FAILURE_VIEW = "sreweekly.errors.csrf_failure"
ROOT_URLCONF = "sreweekly.urls"
WSGI_APPLICATION = "sreweekly.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "sreweekly.apps.DeskConfig",  # django.contrib.admin
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "markdownx",
    "procrastinate.contrib.django",
    "taggit",
    # Our apps come last, because sreweekly.admin unregisters models of libraries.
    "desk",
    "fetching",
    "sponsors",
    "pictures",
    "issues",
    "collecting",
    "wordpress",
    "importing",
    "archive",
    "mailings",
    "sreweekly.apps.SreweeklyConfig",
]

MIDDLEWARE = [
    "sreweekly.parameters.describe",
    "sreweekly.logs.log_requests",
    "sreweekly.metrics.measure_requests",
    "sreweekly.uploads.read_to_the_end",
    "sreweekly.redirects.ShortenRedirects",
    "sreweekly.outages.shed_late_requests",
    "sreweekly.bulkheads.take_turns",
    "sreweekly.postgresql.limits.limit_requests",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "sreweekly.compression.compress",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
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
                "text.newsletter.context",
            ],
        },
    },
]

# Forms and widgets may have their own templates in `jinja2` of an app, or in `templates/`.
FORM_RENDERER = "desk.rendering.FormRenderer"

# Without DATABASE_URL, manage.py and the tests start an embedded PostgreSQL (sreweekly/development/database.py).
DATABASES = {"default": env.db("DATABASE_URL", default="postgresql:///") if DEBUG else env.db("DATABASE_URL")}
DATABASES["default"] |= {
    "ENGINE": "sreweekly.postgresql",
    # Replace connections that a restart of the database has closed. Costs one round trip for each request.
    "CONN_HEALTH_CHECKS": True,
    # libpq's: https://www.postgresql.org/docs/current/libpq-connect.html. A machine that has vanished from the network
    # is noticed after 10 seconds if data is on its way to it (tcp_user_timeout, in ms), else after 25.
    "OPTIONS": {
        "connect_timeout": 2,
        "tcp_user_timeout": 10_000,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
    }
    | DATABASES["default"].get("OPTIONS", {}),
}
# Connections of each process, one for each request that works: sreweekly/bulkheads.py. 0 turns the pool off.
DATABASE_POOL = env.int("DATABASE_POOL", default=0 if DEBUG else 8)
if DATABASE_POOL:
    DATABASES["default"]["OPTIONS"]["pool"] = {
        "connection_class": Connection,
        "min_size": 1,
        "max_size": DATABASE_POOL,
        # Seconds to wait for a connection.
        "timeout": 2,
        # Seconds. After them the pool forgets a connection that failed, and makes another when the next is asked for.
        # With more, it would wait twice as long after each attempt, up to minutes.
        "reconnect_timeout": 1,
    }
# Seconds that one statement may take, by the work it is for. Waiting for a lock may take half of them; for migrations,
# half of what pages have.
DATABASE_SECONDS = {
    "pages": env.float("DATABASE_SECONDS_PAGES", default=2.0),
    "desk": env.float("DATABASE_SECONDS_DESK", default=20.0),
    "jobs": env.float("DATABASE_SECONDS_JOBS", default=60.0),
    # Imports, and the commands of manage.py.
    "import": (import_seconds := env.float("DATABASE_SECONDS_IMPORT", default=600.0)),
    "migrations": import_seconds,
}

# The memory in which each web process keeps what it has answered. With 0, every request is answered anew.
PAGE_STORE_MB = env.int("PAGE_STORE_MB", default=0 if DEBUG else 64)

# All processes share one cache, because the limits on sign-in count in it.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

STATIC_URL = "static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(BASE_DIR / "var" / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage" if DEBUG else "sreweekly.static_files.StaticFiles"
        )
    },
    # Any storage of Django or django-storages. Options are JSON: {"bucket_name": "…"}.
    "pictures": {
        "BACKEND": env.str("PICTURES_STORAGE", default="django.core.files.storage.FileSystemStorage"),
        "OPTIONS": env.json("PICTURES_OPTIONS", default={}),
    },
}
if STORAGES["pictures"]["BACKEND"] == "django.core.files.storage.FileSystemStorage":
    STORAGES["pictures"]["OPTIONS"] = {
        "location": env.str("PICTURES_DIR", default=str(BASE_DIR / "var" / "pictures")),
        "allow_overwrite": True,  # By the same contents, after a write that was cut off.
        "file_permissions_mode": 0o644,
        **STORAGES["pictures"]["OPTIONS"],
    }
WHITENOISE_USE_FINDERS = DEBUG

# An issue of 40 articles has about 600 fields. A text that is too long gets an error at its field, which is only
# possible if the whole form is read.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000
DATA_UPLOAD_MAX_MEMORY_SIZE = 32 * 2**20

# Pictures

# What an editor may send as one picture.
PICTURE_MAX_BYTES = env.int("PICTURE_MAX_MB", default=20) * 2**20
PICTURE_MAX_PIXELS = env.int("PICTURE_MAX_MEGAPIXELS", default=50) * 1_000_000

# Background jobs

# Seconds without a heartbeat after which a worker counts as dead, and its jobs are retried.
WORKER_TIMEOUT = env.float("WORKER_TIMEOUT", default=30.0)
PROCRASTINATE_ON_APP_READY = "sreweekly.jobs.prepare"
PROCRASTINATE_WORKER_DEFAULTS = {
    "concurrency": env.int("WORKER_CONCURRENCY", default=4),
    "update_heartbeat_interval": WORKER_TIMEOUT / 3,
    "stalled_worker_timeout": WORKER_TIMEOUT,
}

# The limit on the files of one import at the desk, in bytes, also when they are unpacked.
WORDPRESS_IMPORT_LIMIT = env.int("WORDPRESS_IMPORT_MB", default=300) * 2**20

# Backups

BACKUP_DIR = Path(env.str("BACKUP_DIR", default=str(BASE_DIR / "var" / "backups")))
# On the clocks of TIME_ZONE.
BACKUP_TIME = time.fromisoformat(env.str("BACKUP_TIME", default="03:30"))
# Where restic keeps an encrypted copy. Empty for none. restic reads more variables itself.
RESTIC_REPOSITORY = env.str("RESTIC_REPOSITORY", default="")

# Mail

SMTP_HOST = env.str("SMTP_HOST", default="")
MAILERS = {
    "default": (
        {"BACKEND": "django.core.mail.backends.console.EmailBackend"}
        if DEBUG
        else {
            "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "OPTIONS": {
                "host": SMTP_HOST or "localhost",
                "port": env.int("SMTP_PORT", default=25),
                "username": env.str("SMTP_USERNAME", default=""),
                "password": env.str("SMTP_PASSWORD", default=""),
                "use_tls": env.bool("SMTP_STARTTLS", default=False),
                "timeout": 30,
            },
        }
    ),
    # Issues go out by this one. On a developer's machine they stay in a folder.
    "newsletter": (
        {
            "BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "OPTIONS": {"file_path": BASE_DIR / "var" / "mail"},
        }
        if DEBUG
        # Any backend of Django or django-anymail. Options are JSON: {"api_key": "…"}.
        else newsletter_mailer(
            env.str("NEWSLETTER_MAILER", default=""), env.json("NEWSLETTER_MAILER_OPTIONS", default={})
        )
    ),
}
if not MAILERS["newsletter"]["BACKEND"]:
    MAILERS["newsletter"] = MAILERS["default"]
# The sender of issues, such as “SRE Weekly <newsletter@sreweekly.example>”. Empty: nobody can subscribe by mail.
NEWSLETTER_FROM = env.str("NEWSLETTER_FROM", default=f"{NEWSLETTER_NAME} <newsletter@example.com>" if DEBUG else "")
# Limits on the messages of mailings, for all workers together. 0: none.
MAILING_PER_SECOND = env.float("MAILING_PER_SECOND", default=0)
MAILING_PER_HOUR = env.int("MAILING_PER_HOUR", default=0)
MAILING_PER_DAY = env.int("MAILING_PER_DAY", default=0)
MAILING_PER_DOMAIN_MINUTE = env.int("MAILING_PER_DOMAIN_MINUTE", default=0)
# Addresses that get each test of a mail, for example one at each large provider.
MAILING_SEEDS = env.list("MAILING_SEEDS", default=[])
# Whether a message is sent again if a worker was killed while it was sent: somebody may get it twice.
MAILING_UNKNOWN_AGAIN = env.bool("MAILING_UNKNOWN_AGAIN", default=False)
# Connections to the mail server at once.
MAILING_CONNECTIONS = env.int("MAILING_CONNECTIONS", default=4)
# The envelope sender of mailings, to which bounces come: “bounces@news.example”. Before the @ a mark is added to it
# (bounces+17-…@), so the server must deliver such addresses to the same mailbox. Empty: the address of NEWSLETTER_FROM.
MAILING_BOUNCE_ADDRESS = env.str("MAILING_BOUNCE_ADDRESS", default="")
# The mailbox to which bounces, complaints and unsubscribes come: imaps://user:password@host/INBOX. Signs in the
# password are written as in addresses (%40 for @). Empty: none is read.
MAILING_MAILBOX = env.str("MAILING_MAILBOX", default="")
# DKIM, for a mail server that does not sign: the name of the key in DNS, the key in PEM or its file, and the domain if
# it is not that of the sender. Without a key nothing is signed here, and the name is that of the provider's key.
MAILING_DKIM_SELECTOR = env.str("MAILING_DKIM_SELECTOR", default="")
MAILING_DKIM_KEY = env.str("MAILING_DKIM_KEY", default="", multiline=True)
MAILING_DKIM_DOMAIN = env.str("MAILING_DKIM_DOMAIN", default="")
# What proves that a report comes from the provider: the user and the password in the address that it posts to, as
# “user:password” (several while they change), and for Mailgun and Resend the key with which they sign.
MAILING_WEBHOOK_SECRET = env.list("MAILING_WEBHOOK_SECRET", default=[])
MAILING_WEBHOOK_KEY = env.str("MAILING_WEBHOOK_KEY", default="")
# Where the answers of readers go. Empty: to the sender.
NEWSLETTER_REPLY_TO = env.str("NEWSLETTER_REPLY_TO", default="")
# A mailbox to which mail programs write for a reader who leaves. Empty: they use the link.
NEWSLETTER_LEAVE_TO = env.str("NEWSLETTER_LEAVE_TO", default="")
# Where letters reach the publisher. The law of many countries asks for it in each mail.
NEWSLETTER_POSTAL_ADDRESS = env.str(
    "NEWSLETTER_POSTAL_ADDRESS", default="1 Example Street, Exampletown" if DEBUG else ""
)
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("MAIL_FROM", default=f"desk@{urlsplit(SITE_URL).hostname}")

# Signing in to the desk

AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "admin:index"
SESSION_COOKIE_AGE = 14 * 24 * 60 * 60
ACCOUNT_ADAPTER = "sreweekly.accounts.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "sreweekly.accounts.LoginForm",
    "reauthenticate": "sreweekly.accounts.ReauthenticateForm",
}
# The form finds the user name if an e-mail address is entered.
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
# Django's own, because allauth's would copy the address to a second table, where it would become outdated.
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "django.contrib.auth.tokens.PasswordResetTokenGenerator"  # noqa: S105
# The link in the mail is a way in for an editor whose account is being attacked. A second factor is still required.
ACCOUNT_LOGIN_ON_PASSWORD_RESET = True
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = True
# Number/period/what is counted: a client's IP address, a signed-in user, or what the code gives as the key. Wrong
# passwords and codes are counted by sreweekly/attempts.py, not by allauth.
ACCOUNT_RATE_LIMITS = {
    "login": None,
    "login_failed": None,
    "attempt": "10/m/ip,5/5m/key",
    "attempt_in_known_browser": "5/5m/key",
    "reauthenticate": "10/m/user",
    "change_password": "5/m/user",
    "reset_password": "20/h/ip,5/h/key",
    "reset_password_from_key": "20/m/ip",
    "capture": "30/m/ip",  # Requests with a wrong token.
}
# The number of our own proxies in front. The client's IP address is read from X-Forwarded-For accordingly.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXIES", default=0)
MFA_ADAPTER = "sreweekly.accounts.MFAAdapter"
MFA_FORMS = {
    "add_webauthn": "sreweekly.accounts.AddPasskeyForm",
    "authenticate": "sreweekly.accounts.AuthenticateByCodeForm",
    "reauthenticate": "sreweekly.accounts.ReauthenticateByCodeForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RATE_LIMITS = {"webauthn_login": None}  # A passkey cannot be guessed.
MFA_TOTP_ISSUER = NEWSLETTER_NAME
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEBUG

# Security

SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "manifest-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}
PERMISSIONS_POLICY: dict[str, list[str]] = {
    feature: []
    for feature in ("camera", "display-capture", "geolocation", "microphone", "payment", "usb", "browsing-topics")
}
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
X_FRAME_OPTIONS = "DENY"
if not DEBUG:
    SECURE_SSL_REDIRECT = env.bool("HTTPS_REDIRECT", default=True)
    # The health checks of the container use plain HTTP.
    SECURE_REDIRECT_EXEMPT = [r"^health/"]
    SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=31_536_000)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("HSTS_SUBDOMAINS", default=True)
    SECURE_HSTS_PRELOAD = SECURE_HSTS_INCLUDE_SUBDOMAINS
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    if ALLAUTH_TRUSTED_PROXY_COUNT:
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# Whom to tell of a weakness, and until when that is right: /.well-known/security.txt. Without a contact there is none.
SECURITY_CONTACT = parse_contacts("SECURITY_CONTACT", env.str("SECURITY_CONTACT", default=""))
SECURITY_EXPIRES = parse_moment("SECURITY_EXPIRES", env.str("SECURITY_EXPIRES", default=""))

# Libraries

MARKDOWNX_MARKDOWNIFY_FUNCTION = "text.markdown.render_markdown"
MARKDOWNX_URLS_PATH = "/admin/issues/issue/markdown-preview/"
MARKDOWNX_UPLOAD_URLS_PATH = "/admin/pictures/picture/add/"
TAGGIT_CASE_INSENSITIVE = True

# Operating

# The first port on which processes serve metrics. Each takes the first that is free. 0 for none.
METRICS_PORT = env.int("METRICS_PORT", default=0)
METRICS_HOST = env.str("METRICS_HOST", default="127.0.0.1")
# Addresses that are called, so that a service notices when the calls stop (sreweekly/heartbeats.py). Empty for none.
HEARTBEATS = {
    "worker": env.str("HEARTBEAT_WORKER", default=""),
    "publication": env.str("HEARTBEAT_PUBLICATION", default=""),
    "backup": env.str("HEARTBEAT_BACKUP", default=""),
}
# The address of Sentry, or a service like it, which faults of the code are reported to. Empty for none.
SENTRY_DSN = env.str("SENTRY_DSN", default="")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "sreweekly.logs.make_formatter"}},
    "filters": {
        "reasons": {"()": "django.utils.log.CallbackFilter", "callback": "ext://sreweekly.logs.note_reason"},
        "outages": {"()": "django.utils.log.CallbackFilter", "callback": "ext://sreweekly.logs.without_traceback"},
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["outages"]},
        "responses": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["reasons"]},
    },
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        # runserver prints requests itself.
        "sreweekly": {"level": "WARNING" if DEBUG else "INFO"},
        "mailings": {"level": "INFO"},  # Who took addresses out of the site.
        "django": {"handlers": ["console"], "level": "INFO", "propagate": False},
        "django.request": {"handlers": ["responses"], "propagate": False},
        "django.security": {"handlers": ["responses"], "propagate": False},
        "procrastinate.worker": {"level": "INFO"},
        "psycopg.pool": {"level": "ERROR"},  # It logs several lines for each attempt to connect.
        "trafilatura": {"level": "CRITICAL"},  # It logs flaws of other people's pages as errors.
    },
}
