"""WeChat's official account, played: a token for the secret, a ticket for the token, and its
script, which asks here whether a page is signed as WeChat describes.

Tokens and tickets are told by what they are made of (HMAC over the hour), so that nothing has to
be kept; those of the hour before are still good, as with the real one.
"""

import hashlib
import hmac
import time

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from shop.sandbox.access import public

APP_ID = "wxsandbox"
SECONDS = 3600
WINDOW = 300

# What the real script offers, as far as pages use it. `wx.shared` keeps what would be shared.
SCRIPT = """
"use strict";
window.wx = (() => {
  const waiting = [], failing = [], shared = {};
  let state = "waiting";
  return {
    shared,
    config(given) {
      const page = location.href.split("#")[0];
      const asked = new URLSearchParams({ ...given, url: page });
      fetch("/sandbox/wechat/check/?" + asked).then((answer) => {
        state = answer.ok ? "ready" : "error";
        document.documentElement.dataset.wechat = state;
        (answer.ok ? waiting : failing).forEach((call) => call());
      });
    },
    ready(call) { state === "ready" ? call() : waiting.push(call); },
    error(call) { state === "error" ? call() : failing.push(call); },
    updateAppMessageShareData(card) { shared.friend = card; document.documentElement.dataset.wechatShares = card.link; },
    updateTimelineShareData(card) { shared.timeline = card; },
  };
})();
"""


def _made(what: str, hours_ago: int = 0) -> str:
    text = f"{what}|{APP_ID}|{int(time.time()) // SECONDS - hours_ago}"
    return hmac.new(settings.SANDBOX_KEY.encode(), text.encode(), hashlib.sha256).hexdigest()


def _is_good(what: str, given: str) -> bool:
    return any(hmac.compare_digest(_made(what, ago).encode(), given.encode()) for ago in (0, 1))


def _refuse(code: int, words: str) -> HttpResponse:
    return JsonResponse({"errcode": code, "errmsg": words})


@public
@never_cache
@require_safe
def token(request: HttpRequest) -> HttpResponse:
    """`cgi-bin/token`: refusals come as 200 with an errcode, as the real one's do."""
    asked = request.GET
    if asked.get("grant_type") != "client_credential":
        return _refuse(40002, "invalid grant_type")
    if asked.get("appid") != APP_ID:
        return _refuse(40013, "invalid appid")
    if not hmac.compare_digest(asked.get("secret", "").encode(), settings.SANDBOX_KEY.encode()):
        return _refuse(40125, "invalid appsecret")
    return JsonResponse({"access_token": _made("token"), "expires_in": SECONDS})


@public
@never_cache
@require_safe
def ticket(request: HttpRequest) -> HttpResponse:
    """`cgi-bin/ticket/getticket`"""
    if not _is_good("token", request.GET.get("access_token", "")):
        return _refuse(40001, "invalid credential")
    if request.GET.get("type") != "jsapi":
        return _refuse(40097, "invalid args")
    return JsonResponse(
        {"errcode": 0, "errmsg": "ok", "ticket": _made("ticket"), "expires_in": SECONDS}
    )


@public
@require_safe
def script(request: HttpRequest) -> HttpResponse:
    return HttpResponse(SCRIPT, content_type="text/javascript; charset=utf-8")


@public
@never_cache
@require_safe
def check(request: HttpRequest) -> HttpResponse:
    """Whether a page may speak to WeChat: the app, the time, and the signature over its address."""
    asked = request.GET
    stamp = asked.get("timestamp", "")
    is_fresh = stamp.isdecimal() and abs(time.time() - int(stamp[:12])) <= WINDOW
    for ago in (0, 1):
        text = (
            f"jsapi_ticket={_made('ticket', ago)}&noncestr={asked.get('nonceStr', '')}"
            f"&timestamp={stamp}&url={asked.get('url', '')}"
        )
        right = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
        is_signed = hmac.compare_digest(right.encode(), asked.get("signature", "").encode())
        if is_signed and is_fresh and asked.get("appId") == APP_ID:
            return JsonResponse({"errMsg": "config:ok"})
    return JsonResponse({"errMsg": "config:invalid signature"}, status=403)
