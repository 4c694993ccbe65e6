"""The large shop for measuring is an honest one: its books agree, and every page of it opens."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from base.accounts.models import User
from base.clock import beijing_date
from distribution.desk.statements import statements_of
from distribution.models import Commission, Reversal
from distribution.money.balances import balance_of
from payouts.books import check_books
from payouts.models import Schedule
from payouts.runs import run_period
from shop.demo.load import BASE, CannotFill, fill_load, sized
from tests.make import make_variant

pytestmark = pytest.mark.django_db


def test_its_books_agree_and_its_pages_open(client: Client) -> None:
    make_variant()
    star = fill_load(sized(100, 1900))
    assert check_books() == []
    assert Commission.objects.count() > 1800
    assert Reversal.objects.exists()
    money = balance_of(star)
    closing = statements_of(star, until=timezone.now())[0].closing
    assert closing.total == money.pending + money.balance + money.reserved
    client.force_login(star.user)
    commission = star.commissions.first()
    assert commission is not None
    for page in (
        "", "commissions/", f"commissions/{commission.pk}/", "orders/", "team/", "ranking/",
        "statements/", "debt/",
    ):  # fmt: skip
        assert client.get(f"/distribution/{page}").status_code == 200


def test_beside_the_demos_own_payouts() -> None:
    """The shop's schedule ran on the very days on which the load pays out."""
    make_variant()
    schedule = Schedule.objects.get()
    today = beijing_date(timezone.now())
    days = [today - timedelta(days=back) for back in range(420)]
    for day in days:
        if day.day <= 3:
            run_period(schedule, day)
    fill_load(sized(100, 190))
    assert check_books() == []


def test_only_once_and_only_in_a_sensible_size() -> None:
    make_variant()
    fill_load(sized(100, 190))
    with pytest.raises(CannotFill, match="already"):
        fill_load(sized(100, 190))
    for members, commissions in ((10, 1000), (10**7, 1000), (100, 10**8)):
        with pytest.raises(CannotFill):
            sized(members, commissions)


def test_never_in_production(settings: object) -> None:
    settings.SANDBOX = False  # type: ignore[attr-defined]  # pytest-django's
    with pytest.raises(CommandError, match="sandbox"):
        call_command("fill_load", "--members", "100")
    assert not User.objects.filter(pk__gt=BASE).exists()
