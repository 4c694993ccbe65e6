"""The demo's academy and help: courses, materials, announcements, people who learned and asked."""

import tomllib
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from django.core.files.storage import default_storage
from django.utils import timezone

from base.accounts.models import User
from base.private_files import check_picture
from catalog.models import Product
from distribution.academy.courses import read_lesson
from distribution.academy.materials import take
from distribution.academy.models import Course, Lesson, Material, MaterialPicture, Quiz, Taking
from distribution.academy.questions import Draft, add_question
from distribution.academy.quizzes import begin_attempt, submit_attempt
from distribution.models import Distributor, Tier
from shop.demo.people import Cast
from shop.support.models import Announcement, CannedReply
from shop.support.states import TicketState
from shop.support.tickets import add_note, answer, close_ticket, open_ticket, write_again

Entry = dict[str, Any]


def fill_learning(cast: Cast, random: Random, opening: datetime) -> None:
    """Everything of the file, and some weeks of learning, taking and asking."""
    plan = tomllib.loads(Path(__file__).with_name("learning.toml").read_text(encoding="utf-8"))
    goods = _goods(plan)
    for position, entry in enumerate(plan["course"], start=1):
        _course(entry, position, goods, opening)
    materials = [_material(entry, goods) for entry in plan["material"]]
    for entry in plan["announcement"]:
        _announce(entry, cast.merchant)
    for position, entry in enumerate(plan["canned"], start=1):
        CannedReply.objects.create(position=position, **entry)
    _learn(cast, random)
    _take(cast, materials, random)
    _ask(cast)


def _goods(plan: Entry) -> dict[str, Product]:
    """The products that are spoken of, by their code in the catalogue."""
    lessons = [lesson for course in plan["course"] for lesson in course["lesson"]]
    codes = {code for lesson in lessons for code in lesson.get("products", [])}
    codes |= {entry["product"] for entry in plan["material"] if "product" in entry}
    return {code: Product.objects.get(variants__sku=f"{code.upper()}-1") for code in codes}


def _words(entry: Entry, *names: str) -> Entry:
    wanted = [name for base in names for name in (base, f"{base}_en")]
    return {name: entry[name].strip() for name in wanted if name in entry}


def _course(entry: Entry, position: int, goods: dict[str, Product], at: datetime) -> None:
    course = Course.objects.create(
        **_words(entry, "name", "summary"),
        kind=entry["kind"],
        slug=entry["slug"],
        position=position,
        is_published=True,
        created_at=at,
    )
    for place, written in enumerate(entry["lesson"], start=1):
        lesson = Lesson.objects.create(
            course=course,
            **_words(written, "name", "body"),
            minutes=written["minutes"],
            position=place,
        )
        lesson.products.set(goods[code] for code in written.get("products", []))
    for place, written in enumerate(entry.get("quiz", []), start=1):
        quiz = Quiz.objects.create(
            course=course,
            **_words(written, "name"),
            pass_percent=written["pass_percent"],
            position=place,
        )
        for number, asked in enumerate(written["question"], start=1):
            add_question(quiz, _draft(asked, number), by=None, at=at)


def _draft(asked: Entry, number: int) -> Draft:
    """Right options have a star in front, as the merchant writes them."""
    options = asked["options"]
    return Draft(
        kind=asked.get("kind", "single"),
        options=[option.removeprefix("*") for option in options],
        right=[place for place, option in enumerate(options) if option.startswith("*")],
        options_en=asked["options_en"],
        position=number,
        **_words(asked, "body", "note"),
    )


def _material(entry: Entry, goods: dict[str, Product]) -> Material:
    product = goods.get(entry.get("product", ""))
    material = Material.objects.create(
        **_words(entry, "name", "body"),
        channel=entry["channel"],
        product=product,
        video=entry.get("video", ""),
        level=entry.get("level", 0),
        is_published=True,
    )
    names = list(product.images.values_list("image", flat=True)) if product else []
    for position, name in enumerate(names[: entry["pictures"]]):
        if default_storage.exists(name):
            with default_storage.open(name) as stored:
                checked = check_picture(stored)
            MaterialPicture.objects.create(
                material=material,
                file=checked.file,
                width=checked.width,
                height=checked.height,
                position=position,
            )
    return material


def _announce(entry: Entry, merchant: User) -> None:
    starts = timezone.now() - timedelta(days=entry["days_ago"])
    row = Announcement.objects.create(
        **_words(entry, "name", "body"),
        audience=entry["audience"],
        is_pinned=entry.get("is_pinned", False),
        is_published=True,
        starts_at=starts,
        ends_at=starts + timedelta(days=entry["days"]) if "days" in entry else None,
        by=merchant,
    )
    row.tiers.set(Tier.objects.filter(code__in=entry.get("tiers", [])))


def _learn(cast: Cast, random: Random) -> None:
    """Some finish a course, some are on their way. The first one has a course left to begin."""
    courses = list(Course.objects.order_by("position"))
    now = timezone.now()
    people = [person for person in [*cast.first, *cast.second] if _is_there(person)]
    for place, person in enumerate(people):
        course = courses[place % len(courses)] if place else courses[0]
        at = now - timedelta(days=random.randrange(2, 30))
        lessons = list(course.lessons.order_by("position"))
        stop = len(lessons) if place % 3 != 1 else random.randrange(1, len(lessons))
        for lesson in lessons[:stop]:
            at += timedelta(minutes=lesson.minutes)
            read_lesson(person, lesson, at=at)
        for quiz in course.quizzes.all() if stop == len(lessons) else []:
            _answer(person, quiz, random, at + timedelta(minutes=6))


def _is_there(person: Distributor) -> bool:
    person.refresh_from_db()
    return person.is_in_programme


def _answer(person: Distributor, quiz: Quiz, random: Random, at: datetime) -> None:
    """Most get it right, some need a second try."""
    for is_last in (random.random() < 0.7, True):
        attempt = begin_attempt(person, quiz, at=at)
        asked = [row.question for row in attempt.answers.select_related("question")]
        chosen = {question.pk: list(question.right) for question in asked}
        if not is_last:
            for question in asked[:2]:
                chosen[question.pk] = [(question.right[0] + 1) % len(question.options)]
        attempt = submit_attempt(attempt, chosen, at=at + timedelta(minutes=4))
        if attempt.is_passed:
            return
        at += timedelta(minutes=30)


def _take(cast: Cast, materials: list[Material], random: Random) -> None:
    now = timezone.now()
    for person in [*cast.first, *cast.second]:
        for _time in range(random.randrange(0, 6)):
            take(
                person,
                random.choice(materials[:3]),
                random.choice(Taking.What.values[:3]),
                at=now - timedelta(hours=random.randrange(1, 600)),
            )


def _ask(cast: Cast) -> None:
    """A few tickets, in every state one meets."""
    now = timezone.now()
    _ask_about_goods(cast.customers[0], cast.merchant, now)
    _ask_about_promoting(cast, now)


def _ask_about_goods(shopper: User, clerk: User, now: datetime) -> None:
    order = shopper.orders.filter(paid_at__isnull=False).order_by("-placed_at").first()
    ticket = open_ticket(
        shopper,
        subject="收到的坚果少了一袋",
        category="order",
        text="买了三袋，打开只有两袋，外箱没有破。",
        order=order,
        at=now - timedelta(days=3, hours=2),
    )
    add_note(
        ticket, by=clerk, text="仓库监控确认漏装，已登记。", at=now - timedelta(days=3, hours=1)
    )
    answer(
        ticket,
        by=clerk,
        text="非常抱歉，是我们漏装了，今天补发，运费我们出。",
        at=now - timedelta(days=3, minutes=95),
    )
    write_again(ticket, by=shopper, text="好的，谢谢，收到再说。", at=now - timedelta(days=2))
    answer(
        ticket, by=clerk, text="已补发，包裹预计后天到。", at=now - timedelta(days=2) + timedelta(minutes=20)
    )  # fmt: skip
    ticket = open_ticket(
        shopper,
        subject="龙井泡出来有点苦",
        category="product",
        text="用刚烧开的水泡的，是茶的问题吗？",
        at=now - timedelta(days=12),
    )
    answer(
        ticket,
        by=clerk,
        text="龙井怕烫，请等水凉到 85℃ 左右再泡，先注三分之一浸润十秒，再注满，两分钟出汤。",
        at=now - timedelta(days=12) + timedelta(minutes=8),
    )
    close_ticket(ticket, by=shopper, at=now - timedelta(days=11))


def _ask_about_promoting(cast: Cast, now: datetime) -> None:
    second, first, clerk = cast.second[0], cast.first[0], cast.merchant
    commission = second.commissions.filter(matured_at=None).order_by("-pk").first()
    open_ticket(
        second.user,
        subject="这笔佣金什么时候可以结算？",
        category="commission",
        text="买家说已经收到货了，页面上还是待成熟。",
        commission=commission,
        at=now - timedelta(hours=3),
    )
    ticket = open_ticket(
        first.user,
        subject="海报上的价格没有更新",
        category="other",
        text="昨天改价以后，海报还是旧价格。",
        at=now - timedelta(days=6),
    )
    answer(
        ticket,
        by=clerk,
        text="请问是哪一款商品的海报？方便的话发一张截图。",
        state=TicketState.WAITING,
        at=now - timedelta(days=6) + timedelta(minutes=42),
    )
