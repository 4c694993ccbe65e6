"""Settings, all from the environment; every default is safe in production."""

from datetime import timedelta
from pathlib import Path

from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from shop.backoffice.site import UNFOLD as UNFOLD  # read by the admin theme
from shop.configured import env, flag, log_level, require_postgres, web_address, whole

ROOT = Path(__file__).resolve().parent.parent

# --- Who and where -----------------------------------------------------------------------------
SECRET_KEY = env.str("SECRET_KEY")
DEBUG = flag("DEBUG")
# The demo world: the sandbox's cashier, its phone and the demo console. Never in production.
SANDBOX = flag("SANDBOX")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
# The public address of the shop, for links in QR codes and for gateways' notifications.
BASE_URL = web_address("BASE_URL", "http://127.0.0.1:8000")
SECURE = BASE_URL.startswith("https://")

SHOP_NAME = env.str("SHOP_NAME", default="邻里好物")
SHOP_NAME_EN = env.str("SHOP_NAME_EN", default="Neighbour Goods")
ICP_NUMBER = env.str("ICP_NUMBER", default="")
UNPAID_MINUTES = whole("UNPAID_MINUTES", 30, least=1)
AUTO_RECEIVE_DAYS = whole("AUTO_RECEIVE_DAYS", 10, least=0)
# How long single clicks are kept for the figures of links; bindings and their reasons stay.
CLICK_KEEP_DAYS = whole("CLICK_KEEP_DAYS", 400, least=1)
# How long it is remembered, as keyed digests, where somebody was seen from.
RISK_KEEP_DAYS = whole("RISK_KEEP_DAYS", 180, least=1)

# --- Rooms -------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.import_export",
    "unfold.contrib.inlines",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "django_htmx",
    "template_partials",
    "import_export",
    "csp",
    "base",
    "base.accounts",
    "catalog",
    "orders",
    "distribution",
    "distribution.academy",
    "distribution.risk",
    "payouts",
    "shop",
    "shop.backoffice",
    "shop.support",
    "shop.sandbox",
    "shop.demo",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "shop.backoffice.policy.AdminPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "base.pages.LanguageMiddleware",
    "base.pages.PlainPathMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "shop.backoffice.nonsense.NonsenseMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "base.visitors.VisitorMiddleware",
    "distribution.desk.wording.WordingMiddleware",
    "distribution.referral.clicks.ReferralMiddleware",
    "distribution.risk.footprints.FootprintMiddleware",
]

ROOT_URLCONF = "shop.urls"
WSGI_APPLICATION = "shop.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "base.pages.shop_identity",
            ],
        },
    }
]

# --- Data --------------------------------------------------------------------------------------
require_postgres("DATABASE_URL")
DATABASES = {"default": env.db("DATABASE_URL")}
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DATABASES["default"].setdefault("OPTIONS", {})["pool"] = {
    "min_size": 1,
    "max_size": whole("DATABASE_POOL_SIZE", 8, least=1),
    "timeout": 10,
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL")
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL},
    # Drawn posters: some hundred kilobytes each, so on disk, at most this many on each machine.
    "posters": {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": env.str("POSTER_CACHE", default=str(ROOT / "var" / "posters")),
        "OPTIONS": {"MAX_ENTRIES": whole("MOST_POSTERS", 1000, least=1)},
    },
}

# --- People ------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "accounts:me"
# allauth holds the sign-in itself (back end, steps, signals); the pages and codes are our own.
ACCOUNT_ADAPTER = "base.accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"phone", "email"}
ACCOUNT_SIGNUP_FIELDS = ["phone*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
# Our own codes prove a phone or a mail address before it is stored; allauth need not ask again.
ACCOUNT_PHONE_VERIFICATION_ENABLED = False
ACCOUNT_EMAIL_VERIFICATION = "none"
# How many of our own proxies stand in front: whose word on the visitor's address is taken.
ALLAUTH_TRUSTED_PROXY_COUNT = whole("TRUSTED_PROXY_COUNT", 0, least=0)
# The outbox: how each kind of message leaves the house.
NOTICE_TRANSPORTS = {
    "sms": "base.gateways.sms.send_sms",
    "email": "base.gateways.mail.send_mail",
}
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="shop@localhost")
EMAIL_TIMEOUT = 10
if SANDBOX:
    EMAIL_BACKEND = "base.gateways.sandbox_mail.EmailBackend"
else:
    vars().update(env.email_url("EMAIL_URL", default="smtp://localhost:25"))

# --- Language and time -------------------------------------------------------------------------
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("简体中文")), ("en", "English")]
LOCALE_PATHS = [ROOT / "locale"]
FORMAT_MODULE_PATH = ["shop.formats"]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
USE_I18N = True

# --- Files -------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATICFILES_DIRS = [ROOT / "static"]
STATIC_ROOT = env.path("STATIC_ROOT", default=str(ROOT / "var" / "static"))
MEDIA_URL = "/media/"
MEDIA_ROOT = env.path("MEDIA_ROOT", default=str(ROOT / "var" / "media"))
# Where videos in courses and materials may be: these and what is below them.
VIDEO_HOSTS = env.list(
    "VIDEO_HOSTS",
    default=["bilibili.com", "b23.tv", "douyin.com", "v.qq.com", "weixin.qq.com", "youku.com",
             "xiaohongshu.com", "kuaishou.com"],
)  # fmt: skip
# Files that only some may see; no web server reads this folder (base/private_files.py).
PRIVATE_ROOT = env.path("PRIVATE_ROOT", default=str(ROOT / "var" / "private"))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# --- Security ----------------------------------------------------------------------------------
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SECURE_SSL_REDIRECT = False  # the proxy in front ends TLS and redirects
SILENCED_SYSTEM_CHECKS = ["security.W008"]  # which asks for the redirect
SECURE_HSTS_SECONDS = 31536000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
# The admin theme needs Alpine's evaluator and inline styles; the shop itself stays strict.
ADMIN_CONTENT_SECURITY_POLICY = {
    "script-src": [SELF, "'unsafe-eval'"],
    "style-src": [SELF, "'unsafe-inline'"],
}

# --- Gateways ----------------------------------------------------------------------------------
# Where the sandbox answers, and the key both sides sign with.
SANDBOX_BASE_URL = web_address("SANDBOX_BASE_URL", f"{BASE_URL}/sandbox")
SANDBOX_KEY = env.str("SANDBOX_KEY", default="") or SECRET_KEY
GATEWAY_TIMEOUT_SECONDS = whole("GATEWAY_TIMEOUT_SECONDS", 5, least=1)
# WeChat's official account. Without an app id nothing of WeChat's is loaded or asked.
WECHAT_APP_ID = env.str("WECHAT_APP_ID", default="wxsandbox" if SANDBOX else "")
WECHAT_APP_SECRET = env.str("WECHAT_APP_SECRET", default=SANDBOX_KEY if SANDBOX else "")
WECHAT_API_BASE_URL = web_address(
    "WECHAT_API_BASE_URL",
    f"{SANDBOX_BASE_URL}/wechat" if SANDBOX else "https://api.weixin.qq.com",
)
WECHAT_JSSDK_URL = env.str(
    "WECHAT_JSSDK_URL",
    default="/sandbox/wechat/jweixin.js"
    if SANDBOX
    else "https://res.wx.qq.com/open/js/jweixin-1.6.0.js",
)
if WECHAT_APP_ID and WECHAT_JSSDK_URL.startswith("https://"):
    # The one script from elsewhere: pages load it inside WeChat alone.
    CONTENT_SECURITY_POLICY["DIRECTIVES"]["script-src"] = [SELF, WECHAT_JSSDK_URL]

# --- Work in the background --------------------------------------------------------------------
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default=REDIS_URL)
CELERY_TIMEZONE = TIME_ZONE
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_TIME_LIMIT = 600
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BEAT_SCHEDULE_FILENAME = env.str(
    "CELERY_BEAT_SCHEDULE_FILENAME", default=str(ROOT / "var" / "beat-schedule")
)
CELERY_BEAT_SCHEDULE = {
    "send notices": {"task": "base.tasks.send_notices", "schedule": timedelta(seconds=20)},
    "pass on messages": {
        "task": "base.accounts.tasks.pass_on_messages",
        "schedule": timedelta(seconds=20),
    },
    "close unpaid orders": {"task": "orders.tasks.expire_orders", "schedule": timedelta(minutes=1)},
    "receive shipped orders": {
        "task": "orders.tasks.receive_overdue_orders",
        "schedule": timedelta(minutes=30),
    },
    "send repayments": {"task": "orders.tasks.send_repayments", "schedule": timedelta(seconds=30)},
    "ask about payments": {"task": "orders.tasks.query_payments", "schedule": timedelta(minutes=1)},
    "replay order events": {"task": "orders.tasks.replay_events", "schedule": timedelta(minutes=1)},
    "count sales": {"task": "orders.tasks.refresh_sold", "schedule": timedelta(minutes=5)},
    "count the ranking's months": {
        "task": "distribution.tasks.count_months",
        "schedule": timedelta(minutes=15),
    },
    "count the whole ranking": {
        "task": "distribution.tasks.count_all_time",
        "schedule": crontab(minute=40),
    },
    "mature commissions": {
        "task": "distribution.tasks.mature_commissions",
        "schedule": timedelta(minutes=5),
    },
    "expire invitations": {
        "task": "distribution.tasks.expire_invitations",
        "schedule": timedelta(minutes=30),
    },
    # Who has done a higher tier's tasks rises within the hour.
    "review tiers": {"task": "distribution.tasks.review_tiers", "schedule": crontab(minute=25)},
    "try drafts": {
        "task": "distribution.tasks.carry_out_dry_runs",
        "schedule": timedelta(minutes=1),
    },
    "count clicks": {
        "task": "distribution.tasks.flush_clicks",
        "schedule": timedelta(seconds=10),
    },
    "note lapsed bindings": {
        "task": "distribution.tasks.note_expiries",
        "schedule": timedelta(minutes=10),
    },
    "look for risks": {
        "task": "distribution.risk.tasks.find_risks",
        "schedule": crontab(minute=25),
    },
    "prepare evidence packs": {
        "task": "shop.backoffice.tasks.prepare_waiting",
        "schedule": timedelta(minutes=1),
    },
    "forget old evidence packs": {
        "task": "shop.backoffice.tasks.forget_packs",
        "schedule": crontab(hour=4, minute=50),
    },
    "forget old footprints": {
        "task": "distribution.risk.tasks.prune_footprints",
        "schedule": crontab(hour=4, minute=40),
    },
    "count candidates": {
        "task": "distribution.tasks.count_candidates",
        "schedule": crontab(minute=35),
    },
    "forget old clicks": {
        "task": "distribution.tasks.prune_clicks",
        "schedule": crontab(hour=4, minute=20),
    },
    # A period runs once however often this fires; hourly so that a missed day is made up.
    "run payouts": {"task": "payouts.tasks.run_payouts", "schedule": crontab(minute=10)},
    "send payouts": {"task": "payouts.tasks.send_payouts", "schedule": timedelta(seconds=30)},
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": log_level("LOG_LEVEL")},
    "loggers": {"httpx": {"level": "WARNING"}},
}
