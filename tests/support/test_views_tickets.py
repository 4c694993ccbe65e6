"""The pages of tickets: nothing of anybody else's, limits, private pictures, the merchant's side."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from base.accounts.models import User
from distribution.models import Commission
from shop.support.models import CannedReply, Message, MessagePicture, Ticket
from shop.support.tickets import add_note, answer, close_ticket, open_ticket
from tests.academy_make import upload
from tests.make import make_chain, make_order, make_rule, make_user, make_variant, pay

pytestmark = pytest.mark.django_db

PAGE = "/me/tickets/"


@pytest.fixture
def anna(client: Client) -> User:
    user = make_user("安娜")
    client.force_login(user)
    return user


def ask(user: User, text: str = "你好") -> Ticket:
    return open_ticket(user, subject="少了一袋", category="order", text=text)


def form(**fields: object) -> dict[str, object]:
    return {"subject": "少了一袋", "category": "order", "text": "两袋"} | fields


def browser_of(user: User) -> Client:
    browser = Client()
    browser.force_login(user)
    return browser


def test_a_guest_signs_in_first(client: Client) -> None:
    for path in ("", "new/", "?format=csv", "K1/", "pictures/1.jpg"):
        assert client.get(PAGE + path)["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("number", [1, 3])
def test_the_list(client: Client, anna: User, number: int, django_assert_num_queries: Any) -> None:
    for _ticket in range(number):
        ask(anna)
    ask(make_user("别人"))
    with django_assert_num_queries(4):  # session, person, count, rows
        page = client.get(PAGE)
    assert len(page.context["page"].object_list) == number
    text = b"".join(client.get(f"{PAGE}?format=csv&q=少了")).decode()
    assert len(text.splitlines()) == number + 1


def test_asking_with_a_picture_and_an_order(client: Client, anna: User) -> None:
    order = make_order(anna)
    page = client.get(f"{PAGE}new/?order={order.number}").content.decode()
    assert f'value="{order.number}" selected' in page
    answer_ = client.post(f"{PAGE}new/", form(order=order.number, pictures=[upload(), upload()]))
    ticket = Ticket.objects.get()
    assert answer_["Location"] == f"{PAGE}{ticket.number}/"
    assert (ticket.user, ticket.order) == (anna, order)
    assert MessagePicture.objects.count() == 2
    html = client.get(f"{PAGE}{ticket.number}/").content.decode()
    assert html.count("/me/tickets/pictures/") == 4


@pytest.mark.parametrize(
    "bad",
    [
        {"text": ""},
        {"subject": ""},
        {"category": "nonsense"},
        {"commission": "999"},
        {"pictures": upload("a.jpg", b"<script>")},
        {"pictures": [upload() for _picture in range(7)]},
        {"text": "长" * 2001},
    ],
)
def test_bad_input_is_explained_and_changes_nothing(
    client: Client, anna: User, bad: dict[str, object]
) -> None:
    page = client.post(f"{PAGE}new/", form(**bad))
    assert (page.status_code, bool(page.context["form"].errors)) == (200, True)
    assert (Ticket.objects.count(), MessagePicture.objects.count()) == (0, 0)


def test_somebody_elses_order_is_not_offered_or_taken(client: Client, anna: User) -> None:
    order = make_order(make_user("别人"))
    page = client.get(f"{PAGE}new/?order={order.number}").content.decode()
    assert f'value="{order.number}"' not in page
    assert client.post(f"{PAGE}new/", form(order=order.number)).status_code == 200
    assert Ticket.objects.count() == 0


class TestAboutACommission:
    @pytest.fixture
    def commission(self) -> Commission:
        make_rule("0.10", None)
        chain = make_chain()
        pay(make_order(chain.c, {make_variant("100.00"): 1}))
        return chain.b.commissions.get()

    def test_the_question_is_begun(self, client: Client, commission: Commission) -> None:
        client.force_login(commission.payee.user)
        page = client.get(f"{PAGE}new/?commission={commission.pk}")
        html, about = page.content.decode(), page.context["form"]
        assert f"关于佣金 ¥10.00：{commission.line.title}" in html
        assert f'value="订单 {commission.order.number} 的佣金 ¥10.00"' in html
        assert about["category"].value() == "commission"
        sent = {name: about[name].value() for name in ("subject", "category", "commission")}
        again = client.post(f"{PAGE}new/", sent | {"text": ""})
        assert "关于佣金 ¥10.00" in again.content.decode()
        assert client.post(f"{PAGE}new/", sent | {"text": "是朋友自己买的"}).status_code == 302
        assert Ticket.objects.get().commission == commission

    @pytest.mark.parametrize("named", ["", "abc", "0", "-1", "9" * 40, "1%00", "{pk}"])
    def test_a_link_that_names_nothing_of_theirs_asks_about_nothing(
        self, client: Client, anna: User, commission: Commission, named: str
    ) -> None:
        page = client.get(f"{PAGE}new/?commission={named.format(pk=commission.pk)}")
        found = page.context["form"]
        assert (page.status_code, found.about, found["commission"].value()) == (200, None, None)
        assert "关于佣金" not in page.content.decode()
        assert client.post(f"{PAGE}new/", form()).status_code == 302
        assert Ticket.objects.get().commission is None


def test_somebody_elses_ticket_is_not_there(client: Client, anna: User) -> None:
    ticket = ask(make_user("别人"))
    assert client.get(f"{PAGE}{ticket.number}/").status_code == 404
    assert client.post(f"{PAGE}{ticket.number}/", {"text": "x"}).status_code == 404
    assert client.post(f"{PAGE}{ticket.number}/closure/").status_code == 404
    ticket.refresh_from_db()
    assert (ticket.state, ticket.messages.count()) == ("open", 1)


def test_so_many_an_hour(client: Client, anna: User) -> None:
    for number in range(7):
        page = client.post(f"{PAGE}new/", form())
        assert page.status_code == (302 if number < 5 else 200)
    assert "操作太频繁" in page.content.decode()
    assert Ticket.objects.count() == 5


def test_the_conversation_and_its_end(client: Client, anna: User) -> None:
    ticket = ask(anna)
    clerk = make_user("客服", is_staff=True)
    answer(ticket, by=clerk, text="马上 <b>补发</b>")
    add_note(ticket, by=clerk, text="内部的话")
    html = client.get(f"{PAGE}{ticket.number}/").content.decode()
    assert ("马上 &lt;b&gt;补发" in html, "内部的话" in html, "客服</p>" in html) == (
        True,
        False,
        False,
    )
    assert client.post(f"{PAGE}{ticket.number}/", {"text": "谢谢"}).status_code == 302
    assert client.post(f"{PAGE}{ticket.number}/closure/").status_code == 302
    ticket.refresh_from_db()
    assert ticket.state == "closed"
    html = client.get(f"{PAGE}{ticket.number}/").content.decode()
    assert "回复后会重新打开" in html


def test_pictures_are_private(client: Client, anna: User) -> None:
    client.post(f"{PAGE}new/", form(pictures=[upload()]))
    address = f"{PAGE}pictures/{MessagePicture.objects.get().pk}.jpg"
    assert client.get(address)["Content-Type"] == "image/jpeg"
    assert browser_of(make_user("别人")).get(address).status_code == 404
    clerk = make_user("客服", is_staff=True)
    assert browser_of(clerk).get(address).status_code == 404
    clerk.user_permissions.add(Permission.objects.get(codename="view_ticket"))
    assert browser_of(clerk).get(address).status_code == 200


class TestBackOffice:
    @pytest.fixture
    def clerk(self, client: Client) -> User:
        user = make_user("店主", is_staff=True, is_superuser=True)
        client.force_login(user)
        return user

    def test_the_conversation_with_an_answer_below(self, client: Client, clerk: User) -> None:
        ticket = ask(make_user("安娜"))
        add_note(ticket, by=clerk, text="内部的话")
        address = reverse("admin:support_ticket_change", args=[ticket.pk])
        assert "内部的话" in client.get(address).content.decode()
        canned = CannedReply.objects.create(name="补发", body="给您补发。")
        values = {"canned": canned.pk, "text": "今天寄出。", "state": "answered", "pictures": upload()}  # fmt: skip
        post = reverse("admin:ticket_answers", args=[ticket.pk])
        assert client.post(post, values)["Location"] == address
        message = Message.objects.get(side="staff")
        assert (message.text, message.pictures.count()) == ("给您补发。\n\n今天寄出。", 1)
        page = client.post(post, {"text": "", "state": "answered"})
        assert "请选一条快捷回复，或写下内容。" in page.content.decode()
        assert Message.objects.filter(side="staff").count() == 1

    def test_a_refused_answer_is_not_lost(self, client: Client, clerk: User) -> None:
        ticket = ask(make_user("安娜"))
        post = reverse("admin:ticket_answers", args=[ticket.pk])
        bad = {"text": "写了很久", "state": "waiting", "pictures": upload("a.jpg", b"<script>")}
        html = client.post(post, bad).content.decode()
        assert ("写了很久</textarea>" in html, 'value="waiting" selected' in html) == (True, True)
        close_ticket(ticket, by=clerk)
        html = client.post(post, {"text": "晚了", "state": "answered"}).content.decode()
        assert ("当前状态为“已关闭”" in html, "回复顾客" in html) == (True, False)
        assert ticket.messages.count() == 1

    def test_who_may_only_look_does_not_answer(self, client: Client) -> None:
        ticket = ask(make_user("安娜"))
        looker = make_user("只看", is_staff=True)
        looker.user_permissions.add(Permission.objects.get(codename="view_ticket"))
        browser = browser_of(looker)
        page = browser.get(reverse("admin:support_ticket_change", args=[ticket.pk]))
        assert (page.status_code, "回复顾客" in page.content.decode()) == (200, False)
        post = reverse("admin:ticket_answers", args=[ticket.pk])
        assert browser.post(post, {"text": "x", "state": "answered"}).status_code == 403
        assert Message.objects.count() == 1

    def test_buttons(self, client: Client, clerk: User) -> None:
        ticket = ask(make_user("安娜"))

        def press(name: str, **values: object) -> None:
            address = reverse(f"admin:support_ticket_{name}", args=[ticket.pk])
            assert client.get(address).status_code == 200
            assert client.post(address, values | {"_form_submitted": "true"}).status_code == 303

        press("hand_to", to=clerk.pk)
        press("note", text="记一笔")
        press("close")
        ticket.refresh_from_db()
        assert (ticket.assignee, ticket.state) == (clerk, "closed")
        assert ticket.messages.filter(side="internal").count() == 1

    @pytest.mark.parametrize(("work", "number"), [("waiting", 1), ("mine", 0), ("nobody", 1)])
    def test_the_queue(self, client: Client, clerk: User, work: str, number: int) -> None:
        ask(make_user("安娜"))
        answered = ask(make_user("贝特"))
        answer(answered, by=make_user("别的客服", is_staff=True), text="好")
        page = client.get(reverse("admin:support_ticket_changelist") + f"?work={work}")
        assert page.context["cl"].result_count == number
        assert "待回复工单" in client.get(reverse("admin:index")).content.decode()
