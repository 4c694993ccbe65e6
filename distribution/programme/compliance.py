"""What an inspector asks: how deep and how wide the programme is, and what keeps it within the law.

Commission ends at two levels whatever the length of a chain of recruiters: by code and by the
constraints read here from the database itself. Nothing here writes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from base.tables import BYTE_ORDER_MARK
from distribution.models import Commission, Distributor, Policy
from distribution.policy import pending_policies, policy_at
from distribution.programme.agreements import agreement_at, has_accepted
from distribution.states import IN_PROGRAMME

# Judicial opinion of 2013: from here on organising a pyramid may be a crime.
PEOPLE_THRESHOLD = 30
LEVELS_THRESHOLD = 3
RETURN_DAYS = 7
MOST_LEVELS = 200
SHOWN_NETWORKS = 20

# Everybody who ever was in the programme, from those nobody brought in downwards. A chain does not
# break where somebody left: whoever is below them still stands there.
WALK = f"""
WITH RECURSIVE relation AS (
    SELECT distributor_id, recruiter_id FROM distribution_recruitment
    WHERE starts_at <= %(at)s AND (ends_at IS NULL OR ends_at > %(at)s)
), person AS (
    SELECT user_id AS id, status IN ('approved', 'frozen') AS is_in
    FROM distribution_distributor
    WHERE joined_at <= %(at)s AND (status IN ('approved', 'frozen', 'resigned') OR EXISTS (
        SELECT 1 FROM distribution_standing standing
        WHERE standing.distributor_id = user_id AND standing.status = 'approved'))
), walk(id, root, level, is_in) AS (
    SELECT person.id, person.id, 1, person.is_in FROM person
    WHERE NOT EXISTS (SELECT 1 FROM relation WHERE relation.distributor_id = person.id)
    UNION ALL
    SELECT person.id, walk.root, walk.level + 1, person.is_in
    FROM walk JOIN relation ON relation.recruiter_id = walk.id
    JOIN person ON person.id = relation.distributor_id
    WHERE walk.level < {MOST_LEVELS}
)
"""  # noqa: S608  (constants; the moment is bound)


@dataclass(frozen=True)
class Network:
    """Everybody below one whom nobody brought in: that one is the first level."""

    root_id: int
    name: str
    code: str
    levels: int
    people: int

    @property
    def is_over(self) -> bool:
        return self.people >= PEOPLE_THRESHOLD and self.levels >= LEVELS_THRESHOLD


@dataclass(frozen=True)
class DepthReport:
    """The shape of the programme at a moment. `per_level` counts who is in the programme."""

    at: datetime
    people: int
    first: int
    second: int
    recruiters: int
    per_level: Sequence[tuple[int, int]]
    largest: Sequence[Network]
    over: int
    unreached: int

    @property
    def longest(self) -> int:
        return max((level for level, _count in self.per_level), default=0)


@dataclass(frozen=True)
class Finding:
    """One question the law asks, and what the shop's own data answer."""

    is_fine: bool
    title: str
    fact: str
    why: str


@dataclass(frozen=True)
class Constraint:
    table: str
    name: str
    definition: str


def depth_report(*, at: datetime) -> DepthReport:
    """How long the longest chain is and how many stand where: four queries for any number."""
    in_programme = Distributor.objects.filter(status__in=IN_PROGRAMME, joined_at__lte=at)
    people = in_programme.count()
    with connection.cursor() as cursor:
        cursor.execute(
            f"{WALK} SELECT level, count(*) FILTER (WHERE is_in) FROM walk"  # noqa: S608  (constants)
            " GROUP BY level ORDER BY level",
            {"at": at},
        )
        per_level = cursor.fetchall()
        cursor.execute(
            """
            SELECT count(DISTINCT relation.distributor_id), count(DISTINCT relation.recruiter_id)
            FROM distribution_recruitment relation
            JOIN distribution_distributor person ON person.user_id = relation.distributor_id
            WHERE relation.starts_at <= %(at)s
              AND (relation.ends_at IS NULL OR relation.ends_at > %(at)s)
              AND person.status IN ('approved', 'frozen')
            """,
            {"at": at},
        )
        second, recruiters = cursor.fetchone()
    found = list(_networks(at))
    return DepthReport(
        at=at,
        people=people,
        first=people - second,
        second=second,
        recruiters=recruiters,
        per_level=per_level,
        largest=found[:SHOWN_NETWORKS],
        over=sum(network.is_over for network in found),
        unreached=people - sum(count for _level, count in per_level),
    )


def _networks(at: datetime) -> Iterator[Network]:
    """Networks of more than one person, the deepest and largest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            {WALK}
            SELECT network.root, member.name, distributor.code, network.levels, network.people
            FROM (
                SELECT root, max(level) AS levels, count(*) FILTER (WHERE is_in) AS people
                FROM walk GROUP BY root HAVING max(level) > 1
            ) network
            JOIN distribution_distributor distributor ON distributor.user_id = network.root
            JOIN accounts_user member ON member.id = network.root
            ORDER BY network.levels DESC, network.people DESC, network.root
            """,  # noqa: S608  (WALK is a constant; the moment is bound)
            {"at": at},
        )
        while rows := cursor.fetchmany(2000):
            for row in rows:
                yield Network(*row)


def networks_of(at: datetime) -> Iterator[Network]:
    """All of them, for a file; the names masked."""
    for network in _networks(at):
        name = f"{network.name[:1]}**" if network.name else ""
        yield Network(network.root_id, name, network.code, network.levels, network.people)


def findings(report: DepthReport, *, at: datetime) -> list[Finding]:
    """What is asked, answered from policies, constraints, relations and acceptances."""
    policy = policy_at(at)
    return [
        _depth_of_pay(policy),
        _chains(report),
        _thresholds(report),
        _loops(report),
        _purchase_gate(policy),
        _per_head(),
        _waiting_time(policy),
        _acceptances(at),
    ]


def _depth_of_pay(policy: Policy) -> Finding:
    limits = {row.name for row in constraints() if row.name in LEVEL_LIMITS and _is_two(row)}
    beyond = Commission.objects.filter(~Q(level__in=[1, 2])).exists()
    is_fine = limits == set(LEVEL_LIMITS) and not beyond
    if not is_fine:
        fact = _("数据库里缺少两级限制，或有超过两级的佣金，请立即联系技术人员。")
    elif policy.two_levels:
        fact = _("数据库约束 %(names)s 都在，没有任何一笔佣金超过两级。") % {
            "names": ", ".join(sorted(limits))
        }
    else:
        fact = _("现行政策只计一级佣金；数据库约束仍限制最多两级。")
    return Finding(
        is_fine,
        _("佣金最多两级"),
        fact,
        _(
            "《禁止传销条例》第七条禁止以下线业绩为依据层层计酬。深度由代码和数据库约束固定，没有设置可以调高。"
        ),
    )


LEVEL_LIMITS = ("commission_two_levels", "line_terms_two_levels")
# What the report shows of the database, in its own words; the pack has all of them.
TELLING = (
    *LEVEL_LIMITS,
    "commission_once",
    "commission_payee_not_buyer",
    "one_recruiter_at_a_time",
)


def _is_two(row: Constraint) -> bool:
    """The definition as PostgreSQL writes it: level = ANY (ARRAY[1, 2])."""
    return "level" in row.definition and "[1, 2]" in row.definition


def _chains(report: DepthReport) -> Finding:
    return Finding(
        report.longest <= 2,
        _("推荐关系的长度"),
        _(
            "最长的推荐链有 %(levels)d 级（最上面的分销商算第 1 级；把商家也算作一级则为 %(more)d 级）。"
        )
        % {"levels": report.longest, "more": report.longest + 1},
        _(
            "第三级及以下的人卖出东西，最上面的人一分钱也得不到；链条变长时仍建议收紧发展权限（位置权益、等级权益）。"
        ),
    )


def _thresholds(report: DepthReport) -> Finding:
    return Finding(
        report.over == 0,
        _("30 人且 3 级的界线"),
        _("有 %(count)d 个网络同时达到 %(people)d 人和 %(levels)d 级。")
        % {"count": report.over, "people": PEOPLE_THRESHOLD, "levels": LEVELS_THRESHOLD},
        _(
            "2013 年司法意见：组织内 30 人以上且层级 3 级以上的传销可能追究刑事责任，组织者本人也计入层级。界线针对的是以拉人头牟利的组织；本店按真实销售付佣金，但达到界线的网络应重点关注。"
        ),
    )


def _loops(report: DepthReport) -> Finding:
    return Finding(
        report.unreached == 0,
        _("没有循环的推荐关系"),
        _("%(count)d 人不在任何推荐链的起点之下。") % {"count": report.unreached},
        _("新建关系时会检查整条链；循环只可能来自直接改动数据库。"),
    )


def _purchase_gate(policy: Policy) -> Finding:
    gated = policy.asks_for_purchase
    later = any(row.asks_for_purchase for row in pending_policies())
    if gated and policy.joining == Policy.Joining.SPENT:
        fact = _("现行政策要求累计消费 ¥%(amount)s 才能加入。") % {"amount": policy.joining_spend}
    elif gated:
        fact = _("现行政策要求完成首单才能加入。")
    elif later:
        fact = _("有一个待生效的政策以消费作为加入条件。")
    else:
        fact = _("加入不收费，也不要求先购买。")
    if gated:
        fact += _("请核对协议里“不要求先购买”的说法是否仍然成立。")
    return Finding(
        not gated and not later,
        _("没有入门费和变相认购"),
        fact,
        _(
            "以缴费或认购商品取得加入资格是传销的特征之一；消费门槛只算真实、未退款的订单，且不得指定商品或“礼包”。"
        ),
    )


def _per_head() -> Finding:
    """Whether a commission can exist without a sale: asked of the catalogue of the database."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(*) FROM pg_attribute
            WHERE attrelid = 'distribution_commission'::regclass
              AND attname IN ('order_id', 'line_id', 'amount_at_payment') AND attnotnull
            """
        )
        (kept,) = cursor.fetchone()
    return Finding(
        kept == 3,
        _("没有人头费和团队奖励"),
        _(
            "每笔佣金必须指向一件卖出的商品（数据库要求订单、订单商品和金额都不为空），系统里没有其他付给分销商的科目。"
        ),
        _(
            "按发展人数付酬（拉人头）和按团队业绩付酬（团队计酬）都被禁止；等级任务也只看本人的一级销售。"
        ),
    )


def _waiting_time(policy: Policy) -> Finding:
    return Finding(
        policy.maturity_days >= RETURN_DAYS,
        _("佣金等过了无理由退货期"),
        _("现行政策：收货后 %(days)d 天成熟。") % {"days": policy.maturity_days},
        _("消费者七日无理由退货从收货起算；更早结算会给可能退掉的订单付佣金。"),
    )


def _acceptances(at: datetime) -> Finding:
    people = Distributor.objects.filter(status__in=IN_PROGRAMME)
    missing = people.annotate(agreed=has_accepted(at)).filter(agreed=False).count()
    return Finding(
        missing == 0,
        _("协议都已同意"),
        _("%(count)d 位分销商还没有同意现行的 %(version)s 版。")
        % {"count": missing, "version": agreement_at(at).version},
        _("他们下次打开推广中心时会被请求同意；同意前不能使用推广工具，已赚的不受影响。"),
    )


def constraints() -> list[Constraint]:
    """What the database itself enforces on the tables of distribution and payouts, as it says."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
            FROM pg_constraint
            WHERE conrelid IN (
                SELECT oid FROM pg_class
                WHERE relname LIKE 'distribution\\_%%' OR relname LIKE 'payouts\\_%%'
            ) AND contype IN ('c', 'u', 'x')
            UNION ALL
            SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(oid)
            FROM pg_trigger
            WHERE NOT tgisinternal AND tgrelid IN (
                SELECT oid FROM pg_class
                WHERE relname LIKE 'distribution\\_%%' OR relname LIKE 'payouts\\_%%'
            )
            ORDER BY 1, 2
            """.replace("%%", "%")
        )
        return [Constraint(*row) for row in cursor.fetchall()]


def _cell(column: str) -> str:
    """A text of somebody's in SQL as `base.tables.safe_cell` makes it: no spreadsheet runs it."""
    return f"CASE WHEN {column} ~ '^[-=+@\\t\\r]' THEN '''' || {column} ELSE {column} END"


def _stamp(column: str) -> str:
    """A moment in SQL as the rest of the evidence pack writes it: Beijing time, and says so."""
    return f"to_char({column} AT TIME ZONE INTERVAL '+08:00', 'YYYY-MM-DD HH24:MI:SS') || ' +0800'"


ACCEPTANCES = f"""
SELECT member.member_no, left(member.phone, 3) || '****' || right(member.phone, 4) AS phone,
       {_cell("distributor.code")} AS code, consent.version,
       {_stamp("consent.at")} AS accepted_at
FROM accounts_consent consent
JOIN accounts_user member ON member.id = consent.user_id
LEFT JOIN distribution_distributor distributor ON distributor.user_id = consent.user_id
WHERE consent.document = 'distribution' ORDER BY consent.at, consent.id
"""  # noqa: S608  (columns are constants)

# What the merchant decides about the programme, its people and their commissions.
DEED_WORDS = (
    "policy|rule|agreement|distributor|draft|recruiter|customer|hand_over|tier|privileges"
    "|commission|risk|thresholds|evidence|keys"
)
DEEDS = f"""
SELECT {_stamp("entry.at")} AS at,
       actor.member_no AS by, entry.action, entry.target_type, entry.target_id,
       {_cell("entry.target_name")} AS target_name, {_cell("entry.reason")} AS reason,
       entry.details
FROM base_auditentry entry LEFT JOIN accounts_user actor ON actor.id = entry.actor_id
WHERE entry.action ~ '({DEED_WORDS})'
ORDER BY entry.at, entry.id
"""  # noqa: S608  (columns and words are constants)


def copy_out(query: str) -> Iterator[bytes]:
    """Rows of one of the queries above as CSV, in blocks as PostgreSQL makes them."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        yield BYTE_ORDER_MARK.encode()
        with cursor.copy(f"COPY ({query}) TO STDOUT WITH (FORMAT csv, HEADER)") as copy:
            for block in copy:
                yield bytes(block)
