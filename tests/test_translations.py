"""The English catalogue is complete and compiled; nothing a reader sees is left untranslatable.

Sources are read here with Babel, so that no gettext is needed on the machine.
"""

import ast
import io
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from django.template.base import Lexer, TokenType
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ["base", "catalog", "orders", "distribution", "payouts", "shop"]
CATALOGUES = sorted((ROOT / "locale").glob("*/LC_MESSAGES/django.po"))
# Characters and the marks of a Chinese sentence.
CHINESE = re.compile(r"[\u3001-\u3011\u3400-\u9fff！（），：；？]")
HINT = "run `make messages`, write the English into locale/en, and run it again"

# What marks a text for translation, and which of its arguments are text or context.
MARKS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
# Chinese that is content or speaks to the merchant at a terminal in both languages at once.
CONTENT = (
    "base/accounts/regions.py",  # names of provinces
    "distribution/programme/claims.py",  # the words income is claimed with
    "distribution/desk/wording.py",  # the words that the merchant may replace
    "base/notices.py",  # the brackets operators demand around a sender's name
    "base/templatetags/shop.py",  # 万, the Chinese way to round
    "catalog/search.py",  # the grammar of Chinese
    "shop/demo/",  # drawn people and goods, with English names of their own
    "shop/formats/",
    "shop/launch/",
    "shop/management/",
    "shop/settings.py",  # the shop's name
)
CHINESE_TEMPLATES = (
    ".zh.html",
    "500.html",  # says it in both languages: when it is shown, nothing can be relied on
)
# Every language is called by its own name.
LANGUAGE_SWITCH = re.compile(r"(切换到)?简体中文")


def _python() -> list[Path]:
    return [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]


def _templates() -> list[Path]:
    return sorted(path for path in (ROOT / "templates").rglob("*") if path.is_file())


@cache
def _used() -> dict[tuple[str | None, str | tuple[str, ...]], str]:
    """Every marked text in the sources (with its context; a pair where there is a plural), and
    where one of its uses is."""
    found: dict[tuple[str | None, str | tuple[str, ...]], str] = {}
    for path in [*_python(), *_templates()]:
        text = path.read_text()
        # In brackets the indentation of a template means nothing.
        source = text if path.suffix == ".py" else f"({templatize(text)})"
        where = str(path.relative_to(ROOT))
        for _line, message, _comments, context in extract(
            "python", io.BytesIO(source.encode()), MARKS
        ):
            found.setdefault((context, message), where)
    return found


def _entries(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file)


def _messages(catalogue: Catalog) -> Iterator[Message]:
    return (message for message in catalogue if message.id)


def _key(message: Message) -> tuple[str | None, str | tuple[str, ...]]:
    text, context = message.id, message.context or None
    if isinstance(context, bytes):  # from a compiled catalogue
        context = context.decode()
    return context, text if isinstance(text, str) else tuple(text)


def _forms(text: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


def _lines(hint: str, found: list[str]) -> str:
    return "\n".join([hint, *found])


def _placeholders(text: str) -> list[str]:
    named = re.findall(r"%\(\w+\)[-+0-9.]*[a-z]|(?<!%)%[sd]|\{\w*\}", text)
    return sorted(named + re.findall(r"</?\w+", text))


def test_every_text_of_the_sources_has_its_english() -> None:
    english = {
        _key(message)
        for message in _messages(_entries(ROOT / "locale/en/LC_MESSAGES/django.po"))
        if all(_forms(message.string)) and not message.fuzzy
    }
    missing = [
        f"{where}: {key[1]}"
        for key, where in _used().items()
        if CHINESE.search("".join(_forms(key[1]))) and key not in english
    ]
    assert not missing, _lines(HINT, missing)


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parent.parent.name)
def test_a_translation_is_whole(path: Path) -> None:
    """Not fuzzy, no form empty, the placeholders and elements of the original."""
    bad = []
    for message in _messages(_entries(path)):
        originals, translations = _forms(message.id), _forms(message.string)
        if message.fuzzy or not all(translations):
            bad.append(f"empty or fuzzy: {message.id}")
            continue
        expected = [_placeholders(text) for text in originals]
        if any(_placeholders(text) not in expected for text in translations):
            bad.append(f"placeholders: {message.id} → {message.string}")
    assert not bad, _lines("put right", bad)


def test_english_has_no_chinese_in_it() -> None:
    bad = [
        f"{message.id} → {message.string}"
        for message in _messages(_entries(ROOT / "locale/en/LC_MESSAGES/django.po"))
        if CHINESE.search(LANGUAGE_SWITCH.sub("", "".join(_forms(message.string))))
    ]
    assert not bad, _lines("put right", bad)


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parent.parent.name)
def test_the_compiled_catalogue_is_up_to_date(path: Path) -> None:
    with path.with_suffix(".mo").open("rb") as file:
        compiled = {_key(m): _forms(m.string) for m in _messages(read_mo(file))}
    written = {
        _key(m): _forms(m.string)
        for m in _messages(_entries(path))
        if not m.fuzzy and any(_forms(m.string))
    }
    assert compiled == written, HINT


def _unmarked(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Chinese texts of a module that no mark and no docstring holds."""
    held: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = (
                node.func.attr
                if isinstance(node.func, ast.Attribute)
                else getattr(node.func, "id", "")
            )
            if name in MARKS:
                held.update(node.args)
        elif isinstance(node, ast.Expr):
            held.add(node.value)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and node not in held and CHINESE.search(str(node.value)):
            yield node.lineno, str(node.value)


def test_no_chinese_in_python_is_left_unmarked() -> None:
    bad = [
        f"{where}:{line} {text}"
        for path in _python()
        if not (where := str(path.relative_to(ROOT))).startswith(CONTENT)
        and "migrations" not in path.parts
        for line, text in _unmarked(ast.parse(path.read_text()))
    ]
    assert not bad, _lines("wrap it: _(…); a whole sentence with placeholders", bad)


def _outside_marks(text: str) -> Iterator[tuple[int, str]]:
    """What a template says without a mark."""
    is_marked = False
    for token in Lexer(text).tokenize():
        if token.token_type == TokenType.TEXT and not is_marked:
            yield token.lineno or 0, LANGUAGE_SWITCH.sub("", token.contents)
        elif token.token_type == TokenType.BLOCK:
            word = token.contents.split()[0]
            is_marked = word in ("blocktranslate", "comment") or (
                is_marked and word not in ("endblocktranslate", "endcomment")
            )


def test_no_chinese_in_templates_is_left_unmarked() -> None:
    bad = [
        f"{path.relative_to(ROOT)}:{line} {text.strip()}"
        for path in _templates()
        if not path.name.endswith(CHINESE_TEMPLATES)
        for line, text in _outside_marks(path.read_text())
        if CHINESE.search(text)
    ]
    assert not bad, _lines("wrap it: {% translate %} or {% blocktranslate %}", bad)


def test_scripts_and_styles_say_nothing_of_their_own() -> None:
    """What a script shows comes from data attributes, which templates translate."""
    comments = re.compile(r"/\*.*?\*/|^\s*//.*$", re.DOTALL | re.MULTILINE)
    bad = [
        str(path.relative_to(ROOT))
        for folder in ("js", "css")
        for path in sorted((ROOT / "static" / folder).iterdir())
        if CHINESE.search(comments.sub("", path.read_text()))
    ]
    assert not bad, _lines("put right", bad)
