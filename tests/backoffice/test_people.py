"""What the buttons of a distributor's page say before they are pressed."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.make import make_distributor, make_user

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("button", "is_final"), [("ban", True), ("freeze", False)])
def test_what_cannot_be_taken_back_says_so(client: Client, button: str, is_final: bool) -> None:
    client.force_login(make_user(is_staff=True, is_superuser=True))
    address = reverse(f"admin:distribution_distributor_{button}", args=[make_distributor().pk])
    assert ("bo-final" in client.get(address).content.decode()) == is_final
