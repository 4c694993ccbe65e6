from datetime import timedelta

from django.db import migrations, models
from django.db.models import F, Q


def plan_first_queries(apps, schema_editor):
    started = apps.get_model("orders", "Payment").objects.filter(state="started")
    started.update(next_query_at=F("created_at") + timedelta(minutes=2))


class Migration(migrations.Migration):
    dependencies = [("orders", "0004_refund_of_pieces_alone")]

    operations = [
        migrations.AddField(
            "payment",
            "next_query_at",
            models.DateTimeField(
                blank=True, editable=False, null=True, verbose_name="下次查询"
            ),
        ),
        migrations.RunPython(plan_first_queries, migrations.RunPython.noop),
        migrations.AddIndex(
            "payment",
            models.Index(
                fields=["next_query_at"], condition=Q(state="started"), name="payment_to_query"
            ),
        ),
    ]
