"""Dates and times as commands take them; without a zone they are Beijing's."""

from argparse import ArgumentTypeError
from datetime import date, datetime

from base.clock import BEIJING


def moment(text: str) -> datetime:
    """An ISO time, e.g. 2026-11-23T08:00:00+08:00; a date alone is its first instant."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is no ISO date and time") from error
    return at if at.tzinfo else at.replace(tzinfo=BEIJING)


def day(text: str) -> date:
    """An ISO date, e.g. 2026-11-23."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is no ISO date (YYYY-MM-DD)") from error
