from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.http import StreamingHttpResponse
from django.test import RequestFactory
from django.utils.translation import gettext_lazy

from base import tables
from base.tables import csv_response, is_table, safe_cell, time_cell


def text_of(response: StreamingHttpResponse) -> str:
    return b"".join(response).decode()  # type: ignore[arg-type]  # it is not asynchronous


def test_a_spreadsheet_reads_the_characters_and_runs_nothing() -> None:
    rows = [["=1+1", "+86", "-", "@x", -3, "平常"]]
    response = csv_response("表.csv", ["一", "二", "三", "四", "五", "六"], rows)
    assert text_of(response) == "\ufeff一,二,三,四,五,六\r\n'=1+1,'+86,'-,'@x,-3,平常\r\n"
    assert response["Content-Disposition"].startswith("attachment; filename*=utf-8''")


def test_whatever_a_text_was_the_text_of() -> None:
    class Person:
        def __str__(self) -> str:
            return "=1+1"

    cells = [Person(), gettext_lazy("-1"), Decimal("-3.00")]
    assert [safe_cell(cell) for cell in cells] == ["'=1+1", "'-1", "-3.00"]


def test_the_digits_of_a_voucher_stay() -> None:
    texts = ["4200001234202611261234567890", "123456789012345", "1234567890123456"]
    assert [safe_cell(text) for text in texts] == [f"'{texts[0]}", texts[1], f"'{texts[2]}"]
    assert safe_cell(10**16) == "10000000000000000"


def test_a_file_that_ends_before_its_list_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MOST_ROWS", 2)
    whole, cut = (csv_response("表.csv", ["一"], [[n] for n in range(most)]) for most in (2, 3))
    assert text_of(whole) == "\ufeff一\r\n0\r\n1\r\n"
    last = "后面还有：这份表格只到第 2 行。请先筛选，分几次下载。"
    assert text_of(cut) == f"\ufeff一\r\n0\r\n1\r\n{last}\r\n"


def test_nothing_is_an_empty_cell() -> None:
    assert safe_cell(None) == ""


def test_times_are_the_shops() -> None:
    assert time_cell(datetime(2026, 5, 10, 16, 30, 59, tzinfo=UTC)) == "2026-05-11 00:30"
    assert time_cell(None) == ""


def test_only_a_table_is_asked_for(rf: RequestFactory) -> None:
    asked = [
        "",
        "?format=",
        "?format=xlsx",
        "?format=csv&format=x",
        "?format=csv",
        "?q=1&format=csv",
    ]
    assert [is_table(rf.get(f"/{query}")) for query in asked] == [False] * 4 + [True] * 2
