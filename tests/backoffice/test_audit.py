"""Every deed the shop records has words of its own in the audit log."""

import re
from itertools import chain
from pathlib import Path

from distribution.risk.states import State
from distribution.states import Status
from shop.backoffice.audit import DEEDS

ROOT = Path(__file__).resolve().parent.parent.parent
RECORDED = re.compile(r"record_audit\(\s*\"(\w+)\"|AuditEntry\([^)]*\baction=\"(\w+)\"")


def test_every_deed_has_words() -> None:
    found = {f"{status}_distributor" for status in Status if status != Status.APPLIED}
    found |= {f"{state}_risk_signal" for state in State if state != State.OPEN}
    for room in ("base", "catalog", "orders", "distribution", "payouts", "shop"):
        for path in (ROOT / room).rglob("*.py"):
            if "migrations" not in path.parts:
                found.update(filter(None, chain(*RECORDED.findall(path.read_text()))))
    assert found == set(DEEDS)
