import secrets

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from base.accounts.models import User
from distribution.models.people import Distributor
from distribution.states import LEFT, OPEN_INVITATIONS, InvitationState
from orders.models import Order
from orders.states import OPEN_REFUNDS, OrderState


class CandidateManager(models.Manager["Candidate"]):
    """Active members in no stage of the programme who completed an order and kept some of it."""

    def get_queryset(self) -> models.QuerySet["Candidate"]:
        taken = Distributor.objects.filter(user=OuterRef("pk")).exclude(status__in=LEFT)
        bought = (
            Order.objects.filter(user=OuterRef("pk"), state=OrderState.RECEIVED)
            .filter(goods_amount__gt=F("refunded_amount") - F("refunded_shipping"))
            .exclude(refunds__state__in=OPEN_REFUNDS)
        )
        people = super().get_queryset().filter(is_active=True, is_staff=False)
        return people.filter(~Exists(taken), Exists(bought))


class Candidate(User):
    """A member who is no distributor, with the figures that speak for asking them."""

    objects = CandidateManager()  # type: ignore[misc,assignment]  # a proxy with rows of its own

    class Meta:
        proxy = True
        verbose_name = _("推荐人选")
        verbose_name_plural = pgettext_lazy("plural", "推荐人选")


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
                | Q(state__in=["joined", "declined", "expired"], ended_at__isnull=False),
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
