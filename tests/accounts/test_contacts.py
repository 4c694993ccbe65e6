import pytest

from base.accounts.contacts import BadContact, contact_from, email_from, phone_from
from base.models import Notice


@pytest.mark.parametrize(
    "typed",
    [
        "13800138000",
        "+8613800138000",
        "+86 138 0013 8000",
        "0086-138-0013-8000",
        "8613800138000",
        " 138 0013 8000 ",
        "138-0013-8000",
        "（+86）13800138000",
        "１３８００１３８０００",
        "138.0013.8000",
    ],
)
def test_a_mainland_number_in_any_spelling(typed: str) -> None:
    assert phone_from(typed).value == "13800138000"


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("", "请输入手机号。"),
        ("   ", "请输入手机号。"),
        ("1380013800", "手机号应为 11 位，现在是 10 位。"),
        ("138001380001", "手机号应为 11 位，现在是 12 位。"),
        ("12800138000", "这不是中国大陆的手机号，请检查。"),
        ("01012345678", "这不是中国大陆的手机号，请检查。"),
        ("+852 6123 4567", "目前只支持中国大陆（+86）的手机号。"),
        ("+1 650 253 0000", "目前只支持中国大陆（+86）的手机号。"),
        ("小花的手机", "手机号只能是数字，例如 13800138000。"),
        ("1380013800a", "手机号只能是数字，例如 13800138000。"),
        ("١٣٨٠٠١٣٨٠٠٠", "手机号只能是数字，例如 13800138000。"),
    ],
)
def test_a_wrong_number_is_explained(typed: str, says: str) -> None:
    with pytest.raises(BadContact) as refused:
        phone_from(typed)
    assert str(refused.value) == says


def test_a_mail_address_is_kept_in_small_letters() -> None:
    assert email_from("  Xiao.Hua@Example.COM ").value == "xiao.hua@example.com"


@pytest.mark.parametrize("typed", ["", "xiaohua", "xiao hua@example.com", "a@b", "@example.com"])
def test_an_incomplete_mail_address_is_refused(typed: str) -> None:
    with pytest.raises(BadContact):
        email_from(typed)


def test_an_overlong_mail_address_is_refused() -> None:
    with pytest.raises(BadContact):
        email_from(f"{'a' * 60}@{'.'.join(['b' * 60] * 4)}.com")


def test_which_of_the_two_it_is() -> None:
    assert contact_from("13800138000").channel == Notice.Channel.SMS
    assert contact_from("a@example.com").channel == Notice.Channel.EMAIL
    assert contact_from("a＠example.com").value == "a@example.com"


def test_what_bystanders_may_see() -> None:
    assert phone_from("13800138000").masked == "138****8000"
    assert email_from("xiaohua@example.com").masked == "x***@example.com"
