from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("distribution", "0030_what_is_written_stands")]

    operations = [
        migrations.RemoveConstraint(model_name="reversal", name="reversal_once"),
        migrations.AddConstraint(
            model_name="reversal",
            constraint=models.UniqueConstraint(
                fields=["commission", "refund"], name="reversal_once"
            ),
        ),
    ]
