from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0001_initial")]

    operations = [
        migrations.AddField(
            "cartline",
            "price_when_added",
            models.DecimalField(
                default=0, decimal_places=2, max_digits=12, verbose_name="加入时的价格"
            ),
            preserve_default=False,
        ),
    ]
