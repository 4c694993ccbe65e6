from django.db import migrations, models

STATES = [("started", "支付中"), ("paid", "已支付"), ("failed", "支付失败"), ("closed", "已关闭")]


class Migration(migrations.Migration):
    dependencies = [("orders", "0005_payment_query")]

    operations = [
        migrations.AlterField(
            "payment",
            "state",
            models.CharField("状态", choices=STATES, default="started", max_length=10),
        ),
    ]
