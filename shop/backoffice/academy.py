"""The academy in the back office: writing courses and quizzes, materials, and who finished what."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, Max, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.admin import ModelAdmin, StackedInline, TabularInline
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
)

from base.errors import DomainError
from base.private_files import picture_response
from distribution.academy.materials import with_takings
from distribution.academy.models import (
    Answer,
    Attempt,
    Course,
    Enrolment,
    Lesson,
    LessonPicture,
    LessonReading,
    Material,
    MaterialPicture,
    Question,
    Quiz,
    Taking,
)
from distribution.academy.questions import (
    Draft,
    add_question,
    change_question,
    check_draft,
    end_question,
)
from shop.backoffice.actions import (
    ReadOnlyAdmin,
    ReadOnlyInline,
    SavesVersions,
    SaysRefusals,
    button,
    lead_to,
    merchant,
)
from shop.backoffice.pictures import PrivatePictureForm

# Addresses of the academy's own pages, which a course would hide behind.
TAKEN_SLUGS = ("materials", "export", "quizzes", "attempts", "certificates", "pictures")


class CourseForm(ModelForm):
    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"]
        if slug in TAKEN_SLUGS:
            raise ValidationError(_("这个网址已被学堂自己的页面使用，请换一个。"))
        return slug


class LessonInline(StackedInline):
    model = Lesson
    extra = 0
    collapsible = True
    show_change_link = True
    fields = ["name", "name_en", "minutes", "position", "is_published", "body", "body_en"]


class QuizInline(TabularInline):
    model = Quiz
    extra = 0
    show_change_link = True
    fields = ["name", "name_en", "pass_percent", "most_tries", "position", "is_published"]


@admin.register(Course)
class CourseAdmin(ModelAdmin):
    form = CourseForm
    list_display = ["name", "kind", "position", "lesson_count", "learners", "finishers", "is_published"]  # fmt: skip
    list_filter = ["kind", "is_published"]
    search_fields = ["name", "name_en", "summary"]
    fields = ["kind", "name", "name_en", "summary", "summary_en", "slug", "position", "is_published"]  # fmt: skip
    prepopulated_fields = {"slug": ["name_en"]}
    inlines = [LessonInline, QuizInline]
    actions_detail = ["preview"]
    actions = ["publish", "take_back"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Course]:
        return (
            super()
            .get_queryset(request)
            .annotate(
                lessons_written=Count("lessons", distinct=True),
                learner_count=Count("enrolments", distinct=True),
                finisher_count=Count("enrolments__certificate", distinct=True),
            )
        )

    @display(description=pgettext_lazy("plural", "课时"))
    def lesson_count(self, course: Any) -> int:
        return course.lessons_written

    @display(description=_("开始学习人数"), ordering="learner_count")
    def learners(self, course: Any) -> int:
        return course.learner_count

    @display(description=_("学完人数"), ordering="finisher_count")
    def finishers(self, course: Any) -> int:
        return course.finisher_count

    @admin.action(description=_("发布所选课程"), permissions=["change"])
    def publish(self, request: HttpRequest, rows: QuerySet[Course]) -> None:
        Course.objects.filter(pk__in=list(rows.values_list("pk", flat=True))).update(
            is_published=True
        )

    @admin.action(description=_("撤回所选课程"), permissions=["change"])
    def take_back(self, request: HttpRequest, rows: QuerySet[Course]) -> None:
        Course.objects.filter(pk__in=list(rows.values_list("pk", flat=True))).update(
            is_published=False
        )

    def get_urls(self) -> list[Any]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/preview/", wrap(self.preview_view), name="course_preview"),
            path("pictures/<int:pk>.jpg", wrap(self.picture_view), name="course_picture"),
            *super().get_urls(),
        ]

    def picture_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """A picture of a lesson, for the preview: also of drafts."""
        self._require_view(request)
        return picture_response(get_object_or_404(LessonPicture, pk=pk).file)

    def _require_view(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied

    def preview_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The whole course as it will be read, drafts too, and what is right in its quizzes."""
        self._require_view(request)
        course = get_object_or_404(Course, pk=pk)
        quizzes = [
            (quiz, list(quiz.questions.filter(valid_to=None)))
            for quiz in course.quizzes.order_by("position", "pk")
        ]
        context = self.admin_site.each_context(request) | {
            "title": course.name,
            "opts": self.opts,
            "course": course,
            "lessons": course.lessons.prefetch_related("pictures", "products"),
            "quizzes": [
                (quiz, [(question, _marked(question)) for question in questions])
                for quiz, questions in quizzes
            ],
        }
        return TemplateResponse(request, "backoffice/course_preview.html", context)

    @action(description=_("预览"), icon="preview", permissions=["view"])
    def preview(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return lead_to(self, request, object_id, "admin:course_preview")


def _marked(question: Question) -> list[tuple[str, bool]]:
    return [(text, place in question.right) for place, text in enumerate(question.choices)]


class LessonPictureInline(TabularInline):
    model = LessonPicture
    form = PrivatePictureForm
    extra = 0
    fields = ["file", "caption", "caption_en", "position"]


@admin.register(Lesson)
class LessonAdmin(ModelAdmin):
    list_display = ["name", "course", "position", "minutes", "is_published"]
    list_filter = [("course", admin.RelatedOnlyFieldListFilter), "is_published"]
    list_select_related = ["course"]
    search_fields = ["name", "name_en", "body"]
    autocomplete_fields = ["course", "products"]
    inlines = [LessonPictureInline]
    fields = ["course", "name", "body", "name_en", "body_en", "video", "products", "minutes", "position", "is_published"]  # fmt: skip


class QuestionInline(ReadOnlyInline):
    model = Question
    fields = ["position", "kind", "body"]
    readonly_fields = fields
    show_change_link = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Question]:
        return super().get_queryset(request).filter(valid_to=None)


@admin.register(Quiz)
class QuizAdmin(ModelAdmin):
    list_display = ["name", "course", "pass_percent", "most_tries", "is_published"]
    list_filter = [("course", admin.RelatedOnlyFieldListFilter), "is_published"]
    list_select_related = ["course"]
    search_fields = ["name", "name_en", "course__name"]
    autocomplete_fields = ["course"]
    inlines = [QuestionInline]

    def has_delete_permission(self, request: HttpRequest, obj: Quiz | None = None) -> bool:
        return False


class QuestionForm(ModelForm):
    """Options one a line, the right ones with a star in front."""

    options_text = forms.CharField(
        label=_("选项（每行一个，正确的在行首加 *）"),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 5}),
    )
    options_en_text = forms.CharField(
        label=_("英文选项（顺序相同，不加 *）"),
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 5}),
    )

    class Meta:
        model = Question
        fields = ["quiz", "kind", "body", "note", "body_en", "note_en", "position"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and "quiz" in self.fields:
            self.fields["quiz"].disabled = True
            self.initial["options_text"] = "\n".join(
                f"{'* ' if right else ''}{text}"
                for text, right in zip(
                    self.instance.options,
                    [place in self.instance.right for place in range(len(self.instance.options))],
                    strict=True,
                )
            )
            self.initial["options_en_text"] = "\n".join(self.instance.options_en)

    def draft(self) -> Draft:
        """Only after `is_valid()`."""
        values = self.cleaned_data
        lines = _lines(values["options_text"])
        return Draft(
            kind=values["kind"],
            body=values["body"],
            options=[line.removeprefix("*").strip() for line in lines],
            right=[place for place, line in enumerate(lines) if line.startswith("*")],
            note=values["note"],
            body_en=values["body_en"],
            options_en=_lines(values["options_en_text"]),
            note_en=values["note_en"],
            position=values["position"],
        )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if not self.errors:
            try:
                check_draft(self.draft())
            except DomainError as refusal:
                raise ValidationError(str(refusal)) from None
        return values


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


@admin.register(Question)
class QuestionAdmin(SavesVersions, SaysRefusals):
    """Saving makes a new version; results keep the one that was asked."""

    form = QuestionForm
    list_display = ["body", "quiz", "kind", "position", "valid_from", "valid_to"]
    list_filter = [("valid_to", admin.EmptyFieldListFilter), "kind", ("quiz", admin.RelatedOnlyFieldListFilter)]  # fmt: skip
    list_select_related = ["quiz"]
    search_fields = ["body", "body_en"]
    autocomplete_fields = ["quiz"]
    fields = ["quiz", "kind", "body", "options_text", "note", "body_en", "options_en_text", "note_en", "position"]  # fmt: skip
    actions_detail = ["stop"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        is_history = isinstance(obj, Question) and obj.valid_to is not None
        return super().has_change_permission(request, obj) and not is_history

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if isinstance(obj, Question) and obj.valid_to is not None:
            return ["quiz", "kind", "body", "options", "right", "note", "valid_from", "valid_to"]
        return self.fields

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Question, form: Any, change: bool) -> None:
        draft, by = form.draft(), merchant(request)
        if change:
            new = change_question(Question.objects.get(pk=obj.pk), draft, by=by)
        else:
            new = add_question(form.cleaned_data["quiz"], draft, by=by)
        obj.pk = new.pk
        obj.refresh_from_db()

    @button(_("停用"), text=_("不再出这道题，已有的成绩不变。"), icon="stop_circle")
    def stop(self, request: HttpRequest, question: Question, form: BaseDialogForm) -> Any:
        end_question(question, by=merchant(request))
        return _("题目已停用。")


@admin.register(Enrolment)
class EnrolmentAdmin(ReadOnlyAdmin):
    """The report: who is how far, and who finished what."""

    list_display = ["distributor", "course", "lessons_read", "best", "started_at", "finished_at"]  # fmt: skip
    file_columns = ["distributor", "contact", "course", "lessons_read", "best", "started_at", "finished_at", "certificate"]  # fmt: skip
    list_filter = [("finished_at", admin.EmptyFieldListFilter), ("course", admin.RelatedOnlyFieldListFilter), "started_at"]  # fmt: skip
    list_select_related = ["distributor__user", "course"]
    search_fields = ["distributor__code", "distributor__user__name", "distributor__user__phone", "certificate"]  # fmt: skip
    readonly_fields = ["contact", "lessons_read", "best"]
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Enrolment]:
        read = (
            LessonReading.objects.filter(
                distributor=OuterRef("distributor"), lesson__course=OuterRef("course")
            )
            .order_by()
            .values("distributor")
            .values(count=Count("pk"))
        )
        best = (
            Attempt.objects.filter(
                distributor=OuterRef("distributor"), quiz__course=OuterRef("course")
            )
            .order_by()
            .values("distributor")
            .values(best=Max("percent"))
        )
        rows = super().get_queryset(request)
        return rows.annotate(read_count=Coalesce(Subquery(read), 0), best_percent=Subquery(best))

    @display(description=_("手机号"))
    def contact(self, row: Enrolment) -> str:
        return row.distributor.user.masked_phone or "—"

    @display(description=_("已读课时"), ordering="read_count")
    def lessons_read(self, row: Any) -> int:
        return row.read_count

    @display(description=_("最好成绩（%）"), ordering="best_percent")
    def best(self, row: Any) -> Any:
        return "—" if row.best_percent is None else row.best_percent


class AnswerInline(ReadOnlyInline):
    model = Answer
    fields = ["question", "answer", "is_right"]
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Answer]:
        return super().get_queryset(request).select_related("question")

    @display(description=_("所选"))
    def answer(self, row: Answer) -> str:
        options = row.question.choices
        return " / ".join(options[place] for place in row.chosen) or "—"


@admin.register(Attempt)
class AttemptAdmin(ReadOnlyAdmin):
    list_display = ["distributor", "quiz", "number", "percent", "is_passed", "submitted_at"]
    list_filter = ["is_passed", ("quiz", admin.RelatedOnlyFieldListFilter), "submitted_at"]
    list_select_related = ["distributor__user", "quiz"]
    search_fields = ["distributor__code", "distributor__user__name", "distributor__user__phone"]
    inlines = [AnswerInline]
    show_full_result_count = False


class MaterialPictureInline(TabularInline):
    model = MaterialPicture
    form = PrivatePictureForm
    extra = 0
    fields = ["file", "position"]


class MaterialForm(ModelForm):
    class Meta:
        widgets = {"channel": UnfoldAdminSelectWidget, "level": UnfoldAdminIntegerFieldWidget}


@admin.register(Material)
class MaterialAdmin(ModelAdmin):
    """Copy texts, pictures and videos to share, and how often each was taken."""

    form = MaterialForm
    list_display = ["name", "channel", "product", "level", "taken", "takers", "is_published", "created_at"]  # fmt: skip
    list_filter = ["channel", "is_published", "level", ("product__category", admin.RelatedOnlyFieldListFilter)]  # fmt: skip
    list_select_related = ["product"]
    search_fields = ["name", "name_en", "body", "product__name"]
    autocomplete_fields = ["product"]
    inlines = [MaterialPictureInline]
    fields = ["name", "channel", "product", "body", "name_en", "body_en", "video", "level", "is_published"]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Material]:
        return with_takings(super().get_queryset(request))

    @display(description=_("领取次数"), ordering="taken")
    def taken(self, row: Any) -> int:
        return row.taken

    @display(description=_("领取人数"), ordering="takers")
    def takers(self, row: Any) -> int:
        return row.takers


@admin.register(Taking)
class TakingAdmin(ReadOnlyAdmin):
    list_display = ["at", "distributor", "material", "what"]
    list_filter = ["what", "at"]
    list_select_related = ["distributor__user", "material"]
    search_fields = ["material__name", "distributor__code", "distributor__user__name"]
    show_full_result_count = False
