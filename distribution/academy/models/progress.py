from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from distribution.academy.models.course import Course, Lesson


class Enrolment(models.Model):
    """A distributor in a course. Finished, it carries a certificate that later changes of the
    course do not take away."""

    distributor = models.ForeignKey(
        "distribution.Distributor",
        models.CASCADE,
        related_name="enrolments",
        verbose_name=_("分销商"),
    )
    course = models.ForeignKey(
        Course, models.PROTECT, related_name="enrolments", verbose_name=_("课程")
    )
    started_at = models.DateTimeField(_("开始时间"))
    finished_at = models.DateTimeField(_("完成时间"), null=True, blank=True)
    certificate = models.CharField(_("证书编号"), max_length=32, null=True, unique=True)

    class Meta:
        verbose_name = _("学习进度")
        verbose_name_plural = pgettext_lazy("plural", "学习进度")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["course", "finished_at"], name="enrolment_finished")]
        constraints = [
            models.UniqueConstraint(fields=["distributor", "course"], name="enrolled_once"),
            models.CheckConstraint(
                condition=Q(finished_at=None, certificate=None)
                | Q(finished_at__isnull=False, certificate__isnull=False),
                name="certificate_when_finished",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.distributor} {self.course}"


class LessonReading(models.Model):
    """Somebody has read a lesson to its end."""

    distributor = models.ForeignKey(
        "distribution.Distributor", models.CASCADE, related_name="lesson_readings"
    )
    lesson = models.ForeignKey(Lesson, models.CASCADE, related_name="readings")
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("阅读记录")
        verbose_name_plural = pgettext_lazy("plural", "阅读记录")
        constraints = [
            models.UniqueConstraint(fields=["distributor", "lesson"], name="lesson_read_once")
        ]

    def __str__(self) -> str:
        return f"{self.distributor_id} {self.lesson_id}"
