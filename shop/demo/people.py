"""Who lives in the demo: a merchant, a forest of distributors three deep, and their customers."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from django.utils import timezone
from django.utils.translation import get_language

from base.accounts.consents import record_consents
from base.accounts.models import Address, User
from catalog.models import Product
from distribution.models import Click, Distributor, Tier
from distribution.programme import people
from distribution.referral.links import create_link
from distribution.referral.recognition import recognise
from distribution.referral.traces import Kind, Sign
from distribution.states import Status

PASSWORD = "linli-2026-demo"

SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡林郭何高罗郑梁谢宋唐许邓冯韩曹曾彭萧蔡潘田董袁于余叶蒋杜"
GIVEN = [
    "晓雯", "子轩", "雨桐", "浩然", "思琪", "佳怡", "梓涵", "俊杰", "欣妍", "一诺", "明轩", "诗涵",
    "宇航", "静怡", "博文", "可馨", "天佑", "若曦", "志远", "雅婷", "文博", "嘉琪", "海涛", "慧敏",
    "建国", "秀英", "丽华", "国强", "春梅", "永康", "美玲", "振华", "雪梅", "晨曦", "乐瑶", "景行",
]  # fmt: skip
CHANNELS = ["抖音", "小红书", "朋友圈", "微信群"]
PLACES = [
    ("浙江省", "杭州市", "西湖区", "文三路"),
    ("上海市", "上海市", "浦东新区", "张杨路"),
    ("江苏省", "苏州市", "姑苏区", "观前街"),
    ("广东省", "深圳市", "南山区", "科技园路"),
    ("北京市", "北京市", "朝阳区", "建国路"),
    ("四川省", "成都市", "武侯区", "人民南路"),
    ("湖北省", "武汉市", "洪山区", "珞喻路"),
    ("福建省", "厦门市", "思明区", "环岛路"),
    ("陕西省", "西安市", "雁塔区", "小寨东路"),
    ("新疆维吾尔自治区", "乌鲁木齐市", "天山区", "人民路"),
]


@dataclass(frozen=True)
class SignIn:
    """One of the doors into the demo, printed by `make run`."""

    phone: str
    role: str
    role_en: str
    name: str

    @property
    def title(self) -> str:
        return self.role_en if get_language() == "en" else self.role


MERCHANT = SignIn("13800138000", "商家", "Merchant", "店主小满")
FIRST = SignIn("13800138001", "一级分销商", "Level 1 distributor", "阿珍")
SECOND = SignIn("13800138002", "二级分销商", "Level 2 distributor", "小北")
SHOPPER = SignIn("13800138003", "顾客", "Customer", "陈晨")
SIGN_INS = [SHOPPER, SECOND, FIRST, MERCHANT]


@dataclass(frozen=True)
class Cast:
    """Everybody, by what they do. `second` are recruited by `first`; customers buy."""

    merchant: User
    first: list[Distributor]
    second: list[Distributor]
    customers: list[User]


class Casting:
    """Makes people with plausible names, phones and addresses, always the same ones."""

    def __init__(self, random: Random, opening: datetime) -> None:
        self.random = random
        self.opening = opening
        self._next_phone = 13800138100

    def member(self, joined: datetime, sign_in: SignIn | None = None) -> User:
        user = User.objects.create_user(
            sign_in.phone if sign_in else self._phone(),
            PASSWORD if sign_in else None,
            name=sign_in.name if sign_in else self._name(),
            phone_verified=True,
            date_joined=joined,
        )
        record_consents(user, at=joined)
        province, city, district, street = self.random.choice(PLACES)
        Address.objects.create(
            user=user,
            recipient=user.name,
            phone=user.phone or "",
            province=province,
            city=city,
            district=district,
            street=f"{street} {self.random.randrange(1, 300)} 号",
            is_default=True,
        )
        return user

    def distributor(
        self, joined: datetime, recruiter: Distributor | None, tier: str, sign_in: SignIn | None
    ) -> Distributor:
        """Somebody who followed a link, bound to its owner, and joined some hours later."""
        user = self.member(joined, sign_in)
        if recruiter is not None:
            self._follow(user, recruiter, joined)
        distributor = people.join(user, at=joined + timedelta(hours=5))
        for channel, page in zip(
            self.random.sample(CHANNELS, 2), ("/", self._goods()), strict=True
        ):
            create_link(distributor, channel=channel, target=page, at=joined + timedelta(hours=6))
        rank = Tier.objects.get(code=tier)
        return people.set_tier(
            distributor, rank, by=None, reason="开业时给予", at=joined + timedelta(hours=6)
        )

    def _goods(self) -> str:
        """A product's page, for a link that leads there."""
        slugs = Product.objects.order_by("pk").values_list("slug", flat=True)
        return f"/p/{self.random.choice(slugs)}/"

    def customer(self, joined: datetime, of: Distributor | None, sign_in: SignIn | None) -> User:
        user = self.member(joined, sign_in)
        if of is not None:
            self._follow(user, of, joined)
        return user

    def passers_by(self, distributor: Distributor) -> None:
        """Guests who opened a link, looked, and left."""
        since = distributor.joined_at + timedelta(hours=8)
        span = (timezone.now() - since).total_seconds()
        links = [None, None, *distributor.links.all()]
        Click.objects.bulk_create(
            Click(
                visitor=UUID(int=self.random.getrandbits(128), version=4),
                distributor=distributor,
                link=self.random.choice(links),
                path="/",
                at=since + timedelta(seconds=span * self.random.random()),
            )
            for _ in range(self.random.randrange(12, 60))
        )

    def _follow(self, user: User, of: Distributor, at: datetime) -> None:
        """Somebody opened one of the distributor's links, and signed up."""
        link = self.random.choice([None, *of.links.all()])
        visitor = UUID(int=self.random.getrandbits(128), version=4)
        Click.objects.create(
            visitor=visitor,
            user=user,
            distributor=of,
            link=link,
            path="/",
            at=at,
        )
        sign = Sign(of, at, Kind.LINK if link else Kind.CLICK, link, visitor)
        recognise(user, [sign], at=at, is_new=True)

    def _phone(self) -> str:
        self._next_phone += 1
        return str(self._next_phone)

    def _name(self) -> str:
        return self.random.choice(SURNAMES) + self.random.choice(GIVEN)


def cast_everybody(random: Random, opening: datetime) -> Cast:
    """Sixty-odd people: 6 first-level distributors, 14 second-level, the rest customers."""
    casting = Casting(random, opening)
    merchant = User.objects.create_superuser(
        MERCHANT.phone, PASSWORD, name=MERCHANT.name, phone_verified=True, date_joined=opening
    )
    soon = opening + timedelta(hours=1)
    first = [
        casting.distributor(
            soon + timedelta(hours=7 * i),
            None,
            ("gold", "silver", "bronze")[i % 3],
            FIRST if i == 0 else None,
        )
        for i in range(6)
    ]
    second = []
    for i in range(14):
        joined = opening + timedelta(days=3 + 2 * i)
        second.append(
            casting.distributor(
                joined,
                first[i % len(first)],
                ("silver", "bronze")[i % 2],
                SECOND if i == 0 else None,
            )
        )
    sponsors: list[Distributor | None] = [second[0], *second, *second, *first, None, None]
    customers = []
    for i in range(42):
        of = second[0] if i == 0 else sponsors[i % len(sponsors)]
        since = of.joined_at if of else opening
        joined = since + timedelta(days=1 + random.randrange(20), hours=random.randrange(10))
        joined = min(joined, timezone.now() - timedelta(days=2))
        customers.append(casting.customer(joined, of, SHOPPER if i == 0 else None))
    for distributor in [*first, *second]:
        casting.passers_by(distributor)
    _unsettle(first, second, merchant)
    return Cast(merchant, first, second, customers)


def _unsettle(first: list[Distributor], second: list[Distributor], merchant: User) -> None:
    """Life is not all smooth: one is frozen while something is looked into, one has left."""
    now = timezone.now()
    people.set_status(
        second[-1],
        Status.FROZEN,
        by=merchant,
        reason="多笔订单收货地址相同，核实中",
        at=now - timedelta(days=6),
    )
    people.set_status(
        second[-2], Status.RESIGNED, by=merchant, reason="本人申请退出", at=now - timedelta(days=4)
    )
