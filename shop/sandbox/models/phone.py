from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class SandboxMessage(models.Model):
    """A text message or a mail that arrived on the sandbox phone."""

    class Kind(models.TextChoices):
        SMS = "sms", _("短信")
        MAIL = "mail", _("邮件")

    kind = models.CharField(_("种类"), max_length=4, choices=Kind.choices)
    reference = models.CharField(_("发送方编号"), max_length=40)
    recipient = models.CharField(_("接收人"), max_length=254)
    subject = models.CharField(_("标题"), max_length=120, blank=True)
    text = models.TextField(_("内容"))
    received_at = models.DateTimeField(_("收到时间"), default=timezone.now)

    class Meta:
        verbose_name = _("沙箱消息")
        verbose_name_plural = pgettext_lazy("plural", "沙箱消息")
        indexes = [models.Index(fields=["-received_at"])]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "reference", "recipient"], name="sandbox_message_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.recipient}: {self.text[:40]}"
