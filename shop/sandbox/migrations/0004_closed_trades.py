from django.db import migrations, models

STATES = [("open", "待支付"), ("paid", "已支付"), ("failed", "支付失败"), ("closed", "已关闭")]


class Migration(migrations.Migration):
    dependencies = [("sandbox", "0003_transfers")]

    operations = [
        migrations.AlterField(
            "sandboxtrade",
            "state",
            models.CharField("状态", choices=STATES, default="open", max_length=6),
        ),
        migrations.AlterField(
            "sandboxtradenotice",
            "event",
            models.CharField("内容", choices=STATES, max_length=6),
        ),
    ]
