"""The house's own rules. Each message says how to put things right."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import translation

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ["base", "catalog", "orders", "distribution", "payouts", "shop"]
MOST_LINES = 450
MOST_FUNCTION_LINES = 60

# Views of libraries, which bring their own checks.
LIBRARIES = ("django.contrib.admin", "unfold.", "allauth.", "django.views.i18n", "import_export.")

# Which modules may write the state of which rows (STYLE: only a capability module writes state).
STATE_WRITERS = {
    "orders": {"cancellation", "payments", "receipt", "refunds", "repayments", "shipping"},
    "distribution": {
        "change_sets",
        "decisions",
        "dry_runs",
        "people",
        "recruiting",
        "reservations",
        "stories",
        "welcome",
    },
    "payouts": {"sending", "drafts", "runs"},
    "shop/support": {"tickets"},
}
# `row.state = …`, `row.state, row.at = …` and `.update(state=…)`; SQL reads are no writes.
STATE_FIELDS = re.compile(
    r"^\s*[\w.]+\.(state|status)(\s*,[^=(]*)?\s=\s(?!ANY)|\bupdate\([^)]*\b(state|status)="
)


def _views() -> Iterator[tuple[str, object]]:
    def walk(patterns: list[URLPattern | URLResolver], prefix: str) -> Iterator[tuple[str, object]]:
        for pattern in patterns:
            path = prefix + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                yield from walk(pattern.url_patterns, path)
            else:
                yield path, pattern.callback

    with translation.override("zh-hans"):
        yield from walk(get_resolver().url_patterns, "/")


def test_every_view_carries_an_access_policy() -> None:
    bare = [
        path
        for path, view in _views()
        if not hasattr(view, "access_policy")
        and not getattr(view, "__module__", "").startswith(LIBRARIES)
        and not path.startswith("/admin/")
        and not hasattr(view, "view_class")
    ]
    assert bare == [], (
        "put @public, @member, @staff or @distributor (base/access.py) on these views"
    )


def _sources(*folders: str) -> Iterator[Path]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path


def test_only_capability_modules_write_state() -> None:
    found = []
    for app, writers in STATE_WRITERS.items():
        for path in _sources(app):
            inside = path.relative_to(ROOT / app).parts[0]
            if path.stem in writers or inside in ("models", "migrations"):
                continue
            for number, line in enumerate(path.read_text().splitlines(), start=1):
                if STATE_FIELDS.search(line):
                    found.append(f"{path.relative_to(ROOT)}:{number} {line.strip()}")
    assert found == [], "call the capability module (orders/refunds.py …) instead of writing state"


def test_files_and_functions_stay_short() -> None:
    long_files, long_functions = [], []
    for path in _sources(*ROOMS, "tests"):
        text = path.read_text()
        if text.count("\n") > MOST_LINES:
            long_files.append(f"{path.relative_to(ROOT)}: {text.count(chr(10))}")
        if path.is_relative_to(ROOT / "tests"):
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef) and node.end_lineno is not None:
                lines = node.end_lineno - node.lineno
                if lines > MOST_FUNCTION_LINES:
                    long_functions.append(f"{path.relative_to(ROOT)}:{node.name}: {lines}")
    assert long_files == [], "find the second capability in these files and give it its own module"
    assert long_functions == [], "name the steps of these functions"


@pytest.mark.parametrize("name", ["services.py", "utils.py", "helpers.py", "common.py", "misc.py"])
def test_modules_are_named_by_what_they_can_do(name: str) -> None:
    found = [str(path.relative_to(ROOT)) for path in _sources(*ROOMS) if path.name == name]
    assert found == [], "name the module by its business capability, e.g. checkout.py"


def test_every_room_says_what_it_owns() -> None:
    for room in [
        *ROOMS,
        "base/accounts",
        "base/gateways",
        "distribution/risk",
        "shop/backoffice",
        "shop/sandbox",
        "shop/demo",
        "shop/support",
        "distribution/academy",
    ]:
        docstring = ast.get_docstring(ast.parse((ROOT / room / "__init__.py").read_text())) or ""
        assert "May import" in docstring or "Imports none" in docstring, (
            f"{room}/__init__.py: say what it owns and what it may import"
        )


def test_money_is_never_a_float() -> None:
    found = []
    for path in _sources("base", "catalog", "orders", "distribution", "payouts"):
        if path.parts[-2] in ("pictures", "drawing") or path.stem == "pictures":
            continue
        for number, line in enumerate(path.read_text().splitlines(), start=1):
            if re.search(r"\bfloat\(|FloatField|DoubleField", line):
                found.append(f"{path.relative_to(ROOT)}:{number}")
    assert found == [], "use Decimal (base/money.py)"


def test_nothing_is_sent_inside_a_signal_of_saving() -> None:
    found = [
        str(path.relative_to(ROOT))
        for path in _sources(*ROOMS)
        if re.search(r"\b(post_save|pre_save|post_delete)\b", path.read_text())
    ]
    assert found == [], "no logic in save signals: call the capability module"


def test_tests_neither_sleep_nor_repeat_nor_skip() -> None:
    bad = re.compile(
        r"time\.sleep|@pytest\.mark\.(skip|skipif|xfail|flaky)|pytest\.skip\(|--reruns"
    )
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in _sources("tests")
        # The launcher's tests wait for other processes: one loop with a deadline, in one place.
        if path != Path(__file__) and path.name != "projects.py"
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if bad.search(line)
    ]
    assert found == [], (
        "wait for a condition with a deadline; a test that may not run proves nothing"
    )


def test_properties_are_tried_on_the_same_examples_everywhere() -> None:
    found = [
        str(path.relative_to(ROOT))
        for path in _sources("tests")
        if path not in (Path(__file__), ROOT / "tests" / "properties.py")
        and "max_examples" in path.read_text()
    ]
    assert found == [], "take tests.properties.examples: a chance find turns no run red"


def test_templates_carry_no_inline_script_or_style() -> None:
    bad = re.compile(
        r"<script(?![^>]*\bsrc=)(?![^>]*application/(ld\+)?json)|\sstyle=|\son[a-z]+=\""
    )
    found = [
        str(path.relative_to(ROOT))
        for path in sorted((ROOT / "templates").rglob("*.html"))
        if bad.search(path.read_text())
    ]
    assert found == [], "scripts and styles live in static/: the content security policy is strict"


def test_each_signal_is_sent_from_one_place() -> None:
    senders: dict[str, list[str]] = {}
    for path in _sources("orders", "distribution", "payouts"):
        for name in re.findall(r"\b(order_\w+|balances_fell|leaving)\.send\(", path.read_text()):
            senders.setdefault(name, []).append(str(path.relative_to(ROOT)))
    assert {name: len(places) for name, places in senders.items()} == {
        "balances_fell": 1,
        "leaving": 1,
    }, "orders.events is the one door of order signals"


# Pages of rows that are not searched, or not taken away, and why.
NOT_SEARCHED = {
    "distribution.views.selection.shelf": "one person's picks, chosen and ordered by them",
    "distribution.views.statements.statements": "a row a month",
}
NOT_TAKEN_AWAY = {
    "shop.backoffice.dry_runs._result_context": "csv_view and xlsx_view are its files",
    "catalog.views.pages._listing": "the shop's shelves; the merchant has them in the back office",
    "distribution.views.links.goods": "the same, to choose one of",
    "distribution.views.selection.shelf": "the same, for guests",
}


def test_every_page_of_rows_is_searched_filtered_and_taken_away() -> None:
    """base.pages.page_of makes the page; who calls it reads a ListFilter and may be asked for CSV."""
    not_searched, not_taken = set(), set()
    for path in _sources(*ROOMS):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.FunctionDef):
                continue
            called = {
                ast.unparse(call.func) for call in ast.walk(node) if isinstance(call, ast.Call)
            }
            name = f"{module}.{node.name}"
            if not called & {"page_of", "Paginator"} or name == "base.pages.page_of":
                continue
            is_filtered = any(called_name.endswith("Filter") for called_name in called)
            if not is_filtered:
                not_searched.add(name)
            asked = "is_table(request, filters)" if is_filtered else "is_table(request)"
            if asked not in ast.unparse(node):
                not_taken.add(name)
    assert not_searched == set(NOT_SEARCHED), "read a base.filters.ListFilter, or say why not"
    assert not_taken == set(NOT_TAKEN_AWAY), "ask is_table(request, filters), or say why not"


def test_every_list_filter_is_the_one_component() -> None:
    forms = re.compile(r'class="(list-filter|bo-search)')
    found = {
        str(path.relative_to(ROOT / "templates"))
        for path in (ROOT / "templates").rglob("*.html")
        if forms.search(path.read_text())
    }
    assert found == {"components/list_filter.html", "backoffice/list_filter.html"}, (
        "include components/list_filter.html, in the back office backoffice/list_filter.html"
    )
    bases = {
        node.name: [ast.unparse(base) for base in node.bases]
        for path in _sources(*ROOMS)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef) and node.name.endswith("Filter") and node.bases
    }
    wrong = {name for name, above in bases.items() if "forms.Form" in above}
    assert wrong == {"ListFilter"}, "a list's form is a base.filters.ListFilter"
