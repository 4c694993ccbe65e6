import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from base.accounts.models import User
from base.locks import lock_row, lock_rows
from tests.make import make_user


@pytest.mark.django_db
def test_a_lock_outside_a_transaction_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections["default"], "in_atomic_block", False)
    with pytest.raises(RuntimeError, match="needs a transaction"):
        lock_rows(User.objects.all())


@pytest.mark.django_db
def test_rows_are_locked_at_once_in_key_order() -> None:
    second, first = sorted([make_user(), make_user()], key=lambda user: -user.pk)
    with CaptureQueriesContext(connection) as queries:
        locked = lock_rows(User.objects.filter(pk__in=[second.pk, first.pk]).order_by("-pk"))
    assert locked == [first, second]
    (query,) = queries.captured_queries
    assert 'ORDER BY "accounts_user"."id" ASC FOR NO KEY UPDATE OF "accounts_user"' in query["sql"]


@pytest.mark.django_db
def test_one_row_or_none() -> None:
    user = make_user()
    assert lock_row(User.objects.filter(pk=user.pk)) == user
    with pytest.raises(User.DoesNotExist):
        lock_row(User.objects.filter(pk=0))
