import threading
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from base.accounts import codes
from base.accounts.codes import (
    MAX_TRIES,
    Purpose,
    WrongCode,
    forget_proofs,
    is_proved,
    redeem_code,
    send_code,
)
from base.accounts.contacts import Contact, email_from, phone_from
from base.accounts.limits import TooOften
from base.accounts.models import OneTimeCode
from base.models import Notice

PHONE = phone_from("13800138000")
HERE, ELSEWHERE = uuid.uuid4(), uuid.uuid4()
LastCode = Callable[[str], str]


def send(
    contact: Contact = PHONE,
    *,
    purpose: Purpose = Purpose.SIGN_IN,
    ip: str = "1.2.3.4",
    is_known: bool = True,
    at: datetime | None = None,
) -> None:
    send_code(purpose, contact, ip=ip, is_known=is_known, at=at or timezone.now())


def redeem(digits: str, *, browser: uuid.UUID = HERE, at: datetime | None = None) -> None:
    redeem_code(Purpose.SIGN_IN, PHONE, digits, browser=browser, at=at or timezone.now())


def another_than(digits: str) -> str:
    return f"{(int(digits) + 1) % 10**6:06d}"


@pytest.mark.django_db
class TestSending:
    def test_the_code_waits_in_the_outbox_and_only_its_digest_is_kept(
        self, last_code: LastCode
    ) -> None:
        at = timezone.now()
        send(at=at)
        notice = Notice.objects.get()
        digits = last_code(PHONE.value)
        assert notice.text == (
            f"【邻里好物】验证码 {digits}，用于登录或注册，5 分钟内有效。请勿告诉他人。"
        )
        assert (notice.channel, notice.expires_at) == ("sms", at + timedelta(minutes=5))
        code = OneTimeCode.objects.get()
        assert digits not in code.digest and len(code.digest) == 64

    def test_an_unknown_recipient_looks_the_same_and_gets_nothing(self) -> None:
        send(email_from("nobody@example.com"), is_known=False)
        assert not Notice.objects.exists()
        assert OneTimeCode.objects.count() == 1

    def test_the_next_one_must_wait_a_minute(self) -> None:
        at = timezone.now()
        send(at=at)
        with pytest.raises(TooOften) as refused:
            send(at=at + timedelta(seconds=15))
        assert refused.value.seconds == 45
        assert str(refused.value) == "验证码刚刚发过，请 45 秒后再重新获取。"
        send(at=at + timedelta(seconds=60))
        assert Notice.objects.count() == 2

    def test_asking_too_early_uses_up_none_of_the_hour(self) -> None:
        at = timezone.now()
        send(at=at)
        for _ in range(10):
            with pytest.raises(TooOften):
                send(at=at)
        for minute in range(1, 5):
            send(at=at + timedelta(minutes=minute))
        assert Notice.objects.count() == 5

    def test_five_an_hour_for_a_recipient_whatever_they_are_for(self) -> None:
        at = timezone.now()
        for minute in range(5):
            purpose = Purpose.SIGN_IN if minute % 2 else Purpose.PASSWORD
            send(purpose=purpose, at=at + timedelta(minutes=minute))
        with pytest.raises(TooOften) as refused:
            send(at=at + timedelta(minutes=6))
        assert 0 < refused.value.seconds <= 3600
        send(phone_from("13900139000"), at=at)

    def test_an_address_cannot_ask_for_everybody(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(codes, "PER_ADDRESS", (codes.Limit("few", 3, 3600),))
        for number in range(3):
            send(phone_from(f"1380013800{number}"))
        with pytest.raises(TooOften):
            send(phone_from("13800138009"))
        send(phone_from("13800138009"), ip="5.6.7.8")


@pytest.mark.django_db
class TestRedeeming:
    def test_the_right_code_proves(self, last_code: LastCode) -> None:
        send()
        at = timezone.now()
        assert not is_proved(Purpose.SIGN_IN, PHONE, browser=HERE, at=at)
        redeem(last_code(PHONE.value))
        assert is_proved(Purpose.SIGN_IN, PHONE, browser=HERE, at=at)
        assert not is_proved(Purpose.SIGN_IN, PHONE, browser=ELSEWHERE, at=at)
        assert not is_proved(Purpose.PASSWORD, PHONE, browser=HERE, at=at)
        later = at + timedelta(minutes=16)
        assert not is_proved(Purpose.SIGN_IN, PHONE, browser=HERE, at=later)

    def test_without_a_code_there_is_nothing_to_redeem(self) -> None:
        with pytest.raises(WrongCode, match="请先获取验证码"):
            redeem("123456")

    def test_a_wrong_code_is_counted_down(self, last_code: LastCode) -> None:
        send()
        wrong = another_than(last_code(PHONE.value))
        said = []
        for _ in range(MAX_TRIES + 1):
            with pytest.raises(WrongCode) as refused:
                redeem(wrong)
            said.append(str(refused.value))
        assert said == [
            "验证码不正确，还可以再试 4 次。",
            "验证码不正确，还可以再试 3 次。",
            "验证码不正确，还可以再试 2 次。",
            "验证码不正确，还可以再试 1 次。",
            "输错次数过多，请重新获取验证码。",
            "输错次数过多，请重新获取验证码。",
        ]
        with pytest.raises(WrongCode, match="输错次数过多"):
            redeem(last_code(PHONE.value))

    def test_an_expired_code_proves_nothing(self, last_code: LastCode) -> None:
        at = timezone.now()
        send(at=at)
        with pytest.raises(WrongCode, match="已过期"):
            redeem(last_code(PHONE.value), at=at + timedelta(minutes=5))

    def test_a_new_code_replaces_the_old_one_and_its_tries(self, last_code: LastCode) -> None:
        at = timezone.now()
        send(at=at)
        old = last_code(PHONE.value)
        for _ in range(MAX_TRIES):
            with pytest.raises(WrongCode):
                redeem(another_than(old))
        send(at=at + timedelta(minutes=1))
        new = last_code(PHONE.value)
        if new != old:
            with pytest.raises(WrongCode, match="还可以再试 4 次"):
                redeem(old, at=at + timedelta(minutes=1))
        redeem(new, at=at + timedelta(minutes=1))

    def test_a_used_code_counts_again_only_in_the_same_browser(self, last_code: LastCode) -> None:
        send()
        digits = last_code(PHONE.value)
        redeem(digits)
        redeem(digits)
        with pytest.raises(WrongCode, match="已使用过"):
            redeem(digits, browser=ELSEWHERE)

    def test_signing_out_ends_it_there_too(self, last_code: LastCode) -> None:
        send()
        digits = last_code(PHONE.value)
        redeem(digits)
        forget_proofs(HERE)
        assert not is_proved(Purpose.SIGN_IN, PHONE, browser=HERE, at=timezone.now())
        with pytest.raises(WrongCode, match="已使用过"):
            redeem(digits)

    def test_a_code_is_for_its_purpose_and_recipient(self, last_code: LastCode) -> None:
        send(purpose=Purpose.PASSWORD)
        digits = last_code(PHONE.value)
        with pytest.raises(WrongCode):
            redeem(digits)
        send(phone_from("13900139000"))
        with pytest.raises(WrongCode):
            redeem(last_code("13900139000"))


def at_once(work: Callable[[int], None], count: int) -> None:
    """Run `work(0..count-1)` on connections of their own, started together."""
    start = threading.Barrier(count)

    def run(number: int) -> None:
        try:
            start.wait()
            work(number)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_of_two_askers_one_gets_a_code(self) -> None:
        at = timezone.now()
        refused: list[int] = []

        def ask(_number: int) -> None:
            try:
                send(at=at)
            except TooOften as too_often:
                refused.append(too_often.seconds)

        at_once(ask, 4)
        assert refused == [60, 60, 60]
        assert Notice.objects.count() == 1

    def test_guesses_at_once_are_all_counted(self, last_code: LastCode) -> None:
        send()
        wrong = another_than(last_code(PHONE.value))
        said: list[str] = []

        def guess(_number: int) -> None:
            try:
                redeem(wrong)
            except WrongCode as error:
                said.append(str(error))

        at_once(guess, 8)
        assert OneTimeCode.objects.get().wrong_tries == MAX_TRIES
        assert sorted(said).count("输错次数过多，请重新获取验证码。") == 4

    def test_a_code_is_used_by_one_of_two_browsers(self, last_code: LastCode) -> None:
        send()
        digits = last_code(PHONE.value)
        winners: list[int] = []

        def use(number: int) -> None:
            try:
                redeem(digits, browser=(HERE, ELSEWHERE)[number])
                winners.append(number)
            except WrongCode:
                pass

        at_once(use, 2)
        assert len(winners) == 1
