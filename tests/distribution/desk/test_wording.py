"""The merchant renames 分销 once, and every page a distributor can open says so."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext, ngettext, pgettext

from base.accounts.models import User
from base.models import AuditEntry
from distribution.desk import wording
from distribution.desk.wording import (
    CannotRename,
    change_presentation,
    presentation,
    refresh_words,
    rename_chinese,
    rename_english,
)
from distribution.models import Distributor, Presentation
from tests.make import make_chain, make_order, make_rule, make_user, make_variant, pay, receive

pytestmark = pytest.mark.django_db

Pages = Callable[[Distributor | User], Client]
WORDS = {
    "programme": "推荐",
    "person": "推荐官",
    "programme_en": "referral",
    "person_en": "ambassador",
    "people_en": "ambassadors",
}
PAGES = [
    "distribution:dashboard", "distribution:links", "distribution:selection",
    "distribution:statements", "distribution:ranking", "distribution:debt",
    "distribution:posters", "distribution:tier", "distribution:contact", "academy:courses",
    "distribution:commissions", "distribution:orders", "distribution:team", "distribution:join",
    "payouts:list", "accounts:me", "catalog:home", "orders:personal"
]  # fmt: skip


@pytest.fixture
def renamed(django_capture_on_commit_callbacks: Any) -> Presentation:
    with django_capture_on_commit_callbacks(execute=True):
        return change_presentation(by=None, **WORDS)


class TestEveryPage:
    def test_no_page_says_the_old_word(self, renamed: Presentation, pages_of: Pages) -> None:
        chain = make_chain()
        make_rule()
        order = make_order(chain.c, {make_variant("90.00"): 1})
        pay(order)
        receive(order)
        commission = chain.b.commissions.get()
        seen = ""
        for language, old in (("zh-hans", "分销"), ("en", r"\bdistribut(ion|ors?)\b")):
            with translation.override(language):
                addresses = [reverse(name) for name in PAGES]
                addresses.append(reverse("distribution:commission", args=[commission.pk]))
                addresses += [f"{reverse('distribution:team')}?group=distributors"]
            for address in addresses:
                for browser in (pages_of(chain.b), pages_of(make_user())):
                    html = browser.get(address, follow=True).content.decode()
                    text = re.sub(r"<[^>]*>", " ", html)
                    assert not re.search(old, text, re.IGNORECASE), f"{address}: {old}"
                    seen += text
        assert "我的推荐官" in seen and "ambassadors" in seen

    def test_every_text_of_the_catalogue_is_renamed(self, renamed: Presentation) -> None:
        for language, old in (("zh-hans", wording.CHINESE_WORDS), ("en", wording.ENGLISH_WORDS)):
            catalogue = translation.trans_real.translation(language)._catalog
            keys = wording._originals[language]
            assert len(keys) > 20
            assert [key for key in keys if old.search(catalogue[key])] == []

    def test_the_agreement_stays_and_says_what_the_new_word_means(
        self, renamed: Presentation, guest: Client
    ) -> None:
        html = guest.get("/distribution/agreement/").content.decode()
        assert "你带来的分销商所推荐的顾客下单" in html
        assert "本商城把协议里的说法叫作“推荐”" in html

    def test_back_to_the_houses_own(
        self, renamed: Presentation, guest: Client, django_capture_on_commit_callbacks: Any
    ) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            change_presentation(by=None, **dict.fromkeys(WORDS, ""))
        assert gettext("我的分销商") == "我的分销商"
        with translation.override("en"):
            assert gettext("分销") == "Distribution"
        assert "叫作“" not in guest.get("/distribution/agreement/").content.decode()


class TestWords:
    ROW = Presentation(pk=1, **WORDS)

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("我的分销商", "我的推荐官"),
            ("加入分销", "加入推荐"),
            ("“分销”叫作", "“分销”叫作"),
            ("没有这个分销商：%(text)s", "没有这个推荐官：%(text)s"),
        ],
    )
    def test_chinese(self, old: str, new: str) -> None:
        assert rename_chinese(old, self.ROW) == new

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("Distributors", "Ambassadors"),
            ("a distributor's page", "an ambassador's page"),
            ("You are a distributor.", "You are an ambassador."),
            ("An old Distribution policy", "An old Referral policy"),
            ("%(distributor)s and /distribution/", "%(distributor)s and /distribution/"),
            ("“distribution” is said", "“distribution” is said"),
            ("redistribution", "redistribution"),
        ],
    )
    def test_english(self, old: str, new: str) -> None:
        assert rename_english(old, self.ROW) == new

    def test_contexts_and_plurals(self, renamed: Presentation) -> None:
        assert pgettext("plural", "分销商") == "推荐官"
        assert ngettext("不在目录里的分销商", "不在目录里的分销商", 2).startswith("不在")


class TestTheSetting:
    def test_it_is_written_down(self, renamed: Presentation) -> None:
        entry = AuditEntry.objects.get(action="change_presentation")
        assert entry.details["programme"] == "推荐"
        assert presentation().person == "推荐官"

    @pytest.mark.parametrize(
        "words",
        [
            {"programme": "推荐"},
            {"person": "推荐官"},
            {"programme": "推荐", "person": "推荐人"},
            {"programme": "顾客", "person": "推荐官"},
            {"programme_en": "referral"},
        ],
    )
    def test_half_a_renaming_or_a_taken_word_changes_nothing(self, words: dict[str, str]) -> None:
        with pytest.raises(CannotRename):
            change_presentation(by=None, **words)
        assert not Presentation.objects.exists()
        assert AuditEntry.objects.count() == 0

    @pytest.mark.parametrize(
        "words",
        [
            {"programme": "<b>", "person": "推荐官"},
            {"programme_en": "r&d", "person_en": "x", "people_en": "x"},
        ],
    )
    def test_marks_are_no_words(self, words: dict[str, str]) -> None:
        with pytest.raises(ValidationError):
            change_presentation(by=None, **words)
        assert not Presentation.objects.exists()

    def test_another_process_catches_up_by_the_shared_version(
        self, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
    ) -> None:
        Presentation.objects.create(pk=1, **WORDS)
        monkeypatch.setattr(wording.known, "look_at", 0.0)
        monkeypatch.setattr(wording.known, "version", None)
        with django_assert_num_queries(0):
            refresh_words()  # nobody said that anything changed
        assert gettext("分销") == "分销"
        cache.set(wording.VERSION, "2", None)
        with django_assert_num_queries(0):
            refresh_words()  # looked a moment ago
        wording.known.look_at = 0.0
        with django_assert_num_queries(1):
            refresh_words()
        assert gettext("分销") == "推荐"

    def test_in_the_back_office(
        self, client: Client, django_capture_on_commit_callbacks: Any
    ) -> None:
        client.force_login(make_user("店主", is_staff=True, is_superuser=True))
        address = "/admin/distribution/presentation/1/change/"
        assert client.get("/admin/distribution/presentation/").url == address
        with django_capture_on_commit_callbacks(execute=True):
            client.post(address, WORDS | {"ranking": "off"})
        assert (presentation().programme, presentation().ranking) == ("推荐", "off")
        page = client.post(address, {"programme": "团", "ranking": "off"}, follow=True)
        assert "请同时填写" in page.content.decode()
        assert presentation().programme == "推荐"

    @pytest.mark.parametrize(
        ("words", "answer"),
        [
            ({"programme": "推荐"}, "请同时填写"),
            ({"programme": "推荐", "person": "顾客"}, "另有所指"),
            ({"programme_en": "referral"}, "三个英文叫法"),
        ],
    )
    def test_half_a_name_is_refused_on_the_form(
        self, client: Client, words: dict[str, str], answer: str
    ) -> None:
        client.force_login(make_user("商家", is_staff=True, is_superuser=True))
        texts = dict.fromkeys(("programme", "person", "programme_en", "person_en", "people_en"), "")
        address = "/admin/distribution/presentation/1/change/"
        assert client.get("/admin/distribution/presentation/").url == address  # the one row
        response = client.post(address, texts | words | {"ranking": "masked"}, follow=True)
        html = response.content.decode()
        assert answer in html and "成功" not in html
        assert (presentation().programme, presentation().programme_en) == ("", "")

    def test_not_for_others(self, client: Client) -> None:
        client.force_login(make_user("店员", is_staff=True))
        assert client.get("/admin/distribution/presentation/").status_code == 403
        address = "/admin/distribution/presentation/1/change/"
        assert client.post(address, WORDS | {"ranking": "off"}).status_code == 403
        assert not Presentation.objects.exists()
