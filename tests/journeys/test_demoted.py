"""Being demoted, in a browser: she is warned with her figures, falls, and sees why."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from base.clock import beijing_date, day_start
from distribution.models import Distributor, Tier, TierCalendar
from distribution.tiers.reviews import review_tiers
from tests.journeys.conftest import DESK
from tests.journeys.test_reassigned_and_held import come_in
from tests.make import make_distributor, make_user
from tests.selling import make_task, sell

pytestmark = pytest.mark.django_db(transaction=True)

DAY = timedelta(days=1)


def test_a_distributor_is_demoted(shop: str, person: Callable[..., Page]) -> None:
    today = day_start(beijing_date(timezone.now()))
    began = (today - 8 * DAY).date()
    TierCalendar.objects.update(kind="days", days=10, days_from=began, warning_days=2)
    make_task("silver", "sales", "100")
    Tier.objects.filter(code="silver").update(own_discount="0.05")
    user = make_user("安娜", phone="13900000001")
    anna = make_distributor(user)
    page, owner = person(), person(size=DESK)
    come_in(page, shop, user)
    come_in(owner, shop, make_user("店主", is_staff=True, is_superuser=True))

    # Last period she sold enough for silver, and has kept it so far.
    sell(anna, "120.00", today - 15 * DAY)
    for at in (today - 14 * DAY, today - 8 * DAY):
        review_tiers(at)
    sell(anna, "40.00", today - 3 * DAY)

    # Two days before the period ends: the message, and the page with exact numbers.
    assert review_tiers(timezone.now()) == {"open": 1}
    page.goto(f"{shop}/me/inbox/")
    expect(page.locator("main")).to_contain_text("等级提醒：还没有保住“白银”")
    page.goto(f"{shop}/distribution/tier/")
    main = page.locator("main")
    expect(main).to_contain_text("保住“白银”")
    expect(main).to_contain_text("¥40.00 / ¥100.00")
    expect(main).to_contain_text("还差 ¥60.00")
    expect(page.locator(".note.warn")).to_contain_text("起变为“青铜”")
    expect(main).to_contain_text("自己买东西减 5%")

    # The merchant sees who would fall; looking changes nothing.
    owner.goto(f"{shop}/admin/distribution/tier/review/")
    expect(owner.locator("#content, main").first).to_contain_text("现在考核，谁也不升不降。")
    assert Distributor.objects.get().tier.code == "silver"

    # The days pass. She has fallen, and reads why; the discount is gone.
    assert review_tiers(today + 2 * DAY) == {"fell": 1}
    page.reload()
    expect(page.locator("h1")).to_contain_text("青铜")
    expect(page.locator(".tier-history li").first).to_contain_text(
        "完成 ¥40.00、1 单、1 位顾客，没有达到“白银”的任务"
    )
    expect(page.locator(".side-column")).not_to_contain_text("自己买东西减 5%")
    expect(main).to_contain_text("升到“白银”")
