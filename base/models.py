from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class AuditEntry(models.Model):
    """Append-only: who did what to which object, and why."""

    at = models.DateTimeField(_("时间"), default=timezone.now)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("操作人"),
    )
    action = models.CharField(_("操作"), max_length=60)
    target_type = models.CharField(_("对象类型"), max_length=60)
    target_id = models.CharField(_("对象编号"), max_length=40)
    target_name = models.CharField(_("对象"), max_length=200)
    reason = models.TextField(_("原因"), blank=True)
    details = models.JSONField(_("明细"), default=dict)

    class Meta:
        verbose_name = _("操作日志")
        verbose_name_plural = pgettext_lazy("plural", "操作日志")
        indexes = [models.Index(fields=["target_type", "target_id"]), models.Index(fields=["-at"])]

    def __str__(self) -> str:
        return f"{self.action} {self.target_name}"


class Notice(models.Model):
    """The outbox: a message to be sent, committed with the change that causes it.

    `next_attempt_at` is also the claim: whoever sends moves it forward first. A notice that
    expires holds a secret (a code): it is never sent late, and its text goes once it is over.
    """

    class Channel(models.TextChoices):
        SMS = "sms", _("短信")
        EMAIL = "email", _("邮件")

    channel = models.CharField(_("渠道"), max_length=10, choices=Channel.choices)
    recipient = models.CharField(_("接收人"), max_length=254)
    subject = models.CharField(_("标题"), max_length=120, blank=True)
    text = models.TextField(_("内容"), blank=True)
    created_at = models.DateTimeField(_("创建时间"), default=timezone.now)
    expires_at = models.DateTimeField(_("失效时间"), null=True, blank=True)
    sent_at = models.DateTimeField(_("发送时间"), null=True, blank=True)
    given_up_at = models.DateTimeField(_("放弃时间"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("尝试次数"), default=0)
    next_attempt_at = models.DateTimeField(_("下次尝试"), default=timezone.now)
    error = models.CharField(_("错误"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("待发消息")
        verbose_name_plural = pgettext_lazy("plural", "待发消息")
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                condition=models.Q(sent_at=None, given_up_at=None),
                name="notice_waiting",
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(sent_at=None) | models.Q(given_up_at=None),
                name="notice_ends_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} {self.recipient}"
