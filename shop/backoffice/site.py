"""How the back office is named and ordered: read by the admin theme through settings."""

from functools import lru_cache
from typing import Any

from django.templatetags.static import static
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


@lru_cache(maxsize=256)
def _current(path: str) -> str:
    """The address of the one entry that stands for a page: of those the page lies below, the
    nearest. The board stands for itself alone."""
    board = reverse("admin:index")
    links = {str(item["link"]) for group in SIDEBAR for item in group["items"]} - {"/", board}
    nearest = max((one for one in links if path.startswith(one)), key=len, default="")
    return board if path == board else nearest


def _entry(title: Any, icon: str, address: str, permission: str | None = None) -> dict[str, Any]:
    link = reverse_lazy(f"admin:{address}")
    entry: dict[str, Any] = {
        "title": title,
        "icon": icon,
        "link": link,
        "active": lambda request: str(link) == _current(request.path),
    }
    if permission is not None:
        entry["permission"] = lambda request: request.user.has_perm(permission)
    return entry


def _page(title: Any, icon: str, model: str) -> dict[str, Any]:
    app, name = model.split(".")
    return _entry(title, icon, f"{app}_{name}_changelist", f"{app}.view_{name}")


def _group(title: Any, *pages: dict[str, Any]) -> dict[str, Any]:
    return {"title": title, "separator": True, "collapsible": True, "items": list(pages)}


SIDEBAR = [
    {
        "items": [
            _entry(_("看板"), "dashboard", "index"),
            {
                "title": _("打开商城"),
                "icon": "storefront",
                "link": "/",
                "active": lambda request: False,
            },
        ]
    },
    _group(
        pgettext_lazy("plural", "商品"),
        _page(pgettext_lazy("plural", "商品"), "inventory_2", "catalog.product"),
        _page(_("库存与价格"), "warehouse", "catalog.variant"),
        _page(pgettext_lazy("plural", "分类"), "category", "catalog.category"),
        _page(_("运费"), "local_shipping", "orders.shippingrate"),
    ),
    _group(
        pgettext_lazy("plural", "订单"),
        _page(pgettext_lazy("plural", "订单"), "receipt_long", "orders.order"),
        _page(pgettext_lazy("plural", "售后"), "assignment_return", "orders.refund"),
        _page(pgettext_lazy("plural", "退款流水"), "currency_exchange", "orders.repayment"),
        _page(pgettext_lazy("plural", "评价"), "reviews", "orders.review"),
        _page(pgettext_lazy("plural", "优惠券类型"), "confirmation_number", "orders.couponoffer"),
        _page(pgettext_lazy("plural", "优惠券"), "redeem", "orders.coupon"),
        _page(pgettext_lazy("plural", "订单事件"), "event_repeat", "orders.orderevent"),
    ),
    _group(
        pgettext_lazy("plural", "会员"),
        _page(pgettext_lazy("plural", "会员"), "person", "accounts.user"),
        _page(pgettext_lazy("plural", "顾客关系"), "link", "distribution.binding"),
        _page(pgettext_lazy("plural", "识别记录"), "timeline", "distribution.trace"),
    ),
    _group(
        _("分销"),
        _page(pgettext_lazy("plural", "分销商"), "group", "distribution.distributor"),
        _page(pgettext_lazy("plural", "分销申请"), "how_to_reg", "distribution.application"),
        _page(pgettext_lazy("plural", "推荐人选"), "person_search", "distribution.candidate"),
        _page(pgettext_lazy("plural", "加入邀请"), "mail", "distribution.invitation"),
        _entry(_("邀请漏斗"), "filter_alt", "invitation_funnel", "distribution.view_invitation"),
        _page(pgettext_lazy("plural", "推广故事"), "format_quote", "distribution.story"),
        _page(pgettext_lazy("plural", "推荐关系"), "account_tree", "distribution.recruitment"),
        _page(pgettext_lazy("plural", "佣金规则"), "percent", "distribution.rule"),
        _page(pgettext_lazy("plural", "变更草稿"), "edit_note", "distribution.changeset"),
        _page(pgettext_lazy("plural", "分销政策"), "policy", "distribution.policy"),
        _page(pgettext_lazy("plural", "等级"), "military_tech", "distribution.tier"),
        _page(pgettext_lazy("plural", "等级周期"), "calendar_month", "distribution.tiercalendar"),
        _page(pgettext_lazy("plural", "等级考核"), "fact_check", "distribution.tierreview"),
        _page(
            pgettext_lazy("plural", "位置权益"), "verified_user", "distribution.positionprivileges"
        ),
        _page(pgettext_lazy("plural", "称呼与排行"), "translate", "distribution.presentation"),
        _page(pgettext_lazy("plural", "佣金"), "paid", "distribution.commission"),
        _page(pgettext_lazy("plural", "推广链接"), "add_link", "distribution.link"),
        _page(pgettext_lazy("plural", "优惠码"), "sell", "distribution.promocode"),
        _page(pgettext_lazy("plural", "优惠码使用记录"), "receipt_long", "distribution.promouse"),
        _page(pgettext_lazy("plural", "访问记录"), "ads_click", "distribution.click"),
    ),
    _group(
        _("合规"),
        _entry(_("合规报告"), "balance", "compliance", "distribution.view_agreement"),
        _page(pgettext_lazy("plural", "分销协议"), "gavel", "distribution.agreement"),
        _page(pgettext_lazy("plural", "协议同意记录"), "fact_check", "distribution.acceptance"),
    ),
    _group(
        _("风险"),
        _page(pgettext_lazy("plural", "风险线索"), "gpp_maybe", "risk.signal"),
        _page(pgettext_lazy("plural", "风险阈值"), "tune", "risk.thresholds"),
    ),
    _group(
        _("学堂"),
        _page(pgettext_lazy("plural", "课程"), "school", "academy.course"),
        _page(pgettext_lazy("plural", "课时"), "menu_book", "academy.lesson"),
        _page(pgettext_lazy("plural", "测验"), "quiz", "academy.quiz"),
        _page(pgettext_lazy("plural", "题目"), "help", "academy.question"),
        _page(pgettext_lazy("plural", "学习进度"), "workspace_premium", "academy.enrolment"),
        _page(pgettext_lazy("plural", "测验记录"), "grading", "academy.attempt"),
        _page(pgettext_lazy("plural", "推广素材"), "perm_media", "academy.material"),
        _page(pgettext_lazy("plural", "领取记录"), "download", "academy.taking"),
    ),
    _group(
        _("客服与公告"),
        _page(pgettext_lazy("plural", "工单"), "support_agent", "support.ticket"),
        _page(pgettext_lazy("plural", "快捷回复"), "quickreply", "support.cannedreply"),
        _page(pgettext_lazy("plural", "公告"), "campaign", "support.announcement"),
    ),
    _group(
        _("结算"),
        _page(pgettext_lazy("plural", "结算单"), "payments", "payouts.payout"),
        _page(pgettext_lazy("plural", "结算批次"), "event_available", "payouts.run"),
        _page(pgettext_lazy("plural", "结算计划"), "calendar_month", "payouts.schedule"),
        _page(pgettext_lazy("plural", "账务凭证"), "account_balance", "distribution.transfer"),
        _page(pgettext_lazy("plural", "操作日志"), "history", "base.auditentry"),
    ),
]

UNFOLD = {
    "SITE_TITLE": _("商家后台"),
    "SITE_HEADER": _("商家后台"),
    "SITE_SYMBOL": "storefront",
    "SITE_URL": "/",
    "LOGIN": {"form": "shop.backoffice.entry.MerchantSignInForm"},
    "SHOW_HISTORY": False,
    "SHOW_LANGUAGES": False,
    "DASHBOARD_CALLBACK": "shop.backoffice.board.board",
    "STYLES": [lambda request: static("css/backoffice.css")],
    "COLORS": {
        # Warm greys, those of backoffice.css: a card is at home on its page, also in the dark.
        "base": {
            "50": "250 250 249",
            "100": "245 245 244",
            "200": "231 229 228",
            "300": "214 211 209",
            "400": "168 162 158",
            "500": "120 113 108",
            "600": "87 83 78",
            "700": "68 64 60",
            "800": "41 37 36",
            "900": "28 25 23",
            "950": "12 10 9",
        },
        "primary": {
            "50": "255 247 237",
            "100": "255 237 213",
            "200": "254 215 170",
            "300": "253 186 116",
            "400": "251 146 60",
            "500": "234 104 20",
            "600": "208 84 10",
            "700": "170 66 10",
            "800": "136 54 14",
            "900": "110 46 16",
            "950": "67 20 7",
        },
    },
    "SIDEBAR": {"show_search": True, "show_all_applications": False, "navigation": SIDEBAR},
}
