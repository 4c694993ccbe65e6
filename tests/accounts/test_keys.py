"""Who may do what in the back office: given and taken by owners, written down, never all lost."""

from dataclasses import replace

import pytest
from django.contrib.auth.models import Permission

from base.accounts.keys import NotTheirs, change_keys, keys_of
from base.accounts.models import User
from base.models import AuditEntry
from tests.make import make_user

pytestmark = pytest.mark.django_db


def make_owner(name: str = "店主") -> User:
    return make_user(name, is_staff=True, is_superuser=True)


def test_what_is_given_is_held_and_written_down_once() -> None:
    owner, clerk = make_owner(), make_user("小林")
    key = Permission.objects.get(content_type__app_label="payouts", codename="change_payout")
    keys = replace(keys_of(clerk), is_staff=True, permissions=frozenset({key.pk}))
    for _time in range(2):
        assert keys_of(change_keys(clerk, keys, by=owner)) == keys
    deed = AuditEntry.objects.get(action="change_keys")
    assert (deed.actor, deed.target_id) == (owner, str(clerk.pk))
    assert deed.details == {"is_staff": "True", "given": "payouts.change_payout", "taken": ""}


@pytest.mark.parametrize("switch", ["is_active", "is_staff", "is_superuser"])
def test_an_owner_lays_down_no_key_of_their_own(switch: str) -> None:
    owner, _other = make_owner(), make_owner("合伙人")
    with pytest.raises(NotTheirs, match="另一位店主"):
        change_keys(owner, replace(keys_of(owner), **{switch: False}), by=owner)
    assert keys_of(User.objects.get(pk=owner.pk)).is_owners
    assert not AuditEntry.objects.exists()


def test_of_two_owners_who_take_each_others_key_one_is_left() -> None:
    """Both pages were open; the second is asked for what they hold by then."""
    one, other = make_owner(), make_owner("合伙人")
    change_keys(other, replace(keys_of(other), is_superuser=False), by=one)
    with pytest.raises(NotTheirs, match="只有店主"):
        change_keys(one, replace(keys_of(one), is_superuser=False), by=other)
    assert keys_of(User.objects.get(pk=one.pk)).is_owners


@pytest.mark.parametrize("switch", ["is_staff", "is_superuser"])
def test_who_is_no_owner_gives_nothing(switch: str) -> None:
    clerk, member = make_user("店员", is_staff=True), make_user()
    for person in (clerk, member):
        asked = keys_of(person)
        asked = replace(asked, **{switch: not getattr(asked, switch)})
        with pytest.raises(NotTheirs, match="只有店主"):
            change_keys(person, asked, by=clerk)
    assert not AuditEntry.objects.exists()


def test_a_clerk_shuts_out_members_and_no_colleague() -> None:
    clerk, member, colleague = make_user(is_staff=True), make_user(), make_user(is_staff=True)
    change_keys(member, replace(keys_of(member), is_active=False), by=clerk)
    with pytest.raises(NotTheirs):
        change_keys(colleague, replace(keys_of(colleague), is_active=False), by=clerk)
    active = [User.objects.get(pk=person.pk).is_active for person in (member, colleague)]
    assert active == [False, True]
