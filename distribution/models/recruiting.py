import secrets

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from distribution.states import OPEN_INVITATIONS, InvitationState


class Candidate(models.Model):
    """A member who completed orders, with the figures that speak for asking them to join.

    Counted by beat (`distribution.programme.candidates`); who may be asked is looked at when it is read.
    """

    member = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        primary_key=True,
        related_name="+",
        verbose_name=_("会员"),
    )
    score = models.DecimalField(_("得分（满分 100）"), max_digits=6, decimal_places=3)
    order_count = models.PositiveIntegerField(_("完成订单"))
    spent = models.DecimalField(_("累计消费"), max_digits=14, decimal_places=2)
    last_bought_on = models.DateField(_("最近购买"))
    recipients = models.PositiveIntegerField(_("收货人数"))
    rating = models.DecimalField(_("平均评价"), max_digits=4, decimal_places=3, null=True)
    reviews_written = models.PositiveIntegerField(_("评价条数"), default=0)
    brought = models.PositiveIntegerField(_("带来的顾客"), default=0)
    visitors = models.PositiveIntegerField(_("带来的访客"), default=0)
    counted_at = models.DateTimeField(_("统计时间"))

    class Meta:
        verbose_name = _("推荐人选")
        verbose_name_plural = pgettext_lazy("plural", "推荐人选")
        ordering = ["-score", "member"]
        indexes = [
            models.Index(fields=["-score", "member"], name="candidate_best"),
            models.Index(fields=["spent"], name="candidate_spent"),
            models.Index(fields=["last_bought_on"], name="candidate_active"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(score__gte=0, score__lte=100), name="candidate_score_sane"
            )
        ]

    def __str__(self) -> str:
        return str(self.member)


def new_invitation_code() -> str:
    """144 random bits: nobody guesses it, and only its member can use it anyway."""
    return secrets.token_urlsafe(18)


class Invitation(models.Model):
    """The merchant asks a member to become a distributor; at most one is open per member.

    `coupon` is what joining through it gave, once. It asks for no purchase.
    """

    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="invitations", verbose_name=_("会员")
    )
    code = models.CharField(max_length=32, unique=True, default=new_invitation_code, editable=False)
    state = models.CharField(
        _("状态"),
        max_length=10,
        choices=InvitationState.choices,
        default=InvitationState.SENT,
    )
    offer = models.ForeignKey(
        "orders.CouponOffer",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("加入礼"),
    )
    coupon = models.OneToOneField(
        "orders.Coupon",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("已发的券"),
    )
    message = models.CharField(_("留言"), max_length=300, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("邀请人"),
    )
    sent_at = models.DateTimeField(_("邀请时间"))
    expires_at = models.DateTimeField(_("有效期至"))
    opened_at = models.DateTimeField(_("打开时间"), null=True, blank=True)
    ended_at = models.DateTimeField(_("结束时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("加入邀请")
        verbose_name_plural = pgettext_lazy("plural", "加入邀请")
        ordering = ["-sent_at", "-pk"]
        indexes = [
            models.Index(fields=["-sent_at"], name="invitation_newest"),
            models.Index(
                fields=["expires_at"],
                condition=Q(state__in=["sent", "opened"]),
                name="invitation_open",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["member"],
                condition=Q(state__in=["sent", "opened"]),
                name="one_open_invitation",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["sent", "opened"], ended_at=None)
                | Q(
                    state__in=["joined", "declined", "expired", "withdrawn"],
                    ended_at__isnull=False,
                ),
                name="invitation_ends_once",
            ),
            models.CheckConstraint(
                condition=~Q(state="opened") | Q(opened_at__isnull=False),
                name="invitation_opened_when",
            ),
            models.CheckConstraint(
                condition=Q(coupon=None) | Q(state="joined", offer__isnull=False),
                name="invitation_coupon_for_joining",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("sent_at")), name="invitation_lives"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member} {self.get_state_display()}"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_INVITATIONS
