"""Tiers are earned by what somebody sold themselves, period by period.

The calendar begins with months; tiers have no tasks until the merchant gives them some, so that
nobody rises or falls before that. Orders received so far learn when they are complete.
"""

import datetime
import django.core.validators
import django.db.models.deletion
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


COMPLETES = """
UPDATE distribution_orderterms AS terms
SET completes_at = o.received_at + make_interval(days => policy.maturity_days)
FROM orders_order o, distribution_policy policy
WHERE o.id = terms.order_id AND policy.id = terms.policy_id AND o.received_at IS NOT NULL
"""


def begin(apps, schema_editor):
    apps.get_model("distribution", "TierCalendar").objects.create(pk=1)


class Migration(migrations.Migration):

    dependencies = [
        ('distribution', '0014_stories'),
        ('orders', '0006_closed_payments'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='TierCalendar',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('month', '每个自然月'), ('quarter', '每个自然季度'), ('days', '每 N 天')], default='month', max_length=10, verbose_name='周期')),
                ('days', models.PositiveSmallIntegerField(default=30, help_text='只用于“每 N 天”。', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(366)], verbose_name='每期天数')),
                ('days_from', models.DateField(default=datetime.date(2026, 1, 1), help_text='只用于“每 N 天”，从这一天起一期接一期。', verbose_name='第一期开始')),
                ('warning_days', models.PositiveSmallIntegerField(default=7, help_text='期末前这么多天还没完成任务，就提醒本人；没有提醒过就不会降级。0 表示不提醒。', validators=[django.core.validators.MaxValueValidator(60)], verbose_name='提前提醒天数')),
                ('grace_days', models.PositiveSmallIntegerField(default=0, help_text='期末后还有这么多天可以补上，期间的成交也算。', validators=[django.core.validators.MaxValueValidator(60)], verbose_name='宽限天数')),
            ],
            options={
                'verbose_name': '等级周期',
                'verbose_name_plural': '等级周期',
            },
        ),
        migrations.CreateModel(
            name='TierReview',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('period_start', models.DateField(verbose_name='期初')),
                ('period_end', models.DateField(verbose_name='期末')),
                ('outcome', models.CharField(choices=[('open', '已提醒'), ('held', '保级'), ('fell', '降级'), ('rose', '升级')], max_length=10, verbose_name='结果')),
                ('sales', models.DecimalField(decimal_places=2, max_digits=14, verbose_name='完成销售额')),
                ('orders', models.PositiveIntegerField(verbose_name='完成订单数')),
                ('customers', models.PositiveIntegerField(verbose_name='付款顾客数')),
                ('warned_at', models.DateTimeField(null=True, verbose_name='提醒时间')),
                ('decided_at', models.DateTimeField(null=True, verbose_name='定级时间')),
            ],
            options={
                'verbose_name': '等级考核',
                'verbose_name_plural': '等级考核',
                'ordering': ['-period_start', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='TierTask',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('sales', '完成销售额'), ('orders', '完成订单数'), ('customers', '付款顾客数')], max_length=10, verbose_name='任务')),
                ('target', models.DecimalField(decimal_places=2, max_digits=12, validators=[django.core.validators.MinValueValidator(Decimal('0.01'))], verbose_name='目标')),
            ],
            options={
                'verbose_name': '升级任务',
                'verbose_name_plural': '升级任务',
                'ordering': ['pk'],
            },
        ),
        migrations.AddField(
            model_name='distributor',
            name='tier_is_earned',
            field=models.BooleanField(db_default=False, default=False, verbose_name='由考核得来'),
        ),
        migrations.AddField(
            model_name='distributor',
            name='tier_kept_until',
            field=models.DateField(blank=True, help_text='在这一天之前考核不会降级。', null=True, verbose_name='等级保留到'),
        ),
        migrations.AddField(
            model_name='distributor',
            name='tier_since',
            field=models.DateTimeField(blank=True, null=True, verbose_name='等级起始'),
        ),
        migrations.AddField(
            model_name='orderterms',
            name='completes_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.RunSQL(COMPLETES, migrations.RunSQL.noop),
        migrations.AddField(
            model_name='tier',
            name='tasks_needed',
            field=models.CharField(choices=[('all', '完成全部任务'), ('any', '完成任意一项')], default='all', max_length=10, verbose_name='任务要求'),
        ),
        migrations.AddIndex(
            model_name='orderterms',
            index=models.Index(condition=models.Q(('block1', ''), ('completes_at__isnull', False), ('is_self_purchase', False)), fields=['payee1', 'completes_at'], name='own_completed_sales'),
        ),
        migrations.AddConstraint(
            model_name='tiercalendar',
            constraint=models.CheckConstraint(condition=models.Q(('pk', 1)), name='one_tier_calendar'),
        ),
        migrations.AddConstraint(
            model_name='tiercalendar',
            constraint=models.CheckConstraint(condition=models.Q(('days__gte', 1), ('days__lte', 366)), name='tier_period_days_sane'),
        ),
        migrations.AddConstraint(
            model_name='tiercalendar',
            constraint=models.CheckConstraint(condition=models.Q(('grace_days__lte', 60), ('warning_days__lte', 60)), name='tier_days_sane'),
        ),
        migrations.AddField(
            model_name='tierreview',
            name='distributor',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tier_reviews', to='distribution.distributor', verbose_name='分销商'),
        ),
        migrations.AddField(
            model_name='tierreview',
            name='tier',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='distribution.tier', verbose_name='当时等级'),
        ),
        migrations.AddField(
            model_name='tierreview',
            name='to_tier',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='distribution.tier', verbose_name='新等级'),
        ),
        migrations.AddField(
            model_name='standing',
            name='review',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='distribution.tierreview', verbose_name='等级考核'),
        ),
        migrations.AddField(
            model_name='tiertask',
            name='tier',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tasks', to='distribution.tier', verbose_name='等级'),
        ),
        migrations.AddIndex(
            model_name='tierreview',
            index=models.Index(fields=['-period_start', 'outcome'], name='distributio_period__487284_idx'),
        ),
        migrations.AddConstraint(
            model_name='tierreview',
            constraint=models.UniqueConstraint(condition=models.Q(('outcome', 'rose'), _negated=True), fields=('distributor', 'period_start', 'period_end'), name='one_tier_review_a_period'),
        ),
        migrations.AddConstraint(
            model_name='tierreview',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('decided_at', None), ('outcome', 'open'), ('warned_at__isnull', False)), models.Q(models.Q(('outcome', 'open'), _negated=True), ('decided_at__isnull', False)), _connector='OR'), name='tier_review_decided_or_open'),
        ),
        migrations.AddConstraint(
            model_name='tierreview',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('outcome__in', ['rose', 'fell']), ('to_tier__isnull', False)), models.Q(('outcome__in', ['open', 'held']), ('to_tier', None)), _connector='OR'), name='tier_review_leads_somewhere'),
        ),
        migrations.AddConstraint(
            model_name='tierreview',
            constraint=models.CheckConstraint(condition=models.Q(('period_end__gt', models.F('period_start'))), name='tier_review_runs_forward'),
        ),
        migrations.AddConstraint(
            model_name='tiertask',
            constraint=models.UniqueConstraint(fields=('tier', 'kind'), name='tier_task_once'),
        ),
        migrations.AddConstraint(
            model_name='tiertask',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['sales', 'orders', 'customers'])), name='tier_task_counts_own_sales'),
        ),
        migrations.AddConstraint(
            model_name='tiertask',
            constraint=models.CheckConstraint(condition=models.Q(('target__gt', 0)), name='tier_task_positive'),
        ),
        migrations.RunPython(begin, migrations.RunPython.noop),
    ]
