"""Privileges of positions and tiers. Second-level distributors may bring in ten people at a time
until the merchant says otherwise; a tier that might bring in nobody still may not.
"""

from decimal import Decimal

from django.db import migrations, models


def begin(apps, schema_editor):
    positions = apps.get_model("distribution", "PositionPrivileges").objects
    positions.create(position="first")
    positions.create(position="second", recruit_limit=10)
    tiers = apps.get_model("distribution", "Tier").objects
    tiers.filter(may_recruit=False).update(recruit_limit=0)
    for level, code in enumerate(("bronze", "silver", "gold")):
        tiers.filter(code=code).update(material_level=level)


class Migration(migrations.Migration):

    dependencies = [
        ('distribution', '0005_reversals_may_give_back'),
    ]

    operations = [
        migrations.CreateModel(
            name='PositionPrivileges',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('own_discount', models.DecimalField(decimal_places=4, default=Decimal('0'), help_text='自己购买时减去商品金额的这一比例，0.05 表示减 5%。', max_digits=5, verbose_name='自购优惠')),
                ('material_level', models.PositiveSmallIntegerField(default=0, help_text='可以取用不高于这一级别的素材。', verbose_name='素材级别')),
                ('recruit_limit', models.PositiveIntegerField(blank=True, help_text='同时最多有多少人；0 表示不可以带人，留空表示这里不限。', null=True, verbose_name='可带来分销商人数')),
                ('position', models.CharField(choices=[('first', '直属分销商'), ('second', '间接分销商')], max_length=10, unique=True, verbose_name='位置')),
            ],
            options={
                'verbose_name': '位置权益',
                'verbose_name_plural': '位置权益',
                'ordering': ['position'],
                'abstract': False,
            },
        ),
        migrations.AddField(
            model_name='tier',
            name='material_level',
            field=models.PositiveSmallIntegerField(default=0, help_text='可以取用不高于这一级别的素材。', verbose_name='素材级别'),
        ),
        migrations.AddField(
            model_name='tier',
            name='own_discount',
            field=models.DecimalField(decimal_places=4, default=Decimal('0'), help_text='自己购买时减去商品金额的这一比例，0.05 表示减 5%。', max_digits=5, verbose_name='自购优惠'),
        ),
        migrations.AddField(
            model_name='tier',
            name='recruit_limit',
            field=models.PositiveIntegerField(blank=True, help_text='同时最多有多少人；0 表示不可以带人，留空表示这里不限。', null=True, verbose_name='可带来分销商人数'),
        ),
        migrations.RunPython(begin, migrations.RunPython.noop),
        migrations.RemoveField(
            model_name='tier',
            name='may_recruit',
        ),
        migrations.AddConstraint(
            model_name='tier',
            constraint=models.CheckConstraint(condition=models.Q(('own_discount__gte', 0), ('own_discount__lte', Decimal('0.9'))), name='tier_discount_sane'),
        ),
        migrations.AddConstraint(
            model_name='positionprivileges',
            constraint=models.CheckConstraint(condition=models.Q(('own_discount__gte', 0), ('own_discount__lte', Decimal('0.9'))), name='positionprivileges_discount_sane'),
        ),
    ]
