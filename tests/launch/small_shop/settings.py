"""A shop of one page, for tests of the launcher: the rooms would only make them slower."""

from pathlib import Path

import environ

ROOT = Path(__file__).resolve().parent.parent
env = environ.Env()
SECRET_KEY = env.str("SECRET_KEY")
SANDBOX = env.bool("SANDBOX", default=False)
DAYS = env.int("DAYS", default=7)
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.staticfiles",
    "shop",
]
DATABASES = {"default": env.db("DATABASE_URL")}
REDIS_URL = env.str("REDIS_URL")
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default=REDIS_URL)
CELERY_BEAT_SCHEDULE_FILENAME = str(ROOT / "var" / "beat-schedule")
ROOT_URLCONF = "shop.urls"
STATIC_URL = "/static/"
STATICFILES_DIRS = []
STATIC_ROOT = ROOT / "var" / "static"
