"""What allauth asks of us: whose phone a number is, and how often a password may be wrong."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.utils.translation import gettext as _

from base.accounts.limits import MINUTE, Limit, TooOften, consume, give_back, spoken
from base.accounts.models import User
from base.errors import DomainError

PER_ACCOUNT = Limit("wrong-password-for", 5, 5 * MINUTE)
PER_ADDRESS = Limit("wrong-password-from", 50, 5 * MINUTE)


class TooManyPasswords(DomainError):
    """The password was wrong too often; the message says how long to wait."""


class AccountAdapter(DefaultAccountAdapter):
    def get_user_by_phone(self, phone: str) -> User | None:
        return User.objects.filter(phone=phone).first()

    def get_phone(self, user: User) -> tuple[str, bool] | None:
        return (user.phone, user.phone_verified) if user.phone else None

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count the try before the password is looked at, so that many at once all count."""
        for limit, key in self._limits(request, credentials):
            try:
                consume(limit, key)
            except TooOften as too_often:
                raise TooManyPasswords(
                    _("密码输错次数过多，请 %(time)s后再试，或改用验证码登录。")
                    % {"time": spoken(too_often.seconds)}
                ) from None

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """The member whose password this is. Only wrong passwords stay counted."""
        user = super().authenticate(request, **credentials)
        if user is not None:
            for limit, key in self._limits(request, credentials):
                give_back(limit, key)
        return user

    def _limits(self, request: HttpRequest, credentials: dict[str, Any]) -> list[tuple[Limit, str]]:
        account = str(credentials.get("phone") or credentials.get("email") or "")
        return [(PER_ADDRESS, self.get_client_ip(request)), (PER_ACCOUNT, account)]

    def add_message(self, *_args: Any, **_kwargs: Any) -> None:
        """Our pages say themselves what happened."""
