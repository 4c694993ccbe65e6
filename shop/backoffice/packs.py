"""Evidence packs as jobs: asked for on a page, prepared by the worker, downloaded when ready.

Proving the books of a large shop takes longer than a page may. A pack claims its row before it
works; one whose worker died is taken up again by beat, and files do not stay longer than needed.
"""

import hashlib
import logging
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any
from uuid import uuid4

from django.core.files import File
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone, translation

from base.accounts.models import User
from base.audit import record_audit
from base.private_files import private_storage
from distribution.models import EvidencePack
from distribution.states import OPEN_PACKS, PackState
from shop.backoffice.evidence import write_evidence

logger = logging.getLogger(__name__)

DEAD_AFTER = timedelta(minutes=30)
KEPT_FOR = timedelta(days=7)
BLOCK = 1024 * 1024


def request_pack(*, by: User) -> EvidencePack:
    """Ask for a pack, which is not prepared yet. The one somebody has asked for is theirs until it
    is done: asked again, it is returned."""
    try:
        with transaction.atomic():
            pack = EvidencePack.objects.create(
                language=translation.get_language() or "zh-hans",
                requested_at=timezone.now(),
                requested_by=by,
            )
            record_audit("request_evidence", pack, by=by)
            return pack
    except IntegrityError:
        return EvidencePack.objects.get(requested_by=by, state__in=OPEN_PACKS)


def prepare_pack(pack_id: int) -> EvidencePack | None:
    """Prepare a pack that nobody else prepares; None when there is nothing to do. Safe to repeat
    and at the same time. What goes wrong is written into the pack and the log."""
    now = timezone.now()
    claimed = EvidencePack.objects.filter(_free(now), pk=pack_id).update(
        state=PackState.RUNNING, seen_at=now
    )
    if not claimed:
        return None
    pack = EvidencePack.objects.select_related("requested_by").get(pk=pack_id)
    try:
        with translation.override(pack.language), TemporaryFile() as file:
            write_evidence(file, by=pack.requested_by, at=now, report=lambda: _see(pack))
            _keep(pack, file)
    except Exception:
        logger.exception("evidence pack %s failed", pack_id)
        _finish(pack, PackState.FAILED)
    return EvidencePack.objects.get(pk=pack_id)


def prepare_waiting() -> int:
    """Prepare the packs that wait, also those whose worker is gone. Returns how many."""
    waiting = EvidencePack.objects.filter(_free(timezone.now())).order_by("pk")
    return sum(prepare_pack(pk) is not None for pk in waiting.values_list("pk", flat=True))


def forget_packs(at: datetime) -> int:
    """Delete the files of old packs; that they were, and their digests, stays. Returns how many."""
    old = EvidencePack.objects.filter(state=PackState.READY, finished_at__lte=at - KEPT_FOR)
    forgotten = 0
    for pack in old:
        name = pack.file.name
        forgotten += EvidencePack.objects.filter(pk=pack.pk, state=PackState.READY).update(
            state=PackState.EXPIRED, file=""
        )
        private_storage().delete(str(name))
    return forgotten


def _free(now: datetime) -> Q:
    """Packs that nobody works on."""
    gone = Q(state=PackState.RUNNING, seen_at__lt=now - DEAD_AFTER)
    return Q(state=PackState.QUEUED) | gone


def _see(pack: EvidencePack) -> None:
    EvidencePack.objects.filter(pk=pack.pk).update(seen_at=timezone.now())


def _keep(pack: EvidencePack, file: IO[bytes]) -> None:
    digest = hashlib.sha256()
    file.seek(0)
    while block := file.read(BLOCK):
        digest.update(block)
    size = file.tell()
    file.seek(0)
    name = private_storage().save(str(Path("evidence") / f"{uuid4().hex}.zip"), File(file))
    kept = _finish(pack, PackState.READY, file=name, size=size, digest=digest.hexdigest())
    if not kept:  # somebody took it over
        private_storage().delete(name)


def _finish(pack: EvidencePack, state: PackState, **values: Any) -> int:
    """Write the outcome, unless it has one. Returns how many rows were written."""
    return EvidencePack.objects.filter(pk=pack.pk, state=PackState.RUNNING).update(
        state=state, finished_at=timezone.now(), **values
    )
