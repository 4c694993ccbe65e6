"""Whom most races are about."""

import pytest

from payouts.models import Schedule
from tests.buying import earn
from tests.make import Chain, make_chain, make_rule


@pytest.fixture
def chain(db: None) -> Chain:
    """B has ¥30.00 available."""
    Schedule.objects.all().delete()
    chain = make_chain()
    make_rule("0.30", None)
    earn(chain, "100.00")
    return chain
