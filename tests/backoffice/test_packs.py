"""Evidence packs as jobs: one at a time for each, taken up when a worker dies, not kept for ever."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings, settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from base.accounts.models import User
from base.models import AuditEntry
from distribution.models import EvidencePack
from distribution.states import PackState
from shop.backoffice import packs
from shop.backoffice.packs import (
    DEAD_AFTER,
    KEPT_FOR,
    forget_packs,
    prepare_pack,
    prepare_waiting,
    request_pack,
)
from tests.make import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def private_folder(settings: LazySettings, tmp_path: Path) -> None:
    settings.PRIVATE_ROOT = tmp_path


@pytest.fixture
def owner() -> User:
    return make_user("店主", is_staff=True)


def files() -> list[str]:
    folder = Path(settings.PRIVATE_ROOT) / "evidence"
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_asked_for_twice_it_is_one_and_prepared_once(owner: User) -> None:
    pack = request_pack(by=owner)
    assert request_pack(by=owner) == pack
    assert request_pack(by=make_user("会计", is_staff=True)) != pack
    ready = prepare_pack(pack.pk)
    assert ready is not None
    assert (ready.state, ready.size, len(ready.digest)) == (PackState.READY, ready.file.size, 64)
    assert prepare_pack(pack.pk) is None
    assert files() == [Path(ready.file.name).name]
    assert request_pack(by=owner) != pack
    assert AuditEntry.objects.filter(action="request_evidence").count() == 3


def test_what_a_dead_worker_left_is_taken_up(owner: User) -> None:
    pack, now = request_pack(by=owner), timezone.now()
    EvidencePack.objects.update(state=PackState.RUNNING, seen_at=now)
    assert prepare_waiting() == 0
    EvidencePack.objects.update(seen_at=now - DEAD_AFTER - timedelta(seconds=1))
    assert prepare_waiting() == 1
    pack.refresh_from_db()
    assert pack.state == PackState.READY


def test_who_lost_it_to_another_leaves_no_file(
    owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack = request_pack(by=owner)

    def meanwhile(file: Any, **values: Any) -> None:
        EvidencePack.objects.filter(pk=pack.pk).update(
            state=PackState.READY, file="evidence/theirs.zip", digest="x"
        )

    monkeypatch.setattr(packs, "write_evidence", meanwhile)
    prepare_pack(pack.pk)
    pack.refresh_from_db()
    assert (pack.file.name, files()) == ("evidence/theirs.zip", [])


def test_a_failure_is_told_and_may_be_tried_again(
    owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(file: Any, **values: Any) -> None:
        raise RuntimeError("no room")

    monkeypatch.setattr(packs, "write_evidence", fail)
    failed = prepare_pack(request_pack(by=owner).pk)
    assert failed is not None
    assert (failed.state, failed.file.name, files()) == (PackState.FAILED, "", [])
    monkeypatch.undo()
    assert prepare_pack(request_pack(by=owner).pk) is not None
    assert EvidencePack.objects.latest("pk").state == PackState.READY


def test_old_files_go_and_their_digests_stay(owner: User) -> None:
    pack = prepare_pack(request_pack(by=owner).pk)
    assert pack is not None and pack.finished_at is not None
    moment = pack.finished_at + KEPT_FOR
    assert forget_packs(moment - timedelta(seconds=1)) == 0
    assert [forget_packs(moment), forget_packs(moment)] == [1, 0]
    gone = EvidencePack.objects.get()
    assert (gone.state, gone.file.name, gone.digest) == (PackState.EXPIRED, "", pack.digest)
    assert files() == []


def test_the_database_refuses_a_ready_pack_without_its_file(owner: User) -> None:
    request_pack(by=owner)
    with pytest.raises(IntegrityError), transaction.atomic():
        EvidencePack.objects.update(state=PackState.READY)
