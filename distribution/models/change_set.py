from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from distribution.models.rules import RuleContent, content_constraints
from distribution.states import ChangeSetState

# What of the policy a draft may change.
POLICY_FIELDS = ("cap_rate", "margin_guard", "maturity_days", "self_purchase", "two_levels")


class ChangeSet(models.Model):
    """A draft: changes of rules and of the policy that go live together or not at all.

    An empty policy field changes nothing; `base_policy` is the version the others were written
    against. `revision` grows with every edit, so that a dry run knows which draft it tried.
    """

    name = models.CharField(_("名称"), max_length=80)
    state = models.CharField(
        _("状态"),
        max_length=10,
        choices=ChangeSetState.choices,
        default=ChangeSetState.DRAFT,
        editable=False,
    )
    revision = models.PositiveIntegerField(default=1, editable=False)
    base_policy = models.ForeignKey(
        "distribution.Policy", models.PROTECT, null=True, related_name="+", editable=False
    )
    cap_rate = models.DecimalField(
        _("佣金上限"),
        max_digits=5,
        decimal_places=4,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(1)],
    )
    margin_guard = models.BooleanField(_("毛利保护"), null=True, blank=True)
    maturity_days = models.PositiveSmallIntegerField(_("成熟天数"), null=True, blank=True)
    self_purchase = models.BooleanField(_("自购返佣"), null=True, blank=True)
    two_levels = models.BooleanField(_("启用二级佣金"), null=True, blank=True)
    created_at = models.DateTimeField(_("创建时间"), editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        editable=False,
        verbose_name=_("创建人"),
    )
    published_at = models.DateTimeField(_("发布时间"), null=True, editable=False)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        editable=False,
        verbose_name=_("发布人"),
    )
    effective_at = models.DateTimeField(_("生效时间"), null=True, editable=False)
    reason = models.CharField(_("原因"), max_length=200, blank=True, editable=False)
    policy = models.ForeignKey(
        "distribution.Policy",
        models.PROTECT,
        null=True,
        related_name="change_sets",
        editable=False,
        verbose_name=_("发布的政策"),
    )

    class Meta:
        verbose_name = _("变更草稿")
        verbose_name_plural = pgettext_lazy("plural", "变更草稿")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="published", effective_at__isnull=False)
                | (~Q(state="published") & Q(effective_at=None, policy=None)),
                name="change_set_published_has_a_time",
            ),
            models.CheckConstraint(
                condition=Q(base_policy__isnull=False)
                | Q(
                    cap_rate=None,
                    margin_guard=None,
                    maturity_days=None,
                    self_purchase=None,
                    two_levels=None,
                ),
                name="change_set_knows_its_policy",
            ),
            models.CheckConstraint(
                condition=Q(cap_rate=None) | Q(cap_rate__gte=0, cap_rate__lte=1),
                name="change_set_cap_is_a_share",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def policy_changes(self) -> dict[str, Any]:
        """The policy fields this draft changes, with their new values."""
        values = {name: getattr(self, name) for name in POLICY_FIELDS}
        return {name: value for name, value in values.items() if value is not None}


class RuleChange(RuleContent):
    """One change of a draft: a new rule, a new version of `rule`, or its end.

    For an end the content repeats the rule, to be read. `result` is the version that publishing
    made or ended.
    """

    class Kind(models.TextChoices):
        ADD = "add", _("新增")
        CHANGE = "change", _("修改")
        END = "end", _("停用")

    change_set = models.ForeignKey(
        ChangeSet, models.CASCADE, related_name="changes", editable=False, verbose_name=_("草稿")
    )
    kind = models.CharField(_("变更"), max_length=10, choices=Kind.choices, editable=False)
    rule = models.ForeignKey(
        "distribution.Rule", models.PROTECT, null=True, related_name="drafted", editable=False
    )
    result = models.ForeignKey(
        "distribution.Rule", models.PROTECT, null=True, related_name="came_from", editable=False
    )

    class Meta:
        verbose_name = _("规则变更")
        verbose_name_plural = pgettext_lazy("plural", "规则变更")
        ordering = ["pk"]
        constraints = [
            *content_constraints("rule_change"),
            models.UniqueConstraint(fields=["change_set", "rule"], name="rule_change_once"),
            models.CheckConstraint(
                condition=Q(kind="add", rule=None)
                | Q(kind__in=["change", "end"], rule__isnull=False),
                name="rule_change_names_its_rule",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.get_scope_display()} {self.target or ''}".strip()
