from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("distribution", "0004_what_a_link_brings")]

    operations = [
        migrations.RemoveConstraint(model_name="reversal", name="reversal_positive"),
        migrations.AddConstraint(
            model_name="reversal",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount", 0), _negated=True), name="reversal_not_zero"
            ),
        ),
    ]
