"""members.csv: people, distributors among them, and who referred whom.

A referrer becomes both the distributor a member is bound to and, for a distributor, the recruiter,
from joined_at on; a referrer who is no distributor makes no relation. Who is here already stays
as they are.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from django.contrib.auth.hashers import make_password
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from base.accounts.models import User
from distribution.models import (
    Balance,
    Binding,
    Distributor,
    Link,
    Recruitment,
    Standing,
    Tier,
    Trace,
)
from distribution.models.people import new_distributor_code
from distribution.states import Status
from shop.moving.files import Column, Form, Values
from shop.moving.outcome import Outcome
from shop.moving.progress import Progress, Step
from shop.moving.rows import add_rows
from shop.moving.staging import Arrival, arriving, chunks, flush_checks, repeated, stream
from shop.moving.tiers import open_tiers
from shop.moving.values import one_of, optional, past_moment, phone, required, text_up_to

CHUNK = 1000
YES_NO = {"yes": True, "no": False, "true": True, "false": False, "1": True, "0": False}


def _check(values: Values) -> Iterator[tuple[str, str]]:
    if values["referrer"] == values["member"]:
        yield "referrer", _("不能推荐自己")


FORM = Form(
    "members.csv",
    (
        Column("member", required(text_up_to(40))),
        Column("name", text_up_to(60)),
        Column("phone", optional(phone)),
        Column("referrer", optional(text_up_to(40))),
        Column("distributor", optional(one_of(YES_NO), False), "boolean"),
        Column("tier", optional(text_up_to(40))),
        Column("joined_at", required(past_moment), "timestamptz"),
    ),
    _check,
)

# A row is new when nobody has its member number yet; fixed before anything is written.
MARK_NEW = """
ALTER TABLE moving_members ADD COLUMN is_new boolean;
UPDATE moving_members moved SET is_new = NOT EXISTS (
    SELECT 1 FROM accounts_user known WHERE known.member_no = moved.member
);
CREATE INDEX ON moving_members (member);
CREATE INDEX ON moving_members (referrer);
ANALYZE moving_members;
"""

PHONE_TAKEN = """
SELECT moved.row_no FROM moving_members moved
JOIN accounts_user known ON known.phone = moved.phone AND known.member_no <> moved.member
WHERE moved.is_new
"""

UNKNOWN_REFERRER = """
SELECT moved.row_no FROM moving_members moved WHERE moved.referrer IS NOT NULL
AND NOT EXISTS (SELECT 1 FROM moving_members up WHERE up.member = moved.referrer)
AND NOT EXISTS (SELECT 1 FROM accounts_user known WHERE known.member_no = moved.referrer)
"""

# Whom no walk down from the top reaches is in a loop of referrers, or below one.
UNREACHED = """
WITH RECURSIVE reached(member) AS (
    SELECT moved.member FROM moving_members moved
    WHERE moved.referrer IS NULL OR NOT moved.is_new OR moved.referrer = moved.member
       OR NOT EXISTS (SELECT 1 FROM moving_members up WHERE up.member = moved.referrer)
    UNION
    SELECT moved.member FROM reached JOIN moving_members moved ON moved.referrer = reached.member
)
SELECT moved.row_no, moved.member, moved.referrer FROM moving_members moved
LEFT JOIN reached ON reached.member = moved.member
WHERE moved.member IS NOT NULL AND reached.member IS NULL
"""

NEW = """
SELECT member, name, phone, distributor, tier, joined_at FROM moving_members
WHERE is_new ORDER BY row_no
"""

NEW_TIERS = """
SELECT tier FROM moving_members WHERE is_new AND distributor AND tier IS NOT NULL
GROUP BY tier ORDER BY min(row_no)
"""

NEW_RELATIONS = """
SELECT person.id, referrer.user_id, moved.distributor, moved.joined_at FROM moving_members moved
JOIN accounts_user person ON person.member_no = moved.member
JOIN accounts_user known ON known.member_no = moved.referrer
JOIN distribution_distributor referrer
    ON referrer.user_id = known.id AND referrer.status IN ('approved', 'frozen')
WHERE moved.is_new ORDER BY moved.row_no
"""

NewRow = tuple[str, str, str | None, bool, str | None, datetime]
Relation = tuple[int, int, bool, datetime]


def import_members(path: Path, progress: Progress) -> Outcome:
    """Bring the file in, or raise Refused and change nothing."""
    with arriving(path, FORM, progress) as arrival:
        _check_members(arrival)
        arrival.refuse()
        with progress.step(path.name, "write") as step:
            tiers = open_tiers(label for (label,) in stream(NEW_TIERS))
            _add_people(tiers, step)
            _add_relations()
        outcome = Outcome(path.name, step.done, arrival.count - step.done)
        outcome.record()
    return outcome


def _check_members(arrival: Arrival) -> None:
    with connection.cursor() as cursor:
        cursor.execute(MARK_NEW)
    arrival.check("member", _("这个会员在文件里出现了两次"), repeated(arrival.table, "member"))
    arrival.check("phone", _("这个手机号在文件里出现了两次"), repeated(arrival.table, "phone"))
    arrival.check("phone", _("这个手机号已属于别的会员"), PHONE_TAKEN)
    arrival.check("referrer", _("没有这个会员"), UNKNOWN_REFERRER)
    unreached = {member: (number, up) for number, member, up in stream(UNREACHED)}
    for member, (number, _up) in unreached.items():
        if _is_in_loop(member, unreached):
            arrival.problems.add(number, "referrer", _("推荐关系形成了循环"))


def _is_in_loop(member: str, unreached: dict[str, tuple[int, str]]) -> bool:
    """Whether going up from a member comes back to them, and not to a loop above."""
    seen = {member}
    up = unreached[member][1]
    while up in unreached and up not in seen:
        seen.add(up)
        up = unreached[up][1]
    return up == member


def _add_people(tiers: dict[str, Tier], step: Step) -> None:
    rows: list[NewRow]
    for rows in chunks(stream(NEW), CHUNK):
        users = add_rows(
            User(
                member_no=member,
                name=name,
                phone=phone,
                date_joined=joined_at,
                password=make_password(None),
            )
            for member, name, phone, _is_distributor, _tier, joined_at in rows
        )
        _add_distributors(
            [(u, tiers[r[4]] if r[4] else None) for u, r in zip(users, rows, strict=True) if r[3]]
        )
        flush_checks()
        step.advance(len(rows))


def _add_distributors(people: Sequence[tuple[User, Tier | None]]) -> None:
    """Approved since they joined, with all that a distributor has from the first day."""
    codes = _free_codes(len(people))
    distributors = add_rows(
        Distributor(
            user=user, code=code, status=Status.APPROVED, tier=tier, joined_at=user.date_joined
        )
        for (user, tier), code in zip(people, codes, strict=True)
    )
    add_rows(Balance(distributor=row) for row in distributors)
    add_rows(
        Standing(
            distributor=row,
            status=row.status,
            tier=row.tier,
            since=row.joined_at,
            reason=_("从原商城迁入"),
        )
        for row in distributors
    )


def _free_codes(count: int) -> list[str]:
    """Personal codes that no distributor and no link has."""
    codes: set[str] = set()
    while len(codes) < count:
        wanted = {new_distributor_code() for _ in range(count - len(codes))}
        for taken in (Distributor.objects, Link.objects):
            wanted -= set(taken.filter(code__in=wanted).values_list("code", flat=True))
        codes |= wanted
    return sorted(codes)


def _add_relations() -> None:
    rows: list[Relation]
    now = timezone.now()
    for rows in chunks(stream(NEW_RELATIONS), CHUNK):
        add_rows(
            Binding(
                customer_id=person,
                distributor_id=referrer,
                starts_at=since,
                source=Binding.Source.IMPORT,
            )
            for person, referrer, _is_distributor, since in rows
        )
        add_rows(
            Trace(
                member_id=person,
                kind=Trace.Kind.IMPORT,
                at=since,
                decided_at=now,
                distributor_id=referrer,
                decision=Trace.Decision.WON,
                why=Trace.Why.IMPORTED,
            )
            for person, referrer, _is_distributor, since in rows
        )
        add_rows(
            Recruitment(
                distributor_id=person,
                recruiter_id=referrer,
                starts_at=since,
                reason=_("从原商城迁入"),
            )
            for person, referrer, is_distributor, since in rows
            if is_distributor
        )
        flush_checks()
