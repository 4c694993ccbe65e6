"""Reading one cell: text to value, or BadValue with what is wrong in words."""

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from base.accounts.contacts import BadContact, phone_from
from base.clock import BEIJING
from base.money import CENT

Reader = Callable[[str], Any]

MOST_MONEY = Decimal(10) ** 10
MOST_A_PIECE = Decimal(10) ** 8
MOST_PIECES = 2**31 - 1
# The first policy holds from 1970 on; far later dates are slips of the keyboard.
YEARS = (1971, 2100)
# The last second that every zone's clock east of it can still show.
FOR_EVER = datetime(9999, 12, 31, 23, 59, 59, tzinfo=BEIJING)


class BadValue(ValueError):
    """A cell that cannot be read; `str(error)` says why."""


def required(read: Reader) -> Reader:
    def read_filled(text: str) -> Any:
        if not text:
            raise BadValue(_("不能为空"))
        return read(text)

    return read_filled


def optional(read: Reader, blank: Any = None) -> Reader:
    """An empty cell is `blank`."""
    return lambda text: read(text) if text else blank


def text_up_to(most: int) -> Reader:
    def read(text: str) -> str:
        if len(text) > most:
            raise BadValue(_("最多 %(most)d 个字") % {"most": most})
        return text

    return read


def money(text: str) -> Decimal:
    """Yuan with at most two places, not negative."""
    if not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text):
        raise BadValue(_("“%(text)s”不是金额，应为 12.34 这样的数字") % {"text": text})
    amount = Decimal(text)
    if amount < 0:
        raise BadValue(_("金额不能为负"))
    if len(text.partition(".")[2]) > 2:
        raise BadValue(_("金额最多两位小数"))
    if amount >= MOST_MONEY:
        raise BadValue(_("金额太大"))
    return amount.quantize(CENT)


def pieces(text: str) -> int:
    """A whole number, not negative."""
    if not re.fullmatch(r"-?[0-9]+", text):
        raise BadValue(_("“%(text)s”不是整数") % {"text": text})
    if text.startswith("-"):
        raise BadValue(_("数量不能为负"))
    if len(text) > 20 or int(text) > MOST_PIECES:
        raise BadValue(_("数量太大"))
    return int(text)


def pieces_from_one(text: str) -> int:
    number = pieces(text)
    if number == 0:
        raise BadValue(_("数量至少为 1"))
    return number


def moment(text: str) -> datetime:
    """An ISO date and time; without a zone it is Beijing's, a date alone is its first instant."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise BadValue(
            _("“%(text)s”不是时间，应为 2026-11-23T08:00:00+08:00 这样的格式") % {"text": text}
        ) from None
    return at if at.tzinfo else at.replace(tzinfo=BEIJING)


def past_moment(text: str) -> datetime:
    """The time of something that happened in a shop."""
    at = moment(text)
    if not YEARS[0] <= at.year < YEARS[1]:
        raise BadValue(
            _("年份应在 %(first)d 到 %(last)d 之间") % {"first": YEARS[0], "last": YEARS[1]}
        )
    return at


def campaign_moment(text: str) -> datetime:
    """Like `moment`; a far end such as 9999-12-31 is a way to say "for ever"."""
    at = moment(text)
    if at.year < YEARS[0]:
        raise BadValue(_("年份应不早于 %(first)d") % {"first": YEARS[0]})
    return min(at, FOR_EVER)


def one_of(names: dict[str, Any]) -> Reader:
    """One of these words, in any case."""

    def read(text: str) -> Any:
        if text.lower() not in names:
            raise BadValue(
                _("“%(text)s”应为 %(names)s 之一") % {"text": text, "names": ", ".join(names)}
            )
        return names[text.lower()]

    return read


def phone(text: str) -> str:
    """A mainland mobile in the shop's spelling; other numbers are kept as they are."""
    try:
        return phone_from(text).value
    except BadContact:
        if not re.fullmatch(r"\+?[0-9][0-9 \-]{3,18}", text):
            raise BadValue(_("“%(text)s”不是电话号码") % {"text": text}) from None
        return text


def rate(text: str) -> tuple[Decimal | None, Decimal | None]:
    """(rate, amount) of a level: `12.5%` → (0.125, None), `3.00` → (None, 3.00)."""
    text = text.replace("\uff05", "%")  # full width
    if not text.endswith("%"):
        amount = money(text)
        if amount >= MOST_A_PIECE:
            raise BadValue(_("金额太大"))
        return None, amount
    share = text.removesuffix("%").rstrip()
    if not re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,6})?", share) or Decimal(share) > 100:
        raise BadValue(
            _("“%(text)s”不是比例，应在 0%% 到 100%% 之间，例如 12.5%%") % {"text": text}
        )
    return Decimal(share) / 100, None


def category_path(text: str) -> str:
    """原声/电影, with blanks around the names taken away."""
    names = [name.strip() for name in text.split("/")]
    if not all(names):
        raise BadValue(_("分类路径里有空的名称"))
    if any(len(name) > 60 for name in names):
        raise BadValue(_("分类名称最多 %(most)d 个字") % {"most": 60})
    return "/".join(names)
