"""rules.csv: a row is one commission rule; a later row is newer.

A rule moved in holds since ever. It is known by what it says, and by how many rows before it say
the same, so that importing again adds nothing.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

from django.db import transaction
from django.utils.translation import gettext as _

from base.models import AuditEntry
from catalog.models import Category, Variant
from distribution.models import Rule, Tier
from shop.moving.files import Column, Form, Problems, Row, Values, read_rows
from shop.moving.outcome import Outcome
from shop.moving.progress import Progress
from shop.moving.staging import begin_alone
from shop.moving.tiers import known_tiers, open_tiers
from shop.moving.values import (
    BadValue,
    campaign_moment,
    category_path,
    money,
    one_of,
    optional,
    pieces,
    rate,
    required,
    text_up_to,
)

SCOPES = {str(scope): str(scope) for scope in Rule.Scope}
BASES = {str(base): str(base) for base in Rule.Base}


def _check(values: Values) -> Iterator[tuple[str, str]]:
    if values["scope"] == Rule.Scope.SHOP and values["target"]:
        yield "target", _("全店规则不能指定对象")
    if values["scope"] != Rule.Scope.SHOP and not values["target"]:
        yield "target", _("请写明分类路径或货号")
    if values["starts_at"] and values["ends_at"] and values["ends_at"] <= values["starts_at"]:
        yield "ends_at", _("结束时间应晚于开始时间")


FORM = Form(
    "rules.csv",
    (
        Column("scope", required(one_of(SCOPES))),
        Column("target", text_up_to(400)),
        Column("tier", text_up_to(40)),
        Column("level1", optional(rate, (None, None))),
        Column("level2", optional(rate, (None, None))),
        Column("base", optional(one_of(BASES), str(Rule.Base.PAID))),
        Column("min_quantity", optional(pieces)),
        Column("min_amount", optional(money)),
        Column("starts_at", optional(campaign_moment)),
        Column("ends_at", optional(campaign_moment)),
    ),
    _check,
)


@dataclass(frozen=True)
class Places:
    """What rules can be about, by the names a file uses."""

    variants: dict[str, Variant]
    categories: dict[str, Category]


def import_rules(path: Path, progress: Progress) -> Outcome:
    """Bring the file in, or raise Refused and change nothing."""
    with transaction.atomic():
        begin_alone()
        rows, places = _read(path, progress)
        tiers = open_tiers(_labels(rows))
        rules = list(_rules(rows, places, tiers))
        keys = [rule.import_key for rule in rules]
        known = set(Rule.objects.filter(import_key__in=keys).values_list("import_key", flat=True))
        new = Rule.objects.bulk_create(rule for rule in rules if rule.import_key not in known)
        _record(new)
        outcome = Outcome(path.name, len(new), len(known))
        outcome.record()
    return outcome


def read_proposal(path: Path, progress: Progress) -> list[Rule]:
    """The rules of a file as they would be, unsaved, a later one newer. Raises Refused.

    A tier that does not exist here is one that nobody has.
    """
    rows, places = _read(path, progress)
    labels = list(_labels(rows))
    nobody = {label: Tier(pk=-place, code=label) for place, label in enumerate(labels, start=1)}
    rules = list(_rules(rows, places, nobody | known_tiers(labels)))
    for place, rule in enumerate(rules, start=1):
        rule.pk = place
    return rules


def _read(path: Path, progress: Progress) -> tuple[list[Row], Places]:
    problems = Problems(path.name)
    with progress.step(path.name, "read") as step:
        rows = []
        for row in read_rows(path, FORM, problems):
            rows.append(row)
            step.advance()
    places = _places(rows)
    for row in rows:
        if row.values["scope"] and row.values["target"]:
            _require_target(row, places, problems)
    problems.refuse()
    return rows, places


def _places(rows: Sequence[Row]) -> Places:
    targets = {row.values["target"] for row in rows if row.values["target"]}
    variants = Variant.objects.select_related("product").in_bulk(targets, field_name="sku")
    shelves = Category.objects.in_bulk()
    paths = {
        "/".join(shelves[above].name for above in reversed(shelf.path)): shelf
        for shelf in shelves.values()
    }
    return Places(variants, paths)


def _require_target(row: Row, places: Places, problems: Problems) -> None:
    scope, target = row.values["scope"], row.values["target"]
    if scope == Rule.Scope.SHOP:
        return
    if scope != Rule.Scope.CATEGORY:
        if target not in places.variants:
            problems.add(row.number, "target", _("没有这个货号"))
        return
    try:
        row.values["target"] = category_path(target)
    except BadValue as error:
        problems.add(row.number, "target", str(error))
        return
    if row.values["target"] not in places.categories:
        problems.add(row.number, "target", _("没有这个分类"))


def _labels(rows: Sequence[Row]) -> Iterator[str]:
    return iter(dict.fromkeys(row.values["tier"] for row in rows if row.values["tier"]))


def _rules(rows: Sequence[Row], places: Places, tiers: dict[str, Tier]) -> Iterator[Rule]:
    said: Counter[str] = Counter()
    for row in rows:
        values = row.values
        (rate1, amount1), (rate2, amount2) = values["level1"], values["level2"]
        rule = Rule(
            scope=values["scope"],
            tier=tiers.get(values["tier"]),
            base=values["base"],
            rate1=rate1,
            amount1=amount1,
            rate2=rate2,
            amount2=amount2,
            min_quantity=values["min_quantity"],
            min_amount=values["min_amount"],
            starts_at=values["starts_at"],
            ends_at=values["ends_at"],
        )
        _aim(rule, values["target"], places)
        words = _words(rule, values["target"])
        said[words] += 1
        rule.import_key = hashlib.sha256(f"{words}|{said[words]}".encode()).hexdigest()
        yield rule


def _aim(rule: Rule, target: str, places: Places) -> None:
    if rule.scope == Rule.Scope.CATEGORY:
        rule.category = places.categories[target]
    elif rule.scope == Rule.Scope.PRODUCT:
        rule.product = places.variants[target].product
    elif rule.scope == Rule.Scope.VARIANT:
        rule.variant = places.variants[target]


def _words(rule: Rule, target: str) -> str:
    """All that a rule says, however its file spelt it."""
    values = (rule.rate1, rule.amount1, rule.rate2, rule.amount2, rule.min_amount)
    numbers = [None if value is None else f"{value.normalize():f}" for value in values]
    dates = (rule.starts_at, rule.ends_at)
    times = [None if at is None else at.astimezone(UTC).isoformat() for at in dates]
    tier = rule.tier.code if rule.tier else None
    return repr((rule.scope, target, tier, rule.base, *numbers, rule.min_quantity, *times))


def _record(rules: Sequence[Rule]) -> None:
    AuditEntry.objects.bulk_create(
        AuditEntry(
            action="import_rule",
            target_type=Rule._meta.label_lower,
            target_id=str(rule.pk),
            target_name=str(rule)[:200],
        )
        for rule in rules
    )
