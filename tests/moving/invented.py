"""Small shops drawn at random, dense with what is hard: ties, caps, cents, losses, partial refunds."""

import csv
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from random import Random

EAST8 = timezone(timedelta(hours=8))
START = datetime(2026, 1, 1, tzinfo=EAST8)
SHELVES = ["食", "食/坚果", "食/坚果/腰果", "书", "书/旧"]
RATES = ["", "", "0", "0%", "3.3%", "7.5%", "12.5%", "25%", "30%", "45%", "0.35", "1.00", "3.00"]
TIERS = ["", "bronze", "gold", "钻石"]


def invent_folder(folder: Path, seed: int) -> Path:
    random = Random(seed)
    folder.mkdir()
    products = _products(random)
    members = _members(random)
    orders = _orders(random, products, members)
    _write(folder / "products.csv", products)
    _write(folder / "members.csv", members)
    _write(folder / "rules.csv", _rules(random, products))
    refunds = _refunds(random, orders)
    random.shuffle(orders)
    _write(folder / "orders.csv", _with_shipping(random, orders))
    if refunds:
        random.shuffle(refunds)
        _write(folder / "refunds.csv", refunds)
    return folder


def _write(path: Path, rows: Sequence[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def _cents(random: Random, most: int) -> str:
    return f"{Decimal(random.randint(0, most)) / 100:.2f}"


def _products(random: Random) -> list[dict[str, str]]:
    return [
        {
            "sku": f"S{number}",
            "name": f"货 {number}",
            "category": random.choice(SHELVES),
            "price": "10.00",
            "cost": random.choice(["", _cents(random, 1500), "0.00"]),
            "stock": "",
            "kind": random.choice(["physical", "physical", "virtual", ""]),
        }
        for number in range(8)
    ] + [
        {
            "sku": f"SHELF{place}",
            "name": "占位",
            "category": shelf,
            "price": "1.00",
            "cost": "",
            "stock": "1",
            "kind": "",
        }
        for place, shelf in enumerate(SHELVES)
    ]


def _members(random: Random) -> list[dict[str, str]]:
    rows = [
        {
            "member": f"M{number}",
            "name": f"会员 {number}",
            "phone": random.choice(["", f"139{number:08d}"]),
            "referrer": f"M{random.randrange(number)}" if number and random.random() < 0.85 else "",
            "distributor": random.choice(["yes", "yes", "no"]),
            "tier": random.choice(TIERS),
            "joined_at": (START + timedelta(hours=random.randrange(24 * 25))).isoformat(),
        }
        for number in range(24)
    ]
    random.shuffle(rows)
    return rows


def _rules(random: Random, products: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    rows = []
    for _ in range(40):
        scope = random.choice(["shop", "category", "category", "product", "product", "variant"])
        target = {
            "shop": "",
            "category": random.choice(SHELVES),
        }.get(scope, random.choice(products)["sku"])
        start = START + timedelta(days=random.randrange(60))
        dated = random.random()
        rows.append(
            {
                "scope": scope,
                "target": target,
                "tier": random.choice(["", "", *TIERS]),
                "level1": random.choice(RATES),
                "level2": random.choice(RATES),
                "base": random.choice(["paid", "", "profit"]),
                "min_quantity": random.choice(["", "", "2", "3"]),
                "min_amount": random.choice(["", "", "20.00", "45.50"]),
                "starts_at": start.isoformat() if dated < 0.4 else "",
                "ends_at": (start + timedelta(days=20)).isoformat() if 0.2 < dated < 0.5 else "",
            }
        )
    return [*rows, *rows[:3]]


def _orders(
    random: Random, products: Sequence[dict[str, str]], members: Sequence[dict[str, str]]
) -> list[dict[str, str]]:
    rows = []
    for number in range(60):
        placed = START + timedelta(minutes=random.randrange(24 * 60 * 70))
        paid = placed + timedelta(minutes=random.randrange(30))
        received = paid + timedelta(hours=random.randrange(100))
        is_paid, has_arrived = random.random() < 0.95, random.random() < 0.9
        member = random.choice(members)["member"]
        for product in random.sample(list(products), random.randint(1, 4)):
            price = Decimal(_cents(random, random.choice([9, 500, 9900])))
            quantity = random.randint(1, 4)
            worth = int(price * quantity * 100)
            rows.append(
                {
                    "order": f"O{number:03d}",
                    "member": member,
                    "placed_at": placed.isoformat(),
                    "paid_at": paid.isoformat() if is_paid else "",
                    "received_at": received.isoformat() if is_paid and has_arrived else "",
                    "sku": product["sku"],
                    "quantity": str(quantity),
                    "unit_price": f"{price:.2f}",
                    "discount": random.choice(["", _cents(random, worth)]),
                    "shipping": "",
                    "province": "上海市",
                }
            )
    return rows


def _with_shipping(random: Random, rows: list[dict[str, str]]) -> list[dict[str, str]]:
    seen: set[str] = set()
    for row in rows:
        if row["order"] not in seen:
            row["shipping"] = random.choice(["", "8.00", "12.50"])
        seen.add(row["order"])
    return rows


def _refunds(random: Random, orders: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    """Up to four of a line, in pieces and in money, never more than it has."""
    rows = []
    for row in orders:
        if not row["paid_at"] or random.random() < 0.5:
            continue
        money = int(
            (Decimal(row["unit_price"]) * int(row["quantity"]) - Decimal(row["discount"] or 0))
            * 100
        )
        pieces = int(row["quantity"])
        at = datetime.fromisoformat(row["paid_at"])
        for _ in range(random.randint(1, 4)):
            back = random.choice([0, random.randint(0, money), random.randint(0, money) // 4])
            count = random.choice([0, 0, random.randint(0, pieces)])
            if not back and not count:
                continue
            money, pieces = money - back, pieces - count
            at += timedelta(hours=random.randrange(48))
            rows.append(
                {
                    "order": row["order"],
                    "sku": row["sku"],
                    "quantity": str(count) if count else random.choice(["", "0"]),
                    "amount": f"{Decimal(back) / 100:.2f}",
                    "refunded_at": at.isoformat(),
                }
            )
    return rows
