"""WeChat's official account: tokens, tickets and the signature that lets a page speak to WeChat.

wechatpy does the talking; here are its time-outs, its address, and one lock, so that of all
processes one fetches a new token while the others wait for it. An old token dies with the new
one: two fetched at once would leave somebody with a dead one.
"""

import time
from dataclasses import dataclass
from functools import cache
from typing import Any

import redis
import requests
from django.conf import settings
from wechatpy import WeChatClient
from wechatpy.exceptions import WeChatClientException
from wechatpy.session.redisstorage import RedisStorage
from wechatpy.utils import random_string

PREFIX = "wechat"
REST_SECONDS = 60  # after a failure
EARLY_SECONDS = 300  # a ticket is not used up to its last moment


class NoTicket(Exception):
    """WeChat gave no ticket: nothing can be signed now."""


class Client(WeChatClient):
    """wechatpy's client at the address of the settings. Never waits longer than they allow."""

    def __init__(self, storage: RedisStorage) -> None:
        self.API_BASE_URL = f"{settings.WECHAT_API_BASE_URL}/cgi-bin/"
        super().__init__(
            settings.WECHAT_APP_ID,
            settings.WECHAT_APP_SECRET,
            session=storage,
            timeout=settings.GATEWAY_TIMEOUT_SECONDS,
        )

    def fetch_access_token(self) -> Any:
        """wechatpy's own asks a fixed address and waits for ever."""
        answer = self._http.get(
            f"{self.API_BASE_URL}token",
            params={
                "grant_type": "client_credential",
                "appid": self.appid,
                "secret": self.secret,
            },
            timeout=self.timeout,
        )
        answer.raise_for_status()
        found = answer.json()
        if "access_token" not in found:
            raise WeChatClientException(found.get("errcode"), found.get("errmsg"), client=self)
        seconds = int(found["expires_in"])
        self.session.set(self.access_token_key, found["access_token"], max(1, seconds - 60))
        return found


@dataclass(frozen=True)
class PageSignature:
    """What `wx.config` wants for one address."""

    app_id: str
    timestamp: int
    nonce: str
    signature: str


def sign_page(url: str) -> PageSignature:
    """Sign a page's whole address (without what follows #). Raises NoTicket."""
    return signed(url, ticket=jsapi_ticket(), nonce=random_string(16), timestamp=int(time.time()))


def signed(url: str, *, ticket: str, nonce: str, timestamp: int) -> PageSignature:
    """The signature WeChat describes: SHA-1 over nonce, ticket, time and address."""
    text = WeChatClient(settings.WECHAT_APP_ID, "").jsapi.get_jsapi_signature(
        nonce, ticket, timestamp, url
    )
    return PageSignature(settings.WECHAT_APP_ID, timestamp, nonce, text)


def jsapi_ticket() -> str:
    """The ticket all processes share, kept in Redis for as long as it is good. Raises NoTicket."""
    server = _server()
    key = f"{PREFIX}:{settings.WECHAT_APP_ID}:ticket"
    try:
        kept = server.get(key)
        if kept is None and server.exists(f"{key}:rest"):
            raise NoTicket("no answer a moment ago")
        if kept is None:
            wait = settings.GATEWAY_TIMEOUT_SECONDS
            with server.lock(f"{key}:lock", timeout=3 * wait, blocking_timeout=2 * wait):
                kept = server.get(key)
                if kept is None:
                    kept = _fetch(server, key)
    except (redis.RedisError, requests.RequestException, WeChatClientException) as error:
        raise NoTicket(type(error).__name__) from error
    except (ValueError, KeyError, TypeError) as error:  # an answer that is none
        raise NoTicket("not understood") from error
    return kept.decode() if isinstance(kept, bytes) else str(kept)


def _fetch(server: redis.Redis, key: str) -> str:
    client = Client(RedisStorage(server, prefix=f"{PREFIX}:{settings.WECHAT_APP_ID}"))
    # Until it has answered nobody else waits for a WeChat that is silent.
    server.set(f"{key}:rest", 1, ex=REST_SECONDS)
    found = client.jsapi.get_ticket()
    ticket = str(found["ticket"])
    server.delete(f"{key}:rest")
    server.set(key, ticket, ex=max(1, int(found["expires_in"]) - EARLY_SECONDS))
    return ticket


@cache
def _server() -> redis.Redis:
    wait = settings.GATEWAY_TIMEOUT_SECONDS
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=wait, socket_connect_timeout=wait
    )
