import threading

import pytest

from base.accounts import limits
from base.accounts.limits import HOUR, MINUTE, Limit, TooOften, consume, give_back, spoken

THREE = Limit("knock", 3, HOUR)


def test_so_often_and_no_more_and_it_says_how_long_to_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits.time, "time", lambda: HOUR * 1000 + 1200.5)
    for _ in range(3):
        consume(THREE, "a")
    with pytest.raises(TooOften) as refused:
        consume(THREE, "a")
    assert refused.value.seconds == 2400
    assert str(refused.value) == "操作太频繁，请 40 分钟后再试。"
    consume(THREE, "b")
    consume(Limit("other", 3, HOUR), "a")


def test_the_next_window_starts_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits.time, "time", lambda: HOUR * 1000.0)
    for _ in range(3):
        consume(THREE, "a")
    monkeypatch.setattr(limits.time, "time", lambda: HOUR * 1001.0)
    consume(THREE, "a")


def test_what_was_no_attempt_is_given_back() -> None:
    for _ in range(5):
        consume(THREE, "a")
        give_back(THREE, "a")
    give_back(THREE, "never counted")


def test_many_at_once_all_count() -> None:
    limit = Limit("rush", 10, HOUR)
    passed: list[int] = []

    def knock() -> None:
        try:
            consume(limit, "a")
            passed.append(1)
        except TooOften:
            pass

    rush = [threading.Thread(target=knock) for _ in range(30)]
    for thread in rush:
        thread.start()
    for thread in rush:
        thread.join()
    assert len(passed) == 10


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (1, "1 秒"),
        (119, "119 秒"),
        (2 * MINUTE, "2 分钟"),
        (2 * MINUTE + 1, "3 分钟"),
        (2 * HOUR, "2 小时"),
        (23 * HOUR + 1, "24 小时"),
    ],
)
def test_waiting_times_as_people_say_them(seconds: int, text: str) -> None:
    assert spoken(seconds) == text
