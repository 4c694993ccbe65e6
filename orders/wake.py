"""Asking a worker to do now what beat would do in its next round."""

import logging
from functools import partial
from typing import Any

from celery import Task
from django.db import transaction
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)


def run_soon(task: Task, *arguments: Any) -> None:
    """After the commit, let a worker run the task; without a broker beat does its work later."""
    transaction.on_commit(partial(_enqueue, task, arguments))


def _enqueue(task: Task, arguments: tuple[Any, ...]) -> None:
    try:
        task.apply_async(arguments, retry=False)
    except OperationalError:
        logger.warning("no broker to run %s at once; beat will", task.name)
