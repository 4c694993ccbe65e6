"""The roof: settings, addresses, the worker, and what looks over all rooms.

Owns: how the parts are put together (`settings`, `urls`, `celery`, `wsgi`), the back office, the
sandbox that plays the outside world, the demo, the launcher. May import: everything; nothing
imports it.
"""

from shop.celery import app as celery_app

__all__ = ["celery_app"]
