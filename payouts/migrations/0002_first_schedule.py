"""A new shop pays every Monday, by hand, until the merchant decides otherwise."""

from django.db import migrations
from django.utils.translation import gettext_noop


def begin(apps, schema_editor):
    apps.get_model("payouts", "Schedule").objects.create(
        name=gettext_noop("每周结算"), kind="weekly", weekday=1, minimum="1.00", channel="manual"
    )


class Migration(migrations.Migration):
    dependencies = [("payouts", "0001_initial")]

    operations = [migrations.RunPython(begin, migrations.RunPython.noop)]
