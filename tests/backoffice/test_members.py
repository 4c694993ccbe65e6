"""Members in the back office: who may do what to whom."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from base.accounts.models import User
from base.models import AuditEntry
from distribution.models import Binding, Distributor
from tests.make import make_chain, make_user

pytestmark = pytest.mark.django_db

# What a browser sends along for rows below that are only read.
ROWS = {
    f"{rows}-{count}_FORMS": "0"
    for rows in ("bindings", "addresses", "consents")
    for count in ("TOTAL", "INITIAL")
}
SENT = {"reason": "x", "_form_submitted": "true"}


def sign_in(client: Client, *keys: str) -> User:
    """A clerk with these keys."""
    clerk = make_user("店员", is_staff=True)
    clerk.user_permissions.add(*Permission.objects.filter(codename__in=keys))
    client.force_login(clerk)
    return clerk


def address_of(user: User) -> str:
    return reverse("admin:accounts_user_change", args=[user.pk])


def test_who_may_edit_members_may_not_steer_the_programme(client: Client) -> None:
    """A clerk who corrects a name makes nobody a distributor, and moves nobody's commission."""
    chain = make_chain()
    sign_in(client, "view_user", "change_user")
    before = list(Binding.objects.values_list("pk", "distributor", "ends_at").order_by("pk"))
    for name in ("appoint", "reassign"):
        address = reverse(f"admin:accounts_user_{name}", args=[chain.c.pk])
        assert client.get(address).status_code == 403
        assert client.post(address, SENT).status_code == 403
    page = client.get(address_of(chain.c))
    assert "识别记录" in page.content.decode()
    assert "指定为分销商" not in page.content.decode()
    after = list(Binding.objects.values_list("pk", "distributor", "ends_at").order_by("pk"))
    assert (after, Distributor.objects.filter(pk=chain.c.pk).exists()) == (before, False)


def test_who_may_change_distributors_appoints_one(client: Client) -> None:
    member = make_user()
    sign_in(client, "view_user", "change_distributor")
    address = reverse("admin:accounts_user_appoint", args=[member.pk])
    assert client.post(address, SENT).status_code == 303
    assert Distributor.objects.get(pk=member.pk).is_in_programme


def test_a_clerk_shuts_no_colleague_out(client: Client) -> None:
    owner = make_user("店主", is_staff=True, is_superuser=True)
    sign_in(client, "view_user", "change_user")
    for person, may in ((owner, False), (make_user("小林"), True)):
        form = client.get(address_of(person)).context["adminform"].form
        assert ("is_active" in form.fields) == may
    assert client.post(address_of(owner), ROWS | {"name": "店主"}).status_code == 302
    owner.refresh_from_db()
    assert owner.is_active


def test_an_owner_keeps_their_own_key(client: Client) -> None:
    """One mistaken click would leave the shop without anybody who can hand out keys."""
    owner = make_user("店主", is_staff=True, is_superuser=True)
    client.force_login(owner)
    assert client.post(address_of(owner), ROWS | {"name": "店主"}).status_code == 302
    owner.refresh_from_db()
    assert (owner.is_active, owner.is_staff, owner.is_superuser) == (True, True, True)


def test_keys_that_are_given_and_taken_are_written_down_in_words(client: Client) -> None:
    owner = make_user("店主", is_staff=True, is_superuser=True)
    clerk = make_user("小林")
    client.force_login(owner)
    view, change = (
        Permission.objects.get(content_type__app_label="distribution", codename=name)
        for name in ("view_rule", "change_rule")
    )
    form = ROWS | {"name": "小林", "is_active": "on", "is_staff": "on"}
    for keys in ([view.pk, change.pk], [view.pk], [view.pk]):
        answer = client.post(address_of(clerk), form | {"user_permissions": keys})
        assert answer.status_code == 302
    assert list(clerk.user_permissions.all()) == [view]
    deeds = AuditEntry.objects.filter(action="change_keys").order_by("pk")
    assert [(deed.actor, deed.target_id, deed.details) for deed in deeds] == [
        (owner, str(clerk.pk), {
            "is_staff": "True",
            "given": "distribution.change_rule, distribution.view_rule",
            "taken": "",
        }),
        (owner, str(clerk.pk), {"given": "", "taken": "distribution.change_rule"}),
    ]  # fmt: skip
    page = client.get(reverse("admin:base_auditentry_change", args=[deeds[1].pk]))
    assert "收回的功能：佣金规则（修改）" in page.content.decode()


def test_a_clerk_gives_nobody_keys(client: Client) -> None:
    """Not by a form either that was sent by hand."""
    clerk = sign_in(client, "view_user", "change_user")
    keys = list(Permission.objects.filter(codename="change_rule").values_list("pk", flat=True))
    sent = ROWS | {"name": "店员", "is_active": "on", "is_staff": "on", "is_superuser": "on"}
    for person in (clerk, make_user("小林")):
        client.post(address_of(person), sent | {"user_permissions": keys})
        person.refresh_from_db()
        held = set(person.user_permissions.values_list("codename", flat=True))
        assert (person.is_superuser, "change_rule" in held) == (False, False)
    assert not AuditEntry.objects.filter(action="change_keys").exists()
