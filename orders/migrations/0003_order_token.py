from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("orders", "0002_cart_price"),
    ]

    operations = [
        migrations.AddField(
            "order", "token", models.CharField(max_length=40, null=True, editable=False)
        ),
        migrations.AddConstraint(
            "order", models.UniqueConstraint(fields=["user", "token"], name="order_token_once")
        ),
    ]
