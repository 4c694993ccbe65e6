from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from base.private_files import private_storage
from distribution.states import OPEN_PACKS, PackState


class EvidencePack(models.Model):
    """One evidence pack: asked for by somebody, prepared in the background, kept for a few days.

    `language` is that of whoever asked. `digest` is the file's SHA-256; it stays when the file is
    gone.
    """

    state = models.CharField(
        _("状态"), max_length=10, choices=PackState.choices, default=PackState.QUEUED
    )
    language = models.CharField(max_length=10)
    requested_at = models.DateTimeField(_("申请时间"))
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("申请人")
    )
    seen_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(_("完成时间"), null=True)
    file = models.FileField(upload_to="evidence", storage=private_storage, blank=True)
    size = models.PositiveBigIntegerField(default=0)
    digest = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = _("证据包")
        verbose_name_plural = pgettext_lazy("plural", "证据包")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["requested_by"],
                condition=Q(state__in=OPEN_PACKS),
                name="evidence_pack_one_at_a_time",
            ),
            models.CheckConstraint(
                condition=(Q(state="ready") & ~Q(file="") & ~Q(digest=""))
                | (~Q(state="ready") & Q(file="")),
                name="evidence_pack_ready_has_a_file",
            ),
        ]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} #{self.pk}"
