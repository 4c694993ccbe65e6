"""What a page inside WeChat is told: a signature for its own address, and the sharer's own link."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client

from base.gateways.wechat import NoTicket
from distribution.programme.people import set_status
from distribution.states import Status
from distribution.views import wechat
from tests.base.test_wechat import nothing_kept, wire  # noqa: F401  # the sandbox’s WeChat
from tests.make import make_distributor, make_user

pytestmark = pytest.mark.django_db

PAGE = "/distribution/share/"
URL = "http://testserver/p/nuts/?sort=new&r=OTHER"


def asked(browser: Client, url: str = URL) -> dict[str, Any]:
    answer = browser.get(PAGE, {"url": url})
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    return answer.json()


def test_a_distributor_shares_their_own_link(wire: Any, pages_of: Callable[..., Client]) -> None:  # noqa: F811
    person = make_distributor()
    told = asked(pages_of(person))
    assert told["link"] == f"http://127.0.0.1:8000/p/nuts/?sort=new&r={person.code}"
    assert told["picture"] == "http://127.0.0.1:8000/static/icon-180.png"
    check = {key: told[key] for key in ("appId", "timestamp", "nonceStr", "signature")} | {
        "url": URL
    }
    assert Client().get("/sandbox/wechat/check/", check).status_code == 200


def test_others_share_the_page_without_anybodys_code(
    wire: Any,  # noqa: F811
    pages_of: Callable[..., Client],
    guest: Client,
) -> None:
    frozen = set_status(make_distributor(), Status.FROZEN, by=None, reason="test")
    for browser in (guest, pages_of(make_user()), pages_of(frozen)):
        assert asked(browser)["link"] == "http://127.0.0.1:8000/p/nuts/?sort=new"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://evil.example/",
        "http://testserver@evil.example/",
        "javascript:alert(1)",
        "http://testserver/#x",
        "http://testserver/\n",
        "http://[",
        "http://testserver/" + "x" * 2000,
    ],
)
def test_only_pages_of_ours_are_signed(wire: Any, guest: Client, url: str) -> None:  # noqa: F811
    assert guest.get(PAGE, {"url": url}).status_code == 400
    assert wire.asked == []


def test_unconfigured_nothing_is_loaded(guest: Client, settings: LazySettings) -> None:
    assert "js/wechat.js" in guest.get("/").content.decode()
    settings.WECHAT_APP_ID = ""
    assert "wechat" not in guest.get("/").content.decode()
    assert guest.get(PAGE, {"url": URL}).status_code == 204


def test_without_a_ticket_the_page_stays_as_it_is(
    guest: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(url: str) -> None:
        raise NoTicket("silent")

    monkeypatch.setattr(wechat, "sign_page", silent)
    assert guest.get(PAGE, {"url": URL}).status_code == 204


def test_pages_stay_the_same_for_everybody(pages_of: Callable[..., Client], guest: Client) -> None:
    """What is personal comes by the small answer: the page has the same address of it for all."""
    tag = 'data-share="/distribution/share/"'
    for browser in (guest, pages_of(make_distributor())):
        answer = browser.get("/")
        assert tag in answer.content.decode()
        assert "public" in answer["Cache-Control"]


@pytest.mark.parametrize(
    ("app_id", "sources"),
    [("wx1234567890", ["'self'", "https://res.wx.qq.com/open/js/jweixin-1.6.0.js"]), ("", None)],
)
def test_the_policy_allows_exactly_the_one_script(app_id: str, sources: list[str] | None) -> None:
    """In production, which has another WeChat than the demo."""
    code = (
        "import json; from shop import settings as s;"
        "print(json.dumps(s.CONTENT_SECURITY_POLICY['DIRECTIVES'].get('script-src')))"
    )
    environment = {
        "PATH": os.environ["PATH"],
        "SECRET_KEY": "x" * 50,
        "DATABASE_URL": "postgresql://shop@localhost/shop",
        "REDIS_URL": "redis://localhost/0",
        "WECHAT_APP_ID": app_id,
    }
    said = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert json.loads(said.stdout) == sources


def test_queries(
    wire: Any,  # noqa: F811
    pages_of: Callable[..., Client],
    django_assert_num_queries: Any,
) -> None:
    browser = pages_of(make_distributor())
    with django_assert_num_queries(3):
        browser.get(PAGE, {"url": URL})
