"""Every deed the shop records has words of its own in the audit log."""

import re
from itertools import chain
from pathlib import Path

import pytest
from django.test import Client

from base.audit import record_audit
from distribution.policy import current_policy
from distribution.risk.states import State
from distribution.states import Status
from shop.backoffice.audit import DEEDS
from tests.make import make_distributor, make_rule, make_user

ROOT = Path(__file__).resolve().parent.parent.parent
RECORDED = re.compile(r"record_audits?\(\s*\"(\w+)\"|AuditEntry\([^)]*\baction=\"(\w+)\"")


def test_every_deed_has_words() -> None:
    found = {f"{status}_distributor" for status in Status if status != Status.APPLIED}
    found |= {f"{state}_risk_signal" for state in State if state != State.OPEN}
    for room in ("base", "catalog", "orders", "distribution", "payouts", "shop"):
        for path in (ROOT / room).rglob("*.py"):
            if "migrations" not in path.parts:
                found.update(filter(None, chain(*RECORDED.findall(path.read_text()))))
    assert found == set(DEEDS)


@pytest.mark.django_db
def test_what_changed_is_said_in_words(client: Client) -> None:
    owner = make_user("店主", is_staff=True, is_superuser=True)
    client.force_login(owner)
    rule, policy, person = make_rule("0.1"), current_policy(), make_distributor()
    told = [
        record_audit("change_rule", rule, by=owner, base="paid", rate1="0.12500000", rate2=None),
        record_audit(
            "publish_policy", policy, by=owner, cap_rate="0.4000", margin_guard=True,
            joining="apply", valid_from="2026-11-25 20:24:18.290819+00:00",
        ),
        record_audit("set_tier", person, by=owner, tier="白银", keep_until=None, oddly="named"),
        record_audit("freeze", person, by=owner),
    ]  # fmt: skip
    pages = [
        client.get(f"/admin/base/auditentry/{one.pk}/change/").content.decode() for one in told
    ]
    assert "一级比例：12.5%" in pages[0] and "计佣基数：实付金额" in pages[0]
    assert "二级比例" not in pages[0] and "rate1" not in pages[0]
    for words in (
        "佣金上限：40%",
        "毛利保护：开启",
        "加入方式：申请后审核",
        "生效时间：2026-11-26 04:24",
    ):
        assert words in pages[1]
    assert "等级：白银" in pages[2] and "oddly：named" in pages[2] and "None" not in pages[2]
    assert "{}" not in pages[3]
