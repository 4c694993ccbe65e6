"""The evidence pack: everything an inspector asks for, in one ZIP with a list of checksums.

Each file is written as it is read, in blocks, so that a large shop needs no more memory.
"""

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import astuple, dataclass
from datetime import datetime
from typing import IO, Any

from django.utils import timezone
from django.utils.translation import gettext as _

from base.accounts.models import User
from base.pages import shop_name
from base.tables import safe_cell
from distribution.models import Agreement, Commission, Policy, Rule, Tier
from distribution.money.explanations import explain, rule_in_words, why_named
from distribution.programme.compliance import (
    ACCEPTANCES,
    DEEDS,
    constraints,
    copy_out,
    depth_report,
    findings,
    networks_of,
)
from payouts.books import check_books

SAMPLES = 20
CHUNK = 2000


@dataclass(frozen=True)
class Part:
    """A file of the pack and what it is."""

    name: str
    meaning: str
    blocks: Iterable[bytes]


def write_evidence(
    file: IO[bytes], *, by: User, at: datetime, report: Callable[[], None] | None = None
) -> None:
    """Write the pack into a file; `report` is called after each part. No writes but that."""
    made = _("制作：%(at)s，会员号 %(member)s") % {"at": _stamp(at), "member": by.member_no}
    lines = [_("%(shop)s 合规证据包") % {"shop": shop_name()}, made, ""]
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as pack:
        for part in _parts(at):
            digest, size = hashlib.sha256(), 0
            with pack.open(part.name, "w") as target:
                for block in part.blocks:
                    target.write(block)
                    digest.update(block)
                    size += len(block)
            lines.append(f"{digest.hexdigest()}  {part.name}  {size}  {part.meaning}")
            if report is not None:
                report()
        pack.writestr("MANIFEST.txt", "\n".join(lines) + "\n")


def _parts(at: datetime) -> Iterator[Part]:
    report = depth_report(at=at)
    found = findings(report, at=at)
    yield Part("findings.txt", _("逐项检查结果"), _text(_findings(found)))
    yield Part("depth.json", _("层级与人数"), _text([_depth(report)]))
    networks = ([n.code, n.name, n.levels, n.people, n.is_over] for n in networks_of(at))
    header = ["code", "name", "levels", "people", "over_30_and_3"]
    yield Part("networks.csv", _("每个推荐网络的层级与人数"), _csv(header, networks))
    yield Part("policies.csv", _("分销政策的全部版本"), _policies())
    yield Part("rules.csv", _("佣金规则的全部版本"), _rules())
    yield Part("tiers.csv", _("等级与权益"), _tiers())
    for version in Agreement.objects.filter(published_at__isnull=False).order_by("valid_from"):
        for language, text in (("zh", version.text), ("en", version.text_en)):
            head = f"{version.version}\nvalid_from {_stamp(version.valid_from)}\n"
            name = f"agreements/{version.version}.{language}.txt"
            yield Part(name, _("协议正文"), _text([head, text]))
    yield Part("acceptances.csv", _("协议同意记录"), copy_out(ACCEPTANCES))
    rows = (list(astuple(row)) for row in constraints())
    header = ["table", "constraint", "definition"]
    yield Part("constraints.csv", _("数据库约束，由 pg_constraint 读出"), _csv(header, rows))
    yield Part("explanations.txt", _("最近佣金的逐笔说明"), _explanations())
    yield Part("audit.csv", _("政策、规则、人员和协议的操作日志"), copy_out(DEEDS))
    yield Part("check_books.txt", _("账目核对结果"), _text(check_books() or [_("账目相符")]))


def _stamp(at: datetime | None) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M:%S %z}" if at else ""


def _text(lines: Iterable[str]) -> Iterator[bytes]:
    for line in lines:
        yield f"{line}\n".encode()


def _csv(header: list[str], rows: Iterable[list[Any]]) -> Iterator[bytes]:
    yield "\ufeff".encode()
    yield _csv_line(header)
    for row in rows:
        yield _csv_line(row)


def _csv_line(row: list[Any]) -> bytes:
    line = io.StringIO()
    csv.writer(line).writerow([safe_cell(cell) for cell in row])
    return line.getvalue().encode()


def _findings(found: Iterable[Any]) -> Iterator[str]:
    for finding in found:
        mark = _("符合") if finding.is_fine else _("需注意")
        yield f"[{mark}] {finding.title}\n  {finding.fact}\n  {finding.why}\n"


def _depth(report: Any) -> str:
    values = {
        "at": _stamp(report.at),
        "people": report.people,
        "brought_in_by_merchant": report.first,
        "brought_in_by_distributor": report.second,
        "with_recruits": report.recruiters,
        "longest_chain": report.longest,
        "per_level": dict(report.per_level),
        "networks_over_30_people_and_3_levels": report.over,
        "commission_depth": 2,
    }
    return json.dumps(values, ensure_ascii=False, indent=2)


def _policies() -> Iterator[bytes]:
    fields = [field.attname for field in Policy._meta.fields]
    rows = Policy.objects.order_by("valid_from", "pk").values_list(*fields)
    return _csv(fields, (_in_beijing(row) for row in rows.iterator(chunk_size=CHUNK)))


def _in_beijing(row: Iterable[Any]) -> list[Any]:
    """Moments as everywhere in the pack: of the shop's own clock."""
    return [_stamp(cell) if isinstance(cell, datetime) else cell for cell in row]


def _rules() -> Iterator[bytes]:
    header = ["rule", "words", "valid_from", "valid_to", "cancelled_at", "replaces", "created_by"]
    rules = Rule.objects.select_related(
        "category", "product", "variant__product", "tier", "distributor__user"
    ).order_by("pk")
    rows = (
        [
            rule.pk,
            rule_in_words(rule),
            _stamp(rule.valid_from),
            _stamp(rule.valid_to),
            _stamp(rule.cancelled_at),
            rule.replaces_id,
            rule.created_by_id,
        ]
        for rule in rules.iterator(chunk_size=CHUNK)
    )
    return _csv(header, rows)


def _tiers() -> Iterator[bytes]:
    fields = [field.attname for field in Tier._meta.fields]
    rows = Tier.objects.order_by("rank", "pk").values_list(*fields)
    return _csv(fields, (list(row) for row in rows))


def _explanations() -> Iterator[bytes]:
    latest = Commission.objects.select_related("payee__user", "order").order_by("-pk")[:SAMPLES]
    for commission in latest:
        found = explain(commission)
        lines = [
            f"#{commission.pk} {commission.order} L{commission.level} {commission.payee.code}",
            f"  {why_named(found)}",
            f"  {found.rule}",
            *(f"  {step.label} {step.amount} {step.note}" for step in found.steps),
            f"  {_('重新计算')} {found.recomputed} {'=' if found.is_exact else '≠'}",
            "",
        ]
        yield "\n".join(lines).encode()
