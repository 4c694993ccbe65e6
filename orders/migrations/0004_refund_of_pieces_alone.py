from django.db import migrations, models


class Migration(migrations.Migration):
    """Pieces may come back for no money: their fixed commission goes, nothing is repaid."""

    dependencies = [("orders", "0003_order_token")]

    operations = [
        migrations.RemoveConstraint(model_name="refund", name="refund_amounts_sane"),
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gte", 0), ("shipping_amount__gte", 0)),
                name="refund_amounts_sane",
            ),
        ),
    ]
