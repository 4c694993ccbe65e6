from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from distribution.academy.models.course import Course, in_readers_language


class Quiz(models.Model):
    """Questions about a course. `most_tries` empty: as often as one likes."""

    course = models.ForeignKey(
        Course, models.CASCADE, related_name="quizzes", verbose_name=_("课程")
    )
    name = models.CharField(_("名称"), max_length=80)
    name_en = models.CharField(_("英文名称"), max_length=80, blank=True)
    pass_percent = models.PositiveSmallIntegerField(
        _("及格线（%）"), default=80, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    most_tries = models.PositiveSmallIntegerField(
        _("最多几次"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    position = models.PositiveIntegerField(_("排序"), default=0)
    is_published = models.BooleanField(_("已发布"), default=True)

    class Meta:
        verbose_name = _("测验")
        verbose_name_plural = pgettext_lazy("plural", "测验")
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(pass_percent__gte=1, pass_percent__lte=100), name="pass_percent_sane"
            ),
            models.CheckConstraint(
                condition=Q(most_tries=None) | Q(most_tries__gte=1), name="at_least_one_try"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        return in_readers_language(self, "name")


class Question(models.Model):
    """One version of a question; it is never edited, another takes its place.

    `right` are the positions of the right options, counted from 0. In force while `valid_to` is
    empty. Results point at the version that was asked.
    """

    class Kind(models.TextChoices):
        SINGLE = "single", _("单选")
        MULTIPLE = "multiple", _("多选")

    quiz = models.ForeignKey(Quiz, models.PROTECT, related_name="questions", verbose_name=_("测验"))
    replaces = models.OneToOneField(
        "self", models.PROTECT, null=True, editable=False, related_name="replaced_by"
    )
    kind = models.CharField(_("题型"), max_length=10, choices=Kind.choices, default=Kind.SINGLE)
    body = models.TextField(_("题目"))
    body_en = models.TextField(_("英文题目"), blank=True)
    options = ArrayField(models.CharField(max_length=200), verbose_name=_("选项"))
    options_en = ArrayField(
        models.CharField(max_length=200), default=list, blank=True, verbose_name=_("英文选项")
    )
    right = ArrayField(models.PositiveSmallIntegerField(), verbose_name=_("正确选项"))
    note = models.TextField(_("解析"), blank=True)
    note_en = models.TextField(_("英文解析"), blank=True)
    position = models.PositiveIntegerField(_("排序"), default=0)
    valid_from = models.DateTimeField(_("生效时间"))
    valid_to = models.DateTimeField(_("停用时间"), null=True, editable=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("操作人"),
    )

    class Meta:
        verbose_name = _("题目")
        verbose_name_plural = pgettext_lazy("plural", "题目")
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(options__len__gte=2, right__len__gte=1), name="question_has_options"
            ),
            models.CheckConstraint(
                condition=~Q(kind="single") | Q(right__len=1), name="single_has_one_answer"
            ),
            models.CheckConstraint(
                condition=Q(options_en__len=0) | Q(options_en__len=F("options__len")),
                name="options_in_both_languages",
            ),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")),
                name="question_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return self.text[:60]

    @property
    def text(self) -> str:
        return in_readers_language(self, "body")

    @property
    def explanation(self) -> str:
        return in_readers_language(self, "note")

    @property
    def choices(self) -> list[str]:
        """The options in the reader's language."""
        english = self.options_en if get_language() == "en" else []
        return english or self.options


class Attempt(models.Model):
    """One try at a quiz: the questions as they were when it began, then the answers and the mark."""

    quiz = models.ForeignKey(Quiz, models.PROTECT, related_name="attempts", verbose_name=_("测验"))
    distributor = models.ForeignKey(
        "distribution.Distributor",
        models.CASCADE,
        related_name="quiz_attempts",
        verbose_name=_("分销商"),
    )
    number = models.PositiveSmallIntegerField(_("第几次"))
    pass_percent = models.PositiveSmallIntegerField(_("及格线（%）"))
    started_at = models.DateTimeField(_("开始时间"))
    submitted_at = models.DateTimeField(_("提交时间"), null=True)
    percent = models.PositiveSmallIntegerField(_("得分（%）"), null=True)
    is_passed = models.BooleanField(_("及格"), null=True)

    class Meta:
        verbose_name = _("测验记录")
        verbose_name_plural = pgettext_lazy("plural", "测验记录")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["quiz", "distributor", "number"], name="try_once"),
            models.UniqueConstraint(
                fields=["quiz", "distributor"],
                condition=Q(submitted_at=None),
                name="one_open_attempt",
            ),
            models.CheckConstraint(
                condition=Q(submitted_at=None, percent=None, is_passed=None)
                | Q(
                    submitted_at__isnull=False,
                    percent__isnull=False,
                    percent__lte=100,
                    is_passed__isnull=False,
                ),
                name="marked_when_submitted",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quiz} {self.distributor} #{self.number}"


class Answer(models.Model):
    """A question of an attempt, and what was chosen."""

    attempt = models.ForeignKey(Attempt, models.CASCADE, related_name="answers")
    question = models.ForeignKey(
        Question, models.PROTECT, related_name="answers", verbose_name=_("题目")
    )
    chosen = ArrayField(models.PositiveSmallIntegerField(), default=list, verbose_name=_("所选"))
    is_right = models.BooleanField(_("答对"), null=True)

    class Meta:
        verbose_name = _("作答")
        verbose_name_plural = pgettext_lazy("plural", "作答")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["attempt", "question"], name="answered_once")
        ]

    def __str__(self) -> str:
        return str(self.question)
