import django.db.models.functions.math
from django.db import migrations, models

ROUND_UP = "UPDATE distribution_tiertask SET target = ceil(target) WHERE kind <> 'sales'"


class Migration(migrations.Migration):
    dependencies = [("distribution", "0019_shown_by_default")]

    operations = [
        migrations.RunSQL(ROUND_UP, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="tiertask",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind", "sales"),
                    ("target", django.db.models.functions.math.Floor("target")),
                    _connector="OR",
                ),
                name="tier_task_counts_whole",
                violation_error_message="订单数和顾客数须为整数。",
            ),
        ),
    ]
