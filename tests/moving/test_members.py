from pathlib import Path

import pytest

from base.accounts.models import User
from base.models import AuditEntry
from distribution.models import Balance, Binding, Distributor, Recruitment, Standing, Tier
from distribution.states import Status
from tests import make
from tests.moving.folders import MEMBERS, errors_of, make_folder, move_in, where

pytestmark = pytest.mark.django_db

JOINED = "2026-01-05T08:00:00+08:00"


def bring_in(tmp_path: Path, members: str) -> None:
    move_in(
        make_folder(tmp_path, products=None, rules=None, orders=None, refunds=None, members=members)
    )


def relations() -> dict[str, list[tuple[str, str]]]:
    names = {
        "bound": Binding.objects.values_list("customer__member_no", "distributor__user__member_no"),
        "recruited": Recruitment.objects.values_list(
            "distributor__user__member_no", "recruiter__user__member_no"
        ),
    }
    return {name: sorted(rows) for name, rows in names.items()}


def test_distributors_come_approved_since_they_joined(tmp_path: Path) -> None:
    bring_in(tmp_path, MEMBERS)
    assert not any(user.has_usable_password() for user in User.objects.all())
    b = Distributor.objects.get(user__member_no="B")
    assert (b.status, b.tier.code if b.tier else "", b.joined_at) == (
        Status.APPROVED,
        "bronze",
        b.user.date_joined,
    )
    standings = Standing.objects.values_list("distributor__user__member_no", "status", "since")
    assert sorted(standings) == [
        (d.user.member_no, Status.APPROVED, d.joined_at)
        for d in Distributor.objects.order_by("user__member_no")
    ]
    assert Balance.objects.count() == 2
    assert len(set(Distributor.objects.values_list("code", flat=True))) == 2


def test_a_referrer_binds_and_recruits_from_the_day_of_joining(tmp_path: Path) -> None:
    bring_in(tmp_path, MEMBERS)
    assert relations() == {"bound": [("B", "A"), ("C", "B")], "recruited": [("B", "A")]}
    for relation in [*Binding.objects.all(), *Recruitment.objects.all()]:
        person = getattr(relation, "customer", None) or relation.distributor.user
        assert (relation.starts_at, relation.ends_at) == (person.date_joined, None)


def test_a_referrer_may_come_later_in_the_file(tmp_path: Path) -> None:
    header, *rows = MEMBERS.splitlines()
    bring_in(tmp_path, "\n".join([header, *reversed(rows)]))
    assert relations() == {"bound": [("B", "A"), ("C", "B")], "recruited": [("B", "A")]}


def test_a_referrer_who_is_no_distributor_makes_no_relation(tmp_path: Path) -> None:
    bring_in(tmp_path, f"{MEMBERS}D,丁,,C,yes,,{JOINED}\nE,戊,,C,no,,{JOINED}\n")
    assert relations() == {"bound": [("B", "A"), ("C", "B")], "recruited": [("B", "A")]}


def test_limits_on_recruiting_do_not_count_for_what_moves_in(tmp_path: Path) -> None:
    Tier.objects.update(recruit_limit=0)
    bring_in(tmp_path, MEMBERS)
    assert relations()["recruited"] == [("B", "A")]


def test_a_new_label_becomes_a_tier_and_a_known_name_is_found(tmp_path: Path) -> None:
    bring_in(tmp_path, f"{MEMBERS}D,丁,,,yes,钻石,{JOINED}\nE,戊,,,yes,黄金,{JOINED}\n")
    tiers = dict(Distributor.objects.values_list("user__member_no", "tier__code"))
    assert tiers == {"A": "gold", "B": "bronze", "D": "钻石", "E": "gold"}
    assert not Tier.objects.get(code="钻石").uplifts.exists()


def test_who_is_here_already_stays_as_they_are(tmp_path: Path) -> None:
    bring_in(tmp_path, MEMBERS)
    entries = AuditEntry.objects.count()
    changed = MEMBERS.replace("C,丙", "C,别名").replace(",B,no", ",A,yes")
    bring_in(tmp_path, f"{changed}D,丁,,C,no,,{JOINED}\nE,戊,,B,no,,{JOINED}\n")
    assert User.objects.get(member_no="C").name == "丙"
    assert not Distributor.objects.filter(user__member_no="C").exists()
    assert relations()["bound"] == [("B", "A"), ("C", "B"), ("E", "B")]
    assert AuditEntry.objects.count() == entries + 1


def test_a_referrer_may_be_a_member_of_this_shop(tmp_path: Path) -> None:
    here = make.make_distributor()
    number = here.user.member_no
    bring_in(tmp_path, f"{MEMBERS}D,丁,,{number},no,,{JOINED}\n")
    assert ("D", number) in relations()["bound"]


@pytest.mark.parametrize(
    ("rows", "wrong"),
    [
        (["A,甲,,,no,,2026-01-01"], [(5, "member")]),
        ([f"D,丁,13900000001,,no,,{JOINED}"], [(5, "phone")]),
        ([f"D,丁,+86 139 0000 0001,,no,,{JOINED}"], [(5, "phone")]),
        ([f"D,丁,电话,,no,,{JOINED}"], [(5, "phone")]),
        ([f"D,丁,,Nobody,no,,{JOINED}"], [(5, "referrer")]),
        ([f"D,丁,,D,yes,,{JOINED}"], [(5, "referrer")]),
        ([f"D,丁,,E,yes,,{JOINED}", f"E,戊,,D,yes,,{JOINED}"], [(5, "referrer"), (6, "referrer")]),
        (
            [
                f"D,丁,,F,yes,,{JOINED}",
                f"E,戊,,D,yes,,{JOINED}",
                f"F,己,,E,yes,,{JOINED}",
                f"G,庚,,F,yes,,{JOINED}",
            ],
            [(5, "referrer"), (6, "referrer"), (7, "referrer")],
        ),
        ([f"D,丁,,,perhaps,,{JOINED}"], [(5, "distributor")]),
        (["D,丁,,,no,,"], [(5, "joined_at")]),
        (["D,丁,,,no,,2026-02-30"], [(5, "joined_at")]),
        (["D,丁,,,no,,1826-02-03"], [(5, "joined_at")]),
    ],
)
def test_errors(tmp_path: Path, rows: list[str], wrong: list[tuple[int, str]]) -> None:
    text = MEMBERS + "\n".join(rows)
    found = where(errors_of(make_folder(tmp_path, members=text)))
    assert found == [("members.csv", *place) for place in wrong]
    assert not User.objects.exists()


def test_the_phone_of_somebody_here_is_refused(tmp_path: Path) -> None:
    make.make_user(phone="13900000002")
    assert where(errors_of(make_folder(tmp_path))) == [("members.csv", 3, "phone")]


def test_a_time_without_a_zone_is_beijings(tmp_path: Path) -> None:
    bring_in(tmp_path, f"{MEMBERS}D,丁,,,no,,2026-01-05\n")
    joined = User.objects.get(member_no="D").date_joined
    assert joined.isoformat() == "2026-01-04T16:00:00+00:00"
