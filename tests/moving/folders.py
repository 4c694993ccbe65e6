"""Folders of files to move in, and moving them in and out again."""

import csv
import io
from collections.abc import Iterable
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command
from django.core.management.base import CommandError

SMALL = Path(__file__).resolve().parent.parent / "data" / "shop_small"

PRODUCTS = """\
sku,name,category,price,cost,stock,kind
NUT,坚果,零食/坚果,10.00,4.00,100,physical
TEA,红茶,零食/茶,20.00,,50,physical
CODE,兑换码,虚拟,30.00,1.00,5,virtual
"""
MEMBERS = """\
member,name,phone,referrer,distributor,tier,joined_at
A,甲,13900000001,,yes,gold,2026-01-01T08:00:00+08:00
B,乙,13900000002,A,yes,bronze,2026-01-02T08:00:00+08:00
C,丙,13900000003,B,no,,2026-01-03T08:00:00+08:00
"""
RULES = """\
scope,target,tier,level1,level2,base,min_quantity,min_amount,starts_at,ends_at
shop,,,10%,5%,paid,,,,
"""
ORDERS = """\
order,member,placed_at,paid_at,received_at,sku,quantity,unit_price,discount,shipping,province
N1,C,2026-02-01T08:00:00+08:00,2026-02-01T08:05:00+08:00,2026-02-04T08:00:00+08:00,NUT,3,10.00,0.00,8.00,浙江省
N1,C,2026-02-01T08:00:00+08:00,2026-02-01T08:05:00+08:00,2026-02-04T08:00:00+08:00,TEA,1,20.00,2.00,,浙江省
N2,C,2026-02-02T08:00:00+08:00,2026-02-02T08:05:00+08:00,,NUT,1,10.00,,,浙江省
"""
REFUNDS = """\
order,sku,quantity,amount,refunded_at
N1,NUT,1,10.00,2026-02-06T08:00:00+08:00
"""
FILES = {
    "products": PRODUCTS,
    "members": MEMBERS,
    "rules": RULES,
    "orders": ORDERS,
    "refunds": REFUNDS,
}


def make_folder(folder: Path, **files: str | bytes | None) -> Path:
    """The little shop above; a file named here is another one, or with None is not there."""
    folder.mkdir(exist_ok=True)
    for name, text in (FILES | files).items():
        path = folder / f"{name}.csv"
        if text is None:
            path.unlink(missing_ok=True)
        else:
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def move_in(folder: Path, *options: str) -> str:
    """Run import_shop; what it said on standard output."""
    out = io.StringIO()
    call_command("import_shop", str(folder), *options, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def errors_of(folder: Path) -> list[str]:
    """Run import_shop on something it must refuse; the errors it listed."""
    err = io.StringIO()
    with pytest.raises(CommandError) as refusal:
        call_command("import_shop", str(folder), "--accrue", stdout=io.StringIO(), stderr=err)
    assert refusal.value.returncode == 1
    return [line for line in err.getvalue().splitlines() if " 行 " in line]


def where(errors: Iterable[str]) -> list[tuple[str, int, str]]:
    """(file, row, column) of each error."""
    found = []
    for line in errors:
        file, _, rest = line.partition(" 第 ")
        number, _, rest = rest.partition(" 行 ")
        found.append((file, int(number), rest.partition(" 列：")[0]))
    return found


def export(command: str, folder: Path) -> list[dict[str, str]]:
    """The rows export_commissions or export_balances writes."""
    path = folder / f"{command}.csv"
    call_command(command, str(path), stdout=io.StringIO())
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def count_rows() -> dict[str, int]:
    """How many rows every table has."""
    return {model._meta.label: model._base_manager.count() for model in apps.get_models()}
