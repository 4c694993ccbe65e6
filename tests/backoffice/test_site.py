"""The sidebar: each page has one entry that is current."""

import pytest
from django.test import Client

from tests.make import make_user

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("path", "entry"),
    [
        ("/admin/", "看板"),
        ("/admin/distribution/agreement/compliance/", "合规报告"),
        ("/admin/distribution/agreement/", "分销协议"),
        ("/admin/distribution/rule/preview/", "佣金规则"),
        ("/admin/distribution/rule/add/", "佣金规则"),
        ("/en/admin/distribution/agreement/compliance/", "Compliance report"),
    ],
)
def test_one_entry_is_current(client: Client, path: str, entry: str) -> None:
    client.force_login(make_user("店主", is_staff=True, is_superuser=True))
    groups = client.get(path).context["sidebar_navigation"]
    current = [str(item["title"]) for group in groups for item in group["items"] if item["active"]]
    assert current == [entry]


def test_keys_are_ticked_page_by_page(client: Client) -> None:
    owner = make_user("店主", is_staff=True, is_superuser=True)
    client.force_login(owner)
    clerk = make_user("店员", is_staff=True)
    page = client.get(f"/admin/accounts/user/{clerk.pk}/change/")
    field = page.context["adminform"].form.fields["user_permissions"]
    groups = dict(field.choices)
    assert [str(label) for _key, label in groups["风险 · 风险线索"]] == [
        "新增",
        "修改",
        "删除",
        "查看",
    ]
    assert 'class="bo-keys"' in page.content.decode()
