"""Chinese search without an extension: every name is kept as single characters and pairs.

坚果礼盒 is kept as 坚 果 礼 盒 坚果 果礼 礼盒; a query must find all of its own pairs (`@>` on a
GIN index), so two characters inside a name are found in a fraction of a millisecond. Words in
Latin letters are kept with their beginnings: `choc` finds `Chocolate`.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator

from django.db.models import (
    BooleanField,
    Case,
    ExpressionWrapper,
    IntegerField,
    Q,
    QuerySet,
    When,
)

from catalog.models import Product

LONGEST_QUERY = 60
CANDIDATES = 200
LONGEST_WORD = 20
SHORTEST_BEGINNING = 2
_CHINESE = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff"  # with kana and hangul
_RUN = re.compile(f"[{_CHINESE}]+|[a-z0-9\u00df-\u024f]+")


def terms_of(texts: Iterable[str]) -> list[str]:
    """What to keep for these texts, sorted, each term once."""
    terms: set[str] = set()
    for run, is_chinese in _runs(" ".join(texts)):
        if is_chinese:
            terms.update(run)
            terms.update(_pairs(run))
        else:
            word = run[:LONGEST_WORD]
            terms.add(_singular(word))
            terms.update(word[:end] for end in range(SHORTEST_BEGINNING, len(word) + 1))
    return sorted(terms)


def terms_asked(query: str) -> list[str]:
    """What a product must have to answer the query; empty when there is nothing to look for."""
    terms: set[str] = set()
    for run, is_chinese in _runs(query[:LONGEST_QUERY]):
        if is_chinese:
            terms.update(_pairs(run) or run)
        else:
            terms.add(_singular(run[:LONGEST_WORD]))
    return sorted(terms)


def find_products(products: QuerySet[Product], query: str) -> QuerySet[Product]:
    """The products that have everything asked for."""
    terms = terms_asked(query)
    return products.filter(search_terms__contains=terms) if terms else products.none()


def mark_named(products: QuerySet[Product], query: str) -> QuerySet[Product]:
    """Add `named`: whether the query stands in the name as it was typed."""
    words = query.strip()[:LONGEST_QUERY]
    named = Q(name__icontains=words) | Q(name_en__icontains=words)
    return products.annotate(named=ExpressionWrapper(named, output_field=BooleanField()))


def find_similar(products: QuerySet[Product], query: str, most: int) -> QuerySet[Product]:
    """At most so many that have a part of what was asked for: those with most of it, then the
    best sold. Looks at the best sold CANDIDATES only, so that a common character costs nothing."""
    asked = set(terms_of([query[:LONGEST_QUERY]]))
    rows = products.filter(search_terms__overlap=sorted(asked)).order_by("-sold", "-pk")
    candidates = list(rows.values_list("pk", "search_terms")[:CANDIDATES])
    candidates.sort(key=lambda row: -len(asked.intersection(row[1])))
    order = [pk for pk, _terms in candidates[:most]]
    places = [When(pk=pk, then=place) for place, pk in enumerate(order)]
    found = products.filter(pk__in=order)
    return found.order_by(Case(*places, output_field=IntegerField())) if order else found


def _runs(text: str) -> Iterator[tuple[str, bool]]:
    """The searchable runs of a text, width and case folded, and whether each is Chinese."""
    for run in _RUN.findall(unicodedata.normalize("NFKC", text).casefold()):
        yield run, run[0] >= "\u3040"


def _pairs(run: str) -> list[str]:
    return [run[i : i + 2] for i in range(len(run) - 1)]


def _singular(word: str) -> str:
    """nuts → nut, so that either finds the other; short words and -ss stay."""
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
