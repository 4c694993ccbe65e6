"""What this room does when somebody signs in. One call each."""

from typing import Any

from allauth.account.signals import user_signed_up
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest

from base.accounts.models import User
from distribution.risk.footprints import note_visit


@receiver(user_signed_up, dispatch_uid="risk.signed_up")
@receiver(user_logged_in, dispatch_uid="risk.logged_in")
def on_entry(request: HttpRequest, user: User, **kwargs: Any) -> None:
    note_visit(request, user)
