"""Two people join by the same distributor, who may bring in one more."""

import pytest

from distribution.models import Distributor, PositionPrivileges, Recruitment
from distribution.programme.people import approve, join
from distribution.referral.relations import bind_by_link
from distribution.tiers import privileges
from tests.buying import NOON
from tests.concurrency.meanwhile import meanwhile
from tests.concurrency.racing import race
from tests.make import START, make_distributor, make_user

pytestmark = pytest.mark.django_db(transaction=True)


def applicants(number: int) -> list[Distributor]:
    """Waiting for approval, all bound to one distributor who may bring in one."""
    PositionPrivileges.objects.filter(position="first").update(recruit_limit=1)
    recruiter = make_distributor(name="甲")
    found = []
    for _ in range(number):
        user = make_user()
        bind_by_link(user, recruiter, at=START)
        found.append(join(user, at=NOON))
    return found


def test_one_of_two_is_recruited(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = applicants(2)
    other = meanwhile(
        monkeypatch, Recruitment.objects, "create", lambda: approve(second, by=None, at=NOON)
    )
    ours = approve(first, by=None, at=NOON)
    assert other.outcome().status == ours.status == "approved"
    assert other.had_to_wait
    assert [row.distributor for row in Recruitment.objects.all()] == [first]


def test_control_without_the_lock_both_are(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = applicants(2)
    monkeypatch.setattr(privileges, "lock_chains", lambda people: None)
    other = meanwhile(
        monkeypatch, Recruitment.objects, "create", lambda: approve(second, by=None, at=NOON)
    )
    approve(first, by=None, at=NOON)
    assert other.outcome().status == "approved"
    assert Recruitment.objects.count() == 2, "beyond the limit of one"


def test_of_many_at_once_exactly_one() -> None:
    everybody = applicants(5)
    acts = [lambda one=one: approve(one, by=None, at=NOON) for one in everybody]
    assert race(acts) == everybody
    assert Recruitment.objects.count() == 1
