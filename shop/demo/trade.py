"""Ninety days of trade, made through the same functions as live ones, each at its own time."""

import heapq
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from random import Random

from django.utils import timezone

from base.accounts.models import User
from base.clock import BEIJING, beijing_date
from base.money import round_cent
from catalog.models import Variant
from catalog.models.product import Kind
from catalog.stock import OutOfStock
from distribution.money.commissions import mature_commissions
from distribution.tiers.reviews import review_tiers
from orders import cancellation, payments, receipt, refunds, repayments, reviews, shipping
from orders.checkout import CannotPlace, Item, place_order
from orders.models import Order, Payment, Refund, Repayment
from orders.registries import Outcome, payment_methods
from orders.states import OrderState
from payouts import runs, sending
from payouts.channels import channels
from payouts.models import Payout
from shop.demo.people import Cast

METHOD = CHANNEL = "sandbox"
PROMO_CODE = "邻里满减"  # typed in by who buys three things
OWNED_CODE = "小满95"  # speaks for the first distributor
COURIERS = ("顺丰速运", "中通快递", "京东物流", "圆通速递")

OPINIONS = {
    5: ("第二次买了，家里人都喜欢。", "包装仔细，到得也快。", "和描述一样，会推荐给朋友。", ""),
    4: ("不错，就是物流慢了一天。", "好用，价格再低点就更好了。", ""),
    3: ("一般，和想的差一点。", ""),
    2: ("外盒压坏了，客服处理得还算及时。",),
}


class Prompt:
    """Stands in for the sandbox while history is written: it always answers yes, at once."""

    code = METHOD
    is_offered = True
    has_gateway = True
    label = "沙箱"

    def start(self, payment: Payment, return_url: str) -> str:
        return return_url

    def repay(self, repayment: Repayment) -> Outcome:
        return Outcome("paid", reference=f"T{repayment.number}")

    def send(self, payout: Payout) -> Outcome:
        return Outcome("paid", reference=f"T{payout.number}")

    def query(self, asked: Payment | Payout) -> Outcome:
        return Outcome("paid", reference=f"T{asked.number}")

    def close(self, payment: Payment) -> Outcome:
        return Outcome("closed")


@contextmanager
def prompt_gateways() -> Iterator[None]:
    """Put the stand-in where the sandbox's client is, for as long as history is written."""
    prompt = Prompt()
    method, channel = payment_methods[METHOD], channels[CHANNEL]
    payment_methods[METHOD], channels[CHANNEL] = prompt, prompt
    try:
        yield
    finally:
        payment_methods[METHOD], channels[CHANNEL] = method, channel


class Diary:
    """What is to happen when; `run` does it in order of time, up to now."""

    def __init__(self) -> None:
        self._pages: list[tuple[datetime, int, Callable[[datetime], object]]] = []
        self._order = count()

    def note(self, at: datetime, act: Callable[[datetime], object]) -> None:
        heapq.heappush(self._pages, (at, next(self._order), act))

    def run(self, until: datetime) -> None:
        while self._pages and self._pages[0][0] <= until:
            at, _, act = heapq.heappop(self._pages)
            act(at)


class Trade:
    """The buyers, what they buy, and what becomes of it."""

    def __init__(self, cast: Cast, random: Random) -> None:
        self.cast = cast
        self.random = random
        self.opinions = Random(20261125)  # of its own, so that the trade stays as it was
        self.tips = Random(20261126)
        self.tipped: set[int] = set()  # who has typed in a distributor's code
        self.diary = Diary()
        variants = Variant.objects.select_related("product").filter(stock__gte=60, is_active=True)
        self.variants = list(variants.order_by("sku"))

    def live(self, opening: datetime, orders: int) -> None:
        """Write `orders` orders, evenly busy but busier lately, with all that follows."""
        now = timezone.now()
        span = (now - opening).total_seconds()
        buyers = [*self.cast.customers, *(d.user for d in self.cast.second)]
        for _ in range(orders):
            share = self.random.random() ** 0.8
            at = opening + timedelta(seconds=span * share)
            buyer = self.random.choice(buyers)
            if at > buyer.date_joined:
                self.diary.note(at, self._buying(buyer))
        self._every_night(opening, now)
        self.diary.run(now)

    def _every_night(self, opening: datetime, now: datetime) -> None:
        day = beijing_date(opening)
        while day < beijing_date(now):
            night = datetime(day.year, day.month, day.day, 2, 10, tzinfo=BEIJING)
            self.diary.note(night, mature_commissions)
            self.diary.note(night + timedelta(minutes=5), review_tiers)
            self.diary.note(night + timedelta(minutes=10), self._pay_out)
            day += timedelta(days=1)

    def _pay_out(self, at: datetime) -> None:
        for run in runs.run_due(beijing_date(at), at=at):
            for payout in run.payouts.filter(state="draft"):
                if self.random.random() < 0.9:
                    sending.approve_payout(payout, by=self.cast.merchant, at=at)
        sending.send_payouts(at=at + timedelta(minutes=5))

    def _buying(self, buyer: User) -> Callable[[datetime], None]:
        def buy(at: datetime) -> None:
            pieces = self.random.choices((1, 2, 3), (6, 3, 1))[0]
            chosen = self.random.sample(self.variants, pieces)
            items = [Item(v.pk, self.random.choices((1, 2, 3), (7, 2, 1))[0]) for v in chosen]
            try:
                order = place_order(
                    buyer,
                    items,
                    address=buyer.addresses.get(is_default=True),
                    choices={"promo_code": self._code_typed(buyer, len(items))},
                    at=at,
                )
            except (OutOfStock, CannotPlace):
                return
            if self.random.random() < 0.07:
                self.diary.note(order.expires_at, lambda late: _expire(order, late))
            else:
                self.diary.note(at + timedelta(minutes=2), lambda soon: self._pay(order, soon))

        return buy

    def _code_typed(self, buyer: User, pieces: int) -> str:
        """Three pieces take the shop's code; some people were told a distributor's, once."""
        if pieces == 3:
            return PROMO_CODE
        owners = self.cast.first[:2]
        if buyer.pk in {*self.tipped, *(owner.pk for owner in owners)}:
            return ""
        if self.tips.random() >= 0.15:
            return ""
        self.tipped.add(buyer.pk)
        return self.tips.choice([OWNED_CODE, OWNED_CODE, owners[1].code])

    def _pay(self, order: Order, at: datetime) -> None:
        payment = payments.start_payment(order, METHOD, at=at)
        payments.confirm_payment(
            payment.number, amount=payment.amount, gateway_no=f"T{payment.number}", at=at
        )
        goods = {kind for (kind,) in order.lines.values_list("kind")}
        if self.random.random() < 0.03 and goods == {Kind.PHYSICAL}:
            self.diary.note(at + timedelta(hours=2), lambda later: self._change_mind(order, later))
        elif Kind.PHYSICAL in goods:
            wait = timedelta(hours=self.random.randrange(6, 40))
            self.diary.note(at + wait, lambda later: self._ship(order, later))

    def _change_mind(self, order: Order, at: datetime) -> None:
        order.refresh_from_db()
        if order.state == OrderState.PAID:
            refunds.cancel_paid_order(order, at=at)
            repayments.send_repayments(at)

    def _ship(self, order: Order, at: datetime) -> None:
        courier = self.random.choice(COURIERS)
        tracking_no = f"{self.random.randrange(10**11, 10**12)}"
        shipping.ship_order(order, courier=courier, tracking_no=tracking_no, by=None, at=at)
        wait = timedelta(days=self.random.randrange(2, 6), hours=self.random.randrange(10))
        self.diary.note(at + wait, lambda later: self._receive(order, later))

    def _receive(self, order: Order, at: datetime) -> None:
        receipt.receive_order(order, at=at)
        if self.opinions.random() < 0.4:
            wait = timedelta(hours=self.opinions.randrange(2, 90))
            self.diary.note(at + wait, lambda later: self._review(order, later))
        if self.random.random() < 0.09:
            wait = timedelta(days=self.random.choice((1, 2, 3, 5, 20)))
            self.diary.note(at + wait, lambda later: self._complain(order, later))

    def _review(self, order: Order, at: datetime) -> None:
        for line in order.lines.order_by("pk"):
            rating = self.opinions.choice((5, 5, 5, 5, 4, 4, 3, 2))
            words = self.opinions.choice(OPINIONS[rating])
            reviews.write_review(line, rating=rating, text=words, at=at)

    def _complain(self, order: Order, at: datetime) -> None:
        """Some send a piece back, some are given part of the money, some wait for an answer."""
        left = self.random.choice(refunds.refundable_lines(order))
        whole = self.random.random() < 0.5
        unit = round_cent(left.line.paid / left.line.quantity)
        part = (
            refunds.Part(left.line.pk, 1, min(unit, left.amount))
            if whole
            else refunds.Part(left.line.pk, 0, round_cent(left.amount * Decimal("0.2")))
        )
        if not part.amount:
            return
        reason = Refund.Reason.NO_LONGER_WANTED if whole else Refund.Reason.DAMAGED
        refund = refunds.request_refund(order, [part], reason=reason, at=at)
        if at > timezone.now() - timedelta(days=4):
            return
        later = at + timedelta(hours=20)
        self.diary.note(later, lambda then: self._give_back(refund, then))

    def _give_back(self, refund: Refund, at: datetime) -> None:
        refunds.approve_refund(refund, by=self.cast.merchant, answer="已同意", at=at)
        repayments.send_repayments(at)


def _expire(order: Order, at: datetime) -> None:
    cancellation.expire_orders(at)
