"""The merchant's own words for 分销 and 分销商, in both languages, in every text at once.

Texts are written with the house's words and go through gettext; here the catalogues of a process
get the renamed texts laid over them, so that pages, notices, posters and whatever is written
later need not know. The agreements are plain templates and stay as they were agreed to; so do
notices already sent, the names of discounts on placed orders, and what the audit log was told:
they say what was said then.

A process reads the row when it starts and again when the shared cache names a newer version.
"""

import re
import time
from collections.abc import Callable
from typing import Any

from django.core.cache import cache
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation.trans_real import translation
from redis.exceptions import RedisError

from base.accounts.models import User
from base.audit import record_audit
from base.errors import DomainError
from distribution.models import Presentation

VERSION = "distribution.wording"
LOOK_SECONDS = 5
CHINESE, ENGLISH = "zh-hans", "en"
# Words that already mean somebody or something else on the same pages.
TAKEN = {"推荐人", "推荐码", "顾客", "会员", "买家", "商家", "客服", "等级", "佣金", "结算"}
# A word in quotation marks is spoken of, not used, and stays. Not inside a placeholder, an address
# or a longer word.
CHINESE_WORDS = re.compile("(?<!“)分销商?")
ENGLISH_WORDS = re.compile(
    r"(?<![\w(/.“-])(?:(?P<article>an?) )?(?P<word>distributors|distributor|distribution)(?![\w)/])",
    re.IGNORECASE,
)
VOWELS = tuple("aeiouAEIOU")


class CannotRename(DomainError):
    """A word is missing its companion, or already means something else."""


def presentation() -> Presentation:
    """The shop's row; the house's own words where nothing was ever changed."""
    return Presentation.objects.filter(pk=1).first() or Presentation(pk=1)


def change_presentation(*, by: User | None, **changes: Any) -> Presentation:
    """Change words or the ranking's setting. Raises CannotRename and ValidationError."""
    with transaction.atomic():
        Presentation.objects.get_or_create(pk=1)
        row = Presentation.objects.select_for_update().get(pk=1)
        before = {name: getattr(row, name) for name in changes}
        for name, value in changes.items():
            setattr(row, name, value.strip())
        row.full_clean()
        require_sense(row)
        row.save(update_fields=list(changes))
        if any(getattr(row, name) != old for name, old in before.items()):
            record_audit("change_presentation", row, by=by, **changes)
        transaction.on_commit(lambda: _announce(row))
    return row


def require_sense(row: Presentation) -> None:
    """Each language has all its words or none, and none means something else. Raises CannotRename."""
    if bool(row.programme) != bool(row.person):
        raise CannotRename(_("请同时填写“分销”和“分销商”的叫法，或都留空。"))
    english = (row.programme_en, row.person_en, row.people_en)
    if any(english) and not all(english):
        raise CannotRename(_("请把三个英文叫法都填上，或都留空。"))
    if taken := TAKEN & {row.programme, row.person}:
        raise CannotRename(_("“%(word)s”在页面上另有所指，请换一个词。") % {"word": taken.pop()})


def _announce(row: Presentation) -> None:
    """Here at once; other processes see the new version within seconds."""
    apply_words(row)
    try:
        cache.set(VERSION, timezone.now().isoformat(), None)
    except RedisError:
        return


def rename_chinese(text: str, row: Presentation) -> str:
    if not row.programme:
        return text
    return CHINESE_WORDS.sub(
        lambda match: row.person if match[0].endswith("商") else row.programme, text
    )


def rename_english(text: str, row: Presentation) -> str:
    """Keeps capitals and plurals, and mends “a” and “an”."""
    if not row.programme_en:
        return text
    words = {
        "distribution": row.programme_en,
        "distributor": row.person_en,
        "distributors": row.people_en,
    }

    def replaced(match: re.Match[str]) -> str:
        old, article = match["word"], match["article"]
        new = words[old.lower()]
        if old.isupper():
            new = new.upper()
        elif old[0].isupper():
            new = new[0].upper() + new[1:]
        if article is None:
            return new
        right = "an" if new.startswith(VOWELS) else "a"
        return f"{right.capitalize() if article[0].isupper() else right} {new}"

    return ENGLISH_WORDS.sub(replaced, text)


# Catalogue entries: (id or context and id, or (id, plural form)) → the text as it came.
Originals = dict[Any, str]
_originals: dict[str, Originals] = {}


def apply_words(row: Presentation) -> None:
    """Lay the words over this process's catalogues; empty words bring the house's own back."""
    if not _originals:
        _collect()
    for language, rename in ((CHINESE, rename_chinese), (ENGLISH, rename_english)):
        catalogue = _catalogue(language)
        for key, text in _originals[language].items():
            catalogue[key] = rename(text, row)


def _catalogue(language: str) -> Any:
    """The texts of a language in this process, as Django merged them from all its sources."""
    return translation(language)._catalog  # type: ignore[attr-defined]  # of gettext's own class


def _collect() -> None:
    """Every text with one of the words in it, as written. The English catalogue knows all ids."""
    english, chinese = _catalogue(ENGLISH), _catalogue(CHINESE)
    found: dict[str, Originals] = {CHINESE: {}, ENGLISH: {}}
    for key, text in english.items():
        source = (key[0] if isinstance(key, tuple) else key).rpartition("\x04")[2]
        if CHINESE_WORDS.search(source):
            found[CHINESE][key] = chinese.get(key) or source
        if ENGLISH_WORDS.search(text):
            found[ENGLISH][key] = text
    _originals.update(found)


class _Known:
    """What this process knows: the version it has applied, and when it may look again."""

    version: str | None = None
    is_read = False
    look_at = 0.0


known = _Known()


def refresh_words() -> None:
    """Catch up with the row if it changed. Nearly always costs nothing; never raises for a cache
    that is away."""
    now = time.monotonic()
    if known.is_read and now < known.look_at:
        return
    known.look_at = now + LOOK_SECONDS
    try:
        version = cache.get(VERSION)
    except RedisError:
        version = None
    if known.is_read and version in (None, known.version):
        return
    row = presentation()
    if known.is_read or row.programme or row.programme_en:
        apply_words(row)
    known.is_read, known.version = True, version


def new_name() -> str:
    """How the programme is called in the reader's language, if not by the house's own word."""
    word = _("分销")
    return "" if word in ("分销", "Distribution") else word


class WordingMiddleware:
    """Every request speaks the merchant's words."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        refresh_words()
        return self.get_response(request)
