"""Both exports, row by row, against a second reading of the rule that shares no code with ours."""

from pathlib import Path

import pytest

from distribution.money.commissions import mature_commissions
from payouts.books import check_books
from tests.moving.folders import SMALL, count_rows, export, move_in
from tests.moving.invented import invent_folder
from tests.moving.oracle import World, when

pytestmark = pytest.mark.django_db


def test_every_row_of_the_small_shop(tmp_path: Path) -> None:
    move_in(SMALL, "--accrue")
    world = World(SMALL)
    assert export("export_commissions", tmp_path) == world.commissions()
    assert export("export_balances", tmp_path) == world.balances()
    assert check_books() == []


@pytest.mark.parametrize("moment", ["1997-02-20T12:00:00+08:00", "1997-03-31T00:00:00+08:00"])
def test_every_row_when_part_of_it_is_mature(tmp_path: Path, moment: str) -> None:
    at = when(moment)
    move_in(SMALL, "--accrue")
    mature_commissions(at)
    world = World(SMALL)
    assert export("export_commissions", tmp_path) == world.commissions(at)
    assert export("export_balances", tmp_path) == world.balances(at)
    assert check_books() == []


def test_the_second_time_changes_nothing(tmp_path: Path) -> None:
    move_in(SMALL, "--accrue")
    rows = count_rows()
    commissions = export("export_commissions", tmp_path)
    said = move_in(SMALL, "--accrue")
    assert count_rows() == rows
    assert export("export_commissions", tmp_path) == commissions
    assert [line.split("：")[1].split("，")[0] for line in said.splitlines()] == ["新增 0"] * 5


def test_accrued_later_is_the_same_as_at_once(tmp_path: Path) -> None:
    move_in(SMALL)
    assert export("export_commissions", tmp_path) == []
    assert check_books() == []
    move_in(SMALL, "--accrue")
    world = World(SMALL)
    assert export("export_commissions", tmp_path) == world.commissions()
    assert export("export_balances", tmp_path) == world.balances()
    assert check_books() == []


@pytest.mark.parametrize("seed", range(6))
def test_invented_shops(tmp_path: Path, seed: int) -> None:
    folder = invent_folder(tmp_path / "shop", seed)
    move_in(folder, "--accrue")
    mature_commissions(when("2026-03-20T00:00:00+08:00"))
    world = World(folder)
    at = when("2026-03-20T00:00:00+08:00")
    assert export("export_commissions", tmp_path) == world.commissions(at)
    assert export("export_balances", tmp_path) == world.balances(at)
    assert check_books() == []
