"""The run's own PostgreSQL and Redis: thrown away afterwards, shared by all its workers.

The process that starts the run starts them and puts their addresses into the environment, which
the workers inherit. Each worker then has its own databases there: pytest-django names
PostgreSQL's after the worker, and the numbers of Redis are dealt out here.
"""

import os
import shutil
import tempfile
from pathlib import Path

from shop.launch.servers import Lease

leases: list[Lease] = []


def start() -> None:
    """Start the servers, or in a worker take its share of them."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker is None:
        base = Path(tempfile.mkdtemp(prefix="shop-tests-"))
        base.chmod(0o755)
        leases.extend(Lease(kind, base, throwaway=True) for kind in ("postgres", "valkey"))
        for lease in leases:
            os.environ |= lease.settle()
        for setting in ("MEDIA_ROOT", "STATIC_ROOT"):
            os.environ[setting] = str(base / setting)
            (base / setting).mkdir()
    number = 2 + 2 * int((worker or "gw0").removeprefix("gw"))
    os.environ["REDIS_URL"] = f"{os.environ['REDIS_URL'].partition('?')[0]}?db={number}"
    broker = os.environ["CELERY_BROKER_URL"].partition("?")[0]
    os.environ["CELERY_BROKER_URL"] = f"{broker}?virtual_host={number + 1}"


def stop() -> None:
    """Release the servers, which end then, and remove what the tests wrote."""
    bases = {lease.files.log.parent for lease in leases}
    while leases:
        leases.pop().release()
    for base in bases:
        shutil.rmtree(base, ignore_errors=True)
