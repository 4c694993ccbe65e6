import json
import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from base.accounts.addresses import (
    MOST_ADDRESSES,
    Place,
    TooManyAddresses,
    add_address,
    choose_default,
    remove_address,
)
from base.accounts.models import Address, User
from base.accounts.regions import PROVINCES

HOME = "/me/addresses/"


def place(street: str = "科技园南区 1 栋 502") -> Place:
    return Place(
        recipient="李小花",
        phone="13800138000",
        province="广东省",
        city="深圳市",
        district="南山区",
        street=street,
    )


def defaults(user: User) -> list[str]:
    return [address.street for address in user.addresses.filter(is_default=True)]


@pytest.fixture
def other(db: None) -> Address:
    stranger = User.objects.create_user("13900139000")
    return add_address(stranger, place("别人家"))


@pytest.mark.django_db
class TestMine:
    def test_the_first_one_becomes_the_default(self, user: User) -> None:
        add_address(user, place("一号"))
        add_address(user, place("二号"))
        assert defaults(user) == ["一号"]

    def test_the_same_one_twice_is_one(self, user: User) -> None:
        assert add_address(user, place()) == add_address(user, place())
        assert user.addresses.count() == 1

    def test_another_default(self, user: User) -> None:
        add_address(user, place("一号"))
        second = add_address(user, place("二号"))
        choose_default(second)
        choose_default(second)
        assert defaults(user) == ["二号"]

    def test_removing_the_default_makes_the_newest_the_default(self, user: User) -> None:
        first, _second, _third = (add_address(user, place(s)) for s in ("一号", "二号", "三号"))
        remove_address(first)
        assert defaults(user) == ["三号"]

    def test_removing_another_leaves_the_default(self, user: User) -> None:
        _first, second = (add_address(user, place(s)) for s in ("一号", "二号"))
        remove_address(second)
        assert defaults(user) == ["一号"]

    def test_one_that_is_gone_does_not_become_the_default(self, user: User) -> None:
        _first, second = (add_address(user, place(s)) for s in ("一号", "二号"))
        remove_address(second)
        choose_default(Address(pk=second.pk, user=user))
        assert defaults(user) == ["一号"]

    def test_there_is_an_end(self, user: User) -> None:
        for number in range(MOST_ADDRESSES):
            add_address(user, place(f"{number} 号"))
        with pytest.raises(TooManyAddresses):
            add_address(user, place("再来一个"))
        assert user.addresses.count() == MOST_ADDRESSES


@pytest.mark.django_db
class TestPages:
    def test_adding_one(self, member: Client, user: User) -> None:
        form = {**place(), "phone": "+86 138 0013 8000", "street": " 科技园 \n 1 栋  502 "}
        assert member.post(f"{HOME}new/", form)["Location"] == HOME
        address = user.addresses.get()
        assert (address.phone, address.street) == ("13800138000", "科技园 1 栋 502")
        html = member.get(HOME).content.decode()
        assert "李小花" in html and "默认" in html

    def test_it_carries_on_to_the_checkout_but_not_to_a_foreign_page(self, member: Client) -> None:
        form = {**place(), "next": "/checkout/"}
        assert member.post(f"{HOME}new/", form)["Location"] == "/checkout/"
        form = {**place("二号"), "next": "https://evil.example/"}
        assert member.post(f"{HOME}new/", form)["Location"] == HOME

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("recipient", ""),
            ("phone", "123"),
            ("province", ""),
            ("province", "火星省"),
            ("city", ""),
            ("street", " "),
            ("street", "长" * 201),
        ],
    )
    def test_what_is_missing_or_wrong_is_said_there(
        self, member: Client, user: User, field: str, value: str
    ) -> None:
        page = member.post(f"{HOME}new/", {**place(), field: value})
        assert list(page.context["form"].errors) == [field]
        assert not user.addresses.exists()

    def test_a_district_may_be_missing(self, member: Client, user: User) -> None:
        member.post(f"{HOME}new/", {**place(), "city": "东莞市", "district": ""})
        assert user.addresses.get().district == ""

    def test_one_too_many_is_explained(self, member: Client, user: User) -> None:
        for number in range(MOST_ADDRESSES):
            add_address(user, place(f"{number} 号"))
        page = member.post(f"{HOME}new/", place("再来一个"))
        assert page.context["form"].non_field_errors() == ["最多保存 20 个地址。"]
        assert f"{HOME}new/" not in member.get(HOME).content.decode()

    def test_changing_one_keeps_its_place(self, member: Client, user: User) -> None:
        address = add_address(user, place())
        path = f"{HOME}{address.pk}/"
        assert 'value="李小花"' in member.get(path).content.decode()
        assert member.post(path, place("二号"))["Location"] == HOME
        address.refresh_from_db()
        assert (address.street, address.is_default) == ("二号", True)

    def test_default_and_removal(self, member: Client, user: User) -> None:
        first, second = (add_address(user, place(s)) for s in ("一号", "二号"))
        member.post(f"{HOME}{second.pk}/default/")
        assert defaults(user) == ["二号"]
        member.post(f"{HOME}{second.pk}/removal/")
        assert member.post(f"{HOME}{second.pk}/removal/").status_code == 302, "pressed twice"
        assert list(user.addresses.all()) == [first]
        assert defaults(user) == ["一号"]

    def test_other_peoples_are_not_there(self, member: Client, other: Address) -> None:
        assert "别人家" not in member.get(HOME).content.decode()
        path = f"{HOME}{other.pk}/"
        assert member.get(path).status_code == 404
        assert member.post(path, place("抢来的")).status_code == 404
        assert member.post(f"{path}default/").status_code == 404
        assert member.post(f"{path}removal/").status_code == 302
        other.refresh_from_db()
        assert (other.street, other.is_default) == ("别人家", True)

    @pytest.mark.parametrize("count", [1, 3])
    def test_the_lists_queries(
        self,
        member: Client,
        user: User,
        count: int,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        for number in range(count):
            add_address(user, place(f"{number} 号"))
        with django_assert_num_queries(3):  # session, user, addresses
            member.get(HOME)


def test_the_lists_of_places_and_the_form_know_the_same_provinces() -> None:
    path = Path(settings.ROOT) / "static/vendor/regions/regions.json"
    regions = json.loads(path.read_text(encoding="utf-8"))
    assert tuple(regions) == PROVINCES
    assert "南山区" in regions["广东省"]["深圳市"]
    assert "朝阳区" in regions["北京市"]["北京市"]
    assert regions["广东省"]["东莞市"] == []


def at_once(works: Sequence[Callable[[], object]]) -> list[Exception]:
    start = threading.Barrier(len(works))
    failed: list[Exception] = []

    def run(work: Callable[[], object]) -> None:
        try:
            start.wait()
            work()
        except Exception as error:  # noqa: BLE001  # the test looks at what went wrong
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failed


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_two_first_addresses_make_one_default(self, user: User) -> None:
        works = [partial(add_address, user, place(f"{n} 号")) for n in range(4)]
        assert at_once(works) == []
        assert user.addresses.count() == 4 and len(defaults(user)) == 1

    def test_two_choices_leave_one_default(self, user: User) -> None:
        own = [add_address(user, place(f"{number} 号")) for number in range(4)]
        assert at_once([partial(choose_default, address) for address in own]) == []
        assert len(defaults(user)) == 1

    def test_choosing_and_removing_the_same_one(self, user: User) -> None:
        _first, second = (add_address(user, place(s)) for s in ("一号", "二号"))
        assert at_once([lambda: choose_default(second), lambda: remove_address(second)]) == []
        assert defaults(user) == ["一号"]

    def test_the_limit_holds(self, user: User) -> None:
        for number in range(MOST_ADDRESSES - 1):
            add_address(user, place(f"{number} 号"))
        works = [partial(add_address, user, place(f"新 {n} 号")) for n in range(4)]
        failed = at_once(works)
        assert [type(error) for error in failed] == [TooManyAddresses] * 3
        assert user.addresses.count() == MOST_ADDRESSES
