"""People at the door and people who speak for the programme: applications, contacts, stories."""

from datetime import datetime, timedelta

from distribution.models import Agreement, Distributor
from distribution.programme import people
from distribution.programme.joining import Contact, keep_contact
from distribution.programme.stories import publish_story, submit_story
from distribution.states import Status
from shop.demo.people import Cast

# While applicants were looked at; before and after, everybody may join.
SELECTIVE_FOR = timedelta(days=6)
OPEN_AGAIN = timedelta(hours=1)

CONTACTS = [
    Contact("azhen_linli", "", "杭州", "三个小区的团长，主要分享零食和日用。"),
    Contact("xiaobei_2026", "", "上海", "办公室同事群，下午茶和护肤。"),
    Contact("tuanzhang_wu", "", "苏州", "宝妈群，母婴和厨房用品。"),
]
APPLICATIONS = [
    (5, Contact("chenchen_home", "", "成都", "常来买坚果，想在小区业主群里分享。")),
    (3, Contact("linxi_baking", "", "厦门", "烘焙博主，小红书粉丝多，想推厨房用品。")),
    (2, Contact("", "", "西安", "")),
    (1, Contact("laowu_run", "", "武汉", "跑步群群主，大家常问吃什么零食。")),
]
STORIES = [
    (
        "阿珍", "Zhen",
        "我住的小区有三个业主群。一开始只是把自己吃过觉得好的坚果发出来，邻居们买过都说新鲜，慢慢就常来问我还有什么。",
        "There are three neighbours' groups where I live. At first I only shared the nuts I liked"
        " myself; people found them fresh and now often ask me what else is good.",
    ),
    (
        "小北", "Bei",
        "我是被阿珍带进来的。她教我先把一件商品讲明白，不急着发很多。每笔佣金怎么算的都能点开看，心里踏实。",
        "Zhen brought me in. She taught me to explain one product well before sharing many. Every"
        " commission shows how it was worked out, and that is reassuring.",
    ),
]  # fmt: skip
NEXT_VERSION = "2027-01"


def fill_joining(cast: Cast, now: datetime) -> None:
    """Who waits for an answer, who was refused, who tells their story, and an agreement in draft."""
    tellers = [cast.first[0], cast.second[0], cast.first[1]]
    for person, contact in zip(tellers, CONTACTS, strict=True):
        keep_contact(person, contact, at=person.joined_at)
    bound = cast.customers[10:]
    for member, (days, contact) in zip(bound, APPLICATIONS, strict=False):
        people.join(member, contact=contact, at=now - timedelta(days=days))
    refused = people.join(bound[len(APPLICATIONS)], at=now - timedelta(days=4))
    people.set_status(
        refused,
        Status.REJECTED,
        by=cast.merchant,
        reason="请补充打算在哪里分享，再提交一次",
        at=now - timedelta(days=3),
    )
    _tell_stories(tellers, cast, now)
    _draft_agreement()


def _tell_stories(tellers: list[Distributor], cast: Cast, now: datetime) -> None:
    for position, (person, (name, name_en, text, text_en)) in enumerate(
        zip(tellers, STORIES, strict=False)
    ):
        story = submit_story(person, display_name=name, text=text, at=now - timedelta(days=20))
        publish_story(
            story,
            by=cast.merchant,
            seen=story.version,
            display_name_en=name_en,
            text_en=text_en,
            position=position,
            at=now - timedelta(days=19),
        )
    submit_story(
        tellers[2],
        display_name="宝妈阿吴",
        text="带孩子之余在宝妈群里分享自己用过的东西，不懂的就问客服，问明白了再告诉大家。",
        at=now - timedelta(days=1),
    )


def _draft_agreement() -> None:
    first = Agreement.objects.get()
    Agreement.objects.create(
        version=NEXT_VERSION,
        text=first.text.replace(
            "## 七、税", "- 直播和短视频推广时口头说明“含推广链接”。\n\n## 七、税", 1
        ),
        text_en=first.text_en,
        note="新增直播和短视频推广的说明要求",
        note_en="Live streams and short videos have to say that links are sponsored",
    )
