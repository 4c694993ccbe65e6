"""The outbox: committed with its reason, claimed before sending, lost never, sent twice never."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone, translation
from kombu.exceptions import OperationalError
from pytest_django import DjangoCaptureOnCommitCallbacks

from base import notices, outbox
from base.models import Notice
from base.notices import queue_notice
from base.outbox import MAX_ATTEMPTS, Refused, send_waiting_notices

SMS = Notice.Channel.SMS


class Post:
    """A transport that remembers; `troubles` are raised one by one before it takes anything."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, str]] = []
        self.troubles: list[Exception] = []
        self.lock = threading.Lock()

    def __call__(self, recipient: str, subject: str, text: str, *, reference: str) -> None:
        assert not connection.in_atomic_block, "no network inside a transaction"
        if self.troubles:
            raise self.troubles.pop(0)
        with self.lock:
            self.sent.append((recipient, text, reference))


post = Post()


@pytest.fixture(autouse=True)
def fresh_post(monkeypatch: pytest.MonkeyPatch) -> None:
    post.sent.clear()
    post.troubles.clear()
    monkeypatch.setattr(outbox, "import_string", lambda _path: post)
    monkeypatch.setattr(notices.send_notices, "apply_async", lambda **_options: None)


@pytest.mark.django_db(transaction=True)
class TestSending:
    def test_a_waiting_notice_is_sent_once(self) -> None:
        notice = queue_notice(SMS, "13800138000", "您的订单已发货。")
        assert send_waiting_notices(within_seconds=5) == 1
        assert send_waiting_notices(within_seconds=5) == 0
        assert post.sent == [("13800138000", "【邻里好物】您的订单已发货。", f"N{notice.pk}")]
        notice.refresh_from_db()
        assert (notice.attempts, notice.error, notice.text) == (
            1,
            "",
            "【邻里好物】您的订单已发货。",
        )
        assert notice.sent_at is not None and notice.given_up_at is None

    def test_a_failure_is_tried_again_later_and_later(self) -> None:
        notice = queue_notice(SMS, "13800138000", "你好")
        waits = []
        for _attempt in range(4):
            post.troubles = [TimeoutError("no answer")]
            before = timezone.now()
            assert send_waiting_notices(within_seconds=5) == 0
            notice.refresh_from_db()
            waits.append(round((notice.next_attempt_at - before).total_seconds()))
            Notice.objects.update(next_attempt_at=before)
        assert waits == [5, 10, 20, 40]
        assert (notice.attempts, notice.error) == (4, "TimeoutError: no answer")
        assert send_waiting_notices(within_seconds=5) == 1
        assert len(post.sent) == 1

    def test_a_failing_notice_does_not_stop_the_others(self) -> None:
        queue_notice(SMS, "13800138000", "一")
        queue_notice(SMS, "13800138001", "二")
        post.troubles = [ValueError("broken")]
        assert send_waiting_notices(within_seconds=5) == 1
        assert [text for _to, text, _reference in post.sent] == ["【邻里好物】二"]

    def test_after_enough_attempts_it_is_given_up(self) -> None:
        notice = queue_notice(SMS, "13800138000", "你好")
        Notice.objects.update(attempts=MAX_ATTEMPTS - 1)
        post.troubles = [TimeoutError("no answer")]
        assert send_waiting_notices(within_seconds=5) == 0
        notice.refresh_from_db()
        assert notice.given_up_at is not None and notice.sent_at is None

    def test_a_refusal_is_final(self) -> None:
        notice = queue_notice(SMS, "13800138000", "你好")
        post.troubles = [Refused("no such recipient")]
        assert send_waiting_notices(within_seconds=5) == 0
        notice.refresh_from_db()
        assert notice.given_up_at is not None and notice.error == "no such recipient"
        assert send_waiting_notices(within_seconds=5) == 0
        assert post.sent == []

    def test_the_text_of_a_code_is_wiped_once_it_is_over(self) -> None:
        soon = timezone.now() + timedelta(minutes=5)
        notice = queue_notice(SMS, "13800138000", "验证码 123456", expires_at=soon)
        send_waiting_notices(within_seconds=5)
        notice.refresh_from_db()
        assert [text for _to, text, _reference in post.sent] == ["【邻里好物】验证码 123456"]
        assert notice.text == ""

    def test_an_expired_code_is_not_sent(self) -> None:
        past = timezone.now() - timedelta(seconds=1)
        notice = queue_notice(SMS, "13800138000", "验证码 123456", expires_at=past)
        assert send_waiting_notices(within_seconds=5) == 0
        notice.refresh_from_db()
        assert post.sent == []
        assert notice.given_up_at is not None and notice.text == ""

    def test_codes_go_before_older_news(self) -> None:
        soon = timezone.now() + timedelta(minutes=5)
        queue_notice(SMS, "13800138000", "新闻")
        queue_notice(SMS, "13800138001", "验证码 123456", expires_at=soon)
        send_waiting_notices(within_seconds=5)
        assert [to for to, _text, _reference in post.sent] == ["13800138001", "13800138000"]

    def test_it_stops_taking_new_ones_when_the_time_is_over(self) -> None:
        queue_notice(SMS, "13800138000", "你好")
        assert send_waiting_notices(within_seconds=0) == 0
        assert post.sent == []

    def test_a_worker_that_died_loses_nothing(self) -> None:
        notice = queue_notice(SMS, "13800138000", "你好")

        def die(*_args: object, **_options: object) -> None:
            raise KeyboardInterrupt

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(outbox, "import_string", lambda _path: die)
            with pytest.raises(KeyboardInterrupt):
                send_waiting_notices(within_seconds=5)
        assert send_waiting_notices(within_seconds=5) == 0, "still claimed by the dead worker"
        Notice.objects.update(next_attempt_at=timezone.now())
        assert send_waiting_notices(within_seconds=5) == 1
        assert post.sent == [("13800138000", "【邻里好物】你好", f"N{notice.pk}")]

    def test_a_slow_worker_does_not_overwrite_what_a_later_one_wrote(self) -> None:
        notice = queue_notice(SMS, "13800138000", "你好")
        slow = outbox._claim(timezone.now())
        assert slow is not None
        Notice.objects.update(next_attempt_at=timezone.now())
        assert send_waiting_notices(within_seconds=5) == 1
        outbox._postpone(slow, timezone.now(), TimeoutError("late"))
        notice.refresh_from_db()
        assert notice.sent_at is not None and notice.error == ""


@pytest.mark.django_db(transaction=True)
class TestTwoWorkersAtOnce:
    """Several connections drain the same outbox; each message must go out exactly once."""

    MESSAGES = 30

    def drain_together(self) -> list[str]:
        for number in range(self.MESSAGES):
            queue_notice(SMS, f"138001380{number:02d}", "你好")
        start = threading.Barrier(3)

        def work() -> None:
            try:
                start.wait()
                send_waiting_notices(within_seconds=20)
            finally:
                connection.close()

        workers = [threading.Thread(target=work) for _ in range(3)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        return sorted(to for to, _text, _reference in post.sent)

    def test_each_message_is_sent_once(self) -> None:
        assert self.drain_together() == [f"138001380{n:02d}" for n in range(self.MESSAGES)]

    def test_control_without_the_lock_messages_are_sent_twice(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The same race with the claim taken apart: all three read before any of them writes."""
        meeting = threading.Barrier(3)

        def claim_without_lock(at: Any) -> Notice | None:
            notice = (
                Notice.objects.filter(sent_at=None, next_attempt_at__lte=at).order_by("pk").first()
            )
            try:
                meeting.wait(timeout=2)
            except threading.BrokenBarrierError:
                return None
            if notice is not None:
                Notice.objects.filter(pk=notice.pk).update(next_attempt_at=at + outbox.CLAIM)
            return notice

        monkeypatch.setattr(outbox, "_claim", claim_without_lock)
        assert len(self.drain_together()) > self.MESSAGES

    def test_a_claimed_message_is_skipped_not_waited_for(self) -> None:
        queue_notice(SMS, "13800138000", "一")
        queue_notice(SMS, "13800138001", "二")
        taken: list[Notice | None] = []
        with transaction.atomic():
            held = Notice.objects.order_by("pk").select_for_update()[0]
            other = threading.Thread(target=lambda: taken.append(claim_and_close()))
            other.start()
            other.join(timeout=5)
            assert not other.is_alive(), "it waits for the lock instead of skipping the row"
        assert [notice.recipient for notice in taken if notice] == ["13800138001"]
        assert held.recipient == "13800138000"


def claim_and_close() -> Notice | None:
    try:
        return outbox._claim(timezone.now())
    finally:
        connection.close()


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    calls: list[int] = []
    monkeypatch.setattr(notices.send_notices, "apply_async", lambda **_options: calls.append(1))
    return calls


@pytest.mark.django_db
class TestQueueing:
    def test_a_worker_is_woken_once_per_transaction_after_the_commit(
        self,
        woken: list[int],
        django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    ) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            queue_notice(SMS, "13800138000", "一")
            queue_notice(SMS, "13800138001", "二")
            assert woken == []
        assert woken == [1]

    def test_text_messages_are_signed_and_mails_have_a_subject(self, woken: list[int]) -> None:
        mail = Notice.Channel.EMAIL
        with translation.override("en"):
            queue_notice(SMS, "13800138000", "Sent.")
        queue_notice(mail, "a@example.com", "已发货。")
        queue_notice(mail, "a@example.com", "已发货。", subject="发货通知")
        assert list(Notice.objects.order_by("pk").values_list("subject", "text")) == [
            ("Neighbour Goods", "【Neighbour Goods】Sent."),
            ("邻里好物", "已发货。"),
            ("发货通知", "已发货。"),
        ]

    def test_a_rolled_back_change_leaves_no_message(
        self,
        woken: list[int],
        django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    ) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            with pytest.raises(RuntimeError), transaction.atomic():
                queue_notice(SMS, "13800138000", "一")
                raise RuntimeError
        assert woken == [] and not Notice.objects.exists()

    def test_a_message_after_a_rolled_back_one_still_wakes_the_worker(
        self,
        woken: list[int],
        django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    ) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            with pytest.raises(RuntimeError), transaction.atomic():
                queue_notice(SMS, "13800138000", "一")
                raise RuntimeError
            queue_notice(SMS, "13800138001", "二")
        assert woken == [1]

    def test_without_a_broker_the_message_waits_for_beat(
        self,
        monkeypatch: pytest.MonkeyPatch,
        django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    ) -> None:
        def no_broker(**_options: object) -> None:
            raise OperationalError

        monkeypatch.setattr(notices.send_notices, "apply_async", no_broker)
        with django_capture_on_commit_callbacks(execute=True):
            queue_notice(SMS, "13800138000", "你好")
        assert Notice.objects.filter(sent_at=None, given_up_at=None).count() == 1
