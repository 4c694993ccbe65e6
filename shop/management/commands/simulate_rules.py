import csv
import io
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand, CommandError, OutputWrapper
from django.utils.translation import gettext as _

from distribution.editor.simulation import Simulation, simulate_rules
from shop.management.moments import day
from shop.management.outputs import output
from shop.management.refusals import show_refused
from shop.moving.files import Refused
from shop.moving.progress import Progress
from shop.moving.rules import read_proposal

HEADER = ("distributor", "name", "orders", "before", "after", "change")


class Command(BaseCommand):
    help = "用过去的订单试算一套规则。Try a complete rule set on past orders; changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--rules", metavar="FILE", type=Path, required=True)
        parser.add_argument("--from", metavar="DAY", type=day, required=True, dest="first_day")
        parser.add_argument("--to", metavar="DAY", type=day, required=True, dest="last_day")
        parser.add_argument("--out", metavar="FILE", required=True, help="a path, or -")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["last_day"] < options["first_day"]:
            raise CommandError("--to is before --from")
        try:
            rules = read_proposal(options["rules"], Progress(self.stderr))
        except Refused as refused:
            show_refused(refused, self.stderr)
        except OSError as error:
            raise CommandError(str(error)) from error
        result = simulate_rules(rules, options["first_day"], options["last_day"])
        with output(options["out"]) as file:
            write_effects(result, file)
        self._sum_up(result, self.stderr if options["out"] == "-" else self.stdout)

    def _sum_up(self, result: Simulation, stream: OutputWrapper) -> None:
        for label, value in (
            (_("已付款订单"), f"{result.orders}"),
            (_("没有分佣条款的订单（未试算）"), f"{result.orders_without_terms}"),
            (_("有佣金的订单"), f"{result.orders_with_commission}"),
            (_("实收（扣除退款，不含运费）"), f"¥{result.sales}"),
            (_("商品成本"), f"¥{result.cost}"),
            (_("成本未知的销售额"), f"¥{result.sales_of_unknown_cost}"),
            (_("佣金：现在 → 试算"), f"¥{result.before} → ¥{result.after} ({result.change:+})"),
            (_("已知成本的商品毛利"), f"¥{result.margin}"),
            (_("毛利减佣金：现在 → 试算"), f"¥{result.margin_before} → ¥{result.margin_after}"),
            (_("增加的分销商"), f"{len(result.winners)}"),
            (_("减少的分销商"), f"{len(result.losers)}"),
        ):
            stream.write(f"{label}: {value}", str)


def write_effects(result: Simulation, file: BinaryIO) -> None:
    """A row for each distributor, the winners first, and the sum of all."""
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(HEADER)
    for e in result.effects:
        rows.writerow((e.member_no, e.name, e.orders, e.before, e.after, e.change))
    total = (result.orders_with_commission, result.before, result.after, result.change)
    rows.writerow(("TOTAL", "", *total))
    text.detach()  # the file is closed by whoever opened it
