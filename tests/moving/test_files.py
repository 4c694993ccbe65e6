"""Every error is named by file, row and column, and nothing of a file with errors comes in."""

from pathlib import Path

import pytest

from base.accounts.models import User
from catalog.models import Product
from distribution.models import Rule
from orders.models import Order, Refund
from tests.moving.folders import (
    FILES,
    MEMBERS,
    ORDERS,
    PRODUCTS,
    REFUNDS,
    RULES,
    count_rows,
    errors_of,
    make_folder,
    move_in,
    where,
)

pytestmark = pytest.mark.django_db

HEADER = PRODUCTS.splitlines()[0]


def product_errors(tmp_path: Path, text: str | bytes) -> list[tuple[str, int, str]]:
    found = where(errors_of(make_folder(tmp_path / "in", products=text)))
    assert not Product.objects.exists()
    return found


@pytest.mark.parametrize(
    ("row", "column"),
    [
        (",坚果,零食,1.00,,1,physical", "sku"),
        ("X,,零食,1.00,,1,physical", "name"),
        ("X,坚果,,1.00,,1,physical", "category"),
        ("X,坚果,零食//坚果,1.00,,1,physical", "category"),
        ("X,坚果,零食,,,1,physical", "price"),
        ("X,坚果,零食,-1.00,,1,physical", "price"),
        ("X,坚果,零食,1.005,,1,physical", "price"),
        ("X,坚果,零食,¥1,,1,physical", "price"),
        ("X,坚果,零食,NaN,,1,physical", "price"),
        ("X,坚果,零食,1e3,,1,physical", "price"),
        ("X,坚果,零食,１.00,,1,physical", "price"),
        ("X,坚果,零食,99999999999,,1,physical", "price"),
        ("X,坚果,零食,1.00,free,1,physical", "cost"),
        ("X,坚果,零食,1.00,,1.5,physical", "stock"),
        ("X,坚果,零食,1.00,,-1,physical", "stock"),
        ("X,坚果,零食,1.00,,99999999999,physical", "stock"),
        ("X,坚果,零食,1.00,,1,service", "kind"),
        ("X,坚果,零食,1.00,,1", "kind"),
        ("X,坚果,零食,1.00,,1,physical,more", "第 8"),
        (f"{'X' * 61},坚果,零食,1.00,,1,physical", "sku"),
        ("X,坚\0果,零食,1.00,,1,physical", "name"),
        ('X,"坚果"果,零食,1.00,,1,physical', "—"),
    ],
)
def test_a_wrong_cell_is_named(tmp_path: Path, row: str, column: str) -> None:
    text = f"{PRODUCTS}{row}\n"
    assert product_errors(tmp_path, text) == [("products.csv", 5, column)]


def test_all_errors_are_named_at_once(tmp_path: Path) -> None:
    text = f"{PRODUCTS}NUT,,零食,x,,1,physical\n\nY,茶,零食,1.00,-1,1,physical\n"
    assert product_errors(tmp_path, text) == [
        ("products.csv", 5, "name"),
        ("products.csv", 5, "price"),
        ("products.csv", 5, "sku"),
        ("products.csv", 7, "cost"),
    ]


@pytest.mark.parametrize(
    ("header", "columns"),
    [
        ("sku,name,category,price,cost,stock", ["kind"]),
        (f"{HEADER},colour", ["colour"]),
        ("sku,name,category,prise,cost,stock,kind", ["prise", "price"]),
        (f"{HEADER},sku", ["sku"]),
        ("", [HEADER]),
    ],
)
def test_a_wrong_header_is_named(tmp_path: Path, header: str, columns: list[str]) -> None:
    found = product_errors(tmp_path, f"{header}\n")
    assert found == [("products.csv", 1, column) for column in columns]


def test_what_is_no_utf8_is_named(tmp_path: Path) -> None:
    text = PRODUCTS.encode() + "X,坚果,零食,1.00,,1,physical\n".encode("gbk")
    assert product_errors(tmp_path, text) == [
        ("products.csv", 5, "name"),
        ("products.csv", 5, "category"),
    ]


def test_columns_go_by_name_and_blank_rows_and_a_bom_do_no_harm(tmp_path: Path) -> None:
    text = (
        "kind,stock,cost,price,category,name,sku\r\n"
        "\r\n"
        ' physical , 7 ,,"10.00",零食 / 坚果,"坚果，""大""\n礼盒",BOX\r\n'
        ",,,,,,\r\n"
    )
    others = dict.fromkeys(["members", "rules", "orders", "refunds"])
    move_in(make_folder(tmp_path / "in", products=text.encode("utf-8-sig"), **others))
    product = Product.objects.get()
    assert product.name == '坚果，"大"\n礼盒'
    assert product.category.path == [product.category_id, product.category.parent_id]
    variant = product.variants.get()
    assert (variant.sku, str(variant.price), variant.cost, variant.stock) == (
        "BOX",
        "10.00",
        None,
        7,
    )
    assert product.price_from == variant.price


def test_every_file_may_be_missing(tmp_path: Path) -> None:
    assert move_in(make_folder(tmp_path, **dict.fromkeys(FILES)), "--accrue") == ""


def test_a_refused_file_leaves_those_before_it(tmp_path: Path) -> None:
    bad = ORDERS.replace("N2,C", "N2,Nobody")
    assert where(errors_of(make_folder(tmp_path, orders=bad))) == [("orders.csv", 4, "member")]
    assert User.objects.filter(member_no="C").exists()
    assert Rule.objects.exists()
    assert not Order.objects.exists()
    assert not Refund.objects.exists()


@pytest.mark.parametrize(
    "files",
    [
        {"products": PRODUCTS + "X,坚果,新分类,1.00,,x,physical\n"},
        {"members": MEMBERS + "D,丁,,Nobody,yes,新等级,2026-01-01\n"},
        {"rules": RULES + "shop,,新等级,200%,,,,,,\n"},
        {"orders": ORDERS + "N3,C,2026-02-01,,,Nothing,1,1.00,,,\n"},
        {"refunds": REFUNDS + "N1,NUT,9,0.00,2026-02-07\n"},
    ],
)
def test_a_refused_file_changes_nothing(tmp_path: Path, files: dict[str, str]) -> None:
    order = list(FILES)
    (name,) = files
    move_in(make_folder(tmp_path, **dict.fromkeys(order[order.index(name) :])), "--accrue")
    rows = count_rows()
    assert errors_of(make_folder(tmp_path, **dict.fromkeys(order) | files))
    assert count_rows() == rows
