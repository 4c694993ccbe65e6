
import base.private_files
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('distribution', '0025_codes_typed_in'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='EvidencePack',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('queued', '排队中'), ('running', '准备中'), ('ready', '可以下载'), ('failed', '失败'), ('expired', '已过期')], default='queued', max_length=10, verbose_name='状态')),
                ('language', models.CharField(max_length=10)),
                ('requested_at', models.DateTimeField(verbose_name='申请时间')),
                ('seen_at', models.DateTimeField(null=True)),
                ('finished_at', models.DateTimeField(null=True, verbose_name='完成时间')),
                ('file', models.FileField(blank=True, storage=base.private_files.private_storage, upload_to='evidence')),
                ('size', models.PositiveBigIntegerField(default=0)),
                ('digest', models.CharField(blank=True, max_length=64)),
                ('requested_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='申请人')),
            ],
            options={
                'verbose_name': '证据包',
                'verbose_name_plural': '证据包',
                'ordering': ['-pk'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state__in', ('queued', 'running'))), fields=('requested_by',), name='evidence_pack_one_at_a_time'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'ready'), models.Q(('file', ''), _negated=True), models.Q(('digest', ''), _negated=True)), models.Q(models.Q(('state', 'ready'), _negated=True), ('file', '')), _connector='OR'), name='evidence_pack_ready_has_a_file')],
            },
        ),
    ]
