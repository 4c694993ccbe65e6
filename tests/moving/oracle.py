"""What the exports must say, worked out from the CSV files alone.

A second reading of the rule of two levels, in exact fractions, sharing no code with the shop and
no database: the policy is the default one (cap 50 %, 7 days, no guard, no 自购返佣).
"""

import csv
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from fractions import Fraction
from math import floor
from pathlib import Path

EAST8 = timezone(timedelta(hours=8))
CAP = Fraction(1, 2)
DAYS = timedelta(days=7)

Cells = dict[str, str]


def read(folder: Path, name: str) -> list[Cells]:
    with (folder / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        return [row for row in csv.DictReader(file) if any(row.values())]


def when(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=EAST8)


def near(amount: Fraction) -> Fraction:
    """Half up to the cent."""
    return Fraction(floor(amount * 100 + Fraction(1, 2)), 100)


def down(amount: Fraction) -> Fraction:
    return Fraction(floor(amount * 100), 100)


def yuan(amount: Fraction) -> str:
    cents = amount * 100
    assert cents.denominator == 1, amount
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents.numerator) // 100}.{abs(cents.numerator) % 100:02d}"


@dataclass
class Rule:
    place: int  # in the file
    scope: str
    target: str
    tier: str
    values: tuple[str, str]
    base: str
    min_quantity: int
    min_amount: Fraction
    starts: datetime | None
    ends: datetime | None


@dataclass
class Line:
    row: Cells
    at: datetime
    paid: Fraction
    pieces: int
    cost: Fraction | None
    goods: Fraction  # of the order
    shelf: list[str]  # category paths, nearest first
    virtual: bool
    back: Fraction = Fraction(0)
    pieces_back: int = 0


class World:
    def __init__(self, folder: Path) -> None:
        self.members = {row["member"]: row for row in read(folder, "members")}
        self.products = {row["sku"]: row for row in read(folder, "products")}
        self.rules = [self._rule(i, row) for i, row in enumerate(read(folder, "rules"))]
        self.lines: dict[tuple[str, str], Line] = {}
        rows = read(folder, "orders")
        goods: dict[str, Fraction] = {}
        for row in rows:
            goods[row["order"]] = goods.get(row["order"], Fraction(0)) + self._paid(row)
        for row in rows:
            product = self.products[row["sku"]]
            names = [name.strip() for name in product["category"].split("/")]
            self.lines[row["order"], row["sku"]] = Line(
                row,
                when(row["placed_at"]),
                self._paid(row),
                int(row["quantity"]),
                Fraction(product["cost"]) if product["cost"] else None,
                goods[row["order"]],
                ["/".join(names[:end]) for end in range(len(names), 0, -1)],
                product["kind"] == "virtual",
            )
        for row in read(folder, "refunds"):
            line = self.lines[row["order"], row["sku"]]
            line.back += Fraction(row["amount"] or 0)
            line.pieces_back += int(row["quantity"] or 0)

    @staticmethod
    def _paid(row: Cells) -> Fraction:
        return Fraction(row["unit_price"]) * int(row["quantity"]) - Fraction(row["discount"] or 0)

    @staticmethod
    def _rule(place: int, row: Cells) -> Rule:
        target = row["target"].strip()
        if row["scope"] == "category":
            target = "/".join(name.strip() for name in target.split("/"))
        return Rule(
            place,
            row["scope"],
            target,
            row["tier"],
            (row["level1"], row["level2"]),
            row["base"] or "paid",
            int(row["min_quantity"] or 0),
            Fraction(row["min_amount"] or 0),
            when(row["starts_at"]) if row["starts_at"] else None,
            when(row["ends_at"]) if row["ends_at"] else None,
        )

    # Who

    def recruiter(self, member: str, at: datetime) -> str | None:
        """Whom a member was brought by, where that makes a relation and it has begun."""
        row = self.members[member]
        up = row["referrer"]
        if not up or up not in self.members or self.members[up]["distributor"] != "yes":
            return None
        return up if when(row["joined_at"]) <= at else None

    def payees(self, buyer: str, at: datetime) -> list[str | None]:
        """Level 1 and level 2, None where nobody is paid."""
        first = self.recruiter(buyer, at)
        second = None
        if first is not None and self.members[first]["distributor"] == "yes":
            second = self.recruiter(first, at)
        return [
            p if p and when(self.members[p]["joined_at"]) <= at else None for p in (first, second)
        ]

    # Which rule

    def rule(self, line: Line, level: int, payee: str) -> Rule | None:
        fits = [r for r in self.rules if self._fits(r, line, level, payee)]
        return max(fits, key=lambda r: self._strength(r, line), default=None)

    def _fits(self, rule: Rule, line: Line, level: int, payee: str) -> bool:
        if not rule.values[level - 1]:
            return False
        if rule.tier and rule.tier != self.members[payee]["tier"]:
            return False
        if rule.scope == "category" and rule.target not in line.shelf:
            return False
        if rule.scope in ("product", "variant") and rule.target != line.row["sku"]:
            return False
        if rule.starts and line.at < rule.starts:
            return False
        if rule.ends and line.at >= rule.ends:
            return False
        return line.pieces >= rule.min_quantity and line.goods >= rule.min_amount

    @staticmethod
    def _strength(rule: Rule, line: Line) -> tuple[int, int, int, int, int]:
        scope = ["shop", "category", "product", "variant"].index(rule.scope)
        nearness = -line.shelf.index(rule.target) if rule.scope == "category" else 0
        dated = bool(rule.starts or rule.ends)
        return scope, nearness, bool(rule.tier), dated, rule.place

    # How much

    @staticmethod
    def base(rule: Rule, paid: Fraction, pieces: int, cost: Fraction | None) -> Fraction:
        if rule.base == "paid":
            return paid
        return Fraction(0) if cost is None else max(Fraction(0), paid - cost * pieces)

    def raw(
        self, rule: Rule | None, level: int, paid: Fraction, pieces: int, cost: Fraction | None
    ) -> Fraction:
        if rule is None:
            return Fraction(0)
        value = rule.values[level - 1]
        if value.endswith("%"):
            share = Fraction(value[:-1].strip()) / 100
            return near(self.base(rule, paid, pieces, cost) * share)
        return near(Fraction(value) * pieces)

    def amounts(self, rules: list[Rule | None], line: Line, kept: bool) -> list[Fraction]:
        paid = line.paid - (line.back if kept else 0)
        pieces = line.pieces - (line.pieces_back if kept else 0)
        raw = [
            self.raw(rule, level, paid, pieces, line.cost) for level, rule in enumerate(rules, 1)
        ]
        limit = down(paid * CAP)
        if sum(raw) <= limit:
            return raw
        second = down(limit * raw[1] / sum(raw))
        return [limit - second, second]

    # The files

    def commissions(self, matured_at: datetime | None = None) -> list[Cells]:
        """export_commissions, before any payout; matured up to a moment."""
        out = []
        for (order, sku), line in self.lines.items():
            if not line.row["paid_at"]:
                continue
            payees = self.payees(line.row["member"], line.at)
            rules = [p and self.rule(line, level, p) for level, p in enumerate(payees, 1)]
            at_payment = self.amounts(rules, line, kept=False)
            after = self.amounts(rules, line, kept=True)
            now = [min(*pair) for pair in zip(at_payment, after, strict=True)]
            received = line.row["paid_at"] if line.virtual else line.row["received_at"]
            due = when(received) + DAYS if received else None
            for level, (payee, rule) in enumerate(zip(payees, rules, strict=True), 1):
                first, amount = at_payment[level - 1], now[level - 1]
                if payee is None or rule is None or not first:
                    continue
                is_ripe = matured_at is not None and due is not None and due <= matured_at
                state = "reversed" if not amount else "available" if is_ripe else "pending"
                out.append(
                    {
                        "order": order,
                        "sku": sku,
                        "level": str(level),
                        "distributor": payee,
                        "base": yuan(self.base(rule, line.paid, line.pieces, line.cost)),
                        "rate": self._spelt(rule.values[level - 1]),
                        "amount": yuan(amount),
                        "reversed": yuan(first - amount),
                        "state": state,
                        "matures_at": due.astimezone(EAST8).isoformat(timespec="seconds")
                        if due
                        else "",
                    }
                )
        return sorted(out, key=lambda row: (row["order"], row["sku"], row["level"]))

    @staticmethod
    def _spelt(value: str) -> str:
        if not value.endswith("%"):
            return yuan(Fraction(value))
        number = value[:-1].strip()
        return (number.rstrip("0").rstrip(".") if "." in number else number) + "%"

    def balances(self, matured_at: datetime | None = None) -> list[Cells]:
        """export_balances, before any payout."""
        pending: dict[str, Fraction] = {}
        available: dict[str, Fraction] = {}
        for row in self.commissions(matured_at):
            due = row["matures_at"]
            is_ripe = matured_at is not None and due and when(due) <= matured_at
            sums = available if is_ripe else pending
            sums[row["distributor"]] = sums.get(row["distributor"], Fraction(0)) + Fraction(
                row["amount"]
            )
        zero = Fraction(0)
        return [
            {
                "distributor": member,
                "pending": yuan(pending.get(member, zero)),
                "available": yuan(available.get(member, zero)),
                "reserved": "0.00",
                "paid": "0.00",
                "debt": "0.00",
            }
            for member, row in sorted(self.members.items())
            if row["distributor"] == "yes"
        ]
