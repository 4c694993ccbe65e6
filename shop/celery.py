import os
from typing import Any

from celery import Celery
from celery.signals import task_prerun

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")

app = Celery("shop")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@task_prerun.connect(weak=False)
def speak_the_merchants_words(**kwargs: Any) -> None:
    """Notices are written by the worker too."""
    from distribution.desk.wording import refresh_words  # the apps are loaded by now, not before

    refresh_words()
