"""The shop's settings on the run's own servers, whatever the environment says."""

import os

from tests import servers

for name in ("DEBUG", "BASE_URL", "ALLOWED_HOSTS", "SHOP_NAME", "SHOP_NAME_EN", "SANDBOX_BASE_URL"):
    os.environ.pop(name, None)
os.environ["SECRET_KEY"] = "only-for-tests-" + "x" * 50
os.environ["SANDBOX"] = "1"
os.environ["LOG_LEVEL"] = "WARNING"
servers.start()

from shop.settings import *  # noqa: E402, F403  # the environment had to be ready first

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    # The real one needs collectstatic first.
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
