"""The phone of the demo, and the way of a message to it from the shop."""

import json

import httpx
import pytest
from django.conf import settings as shop_settings
from django.core.wsgi import get_wsgi_application
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from base.gateways import signed_http
from base.gateways.signed_http import Unknown, post_signed
from base.gateways.signing import signed_headers
from base.gateways.sms import send_sms
from base.models import Notice
from base.notices import queue_notice
from base.outbox import Refused, send_waiting_notices
from shop.sandbox.models import SandboxMessage

MAIL_BACKEND = "base.gateways.sandbox_mail.EmailBackend"


@pytest.fixture
def wired(monkeypatch: pytest.MonkeyPatch) -> None:
    """The shop's HTTP client ends in the sandbox of the same process: no network."""
    transport = httpx.WSGITransport(app=get_wsgi_application())
    monkeypatch.setattr(signed_http, "open_client", lambda: httpx.Client(transport=transport))


def answering(handler: httpx.MockTransport, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(signed_http, "open_client", lambda: httpx.Client(transport=handler))


@pytest.mark.django_db(transaction=True)
class TestFromTheShop:
    def test_a_text_message_arrives(self, wired: None, client: Client) -> None:
        queue_notice(Notice.Channel.SMS, "13800138000", "您的订单已发货。")
        assert send_waiting_notices(within_seconds=10) == 1
        message = SandboxMessage.objects.get()
        assert (message.kind, message.recipient) == ("sms", "13800138000")
        assert message.text == "【邻里好物】您的订单已发货。"
        assert "您的订单已发货。" in client.get("/sandbox/phone/").content.decode()

    def test_a_mail_arrives(self, wired: None, settings: Settings) -> None:
        settings.EMAIL_BACKEND = MAIL_BACKEND
        queue_notice(Notice.Channel.EMAIL, "a@example.com", "验证码 123456", subject="验证码")
        assert send_waiting_notices(within_seconds=10) == 1
        message = SandboxMessage.objects.get()
        assert (message.kind, message.subject, message.text) == ("mail", "验证码", "验证码 123456")

    def test_the_same_message_sent_again_is_shown_once(self, wired: None) -> None:
        for _ in range(2):
            send_sms("13800138000", "", "你好", reference="N1")
        assert SandboxMessage.objects.count() == 1

    def test_a_number_that_cannot_be_is_refused_for_good(self, wired: None) -> None:
        with pytest.raises(Refused, match="no such recipient"):
            send_sms("123", "", "你好", reference="N1")
        notice = queue_notice(Notice.Channel.SMS, "123", "你好")
        assert send_waiting_notices(within_seconds=10) == 0
        notice.refresh_from_db()
        assert notice.given_up_at is not None and notice.error == "no such recipient"


class TestUncertainAnswers:
    """Whatever cannot be believed is unknown, never failed and never fine."""

    @pytest.mark.parametrize("status", [500, 502, 503])
    def test_a_server_error(self, status: int, monkeypatch: pytest.MonkeyPatch) -> None:
        answering(httpx.MockTransport(lambda _request: httpx.Response(status)), monkeypatch)
        with pytest.raises(Unknown, match=str(status)):
            send_sms("13800138000", "", "你好", reference="N1")

    def test_no_answer(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def silence(request: httpx.Request) -> httpx.Response:
            raise httpx.ReadTimeout("nothing for five seconds", request=request)

        answering(httpx.MockTransport(silence), monkeypatch)
        with pytest.raises(Unknown, match="ReadTimeout"):
            send_sms("13800138000", "", "你好", reference="N1")

    @pytest.mark.parametrize("status", [200, 422])
    def test_an_answer_somebody_else_gave(
        self, status: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        forged = httpx.MockTransport(lambda _request: httpx.Response(status, json={"ok": True}))
        answering(forged, monkeypatch)
        with pytest.raises(Unknown, match="BadSignature"):
            post_signed("/sms/", {})

    def test_a_clock_that_is_wrong_may_be_put_right(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(_request: httpx.Request) -> httpx.Response:
            body = json.dumps({"error": "stale timestamp"}).encode()
            headers = signed_headers(body, shop_settings.SANDBOX_KEY)
            return httpx.Response(401, content=body, headers=headers)

        answering(httpx.MockTransport(refuse), monkeypatch)
        with pytest.raises(Unknown, match="stale timestamp"):
            send_sms("13800138000", "", "你好", reference="N1")


def arrived(number: int, text: str, to: str = "13800138000") -> SandboxMessage:
    return SandboxMessage.objects.create(
        kind="sms", reference=f"N{number}", recipient=to, text=text, received_at=timezone.now()
    )


@pytest.mark.django_db
class TestThePhone:
    def test_only_the_shop_can_put_messages_there(self, client: Client) -> None:
        body = json.dumps({"reference": "N1", "to": "13800138000", "text": "假的"})
        for path in ("/sandbox/sms/", "/sandbox/mail/"):
            answer = client.post(path, body, content_type="application/json")
            assert (answer.status_code, answer.json()) == (401, {"error": "no timestamp"})
            assert client.get(path).status_code == 405
        assert not SandboxMessage.objects.exists()

    @pytest.mark.parametrize(
        ("payload", "status"),
        [
            ({"to": "13800138000", "text": "你好"}, 400),
            ({"reference": "N" * 41, "to": "13800138000", "text": "你好"}, 400),
            ({"reference": "N1", "to": "13800138000"}, 400),
            ({"reference": "N1", "to": "10086", "text": "你好"}, 422),
        ],
    )
    def test_what_it_does_not_take(
        self, client: Client, payload: dict[str, str], status: int
    ) -> None:
        body = json.dumps(payload).encode()
        headers = signed_headers(body, shop_settings.SANDBOX_KEY)
        answer = client.post(
            "/sandbox/sms/", body, content_type="application/json", headers=headers
        )
        assert answer.status_code == status
        assert not SandboxMessage.objects.exists()

    def test_newest_first_with_the_code_marked(self, client: Client) -> None:
        arrived(1, "旧的 111111")
        arrived(2, "新的 222222，订单 20261124888888 已发货")
        html = client.get("/sandbox/phone/").content.decode()
        assert html.index("222222") < html.index("111111")
        assert html.count('class="code"') == 2
        assert '<strong class="code">222222</strong>' in html

    def test_messages_are_shown_as_text(self, client: Client) -> None:
        arrived(1, "<script>alert(1)</script> 123456 <b>")
        html = client.get("/sandbox/phone/").content.decode()
        assert "<script>alert" not in html and "&lt;script&gt;" in html

    def test_of_one_number(self, client: Client) -> None:
        arrived(1, "给小花")
        arrived(2, "给大力", to="13900139000")
        html = client.get("/sandbox/phone/?to=13900139000").content.decode()
        assert "给大力" in html and "给小花" not in html

    def test_news_replace_the_list_and_no_news_leave_it_alone(self, client: Client) -> None:
        first = arrived(1, "一")
        htmx = {"hx-request": "true"}
        path = f"/sandbox/phone/?after={first.pk}"
        assert client.get(path, headers=htmx).status_code == 204
        second = arrived(2, "二")
        answer = client.get(path, headers=htmx)
        html = answer.content.decode()
        assert "<html" not in html and "二" in html and f"?after={second.pk}" in html
        assert client.get(path).status_code == 200, "a plain reload always shows the page"

    def test_an_empty_phone(self, client: Client) -> None:
        html = client.get("/sandbox/phone/").content.decode()
        assert "还没有消息" in html and "?after=0" in html
        answer = client.get("/sandbox/phone/?after=0", headers={"hx-request": "true"})
        assert answer.status_code == 204

    def test_it_asks_the_database_once(
        self, client: Client, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        for number in range(3):
            arrived(number, "你好")
        with django_assert_num_queries(1):
            client.get("/sandbox/phone/")
