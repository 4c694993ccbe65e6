"""The door of the back office: the shop's own sign-in by password, and its limit on wrong ones."""

from typing import Any

from allauth.account.adapter import get_adapter
from django.core.exceptions import ValidationError
from unfold.forms import AuthenticationForm

from base.accounts import entry
from base.accounts.adapter import TooManyPasswords
from base.accounts.contacts import BadContact, contact_from
from base.accounts.models import User

LONGEST_ADDRESS = 254


class MerchantSignInForm(AuthenticationForm):
    """By phone or mail address. Wrong passwords here and at the shop's door count together."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        account = self.fields["username"]
        account.max_length = account.widget.attrs["maxlength"] = LONGEST_ADDRESS

    def clean(self) -> dict[str, Any]:
        account, password = (self.cleaned_data.get(name) for name in ("username", "password"))
        if account and password:
            try:
                user = self._owner(account, password)
            except TooManyPasswords as error:
                raise ValidationError(str(error), code="too_many") from None
            if user is None:
                raise self.get_invalid_login_error()
            self.confirm_login_allowed(user)
            self.user_cache = user
        return self.cleaned_data

    def _owner(self, account: str, password: str) -> User | None:
        try:
            return entry.check_password(self.request, contact_from(account), password)
        except entry.WrongPassword:
            return None
        except BadContact:  # a name that `createsuperuser` was given
            return get_adapter().authenticate(self.request, phone=account, password=password)
