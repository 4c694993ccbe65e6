from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Trace(models.Model):
    """One sign of who recommends a member, and what was decided on it at the time. Only added.

    `at` is when the sign came, `decided_at` when it was judged (a guest's signs are judged when
    they sign in). `standing` is who served the member until then, if anybody did. `channel`
    repeats the link's name, so that the row says the same when the link is gone.
    """

    class Kind(models.TextChoices):
        CLICK = "click", _("打开个人推广链接")
        LINK = "link", _("打开渠道链接")
        SIGN_UP = "signup", _("注册")
        FIRST_ORDER = "order", _("首次下单")
        PROMO_CODE = "promo", _("使用推广口令")
        MERCHANT = "merchant", _("商家改派顾客")
        IMPORT = "import", _("从原商城迁入")
        EXPIRY = "expiry", _("绑定到期")
        JOINING = "joining", _("成为分销商")
        RECRUITER = "recruiter", _("商家改推荐人")

    class Decision(models.TextChoices):
        WON = "won", pgettext_lazy("decision", "绑定")
        KEPT = "kept", _("维持原绑定")
        REFUSED = "refused", _("不绑定")
        WAITING = "waiting", _("先记下")
        ENDED = "ended", _("解除绑定")
        NOTHING = "nothing", _("没有变化")

    class Why(models.TextChoices):
        FIRST = "first", _("此前没有人服务")
        LATEST = "latest", _("以最近一次为准")
        MERCHANT = "merchant", _("商家决定")
        IMPORTED = "imported", _("沿用原商城的关系")
        EARLIER = "earlier", _("已有有效的绑定，先到先得")
        BY_MERCHANT = "by_merchant", _("现有绑定由商家指定，链接不能更改")
        NEWER = "newer", _("现有绑定比这次更新")
        SAME = "same", _("本来就由这位分销商服务")
        OTHER_FIRST = "other_first", _("另一条链接先打开")
        OTHER_LATER = "other_later", _("后来又打开了另一条链接")
        SELF = "self", _("不能绑定自己")
        LOOP = "loop", _("会形成循环推荐")
        NOT_APPROVED = "not_approved", _("分销商尚未通过审核")
        FROZEN = "frozen", _("分销商已冻结")
        RESIGNED = "resigned", _("分销商已退出")
        BANNED = "banned", _("分销商已封禁")
        TOO_OLD = "too_old", _("已超过有效天数")
        AT_SIGN_UP = "at_signup", _("只在注册时绑定")
        AT_FIRST_ORDER = "at_order", _("等首次下单时决定")
        NOT_FIRST_ORDER = "not_first", _("只在首次下单时绑定，而该会员已有订单")
        NO_SIGN = "no_sign", _("没有打开过推广链接")
        LAPSED = "lapsed", _("有效天数已满")
        BROUGHT_IN = "brought_in", _("加入时由其服务")
        NO_ROOM = "no_room", _("其没有名额再带来分销商")

    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="traces", verbose_name=_("会员")
    )
    kind = models.CharField(_("信号"), max_length=10, choices=Kind.choices)
    at = models.DateTimeField(_("时间"))
    decided_at = models.DateTimeField(_("判定时间"))
    distributor = models.ForeignKey(
        "distribution.Distributor",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("为谁"),
    )
    decision = models.CharField(_("判定"), max_length=10, choices=Decision.choices)
    why = models.CharField(_("依据"), max_length=12, choices=Why.choices)
    standing = models.ForeignKey(
        "distribution.Distributor",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("此前由谁服务"),
    )
    # No constraint in the database: a link may go, what it did stays.
    link = models.ForeignKey(
        "distribution.Link",
        models.DO_NOTHING,
        db_constraint=False,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("推广链接"),
    )
    channel = models.CharField(_("渠道"), max_length=40, blank=True)
    visitor = models.UUIDField(_("访客"), null=True, blank=True)
    policy = models.ForeignKey(
        "distribution.Policy",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("分销政策"),
    )
    until = models.DateTimeField(_("有效至"), null=True, blank=True)
    note = models.CharField(_("说明"), max_length=200, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("操作人"),
    )

    class Meta:
        verbose_name = _("识别记录")
        verbose_name_plural = pgettext_lazy("plural", "识别记录")
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["member", "-at", "-id"], name="trace_of_member"),
            models.Index(fields=["distributor", "-at"], name="trace_of_distributor"),
            models.Index(fields=["-decided_at", "-id"], name="trace_by_time"),
            models.Index(
                fields=["member", "at"], condition=Q(decision="waiting"), name="trace_waiting"
            ),
            models.Index(
                fields=["until"],
                condition=Q(decision="won", until__isnull=False),
                name="trace_ends",
            ),
            models.Index(
                fields=["visitor"], condition=Q(visitor__isnull=False), name="trace_visitor"
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(decision="won") | Q(distributor__isnull=False),
                name="trace_winner_is_known",
            ),
            models.CheckConstraint(
                condition=~Q(decision="won") | ~Q(member=F("distributor")),
                name="trace_nobody_wins_themselves",
            ),
            models.UniqueConstraint(
                fields=["member", "at"], condition=Q(kind="expiry"), name="trace_expiry_once"
            ),
            models.UniqueConstraint(
                fields=["member"], condition=Q(kind="signup"), name="trace_sign_up_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.get_decision_display()}"
